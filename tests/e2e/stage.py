#!/usr/bin/env python3
"""The programs behind a browser test, real ones, on free loopback ports.

Starts the demo building with its server, its simulated door and baresip as the phone of the first
apartment, and beside it a server with nothing but its first-administrator link. Then prints one
line of JSON that says where everything is, and obeys lines of JSON until the end of its input:
{"do": NAME, ...} is answered by {} or {"failed": TEXT}.
"""
import contextlib
import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
WIRE = HERE.parent / "wire"
sys.path.insert(0, str(WIRE))
from lib import TOP, Failed, Process, expect, folder, free_port # noqa: E402
from phone import Baresip # noqa: E402
from ua import Ua # noqa: E402

BUILD = Path(os.environ.get("VESTIBULE_BUILD", TOP / "build"))
READY_S = 60
DATABASE = "vestibule.db"


class Server:
    def __init__(self, where, name):
        self.where, self.name, self.starts = where, name, 0
        self.data = where / name
        self.data.mkdir(mode=0o700)
        self.http, self.sip, self.media = free_port(), free_port(), free_port(100)
        self.base = f"http://127.0.0.1:{self.http}"
        self.options = ()

    def ctl(self, *words):
        done = subprocess.run([BUILD / "ctl/vestibulectl", "--data", self.data, *words],
                              capture_output=True, text=True, check=False)
        expect(done.returncode == 0, f"vestibulectl {words[0]}: {done.stderr}")

    def start(self):
        self.starts += 1
        self.process = Process(f"{self.name}-{self.starts}", [
            BUILD / "src/vestibuled", "--data", self.data, "--http", f"127.0.0.1:{self.http}",
            "--sip", f"127.0.0.1:{self.sip}", "--portal", TOP / "web/dist", "--drain-s", "0",
            "--media-ports", f"{self.media}-{self.media + 99}", *self.options], self.where)
        self.process.until_output("ready http", READY_S)
        return self

    def stop(self):
        self.process.stop()


class Stage(contextlib.ExitStack):
    def __init__(self, where):
        super().__init__()
        self.where, self.others = where, {}
        self.demo = Server(where, "demo")
        self.empty = Server(where, "empty")
        self.door_http, self.door_media = free_port(), free_port(40)
        self.demo.ctl("migrate")
        self.demo.ctl("demo", self.demo.base, f"127.0.0.1:{self.demo.sip}",
                      f"http://127.0.0.1:{self.door_http}")
        self.plan = json.loads((self.demo.data / "demo.json").read_text())
        with contextlib.closing(sqlite3.connect(self.demo.data / DATABASE)) as db, db:
            db.execute("PRAGMA foreign_keys = ON") # tests make apps of phones, as they need them
            db.execute("DELETE FROM device WHERE app = 1")

    def start(self):
        """What has started stops with the stage, also when the rest does not start."""
        for server in (self.demo, self.empty):
            server.start()
            self.callback(server.stop)
        door = self.plan["door"]
        self.enter_context(Process("door", [
            BUILD / "sim/vestibule-door", "--sip-server", f"127.0.0.1:{self.demo.sip}",
            "--user", door["sip_user"], "--dial", door["dial"], "--unlock-code",
            door["unlock_code"], "--name", door["name"], "--http", f"127.0.0.1:{self.door_http}", "--media-ports",
            f"{self.door_media}-{self.door_media + 38}"], self.where,
            {"VESTIBULE_DOOR_PASSWORD": door["sip_password"]}))
        account = self.plan["phones"][0]
        self.phone = self.enter_context(Baresip(self.where, self.demo.sip, account["sip_user"],
                                                account["sip_password"]))
        self.phone.until_output("[1 binding]")

    def say(self):
        link = re.search(r"first administrator (\S+)", self.empty.process.output())
        return {"demo": self.plan, "setup": link[1], "empty": self.empty.base}

    def rings(self):
        self.phone.until_event("CALL_INCOMING")

    def accept(self):
        self.phone.do("accept")
        self.phone.until_event("CALL_ESTABLISHED")

    def keys(self, text):
        self.phone.do("sndcode", text)

    def hang_up(self):
        self.phone.do("hangup")
        self.phone.until_event("CALL_CLOSED")

    def hung_up(self):
        """By the other side."""
        self.phone.until_event("CALL_CLOSED")

    def register(self, user, password):
        """Another phone, at the empty server, with the account that a page has shown."""
        self.others[user] = Ua(self.empty.sip, user, password)
        self.callback(self.others[user].close)
        self.others[user].register()

    def unregister(self, user):
        self.others[user].register(expires=0)

    def fill(self, sites, people):
        """Sites for the empty server's company, people for the demo's site: more than a page of either."""
        with contextlib.closing(sqlite3.connect(self.empty.data / DATABASE)) as db, db:
            db.executemany(
                "INSERT INTO site (company_id, name, type, zone, language, created_at)"
                " SELECT MIN(id), ?, 'residential', 'UTC', 'en', 1 FROM company",
                [(f"Tower {n:04}",) for n in range(sites)])
        with contextlib.closing(sqlite3.connect(self.demo.data / DATABASE)) as db, db:
            db.executemany("INSERT INTO person (email, name, language, created_at)"
                           " VALUES (?, ?, 'en', 1)",
                           [(f"resident{n}@example.com", f"Étienne {n:04}") for n in range(people)])
            db.execute("INSERT INTO member (site_id, person_id, sort, created_at)"
                       " SELECT site.id, person.id, lower(person.name), 1 FROM site, person"
                       " WHERE person.name LIKE 'Étienne %'")

    def app(self, device, email):
        """A phone of the demo's site is an app that the person holds; without one, a phone again."""
        with contextlib.closing(sqlite3.connect(self.demo.data / DATABASE)) as db, db:
            db.execute("UPDATE device SET app = ?, person_id = (SELECT id FROM person"
                       " WHERE email = ?) WHERE name = ?", (email is not None, email, device))

    def bells(self, soon, late, never):
        """Bells of days before yesterday, as many as that which a phone heard so soon."""
        rings = [400] * soon + [4100] * late + [None] * never
        with contextlib.closing(sqlite3.connect(self.demo.data / DATABASE)) as db, db:
            (site, door), = db.execute("SELECT site_id, number FROM device WHERE name = 'Front door'")
            at = int(time.time() * 1000) - 48 * 3600 * 1000
            for n, ring in enumerate(rings):
                start = at - n * 3600 * 1000
                db.execute("INSERT INTO call (site_id, id, started_at, from_device, from_name, bell,"
                           " ended_at, state, result, rang_at, late)"
                           " VALUES (?, ?, ?, ?, 'Front door', 1, ?, 'ended', 'missed', ?, ?)",
                           (site, n + 1, start, door, start + 45000, ring and start + ring,
                            ring is None or ring >= 3000))

    def scan(self, messages):
        """Somebody throws what is no SIP at the demo's server."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            for _ in range(messages):
                s.sendto(b"let me in\r\n\r\n", ("127.0.0.1", self.demo.sip))

    def mail_server(self):
        """The empty server gets one, which knows nobody whose name is `gone`."""
        port = free_port()
        # Debian's python, which has aiosmtpd; -P, for the folder's names are also those of libraries.
        self.enter_context(Process("smtp", [
            "/usr/bin/python3", "-P", WIRE / "smtp_server.py", port, self.where / "mails.jsonl",
            "plain"], self.where)).until_output("ready", READY_S)
        self.empty.stop()
        self.empty.options = ("--smtp-url", f"smtp://127.0.0.1:{port}", "--smtp-tls", "off",
                              "--mail-from", "Maple <door@example.com>")
        self.empty.start()

    def server_stop(self):
        self.demo.stop()

    def server_start(self):
        self.demo.start()


DEEDS = ("rings", "accept", "keys", "hang_up", "hung_up", "register", "unregister", "fill", "app",
         "bells", "scan",
         "mail_server", "server_stop", "server_start")


def obey(stage, line):
    order = json.loads(line)
    deed = order.pop("do")
    if deed not in DEEDS:
        return {"failed": f"there is no {deed}"}
    try:
        getattr(stage, deed)(**order)
        return {}
    except Failed as e:
        return {"failed": str(e)}


def main():
    with folder() as where, Stage(where) as stage:
        stage.start()
        print(json.dumps(stage.say()), flush=True)
        for line in sys.stdin:
            print(json.dumps(obey(stage, line)), flush=True)


main()
