// The app in front of the real programs: the door rings, two residents see it, one talks. Prints TAP.
//
//   node tests/e2e/app_calls.mjs [WORD…]     tests whose name has a word in it
import assert from "node:assert/strict";
import { app_browser, Building, frames, hears, sees } from "./app_building.mjs";
import { run_tests, test, until } from "./lib.mjs";

const AUDIBLE = 0.01; // of 1
const HEARD_DBFS = -50; // at the door, whose scale ends at 0

const button = (at, name) => at.getByRole("button", { name, exact: true });
const screen_of = (page) => page.getByRole("dialog").filter({ has: page.locator("#call-name") });
const gone = (page) => screen_of(page).waitFor({ state: "detached" });

test("both homes see who rings; one answers, is heard, opens; the other is told", async ({ house }) => {
	const [anna, ben] = await house.residents();
	await house.bell();
	for (const page of [anna, ben])
		await sees(page);
	await Promise.all([ben.getByText(/^Answered by/).waitFor(), // which goes by itself
		button(screen_of(anna), "Answer").click()]);
	await gone(ben);
	await screen_of(anna).getByText("Talking").waitFor();
	await until("the door's voice", () => hears(anna), (level) => level > AUDIBLE);
	await until("the resident's voice", () => house.door_state(), ({ level }) => level > HEARD_DBFS);
	await sees(anna);
	assert.deepEqual(await house.ways_of_keys(() => button(screen_of(anna), house.open_text).click()),
		["rtp"]);
	await button(screen_of(anna), "Hang up").click();
	await gone(anna);
	await house.quiet();
	await anna.getByRole("link", { name: /^Calls/ }).click();
	await anna.getByText(/^Answered by/).first().waitFor();
	await house.leave(anna, ben);
});

test("declined in one home, it rings on in the other; declined there too, it is over", async ({ house }) => {
	const [anna, ben] = await house.residents();
	await house.bell();
	await sees(anna);
	await button(screen_of(anna), "Decline").click();
	await gone(anna);
	await sees(ben);
	await button(screen_of(ben), "Decline").click();
	await gone(ben);
	await house.quiet();
	await house.leave(anna, ben);
});

test("the door hangs up: every page is told", async ({ house }) => {
	const [anna, ben] = await house.residents();
	await house.bell();
	for (const page of [anna, ben])
		await screen_of(page).waitFor();
	await Promise.all([house.bell(), // again: hangs up
		...[anna, ben].map(async (page) => {
			await page.getByText("The caller has gone").waitFor();
			await gone(page);
		})]);
	await house.quiet();
	await house.leave(anna, ben);
});

test("two homes and a telephone ring at once; who sees the door in the app sees the telephone take it",
	async ({ house }) => {
		const { stage } = house;
		await house.apps_ring(stage.demo.phones[0].sip_user);
		const [anna, ben] = await house.residents();
		await house.bell();
		await Promise.all([stage.do("rings"), sees(anna), sees(ben)]);
		await Promise.all([...[anna, ben].map((page) => page.getByText(/^Answered by/).waitFor()),
			stage.do("accept")]);
		await gone(anna);
		await gone(ben);
		await until("the telephone's voice", () => house.door_state(), ({ level }) => level > HEARD_DBFS);
		await stage.do("keys", { text: stage.demo.door.unlock_code });
		await until("the open door", () => house.door_state(), ({ open }) => open);
		await stage.do("hang_up");
		await house.quiet();
		await house.apps_ring();
		await house.leave(anna, ben);
	});

test("the socket drops in mid-call: nothing is interrupted, and one still opens", async ({ house }) => {
	const [anna] = await house.residents(1);
	await house.bell();
	await button(screen_of(anna), "Answer").click();
	await screen_of(anna).getByText("Talking").waitFor();
	await sees(anna);
	const from = await frames(anna);
	await anna.drop();
	await until("another socket", () => anna.sockets, (n) => n >= 2);
	await sees(anna);
	assert.ok(await frames(anna) > from);
	await button(screen_of(anna), house.open_text).click();
	await until("the open door", () => house.door_state(), ({ open }) => open);
	await button(screen_of(anna), "Hang up").click();
	await gone(anna);
	await house.quiet();
	await house.leave(anna);
});

test("one looks at the door without ringing, opens it, then talks", async ({ house }) => {
	const [anna] = await house.residents(1);
	await button(anna, `Look ${house.door_name}`).click();
	await sees(anna);
	await until("the door's voice", () => hears(anna), (level) => level > AUDIBLE);
	assert.deepEqual(await house.ways_of_keys(() => button(screen_of(anna), house.open_text).click()),
		["rtp"]);
	await button(screen_of(anna), "Talk").click();
	await screen_of(anna).getByText("Talking").waitFor();
	await sees(anna);
	await until("the resident's voice", () => house.door_state(), ({ level }) => level > HEARD_DBFS);
	await button(screen_of(anna), "Hang up").click();
	await gone(anna);
	await house.quiet();
	await house.leave(anna);
});

const house = await Building.open();
const browser = await app_browser();
house.browser = browser;
try {
	await run_tests({ house });
} finally {
	await browser.close();
	await house.close();
}
