// How soon a resident sees who rings: from the bell to the first frame in the app, in Chromium in
// front of the real programs on loopback. Prints the median.
//
//   node bench/app.mjs [ROUNDS]     by default 20
import { app_browser, Building } from "../tests/e2e/app_building.mjs";

const ROUNDS = Number(process.argv[2] ?? 20);

// In the page: the time of the first frame of the next call, by the clock of all programs.
function wait_for_picture() {
	globalThis.first = new Promise((done) => {
		const seen = new MutationObserver(() => {
			const video = document.querySelector(".call-picture");
			if (video === null)
				return;
			seen.disconnect();
			video.requestVideoFrameCallback(() => done(Date.now()));
		});
		seen.observe(document.body, { childList: true, subtree: true });
	});
}

const house = await Building.open();
const browser = await app_browser();
house.browser = browser;
try {
	const [page] = await house.residents(1);
	const times = [];
	for (let round = 0; round < ROUNDS; round++) {
		await page.evaluate(wait_for_picture);
		const bell = Date.now();
		await house.bell();
		times.push(await page.evaluate(() => globalThis.first) - bell);
		await house.bell(); // again: hangs up
		await page.getByRole("dialog").waitFor({ state: "detached" });
		await house.quiet();
	}
	times.sort((a, b) => a - b);
	console.log(`bell to first frame: median ${times[Math.floor(ROUNDS / 2)]} ms of ${ROUNDS}`
		+ ` (${times[0]} to ${times.at(-1)})`);
} finally {
	await browser.close();
	await house.close();
}
