// How soon pages are there: the largest contentful paint with the processor slowed down four times,
// the median of some first visits (nothing cached). Prints a table; what a machine needs is no proof.
// Needs a build, the portal's dist and the browser tests' packages, which `make bench` sees to.
import { browser_open, largest_paint, sign_in, Stage, visitor } from "../tests/e2e/lib.mjs";

const VISITS = Number(process.argv[2] ?? 7);
const SLOWER = 4;

async function median(visit) {
	const all = [];
	for (let n = 0; n < VISITS; n++)
		all.push(await visit());
	all.sort((a, b) => a - b);
	return all[Math.floor(VISITS / 2)];
}

// A browser context for each visit, so that the first finds an empty cache.
async function first_visit(browser, url, cookies) {
	const page = await visitor(browser);
	await page.context().addCookies(cookies);
	const ms = await largest_paint(page, url, SLOWER);
	await page.context().close();
	return ms;
}

const stage = await Stage.open();
const browser = await browser_open();
try {
	const page = await visitor(browser);
	await sign_in(page, stage.demo.http, stage.user("site_admin"));
	const cookies = await page.context().cookies();
	const site = `${stage.demo.http}/sites/${stage.demo.site_id}`;
	const rows = [["sign-in", stage.demo.http, []], ["overview", site, cookies],
		["devices", `${site}/devices`, cookies], ["people", `${site}/people`, cookies],
		["calls", `${site}/calls`, cookies]];
	console.log(`page       largest paint, ms (median of ${VISITS}, processor ${SLOWER} times slower)`);
	for (const [name, url, with_cookies] of rows)
		console.log(name.padEnd(10), String(await median(() => first_visit(browser, url, with_cookies))).padStart(6));
} finally {
	await browser.close();
	await stage.close();
}
