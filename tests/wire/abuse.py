#!/usr/bin/env python3
"""Scanners, floods, broken messages and forged media, while a call goes on undisturbed.

The whole of 127.0.0.0/8 is ours: each attack has an address of its own, except where it is the
point that devices share theirs with the attacker."""
import contextlib
import hashlib
import os
import random
import re
import resource
import socket
import struct
import time

import lib
import ua
from lib import Failed, expect, test, until
from server import Building, Server
from web import Live

TCP_PER_HOST, HTTP_PER_HOST = 1000, 256 # sip/flow.h, io/http.h


class House(Building):
    """A building with a call that goes on: whoever enters it hears both ends before and after."""

    def __init__(self, server):
        super().__init__(server)
        self.d, self.l = self.door.ua(), self.left.ua()
        self.r = self.right.ua(tcp=True) # its connection must outlive everything here
        self.call = self.d.dial(1)
        dialog, other = self.l.rings(), self.r.rings()
        self.l.answer(dialog)
        self.d.answered(self.call)
        self.r.cancelled(other)
        self.dialog = dialog
        self.hear()

    def hear(self):
        self.d.audio.exchange(self.l.audio, "door to phone")
        self.l.audio.exchange(self.d.audio, "phone to door")

    def __enter__(self):
        self.hear()
        return self

    def __exit__(self, kind, *_):
        if kind:
            return
        expect(self.server.running(), f"the server is gone:\n{self.server.process.tail(30)}")
        self.hear()
        answer = self.l.inside(self.dialog, "INFO", "Signal=1\r\nDuration=160\r\n")
        expect(answer.code == 200, f"INFO: {answer}")


def options(port, host, **more):
    """An OPTIONS that everybody is answered, as text; `more` replaces or adds headers, None
    leaves one out."""
    headers = {"Via": f"SIP/2.0/UDP {host}:{port};branch=z9hG4bK{random.getrandbits(60):x};rport",
               "From": "<sip:someone@127.0.0.1>;tag=1", "To": "<sip:127.0.0.1>",
               "Call-ID": f"{random.getrandbits(60):x}", "CSeq": "1 OPTIONS",
               "Max-Forwards": "70", "Content-Length": "0"}
    headers.update({k.replace("_", "-"): v for k, v in more.items()})
    return "OPTIONS sip:127.0.0.1 SIP/2.0\r\n" + "".join(
        f"{k}: {v}\r\n" for k, v in headers.items() if v is not None) + "\r\n"


class Attacker:
    """A UDP socket on an address of 127.0.0.0/8."""

    def __init__(self, server, host):
        self.server, self.host = server, host
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.socket.connect(("127.0.0.1", server.sip))
        self.port = self.socket.getsockname()[1]

    def send(self, data):
        self.socket.send(data.encode() if isinstance(data, str) else data)

    def options(self, **more):
        return options(self.port, self.host, **more)

    def receive(self, seconds=10.0):
        """The status line of what comes; "" when nothing does."""
        self.socket.settimeout(max(0.001, seconds * lib.SLOW))
        try:
            return self.socket.recv(65535).split(b"\r\n")[0].decode(errors="replace")
        except TimeoutError:
            return ""

    def answer_to(self, data):
        """What the server says to that, "" for nothing: it reads in order, so that the answer to
        an OPTIONS behind it ends the wait."""
        marker = self.options(CSeq="77 OPTIONS")
        self.send(data)
        self.send(marker)
        said = ""
        for _ in range(3):
            self.socket.settimeout(10 * lib.SLOW)
            message = ua.Message(self.socket.recv(65535))
            if message.get("CSeq") == "77 OPTIONS":
                return said
            said = message.first
        raise Failed(f"too many answers, last {said!r}")

    def close(self):
        self.socket.close()


class Stream:
    """A TCP connection from an address of 127.0.0.0/8."""

    def __init__(self, port, host):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.socket.bind((host, 0))
        self.socket.settimeout(10 * lib.SLOW)
        self.socket.connect(("127.0.0.1", port))

    def send(self, data):
        """False once the server has closed."""
        try:
            self.socket.sendall(data.encode() if isinstance(data, str) else data)
            return True
        except OSError:
            return False

    def receive(self, until_text=None):
        """Everything until the server closes, or until the text has come."""
        data = b""
        with contextlib.suppress(ConnectionError):
            while more := self.socket.recv(65535):
                data += more
                if until_text and until_text in data:
                    break
        return data.decode(errors="replace")

    def closed(self):
        """True when the server has closed; what it sends is dropped."""
        self.socket.setblocking(False)
        try:
            return self.socket.recv(65535) == b""
        except BlockingIOError:
            return False
        except ConnectionError:
            return True

    def close(self):
        self.socket.close()


# ------------------------------------------------------------------------------------------ SIP

def broken_datagrams():
    """(what, the start of the answer or "" for silence, bytes made from the attacker)"""
    plain = lambda **more: lambda a: a.options(**more)
    yield "nothing but binary", "", lambda _: os.urandom(1200)
    yield "NULs", "", lambda _: bytes(900)
    yield "a start line alone", "", lambda _: "OPTIONS sip:127.0.0.1 SIP/2.0\r\n\r\n"
    yield "no start line", "", lambda a: a.options().split("\r\n", 1)[1]
    yield "the half of a message", "", lambda a: a.options()[:60]
    yield "no end of the head", "SIP/2.0 400", lambda a: a.options()[:-2]
    yield "another protocol", "", lambda _: "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    yield "a response to nothing", "", lambda a: "SIP/2.0 200 OK\r\n" + a.options().split("\r\n", 1)[1]
    yield "an ACK of nothing", "", lambda a: a.options(CSeq="1 ACK").replace("OPTIONS sip", "ACK sip")
    for name in ("Via", "From", "To", "Call_ID", "CSeq"):
        yield f"no {name}", "", plain(**{name: None})
    yield "two CSeq", "", plain(CSeq="1 OPTIONS\r\nCSeq: 2 OPTIONS")
    yield "two From", "", plain(From="<sip:a@b>;tag=1\r\nFrom: <sip:c@d>;tag=2")
    yield "another method in CSeq", "SIP/2.0 400", plain(CSeq="1 INVITE")
    yield "a CSeq too great", "SIP/2.0 400", plain(CSeq="4294967296 OPTIONS")
    yield "a CSeq that is no number", "SIP/2.0 400", plain(CSeq="one OPTIONS")
    yield "a branch of another time", "SIP/2.0 400", plain(Via="SIP/2.0/UDP 127.0.0.1;branch=1")
    yield "no branch", "SIP/2.0 400", plain(Via="SIP/2.0/UDP 127.0.0.1")
    yield "a body cut short", "SIP/2.0 400", plain(Content_Length="1000")
    yield "a negative length", "SIP/2.0 400", plain(Content_Length="-1")
    yield "a length beyond numbers", "SIP/2.0 400", plain(Content_Length="9" * 40)
    yield "two lengths", "SIP/2.0 400", plain(Content_Length="0\r\nContent-Length: 5")
    yield "control characters in From", "", plain(From="<sip:\x01\x02@b>;tag=\x03")
    yield "a header smuggled by a CR", "", plain(From="<sip:a@b>;tag=1\rX: y")
    yield "a NUL in a header", "SIP/2.0 400", plain(X="a\0b")
    yield "a huge header", "SIP/2.0 200", plain(X="a" * 60000)
    yield "a huge Via", "SIP/2.0 400", plain(Via="SIP/2.0/UDP h;branch=z9hG4bK" + "b" * 20000)
    yield "a huge URI", "SIP/2.0", lambda a: a.options().replace(
        "sip:127", "sip:" + "u" * 40000 + "@127", 1)
    yield "thousands of headers", "SIP/2.0 200", plain(X="1" + "\r\nX: 1" * 9000)
    yield "thousands of Vias", "SIP/2.0", lambda a: a.options(
        Call_ID="1" + "\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1" * 1500)
    yield "thousands of Routes", "SIP/2.0 200", plain(Route="<sip:h>" + ",<sip:h>" * 7000)


@test
def broken_sip_over_udp(house):
    """broken SIP over UDP gets 400 or silence, and what is only strange is answered"""
    with house as h:
        before = h.server.metrics()["vestibule_sip_malformed_total"]
        wrong, broken = [], 0
        for i, (what, want, make) in enumerate(broken_datagrams(), 1):
            attacker = Attacker(h.server, f"127.0.1.{i}") # none is suspect for another's doing
            said = attacker.answer_to(make(attacker))
            attacker.close()
            broken += not want or "400" in want
            if not said.startswith(want) or (said and not want):
                wrong.append(f"{what}: {said!r}, not {want!r}")
        expect(not wrong, "\n".join(wrong))
        # The response and the ACK are well-formed.
        h.server.until_metric("sip_malformed_total", lambda n: n >= before + broken - 2)


@test
def broken_sip_over_tcp(house):
    """broken SIP over TCP is refused or cut off, and messages in one piece are taken apart"""
    with house as h:
        def said(data, host):
            stream = Stream(h.server.sip, host)
            stream.send(data)
            with contextlib.suppress(OSError): # it may be closed already
                stream.socket.shutdown(socket.SHUT_WR)
            answer = stream.receive()
            stream.close()
            return answer
        tcp = lambda **more: options(5060, "127.0.0.1", **more).replace("SIP/2.0/UDP", "SIP/2.0/TCP")
        for i, (what, count, data) in enumerate((
                ("three in one piece", 3, tcp() * 3),
                ("blank lines between", 2, "\r\n" + tcp() + "\r\n\r\n\r\n" + tcp()),
                ("no length means no body", 2, tcp(Content_Length=None) * 2),
                ("two lengths", 0, tcp(Content_Length="0\r\nl: 4")),
                ("a negative length", 0, tcp(Content_Length="-4")),
                ("a length beyond the limit", 0, tcp(Content_Length="70000")),
                ("a head without an end", 0, "OPTIONS sip:h SIP/2.0\r\nX: " + "a" * 200000),
                ("a body that never comes", 0, tcp(Content_Length="10")),
                ("binary", 0, b"\xff\xfe" * 50000))):
            answer = said(data, f"127.0.2.{i + 1}")
            expect(answer.count("SIP/2.0 200 ") == count, f"{what}: {answer[:200]!r}")
        # Each a whole message, so that the stream goes on behind a broken one.
        answer = said(tcp(CSeq="1 INVITE") + tcp(), "127.0.2.100")
        expect([line for line in answer.splitlines() if line.startswith("SIP/2.0")]
               == ["SIP/2.0 400 Bad Request", "SIP/2.0 200 OK"], answer)


@test
def connections_run_out(house):
    """one address takes all TCP connections that it may have, says nothing, and loses them"""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 2 * TCP_PER_HOST:
        raise lib.Skipped("too few file descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2 * TCP_PER_HOST), hard))
    with house as h:
        base = h.server.until_metric("sip_connections", lambda n: n == 1) # the house's
        half_open = [Stream(h.server.sip, "127.0.3.1") for _ in range(TCP_PER_HOST)]
        h.server.until_metric("sip_connections", lambda n: n == base + TCP_PER_HOST)
        more = Stream(h.server.sip, "127.0.3.1")
        until("the connection above the limit to be closed", more.closed)
        other = h.door.ua(tcp=True) # from another address
        other.close()
        for drip in range(2): # some begin a message, which saves them nothing
            for stream in half_open[drip::3]:
                stream.send("OPTIONS sip:127.0.0.1 SIP/2.0\r\n" if drip else "\r\n\r\n")
        until("all silent connections to be closed", lambda: all(s.closed() for s in half_open), 60)
        for stream in [*half_open, more]:
            stream.close()
        h.server.until_metric("sip_connections", lambda n: n <= base)


def register_of(attacker, user, extra=""):
    return attacker.options(From=f"<sip:{user}@127.0.0.1>;tag=1", To=f"<sip:{user}@127.0.0.1>",
                            CSeq="1 REGISTER", Contact=f"<sip:{user}@{attacker.host}>\r\n{extra}"
                            .rstrip()).replace("OPTIONS sip", "REGISTER sip")


@test
def flood_costs_little(house):
    """a flood in a device's name leaves no transaction, no binding and no suspicion behind"""
    with house as h:
        count, sockets = 3000, 20
        attackers = [Attacker(h.server, f"127.0.4.{i + 1}") for i in range(sockets)]
        before = h.server.metrics()
        for i in range(count):
            attacker = attackers[i % sockets]
            attacker.send(register_of(attacker, h.left.user))
            expect("401" in attacker.receive(), f"number {i} was not asked for a password")
        h.server.until_metric("sip_challenged_total",
                              lambda n: n == before["vestibule_sip_challenged_total"] + count)
        after = h.server.metrics()
        # The call that goes on has a few transactions, not one for each of thousands.
        for name, few in (("sip_transactions", 10), ("bindings", 0), ("sip_suspects", 0),
                          ("sip_sessions", 0)):
            was, now = (numbers["vestibule_" + name] for numbers in (before, after))
            expect(now <= was + few, f"{name} rose from {was} to {now}")
        for attacker in attackers:
            attacker.close()


@test
def source_is_limited(house):
    """a source that floods is not heard beyond its burst, and the next port is"""
    with house as h:
        attacker, dropped = Attacker(h.server, "127.0.5.1"), "vestibule_sip_blocked_total"
        before = h.server.metrics()[dropped]
        for _ in range(40): # far more than 50 a second can take
            for _ in range(50):
                attacker.send(attacker.options())
            if h.server.metrics()[dropped] > before:
                break
        h.server.until_metric("sip_blocked_total", lambda n: n > before)
        expect("sip_flood from=127.0.5.1" in h.server.process.output(), "not in the log")
        attacker.close()
        again = Attacker(h.server, "127.0.5.1")
        expect(again.answer_to(again.options()).startswith("SIP/2.0 200"), "the next port is not heard")
        again.close()


def credentials(challenge, user, password, uri):
    """The Authorization line of a REGISTER."""
    value = lambda key: re.search(rf'{key}="?([^",]+)', challenge).group(1)
    md5 = lambda text: hashlib.md5(text.encode()).hexdigest()
    response = md5(":".join((md5(f"{user}:{value('realm')}:{password}"), value("nonce"),
                             "00000001", "c", "auth", md5(f"REGISTER:{uri}"))))
    return (f'Authorization: Digest username="{user}",realm="{value("realm")}",'
            f'nonce="{value("nonce")}",uri="{uri}",response="{response}",algorithm=MD5,qop=auth,'
            f'nc=00000001,cnonce="c"')


@test
def scanner_is_silenced(house):
    """a scanner is silenced and listed; devices behind its address register and call"""
    with house as h:
        def answer_to(attacker, data):
            """A phone that we know is always answered, and behind whatever came before."""
            attacker.send(data)
            number = random.randrange(1 << 30)
            h.l.request("OPTIONS", "sip:127.0.0.1", [
                f"From: <{h.l.address}>;tag=1", "To: <sip:127.0.0.1>", f"Call-ID: m{number}",
                f"CSeq: {number} OPTIONS"])
            h.l.until_final("OPTIONS", number)
            attacker.socket.settimeout(0.001)
            with contextlib.suppress(TimeoutError):
                return ua.Message(attacker.socket.recv(65535))
        answered, guesses = 0, 100
        for _ in range(guesses):
            attacker = Attacker(h.server, "127.0.0.1")
            answered += answer_to(attacker, register_of(
                attacker, f"{random.randrange(10 ** 10):010}")) is not None
            attacker.close()
        # Twenty failures, and one more for each ten seconds that this took.
        expect(10 <= answered <= 40, f"{answered} of {guesses} guesses of a user were answered")
        for i in range(30):
            attacker = Attacker(h.server, "127.0.0.1")
            challenge = answer_to(attacker, register_of(attacker, h.left.user))
            expect(challenge and challenge.code == 401, "a device's name is not asked any more")
            line = credentials(challenge.get("WWW-Authenticate"), h.left.user, f"secret{i}",
                               "sip:127.0.0.1")
            expect(answer_to(attacker, register_of(attacker, h.left.user, line)) is None,
                   "a wrong password was answered")
            attacker.close()
        server = h.server
        server.until_metric("sip_suspects", lambda n: n == 1)
        listed = server.admin.get("/suspects")["items"]
        expect([s["address"] for s in listed] == ["127.0.0.1"], f"the list: {listed}")
        expect(listed[0]["failures"] >= 50 and listed[0]["dropped"] >= 60, f"the list: {listed}")
        expect(listed[0]["first_at"] <= listed[0]["last_at"] < listed[0]["until_at"],
               f"the list: {listed}")
        expect("sip_suspect host=127.0.0.1" in server.process.output(), "not in the log")
        neighbour = Building(server, "Next door")
        door, left, right = (x.ua(tcp=tcp) for x, tcp in (
            (neighbour.door, False), (neighbour.left, False), (neighbour.right, True)))
        call = door.dial(1)
        rings, other = left.rings(), right.rings()
        right.answer(other)
        door.answered(call)
        left.cancelled(rings)
        door.bye(call)
        right.until_bye(other)
        expect(neighbour.site.ended_call(0)["result"] == "answered", "the neighbour's call")
        for phone in (door, left, right):
            phone.close()
        server.admin.post("/suspects/forget", {"address": "127.0.0.1"})
        expect(server.admin.get("/suspects")["items"] == [], "a forgotten host is on the list")
        attacker = Attacker(server, "127.0.0.1")
        until("an answer to the forgotten host", lambda: answer_to(attacker, register_of(
            attacker, f"{random.randrange(10 ** 10):010}")))
        attacker.close()


# ----------------------------------------------------------------------------------------- HTTP

def get(path="/healthz", *headers, method="GET", host="x", body=""):
    return (f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n"
            + "".join(f"{line}\r\n" for line in headers) + f"\r\n{body}")


def answers_in(text):
    """The status of each answer."""
    return [int(status) for status in re.findall(r"HTTP/1\.1 (\d{3}) [A-Z][^\n]*\r\n", text)]


@test
def bad_http(house):
    """bad HTTP gets its status and the connection is closed, and good HTTP goes on beside it"""
    post = lambda *headers, body="": get("/api/v1/session", "Content-Type: application/json",
                                         *headers, method="POST", body=body)
    cases = (
        ("a head too large", 431, get("/", *[f"X-{i}: {'a' * 100}" for i in range(400)])),
        ("a line without an end", 431, get("/" + "a" * 40000)),
        ("a huge cookie", 431, get("/", "Cookie: session=" + "c" * 20000)),
        ("thousands of headers", 431, get("/", *["a: b"] * 3000)),
        ("a body too large", 413, post(f"Content-Length: {1 << 20}")),
        ("a body beyond numbers", 400, post("Content-Length: " + "9" * 30)),
        ("a negative length", 400, post("Content-Length: -1")),
        ("two lengths", 400, post("Content-Length: 2", "Content-Length: 3", body="{}x")),
        ("a list of lengths", 400, post("Content-Length: 2, 2", body="{}")),
        ("length and coding", 400, post("Content-Length: 2", "Transfer-Encoding: chunked",
                                        body="0\r\n\r\n")),
        ("a chunked body", 411, post("Transfer-Encoding: chunked", body="0\r\n\r\n")),
        ("an unknown coding", 400, post("Transfer-Encoding: identity, chunked")),
        ("bare LF", 400, get().replace("\r\n", "\n")),
        ("one bare LF", 400, get("/", "A: b").replace("A: b\r\n", "A: b\n")),
        ("bare CR", 400, get("/", "A: b\rX: y")),
        ("NUL in a header", 400, get("/", "A: b\0c")),
        ("a control character", 400, get("/", "A: b\x07c")),
        ("a control character in the target", 400, get("/\x01")),
        ("a folded header", 400, get("/", "A: b", " c: d")),
        ("a blank before the colon", 400, get("/", "Content-Length : 5")),
        ("no Host", 400, "GET / HTTP/1.1\r\n\r\n"),
        ("two Hosts", 400, get("/", "Host: y")),
        ("another version", 505, get().replace("HTTP/1.1", "HTTP/2.0")),
        ("no HTTP", 400, "\x16\x03\x01\x02\x00\x01\x00" * 20 + "\r\n"),
        ("no version", 400, "GET /\r\n\r\n"),
    )
    with house as h:
        wrong = []
        for what, status, data in cases:
            stream = Stream(h.server.http, "127.0.6.1")
            stream.send(data)
            said = stream.receive() # until the server closes
            stream.close()
            if not said.startswith(f"HTTP/1.1 {status} ") or len(answers_in(said)) != 1:
                wrong.append(f"{what}: {said[:60]!r}, not {status}")
        expect(not wrong, "\n".join(wrong))
        cookie = get("/api/v1/session", "Cookie: session=" + "c" * 4000, "Connection: close")
        stream = Stream(h.server.http, "127.0.6.1")
        stream.send(cookie)
        expect(stream.receive().startswith("HTTP/1.1 401 "), "a long cookie")
        stream.close()
        expect(h.server.admin.get("/session"), "the API is silent")


@test
def pipelined_http(house):
    """a hundred requests in one piece get their answers in order"""
    with house as h:
        stream = Stream(h.server.http, "127.0.6.2")
        paths = [("/healthz", 200), ("/api/v1/session", 401), ("/api/v1/none", 404)]
        stream.send("".join(get(paths[i % 3][0]) for i in range(99))
                    + get("/healthz", "Connection: close"))
        answers = answers_in(stream.receive())
        stream.close()
        expect(answers == [paths[i % 3][1] for i in range(99)] + [200], f"answers {answers}")


@test
def http_connections_run_out(house):
    """one address takes all connections that it may have; others are served"""
    with house as h:
        streams = [Stream(h.server.http, "127.0.6.3") for _ in range(HTTP_PER_HOST)]
        for stream in streams: # each is counted once it is answered
            stream.send(get())
            expect("200 OK" in stream.receive(b"ok\n"), "not answered")
        more = Stream(h.server.http, "127.0.6.3")
        expect(more.receive().startswith("HTTP/1.1 503 "), "one more was taken")
        more.close()
        expect(h.server.admin.get("/session"), "another address is not served")
        for stream in streams:
            stream.close()
        def again():
            stream = Stream(h.server.http, "127.0.6.3")
            stream.send(get("/healthz", "Connection: close"))
            said = stream.receive()
            stream.close()
            return "200 OK" in said
        until("the address to be served again", again)


@test
def slow_is_cut_off(house):
    """what drips in, in SIP and in HTTP, is cut off at its deadline"""
    head = get("/api/v1/session", "Content-Type: application/json", "Content-Length: 2000",
               method="POST")
    with house as h:
        slow = {"a SIP head": (h.server.sip, options(5060, "h").encode() * 4, 0),
                "a SIP body": (h.server.sip, options(5060, "h", Content_Length="4000").encode()
                               + b"a" * 4000, 200),
                "an HTTP head": (h.server.http, get("/" + "a" * 4000).encode(), 0),
                "an HTTP body": (h.server.http, (head + " " * 2000).encode(), len(head))}
        streams, sent = {}, {}
        for name, (port, data, at_once) in slow.items():
            streams[name] = Stream(port, "127.0.7.1")
            streams[name].send(data[:at_once])
            sent[name] = at_once
        said = {name: b"" for name in slow}
        def drip():
            for name, stream in list(streams.items()):
                stream.socket.setblocking(False)
                try:
                    more = stream.socket.recv(65535)
                    said[name] += more
                    ended = not more
                except BlockingIOError:
                    ended = False
                except ConnectionError:
                    ended = True
                if ended:
                    streams.pop(name).close()
                elif not said[name]:
                    stream.send(slow[name][1][sent[name]:sent[name] + 1])
                    sent[name] += 1
            return not streams
        until("all four to be cut off", drip, 90)
        for name, (_, data, _) in slow.items():
            expect(sent[name] < len(data), f"{name} was sent whole")
            expect(said[name].startswith(b"HTTP/1.1 408 ") == ("HTTP" in name),
                   f"{name} got {said[name][:60]!r}")


@test
def bad_websocket_frames(house):
    """a live page that breaks the rules of frames is closed, and the others live on"""
    mask = b"\1\2\3\4"
    masked = lambda body: bytes(b ^ mask[i % 4] for i, b in enumerate(body))
    frames = {
        "no mask": b"\x81\x02hi",
        "reserved bits": b"\xf1\x82" + mask + masked(b"hi"),
        "an unknown opcode": b"\x83\x80" + mask,
        "a ping in parts": b"\x09\x80" + mask,
        "a ping too long": b"\x89\xfe" + struct.pack("!H", 200) + mask + masked(b"a" * 200),
        "a part of nothing": b"\x80\x82" + mask + masked(b"hi"),
        "no UTF-8": b"\x81\x82" + mask + masked(b"\xff\xfe"),
        "a length beyond everything": b"\x81\xff" + struct.pack("!Q", 1 << 62) + mask + b"a",
        "a length with the highest bit": b"\x81\xff" + b"\xff" * 8 + mask,
        "a message too long": b"\x81\xff" + struct.pack("!Q", 1 << 24) + mask + b"a" * 100000,
        "a close of one byte": b"\x88\x81" + mask + b"a",
        "noise": bytes(range(255, 0, -1)) * 20,
    }
    with house as h:
        good = Live(h.server.admin, h.site.id)
        for what, frame in frames.items():
            bad = Live(h.server.admin, h.site.id)
            try:
                bad.socket.sendall(frame)
                bad.socket.settimeout(10 * lib.SLOW)
                while bad.socket.recv(65535):
                    pass
            except TimeoutError:
                raise Failed(f"{what}: the connection stays") from None
            except ConnectionError:
                pass
            bad.close()
        h.site.device("phone", f"New {time.monotonic_ns()}")
        good.until(lambda e: e["type"] == "device")
        good.close()


# ---------------------------------------------------------------------------------------- media

@test
def media_is_not_stolen(house):
    """forged RTP neither takes a stream over nor is heard, and noise is dropped and counted"""
    with house as h:
        forged, theirs = b"\x55" * 160, []
        ports = [h.d.audio.to, h.l.audio.to, *((host, port + 1) for host, port in
                                               (h.d.audio.to, h.l.audio.to))]
        for host in ("127.0.0.1", "127.0.8.1"): # the phones' own address, and another
            forger = ua.Audio()
            forger.socket.close()
            forger.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            forger.socket.bind((host, 0))
            theirs.append(forger)
            for victim, audio in ((h.d.audio, 0), (h.l.audio, 1)):
                # The stream's own SSRC, going on where it is: the best that a forger can know.
                forger.ssrc, forger.seq, forger.time = victim.ssrc, victim.seq, victim.time
                forger.to = ports[audio]
                for _ in range(100):
                    with contextlib.suppress(ConnectionError):
                        forger.send(forged)
        for audio in (h.d.audio, h.l.audio): # the right source, but no RTP of this call
            for noise in (b"", b"x", os.urandom(5), bytes(12), b"\x80" + bytes(5),
                          b"\x9f\x00" + bytes(20), b"\x80\x7f" + os.urandom(200),
                          b"\xff" * 1400):
                audio.socket.sendto(noise, audio.to)
        heard = set()
        for sender, listener in ((h.d.audio, h.l.audio), (h.l.audio, h.d.audio)):
            for _ in range(30):
                sender.frame()
                packet = listener.receive(0.1)
                if packet and packet[0] != 101: # the key of the check before may come yet
                    heard.add(packet[1][:1])
        expect(heard == {b"\x20"}, f"heard {heard}")
        for forger in theirs:
            forger.socket.settimeout(0.001)
            with contextlib.suppress(TimeoutError, ConnectionError):
                raise Failed(f"the forger hears {forger.socket.recv(2048)[:20]!r}")
            forger.socket.close()


@test
def call_ends_well(house):
    """the call ends as if nothing had been, noise was counted, and a quiet TCP phone is there"""
    h = house
    h.hear()
    h.d.bye(h.call)
    h.l.until_bye(h.dialog)
    record = h.site.ended_call(0)
    expect(record["result"] == "answered" and record["answered_by"] == h.left.id, str(record))
    expect(record["opened"] == [], "the door was opened")
    call = h.d.dial(h.right.id)
    dialog = h.r.rings()
    h.r.answer(dialog)
    h.d.answered(call)
    h.r.bye(dialog)
    h.d.until_bye(call)
    server = h.server
    server.until_metric("media_invalid_total", lambda n: n >= 10)
    server.until_nothing_left()
    server.stop()


if __name__ == "__main__":
    with lib.folder() as where:
        server = Server(where, "--ring-s", "30", "--talk-s", "3600", "--drain-s", "1")
        try:
            lib.main(House(server))
        finally:
            server.process.stop()
