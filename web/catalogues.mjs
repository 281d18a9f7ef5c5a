// The message catalogues, checked: every language has the same keys and placeholders, plurals have
// the forms of their language, and every key is used by the source. That a used key exists is the
// compiler's job (lib/i18n.ts, Key). Keys of mails are the server's (tools/embed-words); portal
// and app each take the words that they use.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const NUMBERS_MAX = 1000; // larger ones have no form that the smaller ones lack, up to a million

const PLACE = /\{(\w+)(?:, plural,((?: \w+ \{[^{}]*\})+))?\}/g; // as in lib/i18n.ts
const FORM = /(\w+) \{([^{}]*)\}/g;

const of_mail = (key) => key.startsWith("mail.");

// Whether the text of some source has a key in quotes. Read once: it is long, and keys are many.
function uses(source) {
	const found = new Set(source.match(/"[\w.]+(?=")/g));
	return (key) => found.has(`"${key}`);
}

// What of a catalogue the text of some source uses.
export function words_used(catalogue, source) {
	const used = uses(source);
	return Object.fromEntries(Object.entries(catalogue).filter(([key]) => !of_mail(key) && used(key)));
}

// The forms that whole numbers have in a language: Polish 1 plik, 2 pliki, 5 plików; and "other",
// which is what a form that is not there falls back to.
export function plural_forms(lang) {
	const rules = new Intl.PluralRules(lang);
	const forms = new Set(["other"]);
	for (let n = 0; n <= NUMBERS_MAX; n++)
		forms.add(rules.select(n));
	return [...forms].sort();
}

const names = (text) =>
	[...new Set([...text.matchAll(PLACE)].map(([, name]) => name))].sort().join();

// What is wrong with one text by itself.
function text_faults(key, text, forms) {
	const faults = [];
	if (text.trim() === "")
		faults.push(`no text for ${key}`);
	if (/[{}]/.test(text.replace(PLACE, "")))
		faults.push(`a brace is nobody's in ${key}`);
	for (const [, , plural] of text.matchAll(PLACE)) {
		if (plural === undefined)
			continue;
		if (of_mail(key))
			faults.push(`a plural in ${key}: the server knows none`);
		const have = [...plural.matchAll(FORM)].map(([, name]) => name);
		if (have.toSorted().join() !== forms.join())
			faults.push(`${key} has the plural forms ${have.join(" ")}, not ${forms.join(" ")}`);
	}
	return faults;
}

function key_faults(base, other) {
	const faults = [];
	for (const key of Object.keys(base)) {
		if (!(key in other))
			faults.push(`missing key ${key}`);
		else if (names(base[key]) !== names(other[key]))
			faults.push(`placeholders differ in ${key}`);
	}
	for (const key of Object.keys(other))
		if (!(key in base))
			faults.push(`key ${key} is in no other catalogue`);
	return faults;
}

// Returns a list of complaints about `all` ({lang: catalogue}), against the one of English, and
// about `source`, which is to use every key and to name every language (lib/i18n.ts).
export function check(all, source) {
	const faults = [];
	for (const [lang, catalogue] of Object.entries(all)) {
		const forms = plural_forms(lang);
		const found = lang === "en" ? [] : key_faults(all.en, catalogue);
		for (const [key, text] of Object.entries(catalogue))
			found.push(...text_faults(key, text, forms));
		if (!source.includes(`import("../catalogue/${lang}.json")`))
			found.push("this language has no line in lib/i18n.ts");
		faults.push(...found.map((fault) => `${lang}: ${fault}`));
	}
	const used = uses(source);
	for (const key of Object.keys(all.en))
		if (!of_mail(key) && !used(key))
			faults.push(`en: key ${key} is used nowhere`);
	return faults;
}

function source_text(folder) {
	return readdirSync(folder, { recursive: true })
		.filter((name) => /\.tsx?$/.test(name))
		.map((name) => readFileSync(join(folder, name), "utf8"))
		.join("\n");
}

// JSON.parse takes the last of two entries of one key, and the other is lost in silence.
function twice(text) {
	const keys = [...text.matchAll(/^\t"([^"]+)":/gm)].map(([, key]) => key);
	return keys.filter((key, at) => keys.indexOf(key) !== at);
}

export function check_catalogues(src) {
	const all = {};
	const faults = [];
	for (const name of readdirSync(join(src, "catalogue")).sort()) {
		const text = readFileSync(join(src, "catalogue", name), "utf8");
		const lang = name.replace(/\.json$/, "");
		all[lang] = JSON.parse(text);
		faults.push(...twice(text).map((key) => `${lang}: key ${key} is there twice`));
	}
	return [...faults, ...check(all, source_text(src))];
}
