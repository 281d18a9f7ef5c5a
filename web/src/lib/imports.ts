// What is said about imports of people. Pure.
import type { Problem } from "../api/client.ts";
import type { Import, ImportFate, ImportRow } from "../api/types.ts";
import { t, type Key } from "./i18n.ts";
import { problem_text } from "./problem.ts";

export const FATES: readonly ImportFate[] = ["create", "add", "keep", "fault"];

const FATE: Record<ImportFate, { will: Key; was: Key; badge: string }> = {
	create: { will: "import.create", was: "import.created", badge: "badge good" },
	add: { will: "import.add", was: "import.added", badge: "badge good" },
	keep: { will: "import.keep", was: "import.kept", badge: "badge" },
	fault: { will: "import.fault", was: "import.left_out", badge: "badge bad" },
};

// Of a row.
const FAULT: Record<string, Key> = {
	too_long: "import.fault.too_long",
	number_missing: "import.fault.number_missing",
	name_missing: "import.fault.name_missing",
	email_invalid: "import.fault.email_invalid",
	email_twice: "import.fault.email_twice",
	row_twice: "import.fault.row_twice",
};

// Of a file.
const REFUSAL: Record<string, Key> = {
	broken: "import.refusal.broken",
	locked: "import.refusal.locked",
	too_big: "import.refusal.too_big",
	rows: "import.refusal.rows",
	columns: "import.refusal.columns",
	cell: "import.refusal.cell",
	quote: "import.refusal.quote",
	charset: "import.refusal.charset",
	empty: "import.refusal.empty",
	header: "import.refusal.header",
	header_twice: "import.refusal.header_twice",
	no_rows: "import.refusal.no_rows",
};

const FIELD: Record<string, Key> = {
	floor: "apartment.floor",
	number: "import.number",
	apartment: "import.apartment",
	first_name: "import.first_name",
	surname: "import.surname",
	email: "email",
	comment: "import.comment",
};

export function fate_text(fate: ImportFate, done: boolean): string {
	return t(done ? FATE[fate].was : FATE[fate].will);
}

export function fate_badge(fate: ImportFate): string {
	return FATE[fate].badge;
}

export function row_name(row: ImportRow): string {
	return [row.first_name, row.surname].filter((part) => part !== "").join(" ");
}

// "Floor 1 · 12 · Smith", as far as the row says it.
export function row_home(row: ImportRow): string {
	return [row.floor === "" ? "" : t("apartment.on_floor", { floor: row.floor }), row.number,
		row.apartment].filter((part) => part !== "").join(" · ");
}

export function row_fault(row: ImportRow): string {
	const key = FAULT[row.fault ?? ""];
	const field = FIELD[row.field ?? ""];
	const text = key === undefined ? row.detail ?? "" : t(key, { row: String(row.other_row ?? 0) });
	return field === undefined ? text : t("said_of", { name: t(field), text });
}

export function refusal_text({ body }: Problem): string | null {
	const key = REFUSAL[body.fault ?? ""];
	if (key === undefined)
		return null;
	const { row = 0, column = 0 } = body;
	if (row > 0 && column > 0)
		return `${t("import.at_cell", { row: String(row), column: String(column) })} ${t(key)}`;
	return row > 0 ? `${t("import.at_row", { row: String(row) })} ${t(key)}` : t(key);
}

export function upload_problem_text(problem: Problem): string {
	return problem.status === 413 ? t("import.refusal.too_big")
		: refusal_text(problem) ?? problem_text(problem);
}

export function import_runs(one: Import): boolean {
	return one.state === "waiting" || one.state === "running";
}
