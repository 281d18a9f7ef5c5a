import { useEffect, useState } from "preact/hooks";
import { t, type Key } from "../lib/i18n.ts";
import { usePhone } from "./context.ts";
import type { Leg, Microphone, Quality } from "./leg.ts";
import { call_live, type Call } from "./phone.ts";

const LOOK_MS = 2_000;
const BAD_LOOKS = 2; // in a row: one alone is a hiccup

const MICROPHONE: Partial<Record<Microphone, Key>> = {
	asking: "app.mic_asking", refused: "app.mic_refused", missing: "app.mic_missing",
};

function useQuality(leg: Leg | null, running: boolean): Quality {
	const [quality, set] = useState<Quality>("good");
	useEffect(() => {
		if (leg === null || !running)
			return undefined;
		let bad = 0;
		const tick = setInterval(() => void leg.quality().then((now) => {
			bad = now === "good" ? 0 : bad + 1;
			set(bad >= BAD_LOOKS ? now : "good");
		}), LOOK_MS);
		return () => clearInterval(tick);
	}, [leg, running]);
	return quality;
}

// What is amiss in a call, and what still works.
export function CallHints({ call, leg }: { call: Call; leg: Leg | null }) {
	const { linked } = usePhone();
	const quality = useQuality(leg, call.phase === "talking");
	const microphone = call_live(call) && !call.look ? MICROPHONE[leg?.microphone ?? "off"] : undefined;
	const hints: Key[] = [
		...(linked ? [] : ["app.link_lost"] as const),
		...(microphone === undefined ? [] : [microphone]),
		...(quality === "poor" ? ["app.quality_poor"] as const
			: quality === "none" ? ["app.quality_none"] as const : []),
	];
	return (
		<div role="status" class="call-hints">
			{hints.map((key) => <p key={key}>{t(key)}</p>)}
		</div>
	);
}
