// Does what phone.ts decides: owns the socket, and a leg for each call. The pages listen.
import { Leg } from "./leg.ts";
import { link_open, type Link } from "./link.ts";
import {
	type Act, call_live, type Deed, type Phone, phone_do, phone_hear, PHONE_IDLE, phone_tick,
	phone_unlinked, type Step,
} from "./phone.ts";

const TICK_MS = 1_000;
const OVER_SHOWN_MS = 3_500; // how a call ended, unless one has ended it oneself
const AWAITED_MS = 60_000; // a ring that a notice has told of comes within that
const AWAITED_MAX = 16; // older ones are forgotten

export interface EngineHandlers {
	refused: (code: string) => void;
	lost: () => void; // the socket: perhaps nobody is signed in any more
	back: () => void; // it is there again: what was read meanwhile may be old
}

const OWN_DEEDS: readonly string[] = ["hangup", "declined"];

export class Engine {
	phone: Phone = PHONE_IDLE;
	#link: Link | null = null;
	#legs = new Map<string, Leg>();
	#listeners = new Set<() => void>();
	#told = new Set<string>(); // "shown" and "first" are said once for each call
	#awaited: { call: string; until: number; rung: () => void }[] = [];

	constructor(readonly on: EngineHandlers) {}

	// Returns what stops it.
	start(): () => void {
		const tick = setInterval(() => this.#take(phone_tick(this.phone, Date.now())), TICK_MS);
		const again = () => document.hidden || this.#link?.again();
		let away = false;
		const leave = ({ persisted }: PageTransitionEvent) => persisted || this.#leave();
		addEventListener("online", again);
		addEventListener("pagehide", leave);
		document.addEventListener("visibilitychange", again);
		this.#link = link_open({
			said: (said) => {
				this.#take(phone_hear(this.phone, said, Date.now()));
				if (said.type === "ring")
					this.#rung(said.call);
				if (said.type !== "hello" || !away)
					return;
				away = false;
				this.on.back();
			},
			lost: () => {
				away = true;
				this.#take({ phone: phone_unlinked(this.phone), acts: [] });
				this.on.lost();
			},
		});
		return () => {
			clearInterval(tick);
			removeEventListener("online", again);
			removeEventListener("pagehide", leave);
			document.removeEventListener("visibilitychange", again);
			this.#link?.close();
			for (const leg of this.#legs.values())
				leg.close();
			this.#legs.clear();
			this.phone = PHONE_IDLE;
		};
	}

	// The page is closed in a call: the door is free at once, and does not wait for it to come back.
	#leave(): void {
		for (const call of this.phone.calls.filter(call_live))
			this.do({ do: "hangup", call: call.id });
	}

	do(deed: Deed): void {
		this.#take(phone_do(this.phone, deed));
	}

	// Tells the server of something that happens once in a call.
	tell(what: "shown" | "first", call: string): void {
		const word = `${what} ${call}`;
		if (this.#told.has(word))
			return;
		this.#told.add(word);
		this.do({ do: what, call });
	}

	// Calls that once the call rings here, which may be now: a push comes on another way.
	when_rung(call: string, rung: () => void): void {
		if (this.phone.calls.some(({ id }) => id === call))
			return rung();
		this.#awaited = [...this.#awaited.slice(1 - AWAITED_MAX),
			{ call, until: Date.now() + AWAITED_MS, rung }];
		this.#link?.again();
	}

	leg(call: string): Leg | null {
		return this.#legs.get(call) ?? null;
	}

	listen(fn: () => void): () => void {
		this.#listeners.add(fn);
		return () => this.#listeners.delete(fn);
	}

	#rung(call: string): void {
		const all = this.#awaited.filter(({ until }) => Date.now() < until);
		this.#awaited = all.filter((one) => one.call !== call);
		all.filter((one) => one.call === call).forEach(({ rung }) => rung());
	}

	#changed = () => this.#listeners.forEach((fn) => fn());

	#take({ phone, acts }: Step): void {
		if (phone === this.phone && acts.length === 0)
			return;
		const before = this.phone;
		this.phone = phone;
		acts.forEach((act) => this.#act(act));
		for (const { id, phase, why } of phone.calls)
			if (phase === "ended" && !before.calls.some((one) =>
				one.id === id && one.phase === "ended"))
				setTimeout(() => this.do({ do: "dismiss", call: id }),
					OWN_DEEDS.includes(why ?? "") ? 0 : OVER_SHOWN_MS);
		this.#changed();
	}

	#act(act: Act): void {
		switch (act.act) {
		case "say":
			this.#link?.say(act.say);
			break;
		case "offer":
			void this.#offered(act);
			break;
		case "microphone":
			void this.#legs.get(act.call)?.talk();
			break;
		case "hush":
			this.#legs.get(act.call)?.close();
			this.#legs.delete(act.call);
			break;
		case "refused":
			this.on.refused(act.code);
			break;
		}
	}

	// An offer that the browser cannot answer leaves a call without sound or picture, which can still
	// be declined, and its door opened.
	async #offered({ call, sdp, ice }: Extract<Act, { act: "offer" }>): Promise<void> {
		const leg = this.#legs.get(call) ?? new Leg(this.#changed,
			() => this.do({ do: "broken", call }));
		this.#legs.set(call, leg);
		try {
			const answer = await leg.open(sdp, ice);
			if (answer !== null)
				this.do({ do: "sdp", call, sdp: answer });
		} catch (error) {
			console.warn(error);
		}
	}
}
