import { useState } from "preact/hooks";
import { api, audit_csv_href, type Place } from "../api/client.ts";
import type { AuditEntry } from "../api/types.ts";
import {
	audit_changes, audit_field, audit_object, AUDIT_OBJECTS, audit_query, audit_sentence,
	type AuditAsk,
} from "../lib/audit.ts";
import { format_time } from "../lib/format.ts";
import { lang_current, t } from "../lib/i18n.ts";
import { usePages } from "../lib/pages.ts";
import { Empty } from "../ui/empty.tsx";
import { Field } from "../ui/field.tsx";
import { Heading } from "../ui/heading.tsx";
import { Show } from "../ui/loaded.tsx";
import { Table, type Column, type Sorted } from "../ui/table.tsx";
import { ZoneNote } from "../ui/zone_note.tsx";
import type { TabProps } from "./site.tsx";

const NOTHING: AuditAsk = { q: "", object: "", from: "", to: "" };
const SEARCH_MAX = 100; // characters

function Changes({ entry }: { entry: AuditEntry }) {
	const changes = audit_changes(entry);
	if (changes.length === 0)
		return null;
	return (
		<details>
			<summary>{t("audit.changes", { n: changes.length })}</summary>
			<dl class="facts">
				{changes.map(({ field, before, after }) => (
					<div key={field}>
						<dt>{audit_field(field)}</dt>
						<dd>
							{before !== null && <del>{before}</del>}
							{before !== null && after !== null && " → "}
							{after !== null && <ins>{after}</ins>}
						</dd>
					</div>
				))}
			</dl>
		</details>
	);
}

// named: with the site that an entry is about.
function columns(zone: string, named: boolean): Column<AuditEntry>[] {
	return [
		{ key: "what", title: t("audit.what"), cell: (entry) => audit_sentence(entry) },
		{ key: "at", title: t("audit.at"), sort: ({ at }) => at, ordered: true,
			cell: ({ at }) => format_time(at, lang_current(), zone) },
		...(named ? [{ key: "site", title: t("audit.site"),
			sort: ({ site_name }: AuditEntry) => site_name,
			cell: ({ site_name }: AuditEntry) => site_name }] : []),
		{ key: "who", title: t("audit.who"), sort: ({ person_name }) => person_name,
			cell: ({ person_name }) => person_name },
		{ key: "address", title: t("audit.address"), sort: ({ address }) => address || null,
			cell: ({ address }) => <span class="mono">{address}</span> },
		{ key: "changes", title: t("audit.details"), cell: (entry) => <Changes entry={entry} /> },
	];
}

function options(): { value: string; text: string }[] {
	const seen = new Set<string>();
	const { compare } = new Intl.Collator(lang_current());
	const all = AUDIT_OBJECTS.map((value) => ({ value, text: audit_object(value) }))
		.filter(({ text }) => !seen.has(text) && seen.add(text))
		.sort((a, b) => compare(a.text, b.text));
	return [{ value: "", text: t("audit.everything") }, ...all];
}

function Search({ ask }: { ask: (ask: AuditAsk) => void }) {
	const [values, set_values] = useState(NOTHING);
	const set = (name: keyof AuditAsk) => (value: string) =>
		set_values((old) => ({ ...old, [name]: value }));
	return (
		<form class="card fields" role="search" onSubmit={(event) => {
			event.preventDefault();
			ask(values);
		}}>
			<Field label={t("audit.search")} name="q" value={values.q} set={set("q")}
				max={SEARCH_MAX} />
			<Field label={t("audit.object")} name="object" value={values.object}
				set={set("object")} options={options()} />
			<Field label={t("audit.from")} name="from" type="date" value={values.from}
				set={set("from")} />
			<Field label={t("audit.to")} name="to" type="date" value={values.to} set={set("to")} />
			<div class="row">
				<button class="primary" type="submit">{t("audit.find")}</button>
			</div>
		</form>
	);
}

interface TrailProps {
	of: Place;
	name: string;
	zone: string;
	empty: string;
}

// The trail of a site, or of a company with all of its sites, which are then named.
export function Trail({ of, name, zone, empty }: TrailProps) {
	const [wanted, set_wanted] = useState("");
	const [sorted, set_sorted] = useState<Sorted>({ key: "at", down: true });
	const query = sorted.down ? wanted : `${wanted}&order=at`;
	const entries = usePages<AuditEntry>(`${JSON.stringify(of)}?${query}`,
		(cursor) => api.audit(of, query, cursor));
	return (
		<div class="stack">
			<Heading text={t("audit.title")} part_of={name}>
				<a class="button" href={audit_csv_href(of, query)} download="audit.csv">
					{t("audit.export")}
				</a>
			</Heading>
			<Search ask={(ask) => set_wanted(audit_query(ask, zone))} />
			<Show of={entries.first}>
				{() => entries.items.length === 0
					? <Empty title={t("audit.empty")} text={empty} />
					: <Table label={t("audit.title")} columns={columns(zone, "company" in of)}
						rows={entries.items}
						id={({ id }) => id} name={audit_sentence} note={<ZoneNote zone={zone} />}
						order={{ ...sorted, set: set_sorted }}
						next={entries.next && { text: t("audit.more"), ...entries.next }} />}
			</Show>
		</div>
	);
}

export function Audit({ site }: TabProps) {
	return <Trail of={{ site: site.id }} name={site.name} zone={site.zone}
		empty={t("audit.empty_text")} />;
}
