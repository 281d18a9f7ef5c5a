#!/usr/bin/python3
"""A mail server (Debian's python3-aiosmtpd) that can misbehave. Keeps what it took in a file.

    smtp_server.py PORT FILE MODE [CERTIFICATE KEY]

MODE: plain, starttls, auth (STARTTLS and user "vestibule" with password "s3cret words"), smtps, or
mute, which takes connections and says nothing. A recipient's name says what becomes of its mail:

    gone      550 to RCPT                      spam       554 to the message
    greylist  451 to RCPT, the first time      full       452 to the message, the first time
    stall     no answer to the message, the first time
    die       the server ends before it answers the message, the first time
    hold      takes the message and does not say so, the first time

What happened the first time is remembered in FILE.seen, over restarts.
"""
import asyncio
import json
import os
import pathlib
import socket
import ssl
import sys
import time

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

USER, PASSWORD = b"vestibule", b"s3cret words"


class Handler:
    def __init__(self, path):
        self.path, self.seen = path, path.with_suffix(".seen")

    def first(self, what):
        before = self.seen.read_text().split() if self.seen.exists() else []
        with self.seen.open("a") as f:
            f.write(what + "\n")
        return what not in before

    async def handle_RCPT(self, server, session, envelope, address, options):
        kind = address.partition("@")[0]
        if kind == "gone":
            return f"550-5.1.1 <{address}> is not here\r\n550 5.1.1 try another"
        if kind == "greylist" and self.first(kind):
            return "451 4.7.1 come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        kind = envelope.rcpt_tos[0].partition("@")[0]
        if kind == "spam":
            return "554 5.7.1 this looks like spam"
        if kind == "full" and self.first(kind):
            return "452 4.2.2 the mailbox is full"
        if kind == "stall" and self.first(kind):
            await asyncio.sleep(3600)
        if kind == "die" and self.first(kind):
            os._exit(1)
        record = {"from": envelope.mail_from, "to": envelope.rcpt_tos,
                  "tls": server.transport.get_extra_info("ssl_object") is not None,
                  "user": session.auth_data.decode() if session.auth_data else None,
                  "peer": session.peer[1], "data": envelope.content.decode("ascii")}
        with self.path.open("a") as f:
            f.write(json.dumps(record) + "\n")
        if kind == "hold" and self.first(kind):
            await asyncio.sleep(3600)
        return "250 taken"


def authenticate(server, session, envelope, mechanism, data):
    good = (data.login, data.password) == (USER, PASSWORD)
    # handled: False lets aiosmtpd say 535.
    return AuthResult(success=good, handled=good, auth_data=data.login if good else None)


def mute(port):
    with socket.create_server(("127.0.0.1", port)) as listening:
        print("ready", flush=True)
        taken = []
        while True:
            taken.append(listening.accept())


def main():
    port, path, mode = int(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
    if mode == "mute":
        mute(port)
    more = {}
    if mode in ("starttls", "auth", "smtps"):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(sys.argv[4], sys.argv[5])
        more = {"ssl_context": context} if mode == "smtps" else \
            {"tls_context": context, "require_starttls": True}
    if mode == "auth":
        more |= {"authenticator": authenticate, "auth_required": True}
    Controller(Handler(path), "127.0.0.1", port, **more).start()
    print("ready", flush=True)
    while True:
        time.sleep(3600)


main()
