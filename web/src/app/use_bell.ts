import { useEffect } from "preact/hooks";
import { t } from "../lib/i18n.ts";
import { awake_keep } from "./awake.ts";
import { useEngine } from "./context.ts";
import { call_live, type Call } from "./phone.ts";
import { ring_start, ringback_start } from "./ring.ts";

const FLASH_MS = 1_000;

// The window's title, back and forth; without motion where somebody wants none.
function title_flash(text: string): () => void {
	const before = document.title;
	const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
	document.title = text;
	const tick = still ? undefined : setInterval(() => {
		document.title = document.title === text ? before : text;
	}, FLASH_MS);
	return () => {
		clearInterval(tick);
		document.title = before;
	};
}

// What a call does beyond its own screen.
export function useBell(call: Call): void {
	const engine = useEngine();
	const ringing = call.phase === "ringing";
	const live = call_live(call);
	const calling = call.phase === "calling" && !call.look;
	useEffect(() => {
		if (!ringing)
			return undefined;
		const shown = () => document.hidden || engine.tell("shown", call.id);
		shown();
		document.addEventListener("visibilitychange", shown);
		const silent = ring_start();
		const plain = title_flash(t("app.rings_title", { name: call.peer.name }));
		return () => {
			document.removeEventListener("visibilitychange", shown);
			silent();
			plain();
		};
	}, [ringing, call.ref]);
	useEffect(() => live ? awake_keep() : undefined, [live]);
	useEffect(() => calling ? ringback_start() : undefined, [calling]);
}
