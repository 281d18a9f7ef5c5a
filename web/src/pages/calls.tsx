import { useEffect, useRef, useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Call, Site } from "../api/types.ts";
import { call_status, call_talk_ms, calls_merge } from "../lib/calls.ts";
import { format_duration, format_time } from "../lib/format.ts";
import { problem_from, useLoad } from "../lib/hooks.ts";
import { lang_current, t } from "../lib/i18n.ts";
import { problem_text } from "../lib/problem.ts";
import { go, late_calls, late_calls_href, site_href } from "../lib/router.ts";
import { toast } from "../lib/toast.ts";
import { trace_after } from "../lib/trace.ts";
import { CallStatus } from "../ui/call_status.tsx";
import { Empty } from "../ui/empty.tsx";
import { Heading } from "../ui/heading.tsx";
import { Link } from "../ui/link.tsx";
import { Show } from "../ui/loaded.tsx";
import { Table, type Column } from "../ui/table.tsx";
import { useNow } from "../ui/use_now.ts";
import { ZoneNote } from "../ui/zone_note.tsx";
import { opening_text } from "./call_detail.tsx";
import type { TabProps } from "./site.tsx";

// Of those that rang late, how late.
function first_ring(): Column<Call> {
	return { key: "ring", title: t("calls.first_ring"), cell: ({ rang_at, started_at }) =>
		rang_at === null ? t("calls.never") : trace_after(rang_at - started_at, lang_current()) };
}

function columns(site: Site, now: number, late: boolean): Column<Call>[] {
	const talked = (call: Call) => {
		const talk = call_talk_ms(call, now);
		return talk === null ? null : format_duration(talk);
	};
	return [
		{ key: "from", title: t("call.from"), cell: (call) => (
			<Link href={site_href(site.id, "calls", call.id)}>
				{call.from_name ?? call.from_device}
			</Link>
		) },
		{ key: "started", title: t("call.started"), cell: (call) =>
			format_time(call.started_at, lang_current(), site.zone) },
		...(late ? [first_ring()] : []),
		{ key: "status", title: t("device.status"), cell: (call) => <CallStatus call={call} /> },
		{ key: "answerer", title: t("call.answerer"), cell: (call) =>
			call.answered_by_name ?? call.answered_by },
		{ key: "openings", title: t("call.openings"), cell: (call) =>
			call.opened.map((one, index) => (
				<p key={index} class="opened">{opening_text(one)}</p>
			)) },
		{ key: "talked", title: t("call.duration"), cell: talked },
	];
}

interface Page {
	items: Call[];
	next: string | null;
}

function Filter({ site, late }: { site: Site; late: boolean }) {
	return (
		<label class="choice no-print">
			<span class="hidden">{t("calls.filter")}</span>
			<select value={late ? "late" : "all"} onChange={({ currentTarget }) =>
				go(currentTarget.value === "late" ? late_calls_href(site.id)
					: site_href(site.id, "calls"), true)}>
				<option value="all">{t("calls.back")}</option>
				<option value="late">{t("calls.late")}</option>
			</select>
		</label>
	);
}

// All of them, or those that rang late or never: what the address says.
export function Calls(props: TabProps) {
	const late = late_calls(location.search);
	return <List key={late ? "late" : "all"} {...props} late={late} />;
}

function List({ site, listen, late }: TabProps & { late: boolean }) {
	const page_of = (cursor: string | null) =>
		late ? api.calls_late(site.id, cursor) : api.calls(site.id, cursor);
	const first = useLoad(site.id, () => page_of(null));
	const [held, set_held] = useState<Page | null>(null);
	const [busy, set_busy] = useState(false);
	const [news, set_news] = useState("");
	const latest = useRef<Page | null>(null);
	latest.current = held;

	// A fresh first page goes into what is held; older pages already read stay.
	useEffect(() => {
		const page = first.data;
		if (page !== null)
			set_held((old) => ({
				items: calls_merge(old?.items ?? [], page.items),
				next: old === null ? page.next : old.next,
			}));
	}, [first.data]);
	useEffect(() => listen((event) => {
		if (event === null || (late && event.type.startsWith("call")))
			return first.reload();
		if (!event.type.startsWith("call"))
			return undefined;
		return void api.call(site.id, event.id).then(
			(call) => {
				set_held((old) => ({
					items: calls_merge(old?.items ?? [], [call]), next: old?.next ?? null,
				}));
				set_news(t("calls.news", {
					name: call.from_name ?? call.from_device, status: t(call_status(call)) }));
			},
			() => first.reload());
	}), [listen, first.reload]);

	const more = async () => {
		const cursor = latest.current?.next ?? null;
		if (busy || cursor === null)
			return;
		set_busy(true);
		try {
			const page = await page_of(cursor);
			set_held((old) => ({
				items: calls_merge(old?.items ?? [], page.items), next: page.next,
			}));
		} catch (error) {
			toast(problem_text(problem_from(error)), true);
		}
		set_busy(false);
	};
	const items = held?.items ?? [];
	const now = useNow(items.some((call) => call.answered_at !== null && call.ended_at === null));
	return (
		<div class="stack">
			<Heading text={t("calls.title")} part_of={site.name} />
			<p class="hidden" role="status">{news}</p>
			<div class="row"><Filter site={site} late={late} /></div>
			<Show of={first}>
				{() => items.length === 0
					? <Empty title={t(late ? "calls.late_empty" : "calls.empty")}
						text={t(late ? "calls.late_text" : "calls.empty_text")} />
					: <Table label={t("calls.title")} columns={columns(site, now, late)} rows={items}
						id={({ id }) => id} name={({ from_name, from_device }) =>
							from_name ?? from_device}
						note={<ZoneNote zone={site.zone} />}
						next={held === null || held.next === null ? null
							: { text: t("calls.more"), busy, read: () => void more() }} />}
			</Show>
		</div>
	);
}
