// The app in Chromium, without a server that knows of calls: the test answers its socket, and a
// second connection in the page is the server's side of sound and picture. Prints TAP.
//
//   node tests/e2e/app.mjs [WORD…]     tests whose name has a word in it
//
// SCREENS=DIR keeps pictures.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { AppServer } from "./app_server.mjs";
import { browser_open, DESK, look, run_tests, test, until, visitor } from "./lib.mjs";

const FLAGS = ["--use-fake-device-for-media-stream", "--allow-loopback-in-peer-connection",
	"--disable-features=WebRtcHideLocalIpsWithMdns", "--use-fake-ui-for-media-stream"];
const FRAMES = 20;
const AUDIBLE = 0.01; // of 1
const UPRIGHT = { width: 360, height: 740 };
const FLAT = { width: 740, height: 360 };

const OWN = "2000000001";
const SWITCHES = [{ number: 1, name: "Front door" }, { number: 2, name: "Garage" }];
const DOOR = { id: "1000000001", name: "Main entrance", kind: "intercom", online: true,
	switches: SWITCHES };
const KITCHEN = { id: "3000000001", name: "Kitchen phone", kind: "phone", online: false, switches: [] };
const device = (more = {}) => ({ id: OWN, name: "Anna’s phone", site_id: "1", site_name: "Maple House",
	zone: "Europe/Paris", apartment: { id: "5", floor: "3", number: "12", name: "Martin" },
	services: true, contacts: [KITCHEN, DOOR], ...more });
const HOME = { name: "Anna Martin", person: true, devices: [device()] };
const SESSION = { id: "9", email: "anna@example.com", name: "Anna Martin", language: "en",
	app: true, roles: [] };
const past = (id, more = {}) => ({ id, site_id: "1", started_at: 1_790_000_000_000 - Number(id) * 3_600_000,
	answered_at: null, ended_at: 1_790_000_030_000 - Number(id) * 3_600_000, result: "missed",
	outgoing: false, with: { id: DOOR.id, name: DOOR.name }, device: OWN, picture: false,
	answered_by: null, ...more });
const CALLS = { items: [past("1"),
	past("2", { result: "answered", answered_at: 1_789_992_805_000, answered_by: "Kitchen phone" }),
	past("3", { outgoing: true, with: { id: KITCHEN.id, name: KITCHEN.name } }),
	past("4", { test: true })], next: null };
const ANSWERS = { "GET /app": HOME, "GET /session": SESSION, "GET /app/calls": CALLS,
	"DELETE /app/session": 401, "DELETE /session": 204 };

const button = (at, name) => at.getByRole("button", { name, exact: true });
const call_screen = (page) => page.getByRole("dialog", { name: DOOR.name });

// The server's end of one page's socket.
class Line {
	constructor(page) {
		this.page = page;
		this.heard = []; // messages of the page, all sockets after one another
		this.sockets = 0;
	}

	async open({ greets = true } = {}) {
		await this.page.routeWebSocket(/\/api\/v1\/app\/live$/, (socket) => {
			this.socket = socket;
			this.sockets++;
			socket.onMessage((text) => {
				const message = JSON.parse(text);
				this.heard.push(message);
				if (message.type === "sdp")
					void this.page.evaluate(door_answered, message.sdp).catch(() => undefined);
			});
			if (greets)
				this.say({ type: "hello", now: Date.now(), devices: [OWN] });
		});
		return this;
	}

	say(message) {
		this.socket.send(JSON.stringify(message));
	}

	async hears(type, more = {}) {
		return await until(`"${type}"`, () => this.heard.find((one) => one.type === type
			&& Object.entries(more).every(([name, value]) => one[name] === value)) ?? null,
		(found) => found !== null);
	}

	async ring(call, { later = false, ...more } = {}) {
		const sdp = await this.page.evaluate(door_offer, later);
		this.say({ type: "ring", call, device: OWN,
			from: { device: DOOR.id, name: DOOR.name, kind: "intercom" }, at: Date.now(),
			until: Date.now() + 60_000, token: `token-${call}`, sdp, switches: SWITCHES, video: true,
			camera: false, ...more });
	}
}

// In the page: the door's end, which hums, and shows a moving picture, or promises one: door_shows.
async function door_offer(later) {
	globalThis.door?.close();
	const canvas = document.createElement("canvas");
	Object.assign(canvas, { width: 320, height: 240 });
	const pen = canvas.getContext("2d");
	let n = 0;
	setInterval(() => {
		pen.fillStyle = `hsl(${n++ * 7 % 360} 60% 45%)`;
		pen.fillRect(0, 0, 320, 240);
		pen.fillStyle = "white";
		pen.fillRect(n * 4 % 320, 90, 40, 60);
	}, 50);
	const sound = new AudioContext();
	const hum = new MediaStreamAudioDestinationNode(sound);
	const tone = new OscillatorNode(sound, { frequency: 440 });
	tone.connect(hum);
	tone.start();
	const door = new RTCPeerConnection();
	globalThis.door = door;
	door.addTransceiver(hum.stream.getAudioTracks()[0], { direction: "sendrecv" });
	const { sender } = door.addTransceiver("video", { direction: "sendonly" });
	globalThis.door_shows = () => sender.replaceTrack(canvas.captureStream(20).getVideoTracks()[0]);
	if (!later)
		await globalThis.door_shows();
	door.addEventListener("track", ({ track }) => {
		globalThis.door_speaker = new Audio();
		globalThis.door_speaker.srcObject = new MediaStream([track]);
	});
	await door.setLocalDescription();
	await new Promise((done) => {
		if (door.iceGatheringState === "complete")
			done();
		door.addEventListener("icegatheringstatechange", () =>
			door.iceGatheringState === "complete" && done());
	});
	return door.localDescription.sdp;
}

// In the page: what the app has answered reaches the door.
async function door_answered(sdp) {
	await globalThis.door.setRemoteDescription({ type: "answer", sdp });
}

// In the page: how loud the microphone is at the door. Chromium measures what is played, and plays
// once somebody has touched the page.
async function door_hears() {
	await globalThis.door_speaker?.play().catch(() => undefined);
	const all = [...(await globalThis.door.getStats()).values()];
	return all.find(({ type, kind }) => type === "inbound-rtp" && kind === "audio")?.audioLevel ?? 0;
}

// In the page: nothing of the call is to be heard.
function is_silent() {
	return document.querySelector(".call-picture").muted;
}

const frames = (page) => page.evaluate(() =>
	document.querySelector(".call-picture").getVideoPlaybackQuality().totalVideoFrames);
const sees = async (page, more = FRAMES) => {
	const from = await frames(page);
	await until(`${more} more frames`, () => frames(page), (n) => n >= from + more);
};

async function resident(world, { answers = {}, workers = "block", line = {}, ...how } = {}) {
	const server = await AppServer.open({ ...ANSWERS, ...answers });
	const page = await visitor(world.browser, { size: UPRIGHT, workers,
		permissions: ["notifications", "microphone"], ...how });
	const end = await new Line(page).open(line);
	await page.goto(`${server.origin}/app/`);
	const leave = async () => {
		assert.deepEqual(page.faults, []);
		await page.context().close();
		await server.close();
	};
	return { page, server, line: end, leave };
}

const connected = (page) => page.getByText("Connected", { exact: true }).waitFor();

// A call fills the window, in whatever way that is held.
async function look_at_call(page, name) {
	await look(page, name);
	if (!process.env.SCREENS)
		return;
	mkdirSync(process.env.SCREENS, { recursive: true });
	await page.setViewportSize(FLAT);
	await page.screenshot({ path: join(process.env.SCREENS, `${name}-flat.png`) });
	await page.setViewportSize(UPRIGHT);
}

test("one signs in with an account or as a device, and out again", async (world) => {
	let signed_in = false;
	const { page, server, leave } = await resident(world, { answers: {
		"GET /app": () => signed_in ? { ...HOME, person: false } : 401,
		"POST /app/session": ({ password }) => {
			signed_in = password === "right";
			return signed_in ? 204 : 401;
		},
		"DELETE /app/session": () => {
			signed_in = false;
			return 204;
		},
		"DELETE /session": 401,
	} });
	await page.getByLabel("E-mail").waitFor();
	await look(page, "app-sign-in");
	await page.getByRole("tab", { name: "Device" }).click();
	await page.getByLabel("Device ID").fill("12345");
	await button(page, "Sign in").click();
	await page.getByText("Enter the ten digits").waitFor();
	await page.getByLabel("Device ID").fill("2000 0000 01");
	await page.getByLabel("Password").fill("wrong");
	await button(page, "Sign in").click();
	await page.getByText("Device ID or password is wrong.").waitFor();
	await look(page, "app-sign-in-device");
	await page.getByLabel("Password").fill("right");
	await button(page, "Sign in").click();
	await connected(page);
	assert.deepEqual(server.asked.findLast(({ path }) => path === "/app/session").body,
		{ device: OWN, password: "right" });
	await page.getByRole("link", { name: "Help" }).click();
	await page.getByText("Contacts and requests belong to an account").waitFor();
	await page.getByRole("link", { name: "Settings" }).click();
	await button(page, "Sign out").click();
	await page.getByLabel("E-mail").waitFor();
	await leave();
});

test("who has no app device is told so", async (world) => {
	const { page, leave } = await resident(world, { answers: { "GET /app": 403 } });
	await page.getByRole("heading", { name: "No device for this app" }).waitFor();
	await look(page, "app-barred");
	await leave();
});

test("home shows doors and whom one may call", async (world) => {
	const { page, leave } = await resident(world);
	await connected(page);
	await page.getByRole("heading", { name: "Maple House · 12 Martin" }).waitFor();
	await page.getByText("Notices are off").waitFor();
	await look(page, "app-home");
	await leave();
});

test("nothing is asked twice; after a lost socket the homes are, after a call the list of calls", async (world) => {
	const { page, server, line, leave } = await resident(world);
	const asked = (path) => server.asked.filter((one) => one.method === "GET" && one.path === path).length;
	await connected(page);
	await page.getByText("Notices are off").waitFor();
	await page.evaluate(() => fetch("/api/v1/app/push")); // behind whatever else was asked
	for (const path of ["/app", "/session", "/app/calls"])
		assert.equal(asked(path), 1, path);
	await line.socket.close();
	await until("the homes when it is lost, and when it is back", () => asked("/app"), (n) => n >= 3);
	assert.equal(line.sockets, 2);
	await connected(page);
	assert.equal(asked("/app/calls"), 1);

	await line.ring("70"); // nothing of it is in the list before it is over
	await line.hears("shown", { call: "70" });
	await page.evaluate(() => fetch("/api/v1/app/push"));
	assert.equal(asked("/app/calls"), 1);
	line.say({ type: "ended", call: "70", why: "caller_gone" });
	await until("the calls", () => asked("/app/calls"), (n) => n >= 2);
	await call_screen(page).waitFor({ state: "detached" });
	await until("the calls again", () => asked("/app/calls"), (n) => n >= 3);
	await page.getByRole("link", { name: /^Calls/ }).click();
	await page.getByText("Answered by").first().waitFor();
	await page.evaluate(() => fetch("/api/v1/app/push"));
	assert.equal(asked("/app/calls"), 4);
	await leave();
});

test("a ring shows its picture, is answered, heard, opened, and hung up", async (world) => {
	const { page, line, leave } = await resident(world);
	await connected(page);
	await line.ring("71");
	await line.hears("shown", { call: "71" });
	await sees(page);
	await line.hears("first", { call: "71" });
	assert.equal(line.heard.filter(({ type }) => type === "first").length, 1);
	const screen = call_screen(page);
	await screen.getByText("Maple House · 12 Martin").waitFor();
	assert.equal(await button(screen, "Answer").evaluate((one) => one === document.activeElement), true);
	assert.equal(await page.evaluate(is_silent), true);
	assert.equal(await page.evaluate(door_hears), 0, "heard before answering");
	await look_at_call(page, "app-ring");

	await button(screen, "Open: Garage").click();
	await line.hears("open", { call: "71", switch: 2 });
	line.say({ type: "opened", call: "71", switch: 2 });
	await screen.getByText("Opened: Garage").waitFor();

	await button(screen, "Answer").click();
	await line.hears("answer", { call: "71" });
	line.say({ type: "talking", call: "71", at: Date.now() });
	line.say({ type: "up", call: "71" });
	await screen.getByText("Talking").waitFor();
	await until("the microphone", () => page.evaluate(door_hears), (level) => level > AUDIBLE);
	assert.equal(await page.evaluate(is_silent), false);
	await sees(page);
	await screen.getByText(/0:(0[1-9]|[1-5]\d)/).waitFor(); // it runs
	await look_at_call(page, "app-talk");

	await button(screen, "Mute").click();
	await until("silence", () => page.evaluate(door_hears), (level) => level === 0);
	await button(screen, "Mute").click();
	await until("the microphone again", () => page.evaluate(door_hears), (level) => level > AUDIBLE);
	await button(screen, "Sound").click();
	await until("silence here", () => page.evaluate(is_silent), (silent) => silent);
	await button(screen, "Keypad").click();
	await button(screen, "5").click();
	await page.keyboard.press("#");
	await line.hears("digit", { digit: "5" });
	await line.hears("digit", { digit: "#" });
	await look_at_call(page, "app-keypad");
	await button(screen, "Hang up").click();
	await line.hears("hangup", { call: "71" });
	await screen.waitFor({ state: "detached" });
	await leave();
});

test("a picture of the door is downloaded and kept with the call", async (world) => {
	const { page, server, line, leave } = await resident(world, {
		answers: { "PUT /app/calls/71/picture": 204 } });
	await connected(page);
	await line.ring("71");
	await sees(page);
	const [download] = await Promise.all([page.waitForEvent("download"),
		button(call_screen(page), "Picture").click()]);
	assert.match(download.suggestedFilename(), /^Main entrance [0-9- ]+\.jpg$/);
	const kept = await until("the picture", () =>
		server.asked.find(({ method }) => method === "PUT") ?? null, (found) => found !== null);
	assert.equal(kept.body.slice(0, 3), "\xff\xd8\xff");
	await leave();
});

test("who was missed is kept with the call; who was let in elsewhere is not", async (world) => {
	const { page, server, line, leave } = await resident(world, {
		answers: { "PUT /app/calls/73/picture": 204, "PUT /app/calls/74/picture": 204 } });
	await connected(page);
	for (const [call, why] of [["73", "answered_elsewhere"], ["74", "caller_gone"]]) {
		await line.ring(call);
		await sees(page);
		line.say({ type: "ended", call, why });
		await call_screen(page).waitFor({ state: "detached" });
	}
	const kept = await until("the picture", () => server.asked.filter(({ method }) => method === "PUT"),
		(all) => all.length > 0);
	assert.deepEqual(kept.map(({ path }) => path), [`/app/calls/74/picture?device=${OWN}`]);
	assert.equal(kept[0].body.slice(0, 3), "\xff\xd8\xff");
	await leave();
});

test("declined; Escape asks first", async (world) => {
	const { page, line, leave } = await resident(world);
	await connected(page);
	await line.ring("72");
	const screen = call_screen(page);
	await screen.waitFor();
	await page.keyboard.press("Escape");
	const ask = page.getByRole("dialog", { name: "Decline this call?" });
	await ask.waitFor();
	await look(page, "app-decline");
	await button(ask, "Cancel").click();
	assert.equal(await screen.isVisible(), true);
	await button(screen, "Decline").click();
	await line.hears("decline", { call: "72" });
	await screen.waitFor({ state: "detached" });
	await leave();
});

// In the page: a JPEG of one colour, in base64.
function jpeg_of(colour) {
	const canvas = document.createElement("canvas");
	Object.assign(canvas, { width: 320, height: 240 });
	const pen = canvas.getContext("2d");
	pen.fillStyle = colour;
	pen.fillRect(0, 0, 320, 240);
	return canvas.toDataURL("image/jpeg").split(",")[1];
}

test("a door shows what its camera has, again and again, until there is video", async (world) => {
	const { page, server, line, leave } = await resident(world, {
		answers: { "PUT /app/calls/95/picture": 204 } });
	await connected(page);
	let asked = 0, colour = "teal";
	await page.route("**/api/v1/app/calls/95/snapshot", async (route) => {
		await route.fulfill(++asked < 3 ? { status: 204 } : { contentType: "image/jpeg",
			body: Buffer.from(await page.evaluate(jpeg_of, colour), "base64") });
	});
	await line.ring("95", { later: true, camera: true });
	const picture = call_screen(page).getByRole("img", { name: "What the door’s camera shows" });
	await picture.waitFor();
	assert.equal(await picture.evaluate(async (one) => {
		await one.decode();
		return one.naturalWidth;
	}), 320);
	await look_at_call(page, "app-camera");
	const first = await picture.getAttribute("src");
	colour = "maroon";
	await until("another picture", () => picture.getAttribute("src"), (src) => src !== first);
	await Promise.all([page.waitForEvent("download"),
		button(call_screen(page), "Picture").click()]);
	const toast = await page.getByText("The picture is saved").boundingBox();
	const head = await page.locator(".call-state").boundingBox();
	assert.ok(toast.y >= head.y + head.height, "what is told covers the heading");
	await until("the call's picture", () => server.asked.some(({ method, path }) =>
		method === "PUT" && path === `/app/calls/95/picture?device=${OWN}`), (kept) => kept);
	await page.evaluate(() => globalThis.door_shows());
	await picture.waitFor({ state: "detached" });
	await line.hears("first", { call: "95" });
	line.say({ type: "ended", call: "95", why: "caller_gone" });
	await call_screen(page).waitFor({ state: "detached" });
	await leave();
});

// In the page: the least contrast of white letters on a picture of what is behind them.
async function contrast_of(png) {
	const bytes = Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0));
	const picture = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
	const pen = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
	pen.drawImage(picture, 0, 0);
	const { data } = pen.getImageData(0, 0, picture.width, picture.height);
	const linear = (part) => (part / 255) ** 2.2;
	let brightest = 0;
	for (let i = 0; i < data.length; i += 4)
		brightest = Math.max(brightest, 0.2126 * linear(data[i]) + 0.7152 * linear(data[i + 1])
			+ 0.0722 * linear(data[i + 2]));
	return 1.05 / (brightest + 0.05);
}

test("what is written on a bright picture can be read", async (world) => {
	const { page, line, leave } = await resident(world);
	await connected(page);
	await page.route("**/api/v1/app/calls/98/snapshot", async (route) => route.fulfill({
		contentType: "image/jpeg",
		body: Buffer.from(await page.evaluate(jpeg_of, "white"), "base64") }));
	await line.ring("98", { later: true, camera: true });
	await button(call_screen(page), "Answer").click();
	line.say({ type: "talking", call: "98", at: Date.now() });
	await page.getByRole("img", { name: "What the door’s camera shows" }).waitFor();
	await look_at_call(page, "app-bright");
	for (const size of [UPRIGHT, DESK]) {
		await page.setViewportSize(size);
		await page.locator(".call-head").evaluate((head) => {
			for (const one of head.children)
				one.style.visibility = "hidden";
		});
		for (const text of await page.locator(".call-head > *").all()) {
			const box = await text.boundingBox();
			const png = await page.screenshot({ clip: box });
			const contrast = await page.evaluate(contrast_of, png.toString("base64"));
			assert.ok(contrast >= 4.5, `${size.width} px, at ${Math.round(box.y)}: ${contrast}`);
		}
	}
	await leave();
});

test("of a door without a camera nothing is asked, and a camera that gives nothing not for long", async (world) => {
	const { page, line, leave } = await resident(world);
	await connected(page);
	await page.clock.install();
	const asked = [];
	await page.route("**/api/v1/app/calls/*/snapshot", async (route) => {
		asked.push(new URL(route.request().url()).pathname.split("/").at(-2));
		await route.fulfill({ status: 404, contentType: "application/json", body: "{}" });
	});
	await line.ring("96", { later: true });
	await line.hears("shown", { call: "96" });
	line.say({ type: "ended", call: "96", why: "caller_gone" });
	await call_screen(page).waitFor({ state: "detached" });
	await line.ring("97", { later: true, camera: true });
	await until("three tries", () => asked.length, (n) => n === 3);
	await page.clock.runFor(10_000);
	assert.deepEqual(asked, ["97", "97", "97"]);
	await leave();
});

test("a test of the button says so, and nobody has missed it", async (world) => {
	const { page, line, leave } = await resident(world);
	await connected(page);
	await line.ring("99", { later: true, test: true });
	const screen = call_screen(page);
	await screen.getByText("Test call", { exact: true }).waitFor();
	line.say({ type: "ended", call: "99", why: "no_answer" });
	await screen.getByText("Nobody answered", { exact: true }).waitFor();
	await screen.waitFor({ state: "detached" });
	await leave();
});

test("every page rings; answered in one, it ends in the other", async (world) => {
	const one = await resident(world), other = await resident(world);
	for (const { page, line } of [one, other]) {
		await connected(page);
		await line.ring("73");
		await call_screen(page).waitFor();
	}
	await sees(other.page);
	await button(call_screen(one.page), "Answer").click();
	await one.line.hears("answer", { call: "73" });
	other.line.say({ type: "ended", call: "73", why: "answered_elsewhere", by: "Anna" });
	await other.page.getByText("Answered by Anna").waitFor();
	await other.page.locator(".call-middle > .icon").waitFor(); // instead of the picture
	await call_screen(other.page).waitFor({ state: "detached" });
	assert.equal(await call_screen(one.page).isVisible(), true);
	await one.leave();
	await other.leave();
});

test("a second ring during a call waits, and is taken instead", async (world) => {
	const { page, line, leave } = await resident(world);
	await connected(page);
	await line.ring("74");
	await button(call_screen(page), "Answer").click();
	line.say({ type: "talking", call: "74", at: Date.now() });
	await line.ring("75", { from: { device: "1000000002", name: "Garden gate", kind: "intercom" } });
	await page.getByText("Garden gate rings as well").waitFor();
	await look_at_call(page, "app-second");
	await button(page, "Hang up and answer").click();
	await line.hears("hangup", { call: "74" });
	await line.hears("answer", { call: "75" });
	await page.getByRole("dialog", { name: "Garden gate" }).waitFor();
	await leave();
});

test("the socket drops in mid-call: picture and sound go on, and the call is resumed", async (world) => {
	const { page, line, leave } = await resident(world);
	await connected(page);
	await line.ring("76");
	await button(call_screen(page), "Answer").click();
	line.say({ type: "talking", call: "76", at: Date.now() });
	await sees(page);
	await line.socket.close();
	await until("another socket", () => line.sockets, (n) => n >= 2);
	assert.deepEqual(await line.hears("resume"), { type: "resume", call: "76", token: "token-76" });
	await sees(page);
	await until("the microphone", () => page.evaluate(door_hears), (level) => level > AUDIBLE);
	line.say({ type: "error", call: "76", code: "no_such_call", detail: "gone" });
	await page.getByText("The connection was lost").waitFor();
	await leave();
});

test("without a socket it says so, and what was pressed is told later", async (world) => {
	const { page, line, leave } = await resident(world);
	await connected(page);
	await line.ring("77");
	const screen = call_screen(page);
	await button(screen, "Answer").click();
	line.say({ type: "talking", call: "77", at: Date.now() });
	await line.open({ greets: false });
	await line.socket.close();
	await screen.getByText("The connection to the server is lost").waitFor();
	await look_at_call(page, "app-lost");
	await button(screen, "Open: Front door").click();
	await until("another socket", () => line.sockets, (n) => n >= 2);
	assert.equal(line.heard.some(({ type }) => type === "open"), false);
	line.say({ type: "hello", now: Date.now(), devices: [OWN] });
	await line.hears("open", { call: "77", switch: 1 });
	assert.ok(line.heard.findIndex(({ type }) => type === "resume")
		< line.heard.findIndex(({ type }) => type === "open"));
	await leave();
});

test("a later offer takes the place of the first", async (world) => {
	const { page, line, leave } = await resident(world);
	await connected(page);
	await line.ring("78");
	await sees(page);
	const sdp = await page.evaluate(door_offer); // the first door has gone
	line.say({ type: "sdp", call: "78", sdp });
	await sees(page);
	await leave();
});

test("looking shows and lets hear without being heard; then one talks", async (world) => {
	const { page, line, leave } = await resident(world);
	await connected(page);
	await button(page, `Look ${DOOR.name}`).click();
	const { ref, ...dial } = await line.hears("dial");
	assert.deepEqual(dial, { type: "dial", device: OWN, to: DOOR.id, look: true });
	line.say({ type: "dialling", ref, call: "79", device: OWN, token: "t", switches: SWITCHES,
		to: { device: DOOR.id, name: DOOR.name, kind: "intercom" } });
	line.say({ type: "sdp", call: "79", sdp: await page.evaluate(door_offer) });
	line.say({ type: "talking", call: "79", at: Date.now() });
	await sees(page);
	assert.equal(await page.evaluate(door_hears), 0);
	await look_at_call(page, "app-look");
	await button(call_screen(page), "Talk").click();
	await line.hears("answer", { call: "79" });
	await until("the microphone", () => page.evaluate(door_hears), (level) => level > AUDIBLE);
	await sees(page);
	await button(call_screen(page), "Hang up").click();
	await line.hears("hangup", { call: "79" });
	await leave();
});

test("a call to a phone: it rings there, nobody answers", async (world) => {
	const { page, line, leave } = await resident(world);
	await connected(page);
	await button(page, `Call ${KITCHEN.name}`).click();
	const { ref } = await line.hears("dial", { look: false });
	line.say({ type: "dialling", ref, call: "80", device: OWN, token: "t", switches: [],
		to: { device: KITCHEN.id, name: KITCHEN.name, kind: "phone" } });
	line.say({ type: "ringing", call: "80" });
	const screen = page.getByRole("dialog", { name: KITCHEN.name });
	await screen.getByText("Calling…").waitFor();
	await look_at_call(page, "app-calling");
	line.say({ type: "ended", call: "80", why: "no_answer" });
	await screen.getByText("Nobody answered").waitFor();
	await screen.waitFor({ state: "detached" });

	await button(page, `Call ${KITCHEN.name}`).click();
	const again = await until("another dial", () => line.heard.filter(({ type }) => type === "dial"),
		({ length }) => length === 2);
	line.say({ type: "error", ref: again[1].ref, code: "unreachable", detail: "asleep" });
	await screen.getByText("Not reachable").waitFor();
	await leave();
});

test("without a microphone one still sees, hears and opens, and is told", async (world) => {
	const { page, line, leave } = await resident(world, { before: () => {
		navigator.mediaDevices.getUserMedia = async () => {
			throw new DOMException("refused by the user", "NotAllowedError");
		};
	} });
	await connected(page);
	await line.ring("81");
	await button(call_screen(page), "Answer").click();
	line.say({ type: "talking", call: "81", at: Date.now() });
	await page.getByText("this page may not use the microphone").waitFor();
	await sees(page);
	await look_at_call(page, "app-no-microphone");
	await leave();
});

test("the list of calls: missed ones are counted until it is looked at, and called back", async (world) => {
	const { page, line, leave } = await resident(world);
	await connected(page);
	await page.getByRole("link", { name: "Calls 1 Missed" }).waitFor();
	await page.getByText("You have missed calls.").waitFor();
	await page.getByRole("link", { name: /^Calls/ }).click();
	await page.getByText("Answered by Kitchen phone · 0:").waitFor();
	await page.getByText("Test call · Nobody answered").waitFor();
	await page.getByRole("link", { name: "Calls", exact: true }).waitFor();
	await look(page, "app-calls");
	await button(page, `Call back ${DOOR.name}`).first().click();
	await line.hears("dial", { to: DOOR.id, look: false });
	await leave();
});

test("contacts of the site, and a problem reported", async (world) => {
	const { page, server, leave } = await resident(world, { answers: {
		"GET /sites/1/contacts": { items: [{ id: "1", position: 1, name: "Carl Keeper",
			role: "Caretaker", purpose: "Keys", phone: "+33 1 23 45", email: "carl@example.com" }],
		next: null },
		"GET /sites/1/tickets/context": { context: "{}" },
		"POST /sites/1/tickets": { id: "4" },
	} });
	await page.getByRole("link", { name: "Help" }).click();
	await page.getByRole("link", { name: "+33 1 23 45" }).waitFor();
	await look(page, "app-help");
	await button(page, "Report a problem").click();
	await page.getByLabel("Subject").fill("No sound");
	await page.getByLabel("What happens").fill("The door is silent.");
	await button(page, "Send").click();
	await page.getByText("Your request has been sent").waitFor();
	assert.equal(server.asked.find(({ method, path }) => method === "POST"
		&& path === "/sites/1/tickets").body.subject, "No sound");
	await leave();
});

test("at night nothing rings, where the server knows of that", async (world) => {
	const { page, server, leave } = await resident(world, { answers: {
		"GET /me/quiet": { items: [], missed_mail: true },
		"PUT /me/quiet": (body) => body,
	} });
	await page.getByRole("link", { name: "Settings" }).click();
	await page.getByLabel("From").fill("23:30");
	await page.getByLabel("Do not ring then").check();
	await page.getByText("Saved").first().waitFor();
	assert.deepEqual(server.asked.find(({ method }) => method === "PUT").body, { missed_mail: true,
		items: [{ days: 127, from_minute: 23 * 60 + 30, until_minute: 7 * 60 }] });
	await look(page, "app-quiet");
	await leave();
});

test("notices are switched on and off", async (world) => {
	const { page, server, leave } = await resident(world, { workers: "allow",
		answers: { "GET /app/push": { key: "BBBB" }, "PUT /app/push": 204, "DELETE /app/push": 204 },
		before: () => { // Chromium has no push service without its maker's
			let held = null;
			Notification.requestPermission = async () => "granted";
			Object.defineProperty(Notification, "permission", { get: () => "granted" });
			PushManager.prototype.getSubscription = async () => held;
			PushManager.prototype.subscribe = async () => {
				held = { endpoint: "https://push.example.com/1",
					toJSON: () => ({ keys: { p256dh: "k", auth: "a" } }),
					unsubscribe: async () => { held = null; } };
				return held;
			};
		} });
	await page.getByRole("link", { name: "Settings" }).click();
	await look(page, "app-settings");
	await button(page, "Switch notices on").click();
	await page.getByText("Notices are on").waitFor();
	assert.deepEqual(server.asked.find(({ method }) => method === "PUT").body,
		{ endpoint: "https://push.example.com/1", p256dh: "k", auth: "a", language: "en" });
	await button(page, "Switch notices off").click();
	await page.getByText("Notices are off.").waitFor();
	assert.ok(server.asked.some(({ method, path }) => method === "DELETE"
		&& path === "/app/push?endpoint=https%3A%2F%2Fpush.example.com%2F1"));
	await leave();
});

test("a server without notices says so when they are switched on", async (world) => {
	const { page, server, leave } = await resident(world, { workers: "allow",
		answers: { "GET /app/push": { key: null } },
		before: () => {
			Notification.requestPermission = async () => "granted";
			PushManager.prototype.getSubscription = async () => null;
		} });
	await page.getByRole("link", { name: "Settings" }).click();
	await button(page, "Switch notices on").click();
	await page.getByText("This server sends no notices.").waitFor();
	assert.ok(server.asked.every(({ method }) => method !== "PUT"));
	await leave();
});

// The app's worker, once it is in charge.
async function worker_of(page) {
	await page.evaluate(() => navigator.serviceWorker.ready);
	const worker = page.context().serviceWorkers()[0]
		?? await page.context().waitForEvent("serviceworker");
	// What it has shown: Chromium takes a notice away that is asked for while it comes up.
	await worker.evaluate(() => {
		const { showNotification } = ServiceWorkerRegistration.prototype;
		self.shown = [];
		ServiceWorkerRegistration.prototype.showNotification = async function (title, options) {
			await showNotification.call(this, title, options);
			const { body, tag, timestamp, image, silent, renotify } = options;
			self.shown.push({ body, tag, timestamp, image, silent, renotify });
		};
	});
	return worker;
}

const shows = (worker, what, good) =>
	until(what, () => worker.evaluate(() => self.shown), (all) => all.some(good));

const notices = (worker) => worker.evaluate(async () =>
	(await self.registration.getNotifications()).map(({ title, body, tag, timestamp, actions }) =>
		({ title, body, tag, timestamp, actions: actions.map((one) => one.title) })));

// As a push service delivers it.
async function pusher(world, page, server) {
	const session = await page.context().newCDPSession(page);
	const found = new Promise((done) => session.on("ServiceWorker.workerRegistrationUpdated",
		({ registrations }) => registrations.length > 0 && done(registrations[0].registrationId)));
	await session.send("ServiceWorker.enable");
	const registrationId = await found;
	return (payload) => session.send("ServiceWorker.deliverPushMessage",
		{ origin: server.origin, registrationId, data: JSON.stringify(payload) });
}

const pushed = (more = {}) => ({ type: "ring", call: "90", device: OWN, from: DOOR.name, at: Date.now(),
	until: Date.now() + 30_000, seen: "seen-token", open: "open-token", switch: "Front door",
	language: "fr", ...more });

// Presses a notice's button: Chromium draws none here.
const press = (worker, action) => worker.evaluate(async (pressed) => {
	const [notification] = await self.registration.getNotifications({ tag: "ring-90" });
	self.dispatchEvent(new NotificationEvent("notificationclick", { notification, action: pressed }));
}, action);

test("a pushed ring is a notice in the user's language, once however often it comes", async (world) => {
	const { page, server, leave } = await resident(world, { workers: "allow",
		answers: { "POST /app/push/seen": 204, "POST /app/open": 204 } });
	await connected(page);
	const worker = await worker_of(page);
	const push = await pusher(world, page, server);
	const at = Date.now();
	await push(pushed({ at }));
	await push(pushed({ at: at + 1 }));
	const shown = { title: DOOR.name, body: "Sonne", tag: "ring-90", timestamp: at + 1,
		actions: ["Répondre", "Ouvrir\u00a0: Front door"] };
	await shows(worker, "the second notice", ({ timestamp }) => timestamp === at + 1);
	assert.deepEqual(await notices(worker), [shown]);
	const seen = await until("both told of", () =>
		server.asked.filter(({ path }) => path === "/app/push/seen"), ({ length }) => length >= 2);
	assert.deepEqual(seen.map(({ body }) => body), Array(2).fill({ token: "seen-token" }));

	await press(worker, "open");
	await shows(worker, "the news", ({ body }) => body === "Ouvert");
	assert.deepEqual(server.asked.find(({ path }) => path === "/app/open").body,
		{ token: "open-token" });

	const tags = async () => (await notices(worker)).map(({ tag }) => tag);
	// Another call: the pressed notice may still be on its way out, and would take its like along.
	await push(pushed({ call: "91" }));
	await shows(worker, "the ring", ({ tag }) => tag === "ring-91");
	await push({ type: "cancel", call: "91", why: "answered_elsewhere", by: "Anna" });
	await until("no ring", tags, (all) => !all.includes("ring-91"));

	await push(pushed({ call: "94", open: undefined }));
	await shows(worker, "the notice", ({ tag }) => tag === "ring-94");
	assert.deepEqual((await notices(worker)).find(({ tag }) => tag === "ring-94").actions.length, 1);
	await push({ type: "missed", call: "94", from: DOOR.name, at: Date.now(), language: "en" });
	await shows(worker, "what was missed", ({ tag }) => tag === "missed-94");
	assert.equal((await tags()).includes("ring-94"), false);
	await leave();
});

const images = (worker) => worker.evaluate(async () => Object.fromEntries(
	(await self.registration.getNotifications()).map(({ tag, image }) => [tag, image !== ""])));

// A resident who is sent notices, and a picture for one.
async function notified(world) {
	const { page, server, leave } = await resident(world, { workers: "allow",
		answers: { "POST /app/push/seen": 204 } });
	await connected(page);
	const worker = await worker_of(page);
	const push = await pusher(world, page, server);
	const jpeg = Buffer.from(await page.evaluate(jpeg_of, "green"), "base64");
	return { server, leave, worker, push, jpeg };
}

test("a notice shows at once, and its picture when there is one", async (world) => {
	const { server, leave, worker, push, jpeg } = await notified(world);
	let looks = 0;
	server.answers["GET /app/calls/95/snapshot"] = () => looks++ === 0 ? 404 : jpeg;
	server.answers["GET /app/calls/96/picture"] = jpeg;
	await push(pushed({ call: "95", camera: true }));
	await shows(worker, "the ring", ({ tag }) => tag === "ring-95");
	assert.deepEqual((await worker.evaluate(() => self.shown)).map(({ image, renotify }) =>
		[image, renotify]), [[undefined, true]]);
	await shows(worker, "its picture", ({ tag, image }) => tag === "ring-95"
		&& image === `data:image/jpeg;base64,${jpeg.toString("base64")}`);
	assert.equal(looks, 2);
	const { silent, renotify } = (await worker.evaluate(() => self.shown)).at(-1);
	assert.deepEqual([silent, renotify], [true, false]);
	assert.deepEqual(await images(worker), { "ring-95": true });

	// A door without a camera is not asked.
	await push(pushed({ call: "97" }));
	await shows(worker, "the other ring", ({ tag }) => tag === "ring-97");
	await push({ type: "missed", call: "96", from: DOOR.name, at: Date.now(), language: "en" });
	await shows(worker, "what was missed", ({ tag, image }) => tag === "missed-96"
		&& image !== undefined);
	assert.deepEqual(await images(worker), { "ring-95": true, "ring-97": false, "missed-96": true });
	assert.ok(server.asked.every(({ path }) => !path.startsWith("/app/calls/97/")));
	await leave();
});

test("a ring that is taken back while its picture comes stays away", async (world) => {
	const { server, leave, worker, push, jpeg } = await notified(world);
	const asked = (call) => until(`the look at ${call}`, () => server.asked, (all) =>
		all.some(({ path }) => path === `/app/calls/${call}/snapshot`));
	let give = () => undefined;
	server.answers["GET /app/calls/98/snapshot"] = () => new Promise((done) => { give = done; });
	server.answers["GET /app/calls/99/snapshot"] = jpeg;
	server.answers["GET /app/calls/100/snapshot"] = Buffer.concat([jpeg, Buffer.alloc(256 * 1024)]);
	await push(pushed({ call: "98", camera: true }));
	await push(pushed({ call: "100", camera: true }));
	await asked("98");
	await push({ type: "cancel", call: "98", why: "answered_elsewhere", by: "Anna" });
	await until("no ring", () => notices(worker), (all) => all.every(({ tag }) => tag !== "ring-98"));
	give(jpeg);
	await push(pushed({ call: "99", camera: true })); // what was on its way is here by then
	await shows(worker, "another's picture", ({ tag, image }) => tag === "ring-99" && image !== undefined);
	// Of 100 there is one that is too long.
	assert.deepEqual(await images(worker), { "ring-99": true, "ring-100": false });
	assert.ok((await worker.evaluate(() => self.shown)).every(({ tag, image }) =>
		tag === "ring-99" || image === undefined));
	await leave();
});

test("no notice beside a page that rings and is looked at", async (world) => {
	const { page, server, line, leave } = await resident(world, { workers: "allow",
		answers: { "POST /app/push/seen": 204 } });
	await connected(page);
	const worker = await worker_of(page);
	const push = await pusher(world, page, server);
	await line.ring("92");
	await call_screen(page).waitFor();
	await push(pushed({ call: "92" }));
	await push({ type: "missed", call: "93", from: DOOR.name, at: Date.now(), language: "en" });
	await shows(worker, "the other notice", ({ tag }) => tag === "missed-93");
	assert.ok((await notices(worker)).every(({ tag }) => tag !== "ring-92"));
	await leave();
});

test("Answer in a notice answers the call as soon as the page hears of it", async (world) => {
	const { page, line, leave } = await resident(world);
	await connected(page);
	await page.evaluate(() => { location.hash = "answer/91"; });
	await line.ring("91");
	await line.hears("answer", { call: "91" });
	assert.equal(new URL(page.url()).hash, "#/");
	await leave();
});

test("without a server the app opens, and says so", async (world) => {
	const { page, server, leave } = await resident(world, { workers: "allow" });
	await connected(page);
	const worker = await worker_of(page);
	await until("what is kept", () => worker.evaluate(async () => {
		const names = await caches.keys();
		return (await (await caches.open(names[0])).keys()).map(({ url }) => new URL(url).pathname);
	}), (kept) => kept.some((path) => /^\/assets\/en-/.test(path)));
	await server.gone();
	await page.reload();
	await page.getByText("The server cannot be reached").waitFor();
	await server.back();
	await connected(page);
	await page.context().close();
	await server.close();
});

const browser = await browser_open(FLAGS);
try {
	await run_tests({ browser });
} finally {
	await browser.close();
}
