#!/usr/bin/env python3
"""The simulated door and real phones (baresip) at a real server: what they see, hear and open."""
import contextlib

import lib
import ua
from gate import VOICE_RMS, Gate
from lib import expect, test, until
from phone import Baresip
from png import Picture
from server import Building, Server

MEDIA_PORTS = 400
FRAMES = 20 # pictures that a phone must have decoded before we believe in the stream
TONE_DBFS = -12 # of phone.tone
LOUD_RMS = 1000 # of ua.py's frames, when they are heard at all
BAR_ROW = 452 # of the bar that moves along the floor: sim/picture.c
DOOR_LEAF = (330, 250) # a point of the door when it is closed, of the outside when it is open


class House(Building):
    """A building whose door is vestibule-door, and whose phones are two baresips; the right one
    knows A-law only."""

    def __init__(self, server, where, *, transport="udp", door_host=None, host=None):
        super().__init__(server, f"Building over {transport}")
        self.where, self.shots, self.host = where, 0, host or server.host
        at = {"host": self.host, "transport": transport}
        self.gate = Gate(where, server.sip, self.door, "--transport", transport,
                         host=door_host or self.host).registered()
        self.left_phone = Baresip(where, server.sip, self.left.user, self.left.password, "left",
                                  **at).registered()
        self.right_phone = Baresip(where, server.sip, self.right.user, self.right.password,
                                   "right", audio="pcma", **at).registered()
        self.phones = (self.left_phone, self.right_phone)
        self.known = 0

    def __enter__(self):
        for phone in self.phones:
            phone.forget()
        self.known = len(self.site.calls())
        self.log = self.gate.api("log/subscribe", duration=600)["id"]
        return self

    def __exit__(self, *_):
        """Ends what a failed test left behind, so that the next one begins with peace."""
        self.gate.api("log/unsubscribe", id=self.log)
        if call := self.gate.call():
            self.gate.api("call/hangup", session=call["session"])
        for phone in self.phones:
            phone.do("hangup")
        until("the end of the calls", lambda: all(c["ended_at"] for c in self.site.calls()))
        self.gate.api("switch/ctrl", switch=1, action="off")

    def close(self):
        for process in (self.gate, *self.phones):
            process.stop()

    def ring(self):
        """The bell is pressed; both phones ring."""
        self.gate.press("%1")
        for phone in self.phones:
            phone.until_event("CALL_INCOMING")
        self.gate.until_call("ringing")

    def talk(self, phone=None):
        """A call that `phone`, the left one by default, answered."""
        phone = phone or self.left_phone
        self.ring()
        phone.do("accept")
        phone.until_event("CALL_ESTABLISHED")
        self.gate.until_call("connected")
        other = self.right_phone if phone is self.left_phone else self.left_phone
        other.ended()
        return phone

    def look(self, phone):
        self.shots += 1
        return Picture(phone.picture(self.where / f"shot-{self.shots}.png"))

    def keys_heard(self, keys, way):
        """The door's log has these keys of the far end, come by this way."""
        heard = []
        def come():
            heard.extend(e["params"] for e in self.gate.events(self.log)
                         if e["event"] == "DtmfEntered")
            return len(heard) >= len(keys)
        until("the keys at the door", come)
        expect("".join(e["digit"] for e in heard) == keys and
               all(e["type"] == way for e in heard), f"keys {heard}")

    def history(self):
        return self.site.ended_call(self.known)


def sees(phone, width, height):
    """The far end's pictures are decoded, in that size."""
    def enough():
        frames = phone.frames()
        return frames[0] >= FRAMES and frames
    frames = until("decoded pictures", enough, 20)
    expect(frames[1:] == (width, height), f"pictures of {frames[1]}x{frames[2]}")


def bar(picture):
    """Where the bar stands: the first orange pixel of its row."""
    for x in range(picture.width):
        red, green, blue = picture.pixel(x, BAR_ROW)
        if red > green + 60 and red > blue + 60:
            return x
    raise lib.Failed("no bar in the picture")


def leaf_is_shut(picture):
    red, _, blue = picture.pixel(*DOOR_LEAF)
    return red > blue


def hears_door(phone):
    low, high = VOICE_RMS
    level = until("the door's voice at the phone",
                  lambda: phone.heard() > low and phone.heard(), 15)
    expect(level < high, f"the door's voice has an RMS of {level:.0f}")


def heard_at_door(house):
    def near():
        return abs(house.gate.page()["level"] - TONE_DBFS) <= 2
    try:
        until("the phone's tone at the door", near, 15)
    except lib.Failed as e:
        raise lib.Failed(f"{e}: {house.gate.call()}") from None


# ------------------------------------------------------------------------------ calls and media

@test
def picture_and_sound(house):
    """both phones ring, one answers: it sees a moving picture, and both ends hear each other"""
    with house as h:
        phone = h.talk()
        sees(phone, 640, 480)
        first = h.look(phone)
        expect((first.width, first.height) == (640, 480), "the screen's size")
        until("the bar to move", lambda: bar(h.look(phone)) != bar(first))
        hears_door(phone)
        heard_at_door(h)
        numbers = h.gate.call()["media"]
        expect(numbers["audio"] and numbers["video"] and numbers["frames"] >= FRAMES
               and numbers["audioReceived"] and numbers["audioSent"], f"{numbers}")
        phone.do("hangup")
        h.gate.until_call("terminated")
        record = h.history()
        expect(record["result"] == "answered" and record["answered_by"] == h.left.id
               and record["from_device"] == h.door.id and record["opened"] == [], f"{record}")


@test
def other_law(house):
    """the phone that knows A-law only is heard and hears as well"""
    with house as h:
        phone = h.talk(h.right_phone)
        sees(phone, 640, 480)
        hears_door(phone)
        heard_at_door(h)
        h.gate.press("%1")
        phone.ended()
        expect(h.history()["answered_by"] == h.right.id, "answered by")


@test
def opens_by_rfc4733(house):
    """keys of a phone by RFC 4733 open the door: relay, picture, log and history say so"""
    with house as h:
        phone = h.talk()
        sees(phone, 640, 480)
        expect(leaf_is_shut(h.look(phone)), "the door stands open before the code")
        phone.press("9999*")
        h.keys_heard("9999*", "rtp")
        expect(not h.gate.is_open(), "a wrong code opened")
        phone.press("1234*")
        until("the relay", h.gate.is_open)
        expect(not h.gate.is_open(2), "relay 2 switched too")
        expect(h.gate.page()["open"], "the page's lamp")
        until("the open door in the picture", lambda: not leaf_is_shut(h.look(phone)))
        events = [e for e in h.gate.events(h.log) if e["event"] == "SwitchStateChanged"]
        expect(events and events[0]["params"] ==
               {"switch": 1, "state": True, "originator": "dtmf"}, f"log {events}")
        phone.do("hangup")
        h.gate.until_call("terminated")
        opened_by(h, h.left, "dtmf")


def opened_by(house, device, how):
    """The history of the call has one opening of our door."""
    opened = house.history()["opened"]
    expect(len(opened) == 1, f"opened {opened}")
    expect((opened[0]["by_device"], opened[0]["by_name"], opened[0]["how"]) ==
           (device.id, device.name, how), f"opened {opened}")


@test
def opens_by_info(house):
    """a phone that calls the door opens it by INFO, in both forms, which the door hears by RFC 4733"""
    with house as h:
        caller = h.site.device("phone", "By INFO")
        h.server.until_known()
        phone = caller.ua()
        call = phone.dial(h.door.id)
        phone.answered(call)
        h.gate.until_call("connected")
        for key in "9999*":
            phone.inside(call, "INFO", f"Signal={key}\r\nDuration=160\r\n")
        h.keys_heard("9999*", "rtp")
        expect(not h.gate.is_open(), "a wrong code opened")
        for key in "1234*":
            answer = phone.inside(call, "INFO", key, ["Content-Type: application/dtmf"])
            expect(answer.code == 200, f"INFO: {answer}")
        until("the relay", h.gate.is_open)
        phone.bye(call)
        h.gate.until_call("terminated")
        phone.register(expires=0)
        phone.close()
        opened_by(h, caller, "info")


@test
def holds(house):
    """a phone holds and resumes the call, and turns the picture off and on"""
    with house as h:
        phone = h.talk()
        sees(phone, 640, 480)
        phone.do("hold")
        until("the door to fall silent", lambda: not h.gate.call()["media"]["audio"])
        held = h.gate.call()["media"]
        phone.do("resume")
        until("the door to speak again", lambda: h.gate.call()["media"]["audio"])
        until("the picture to go on", lambda: h.gate.call()["media"]["frames"] > held["frames"] + FRAMES)
        before = phone.frames()[0]
        until("new pictures at the phone", lambda: phone.frames()[0] > before + FRAMES, 20)
        heard_at_door(h)
        phone.do("video_dir", "inactive")
        until("the picture to stop", lambda: not h.gate.call()["media"]["video"])
        expect(h.gate.call()["media"]["audio"], "the sound stopped with the picture")
        phone.do("video_dir", "sendrecv")
        until("the picture to go on", lambda: h.gate.call()["media"]["video"])
        before = phone.frames()[0]
        until("new pictures at the phone", lambda: phone.frames()[0] > before + FRAMES, 20)
        phone.do("hangup")
        h.gate.until_call("terminated")


@test
def sees_before_answering(house):
    """a phone that takes early media sees who rings; it answers, or another phone does"""
    with house as h:
        h.left_phone.do("answermode", "early")
        try:
            h.gate.press("%1")
            h.right_phone.until_event("CALL_INCOMING")
            sees(h.left_phone, 640, 480)
            expect(h.gate.call()["state"] == "ringing", "it was answered")
            h.left_phone.do("accept")
            h.gate.until_call("connected")
            hears_door(h.left_phone)
            heard_at_door(h)
            h.left_phone.do("hangup")
            h.gate.until_call("terminated")
            h.right_phone.forget()
            h.gate.press("%1")
            h.right_phone.until_event("CALL_INCOMING")
            sees(h.left_phone, 640, 480)
            h.right_phone.do("accept") # it looked on the left, and the right one answers
            h.left_phone.until_event("CALL_CLOSED")
            sees(h.right_phone, 640, 480)
            hears_door(h.right_phone)
            heard_at_door(h)
            h.right_phone.press("1234*")
            until("the relay", h.gate.is_open)
        finally:
            h.left_phone.do("answermode", "manual")
        h.right_phone.do("hangup")
        h.gate.until_call("terminated")
        record = h.site.ended_call(h.known + 1)
        expect(record["answered_by"] == h.right.id, "answered by")
        streams = until("the statistics", lambda: h.site.call(record["id"])["streams"])
        # the door was told of mu-law first, for the left one
        laws = [s["codec"] for s in streams if s["kind"] == "audio"]
        expect(laws == ["PCMA", "PCMA"], f"the sound was {laws}")


@test
def sees_in_the_other_mode(house):
    """phones with different modes of H.264 look on at once, under their own payload types"""
    with house as h, contextlib.ExitStack() as stack:
        other = h.site.device("phone", "Mode 1") # baresip asks for mode 0
        h.site.buttons(h.door, [h.left, h.right, other])
        stack.callback(h.site.buttons, h.door, [h.left, h.right])
        h.site.device("phone", "Behind it") # what comes behind them in the feed is known: so are they
        h.server.until_known()
        phone = other.ua()
        stack.callback(phone.close)
        screen = ua.Audio()
        stack.callback(screen.socket.close)
        h.left_phone.do("answermode", "early")
        stack.callback(h.left_phone.do, "answermode", "manual")
        h.gate.press("%1")
        ringing = phone.rings()
        sees(h.left_phone, 640, 480)
        phone.reply(ringing.invite, 183, "Session Progress",
                    ua.sdp(phone.audio.port, screen.port), ringing.local)
        first = until("a picture's packet", lambda: screen.receive(0.05))
        expect(first[0] == 99, f"payload type {first[0]} for who said 99")
        until("a key frame for the new viewer", lambda: h.gate.call()["media"]["keyFrameRequests"])
        h.gate.press("%1")
        phone.cancelled(ringing)
        phone.register(expires=0)
        h.gate.until_call("terminated")


@test
def without_video(house):
    """a phone without video talks, and the door makes no picture for it"""
    with house as h:
        phone = h.left.ua(registered=False)
        call = phone.dial(h.door.id)
        phone.answered(call)
        h.gate.until_call("connected")
        phone.audio.frame()
        until("the door's voice", lambda: phone.audio.receive())
        media = h.gate.call()["media"]
        expect(media["audio"] and not media["video"] and media["videoSent"] == 0, f"{media}")
        phone.bye(call)
        h.gate.until_call("terminated")
        phone.close()


@test
def late_offer(house):
    """a phone that offers nothing is offered sound and the picture, and answers with ACK"""
    with house as h, contextlib.ExitStack() as stack:
        caller = h.site.device("phone", "Late offer")
        h.server.until_known()
        phone = caller.ua()
        stack.callback(phone.close)
        screen = ua.Audio()
        stack.callback(screen.socket.close)
        call = phone.dial(h.door.id, "")
        answer = phone.answered(call, body=ua.sdp(phone.audio.port, screen.port))
        expect(ua.media(answer.body, "audio")[1] == "sendrecv", answer.body)
        expect(ua.media(answer.body, "video")[1] == "sendonly", answer.body)
        def heard_and_seen():
            phone.audio.frame()
            return phone.audio.receive() and screen.receive()
        until("the door's voice and picture", heard_and_seen)
        until("sound at the door", lambda: phone.audio.frame()
              or h.gate.call()["media"]["audioReceived"] > FRAMES)
        phone.bye(call)
        phone.register(expires=0)
        h.gate.until_call("terminated")


@test
def door_hangs_up(house):
    """call/hangup at the door ends the phone's call"""
    with house as h:
        phone = h.talk()
        h.gate.api("call/hangup", session=h.gate.call()["session"])
        phone.ended()
        expect(h.history()["result"] == "answered", "result")


@test
def door_cancels(house):
    """the bell pressed again stops both phones; the call is missed"""
    with house as h:
        h.ring()
        h.gate.press("%1")
        for phone in h.phones:
            phone.ended()
        expect(h.history()["result"] == "missed", "result")


@test
def phones_decline(house):
    """one phone that declines leaves the other ringing; when both did, the door's call ends"""
    with house as h:
        h.ring()
        h.left_phone.do("hangup")
        h.left_phone.ended()
        expect(h.gate.call()["state"] == "ringing", "the door's call ended with the first")
        h.right_phone.do("hangup")
        h.gate.until_call("terminated")
        expect(h.history()["result"] in ("busy", "declined"), "result")


@test
def phone_calls_door(house):
    """a phone calls the door, which answers, and sees and hears it"""
    with house as h:
        h.left_phone.do("dial", f"sip:{h.door.user}@{h.host}:{h.server.sip}")
        h.left_phone.until_event("CALL_ESTABLISHED")
        expect(h.gate.until_call("connected")["direction"] == "incoming", "direction")
        sees(h.left_phone, 640, 480)
        hears_door(h.left_phone)
        heard_at_door(h)
        h.left_phone.do("hangup")
        h.gate.until_call("terminated")
        record = h.history()
        expect(record["from_device"] == h.left.id and record["answered_by"] == h.door.id,
               f"{record}")


@test
def phone_calls_phone(house):
    """between two phones H.264 and sound go both ways"""
    with house as h:
        h.right_phone.forget()
        h.left_phone.do("dial", f"sip:{h.right.user}@{h.host}:{h.server.sip}")
        h.right_phone.until_event("CALL_INCOMING")
        h.right_phone.do("accept")
        for phone in h.phones:
            phone.until_event("CALL_ESTABLISHED")
        for phone in h.phones:
            sees(phone, 320, 240)
            until("the other phone's tone", lambda p=phone: p.heard() > 7000, 15)
        h.right_phone.do("hangup")
        h.left_phone.ended()
        expect(h.history()["answered_by"] == h.right.id, "answered by")


# -------------------------------------------------------------------------------------- encryption

# Of a phone that offers one key, SDP's first media line and what follows it.
KEYED = ("RTP/SAVP 0 8 101\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 "
         "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj")


def passed_both_ways(house):
    """The statistics of the last call, which is over: each side sent sound and was sent some."""
    call = house.history()["id"]
    streams = until("the statistics", lambda: house.site.call(call)["streams"])
    sound = [s for s in streams if s["kind"] == "audio"]
    expect(len(sound) == 2 and all(s["packets"] > FRAMES and s["sent"] > FRAMES for s in sound),
           f"{streams}")


@test
def keyed(house):
    """a phone that must have SRTP, and a door that has none, see and hear each other, whoever calls"""
    with house as h:
        device = h.site.device("phone", "Keyed", srtp="required")
        h.server.until_known()
        with Baresip(h.where, h.server.sip, device.user, device.password, "keyed",
                     ";mediaenc=srtp-mand", host=h.host) as phone:
            phone.registered()
            h.gate.api("call/dial", number=device.id)
            phone.until_event("CALL_INCOMING")
            phone.do("accept")
            hears_and_sees(h, phone, "AEAD_AES_128_GCM") # our first
            phone.forget()
            h.known += 1
            phone.do("dial", f"sip:{h.door.user}@{h.host}:{h.server.sip}")
            hears_and_sees(h, phone, "AES_CM_128_HMAC_SHA1_80") # its first


@test
def a_foreign_door_hears_events(house):
    """keys by INFO reach a baresip that is the door as RFC 4733, each once, in clear and sealed"""
    for srtp, account in (("off", ""), ("required", ";mediaenc=srtp-mand")):
        with house as h:
            door = h.site.device("intercom", f"Foreign, SRTP {srtp}", srtp=srtp, unlock_code="12*")
            caller = h.site.device("phone", f"By INFO, SRTP {srtp}")
            h.server.until_known()
            with Baresip(h.where, h.server.sip, door.user, door.password, f"door-{srtp}", account,
                         host=h.host) as gate:
                gate.registered()
                hears_keys(gate, caller.ua(), door)
            opened_by(h, caller, "info")


def hears_keys(gate, phone, door):
    """From INFO to the foreign door's own events, twice: before any sound and in the midst of it."""
    call = phone.dial(door.id)
    gate.until_event("CALL_INCOMING")
    gate.do("accept")
    phone.answered(call)
    gate.until_event("CALL_ESTABLISHED")
    for key in "12*":
        phone.inside(call, "INFO", f"Signal={key}\r\nDuration=160\r\n")
    heard = [gate.until_event("CALL_DTMF_START")["param"] for _ in "12*"]
    phone.inside(call, "INFO", "Signal=7\r\nDuration=160\r\n")
    def last():
        phone.audio.frame()
        return gate.had("CALL_DTMF_START")
    heard += [e["param"] for e in until("the last key", last)]
    expect(heard == list("12*7"), f"keys {heard}")
    def sound():
        phone.audio.frame()
        return gate.heard() > LOUD_RMS
    until("the phone's sound at the door", sound)
    expect(not gate.had("CALL_DTMF_START"), "a key too many")
    phone.bye(call)
    gate.ended()
    phone.register(expires=0)
    phone.close()


def hears_and_sees(house, phone, suite):
    phone.until_event("CALL_ESTABLISHED")
    house.gate.until_call("connected")
    phone.until_output(f"SRTP is Enabled (cryptosuite={suite})")
    sees(phone, 640, 480)
    hears_door(phone)
    heard_at_door(house)
    phone.do("hangup")
    house.gate.until_call("terminated")
    passed_both_ways(house)


@test
def in_clear_where_keys_are_required(house):
    """a phone that must have SRTP is refused without a key, and its answer without one ends the call"""
    with house as h:
        device = h.site.device("phone", "Careless", srtp="required")
        h.server.until_known()
        phone = device.ua()
        phone.ended(phone.dial(h.door.id), code=488)
        h.gate.api("call/dial", number=device.id)
        ringing = phone.rings()
        expect("m=audio" in ringing.invite.body and " RTP/AVP " not in ringing.invite.body,
               ringing.invite.body)
        phone.answer(ringing)
        bye = phone.until_bye(ringing)
        expect("cause=488" in bye.get("Reason"), bye.get("Reason"))
        h.gate.until_call("terminated")
        phone.register(expires=0)
        phone.close()


@test
def keys_where_there_are_none(house):
    """a phone without SRTP by its setting is refused when it insists on keys, and is offered none"""
    with house as h:
        device = h.site.device("phone", "In clear", srtp="off")
        h.server.until_known()
        phone = device.ua()
        keyed = ua.sdp(phone.audio.port).replace("RTP/AVP 0 8 101", KEYED)
        phone.ended(phone.dial(h.door.id, keyed), code=488)
        h.gate.api("call/dial", number=device.id)
        ringing = phone.rings()
        expect("a=crypto" not in ringing.invite.body, ringing.invite.body)
        phone.answer(ringing)
        h.gate.until_call("connected")
        phone.bye(ringing)
        h.gate.until_call("terminated")
        phone.register(expires=0)
        phone.close()


# --------------------------------------------------------------------------- other ways to the SIP

def short_call(house):
    with house as h:
        phone = h.talk()
        sees(phone, 640, 480)
        hears_door(phone)
        heard_at_door(h)
        phone.press("1234*")
        until("the relay", h.gate.is_open)
        phone.do("hangup")
        h.gate.until_call("terminated")
        expect([o["by_device"] for o in h.history()["opened"]] == [h.left.id], "opened by")


@contextlib.contextmanager
def other_house(server=None, listen=None, **more):
    """A house of its own, at the suite's server or at one that listens elsewhere."""
    with lib.folder() as where:
        own = server or Server(where, "--ring-s", "20", host=listen, media_ports=MEDIA_PORTS)
        try:
            house = House(own, where, **more)
            try:
                yield house
            finally:
                house.close()
        finally:
            if own is not server:
                own.stop()


@test
def over_tcp(house):
    """the whole journey with SIP over TCP, phones and door"""
    with other_house(house.server, transport="tcp") as other:
        short_call(other)


@test
def over_ipv6(_):
    """the whole journey over IPv6"""
    with other_house(listen="[::1]") as other:
        short_call(other)


@test
def over_both_families(_):
    """a door with IPv6 and phones with IPv4 at a server that listens to both"""
    with other_house(listen="[::]", door_host="[::1]", host="127.0.0.1") as other:
        short_call(other)


@test
def server_dies(house):
    """after the server was killed in a call and came back, the bell rings both phones as before"""
    with house as h:
        h.talk()
        until("the call in the history", lambda: h.site.calls()[0]["answered_at"])
        h.server.kill()
        h.server.start()
        h.left_phone.do("hangup")
        h.gate.press("%1")
        h.gate.until_call("terminated")
        for phone in h.phones:
            phone.forget()
        first = h.site.calls()[0]
        expect(first["result"] == "answered" and first["ended_at"], f"{first}")
        h.talk()
        sees(h.left_phone, 640, 480)
        heard_at_door(h)
        h.gate.press("%1")
        h.left_phone.ended()
        expect(len(h.site.calls()) == h.known + 2, "calls in the history")


@test
def two_digests(_):
    """one phone signs with SHA-256, the other with MD5, and they call each other"""
    with lib.folder() as where:
        server = Server(where, "--sip-sha256", "yes", media_ports=MEDIA_PORTS)
        try:
            building = Building(server)
            new, old = building.left.ua(digest="SHA-256"), building.right.ua()
            for caller, called, device in ((new, old, building.right), (old, new, building.left)):
                call = caller.dial(device.id)
                ringing = called.rings()
                called.answer(ringing)
                caller.answered(call)
                caller.bye(call)
                called.until_bye(ringing)
            new.password = old.password
            new.register(code=401)
            new.close()
            old.close()
        finally:
            server.stop()


if __name__ == "__main__":
    with lib.folder() as folder:
        the_server = Server(folder, "--ring-s", "30", "--drain-s", "1", media_ports=MEDIA_PORTS)
        try:
            the_house = House(the_server, folder)
            try:
                lib.main(the_house)
            finally:
                the_house.close()
        finally:
            the_server.process.stop()
