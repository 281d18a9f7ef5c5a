import { useEffect, useState } from "preact/hooks";
import { api, import_file_href } from "../api/client.ts";
import type { Import, ImportFate, ImportRow } from "../api/types.ts";
import { format_number } from "../lib/format.ts";
import { problem_from, useLoad } from "../lib/hooks.ts";
import { lang_current, t } from "../lib/i18n.ts";
import {
	FATES, fate_badge, fate_text, import_runs, row_fault, row_home, row_name,
} from "../lib/imports.ts";
import { usePages } from "../lib/pages.ts";
import { problem_text } from "../lib/problem.ts";
import { go, site_href } from "../lib/router.ts";
import { toast } from "../lib/toast.ts";
import { Heading } from "../ui/heading.tsx";
import { Link } from "../ui/link.tsx";
import { Show } from "../ui/loaded.tsx";
import { Table, type Column } from "../ui/table.tsx";
import { ImportState } from "./imports.tsx";
import type { TabProps } from "./site.tsx";

const POLL_MS = 700; // how old the progress may be

function columns(done: boolean): Column<ImportRow>[] {
	return [
		{ key: "row", title: t("import.line"), sort: ({ row }) => row,
			cell: ({ row }) => t("import.row", { row: String(row) }) },
		{ key: "name", title: t("name"), sort: (row) => row_name(row) || null, cell: row_name },
		{ key: "email", title: t("email"), sort: ({ email }) => email || null,
			cell: ({ email }) => email },
		{ key: "home", title: t("apartments.one"), sort: (row) => row_home(row) || null,
			cell: row_home },
		{ key: "comment", title: t("import.comment"), cell: ({ comment }) => comment },
		{ key: "fate", title: t("import.fate"), sort: ({ fate }) => fate_text(fate, done),
			cell: (row) => <>
				<span class={fate_badge(row.fate)}>{fate_text(row.fate, done)}</span>
				{row.fault !== null && <p class="error">{row_fault(row)}</p>}
			</> },
	];
}

interface RowsProps {
	site: string;
	one: Import;
}

function Rows({ site, one }: RowsProps) {
	const [fate, set_fate] = useState<ImportFate | "">(one.fault > 0 ? "fault" : "");
	const rows = usePages<ImportRow>(`${one.id} ${one.state} ${fate}`,
		(cursor) => api.import_rows(site, one.id, fate, cursor));
	const done = one.state === "done";
	const count = (n: number) => format_number(n, lang_current());
	return (
		<>
			<div class="row" role="group" aria-label={t("import.filter")}>
				<button aria-pressed={fate === ""} onClick={() => set_fate("")}>
					{t("import.all")} ({count(one.rows)})
				</button>
				{FATES.filter((each) => one[each] > 0).map((each) => (
					<button key={each} aria-pressed={fate === each} onClick={() => set_fate(each)}>
						{fate_text(each, done)} ({count(one[each])})
					</button>
				))}
			</div>
			<Show of={rows.first}>
				{() => (
					<Table label={t("import.preview")} columns={columns(done)} rows={rows.items}
						id={({ row }) => String(row)} name={row_name}
						next={rows.next && { text: t("import.more"), ...rows.next }} />
				)}
			</Show>
		</>
	);
}

interface StartProps extends RowsProps {
	started: (one: Import) => void;
}

// Nothing is lost but the preview: the file is where it came from.
function Discard({ site, one }: RowsProps) {
	const [busy, set_busy] = useState(false);
	const discard = async () => {
		if (busy)
			return;
		set_busy(true);
		try {
			await api.import_delete(site, one.id);
			toast(t("import.discarded"));
			go(site_href(site, "import"));
		} catch (error) {
			toast(problem_text(problem_from(error)), true);
			set_busy(false);
		}
	};
	return <button class="danger" aria-disabled={busy} onClick={discard}>{t("import.discard")}</button>;
}

function Start({ site, one, started }: StartProps) {
	const [good_only, set_good_only] = useState(false);
	const [invite, set_invite] = useState(false);
	const [busy, set_busy] = useState(false);
	const [problem, set_problem] = useState("");
	const hopeless = one.fault === one.rows;
	const start = async () => {
		if (busy)
			return;
		if (one.fault > 0 && !good_only)
			return set_problem(t("import.choose"));
		set_busy(true);
		set_problem("");
		try {
			started(await api.import_start(site, one.id,
				{ good_rows_only: good_only, invite }));
		} catch (error) {
			set_problem(problem_text(problem_from(error)));
		}
		set_busy(false);
	};
	const discard = <Discard site={site} one={one} />;
	if (hopeless)
		return (
			<div class="card stack">
				<p class="note bad">{t("import.hopeless")}</p>
				<div class="row">{discard}</div>
			</div>
		);
	return (
		<div class="card stack">
			{one.fault > 0 && (
				<>
					<p>{t("import.faulty", { n: one.fault })}</p>
					<label class="check">
						<input type="checkbox" checked={good_only}
							onChange={(event) => set_good_only(event.currentTarget.checked)} />
						<span>{t("import.good_only")}</span>
					</label>
				</>
			)}
			<label class="check">
				<input type="checkbox" checked={invite}
					onChange={(event) => set_invite(event.currentTarget.checked)} />
				<span>{t("import.invite")}</span>
			</label>
			<div role="alert">{problem && <p class="note bad">{problem}</p>}</div>
			<div class="row">
				<button class="primary" aria-disabled={busy} onClick={start}>
					{busy ? t("working") : t("import.start")}
				</button>
				<Link href={site_href(site, "import")} class="button">{t("import.other")}</Link>
				{discard}
			</div>
		</div>
	);
}

function Progress({ one }: { one: Import }) {
	return (
		<div class="card stack">
			<p role="status">{t("import.progress", { done: one.done, rows: one.rows })}</p>
			<progress aria-label={t("import.running")} max={one.rows} value={one.done} />
		</div>
	);
}

function Result({ site, one }: RowsProps) {
	const path = `/imports/${encodeURIComponent(one.id)}/result`;
	return (
		<div class="card stack">
			<p role="status">{t("import.result", { made: one.create, added: one.add,
				kept: one.keep, left: one.fault })}</p>
			<div class="row">
				<a class="button" download href={import_file_href(site, path, "xlsx")}>
					{t("import.result_xlsx")}
				</a>
				<a class="button" download href={import_file_href(site, path, "csv")}>
					{t("import.result_csv")}
				</a>
				<Link href={site_href(site, "import")} class="button">{t("import.other")}</Link>
			</div>
		</div>
	);
}

function Next({ site, one, started }: StartProps) {
	if (import_runs(one))
		return <Progress one={one} />;
	if (one.state === "done")
		return <Result site={site} one={one} />;
	return (
		<>
			{one.state === "failed" && (
				<p class="note bad" role="alert">
					{one.error === "faults" ? t("import.failed_faults") : t("import.failed_server")}
				</p>
			)}
			<Start site={site} one={one} started={started} />
		</>
	);
}

export function ImportDetail({ site, listen, id }: TabProps & { id: string }) {
	const one = useLoad(`${site.id} ${id}`, () => api.import(site.id, id));
	useEffect(() => listen((event) => {
		if (event === null || event.type === "import")
			one.reload();
	}), [listen, one.reload]);
	useEffect(() => {
		if (one.data === null || !import_runs(one.data))
			return undefined;
		const timer = setTimeout(one.reload, POLL_MS);
		return () => clearTimeout(timer);
	}, [one.data, one.reload]);
	return (
		<div class="stack">
			<Link href={site_href(site.id, "import")}>{t("import.back")}</Link>
			<Show of={one}>
				{(found) => (
					<>
						<Heading text={found.name || t("import.nameless")} part_of={site.name}>
							<ImportState one={found} />
						</Heading>
						<Next site={site.id} one={found} started={one.set} />
						<Rows site={site.id} one={found} />
					</>
				)}
			</Show>
		</div>
	);
}
