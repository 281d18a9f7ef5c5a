// PBKDF2 with HMAC-SHA-256 (RFC 8018, FIPS 180-4), first block only. Browsers have it too, but only
// where the page came over TLS: a house without a certificate must be able to register as well. Pure.

// The bits behind the point of the cube roots (of the first 64 primes) and square roots (of 8).
const PRIMES: number[] = [];
for (let n = 2; PRIMES.length < 64; n++)
	if (PRIMES.every((p) => n % p !== 0))
		PRIMES.push(n);
const bits = (root: number) => ((root - Math.floor(root)) * 2 ** 32) | 0;
const K = Int32Array.from(PRIMES, (p) => bits(Math.cbrt(p)));
const START = Int32Array.from(PRIMES.slice(0, 8), (p) => bits(Math.sqrt(p)));

const WORDS = 16; // of a block
const HASH_WORDS = 8;
const HASH_BYTES = 32;
const BLOCK_BYTES = 64;

const w = new Int32Array(64);

// state = SHA-256's compression of state and block.
function compress(state: Int32Array, block: Int32Array): void {
	w.set(block);
	for (let i = WORDS; i < 64; i++) {
		const x = w[i - 15]!, y = w[i - 2]!;
		const s0 = (x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3;
		const s1 = (y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10;
		w[i] = w[i - 16]! + s0 + w[i - 7]! + s1 | 0;
	}
	let a = state[0]!, b = state[1]!, c = state[2]!, d = state[3]!;
	let e = state[4]!, f = state[5]!, g = state[6]!, h = state[7]!;
	for (let i = 0; i < 64; i++) {
		const s1 = (e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7);
		const t1 = h + s1 + (e & f ^ ~e & g) + K[i]! + w[i]! | 0;
		const s0 = (a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10);
		const t2 = s0 + (a & b ^ a & c ^ b & c) | 0;
		h = g;
		g = f;
		f = e;
		e = d + t1 | 0;
		d = c;
		c = b;
		b = a;
		a = t1 + t2 | 0;
	}
	state[0] = state[0]! + a;
	state[1] = state[1]! + b;
	state[2] = state[2]! + c;
	state[3] = state[3]! + d;
	state[4] = state[4]! + e;
	state[5] = state[5]! + f;
	state[6] = state[6]! + g;
	state[7] = state[7]! + h;
}

// One block of bytes that a block of 64 came before, padded to its end.
function last_block(bytes: Uint8Array): Int32Array {
	const padded = new Uint8Array(BLOCK_BYTES);
	const view = new DataView(padded.buffer);
	padded.set(bytes);
	padded[bytes.length] = 0x80;
	view.setUint32(BLOCK_BYTES - 4, (BLOCK_BYTES + bytes.length) * 8);
	return Int32Array.from({ length: WORDS }, (_, i) => view.getInt32(4 * i));
}

// What is left of the key's block, hashed: where each HMAC goes on.
function keyed(key: Uint8Array, pad: number): Int32Array {
	const block = new Uint8Array(BLOCK_BYTES).fill(pad);
	const view = new DataView(block.buffer);
	key.forEach((byte, i) => block[i] = byte ^ pad);
	const state = START.slice();
	compress(state, Int32Array.from({ length: WORDS }, (_, i) => view.getInt32(4 * i)));
	return state;
}

// 32 bytes. The password has at most 64, the salt at most 47.
export function pbkdf2(password: Uint8Array, salt: Uint8Array, rounds: number): Uint8Array {
	const inner = keyed(password, 0x36), outer = keyed(password, 0x5c);
	const state = new Int32Array(HASH_WORDS), sum = new Int32Array(HASH_WORDS);
	const block = last_block(new Uint8Array(HASH_BYTES)); // of a hash: its words are replaced
	const first = new Uint8Array(salt.length + 4);
	first.set(salt);
	first[salt.length + 3] = 1;
	let message = last_block(first);
	for (let n = 0; n < rounds; n++) {
		state.set(inner);
		compress(state, message);
		block.set(state);
		state.set(outer);
		compress(state, block);
		for (let i = 0; i < HASH_WORDS; i++)
			sum[i]! ^= state[i]!;
		block.set(state);
		message = block;
	}
	const bytes = new DataView(new ArrayBuffer(HASH_BYTES));
	sum.forEach((word, i) => bytes.setInt32(4 * i, word));
	return new Uint8Array(bytes.buffer);
}
