import assert from "node:assert/strict";
import { test } from "node:test";
import { compare_catalogues } from "../catalogues.mjs";

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
