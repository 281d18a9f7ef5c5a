// The demo building with two apps at its bell, and residents in Chromium.
import { browser_open, Stage, until, visitor } from "./lib.mjs";

const PHONE = { width: 360, height: 740 };
const FLAGS = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
	"--allow-loopback-in-peer-connection"];
const FRAMES = 15; // a second of the door's picture

export const app_browser = () => browser_open(FLAGS);

export const frames = (page) => page.evaluate(() =>
	document.querySelector(".call-picture")?.getVideoPlaybackQuality().totalVideoFrames ?? 0);

export async function sees(page, more = FRAMES) {
	const from = await frames(page);
	await until(`${more} more frames`, () => frames(page), (n) => n >= from + more);
}

// How loud the other side is here.
export const hears = (page) => page.evaluate(async () => {
	const leg = globalThis.legs.at(-1);
	const all = leg === undefined ? [] : [...(await leg.getStats()).values()];
	return all.find(({ type, kind }) => type === "inbound-rtp" && kind === "audio")?.audioLevel ?? 0;
});

// In the page, before the app: keeps its connections, to be measured.
function keep_legs() {
	globalThis.legs = [];
	const Made = globalThis.RTCPeerConnection;
	globalThis.RTCPeerConnection = function RTCPeerConnection(...how) {
		const leg = new Made(...how);
		globalThis.legs.push(leg);
		return leg;
	};
}

export class Building {
	static async open() {
		const house = new Building();
		house.stage = await Stage.open();
		const { demo } = house.stage;
		house.base = demo.http;
		house.door_name = demo.door.name;
		house.open_text = "Open";
		await house.#sign_in(house.stage.user("site_admin"));
		house.apps = [];
		for (const [name, number] of [["Anna’s phone", "101"], ["Ben’s tablet", "102"]])
			house.apps.push(await house.#app(name, number));
		await house.apps_ring();
		return house;
	}

	// Both apps, and other devices beside them.
	async apps_ring(...others) {
		const devices = [...this.apps.map(({ device }) => device), ...others];
		await this.#api("PUT", `/devices/${this.stage.demo.door.device_id}/buttons`, { items: [{
			button: 1, label: "All", destinations: devices.map((device) => ({ device, after_s: 0 })),
		}] });
	}

	async #sign_in({ email, password }) {
		const answer = await fetch(`${this.base}/api/v1/session`, { method: "POST",
			headers: { "content-type": "application/json" }, body: JSON.stringify({ email, password }) });
		this.cookie = answer.headers.getSetCookie().map((one) => one.split(";")[0]).join("; ");
	}

	async #api(method, path, body) {
		const answer = await fetch(`${this.base}/api/v1/sites/${this.stage.demo.site_id}${path}`, { method,
			headers: { "content-type": "application/json", cookie: this.cookie },
			...(body === undefined ? {} : { body: JSON.stringify(body) }) });
		const text = await answer.text();
		if (!answer.ok)
			throw new Error(`${method} ${path}: ${answer.status} ${text}`);
		return text === "" ? null : JSON.parse(text);
	}

	async #app(name, number) {
		const apartment = await this.#api("POST", "/apartments", { number, floor: "1", name: "" });
		const { id } = await this.#api("POST", "/devices",
			{ kind: "app", name, apartment_id: apartment.id });
		const { sip_password } = await this.#api("GET", `/devices/${id}/credentials`);
		return { device: id, password: sip_password };
	}

	// As many residents as there are apps, each in a browser of its own, signed in as a device.
	async residents(n = this.apps.length) {
		return await Promise.all(this.apps.slice(0, n).map(async ({ device, password }) => {
			const page = await visitor(this.browser, { size: PHONE, before: keep_legs,
				permissions: ["microphone", "notifications"], workers: "block" });
			page.sockets = 0;
			await page.routeWebSocket(/\/api\/v1\/app\/live$/, (socket) => {
				const server = socket.connectToServer();
				page.sockets++;
				page.drop = async () => {
					await server.close();
					await socket.close();
				};
			});
			await page.goto(`${this.base}/app/`);
			await page.getByRole("tab", { name: "Device" }).click();
			await page.getByLabel("Device ID").fill(device);
			await page.getByLabel("Password").fill(password);
			await page.getByRole("button", { name: "Sign in", exact: true }).click();
			await page.getByText("Connected", { exact: true }).waitFor();
			return page;
		}));
	}

	async leave(...pages) {
		for (const page of pages) {
			if (page.faults.length > 0)
				throw new Error(page.faults.join("\n"));
			await page.context().close();
		}
	}

	// Presses the bell; again: hangs up.
	async bell() {
		await until("the door to know its number", () => this.door_state(), ({ registered }) => registered);
		await fetch(`${this.stage.demo.door.http}/ui/key`, { method: "POST",
			body: new URLSearchParams({ key: "%1" }) });
	}

	async door_state() {
		return (await (await fetch(`${this.stage.demo.door.http}/ui/state`)).json()).result;
	}

	async #door_api(method, parameters) {
		const query = new URLSearchParams(parameters);
		return (await (await fetch(`${this.stage.demo.door.http}/api/${method}?${query}`)).json()).result;
	}

	// By which ways keys came to the door while `act` opened it.
	async ways_of_keys(act) {
		const { id } = await this.#door_api("log/subscribe", { duration: 60 });
		await act();
		await until("the open door", () => this.door_state(), ({ open }) => open);
		const { events } = await this.#door_api("log/pull", { id, timeout: 0 });
		await this.#door_api("log/unsubscribe", { id });
		return [...new Set(events.filter(({ event }) => event === "DtmfEntered")
			.map(({ params }) => params.type))];
	}

	// Nobody talks at the door, which is shut: the next test begins.
	async quiet() {
		await until("the door's quiet", () => this.door_state(), ({ state, open }) =>
			state === "terminated" && !open);
	}

	close() {
		return this.stage.close();
	}
}
