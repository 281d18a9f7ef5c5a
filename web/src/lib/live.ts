// The live feed of one site: a WebSocket that comes back by itself and goes on at its cursor.
import type { LiveEvent } from "../api/types.ts";

const BACKOFF_MIN_MS = 500;
const BACKOFF_MAX_MS = 30_000;

// Doubles from half a second to half a minute; the random half keeps clients from returning
// together after a restart.
export function backoff_ms(attempt: number, random: number): number {
	const full = Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** Math.min(attempt, 16));
	return Math.round(full / 2 + (full / 2) * random);
}

export function live_url(origin: string, site: string, cursor: string | null): string {
	const url = new URL("/api/v1/live", origin);
	url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
	url.searchParams.set("site", site);
	if (cursor !== null)
		url.searchParams.set("cursor", cursor);
	return url.href;
}

export function live_parse(text: unknown): LiveEvent | null {
	try {
		const value: unknown = typeof text === "string" ? JSON.parse(text) : null;
		if (value === null || typeof value !== "object" || !("cursor" in value)
		    || !("type" in value) || typeof value.type !== "string")
			return null;
		return value as LiveEvent;
	} catch {
		return null;
	}
}

export interface LiveHandlers {
	event: (event: LiveEvent) => void;
	// Called with true each time the feed stands again: what was read before may be old.
	state: (connected: boolean) => void;
}

// Returns the function that closes the feed.
export function live_open(site: string, on: LiveHandlers): () => void {
	let cursor: string | null = null;
	let attempt = 0;
	let closed = false;
	let wait: number | undefined;
	let socket: WebSocket;

	const connect = () => {
		socket = new WebSocket(live_url(location.origin, site, cursor));
		socket.onopen = () => {
			attempt = 0;
			on.state(true);
		};
		socket.onmessage = ({ data }) => {
			const event = live_parse(data);
			if (event === null)
				return;
			cursor = String(event.cursor);
			on.event(event);
		};
		socket.onclose = () => {
			if (closed)
				return;
			on.state(false);
			wait = window.setTimeout(connect, backoff_ms(attempt++, Math.random()));
		};
	};
	connect();
	return () => {
		closed = true;
		clearTimeout(wait);
		socket.close();
	};
}
