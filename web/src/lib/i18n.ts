// Messages of the chosen language. A key that does not exist does not compile; catalogues.mjs finds
// keys that one language lacks or that nothing uses, and a plural without one of its forms.
import type en from "../catalogue/en.json";
import { format_number } from "./format.ts";

export type Key = keyof typeof en;
type Messages = Record<Key, string>;

// What the language is called by those who speak it, and its catalogue, a file of its own. A line
// here for each file of ../catalogue/, or the build fails.
const LANGUAGES = {
	cs: { name: "Čeština", load: () => import("../catalogue/cs.json") },
	de: { name: "Deutsch", load: () => import("../catalogue/de.json") },
	en: { name: "English", load: () => import("../catalogue/en.json") },
	es: { name: "Español", load: () => import("../catalogue/es.json") },
	fr: { name: "Français", load: () => import("../catalogue/fr.json") },
	it: { name: "Italiano", load: () => import("../catalogue/it.json") },
	nl: { name: "Nederlands", load: () => import("../catalogue/nl.json") },
	pl: { name: "Polski", load: () => import("../catalogue/pl.json") },
	pt: { name: "Português", load: () => import("../catalogue/pt.json") },
} satisfies Record<string, { name: string; load: () => Promise<{ default: Messages }> }>;

export type Lang = keyof typeof LANGUAGES;
export const LANGS = Object.keys(LANGUAGES) as readonly Lang[];
const STORED = "vestibule.lang";
const PERSON = "vestibule.lang.person";

let messages: Messages;
let current: Lang = "en";

// The stored choice, else the first language of the browser that we have, else English.
export function lang_pick(stored: string | null, wanted: readonly string[]): Lang {
	for (const tag of stored === null ? wanted : [stored, ...wanted]) {
		const found = LANGS.find((lang) => lang === tag.toLowerCase().split("-")[0]);
		if (found !== undefined)
			return found;
	}
	return "en";
}

export async function lang_load(lang: Lang): Promise<void> {
	messages = (await LANGUAGES[lang].load()).default;
	current = lang;
	document.documentElement.lang = lang;
}

// Chosen here, else that of who signed in here last, else the browser's.
export function lang_initial(): Lang {
	const person = localStorage.getItem(PERSON);
	return lang_pick(localStorage.getItem(STORED),
		person === null ? navigator.languages : [person, ...navigator.languages]);
}

// The pages are for somebody who speaks `tag`; returns what they are in, then.
export function lang_follow(tag: string): Lang {
	localStorage.setItem(PERSON, tag);
	return lang_initial();
}

// What was chosen here counts no more.
export function lang_forget(): void {
	localStorage.removeItem(STORED);
}

export function lang_store(lang: Lang): void {
	localStorage.setItem(STORED, lang);
}

export function lang_current(): Lang {
	return current;
}

export function lang_name(lang: Lang): string {
	return LANGUAGES[lang].name;
}

// {name}, or {name, plural, one {# row} other {# rows}}: of ICU's messages what we need.
const PLACE = /\{(\w+)(?:, plural,((?: \w+ \{[^{}]*\})+))?\}/g;
const FORM = /(\w+) \{([^{}]*)\}/g;

// The form of the language for that number, "other" where a language has none; # is the number.
function plural(forms: string, n: number, lang: string): string {
	const texts = new Map([...forms.matchAll(FORM)].map(([, name, text]) => [name, text]));
	const text = texts.get(new Intl.PluralRules(lang).select(n)) ?? texts.get("other") ?? "";
	return text.replaceAll("#", format_number(n, lang));
}

// Numbers are printed as the language does; a number that is a name, such as a row's, is a text.
export function fill(text: string, values: Record<string, string | number>,
	lang: string): string {
	return text.replace(PLACE, (whole, name: string, forms: string | undefined) => {
		const value = values[name];
		if (value === undefined)
			return whole;
		if (forms !== undefined)
			return plural(forms, Number(value), lang);
		return typeof value === "number" ? format_number(value, lang) : value;
	});
}

export function t(key: Key, values: Record<string, string | number> = {}): string {
	return fill(messages[key], values, current);
}
