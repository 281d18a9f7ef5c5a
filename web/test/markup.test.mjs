// Text never becomes markup or script: what could make it so is used nowhere.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const web = join(dirname(fileURLToPath(import.meta.url)), "..");
const WAYS = /dangerouslySetInnerHTML|\b(inner|outer)HTML\b|insertAdjacentHTML|document\.write|srcdoc|\beval\(|new Function\b|set(Timeout|Interval)\(\s*["'`]|javascript:/;

test("no source makes markup or script of text", () => {
	for (const name of readdirSync(join(web, "src"), { recursive: true }))
		if (/\.tsx?$/.test(name))
			assert.doesNotMatch(readFileSync(join(web, "src", name), "utf8"), WAYS, name);
});

test("no page has a script, style or handler in it", () => {
	for (const name of ["index.html", "app.html"]) {
		const page = readFileSync(join(web, name), "utf8");
		assert.doesNotMatch(page, /<style|\sstyle=|\son\w+=|javascript:/i);
		for (const [script] of page.matchAll(/<script[^]*?<\/script>/gi))
			assert.match(script, /^<script type="module" src="[^"]+"><\/script>$/);
	}
});
