// What accounts need: the captcha's work, and what browsers call themselves.
import assert from "node:assert/strict";
import { pbkdf2Sync, randomBytes } from "node:crypto";
import { test } from "node:test";
import { pbkdf2 } from "../src/captcha/pbkdf2.ts";
import { api, Problem } from "../src/api/client.ts";
import { captcha_solve } from "../src/captcha/solve.ts";
import { agent_name } from "../src/lib/agent.ts";
import { route_parse } from "../src/lib/router.ts";

test("PBKDF2: the same as OpenSSL's", () => {
	for (const [password_n, salt_n, rounds] of [[0, 0, 1], [20, 16, 1000], [64, 47, 2], [5, 3, 7]] as const) {
		const password = randomBytes(password_n), salt = randomBytes(salt_n);
		assert.deepEqual(Buffer.from(pbkdf2(password, salt, rounds)),
			pbkdf2Sync(password, salt, rounds, 32, "sha256"));
	}
});

test("captcha: the answer proves the work", () => {
	const challenge = { signature: "ab", parameters: {
		cost: 10, nonce: randomBytes(16).toString("hex"), salt: randomBytes(16).toString("hex"),
		keyPrefix: "00" } };
	const answer = JSON.parse(atob(captcha_solve(challenge)));
	const password = Buffer.concat([Buffer.from(challenge.parameters.nonce, "hex"), Buffer.alloc(4)]);
	password.writeUInt32BE(answer.solution.counter, 16);
	const key = pbkdf2Sync(password, Buffer.from(challenge.parameters.salt, "hex"), 10, 32, "sha256");
	assert.deepEqual(answer.challenge, challenge);
	assert.equal(key[0], 0);
	assert.equal(answer.solution.derivedKey, key.toString("hex"));
});

test("browsers are called by their names", () => {
	const names: [string, string | null][] = [
		["Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox · Windows"],
		["Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0", "Edge · Windows"],
		["Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1", "Safari · iPhone"],
		["Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36", "Chrome · Android"],
		["curl/8.5.0", "curl"],
		["", null],
	];
	for (const [agent, name] of names)
		assert.equal(agent_name(agent), name);
});

test("routes: pages that stand alone", () => {
	assert.deepEqual(route_parse("/register"), { page: "register" });
	assert.deepEqual(route_parse("/confirm-email"), { page: "confirm-email" });
	assert.deepEqual(route_parse("/account"), { page: "account" });
	assert.deepEqual(route_parse("/account/x"), { page: "missing" });
});

test("an answer that breaks off is a Problem, as one that never came", async () => {
	const fetch = globalThis.fetch;
	const broken = Object.assign(new Response(""), {
		text: () => Promise.reject(new TypeError("Failed to fetch")) });
	globalThis.fetch = () => Promise.resolve(broken);
	try {
		await assert.rejects(api.session(), (error) => error instanceof Problem && error.status === 0);
	} finally {
		globalThis.fetch = fetch;
	}
});
