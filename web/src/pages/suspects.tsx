import { api } from "../api/client.ts";
import type { Suspect } from "../api/types.ts";
import { format_time, zone_here } from "../lib/format.ts";
import { problem_from, useLoad, useRefresh } from "../lib/hooks.ts";
import { lang_current, t } from "../lib/i18n.ts";
import { problem_text } from "../lib/problem.ts";
import { useCan } from "../lib/rights.ts";
import { toast } from "../lib/toast.ts";
import { Empty } from "../ui/empty.tsx";
import { Heading } from "../ui/heading.tsx";
import { Show } from "../ui/loaded.tsx";
import { Table, type Column } from "../ui/table.tsx";

const REFRESH_MS = 5_000;
const QUIET_MINUTES = 10; // as GUARD_SUSPECT_MS in src/sip/guard.h

// forget: null for whoever may only look.
function columns(forget: ((address: string) => void) | null): Column<Suspect>[] {
	const number = new Intl.NumberFormat(lang_current());
	const time = (at: number) => format_time(at, lang_current(), zone_here());
	const all: Column<Suspect>[] = [
		{ key: "address", title: t("suspects.address"), sort: ({ address }) => address,
			cell: ({ address }) => <span class="mono">{address}</span> },
		{ key: "failures", title: t("suspects.failures"), sort: ({ failures }) => failures,
			cell: ({ failures }) => number.format(failures) },
		{ key: "dropped", title: t("suspects.dropped"), sort: ({ dropped }) => dropped,
			cell: ({ dropped }) => number.format(dropped) },
		{ key: "since", title: t("suspects.since"), sort: ({ first_at }) => first_at,
			cell: ({ first_at }) => time(first_at) },
		{ key: "last", title: t("suspects.last"), sort: ({ last_at }) => last_at,
			cell: ({ last_at }) => time(last_at) },
	];
	if (forget !== null)
		all.push({ key: "deeds", title: t("deeds"), cell: ({ address }) =>
			<button onClick={() => forget(address)}>{t("suspects.forget")}</button> });
	return all;
}

// Hosts that guess SIP passwords, as the server has them in memory: those heard of last first.
export default function Suspects() {
	const list = useLoad("suspects", api.suspects);
	useRefresh(list.reload, REFRESH_MS);
	const may_forget = useCan(null)("suspect_edit");
	const forget = async (address: string) => {
		try {
			await api.suspect_forget(address);
			toast(t("suspects.forgotten", { address }));
		} catch (error) {
			toast(problem_text(problem_from(error)), true);
		}
		list.reload();
	};
	return (
		<div class="stack">
			<Heading text={t("suspects.title")} />
			<p class="soft">{t("suspects.text", { minutes: QUIET_MINUTES })}</p>
			<Show of={list}>
				{({ items }) => items.length === 0
					? <Empty level={2} title={t("suspects.empty")} text={t("suspects.empty_text")} />
					: <Table label={t("suspects.title")} columns={columns(may_forget ? (address) => void forget(address) : null)} rows={items}
						id={({ address }) => address} name={({ address }) => address}
						filter={({ address }) => address} />}
			</Show>
		</div>
	);
}
