#!/usr/bin/env python3
"""CPU per registration and per forked call, and memory per device, beside Kamailio.

    bench/sip.py [--server PROGRAM] [--rounds 3] [--devices 50000]

Both servers run on loopback in temporary folders, in turn, `rounds` times each. A registration is
REGISTER, 401, REGISTER with digest, 200. A call is INVITE, 401 or 407, INVITE with digest, two
phones ring, one answers, the other is cancelled, ACK, BYE. SIPp plays doors and phones. CPU is user
plus system of all the server's processes; what is printed last is ours divided by Kamailio's,
round by round, so that a busy machine touches both alike. Python's standard library only.
"""
import argparse
import hashlib
import socket
import sqlite3
import statistics
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "wire"))
import lib # noqa: E402 (the path comes first)
from server import Server, Site # noqa: E402

REALM = "vestibule"
RING_MS, TALK_MS = 50, 50


class Vestibule(Server):
    """vestibuled with its defaults; the devices are written into its database while it is down."""
    program = lib.TOP / "build/src/vestibuled"

    def __init__(self, where, devices):
        super().__init__(where, "--workers", "2", "--log-level", "error", program=self.program, media_ports=2000)
        Site(self, "Pattern").device("phone", "Pattern") # its sealed password serves for all
        self.stop()
        self.doors, self.answer, self.ring = devices
        self._fill(where / "data" / "vestibule.db")
        self.start()

    def _fill(self, path):
        """A site per door; its button rings the phones of the same number."""
        db = sqlite3.connect(path)
        company, = db.execute("SELECT id FROM company").fetchone()
        sealed, = db.execute("SELECT password_sealed FROM device").fetchone()
        site = lambda i: 1000 + i % len(self.doors)
        db.executemany("INSERT INTO site (id, company_id, name, type, zone, language, created_at)"
                       " VALUES (?, ?, ?, 'residential', 'Europe/Paris', 'en', 0)",
                       ((site(i), company, f"Site {i}") for i in range(len(self.doors))))
        for kind, some in (("intercom", self.doors), ("phone", self.answer), ("phone", self.ring)):
            db.executemany(
                "INSERT INTO device (number, site_id, kind, name, password_sealed, ha1_md5,"
                " ha1_sha256, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
                ((int(user), site(i), kind, user, sealed, ha1("md5", user, password),
                  ha1("sha256", user, password)) for i, (user, password) in enumerate(some)))
        for i, (door, answer, ring) in enumerate(zip(self.doors, self.answer, self.ring)):
            db.execute("INSERT INTO button (site_id, device, button, label) VALUES (?, ?, 1, '')",
                       (site(i), int(door[0])))
            db.executemany("INSERT INTO button_destination (site_id, device, button, destination)"
                           " VALUES (?, ?, 1, ?)",
                           ((site(i), int(door[0]), int(to[0])) for to in (answer, ring)))
        db.commit()
        db.close()


class Kamailio:
    """Debian's Kamailio with bench/sip/kamailio.cfg: registrar and forking proxy."""
    name = "Kamailio"

    def __init__(self, where, devices):
        self.sip = lib.free_port()
        self.doors, self.answer, self.ring = devices
        self._tables(where / "tables")
        conf = (HERE / "sip" / "kamailio.cfg").read_text()
        for word, value in (("PORT", self.sip), ("FOLDER", where), ("REALM", REALM)):
            conf = conf.replace(f"@{word}@", str(value))
        (where / "kamailio.cfg").write_text(conf)
        self.process = lib.Process("kamailio", [
            "kamailio", "-DD", "-E", "-f", where / "kamailio.cfg", "-Y", where,
            "-P", where / "kamailio.pid", "-m", "1024", "-M", "16"], where)
        lib.until("Kamailio to listen", lambda: ready(self), 20)

    def _tables(self, folder):
        folder.mkdir()
        head = ("id(int,auto) key_name(string) key_type(int) value_type(int) key_value(string) "
                "expires(int)\n")
        def write(name, pairs):
            rows = (f"{i}:{key}:0:0:{value}:0\n" for i, (key, value) in enumerate(pairs, 1))
            (folder / name).write_text(head + "".join(rows))
        everybody = self.doors + self.answer + self.ring
        write("ha1", ((u, ha1("md5", u, p)) for u, p in everybody))
        write("rings", ((d[0], f"{a[0]},{r[0]}")
                        for d, a, r in zip(self.doors, self.answer, self.ring)))
        (folder / "version").write_text(
            "table_name(string) table_version(int)\nha1:2\nrings:2\n")


def ha1(algorithm, user, password):
    return hashlib.new(algorithm, f"{user}:{REALM}:{password}".encode()).hexdigest()


def ready(server):
    if not server.process.running():
        raise lib.Failed(f"{server.name} ended:\n{server.process.tail()}")
    return options(server.sip)


def options(port):
    """Whether a SIP server answers anything at all."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        s.settimeout(0.2)
        me = s.getsockname()[1]
        try:
            s.connect(("127.0.0.1", port))
            s.send((f"OPTIONS sip:127.0.0.1:{port} SIP/2.0\r\n"
                    f"Via: SIP/2.0/UDP 127.0.0.1:{me};branch=z9hG4bK{time.time_ns()}\r\n"
                    f"From: <sip:bench@127.0.0.1>;tag=1\r\nTo: <sip:127.0.0.1>\r\n"
                    f"Call-ID: {time.time_ns()}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n"
                    f"Content-Length: 0\r\n\r\n").encode())
            return s.recv(4096).startswith(b"SIP/2.0")
        except OSError:
            return False


def scenario(name):
    return HERE / "sip" / f"{name}.xml"


def register(where, server, users, port, rate=1000):
    lib.Sipp(where, "register", scenario("register"), server.sip, port=port,
             rows=[lib.digest_row(*u) for u in users], calls=len(users), rate=rate, at_once=200, timeout=600).check(600)


def measure_registers(where, server, count):
    """CPU seconds per 10,000 registrations."""
    port = lib.free_port()
    users = server.answer
    rows = [users[i % len(users)] for i in range(count)]
    before = lib.cpu_seconds(server.process.pid)
    register(where, server, rows, port)
    return (lib.cpu_seconds(server.process.pid) - before) * 10000 / count


def measure_calls(where, server, count, rate):
    """CPU seconds per 10,000 calls."""
    ports = lib.free_port(4)
    register(where, server, server.answer, ports)
    register(where, server, server.ring, ports + 2)
    words = {"RING": RING_MS, "TALK": TALK_MS}
    phones = [lib.Sipp(where, kind, scenario(kind), server.sip, port=port, words=words,
                       at_once=100000, timeout=600).until_listening()
              for kind, port in (("answers", ports), ("rings", ports + 2))]
    doors = [lib.digest_row(*server.doors[i % len(server.doors)]) for i in range(count)]
    try:
        before = lib.cpu_seconds(server.process.pid)
        lib.Sipp(where, "door", scenario("door"), server.sip, words=words, rows=doors,
                 calls=count, rate=rate, at_once=rate, timeout=600,
                 extra=("-auth_uri", f"1@127.0.0.1:{server.sip}")).check(600)
        return (lib.cpu_seconds(server.process.pid) - before) * 10000 / count
    finally:
        for phone in phones:
            phone.stop()


def devices_of(count, doors):
    """Doors, answering and ringing phones as (user, password)."""
    def some(first, n):
        return [(str(1000000000 + first + i), f"secret{first + i}") for i in range(n)]
    phones = (count - doors) // 2
    return some(0, doors), some(doors, phones), some(doors + phones, phones)


def one(kind, options, load):
    """Starts a server, runs `load` on it, stops it."""
    with lib.folder() as where:
        server = kind(where, options)
        try:
            return load(where, server)
        finally:
            server.process.stop()


def table(rows):
    width = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
    for row in rows:
        print("  ".join(c.ljust(w) if i == 0 else c.rjust(w)
                        for i, (c, w) in enumerate(zip(row, width))))


def measure_memory(where, server):
    """Resident bytes with every device registered."""
    users = server.doors + server.answer + server.ring
    register(where, server, users, lib.free_port(), rate=2000)
    return lib.resident_bytes(server.process.pid)


def spread(values, digits=2):
    """Median, and how far the rounds are apart."""
    return (f"{statistics.median(values):.{digits}f}"
            f" ({min(values):.{digits}f}–{max(values):.{digits}f})")


AIM = {"registration": 0.8, "call": 0.8, "memory_mb": 400}


def report(seen, memory, devices):
    """`seen`: per server, a list of (registrations, calls) of the rounds."""
    peer, ours = seen
    rows = [["", peer, ours, "ratio", "aim"]]
    for i, (what, aim) in enumerate((("CPU-s / 10k registrations", AIM["registration"]),
                                     ("CPU-s / 10k forked calls", AIM["call"]))):
        rows.append([what, *(spread([r[i] for r in seen[n]]) for n in seen),
                     spread([b[i] / a[i] for a, b in zip(seen[peer], seen[ours])]), f"{aim:.2f}"])
    if memory:
        rows.append([f"resident MB, {devices} devices", *(f"{memory[n] / 1e6:.0f}" for n in seen),
                     f"{memory[ours] / memory[peer]:.2f}", f"{AIM['memory_mb']} MB"])
    table(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", type=Path, default=Vestibule.program)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--registers", type=int, default=10000)
    parser.add_argument("--calls", type=int, default=3000)
    parser.add_argument("--rate", type=int, default=150, help="calls a second")
    parser.add_argument("--devices", type=int, default=50000, help="for the memory; 0: not")
    o = parser.parse_args()
    kinds = [Kamailio, Vestibule]
    Vestibule.program = o.server

    def load(where, server):
        return (measure_registers(where, server, o.registers),
                measure_calls(where, server, o.calls, o.rate))

    seen = {k.name: [] for k in kinds}
    for _ in range(o.rounds):
        for kind in kinds:
            seen[kind.name].append(one(kind, devices_of(3000, 1000), load))
            print("# {}: {:.2f} CPU-s per 10k registrations, {:.2f} per 10k calls".format(
                kind.name, *seen[kind.name][-1]), flush=True)
    memory = o.devices and {k.name: one(k, devices_of(o.devices, 1000), measure_memory)
                            for k in kinds}
    report(seen, memory, o.devices)


if __name__ == "__main__":
    main()
