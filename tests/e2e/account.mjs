// Accounts in Chromium: from registration to a site, a forgotten password, the second factor. Mails
// are read in the operator's outbox: the server of the stage keeps them. Prints TAP.
//
//   node tests/e2e/account.mjs [WORD…]     tests whose name has a word in it
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { account as account_menu, look, run_staged, sign_in, test, visitor } from "./lib.mjs";

const ADMIN = { name: "Olga Operator", email: "olga@example.com", password: "a long pass phrase" };
const PASSWORD = "correct horse battery";
const STEP_MS = 30_000; // of a code

const WORDS = {
	en: {
		create: "Create an account", name: "Your name", company: "Company", email: "E-mail",
		consent: /^I agree/, submit: "Create account", mailbox: "Look into your mailbox",
		activate: "Activate", password: "Password", welcome: "Welcome, Rosa", site: "Name",
		site_create: "Create", next: "Next", consent_missing: /needs your consent/, subject: "Activate your account",
		known: "You have an account already",
	},
	fr: {
		create: "Créer un compte", name: "Votre nom", company: "Société", email: "E-mail",
		consent: /^J’accepte/, submit: "Créer le compte", mailbox: "Consultez votre messagerie",
		activate: "Activer", password: "Mot de passe", welcome: "Bienvenue, Rosa", site: "Nom",
		site_create: "Créer", next: "Suivant", consent_missing: /accord est nécessaire/, subject: "Activez votre compte",
		known: "Vous avez déjà un compte",
	},
};

const button = (at, name) => at.getByRole("button", { name, exact: true });
const field = (at, name) => at.getByLabel(name, { exact: true });

const post = (stage, path, body, more = {}) => fetch(`${stage.empty}/api/v1${path}`, {
	method: "POST", headers: { "content-type": "application/json", ...more }, body: JSON.stringify(body),
});

// What the operator sees: the mails to an address, newest first.
async function mails(stage, email) {
	if (stage.cookie === undefined) {
		await post(stage, "/setup", { token: new URL(stage.setup).hash.slice(1), ...ADMIN });
		const answer = await post(stage, "/session", { email: ADMIN.email, password: ADMIN.password });
		assert.equal(answer.status, 201);
		stage.cookie = answer.headers.get("set-cookie").split(";")[0];
	}
	const read = async (path) => (await fetch(`${stage.empty}/api/v1${path}`,
		{ headers: { cookie: stage.cookie } })).json();
	const { items } = await read("/mails");
	const own = items.filter(({ recipient }) => recipient === email);
	return Promise.all(own.map(({ id }) => read(`/mails/${id}`)));
}

// The newest mail to an address, once there are so many and it has been kept: its link shows then.
async function mail(stage, email, count = 1) {
	const end = Date.now() + 60_000;
	for (;;) {
		const found = await mails(stage, email);
		if (found.length >= count && found[0].state === "kept")
			return found[0];
		assert.ok(Date.now() < end, `no mail to ${email}`);
		await new Promise((done) => setTimeout(done, 200));
	}
}

function link(letter) {
	const found = letter.text.match(/https?:\/\/\S+#[0-9a-f]{64}/);
	assert.ok(found, letter.text);
	return found[0];
}

async function register(page, stage, words, email) {
	await page.goto(stage.empty);
	await page.getByRole("link", { name: words.create }).click();
	await field(page, words.name).fill("Rosa");
	await field(page, words.company).fill("Rosa & Co");
	await field(page, words.email).fill(email);
	await page.getByLabel(words.consent).check();
	await button(page, words.submit).click();
	await page.getByRole("heading", { name: words.mailbox }).waitFor();
}

// An account made without the pages.
async function account(browser, stage, email) {
	const page = await visitor(browser);
	await register(page, stage, WORDS.en, email);
	const token = link(await mail(stage, email)).split("#")[1];
	const answer = await post(stage, "/activation", { token, password: PASSWORD });
	assert.equal(answer.status, 201);
	await sign_in(page, stage.empty, { email, password: PASSWORD });
	return page;
}

// The code of a secret (base32) now, or so many steps from now: RFC 6238.
function code_of(secret, steps = 0) {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	const bits = [...secret].map((c) => letters.indexOf(c).toString(2).padStart(5, "0")).join("");
	const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
	const step = Buffer.alloc(8);
	step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / STEP_MS) + steps));
	const mac = createHmac("sha1", key).update(step).digest();
	const at = mac[19] & 15;
	return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

for (const [lang, words] of Object.entries(WORDS))
	test(`a manager registers, activates and makes a site, in ${lang}`, async ({ browser, stage }) => {
		const email = `rosa.${lang}@example.com`;
		const page = await visitor(browser, { lang });
		await page.goto(`${stage.empty}/register`);
		await field(page, words.name).fill("Rosa");
		await field(page, words.company).fill("Rosa & Co");
		await field(page, words.email).fill(email);
		await button(page, words.submit).click();
		await page.getByText(words.consent_missing).waitFor();
		await look(page, `register-${lang}`);
		await register(page, stage, words, email);
		await look(page, `register-sent-${lang}`);
		const letter = await mail(stage, email);
		assert.equal(letter.subject, words.subject);

		await page.goto(link(letter));
		await field(page, words.password).fill("short");
		await button(page, words.activate).click();
		assert.equal(await field(page, words.password).getAttribute("aria-invalid"), "true");
		await field(page, words.password).fill(PASSWORD);
		await look(page, `activate-${lang}`);
		await button(page, words.activate).click();
		await page.getByRole("heading", { name: words.welcome }).waitFor();
		await look(page, `welcome-${lang}`);
		await field(page, words.site).fill("Elm Court");
		for (const step of [2, 3, 4]) {
			await button(page, words.next).click();
			await page.getByText(new RegExp(`^\\S+ ${step} `)).waitFor(); // Step 2 of 4
		}
		await button(page, words.site_create).click();
		await page.getByRole("heading", { level: 1, name: "Elm Court" }).waitFor();

		const other = await visitor(browser, { lang }); // the same page, the same answer, another mail
		await register(other, stage, words, email);
		assert.equal((await mail(stage, email, 2)).subject, words.known);
		assert.deepEqual([...page.faults, ...other.faults], []);
		await page.context().close();
		await other.context().close();
	});

test("a forgotten password is replaced, and every session ends", async ({ browser, stage }) => {
	const email = "frida@example.com";
	const signed_in = await account(browser, stage, email);
	const page = await visitor(browser);
	await page.goto(stage.empty);
	await page.getByRole("link", { name: "Forgot your password?" }).click();
	await look(page, "forgotten");
	await field(page, "E-mail").fill(email);
	await button(page, "Send link").click();
	await page.getByText(`If ${email} has an account`).waitFor();
	await page.goto(link(await mail(stage, email, 2)));
	await field(page, "Password").fill("another long password");
	await look(page, "reset");
	const url = page.url();
	await button(page, "Save password").click();
	await page.getByRole("heading", { name: "Your password has been changed" }).waitFor();
	assert.equal((await mail(stage, email, 3)).subject, "Your password was changed");
	assert.equal(await signed_in.evaluate(async () => (await fetch("/api/v1/session")).status), 401);
	await page.goto("about:blank");
	await page.goto(url);
	await field(page, "Password").fill("another long password");
	await button(page, "Save password").click();
	await page.getByText("This link has been used or has expired.").waitFor();
	await sign_in(page, stage.empty, { email, password: "another long password" });
	await page.context().close();
	await signed_in.context().close();
});

test("an account is changed: name, password, address, sessions", async ({ browser, stage }) => {
	const page = await account(browser, stage, "anna@example.com");
	const other = await visitor(browser);
	await sign_in(other, stage.empty, { email: "anna@example.com", password: PASSWORD });
	await page.goto(`${stage.empty}/account`);
	await field(page, "Your name").fill("Anna Ames");
	await button(page, "Save").click();
	await page.getByText("Anna Ames").first().waitFor();

	await page.getByRole("button", { name: /^Sign out Chromium/ }).click();
	await look(page, "account-session-end");
	await button(page.getByRole("dialog"), "Sign out").click();
	await page.getByRole("button", { name: /^Sign out Chromium/ }).waitFor({ state: "detached" });
	assert.equal(await other.evaluate(async () => (await fetch("/api/v1/session")).status), 401);

	await field(page, "Current password").fill("wrong");
	await field(page, "New password").fill("another long password");
	await button(page, "Change password").click();
	await page.getByText("The password is wrong.").waitFor();
	await field(page, "Current password").fill(PASSWORD);
	await button(page, "Change password").click();
	await page.locator(".toast").getByText("Password changed").waitFor();

	await field(page, "New address").fill("anna.ames@example.com");
	await button(page, "Change address").click();
	await page.getByText("A message is on its way to anna.ames@example.com").waitFor();
	await look(page, "account");
	await page.goto(link(await mail(stage, "anna.ames@example.com")));
	await look(page, "confirm-email");
	await button(page, "Confirm").click();
	await page.getByText("Your address has been changed.").waitFor();
	await page.goto(`${stage.empty}/account`);
	await page.getByText("You sign in with anna.ames@example.com.").waitFor();
	assert.deepEqual(page.faults, []);
	await page.context().close();
	await other.context().close();
});

test("the pages speak the language of who signs in, until another is chosen", async ({ browser, stage }) => {
	await (await account(browser, stage, "lena@example.com")).context().close();
	const page = await visitor(browser, { chosen: false });
	await sign_in(page, stage.empty, { email: "lena@example.com", password: PASSWORD });
	await page.goto(`${stage.empty}/account`);
	await field(page, "Language").last().selectOption("de");
	await button(page, "Save").click();
	await page.getByRole("heading", { name: "Konto" }).waitFor();
	await page.reload();
	await page.getByRole("heading", { name: "Konto" }).waitFor();
	const other = await visitor(browser, { chosen: false });
	await sign_in(other, stage.empty, { email: "lena@example.com", password: PASSWORD });
	await other.getByRole("link", { name: "Alle Standorte" }).waitFor();
	assert.deepEqual(page.faults, []);
	await page.context().close();
	await other.context().close();
});

test("a sensitive step asks for the password once more", async ({ browser, stage }) => {
	const page = await account(browser, stage, "vera@example.com");
	let asked = false; // the server's ten minutes, without waiting for them
	await page.route(/\/me\/email$/, (route) => {
		if (asked)
			return route.continue();
		asked = true;
		return route.fulfill({ status: 403, contentType: "application/problem+json",
			body: JSON.stringify({ type: "urn:vestibule:verify", title: "Forbidden", status: 403 }) });
	});
	await page.goto(`${stage.empty}/account`);
	await field(page, "New address").fill("vera.new@example.com");
	await button(page, "Change address").click();
	const box = page.getByRole("dialog", { name: "Confirm that it is you" });
	await box.waitFor();
	await look(page, "verify");
	await field(box, "Password").fill("wrong");
	await button(box, "Go on").click();
	await box.getByText("The password is wrong.").waitFor();
	await field(box, "Password").fill(PASSWORD);
	await button(box, "Go on").click();
	await page.getByText("A message is on its way to vera.new@example.com").waitFor();
	await page.context().close();
});

test("the second factor: on, at the next sign-in, with a recovery code, off", async ({ browser, stage }) => {
	const email = "tina@example.com";
	const page = await account(browser, stage, email);
	await page.goto(`${stage.empty}/account`);
	await button(page, "Set up").click();
	await page.getByRole("img", { name: "QR code for the authenticator app" }).waitFor();
	await look(page, "totp-set-up");
	await page.getByRole("button", { name: /^Show Or type/ }).click();
	const secret = await page.locator(".copy .value").first().textContent();
	assert.match(secret, /^[A-Z2-7]{32}$/);
	const form = page.locator("form", { has: field(page, "Code") });
	await field(form, "Code").fill("000000");
	await field(form, "Password").fill(PASSWORD);
	await button(form, "Switch on").click();
	await form.getByText("The code is wrong or was used before.").waitFor();
	await field(form, "Code").fill(code_of(secret));
	await button(form, "Switch on").click();
	await page.getByRole("heading", { name: "Recovery codes" }).waitFor();
	const codes = await page.locator(".codes li").allTextContents();
	assert.equal(codes.length, 10);
	await look(page, "recovery-codes");
	await page.getByLabel("I have put them in a safe place.").check();
	await button(page, "Done").click();
	await page.getByText("Recovery codes left: 10").waitFor();
	await look(page, "totp-on");

	const other = await visitor(browser);
	const first_step = async () => {
		await other.goto(stage.empty);
		await field(other, "E-mail").fill(email);
		await field(other, "Password").fill(PASSWORD);
		await button(other, "Sign in").click();
		await other.getByRole("heading", { name: "Second step" }).waitFor();
	};
	await first_step();
	await look(other, "second");
	assert.equal(await other.evaluate(async () => (await fetch("/api/v1/session")).status), 401);
	await field(other, "Code").fill(code_of(secret, 1));
	await button(other, "Sign in").click();
	await button(await account_menu(other), "Sign out").click();
	await first_step();
	await field(other, "Code").fill(codes[0].toLowerCase());
	await button(other, "Sign in").click();
	await other.locator("#side").waitFor();

	await page.reload();
	await page.getByText("Recovery codes left: 9").waitFor();
	await button(page, "Switch off").click();
	await button(page.getByRole("dialog"), "Switch off").click();
	await button(page, "Set up").waitFor();
	assert.equal((await mail(stage, email, 3)).subject, "Two-factor sign-in is off");
	await page.context().close();
	await other.context().close();
});

const KEYS = {
	en: {
		title: "Passkeys", add: "Add a passkey", codes: "Recovery codes",
		safe: "I have put them in a safe place.", done: "Done", left: "Recovery codes left: 10",
		rename: /^Rename/, name: "Name", save: "Save", known: /registered already/,
		sign_out: "Sign out", sign_in: "Sign in with a passkey", email: "E-mail",
		password: "Password", enter: "Sign in", second: "Second step", use: "Use a passkey",
		drop: "Remove the password", only: "You sign in with passkeys only",
		wrong: "E-mail or password is wrong.", verify: "Confirm that it is you",
		remove: /^Remove/, yes: "Remove", last: /could not sign in any more/,
		new_password: "New password", set: "Set password", set_up: "Set up",
	},
	fr: {
		title: "Clés d’accès", add: "Ajouter une clé d’accès", codes: "Codes de secours",
		safe: "Je les ai mis en lieu sûr.", done: "Terminé", left: "Codes de secours restants : 10",
		rename: /^Renommer/, name: "Nom", save: "Enregistrer", known: /déjà enregistrée/,
		sign_out: "Se déconnecter", sign_in: "Se connecter avec une clé d’accès", email: "E-mail",
		password: "Mot de passe", enter: "Se connecter", second: "Deuxième étape",
		use: "Utiliser une clé d’accès", drop: "Supprimer le mot de passe",
		only: "Vous vous connectez uniquement par clé d’accès",
		wrong: "E-mail ou mot de passe incorrect.", verify: "Confirmez votre identité",
		remove: /^Supprimer(?! le mot)/, yes: "Supprimer", last: /ne pourriez plus vous connecter/,
		new_password: "Nouveau mot de passe", set: "Définir le mot de passe", set_up: "Configurer",
	},
};

// Chromium's own authenticator: a phone's or laptop's, whose person is there and proves it.
async function authenticator(page) {
	const session = await page.context().newCDPSession(page);
	await session.send("WebAuthn.enable");
	const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", { options: {
		protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true,
		isUserVerified: true, automaticPresenceSimulation: true,
	} });
	return { present: (enabled) => session.send("WebAuthn.setAutomaticPresenceSimulation",
		{ authenticatorId, enabled }) };
}

const local = (url) => url.replace("127.0.0.1", "localhost"); // a passkey is for a name

// The account page of somebody new who has just added a passkey; recovery codes stand over it.
async function with_passkey(browser, stage, lang, email) {
	await (await account(browser, stage, email)).context().close();
	const page = await visitor(browser, { lang });
	const key = await authenticator(page);
	await sign_in(page, local(stage.empty), { email, password: PASSWORD });
	await page.goto(`${local(stage.empty)}/account`);
	const card = page.locator("section", { has: page.getByRole("heading", { name: KEYS[lang].title }) });
	await button(card, KEYS[lang].add).click();
	return { page, key, card };
}

for (const [lang, words] of Object.entries(KEYS)) {
	const email = `petra.${lang}@example.com`;

	test(`a passkey signs in alone and after the password, in ${lang}`, async ({ browser, stage }) => {
		const { page, key, card } = await with_passkey(browser, stage, lang, email);
		await page.getByRole("heading", { name: words.codes, exact: true }).waitFor();
		assert.equal(await page.locator(".codes li").count(), 10);
		await look(page, `passkey-codes-${lang}`);
		await page.getByLabel(words.safe).check();
		await button(page, words.done).click();
		await page.getByText(words.left).waitFor();
		await card.getByRole("button", { name: words.rename }).click();
		await field(page.getByRole("dialog"), words.name).fill("My laptop");
		await look(page, `passkey-rename-${lang}`);
		await button(page.getByRole("dialog"), words.save).click();
		await card.locator("strong", { hasText: "My laptop" }).waitFor();
		await button(card, words.add).click(); // the same authenticator has one already
		await card.getByText(words.known).waitFor();
		await look(page, `passkeys-${lang}`);

		await key.present(false);
		await button(await account_menu(page), words.sign_out).click();
		await button(page, words.sign_in).waitFor();
		await look(page, `sign-in-passkey-${lang}`);
		await key.present(true); // only for what is asked from now on
		await button(page, words.sign_in).click();
		await page.locator("#side").waitFor({ state: "attached" });

		await key.present(false);
		await button(await account_menu(page), words.sign_out).click();
		await field(page, words.email).fill(email);
		await field(page, words.password).fill(PASSWORD);
		await button(page, words.enter).click();
		await page.getByRole("heading", { name: words.second }).waitFor();
		await button(page, words.use).waitFor();
		await look(page, `second-passkey-${lang}`);
		await key.present(true);
		await button(page, words.use).click();
		await page.locator("#side").waitFor({ state: "attached" });

		// Taken from the autofill, perhaps before anybody could see the sign-in page.
		const taken = page.waitForResponse((answer) => /\/session\/passkey$/.test(answer.url())
			&& answer.request().method() === "POST");
		await button(await account_menu(page), words.sign_out).click();
		assert.equal((await taken).status(), 201);
		await page.locator("#side").waitFor({ state: "attached" });
		assert.deepEqual(page.faults, []);
		await page.context().close();
	});

	test(`an account does without a password, and with one again, in ${lang}`, async ({ browser, stage }) => {
		const email = `paul.${lang}@example.com`;
		const { page, key, card } = await with_passkey(browser, stage, lang, email);
		await page.getByLabel(words.safe).check();
		await button(page, words.done).click();
		await button(card, words.drop).click();
		await look(page, `passkey-drop-${lang}`);
		await button(page.getByRole("dialog"), words.drop).click();
		await card.getByText(words.only).waitFor();
		await look(page, `passkey-only-${lang}`);
		assert.equal((await mail(stage, email, 3)).template, "password_changed");

		const other = await visitor(browser, { lang });
		await other.goto(stage.empty);
		await field(other, words.email).fill(email);
		await field(other, words.password).fill(PASSWORD);
		await button(other, words.enter).click();
		await other.getByText(words.wrong).waitFor();
		await other.context().close();

		await card.getByRole("button", { name: words.remove }).click();
		await button(page.getByRole("dialog"), words.yes).click();
		await page.getByRole("dialog").getByText(words.last).waitFor();
		await page.keyboard.press("Escape");

		let asked = false; // the server's ten minutes, without waiting for them
		await page.route(/\/me\/password$/, (route) => {
			if (asked)
				return route.continue();
			asked = true;
			return route.fulfill({ status: 403, contentType: "application/problem+json",
				body: JSON.stringify({ type: "urn:vestibule:verify", title: "Forbidden", status: 403 }) });
		});
		await key.present(false);
		await field(page, words.new_password).fill("another long password");
		await button(page, words.set).click();
		const box = page.getByRole("dialog", { name: words.verify });
		await button(box, words.use).waitFor();
		assert.equal(await box.getByLabel(words.password, { exact: true }).count(), 0);
		await look(page, `verify-passkey-${lang}`);
		await key.present(true);
		await button(box, words.use).click();
		await button(page, words.set_up).waitFor(); // codes of an app stand beside a password again

		await card.getByRole("button", { name: words.remove }).first().click();
		await button(page.getByRole("dialog"), words.yes).click();
		await page.getByRole("dialog").waitFor({ state: "detached" });
		await card.locator("li").waitFor({ state: "detached" });
		assert.equal((await mail(stage, email, 5)).template, "two_factor_off");
		assert.deepEqual(page.faults, []);
		await page.context().close();
	});
}

await run_staged();
