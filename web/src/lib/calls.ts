// A list of calls as it changes under the reader, and calls that begin here.
import type { Call, CallStream } from "../api/types.ts";
import type { Listen } from "./changes.ts";
import type { Key } from "./i18n.ts";

// Newest first; a call already listed is replaced, never doubled.
export function calls_merge(list: readonly Call[], news: readonly Call[]): Call[] {
	const by_id = new Map(list.map((call) => [call.id, call]));
	for (const call of news)
		by_id.set(call.id, call);
	return [...by_id.values()].sort((a, b) =>
		b.started_at - a.started_at || (a.id < b.id ? 1 : -1));
}

// Time talked; null when nobody answered.
export function call_talk_ms(call: Call, now: number): number | null {
	if (call.answered_at === null)
		return null;
	return (call.ended_at ?? Math.max(now, call.answered_at)) - call.answered_at;
}

const HOW: Record<string, Key> = {
	dtmf: "opening.code",
	info: "opening.code_info",
	app: "opening.app",
	notice: "opening.notice",
};

// How a door was opened; null when this page is older than the server's word for it.
export function opening_how(how: string): Key | null {
	return HOW[how] ?? null;
}

const RESULT: Record<string, Key> = {
	answered: "call.answered",
	missed: "call.missed",
	declined: "call.declined",
	busy: "call.busy",
	failed: "call.failed",
};

const PART: Record<string, Key> = {
	answered: "call.answered",
	missed: "call.part_missed",
	declined: "call.declined",
	busy: "call.busy",
	failed: "call.part_failed",
	elsewhere: "call.part_elsewhere",
	unreachable: "call.part_unreachable",
};

// What became of one that was to be rung; null when this page is older than the server's word for it.
export function call_part(result: string): Key | null {
	return PART[result] ?? null;
}

// The share of packets that were missing, 0 to 1.
export function stream_loss({ packets, lost }: CallStream): number {
	return lost === 0 ? 0 : lost / (packets + lost);
}

export function call_status({ result, answered_at, ended_at }:
	Pick<Call, "result" | "answered_at" | "ended_at">): Key {
	if (result !== null)
		return RESULT[result] ?? "call.ended"; // this page may be older than the server's word for it
	if (ended_at !== null)
		return "call.ended";
	return answered_at === null ? "call.ringing" : "call.talking";
}

const TOLD_MS = 2000;

// The id of the call that `begin` starts, once the feed tells of it: the history is written behind
// the call, and its page is there from then on. Without the feed it has a moment.
export async function call_begin(listen: Listen,
	begin: () => Promise<{ id: string }>): Promise<string> {
	const told = new Set<string>();
	let hear = () => {};
	const close = listen((event) => {
		if (event?.type === "call")
			told.add(event.id);
		hear();
	});
	try {
		const { id } = await begin();
		await new Promise<void>((done) => {
			const late = setTimeout(done, TOLD_MS);
			hear = () => {
				if (!told.has(id))
					return;
				clearTimeout(late);
				done();
			};
			hear();
		});
		return id;
	} finally {
		close();
	}
}
