import assert from "node:assert/strict";
import { test } from "node:test";
import {
	CALLS_MAX, OWED_MAX, phone_do, phone_front, phone_hear, phone_tick, phone_unlinked, phone_waiting,
	PHONE_IDLE, type Act, type Deed, type Phone, type Step,
} from "../src/app/phone.ts";
import type { Quiet } from "../src/api/types.ts";
import type { AppDevice, PastCall } from "../src/app/api.ts";
import { notice_pictured, notice_plan } from "../src/app/notice.ts";
import { past_missed, past_text } from "../src/app/past.ts";
import { here_parse } from "../src/app/place.ts";
import { places } from "../src/app/places.ts";
import { quiet_night, quiet_simple, quiet_with } from "../src/app/quiet_times.ts";
import { snapshot_name } from "../src/app/snapshot.ts";
import { said_parse, type Dialling, type Ring, type Said } from "../src/app/protocol.ts";

const NOW = 1_000_000;
const DOOR = { device: "1000000001", name: "Front door", kind: "intercom" } as const;
const SWITCHES = [{ number: 1, name: "Door" }];

const hello: Said = { type: "hello", now: NOW, devices: ["2000000001"] };
const ring = (call: string, more: Partial<Ring> = {}): Ring => ({
	type: "ring", call, device: "2000000001", from: DOOR, at: NOW, until: NOW + 30_000,
	token: `t${call}`, sdp: `o${call}`, switches: SWITCHES, ...more,
});
const dialling = (ref: string, call: string, more: Partial<Dialling> = {}): Dialling => ({
	type: "dialling", ref, call, device: "2000000001", to: DOOR, token: `t${call}`,
	switches: SWITCHES, ...more,
});
const dial = (ref: string, look: boolean): Deed =>
	({ do: "dial", ref, device: "2000000001", to: DOOR, look, switches: SWITCHES });

// What the last of these does, after the others.
function play(...events: (Said | Deed | "lost")[]): Step {
	let step: Step = { phone: PHONE_IDLE, acts: [] };
	for (const event of events)
		step = event === "lost" ? { phone: phone_unlinked(step.phone), acts: [] }
			: "do" in event ? phone_do(step.phone, event)
			: phone_hear(step.phone, event, NOW);
	return step;
}

const acts_of = (acts: Act[]) => acts.map((one) =>
	one.act === "say" ? `${one.say.type} ${"call" in one.say ? one.say.call : one.say.ref}`
		: one.act === "refused" ? `refused ${one.code}` : `${one.act} ${one.call}`);
const phases = ({ calls }: Phone) => calls.map(({ id, phase, why }) =>
	why === null ? `${id} ${phase}` : `${id} ${phase} ${why}`);

test("a ring is shown with its picture before anybody answers", () => {
	const { phone, acts } = play(hello, ring("1"));
	assert.deepEqual(acts_of(acts), ["offer 1"]);
	assert.equal(phone_front(phone)?.id, "1");
	assert.deepEqual(phases(phone), ["1 ringing"]);
});

test("answering says so, then asks for the microphone; the talk is counted from the server's word", () => {
	const answered = play(hello, ring("1"), { do: "answer", call: "1" });
	assert.deepEqual(acts_of(answered.acts), ["answer 1", "microphone 1"]);
	assert.deepEqual(phases(answered.phone), ["1 answering"]);
	const talking = phone_hear(answered.phone, { type: "talking", call: "1", at: NOW - 7 }, NOW);
	assert.deepEqual(phases(talking.phone), ["1 talking"]);
	assert.equal(talking.phone.calls[0]?.since, NOW - 7);
	assert.deepEqual(acts_of(phone_do(talking.phone, { do: "answer", call: "1" }).acts), []);
});

test("declined, answered elsewhere, hung up: over, closed, and gone once dismissed", () => {
	const declined = play(hello, ring("1"), { do: "decline", call: "1" });
	assert.deepEqual(acts_of(declined.acts), ["decline 1", "hush 1"]);
	assert.deepEqual(phases(declined.phone), ["1 ended declined"]);
	const elsewhere = play(hello, ring("1"),
		{ type: "ended", call: "1", why: "answered_elsewhere", by: "Kitchen" });
	assert.deepEqual(acts_of(elsewhere.acts), ["hush 1"]);
	assert.equal(elsewhere.phone.calls[0]?.by, "Kitchen");
	assert.deepEqual(phone_do(elsewhere.phone, { do: "answer", call: "1" }).acts, []);
	assert.deepEqual(phone_hear(elsewhere.phone, { type: "talking", call: "1", at: 1 }, NOW).phone,
		elsewhere.phone);
	assert.deepEqual(phone_do(elsewhere.phone, { do: "dismiss", call: "1" }).phone.calls, []);
	const hung = play(hello, ring("1"), { do: "answer", call: "1" }, { do: "hangup", call: "1" });
	assert.deepEqual(acts_of(hung.acts), ["hangup 1", "hush 1"]);
});

test("only what is over can be dismissed", () => {
	assert.deepEqual(phases(play(hello, ring("1"), { do: "dismiss", call: "1" }).phone),
		["1 ringing"]);
});

test("a second ring waits beside the talk; taking it ends the first", () => {
	const both = play(hello, ring("1"), { do: "answer", call: "1" }, ring("2"));
	assert.equal(phone_front(both.phone)?.id, "1");
	assert.deepEqual(phone_waiting(both.phone).map(({ id }) => id), ["2"]);
	const taken = phone_do(both.phone, { do: "answer", call: "2" });
	assert.deepEqual(acts_of(taken.acts), ["hangup 1", "hush 1", "answer 2", "microphone 2"]);
	assert.equal(phone_front(taken.phone)?.id, "2");
});

test("more calls than a page can have are declined", () => {
	const rings = Array.from({ length: CALLS_MAX + 1 }, (_, n) => ring(String(n)));
	const { phone, acts } = play(hello, ...rings);
	assert.equal(phone.calls.length, CALLS_MAX);
	assert.deepEqual(acts_of(acts), [`decline ${CALLS_MAX}`]);
});

test("a dialled call gets its number from the server; the offer may come later", () => {
	const dialled = play(hello, dial("r1", false));
	assert.deepEqual(acts_of(dialled.acts), ["dial r1"]);
	const named = phone_hear(dialled.phone, dialling("r1", "7"), NOW);
	assert.deepEqual(acts_of(named.acts), []);
	assert.deepEqual(phases(named.phone), ["7 dialling"]);
	const offered = phone_hear(named.phone, { type: "sdp", call: "7", sdp: "o7" }, NOW);
	assert.deepEqual(acts_of(offered.acts), ["offer 7", "microphone 7"]);
	assert.deepEqual(phases(phone_hear(offered.phone, { type: "ringing", call: "7" }, NOW).phone),
		["7 calling"]);
});

test("looking needs no microphone; to talk in the same call does", () => {
	const seen = play(hello, dial("r1", true), dialling("r1", "7", { sdp: "o7" }));
	assert.deepEqual(acts_of(seen.acts), ["offer 7"]);
	assert.deepEqual(phone_do(seen.phone, { do: "answer", call: "7" }).acts, []); // nobody is there
	const looks = phone_hear(seen.phone, { type: "talking", call: "7", at: NOW - 7 }, NOW);
	const said = phone_do(looks.phone, { do: "answer", call: "7" });
	assert.deepEqual(acts_of(said.acts), ["answer 7", "microphone 7"]);
	assert.deepEqual(phases(said.phone), ["7 talking"]);
	assert.equal(said.phone.calls[0]?.look, false);
	assert.deepEqual(phone_do(said.phone, { do: "answer", call: "7" }).acts, []);
	const again = phone_hear(said.phone, { type: "sdp", call: "7", sdp: "p7" }, NOW);
	assert.deepEqual(acts_of(again.acts), ["offer 7", "microphone 7"]); // once heard, heard again
});

test("given up before the server named it: hung up when it does", () => {
	const given_up = play(hello, dial("r1", false), { do: "hangup", call: "r1" });
	assert.deepEqual(acts_of(given_up.acts), ["hush r1"]);
	assert.deepEqual(acts_of(phone_hear(given_up.phone, dialling("r1", "7"), NOW).acts), ["hangup 7"]);
});

test("what the server refuses", () => {
	assert.deepEqual(phases(play(hello, dial("r1", false),
		{ type: "error", ref: "r1", code: "unreachable", detail: "x" }).phone),
	["r1 ended unreachable"]);
	const door = play(hello, ring("1"),
		{ type: "error", call: "1", code: "no_such_switch", detail: "x" });
	assert.deepEqual(acts_of(door.acts), ["refused no_such_switch"]);
	assert.deepEqual(phases(door.phone), ["1 ringing"]);
	assert.deepEqual(phases(play(hello, ring("1"),
		{ type: "error", call: "1", code: "no_such_call", detail: "x" }).phone), ["1 ended lost"]);
});

test("a lost socket ends no call, and what was to be said is said when there is one again", () => {
	const hung = play(hello, ring("1"), ring("2"), { do: "answer", call: "1" }, "lost",
		{ do: "open", call: "1", switch: 1 }, { do: "decline", call: "2" });
	assert.deepEqual(acts_of(hung.acts), ["hush 2"]);
	assert.deepEqual(phases(hung.phone), ["1 answering", "2 ended declined"]);
	const back = phone_hear(hung.phone, hello, NOW);
	assert.deepEqual(acts_of(back.acts), ["resume 1", "resume 2", "open 1", "decline 2"]);
	assert.deepEqual(back.phone.owed, []);
	assert.deepEqual(acts_of(phone_hear(back.phone, ring("1"), NOW).acts), []); // told again
	assert.deepEqual(acts_of(phone_hear(back.phone, ring("1", { sdp: "new" }), NOW).acts),
		["offer 1", "microphone 1"]);
});

test("broken media are asked for anew", () => {
	const { acts } = play(hello, ring("1"), { do: "answer", call: "1" }, { do: "broken", call: "1" });
	assert.deepEqual(acts, [{ act: "say",
		say: { type: "resume", call: "1", token: "t1", fresh: true } }]);
});

test("without a socket nobody dials, a call without a number is lost, and not all is kept", () => {
	assert.deepEqual(acts_of(play(dial("r1", false)).acts), ["refused unreachable"]);
	assert.deepEqual(phases(play(hello, dial("r1", false), "lost", hello).phone), ["r1 ended lost"]);
	const digits = Array.from({ length: OWED_MAX + 1 },
		(): Deed => ({ do: "digit", call: "1", digit: "5" }));
	assert.equal(play(hello, ring("1"), "lost", ...digits).phone.owed.length, OWED_MAX);
});

test("a ring whose end nobody tells ends by the server's clock", () => {
	const { phone } = play({ ...hello, now: NOW + 60_000 }, ring("1", { until: NOW + 90_000 }));
	assert.deepEqual(phases(phone_tick(phone, NOW + 34_999).phone), ["1 ringing"]);
	const late = phone_tick(phone, NOW + 35_001);
	assert.deepEqual(phases(late.phone), ["1 ended no_answer"]);
	assert.deepEqual(acts_of(late.acts), ["hush 1"]);
});

test("what opens is kept, and the way that stands", () => {
	const { phone } = play(hello, ring("1"), { type: "opened", call: "1", switch: 1 },
		{ type: "up", call: "1" });
	assert.deepEqual(phone.calls[0]?.opened, [1]);
	assert.equal(phone.calls[0]?.up, true);
});

test("a camera is known of, also of a door that one calls, and so is the first picture", () => {
	const { phone } = play(hello, ring("1", { camera: true }), ring("2"), dial("r1", true),
		dialling("r1", "3", { camera: true }), { do: "first", call: "2" });
	assert.deepEqual(phone.calls.map(({ id, camera, seen }) => [id, camera, seen]),
		[["1", true, false], ["2", false, true], ["3", true, false]]);
});

test("messages that lack something, or that nobody knows, are none", () => {
	assert.deepEqual(said_parse(JSON.stringify(ring("1"))), ring("1"));
	const { token: _, ...less } = ring("1");
	for (const bad of [undefined, "", "{", "[]", "null", '{"type":"toString"}', '{"type":7}',
		'{"type":"ended","call":1,"why":"x"}', JSON.stringify(less),
		JSON.stringify({ ...ring("1"), switches: [{ number: "1", name: "x" }] })])
		assert.equal(said_parse(bad), null, String(bad));
});

test("the night at which nothing rings, in a list that may hold more", () => {
	const none: Quiet = { items: [], missed_mail: true };
	assert.equal(quiet_night(none).from_minute, 22 * 60);
	const night = quiet_with(none, { from_minute: 60, until_minute: 61 });
	assert.deepEqual(night,
		{ items: [{ days: 127, from_minute: 60, until_minute: 61 }], missed_mail: true });
	assert.deepEqual(quiet_with(night, null), none);
	const sunday = { days: 64, from_minute: 0, until_minute: 1440 };
	assert.deepEqual([none, night, { ...none, items: [sunday] }].map(quiet_simple),
		[true, true, false]);
});

const words = (language: string, key: string) => `${language} ${key} {name}`;

test("a ring that is pushed becomes a notice with a door to open", () => {
	const ring_push = { type: "ring", call: "7", device: "2", from: "Front door", at: NOW,
		until: NOW + 30_000, seen: "s", open: "o", switch: "Gate", language: "fr" };
	const plan = notice_plan(ring_push, NOW, words);
	assert.ok(plan?.do === "show");
	assert.equal(plan.seen, "s");
	const { title, options } = plan.notice;
	assert.equal(title, "Front door");
	assert.equal(options.tag, "ring-7");
	assert.ok(options.renotify && options.requireInteraction);
	assert.deepEqual(options.actions, [{ action: "answer", title: "fr app.answer {name}" },
		{ action: "open", title: "fr app.open_door Gate" }]);
	assert.deepEqual(options.data, { type: "ring", call: "7", open: "o", language: "fr" });
	const closed = notice_plan({ ...ring_push, open: undefined }, NOW, words);
	assert.ok(closed?.do === "show");
	assert.deepEqual(closed.notice.options.actions.map(({ action }) => action), ["answer"]);
	const late = notice_plan(ring_push, NOW + 30_000 + 60_001, words);
	assert.ok(late?.do === "show");
	assert.equal(late.notice.options.data.type, "missed");
	assert.deepEqual(notice_plan({ ...ring_push, test: true }, NOW + 30_000 + 60_001, words),
		{ do: "close", tag: "ring-7", call: "7" });
});

test("what ends a ring closes its notice; what is missed takes its place", () => {
	assert.deepEqual(notice_plan({ type: "cancel", call: "7", why: "answered_elsewhere" }, NOW, words),
		{ do: "close", tag: "ring-7", call: "7" });
	const plan = notice_plan({ type: "missed", call: "7", from: "Front door", at: NOW,
		language: "en" }, NOW, words);
	assert.ok(plan?.do === "show");
	assert.equal(plan.close, "ring-7");
	assert.equal(plan.notice.options.tag, "missed-7");
	assert.equal(plan.picture, "/calls/7/picture");
	assert.equal(plan.notice.options.image, undefined);
});

test("a ring's picture is the camera's, of a door that has one, and comes without a sound", () => {
	const ring_push = { type: "ring", call: "7", from: "Front door", at: NOW, until: NOW + 1, language: "en" };
	const plain = notice_plan(ring_push, NOW, words);
	assert.ok(plain?.do === "show");
	assert.equal(plain.picture, null);
	const plan = notice_plan({ ...ring_push, camera: true }, NOW, words);
	assert.ok(plan?.do === "show");
	assert.equal(plan.picture, "/calls/7/snapshot");
	const { title, options } = notice_pictured(plan.notice, "data:x");
	assert.equal(title, "Front door");
	assert.ok(options.silent && !options.renotify && !("vibrate" in options));
	assert.deepEqual([options.image, options.tag, options.actions, options.requireInteraction],
		["data:x", "ring-7", plan.notice.options.actions, true]);
	const late = notice_plan({ ...ring_push, camera: true }, NOW + 60_002, words);
	assert.ok(late?.do === "show");
	assert.equal(late.picture, "/calls/7/picture");
});

test("what no worker understands shows nothing", () => {
	for (const bad of [null, 7, "ring", {}, { type: "ring" }, { type: "other", call: "1" },
		{ type: "ring", call: 7 }])
		assert.equal(notice_plan(bad, NOW, words), null);
});

test("where in the app: a notice's answer is for one call", () => {
	assert.deepEqual(here_parse(""), { page: "home", answer: null });
	assert.deepEqual(here_parse("#/calls"), { page: "calls", answer: null });
	assert.deepEqual(here_parse("#answer/71"), { page: "home", answer: "71" });
	assert.deepEqual(here_parse("#call/71"), { page: "home", answer: null });
	assert.deepEqual(here_parse("#answer/x"), { page: "home", answer: null });
});

test("a file's name keeps no sign that a system refuses", () => {
	assert.equal(snapshot_name("A/B: \"C\"", new Date(Date.UTC(2026, 10, 26, 18, 2, 11))),
		"A_B_ _C_ 2026-11-26 18-02-11.jpg");
});

test("several devices of one apartment are one place; each reaches all of it", () => {
	const contact = (id: string) => ({ id, name: id, kind: "phone" as const, online: true,
		switches: [] });
	const device = (id: string, apartment: string | null, ...contacts: string[]): AppDevice => ({
		id, name: id, site_id: "1", site_name: "S", zone: "UTC", services: false,
		apartment: apartment === null ? null : { id: apartment, floor: "", number: "1", name: "" },
		contacts: contacts.map(contact) });
	const found = places([device("a", "5", "x", "y"), device("b", "5", "y", "z"), device("c", null),
		device("d", null)]);
	assert.deepEqual(found.map(({ id, contacts }) => [id, contacts.map((one) => one.id)]),
		[["a", ["x", "y", "z"]], ["c", []], ["d", []]]);
});

test("a call in the list: by whom it was answered, or what became of it", () => {
	const call = (more: Partial<PastCall>): PastCall => ({ id: "1", site_id: "1", started_at: NOW,
		answered_at: null, ended_at: NOW + 9, result: null, outgoing: false, with: null,
		device: "2000000001", answered_by: null, ...more });
	const text = (more: Partial<PastCall>) => past_text(call(more));
	assert.deepEqual(text({ result: "answered", answered_by: "Ben" }),
		["app.answered_by", { name: "Ben" }]);
	assert.deepEqual(text({ result: "answered", answered_by: "Ben", outgoing: true }),
		["call.answered", {}]);
	assert.deepEqual(text({ result: "missed" }), ["call.missed", {}]);
	assert.deepEqual(text({ result: "missed", outgoing: true }), ["app.why.no_answer", {}]);
	for (const result of ["missed", "failed", "busy"] as const) {
		assert.deepEqual(text({ result }), ["call.missed", {}], result);
		assert.deepEqual(text({ result, test: true }), ["app.why.no_answer", {}], result);
		assert.deepEqual([{}, { test: true }, { outgoing: true }].map((more) =>
			past_missed(call({ result, ...more }))), [true, false, false], result);
	}
	assert.deepEqual(text({ result: "busy", outgoing: true }), ["call.busy", {}]);
	assert.deepEqual(text({ result: "declined" }), ["call.declined", {}]);
	assert.deepEqual(text({ result: "later" as "busy" }), ["call.ended", {}]);
	assert.deepEqual(text({}), ["call.ended", {}]);
	assert.deepEqual(text({ ended_at: null }), ["call.ringing", {}]);
	assert.deepEqual(text({ ended_at: null, answered_at: NOW }), ["call.talking", {}]);
});
