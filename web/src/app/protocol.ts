// What app and server say to each other over /api/v1/app/live: JSON texts, one a message. Numbers of
// calls and devices are texts of digits, times are epoch milliseconds of the server's clock. Pure.

export type PeerKind = "intercom" | "phone" | "app" | "line";

export interface Peer {
	device: string;
	name: string;
	kind: PeerKind;
}

export interface Switch {
	number: number;
	name: string;
}

export interface Ice {
	urls: string[];
	username?: string;
	credential?: string;
}

export interface Ring {
	type: "ring";
	call: string;
	device: string;
	from: Peer;
	at: number;
	until: number;
	token: string;
	sdp: string;
	switches: Switch[];
	test?: boolean; // of the button: nobody is there
	camera?: boolean; // of its own, which is asked while there is no video
	ice?: Ice[];
}

export interface Dialling {
	type: "dialling";
	ref: string;
	call: string;
	device: string;
	to: Peer;
	token: string;
	switches: Switch[];
	camera?: boolean;
	sdp?: string; // absent: comes by itself, later
	ice?: Ice[];
}

export interface Refused {
	type: "error";
	ref?: string;
	call?: string;
	code: string;
	detail: string;
}

export type Said =
	| { type: "hello"; now: number; devices: string[] }
	| Ring
	| Dialling
	| Refused
	| { type: "sdp"; call: string; sdp: string; ice?: Ice[] }
	| { type: "ringing" | "up"; call: string }
	| { type: "talking"; call: string; at: number }
	| { type: "ended"; call: string; why: string; by?: string }
	| { type: "opened"; call: string; switch: number };

export type Say =
	| { type: "resume"; call: string; token: string; fresh?: true } // fresh: its media are gone
	| { type: "sdp"; call: string; sdp: string }
	| { type: "shown" | "first" | "answer" | "decline" | "hangup"; call: string }
	| { type: "open"; call: string; switch: number }
	| { type: "digit"; call: string; digit: string }
	| { type: "dial"; ref: string; device: string; to: string; look: boolean };

type Fields = Record<string, unknown>;

const is_object = (value: unknown): value is Fields => value !== null && typeof value === "object";
const is_text = (value: unknown): value is string => typeof value === "string";
const is_number = (value: unknown): value is number => typeof value === "number";
const is_peer = (value: unknown) => is_object(value) && is_text(value["device"])
	&& is_text(value["name"]) && is_text(value["kind"]);
const is_switches = (value: unknown) => Array.isArray(value) && value.every((one: unknown) =>
	is_object(one) && is_number(one["number"]) && is_text(one["name"]));

// What each message must have; what else it may have is not looked at.
const NEEDS: Record<Said["type"], Record<string, (value: unknown) => boolean>> = {
	hello: { now: is_number, devices: Array.isArray },
	ring: { call: is_text, device: is_text, from: is_peer, at: is_number, until: is_number,
		token: is_text, sdp: is_text, switches: is_switches },
	dialling: { ref: is_text, call: is_text, device: is_text, to: is_peer, token: is_text,
		switches: is_switches },
	sdp: { call: is_text, sdp: is_text },
	ringing: { call: is_text },
	up: { call: is_text },
	talking: { call: is_text, at: is_number },
	ended: { call: is_text, why: is_text },
	opened: { call: is_text, switch: is_number },
	error: { code: is_text },
};

// Null for what is no message that this page knows.
export function said_parse(text: unknown): Said | null {
	let value: unknown;
	try {
		value = is_text(text) ? JSON.parse(text) : null;
	} catch {
		return null;
	}
	if (!is_object(value) || !is_text(value["type"]) || !Object.hasOwn(NEEDS, value["type"]))
		return null;
	const fields = value;
	const needs = Object.entries(NEEDS[fields["type"] as Said["type"]]);
	return needs.every(([name, good]) => good(fields[name])) ? fields as unknown as Said : null;
}
