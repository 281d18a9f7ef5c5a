import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Call, CallResult, Summary } from "../api/types.ts";
import { useChanges } from "../lib/changes.ts";
import { day_start, format_number, format_share, format_time } from "../lib/format.ts";
import { useLoad } from "../lib/hooks.ts";
import { lang_current, t, type Key } from "../lib/i18n.ts";
import { useCan } from "../lib/rights.ts";
import { late_calls_href, site_href } from "../lib/router.ts";
import { CallStatus } from "../ui/call_status.tsx";
import { Heading } from "../ui/heading.tsx";
import { Icon } from "../ui/icon.tsx";
import { Link } from "../ui/link.tsx";
import { Show } from "../ui/loaded.tsx";
import { Tabs } from "../ui/tabs.tsx";
import { ZoneNote } from "../ui/zone_note.tsx";
import type { TabProps } from "./site.tsx";

const RECENT = 5;

function Figure({ name, value }: { name: string; value: number | null }) {
	const text = value === null ? "" : format_number(value, lang_current());
	return <div class="figure"><dt>{name}</dt><dd>{text}</dd></div>;
}

const STEPS: readonly { key: Key; count: "intercoms" | "phones" | "buttons" }[] = [
	{ key: "steps.intercom", count: "intercoms" },
	{ key: "steps.phone", count: "phones" },
	{ key: "steps.button", count: "buttons" },
];

// What a new site needs before its first call; goes away once it has it.
function FirstSteps({ site, summary }: { site: string; summary: Summary }) {
	if (!STEPS.some(({ count }) => summary[count] === 0))
		return null;
	return (
		<section class="card stack">
			<h3>{t("steps.title")}</h3>
			<p class="soft">{t("steps.text")}</p>
			<ol class="steps">
				{STEPS.map(({ key, count }, index) => {
					const done = (summary[count] ?? 0) > 0;
					return (
						<li key={key} class={done ? "done" : ""}>
							<span class="mark">{done ? <Icon name="check" /> : index + 1}</span>
							{done ? <span>{t(key)} <span class="soft">{t("steps.done")}</span></span>
								: <Link href={site_href(site, "devices")}>{t(key)}</Link>}
						</li>
					);
				})}
			</ol>
		</section>
	);
}

function Devices({ site, summary }: { site: string; summary: Summary }) {
	return (
		<section class="card stack">
			<h3><Link href={site_href(site, "devices")}>{t("devices.title")}</Link></h3>
			<dl class="figures">
				<Figure name={t("device.registered")} value={summary.registered} />
				{summary.ready !== null && summary.ready > 0
					&& <Figure name={t("device.ready")} value={summary.ready} />}
				<Figure name={t("device.not_registered")} value={summary.not_registered} />
				<Figure name={t("device.needs_configuration")} value={summary.needs_configuration} />
			</dl>
		</section>
	);
}

function Places({ summary }: { summary: Summary }) {
	if (summary.apartments === null && summary.people === null)
		return null;
	return (
		<section class="card stack">
			<h3>{t("overview.site")}</h3>
			<dl class="figures">
				{summary.apartments !== null
					&& <Figure name={t("apartments.title")} value={summary.apartments} />}
				{summary.people !== null
					&& <Figure name={t("overview.people")} value={summary.people} />}
				{summary.intercoms !== null
					&& <Figure name={t("overview.intercoms")} value={summary.intercoms} />}
				{summary.phones !== null
					&& <Figure name={t("overview.phones")} value={summary.phones} />}
			</dl>
		</section>
	);
}

const RESULTS: readonly [CallResult, Key][] = [
	["answered", "call.answered"], ["missed", "call.missed"], ["declined", "call.declined"],
	["busy", "call.busy"], ["failed", "call.failed"],
];

type Span = "today" | "week";

function CallFigures({ summary }: { summary: Summary }) {
	const [span, set_span] = useState<Span>("today");
	const count = (result: CallResult | null) =>
		summary.calls.find((one) => one.result === result)?.[span] ?? 0;
	const all = summary.calls.reduce((sum, one) => sum + one[span], 0);
	return (
		<section class="card stack">
			<h3>{t("calls.title")}</h3>
			<Tabs label={t("overview.span")} chosen={span} choose={set_span} tabs={[
				{ key: "today", text: t("overview.today") },
				{ key: "week", text: t("overview.week") },
			]}>
				<dl class="figures">
					<Figure name={t("overview.calls")} value={all} />
					{RESULTS.filter(([result]) => result === "answered" || result === "missed"
						|| count(result) > 0).map(([result, key]) =>
						<Figure key={result} name={t(key)} value={count(result)} />)}
					<Figure name={t("call.openings")}
						value={span === "today" ? summary.openings_today : summary.openings_week} />
				</dl>
			</Tabs>
		</section>
	);
}

const SOON: readonly ["rings_1s" | "rings_3s" | "rings_10s" | "rings_never", Key][] = [
	["rings_1s", "overview.rings_1s"],
	["rings_3s", "overview.rings_3s"],
	["rings_10s", "overview.rings_10s"],
	["rings_never", "calls.never"],
];

// How soon a phone rang after the bell; what is not soon is one step away.
function Rings({ site, summary }: { site: string; summary: Summary }) {
	const all = summary.rings ?? 0;
	return (
		<section class="card stack">
			<h3>{t("overview.rings")}</h3>
			<p class="soft">{all === 0 ? t("overview.rings_none") : t("overview.rings_of", { n: all })}</p>
			{all > 0 && (
				<dl class="shares">
					{SOON.map(([name, key]) => {
						const n = summary[name] ?? 0;
						return (
							<div key={name} class={name === "rings_never" ? "never" : ""}>
								<dt>{t(key)}</dt>
								<dd>{format_share(n / all, lang_current())}</dd>
								<meter aria-hidden="true" value={n} max={all} />
							</div>
						);
					})}
				</dl>
			)}
			{(summary.rings_3s ?? 0) < all
				&& <p><Link href={late_calls_href(site)}>{t("overview.rings_late")}</Link></p>}
		</section>
	);
}

function Recent({ site, zone, calls }: { site: string; zone: string; calls: readonly Call[] }) {
	return (
		<section class="card stack">
			<h3>{t("overview.recent")}</h3>
			{calls.length > 0 && <ZoneNote zone={zone} />}
			{calls.length === 0 && <p class="soft">{t("calls.empty_text")}</p>}
			<ul class="stack">
				{calls.map((call) => (
					<li key={call.id} class="row spread">
						<span>
							<Link href={site_href(site, "calls", call.id)}>
								{call.from_name ?? call.from_device}
							</Link>
							<br />
							<span class="soft">{format_time(call.started_at, lang_current(), zone)}</span>
						</span>
						<CallStatus call={call} />
					</li>
				))}
			</ul>
			{calls.length > 0 && <p><Link href={site_href(site, "calls")}>{t("calls.back")}</Link></p>}
		</section>
	);
}

export function Overview({ site, listen }: TabProps) {
	const can = useCan(site.id);
	const may_calls = can("call_read");
	const all = useLoad(site.id, async () => {
		const [summary, calls] = await Promise.all([
			api.summary(site.id, day_start(Date.now(), site.zone)),
			may_calls ? api.calls(site.id, null, RECENT) : { items: [] },
		]);
		return { summary, calls: calls.items };
	});
	useChanges(listen, all.reload);
	return (
		<div class="stack">
			<Heading text={t("overview.title")} part_of={site.name} />
			<Show of={all}>
				{({ summary, calls }) => (
					<div class="stack">
						{can("device_edit") && <FirstSteps site={site.id} summary={summary} />}
						<div class="halves">
							<div class="stack">
								<Devices site={site.id} summary={summary} />
								<Places summary={summary} />
							</div>
							{may_calls && (
								<div class="stack">
									<CallFigures summary={summary} />
									<Rings site={site.id} summary={summary} />
									<Recent site={site.id} zone={site.zone} calls={calls} />
								</div>
							)}
						</div>
					</div>
				)}
			</Show>
		</div>
	);
}
