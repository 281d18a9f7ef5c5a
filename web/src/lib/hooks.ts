import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Problem } from "../api/client.ts";
import { route_parse, type Route } from "./router.ts";

const TYPING_MS = 250; // a search waits until the fingers rest

export function problem_from(error: unknown): Problem {
	if (error instanceof Problem)
		return error;
	console.error(error);
	return new Problem(0);
}

export function useRoute(): Route {
	const [route, set] = useState(() => route_parse(location.pathname));
	useEffect(() => {
		const read = () => set(route_parse(location.pathname));
		addEventListener("popstate", read);
		return () => removeEventListener("popstate", read);
	}, []);
	return route;
}

export interface Loaded<T> {
	data: T | null;
	problem: Problem | null;
	reload: () => void;
	set: (data: T) => void;
}

// Reads when `key` changes and on reload(). Old data stays visible while it reads again; an
// answer that a later request has overtaken is dropped. What is there at `first` is not read again.
export function useLoad<T>(key: string, read: () => Promise<T>, first: T | null = null): Loaded<T> {
	const [state, set] = useState<{ key: string; data: T | null; problem: Problem | null }>(
		{ key, data: first, problem: null });
	const latest = useRef(0);
	const given = useRef(first !== null);
	const reload = useCallback(() => {
		const mine = ++latest.current;
		read().then(
			(data) => mine === latest.current && set({ key, data, problem: null }),
			(error: unknown) => mine === latest.current
				&& set((old) => ({
					key, data: old.key === key ? old.data : null, problem: problem_from(error),
				})));
	}, [key]);
	useLayoutEffect(() => { // asked for before the browser paints, not after
		if (!given.current)
			reload();
		given.current = false;
		return () => void latest.current++;
	}, [reload]);
	const fresh = state.key === key;
	return {
		data: fresh ? state.data : null,
		problem: fresh ? state.problem : null,
		reload,
		set: (data) => set({ key, data, problem: null }),
	};
}

// Does it again and again while somebody may be looking.
export function useRefresh(act: () => void, every_ms: number): void {
	const latest = useRef(act);
	latest.current = act;
	useEffect(() => {
		const tick = setInterval(() => document.hidden || latest.current(), every_ms);
		return () => clearInterval(tick);
	}, [every_ms]);
}

// What is typed, once typing rests.
export function useRested(text: string): string {
	const [rested, set] = useState(text.trim());
	useEffect(() => {
		const wait = setTimeout(() => set(text.trim()), TYPING_MS);
		return () => clearTimeout(wait);
	}, [text]);
	return rested;
}

export function useTitle(title: string): void {
	useEffect(() => {
		const before = document.title;
		document.title = `${title} – Vestibule`;
		return () => {
			document.title = before;
		};
	}, [title]);
}
