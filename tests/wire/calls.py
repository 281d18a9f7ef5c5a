#!/usr/bin/env python3
"""Calls from a door to two phones: who rings, who hears what, and what is on record."""
import contextlib
import time

import lib
import ua
from lib import expect, test, until
from server import Building, Server
from web import Live


class House(Building):
    def __enter__(self):
        self.d, self.l, self.r = (x.ua() for x in (self.door, self.left, self.right))
        self.known = len(self.site.calls())
        return self

    def __exit__(self, *_):
        for phone in (self.d, self.l, self.r):
            with contextlib.suppress(lib.Failed): # the server may be gone, or the test failed
                if self.server.running():
                    phone.register(expires=0)
            phone.close()

    def history(self):
        return self.site.ended_call(self.known)

    def talk(self, **more):
        """A call that the left phone answered: the door's and the phone's dialogs."""
        call = self.d.dial(1, **more)
        left, right = self.l.rings(), self.r.rings()
        self.l.answer(left)
        self.d.answered(call)
        self.r.cancelled(right)
        return call, left


def expect_result(house, result):
    found = house.history()["result"]
    expect(found == result, f"the history says {found}, not {result}")


@test
def first_wins(house):
    """both phones ring, one answers, the other hears that it was answered elsewhere"""
    with house as h:
        call = h.d.dial(1)
        left, right = h.l.rings(), h.r.rings()
        h.d.provisional(call)
        h.l.answer(left)
        h.d.answered(call)
        cancel = h.r.cancelled(right)
        expect("completed elsewhere" in cancel.get("Reason").lower(),
               f"CANCEL's reason is {cancel.get('Reason')!r}")
        h.d.audio.exchange(h.l.audio, "door to phone")
        h.l.audio.exchange(h.d.audio, "phone to door")
        h.d.bye(call)
        h.l.until_bye(left)
        record = h.history()
        expect(record["result"] == "answered", f"result {record['result']}")
        expect(record["answered_by"] == h.left.id, f"answered by {record['answered_by']}")
        expect(record["from_device"] == h.door.id, "the caller is another one")
        expect(record["started_at"] <= record["answered_at"] <= record["ended_at"], str(record))
        expect(record["opened"] == [], f"opened {record['opened']}")


STEPS = ("pushed_at", "delivered_at", "woken_at", "offered_at", "rang_at", "answered_at", "ended_at")


def times_of(leg):
    """What happened to a phone, in the order in which it has to."""
    return {step: leg[step] for step in STEPS if leg[step] is not None}


@test
def leaves_a_trace(house):
    """the trace says when each phone rang and what became of it, and the call when the first one did"""
    with house as h:
        before = time.time() * 1000
        call, left = h.talk()
        h.d.bye(call)
        h.l.until_bye(left)
        record = h.site.call(h.history()["id"])
        after = time.time() * 1000
        legs = [next(leg for leg in record["legs"] if leg["device"] == phone.id)
                for phone in (h.left, h.right)]
        expect([leg["why"] for leg in legs] == ["peer_hangup", "answered_elsewhere"], f"{legs}")
        won, lost = map(times_of, legs)
        for times in (won, lost):
            found = [record["started_at"], *times.values()]
            expect(found == sorted(found), f"out of order: {times}")
            # a clock in whole milliseconds
            expect(before - 1 <= found[0] and found[-1] <= after, f"from another time: {times}")
        expect({"offered_at", "rang_at", "answered_at", "ended_at"} <= won.keys(),
               f"the one that answered: {won}")
        expect({"offered_at", "rang_at", "ended_at"} <= lost.keys(), f"the other: {lost}")
        expect("answered_at" not in lost, f"the other: {lost}")
        expect(won["rang_at"] <= lost["rang_at"] <= won["answered_at"] <= lost["ended_at"],
               f"{won}, {lost}")
        expect(won["answered_at"] == record["answered_at"], f"{won}, {record}")
        expect(record["rang_at"] == won["rang_at"], f"the first ring of {record}")
        late = [c["id"] for c in h.server.admin.all(f"/sites/{h.site.id}/calls?rang=late")]
        expect(record["id"] not in late, "it is not late")


@test
def nobody_rang(house):
    """a bell that no phone hears is found among those that rang late or never"""
    with house as h:
        for phone in (h.l, h.r):
            phone.register(expires=0)
        h.d.ended(h.d.dial(1))
        record = h.history()
        expect(record["rang_at"] is None, f"rang at {record['rang_at']}")
        late = h.server.admin.all(f"/sites/{h.site.id}/calls?rang=late")
        expect(late[0]["id"] == record["id"], f"{record} is not the first of {late[:1]}")


@test
def phone_hangs_up(house):
    """a BYE of the phone ends the door's side"""
    with house as h:
        call, left = h.talk()
        h.l.bye(left)
        h.d.until_bye(call)
        expect_result(h, "answered")


@test
def both_answer_at_once(house):
    """when both answer at once, one talks and the other is sent a BYE"""
    with house as h:
        call = h.d.dial(1)
        left, right = h.l.rings(), h.r.rings()
        for phone, dialog in ((h.l, left), (h.r, right)):
            phone.reply(dialog.invite, 200, "OK", ua.sdp(phone.audio.port), dialog.local)
        h.d.answered(call)
        for phone, dialog in ((h.l, left), (h.r, right)):
            phone.until("the ACK", lambda m, d=dialog: m.method == "ACK"
                        and m.call_id == d.call_id)
        def loser():
            for phone in (h.l, h.r):
                if not phone.quiet("BYE"):
                    return phone
            return None
        lost = until("a BYE to the loser", loser)
        lost.until_bye(left if lost is h.l else right)
        winner, dialog = (h.r, right) if lost is h.l else (h.l, left)
        h.d.bye(call)
        winner.until_bye(dialog)
        record = h.history()
        expect(record["answered_by"] == winner.user, f"answered by {record['answered_by']}")


@test
def declined(house):
    """when both decline, the door is told and the history says declined"""
    with house as h:
        call = h.d.dial(1)
        for phone in (h.l, h.r):
            phone.refuse(phone.rings(), 603, "Decline")
        answer = h.d.ended(call)
        expect(answer.code in (480, 603), f"the door got {answer}")
        expect_result(h, "declined")


@test
def busy(house):
    """when both are busy, the door hears 486 and the history says busy"""
    with house as h:
        call = h.d.dial(1)
        for phone in (h.l, h.r):
            phone.refuse(phone.rings(code=None), 486, "Busy Here")
        h.d.ended(call, code=486)
        expect_result(h, "busy")


@test
def one_busy(house):
    """one busy phone does not stop the other one from answering"""
    with house as h:
        call = h.d.dial(1)
        h.l.refuse(h.l.rings(code=None), 486, "Busy Here")
        right = h.r.rings()
        h.r.answer(right)
        h.d.answered(call)
        h.d.bye(call)
        h.r.until_bye(right)
        expect(h.history()["answered_by"] == h.right.id, "answered by")


@test
def cancelled(house):
    """a cancelled bell stops both phones and is missed"""
    with house as h:
        call = h.d.dial(1)
        left, right = h.l.rings(), h.r.rings()
        h.d.provisional(call)
        h.d.cancel(call)
        h.d.ended(call, code=487)
        for phone, dialog in ((h.l, left), (h.r, right)):
            cancel = phone.cancelled(dialog)
            expect("elsewhere" not in cancel.get("Reason").lower(), cancel.get("Reason"))
        expect_result(h, "missed")


@test
def rings_too_long(house):
    """nobody answers: after the ringing time phones stop and the call is missed"""
    with house as h:
        call = h.d.dial(1)
        left, right = h.l.rings(), h.r.rings()
        for phone, dialog in ((h.l, left), (h.r, right)):
            phone.cancelled(dialog, 15)
        answer = h.d.ended(call)
        expect(answer.code in (408, 480), f"the door got {answer}")
        expect_result(h, "missed")


@test
def nobody_there(house):
    """a bell that rings nobody who is registered fails at once and is on record"""
    with house as h:
        for phone in (h.l, h.r):
            phone.register(expires=0)
        call = h.d.dial(1)
        answer = h.d.ended(call)
        expect(answer.code == 480, f"the door got {answer}")
        expect(h.history()["result"] in ("missed", "failed"), "result")


@test
def other_site(house):
    """a door never reaches a device of another site"""
    other = Building(house.server, f"Elsewhere {time.monotonic_ns()}")
    stranger = other.left.ua()
    with house as h:
        for number in (other.left.id, other.door.id):
            answer = h.d.ended(h.d.dial(number))
            expect(answer.code in (403, 404), f"the door got {answer}")
        call, left = h.talk() # the server has had its time to send something wrong
        expect(stranger.quiet("INVITE"), "the foreign phone was rung")
        h.d.bye(call)
        h.l.until_bye(left)
    stranger.close()
    expect(other.site.calls() == [], "the call is in the other site's history")


@test
def opens_by_rfc4733(house):
    """keys by RFC 4733 reach the door and the code is an opening in the history"""
    with house as h:
        call, left = h.talk()
        h.l.audio.exchange(h.d.audio, "phone to door")
        h.d.audio.exchange(h.l.audio, "door to phone")
        for key in "1234*":
            h.l.audio.key(key)
        seen = set()
        def all_keys():
            packet = h.d.audio.receive()
            if packet and packet[0] == 101:
                seen.add(packet[1][0])
            return seen == {1, 2, 3, 4, 10}
        until("the keys at the door", all_keys)
        h.d.bye(call)
        h.l.until_bye(left)
        opened = h.history()["opened"]
        expect(len(opened) == 1, f"opened {opened}")
        expect(opened[0]["by_device"] == h.left.id, f"opened by {opened[0]}")


@test
def opens_by_info(house):
    """keys by INFO open too, once, and wrong ones do not"""
    with house as h:
        call, left = h.talk()
        for key in "9999*1234*":
            answer = h.l.inside(left, "INFO", f"Signal={key}\r\nDuration=160\r\n")
            expect(answer.code == 200, f"INFO: {answer}")
        h.d.bye(call)
        h.l.until_bye(left)
        opened = h.history()["opened"]
        expect(len(opened) == 1, f"opened {opened}")
        expect(opened[0]["how"] and opened[0]["by_device"] == h.left.id, f"opened {opened[0]}")


@test
def holds(house):
    """a phone that holds and resumes keeps its call"""
    with house as h:
        call, left = h.talk()
        h.l.audio.exchange(h.d.audio, "before")
        def change(direction, version):
            body = ua.sdp(h.l.audio.port, direction=direction, version=version)
            left.number += 1
            left.branch = h.l.request("INVITE", left.target, [
                f"From: <{h.l.address}>;tag={left.local}",
                f"To: <{left.remote_uri}>;tag={left.remote}", f"Call-ID: {left.call_id}",
                f"CSeq: {left.number} INVITE", f"Contact: <{h.l.contact}>"], body)
            # The door may be asked as well, or not; either is right.
            def come():
                h.d._pull(0.01)
                for i, m in enumerate(h.d.waiting):
                    if m.method == "INVITE":
                        h.d.waiting.pop(i)
                        way = ua.media(m.body, "audio")[1]
                        mine = {"sendonly": "recvonly", "inactive": "inactive"}.get(way, "sendrecv")
                        h.d.reply(m, 200, "OK", ua.sdp(h.d.audio.port, direction=mine,
                                                       version=version), call.local)
                h.l._pull(0.01)
                return any(m.code and m.code >= 200 and m.cseq == (left.number, "INVITE")
                           for m in h.l.waiting)
            until("the answer to re-INVITE", come)
            answer = h.l.until_final("INVITE", left.number)
            expect(answer.code == 200, f"re-INVITE: {answer}")
            h.l.ack(left, left.number)
            return ua.media(answer.body, "audio")[1]
        way = change("sendonly", 2)
        expect(way in ("recvonly", "inactive"), f"hold was answered with {way}")
        way = change("sendrecv", 3)
        expect(way == "sendrecv", f"resume was answered with {way}")
        h.l.audio.exchange(h.d.audio, "after, to the door")
        h.d.audio.exchange(h.l.audio, "after, to the phone")
        h.l.bye(left)
        h.d.until_bye(call)


@test
def live_page(house):
    """a live page hears of a call while it goes on, and can resume by cursor"""
    with house as h:
        began = int(time.time() * 1000)
        def is_ours(event): # of the calls before it some may still be told of, late
            return event["type"] == "call" and h.site.call(event["id"])["started_at"] >= began
        live = Live(h.server.admin, h.site.id)
        call, left = h.talk()
        event = live.until(is_ours)
        expect(event["site"] == h.site.id, f"event {event}")
        live.close()
        h.d.bye(call)
        h.l.until_bye(left)
        again = Live(h.server.admin, h.site.id, event["cursor"])
        later = again.until(is_ours)
        expect(later["id"] == event["id"], f"{later} after {event}")
        again.close()


@test
def own_phone_calls(house):
    """a phone calls another device of its site by number"""
    with house as h:
        call = h.l.dial(h.right.id)
        right = h.r.rings()
        h.r.answer(right)
        h.l.answered(call)
        h.l.bye(call)
        h.r.until_bye(right)


@test
def stops_cleanly(house):
    """the server ends cleanly on TERM"""
    house.server.stop()


if __name__ == "__main__":
    with lib.folder() as where:
        server = Server(where, "--ring-s", "5", "--drain-s", "1")
        try:
            lib.main(House(server))
        finally:
            server.process.stop()
