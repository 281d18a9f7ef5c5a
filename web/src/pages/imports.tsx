import { useRef, useState } from "preact/hooks";
import { api, import_file_href } from "../api/client.ts";
import type { Import, Site } from "../api/types.ts";
import { format_number, format_time } from "../lib/format.ts";
import { problem_from, useLoad } from "../lib/hooks.ts";
import { lang_current, t, type Key } from "../lib/i18n.ts";
import { upload_problem_text } from "../lib/imports.ts";
import { go, site_href } from "../lib/router.ts";
import { Empty } from "../ui/empty.tsx";
import { Field } from "../ui/field.tsx";
import { Heading } from "../ui/heading.tsx";
import { Link } from "../ui/link.tsx";
import { Show } from "../ui/loaded.tsx";
import { Table, type Column } from "../ui/table.tsx";
import { ZoneNote } from "../ui/zone_note.tsx";
import type { TabProps } from "./site.tsx";

const FILE_MAX = 8 * 1024 * 1024; // the server's SHEET_FILE_MAX
const TYPES = ".csv,.txt,.tsv,.xls,.xlsx";
const ENCODINGS = ["utf-8", "utf-16", "windows-1250", "windows-1251", "windows-1252",
	"windows-1253", "windows-1254", "windows-1257", "iso-8859-1", "iso-8859-2", "iso-8859-15",
	"macintosh"];
const DELIMITERS: readonly { value: string; key: Key }[] = [
	{ value: "comma", key: "import.comma" },
	{ value: "semicolon", key: "import.semicolon" },
	{ value: "tab", key: "import.tab" },
	{ value: "bar", key: "import.bar" },
];

const STATES: Record<Import["state"], { key: Key; badge: string }> = {
	ready: { key: "import.ready", badge: "badge warn" },
	waiting: { key: "import.waiting", badge: "badge warn" },
	running: { key: "import.running", badge: "badge warn" },
	done: { key: "import.done", badge: "badge good" },
	failed: { key: "import.failed", badge: "badge bad" },
};

export function ImportState({ one }: { one: Import }) {
	const { key, badge } = STATES[one.state];
	return <span class={badge}>{t(key)}</span>;
}

function Upload({ site }: { site: string }) {
	const [delimiter, set_delimiter] = useState("auto");
	const [encoding, set_encoding] = useState("auto");
	const [busy, set_busy] = useState("");
	const [problem, set_problem] = useState("");
	const [over, set_over] = useState(false);
	const input = useRef<HTMLInputElement>(null);

	const send = async (file: File | null | undefined) => {
		if (!file || busy !== "")
			return;
		set_problem("");
		if (file.size > FILE_MAX)
			return set_problem(t("import.refusal.too_big"));
		set_busy(file.name);
		try {
			const made = await api.import_upload(site, file, { delimiter, encoding });
			return go(site_href(site, "import", made.id));
		} catch (error) {
			set_problem(upload_problem_text(problem_from(error)));
		}
		set_busy("");
		if (input.current !== null)
			input.current.value = ""; // the same file, corrected, is a change again
	};
	const automatic = { value: "auto", text: t("import.automatic") };
	return (
		<div class={over ? "card stack drop over" : "card stack drop"}
			onDragOver={(event) => {
				event.preventDefault();
				set_over(true);
			}}
			onDragLeave={() => set_over(false)}
			onDrop={(event) => {
				event.preventDefault();
				set_over(false);
				void send(event.dataTransfer?.files[0]);
			}}>
			<div class="field">
				<label for="import-file">{t("import.file")}</label>
				<input id="import-file" ref={input} type="file" accept={TYPES}
					aria-describedby="import-file-hint"
					onChange={(event) => send(event.currentTarget.files?.[0])} />
				<p class="soft" id="import-file-hint">{t("import.file_hint")}</p>
			</div>
			<details>
				<summary>{t("import.options")}</summary>
				<div class="halves options">
					<Field label={t("import.delimiter")} name="delimiter" value={delimiter}
						set={set_delimiter} options={[automatic, ...DELIMITERS.map(({ value, key }) =>
							({ value, text: t(key) }))]} />
					<Field label={t("import.encoding")} name="encoding" value={encoding}
						set={set_encoding} options={[automatic, ...ENCODINGS.map((value) =>
							({ value, text: value }))]} />
				</div>
			</details>
			<div role="status">
				{busy !== "" && (
					<p class="row"><span class="spin" aria-hidden="true" />
						{t("import.reading", { name: busy })}</p>
				)}
			</div>
			<div role="alert">{problem && <p class="note bad">{problem}</p>}</div>
		</div>
	);
}

function import_name({ name }: Import): string {
	return name || t("import.nameless");
}

function columns(site: Site): Column<Import>[] {
	return [
		{ key: "name", title: t("import.name"), sort: import_name, cell: (one) => (
			<Link href={site_href(site.id, "import", one.id)}>{import_name(one)}</Link>
		) },
		{ key: "at", title: t("import.at"), sort: ({ created_at }) => created_at,
			cell: ({ created_at }) => format_time(created_at, lang_current(), site.zone) },
		{ key: "rows", title: t("import.row_count"), sort: ({ rows }) => rows,
			cell: ({ rows }) => format_number(rows, lang_current()) },
		{ key: "state", title: t("device.status"), sort: ({ state }) => t(STATES[state].key),
			cell: (one) => <ImportState one={one} /> },
	];
}

export function Imports({ site }: TabProps) {
	const list = useLoad(site.id, () => api.imports(site.id));
	return (
		<div class="stack">
			<Heading text={t("import.title")} part_of={site.name} />
			<p>{t("import.text")}</p>
			<div class="row">
				<a class="button" download href={import_file_href(site.id, "/imports/template", "xlsx")}>
					{t("import.template_xlsx")}
				</a>
				<a class="button" download href={import_file_href(site.id, "/imports/template", "csv")}>
					{t("import.template_csv")}
				</a>
				<a class="button" download href={import_file_href(site.id, "/users/export", "xlsx")}>
					{t("import.export_xlsx")}
				</a>
				<a class="button" download href={import_file_href(site.id, "/users/export", "csv")}>
					{t("import.export_csv")}
				</a>
			</div>
			<Upload site={site.id} />
			<h3>{t("import.earlier")}</h3>
			<Show of={list}>
				{(items) => items.length === 0
					? <Empty title={t("import.none")} text={t("import.none_text")} level={4} />
					: <Table label={t("import.earlier")} columns={columns(site)} rows={items}
						id={({ id }) => id} name={import_name} note={<ZoneNote zone={site.zone} />} />}
			</Show>
		</div>
	);
}
