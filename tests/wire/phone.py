"""baresip without a screen or a sound card: a foreign phone with real H.264 and G.711."""
import json
import math
import re
import socket
import struct
import time
import wave
from pathlib import Path

from lib import Failed, Process, expect, free_port, until

MODULES = Path("/usr/lib/baresip/modules")
CONFIG = """\
poll_method epoll
sip_listen {host}:{sip}
net_interface {interface}
call_max_calls 4
call_local_timeout 120
audio_player aubridge,ear
audio_source aufile,{folder}/mouth.wav
audio_alert aubridge,bell
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
video_source fakevideo,eye
video_display fakevideo,screen
video_size 320x240
video_bitrate 300000
video_fps 15
rtp_ports {rtp}-{rtp_last}
avcodec_h264enc libx264
avcodec_h264dec h264
ctrl_tcp_listen 127.0.0.1:{control}
snd_path {folder}
module_path {modules}
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module fakevideo.so
module avcodec.so
module snapshot.so
module srtp.so
module_tmp account.so
module_tmp uuid.so
module_app menu.so
module_app ctrl_tcp.so
module_app debug_cmd.so
"""


def tone(path, seconds=120, hertz=440, rate=8000):
    samples = (int(12000 * math.sin(2 * math.pi * hertz * i / rate))
               for i in range(rate)) # one second, then again
    second = b"".join(struct.pack("<h", s) for s in samples)
    with wave.open(str(path), "wb") as w:
        w.setnchannels(1)
        w.setsampwidth(2)
        w.setframerate(rate)
        w.writeframes(second * seconds)


def level(path):
    """Loudest RMS of a tenth of a second in a WAV file that may still be growing."""
    data = Path(path).read_bytes()[44:]
    best = 0.0
    for i in range(0, len(data) - 1600, 1600):
        samples = struct.unpack_from("<800h", data, i)
        best = max(best, math.sqrt(sum(s * s for s in samples) / 800))
    return best


class Baresip(Process):
    """`host` is the server's, in brackets for IPv6; `account` adds to the line of the account, as
    ";dtmfmode=info"."""

    def __init__(self, where, server, user, password, name="phone", account="", *,
                 host="127.0.0.1", transport="udp", audio="pcmu,pcma"):
        self.folder = Path(where) / f"baresip-{name}"
        self.folder.mkdir()
        sip, self.control_port, rtp = free_port(2), free_port(), free_port(40)
        (self.folder / "config").write_text(CONFIG.format(
            host=host, interface=host.strip("[]"), sip=sip, control=self.control_port, rtp=rtp,
            rtp_last=rtp + 38, folder=self.folder, modules=MODULES))
        (self.folder / "accounts").write_text(
            f"<sip:{user}@{host}:{server};transport={transport}>;auth_user={user};"
            f"auth_pass={password};regint=60;audio_codecs={audio};video_codecs=h264{account}\n")
        (self.folder / "contacts").touch()
        tone(self.folder / "mouth.wav")
        self.server = server
        self.events, self.answers, self.data = [], [], b""
        super().__init__("baresip", ["baresip", "-f", self.folder], self.folder)
        self.control = until("baresip's control", self._connect)

    def _connect(self):
        if not self.running():
            raise Failed(f"baresip ended:\n{self.tail()}")
        try:
            return socket.create_connection(("127.0.0.1", self.control_port), timeout=5)
        except OSError:
            return None

    def _pull(self, seconds):
        self.control.settimeout(max(0.001, seconds))
        try:
            self.data += self.control.recv(65536)
        except TimeoutError:
            return
        while (cut := re.match(rb"(\d+):", self.data)) and \
                len(self.data) > cut.end() + int(cut.group(1)):
            end = cut.end() + int(cut.group(1))
            message = json.loads(self.data[cut.end():end])
            self.data = self.data[end + 1:]
            (self.events if message.get("event") else self.answers).append(message)

    def do(self, command, parameters=""):
        """A command of baresip's menu; what it printed."""
        text = json.dumps({"command": command, "params": parameters, "token": "t"}).encode()
        self.answers.clear()
        self.control.sendall(b"%d:%s," % (len(text), text))
        until(f"baresip's answer to {command}", lambda: self._pull(0.1) or self.answers)
        return self.answers.pop(0)["data"]

    def until_event(self, kind, seconds=15.0):
        def come():
            for i, event in enumerate(self.events):
                if event["type"] == kind:
                    return self.events.pop(i)
            self._pull(0.05)
            return None
        try:
            return until(f"baresip's {kind}", come, seconds)
        except Failed as e:
            raise Failed(f"{e}; it had {[x['type'] for x in self.events]}\n{self.tail()}") \
                from None

    def had(self, kind):
        """The events of this kind that came by now, which are taken."""
        self._pull(0.02)
        come = [e for e in self.events if e["type"] == kind]
        self.events = [e for e in self.events if e["type"] != kind]
        return come

    def registered(self):
        # Asked, not awaited: it may have registered before we listened to its events.
        until("baresip to register", lambda: "OK" in self.do("reginfo"))
        return self

    def forget(self):
        """Events and recordings of earlier calls."""
        self._pull(0)
        self.events.clear()
        for path in self.folder.glob("dump-*.wav"):
            path.unlink()

    def press(self, keys):
        """Keys during a call, as the account's dtmfmode says."""
        for key in keys:
            self.do("sndcode", key)

    def ended(self):
        """Waits for the end of the call; its reason."""
        return self.until_event("CALL_CLOSED").get("param", "")

    def frames(self):
        """Decoded and shown pictures of the far end: how many, and their width and height."""
        text = self.do("video_debug")
        shown = re.search(r"vidisp: \S+ (\d+) x (\d+) frames=(\d+)", text)
        return (int(shown[3]), int(shown[1]), int(shown[2])) if shown else (0, 0, 0)

    def heard(self):
        """The loudest that came from the far end, as an RMS of 16-bit samples."""
        return max((level(p) for p in self.folder.glob("dump-*-dec.wav")), default=0.0)

    def picture(self, path):
        """A PNG of what is on the screen."""
        self.do("snapshot_recv", str(path))
        until("a picture", lambda: path.exists() and path.stat().st_size > 100)
        expect(path.read_bytes().startswith(b"\x89PNG"), "no PNG")
        return path
