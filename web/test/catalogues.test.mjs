import assert from "node:assert/strict";
import { test } from "node:test";
import { compare_catalogues, without_mail } from "../catalogues.mjs";

test("same keys, all used: nothing to say", () => {
	assert.deepEqual(compare_catalogues({ a: "{n} x" }, { fr: { a: "y {n}" } }, 't("a")'), []);
});

test("missing, extra, unused keys and other placeholders are named", () => {
	const base = { a: "{n}", b: "b", c: "c" };
	assert.deepEqual(compare_catalogues(base, { fr: { a: "{m}", c: "c", d: "d" } }, '"a" "b"'), [
		"fr: placeholders differ in a",
		"fr: missing key b",
		"fr: key d is in no other catalogue",
		"en: key c is used nowhere",
	]);
});

test("keys of mails are the server's to use, but every language has them", () => {
	const base = { a: "a", "mail.x.subject": "{n}" };
	assert.deepEqual(compare_catalogues(base, { fr: { a: "a" } }, '"a"'), [
		"fr: missing key mail.x.subject",
	]);
	assert.deepEqual(without_mail(base), { a: "a" });
});
