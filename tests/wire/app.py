#!/usr/bin/env python3
"""The app's connection: signs in with a device's ID and password, rings when the simulated door
does, declines, opens, and ends with its session. Without media: those are a browser's business."""
import contextlib

import lib
from gate import Gate
from lib import expect, test, until
from server import Server, Site
from web import AppLive, Client, Closed, Problem


class House:
    """A site whose front door rings an app, and whose back door two."""

    def __init__(self, server, where):
        self.server, self.site = server, Site(server, "House")
        self.door = self.site.device("intercom", "Front door", unlock_code="1234*")
        self.kitchen = self.site.device("app", "Kitchen")
        self.hall = self.site.device("app", "Hall")
        back = self.site.device("intercom", "Back door", unlock_code="1234*")
        self.site.buttons(self.door, [self.kitchen])
        self.site.buttons(back, [self.kitchen, self.hall])
        server.until_known()
        self.gate = Gate(where, server.sip, self.door).registered()
        self.back = Gate(where, server.sip, back, name="back").registered()

    def client(self, device):
        client = Client(self.server.base)
        client.post("/app/session", {"device": device.id, "password": device.password})
        return client

    @contextlib.contextmanager
    def pages(self, *devices):
        pages = []
        try:
            for device in devices:
                pages.append(AppLive(self.client(device)))
            yield pages if len(pages) > 1 else pages[0]
        finally:
            for page in pages:
                page.close()
            for gate in (self.gate, self.back):
                if call := gate.call():
                    gate.api("call/hangup", session=call["session"])
                gate.api("switch/ctrl", switch=1, action="off")
            self.until_calls_end()

    def until_calls_end(self):
        until("the end of the calls", lambda: all(c["ended_at"] for c in self.site.calls()))

    def until_online(self, device, online):
        until(f"{device.name} {'online' if online else 'offline'}",
              lambda: device.record()["online"] == online)


@test
def signs_in(house):
    """a device's ID and password sign in, and show where it is and whom it may call"""
    client = house.client(house.kitchen)
    app = client.get("/app")
    expect(app["name"] == "Kitchen" and not app["person"], f"{app}")
    device, = app["devices"]
    expect(device["id"] == house.kitchen.id and device["site_name"] == "House", f"{device}")
    door = next(c for c in device["contacts"] if c["id"] == house.door.id)
    expect((door["name"], door["kind"]) == ("Front door", "intercom"), f"{door}")
    expect(door["switches"][0]["number"] == 1, f"{door}")
    client.delete("/app/session")
    with contextlib.suppress(Problem):
        client.get("/app")
        raise lib.Failed("the session goes on")


@test
def rings_and_declines(house):
    """the bell rings at the app, which declines: the door hears it, and history has it"""
    with house.pages(house.kitchen) as page:
        known = len(house.site.calls())
        house.gate.press("%1")
        ring = page.hears("ring")
        expect(ring["device"] == house.kitchen.id and ring["from"] == {
            "device": house.door.id, "name": "Front door", "kind": "intercom"}, f"{ring}")
        expect(ring["until"] > ring["at"] and ring["token"], f"{ring}")
        expect([s["number"] for s in ring["switches"]] == [1], f"{ring}")
        page.say({"type": "shown", "call": ring["call"]})
        page.say({"type": "decline", "call": ring["call"]})
        ended = page.hears("ended", call=ring["call"])
        expect(ended["why"] == "declined", f"{ended}")
        until("the door's end", lambda: not house.gate.call())
        call = house.site.ended_call(known)
        expect((call["id"], call["result"]) == (ring["call"], "declined"), f"{call}")
        entry = house.client(house.kitchen).get("/app/calls")["items"][0]
        expect((entry["id"], entry["result"], entry["outgoing"]) ==
               (ring["call"], "declined", False), f"{entry}")
        expect(entry["with"] == {"id": house.door.id, "name": "Front door"}, f"{entry}")


@test
def every_page_rings_until_the_caller_goes(house):
    """two pages of one app and another app ring; all hear that the visitor has gone"""
    with house.pages(house.kitchen, house.kitchen, house.hall) as pages:
        house.back.press("%1")
        rings = [page.hears("ring") for page in pages]
        expect(len({r["call"] for r in rings}) == 1, f"{rings}")
        house.back.api("call/hangup", session=house.back.call()["session"])
        for page in pages:
            ended = page.hears("ended", call=rings[0]["call"])
            expect(ended["why"] == "caller_gone", f"{ended}")


@test
def opens_the_door(house):
    """the app opens the door while it rings, by RFC 4733"""
    with house.pages(house.kitchen) as page:
        log = house.gate.api("log/subscribe", duration=60)["id"]
        house.gate.press("%1")
        call = page.hears("ring")["call"]
        page.say({"type": "open", "call": call, "switch": 4})
        expect(page.hears("error", call=call)["code"] == "no_such_switch", "a switch too many")
        page.say({"type": "open", "call": call, "switch": 1})
        until("the door open", house.gate.is_open)
        keys = [e["params"] for e in house.gate.events(log) if e["event"] == "DtmfEntered"]
        house.gate.api("log/unsubscribe", id=log)
        expect([(k["digit"], k["type"]) for k in keys] == [(k, "rtp") for k in "1234*"], f"{keys}")


@test
def says_what_is_wrong(house):
    """what is no message is answered, and the connection stays"""
    with house.pages(house.kitchen) as page:
        page.say(["what"])
        expect(page.hears("error")["code"] == "bad_message", "bad_message")
        page.say({"type": "answer", "call": "1"})
        expect(page.hears("error")["code"] == "no_such_call", "no_such_call")


@test
def is_online_while_connected(house):
    """connected, gone, connected when the server dies: each is told"""
    house.until_online(house.hall, False)
    expect(house.hall.record()["status"] != "registered", f"{house.hall.record()}")
    client = house.client(house.hall)
    page = AppLive(client)
    house.until_online(house.hall, True)
    expect(house.hall.record()["status"] == "registered", f"{house.hall.record()}")
    page.close()
    house.until_online(house.hall, False)
    expect(house.hall.record()["status"] == "not_registered", f"{house.hall.record()}")
    page = AppLive(client)
    house.until_online(house.hall, True)
    house.server.kill()
    page.close()
    house.server.start()
    expect(not house.hall.record()["online"], "online after a crash")
    page = AppLive(client)
    house.until_online(house.hall, True)
    page.close()
    house.gate.registered()
    house.back.registered()


@test
def ends_with_its_session(house):
    """a new password ends what the old one opened, and so does the end of the device"""
    guest = house.site.device("app", "Guest")
    house.server.until_known()
    for end in (lambda: house.server.admin.post(
                    f"/sites/{house.site.id}/devices/{guest.id}/credentials"),
                lambda: house.server.admin.delete(f"/sites/{house.site.id}/devices/{guest.id}")):
        account = house.server.admin.get(f"/sites/{house.site.id}/devices/{guest.id}/credentials")
        guest.password = account["sip_password"]
        page = AppLive(house.client(guest))
        expect(page.devices == [guest.id], f"{page.devices}")
        end()
        try:
            page.until(lambda _: False)
        except Closed as e:
            expect(e.code == 1008, f"{e}")
        page.close()
    house.server.made -= 1


if __name__ == "__main__":
    with lib.folder() as folder:
        the_server = Server(folder, "--ring-s", "30", "--drain-s", "1")
        try:
            the_house = House(the_server, folder)
            try:
                lib.main(the_house)
            finally:
                the_house.gate.stop()
                the_house.back.stop()
        finally:
            the_server.process.stop()
