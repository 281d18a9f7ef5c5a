import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { SessionEntry } from "../api/types.ts";
import { agent_name } from "../lib/agent.ts";
import { format_time, zone_here } from "../lib/format.ts";
import type { Loaded } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { toast } from "../lib/toast.ts";
import { Confirm } from "../ui/confirm.tsx";
import { DoMany } from "../ui/do_many.tsx";
import { Show } from "../ui/loaded.tsx";
import { Table, type Column } from "../ui/table.tsx";

interface Props {
	of: Loaded<SessionEntry[]>;
	lang: string;
}

function name_of({ agent }: SessionEntry): string {
	return agent_name(agent) ?? t("sessions.unknown");
}

function columns(lang: string, end: (one: SessionEntry) => void): Column<SessionEntry>[] {
	const time = (ms: number) => format_time(ms, lang, zone_here());
	return [
		{ key: "name", title: t("sessions.where"), sort: name_of, cell: (one) => <>
			{name_of(one)}{" "}
			{one.current && <span class="badge good">{t("sessions.current")}</span>}
		</> },
		{ key: "seen", title: t("sessions.seen"), sort: ({ seen_at }) => seen_at,
			cell: ({ seen_at }) => time(seen_at) },
		{ key: "since", title: t("sessions.since"), sort: ({ created_at }) => created_at,
			cell: ({ created_at }) => time(created_at) },
		{ key: "address", title: t("sessions.address"), sort: ({ address }) => address,
			cell: ({ address }) => <span class="mono">{address}</span> },
		{ key: "deeds", title: t("deeds"), cell: (one) => one.current ? null : (
			<button class="no-print" onClick={() => end(one)}>
				{t("sessions.end")}<span class="hidden"> {name_of(one)}</span>
			</button>
		) },
	];
}

// Where the account is signed in, and the way to end it there.
export function Sessions({ of, lang }: Props) {
	const [ending, set_ending] = useState<readonly SessionEntry[]>([]);
	const [ending_all, set_ending_all] = useState(false);
	return (
		<section class="card stack">
			<h2>{t("sessions.title")}</h2>
			<Show of={of}>
				{(list) => (
					<div class="stack">
						<Table label={t("sessions.title")} rows={list} id={({ id }) => id} name={name_of}
							columns={columns(lang, (one) => set_ending([one]))}
							actions={list.length < 2 ? [] : [{ text: t("sessions.end"), danger: true,
								act: (rows) => set_ending(rows.filter(({ current }) => !current)) }]} />
						{list.length > 1 && (
							<div><button class="danger" onClick={() => set_ending_all(true)}>
								{t("sessions.end_all")}
							</button></div>
						)}
					</div>
				)}
			</Show>
			{ending.length > 0 && (
				<DoMany title={t("sessions.end_ask", { n: ending.length })} yes={t("sessions.end")}
					danger rows={ending} name={name_of} act={(one) => api.me_session_end(one.id)}
					close={() => set_ending([])} done={() => {
						toast(t("sessions.ended"));
						of.reload();
					}}>
					<p>{t("sessions.end_text")}</p>
				</DoMany>
			)}
			{ending_all && (
				<Confirm title={t("sessions.end_all")} text={t("sessions.end_text")}
					yes={t("sessions.end")} close={() => set_ending_all(false)}
					act={async () => {
						await api.me_sessions_end();
						toast(t("sessions.ended"));
						of.reload();
					}} />
			)}
		</section>
	);
}
