import assert from "node:assert/strict";
import { test } from "node:test";
import { check, plural_forms, words_used } from "../catalogues.mjs";

const USED = 'import("../catalogue/en.json") import("../catalogue/fr.json")'
	+ ' import("../catalogue/pl.json") "a" "b"';

test("same keys, all used: nothing to say", () => {
	assert.deepEqual(check({ en: { a: "{n} x" }, fr: { a: "y {n}" } }, USED), []);
});

test("missing, extra, empty, unused keys and other placeholders are named", () => {
	const en = { a: "{n}", b: "b", c: "c" };
	assert.deepEqual(check({ en, fr: { a: "{m}", c: " ", d: "d" } }, USED), [
		"fr: placeholders differ in a",
		"fr: missing key b",
		"fr: key d is in no other catalogue",
		"fr: no text for c",
		"en: key c is used nowhere",
	]);
});

test("a catalogue that nothing loads is named", () => {
	assert.deepEqual(check({ en: { a: "a" }, nl: { a: "a" } }, USED), [
		"nl: this language has no line in lib/i18n.ts",
	]);
});

test("keys of mails are the server's to use, but every language has them", () => {
	const en = { a: "a", "mail.x.subject": "{n}" };
	assert.deepEqual(check({ en, fr: { a: "a" } }, USED), [
		"fr: missing key mail.x.subject",
	]);
	assert.deepEqual(words_used(en, '"a" "mail.x.subject"'), { a: "a" });
	const plural = { "mail.x.subject": "{n, plural, one {#} other {#}}" };
	assert.deepEqual(check({ en: plural }, USED), [
		"en: a plural in mail.x.subject: the server knows none",
	]);
});

test("a page takes the words that its sources use, and no others", () => {
	assert.deepEqual(words_used({ a: "1", "a.b": "2", b: "3" }, 't("a.b") + t("b")'),
		{ "a.b": "2", b: "3" });
});

test("the plural forms of whole numbers in each language", () => {
	assert.deepEqual(["cs", "de", "en", "es", "fr", "it", "nl", "pl", "pt"].map(plural_forms), [
		["few", "one", "other"], ["one", "other"], ["one", "other"], ["one", "other"],
		["one", "other"], ["one", "other"], ["one", "other"], ["few", "many", "one", "other"],
		["one", "other"],
	]);
});

test("a plural has the forms of its language, and no others; or it is worded without", () => {
	const en = { a: "{n, plural, one {# file} other {# files}}" };
	const good = "{n, plural, one {# plik} few {# pliki} many {# plików} other {# pliku}}";
	assert.deepEqual(check({ en, pl: { a: good } }, USED), []);
	assert.deepEqual(check({ en, pl: { a: "Pliki: {n}" } }, USED), []);
	assert.deepEqual(check({ en, pl: { a: en.a } }, USED), [
		"pl: a has the plural forms one other, not few many one other",
	]);
	assert.deepEqual(check({ en, fr: { a: good } }, USED), [
		"fr: a has the plural forms one few many other, not one other",
	]);
});

test("a plural that cannot be read is named, not shown", () => {
	for (const a of ["{n, plural, one {#}", "{n, plural,one {#} other {#}}", "{n} }", "{n, select}"])
		assert.match(check({ en: { a } }, USED).join(), /a brace is nobody's in a/);
});
