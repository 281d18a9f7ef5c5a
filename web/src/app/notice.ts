// What a push message makes of a notice. Pure; sw.ts shows it. Its words are built into the worker,
// in all languages: there may be no page to ask.
import type { Key } from "../lib/i18n.ts";

const MISSED_SHOWN_MS = 12 * 60 * 60 * 1000;
const RING_LATE_MS = 60_000; // clocks differ: a ring is over only when it is over by this much
const TEXT_MAX = 200; // characters of a name

// The parts of the worker's NotificationOptions that DOM types of pages lack, too.
export interface Notice {
	title: string;
	options: {
		tag: string;
		body: string;
		lang: string;
		timestamp: number;
		renotify: boolean;
		requireInteraction: boolean;
		silent: boolean;
		vibrate?: number[];
		actions: { action: "answer" | "open"; title: string }[];
		icon: string;
		image?: string;
		data: NoticeData;
	};
}

export interface NoticeData {
	type: "ring" | "missed" | "opened";
	call: string;
	open: string | null; // a token that opens the door, once
	language: string;
}

export type Words = (language: string, key: Key) => string;

export type Plan =
	| { do: "show"; notice: Notice; close: string | null; seen: string | null;
		picture: string | null } // a path of the API; there may be one, or be one soon
	| { do: "close"; tag: string; call: string };

type Payload = Record<string, unknown>;

const VIBRATION = [400, 200, 400, 200, 400];

export const tag_of_ring = (call: string) => `ring-${call}`;
export const tag_of_missed = (call: string) => `missed-${call}`;

function text(payload: Payload, name: string): string {
	const value = payload[name];
	return typeof value === "string" ? value.slice(0, TEXT_MAX) : "";
}

// A token, which is of no use cut short.
function token(payload: Payload, name: string): string | null {
	const value = payload[name];
	return typeof value === "string" && value !== "" ? value : null;
}

function time(payload: Payload, name: string): number | null {
	const value = payload[name];
	return typeof value === "number" ? value : null;
}

function notice(payload: Payload, type: NoticeData["type"], more: { tag: string; body: string }): Notice {
	const call = text(payload, "call");
	const language = text(payload, "language");
	return { title: text(payload, "from") || "Vestibule", options: {
		lang: language, timestamp: time(payload, "at") ?? 0, renotify: false, silent: false,
		requireInteraction: false, vibrate: [], actions: [], icon: "/app/icon-192.png",
		data: { type, call, open: null, language }, ...more } };
}

function ring(payload: Payload, words: Words): Notice {
	const language = text(payload, "language");
	const open = token(payload, "open");
	const door = text(payload, "switch");
	const shown = notice(payload, "ring", { tag: tag_of_ring(text(payload, "call")),
		body: words(language, "app.rings") });
	const { options } = shown;
	// A repeated push has the tag of the first, and sounds again. Browsers show two buttons at most.
	return { ...shown, options: { ...options, renotify: true, requireInteraction: true,
		vibrate: VIBRATION, data: { ...options.data, open }, actions: [
			{ action: "answer", title: words(language, "app.answer") },
			...(open === null ? [] : [{ action: "open" as const,
				title: door === "" ? words(language, "app.open")
					: words(language, "app.open_door").replace("{name}", door) }]),
		] } };
}

function missed(payload: Payload, words: Words): Notice {
	return notice(payload, "missed", { tag: tag_of_missed(text(payload, "call")),
		body: words(text(payload, "language"), "notice.missed") });
}

// The same notice with its picture, in its place: nothing sounds again. A silent notice must not say
// how to vibrate.
export function notice_pictured({ title, options }: Notice, image: string): Notice {
	const { vibrate: _, ...rest } = options;
	return { title, options: { ...rest, image, renotify: false, silent: true } };
}

// Null for what no worker of this age understands.
export function notice_plan(payload: unknown, now: number, words: Words): Plan | null {
	if (payload === null || typeof payload !== "object")
		return null;
	const it = payload as Payload;
	const call = text(it, "call");
	if (call === "")
		return null;
	const tag = tag_of_ring(call);
	const path = `/calls/${encodeURIComponent(call)}`;
	switch (it["type"]) {
	case "ring":
		if (now > (time(it, "until") ?? now) + RING_LATE_MS)
			return it["test"] === true ? { do: "close", tag, call } // which nobody has missed
				: { do: "show", notice: missed(it, words), close: tag, seen: token(it, "seen"),
					picture: `${path}/picture` };
		return { do: "show", notice: ring(it, words), close: null, seen: token(it, "seen"),
			picture: it["camera"] === true ? `${path}/snapshot` : null };
	case "missed":
		return now > (time(it, "at") ?? now) + MISSED_SHOWN_MS ? { do: "close", tag, call }
			: { do: "show", notice: missed(it, words), close: tag, seen: null,
				picture: `${path}/picture` };
	case "cancel":
		return { do: "close", tag, call };
	default:
		return null;
	}
}

// What became of opening the door. With a tag of its own: the notice that was pressed may still be on
// its way out, and would take one of the same tag along.
export function notice_opened({ call, language }: NoticeData, title: string, well: boolean,
	words: Words): Notice {
	return notice({ call, language, from: title }, "opened", { tag: `opened-${call}`,
		body: words(language, well ? "app.opened" : "notice.not_opened") });
}
