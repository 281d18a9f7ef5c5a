import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { AuditEntry, Button, Call, LiveEvent } from "../src/api/types.ts";
import { audit_changes, audit_query, audit_sentence } from "../src/lib/audit.ts";
import {
	call_begin, call_part, call_status, call_talk_ms, calls_merge, opening_how, stream_loss,
} from "../src/lib/calls.ts";
import {
	day_start, format_duration, format_time, format_wait, zone_midnight, zone_valid,
} from "../src/lib/format.ts";
import en from "../src/catalogue/en.json";
import { fill, lang_load, lang_name, lang_pick, LANGS, t, type Key } from "../src/lib/i18n.ts";
import { backoff_ms, live_parse, live_url } from "../src/lib/live.ts";
import { registrar_parse } from "../src/lib/registrar.ts";
import { countries } from "../src/lib/countries.ts";
import { grants_allow, RIGHTS, roles_grantable, USER_ROLES, type Right } from "../src/lib/rights.ts";
import { fold, rows_filter, rows_sort } from "../src/lib/table.ts";
import { theme_pick } from "../src/lib/theme.ts";
import { route_parse, site_href } from "../src/lib/router.ts";
import {
	check_buttons, check_email, check_line, check_new_password, check_port, check_snapshot_url,
	check_switches, check_unlock_code, next_button, next_switch,
} from "../src/lib/validate.ts";
import { minute_parse, minute_text, quiet_days, weekday_names } from "../src/lib/quiet.ts";
import {
	DESTINATIONS_MAX, ring_add, ring_at, ring_length, ring_move, ring_remove, ring_steps, step_choices,
} from "../src/lib/ring.ts";

const call = (id: string, started_at: number, more: Partial<Call> = {}): Call => ({
	id, started_at, from_device: "1234567890", from_name: null, answered_at: null,
	ended_at: null, state: "ringing", result: null, answered_by: null, answered_by_name: null,
	rang_at: null, picture_at: null, test: false, opened: [], ...more,
});
const button = (n: number): Button => ({ button: n, label: "", destinations: [] });

test("calls: newest first, replaced by id", () => {
	const merged = calls_merge([call("1", 10), call("2", 20)],
		[call("3", 30), call("1", 10, { state: "ended" })]);
	assert.deepEqual(merged.map((one) => one.id), ["3", "2", "1"]);
	assert.equal(merged[2]?.state, "ended");
});

test("calls: time talked", () => {
	assert.equal(call_talk_ms(call("1", 0), 99), null);
	assert.equal(call_talk_ms(call("1", 0, { answered_at: 10 }), 99), 89);
	assert.equal(call_talk_ms(call("1", 0, { answered_at: 10 }), 5), 0);
	assert.equal(call_talk_ms(call("1", 0, { answered_at: 10, ended_at: 40 }), 99), 30);
});

test("calls: one that begins is there once the feed tells of it", async () => {
	let tell: (event: LiveEvent | null) => void = () => assert.fail("nobody listens");
	let open = 0;
	const listen = (fn: typeof tell) => {
		tell = fn;
		open++;
		return () => void open--;
	};
	const event = (type: string, id: string) => ({ cursor: 1, type, id }) as unknown as LiveEvent;
	let there = "";
	const begun = call_begin(listen, async () => ({ id: "7" })).then((id) => there = id);
	await Promise.resolve();
	tell(event("device", "7"));
	tell(event("call", "6"));
	tell(null);
	await new Promise(setImmediate);
	assert.equal(there, "");
	tell(event("call", "7"));
	await begun;
	assert.equal(there, "7");
	const early = call_begin(listen, async () => {
		tell(event("call", "8"));
		return { id: "8" };
	});
	assert.equal(await early, "8");
	await assert.rejects(call_begin(listen, async () => { throw new Error("no"); }), /no/);
	assert.equal(open, 0);
});

test("calls: status", () => {
	assert.equal(call_status(call("1", 0)), "call.ringing");
	assert.equal(call_status(call("1", 0, { answered_at: 1 })), "call.talking");
	assert.equal(call_status(call("1", 0, { ended_at: 1 })), "call.ended");
	assert.equal(call_status(call("1", 0, { ended_at: 1, result: "missed" })), "call.missed");
	assert.equal(opening_how("dtmf"), "opening.code");
	assert.equal(opening_how("notice"), "opening.notice");
	assert.equal(opening_how("by magic"), null);
});

test("what became of a device, and how much of its sound was missing", () => {
	assert.equal(call_part("unreachable"), "call.part_unreachable");
	assert.equal(call_part("of a later server"), null);
	const stream = { device: "1", name: "Door", kind: "audio", codec: "PCMU", jitter_us: 0, sent: 0 } as const;
	assert.equal(stream_loss({ ...stream, packets: 95, lost: 5 }), 0.05);
	assert.equal(stream_loss({ ...stream, packets: 0, lost: 0 }), 0);
});

test("format: how long to wait", () => {
	assert.equal(format_wait(60, "en"), "60 seconds");
	assert.match(format_wait(90.5, "fr"), /^2\sminutes$/);
	assert.match(format_wait(1, "fr"), /^1\sseconde$/);
});

test("format: durations", () => {
	assert.equal(format_duration(-5), "0:00");
	assert.equal(format_duration(65_999), "1:05");
	assert.equal(format_duration(3_725_000), "1:02:05");
});

test("format: times in the site's zone and the reader's language", () => {
	const at = Date.UTC(2026, 0, 2, 23, 30, 0);
	assert.match(format_time(at, "en", "Europe/Prague"), /Jan 3, 2026, 12:30:00\sAM/);
	assert.match(format_time(at, "fr", "America/New_York"), /2 janv\. 2026.*18:30:00/);
	assert.equal(format_time(at, "en", "No/Where"), format_time(at, "en", "UTC"));
	assert.equal(zone_valid(""), false);
});

test("format: when the day began", () => {
	const at = Date.UTC(2026, 0, 2, 23, 30, 1, 5);
	assert.equal(day_start(at, "Europe/Prague"), Date.UTC(2026, 0, 2, 23));
	assert.equal(day_start(at, "America/New_York"), Date.UTC(2026, 0, 2, 5));
	assert.equal(day_start(Date.UTC(2026, 0, 2), "UTC"), Date.UTC(2026, 0, 2));
});

test("format: when a zone has its midnight, also where summer time begins", () => {
	assert.equal(zone_midnight(Date.UTC(2026, 0, 2), "Europe/Prague"), Date.UTC(2026, 0, 1, 23));
	assert.equal(zone_midnight(Date.UTC(2026, 2, 29), "Europe/Prague"), Date.UTC(2026, 2, 28, 23));
	assert.equal(zone_midnight(Date.UTC(2026, 2, 30), "Europe/Prague"), Date.UTC(2026, 2, 29, 22));
	assert.equal(zone_midnight(Date.UTC(2026, 0, 2), "Pacific/Kiritimati"), Date.UTC(2026, 0, 1, 10));
	assert.equal(zone_midnight(NaN, "UTC"), NaN);
});

test("table: narrowed by all words, without case and accents", () => {
	const rows = ["Éva Nováková", "Jan Novak", "Zoe"];
	const of = (row: string) => row;
	assert.equal(fold("ÉŠ"), "es");
	assert.deepEqual(rows_filter(rows, " NOVAK ", of), ["Éva Nováková", "Jan Novak"]);
	assert.deepEqual(rows_filter(rows, "nova eva", of), ["Éva Nováková"]);
	assert.equal(rows_filter(rows, " ", of), rows);
	assert.deepEqual(rows_filter(rows, "x", of), []);
});

test("table: sorted as people count, what is missing last, equals in their order", () => {
	const rows = [["b", "10"], ["a", "9"], ["c", null], ["d", "9"]] as const;
	const names = (down: boolean) =>
		rows_sort(rows, ([, value]) => value, down, "en").map(([name]) => name).join("");
	assert.equal(names(false), "adbc");
	assert.equal(names(true), "badc");
	assert.deepEqual(rows_sort([3, 20, 1], (n) => n, false, "en"), [1, 3, 20]);
});

test("theme: the stored one, else the system's", () => {
	assert.equal(theme_pick("dark"), "dark");
	assert.equal(theme_pick("pink"), "auto");
	assert.equal(theme_pick(null), "auto");
});

test("i18n: choice and placeholders", () => {
	assert.equal(lang_pick(null, ["sv", "de-AT", "en"]), "de");
	assert.equal(lang_pick("en", ["fr"]), "en");
	assert.equal(lang_pick(null, ["sv"]), "en");
	assert.equal(fill("{a} and {b}", { a: 1 }, "en"), "1 and {b}");
});

test("i18n: numbers as the language prints them, numbers that are names as they are", () => {
	assert.equal(fill("{n}", { n: 20_000 }, "de"), "20.000");
	assert.match(fill("{n}", { n: 20_000 }, "fr"), /^20\s000$/);
	assert.equal(fill("{n}", { n: "20000" }, "de"), "20000");
});

test("i18n: plurals, with the forms of the language", () => {
	const files = "{n, plural, one {# plik} few {# pliki} many {# plików} other {# pliku}}";
	assert.deepEqual([0, 1, 2, 5, 12, 22, 25].map((n) => fill(files, { n }, "pl")),
		["0 plików", "1 plik", "2 pliki", "5 plików", "12 plików", "22 pliki", "25 plików"]);
	const rows = "({n, plural, one {# ligne} other {# lignes}}) {x}";
	assert.deepEqual([0, 1, 2].map((n) => fill(rows, { n, x: "$&" }, "fr")),
		["(0 ligne) $&", "(1 ligne) $&", "(2 lignes) $&"]);
	assert.match(fill(rows, { n: 1e6 }, "fr"), /^\(1\s000\s000 lignes\) \{x\}$/); // "many" is not there
});

// Whatever is counted: no text keeps a placeholder, a brace or a number's place.
test("i18n: every text of every language can be filled", async () => {
	const keys = (Object.keys(en) as Key[]).filter((key) => !key.startsWith("mail."));
	const places = [...JSON.stringify(en).matchAll(/\{(\w+)[,}]/g)].map(([, name = ""]) => name);
	for (const lang of LANGS) {
		await lang_load(lang);
		assert.notEqual(lang_name(lang), "");
		for (const n of [0, 1, 2, 5, 22, 1_000_000]) {
			const values = Object.fromEntries(places.map((name) => [name, n]));
			for (const key of keys)
				assert.doesNotMatch(t(key, values), /[{}#]|plural/, `${lang}: ${key}`);
		}
	}
});

test("live: back-off doubles and stays within its limits", () => {
	assert.equal(backoff_ms(0, 0), 250);
	assert.equal(backoff_ms(0, 1), 500);
	assert.equal(backoff_ms(3, 1), 4_000);
	assert.equal(backoff_ms(1_000, 1), 30_000);
});

test("live: address and messages", () => {
	assert.equal(live_url("https://a.example", "5", null),
		"wss://a.example/api/v1/live?site=5");
	assert.equal(live_url("http://a.example:8080", "5", "9&1"),
		"ws://a.example:8080/api/v1/live?site=5&cursor=9%261");
	assert.equal(live_parse('{"cursor":"1","type":"call","site":"5","id":"7"}')?.id, "7");
	for (const bad of ["", "{", "null", "[]", '{"type":"x"}', '{"cursor":1,"type":2}', 7])
		assert.equal(live_parse(bad), null);
});

test("registrar: host and port, and the page's host for a server that listens everywhere", () => {
	assert.deepEqual(registrar_parse("192.0.2.1:5060", "x"), { host: "192.0.2.1", port: "5060" });
	assert.deepEqual(registrar_parse("0.0.0.0:5060", "x"), { host: "x", port: "5060" });
	assert.deepEqual(registrar_parse("[::]:5070", "[2001:db8::1]"),
		{ host: "2001:db8::1", port: "5070" });
	assert.deepEqual(registrar_parse("[2001:db8::2]:5060", "x"),
		{ host: "2001:db8::2", port: "5060" });
});

test("rights: a grant holds at its site only, or everywhere without one", () => {
	const manager = { role: "site_admin", company_id: "1", site_id: "5",
		apartment_id: null };
	const owner = { role: "company_admin", company_id: "1", site_id: null,
		apartment_id: null };
	assert.equal(grants_allow([manager], "device_edit", "5"), true);
	assert.equal(grants_allow([manager], "device_edit", "6"), false);
	assert.equal(grants_allow([manager], "site_delete", "5"), false);
	assert.equal(grants_allow([manager, owner], "site_delete", "6"), true);
	assert.equal(grants_allow([], "device_read", "5"), false);
});

test("rights: an apartment's admin has them in that apartment only", () => {
	const grants = [{ role: "apartment_admin", company_id: "1", site_id: "2", apartment_id: "3" }];
	assert.equal(grants_allow(grants, "home_edit", "2", "3"), true);
	assert.equal(grants_allow(grants, "home_edit", "2", "4"), false);
	assert.equal(grants_allow(grants, "home_edit", "5", "3"), false);
	assert.equal(grants_allow(grants, "site_read", "2"), true);
});

test("rights: nobody grants a role above the own", () => {
	const of = (role: string, site_id: string | null) =>
		[{ role, company_id: "1", site_id, apartment_id: null }];
	assert.deepEqual(roles_grantable(of("company_admin", null), "2"), USER_ROLES);
	assert.deepEqual(roles_grantable(of("site_admin", "2"), "2"),
		["site_admin", "site_user", "site_user_no_login"]);
	assert.deepEqual(roles_grantable(of("site_admin", "3"), "2"), []);
	assert.deepEqual(roles_grantable(of("apartment_admin", "2"), "2"), []);
	assert.deepEqual(roles_grantable(of("operator", null), "2"), []);
});

test("countries: each once, by the name that the reader knows", () => {
	const english = countries("en"), french = countries("fr");
	assert.equal(new Set(english.map(({ value }) => value)).size, english.length);
	assert.equal(english.length, 249);
	assert.equal(french.find(({ value }) => value === "DE")?.text, "Allemagne");
	assert.ok(english.every(({ value, text }) => text !== value));
});

test("rights: the same as the server's", () => {
	const source = readFileSync("../src/api/rights.c", "utf8");
	const names = [...(/names\[ROLES\] = \{([^}]*)\}/.exec(source)?.[1] ?? "").matchAll(/"(\w+)"/g)]
		.map((found) => found[1]);
	const rows = [...source.matchAll(/\[RIGHT_(\w+)\] = +\{([^}]*)\}/g)];
	assert.equal(names.length, 6);
	assert.deepEqual(rows.map((row) => row[1]?.toLowerCase()).sort(), Object.keys(RIGHTS).sort());
	for (const [, right = "", flags = ""] of rows) {
		const roles = names.filter((_, at) => flags.split(",")[at]?.trim() === "true");
		assert.deepEqual([...RIGHTS[right.toLowerCase() as Right]].sort(), roles.sort(), right);
	}
});

test("router: paths and back", () => {
	assert.deepEqual(route_parse("/"), { page: "sites" });
	assert.deepEqual(route_parse("/sites/"), { page: "sites" });
	assert.deepEqual(route_parse("/setup"), { page: "setup" });
	assert.deepEqual(route_parse("/sites/5"),
		{ page: "site", site: "5", tab: "overview", item: null });
	assert.deepEqual(route_parse(site_href("a/b", "calls", "7")),
		{ page: "site", site: "a/b", tab: "calls", item: "7" });
	for (const path of ["/x", "/sites/5/x", "/sites/5/calls/7/8", "/setup/x"])
		assert.deepEqual(route_parse(path), { page: "missing" });
	assert.equal(route_parse("/sites/%zz").page, "site");
});

test("validate: fields", () => {
	assert.equal(check_email(" "), "field.required");
	assert.equal(check_email("a@"), "field.email");
	assert.equal(check_email(" a@b "), null);
	assert.equal(check_new_password("12345678901"), "field.password_short");
	assert.equal(check_new_password("123456789012"), null);
	assert.equal(check_unlock_code(""), null);
	assert.equal(check_unlock_code("00*"), null);
	assert.equal(check_unlock_code("12345678901234*"), null);
	for (const bad of ["0*", "00", "*00*", "00*#", "12a*", "123456789012345*"])
		assert.equal(check_unlock_code(bad), "field.unlock_code", bad);
});

test("validate: buttons", () => {
	assert.equal(check_buttons([button(1), button(150)]).size, 0);
	assert.deepEqual([...check_buttons([button(0), button(2), button(2), button(NaN)])], [
		[0, "field.button_number"], [2, "field.button_twice"], [3, "field.button_number"],
	]);
	assert.equal(next_button([button(1), button(3)]), 2);
	assert.equal(next_button([]), 1);
});

test("validate: switches, lines, ports", () => {
	const one = (number: number, code: string) => ({ number, code, name: "", owner: "platform" } as const);
	assert.equal(check_switches([one(1, "00*"), one(2, "11*")]).size, 0);
	assert.deepEqual([...check_switches([one(1, "300*"), one(2, "00*"), one(3, ""), one(4, "5")])], [
		[0, "field.code_clash"], [2, "field.required"], [3, "field.unlock_code"],
	]);
	assert.equal(next_switch([one(1, "00*"), one(3, "22*")]).number, 2);
	assert.equal(check_switches([one(1, "00*"), next_switch([one(1, "00*")])]).size, 0);
	for (const good of ["+33123456789", "+44 20 7946-0123", "+1 (212) 555.0100"])
		assert.equal(check_line(good), null, good);
	for (const bad of ["", "0123456789", "+0123456789", "+123456", "+1234567890123456", "+33 12a45678"])
		assert.equal(check_line(bad), "field.line", bad);
	for (const bad of ["", "0", "65536", "5o60", "-1"])
		assert.equal(check_port(bad), "field.port", bad);
	assert.equal(check_port("65535"), null);
});

test("a camera's address names a host and nobody", () => {
	for (const good of ["", "http://192.168.1.20/a.jpg?b=c", "https://door:8443", "http://[fd00::1]/a"])
		assert.equal(check_snapshot_url(good), null, good);
	for (const bad of ["192.168.1.20/a.jpg", "ftp://door/a", "http://", "http:///a",
		"http://eye:secret@door/", "http://door/a b"])
		assert.equal(check_snapshot_url(bad), "field.snapshot_url", bad);
});

test("ring: devices are put on buttons, moved, timed and taken off", () => {
	const bell = ring_add(ring_add(button(1), "a", 20), "b");
	assert.deepEqual(bell.destinations, [{ device: "b", after_s: 0 }, { device: "a", after_s: 20 }]);
	assert.equal(ring_add(bell, "a"), bell);
	const [left, landed] = ring_move(bell, button(2), "a");
	assert.deepEqual(left.destinations, [{ device: "b", after_s: 0 }]);
	assert.deepEqual(landed.destinations, [{ device: "a", after_s: 20 }]);
	assert.deepEqual(ring_move(bell, ring_add(button(2), "a"), "a")[0], bell);
	assert.deepEqual(ring_remove(bell, "b").destinations, [{ device: "a", after_s: 20 }]);
	assert.equal(ring_at(bell, "b", 45).destinations[1]?.device, "b");
	let full = button(3);
	for (let n = 0; n < DESTINATIONS_MAX + 3; n++)
		full = ring_add(full, String(n));
	assert.equal(full.destinations.length, DESTINATIONS_MAX);
});

test("ring: the picture's steps, and how long it is", () => {
	const bell = ring_add(ring_add(ring_add(button(1), "a", 20), "b"), "c", 20);
	assert.deepEqual(ring_steps(bell),
		[{ after_s: 0, devices: ["b"] }, { after_s: 20, devices: ["a", "c"] }]);
	assert.equal(ring_length(bell), 80);
	assert.equal(ring_length(button(1)), 60);
	assert.deepEqual(step_choices(15), [0, 10, 15, 20, 30, 45, 60]);
});

test("quiet: days and minutes", () => {
	assert.deepEqual(weekday_names("en"), ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]);
	assert.deepEqual(quiet_days(1 | 64), [0, 6]);
	assert.equal(minute_text(1290), "21:30");
	assert.equal(minute_text(1440), "00:00");
	assert.equal(minute_text(7 * 60 + 5), "07:05");
	assert.deepEqual(["07:05", "23:59", "24:00", "07:60", "7:05", ""].map(minute_parse),
		[425, 1439, null, null, null, null]);
});

Object.assign(globalThis, { document: { documentElement: {} } }); // lang_load names the language

const entry = (more: Partial<AuditEntry>): AuditEntry => ({
	id: "1", at: 0, site_id: "1", site_name: "Own", person_id: "2", person_name: "Ann", address: "::1",
	verb: "change", object: "devices", object_id: "3", label: "Door", denied: false,
	before: null, after: null, ...more,
});

test("audit: sentences", async () => {
	await lang_load("en");
	assert.equal(audit_sentence(entry({})), "Ann changed device “Door”");
	assert.equal(audit_sentence(entry({ verb: "do", object: "credentials", label: "" })),
		"Ann carried out: SIP password");
	assert.equal(audit_sentence(entry({ verb: "delete", denied: true, object: "new-thing" })),
		"Ann was refused to delete new-thing “Door”");
});

test("audit: what changed", async () => {
	await lang_load("en");
	const of = (before: string | null, after: string | null) => audit_changes({ before, after });
	assert.deepEqual(of('{"id":"1","name":"a","n":1,"on":true}', '{"id":"1","name":"b","n":1}'),
		[{ field: "name", before: "a", after: "b" }]);
	assert.deepEqual(of(null, '{"id":"1","on":false,"list":[1],"none":null}'),
		[{ field: "on", before: null, after: "No" }, { field: "list", before: null, after: "[1]" }]);
	assert.deepEqual(of("not json", "[]"), []);
	assert.deepEqual(of(null, null), []);
});

test("audit: what is asked for", () => {
	assert.equal(audit_query({ q: " ", object: "", from: "", to: "" }, "UTC"), "");
	const query = new URLSearchParams(audit_query(
		{ q: "a&b", object: "users", from: "2026-03-01", to: "2026-03-01" }, "America/New_York"));
	assert.equal(query.get("q"), "a&b");
	assert.equal(query.get("object"), "users");
	assert.equal(Number(query.get("from")), Date.UTC(2026, 2, 1, 5));
	assert.equal(Number(query.get("to")) - Number(query.get("from")), 86_400_000);
});
