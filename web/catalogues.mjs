// The message catalogues, checked: every language has the same keys and placeholders, and every
// key is used by the source. That a used key exists is the compiler's job (lib/i18n.ts, Key). Keys
// of mails are the server's (tools/embed-mail), and the portal goes without them.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const placeholders = (text) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort().join();

const of_mail = (key) => key.startsWith("mail.");

export function without_mail(catalogue) {
	return Object.fromEntries(Object.entries(catalogue).filter(([key]) => !of_mail(key)));
}

// Returns a list of complaints about `others` ({name: catalogue}) and `source` against `base`.
export function compare_catalogues(base, others, source) {
	const faults = [];
	for (const [name, other] of Object.entries(others)) {
		for (const key of Object.keys(base)) {
			if (!(key in other))
				faults.push(`${name}: missing key ${key}`);
			else if (placeholders(base[key]) !== placeholders(other[key]))
				faults.push(`${name}: placeholders differ in ${key}`);
		}
		for (const key of Object.keys(other))
			if (!(key in base))
				faults.push(`${name}: key ${key} is in no other catalogue`);
	}
	for (const key of Object.keys(base))
		if (!of_mail(key) && !source.includes(`"${key}"`))
			faults.push(`en: key ${key} is used nowhere`);
	return faults;
}

function source_text(folder) {
	return readdirSync(folder, { recursive: true })
		.filter((name) => /\.tsx?$/.test(name))
		.map((name) => readFileSync(join(folder, name), "utf8"))
		.join("\n");
}

export function check_catalogues(src) {
	const load = (lang) => JSON.parse(readFileSync(join(src, `catalogue/${lang}.json`), "utf8"));
	return compare_catalogues(load("en"), { fr: load("fr") }, source_text(src));
}
