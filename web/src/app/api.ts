// The app's own requests; what it shares with the portal is in ../api/client.ts.
import { BASE, path_query, request } from "../api/client.ts";
import type { CallResult, List } from "../api/types.ts";
import type { PeerKind, Switch } from "./protocol.ts";

export interface Contact {
	id: string;
	name: string;
	kind: PeerKind;
	online: boolean;
	switches: Switch[];
}

export interface Place {
	id: string;
	floor: string;
	number: string;
	name: string;
}

// One that the page rings and dials for.
export interface AppDevice {
	id: string;
	name: string;
	site_id: string;
	site_name: string;
	zone: string;
	apartment: Place | null;
	services: boolean;
	contacts: Contact[];
}

export interface Home {
	name: string;
	person: boolean; // somebody with an account, not a device with its password
	devices: AppDevice[];
}

export interface PastCall {
	id: string;
	site_id: string;
	started_at: number;
	answered_at: number | null;
	ended_at: number | null;
	result: CallResult | null;
	outgoing: boolean;
	test?: boolean; // nobody was at the door
	with: { id: string; name: string } | null;
	device: string;
	picture?: boolean;
	answered_by: string | null;
}

export interface Subscription {
	endpoint: string;
	p256dh: string;
	auth: string;
	language: string;
}

const call_path = (call: string, rest: string) => `/app/calls/${encodeURIComponent(call)}${rest}`;

export const picture_href = (call: string) => BASE + call_path(call, "/picture");

// What the door's camera shows now; null before it has given something.
export async function camera_picture(call: string): Promise<Blob | null> {
	const answer = await fetch(BASE + call_path(call, "/snapshot"), { cache: "no-store" });
	if (!answer.ok)
		throw new Error(`no picture: ${answer.status}`);
	return answer.status === 204 ? null : await answer.blob();
}

export const app_api = {
	home: () => request<Home>("GET", "/app"),
	sign_in: (device: string, password: string) =>
		request<void>("POST", "/app/session", { device, password }),
	sign_out: () => request<void>("DELETE", "/app/session"),
	calls: (cursor: string | null) =>
		request<List<PastCall>>("GET", `/app/calls${path_query({ cursor })}`),
	// device: the app that it rings, of several.
	picture_keep: (call: string, device: string, picture: Blob) =>
		request<void>("PUT", call_path(call, `/picture${path_query({ device })}`), picture),
	push_key: () => request<{ key: string | null }>("GET", "/app/push"), // null: sends no notices
	push_on: (body: Subscription) => request<void>("PUT", "/app/push", body),
	push_off: (endpoint: string) =>
		request<void>("DELETE", `/app/push${path_query({ endpoint })}`),
};
