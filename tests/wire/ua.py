"""A small SIP phone or door that does what a test tells it, also what no phone should do.

One UDP socket for SIP, one for the audio. Nothing happens behind the test's back except: a message
that was seen before is dropped, and OPTIONS is answered.
"""
import hashlib
import random
import re
import socket
import ssl
import struct
import time

from lib import SLOW, Failed, expect


def _token():
    return f"{random.getrandbits(64):016x}"


class Message:
    def __init__(self, data):
        head, _, self.body = data.decode(errors="replace").partition("\r\n\r\n")
        self.first, *lines = head.split("\r\n")
        self.headers = [(n.strip().lower(), v.strip())
                        for n, _, v in (line.partition(":") for line in lines)]
        words = self.first.split(" ", 2)
        self.code = int(words[1]) if words[0] == "SIP/2.0" else None
        self.method = None if self.code else words[0]

    def all(self, name):
        return [v for n, v in self.headers if n == name.lower()]

    def get(self, name):
        return (self.all(name) or [""])[0]

    @property
    def cseq(self):
        number, method = self.get("CSeq").split()
        return int(number), method

    @property
    def call_id(self):
        return self.get("Call-ID")

    def key(self):
        return self.first, self.get("Via"), self.get("CSeq"), self.get("To")

    def __str__(self):
        return self.first


def tag(value):
    found = re.search(r";tag=([^;>\s]+)", value)
    return found.group(1) if found else None


def uri(value):
    found = re.search(r"<([^>]+)>", value)
    return found.group(1) if found else value.split(";")[0].strip()


def sdp(audio, video=None, *, direction="sendrecv", video_direction="sendrecv", version=1):
    text = (f"v=0\r\no=- 7 {version} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            f"m=audio {audio} RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
            f"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na={direction}\r\n")
    if video:
        text += (f"m=video {video} RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\n"
                 "a=fmtp:99 profile-level-id=42e01f;packetization-mode=1\r\n"
                 f"a={video_direction}\r\n")
    return text


def media(body, kind):
    """Port and direction of a media line, (0, None) without one."""
    part = re.search(rf"^m={kind} (\d+)[^\n]*\n(?:(?!m=).*\n?)*", body, re.M)
    if not part:
        return 0, None
    way = re.search(r"^a=(sendrecv|sendonly|recvonly|inactive)\r?$", part.group(0), re.M)
    return int(part.group(1)), way.group(1) if way else "sendrecv"


class Audio:
    """An RTP socket with PCMU."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.ssrc, self.seq, self.time = random.getrandbits(32), 1, 160
        self.to = None

    def send(self, payload, kind=0, marker=False, at=None):
        head = struct.pack("!BBHII", 0x80, kind | marker << 7, self.seq & 0xffff,
                           self.time if at is None else at, self.ssrc)
        self.seq += 1
        self.socket.sendto(head + payload, self.to)

    def frame(self, byte=0x20):
        """20 ms; 0x20 is loud, 0xff silence."""
        self.send(bytes([byte]) * 160)
        self.time += 160

    def key(self, digit):
        """One press by RFC 4733: three updates, three ends."""
        event, start = "0123456789*#".index(digit), self.time
        for i in range(1, 7):
            duration = min(i, 4) * 160
            self.send(struct.pack("!BBH", event, (0x80 if i > 3 else 0) | 10, duration),
                      kind=101, marker=i == 1, at=start)
        self.time += 1600

    def receive(self, seconds=0.02):
        """(payload type, payload), None in silence."""
        self.socket.settimeout(seconds)
        try:
            data = self.socket.recv(4096)
        except (TimeoutError, BlockingIOError):
            return None
        return data[1] & 0x7f, data[12:]

    def exchange(self, other, what="audio", seconds=5.0):
        """Sends until `other` has heard ten of our frames."""
        heard, deadline = 0, time.monotonic() + seconds * SLOW
        while heard < 10:
            if time.monotonic() > deadline:
                raise Failed(f"{what}: {heard} frames heard in {seconds} s")
            self.frame()
            packet = other.receive()
            heard += packet is not None and packet[0] == 0 and packet[1][:1] == b"\x20"


class Dialog:
    def __init__(self, call_id, local, remote, target, number):
        self.call_id, self.local, self.remote, self.target = call_id, local, remote, target
        self.number = number
        self.invite = None # the last INVITE that we got or its Via, for answers


class Ua:
    digest = "MD5"

    def __init__(self, server, user, password=None, name=None):
        self.server, self.user, self.password = server, user, password
        self.name = name or user
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.audio = Audio()
        self.waiting, self.seen = [], set()
        self.register_id, self.register_number = _token(), 0

    transport = "UDP"

    def close(self):
        self.socket.close()
        self.audio.socket.close()

    # -- bytes

    def send(self, data):
        self.socket.sendto(data.encode() if isinstance(data, str) else data,
                           ("127.0.0.1", self.server))

    def request(self, method, target, headers, body="", branch=None):
        """Sends; returns the branch."""
        branch = branch or "z9hG4bK" + _token()
        lines = [f"{method} {target} SIP/2.0",
                 f"Via: SIP/2.0/{self.transport} 127.0.0.1:{self.port};branch={branch};rport",
                 "Max-Forwards: 70", "User-Agent: vestibule-test", *headers]
        if body and not any(h.startswith("Content-Type:") for h in headers):
            lines.append("Content-Type: " + ("application/dtmf-relay" if body.startswith("Signal")
                                             else "application/sdp"))
        lines += [f"Content-Length: {len(body.encode())}", "", ""]
        self.send("\r\n".join(lines) + body)
        return branch

    def reply(self, request, code, reason="-", body="", own_tag=None, headers=()):
        to = request.get("To")
        if own_tag and not tag(to):
            to += f";tag={own_tag}"
        lines = [f"SIP/2.0 {code} {reason}", *(f"Via: {v}" for v in request.all("Via")),
                 f"From: {request.get('From')}", f"To: {to}", f"Call-ID: {request.call_id}",
                 f"CSeq: {request.get('CSeq')}", *(f"Record-Route: {v}"
                                                   for v in request.all("Record-Route")),
                 f"Contact: <{self.contact}>", *headers]
        if body:
            lines.append("Content-Type: application/sdp")
        lines += [f"Content-Length: {len(body.encode())}", "", ""]
        self.send("\r\n".join(lines) + body)

    @property
    def contact(self):
        return f"sip:{self.user}@127.0.0.1:{self.port}"

    @property
    def address(self):
        return f"sip:{self.user}@127.0.0.1"

    def _receive(self):
        return self.socket.recv(65535)

    def _pull(self, seconds):
        self.socket.settimeout(max(0.001, seconds))
        try:
            data = self._receive()
        except TimeoutError:
            return
        if not data.strip():
            return
        message = Message(data)
        if message.method == "OPTIONS":
            self.reply(message, 200, "OK", own_tag="o")
        elif message.key() not in self.seen:
            self.seen.add(message.key())
            self.waiting.append(message)

    def until(self, what, condition, seconds=10.0):
        """The first message, of those not taken yet, that meets the condition."""
        deadline = time.monotonic() + seconds * SLOW
        while True:
            for i, message in enumerate(self.waiting):
                if condition(message):
                    return self.waiting.pop(i)
            left = deadline - time.monotonic()
            if left <= 0:
                raise Failed(f"{self.name} waited {seconds * SLOW:g} s for {what}; has "
                             f"{[str(m) for m in self.waiting]}")
            self._pull(left)

    def until_request(self, method, seconds=10.0):
        return self.until(method, lambda m: m.method == method, seconds)

    def until_final(self, method, number, seconds=10.0):
        """The final answer to our request; provisional ones are left for whoever asks."""
        return self.until(f"the answer to {method}", lambda m: m.code and m.code >= 200
                          and m.cseq == (number, method), seconds)

    def quiet(self, method):
        """True when no such request is waiting, after what is in the socket was read."""
        self._pull(0)
        return not any(m.method == method for m in self.waiting)

    # -- digest

    def credentials(self, answer, method, target):
        """The header that answers a 401 or 407 with the algorithm of `self.digest`."""
        name = "WWW" if answer.code == 401 else "Proxy"
        challenge = next((c for c in answer.all(name + "-Authenticate")
                          if re.search(rf"algorithm={self.digest}\b", c)), None)
        expect(challenge, f"{answer} asks for no {self.digest}")
        value = lambda key: re.search(rf'{key}="?([^",]+)', challenge).group(1)
        make = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}[self.digest]
        hashed = lambda text: make(text.encode()).hexdigest()
        realm, nonce, cnonce = value("realm"), value("nonce"), _token()
        ha1, ha2 = hashed(f"{self.user}:{realm}:{self.password}"), hashed(f"{method}:{target}")
        response = hashed(f"{ha1}:{nonce}:00000001:{cnonce}:auth:{ha2}")
        return (f'{"" if name == "WWW" else "Proxy-"}Authorization: Digest username="{self.user}",realm="{realm}",nonce="{nonce}",'
                f'uri="{target}",response="{response}",algorithm={self.digest},qop=auth,nc=00000001,'
                f'cnonce="{cnonce}"')

    # -- what phones do

    def register(self, expires=300, contact=None, code=200, headers=()):
        """Registers with digest; the last answer, whose code must be `code`."""
        target = f"sip:127.0.0.1:{self.server}"
        extra = []
        for _ in range(2):
            self.register_number += 1
            self.request("REGISTER", target, [
                *headers, f"From: <{self.address}>;tag={_token()}", f"To: <{self.address}>",
                f"Call-ID: {self.register_id}", f"CSeq: {self.register_number} REGISTER",
                f"Contact: {contact or '<' + self.contact + '>'}", f"Expires: {expires}", *extra])
            answer = self.until_final("REGISTER", self.register_number)
            if answer.code != 401 or not self.password:
                break
            extra = [self.credentials(answer, "REGISTER", target)]
        expect(answer.code == code, f"REGISTER of {self.name}: {answer}")
        return answer

    def dial(self, number, body=None):
        """INVITE, challenge, INVITE. The dialog without its answer: await `answered`. An empty
        `body` leaves the offer to the other side."""
        target = f"sip:{number}@127.0.0.1:{self.server}"
        dialog = Dialog(_token(), _token(), None, target, 0)
        dialog.remote_uri = target
        extra = []
        for _ in range(2):
            dialog.number += 1
            dialog.branch = self.request("INVITE", target, [
                f"From: <{self.address}>;tag={dialog.local}", f"To: <{target}>",
                f"Call-ID: {dialog.call_id}", f"CSeq: {dialog.number} INVITE",
                f"Contact: <{self.contact}>", *extra], sdp(self.audio.port) if body is None else body)
            if extra:
                break
            answer = self.until_final("INVITE", dialog.number)
            self._ack_failure(dialog, answer)
            expect(answer.code in (401, 407), f"INVITE was not challenged: {answer}")
            extra = [self.credentials(answer, "INVITE", target)]
        return dialog

    def _ack_failure(self, dialog, answer):
        self.request("ACK", dialog.target, [
            f"From: <{self.address}>;tag={dialog.local}", f"To: {answer.get('To')}",
            f"Call-ID: {dialog.call_id}", f"CSeq: {answer.cseq[0]} ACK"], branch=dialog.branch)

    def provisional(self, dialog, seconds=10.0):
        return self.until("ringing", lambda m: m.code in (180, 183)
                          and m.call_id == dialog.call_id, seconds)

    def answered(self, dialog, seconds=10.0, body=""):
        """The 2xx, acknowledged, with `body` as the answer to an offer in it; the audio knows where
        to send."""
        answer = self.ended(dialog, seconds, code=200)
        dialog.remote, dialog.target = tag(answer.get("To")), uri(answer.get("Contact"))
        self.ack(dialog, answer.cseq[0], body)
        dialog.answer = answer
        self.audio.to = ("127.0.0.1", media(answer.body, "audio")[0])
        return answer

    def ended(self, dialog, seconds=10.0, code=None):
        """The final answer of an INVITE."""
        answer = self.until_final("INVITE", dialog.number, seconds)
        if answer.code >= 300:
            self._ack_failure(dialog, answer)
        if code:
            expect(answer.code == code, f"{self.name}'s INVITE: {answer}, not {code}")
        return answer

    def cancel(self, dialog):
        self.request("CANCEL", dialog.target, [
            f"From: <{self.address}>;tag={dialog.local}", f"To: <{dialog.remote_uri}>",
            f"Call-ID: {dialog.call_id}", f"CSeq: {dialog.number} CANCEL"], branch=dialog.branch)
        answer = self.until_final("CANCEL", dialog.number)
        expect(answer.code == 200, f"CANCEL: {answer}")

    def ack(self, dialog, number, body=""):
        self.request("ACK", dialog.target, [
            f"From: <{self.address}>;tag={dialog.local}",
            f"To: <{dialog.remote_uri}>;tag={dialog.remote}",
            f"Call-ID: {dialog.call_id}", f"CSeq: {number} ACK"], body)

    def inside(self, dialog, method, body="", headers=()):
        """A request in the dialog, and its final answer."""
        dialog.number += 1
        dialog.branch = self.request(method, dialog.target, [
            f"From: <{self.address}>;tag={dialog.local}",
            f"To: <{dialog.remote_uri}>;tag={dialog.remote}", f"Call-ID: {dialog.call_id}",
            f"CSeq: {dialog.number} {method}", f"Contact: <{self.contact}>", *headers], body)
        answer = self.until_final(method, dialog.number)
        if method == "INVITE" and answer.code < 300:
            self.ack(dialog, dialog.number)
        return answer

    def bye(self, dialog):
        answer = self.inside(dialog, "BYE")
        expect(answer.code == 200, f"BYE: {answer}")

    def rings(self, code=180, body="", seconds=10.0):
        """Waits for an INVITE and rings; the dialog from our side."""
        invite = self.until_request("INVITE", seconds)
        caller = invite.get("From")
        dialog = Dialog(invite.call_id, _token(), tag(caller), uri(invite.get("Contact")), 1000)
        dialog.remote_uri, dialog.invite = uri(caller), invite
        # Our requests carry what was To as From, with our tag.
        if code:
            self.reply(invite, code, "Ringing", body, dialog.local)
        return dialog

    def answer(self, dialog, body=None):
        """200, and waits for the ACK; the audio knows where to send."""
        invite = dialog.invite
        self.reply(invite, 200, "OK", body or sdp(self.audio.port), dialog.local)
        self.until("the ACK", lambda m: m.method == "ACK" and m.call_id == dialog.call_id)
        self.audio.to = ("127.0.0.1", media(invite.body, "audio")[0])

    def refuse(self, dialog, code, reason="-"):
        self.reply(dialog.invite, code, reason, "", dialog.local)
        self.until("the ACK", lambda m: m.method == "ACK" and m.call_id == dialog.call_id)

    def cancelled(self, dialog, seconds=10.0):
        """Waits for CANCEL, answers it and the INVITE; the CANCEL."""
        cancel = self.until("CANCEL", lambda m: m.method == "CANCEL"
                            and m.call_id == dialog.call_id, seconds)
        self.reply(cancel, 200, "OK", "", dialog.local)
        self.refuse(dialog, 487, "Request Terminated")
        return cancel

    def until_bye(self, dialog, seconds=10.0):
        bye = self.until("BYE", lambda m: m.method == "BYE" and m.call_id == dialog.call_id,
                         seconds)
        self.reply(bye, 200, "OK")
        return bye


class TcpUa(Ua):
    """The same over one TCP connection, which it opened and keeps."""
    transport = "TCP"

    def __init__(self, server, user, password=None, name=None):
        super().__init__(server, user, password, name)
        self.socket.close()
        self.socket = socket.create_connection(("127.0.0.1", server), timeout=10)
        self.port = self.socket.getsockname()[1]
        self.stream = b""

    @property
    def contact(self):
        return super().contact + ";transport=tcp"

    def send(self, data):
        self.socket.settimeout(10)
        self.socket.sendall(data.encode() if isinstance(data, str) else data)

    def _receive(self):
        """One message, cut out by its Content-Length; blank lines between messages are dropped."""
        while True:
            self.stream = self.stream.lstrip(b"\r\n")
            head, end, rest = self.stream.partition(b"\r\n\r\n")
            length = re.search(rb"^content-length\s*:\s*(\d+)", head, re.M | re.I)
            if end and len(rest) >= (n := int(length.group(1)) if length else 0):
                self.stream = rest[n:]
                return head + end + rest[:n]
            more = self.socket.recv(65535)
            if not more:
                raise Failed(f"{self.name}: the server closed the connection")
            self.stream += more


class TlsUa(TcpUa):
    """The same inside TLS. `ca` is what the server's certificate is held against, `host` the name
    that is asked for and must stand in it; without a `ca` any certificate does."""
    transport = "TLS"

    def __init__(self, server, user=None, password=None, name=None, *, ca=None, host=None):
        super().__init__(server, user, password, name)
        context = ssl.create_default_context(cafile=ca)
        if not ca:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.socket = context.wrap_socket(self.socket, server_hostname=host or "127.0.0.1")

    @property
    def contact(self):
        return Ua.contact.fget(self) + ";transport=tls"
