import { useEffect, useState } from "preact/hooks";
import { api, audit_csv_href } from "../api/client.ts";
import type { AuditEntry, List } from "../api/types.ts";
import {
	audit_changes, audit_field, audit_object, AUDIT_OBJECTS, audit_query, audit_sentence,
	type AuditAsk,
} from "../lib/audit.ts";
import { format_time } from "../lib/format.ts";
import { problem_from, useLoad } from "../lib/hooks.ts";
import { lang_current, t } from "../lib/i18n.ts";
import { problem_text } from "../lib/problem.ts";
import { toast } from "../lib/toast.ts";
import { Field } from "../ui/field.tsx";
import { Heading } from "../ui/heading.tsx";
import { Show } from "../ui/loaded.tsx";
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

function Line({ entry, zone }: { entry: AuditEntry; zone: string }) {
	return (
		<div class="line">
			<div class="stack tight">
				<h3>{audit_sentence(entry)}</h3>
				<p class="soft">
					{format_time(entry.at, lang_current(), zone)}
					{entry.address !== "" && <>{" · "}<span class="mono">{entry.address}</span></>}
				</p>
				<Changes entry={entry} />
			</div>
		</div>
	);
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

export function Audit({ site }: TabProps) {
	const [query, set_query] = useState("");
	const first = useLoad(`${site.id}?${query}`, () => api.audit(site.id, query, null));
	const [held, set_held] = useState<List<AuditEntry> | null>(null);
	const [busy, set_busy] = useState(false);
	useEffect(() => set_held(first.data), [first.data]);

	const more = async () => {
		if (busy || held === null || held.next === null)
			return;
		set_busy(true);
		try {
			const page = await api.audit(site.id, query, held.next);
			set_held({ items: [...held.items, ...page.items], next: page.next });
		} catch (error) {
			toast(problem_text(problem_from(error)), true);
		}
		set_busy(false);
	};
	return (
		<div class="stack">
			<Heading text={t("audit.title")} part_of={site.name}>
				<a class="button" href={audit_csv_href(site.id, query)} download="audit.csv">
					{t("audit.export")}
				</a>
			</Heading>
			<Search ask={(ask) => set_query(audit_query(ask))} />
			<Show of={first}>
				{() => held === null || held.items.length === 0
					? <div class="card empty"><h3>{t("audit.empty")}</h3>
						<p class="soft">{t("audit.empty_text")}</p></div>
					: <ul class="list" aria-label={t("audit.title")}>
						{held.items.map((entry) => (
							<li key={entry.id}><Line entry={entry} zone={site.zone} /></li>
						))}
					</ul>}
			</Show>
			{held !== null && held.next !== null && (
				<div><button onClick={more} aria-disabled={busy}>
					{busy ? t("working") : t("audit.more")}
				</button></div>
			)}
		</div>
	);
}
