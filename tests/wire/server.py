"""Starts vestibuled in a temporary folder, makes its first administrator, and buildings to test."""
import contextlib
import os
import signal
import urllib.request
from pathlib import Path

from lib import TOP, Failed, Process, free_port, until
from ua import TcpUa, Ua
from web import Client

ADMINISTRATOR = ("admin@example.com", "correct horse battery staple")


class Device:
    def __init__(self, server, site, record):
        self.server, self.site, self.id = server, site, record["id"]
        self.name = record["name"]
        account = server.admin.get(f"/sites/{site.id}/devices/{self.id}/credentials")
        self.user, self.password = account["sip_user"], account["sip_password"]

    def ua(self, registered=True, tcp=False, digest="MD5"):
        ua = (TcpUa if tcp else Ua)(self.server.sip, self.user, self.password, self.name)
        ua.digest = digest
        if registered:
            ua.register()
        return ua

    def record(self):
        return self.server.admin.get(f"/sites/{self.site.id}/devices/{self.id}")


class Site:
    def __init__(self, server, name):
        self.server = server
        self.id = server.admin.post("/sites", {
            "name": name, "type": "commercial", "zone": "Europe/Paris", "language": "en"})["id"]

    def device(self, kind, name, **more):
        record = self.server.admin.post(f"/sites/{self.id}/devices",
                                        {"kind": kind, "name": name, **more})
        self.server.made += 1
        return Device(self.server, self, record)

    def buttons(self, door, *destinations, after_s={}):
        """Button 1 rings the first list of devices, button 2 the second, and so on; those of after_s
        (by device) begin so many seconds later."""
        self.server.admin.put(f"/sites/{self.id}/devices/{door.id}/buttons", {"items": [
            {"button": i, "label": f"Button {i}", "destinations": [
                {"device": d.id, "after_s": after_s.get(d, 0)} for d in phones]}
            for i, phones in enumerate(destinations, 1)]})

    def calls(self):
        """Newest first."""
        return self.server.admin.all(f"/sites/{self.id}/calls")

    def call(self, number):
        """One, with its legs."""
        return self.server.admin.get(f"/sites/{self.id}/calls/{number}")

    def ended_call(self, known, seconds=10.0):
        """The newest call, ended, when the history is longer than `known`."""
        def ended():
            calls = self.calls()
            return calls[0] if len(calls) > known and calls[0]["ended_at"] else None
        return until("the call in the history", ended, seconds)


class Server:
    """vestibuled; the environment's VESTIBULED names the program. `host` is where SIP listens, in
    brackets for IPv6."""
    name = "Vestibule"

    def __init__(self, where, *options, program=None, host="127.0.0.1", tls=None,
                 media_ports=200):
        """`tls`: files of a certificate and its key, for HTTPS instead of HTTP."""
        self.where, self.host = where, host
        self.program = program or os.environ.get("VESTIBULED", TOP / "build/src/vestibuled")
        self.options = options
        self.http, self.sip, self.media = free_port(), free_port(), free_port(media_ports)
        self.media_last = self.media + media_ports - 1
        self.base = f"{'https' if tls else 'http'}://127.0.0.1:{self.http}"
        if tls:
            self.options += ("--tls-certificate", tls[0], "--tls-key", tls[1])
        self.portal = where / "portal"
        self.portal.mkdir()
        (self.portal / "index.html").write_text("<!doctype html><title>none</title>")
        self.starts = self.made = 0
        self.start()
        self.admin = Client(self.base, tls and tls[0])
        token = (where / "data" / "setup-token").read_text().strip()
        self.admin.post("/setup", {"token": token, "name": "Admin", "email": ADMINISTRATOR[0],
                                   "password": ADMINISTRATOR[1]})
        self.admin.sign_in(*ADMINISTRATOR)

    def start(self):
        self.starts += 1
        self.process = Process(f"vestibuled-{self.starts}", [
            self.program, "--data", self.where / "data", "--http", f"127.0.0.1:{self.http}",
            "--sip", f"{self.host}:{self.sip}", "--portal", self.portal,
            "--media-ports", f"{self.media}-{self.media_last}", *self.options], self.where)
        self.process.until_output("ready http", 30)

    def kill(self):
        """As a power cut to the process: no handler runs."""
        self.process.kill()

    def stop(self):
        status = self.process.stop(20)
        if status not in (0, -signal.SIGKILL):
            raise Failed(f"vestibuled ended with {status}:\n{self.process.tail(30)}")

    def running(self):
        return self.process.running()

    def metrics(self):
        """The numbers of /metrics by name, those with labels left out; up to a second old."""
        with urllib.request.urlopen(self.base + "/metrics", timeout=30) as answer:
            lines = answer.read().decode().splitlines()
        return {name: int(value) for name, _, value in (line.partition(" ") for line in lines
                                                        if line[0] != "#" and "{" not in line)}

    def until_metric(self, name, condition, seconds=10.0):
        """Polls a number of /metrics, named without its prefix, and returns it."""
        seen = []
        def fits():
            seen[:] = [self.metrics()["vestibule_" + name]]
            return condition(seen[0])
        try:
            until(f"{name}", fits, seconds)
        except Failed as e:
            raise Failed(f"{e}; it is {seen}") from None
        return seen[0]

    def until_nothing_left(self, seconds=60.0):
        """Waits until calls have given back all that they took. Transactions answer repetitions
        for 64*T1 = 32 s."""
        for name in ("calls", "calls_talking", "sip_sessions", "media_ports", "journal_waiting",
                     "sip_transactions"):
            self.until_metric(name, lambda n: n == 0, seconds)
        for name in ("journal_lost_total", "media_events_lost_total"):
            lost = self.metrics()["vestibule_" + name]
            if lost:
                raise Failed(f"{name} is {lost}")

    def until_known(self):
        """Waits until the SIP side has heard of all devices that were made."""
        self.until_metric("devices", lambda n: n >= self.made)

    def files(self):
        """How many descriptors it has open, without the sockets of media: the relay keeps those
        of ended calls for the next ones."""
        media = set()
        for line in Path("/proc/net/udp").read_text().splitlines()[1:]:
            words = line.split()
            if self.media <= int(words[1].rpartition(":")[2], 16) <= self.media_last:
                media.add(f"socket:[{words[9]}]")
        kept, folder = 0, Path(f"/proc/{self.process.pid}/fd")
        for link in folder.iterdir():
            with contextlib.suppress(FileNotFoundError): # closed meanwhile
                kept += os.readlink(link) not in media
        return kept


class Building:
    """A site with a door whose first button rings two phones, registered as test phones."""

    def __init__(self, server, name="Building"):
        self.server, self.site = server, Site(server, name)
        self.door = self.site.device("intercom", "Door", unlock_code="1234*")
        self.left = self.site.device("phone", "Left")
        self.right = self.site.device("phone", "Right")
        self.site.buttons(self.door, [self.left, self.right])
        server.until_known()
