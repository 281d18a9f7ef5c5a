#!/usr/bin/env python3
"""The server is killed, stopped and hung up in the middle of its work, and so is its database.

On SQLite, and on the PostgreSQL that tests/unit/pg-run starts around it (VESTIBULE_TEST_DB)."""
import contextlib
import http.client
import json
import os
import signal
import subprocess
import threading
import time

import lib
import load
import ua
from lib import Failed, expect, test, until
from server import Building, Server, Site
from web import Client, Live

SITES, DOORS = 2, 6
TALK_MS = 1500
DB = os.environ.get("VESTIBULE_TEST_DB")
DRAIN_S = 60
IMPORT_ROWS, KILLS = 15000, 2
READS = 40 # that come to each worker


class Witness:
    """Reads a site's live page and the history that it points to, until the server is gone. What
    it has read was acknowledged: the newest record of each call that it saw."""

    def __init__(self, server, site):
        # A client of its own: cookies are shared, the connection is not.
        self.client, self.site, self.calls = Client(server.base), site, {}
        self.client.cookies = dict(server.admin.cookies)
        self.live = Live(self.client, site.id)
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        with contextlib.suppress(Failed, OSError, http.client.HTTPException, ValueError):
            while True:
                event = self.live.next(120)
                if event["type"] == "call":
                    record = self.client.get(f"/sites/{self.site.id}/calls/{event['id']}")
                    self.calls[record["id"]] = record

    def states(self):
        return [c["state"] for c in list(self.calls.values())]

    def end(self):
        self.thread.join(30 * lib.SLOW)
        self.live.close()
        expect(not self.thread.is_alive(), "the witness still reads")


class House(Building):
    """A building whose door and phones are played here."""

    def __init__(self, server, tcp=False):
        super().__init__(server, f"House {time.monotonic_ns()}")
        self.d, self.l, self.r = (x.ua(tcp=tcp) for x in (self.door, self.left, self.right))
        self.phones = (self.d, self.l, self.r)

    def until_stored(self):
        """Their bindings are in the store, where the next server finds them."""
        until("the bindings to be stored", lambda: all(
            x.record()["online"] for x in (self.door, self.left, self.right)))

    def talk(self):
        call = self.d.dial(1)
        left, right = self.l.rings(), self.r.rings()
        self.l.answer(left)
        self.d.answered(call)
        self.r.cancelled(right)
        self.exchange()
        return call, left

    def exchange(self):
        self.d.audio.exchange(self.l.audio, "door to phone")
        self.l.audio.exchange(self.d.audio, "phone to door")

    def close(self):
        for phone in self.phones:
            phone.close()


class Crash:
    def __init__(self, where, server):
        self.where, self.server = where, server
        self.estate = load.Estate(server, SITES, DOORS)
        ports = lib.free_port(4)
        self.answer_port, self.ring_port = ports, ports + 2

    def register(self):
        load.register(self.where, self.server, self.estate.answers, port=self.answer_port)
        load.register(self.where, self.server, self.estate.rings, port=self.ring_port)

    def phones(self):
        return load.phones(self.where, self.server, answer_port=self.answer_port,
                           ring_port=self.ring_port)

    def doors(self, count, rate, talk_ms):
        return load.doors(self.where, self.server, self.estate.doors, count, rate=rate,
                          talk_ms=talk_ms)

    def restart(self, *more):
        self.server.options = OPTIONS + more
        self.server.start()


@test
def killed_in_load(crash):
    """killed with -9 in the middle of load: what was acknowledged is there, nothing rings for ever"""
    server, estate = crash.server, crash.estate
    crash.register()
    witnesses = [Witness(server, site) for site in estate.sites]
    sipp = crash.phones()
    # More than it gets to: twelve doors, eight calls begin in a second.
    sipp.append(crash.doors(2000, 8, TALK_MS))
    seen = lambda state: sum(w.states().count(state) for w in witnesses)
    try:
        until("calls of all kinds", lambda: seen("ended") >= 40 and seen("talking") >= 3
              and seen("ringing") + seen("talking") >= 5, 90)
        server.kill()
    finally:
        for process in sipp:
            process.kill()
    for witness in witnesses:
        witness.end()
    crash.restart()
    for witness in witnesses:
        after = {c["id"]: c for c in witness.site.calls()}
        lost = witness.calls.keys() - after.keys()
        expect(not lost, f"{len(lost)} of {len(witness.calls)} acknowledged calls are lost")
        for call in after.values():
            expect(call["state"] == "ended" and call["ended_at"], f"left open: {call}")
            expect(call["result"] == ("failed" if call["answered_at"] is None else "answered"),
                   f"result: {call}")
        for call_id, was in witness.calls.items():
            for key in ("from_device", "started_at", "answered_at", "answered_by", "ended_at",
                        "result"):
                expect(was[key] in (None, after[call_id][key]),
                       f"{key} was {was[key]}, is {after[call_id][key]}")
    expect("calls_lost" in server.process.output(), "no call was open")
    server.until_metric("calls", lambda n: n == 0)


@test
def phones_come_back(crash):
    """after the kill a phone is called before it registers again; all register again, calls work"""
    server = crash.server
    house = House(server)
    house.until_stored()
    before = house.talk()
    until("the call's answer to be stored", lambda: [c["state"] for c in house.site.calls()]
          == ["talking"])
    server.kill()
    crash.restart()
    answer = house.d.inside(before[0], "BYE")
    expect(answer.code == 481, f"the old call's BYE: {answer}")
    call, left = house.talk()
    house.l.bye(left)
    house.d.until_bye(call)
    for phone in house.phones:
        phone.register()
    call, left = house.talk()
    house.d.bye(call)
    house.l.until_bye(left)
    until("three calls in the history", lambda: [c["result"] for c in house.site.calls()
                                                 if c["ended_at"]] == ["answered"] * 3)
    house.close()
    crash.register()
    sipp = crash.phones()
    try:
        crash.doors(24, 8, 200).check(60)
    finally:
        for process in sipp:
            process.stop()


def upload(client, site, lines):
    """The answer to a CSV file of people."""
    text = "Floor,Apartment number,First name,Surname,E-mail\n" + "".join(lines)
    connection = client.connection()
    try:
        connection.request("POST", f"/api/v1/sites/{site.id}/imports?name=people.csv", text.encode(),
                           {"Content-Type": "text/csv", "Cookie": client.cookie()})
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    expect(answer.status == 201, f"the upload: {answer.status} {body!r}")
    return json.loads(body)


@test
def import_is_whole(crash):
    """killed with -9 while it imports: nobody is there before all are; the next start goes on"""
    server, client = crash.server, crash.server.admin
    site = Site(server, f"Import {time.monotonic_ns()}")
    path = f"/sites/{site.id}/imports/" + upload(client, site, (
        f"{i // 100},{i},Ann,No{i},ann{i}@example.com\n" for i in range(IMPORT_ROWS)))["id"]
    people = lambda: len(client.get(f"/sites/{site.id}/users?limit=1")["items"])
    homes = lambda: len(client.get(f"/sites/{site.id}/apartments?limit=1")["items"])
    client.post(path + "/start", {"good_rows_only": False, "invite": False})
    for _ in range(KILLS):
        def half_way():
            expect(people() == homes() == 0, "a part of the file is there")
            one = client.get(path)
            expect(one["state"] in ("waiting", "running"), f"too quick to be killed: {one}")
            return one["state"] == "running" and 0 < one["done"] < IMPORT_ROWS
        until("the import's progress", half_way, 60)
        server.kill()
        crash.restart()
    seen = lambda: (people(), homes(), client.get(path)["state"])
    def done():
        there = seen()
        expect(there[:2] in ((0, 0), (0, 1), (1, 1)) and (there[2] == "done" or not any(there[:2])),
               f"people, homes, state: {there}")
        return there == (1, 1, "done")
    until("the import's end", done, 120)
    one = client.get(path)
    expect((one["create"], one["done"], one["fault"]) == (IMPORT_ROWS, IMPORT_ROWS, 0), one)
    expect(len(client.all(f"/sites/{site.id}/users?limit=200")) == IMPORT_ROWS, "people")
    expect(len(client.all(f"/sites/{site.id}/apartments?limit=200")) == IMPORT_ROWS, "apartments")


@test
def term_drains(crash):
    """TERM lets a call go on, refuses new ones with 503, and ends with the last call"""
    server = crash.server
    house = House(server)
    call, left = house.talk()
    os.kill(server.process.pid, signal.SIGTERM)
    server.process.until_output("stopping calls=1")
    for phone, number in ((house.r, house.door.id), (house.d, "1")):
        new = phone.dial(number)
        answer = phone.ended(new, code=503)
        expect(int(answer.get("Retry-After")) > 0, "503 without Retry-After")
    house.r.register()
    house.exchange()
    answer = house.l.inside(left, "INFO", "Signal=1\r\nDuration=160\r\n")
    expect(answer.code == 200, f"INFO: {answer}")
    expect(server.admin.get("/session"), "the API is silent")
    expect(server.running(), "it did not wait for the call")
    house.l.bye(left)
    house.d.until_bye(call)
    expect(server.process.wait(DRAIN_S / 2) == 0, "the exit status")
    crash.restart("--drain-s", "2")
    expect([c["result"] for c in house.site.calls()] == ["answered"], "the history")
    house.close()


@test
def term_ends_drain(crash):
    """TERM hangs up when the named time is over, not before, over UDP and TCP"""
    server = crash.server # with --drain-s 2
    houses = [House(server), House(server, tcp=True)]
    calls = [house.talk() for house in houses]
    begun = time.monotonic()
    os.kill(server.process.pid, signal.SIGTERM)
    for house, (call, left) in zip(houses, calls):
        house.d.until_bye(call)
        house.l.until_bye(left)
    expect(server.process.wait(20) == 0, "the exit status")
    expect(time.monotonic() - begun >= 2, "it did not wait")
    crash.restart()
    for house in houses:
        last = house.site.calls()[0]
        expect(last["result"] == "answered" and last["ended_at"], f"the history: {last}")
        house.close()


@test
def hup_reopens_log(crash):
    """HUP goes on with a fresh log when the old one was renamed"""
    server = crash.server
    log, old = crash.where / "server.log", crash.where / "server.log.1"
    server.stop()
    crash.restart("--log-file", log)
    house = House(server)
    first, left = house.talk()
    expect("call_started" in log.read_text(), "nothing in the log")
    log.rename(old)
    os.kill(server.process.pid, signal.SIGHUP)
    until("a fresh log", lambda: log.exists() and "log_reopened" in log.read_text())
    size = old.stat().st_size
    house.d.bye(first)
    house.l.until_bye(left)
    until("the call's end in the fresh log", lambda: "call_ended" in log.read_text())
    expect(old.stat().st_size == size, "the old log still grows")
    house.close()
    server.stop()
    crash.restart()


def pg_ctl(*words):
    subprocess.run([*os.environ["VESTIBULE_TEST_PG_CTL"].split(), *words], cwd="/", check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, timeout=120)


@test
def database_restarts(crash):
    """the database is killed twice and away for a while: calls go on, their history follows"""
    if not DB:
        raise lib.Skipped("SQLite has no server that could restart")
    server, estate = crash.server, crash.estate
    crash.register()
    server.until_metric("journal_waiting", lambda n: n == 0)
    known = {c["id"] for c in estate.calls()}
    started = lambda: server.metrics()["vestibule_calls_total"]
    begun = started()
    sipp = crash.phones()
    try:
        doors = crash.doors(120, 8, 200)
        until("the first calls", lambda: started() >= begun + 20, 30)
        pg_ctl("-m", "immediate", "restart")
        until("more calls", lambda: started() >= begun + 50, 30)
        pg_ctl("-m", "immediate", "stop")
        until("calls without a database", lambda: started() >= begun + 80, 30)
        expect(server.metrics()["vestibule_journal_waiting"] > 0, "nothing waits to be written")
        pg_ctl("start")
        doors.check(120)
    finally:
        for process in sipp:
            process.stop()
    server.until_metric("journal_waiting", lambda n: n == 0, 30)
    pg_ctl("-m", "immediate", "restart")
    for _ in range(READS): # each worker's connection is gone, and none of them fails a request
        expect(server.admin.get("/session"), "the API is silent")
    calls = [c for c in estate.calls() if c["id"] not in known]
    expect(len(calls) == 120, f"{len(calls)} calls in the history")
    expect(all(c["result"] == "answered" and c["ended_at"] for c in calls), "results")
    expect(server.metrics()["vestibule_journal_lost_total"] == 0, "records were lost")
    house = House(server) # the directory follows again
    call, left = house.talk()
    house.d.bye(call)
    house.l.until_bye(left)
    house.close()


@test
def stops_cleanly(crash):
    """the server ends cleanly on TERM, and has lost nothing"""
    crash.server.until_nothing_left()
    crash.server.stop()


OPTIONS = ("--ring-s", "30", "--drain-s", str(DRAIN_S), *(("--db", DB) if DB else ()))

if __name__ == "__main__":
    with lib.folder() as where:
        server = Server(where, *OPTIONS, media_ports=2000)
        try:
            lib.main(Crash(where, server))
        finally:
            server.process.stop()
