#!/usr/bin/env python3
"""The simulated door's HTTP side, as a foreign client sees it: the device API, the page, and what
must not hurt it. The codes are those of the real devices: 2 path, 3 method, 11 missing, 12 value,
13 too big, 17 collision, 18 rejected."""
import contextlib
import json
import os
import re
import socket
import struct
import threading
import urllib.parse
from pathlib import Path

import lib
from gate import Gate
from lib import expect, test, until
from server import Building, Server

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
CONNECTIONS_MAX, REQUEST_S = 64, 10 # sim/web.h


class Front(Building):
    """A door that lets calls ring, and a phone that does what it is told."""

    def __init__(self, server, where):
        super().__init__(server)
        self.gate = Gate(where, server.sip, self.door, "--no-auto-answer").registered()
        self.phone = self.left.ua()

    def close(self):
        self.gate.stop()
        self.phone.close()

    def raw(self, data, whole=True):
        """Sends bytes; what came back until the door closed, or at once with the first bytes."""
        with socket.create_connection(("127.0.0.1", self.gate.port), timeout=30 * lib.SLOW) as s:
            with contextlib.suppress(ConnectionError): # it may close before it has read all
                s.sendall(data)
                s.shutdown(socket.SHUT_WR)
            answer = b""
            with contextlib.suppress(ConnectionError):
                while more := s.recv(65536):
                    answer += more
                    if not whole:
                        break
            return answer

    def status(self, data):
        """The HTTP status of the answer to these bytes, 0 for none."""
        found = re.match(rb"HTTP/1\.1 (\d+) ", self.raw(data))
        return int(found[1]) if found else 0


@test
def describes_itself(front):
    """system/info and system/status say what clients read at onboarding"""
    info = front.gate.api("system/info")
    expect({"variant", "variantId", "devType", "serialNumber", "macAddr", "hwVersion",
            "swVersion", "buildType", "firmwarePackage", "deviceName"} <= info.keys(), f"{info}")
    expect(re.fullmatch(r"\d\d-\d{4}-\d{4}", info["serialNumber"]), info["serialNumber"])
    expect(re.fullmatch(r"(\d\d-){5}\d\d", info["macAddr"]), info["macAddr"])
    expect(info["deviceName"] == front.door.name, info["deviceName"])
    status = front.gate.api("system/status")
    expect(status["systemTime"] > 1.7e9 and status["upTime"] >= 0, f"{status}")


@test
def switches(front):
    """switch/caps, status and ctrl with every action, held and locked included"""
    gate = front.gate
    caps = gate.api("switch/caps")["switches"]
    expect([c["switch"] for c in caps] == [1, 2] and all(c["enabled"] for c in caps), f"{caps}")
    def state(switch=1):
        s = gate.api("switch/status", switch=switch)["switches"]
        expect(len(s) == 1 and s[0]["switch"] == switch, f"{s}")
        return s[0]["active"], s[0]["locked"], s[0]["held"]
    def ctrl(action, **more):
        expect(gate.api("switch/ctrl", switch=1, action=action, **more) is None, "a result")
    ctrl("on")
    expect(state() == (True, False, False) and state(2) == (False, False, False), "on")
    ctrl("off")
    expect(state() == (False, False, False), "off")
    ctrl("hold")
    expect(state() == (True, False, True), "hold")
    ctrl("release")
    expect(state() == (False, False, False), "release")
    ctrl("trigger")
    ctrl("lock")
    expect(state() == (False, True, False), "lock")
    gate.fault(18, None, "switch/ctrl", switch=1, action="on")
    ctrl("unlock")
    ctrl("on", timeout=1)
    until("the relay to fall back", lambda: not state()[0])
    answer = gate.ask("GET", "/api/switch/ctrl?switch=1&action=off&response=done%21")
    expect(answer.data == b"done!" and answer.headers["Content-Type"] == "text/plain", "response")


@test
def switch_faults(front):
    """switch functions name the parameter that is wrong"""
    gate = front.gate
    gate.fault(11, "switch", "switch/ctrl", action="on")
    gate.fault(11, "action", "switch/ctrl", switch=1)
    gate.fault(12, "action", "switch/ctrl", switch=1, action="explode")
    for bad in ("0", "3", "-1", "x", "99999999999999999999"):
        gate.fault(12, "switch", "switch/ctrl", switch=bad, action="on")
        gate.fault(12, "switch", "switch/status", switch=bad)
        gate.fault(12, "switch", "switch/caps", switch=bad)
    gate.fault(12, "timeout", "switch/ctrl", switch=1, action="on", timeout=601)
    expect(not gate.is_open(), "a wrong request switched")


@test
def ports(front):
    """io/caps, status and ctrl show and switch the relays by port"""
    gate = front.gate
    expect(gate.api("io/caps")["ports"] == [{"port": "relay1", "type": "output"},
                                            {"port": "relay2", "type": "output"}], "caps")
    expect(gate.api("io/ctrl", port="relay2", action="on") is None, "a result")
    expect(gate.api("io/status")["ports"] == [{"port": "relay1", "state": 0},
                                              {"port": "relay2", "state": 1}], "status")
    expect(gate.is_open(2), "switch 2")
    gate.api("io/ctrl", port="relay2", action="off")
    expect(gate.api("io/status", port="relay2")["ports"] == [{"port": "relay2", "state": 0}], "off")
    gate.fault(11, "port", "io/ctrl", action="on")
    gate.fault(12, "port", "io/ctrl", port="relay3", action="on")
    gate.fault(12, "action", "io/ctrl", port="relay1", action="trigger")
    gate.fault(12, "port", "io/status", port="input9")


@test
def dials(front):
    """call/dial, status and hangup; phone/status"""
    gate, phone = front.gate, front.phone
    accounts = gate.api("phone/status")["accounts"]
    expect([a["registered"] for a in accounts] == [True, False] and
           accounts[0]["sipNumber"] == front.door.user, f"{accounts}")
    expect([a["account"] for a in gate.api("phone/status", account=2)["accounts"]] == [2], "one")
    expect(gate.api("call/status") == {"sessions": []}, "a call before the first")
    session = gate.api("call/dial", number=front.left.id)["session"]
    ringing = phone.rings()
    call = gate.until_call("ringing")
    expect(call["session"] == session and call["direction"] == "outgoing", f"{call}")
    expect(call["calls"][0]["peer"].startswith(f"sip:{front.left.id}@"), f"{call}")
    gate.fault(18, None, "call/dial", number=1)
    expect(gate.api("call/status", session=session + 1) == {"sessions": []}, "another session")
    phone.answer(ringing)
    gate.until_call("connected")
    expect(gate.api("call/hangup", session=session, reason="normal") is None, "a result")
    phone.until_bye(ringing)
    gate.until_call("terminated")
    gate.fault(12, "session", "call/hangup", session=session)


@test
def answers(front):
    """an incoming call rings until call/answer, or until call/hangup gives a reason"""
    gate, phone = front.gate, front.phone
    for reason, code in (("rejected", 603), ("busy", 486)):
        call = phone.dial(front.door.id)
        expect(gate.until_call("ringing")["direction"] == "incoming", "direction")
        gate.api("call/hangup", session=gate.call()["session"], reason=reason)
        phone.ended(call, code=code)
        gate.until_call("terminated")
    call = phone.dial(front.door.id)
    session = gate.until_call("ringing")["session"]
    gate.fault(12, "session", "call/answer", session=session + 1)
    gate.api("call/answer", session=session)
    phone.answered(call)
    gate.until_call("connected")
    gate.fault(12, "session", "call/answer", session=session)
    gate.press("%1")
    phone.until_bye(call)


@test
def call_faults(front):
    """call functions name the parameter that is wrong"""
    gate = front.gate
    gate.fault(11, "number", "call/dial")
    gate.fault(12, "number", "call/dial", number="a b")
    gate.fault(12, "number", "call/dial", number="1" * 65)
    gate.fault(12, "users", "call/dial", users="8a2b1f0e-0000-0000-0000-000000000000")
    gate.fault(17, "users", "call/dial", number=1, users="x")
    for function in ("call/answer", "call/hangup"):
        gate.fault(11, "session", function)
        gate.fault(12, "session", function, session=0)
        gate.fault(12, "session", function, session=9)
        gate.fault(12, "session", function, session="x")
    gate.fault(12, "reason", "call/hangup", session=1, reason="bored")
    gate.fault(12, "account", "phone/status", account=3)


@test
def camera(front):
    """camera/caps and snapshot: a JPEG of each size"""
    gate = front.gate
    for size in gate.api("camera/caps")["jpegResolution"]:
        answer = gate.ask("GET", "/api/camera/snapshot?" + urllib.parse.urlencode(size))
        expect(answer.headers["Content-Type"] == "image/jpeg", "type")
        # The frame header: ff c0, length, precision, height, width.
        at = answer.data.index(b"\xff\xc0")
        height, width = (int.from_bytes(answer.data[at + i:at + i + 2]) for i in (5, 7))
        expect((width, height) == (size["width"], size["height"]), f"{width}x{height}")
    gate.fault(11, "width", "camera/snapshot", height=480)
    gate.fault(12, "width", "camera/snapshot", height=480, width=641)
    gate.fault(12, "fps", "camera/snapshot", height=480, width=640, fps=16)


@test
def log_of_events(front):
    """log/subscribe, pull with a filter, history, unsubscribe"""
    gate = front.gate
    names = gate.api("log/caps")["events"]
    expect({"KeyPressed", "SwitchStateChanged", "CallStateChanged", "DtmfEntered"} <= set(names),
           f"{names}")
    everything = gate.api("log/subscribe", include="all")["id"]
    new = gate.api("log/subscribe", filter="SwitchStateChanged,KeyPressed", duration=10)["id"]
    expect(gate.events(new) == [], "old events")
    gate.press("12")
    gate.api("switch/ctrl", switch=1, action="on")
    gate.api("switch/ctrl", switch=1, action="off")
    events = gate.events(new)
    expect([(e["event"], e["params"].get("key") or e["params"]["state"]) for e in events] ==
           [("KeyPressed", "1"), ("KeyPressed", "2"), ("SwitchStateChanged", True),
            ("SwitchStateChanged", False)], f"{events}")
    expect(all({"id", "tzShift", "utcTime", "upTime", "event", "params"} <= e.keys()
               for e in events), f"{events[0]}")
    expect(gate.events(new) == [], "events came twice")
    seen = []
    while more := gate.events(everything):
        expect(len(more) <= 128, f"{len(more)} events in a pull")
        seen += more
    expect([e["id"] for e in seen] == list(range(1, len(seen) + 1)), "ids with gaps")
    expect(seen[0]["event"] == "DeviceState" and seen[0]["params"] == {"state": "startup"}, "first")
    for subscription in (everything, new):
        gate.api("log/unsubscribe", id=subscription)
        gate.fault(12, "id", "log/pull", id=subscription)
        gate.fault(12, "id", "log/unsubscribe", id=subscription)


@test
def log_waits(front):
    """a pull that waits is answered by the event; a client that left takes none with it"""
    gate = front.gate
    subscription = gate.api("log/subscribe", filter="KeyPressed")["id"]
    with socket.create_connection(("127.0.0.1", gate.port)) as gone:
        gone.sendall(f"GET /api/log/pull?id={subscription}&timeout=60 HTTP/1.1\r\n\r\n".encode())
        gate.api("system/status") # is answered after that pull was read
    gate.api("system/status") # and this one after its end
    heard = []
    waiting = threading.Thread(target=lambda: heard.extend(gate.events(subscription, 20)))
    waiting.start()
    gate.press("7")
    waiting.join(30 * lib.SLOW)
    expect([e["params"] for e in heard] == [{"key": "7"}], f"{heard}")
    expect(gate.events(subscription, 1) == [], "an event without cause")
    gate.api("log/unsubscribe", id=subscription)


@test
def log_faults(front):
    """log functions name the parameter that is wrong; channels are counted"""
    gate = front.gate
    gate.fault(12, "include", "log/subscribe", include="some")
    gate.fault(12, "include", "log/subscribe", include="-")
    gate.fault(12, "filter", "log/subscribe", filter="KeyPressed,Nonsense")
    for bad in (9, 3601, "x"):
        gate.fault(12, "duration", "log/subscribe", duration=bad)
    gate.fault(11, "id", "log/pull")
    gate.fault(12, "id", "log/pull", id=0)
    taken = []
    try:
        with contextlib.suppress(lib.Failed):
            for _ in range(100):
                taken.append(gate.api("log/subscribe", include="-3600")["id"])
        expect(0 < len(taken) < 100, f"{len(taken)} channels")
        gate.fault(14, None, "log/subscribe")
    finally:
        for subscription in taken:
            gate.api("log/unsubscribe", id=subscription)


@test
def keypad(front):
    """the keypad opens with the code, and the log knows the codes entered"""
    gate = front.gate
    gate.press("*") # ends whatever was typed before
    subscription = gate.api("log/subscribe", filter="CodeEntered,SwitchStateChanged")["id"]
    gate.press("9999*")
    expect(not gate.is_open(), "a wrong code opened")
    gate.press("1234*")
    expect(gate.is_open() and gate.page()["open"], "the code did not open")
    gate.api("switch/ctrl", switch=1, action="off")
    events = [e["params"] for e in gate.events(subscription)]
    expect([(e["code"], e["valid"]) for e in events if "code" in e] ==
           [("9999", False), ("1234", True)], f"{events}")
    expect([e["originator"] for e in events if "originator" in e] == ["keypad", "api"], f"{events}")
    gate.api("log/unsubscribe", id=subscription)


@test
def forms(front):
    """parameters come in the query, in a form and in a multipart form"""
    gate = front.gate
    def post(path, body, kind):
        said = json.loads(gate.ask("POST", path, body, {"Content-Type": kind}).data)
        return said["error"]["code"] if "error" in said else 0
    path = "/api/switch/ctrl"
    expect(post(path, "switch=1&action=on", FORM["Content-Type"]) == 0 and gate.is_open(), "form")
    expect(post(path + "?switch=1", "action=off", FORM["Content-Type"] + "; charset=utf-8") == 0
           and not gate.is_open(), "query and form")
    part = '--b\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    body = part.format("switch", 1) + part.format("action", "on") + "--b--\r\n"
    kind = "multipart/form-data; boundary=b"
    expect(post(path, body, kind) == 0 and gate.is_open(), "multipart")
    expect(post(path, body[:-7], kind) == 12, "multipart without its end")
    expect(post(path, body.replace(' name="switch"', ""), kind) == 12, "a part without a name")
    expect(post(path, "--b\r\n--b\r\n--b--", kind) == 12, "a part of nothing")
    gate.api("switch/ctrl", switch=1, action="off")
    expect(post(path, "switch=%zz", FORM["Content-Type"]) == 12, "a broken escape")
    expect(post(path, "&".join(f"a{i}=1" for i in range(17)), FORM["Content-Type"]) == 13, "many")
    expect(post(path, "a=" + "x" * 5000, FORM["Content-Type"]) == 13, "long")


@test
def paths_and_methods(front):
    """unknown functions are 2, absent ones 1, a wrong method 3; the page is no API"""
    gate = front.gate
    for path in ("nonsense", "switch", "switch/nonsense", "switch/ctrl/", "Switch/status"):
        gate.fault(2, None, path)
    for path in ("dir/query", "firmware", "accesspoint/grantaccess", "system/restart"):
        gate.fault(1, None, path)
    for method in ("PUT", "DELETE", "PATCH"):
        gate.fault(3, None, "switch/status", method)
    said = json.loads(gate.ask("GET", "/ui/key?key=1").data)
    expect(said["error"]["code"] == 3, "a key was pressed by GET")
    expect(gate.ask("GET", "/nonsense").status == 404, "404")
    expect(len(gate.api("switch/status", "POST")["switches"]) == 2, "POST")
    answer = gate.ask("HEAD", "/api/system/info")
    expect(answer.data == b"" and int(answer.headers["Content-Length"]) > 50, "HEAD")


@test
def page(front):
    """the page has the bell, twelve keys, a lamp and the sound level, in two languages"""
    gate = front.gate
    for language, word in (("en-GB,en;q=0.8", "Ring"), ("fr", "Sonner")):
        answer = gate.ask("GET", "/", headers={"Accept-Language": language})
        html = answer.data.decode()
        expect(answer.status == 200 and answer.headers["Content-Type"].startswith("text/html"),
               "type")
        expect(set(re.findall(r'data-key="([^"]+)"', html)) == set("0123456789*#") | {"%1"},
               "keys")
        expect(word in html and 'id="lamp"' in html and "<meter" in html and "{{" not in html,
               "parts of the page")
    expect(gate.page().keys() == {"user", "registered", "state", "peer", "open", "level"}, "state")
    expect(gate.page()["level"] == -90, "a level without a call")
    for bad in ("", "a", "%2", "12"):
        said = json.loads(gate.ask("POST", "/ui/key", urllib.parse.urlencode({"key": bad}),
                                   FORM).data)
        expect(said["error"]["code"] == (12 if bad else 11), f"key {bad!r}: {said}")


@test
def malformed(front):
    """what is no HTTP gets its status and the end of the connection"""
    ask = b"GET /ui/state HTTP/1.1\r\nHost: door\r\n"
    wanted = {
        400: [b"\r\nnonsense\r\n\r\n", b"GET  HTTP/1.1\r\n\r\n", b"GET / FTP/1.1\r\n\r\n",
              b"GET /\r\n\r\n", b"GET http://a/ HTTP/1.1\r\n\r\n", b"G(T / HTTP/1.1\r\n\r\n",
              ask + b"no colon\r\n\r\n", ask + b" folded: x\r\n\r\n", ask + b"A : x\r\n\r\n",
              ask + b"A: x\x00y\r\n\r\n", ask + b"A: x\nB: y\r\n\r\n", ask + b"A: x\rB\r\n\r\n",
              ask + b"Content-Length: -1\r\n\r\n", ask + b"Content-Length: \r\n\r\n",
              ask + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\nx"],
        413: [ask + b"Content-Length: 65537\r\n\r\n",
              ask + b"Content-Length: 99999999999999999999999\r\n\r\n" + b"x" * 300000],
        431: [ask + b"A: " + b"x" * 17000 + b"\r\n\r\n", b"G" * 20000,
              ask + b"A: x\r\n" * 65 + b"\r\n"],
        501: [ask + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
        505: [b"GET / HTTP/2.0\r\n\r\n"],
        0: [b"", b"\r\n\r\n", ask, b"\x16\x03\x01\x00\xa5"],
        200: [ask + b"\r\n", b"\r\n" + ask + b"\r\n", ask.replace(b"1.1", b"1.0") + b"\r\n"],
    }
    for status, texts in wanted.items():
        for text in texts:
            found = front.status(text)
            expect(found == status, f"{text[:60]!r} got {found}, not {status}")
    expect(front.gate.running() and front.gate.page()["registered"], "the door was hurt")


@test
def connections(front):
    """requests follow each other on a connection; it ends when the client says so"""
    ask = b"GET /api/switch/caps HTTP/1.1\r\n"
    answers = front.raw(ask + b"\r\n" + ask + b"\r\n" + ask + b"Connection: close\r\n\r\n"
                        + ask + b"\r\n")
    expect(answers.count(b"HTTP/1.1 200") == 3, f"{answers.count(b'HTTP/1.1 200')} answers")
    expect(answers.count(b"Connection: close") == 1, "the last one says that it is")
    with socket.create_connection(("127.0.0.1", front.gate.port), timeout=30) as s:
        s.sendall(b"POST /api/switch/caps HTTP/1.1\r\nExpect: 100-continue\r\n"
                  b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 8\r\n\r\n")
        expect(s.recv(100).startswith(b"HTTP/1.1 100 "), "no 100")
        s.sendall(b"switch=2")
        answer = s.recv(4096)
        expect(b'"switch":2' in answer and b'"switch":1' not in answer, f"{answer}")


@test
def crowd(front):
    """more connections than there is room for are refused, slow ones end, and the phone works"""
    with contextlib.ExitStack() as stack:
        open_ones = []
        for _ in range(CONNECTIONS_MAX + 8):
            s = stack.enter_context(socket.create_connection(("127.0.0.1", front.gate.port)))
            s.settimeout(4 * REQUEST_S * lib.SLOW)
            with contextlib.suppress(ConnectionError):
                s.sendall(b"GET /ui/state HT")
            open_ones.append(s)
        call = front.phone.dial(front.door.id) # SIP has nothing to do with the crowd
        front.phone.provisional(call)
        front.phone.cancel(call)
        front.phone.ended(call, code=487)
        for s in open_ones:
            with contextlib.suppress(ConnectionError):
                expect(s.recv(100) == b"", "half a request was answered")
    front.gate.until_call("terminated")


@test
def strangers(front):
    """keys in RTP open only when they come from the host of the call"""
    gate, phone = front.gate, front.phone
    subscription = gate.api("log/subscribe", filter="DtmfEntered")["id"]
    call = phone.dial(front.door.id)
    gate.until_call("ringing")
    gate.api("call/answer", session=gate.call()["session"])
    phone.answered(call)
    ports = udp_ports(gate.pid)
    expect(len(ports) >= 5, f"UDP ports {ports}") # SIP, and RTP and RTCP of two streams
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.9", 0))
        for port in ports:
            for i, key in enumerate((1, 2, 3, 4, 10)):
                stranger.sendto(struct.pack("!BBHIIBBH", 0x80, 101, i, 160 * i, 7, key, 0x8a, 800),
                                ("127.0.0.1", port))
    for key in "12":
        phone.audio.key(key)
    heard = []
    def both():
        heard.extend(e["params"]["digit"] for e in gate.events(subscription))
        return len(heard) >= 2
    until("the phone's own keys", both)
    expect(heard == ["1", "2"] and not gate.is_open(), f"heard {heard}")
    gate.api("log/unsubscribe", id=subscription)
    phone.bye(call)
    gate.until_call("terminated")


def udp_ports(pid):
    """The UDP ports that a process has bound."""
    inodes = set()
    for fd in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            if found := re.match(r"socket:\[(\d+)\]", os.readlink(fd)):
                inodes.add(found[1])
    lines = Path("/proc/net/udp").read_text().splitlines()[1:]
    return [int(f[1].partition(":")[2], 16) for f in map(str.split, lines) if f[9] in inodes]


@test
def refuses_flags(front):
    """what could not be part of a SIP message is refused at the start, by name"""
    with lib.folder() as where:
        for option, value in (("--name", 'a"b'), ("--name", "a\nb"), ("--name", "x" * 65),
                              ("--dial", "1 2"), ("--user", "a@b"), ("--unlock-code", "12a"),
                              ("--sip-port", "65536"), ("--media-ports", "20-10")):
            run = lib.Process("refused", [front.gate.program, "--sip-server", "127.0.0.1:1",
                                          "--user", "1", "--password", "x", option, value], where)
            expect(run.wait() == 2 and option in run.output(), f"{option}: {run.output()}")
            run.stop()


@test
def ends(front):
    """TERM unregisters and ends the door cleanly"""
    expect(front.gate.stop() == 0, f"the door ended with {front.gate.popen.returncode}")
    call = front.phone.dial(front.door.id)
    front.phone.ended(call, code=480)


if __name__ == "__main__":
    with lib.folder() as folder:
        the_server = Server(folder, "--drain-s", "1", media_ports=100)
        try:
            the_front = Front(the_server, folder)
            try:
                lib.main(the_front)
            finally:
                the_front.close()
        finally:
            the_server.process.stop()
