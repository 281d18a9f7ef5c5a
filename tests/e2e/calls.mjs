// Call settings in Chromium, in front of the real programs: who rings when, switches, local mode.
//
//   node tests/e2e/calls.mjs [WORD…]     tests whose name has a word in it
//
// SCREENS=DIR keeps pictures.
import assert from "node:assert/strict";
import { look, PHONE, run_staged, sign_in, tab, test, visitor } from "./lib.mjs";

const TALL = { width: 1280, height: 2600 }; // all in reach of a mouse that does not scroll

const button = (at, name) => at.getByRole("button", { name, exact: true });
const dialog = (page) => page.getByRole("dialog");

async function api(page, method, path, body) {
	const answer = await page.evaluate(async ([how, where, what]) => {
		const response = await fetch(`/api/v1${where}`, { method: how,
			...(what === undefined ? {} : { headers: { "content-type": "application/json" },
				body: JSON.stringify(what) }) });
		return { status: response.status, body: await response.json().catch(() => null) };
	}, [method, path, body]);
	assert.ok(answer.status < 300, `${method} ${path}: ${JSON.stringify(answer)}`);
	return answer.body;
}

// The demo's installer, at its intercom, whose buttons are as `buttons` makes them of the phones.
async function at_door(browser, stage, buttons = () => [], more = {}) {
	const page = await visitor(browser, more);
	await sign_in(page, stage.demo.http, stage.user("company_admin"));
	const [site] = (await api(page, "GET", "/sites")).items;
	const { items } = await api(page, "GET", `/sites/${site.id}/devices`);
	const door = items.find(({ kind }) => kind === "intercom");
	const phones = items.filter(({ kind }) => kind === "phone");
	const path = `/sites/${site.id}/devices/${door.id}`;
	await api(page, "PUT", `${path}/buttons`, { items: buttons(phones) });
	await page.goto(`${stage.demo.http}${path}`);
	await page.getByRole("heading", { name: "Buttons", exact: true }).waitFor();
	return { page, site, door, phones, path };
}

const row = (page, n) => page.locator(".button-row").filter({ has: button(page, `Remove Button ${n}`) });

// From the middle of one thing to the middle of another, as a hand does it.
async function carry(page, from, to) {
	await from.scrollIntoViewIfNeeded();
	const a = await from.boundingBox();
	await page.mouse.move(a.x + a.width / 2, a.y + a.height / 2);
	await page.mouse.down();
	const b = await to.boundingBox();
	await page.mouse.move(b.x + b.width / 2, b.y + b.height / 2, { steps: 8 });
	await page.locator(".carried").waitFor();
	return () => page.mouse.up();
}

async function carried(page, from, to) {
	const drop = await carry(page, from, to);
	await drop();
	await page.locator(".carried").waitFor({ state: "detached" });
}

const chip = (at, name) => at.locator(".chip").filter({ hasText: name });
const palette = (page) => page.getByRole("list", { name: "Devices", exact: true });
const of_button = (items, n) =>
	items.find((one) => one.button === n).destinations.map(({ device, after_s }) => [device, after_s]);

async function save(page) {
	await button(page, "Save buttons").click();
	await page.getByText("Not saved yet.").waitFor({ state: "detached" });
}

test("a mouse carries devices onto buttons, and from one to another", async ({ browser, stage }) => {
	const { page, path, phones: [first, second] } = await at_door(browser, stage, ([one]) => [
		{ button: 1, label: "One", destinations: [{ device: one.id, after_s: 20 }] },
		{ button: 2, label: "Two", destinations: [] },
	], { size: TALL });
	await carried(page, chip(palette(page), second.name), row(page, 2));
	await row(page, 2).getByText(`At once: ${second.name}.`).waitFor();
	await carried(page, chip(row(page, 1), first.name), row(page, 2));
	await row(page, 2).getByText(`After 20 s: ${first.name}.`).waitFor();
	await row(page, 1).getByText("Nobody: drag a device here").waitFor();
	const drop = await carry(page, chip(palette(page), first.name), row(page, 1));
	await page.keyboard.press("Escape");
	await page.locator(".carried").waitFor({ state: "detached" });
	await drop();
	await row(page, 1).getByText("Nobody: drag a device here").waitFor();
	await save(page);
	const { items } = await api(page, "GET", `${path}/buttons`);
	assert.deepEqual(of_button(items, 1), []);
	assert.deepEqual(of_button(items, 2), [[second.id, 0], [first.id, 20]]);
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test("a finger carries by the grip, and scrolls elsewhere", async ({ browser, stage }) => {
	const { page, path, phones: [first] } = await at_door(browser, stage, () => [
		{ button: 1, label: "", destinations: [] }], { size: PHONE });
	const session = await page.context().newCDPSession(page);
	const touch = (type, x, y) => session.send("Input.dispatchTouchEvent",
		{ type, touchPoints: type === "touchEnd" ? [] : [{ x, y }] });
	await session.send("Emulation.setTouchEmulationEnabled", { enabled: true, maxTouchPoints: 1 });
	const target = row(page, 1).getByText("Nobody: drag a device here");
	const grip = chip(palette(page), first.name).locator(".grip");
	await grip.scrollIntoViewIfNeeded();
	const { x, y, height } = await grip.boundingBox();
	await touch("touchStart", x + 8, y + height / 2);
	await touch("touchMove", x + 30, y + height / 2 + 20);
	await page.locator(".carried").waitFor();
	// Near the window's end the page scrolls along, until the button is under the finger.
	const end = PHONE.height - 20;
	await touch("touchMove", x + 60, end);
	await page.waitForFunction(([element, at]) => element.getBoundingClientRect().top < at,
		[await target.elementHandle(), end - 60]);
	const there = await target.boundingBox();
	await touch("touchMove", there.x + 40, there.y + 10);
	await page.locator(".button-row.over").waitFor();
	await touch("touchEnd");
	await row(page, 1).getByText(`At once: ${first.name}.`).waitFor();
	await save(page);
	const { items } = await api(page, "GET", `${path}/buttons`);
	assert.deepEqual(of_button(items, 1), [[first.id, 0]]);
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test("the keyboard does all that a hand can", async ({ browser, stage }) => {
	const { page, path, phones: [first, second] } = await at_door(browser, stage, ([one]) => [
		{ button: 1, label: "One", destinations: [{ device: one.id, after_s: 0 }] }]);
	const adds = row(page, 1).getByLabel("Add a device");
	await adds.focus();
	await page.keyboard.press("Tab");
	await page.keyboard.press("Enter");
	const when = row(page, 1).getByLabel(`When ${second.name} rings`);
	await when.focus();
	await when.selectOption({ label: "after 30 s" });
	await row(page, 1).getByText(`After 30 s: ${second.name}.`).waitFor();
	await look(page, "calls-buttons");
	await button(row(page, 1), `Take ${first.name} off`).focus();
	await page.keyboard.press("Enter");
	await save(page);
	const { items } = await api(page, "GET", `${path}/buttons`);
	assert.deepEqual(of_button(items, 1), [[second.id, 30]]);
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test("a button is tested from afar, and its phones ring", async ({ browser, stage }) => {
	const { page, site, door, phones } = await at_door(browser, stage, (all) => [
		{ button: 1, label: "Home", destinations: all.map(({ id }) => ({ device: id, after_s: 0 })) }]);
	const first = phones.find(({ online }) => online); // baresip
	const second = phones.find(({ online }) => !online);
	const press = button(page, "Test call Button 1");
	await press.waitFor();
	await look(page, "calls-test");
	await row(page, 1).getByLabel("Label").fill("Hall"); // what is not saved would ring otherwise
	await press.waitFor({ state: "detached" });
	await row(page, 1).getByLabel("Label").fill("Home");
	await press.click();
	await stage.do("rings");
	await page.getByRole("heading", { level: 2, name: door.name }).waitFor();
	await page.locator(".badge").getByText("Ringing").waitFor();
	await page.locator(".badge").getByText("Test call").waitFor();
	await stage.do("accept");
	await stage.do("hung_up");
	await page.locator(".badge").getByText("Answered").waitFor();
	await page.getByText(`${first.name}: Answered`).waitFor();
	await page.getByText(`${second.name}: Not registered`).waitFor();
	await look(page, "calls-test-call");
	const { items: [last] } = await api(page, "GET", `/sites/${site.id}/calls`);
	assert.deepEqual([last.test, last.result, last.from_device], [true, "answered", door.id]);
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test("an intercom's switches have names, and no code is the end of another",
	async ({ browser, stage }) => {
		const { page, path } = await at_door(browser, stage);
		await button(page, "Add switch").click();
		const second = page.locator(".button-row").filter({ hasText: "Switch 2" });
		await second.getByLabel("Name in the app").fill("Garden light");
		await second.getByLabel("Code", { exact: true }).fill("300*");
		await second.getByLabel("Setting kept by").selectOption({ label: "the device itself" });
		await button(page, "Save switches").click();
		await page.getByText("This code ends as another does").waitFor();
		assert.equal(await second.getByLabel("Code", { exact: true }).evaluate(
			(one) => one === document.activeElement), true);
		await look(page, "calls-switches");
		await second.getByLabel("Code", { exact: true }).fill("31*");
		await button(page, "Save switches").click();
		await page.locator(".toast").getByText("Saved").first().waitFor();
		const { items } = await api(page, "GET", `${path}/switches`);
		assert.deepEqual(items[1], { number: 2, name: "Garden light", code: "31*", owner: "device" });
		await api(page, "PUT", `${path}/switches`, { items: items.slice(0, 1) });
		assert.deepEqual(page.faults, []);
		await page.context().close();
	});

test("local mode shows what to type into the intercom", async ({ browser, stage }) => {
	const { page, site, phones, path } = await at_door(browser, stage, (all) => [
		{ button: 1, label: "Home", destinations: all.slice(0, 2).map(({ id }) =>
			({ device: id, after_s: 0 })) }]);
	const phone = phones.find(({ online }) => online); // baresip, on the loopback
	assert.notEqual(phone, undefined);
	await page.goto(`${stage.demo.http}/sites/${site.id}/devices/${phone.id}`);
	await page.getByLabel("Connection").selectOption({ label: "In the local network" });
	await button(page, "Save").click();
	await page.locator(".toast").getByText("Saved").first().waitFor();
	await page.goto(`${stage.demo.http}${path}`);
	await page.getByText(/^sip:.*@127\.0\.0\.1:\d+$/).first().waitFor();
	await page.getByText("Give the phones fixed addresses").waitFor();
	await look(page, "calls-local");
	await api(page, "PUT", `/sites/${site.id}/devices/${phone.id}`, { name: phone.name,
		kind: phone.kind, apartment_id: phone.apartment_id });
	await page.reload();
	await page.getByText(/^sip:1@/).waitFor();
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test("an app is added: whose, how it signs in, which button rings it", async ({ browser, stage }) => {
	const { page, site, door, path } = await at_door(browser, stage, () => [
		{ button: 1, label: "Bell", destinations: [] }]);
	await tab(page, "Devices");
	await button(page, "Add smartphone or tablet").click();
	const box = dialog(page);
	await box.getByLabel("Apartment").selectOption({ index: 1 });
	await button(box, "Next").click();
	await box.getByText("Fill this in").waitFor();
	await look(page, "calls-app-first");
	await box.getByLabel("Name", { exact: true }).fill("Kitchen tablet");
	await button(box, "Next").click();
	await box.getByText("Open this address on the device").waitFor();
	const number = await box.locator(".value").filter({ hasText: /^\d{10}$/ }).textContent();
	await look(page, "calls-app-second");
	await box.getByLabel("Intercom").selectOption({ label: door.name });
	await button(box, "Ring it with this button").click();
	await page.getByRole("heading", { name: "Kitchen tablet", level: 2 }).waitFor();
	const { items } = await api(page, "GET", `${path}/buttons`);
	assert.deepEqual(of_button(items, 1), [[number, 0]]);
	await page.getByText("Nobody in particular").waitFor();
	await button(page, "Hand over").click();
	const resident = dialog(page).getByLabel("Who holds it").locator("option").nth(1);
	const holder = (await resident.textContent()).split(" · ")[0];
	await dialog(page).getByLabel("Who holds it").selectOption({ index: 1 });
	await button(dialog(page), "Hand over").click();
	await page.getByRole("link", { name: holder }).waitFor();
	await look(page, "calls-app");
	await api(page, "DELETE", `/sites/${site.id}/devices/${number}`);
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test("an app can be finished later", async ({ browser, stage }) => {
	const { page, site } = await at_door(browser, stage);
	await tab(page, "Devices");
	await button(page, "Add smartphone or tablet").click();
	await dialog(page).getByLabel("Apartment").selectOption({ index: 1 });
	await dialog(page).getByLabel("Name", { exact: true }).fill("Later");
	await button(dialog(page), "Next").click();
	await button(dialog(page), "Finish later").click();
	await page.getByRole("heading", { name: "Later", level: 2 }).waitFor();
	const id = page.url().split("/").pop();
	assert.equal((await api(page, "GET", `/sites/${site.id}/devices/${id}`)).kind, "app");
	await api(page, "DELETE", `/sites/${site.id}/devices/${id}`);
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test("a phone outside rings through the site's line", async ({ browser, stage }) => {
	const { page, site, path } = await at_door(browser, stage);
	await tab(page, "Settings");
	await page.getByLabel("Provider’s server").fill("sip.example.com");
	await page.getByLabel("User name").fill("maple");
	await page.getByLabel("Password", { exact: true }).fill("secret");
	await page.getByLabel("Port", { exact: true }).fill("0");
	await button(page, "Save the line").click();
	await page.getByText("A number from 1 to 65535.").waitFor();
	await page.getByLabel("Port", { exact: true }).fill("5070");
	await button(page, "Save the line").click();
	await page.getByText("Empty: it stays what it is.").waitFor();
	const line = await api(page, "GET", `/sites/${site.id}/line`);
	assert.deepEqual([line.host, line.port, line.username, line.has_password],
		["sip.example.com", 5070, "maple", true]);
	await look(page, "calls-line");
	await tab(page, "Devices");
	await button(page, "Add device").click();
	await dialog(page).getByLabel("Kind").selectOption({ label: "Outside phone" });
	await dialog(page).getByLabel("Name").fill("Guard");
	await dialog(page).getByLabel("Telephone number").fill("0123");
	await button(dialog(page), "Create").click();
	await dialog(page).locator(".error").getByText("A number with + and the country").waitFor();
	await dialog(page).getByLabel("Telephone number").fill("+44 20 7946-0123");
	await button(dialog(page), "Create").click();
	await page.getByText("+442079460123").first().waitFor();
	await look(page, "calls-line-device");
	const id = page.url().split("/").pop();
	await api(page, "PUT", `${path}/buttons`, { items: [
		{ button: 1, label: "", destinations: [{ device: id, after_s: 45 }] }] });
	await page.goto(`${stage.demo.http}${path}`);
	await page.getByText("After 45 s: Guard.").waitFor();
	assert.equal(await page.getByText("Guard will not ring").count(), 0);
	await tab(page, "Settings");
	await button(page, "Remove the line").click();
	await button(dialog(page), "Remove the line").click();
	await button(page, "Remove the line").waitFor({ state: "detached" });
	await page.goto(`${stage.demo.http}${path}`);
	await page.getByText("Guard will not ring").waitFor();
	await look(page, "calls-no-line");
	await api(page, "DELETE", `/sites/${site.id}/devices/${id}`);
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test("a phone directory says whom a device may call, by which name", async ({ browser, stage }) => {
	const { page, site, phones: [first, second] } = await at_door(browser, stage);
	await tab(page, "Phone directories");
	await page.getByRole("heading", { name: "No directory yet" }).waitFor();
	await look(page, "calls-directories-empty");
	await button(page, "Add directory").click();
	await dialog(page).getByLabel("Name").fill("Reception");
	await button(dialog(page), "Create").click();
	await page.getByText("whoever has this directory can call no one").waitFor();
	await page.getByLabel("Add a device").selectOption(second.id);
	await button(page, "Add").click();
	await page.getByLabel(`Contact name (${second.name})`).fill("Porter");
	await button(page, "Save").click();
	await page.locator(".toast").getByText("Saved").first().waitFor();
	await look(page, "calls-directory");
	const id = page.url().split("/").pop();
	const directory = await api(page, "GET", `/sites/${site.id}/directories/${id}`);
	assert.deepEqual(directory.entries, [{ device: second.id, name: "Porter" }]);
	await page.goto(`${stage.demo.http}/sites/${site.id}/devices/${first.id}`);
	await page.getByLabel("May call").selectOption({ label: "Reception" });
	await button(page, "Save").click();
	await page.locator(".toast").getByText("Saved").first().waitFor();
	await tab(page, "Phone directories");
	await page.getByRole("row", { name: /Reception/ }).getByText("1").first().waitFor();
	await page.goto(`${stage.demo.http}/sites/${site.id}/devices/${first.id}`);
	await page.getByLabel("May call").selectOption({ index: 0 });
	await button(page, "Save").click();
	await page.locator(".toast").getByText("Saved").first().waitFor();
	await page.goto(`${stage.demo.http}/sites/${site.id}/directories/${id}`);
	await button(page, "Delete directory").click();
	await button(dialog(page), "Delete").click();
	await page.getByRole("heading", { name: "No directory yet" }).waitFor();
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test("the account has quiet times and mails of missed calls", async ({ browser, stage }) => {
	const page = await visitor(browser);
	await sign_in(page, stage.demo.http, stage.user("site_admin"));
	await page.goto(`${stage.demo.http}/account`);
	const card = page.locator(".card").filter({ has: page.getByRole("heading", { name: "Do not disturb" }) });
	await button(card, "Add a time").click();
	for (const day of ["Sat", "Sun"])
		await card.getByLabel(day, { exact: true }).uncheck();
	await card.getByLabel("From").fill("21:30");
	await card.getByLabel("Mail me calls that nobody answered").check();
	await look(page, "calls-quiet");
	await button(card, "Save quiet times").click();
	await page.locator(".toast").getByText("Saved").first().waitFor();
	assert.deepEqual(await api(page, "GET", "/me/quiet"), { missed_mail: true,
		items: [{ days: 31, from_minute: 1290, until_minute: 420 }] });
	await page.reload();
	assert.equal(await card.getByLabel("From").inputValue(), "21:30");
	await button(card, "Remove").click();
	await button(card, "Save quiet times").click();
	await page.locator(".toast").getByText("Saved").first().waitFor();
	assert.deepEqual((await api(page, "GET", "/me/quiet")).items, []);
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

await run_staged();
