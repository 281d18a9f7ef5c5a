#!/usr/bin/env python3
"""Sleeping phones: a bell becomes a notice at the push service, is repeated, taken back, opens the
door once, and becomes a missed call; SIP phones are woken through the gateway."""
import contextlib
import json
import sqlite3
import statistics
import time

import lib
from cert import certificate
from gate import Gate
from lib import HERE, Process, expect, folder, free_port, test, until
from server import ADMINISTRATOR, Server, Site
from web import Client, Problem

# Debian's, which has python3-cryptography; -P, for this folder's names are also those of its library.
PYTHON = "/usr/bin/python3", "-P"
ROUNDS = 20 # of the measurement


class PushService:
    def __init__(self, where, certificate=None):
        self.port, self.file = free_port(), where / "pushed.jsonl"
        self.base = f"http{'s' if certificate else ''}://127.0.0.1:{self.port}"
        self.process = Process("push-service", [
            *PYTHON, HERE / "push_service.py", self.port, self.file, *(certificate or ())], where)
        self.process.until_output("ready", 30)
        self.keys = json.loads(self.process.output().partition("ready ")[2].splitlines()[0])

    def all(self):
        lines = self.file.read_text().splitlines() if self.file.exists() else []
        got = [json.loads(line) for line in lines]
        for entry in got:
            expect("error" not in entry, f"{entry}")
        return got

    def since(self, known, n=1, seconds=20.0):
        """At least `n` messages that came after the first `known`."""
        return until(f"{n} messages after {known}",
                     lambda: (got := self.all()[known:]) and len(got) >= n and got, seconds)

    def stop(self):
        self.process.stop()


class House:
    """The front door rings an app that sleeps, the back door a SIP phone besides, and the cellar's
    a SIP phone that sleeps."""

    def __init__(self, server, where, service):
        self.server, self.service, self.site = server, service, Site(server, "House")
        self.app = self.site.device("app", "Kitchen")
        self.phone = self.site.device("phone", "Hall")
        self.sleeper = self.site.device("phone", "Workshop")
        self.doors = doors = {}
        for name, phones in (("Front door", [self.app]), ("Back door", [self.app, self.phone]),
                             ("Cellar door", [self.sleeper])):
            doors[name] = self.site.device("intercom", name, unlock_code="1234*")
            self.site.buttons(doors[name], phones)
        server.until_known()
        self.gates = [Gate(where, server.sip, door, name=f"gate-{i}").registered()
                      for i, door in enumerate(doors.values())]
        self.gate, self.back, self.cellar = self.gates
        self.client = Client(server.base)
        self.client.post("/app/session", {"device": self.app.id, "password": self.app.password})
        self.key = self.client.get("/app/push")["key"]

    def subscribe(self, path):
        self.client.put("/app/push", {
            "endpoint": self.service.base + path, "language": "cs", **self.service.keys})

    def unsubscribe(self, path):
        with contextlib.suppress(Problem): # it may be gone
            self.client.delete(f"/app/push?endpoint={self.service.base}{path}")

    @contextlib.contextmanager
    def subscribed(self, *paths):
        """How many messages there were before."""
        for path in paths:
            self.subscribe(path)
        self.until_status("ready")
        try:
            yield len(self.service.all())
        finally:
            self.hang_up()
            for path in paths:
                self.unsubscribe(path)

    def hang_up(self):
        for gate in self.gates:
            if call := gate.call():
                gate.api("call/hangup", session=call["session"])
            gate.api("switch/ctrl", switch=1, action="off")
        until("the end of the calls", lambda: all(c["ended_at"] for c in self.site.calls()))

    def close(self):
        for gate in self.gates:
            gate.stop()

    def leg(self, call, device):
        """When it was pushed and delivered, as the history has it, and why it ended."""
        with contextlib.closing(sqlite3.connect(self.server.where / "data/vestibule.db", 30)) as db:
            return db.execute("SELECT pushed_at, delivered_at, why FROM call_leg WHERE call_id = ?"
                              " AND device = ?", (int(call), int(device.id))).fetchone()

    def until_status(self, *statuses):
        until(f"the app {statuses}", lambda: self.app.record()["status"] in statuses)


@test
def a_bell_wakes(house):
    """a bell comes to the push service, encrypted for the browser and signed by us"""
    with house.subscribed("/201/a") as known:
        before = time.time() * 1000
        house.gate.press("%1")
        got = house.service.since(known)[0]
        ring, head = got["plain"], got["headers"]
        expect((ring["type"], ring["device"], ring["from"], ring["language"]) ==
               ("ring", house.app.id, "Front door", "cs"), f"{ring}")
        expect(before - 1000 < ring["at"] < ring["until"], f"{ring}")
        expect(len(ring["seen"]) == len(ring["open"]) == 32 and ring["seen"] != ring["open"],
               f"{ring}")
        expect((head["ttl"], head["urgency"]) == ("30", "high"), f"{head}")
        expect(0 < len(head["topic"]) <= 32, f"{head}")
        expect(got["sender"]["key"] == house.key and
               got["sender"]["sub"] == "mailto:door@example.com", f"{got['sender']}")
        expect(house.gate.call(), "the door's call ended while nobody had come yet")


@test
def is_repeated_until_it_is_shown(house):
    """the ring comes again until the phone says that it shows it, which it may do once"""
    with house.subscribed("/201/a", "/201/b") as known:
        house.gate.press("%1")
        first = house.service.since(known, 4)
        token = next(e for e in first if e["path"] == "/201/a")["plain"]["seen"]
        house.client.post("/app/push/seen", {"token": token})
        with contextlib.suppress(Problem):
            house.client.post("/app/push/seen", {"token": token})
            raise lib.Failed("a token was good twice")
        # Those that were on their way may still come; then only the other's.
        later = house.service.since(known + 4, 4)
        expect([e["path"] for e in later[1:]].count("/201/a") == 0, f"{later}")
        ring = first[0]["plain"]
        house.hang_up()
        pushed, delivered, why = until("the leg", lambda: house.leg(ring["call"], house.app))
        expect(ring["at"] <= pushed <= delivered and why == "never_came",
               f"{pushed} {delivered} {why}")


@test
def is_taken_back_when_answered_elsewhere(house):
    """another phone answers: the notice is taken back, and its tokens are good no more"""
    with house.subscribed("/201/a") as known, contextlib.closing(house.phone.ua()) as ua:
        house.back.press("%1")
        ring = house.service.since(known)[0]["plain"]
        dialog = ua.rings()
        ua.answer(dialog)
        cancel = house.service.since(known + 1)[0]
        expect(cancel["plain"]["type"] == "cancel" and cancel["plain"]["call"] == ring["call"] and
               cancel["plain"]["why"] == "answered_elsewhere", f"{cancel}")
        for path in ("/app/open", "/app/push/seen"):
            with contextlib.suppress(Problem):
                house.client.post(path, {"token": ring["open" if "open" in path else "seen"]})
                raise lib.Failed(f"{path} after the end")
        expect(not house.back.is_open(), "the door is open")


@test
def opens_once(house):
    """the token of a notice opens the door, for whoever has it, and once"""
    with house.subscribed("/201/a") as known:
        pressed = int(time.time() * 1000)
        house.gate.press("%1")
        # A repeat of the call before may have been on its way.
        ring = until("the ring", lambda: next((plain for plain in (
            e["plain"] for e in house.service.since(known)) if plain["at"] >= pressed), None))
        stranger = Client(house.server.base)
        with contextlib.suppress(Problem):
            stranger.post("/app/open", {"token": ring["seen"]})
            raise lib.Failed("a token of another kind opened")
        stranger.post("/app/open", {"token": ring["open"]})
        until("the door open", house.gate.is_open)
        try:
            stranger.post("/app/open", {"token": ring["open"]})
            raise lib.Failed("opened twice")
        except Problem as e:
            expect(e.status == 410, f"{e}")


@test
def becomes_a_missed_call(house):
    """the visitor goes: the phone is told of a missed call"""
    with house.subscribed("/201/a") as known:
        house.gate.press("%1")
        ring = house.service.since(known)[0]
        house.hang_up()
        missed = house.service.since(known + 1)[0]
        expect(missed["plain"]["type"] == "missed" and
               missed["plain"]["call"] == ring["plain"]["call"] and
               missed["plain"]["from"] == "Front door", f"{missed}")
        expect(missed["headers"]["topic"] == ring["headers"]["topic"], f"{missed}")


@test
def keeps_quiet(house):
    """an app in its holder's quiet time is not rung, and told of the missed call afterwards, not
    of a test"""
    admin, site = house.server.admin, house.site
    holder = admin.post(f"/sites/{site.id}/users", {
        "name": "Admin", "role": "site_user", "email": ADMINISTRATOR[0]})
    bedroom = site.device("app", "Bedroom", person_id=holder["id"])
    admin.put("/app/push", {"endpoint": house.service.base + "/201/quiet", "language": "cs",
                            **house.service.keys})
    admin.put("/me/quiet", {"items": [{"days": 127, "from_minute": 0, "until_minute": 1440}],
                            "missed_mail": False})
    door = house.doors["Back door"]
    site.buttons(door, [bedroom])
    site.device("phone", "Attic") # what is before it in the feed is known with it
    house.server.until_known()
    known = len(house.service.all())
    admin.post(f"/sites/{site.id}/devices/{door.id}/buttons/1/test", {})
    until("the test", lambda: (call := site.calls()[0])["test"] and call["result"] == "failed")
    site.buttons(door, [house.phone, bedroom])
    site.device("phone", "Loft")
    house.server.until_known()
    with contextlib.closing(house.phone.ua()) as ua:
        house.back.press("%1")
        ua.rings()
        house.hang_up()
        got = house.service.since(known)
        expect([(m["path"], m["plain"]["type"], m["plain"]["from"]) for m in got] ==
               [("/201/quiet", "missed", "Back door")], f"{got}")
        house.back.press("%1")
        ua.answer(ua.rings())
        until("the conversation", lambda: site.calls()[0]["answered_at"])
        house.hang_up()
    site.buttons(door, [house.app, house.phone])
    admin.delete(f"/sites/{site.id}/devices/{bedroom.id}")
    expect(len(house.service.all()) == known + 1, "told of a call that was answered")


@test
def what_is_gone_is_forgotten(house):
    """a subscription that the push service does not know any more ends, and with it the device's
    readiness"""
    with house.subscribed("/410/a") as known:
        house.gate.press("%1")
        house.service.since(known)
        house.until_status("not_registered", "needs_configuration")


@test
def ends_with_the_session(house):
    """signed out, a browser is not woken any more"""
    with house.subscribed("/201/a") as known:
        house.client.delete("/app/session")
        try:
            house.gate.press("%1")
            until("the end of the call", lambda: not house.gate.call())
            expect(len(house.service.all()) == known, "a notice after the end of the session")
        finally:
            house.client.post("/app/session", {"device": house.app.id,
                                               "password": house.app.password})


@test
def a_sip_phone_is_woken(house):
    """a SIP phone with push parameters, whose connection is gone, is woken and joins the ring"""
    known = len(house.service.all())
    ua = house.sleeper.ua(registered=False, tcp=True)
    contact = f"<{ua.contact};pn-provider=apns;pn-prid=abc;pn-param=team.app>"
    said = ua.register(contact=contact)
    expect(said.get("Feature-Caps") == '*;+sip.pns="apns"', f"{said}")
    ua.close()
    def rung():
        """The calls hear of the registration a moment later: until then the bell finds nobody."""
        if not house.cellar.call():
            house.cellar.press("%1")
        return len(house.service.all()) > known
    until("the gateway", rung)
    got = house.service.all()[known]
    expect(got["path"] == "/200/gateway" and got["headers"]["authorization"] == "Bearer word",
           f"{got}")
    expect((got["plain"]["type"], got["plain"]["provider"], got["plain"]["prid"],
            got["plain"]["param"], got["plain"]["device"]) ==
           ("ring", "apns", "abc", "team.app", house.sleeper.id), f"{got}")
    ua = house.sleeper.ua(registered=False, tcp=True)
    ua.register(contact=f"<{ua.contact};pn-provider=apns;pn-prid=abc;pn-param=team.app>")
    ua.answer(ua.rings())
    until("the conversation", lambda: house.site.calls()[0]["answered_at"])
    house.hang_up()
    ua.register(expires=0)
    ua.close()


@test
def how_soon(house):
    """from bell to push service: how long that takes"""
    delays = []
    with house.subscribed("/201/a"):
        for _ in range(ROUNDS):
            known = len(house.service.all())
            house.gate.press("%1")
            got = next(e for e in house.service.since(known) if e["plain"]["type"] == "ring")
            delays.append(got["at"] - got["plain"]["at"])
            house.hang_up()
            house.service.since(known + 1) # the missed call
    print(f"# bell to push service: median {statistics.median(delays):.1f} ms,"
          f" most {max(delays):.1f} ms of {ROUNDS}")


@test
def speaks_https(_):
    """a push service with a certificate of the settings' authority; of any other it is not spoken to"""
    for trusted in (True, False):
        with folder() as where:
            files = certificate(where, "push")
            service = PushService(where, files)
            options = ("--push-ca", files[0]) if trusted else ()
            server = Server(where, "--push-private", "yes", *options, "--ring-s", "30", "--drain-s", "0",
                            "--push-contact", "mailto:door@example.com")
            house = House(server, where, service)
            try:
                with house.subscribed("/201/a"):
                    house.gate.press("%1")
                    if trusted:
                        service.since(0)
                    else:
                        server.until_metric("push_failed_total", lambda n: n > 0)
                        expect(service.all() == [], "sent to a stranger")
            finally:
                house.close()
                server.process.stop()
                service.stop()


if __name__ == "__main__":
    with lib.folder() as the_folder:
        token = the_folder / "gateway-token"
        token.write_text("word\n")
        token.chmod(0o600)
        the_service = PushService(the_folder)
        try:
            the_server = Server(
                the_folder, "--ring-s", "30", "--drain-s", "1", "--push-private", "yes",
                "--push-contact", "mailto:door@example.com",
                "--push-gateway", f"{the_service.base}/200/gateway",
                "--push-gateway-token-file", token)
            try:
                the_house = House(the_server, the_folder, the_service)
                try:
                    lib.main(the_house)
                finally:
                    the_house.close()
            finally:
                the_server.process.stop()
        finally:
            the_service.stop()
