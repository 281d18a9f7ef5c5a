"""vestibule-door as a test's door: the program, its device API and its page."""
import http.client
import json
import os
import urllib.parse

from lib import TOP, Failed, Process, expect, free_port, until

# What the door's voice is heard with: g711.h says about -24 dBFS, at its loudest moment 2,450.
VOICE_RMS = (1500, 3500)


class Fault(Failed):
    """An answer with success false."""

    def __init__(self, error):
        super().__init__(f"the door answered {error}")
        self.code, self.param = error["code"], error.get("param")


class Gate(Process):
    """`host` is the SIP server's, in brackets for IPv6."""

    def __init__(self, where, server, device, *options, host="127.0.0.1", name="gate"):
        media = free_port(60)
        self.program = os.environ.get("VESTIBULE_DOOR", TOP / "build/sim/vestibule-door")
        super().__init__(name, [
            self.program,
            "--sip-server", f"{host}:{server}", "--user", device.user, "--http", "127.0.0.1:0",
            "--media-ports", f"{media}-{media + 59}", "--unlock-code", "1234*",
            "--name", device.name, *options], where,
            {"VESTIBULE_DOOR_PASSWORD": device.password})
        self.until_output("ready http://")
        line = next(x for x in self.output().splitlines() if x.startswith("ready "))
        self.port = int(line.rpartition(":")[2])

    def ask(self, method, path, body=None, headers=None, seconds=30):
        """The answer, read whole: `status`, `headers` and `data`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            answer.data = answer.read()
            return answer
        finally:
            connection.close()

    def api(self, function, method="GET", **parameters):
        """The result of a function of the device API; raises Fault for an error."""
        path = f"/api/{function}"
        if parameters:
            path += "?" + urllib.parse.urlencode(parameters)
        answer = self.ask(method, path)
        kind = answer.headers["Content-Type"]
        expect(answer.status == 200 and kind == "application/json",
               f"{path}: {answer.status} {kind}")
        said = json.loads(answer.data)
        if not said["success"]:
            raise Fault(said["error"])
        return said.get("result")

    def fault(self, code, param, function, method="GET", **parameters):
        """The function is refused with that code and parameter."""
        try:
            result = self.api(function, method, **parameters)
        except Fault as e:
            expect((e.code, e.param) == (code, param),
                   f"{function} {parameters}: {e}, not {code} {param}")
            return
        raise Failed(f"{function} {parameters} was answered with {result}")

    def press(self, keys):
        """Keys of its front, by the page's own request; "%1" is the bell."""
        for key in [keys] if keys.startswith("%") else keys:
            answer = self.ask("POST", "/ui/key", urllib.parse.urlencode({"key": key}),
                              {"Content-Type": "application/x-www-form-urlencoded"})
            expect(json.loads(answer.data)["success"], f"key {key}: {answer.data}")

    def page(self):
        """What the page shows: user, registered, state, peer, open, level."""
        return json.loads(self.ask("GET", "/ui/state").data)["result"]

    def registered(self):
        until("the door to register",
              lambda: self.api("phone/status")["accounts"][0]["registered"])
        return self

    def call(self):
        """Its call as call/status shows it; None without one."""
        sessions = self.api("call/status")["sessions"]
        return sessions[0] if sessions else None

    def until_call(self, state, seconds=10.0):
        """Waits for a state of its call; "terminated" is that there is none."""
        def there():
            call = self.call()
            return (call["state"] if call else "terminated") == state and (call or True)
        return until(f"the door's call to be {state}", there, seconds)

    def is_open(self, switch=1):
        return self.api("switch/status", switch=switch)["switches"][0]["active"]

    def events(self, subscription, seconds=0):
        return self.api("log/pull", id=subscription, timeout=seconds)["events"]
