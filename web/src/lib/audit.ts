// Entries of the trail as sentences, and what they changed. Pure.
import type { AuditEntry } from "../api/types.ts";
import { zone_midnight } from "./format.ts";
import { t, type Key } from "./i18n.ts";

const DAY_MS = 24 * 3600 * 1000;

// The last word of a route, as people call the thing; the API's own word for what is unknown here.
const OBJECTS: Record<string, Key> = {
	sites: "audit.object.site",
	"type-change": "audit.object.site_type",
	apartments: "audit.object.apartment",
	devices: "audit.object.device",
	buttons: "audit.object.buttons",
	test: "audit.object.test",
	directories: "audit.object.phone_directory",
	line: "audit.object.line",
	quiet: "audit.object.quiet",
	switches: "audit.object.switches",
	credentials: "audit.object.credentials",
	companies: "audit.object.company",
	admins: "audit.object.admin",
	users: "audit.object.user",
	residents: "audit.object.resident",
	invitation: "audit.object.invitation",
	"move-out": "audit.object.move_out",
	imports: "audit.object.import",
	start: "audit.object.import",
	erase: "audit.object.erase",
	contacts: "audit.object.contact",
	tickets: "audit.object.ticket",
	me: "audit.object.account",
	email: "audit.object.email",
	password: "audit.object.password",
	sessions: "audit.object.session",
	totp: "audit.object.second_factor",
	confirm: "audit.object.second_factor",
	passkeys: "audit.object.passkey",
	"recovery-codes": "audit.object.recovery_codes",
	kept: "audit.object.recovery_codes",
	retry: "audit.object.mail",
	forget: "audit.object.suspect",
};

const DONE: Record<AuditEntry["verb"], Key> = {
	create: "audit.create",
	change: "audit.change",
	delete: "audit.delete",
	do: "audit.do",
};

const DENIED: Record<AuditEntry["verb"], Key> = {
	create: "audit.denied_create",
	change: "audit.denied_change",
	delete: "audit.denied_delete",
	do: "audit.denied_do",
};

const FIELDS: Record<string, Key> = {
	name: "name",
	email: "email",
	number: "apartment.number",
	floor: "apartment.floor",
	label: "button.label",
	kind: "device.kind",
	type: "site.type",
	zone: "site.zone",
	language: "site.language",
	apartment_id: "device.apartment",
	phone: "contact.phone",
	role: "contact.role",
	purpose: "contact.purpose",
};

export const AUDIT_OBJECTS: readonly string[] = Object.keys(OBJECTS);

export function audit_object(word: string): string {
	const key = OBJECTS[word];
	return key === undefined ? word : t(key);
}

export function audit_sentence(entry: AuditEntry): string {
	const object = audit_object(entry.object);
	const what = entry.label === "" ? object
		: t("audit.named", { object, name: entry.label });
	return t((entry.denied ? DENIED : DONE)[entry.verb], { who: entry.person_name, what });
}

export function audit_field(name: string): string {
	const key = FIELDS[name];
	return key === undefined ? name.replaceAll("_", " ") : t(key);
}

export interface Change {
	field: string;
	before: string | null;
	after: string | null;
}

// What a device is at the moment, which nobody changed.
const MOMENTARY: readonly string[] = ["id", "online", "status", "transport"];

type Values = Record<string, unknown>;

function values_of(json: string | null): Values {
	try {
		const value: unknown = JSON.parse(json ?? "{}");
		return value !== null && typeof value === "object" ? value as Values : {};
	} catch {
		return {};
	}
}

function text_of(value: unknown): string | null {
	if (value === undefined || value === null || value === "")
		return null;
	if (typeof value === "boolean")
		return t(value ? "yes" : "no");
	return typeof value === "object" ? JSON.stringify(value) : String(value);
}

// The fields that differ. A field that only one side has differs when that side is all there is.
export function audit_changes({ before, after }: Pick<AuditEntry, "before" | "after">): Change[] {
	const old = values_of(before);
	const now = values_of(after);
	const both = before !== null && after !== null;
	const names = Object.keys({ ...old, ...now })
		.filter((name) => !MOMENTARY.includes(name) && (!both || (name in old && name in now)));
	return names
		.map((field) => ({ field, before: text_of(old[field]), after: text_of(now[field]) }))
		.filter((change) => change.before !== change.after);
}

export interface AuditAsk {
	q: string;
	object: string;
	from: string; // days as date inputs give them; empty: no bound
	to: string;
}

// The query of an ask; its days are those of the zone, and the last one belongs to it.
export function audit_query({ q, object, from, to }: AuditAsk, zone: string): string {
	const query = new URLSearchParams();
	const day_ms = (day: string, more: number) =>
		zone_midnight(Date.parse(`${day}T00:00:00Z`) + more * DAY_MS, zone);
	if (q.trim() !== "")
		query.set("q", q.trim());
	if (object !== "")
		query.set("object", object);
	if (from !== "" && day_ms(from, 0) > 0)
		query.set("from", String(day_ms(from, 0)));
	if (to !== "" && day_ms(to, 1) > 0)
		query.set("to", String(day_ms(to, 1)));
	return query.toString();
}
