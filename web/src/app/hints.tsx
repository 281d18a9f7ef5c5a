import { useEffect, useState } from "preact/hooks";
import { t, type Key } from "../lib/i18n.ts";
import { useOnline } from "./door.tsx";
import { page_href } from "./place.ts";
import { is_installed, push_state, type PushState } from "./push.ts";

// What the browser offers once, and only to whom it wants to (Chromium).
interface InstallAsk extends Event {
	prompt: () => Promise<unknown>;
}
let install: InstallAsk | null = null;
addEventListener("beforeinstallprompt", (event) => {
	event.preventDefault();
	install = event as InstallAsk;
});

const CLOSED = "vestibule.app.hints"; // those that somebody does not want to see again

const closed_hints = () => (localStorage.getItem(CLOSED) ?? "").split(" ");

const PUSH: Partial<Record<PushState, Key>> = {
	off: "app.hint.push_off", denied: "app.hint.push_denied", install: "app.hint.push_install",
	unsupported: "app.hint.push_unsupported",
};

interface Hint {
	name: string;
	text: Key;
	deed?: { text: Key; href: string } | { text: Key; act: () => void };
}

function useHints(missed: number): Hint[] {
	const [push, set_push] = useState<PushState | null>(null);
	useEffect(() => {
		void push_state().then(set_push, () => undefined);
	}, []);
	const key = push === null ? undefined : PUSH[push];
	const hints: Hint[] = [];
	if (missed > 0)
		hints.push({ name: "missed", text: "app.hint.missed",
			deed: { text: "app.hint.see", href: page_href("calls") } });
	if (key !== undefined)
		hints.push({ name: `push-${push}`, text: key, ...(push === "off"
			? { deed: { text: "app.push_on", href: page_href("settings") } as const } : {}) });
	if (install !== null && !is_installed())
		hints.push({ name: "install", text: "app.hint.install",
			deed: { text: "app.install", act: () => void install?.prompt() } });
	return hints;
}

// What one should know before somebody rings.
export function Hints({ missed }: { missed: number }) {
	const online = useOnline();
	const [closed, set_closed] = useState(closed_hints);
	const close = (name: string) => {
		localStorage.setItem(CLOSED, [...closed, name].join(" ").trim());
		set_closed(closed_hints());
	};
	const shown = useHints(missed).filter(({ name }) => !closed.includes(name));
	return (
		<>
			{!online && <p class="note bad" role="alert">{t("app.offline")}</p>}
			{shown.map(({ name, text, deed }) => (
				<div key={name} class="note row spread">
					<span>{t(text)}</span>
					<span class="row">
						{deed !== undefined && ("href" in deed ? <a href={deed.href}>{t(deed.text)}</a>
							: <button onClick={deed.act}>{t(deed.text)}</button>)}
						{name !== "missed" && (
							<button class="plain" onClick={() => close(name)}>{t("close")}</button>
						)}
					</span>
				</div>
			))}
		</>
	);
}
