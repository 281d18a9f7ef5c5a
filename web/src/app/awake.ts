// Keeps the screen on while somebody talks. The browser lets go of it when the page is hidden.

// Returns what ends it.
export function awake_keep(): () => void {
	let held: WakeLockSentinel | null = null;
	let over = false;
	const hold = async () => {
		if (document.hidden || over || !("wakeLock" in navigator))
			return;
		held = await navigator.wakeLock.request("screen").catch(() => null); // a saver may refuse
		if (over)
			void held?.release();
	};
	const shown = () => void hold();
	document.addEventListener("visibilitychange", shown);
	shown();
	return () => {
		over = true;
		document.removeEventListener("visibilitychange", shown);
		void held?.release();
	};
}
