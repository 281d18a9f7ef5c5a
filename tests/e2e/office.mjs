// What stands above and beside the building in Chromium: outbox, scanners, companies and their trail,
// one's own data, help. Prints TAP.
//
//   node tests/e2e/office.mjs [WORD…]     tests whose name has a word in it
import assert from "node:assert/strict";
import { account, look, PHONE, run_staged, sign_in, tab, test, visitor } from "./lib.mjs";

const ADMIN = { name: "Ida Installer", email: "ida@example.com", password: "a long pass phrase" };
const EVIL = "<img src=x onerror=document.title='owned'>"; // a name, which stays one
const SCAN = 40; // messages: more than are forgiven

const button = (at, name) => at.getByRole("button", { name, exact: true });
const dialog = (page) => page.getByRole("dialog");
const gone = (locator) => locator.waitFor({ state: "detached" });
const heading = (page, name) => page.getByRole("heading", { name, exact: true });
const main = (page) => page.getByRole("main");

// A request of the page's own session; the decoded answer, or the status of a refusal.
async function ask(page, method, path, body) {
	return await page.evaluate(async ([how, where, what]) => {
		const answer = await fetch(`/api/v1${where}`, { method: how,
			...(what === null ? {} : { headers: { "content-type": "application/json" },
				body: JSON.stringify(what) }) });
		return answer.ok ? (answer.status === 204 ? null : answer.json()) : answer.status;
	}, [method, path, body ?? null]);
}

async function enter(browser, stage, role, more) {
	const page = await visitor(browser, more);
	await sign_in(page, stage.demo.http, stage.user(role));
	return page;
}

// The empty server's operator, whose company has a site.
async function installer(browser, stage) {
	await fetch(`${stage.empty}/api/v1/setup`, {
		method: "POST", headers: { "content-type": "application/json" },
		body: JSON.stringify({ token: new URL(stage.setup).hash.slice(1), ...ADMIN }),
	}); // refused when the account is there
	const page = await visitor(browser);
	await sign_in(page, stage.empty, ADMIN);
	return page;
}

async function invite(page, name, email) {
	const [company] = (await ask(page, "GET", "/companies")).items;
	const made = await ask(page, "POST", `/companies/${company.id}/admins`, { name, email });
	assert.equal(made.name, name);
}

test("outbox: without a mail server the operator reads what is kept, and nothing of it is markup", async ({ browser, stage }) => {
	const page = await enter(browser, stage, "company_admin");
	await invite(page, EVIL, "zoe@example.com");
	await tab(page, "Mail outbox");
	await page.getByText("No mail server is set up").waitFor();
	const row = page.getByRole("row", { name: /zoe@example\.com/ });
	await row.getByText("Kept").waitFor();
	await row.getByText("Invitation").waitFor();
	await row.getByText(EVIL).waitFor();
	assert.equal(await button(page, "Try again").count(), 0);
	await look(page, "mails");

	await row.getByRole("link").click();
	await page.getByText(/Hand this text on to zoe@example\.com/).waitFor();
	await page.getByText(/\/activate#[\w-]{20,}/).waitFor();
	await look(page, "mail-text");
	await page.getByRole("tab", { name: "As the recipient sees it" }).click();
	const frame = page.frameLocator("iframe");
	await frame.getByRole("link").first().waitFor();
	assert.match(await frame.locator("body").innerText(), /Ada Administrator/);
	assert.equal(await frame.locator("img, script").count(), 0);
	assert.equal(await page.locator("iframe").getAttribute("sandbox"), "");
	await frame.getByRole("link").first().click(); // opens nothing, and the mail stays
	await frame.locator("p").getByText(/Ada Administrator/).waitFor();
	assert.equal(page.context().pages().length, 1);
	await look(page, "mail-html");
	assert.equal(await page.title(), `${await page.locator("h1").innerText()} – Vestibule`);
	assert.equal(page.faults.length, 1, page.faults.join("\n"));
	assert.match(page.faults[0], /^Blocked opening .* sandboxed frame/);
	await page.context().close();
});

test("outbox: why a mail did not go, and trying again", async ({ browser, stage }) => {
	const page = await installer(browser, stage);
	await invite(page, "Ann", "ann@example.com");
	await page.goto(`${stage.empty}/mails`);
	await page.getByRole("row", { name: /ann@.*Kept/s }).waitFor();
	await stage.do("mail_server");
	await page.getByText(/Mails go out through smtp:.*, from Maple/).waitFor(); // by itself
	await invite(page, "Gus", "gone@example.com");
	const gus = page.getByRole("row", { name: /gone@/ });
	await gus.getByText("Failed").waitFor();
	await gus.getByText(/550.*is not here/).waitFor();

	await page.getByRole("combobox", { name: "State" }).selectOption("Failed (1)");
	await gone(page.getByRole("row", { name: /ann@/ }));
	await look(page, "mails-failed");
	await page.getByRole("combobox", { name: "State" }).selectOption("All");
	await page.getByRole("searchbox").fill("ANN@");
	await gone(gus);
	await page.getByRole("checkbox", { name: "Select ann@example.com" }).check();
	await button(page, "Try again").click();
	await page.locator(".toast").getByText("Mails that are tried again: 1").waitFor();
	await page.getByRole("row", { name: /ann@.*Sent/s }).waitFor();
	await page.getByRole("searchbox").fill("nobody");
	await main(page).getByText("Nothing fits.").waitFor();

	await page.getByRole("searchbox").fill("gone");
	await gus.getByRole("link").click();
	await page.getByText("A one-time link or code is left out").waitFor();
	assert.equal(await page.getByText(/\/activate#[\w-]{20,}/).count(), 0);
	await button(page, "Try again").click();
	await page.getByText("Mails that are tried again: 1").waitFor();
	await page.locator(".badge").getByText("Failed").waitFor();
	await page.getByText(/550.*is not here/).waitFor();
	await look(page, "mail-failed");
	await page.getByRole("navigation", { name: "Where you are" })
		.getByRole("link", { name: "All mails" }).click();
	await page.getByRole("row", { name: /ann@/ }).getByRole("link").click();
	await page.getByText("What was sent is forgotten here.").waitFor();
	assert.equal(await button(page, "Try again").count(), 0);
	await page.context().close();
});

test("scanners: nobody, then somebody, without a reload", async ({ browser, stage }) => {
	const page = await enter(browser, stage, "company_admin");
	await tab(page, "SIP scanners");
	await heading(page, "No scanner").waitFor();
	await look(page, "suspects-empty");
	await stage.do("scan", { messages: SCAN });
	const row = page.getByRole("row", { name: /127\.0\.0\.1/ });
	await row.waitFor();
	const failures = Number(await row.getByRole("cell").first().innerText());
	assert.ok(failures > 0 && failures <= SCAN, `${failures} failures`);
	await look(page, "suspects");
	await button(row, "Forget").click();
	await heading(page, "No scanner").waitFor();
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test("a company's trail: found from its page and the side bar, searched, taken away", async ({ browser, stage }) => {
	const page = await enter(browser, stage, "company_admin");
	const site = `/sites/${stage.demo.site_id}`;
	await ask(page, "POST", `${site}/apartments`, { number: "77", floor: "7", name: "Loft" });
	await tab(page, "Companies");
	await main(page).getByRole("link", { name: /^Audit/ }).click();
	await main(page).getByText("Ada Administrator created apartment “Loft”").waitFor();
	await page.getByText(/Maple House/).first().waitFor();
	await look(page, "company-audit");
	const csv = await page.evaluate(async (href) => (await fetch(href)).text(),
		await page.getByRole("link", { name: "Export (CSV)" }).getAttribute("href"));
	assert.match(csv, /"create","apartments","Loft"/);
	await page.getByLabel("Search").fill("nothing like it");
	await button(main(page), "Search").click();
	await heading(page, "Nothing found").waitFor();

	await page.goto(stage.demo.http + site);
	await tab(page, "Audit of the company");
	await heading(page, "Audit").waitFor();
	await page.getByRole("navigation", { name: "Where you are" })
		.getByRole("link", { name: "Companies" }).click();
	await heading(page, "Demo Estates").waitFor();
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test("one's own data is shown, taken away, and who erases it is asked", async ({ browser, stage }) => {
	const page = await enter(browser, stage, "apartment_admin", { size: PHONE });
	await (await account(page)).getByRole("link", { name: "Your account" }).click();
	await button(page, "Show what is kept").click();
	await main(page).getByText(/^Roles \(1\)/).waitFor();
	await main(page).getByText(stage.user("apartment_admin").email).first().waitFor();
	await look(page, "own-data");
	const download = page.waitForEvent("download");
	await page.getByRole("link", { name: "Download (JSON)" }).click();
	assert.equal((await download).suggestedFilename(), "my-data.json");
	await page.getByRole("link", { name: "Ask at Maple House" }).click();
	await heading(page, "Help").waitFor();
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test("a person's data is read, and erased for good; the trail keeps an alias", async ({ browser, stage }) => {
	const page = await enter(browser, stage, "company_admin");
	const site = `/sites/${stage.demo.site_id}`;
	const vera = await ask(page, "POST", `${site}/users`, { name: "Vera Vanishing", role: "site_user",
		email: "vera@example.com", phone: "", language: "en", comment: "", apartments: [] });
	await page.goto(`${stage.demo.http}${site}/data/${vera.id}`);
	await main(page).getByText("vera@example.com").first().waitFor();
	await button(page, "Erase").click();
	await dialog(page).getByText("This cannot be undone.").waitFor();
	await look(page, "erase");
	await button(dialog(page), "Cancel").click();
	await gone(dialog(page));
	assert.equal((await ask(page, "GET", `${site}/users/${vera.id}`)).name, "Vera Vanishing");
	await button(page, "Erase").click();
	await button(dialog(page), "Erase").click();
	await page.locator(".toast").getByText(/the audit says “Erased person/).waitFor();
	assert.equal(await ask(page, "GET", `${site}/users/${vera.id}`), 404);
	await page.goto(`${stage.demo.http}${site}/audit`);
	await main(page).getByText(/carried out: erasure of a person/).first().waitFor();
	assert.equal(await main(page).getByText("Vanishing").count(), 0);
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test("a report begins with whom to call, and shows what goes with it", async ({ browser, stage }) => {
	const manager = await enter(browser, stage, "site_admin");
	const site = `/sites/${stage.demo.site_id}`;
	const tickets = `${stage.demo.http}${site}/tickets`;
	const page = await enter(browser, stage, "apartment_admin", { size: PHONE });
	await page.goto(tickets);
	await button(page, "Report a problem").click();
	await dialog(page).getByText(/Chrome/).waitFor();
	assert.equal(await dialog(page).getByText("For something urgent").count(), 0, "there is nobody to call");
	await page.keyboard.press("Escape");

	await ask(manager, "POST", `${site}/contacts`, { position: 1, name: "Karl Keeper",
		role: "Caretaker", purpose: "Doors and lifts", phone: "+33 1 23 45", email: "karl@example.com" });
	await page.reload();
	await button(page, "Report a problem").click();
	const contacts = dialog(page).getByRole("list", { name: "Contacts" });
	await contacts.getByText("Doors and lifts").waitFor();
	assert.equal(await contacts.getByRole("link").first().getAttribute("href"), "tel:+3312345");
	assert.equal(await contacts.getByRole("link").last().getAttribute("href"), "mailto:karl@example.com");
	const above = await contacts.boundingBox();
	assert.ok(above.y < (await dialog(page).getByLabel("Subject").boundingBox()).y);
	await dialog(page).getByText("Version", { exact: true }).waitFor();
	await look(page, "report-contacts");
	await dialog(page).getByLabel("Subject").fill("The gate is stuck");
	await dialog(page).getByLabel(/^What happens/).fill("Since Monday.");
	await button(dialog(page), "Send").click();
	await heading(page, "The gate is stuck").waitFor();

	await manager.goto(tickets);
	await manager.getByRole("link", { name: /The gate is stuck/ }).click();
	await manager.getByText("Since Monday.").waitFor();
	await manager.getByLabel("Your message").fill("Karl comes at noon.");
	await button(manager, "Send message").click();
	await manager.getByText("Karl comes at noon.").waitFor();
	await look(manager, "ticket-answered");
	await page.reload();
	await page.getByText("Karl comes at noon.").waitFor();
	assert.deepEqual([...page.faults, ...manager.faults], []);
	await page.context().close();
	await manager.context().close();
});

// Every page with its heading in both languages, on a phone and on a desk.
const PAGES = [
	{ path: "/mails", name: "mails", en: "Mail outbox", fr: "Boîte d’envoi" },
	{ path: "/suspects", name: "suspects", en: "SIP scanners", fr: "Scanners SIP" },
	{ path: "/companies", name: "companies", en: "Companies", fr: "Sociétés" },
	{ path: "/companies/COMPANY/audit", name: "company-audit", en: "Audit", fr: "Journal" },
	{ path: "/sites/SITE/audit", name: "audit", en: "Audit", fr: "Journal" },
	{ path: "/sites/SITE/tickets", name: "help", en: "Help", fr: "Aide" },
	{ path: "/sites/SITE/data/PERSON", name: "person-data", en: "Data of a person",
		fr: "Données d’une personne" },
	{ path: "/account", name: "account", en: "Your account", fr: "Votre compte" },
];

for (const lang of ["en", "fr"])
	test(`the office's pages, in ${lang}`, async ({ browser, stage }) => {
		const page = await enter(browser, stage, "company_admin", { lang });
		const [company] = (await ask(page, "GET", "/companies")).items;
		const person = (await ask(page, "GET", "/session")).id;
		for (const { path, name, [lang]: title } of PAGES) {
			await page.goto(stage.demo.http + path.replace("SITE", stage.demo.site_id)
				.replace("COMPANY", company.id).replace("PERSON", person));
			await heading(page, title).first().waitFor();
			await gone(page.locator(".busy").first());
			await look(page, `${lang}-${name}`);
		}
		assert.deepEqual(page.faults, []);
		await page.context().close();
	});

test("who lacks the right sees no link, and no page", async ({ browser, stage }) => {
	const owner = await enter(browser, stage, "company_admin");
	const [company] = (await ask(owner, "GET", "/companies")).items;
	const [mail] = (await ask(owner, "GET", "/mails")).items;
	assert.equal(await ask(owner, "GET", `/companies/${company.id}999/audit`), 404);
	await owner.goto(`${stage.demo.http}/mails/${mail.id}999`);
	await owner.getByText("This does not exist, or no longer does.").waitFor();
	await owner.goto(`${stage.demo.http}/companies/${company.id}999/audit`);
	await heading(owner, "This page does not exist").waitFor();
	await owner.context().close();

	for (const role of ["site_admin", "apartment_admin"]) {
		const page = await enter(browser, stage, role);
		await page.goto(`${stage.demo.http}/sites/${stage.demo.site_id}`);
		await page.locator("#side").getByRole("link", { name: "Help" }).waitFor();
		const links = await page.locator("#side a").allInnerTexts();
		for (const name of ["Companies", "Audit of the company", "Mail outbox", "SIP scanners"])
			assert.ok(!links.includes(name), `${role}: ${name}`);
		for (const [path, status] of [["/mails", 403], ["/mails/outbox", 403], ["/suspects", 403],
			[`/mails/${mail.id}`, 403], [`/mails/${mail.id}/html`, 403],
			[`/companies/${company.id}/audit`, 404]])
			assert.equal(await ask(page, "GET", path), status, `${role}: ${path}`);
		for (const path of ["/mails", `/mails/${mail.id}`, "/suspects", "/companies",
			`/companies/${company.id}/audit`]) {
			await page.goto(stage.demo.http + path);
			await heading(page, "This page does not exist").waitFor();
		}
		const others = (await ask(page, "GET", "/session")).id;
		await page.goto(`${stage.demo.http}/sites/${stage.demo.site_id}/data/${others}999`);
		await page.getByText(role === "site_admin" ? "This does not exist, or no longer does."
			: "Your account does not include this part of the site").first().waitFor();
		assert.deepEqual(page.faults, []);
		await page.context().close();
	}
});

await run_staged();
