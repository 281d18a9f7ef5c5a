import { render } from "preact";
import { App, app_start } from "./app.tsx";
import { lang_initial, lang_load, lang_store, type Lang } from "./lib/i18n.ts";
import { theme_apply, theme_current } from "./lib/theme.ts";

const root = document.getElementById("app") as HTMLElement;

// A new key makes every component read its messages again.
async function show(lang: Lang, ready?: Promise<void>): Promise<void> {
	await Promise.all([lang_load(lang), ready]);
	render(<App key={lang} change_language={change} />, root);
}

function change(lang: Lang): void {
	lang_store(lang);
	void show(lang);
}

theme_apply(theme_current());
void show(lang_initial(), app_start());
