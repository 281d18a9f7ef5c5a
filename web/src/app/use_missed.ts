import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { app_api } from "./api.ts";
import type { Call } from "./phone.ts";
import { snapshot_small, snapshot_take } from "./snapshot.ts";

// Why a ring ended that somebody has missed.
const MISSED: readonly string[] = ["caller_gone", "no_answer"];

// The first picture of a ring is kept in the page, and given to the server once nobody has answered: the
// list of calls, the mail and the notices show it. What the door's camera shows the server has itself.
// Returns what is to be called with that picture on the screen.
export function useMissed(call: Call, video: RefObject<HTMLVideoElement | null>): () => void {
	const first = useRef<Blob | null>(null);
	const { id, device, incoming, peer, phase, why } = call;
	useEffect(() => {
		const picture = first.current;
		if (phase === "ended" && MISSED.includes(why ?? "") && picture !== null
		    && snapshot_small(picture))
			void app_api.picture_keep(id, device, picture).catch(() => undefined); // or another page's stays
		if (phase !== "ringing")
			first.current = null;
	}, [phase]);
	return () => {
		if (incoming && peer.kind === "intercom" && phase === "ringing" && video.current !== null)
			void snapshot_take(video.current).then((picture) => { first.current = picture; },
				() => undefined);
	};
}
