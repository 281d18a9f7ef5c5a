// Makes the picture of the README: the calls page after a missed bell, an answered one with an
// opening, and while somebody talks.
//
//   node tests/e2e/picture.mjs [FILE]     by default doc/portal.png
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { browser_open, sign_in, Stage, visitor } from "./lib.mjs";

const FILE = process.argv[2]
	?? join(dirname(fileURLToPath(import.meta.url)), "../../doc/portal.png");
const SIZE = { width: 1080, height: 520 };
const TALK = "0:12"; // as long as it takes to let somebody in

async function take(browser, stage) {
	const page = await visitor(browser, { size: SIZE, scale: 1.5 });
	await sign_in(page, stage.demo.http, stage.user("site_admin"));
	await page.goto(`${stage.demo.http}/sites/${stage.demo.site_id}/calls`);
	const door = await visitor(browser);
	await door.goto(stage.demo.door.http);
	await door.getByText("· registered").waitFor();
	const bell = door.getByRole("button", { name: "Ring" });
	const call = page.getByRole("table", { name: "Calls" }).getByRole("row").nth(1);

	await bell.click();
	await call.getByText("Ringing").waitFor();
	await stage.do("rings");
	await bell.click(); // again: hangs up
	await call.getByText("Missed").waitFor();
	for (const last of [false, true]) {
		await door.getByText("no call").waitFor();
		await bell.click();
		await call.getByText("Ringing").waitFor();
		await stage.do("rings");
		await stage.do("accept");
		await call.getByText("Talking").waitFor();
		if (last)
			break;
		await call.getByText(TALK).waitFor();
		await stage.do("keys", { text: stage.demo.door.unlock_code });
		await call.getByText(/^Opened by/).waitFor();
		await stage.do("hang_up");
		await call.getByText("Answered", { exact: true }).waitFor();
	}
	await call.getByText("0:03").waitFor();
	await page.mouse.move(0, 0); // no row is under it
	await page.screenshot({ path: FILE });
}

const stage = await Stage.open();
const browser = await browser_open();
try {
	await take(browser, stage);
} finally {
	await browser.close();
	await stage.close();
}
