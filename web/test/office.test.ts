// The pages above the sites: their words against the server's sources, their addresses and rights.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { AUDIT_OBJECTS } from "../src/lib/audit.ts";
import { MAIL_TEMPLATES } from "../src/lib/mails.ts";
import { grants_allow_company } from "../src/lib/rights.ts";
import { company_audit_href, mail_href, route_parse } from "../src/lib/router.ts";

const source = (name: string) => readFileSync(`../src/${name}`, "utf8");

interface Row {
	method: string;
	path: string;
	right: string;
	flags: string;
}

// The rows of the server's route table, each up to where the next one begins.
function routes(): Row[] {
	const table = /const struct route routes\[\] = \{(.*?)\n\};/s.exec(source("api/routes.c"))?.[1] ?? "";
	return table.split(/^\t\{ (?=")/m).slice(1).map((row) => {
		const [, method = "", path = "", right = ""] = /"(\w+)", "([^"]+)", (RIGHT_\w+)/.exec(row) ?? [];
		return { method, path, right, flags: row.match(/ROUTE_\w+/g)?.join(" ") ?? "" };
	});
}

// As record_wants and record_denied of src/api/record.c decide it.
const is_recorded = ({ method, right, flags }: Row) => right === "RIGHT_CREDENTIALS"
	|| (method !== "GET" && right !== "RIGHT_PUBLIC" && !flags.includes("ROUTE_UNRECORDED"));

test("audit: whatever the server records has a word", () => {
	const recorded = routes().filter(is_recorded);
	assert.ok(recorded.length > 40, "the route table is not read");
	assert.ok(recorded.every(({ path }) => path.startsWith("/")));
	for (const { method, path } of recorded) {
		const object = path.split("/").filter((word) => word !== "" && !word.startsWith(":")).at(-1);
		assert.ok(AUDIT_OBJECTS.includes(object ?? ""), `${method} ${path} needs a word in lib/audit.ts`);
	}
	for (const [, object = ""] of readFileSync("../ctl/person.c", "utf8").matchAll(/\.object = VIEW\("([^"]+)"\)/g))
		assert.ok(AUDIT_OBJECTS.includes(object), `${object} needs a word in lib/audit.ts`);
	const verbs = /verbs\[\] = \{([^}]*)\}/.exec(source("api/audit.c"))?.[1];
	assert.equal(verbs?.trim(), '"create", "change", "delete", "do", NULL');
});

test("mails: every template has a word", () => {
	const templates = [...source("office/mail_text.c").matchAll(/^\tTEMPLATE\((\w+)/gm)].map(([, name]) => name);
	assert.ok(templates.length >= 20, "the templates are not read");
	assert.deepEqual([...MAIL_TEMPLATES].sort(), templates.sort());
});

test("suspects: the page says what the guard does", () => {
	const [, quiet_ms] = /GUARD_SUSPECT_MS = (\d+)/.exec(source("sip/guard.h")) ?? [];
	const [, minutes] = /QUIET_MINUTES = (\d+)/.exec(readFileSync("src/pages/suspects.tsx", "utf8")) ?? [];
	assert.equal(Number(minutes) * 60_000, Number(quiet_ms));
});

test("routes: the pages above the sites", () => {
	assert.deepEqual(route_parse("/mails"), { page: "mails", item: null });
	assert.deepEqual(route_parse(mail_href("7")), { page: "mails", item: "7" });
	assert.deepEqual(route_parse("/suspects"), { page: "suspects" });
	assert.deepEqual(route_parse("/companies"), { page: "companies" });
	assert.deepEqual(route_parse(company_audit_href("3")), { page: "company-audit", company: "3" });
	for (const path of ["/mails/7/html", "/suspects/1", "/companies/3", "/companies/3/audit/1",
		"/companies/3/x"])
		assert.deepEqual(route_parse(path), { page: "missing" }, path);
});

test("rights: a company's are those of its own admins", () => {
	const of = (role: string, company_id: string | null, site_id: string | null = null) =>
		[{ role, company_id, site_id, apartment_id: null }];
	assert.equal(grants_allow_company(of("company_admin", "1"), "audit_read", "1"), true);
	assert.equal(grants_allow_company(of("company_admin", "1"), "audit_read", "2"), false);
	assert.equal(grants_allow_company(of("site_admin", "1", "5"), "audit_read", "1"), false);
	assert.equal(grants_allow_company(of("operator", null), "audit_read", "1"), false);
	assert.equal(grants_allow_company(of("operator", null), "company_read", "1"), true);
});
