import { render } from "preact";
import { lang_current, lang_follow, lang_initial, lang_load, lang_store, type Lang } from "../lib/i18n.ts";
import { theme_apply, theme_current } from "../lib/theme.ts";
import { App, app_start } from "./app.tsx";
import { sound_unlock } from "./ring.ts";
import { worker_start } from "./worker.ts";

const root = document.getElementById("app") as HTMLElement;

// A new key makes every component read its messages again.
async function show(lang: Lang): Promise<void> {
	await lang_load(lang);
	render(<App key={lang} change_language={change} follow_language={follow} />, root);
}

function change(lang: Lang): void {
	lang_store(lang);
	void show(lang);
}

function follow(tag: string): void {
	const lang = lang_follow(tag);
	if (lang !== lang_current())
		void show(lang);
}

async function start(): Promise<void> {
	const first = lang_initial();
	const [tag] = await Promise.all([app_start(), lang_load(first)]);
	await show(tag === null ? first : lang_follow(tag));
	worker_start();
}

theme_apply(theme_current());
for (const touch of ["pointerdown", "keydown"])
	addEventListener(touch, sound_unlock, { capture: true });
void start();
