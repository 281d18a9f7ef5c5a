#!/usr/bin/env python3
"""What the operator does: settings, vestibulectl beside a running server, backup, restore, logs.
Prints TAP.

On SQLite; with the PostgreSQL of tests/unit/pg-run (VESTIBULE_TEST_DB), one test of those that say so."""
import base64
import contextlib
import hashlib
import hmac
import json
import os
import pty
import re
import select
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import time

import lib
from lib import TOP, Process, expect, folder, free_port, test, until
from server import Server, Site
from web import Client, Problem

VESTIBULED = os.environ.get("VESTIBULED", TOP / "build/src/vestibuled")
VESTIBULECTL = os.environ.get("VESTIBULECTL", TOP / "build/ctl/vestibulectl")
PASSWORD = "one two three four"
DB = os.environ.get("VESTIBULE_TEST_DB")


def run(*argv, text=None, **environment):
    """Exit status and all that it said."""
    done = subprocess.run([str(a) for a in argv], input=text, capture_output=True, text=True,
                          timeout=60 * lib.SLOW, env=dict(os.environ, **environment), check=False)
    return done.returncode, done.stdout + done.stderr


def says(want, status, *argv, **more):
    got, said = run(*argv, **more)
    expect(got == status and want in said, f"{argv}: {got}, {said!r} instead of {status}, {want!r}")
    return said


def ctl(where, *argv, **more):
    return says("", 0, VESTIBULECTL, "--data", where / "data", *argv, **more)


def refuses(where, want, *argv):
    says(want, 1, VESTIBULECTL, "--data", where / "data", *argv)


def sealed_device(server):
    site = Site(server, "House")
    return site, site.device("phone", "Kitchen")


@test
def help_of_all():
    """All programs tell their flags, and name one that they do not know"""
    with folder() as where:
        said = says("usage: vestibuled", 0, VESTIBULED, "--help")
        for key in re.findall(r"^#(\w+) =", run(VESTIBULED, "--sample")[1], re.M):
            flag = "--" + key.replace("_", "-") + " "
            expect(flag in said, f"--help has no {flag}")
        said = says("usage: vestibulectl", 0, VESTIBULECTL, "--help")
        expect("administrator EMAIL" in said and "--data" in said, said)
        says("there is no flag --nonsense", 1, VESTIBULED, "--nonsense", "1")
        says("there is no flag --nonsense", 1, VESTIBULECTL, "--nonsense", "1", "check")
        says('there is no command "frob"', 1, VESTIBULECTL, "frob")
        says("usage: vestibulectl backup FILE", 1, VESTIBULECTL, "--data", where, "backup")
        expect(not list(where.iterdir()), "something was made")


@test
def settings():
    """A bad setting is refused with file, line and what is allowed, before anything is made"""
    with folder() as where:
        file, data = where / "v.conf", where / "data"
        for line, want in (("htpp = 127.0.0.1:1", 'there is no option "htpp", only: data http '),
                           ("workers = 0", 'workers is "0", but must be a number from 1 to 64'),
                           ("http = here", 'http is "here", but must be ADDR:PORT or [V6]:PORT'),
                           ("log_format = xml", "may be one of: text json"),
                           ("media_ports = 9-1", "must be LOW-HIGH from 1024 to 65535"),
                           ("trusted_proxies = 10.0.0.1, proxy", "must be addresses between commas"),
                           ("workers", "write key = value")):
            file.write_text(f"# a comment\n\n{line}\n")
            says(f"{file}:3: ", 1, VESTIBULED, "--config", file, "--data", data)
            says(want, 1, VESTIBULED, "--config", file, "--data", data)
        says("VESTIBULE_RING_S: ring_s is", 1, VESTIBULED, "--data", data, VESTIBULE_RING_S="soon")
        expect(not data.exists(), "the data folder was made")


@test
def sample():
    """The sample file with every line in force starts a server"""
    with folder() as where:
        text = run(VESTIBULED, "--sample")[1]
        file = where / "sample.conf"
        file.write_text(re.sub(r"^#(\w+ =)", r"\1", text, flags=re.M))
        expect(not [line for line in file.read_text().splitlines() if line.startswith("#http")], text)
        server = Server(where, "--config", file)
        server.stop()


@test
def administrator():
    """vestibulectl makes an administrator and sets a password while the server runs"""
    with folder() as where:
        server = Server(where)
        try:
            ctl(where, "administrator", "Second@Example.com", "Second", text=PASSWORD + "\n")
            Client(server.base).sign_in("second@example.com", PASSWORD)
            ctl(where, "administrator", "second@example.com", text="another long one\n")
            Client(server.base).sign_in("second@example.com", "another long one")
            try:
                Client(server.base).sign_in("second@example.com", PASSWORD)
                raise lib.Failed("the old password still works")
            except Problem as e:
                expect(e.status in (400, 401), e)
            for text, want in (("short\n", "the password needs 12 to 128 characters"),
                               ("", "no password on standard input")):
                says(want, 1, VESTIBULECTL, "--data", where / "data", "administrator", "x@example.com",
                     text=text)
            says('"ann@x..example" is no e-mail address', 1, VESTIBULECTL, "--data", where / "data",
                 "administrator", "ann@x..example", text=PASSWORD + "\n")
            says("sound", 0, VESTIBULECTL, "check", VESTIBULE_DATA=str(where / "data"))
        finally:
            server.stop()


def totp(secret, at):
    """The code that an app would show at that time (RFC 6238)."""
    mac = hmac.digest(base64.b32decode(secret), struct.pack(">Q", int(at) // 30), hashlib.sha1)
    return str((int.from_bytes(mac[mac[-1] & 15:][:4], "big") & 0x7fffffff) % 10**6).zfill(6)


def mails_to(server, address):
    """Templates of the mails to somebody, newest first."""
    return [m["template"] for m in server.admin.all("/mails") if m["recipient"] == address]


def person_with_account(where, server, options, email):
    """Somebody with a role in the first company and a password, signed in."""
    company = server.admin.all("/companies")[0]["id"]
    made = server.admin.post(f"/companies/{company}/admins", {"name": "Rosa", "email": email})
    ctl(where, *options, "administrator", email, text=PASSWORD + "\n")
    client = Client(server.base)
    client.sign_in(email, PASSWORD)
    return made["id"], company, client


def status_of(function, *arguments):
    try:
        function(*arguments)
    except Problem as e:
        return e.status
    return 200


@test
def persons():
    """A person is handed over, loses the second factor, and is erased; also on PostgreSQL"""
    options = ("--db", DB) if DB else ()
    with folder() as where:
        server = Server(where, *options)
        try:
            person, company, client = person_with_account(where, server, options, "rosa@example.com")
            secret = client.post("/me/totp", {})["secret"]
            client.post("/me/totp/confirm", {"code": totp(secret, time.time()), "password": PASSWORD})
            expect(status_of(Client(server.base).sign_in, "rosa@example.com", PASSWORD) == 401,
                   "the password alone lets in")
            refuses(where, 'there is no person "nobody@example.com"', *options,
                    "reset-second-factor", "nobody@example.com")
            ctl(where, *options, "reset-second-factor", "Rosa@Example.com")
            expect(status_of(client.get, "/session") == 401, "the session goes on")
            expect(mails_to(server, "rosa@example.com")[0] == "two_factor_off", "no mail tells of it")
            entry = server.admin.all(f"/companies/{company}/audit")[0]
            expect((entry["verb"], entry["object"], entry["person_name"], entry["label"])
                   == ("delete", "totp", "vestibulectl", "Rosa"), entry)
            client = Client(server.base)
            client.sign_in("rosa@example.com", PASSWORD)
            refuses(where, "has no second factor", *options, "reset-second-factor", person)

            told = json.loads(ctl(where, *options, "export-person", person))
            expect("rosa@example.com" in json.dumps(told) and PASSWORD not in json.dumps(told), told)
            expect(told == json.loads(ctl(where, *options, "export-person", "ROSA@example.com")),
                   "the number and the address tell different things")
            alias = ctl(where, *options, "erase-person", "rosa@example.com").strip()
            expect(alias == f"Erased person {person}", alias)
            expect(status_of(client.get, "/session") == 401, "the session goes on")
            for name in ("rosa@example.com", person):
                said = run(VESTIBULECTL, "--data", where / "data", *options, "export-person", name)[1]
                expect("Rosa" not in said and "rosa@" not in said.partition("no person")[0], said)
            entry = server.admin.all(f"/companies/{company}/audit")[0]
            expect((entry["verb"], entry["object"], entry["label"]) == ("do", "erase", alias), entry)
            refuses(where, "this is the only administrator of", *options, "erase-person",
                    server.admin.get("/me")["id"])
        finally:
            server.stop()


def at_terminal(where, *lines):
    """What vestibulectl shows on a terminal that types these lines at its questions, and its status."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(VESTIBULECTL, ["vestibulectl", "--data", str(where / "data"), "administrator",
                                "typed@example.com"])
    shown, asked = b"", 0
    while True:
        ready, _, _ = select.select([fd], [], [], 60 * lib.SLOW)
        expect(ready, f"silent after {shown!r}")
        try:
            part = os.read(fd, 4096)
        except OSError: # the other end is closed
            part = b""
        if not part:
            break
        shown += part
        if shown.count(b": ") > asked and asked < len(lines):
            os.write(fd, lines[asked])
            asked += 1
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(fd)
    return shown.decode(), status


@test
def typed_password():
    """On a terminal the password is asked for twice and never shown"""
    with folder() as where:
        run(VESTIBULECTL, "--data", where / "data", "migrate")
        secret = PASSWORD.encode() + b"\n"
        shown, status = at_terminal(where, secret, b"not the same one\n")
        expect(status == 1 and "the two passwords differ" in shown, shown)
        shown, status = at_terminal(where, secret, secret)
        expect(status == 0 and "typed@example.com may sign in" in shown, shown)
        expect(PASSWORD not in shown, "the password was shown")
        shown, status = at_terminal(where, b"\x03")
        expect(status == 128 + signal.SIGINT, f"Ctrl-C: {status} {shown}")


@test
def backup_and_restore():
    """A backup of a running server and its master key are enough to go on elsewhere"""
    with folder() as where:
        server = Server(where)
        site, device = sealed_device(server)
        account = device.password
        copy = where / "copy.db"
        ctl(where, "backup", copy)
        expect(copy.stat().st_mode & 0o777 == 0o600, oct(copy.stat().st_mode))
        says("exists already", 1, VESTIBULECTL, "--data", where / "data", "backup", copy)
        server.stop()
        shutil.move(where / "data", where / "lost")
        (where / "data").mkdir(mode=0o700)
        shutil.copy(copy, where / "data/vestibule.db")
        shutil.copy(where / "lost/master.key", where / "data/master.key")
        says("sound", 0, VESTIBULECTL, "--data", where / "data", "check")
        server.start()
        try:
            path = f"/sites/{site.id}/devices/{device.id}/credentials"
            expect(server.admin.get(path)["sip_password"] == account, "another password")
        finally:
            server.stop()


@test
def lost_key():
    """A database without its master key is not served, and check says so"""
    with folder() as where:
        server = Server(where)
        site, device = sealed_device(server)
        line = {"host": "sip.example.com", "username": "house", "password": "word"}
        server.admin.put(f"/sites/{site.id}/line", line)
        server.admin.post(f"/sites/{site.id}/devices",
                          {"kind": "line", "name": "Outside", "line": "+33123456789"})
        camera = {"kind": "intercom", "name": "Door", "snapshot_url": "http://door.example.com/"}
        door = server.admin.post(f"/sites/{site.id}/devices",
                                 {**camera, "snapshot_password": "word"})
        server.stop()
        key = where / "data/master.key"
        kept = key.read_bytes()
        key.unlink()
        says("cannot read ", 1, VESTIBULECTL, "--data", where / "data", "check")
        expect(not key.exists(), "check made a key")
        key.write_bytes(bytes(32))
        key.chmod(0o600)
        says("master.key is not the one", 1, VESTIBULECTL, "--data", where / "data", "check")
        refused = [VESTIBULED, "--data", where / "data", "--http", "127.0.0.1:0", "--sip",
                   f"127.0.0.1:{free_port()}", "--portal", where / "portal"]
        says("master.key is not the one of this database", 1, *refused)
        key.write_bytes(kept[:31])
        says("is no master key: it must have 32 bytes", 1, *refused)
        key.write_bytes(kept)
        key.chmod(0o644)
        says("must be readable by its owner only", 1, *refused)
        key.chmod(0o600)
        server.start()
        server.stop()
        says("the master key is sound", 1, VESTIBULECTL, "--data", where / "data", "new-key")
        key.unlink()
        says("2 devices have new SIP passwords: enter them in the devices\n"
             "1 sites have no password for their line: enter the provider's again\n"
             "1 cameras have no password", 0,
             VESTIBULECTL, "--data", where / "data", "new-key")
        server.start()
        try:
            got = server.admin.get(f"/sites/{site.id}/line")
            expect(got["username"] == "house" and not got["has_password"], f"{got}")
            got = server.admin.get(f"/sites/{site.id}/devices/{door['id']}")
            expect(got["snapshot_url"] and not got["has_snapshot_password"], f"{got}")
            path = f"/sites/{site.id}/devices/{device.id}/credentials"
            expect(server.admin.get(path)["sip_password"] != device.password, "the old password")
        finally:
            server.stop()


@test
def taken_ports():
    """Browsers' media have the first ports of media_ports that nobody else has; when there are none, it says so"""
    with folder() as where, contextlib.ExitStack() as stack:
        media = free_port(6)
        def take(port):
            stranger = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            stranger.bind(("127.0.0.1", port))
            return stranger
        options = ("--media-ports", f"{media}-{media + 5}", "--media-workers", "2")
        for port in (media, media + 1, media + 3):
            take(port)
        server = Server(where, *options)
        try:
            for port in (media + 4, media + 5):
                try:
                    take(port)
                except OSError:
                    continue
                raise lib.Failed(f"nobody has port {port}")
            take(media + 2).close()
        finally:
            server.stop()
        take(media + 4)
        says("media_ports: there are no 2 free ports in a row for browsers", 1, VESTIBULED, "--data",
             where / "data", "--http", "127.0.0.1:0", "--sip", f"127.0.0.1:{free_port()}",
             "--portal", where / "portal", *options)


@test
def no_database():
    """A misspelt folder is not made; a newer database is left alone"""
    with folder() as where:
        says("there is no database", 1, VESTIBULECTL, "--data", where / "typo", "check")
        expect(not (where / "typo").exists(), "the folder was made")
        says("schema ", 0, VESTIBULECTL, "--data", where / "data", "migrate")
        db = sqlite3.connect(where / "data/vestibule.db")
        db.execute("INSERT INTO migration VALUES (9999, 1)")
        db.commit()
        db.close()
        for command in ("migrate", "check"):
            says("the database has schema 9999, this program ", 1, VESTIBULECTL, "--data",
                 where / "data", command)
        says("install the newer program again", 1, VESTIBULED, "--data", where / "data")


@test
def logs():
    """JSON lines are objects, and HUP opens the file anew"""
    with folder() as where:
        log = where / "server.log"
        server = Server(where, "--log-file", log, "--log-format", "json", "--log-level", "debug")
        try:
            log.rename(where / "server.log.1")
            server.process.signal(signal.SIGHUP)
            until("the new file", lambda: log.exists() and "log_reopened" in log.read_text())
            for line in (where / "server.log.1").read_text().splitlines() + log.read_text().splitlines():
                entry = json.loads(line)
                expect({"time", "level", "event"} <= entry.keys(), line)
            text = (where / "server.log.1").read_text()
            for secret in (PASSWORD, "correct horse", server.admin.cookie().partition("=")[2]):
                expect(secret not in text, "a secret in the log")
        finally:
            server.stop()


@test
def old_history():
    """Calls older than call_days go by themselves, however many they are; the others stay"""
    with folder() as where:
        server = Server(where, "--call-days", "7")
        site = Site(server, "House")
        server.stop()
        db = sqlite3.connect(where / "data/vestibule.db")
        now = int(time.time() * 1000)
        call = ("INSERT INTO call (site_id, id, started_at, from_device, from_name, button, ended_at,"
                " state, result) VALUES (?, ?, ?, 1, 'Door', 1, ?, 'ended', 'missed')")
        for n in range(1100): # more than one part
            at = now - (8 * 86400 + n) * 1000
            db.execute(call, (site.id, n, at, at))
        recent = now - 6 * 86400 * 1000
        db.execute(call, (site.id, 1100, recent, recent))
        db.commit()
        db.close()
        server.start()
        try:
            calls = lambda: server.admin.get(f"/sites/{site.id}/calls?limit=10")["items"]
            until("only the recent call", lambda: [one["id"] for one in calls()] == ["1100"])
        finally:
            server.stop()


lib.main()
