// What the browser tests share: the stage (stage.py), Chromium, looking at a page, TAP.
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const HERE = dirname(fileURLToPath(import.meta.url));
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
export const PATIENCE_MS = 30_000; // for anything that a test waits for; the machine may be busy
export const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
	"--disable-background-networking", "--disable-component-update", "--disable-sync"];
export const PHONE = { width: 360, height: 740 };
export const DESK = { width: 1280, height: 800 };
export const WIDE = { width: 1600, height: 1000 };

// The real programs, and what they can be told: await stage.do("accept").
export class Stage {
	static async open() {
		const stage = new Stage();
		Object.assign(stage, await stage.#answer());
		return stage;
	}

	constructor() {
		this.process = spawn("python3", [join(HERE, "stage.py")],
			{ stdio: ["pipe", "pipe", "inherit"] });
		this.ended = new Promise((done) => this.process.on("close", done));
		this.lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
	}

	async #answer() {
		const { value, done } = await this.lines.next();
		if (done)
			throw new Error("the stage has ended");
		return JSON.parse(value);
	}

	async do(name, more = {}) {
		this.process.stdin.write(`${JSON.stringify({ do: name, ...more })}\n`);
		const { failed } = await this.#answer();
		if (failed !== undefined)
			throw new Error(`${name}: ${failed}`);
	}

	user(role) {
		return this.demo.users.find((one) => one.role === role);
	}

	async close() {
		this.process.stdin.end();
		await this.ended;
	}
}

// Chromium with a profile of its own, gone afterwards; started by another program where one is named.
export async function browser_open(flags = [], program = CHROMIUM) {
	return await chromium.launch({ executablePath: program, args: [...FLAGS, ...flags],
		timeout: PATIENCE_MS });
}

// A visitor without cookies, who has chosen the language once, unless told otherwise; every message of the page's console that tells of a fault is kept.
export async function visitor(browser, { lang = "en", size = DESK, scale = 1, chosen = true,
	permissions = [], workers = "allow", before = null } = {}) {
	const context = await browser.newContext({ locale: lang, viewport: size,
		deviceScaleFactor: scale, reducedMotion: "reduce", permissions, serviceWorkers: workers });
	context.setDefaultTimeout(PATIENCE_MS);
	if (chosen) {
		await context.addInitScript((tag) => {
			if (origin !== "null") // a sandboxed frame keeps nothing
				localStorage.getItem("vestibule.lang") ?? localStorage.setItem("vestibule.lang", tag);
		}, lang);
	}
	if (before !== null)
		await context.addInitScript(before);
	const page = await context.newPage();
	page.faults = [];
	page.on("pageerror", (error) => page.faults.push(String(error)));
	page.on("console", (message) => {
		const refused = /^Failed to load resource|WebSocket/; // which some tests want
		if (message.type() === "error" && !refused.test(message.text()))
			page.faults.push(message.text());
	});
	return page;
}

// In any language.
export async function sign_in(page, base, { email, password }) {
	await page.goto(base);
	await page.locator("input[type=email]").fill(email);
	await page.locator("input[type=password]").fill(password);
	await page.locator("form [type=submit]").click();
	await page.locator("#side").waitFor({ state: "attached" });
}

// What stands in the account's menu: getByRole("button", { name: "Sign out" }) and the like.
export async function account(page) {
	const menu = page.getByRole("button", { name: /^(Account|Compte)/ });
	if (await menu.getAttribute("aria-expanded") === "false")
		await menu.click();
	return page.locator(".menu");
}

// Follows a link of the side bar, which is a drawer on a phone.
export async function tab(page, name) {
	const link = page.locator("#side a").filter({ hasText: new RegExp(`^${name}$`) });
	await link.waitFor({ state: "attached" });
	if (!await link.isVisible())
		await page.getByRole("button", { name: "Menu", exact: true }).click();
	await link.click();
}

async function faults_of(page) {
	if (!await page.evaluate(() => "axe" in globalThis))
		await page.evaluate(AXE);
	const { violations } = await page.evaluate(() => globalThis.axe.run({ resultTypes: ["violations"] }));
	const found = violations.map(({ id, nodes }) =>
		`${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join("; ")}`);
	const wide = await page.evaluate(() =>
		document.documentElement.scrollWidth - document.documentElement.clientWidth);
	if (wide > 0)
		found.push(`${wide} pixels wider than the window`);
	return found;
}

// No width changes a colour, so these two show both widths and both schemes.
const LOOKS = [["phone", PHONE, "dark"], ["desk", DESK, "light"]];
export const ON_PHONE = LOOKS.slice(0, 1);

// Asks until the answer is good, without counting on any speed.
export async function until(what, ask, good, patience_ms = PATIENCE_MS) {
	const end = performance.now() + patience_ms;
	let said;
	do {
		said = await ask();
		if (good(said))
			return said;
		await new Promise(setImmediate); // what is waited for comes from outside
	} while (performance.now() < end);
	throw new Error(`waited in vain for ${what}: ${JSON.stringify(said)}`);
}

// The page has answered to its new size, as the drawer does that closes on a desk.
const drawn = () => new Promise((done) =>
	requestAnimationFrame(() => requestAnimationFrame(done)));

// Looks at the page that is open: on a phone and on a desk, dark and light. SCREENS names a folder
// for pictures of it.
export async function look(page, name, looks = LOOKS) {
	const size = page.viewportSize();
	const found = [];
	await page.locator("h1").first().waitFor(); // a page that is loaded when it is first asked for
	for (const [place, viewport, colorScheme] of looks) {
		await page.setViewportSize(viewport);
		await page.emulateMedia({ colorScheme });
		await page.evaluate(drawn);
		for (const fault of await faults_of(page))
			found.push(`${name}, ${place}, ${colorScheme}: ${fault}`);
		if (process.env.SCREENS) {
			mkdirSync(process.env.SCREENS, { recursive: true });
			await page.screenshot({ fullPage: true,
				path: join(process.env.SCREENS, `${name}-${place}-${colorScheme}.png`) });
		}
	}
	await page.setViewportSize(size);
	await page.emulateMedia({ colorScheme: null });
	if (found.length > 0)
		throw new Error(found.join("\n"));
}

// How long a visit takes to show most of the page, in ms, on a processor `slower` times as slow. A
// figure to print: what a machine needs is no proof of anything.
export async function largest_paint(page, url, slower) {
	const session = await page.context().newCDPSession(page);
	await session.send("Emulation.setCPUThrottlingRate", { rate: slower });
	await page.goto(url, { waitUntil: "networkidle" });
	const at = await page.evaluate(() => new Promise((done) => {
		new PerformanceObserver((list) => done(list.getEntries().at(-1).startTime))
			.observe({ type: "largest-contentful-paint", buffered: true });
	}));
	await session.send("Emulation.setCPUThrottlingRate", { rate: 1 });
	await session.detach();
	return Math.round(at);
}

// Thrown by a test that cannot be run here.
export class Skip extends Error {}

const tests = [];

export function test(name, run) {
	tests.push({ name, run });
}

// Runs the tests in order, or those whose name has a word of the command line in it. A failure
// does not stop the rest.
export async function run_tests(...args) {
	const words = process.argv.slice(2);
	const chosen = tests.filter(({ name }) =>
		words.length === 0 || words.some((word) => name.includes(word)));
	console.log(`1..${chosen.length}`);
	let number = 0;
	for (const { name, run } of chosen) {
		number++;
		const start = performance.now();
		try {
			await run(...args);
			console.log(`ok ${number} - ${name} # ${Math.round(performance.now() - start)} ms`);
		} catch (error) {
			if (error instanceof Skip) {
				console.log(`ok ${number} - ${name} # SKIP ${error.message}`);
				continue;
			}
			process.exitCode = 1;
			console.log(`not ok ${number} - ${name}`);
			console.log(String(error.stack ?? error).replace(/^/gm, "# "));
		}
	}
}

// The same, with a stage and a browser that are there for all of them.
export async function run_staged() {
	const stage = await Stage.open();
	const browser = await browser_open();
	try {
		await run_tests({ browser, stage });
	} finally {
		await browser.close();
		await stage.close();
	}
}
