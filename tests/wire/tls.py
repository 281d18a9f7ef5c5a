#!/usr/bin/env python3
"""HTTPS of the server's own, as curl and a browser's WebSocket see it. Prints TAP."""
import json
import os
import signal
import socket
import subprocess

import lib
from cert import certificate, install
from lib import Process, TOP, expect, folder, free_port, test, until
from server import ADMINISTRATOR, Server, Site
from web import Live

SILENT = 50 # connections that never finish their handshake


def curl(server, path, ca=None, *more, base=None):
    """Head and body of the answer; the exit status of curl."""
    argv = ["curl", "-sS", "-i", "--max-time", "30", *more]
    if ca:
        argv += ["--cacert", ca]
    done = subprocess.run([*argv, (base or server.base) + path], capture_output=True, text=True,
                          check=False)
    head, _, body = done.stdout.partition("\n\n")
    return head, body, done


def sign_in(server, ca=None):
    head, _, done = curl(server, "/api/v1/session", ca, "-H", "Content-Type: application/json", "-d",
                         json.dumps(dict(zip(("email", "password"), ADMINISTRATOR))))
    expect(done.returncode == 0, done.stderr)
    return head.replace("\r", "")


@test
def secure_cookies():
    """Over TLS the session's cookie is bound to the host, and browsers are told to stay with HTTPS"""
    with folder() as where:
        files = certificate(where, "one")
        server = Server(where, tls=files)
        try:
            head = sign_in(server, files[0])
            cookie = [line for line in head.splitlines() if line.lower().startswith("set-cookie:")]
            expect(len(cookie) == 1 and "__Host-session=" in cookie[0] and "; Secure" in cookie[0]
                   and "; HttpOnly" in cookie[0] and "SameSite=" in cookie[0], head)
            expect("Strict-Transport-Security: max-age=31536000" in head, head)
            head, _, _ = curl(server, "/", files[0])
            expect("200 OK" in head and "Strict-Transport-Security:" in head, head)
        finally:
            server.stop()


@test
def plain_has_none():
    """Without TLS there is neither"""
    with folder() as where:
        server = Server(where)
        try:
            head = sign_in(server)
            expect("Set-Cookie: session=" in head and "Secure" not in head, head)
            expect("Strict-Transport-Security" not in head, head)
        finally:
            server.stop()


@test
def versions():
    """TLS 1.2 and 1.3 are spoken, older ones are not"""
    with folder() as where:
        files = certificate(where, "one")
        server = Server(where, tls=files)
        try:
            for version in ("1.2", "1.3"):
                head, _, done = curl(server, "/healthz", files[0], "--tls-max", version,
                                     f"--tlsv{version}")
                expect("200 OK" in head, f"{version}: {head} {done.stderr}")
            _, _, done = curl(server, "/healthz", files[0], "--tlsv1.0", "--tls-max", "1.1",
                              "--ciphers", "DEFAULT@SECLEVEL=0")
            expect(done.returncode == 35, f"{done.returncode} {done.stderr}")
        finally:
            server.stop()


@test
def live():
    """The live page's WebSocket comes over TLS"""
    with folder() as where:
        server = Server(where, tls=certificate(where, "one"))
        try:
            site = Site(server, "House")
            page = Live(server.admin, site.id)
            device = site.device("phone", "Kitchen")
            page.until(lambda e: e["type"] == "device" and e["id"] == device.id)
            page.close()
        finally:
            server.stop()


@test
def reload_certificate():
    """HUP: new connections get the new certificate, old ones live on, a broken file changes nothing"""
    with folder() as where:
        one, two = certificate(where, "one"), certificate(where, "two")
        place = where / "live.pem", where / "live.key"
        install(one, place)
        server = Server(where, tls=place)
        try:
            old = server.admin.connection()
            old.request("GET", "/healthz")
            expect(old.getresponse().read() is not None, "no answer")
            install(two, place)
            server.process.signal(signal.SIGHUP)
            until("the new certificate",
                  lambda: curl(server, "/healthz", two[0])[2].returncode == 0)
            expect(curl(server, "/healthz", one[0])[2].returncode == 60, "the old one is still shown")
            old.auto_open = 0
            old.request("GET", "/healthz")
            expect(old.getresponse().status == 200, "the old connection ended")
            place[1].write_text("no key\n")
            server.process.signal(signal.SIGHUP)
            server.process.until_output("tls_kept")
            expect(f"tls_key {place[1]}: no key in PEM" in server.process.output(),
                   server.process.tail())
            expect(curl(server, "/healthz", two[0])[2].returncode == 0, "the server lost its certificate")
        finally:
            server.stop()


@test
def bad_peers():
    """Plain HTTP, silent peers and peers that leave do not disturb anybody else"""
    with folder() as where:
        files = certificate(where, "one")
        server = Server(where, tls=files)
        try:
            _, _, done = curl(server, "/healthz", base=f"http://127.0.0.1:{server.http}")
            expect(done.returncode != 0 and "HTTP/" not in done.stdout, done.stdout)
            silent = [socket.create_connection(("127.0.0.1", server.http)) for _ in range(SILENT)]
            for i, s in enumerate(silent):
                s.sendall(b"\x16\x03\x01\x02\x00\x01"[:i % 7])
            head, _, done = curl(server, "/healthz", files[0])
            expect("200 OK" in head, done.stderr)
            for s in silent:
                s.close()
            curl(server, "/", files[0], "--max-time", "0.001")
            expect("200 OK" in curl(server, "/healthz", files[0])[0], "no answer any more")
        finally:
            server.stop()


def refused(where, text, *options):
    program = os.environ.get("VESTIBULED", TOP / "build/src/vestibuled")
    portal = where / "portal"
    portal.mkdir(exist_ok=True)
    (portal / "index.html").write_text("<!doctype html>")
    with Process("vestibuled", [program, "--data", where / "data", "--http", "127.0.0.1:0", "--sip",
                                f"127.0.0.1:{free_port()}", "--portal", portal, *options],
                 where) as server:
        expect(server.wait() == 1, f"ended with {server.popen.returncode}")
        expect(text in server.output(), server.output())


@test
def wrong_files():
    """A missing, foreign or half-named certificate is refused at the start, with file and reason"""
    with folder() as where:
        one, two = certificate(where, "one"), certificate(where, "two")
        refused(where, "tls_certificate and tls_key go together: tls_key is missing",
                "--tls-certificate", one[0])
        refused(where, f"tls_certificate {where}/none.pem: No such file or directory",
                "--tls-certificate", where / "none.pem", "--tls-key", one[1])
        refused(where, f"tls_key {two[1]} does not belong to the certificate in {one[0]}",
                "--tls-certificate", one[0], "--tls-key", two[1])


lib.main()
