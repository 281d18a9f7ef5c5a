// The portal in Chromium, in front of the real programs. Prints TAP.
//
//   node tests/e2e/portal.mjs [WORD…]     tests whose name has a word in it
//
// SCREENS=DIR keeps pictures. The registering phone and the removals go on where the installer's
// building ended.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import {
	account, DESK, largest_paint, look, ON_PHONE, PHONE, run_staged, sign_in, tab, test, visitor, WIDE,
} from "./lib.mjs";

const ADMIN = { name: "Ida Installer", email: "ida@example.com", password: "a long pass phrase" };
const RECONNECT = { timeout: 90_000 }; // a page tries again every 30 seconds at the latest
const STOPS_MAX = 30; // of the Tab key, from one thing to another of a page
const LONG = "Résidence des Grands-Boulevards-et-du-Vieux-Moulin-de-la-Galette, cage d’escalier n° 12";

const button = (at, name) => at.getByRole("button", { name, exact: true });
const dialog = (page) => page.getByRole("dialog");
const gone = (locator, more = {}) => locator.waitFor({ state: "detached", ...more });

// The message that belongs to the field, as a screen reader finds it, and the focus is in there.
async function refused(at, label, text) {
	const field = at.getByLabel(label, { exact: true });
	await at.getByText(text).first().waitFor();
	assert.equal(await field.getAttribute("aria-invalid"), "true");
	const ids = (await field.getAttribute("aria-describedby")).split(" ");
	const said = await field.evaluate((_, all) =>
		all.map((id) => document.getElementById(id).textContent).join(" "), ids);
	assert.match(said, text);
	assert.equal(await field.evaluate((one) => one === document.activeElement), true);
}

async function toast(page, text) {
	await page.locator(".toast").getByText(text).first().waitFor();
}

// The account of the first test, also where that one was left out or failed.
async function installer(browser, stage, more) {
	await fetch(`${stage.empty}/api/v1/setup`, {
		method: "POST", headers: { "content-type": "application/json" },
		body: JSON.stringify({ token: new URL(stage.setup).hash.slice(1), ...ADMIN }),
	}); // refused when the account is there
	const page = await visitor(browser, more);
	await sign_in(page, stage.empty, ADMIN);
	return page;
}

// From the step that is open to the last one.
async function wizard_end(page) {
	for (const step of ["Step 2 of 4", "Step 3 of 4", "Step 4 of 4"]) {
		await button(dialog(page), "Next").click();
		await dialog(page).getByText(step).waitFor();
	}
	await button(dialog(page), "Create").click();
}

async function site_new(page, name) {
	await button(page, "Add site").click();
	await dialog(page).getByLabel("Name").fill(name);
	await wizard_end(page);
	await page.getByRole("heading", { level: 1, name, exact: true }).waitFor();
}

async function device_new(page, fields) {
	await tab(page, "Devices");
	await button(page, "Add device").click();
	const box = dialog(page);
	await box.getByLabel("Kind").selectOption({ label: fields.kind });
	await box.getByLabel("Name").fill(fields.name);
	if (fields.apartment)
		await box.getByLabel("Apartment").selectOption({ label: fields.apartment });
	await button(box, "Create").click();
	await page.getByRole("heading", { level: 2, name: fields.name, exact: true }).waitFor();
}

test("the first-administrator link makes an account, once", async ({ browser, stage }) => {
	const page = await visitor(browser);
	await page.goto(stage.setup);
	await button(page, "Create account").click();
	await refused(page, "Your name", /Fill this in/);
	await page.getByLabel("Your name").fill(ADMIN.name);
	await page.getByLabel("E-mail").fill("ida@");
	await page.getByLabel("Password").fill("short");
	await button(page, "Create account").click();
	await refused(page, "E-mail", /Enter an e-mail address/);
	await page.getByText("Too short").waitFor();
	await look(page, "setup");
	await page.getByLabel("E-mail").fill(ADMIN.email);
	await page.getByLabel("Password").fill(ADMIN.password);
	await button(page, "Create account").click();
	await page.getByRole("heading", { name: "No site yet" }).waitFor();
	assert.equal(new URL(page.url()).hash, "", "the token stays in the address bar");
	await look(page, "sites-empty");

	const late = await visitor(browser);
	await late.goto(stage.setup);
	await late.getByLabel("Your name").fill("Eve");
	await late.getByLabel("E-mail").fill("eve@example.com");
	await late.getByLabel("Password").fill("another long phrase");
	await button(late, "Create account").click();
	await late.getByText("This link has been used or has expired.").waitFor();
	await late.goto(`${stage.empty}/setup`);
	await late.getByText("This link is incomplete.").waitFor();
	await late.context().close();
});

test("an installer builds a site: apartments, devices, buttons, unlock code", async ({ browser, stage }) => {
	const page = await installer(browser, stage);
	await button(page, "Add site").click();
	await button(dialog(page), "Next").click();
	await refused(dialog(page), "Name", /Fill this in/);
	await look(page, "site-new");
	await dialog(page).getByLabel("Name").fill("Elm Court");
	await dialog(page).getByLabel("Time zone").selectOption("America/New_York");
	await wizard_end(page);
	await page.getByRole("heading", { name: "First steps" }).waitFor();
	await look(page, "overview-new");
	await page.getByRole("main").getByRole("link", { name: "Add an intercom" }).click();
	await page.getByRole("heading", { name: "No device yet" }).waitFor();
	await look(page, "devices-empty");

	await tab(page, "Apartments");
	await page.getByRole("heading", { name: "No apartment yet" }).waitFor();
	await look(page, "apartments-empty");
	await button(page, "Add apartment").click();
	await dialog(page).getByLabel("Number").fill("11");
	await dialog(page).getByLabel("Floor").fill("1");
	await button(dialog(page), "Create").click();
	await page.getByRole("rowheader", { name: "11", exact: true }).waitFor();
	await button(page, "Add apartment").click();
	await dialog(page).getByLabel("Number").fill("11");
	await dialog(page).getByLabel("Floor").fill("1");
	await button(dialog(page), "Create").click();
	await refused(dialog(page), "Number", /already in use/);
	await page.keyboard.press("Escape");
	await gone(dialog(page));
	await page.getByRole("button", { name: "Edit 11" }).click();
	await dialog(page).getByLabel("Name").fill("Smith");
	await button(dialog(page), "Save").click();
	await page.getByRole("rowheader", { name: "11 · Smith" }).waitFor();

	await device_new(page, { kind: "SIP phone", name: "Kitchen", apartment: "11 · Smith" });
	await page.getByText("Needs configuration").waitFor();
	const encryption = page.getByLabel("Encryption of sound and picture (SRTP)");
	assert.equal(await encryption.inputValue(), "offered");
	await encryption.selectOption({ label: "Required" });
	await button(page, "Save").click();
	await toast(page, "Saved");
	await page.reload();
	assert.equal(await encryption.inputValue(), "required");
	await device_new(page, { kind: "Intercom", name: "Gate" });
	const code = page.getByLabel("Code", { exact: true });
	assert.equal(await code.inputValue(), "00*");
	await code.fill("12");
	await button(page, "Save switches").click();
	await refused(page, "Code", /Two digits or more/);
	await code.fill("4711*");
	await button(page, "Save switches").click();
	await toast(page, "Saved");
	await page.getByLabel("Camera picture (JPEG)").fill("192.168.1.20/snapshot.jpg");
	await button(page, "Save").click();
	await refused(page, "Camera picture (JPEG)", /An address with http/);
	await page.getByLabel("Camera picture (JPEG)").fill("http://192.168.1.20/snapshot.jpg");
	await page.getByLabel("Camera user").fill("eye");
	await page.getByLabel("Camera password").fill("secret");
	await button(page, "Save").click();
	await page.getByText("Empty: it stays what it is.").waitFor();
	await page.reload();
	assert.equal(await page.getByLabel("Camera user").inputValue(), "eye");
	assert.equal(await page.getByLabel("Camera password").inputValue(), "");

	await button(page, "Add button").click();
	await page.getByText("Nobody: drag a device here").waitFor();
	await page.getByLabel("Add a device").selectOption({ label: "Kitchen" });
	await button(page, "Add Kitchen").click();
	await page.getByLabel("Label").fill("Smith");
	await page.getByText("Not saved yet.").waitFor();
	await button(page, "Add button").click();
	await page.getByLabel("Button", { exact: true }).last().fill("1");
	await button(page, "Save buttons").click();
	await page.getByText("This button is already listed.").waitFor();
	await look(page, "device-new");
	await page.getByRole("button", { name: "Remove Button 1" }).last().click();
	await button(page, "Save buttons").click();
	await gone(page.getByText("Not saved yet."));
	await page.reload();
	await page.getByText("At once: Kitchen.").waitFor();
	assert.equal(await page.getByLabel("Label").inputValue(), "Smith");
	assert.equal(await page.getByLabel("Code", { exact: true }).inputValue(), "4711*");

	await tab(page, "Settings");
	await page.getByLabel("Name", { exact: true }).fill("Elm Court 2");
	await button(page, "Save").click();
	await page.getByRole("heading", { level: 1, name: "Elm Court 2" }).waitFor();
	await look(page, "settings");
	await page.getByRole("link", { name: "Vestibule" }).click();
	await button(page, "Add site").click();
	await dialog(page).getByLabel("Name").fill("Elm Court 2");
	await wizard_end(page);
	await refused(dialog(page), "Name", /already in use/);
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test("a phone registers with the account that the page shows, and the page follows", async ({ browser, stage }) => {
	const page = await installer(browser, stage);
	await page.context().grantPermissions(["clipboard-read", "clipboard-write"],
		{ origin: stage.empty });
	await page.getByRole("link", { name: /Elm Court 2/ }).click();
	await tab(page, "Devices");
	await page.getByRole("link", { name: /Kitchen/ }).click();
	const value = async (label) => {
		await button(page, `Copy ${label}`).click();
		await toast(page, `${label} copied`);
		return page.evaluate(() => navigator.clipboard.readText());
	};
	const id = await value("Device ID (user name, number)");
	assert.match(id, /^[1-9][0-9]{9}$/);
	assert.equal(await value("Server (registrar, SIP proxy)"), "127.0.0.1");
	assert.match(await value("Port"), /^[0-9]+$/);
	const first = await value("Password");
	assert.equal(await page.getByText(first).count(), 0, "the password is not covered");
	await button(page, "Show Password").click();
	await page.getByText(first, { exact: true }).waitFor();
	await look(page, "account");
	await stage.do("register", { user: id, password: first });
	await page.getByText("Registered", { exact: true }).waitFor();
	await stage.do("unregister", { user: id });
	await page.getByText("Not registered", { exact: true }).waitFor();

	await button(page, "New password").click();
	await button(dialog(page), "Cancel").click();
	await gone(dialog(page));
	assert.equal(await value("Password"), first);
	await button(page, "New password").click();
	await look(page, "password-new");
	await button(dialog(page), "New password").click();
	await toast(page, "The new password is valid now");
	await page.getByText("Needs configuration").waitFor();
	assert.notEqual(await value("Password"), first);
	await page.context().close();
});

test("what is removed is asked for first, and cancelling keeps it", async ({ browser, stage }) => {
	const page = await installer(browser, stage);
	await page.getByRole("link", { name: /Elm Court 2/ }).click();
	await tab(page, "Apartments");
	const remove = page.getByRole("button", { name: "Delete 11 · Smith" });
	await remove.click();
	await dialog(page).getByText("Delete 11 · Smith?").waitFor();
	await look(page, "delete");
	await page.keyboard.press("Escape");
	await gone(dialog(page));
	assert.equal(await remove.evaluate((one) => one === document.activeElement), true);
	await remove.click();
	await button(dialog(page), "Delete").click();
	await dialog(page).getByText("Devices belong to this apartment. Move them first.").waitFor();
	await button(dialog(page), "Cancel").click();

	await tab(page, "Devices");
	await page.getByRole("link", { name: /Kitchen/ }).click();
	await button(page, "Delete device").click();
	await button(dialog(page), "Delete").click();
	await toast(page, "Kitchen has been deleted");
	await page.getByRole("link", { name: /Gate/ }).click();
	await page.getByText("Add a phone to this site first.").waitFor();
	assert.equal(await page.locator(".chip").count(), 0);

	await tab(page, "Apartments");
	await remove.click();
	await button(dialog(page), "Delete").click();
	await page.getByRole("heading", { name: "No apartment yet" }).waitFor();

	await tab(page, "Settings");
	await button(page, "Delete site").click();
	await button(dialog(page), "Delete").click();
	await page.getByRole("heading", { name: "No site yet" }).waitFor();
	await page.context().close();
});

test("long names fit, on a phone too", async ({ browser, stage }) => {
	const page = await installer(browser, stage, { size: PHONE });
	await site_new(page, LONG);
	await device_new(page, { kind: "Intercom", name: LONG });
	await button(page, "Add button").click();
	await look(page, "long-device");
	await tab(page, "Devices");
	await page.getByRole("main").getByRole("link", { name: LONG }).waitFor();
	await look(page, "long-devices");
	await page.getByRole("link", { name: "Vestibule" }).click();
	await page.getByRole("link", { name: LONG }).waitFor();
	await look(page, "long-sites");
	await page.context().close();
});

// 500 flats with three people each, as a spreadsheet of some office writes them.
function people_csv(flats, each) {
	const rows = ["E-mail;Nom;Prénom;Étage;Numéro;Commentaire"];
	for (let flat = 0; flat < flats; flat++)
		for (let n = 0; n < each; n++)
			rows.push(`p${flat}.${n}@example.com;Dvořák ${flat};Žofie ${n};`
				+ `${Math.floor(flat / 10)};${flat};${n === 0 ? "=1+1" : ""}`);
	return rows.join("\r\n");
}

const csv_file = (name, text) => ({ name, mimeType: "text/csv", buffer: Buffer.from(text) });

test("names that look like markup are names", async ({ browser, stage }) => {
	const evil = (what) => `<img src=x onerror="document.title='owned'"> ${what}`;
	const page = await installer(browser, stage);
	await site_new(page, evil("House"));
	await page.getByRole("heading", { name: evil("House") }).waitFor();
	const site = new URL(page.url()).pathname.split("/")[2];
	await page.evaluate(async ({ site, names }) => {
		const post = async (path, body) => {
			const answer = await fetch(`/api/v1/sites/${site}${path}`, { method: "POST",
				headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
			if (!answer.ok)
				throw new Error(await answer.text());
		};
		await post("/apartments", { number: "1", name: names.flat, floor: "<b>1" });
		await post("/users", { name: names.person, role: "site_user_no_login" });
		await post("/devices", { kind: "intercom", name: names.door });
		await post("/contacts", { position: 1, name: names.contact, role: names.contact, purpose: "",
			phone: "", email: "" });
	}, { site, names: { flat: evil("Flat"), person: evil("Person"), door: evil("Door"),
		contact: evil("Contact") } });
	for (const [path, what] of [["", "House"], ["/apartments", "Flat"], ["/people", "Person"],
		["/devices", "Door"], ["/tickets", "Contact"], ["/audit", "Door"]]) {
		await page.goto(`${stage.empty}/sites/${site}${path}`);
		await page.getByText(evil(what)).first().waitFor();
		assert.equal(await page.locator("img[src=x]").count(), 0, path);
		assert.doesNotMatch(await page.title(), /^owned/);
	}
	assert.deepEqual(page.faults, []);
});

test("a site of 500 flats and 1,500 people comes from a file", async ({ browser, stage }) => {
	const page = await installer(browser, stage);
	await site_new(page, "Import House");
	await page.getByRole("link", { name: "Import", exact: true }).click();
	await page.getByRole("heading", { name: "No import yet" }).waitFor();
	await look(page, "import-empty");
	const file = page.getByLabel("Choose a file, or drop it here");
	await file.setInputFiles(csv_file("wrong.csv", "Surname\nLee\n"));
	await look(page, "import-discard");
	await button(page, "Discard").click();
	await page.getByText("The file was discarded.").waitFor();
	await page.getByRole("heading", { name: "No import yet" }).waitFor();
	await file.setInputFiles(csv_file("no-header.csv", "1;12;Ann\n2;\"x"));
	await page.getByText("Row 2, column 2: A quotation mark does not end").waitFor();
	await file.setInputFiles(csv_file("no-header.csv", "1;12;Ann\n"));
	await page.getByText("Row 1: The first row must name the columns").waitFor();
	await look(page, "import-refused");

	const faulty = `${people_csv(500, 3)}\r\nnobody@;;Nobody;;;\r\n`;
	await file.setInputFiles(csv_file("people.csv", faulty));
	await page.getByRole("heading", { level: 2, name: "people.csv" }).waitFor();
	await page.getByText("E-mail: this is not an e-mail address.").waitFor();
	await look(page, "import-preview");
	await button(page, "Will be created (1,500)").click();
	await page.getByText("Row 2", { exact: true }).waitFor();
	await button(page, "Show more rows").click();
	await page.getByText("Row 201", { exact: true }).waitFor();
	await button(page, "Start the import").click();
	await page.getByText("Tick that the faulty rows are left out").waitFor();
	await page.getByLabel("Leave the faulty rows out").check();
	await button(page, "Start the import").click();
	await page.getByText("Created: 1,500. Another apartment: 0. There already: 0. Left out: 1.").waitFor();
	await look(page, "import-done");
	const download = page.waitForEvent("download");
	await page.getByRole("link", { name: "Result (CSV)" }).click();
	const result = readFileSync(await (await download).path(), "utf8");
	assert.match(result, /Left out,This is not an e-mail address\./);
	assert.match(result, /"'=1\+1",Created/);

	// Dropped again, nothing is left to do; on a phone.
	await page.setViewportSize(PHONE);
	await page.getByRole("link", { name: "Another file" }).click();
	await page.locator(".drop").evaluate((drop, text) => {
		const dataTransfer = new DataTransfer();
		dataTransfer.items.add(new File([text], "again.csv"));
		drop.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true }));
	}, people_csv(500, 3));
	await button(page, "Is there already (1,500)").waitFor();
	await page.setViewportSize(DESK);
	await tab(page, "Apartments");
	await page.getByRole("searchbox", { name: "Filter" }).fill("499");
	await page.getByRole("rowheader", { name: "499", exact: true }).waitFor();

	// None of them was asked to come: one is now.
	await tab(page, "People");
	const person = page.getByRole("row").nth(1);
	await person.getByText("Not invited yet").waitFor();
	await look(page, "people-imported");
	await person.getByRole("link").click();
	await page.getByRole("complementary").getByRole("button", { name: /^Invite / }).click();
	await button(dialog(page), "Invite").click();
	await page.getByRole("complementary").getByText("Invitation sent").waitFor();
	await person.getByText("Invitation sent").waitFor();
	assert.deepEqual(page.faults, []);
	await (await account(page)).getByLabel("Language").selectOption("fr");
	await page.getByRole("link", { name: "Import", exact: true }).click();
	await page.getByRole("link", { name: /people\.csv/ }).waitFor();
	await look(page, "fr-import");
	await page.getByRole("link", { name: /people\.csv/ }).click();
	await page.getByText(/Créées\s: 1\s500\. Autre appartement\s: 0\./).waitFor();
	await page.getByText(/E-mail\s: ce n’est pas une adresse e-mail\./).waitFor();
	await look(page, "fr-import-done");
	await page.context().close();
});

// In a sentence, moment by moment, and as text.
async function trace_of_the_call(page) {
	const sentence = /^Living room 1 (\(apartment \w+\) )?rang after \d+\.\d+\ss.* answered after \d+\.\d+\ss.*\.$/;
	await page.getByText(sentence).waitFor();
	await page.getByText("Moment by moment").first().click();
	const times = await page.locator(".steps-of").first().locator("td:nth-child(2)").allTextContents();
	assert.ok(times.length >= 2, "rang and answered, at least");
	assert.deepEqual(times, times.toSorted());
	for (const time of times)
		assert.match(time, /^\d\d:\d\d:\d\d\.\d{3}$/);
	await page.context().grantPermissions(["clipboard-read", "clipboard-write"],
		{ origin: new URL(page.url()).origin });
	await button(page, "Copy as text").click();
	await toast(page, "The trace copied");
	const text = await page.evaluate(() => navigator.clipboard.readText());
	assert.match(text, /^Front door, [^]*\n {2}\d\d:\d\d:\d\d\.\d{3} {2}\+\d+\.\d{3}\ss {2}Answered/);
}

// What an app does that rang: it draws what it sees, and gives that as the call's picture.
async function picture_from_app(page, stage) {
	const call = new URL(page.url()).pathname.split("/").at(-1);
	await stage.do("app", { device: "Living room 1", email: stage.user("site_admin").email });
	const status = await page.evaluate(async (url) => {
		const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 240 });
		const pen = canvas.getContext("2d");
		pen.fillStyle = "#7a8699";
		pen.fillRect(0, 0, 320, 240);
		pen.fillStyle = "#f2d3b5";
		pen.ellipse(160, 130, 50, 66, 0, 0, 7);
		pen.fill();
		const body = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.8));
		return (await fetch(url, { method: "PUT", body })).status;
	}, `/api/v1/app/calls/${call}/picture`);
	await stage.do("app", { device: "Living room 1", email: null });
	return status;
}

test("a bell is pressed: the calls page shows ringing, talking, the opening and the end", async ({ browser, stage }) => {
	const page = await visitor(browser);
	await sign_in(page, stage.demo.http, stage.user("site_admin"));
	await page.getByRole("link", { name: /Maple House/ }).click();
	await tab(page, "Calls");
	await page.getByRole("heading", { name: "No call yet" }).waitFor();
	await look(page, "calls-empty");
	const door = await visitor(browser);
	await door.goto(stage.demo.door.http);
	await door.getByText("· registered").waitFor();
	await door.getByText("Door locked").waitFor();
	await door.getByRole("button", { name: "Ring" }).click();

	const call = page.getByRole("table", { name: "Calls" }).getByRole("row").nth(1);
	await call.getByText("Ringing").waitFor();
	await call.getByRole("rowheader", { name: "Front door" }).waitFor();
	await page.getByRole("status").getByText("Front door: Ringing").waitFor({ state: "attached" });
	await look(page, "ringing");
	await stage.do("rings");
	await stage.do("accept");
	await call.getByText("Talking").waitFor();
	await call.getByRole("cell", { name: "Living room 1", exact: true }).waitFor();
	await door.getByText(/^connected/).waitFor();
	await stage.do("keys", { text: stage.demo.door.unlock_code });
	await call.getByText("Opened by Living room 1 (unlock code)").waitFor();
	await door.getByText("Door open").waitFor();
	await look(page, "talking");
	await look(door, "door");

	await call.getByRole("link").click();
	await page.getByRole("heading", { level: 2, name: "Front door" }).waitFor();
	assert.equal(await page.title(), "Front door – Maple House – Vestibule");
	await page.getByText("Opened by Living room 1 (unlock code)").waitFor();
	await page.locator(".badge").getByText("Talking").waitFor();
	await stage.do("hang_up");
	await page.locator(".badge").getByText("Answered").waitFor();
	await door.getByText("no call").waitFor();
	await page.getByText("Living room 1: Answered").waitFor();
	await trace_of_the_call(page);
	assert.equal(await picture_from_app(page, stage), 204);
	const picture = page.getByRole("img", { name: /^Who stood at the door at / });
	await picture.waitFor();
	assert.equal(await picture.evaluate(async (img) => (await img.decode(), img.naturalWidth)), 320);
	await page.getByText("Sound and picture").click();
	await page.getByText(/^Sound, PCM[AU] · packets received: [1-9]/).first().waitFor();
	await look(page, "call");
	await page.goBack();
	await call.getByText("Answered", { exact: true }).waitFor();
	await page.getByText("Times in Europe/Prague.").waitFor();
	await look(page, "calls");
	assert.deepEqual([...page.faults, ...door.faults], []);
	await door.context().close();
	await page.context().close();
});

test("a bell that nobody answers is missed", async ({ browser, stage }) => {
	const page = await visitor(browser);
	await sign_in(page, stage.demo.http, stage.user("site_admin"));
	await page.goto(`${stage.demo.http}/sites/${stage.demo.site_id}/calls`);
	await page.getByRole("rowheader").first().waitFor();
	const door = await visitor(browser);
	await door.goto(stage.demo.door.http);
	await door.getByRole("button", { name: "Ring" }).click();
	const call = page.getByRole("table", { name: "Calls" }).getByRole("row").nth(1);
	await call.getByText("Ringing").waitFor();
	await stage.do("rings");
	await door.getByRole("button", { name: "Ring" }).click(); // again: hangs up
	await call.getByText("Missed").waitFor();
	await door.context().close();
	await page.context().close();
});

test("the overview shows how soon phones ring, and leads to the calls where they did not", async ({ browser, stage }) => {
	const site = `${stage.demo.http}/sites/${stage.demo.site_id}`;
	const page = await visitor(browser);
	await stage.do("bells", { soon: 94, late: 5, never: 1 });
	await sign_in(page, stage.demo.http, stage.user("site_admin"));
	await page.goto(site);
	const share = (name) => page.locator(".shares > div").filter({ hasText: name }).locator("dd");
	assert.match(await share("in under 1 second").textContent(), /^9[0-9](\.\d)?%$/);
	assert.match(await share("in under 10 seconds").textContent(), /^9[0-9](\.\d)?%$/);
	assert.match(await share("never").textContent(), /^[12](\.\d)?%$/);
	await look(page, "overview-rings");
	await page.getByRole("link", { name: "Show the slow ones" }).click();
	const rows = page.getByRole("table", { name: "Calls" }).getByRole("row");
	await page.getByRole("columnheader", { name: "First ring" }).waitFor();
	await page.getByRole("cell", { name: /^\+4\.100\ss$/ }).first().waitFor();
	assert.equal(await page.getByRole("cell", { name: /^\+0/ }).count(), 0);
	assert.ok(await page.getByRole("cell", { name: "never", exact: true }).count() >= 1);
	await look(page, "calls-late");
	const late = await rows.count();
	await page.getByLabel("Which calls").selectOption({ label: "All calls" });
	await gone(page.getByRole("columnheader", { name: "First ring" }));
	await page.waitForFunction((n) => document.querySelectorAll("tbody tr").length > n, late);
	assert.equal(new URL(page.url()).search, "");
	await page.goBack();
	await page.getByRole("columnheader", { name: "First ring" }).waitFor();
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test("people are added, found, moved in and out", async ({ browser, stage }) => {
	const site = `${stage.demo.http}/sites/${stage.demo.site_id}`;
	const page = await visitor(browser);
	await sign_in(page, stage.demo.http, stage.user("site_admin"));
	await page.goto(`${site}/people`);
	const person = (name) => page.getByRole("rowheader", { name });
	await person(/Mark Manager/).waitFor();
	await button(page, "Add person").click();
	assert.deepEqual(await dialog(page).getByLabel("Role").locator("option").allTextContents(),
		["Site admin", "Site user", "Site user without login"]);
	await button(dialog(page), "Create").click();
	await refused(dialog(page), "Name", /Fill this in/);
	await dialog(page).getByLabel("Name").fill("Bára Šťastná");
	await dialog(page).getByLabel("E-mail").fill("bara@example.com");
	await dialog(page).getByLabel("Apartment").selectOption({ label: "11" });
	await look(page, "person-new");
	await button(dialog(page), "Create").click();
	await toast(page, "Bára Šťastná added");
	await page.getByText("Invitation sent", { exact: true }).waitFor();
	await page.getByLabel("Search").fill("stastna");
	await gone(person(/Mark Manager/));
	await look(page, "people");
	await page.setViewportSize(WIDE); // where the person stands beside the list
	await page.getByRole("link", { name: "Bára Šťastná" }).click();
	const beside = page.getByRole("complementary");
	await beside.getByRole("heading", { level: 2, name: "Bára Šťastná" }).waitFor();
	assert.equal(await person(/Bára Šťastná/).isVisible(), true);
	await look(page, "person");
	await button(beside, "Invite again Bára Šťastná").click();
	await button(dialog(page), "Invite again").click();
	await toast(page, "The invitation to Bára Šťastná is on its way");
	await page.setViewportSize(PHONE); // and here instead of it
	assert.equal(await beside.isVisible() && !await person(/Bára/).isVisible(), true);
	await page.setViewportSize(DESK);
	await page.getByRole("link", { name: "All people" }).first().click();
	await gone(beside);
	await page.getByLabel("Search").fill("");
	await person(/Mark Manager/).waitFor();

	const names = async () => (await page.getByRole("rowheader").allInnerTexts())
		.map((text) => text.split(" ")[0]);
	const up = await names();
	await page.getByRole("columnheader", { name: "Name" }).getByRole("button").click();
	await page.locator("th[aria-sort=descending]").waitFor();
	assert.deepEqual(await names(), up.toReversed());
	const row = page.getByRole("row", { name: /Bára/ });
	const choose = page.getByRole("checkbox", { name: "Select Bára Šťastná" });
	await choose.check();
	await button(page, "Give a role").click();
	await dialog(page).getByLabel("Role").selectOption({ label: "Site admin" });
	await button(dialog(page), "Save").click();
	await row.getByText("Site admin").waitFor();
	await button(page, "Undo").click();
	await row.getByText("Site user").waitFor();
	await button(page.locator(".bulk"), "Remove").click();
	await dialog(page).getByText("Remove Bára Šťastná?").waitFor();
	await button(dialog(page), "Remove").click();
	await toast(page, "Bára Šťastná has been removed");
	await gone(row);
	await button(page, "Undo").click(); // who never signed in comes back whole
	await row.getByText("11").waitFor();
	await page.getByRole("checkbox", { name: "Select Mark Manager" }).check();
	await button(page.locator(".bulk"), "Remove").click();
	await dialog(page).getByText("Whoever has an account loses it").waitFor();
	await button(dialog(page), "Cancel").click();

	await page.goto(`${site}/apartments`);
	await page.getByRole("link", { name: "Concierge" }).click();
	await page.getByText("Nobody lives here yet.").waitFor();
	await button(page, "Add several").click();
	await dialog(page).getByLabel("Names").fill("Ann\n\nBen\n");
	await button(dialog(page), "Create").click();
	await toast(page, "People added: 2");
	await button(page, "Move somebody in").click();
	await dialog(page).getByLabel("Search").fill("stast");
	await look(page, "move-in");
	await button(dialog(page), "Move in Bára Šťastná").click();
	await toast(page, "Bára Šťastná has moved in");
	const admin = page.getByRole("checkbox", { name: "Apartment admin Bára Šťastná" });
	await admin.check();
	await toast(page, "Bára Šťastná is now apartment admin");
	assert.equal(await page.getByRole("checkbox", { name: "Apartment admin Ann" }).isDisabled(), true);
	await look(page, "apartment");
	await button(page, "Move out").click();
	await dialog(page).getByText("leaves the apartment and stays a user of the site").waitFor();
	await dialog(page).getByRole("checkbox", { name: "Concierge" }).uncheck();
	await dialog(page).getByRole("checkbox", { name: /Ben/ }).uncheck();
	await look(page, "move-out");
	await button(dialog(page), "Move out").click();
	await page.getByText("Moved out:").waitFor();
	await gone(page.getByRole("heading", { level: 3, name: /Ann/ }));
	await look(page, "moved-out");
	await button(page, "Let them move in again").click();
	await toast(page, "They live here again");
	await page.getByRole("heading", { level: 3, name: /Ann/ }).waitFor();
	assert.equal(await admin.isChecked(), true);
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test("a company has admins, and a site another type", async ({ browser, stage }) => {
	const page = await visitor(browser);
	await sign_in(page, stage.demo.http, stage.user("company_admin"));
	await page.getByRole("link", { name: "Companies" }).click();
	await page.getByText("Ada Administrator").last().waitFor();
	await button(page, "Invite an admin").first().click();
	await dialog(page).getByLabel("Name").fill("Eve");
	await dialog(page).getByLabel("E-mail").fill("eve@example.com");
	await button(dialog(page), "Invite an admin").click();
	await toast(page, "Eve added");
	await look(page, "companies");
	const remove = page.getByRole("button", { name: /^Remove/ });
	await button(page, "Remove Eve").click();
	await button(dialog(page), "Remove").click();
	await toast(page, "Eve has been removed");
	await gone(remove.first());
	await button(page, "Undo").click();
	await remove.nth(1).waitFor();
	await button(page, "Remove Eve").click();
	await button(dialog(page), "Remove").click();
	await gone(remove.first());

	await page.goto(`${stage.demo.http}/sites/${stage.demo.site_id}/settings`);
	await button(page, "Change the type").click();
	await dialog(page).getByText(/Paid services are charged by device/).waitFor();
	await look(page, "type-change");
	await button(dialog(page), "Cancel").click();
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test("French, from sign-in to the call, and the choice is kept", async ({ browser, stage }) => {
	const page = await visitor(browser, { lang: "fr", size: PHONE });
	await page.goto(stage.demo.http);
	await button(page, "Se connecter").click();
	await refused(page, "E-mail", /Ce champ est obligatoire/);
	await look(page, "fr-sign-in");
	await sign_in(page, stage.demo.http, stage.user("site_admin"));
	await look(page, "fr-sites");
	const site = `${stage.demo.http}/sites/${stage.demo.site_id}`;
	for (const [path, heading, name] of [
		["", "Vue d’ensemble", "fr-overview"],
		["/devices", "Appareils", "fr-devices"],
		["/apartments", "Appartements", "fr-apartments"],
		["/people", "Personnes", "fr-people"],
		["/calls", "Appels", "fr-calls"],
		["/settings", "Réglages", "fr-settings"],
		[`/devices/${stage.demo.door.device_id}`, "Front door", "fr-door"],
		[`/devices/${stage.demo.phones[1].device_id}`, "Living room 2", "fr-phone"],
	]) {
		await page.goto(site + path);
		await page.getByRole("heading", { level: 2, name: heading, exact: true }).waitFor();
		await gone(page.locator(".busy").first());
		await look(page, name);
	}
	await page.goto(`${site}/settings`);
	await page.getByLabel("Nom", { exact: true }).fill("a\u0007"); // which only the server refuses, in English
	await button(page, "Enregistrer").click();
	await refused(page, "Nom", /Le serveur n’accepte pas cette valeur\./);
	await page.goto(`${site}/calls`);
	await page.getByText("Ouvert par Living room 1 (code d’ouverture)").waitFor();
	await page.getByText(/[0-9] [a-zéû]+\.? [0-9]{4}, [0-9]{2}:[0-9]{2}:[0-9]{2}/).first().waitFor();
	await (await account(page)).getByLabel("Langue").selectOption("en");
	await page.getByRole("heading", { level: 2, name: "Calls" }).waitFor();
	await page.reload();
	await page.getByRole("heading", { level: 2, name: "Calls" }).waitFor();
	assert.equal(await page.locator("html").getAttribute("lang"), "en");
	await page.goto(stage.demo.door.http);
	await button(page, "Sonner").waitFor();
	await look(page, "fr-simulated-door");
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

const CATALOGUES = new URL("../../web/src/catalogue/", import.meta.url);
const catalogue = (lang) => JSON.parse(readFileSync(new URL(`${lang}.json`, CATALOGUES), "utf8"));

// Looks at pages of the site, each with the key of its heading, in a window as narrow as a phone.
async function walk(page, stage, lang, parts) {
	const words = catalogue(lang);
	for (const [path, key] of parts) {
		await page.goto(`${stage.demo.http}/sites/${stage.demo.site_id}${path}`);
		await page.getByRole("heading", { level: 2, name: words[key] ?? key, exact: true }).waitFor();
		await gone(page.locator(".busy").first());
		await look(page, `${lang}-${key}`, ON_PHONE);
	}
	assert.equal(await page.locator("html").getAttribute("lang"), lang);
}

// German has the longest words: no page may be wider for them than a phone.
test("German on a phone", async ({ browser, stage }) => {
	const page = await visitor(browser, { lang: "de-AT", size: PHONE });
	for (const [path, heading] of [["/register", "Konto anlegen"], ["/forgotten", "Passwort vergessen?"]]) {
		await page.goto(stage.demo.http + path);
		await page.getByRole("heading", { level: 1, name: heading }).waitFor();
		await look(page, `de-${heading}`, ON_PHONE);
	}
	await page.goto(stage.demo.http);
	await button(page, "Anmelden").click();
	await refused(page, "E-Mail-Adresse", /Bitte ausfüllen/);
	await sign_in(page, stage.demo.http, stage.user("company_admin"));
	await page.getByRole("heading", { level: 1, name: "Standorte" }).waitFor();
	await look(page, "de-sites", ON_PHONE);
	await walk(page, stage, "de", [
		["", "overview.title"], ["/devices", "devices.title"], ["/apartments", "apartments.title"],
		["/people", "people.title"], ["/calls", "calls.title"], ["/import", "import.title"],
		["/audit", "audit.title"], ["/tickets", "support.title"],
		[`/devices/${stage.demo.phones[1].device_id}`, "Living room 2"],
		["/settings", "settings.title"],
	]);
	await button(page, "Art ändern").click();
	await dialog(page).getByText(/werden nach Geräten abgerechnet/).waitFor();
	await look(page, "de-type", ON_PHONE);
	await page.goto(`${stage.demo.http}/sites/${stage.demo.site_id}/people`);
	await button(page, "Person hinzufügen").click();
	await dialog(page).getByLabel("Sprache der Seiten").selectOption({ label: "Français" });
	await look(page, "de-person", ON_PHONE);
	for (const [path, heading] of [["/account", "Ihr Konto"], ["/companies", "Firmen"]]) {
		await page.goto(stage.demo.http + path);
		await page.getByRole("heading", { level: 1, name: heading }).waitFor();
		await gone(page.locator(".busy").first());
		await look(page, `de-${heading}`, ON_PHONE);
	}
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

// The others, where most is written.
for (const lang of readdirSync(CATALOGUES).map((name) => name.replace(".json", "")))
	if (!["de", "en", "fr"].includes(lang))
		test(`${lang} on a phone`, async ({ browser, stage }) => {
			const page = await visitor(browser, { lang, size: PHONE });
			await sign_in(page, stage.demo.http, stage.user("site_admin"));
			await walk(page, stage, lang, [["", "overview.title"], ["/people", "people.title"],
				["/import", "import.title"], ["/settings", "settings.title"]]);
			assert.deepEqual(page.faults, []);
			await page.context().close();
		});

test("a role sees what it may do, and no more", async ({ browser, stage }) => {
	const site = `${stage.demo.http}/sites/${stage.demo.site_id}`;
	const manager = await visitor(browser);
	await sign_in(manager, stage.demo.http, stage.user("site_admin"));
	await manager.getByRole("button", { name: "Account Mark Manager" }).waitFor();
	assert.equal(await button(manager, "Add site").count(), 0);
	await manager.goto(`${site}/settings`);
	await button(manager, "Save").waitFor();
	assert.equal(await button(manager, "Delete site").count(), 0);
	await manager.context().close();

	const resident = await visitor(browser);
	await sign_in(resident, stage.demo.http, stage.user("apartment_admin"));
	await resident.getByRole("link", { name: /Maple House/ }).click();
	await resident.getByRole("heading", { level: 2, name: "My home" }).waitFor();
	assert.equal(await resident.getByRole("link", { name: "Devices", exact: true }).count(), 0);
	assert.equal(await resident.getByRole("alert").count(), 0);
	await look(resident, "resident");
	await resident.context().close();

	const owner = await visitor(browser);
	await sign_in(owner, stage.demo.http, stage.user("company_admin"));
	await button(owner, "Add site").waitFor();
	await owner.goto(`${site}/devices/1234567890`);
	await owner.getByText("This does not exist, or no longer does.").waitFor();
	await owner.goto(`${stage.demo.http}/nowhere`);
	await owner.getByRole("heading", { name: "This page does not exist" }).waitFor();
	await look(owner, "missing");
	await owner.context().close();
});

test("a resident who holds an app finds it", async ({ browser, stage }) => {
	const resident = await visitor(browser, { lang: "fr", size: PHONE });
	await sign_in(resident, stage.demo.http, stage.user("apartment_admin"));
	await resident.getByRole("link", { name: /Maple House/ }).waitFor();
	const way = resident.getByRole("main").getByRole("link", { name: "Ouvrir l’application" });
	assert.equal(await way.count(), 0);
	const manager = await visitor(browser);
	await sign_in(manager, stage.demo.http, stage.user("site_admin"));
	const session = await (await resident.request.get(`${stage.demo.http}/api/v1/session`)).json();
	const { apartment_id } = session.roles[0];
	const made = await manager.request.post(
		`${stage.demo.http}/api/v1/sites/${stage.demo.site_id}/devices`,
		{ data: { kind: "app", name: "Rita’s phone", apartment_id, person_id: session.id } });
	assert.equal(made.status(), 201, await made.text());
	await resident.reload();
	await way.waitFor();
	await look(resident, "app-way");
	await way.click();
	await resident.getByText("Connecté", { exact: true }).waitFor();
	assert.deepEqual(resident.faults, []);
	await resident.context().close();
	await manager.request.delete(`${stage.demo.http}/api/v1/sites/${stage.demo.site_id}/devices/`
		+ (await made.json()).id);
	await manager.context().close();
});

test("on a phone the side bar is a drawer; the account's menu keeps how pages look", async ({ browser, stage }) => {
	const page = await visitor(browser, { size: PHONE });
	await sign_in(page, stage.demo.http, stage.user("site_admin"));
	await page.goto(`${stage.demo.http}/sites/${stage.demo.site_id}`);
	await page.getByRole("heading", { name: "Overview" }).waitFor();
	const menu = button(page, "Menu");
	const calls = page.locator("#side").getByRole("link", { name: "Calls" });
	assert.equal(await calls.count(), 0, "the drawer is open");
	await menu.click();
	await calls.waitFor();
	await page.getByText("Demo Estates").waitFor();
	await look(page, "drawer"); // on the desk, too, where it closes
	await menu.click();
	await calls.waitFor();
	await page.keyboard.press("Escape");
	await calls.waitFor({ state: "hidden" });
	assert.equal(await menu.evaluate((one) => one === document.activeElement), true);
	await tab(page, "Calls");
	await page.getByRole("heading", { level: 2, name: "Calls" }).waitFor();
	assert.equal(await calls.count(), 0, "the drawer stays open");
	await page.getByRole("navigation", { name: "Where you are" })
		.getByRole("link", { name: "Maple House" }).click();
	await page.getByRole("heading", { name: "Overview" }).waitFor();

	const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
	await page.emulateMedia({ colorScheme: "light" });
	const light = await ground();
	await (await account(page)).getByLabel("Appearance").selectOption("Dark");
	const dark = await ground();
	assert.notEqual(dark, light);
	await look(page, "account-menu");
	await page.emulateMedia({ colorScheme: "light" });
	await page.reload();
	await page.getByRole("heading", { name: "Overview" }).waitFor();
	assert.equal(await ground(), dark);
	await page.emulateMedia({ media: "print" });
	assert.equal(await page.locator("#side").isVisible(), false);
	assert.equal(await page.locator(".top").isVisible(), false);
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test("one finds devices and people of a site, and a site among a thousand", async ({ browser, stage }) => {
	const owner = await installer(browser, stage);
	await stage.do("fill", { sites: 1000, people: 1500 });
	const page = await visitor(browser);
	await sign_in(page, stage.demo.http, stage.user("site_admin"));
	await page.goto(`${stage.demo.http}/sites/${stage.demo.site_id}/calls`);
	await page.getByRole("heading", { level: 2, name: "Calls" }).waitFor();
	const options = (at) => dialog(at).getByRole("option");
	await page.keyboard.press("Control+k");
	await dialog(page).getByText("Type a part of a name").waitFor();
	await page.keyboard.type("nobody has this");
	await dialog(page).getByText("Nothing fits.").waitFor();
	const box = dialog(page).getByRole("combobox");
	await box.fill("LIVING");
	await options(page).nth(1).waitFor();
	assert.equal(await options(page).first().getAttribute("aria-selected"), "true");
	await page.keyboard.press("ArrowDown");
	assert.equal(await options(page).nth(1).getAttribute("aria-selected"), "true");
	assert.equal(await box.getAttribute("aria-activedescendant"),
		await options(page).nth(1).getAttribute("id"));
	await look(page, "search");
	await page.keyboard.press("Enter");
	await page.getByRole("heading", { level: 2, name: "Living room 2" }).waitFor();
	await gone(dialog(page));
	await button(page, "Search").click();
	await dialog(page).getByRole("combobox").fill("etienne 1499");
	await options(page).getByText("Étienne 1499").waitFor();
	await page.keyboard.press("Enter");
	await page.getByRole("heading", { level: 2, name: "Étienne 1499" }).waitFor();
	assert.match(page.url(), /\/people\/[0-9]+$/); // the name may be another's, too
	await gone(dialog(page));
	await page.getByRole("link", { name: "All people" }).first().click();
	const by_name = page.getByRole("columnheader", { name: "Name" });
	await by_name.getByRole("button").click(); // more than a page of them: the server sorts
	await page.getByRole("row").nth(1).getByRole("rowheader", { name: "Étienne 1499" }).waitFor();
	assert.equal(await by_name.getAttribute("aria-sort"), "descending");
	assert.equal(await page.getByRole("columnheader", { name: "Role" }).getByRole("button").count(), 0);
	assert.deepEqual(page.faults, []);
	await page.context().close();

	await owner.goto(stage.empty);
	await button(owner, "Show more sites").waitFor();
	await button(owner, "Show more sites").click();
	await owner.getByRole("rowheader").nth(60).waitFor();
	await owner.getByRole("searchbox", { name: "Name of a site or company" }).fill("TOWER 0777");
	await owner.getByRole("rowheader", { name: "Tower 0777" }).waitFor();
	await gone(owner.getByRole("rowheader").nth(1));
	await look(owner, "sites-found");
	await owner.getByRole("button", { name: /^Change site/ }).click();
	const start = performance.now();
	await dialog(owner).getByRole("combobox").fill("0998");
	await options(owner).getByText("Tower 0998").waitFor();
	console.log(`# a site found among a thousand: ${Math.round(performance.now() - start)} ms`);
	await options(owner).first().click();
	await owner.getByRole("heading", { level: 1, name: "Tower 0998" }).waitFor();
	assert.deepEqual(owner.faults, []);
	await owner.context().close();
});

test("a list is narrowed, sorted, chosen from and cleared; a change is taken back", async ({ browser, stage }) => {
	const page = await installer(browser, stage);
	await site_new(page, "Table Court");
	await tab(page, "Apartments");
	await page.getByRole("heading", { name: "No apartment yet" }).waitFor();
	await page.evaluate(async () => {
		for (const number of ["2", "10", "1"])
			await fetch(`/api/v1${location.pathname}`, { method: "POST",
				headers: { "content-type": "application/json" },
				body: JSON.stringify({ number, floor: number, name: "Résident" }) });
	});
	const rows = page.getByRole("rowheader");
	await rows.nth(2).waitFor();
	const numbers = async () => (await rows.allInnerTexts()).map((text) => text.split(" ")[0]);
	const sort = page.getByRole("columnheader", { name: "Apartment" });
	await sort.getByRole("button").click();
	assert.deepEqual(await numbers(), ["1", "2", "10"]);
	assert.equal(await sort.getAttribute("aria-sort"), "ascending");
	await sort.getByRole("button").click();
	assert.deepEqual(await numbers(), ["10", "2", "1"]);
	assert.equal(await sort.getAttribute("aria-sort"), "descending");

	await page.getByRole("button", { name: /^Edit 10/ }).click();
	await dialog(page).getByLabel("Number").fill("11");
	await button(dialog(page), "Save").click();
	await page.getByRole("rowheader", { name: /^11/ }).waitFor();
	await button(page, "Undo").click();
	await page.getByRole("rowheader", { name: /^10/ }).waitFor();
	await toast(page, "Taken back");

	const filter = page.getByRole("searchbox", { name: "Filter" });
	await filter.fill("RESIDENT 10");
	assert.deepEqual(await numbers(), ["10"]);
	await filter.fill("nothing");
	await page.getByText("Nothing fits.").waitFor();
	await filter.fill("");
	await page.getByRole("checkbox", { name: "Select all" }).check();
	await page.getByText("Selected: 3").waitFor();
	await page.getByRole("checkbox", { name: "Select 2 · Résident" }).uncheck();
	await look(page, "apartments-chosen");
	await button(page.locator(".bulk"), "Delete").click();
	await dialog(page).getByText("Delete 2 entries?").waitFor();
	await look(page, "delete-many");
	await button(dialog(page), "Delete").click();
	await gone(dialog(page));
	await gone(rows.nth(1));
	assert.deepEqual(await numbers(), ["2"]);
	await button(page, "Undo").click();
	await rows.nth(2).waitFor();
	assert.deepEqual((await numbers()).sort(), ["1", "10", "2"]);
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test("pages are soon there (printed, not judged)", async ({ browser, stage }) => {
	const page = await visitor(browser);
	const site = `${stage.demo.http}/sites/${stage.demo.site_id}`;
	console.log(`# largest paint at 4x: sign-in ${await largest_paint(page, stage.demo.http, 4)} ms`);
	await sign_in(page, stage.demo.http, stage.user("site_admin"));
	for (const path of ["", "/devices", "/calls"])
		console.log(`# largest paint at 4x: ${path || "/"} ${await largest_paint(page, site + path, 4)} ms`);
	await page.context().close();
});

test("the keyboard alone is enough", async ({ browser, stage }) => {
	const page = await visitor(browser);
	await page.goto(stage.empty);
	await page.getByRole("heading", { name: "Sign in" }).waitFor();
	const press = async (key, times = 1) => {
		for (let n = 0; n < times; n++)
			await page.keyboard.press(key);
	};
	await press("Tab");
	await page.keyboard.type(ADMIN.email);
	await press("Tab");
	await page.keyboard.type(ADMIN.password);
	await press("Enter");
	await page.getByRole("heading", { name: "Sites" }).waitFor();
	const focus = () => page.evaluate(() => document.activeElement.textContent);
	const walk = async (key, text) => {
		for (let n = 0; n < STOPS_MAX && await focus() !== text; n++)
			await press(key);
		assert.equal(await focus(), text);
	};
	await walk("Tab", "Add site");
	await press("Enter");
	await dialog(page).waitFor();
	await page.keyboard.type("Oak Lane");
	await press("Enter");
	for (const [step, text] of [[2, "Next"], [3, "Next"], [4, "Create"]]) {
		await dialog(page).getByText(`Step ${step} of 4`).waitFor();
		await walk("Tab", text);
		await press("Enter");
	}
	await page.getByRole("heading", { name: "Oak Lane" }).waitFor();
	await page.getByRole("heading", { level: 2, name: "Overview" }).waitFor();
	assert.equal(await focus(), "Overview");
	await press("Shift+Tab");
	await walk("Shift+Tab", "Settings");
	await walk("Shift+Tab", "Calls");
	await press("Enter");
	await page.getByRole("heading", { name: "No call yet" }).waitFor();
	assert.equal(await focus(), "Calls");
	await page.context().close();
});

test("a page that lost the server says so, comes back, and has what it missed", async ({ browser, stage }) => {
	const page = await visitor(browser);
	await sign_in(page, stage.demo.http, stage.user("site_admin"));
	await page.goto(`${stage.demo.http}/sites/${stage.demo.site_id}/devices`);
	await page.getByRole("row", { name: /Front door.*Registered/s }).waitFor();
	await stage.do("server_stop");
	await page.getByText("The live connection is lost. Reconnecting…").waitFor();
	await look(page, "live-lost");
	await tab(page, "Apartments");
	await page.getByText("The server cannot be reached.").waitFor();
	await look(page, "unreachable");
	await stage.do("server_start");
	await gone(page.getByText("The live connection is lost. Reconnecting…"), RECONNECT);
	await page.getByRole("rowheader", { name: "11", exact: true }).waitFor();
	await gone(page.getByText("The server cannot be reached."));
	await page.context().close();
});

test("sign-in is refused, then slowed down, and says for how long", async ({ browser, stage }) => {
	const page = await visitor(browser);
	await page.goto(stage.demo.http);
	await page.getByLabel("E-mail").fill("guess@example.com");
	await page.getByLabel("Password").fill("wrong");
	await button(page, "Sign in").click();
	await page.getByText("E-mail or password is wrong.").waitFor();
	await look(page, "sign-in");
	const slowed = page.getByText(/^Too many attempts\. Try again in [0-9]+ seconds?\.$/);
	for (let n = 0; n < 20 && await slowed.count() === 0; n++) {
		await page.getByLabel("Password").fill(`wrong ${n}`);
		const answer = page.waitForResponse(/\/session$/);
		await button(page, "Sign in").click();
		await (await answer).finished();
		await button(page, "Sign in").waitFor();
	}
	await slowed.waitFor();
	await page.context().close();
});

test("help: whom to turn to, and a problem reported, answered and closed", async ({ browser, stage }) => {
	const page = await installer(browser, stage);
	await page.goto(stage.empty);
	await site_new(page, "Help House");
	await page.getByRole("link", { name: "Help", exact: true }).click();
	await button(page, "Add contact").click();
	await dialog(page).getByLabel("Name").fill("Karl Keeper");
	await dialog(page).getByLabel("Role").fill("Caretaker");
	await dialog(page).getByLabel("Phone").fill("call me");
	await button(dialog(page), "Save").click();
	await refused(dialog(page), "Phone", /digits/);
	await dialog(page).getByLabel("Phone").fill("+33 1 23 45");
	await button(dialog(page), "Save").click();
	const keeper = page.getByRole("rowheader", { name: "Karl Keeper" });
	await keeper.waitFor();
	assert.equal(await page.getByRole("link", { name: "+33 1 23 45" }).getAttribute("href"), "tel:+3312345");
	await look(page, "help");
	await button(page, "Delete Karl Keeper").click();
	await button(dialog(page), "Delete").click();
	await page.getByText("No contact yet").waitFor();
	await button(page, "Undo").click();
	await keeper.waitFor();

	await button(page, "Report a problem").click();
	await button(dialog(page), "Send").click();
	await refused(dialog(page), "Subject", /Fill this in/);
	await dialog(page).getByLabel("Subject").fill("The bell is mute");
	await dialog(page).getByLabel(/^What happens/).fill("It <b>does</b>\nnot ring.");
	await dialog(page).getByText(/Chrome/).waitFor(); // shown before it is sent
	await look(page, "report");
	await button(dialog(page), "Send").click();
	await page.getByRole("heading", { name: "The bell is mute" }).waitFor();
	await page.getByText("It <b>does</b>").waitFor(); // text stays text
	await page.getByLabel("Your message").fill("Since Monday.");
	await button(page, "Send message").click();
	await page.getByText("Since Monday.").waitFor();
	await button(page, "Close request").click();
	await page.getByText("Closed", { exact: true }).waitFor();
	await button(page, "Open again").waitFor();
	await look(page, "ticket");
	await page.getByRole("link", { name: "All requests" }).click();
	await page.getByLabel("Status").selectOption({ label: "Closed" });
	await page.getByRole("rowheader", { name: "The bell is mute" }).waitFor();
	await page.getByLabel("Status").selectOption({ label: "Open" });
	await page.getByText("No request is in this state.").waitFor();
	await page.getByLabel("Status").selectOption({ label: "All" });
	await page.getByRole("checkbox", { name: "Select The bell is mute" }).waitFor();
	await look(page, "requests");
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test("audit: who changed what, found and taken away; a person's data", async ({ browser, stage }) => {
	const page = await installer(browser, stage);
	await page.goto(stage.empty);
	await site_new(page, "Audit House");
	await device_new(page, { kind: "Intercom", name: "Loft door" });
	await page.getByRole("link", { name: "Audit", exact: true }).click();
	const entry = (name) => page.getByRole("rowheader", { name });
	await entry("Ida Installer created device “Loft door”").waitFor();
	const when = page.getByRole("columnheader", { name: "When" });
	assert.equal(await when.getAttribute("aria-sort"), "descending");
	await when.getByRole("button").click();
	await page.getByRole("row").nth(1).getByText(/created site/).waitFor();
	await page.getByText(/^Details/).first().click();
	await look(page, "audit");
	const csv = await page.evaluate(async (href) => (await fetch(href)).text(),
		await page.getByRole("link", { name: "Export (CSV)" }).getAttribute("href"));
	assert.match(csv, /"create","devices","Loft door"/);
	await page.getByLabel("Search").fill("LÖFT");
	await button(page.getByRole("main"), "Search").click();
	await gone(entry(/created site/));
	await entry(/Loft door/).waitFor();
	await page.getByLabel("Search").fill("nothing like it");
	await button(page.getByRole("main"), "Search").click();
	await page.getByRole("heading", { name: "Nothing found" }).waitFor();

	const me = await page.evaluate(async () => (await (await fetch("/api/v1/session")).json()).id);
	await page.goto(`${page.url().replace(/audit.*/, "")}data/${me}`);
	await page.getByRole("main").getByText(ADMIN.email).first().waitFor();
	await page.getByText("not yours to take away").waitFor(); // the operator of the server
	await look(page, "person-data");
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test("signing out ends the session", async ({ browser, stage }) => {
	const page = await visitor(browser);
	await sign_in(page, stage.demo.http, stage.user("site_admin"));
	const other = await page.context().newPage();
	await other.goto(`${stage.demo.http}/sites/${stage.demo.site_id}/apartments`);
	await other.getByRole("rowheader", { name: "11", exact: true }).waitFor();
	await button(await account(page), "Sign out").click();
	await page.getByRole("heading", { name: "Sign in" }).waitFor();
	const status = await page.evaluate(async () => (await fetch("/api/v1/session")).status);
	assert.equal(status, 401);
	await page.goBack();
	await page.getByRole("heading", { name: "Sign in" }).waitFor();
	// Finds out with its next request, and may already have made one after some device's news.
	await other.evaluate(() => document.querySelector('#side a[href$="/devices"]')?.click());
	await other.getByRole("heading", { name: "Sign in" }).waitFor();
	await page.context().close();
});

await run_staged();
