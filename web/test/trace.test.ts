import assert from "node:assert/strict";
import { test } from "node:test";
import type { CallDetail, CallLeg } from "../src/api/types.ts";
import { format_clock, format_seconds } from "../src/lib/format.ts";
import { lang_load, LANGS } from "../src/lib/i18n.ts";
import { late_calls, late_calls_href } from "../src/lib/router.ts";
import { trace_after, trace_sentence, trace_steps, trace_text } from "../src/lib/trace.ts";

globalThis.document ??= { documentElement: {} } as Document;

const BELL = Date.UTC(2026, 10, 25, 17, 2, 11, 204);
const ZONE = "Europe/Paris";
const leg = (more: Partial<CallLeg>): CallLeg => ({
	device: "1234567890", name: "Kitchen tablet", apartment: "12", at: BELL, result: "missed",
	pushed_at: null, delivered_at: null, woken_at: null, offered_at: null, rang_at: null,
	preview_at: null, answered_at: null, video_at: null, ended_at: null, why: null, ...more,
});
const answered = leg({ offered_at: BELL + 20, rang_at: BELL + 400, preview_at: BELL + 600,
	answered_at: BELL + 6100, video_at: BELL + 650, ended_at: BELL + 35_240, result: "answered" });

// The space before a unit does not break.
const plain = (text: string) => text.replaceAll("\u00a0", " ");
const say = (one: CallLeg) => plain(trace_sentence(one, BELL, "en", ZONE));

test("trace: times to the millisecond, in the site's zone", () => {
	assert.equal(format_clock(BELL, "en", ZONE), "18:02:11.204");
	assert.equal(format_clock(BELL, "fr", ZONE), "18:02:11,204");
	assert.equal(format_clock(Date.UTC(2026, 0, 1, 23, 5, 6, 7), "en", "UTC"), "23:05:06.007");
	assert.equal(format_clock(Date.UTC(2026, 0, 1, 0, 5, 6, 7), "en", "UTC"), "00:05:06.007");
	assert.equal(format_seconds(412, 1, "en"), "0.4");
	assert.equal(format_seconds(60_412, 3, "de"), "60,412");
});

test("trace: what happened, in its order", () => {
	assert.deepEqual(trace_steps(answered, BELL).map(({ key, after }) => [key, after]), [
		["trace.offered", 20], ["trace.rang", 400], ["trace.preview", 600], ["trace.video", 650],
		["trace.answered", 6100], ["trace.ended", 35_240],
	]);
	assert.deepEqual(trace_steps(leg({}), BELL), []);
});

test("trace: a sentence that a manager reads", async () => {
	await lang_load("en");
	assert.equal(say(leg({ pushed_at: BELL, ended_at: BELL + 45_000, why: "never_came" })),
		"Kitchen tablet (apartment 12) was pushed at 18:02:11.204 and never came.");
	assert.equal(say({ ...answered, apartment: null }),
		"Kitchen tablet rang after 0.4 s, showed the door after 0.6 s, and answered after 6.1 s.");
	assert.equal(say({ ...answered, why: "hangup" }), "Kitchen tablet (apartment 12) rang after 0.4 s,"
		+ " showed the door after 0.6 s, answered after 6.1 s, and hung up after 35.2 s.");
	assert.equal(say(leg({ offered_at: BELL + 96, ended_at: BELL + 200, why: "busy" })),
		"Kitchen tablet (apartment 12) was called at 18:02:11.300 and was busy.");
	// without a push, an app that shows no preview, and one that answers before it shows anything
	assert.equal(say(leg({ rang_at: BELL + 100, answered_at: BELL + 900, video_at: BELL + 1200 })),
		"Kitchen tablet (apartment 12) rang after 0.1 s, answered after 0.9 s, showed its first"
		+ " picture after 1.2 s, and was not answered.");
});

test("trace: the reason, else the result, else nothing", async () => {
	await lang_load("en");
	assert.equal(say(leg({ result: "elsewhere" })),
		"Kitchen tablet (apartment 12) stopped when another one answered.");
	assert.equal(say(leg({ result: "missed", why: "of a later server", rang_at: BELL + 1000 })),
		"Kitchen tablet (apartment 12) rang after 1.0 s and was not answered.");
	assert.equal(say(leg({ result: "answered", rang_at: BELL + 22, answered_at: BELL + 100 })),
		"Kitchen tablet (apartment 12) rang after 0.02 s and answered after 0.1 s.");
	assert.equal(say(leg({ result: "answered", answered_at: BELL + 2000 })),
		"Kitchen tablet (apartment 12) answered after 2.0 s.");
});

test("trace: every language has a whole sentence for every end", async () => {
	const whys = ["answered_elsewhere", "caller_gone", "declined", "busy", "no_answer", "unreachable",
		"never_came", "lost", "refused", "hangup", "peer_hangup", "limit", "codec", "stopped",
		"opened"];
	for (const lang of LANGS) {
		await lang_load(lang);
		const said = whys.map((why) => trace_sentence(leg({ pushed_at: BELL, rang_at: BELL + 1500, why,
			ended_at: BELL + 9000 }), BELL, lang, ZONE));
		assert.equal(new Set(said).size, whys.length, lang);
		for (const sentence of said)
			assert.match(sentence, /^Kitchen tablet \(.* 12\).*18:02:11[.,]204.*1[.,]5\u00a0s.*\.$/, lang);
	}
});

test("trace: as text, to send to somebody", async () => {
	await lang_load("en");
	const call = { from_name: "Door", from_device: "1", started_at: BELL,
		legs: [leg({ rang_at: BELL + 412, why: "no_answer", ended_at: BELL + 30_000 })] } as CallDetail;
	assert.equal(plain(trace_text(call, "en", ZONE)).replaceAll("\u202f", " "), [
		"Door, Nov 25, 2026, 6:02:11 PM (18:02:11.204, Europe/Paris)",
		"",
		"Kitchen tablet (apartment 12) rang after 0.4 s and was not answered.",
		"  18:02:11.616  +0.412 s  Rang",
		"  18:02:41.204  +30.000 s  Over",
	].join("\n"));
	assert.equal(plain(trace_after(-3, "en")), "-0.003 s");
});

test("calls that rang late have an address", () => {
	assert.ok(late_calls(late_calls_href("7").replace(/^[^?]*/, "")));
	assert.ok(!late_calls(""));
	assert.ok(!late_calls("?rang=soon"));
});
