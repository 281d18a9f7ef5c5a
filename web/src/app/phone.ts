// The calls of this page: what the server says and what the user does become a new state, and what
// is to be done about it. Pure; engine.ts does it.
//
// 1. At most one call is live (answered, dialled or looked at); any number may ring beside it.
// 2. A call that is over stays, as "ended", until it is dismissed; nothing changes it any more.
// 3. A lost socket changes no call: its sound and picture take another way. When there is a socket
//    again the server is asked to resume each of them; it ends those that it has given up. What was
//    to be said meanwhile is said then.
import type { Ice, Peer, Ring, Dialling, Refused, Said, Say, Switch } from "./protocol.ts";

export const CALLS_MAX = 8; // more at once are not taken
export const OWED_MAX = 64; // messages kept for a socket that is lost; more are dropped
const RING_GRACE_MS = 5_000; // after the end of a ring that nobody has told of

export type Phase = "ringing" | "dialling" | "calling" | "answering" | "talking" | "ended";

export interface Call {
	id: string; // the server's; until it has told it, `ref`
	ref: string;
	token: string;
	device: string; // for which the page rings or dials
	peer: Peer;
	incoming: boolean;
	look: boolean; // seen and heard, without a microphone
	test: boolean; // nobody is at the door
	phase: Phase;
	seen: boolean; // of its video there was a first picture
	camera: boolean; // the other side's own, which shows something meanwhile
	switches: readonly Switch[];
	sdp: string; // the offer that was answered last
	until: number; // when it stops to ring, by our clock
	since: number | null; // of the talk, by our clock
	up: boolean; // sound or picture flows
	opened: readonly number[];
	why: string | null; // over: why, and by whose doing
	by: string | null;
}

export interface Phone {
	calls: readonly Call[]; // in the order in which they came
	devices: readonly string[]; // for which the server rings this page
	skew: number; // what our clock is behind the server's
	linked: boolean; // there is a socket, and the server has greeted
	owed: readonly Owed[];
}

interface Owed {
	say: Say;
	call: string;
	token: string;
}

export type Deed =
	| { do: "answer" | "decline" | "hangup" | "dismiss" | "shown" | "first" | "broken"; call: string }
	// answer: also one that only looks begins to talk; broken: its media are, and want to be made anew
	| { do: "open"; call: string; switch: number }
	| { do: "digit"; call: string; digit: string }
	| { do: "sdp"; call: string; sdp: string }
	| { do: "dial"; ref: string; device: string; to: Peer; look: boolean; switches: Switch[] };

export type Act =
	| { act: "say"; say: Say }
	| { act: "offer"; call: string; sdp: string; ice: Ice[] } // answer it, then do "sdp"
	| { act: "microphone" | "hush"; call: string } // send our voice; close
	| { act: "refused"; code: string }; // tell the user

export interface Step {
	phone: Phone;
	acts: Act[];
}

export const PHONE_IDLE: Phone = { calls: [], devices: [], skew: 0, linked: false, owed: [] };

const LIVE: readonly Phase[] = ["dialling", "calling", "answering", "talking"];

export const call_live = ({ phase }: Call) => LIVE.includes(phase);

// The one that fills the screen: the live one, else the oldest that rings, else one that has ended.
export function phone_front(phone: Phone): Call | null {
	const { calls } = phone;
	return calls.find(call_live) ?? calls.find(({ phase }) => phase === "ringing")
		?? calls.at(-1) ?? null;
}

// Those that ring while another fills the screen.
export function phone_waiting(phone: Phone): Call[] {
	const front = phone_front(phone);
	return phone.calls.filter((one) => one.phase === "ringing" && one !== front);
}

// How many are over, and still shown: when that changes, the list of calls has news.
export const phone_over = ({ calls }: Phone) =>
	calls.filter(({ phase }) => phase === "ended").length;

const say = (message: Say): Act => ({ act: "say", say: message });
const same = (phone: Phone): Step => ({ phone, acts: [] });

function with_call(phone: Phone, id: string, change: Partial<Call>): Phone {
	return { ...phone,
		calls: phone.calls.map((one) => one.id === id ? { ...one, ...change } : one) };
}

function find(phone: Phone, id: string): Call | null {
	return phone.calls.find((one) => one.id === id && one.phase !== "ended") ?? null;
}

function end(phone: Phone, call: Call, why: string, by: string | null = null): Step {
	return { phone: with_call(phone, call.id, { phase: "ended", why, by }),
		acts: [{ act: "hush", call: call.id }] };
}

// Whoever talks already, or dials to talk, is heard as soon as the way stands.
function offer(call: Call, sdp: string, ice: Ice[] = []): Act[] {
	const { id } = call;
	return [{ act: "offer", call: id, sdp, ice },
		...(call_live(call) && !call.look ? [{ act: "microphone", call: id } as const] : [])];
}

// A ring that is known was told again after a resume.
function hear_ring(phone: Phone, ring: Ring, now: number): Step {
	const known = find(phone, ring.call);
	if (known === null && phone.calls.length >= CALLS_MAX)
		return { phone, acts: [say({ type: "decline", call: ring.call })] };
	const call: Call = known ?? {
		id: ring.call, ref: ring.call, token: ring.token, device: ring.device, peer: ring.from,
		incoming: true, look: false, test: ring.test ?? false, phase: "ringing", seen: false,
		camera: ring.camera ?? false, switches: ring.switches, sdp: "",
		until: ring.until - phone.skew, since: null, up: false, opened: [], why: null, by: null,
	};
	const next = known === null ? { ...phone, calls: [
		...phone.calls.filter((one) => one.id !== ring.call), call] } : phone;
	const taken = with_call(next, call.id, { token: ring.token, sdp: ring.sdp,
		until: Math.max(ring.until - phone.skew, now) });
	return { phone: taken, acts: call.sdp === ring.sdp ? [] : offer(call, ring.sdp, ring.ice) };
}

// The call gets the name that the server knows it by. Who has hung up since wants it no more.
function hear_dialling(phone: Phone, it: Dialling): Step {
	const call = phone.calls.find((one) => one.ref === it.ref && !one.incoming);
	if (call === undefined || call.phase === "ended")
		return { phone, acts: [say({ type: "hangup", call: it.call })] };
	const named = { id: it.call, token: it.token, peer: it.to, switches: it.switches,
		camera: it.camera ?? false, sdp: it.sdp ?? "" };
	return { phone: with_call(phone, call.id, named), acts: it.sdp === undefined ? []
		: offer({ ...call, ...named }, it.sdp, it.ice) };
}

// What the server does not know any more is over; what it refuses otherwise leaves the call alone.
function hear_error(phone: Phone, { ref, call: id, code }: Refused): Step {
	const call = phone.calls.find((one) => one.phase !== "ended"
		&& (id === undefined ? one.ref === ref : one.id === id));
	if (call !== undefined && call.phase === "dialling" && call.id === call.ref)
		return end(phone, call, code);
	if (call !== undefined && code === "no_such_call")
		return end(phone, call, "lost");
	return { phone, acts: code === "no_such_call" ? [] : [{ act: "refused", code }] };
}

function hear_of(phone: Phone, call: Call, said: Said, now: number): Step {
	switch (said.type) {
	case "sdp":
		return { phone: with_call(phone, call.id, { sdp: said.sdp }),
			acts: offer(call, said.sdp, said.ice) };
	case "ringing":
		return same(call.phase === "dialling"
			? with_call(phone, call.id, { phase: "calling" }) : phone);
	case "talking":
		return same(with_call(phone, call.id, { phase: "talking",
			since: call.since ?? Math.min(said.at - phone.skew, now) }));
	case "up":
		return same(with_call(phone, call.id, { up: true }));
	case "opened":
		return same(with_call(phone, call.id, { opened: [...call.opened, said.switch] }));
	case "ended":
		return end(phone, call, said.why, said.by ?? null);
	default:
		return same(phone);
	}
}

// The server rings for these devices; whatever stands, or has something to be said, is resumed.
// A call that the server had not named when the socket was lost is lost with it.
function hear_hello(phone: Phone, skew: number, devices: string[]): Step {
	const stand = phone.calls.filter(({ phase }) => phase !== "ended");
	const tokens = new Map([...stand.filter(({ token }) => token !== ""),
		...phone.owed.map(({ call, token }) => ({ id: call, token }))]
		.map(({ id, token }) => [id, token]));
	let next: Step = { phone: { ...phone, skew, devices, linked: true, owed: [] }, acts: [] };
	for (const call of stand.filter(({ token }) => token === "")) {
		const over = end(next.phone, call, "lost");
		next = { phone: over.phone, acts: [...next.acts, ...over.acts] };
	}
	return { phone: next.phone, acts: [...next.acts,
		...[...tokens].map(([call, token]) => say({ type: "resume", call, token })),
		...phone.owed.map((one) => say(one.say))] };
}

// Without a socket nothing can be said: it is kept.
function kept({ phone, acts }: Step): Step {
	if (phone.linked)
		return { phone, acts };
	const owed = [...phone.owed];
	for (const one of acts) {
		if (one.act !== "say" || !("call" in one.say) || owed.length >= OWED_MAX)
			continue;
		const { call: id } = one.say;
		const token = phone.calls.find((call) => call.id === id)?.token ?? "";
		if (token !== "")
			owed.push({ say: one.say, call: id, token });
	}
	return { phone: { ...phone, owed }, acts: acts.filter(({ act }) => act !== "say") };
}

export function phone_unlinked(phone: Phone): Phone {
	return { ...phone, linked: false };
}

export function phone_hear(phone: Phone, said: Said, now: number): Step {
	switch (said.type) {
	case "hello":
		return hear_hello(phone, said.now - now, said.devices);
	case "ring":
		return hear_ring(phone, said, now);
	case "dialling":
		return hear_dialling(phone, said);
	case "error":
		return hear_error(phone, said);
	default: {
		const call = find(phone, said.call);
		return call === null ? same(phone) : hear_of(phone, call, said, now);
	}
	}
}

// One conversation at a time: who takes another call ends this one.
function alone(phone: Phone, but: string): Step {
	const other = phone.calls.find((one) => call_live(one) && one.id !== but);
	return other === undefined ? same(phone) : hang_up(phone, other);
}

// Known to the server or not: one that is only dialled is given up when its name comes.
function hang_up(phone: Phone, call: Call): Step {
	const over = end(phone, call, "hangup");
	return call.token === "" ? over
		: { ...over, acts: [say({ type: "hangup", call: call.id }), ...over.acts] };
}

function dial(phone: Phone, deed: Extract<Deed, { do: "dial" }>): Step {
	const { ref, device, to, look, switches } = deed;
	if (!phone.linked)
		return { phone, acts: [{ act: "refused", code: "unreachable" }] };
	const before = alone(phone, ref);
	const call: Call = {
		id: ref, ref, token: "", device, peer: to, incoming: false, look, test: false, phase: "dialling",
		seen: false, camera: false, switches, sdp: "", until: 0, since: null, up: false, opened: [],
		why: null, by: null,
	};
	const calls = before.phone.calls.filter(({ phase }) => phase !== "ended");
	return { phone: { ...before.phone, calls: [...calls, call] },
		acts: [...before.acts, say({ type: "dial", ref, device, to: to.device, look })] };
}

// A call that rings; or the door that one looks at, which hears one from then on.
function answer(phone: Phone, call: Call): Step {
	const change: Partial<Call> | null = call.phase === "ringing" ? { phase: "answering" }
		: call.look && call.phase !== "dialling" ? { look: false } : null;
	if (change === null)
		return same(phone);
	const before = alone(phone, call.id);
	return { phone: with_call(before.phone, call.id, change),
		acts: [...before.acts, say({ type: "answer", call: call.id }),
			{ act: "microphone", call: call.id }] };
}

function decline(phone: Phone, call: Call): Step {
	if (call.phase !== "ringing")
		return same(phone);
	const over = end(phone, call, "declined");
	return { ...over, acts: [say({ type: "decline", call: call.id }), ...over.acts] };
}

function do_with(phone: Phone, call: Call, deed: Deed): Step {
	switch (deed.do) {
	case "answer":
		return answer(phone, call);
	case "decline":
		return decline(phone, call);
	case "hangup":
		return call_live(call) ? hang_up(phone, call) : same(phone);
	case "open":
		return { phone, acts: [say({ type: "open", call: call.id, switch: deed.switch })] };
	case "digit":
		return { phone, acts: [say({ type: "digit", call: call.id, digit: deed.digit })] };
	case "sdp":
		return { phone, acts: [say({ type: "sdp", call: call.id, sdp: deed.sdp })] };
	case "broken":
		return { phone: with_call(phone, call.id, { up: false }), acts: call.token === "" ? []
			: [say({ type: "resume", call: call.id, token: call.token, fresh: true })] };
	case "first":
		return { phone: with_call(phone, call.id, { seen: true }),
			acts: [say({ type: "first", call: call.id })] };
	case "shown":
		return { phone, acts: [say({ type: "shown", call: call.id })] };
	default:
		return same(phone);
	}
}

export function phone_do(phone: Phone, deed: Deed): Step {
	if (deed.do === "dial")
		return dial(phone, deed);
	if (deed.do === "dismiss")
		return same({ ...phone, calls: phone.calls.filter(({ id, phase }) =>
			id !== deed.call || phase !== "ended") });
	const call = find(phone, deed.call);
	return call === null ? same(phone) : kept(do_with(phone, call, deed));
}

// A ring whose end nobody could tell, because the socket is lost, ends by the clock.
export function phone_tick(phone: Phone, now: number): Step {
	const late = phone.calls.find(({ phase, until }) =>
		phase === "ringing" && now > until + RING_GRACE_MS);
	if (late === undefined)
		return same(phone);
	const first = end(phone, late, "no_answer");
	const rest = phone_tick(first.phone, now);
	return { phone: rest.phone, acts: [...first.acts, ...rest.acts] };
}
