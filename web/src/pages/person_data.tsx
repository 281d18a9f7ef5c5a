import { useState } from "preact/hooks";
import { api, person_data_href } from "../api/client.ts";
import type { PersonData as Data, PersonRow } from "../api/types.ts";
import { format_time } from "../lib/format.ts";
import { useLoad } from "../lib/hooks.ts";
import { lang_current, t, type Key } from "../lib/i18n.ts";
import { toast } from "../lib/toast.ts";
import { Confirm } from "../ui/confirm.tsx";
import { Heading } from "../ui/heading.tsx";
import { Show } from "../ui/loaded.tsx";
import { ZoneNote } from "../ui/zone_note.tsx";
import type { TabProps } from "./site.tsx";

const SECTIONS: readonly { name: string; key: Key }[] = [
	{ name: "account", key: "data.account" },
	{ name: "roles", key: "data.roles" },
	{ name: "memberships", key: "data.memberships" },
	{ name: "apartments", key: "apartments.title" },
	{ name: "sessions", key: "data.sessions" },
	{ name: "links", key: "data.links" },
	{ name: "second_factor", key: "data.second_factor" },
	{ name: "passkeys", key: "passkey.title" },
	{ name: "mails", key: "data.mails" },
	{ name: "actions", key: "data.actions" },
	{ name: "mentions", key: "data.mentions" },
	{ name: "tickets", key: "data.tickets" },
	{ name: "messages", key: "data.messages" },
	{ name: "calls", key: "calls.title" },
];

const REFUSED: Record<string, Key> = {
	elsewhere: "erase.elsewhere",
	last_administrator: "erase.last_administrator",
	oneself: "erase.oneself",
};

function shown(name: string, value: string | number, zone: string): string {
	const is_time = typeof value === "number" && (name === "at" || name.endsWith("_at"));
	return is_time ? format_time(value, lang_current(), zone) : String(value);
}

// The names are those of the document that is handed over.
function Row({ row, zone }: { row: PersonRow; zone: string }) {
	return (
		<dl class="facts pairs">
			{Object.entries(row).map(([name, value]) => value !== null && value !== "" && (
				<div key={name}>
					<dt>{name.replaceAll("_", " ")}</dt>
					<dd>{shown(name, value, zone)}</dd>
				</div>
			))}
		</dl>
	);
}

// What there is, section by section; the account itself is open.
export function Sections({ data, zone }: { data: Data; zone: string }) {
	return (
		<>
			{SECTIONS.map(({ name, key }) => {
				const rows = data[name] as PersonRow[] | undefined;
				return rows !== undefined && rows.length > 0 && (
					<details key={name} class="card" open={name === "account"}>
						<summary>{t("data.section", { name: t(key), n: rows.length })}</summary>
						<ul class="stack">
							{rows.map((row, index) => (
								<li key={index}><Row row={row} zone={zone} /></li>
							))}
						</ul>
					</details>
				);
			})}
		</>
	);
}

function Erase({ site, user, erased }: { site: string; user: string; erased: () => void }) {
	const preview = useLoad(`${site}/${user}/erase`, () => api.erase_preview(site, user));
	const [asking, set_asking] = useState(false);
	return (
		<div class="card stack">
			<h3>{t("erase.title")}</h3>
			<Show of={preview}>
				{(found) => (
					<div class="stack">
						<p>{t("erase.text", {
							roles: found.roles, apartments: found.apartments,
							sessions: found.sessions, mails: found.mails, entries: found.entries,
						})}</p>
						{found.refused !== null
							? <p class="note">{t(REFUSED[found.refused] ?? "problem.refused")}</p>
							: <div><button class="danger" onClick={() => set_asking(true)}>
								{t("erase.do")}
							</button></div>}
					</div>
				)}
			</Show>
			{asking && (
				<Confirm title={t("erase.ask")} text={t("erase.ask_text")} yes={t("erase.do")}
					close={() => set_asking(false)}
					act={async () => {
						const { name } = await api.erase(site, user);
						toast(t("erase.done", { name }));
						erased();
					}} />
			)}
		</div>
	);
}

export function PersonData({ site, id, erased }: TabProps & { id: string; erased: () => void }) {
	const data = useLoad(`${site.id}/${id}`, () => api.person_data(site.id, id));
	return (
		<div class="stack">
			<Heading text={t("data.title")} part_of={site.name}>
				<a class="button" href={person_data_href(site.id, id)} download="person.json">
					{t("data.export")}
				</a>
			</Heading>
			<ZoneNote zone={site.zone} />
			<Show of={data}>
				{(found) => (
					<div class="stack">
						<Sections data={found} zone={site.zone} />
						<Erase site={site.id} user={id} erased={erased} />
					</div>
				)}
			</Show>
		</div>
	);
}
