// The bell: a tone made here, so that there is no file to wait for, and the phone's vibration. Of
// several tabs that ring, one sounds.

const GAP_MS = 3_000;
const BELL = [{ hz: 659, at_s: 0, for_s: 0.9 }, { hz: 523, at_s: 0.45, for_s: 1.3 }];
const RINGBACK = [{ hz: 425, at_s: 0, for_s: 1 }];
const LOUD = 0.3;
const SOFT = 0.05;
const VIBRATION = [400, 200, 400];

let context: AudioContext | null = null;

// Browsers make no sound before the first touch or key.
export function sound_unlock(): void {
	context ??= "AudioContext" in globalThis ? new AudioContext() : null;
	void context?.resume();
}

export function sound_locked(): boolean {
	return context?.state !== "running";
}

function strike(tones: typeof BELL, loudness: number): void {
	if (context === null || context.state !== "running")
		return;
	const now = context.currentTime;
	for (const { hz, at_s, for_s } of tones) {
		const tone = new OscillatorNode(context, { frequency: hz });
		const gain = new GainNode(context, { gain: 0 });
		gain.gain.setValueAtTime(0, now + at_s);
		gain.gain.linearRampToValueAtTime(loudness, now + at_s + 0.02);
		gain.gain.exponentialRampToValueAtTime(0.001, now + at_s + for_s);
		tone.connect(gain).connect(context.destination);
		tone.start(now + at_s);
		tone.stop(now + at_s + for_s);
	}
}

function repeated(act: () => void): () => void {
	act();
	const tick = setInterval(act, GAP_MS);
	return () => clearInterval(tick);
}

// Returns what ends it.
export function ring_start(): () => void {
	let stop: () => void = () => undefined;
	const over = new AbortController();
	const sound = () => new Promise<void>((done) => {
		if (over.signal.aborted)
			return done();
		const silent = repeated(() => {
			strike(BELL, LOUD);
			navigator.vibrate?.(VIBRATION);
		});
		stop = () => {
			silent();
			navigator.vibrate?.(0);
			done();
		};
	});
	if ("locks" in navigator)
		navigator.locks.request("vestibule.ring", { signal: over.signal }, sound)
			.catch(() => undefined); // the ring ended before its turn came
	else
		void sound();
	return () => {
		over.abort();
		stop();
	};
}

// What one hears while somebody else's phone rings.
export function ringback_start(): () => void {
	return repeated(() => strike(RINGBACK, SOFT));
}
