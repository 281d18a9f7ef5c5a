// Messages of the chosen language. A key that does not exist does not compile; build.mjs finds
// keys that one language lacks or that nothing uses.
import type en from "../catalogue/en.json";

export type Key = keyof typeof en;
export type Lang = "en" | "fr";
export const LANGS: readonly Lang[] = ["en", "fr"];
const STORED = "vestibule.lang";

let messages: Record<Key, string>;
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
	messages = lang === "fr"
		? (await import("../catalogue/fr.json")).default
		: (await import("../catalogue/en.json")).default;
	current = lang;
	document.documentElement.lang = lang;
}

export function lang_initial(): Lang {
	return lang_pick(localStorage.getItem(STORED), navigator.languages);
}

export function lang_store(lang: Lang): void {
	localStorage.setItem(STORED, lang);
}

export function lang_current(): Lang {
	return current;
}

export function fill(text: string, values: Record<string, string | number>): string {
	return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

export function t(key: Key, values: Record<string, string | number> = {}): string {
	return fill(messages[key], values);
}
