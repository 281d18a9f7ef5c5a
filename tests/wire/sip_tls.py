#!/usr/bin/env python3
"""SIP over TLS: a foreign phone that is called through it, certificates, and peers that are not what
they should be. Prints TAP."""
import contextlib
import os
import signal
import socket
import ssl
import time

import lib
from cert import certificate, install
from lib import Failed, Process, TOP, expect, folder, free_port, test, until
from phone import Baresip
from server import Building, Server
from ua import TlsUa

SILENT = 50 # connections that never finish their handshake
LOUD_RMS = 1000 # of what a phone hears; silence is near 0


class House(Building):
    """A building whose door speaks UDP, at a server with a certificate for 127.0.0.1 on SIP's port
    for TLS, and with more of them in a folder."""

    def __init__(self, where):
        self.where, self.place = where, (where / "live.pem", where / "live.key")
        self.names = where / "names"
        self.names.mkdir()
        self.first = certificate(where, "first")
        install(self.first, self.place)
        certificate(self.names, "any", "DNS:*.example.net")
        certificate(self.names, "one", "DNS:one.example.net")
        self.port = free_port()
        super().__init__(Server(where, "--sip-tls", f"127.0.0.1:{self.port}",
                                "--sip-tls-certificate", self.place[0], "--sip-tls-key",
                                self.place[1], "--sip-tls-folder", self.names))

    def __enter__(self):
        self.d = self.door.ua()
        return self

    def __exit__(self, *_):
        self.d.close()
        if self.server.running():
            self.server.stop()

    def phone(self, **more):
        phone = TlsUa(self.port, self.left.user, self.left.password, "Left", **more)
        phone.register()
        return phone

    def shown_to(self, host):
        """The certificate that a client which asks for `host` is shown."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as plain, \
                context.wrap_socket(plain, server_hostname=host) as s:
            return ssl.DER_cert_to_PEM_cert(s.getpeercert(True))

    def rings_and_talks(self, phone):
        """The door rings at the TLS phone, which answers; both hear each other; it hangs up."""
        call = self.d.dial(1)
        ringing = phone.rings()
        expect(f"127.0.0.1:{self.port};transport=tls" in ringing.invite.get("Contact"),
               ringing.invite.get("Contact"))
        expect(ringing.invite.get("Via").startswith(f"SIP/2.0/TLS 127.0.0.1:{self.port};"),
               ringing.invite.get("Via"))
        phone.answer(ringing)
        self.d.answered(call)
        self.d.audio.exchange(phone.audio, "door to phone")
        phone.audio.exchange(self.d.audio, "phone to door")
        phone.bye(ringing)
        self.d.until_bye(call)


def hears(audio, seconds=10.0):
    """Whether `audio` gets packets with sound in them, while it sends itself."""
    deadline, loud = time.monotonic() + seconds * lib.SLOW, 0
    while loud < 10:
        if time.monotonic() > deadline:
            raise Failed(f"{loud} packets with sound in {seconds} s")
        audio.frame(0x20)
        packet = audio.receive()
        loud += packet is not None and packet[0] == 0 and len(set(packet[1])) > 8


@test
def a_foreign_phone():
    """baresip registers over TLS, is called, hears and is heard, and hangs up"""
    with folder() as where, House(where) as h:
        phone = Baresip(where, h.port, h.left.user, h.left.password, transport="tls").registered()
        try:
            account = h.server.admin.get(f"/sites/{h.site.id}/devices/{h.left.id}/credentials")
            expect(account["registrar_tls"] == f"127.0.0.1:{h.port}", str(account))
            record = h.left.record()
            expect(record["online"] and record["transport"] == "tls", str(record))
            call = h.d.dial(1)
            phone.until_event("CALL_INCOMING")
            phone.do("accept")
            h.d.answered(call)
            phone.until_event("CALL_ESTABLISHED")
            hears(h.d.audio)
            def heard():
                h.d.audio.frame(0x20)
                return phone.heard() > LOUD_RMS
            until("the door's voice at the phone", heard, 15)
            phone.do("hangup")
            h.d.until_bye(call)
            call = h.d.dial(1) # and from our side
            phone.until_event("CALL_INCOMING")
            phone.do("accept")
            h.d.answered(call)
            phone.until_event("CALL_ESTABLISHED")
            h.d.bye(call)
            phone.ended()
        finally:
            phone.stop()


@test
def keys_over_tls_only():
    """keys are offered over TLS, to be left by who has none, and not over UDP; baresip takes one"""
    with folder() as where, House(where) as h:
        phone, open_to_all = h.phone(), h.right.ua()
        call = h.d.dial(1)
        ringing, other = phone.rings(), open_to_all.rings()
        expect(all(line in ringing.invite.body for line in
                   (" RTP/AVP ", "a=crypto:1 AEAD_AES_128_GCM inline:",
                    "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:")), ringing.invite.body)
        expect("a=crypto" not in other.invite.body, other.invite.body)
        h.d.cancel(call)
        h.d.ended(call, code=487)
        phone.cancelled(ringing)
        open_to_all.cancelled(other)
        open_to_all.register(expires=0)
        open_to_all.close()
        phone.close()
        with Baresip(where, h.port, h.left.user, h.left.password, account=";mediaenc=srtp",
                     transport="tls") as phone:
            phone.registered()
            call = h.d.dial(1)
            phone.until_event("CALL_INCOMING")
            phone.do("accept")
            h.d.answered(call)
            phone.until_output("SRTP is Enabled (cryptosuite=AEAD_AES_128_GCM)")
            hears(h.d.audio)
            phone.do("hangup")
            h.d.until_bye(call)


@test
def certificate_reload():
    """HUP: new connections get the new certificate, a registration lives on; no broken file is taken"""
    with folder() as where, House(where) as h:
        phone = h.phone(ca=h.first[0])
        h.rings_and_talks(phone)
        second = certificate(where, "second")
        install(second, h.place)
        h.server.process.signal(signal.SIGHUP)
        until("the new certificate", lambda: h.shown_to("x") == second[0].read_text())
        h.rings_and_talks(phone)
        h.place[1].write_text("no key\n")
        h.server.process.signal(signal.SIGHUP)
        h.server.process.until_output("tls_kept")
        expect(f"sip_tls_key {h.place[1]}: no key in PEM" in h.server.process.output(),
               h.server.process.tail())
        expect(h.shown_to("x") == second[0].read_text(), "the server lost its certificate")
        h.rings_and_talks(phone)
        phone.close()


@test
def names():
    """Each name gets its certificate, its own before a wildcard's, others the first; HUP reads anew"""
    with folder() as where, House(where) as h:
        text = lambda name: (h.names / f"{name}.pem").read_text()
        for host, want in (("one.example.net", text("one")), ("two.example.net", text("any")),
                           ("elsewhere.example.com", h.first[0].read_text())):
            expect(h.shown_to(host) == want, f"another certificate for {host}")
        h.phone(ca=h.names / "one.pem", host="one.example.net").close()
        certificate(h.names, "two", "DNS:two.example.net")
        h.server.process.signal(signal.SIGHUP)
        until("the new name", lambda: h.shown_to("two.example.net") == text("two"))


@test
def bad_peers():
    """Plain SIP, silent peers and slow handshakes at the port for TLS disturb nobody"""
    with folder() as where, House(where) as h:
        phone = h.phone()
        with socket.create_connection(("127.0.0.1", h.port), timeout=10) as plain:
            plain.sendall(b"OPTIONS sip:x SIP/2.0\r\nContent-Length: 0\r\n\r\n")
            answer = b""
            with contextlib.suppress(ConnectionResetError):
                answer = plain.recv(4096)
            expect(b"SIP" not in answer, "plain SIP was answered")
        slow = [socket.create_connection(("127.0.0.1", h.port)) for _ in range(SILENT)]
        for i, s in enumerate(slow):
            s.sendall(b"\x16\x03\x01\x02\x00\x01"[:i % 7])
        h.rings_and_talks(phone)
        h.phone().close()
        for s in slow:
            s.settimeout(30 * lib.SLOW)
            expect(s.recv(1) == b"", "a slow handshake was answered")
            s.close()
        h.server.until_metric("sip_tls_failed_total", lambda n: n >= SILENT + 1)
        h.server.until_metric("sip_tls_connections", lambda n: n == 1)
        phone.close()


@test
def after_a_restart():
    """A phone is known as one of TLS after a restart, and is rung once it has come back"""
    with folder() as where, House(where) as h:
        phone = h.phone()
        phone.close()
        h.d.close()
        h.server.stop()
        h.server.start()
        expect(h.left.record()["transport"] == "tls", str(h.left.record()))
        h.d, phone = h.door.ua(), h.phone()
        h.rings_and_talks(phone)
        phone.close()


@test
def several_flows():
    """A phone with two connections is rung on the newest only, on the other when that is gone"""
    def flow(house, number):
        phone = TlsUa(house.port, house.left.user, house.left.password, f"Flow {number}")
        answer = phone.register(headers=["Supported: path, outbound"], contact=(
            f'<{phone.contact}>;+sip.instance="<urn:uuid:1>";reg-id={number}'))
        expect(answer.get("Require") == "outbound" and f"reg-id={number}" in str(answer.headers),
               str(answer.headers))
        return phone
    with folder() as where, House(where) as h:
        first, second = flow(h, 1), flow(h, 2)
        h.rings_and_talks(second)
        expect(first.quiet("INVITE"), "both connections were rung")
        second.socket.settimeout(10 * lib.SLOW)
        second.send("\r\n\r\n") # RFC 5626 section 4.4.1
        expect(second.socket.recv(100) == b"\r\n", "no answer to a ping")
        second.close()
        h.server.until_metric("sip_tls_connections", lambda n: n == 1)
        h.rings_and_talks(first)
        second = flow(h, 2)
        h.server.until_metric("bindings", lambda n: n == 3) # with the door's: one is replaced
        h.rings_and_talks(second)
        first.close()
        second.close()


@test
def behind_a_proxy():
    """The proxies of Path are told, and are the Route of a call"""
    path = "<sip:p2.example.com;lr>, <sip:p1.example.com;lr>"
    with folder() as where, House(where) as h:
        phone = TlsUa(h.port, h.left.user, h.left.password, "Left")
        answer = phone.register(headers=["Supported: path", f"Path: {path}"])
        expect(answer.get("Path") == path, str(answer.headers))
        call = h.d.dial(1)
        ringing = phone.rings()
        expect(ringing.invite.get("Route") == path, str(ringing.invite.headers))
        phone.answer(ringing)
        h.d.answered(call)
        h.d.bye(call)
        phone.until_bye(ringing)
        phone.close()


def refused(where, text, *options):
    portal = where / "portal"
    portal.mkdir(exist_ok=True)
    (portal / "index.html").write_text("<!doctype html>")
    program = os.environ.get("VESTIBULED", TOP / "build/src/vestibuled")
    with Process("vestibuled", [program, "--data", where / "data", "--http", "127.0.0.1:0", "--sip",
                                f"127.0.0.1:{free_port()}", "--portal", portal, "--sip-tls",
                                f"127.0.0.1:{free_port()}", *options], where) as server:
        expect(server.wait() == 1, f"ended with {server.popen.returncode}")
        expect(text in server.output(), server.output())


@test
def wrong_settings():
    """TLS for SIP without a certificate, or with files that do not fit, is refused at the start"""
    with folder() as where:
        one, two = certificate(where, "one"), certificate(where, "two")
        refused(where, "sip_tls needs sip_tls_certificate and sip_tls_key, or those of tls")
        refused(where, "sip_tls_certificate and sip_tls_key go together: sip_tls_key is missing",
                "--sip-tls-certificate", one[0])
        refused(where, f"sip_tls_key {two[1]} does not belong to the certificate in {one[0]}",
                "--sip-tls-certificate", one[0], "--sip-tls-key", two[1])
        refused(where, f"tls_folder {where}/none: No such file or directory",
                "--tls-certificate", one[0], "--tls-key", one[1], "--sip-tls-folder",
                where / "none")


lib.main()
