import { useEffect, useState } from "preact/hooks";

const TICK_MS = 1_000;

// The time, moving while `running`.
export function useNow(running: boolean): number {
	const [now, set] = useState(Date.now);
	useEffect(() => {
		if (!running)
			return;
		const tick = setInterval(() => set(Date.now()), TICK_MS);
		return () => clearInterval(tick);
	}, [running]);
	return now;
}
