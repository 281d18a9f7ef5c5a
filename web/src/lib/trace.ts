// What happened to each phone of a call, and when: in steps, and in a sentence. Pure.
import type { CallDetail, CallLeg } from "../api/types.ts";
import { format_clock, format_seconds, format_sentence_list, format_time } from "./format.ts";
import { t, type Key } from "./i18n.ts";

const BRIEF_MS = 100;

type Moment = "pushed_at" | "delivered_at" | "woken_at" | "offered_at" | "rang_at" | "preview_at"
	| "answered_at" | "video_at" | "ended_at";

// In the order in which they happen, should two have the same time.
const STEPS: readonly [Moment, Key][] = [
	["pushed_at", "trace.pushed"],
	["delivered_at", "trace.delivered"],
	["woken_at", "trace.woken"],
	["offered_at", "trace.offered"],
	["rang_at", "trace.rang"],
	["preview_at", "trace.preview"],
	["answered_at", "trace.answered"],
	["video_at", "trace.video"],
	["ended_at", "trace.ended"],
];

const ENDS: Record<string, Key> = {
	answered_elsewhere: "trace.end_elsewhere",
	caller_gone: "trace.end_caller_gone",
	declined: "trace.end_declined",
	busy: "trace.end_busy",
	no_answer: "trace.end_no_answer",
	unreachable: "trace.end_unreachable",
	never_came: "trace.end_never_came",
	lost: "trace.end_lost",
	refused: "trace.end_refused",
	hangup: "trace.end_hangup",
	peer_hangup: "trace.end_peer_hangup",
	limit: "trace.end_limit",
	codec: "trace.end_codec",
	stopped: "trace.end_stopped",
	opened: "trace.end_opened",
};

// Of a leg without a reason, as those of before there was one.
const RESULTS: Record<string, Key> = {
	elsewhere: "trace.end_elsewhere",
	missed: "trace.end_no_answer",
	declined: "trace.end_declined",
	busy: "trace.end_busy",
	unreachable: "trace.end_unreachable",
	failed: "trace.end_failed",
};

export interface Step {
	key: Key;
	at: number;
	after: number; // ms since the bell
}

// "0.4", and of what took next to no time "0.02".
function brief(ms: number, lang: string): string {
	return format_seconds(ms, ms < BRIEF_MS ? 2 : 1, lang);
}

// What happened, in its order.
export function trace_steps(leg: CallLeg, started_at: number): Step[] {
	const steps: Step[] = [];
	for (const [moment, key] of STEPS) {
		const at = leg[moment];
		if (at !== null)
			steps.push({ key, at, after: at - started_at });
	}
	return steps.sort((a, b) => a.at - b.at);
}

// Why its part was over, or null when this page is older than the server's word for it.
function end_of({ why, result }: CallLeg): Key | null {
	return (why === null ? RESULTS[result] : ENDS[why] ?? RESULTS[result]) ?? null;
}

// The call that went out is told of only where nothing came of it. The first picture that an app
// shows is that of the door, unless it showed that before.
function clauses(leg: CallLeg): [Key, number | null][] {
	const told: [Key, number | null][] = [
		["trace.did_pushed", leg.pushed_at],
		["trace.did_delivered", leg.delivered_at],
		["trace.did_woken", leg.woken_at],
		["trace.did_offered", leg.rang_at === null && leg.answered_at === null
			&& leg.pushed_at === null ? leg.offered_at : null],
		["trace.did_rang", leg.rang_at],
		["trace.did_preview", leg.preview_at],
		["trace.did_answered", leg.answered_at],
		["trace.did_video", leg.preview_at === null ? leg.video_at : null],
	];
	return told.filter(([, at]) => at !== null)
		.sort(([, a], [, b]) => (a ?? 0) - (b ?? 0));
}

function leg_name({ name, apartment }: CallLeg): string {
	return apartment === null ? name : t("trace.in_apartment", { name, number: apartment });
}

// "Kitchen (apartment 12) rang after 0.4 s, showed the door after 0.6 s and answered after 6.1 s."
export function trace_sentence(leg: CallLeg, started_at: number, lang: string, zone: string): string {
	const say = (key: Key, at: number | null) => t(key, {
		time: at === null ? "" : format_clock(at, lang, zone),
		after: t("trace.after", { n: brief((at ?? started_at) - started_at, lang) }),
	});
	const said = clauses(leg).map(([key, at]) => say(key, at));
	const end = end_of(leg);
	if (end !== null)
		said.push(say(end, leg.ended_at ?? leg.at));
	return t("trace.sentence", { name: leg_name(leg), clauses: format_sentence_list(said, lang) });
}

// A moment as it stands behind the bell: "+0.412 s".
export function trace_after(ms: number, lang: string): string {
	return `${ms < 0 ? "" : "+"}${t("trace.after", { n: format_seconds(ms, 3, lang) })}`;
}

// All of a call, to send to somebody.
export function trace_text(call: CallDetail, lang: string, zone: string): string {
	const title = `${call.from_name ?? call.from_device}, ${format_time(call.started_at, lang, zone)}`
		+ ` (${format_clock(call.started_at, lang, zone)}, ${zone})`;
	const legs = call.legs.map((leg) => [
		trace_sentence(leg, call.started_at, lang, zone),
		...trace_steps(leg, call.started_at).map(({ key, at, after }) =>
			`  ${format_clock(at, lang, zone)}  ${trace_after(after, lang)}  ${t(key)}`),
	].join("\n"));
	return [title, ...legs].join("\n\n");
}
