// ALTCHA 3's work: a counter with which the derived key begins as asked. Pure.
import { pbkdf2 } from "./pbkdf2.ts";

export interface Challenge {
	parameters: { cost: number; nonce: string; salt: string; keyPrefix: string };
	signature: string;
}

const COUNTER_MAX = 0xffff_ffff;

function hex_bytes(hex: string): Uint8Array {
	return Uint8Array.from(hex.match(/../g) ?? [], (two) => parseInt(two, 16));
}

function begins(bytes: Uint8Array, start: Uint8Array): boolean {
	return start.every((byte, i) => bytes[i] === byte);
}

// What the server takes as `captcha`: base64 of the challenge and its solution.
export function captcha_solve(challenge: Challenge): string {
	const { cost, nonce, salt, keyPrefix } = challenge.parameters;
	const salt_bytes = hex_bytes(salt), prefix = hex_bytes(keyPrefix);
	const start = hex_bytes(nonce);
	const password = new Uint8Array(start.length + 4);
	password.set(start);
	const view = new DataView(password.buffer);
	for (let counter = 0; counter <= COUNTER_MAX; counter++) {
		view.setUint32(start.length, counter);
		const key = pbkdf2(password, salt_bytes, cost);
		if (begins(key, prefix)) {
			const derivedKey = Array.from(key, (byte) => byte.toString(16).padStart(2, "0")).join("");
			return btoa(JSON.stringify({ challenge, solution: { counter, derivedKey } }));
		}
	}
	throw new Error("the captcha has no solution");
}
