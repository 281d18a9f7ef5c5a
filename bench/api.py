#!/usr/bin/env python3
"""Requests per CPU second of the portal's commonest page, beside the same calls in Node.

    bench/api.py [--server PROGRAM] [--rounds 3] [--seconds 2]

A site of 500 flats, 1,000 devices (half of them registered) and 10,000 calls is written into
vestibuled's database and copied for the peer: bench/api/server.mjs, fastify and better-sqlite3.
What the two answer must be the same, byte for byte, before anything is measured. wrk then asks them
in turn, over connections that stay open, call by call and for the whole page; CPU is user plus
system of all threads of the server. What is printed last is ours divided by Node's, round by round,
so that a busy machine touches both alike. The peer needs Node 20 or newer; npm fetches its packages
into bench/api/node_modules.
"""
import argparse
import hashlib
import json
import os
import re
import shutil
import sqlite3
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "wire"))
import lib # noqa: E402 (the path comes first)
from server import Server, Site # noqa: E402
from sip import spread, table # noqa: E402
from web import Client # noqa: E402

FLATS, DEVICES, CALLS = 500, 1000, 10000
CONNECTIONS = 8
NODE_MIN = 20
HOUR_MS = 3600 * 1000


def fill(path, site):
    """The site's flats, devices and history; the same whenever it is made."""
    db = sqlite3.connect(path)
    now = int(time.time() * 1000)
    sealed, = db.execute("SELECT password_sealed FROM device").fetchone()
    db.executemany("INSERT INTO apartment (id, site_id, floor, number, name, created_at)"
                   " VALUES (?, ?, ?, ?, ?, 0)",
                   ((i, site, str(i // 10), str(i), f"Résidence Kříž {i}")
                    for i in range(1, FLATS + 1)))
    numbers = [2000000000 + i for i in range(DEVICES)]
    db.executemany("INSERT INTO device (number, site_id, kind, name, apartment_id, unlock_code,"
                   " password_sealed, ha1_md5, ha1_sha256, created_at, registered_at)"
                   " VALUES (?, ?, ?, ?, ?, ?, ?, '', '', 0, ?)",
                   ((n, site, "intercom" if i % 50 == 0 else "phone", f"Device {i:04}",
                     None if i % 50 == 0 else i // 2 + 1, "00*" if i % 50 == 0 else None, sealed,
                     None if i % 10 == 9 else 1) for i, n in enumerate(numbers)))
    db.executemany("INSERT INTO binding (site_id, device, contact, call_id, cseq, q, expires_at,"
                   " transport, address) VALUES (?, ?, ?, ?, 1, 1000, ?, 'udp', ?)",
                   ((site, n, f"sip:{n}@192.0.2.1:5060", f"call-{n}", now + 24 * HOUR_MS,
                     f"192.0.2.{i % 250}:5060") for i, n in enumerate(numbers) if i % 2 == 0))
    db.executemany("INSERT INTO call (site_id, id, started_at, from_device, from_name, button,"
                   " answered_at, ended_at, state, result, answered_by, answered_by_name)"
                   " VALUES (?, ?, ?, ?, ?, 1, ?, ?, 'ended', ?, ?, ?)",
                   (call(site, i, now - (CALLS - i) * 60000) for i in range(1, CALLS + 1)))
    db.executemany("INSERT INTO opening (site_id, id, at, call_id, device, by_device, by_name, how)"
                   " VALUES (?, ?, ?, ?, 2000000000, 2000000001, 'Device 0001', 'dtmf')",
                   ((site, i, now - (CALLS - i) * 60000 + 9000, i)
                    for i in range(1, CALLS + 1) if i % 3 == 0))
    db.commit()
    db.close()


def call(site, i, at):
    """Every second one was answered."""
    door = i % 20 * 50
    who = i % DEVICES
    known = (site, i, at, 2000000000 + door, f"Device {door:04}")
    if i % 2:
        return known + (None, at + 30000, "missed", None, None)
    return known + (at + 5000, at + 20000, "answered", 2000000000 + who, f"Device {who:04}")


class Vestibule(Server):
    """vestibuled with its defaults."""

    def __init__(self, where, program):
        super().__init__(where, "--log-level", "error", program=program)
        site = Site(self, "Pattern")
        site.device("phone", "Pattern") # its sealed password serves for all
        self.stop()
        self.site = int(site.id)
        self.database = where / "data" / "vestibule.db"
        fill(self.database, self.site)


class Node:
    """The peer, on a copy of a database that is not in use."""
    name = "Node"

    def __init__(self, where, vestibule):
        self.where, self.port = where, lib.free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        shutil.copy(vestibule.database, where / "peer.db")
        token = vestibule.admin.cookies["session"]
        db = sqlite3.connect(where / "peer.db")
        db.execute("UPDATE session SET token_hash = ?", (hashlib.sha256(token.encode()).digest(),))
        db.commit()
        db.close()

    def start(self):
        self.process = lib.Process("node", ["node", HERE / "api" / "server.mjs",
                                            self.where / "peer.db", self.port], self.where,
                                   env={"NODE_ENV": "production"})
        self.process.until_output("ready", 60)


def install():
    """npm's packages of the peer; nothing when they are there."""
    version = subprocess.run(["node", "--version"], check=True, capture_output=True, text=True).stdout
    if int(version[1:].partition(".")[0]) < NODE_MIN:
        sys.exit(f"the peer needs Node {NODE_MIN} or newer; this is {version.strip()}")
    if not (HERE / "api" / "node_modules").exists():
        subprocess.run(["npm", "--prefix", HERE / "api", "ci", "--no-audit", "--no-fund",
                        "--loglevel=error"], check=True)


def calls(site):
    return {
        "session": ["/api/v1/session"],
        "site": [f"/api/v1/sites/{site}"],
        "devices": [f"/api/v1/sites/{site}/devices?limit=100"],
        "calls": [f"/api/v1/sites/{site}/calls?limit=100"],
        "apartments": [f"/api/v1/sites/{site}/apartments?limit=100"],
    }


def body(server, cookie, path):
    client = Client(server.base)
    client.cookies = {"session": cookie}
    connection = client.connection()
    connection.request("GET", path, headers={"Cookie": client.cookie()})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    lib.expect(answer.status == 200, f"{server.name}: {path}: {answer.status} {text!r}")
    return text


def compare(servers, cookie, paths):
    """Every path, and of lists the page behind the first, must read the same on both."""
    for path in paths:
        peer, ours = (body(s, cookie, path) for s in servers)
        lib.expect(peer == ours, f"{path}:\n{peer[:500]!r}\n{ours[:500]!r}")
        after = json.loads(ours).get("next")
        lib.expect("limit=" not in path or after, f"{path} has no second page")
        if after and "cursor=" not in path:
            compare(servers, cookie, [f"{path}&cursor={after.replace(' ', '%20')}"])


def load(server, cookie, paths, seconds):
    """Requests per CPU second."""
    before = lib.cpu_seconds(server.process.pid)
    done = subprocess.run(
        ["wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds}s", "--timeout", "30s", "-s",
         HERE / "api" / "calls.lua", server.base, "--", *paths], check=True, capture_output=True,
        text=True, timeout=seconds + 120,
        env=dict(os.environ, BENCH_COOKIE=f"session={cookie}")).stdout
    used = lib.cpu_seconds(server.process.pid) - before
    requests, failed = map(int, re.search(r"requests=(\d+) failed=(\d+)", done).groups())
    lib.expect(requests and not failed, f"{server.name}, {paths}: {done}")
    return requests / used


def report(seen, unit="requests / CPU-s"):
    """`seen`: per call, a list of (peer, ours) of the rounds."""
    rows = [[unit, "Node", "Vestibule", "ratio"]]
    for name, rounds in seen.items():
        rows.append([name, spread([r[0] for r in rounds], 0), spread([r[1] for r in rounds], 0),
                     spread([r[1] / r[0] for r in rounds])])
    table(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", type=Path, default=lib.TOP / "build/src/vestibuled")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=2, help="of load, per call and round")
    o = parser.parse_args()
    install()
    with lib.folder() as where:
        ours = Vestibule(where, o.server)
        servers = [Node(where, ours), ours]
        for server in servers:
            server.start()
        try:
            cookie = ours.admin.cookies["session"]
            todo = calls(ours.site)
            todo["the page"] = [path for paths in todo.values() for path in paths]
            compare(servers, cookie, todo["the page"])
            for server in servers: # as warm as either gets: code compiled, database in memory
                load(server, cookie, todo["the page"], o.seconds)
            seen = {name: [] for name in todo}
            for i in range(o.rounds):
                for name, paths in todo.items():
                    seen[name].append([load(s, cookie, paths, o.seconds) for s in servers])
                print(f"# round {i + 1}: the page {seen['the page'][-1][1]:.0f}, Node"
                      f" {seen['the page'][-1][0]:.0f}", flush=True)
            report(seen)
        finally:
            for server in servers:
                server.process.stop()


if __name__ == "__main__":
    main()
