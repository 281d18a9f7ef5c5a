// Browser legs of the relay (src/media/relay.h) against Chromium, without a server: web_door sends the
// simulated door's picture and voice through it. Prints TAP.
//
//   node tests/e2e/web_leg.mjs [WORD…]     tests whose name has a word in it
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { createServer } from "node:http";
import { connect } from "node:net";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { browser_open, CHROMIUM, PATIENCE_MS, run_tests, Skip, test, until, visitor } from "./lib.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const TOP = join(HERE, "../..");
const BUILD = process.env.VESTIBULE_BUILD ?? join(TOP, "build");
const CONSENT_MS = 30_000; // ICE_CONSENT_MS
const MEDIA_FLAGS = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
	"--allow-loopback-in-peer-connection", "--autoplay-policy=no-user-gesture-required"];
const FRAMES = 45; // three seconds of the door's picture
const LOSS = 0.2;
const QUIET_DBFS = -60; // Chromium's beep is far above, silence far below
const SECRET = "northwind";
const AUDIBLE = 0.01; // of 1; the door speaks at about 0.06

class Door {
	constructor(...addresses) {
		this.process = spawn(join(BUILD, "tests/e2e/web_door"), addresses,
			{ stdio: ["pipe", "pipe", "inherit"] });
		this.ended = new Promise((done) => this.process.on("close", done));
		this.lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
	}

	async do(name, more = {}) {
		this.process.stdin.write(`${JSON.stringify({ do: name, ...more })}\n`);
		const { value, done } = await this.lines.next();
		assert.ok(!done, "web_door has ended");
		const said = JSON.parse(value);
		assert.equal(said.failed, undefined);
		return said;
	}

	async close() {
		this.process.stdin.end();
		assert.equal(await this.ended, 0);
	}
}

// Passes packets between browsers and a port, and loses a share of the media on its way to them.
class LossyPath {
	static async open(port, loss) {
		const path = new LossyPath();
		Object.assign(path, { to: port, loss, lost: 0, again: 0, seed: 1, ways: new Map(),
			seen: new Set() });
		path.socket = await bound();
		path.port = path.socket.address().port;
		path.opening = Promise.resolve();
		path.socket.on("message", (packet, from) => {
			path.opening = path.opening.then(() => path.#forward(packet, from));
		});
		return path;
	}

	async #forward(packet, from) {
		if (!this.ways.has(from.port)) {
			const way = await bound();
			way.on("message", (back) => {
				if (!this.#loses(back))
					this.socket.send(back, from.port, from.address);
			});
			this.ways.set(from.port, way);
		}
		this.ways.get(from.port).send(packet, this.to, "127.0.0.1");
	}

	// RTP of the picture: the same packets in every run, as far as the packets are the same.
	#loses(packet) {
		if ((packet[0] & 0xc0) !== 0x80 || (packet[1] & 0x7f) !== 96)
			return false;
		const number = packet.readUInt16BE(2);
		this.again += this.seen.has(number);
		this.seen.add(number);
		this.seed = (this.seed * 1103515245 + 12345) % 2147483648;
		const loses = this.seed / 2147483648 < this.loss;
		this.lost += loses;
		return loses;
	}

	close() {
		for (const way of this.ways.values())
			way.close();
		this.socket.close();
	}
}

async function bound() {
	const socket = createSocket("udp4");
	await new Promise((done) => socket.bind(0, "127.0.0.1", done));
	return socket;
}

// Debian's TURN server, with a secret of ours.
class Turn {
	static async open() {
		const turn = new Turn();
		turn.ports = spawn("python3", [join(HERE, "../wire/ports.py"), "1", "1000"],
			{ stdio: ["pipe", "pipe", "inherit"] });
		const lines = createInterface({ input: turn.ports.stdout })[Symbol.asyncIterator]();
		const [port, low] = (await lines.next()).value.split(" ").map(Number);
		turn.url = `turn:127.0.0.1:${port}?transport=tcp`;
		turn.process = spawn("turnserver", ["-n", "--no-cli", "--no-tls", "--no-dtls", "--no-udp",
			"--allow-loopback-peers", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1",
			`--listening-port=${port}`, `--min-port=${low}`, `--max-port=${low + 999}`,
			"--use-auth-secret", `--static-auth-secret=${SECRET}`, "--realm=vestibule",
			"--pidfile=", "--log-file=stdout", "--simple-log"],
			{ stdio: "ignore" });
		turn.ended = new Promise((done) => turn.process.on("close", done));
		await until("the TURN server", () => connects(port), (up) => up);
		return turn;
	}

	async close() {
		this.process.kill();
		await this.ended;
		this.ports.stdin.end();
	}
}

// A browser in a network namespace of its own, behind a path that loses and delays (path.py).
class FarBrowser {
	static async open() {
		const far = new FarBrowser();
		const name = `vb${process.pid}`;
		// Of 192.0.2.0/24, which nobody has: a pair for each of the tests that run at once.
		const pair = 2 * (process.pid % 126) + 2;
		far.here = `192.0.2.${pair}`;
		far.path = spawn("python3", [join(HERE, "path.py"), name, far.here, `192.0.2.${pair + 1}`],
			{ stdio: ["pipe", "pipe", "inherit"] });
		far.ended = new Promise((done) => far.path.on("close", done));
		far.lines = createInterface({ input: far.path.stdout })[Symbol.asyncIterator]();
		const { failed } = await far.#answer();
		if (failed)
			throw new Skip(`no network namespace: ${failed.trim()}`);
		far.server = await page_server(far.here);
		far.origin = `http://${far.here}:${far.server.address().port}`;
		far.folder = mkdtempSync(join(tmpdir(), "vestibule-far-"));
		const program = join(far.folder, "chromium");
		writeFileSync(program, `#!/bin/sh\nexec ip netns exec ${name} ${CHROMIUM} "$@"\n`,
			{ mode: 0o755 });
		far.browser = await browser_open([...MEDIA_FLAGS,
			`--unsafely-treat-insecure-origin-as-secure=${far.origin}`], program);
		return far;
	}

	async #answer() {
		return JSON.parse((await this.lines.next()).value);
	}

	// What became of the packets until now.
	async disturb(loss, jitter_ms) {
		this.path.stdin.write(`${JSON.stringify({ loss, jitter_ms })}\n`);
		return await this.#answer();
	}

	async close() {
		await this.browser.close();
		this.server.close();
		this.path.stdin.end();
		await this.ended;
		rmSync(this.folder, { recursive: true });
	}
}

const connects = (port) => new Promise((done) => {
	const socket = connect(port, "127.0.0.1");
	socket.on("connect", () => { socket.destroy(); done(true); });
	socket.on("error", () => done(false));
});

// A page with a picture, on an origin that may use the microphone.
async function page_server(host = "127.0.0.1") {
	const server = createServer((_, response) => {
		response.setHeader("content-type", "text/html");
		response.end("<!doctype html><title>leg</title><video id=v autoplay playsinline></video>");
	});
	await new Promise((done) => server.listen(0, host, done));
	return server;
}

// In the page: takes the offer, says the answer.
async function join_in_page({ sdp, conf }) {
	const pc = new RTCPeerConnection(conf);
	const video = document.getElementById("v");
	const stream = new MediaStream();
	globalThis.pc = pc;
	pc.addEventListener("track", ({ track }) => {
		stream.addTrack(track);
		video.srcObject = stream;
	});
	video.requestVideoFrameCallback(() => { globalThis.shown = performance.now(); });
	await pc.setRemoteDescription({ type: "offer", sdp });
	pc.getTransceivers()[0].direction = "sendrecv"; // without a track: it looks first
	await pc.setLocalDescription();
	globalThis.answered = performance.now();
	return pc.localDescription.sdp;
}

// In the page: answers the call.
async function speak_in_page() {
	const microphone = await navigator.mediaDevices.getUserMedia({ audio: true });
	await globalThis.pc.getTransceivers()[0].sender.replaceTrack(microphone.getAudioTracks()[0]);
}

// In the page: presses keys.
async function press_in_page(keys) {
	const { dtmf } = globalThis.pc.getTransceivers()[0].sender;
	dtmf.insertDTMF(keys, 100, 70);
	await new Promise((done) => dtmf.addEventListener("tonechange", ({ tone }) => {
		if (tone === "")
			done();
	}));
}

async function join_leg(world, door, conf = {}) {
	const page = await visitor(world.browser);
	await page.goto(world.origin);
	const { leg, offer } = await door.do("offer");
	const sdp = await page.evaluate(join_in_page, { sdp: offer, conf });
	await door.do("answer", { leg, sdp });
	return { page, leg };
}

const frames = (page) => page.evaluate(() =>
	document.getElementById("v").getVideoPlaybackQuality().totalVideoFrames);

// What getStats says of the stream of this kind that comes in.
const inbound = (page, kind) => page.evaluate(async (wanted) => {
	const all = [...(await globalThis.pc.getStats()).values()];
	return all.find((one) => one.type === "inbound-rtp" && one.kind === wanted) ?? {};
}, kind);

const sees = (page, count) => until(`${count} frames`, () => frames(page), (n) => n >= count);

async function with_door(addresses, run) {
	const door = new Door(...addresses);
	try {
		await run(door);
	} finally {
		await door.close();
	}
}

test("a browser sees and hears the door, answers, is heard, and presses keys", async (world) => {
	await with_door(["127.0.0.1"], async (door) => {
		const { page, leg } = await join_leg(world, door);
		await sees(page, FRAMES);
		await until("the door's voice", () => inbound(page, "audio"), (s) => s.audioLevel > AUDIBLE);
		assert.equal((await door.do("stats", { leg })).heard, 0); // nobody has answered yet
		await page.evaluate(speak_in_page);
		await until("the microphone", () => door.do("stats", { leg }),
			(s) => s.loudest > QUIET_DBFS);
		await page.evaluate(press_in_page, "12#");
		const said = await until("the keys", () => door.do("stats", { leg }), (s) => s.keys === "12#");
		const video = await inbound(page, "video");
		assert.equal(video.packetsLost, 0);
		console.log(`# microphone ${said.loudest} dBFS, ${video.frameWidth}x${video.frameHeight}`);
		await page.evaluate(() => globalThis.pc.close());
		await until("the end", () => door.do("stats", { leg }), (s) => s.down);
		const closed = await door.do("close", { leg });
		assert.equal(closed.refused, 0);
		assert.ok(closed.heard >= said.heard && closed.sent > FRAMES);
		await page.context().close();
	});
});

test("who comes later sees the kept picture at once", async (world) => {
	await with_door(["127.0.0.1", "::1"], async (door) => {
		const first = await join_leg(world, door);
		await sees(first.page, FRAMES);
		const before = await door.do("stats", { leg: first.leg });
		const second = await join_leg(world, door);
		await sees(second.page, 1);
		const { picture_asks } = await door.do("stats", { leg: second.leg });
		assert.equal(picture_asks, before.picture_asks, "a key frame had to be asked for");
		const ms = await second.page.evaluate(() => globalThis.shown - globalThis.answered);
		console.log(`# first frame ${Math.round(ms)} ms after the answer`);
		await sees(second.page, FRAMES);
		await sees(first.page, await frames(first.page) + FRAMES); // undisturbed
		await first.page.context().close();
		await second.page.context().close();
	});
});

test("what gets lost is sent again", async (world) => {
	await with_door(["127.0.0.1"], async (door) => {
		let path;
		const { leg, offer } = await door.do("offer");
		const port = Number(/ 127\.0\.0\.1 (\d+) typ host/.exec(offer)[1]);
		path = await LossyPath.open(port, LOSS);
		const page = await visitor(world.browser);
		await page.goto(world.origin);
		const sdp = await page.evaluate(join_in_page, { conf: {},
			sdp: offer.replaceAll(` 127.0.0.1 ${port} `, ` 127.0.0.1 ${path.port} `) });
		await door.do("answer", { leg, sdp });
		await sees(page, 4 * FRAMES);
		const video = await inbound(page, "video");
		const said = await door.do("stats", { leg });
		console.log(`# lost ${path.lost}, sent again ${path.again}, ` +
			`decoded ${video.framesDecoded} of ${said.frames}, PLI ${video.pliCount}, ` +
			`NACK ${video.nackCount}, not repaired ${video.packetsLost}`);
		assert.ok(path.lost > 10 && path.again >= path.lost / 2, "hardly anything was sent again");
		assert.ok(video.packetsLost <= path.lost / 2, "hardly anything was repaired");
		path.close();
		await page.context().close();
	});
});

// The candidate that the browser's packets leave from.
const way = (page) => page.evaluate(async () => {
	const all = await globalThis.pc.getStats();
	const pair = [...all.values()].find((one) => one.type === "candidate-pair" && one.nominated);
	const own = pair && all.get(pair.localCandidateId);
	return own ? `${own.candidateType} ${own.relayProtocol}` : "";
});

test("a network without UDP is left through a TURN server", async (world) => {
	const turn = await Turn.open();
	try {
		await with_door(["127.0.0.1"], async (door) => {
			const own = await door.do("turn", { secret: SECRET });
			const conf = { iceTransportPolicy: "relay", iceServers: [{ urls: [turn.url], ...own }] };
			const { page, leg } = await join_leg(world, door, conf);
			await sees(page, FRAMES);
			assert.equal(await way(page), "relay tcp");
			await page.evaluate(speak_in_page);
			await until("the microphone", () => door.do("stats", { leg }),
				(s) => s.loudest > QUIET_DBFS);
			await page.context().close();
		});
	} finally {
		await turn.close();
	}
});

test("a TURN server serves nobody with another secret", async (world) => {
	const turn = await Turn.open();
	try {
		await with_door(["127.0.0.1"], async (door) => {
			const own = await door.do("turn", { secret: "southwind" });
			const page = await visitor(world.browser);
			await page.goto(world.origin);
			const code = await page.evaluate(async (server) => {
				const pc = new RTCPeerConnection({ iceTransportPolicy: "relay",
					iceServers: [server] });
				pc.addTransceiver("audio");
				const refused = new Promise((done) => {
					pc.addEventListener("icecandidateerror", ({ errorCode }) => done(errorCode));
				});
				await pc.setLocalDescription();
				return await refused;
			}, { urls: [turn.url], ...own });
			assert.equal(code, 401);
			await page.context().close();
		});
	} finally {
		await turn.close();
	}
});

// Sees and is heard over a path like that.
async function over_bad_path(loss, jitter_ms, least) {
	const far = await FarBrowser.open();
	try {
		await with_door([far.here], async (door) => {
			const { page, leg } = await join_leg(far, door);
			await sees(page, FRAMES);
			await page.evaluate(speak_in_page);
			await far.disturb(loss, jitter_ms);
			const from = [await door.do("stats", { leg }), await inbound(page, "video")];
			await sees(page, await frames(page) + 4 * FRAMES);
			const to = [await door.do("stats", { leg }), await inbound(page, "video")];
			const { passed, lost } = await far.disturb(0, 0);
			const shown = to[1].framesDecoded - from[1].framesDecoded;
			const sent = to[0].frames - from[0].frames;
			const ends = await door.do("close", { leg });
			console.log(`# ${lost} of ${passed + lost} packets lost; ${shown} of ${sent} frames, ` +
				`frozen ${to[1].freezeCount} times, NACK ${to[1].nackCount}, PLI ${to[1].pliCount}, ` +
				`not repaired ${to[1].packetsLost}; microphone ${ends.heard} packets`);
			assert.ok(Math.abs(lost / (passed + lost) - loss) < 0.05);
			assert.ok(shown >= least * sent, `${shown} of ${sent} frames`);
			assert.ok(to[0].heard > from[0].heard);
			assert.equal(to[0].down, false);
			await page.context().close();
		});
	} finally {
		await far.close();
	}
}

test("a path that loses 5 % is a good one", () => over_bad_path(0.05, 0, 0.9));

test("a path that loses 20 % will do", () => over_bad_path(0.2, 0, 0.6));

test("a path with 100 ms of jitter will do", () => over_bad_path(0, 100, 0.6));

test("a browser that is cut off is told of, and nobody else is disturbed", async (world) => {
	const far = await FarBrowser.open();
	try {
		await with_door([far.here, "127.0.0.1"], async (door) => {
			const lost = await join_leg(far, door);
			const other = await join_leg(world, door);
			await sees(lost.page, FRAMES);
			await far.disturb(1, 0);
			await until("the end", () => door.do("stats", { leg: lost.leg }), (s) => s.down,
				CONSENT_MS + PATIENCE_MS);
			assert.equal((await door.do("stats", { leg: other.leg })).down, false);
			await sees(other.page, await frames(other.page) + FRAMES);
		});
	} finally {
		await far.close();
	}
});

test("IPv6 serves as well", async (world) => {
	await with_door(["::1"], async (door) => {
		const { page } = await join_leg(world, door);
		await sees(page, FRAMES);
		await page.context().close();
	});
});

const server = await page_server();
const browser = await browser_open(MEDIA_FLAGS);
try {
	await run_tests({ browser, origin: `http://127.0.0.1:${server.address().port}/` });
} finally {
	await browser.close();
	server.close();
}
