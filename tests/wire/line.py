#!/usr/bin/env python3
"""Phones outside: SIPp is the provider, which asks for credentials."""
import contextlib

import lib
from lib import TOP, Sipp, expect, test, until
from server import Building, Server

NUMBER, CALLER = "+33123456789", "+33100000000"
PROVIDER = TOP / "tests/wire/sipp/provider.xml"
KEY = """<send retrans="500"><![CDATA[
INFO [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:%s@[remote_ip]>;tag=[pid]b[call_number]
To: [$from]
Call-ID: [call_id]
CSeq: %d INFO
Max-Forwards: 70
Content-Type: application/dtmf-relay
Content-Length: [len]

Signal=%s
Duration=160
]]></send>
<recv response="200"/>
"""


def keys(text):
    return "".join(KEY % (NUMBER, 10 + i, key) for i, key in enumerate(text))


class Office(Building):
    """The door's first button rings a phone that is off, and `after_s` later the guard outside."""

    def __init__(self, server, name, after_s=0):
        super().__init__(server, name)
        self.path = f"/sites/{self.site.id}"
        self.guard = server.admin.post(f"{self.path}/devices", {
            "kind": "line", "name": "Guard", "line": NUMBER})["id"]
        server.made += 1
        self.set_buttons(after_s)
        server.until_known()

    def set_buttons(self, after_s):
        self.server.admin.put(f"{self.path}/devices/{self.door.id}/buttons", {"items": [
            {"button": 1, "label": "", "destinations": [
                {"device": self.left.id, "after_s": 0},
                {"device": self.guard, "after_s": after_s}]}]})

    def set_line(self, port, host, password="hush"):
        self.server.admin.put(f"{self.path}/line", {
            "host": host, "port": port, "username": "trunk", "password": password,
            "caller": CALLER})
        # what comes behind it in the feed is known: so is the line
        self.site.device("phone", f"Phone {port}")
        self.server.until_known()

    def provider(self, where, text="", password="hush", host="127.0.0.1"):
        sipp = Sipp(where, "provider", PROVIDER, self.server.sip, calls=1, trace=True, words={
            "HOST": host, "USER": "trunk", "PASSWORD": password, "TO": NUMBER, "CALLER": CALLER,
            "KEYS": keys(text)}).until_listening()
        self.set_line(sipp.port, host)
        return sipp

    @contextlib.contextmanager
    def ring(self, dialled=1):
        """The door and its dialog."""
        door = self.door.ua()
        try:
            yield door, door.dial(dialled)
        finally:
            with contextlib.suppress(lib.Failed):
                door.register(expires=0)
            door.close()


@test
def guard_opens(where, server):
    """a phone that is off is passed over, the guard outside answers at once and opens the door"""
    office = Office(server, "Opens", after_s=20)
    known = len(office.site.calls())
    provider = office.provider(where, "1234*")
    with office.ring() as (door, call):
        door.answered(call)
        opened = until("the opening", lambda: [
            one for call in office.site.calls() for one in call["opened"]])
        expect(opened[0]["by_name"] == "Guard", f"{opened[0]['by_name']} opened")
        door.bye(call)
        provider.check()
    record = office.site.ended_call(known)
    expect(record["result"] == "answered", f"the history says {record['result']}")


@test
def wrong_password(where, server):
    """with a wrong password the provider, found by its name, refuses, and is not asked for ever"""
    office = Office(server, "Wrong")
    known = len(office.site.calls())
    provider = office.provider(where, password="other", host="localhost")
    with office.ring() as (door, call):
        door.ended(call, code=480)
        provider.check()
    expect(office.site.ended_call(known)["result"] == "failed", "the call did not fail")


@test
def nobody_dials_out(where, server):
    """a door cannot dial the guard's number or the device: only its buttons ring outside"""
    office = Office(server, "Dials")
    for dialled, code in ((office.guard, 404), (NUMBER.lstrip("+"), 484)):
        with office.ring(dialled) as (door, call):
            door.ended(call, code=code)
    expect(not office.site.calls(), "there was a call")


if __name__ == "__main__":
    with lib.folder() as folder:
        vestibule = Server(folder)
        try:
            lib.main(folder, vestibule)
        finally:
            vestibule.process.stop()
