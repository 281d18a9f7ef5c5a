#!/usr/bin/env python3
"""Some hundred devices over several sites: all register, hundreds of calls, nothing is left over."""
import collections

import lib
import load
from lib import expect, test
from server import Server

SITES, DOORS = 5, 13 # with two phones per door: 195 devices
CALLS, GIVEN_UP = 300, 100


class Bulk:
    """The devices, and SIPp's ports under which the phones stay."""

    def __init__(self, where, server):
        self.where, self.server = where, server
        self.estate = load.Estate(server, SITES, DOORS)
        ports = lib.free_port(4)
        self.answer_port, self.ring_port = ports, ports + 2


@test
def all_register(bulk):
    """195 devices register over UDP and TCP, and are online"""
    server, estate = bulk.server, bulk.estate
    load.register(bulk.where, server, estate.answers, port=bulk.answer_port)
    load.register(bulk.where, server, estate.rings, port=bulk.ring_port)
    load.register(bulk.where, server, estate.doors, tcp=True)
    server.until_metric("devices_online", lambda n: n == len(estate.devices()))
    server.until_metric("sip_connections", lambda n: n == 0)
    server.until_metric("journal_waiting", lambda n: n == 0)
    for site in estate.sites:
        devices = server.admin.all(f"/sites/{site.id}/devices")
        expect(len(devices) == 3 * DOORS, f"{len(devices)} devices")
        off = [d["name"] for d in devices if not d["online"]]
        expect(not off, f"not online: {off}")


@test
def all_are_rung(bulk):
    """400 calls over UDP and TCP: the history holds exactly these, with their results"""
    server, estate = bulk.server, bulk.estate
    files = server.files()
    phones = load.phones(bulk.where, server, answer_port=bulk.answer_port,
                         ring_port=bulk.ring_port)
    # Doors that talk and doors that give up are not the same: one has one call at a time.
    half = len(estate.doors) // 2
    talking, giving_up = estate.doors[:half], estate.doors[half:]
    try:
        both = [load.doors(bulk.where, server, talking, CALLS // 2, rate=8, tcp=tcp)
                for tcp in (False, True)]
        both.append(load.doors(bulk.where, server, giving_up, GIVEN_UP, rate=8, button=2))
        for sipp in both:
            sipp.check(180)
        server.until_metric("calls", lambda n: n == 0)
        for sipp in phones:
            expect(sipp.running(), f"SIPp's phones ended:\n{sipp.tail(30)}")
    finally:
        for sipp in phones:
            sipp.stop()
    server.until_metric("journal_waiting", lambda n: n == 0)
    calls = estate.calls()
    expect(len({c["id"] for c in calls}) == CALLS + GIVEN_UP, f"{len(calls)} calls")
    expect(collections.Counter(c["result"] for c in calls)
           == {"answered": CALLS, "missed": GIVEN_UP}, "results")
    users = [{d.id for d in some} for some in (talking, giving_up)]
    for call in calls:
        expect(call["state"] == "ended", f"not ended: {call}")
        if call["result"] == "answered":
            expect(call["from_device"] in users[0], f"who called? {call}")
            expect(call["answered_by"] == estate.rings_of[call["from_device"]][0], str(call))
            expect(call["started_at"] <= call["answered_at"] <= call["ended_at"], str(call))
        else:
            expect(call["from_device"] in users[1], f"who called? {call}")
            expect(call["answered_by"] is None and call["answered_at"] is None, str(call))
    by_door = collections.Counter(c["from_device"] for c in calls if c["result"] == "answered")
    # Each of the two SIPp took the doors in turn.
    expect(max(by_door.values()) - min(by_door.values()) <= 2, f"calls by door: {by_door}")
    numbers = server.metrics()
    expect(numbers["vestibule_calls_total"] == CALLS + GIVEN_UP, "calls ever")
    expect(numbers["vestibule_calls_answered_total"] == CALLS, "calls answered ever")
    server.until_nothing_left()
    lib.until("descriptors to be given back", lambda: server.files() <= files)


@test
def stops_cleanly(bulk):
    """the server ends cleanly on TERM"""
    bulk.server.stop()


if __name__ == "__main__":
    with lib.folder() as where:
        server = Server(where, "--ring-s", "30", "--drain-s", "1", media_ports=2000)
        try:
            lib.main(Bulk(where, server))
        finally:
            server.process.stop()
