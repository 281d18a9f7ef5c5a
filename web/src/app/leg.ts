// The sound and picture of one call: a connection to the server, which makes the offer. It is up
// before anybody answers, so that one sees who rings; answering only puts a microphone into it.
import type { Ice } from "./protocol.ts";

export type Microphone = "off" | "asking" | "on" | "refused" | "missing";
export type Quality = "good" | "poor" | "none";

const LOSS_POOR = 0.05; // of the packets since the last look
const WAIT_POOR_S = 0.4; // there and back

interface Counts {
	packets: number;
	lost: number;
}

export class Leg {
	readonly stream = new MediaStream();
	microphone: Microphone = "off";
	muted = false;
	#pc: RTCPeerConnection | null = null;
	#way: Promise<unknown> = Promise.resolve(); // one thing after the other
	#voice: MediaStreamTrack | null = null;
	#before: Counts = { packets: 0, lost: 0 };
	#closed = false;

	// `changed` is called whenever something that is shown may have; `broken` when the way to the
	// server is lost for good, as after a change of networks.
	constructor(readonly changed: () => void, readonly broken: () => void) {}

	get has_picture(): boolean {
		return this.stream.getVideoTracks().length > 0;
	}

	// Answers the offer; null once closed.
	open(sdp: string, ice: Ice[]): Promise<string | null> {
		return this.#after(async () => {
			this.#drop();
			const pc = new RTCPeerConnection({ iceServers: ice });
			this.#pc = pc;
			pc.addEventListener("track", ({ track }) => {
				this.stream.addTrack(track);
				this.changed();
			});
			pc.addEventListener("connectionstatechange", () => {
				if (pc === this.#pc && pc.connectionState === "failed")
					this.broken();
				this.changed();
			});
			await pc.setRemoteDescription({ type: "offer", sdp });
			for (const one of pc.getTransceivers())
				if (one.receiver.track.kind === "audio")
					one.direction = "sendrecv"; // without a track: it looks first
			await this.#speak();
			await pc.setLocalDescription();
			return this.#closed ? null : pc.localDescription?.sdp ?? null;
		});
	}

	// Whoever allows no microphone still hears and sees.
	talk(): Promise<void> {
		return this.#after(async () => {
			if (this.#voice !== null || this.#closed)
				return;
			this.#set("asking");
			try {
				const { mediaDevices } = navigator as { mediaDevices?: MediaDevices };
				if (mediaDevices === undefined) // the page did not come over HTTPS
					throw new DOMException("", "NotFoundError");
				const [track] = (await mediaDevices.getUserMedia({ audio: {
					echoCancellation: true, noiseSuppression: true, autoGainControl: true,
				} })).getAudioTracks();
				this.#voice = track ?? null;
			} catch (error) {
				const no = error instanceof DOMException && error.name === "NotAllowedError";
				this.#set(no ? "refused" : "missing");
				return;
			}
			if (this.#closed)
				return this.#hush();
			this.mute(this.muted);
			await this.#speak();
			this.#set("on");
		});
	}

	mute(on: boolean): void {
		this.muted = on;
		if (this.#voice !== null)
			this.#voice.enabled = !on;
		this.changed();
	}

	// Of what has come since it was asked last.
	async quality(): Promise<Quality> {
		const pc = this.#pc;
		if (pc === null || pc.connectionState !== "connected")
			return "none";
		const now: Counts = { packets: 0, lost: 0 };
		let wait_s = 0;
		(await pc.getStats()).forEach((one) => {
			if (one.type === "inbound-rtp") {
				now.packets += one.packetsReceived ?? 0;
				now.lost += one.packetsLost ?? 0;
			} else if (one.type === "candidate-pair" && one.nominated) {
				wait_s = one.currentRoundTripTime ?? 0;
			}
		});
		const packets = now.packets - this.#before.packets;
		const lost = Math.max(0, now.lost - this.#before.lost);
		this.#before = now;
		if (packets <= 0)
			return "none";
		return lost / (packets + lost) > LOSS_POOR || wait_s > WAIT_POOR_S ? "poor" : "good";
	}

	close(): void {
		this.#closed = true;
		this.#hush();
		this.#drop();
	}

	#after<T>(act: () => Promise<T>): Promise<T> {
		const next = this.#way.then(act);
		this.#way = next.catch(() => undefined);
		return next;
	}

	async #speak(): Promise<void> {
		const audio = this.#pc?.getTransceivers()
			.find(({ receiver }) => receiver.track.kind === "audio");
		if (this.#voice !== null)
			await audio?.sender.replaceTrack(this.#voice);
	}

	#set(microphone: Microphone): void {
		this.microphone = microphone;
		this.changed();
	}

	#hush(): void {
		this.#voice?.stop();
		this.#voice = null;
	}

	#drop(): void {
		this.#pc?.close();
		this.#pc = null;
		for (const track of this.stream.getTracks())
			this.stream.removeTrack(track);
	}
}
