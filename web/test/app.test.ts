import assert from "node:assert/strict";
import { test } from "node:test";
import {
	CALLS_MAX, OWED_MAX, phone_do, phone_front, phone_hear, phone_tick, phone_unlinked, phone_waiting,
	PHONE_IDLE, type Act, type Deed, type Phone, type Step,
} from "../src/app/phone.ts";
import { said_parse, type Dialling, type Ring, type Said } from "../src/app/protocol.ts";

const NOW = 1_000_000;
const DOOR = { device: "1000000001", name: "Front door", kind: "intercom" } as const;
const SWITCHES = [{ number: 1, name: "Door" }];

const hello: Said = { type: "hello", now: NOW, devices: ["2000000001"] };
const ring = (call: string, more: Partial<Ring> = {}): Ring => ({
	type: "ring", call, device: "2000000001", from: DOOR, at: NOW, until: NOW + 30_000,
	token: `t${call}`, sdp: `o${call}`, switches: SWITCHES, video: true, ...more,
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

const words = (acts: Act[]) => acts.map((one) =>
	one.act === "say" ? `${one.say.type} ${"call" in one.say ? one.say.call : one.say.ref}`
		: one.act === "refused" ? `refused ${one.code}` : `${one.act} ${one.call}`);
const phases = ({ calls }: Phone) => calls.map(({ id, phase, why }) =>
	why === null ? `${id} ${phase}` : `${id} ${phase} ${why}`);

test("a ring is shown with its picture before anybody answers", () => {
	const { phone, acts } = play(hello, ring("1"));
	assert.deepEqual(words(acts), ["offer 1"]);
	assert.equal(phone_front(phone)?.id, "1");
	assert.deepEqual(phases(phone), ["1 ringing"]);
});

test("answering says so, then asks for the microphone; the talk is counted from the server's word", () => {
	const answered = play(hello, ring("1"), { do: "answer", call: "1" });
	assert.deepEqual(words(answered.acts), ["answer 1", "microphone 1"]);
	assert.deepEqual(phases(answered.phone), ["1 answering"]);
	const talking = phone_hear(answered.phone, { type: "talking", call: "1", at: NOW - 7 }, NOW);
	assert.deepEqual(phases(talking.phone), ["1 talking"]);
	assert.equal(talking.phone.calls[0]?.since, NOW - 7);
	assert.deepEqual(words(phone_do(talking.phone, { do: "answer", call: "1" }).acts), []);
});

test("declined, answered elsewhere, hung up: over, closed, and gone once dismissed", () => {
	const declined = play(hello, ring("1"), { do: "decline", call: "1" });
	assert.deepEqual(words(declined.acts), ["decline 1", "hush 1"]);
	assert.deepEqual(phases(declined.phone), ["1 ended declined"]);
	const elsewhere = play(hello, ring("1"),
		{ type: "ended", call: "1", why: "answered_elsewhere", by: "Kitchen" });
	assert.deepEqual(words(elsewhere.acts), ["hush 1"]);
	assert.equal(elsewhere.phone.calls[0]?.by, "Kitchen");
	assert.deepEqual(phone_do(elsewhere.phone, { do: "answer", call: "1" }).acts, []);
	assert.deepEqual(phone_hear(elsewhere.phone, { type: "talking", call: "1", at: 1 }, NOW).phone,
		elsewhere.phone);
	assert.deepEqual(phone_do(elsewhere.phone, { do: "dismiss", call: "1" }).phone.calls, []);
	const hung = play(hello, ring("1"), { do: "answer", call: "1" }, { do: "hangup", call: "1" });
	assert.deepEqual(words(hung.acts), ["hangup 1", "hush 1"]);
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
	assert.deepEqual(words(taken.acts), ["hangup 1", "hush 1", "answer 2", "microphone 2"]);
	assert.equal(phone_front(taken.phone)?.id, "2");
});

test("more calls than a page can have are declined", () => {
	const rings = Array.from({ length: CALLS_MAX + 1 }, (_, n) => ring(String(n)));
	const { phone, acts } = play(hello, ...rings);
	assert.equal(phone.calls.length, CALLS_MAX);
	assert.deepEqual(words(acts), [`decline ${CALLS_MAX}`]);
});

test("a dialled call gets its number from the server; the offer may come later", () => {
	const dialled = play(hello, dial("r1", false));
	assert.deepEqual(words(dialled.acts), ["dial r1"]);
	const named = phone_hear(dialled.phone, dialling("r1", "7"), NOW);
	assert.deepEqual(words(named.acts), []);
	assert.deepEqual(phases(named.phone), ["7 dialling"]);
	const offered = phone_hear(named.phone, { type: "sdp", call: "7", sdp: "o7" }, NOW);
	assert.deepEqual(words(offered.acts), ["offer 7", "microphone 7"]);
	assert.deepEqual(phases(phone_hear(offered.phone, { type: "ringing", call: "7" }, NOW).phone),
		["7 calling"]);
});

test("looking needs no microphone, talking then does", () => {
	const seen = play(hello, dial("r1", true), dialling("r1", "7", { sdp: "o7" }));
	assert.deepEqual(words(seen.acts), ["offer 7"]);
	const said = phone_do(seen.phone, { do: "talk", call: "7" });
	assert.deepEqual(words(said.acts), ["answer 7", "microphone 7"]);
	assert.deepEqual(words(phone_do(said.phone, { do: "talk", call: "7" }).acts), []);
});

test("given up before the server named it: hung up when it does", () => {
	const given_up = play(hello, dial("r1", false), { do: "hangup", call: "r1" });
	assert.deepEqual(words(given_up.acts), ["hush r1"]);
	assert.deepEqual(words(phone_hear(given_up.phone, dialling("r1", "7"), NOW).acts), ["hangup 7"]);
});

test("what the server refuses", () => {
	assert.deepEqual(phases(play(hello, dial("r1", false),
		{ type: "error", ref: "r1", code: "unreachable", detail: "x" }).phone),
	["r1 ended unreachable"]);
	const door = play(hello, ring("1"),
		{ type: "error", call: "1", code: "no_such_switch", detail: "x" });
	assert.deepEqual(words(door.acts), ["refused no_such_switch"]);
	assert.deepEqual(phases(door.phone), ["1 ringing"]);
	assert.deepEqual(phases(play(hello, ring("1"),
		{ type: "error", call: "1", code: "no_such_call", detail: "x" }).phone), ["1 ended lost"]);
});

test("a lost socket ends no call, and what was to be said is said when there is one again", () => {
	const hung = play(hello, ring("1"), ring("2"), { do: "answer", call: "1" }, "lost",
		{ do: "open", call: "1", switch: 1 }, { do: "decline", call: "2" });
	assert.deepEqual(words(hung.acts), ["hush 2"]);
	assert.deepEqual(phases(hung.phone), ["1 answering", "2 ended declined"]);
	const back = phone_hear(hung.phone, hello, NOW);
	assert.deepEqual(words(back.acts), ["resume 1", "resume 2", "open 1", "decline 2"]);
	assert.deepEqual(back.phone.owed, []);
	assert.deepEqual(words(phone_hear(back.phone, ring("1"), NOW).acts), []); // told again
	assert.deepEqual(words(phone_hear(back.phone, ring("1", { sdp: "new" }), NOW).acts),
		["offer 1", "microphone 1"]);
});

test("without a socket nobody dials, a call without a number is lost, and not all is kept", () => {
	assert.deepEqual(words(play(dial("r1", false)).acts), ["refused unreachable"]);
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
	assert.deepEqual(words(late.acts), ["hush 1"]);
});

test("what opens is kept, and the way that stands", () => {
	const { phone } = play(hello, ring("1"), { type: "opened", call: "1", switch: 1 },
		{ type: "up", call: "1" });
	assert.deepEqual(phone.calls[0]?.opened, [1]);
	assert.equal(phone.calls[0]?.up, true);
});

test("messages that lack something, or that nobody knows, are none", () => {
	assert.deepEqual(said_parse(JSON.stringify(ring("1"))), ring("1"));
	const { token: _, ...less } = ring("1");
	for (const bad of [undefined, "", "{", "[]", "null", '{"type":"toString"}', '{"type":7}',
		'{"type":"ended","call":1,"why":"x"}', JSON.stringify(less),
		JSON.stringify({ ...ring("1"), switches: [{ number: "1", name: "x" }] })])
		assert.equal(said_parse(bad), null, String(bad));
});
