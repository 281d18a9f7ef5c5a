// Keeps what is shown fresh: reads again when the feed of the site tells of a change.
import { useEffect } from "preact/hooks";
import type { LiveEvent } from "../api/types.ts";

// Tells a part what changed; null: the feed stands again and anything may have changed.
export type Listen = (fn: (event: LiveEvent | null) => void) => () => void;

const SETTLE_MS = 250; // a building that comes back is one reload, not a hundred

// Reads again soon after something changed that `counts`.
export function useChanges(listen: Listen, reload: () => void,
	counts: (type: string) => boolean = () => true): void {
	useEffect(() => {
		let wait: number | undefined;
		const stop = listen((event) => {
			if (event !== null && !counts(event.type))
				return;
			clearTimeout(wait);
			wait = window.setTimeout(reload, SETTLE_MS);
		});
		return () => {
			clearTimeout(wait);
			stop();
		};
	}, [listen, reload]);
}

// Anything but a call.
export function useDeviceChanges(listen: Listen, reload: () => void): void {
	useChanges(listen, reload, (type) => !type.startsWith("call"));
}
