import { useEffect } from "preact/hooks";
import { api, picture_url } from "../api/client.ts";
import type { CallDetail as Detail, CallLeg, CallStream, Opening, Site } from "../api/types.ts";
import { call_part, call_talk_ms, opening_how, stream_loss } from "../lib/calls.ts";
import { format_clock, format_duration, format_share, format_time } from "../lib/format.ts";
import { useLoad } from "../lib/hooks.ts";
import { lang_current, t } from "../lib/i18n.ts";
import { toast } from "../lib/toast.ts";
import { trace_after, trace_sentence, trace_steps, trace_text } from "../lib/trace.ts";
import { CallStatus } from "../ui/call_status.tsx";
import { Heading } from "../ui/heading.tsx";
import { Show } from "../ui/loaded.tsx";
import { useNow } from "../ui/use_now.ts";
import { ZoneNote } from "../ui/zone_note.tsx";
import type { TabProps } from "./site.tsx";

// Who opened, and how.
export function opening_text({ by_name, by_device, how }: Opening): string {
	const key = opening_how(how);
	return t("call.opened_by", {
		name: by_name ?? by_device ?? t("call.somebody"), how: key === null ? how : t(key),
	});
}

function leg_text({ result, rang_at }: CallLeg): string {
	const key = call_part(result);
	const text = key === null ? result : t(key);
	return rang_at === null || result === "answered" ? text : t("call.part_rang", { text });
}

// Moment by moment, for who looks for what took so long.
function Steps({ leg, call, zone }: { leg: CallLeg; call: Detail; zone: string }) {
	const steps = trace_steps(leg, call.started_at);
	if (steps.length < 2) // it is over: the sentence says so
		return null;
	return (
		<details>
			<summary>{t("trace.steps")}<span class="hidden"> {leg.name}</span></summary>
			<table class="steps-of">
				<thead><tr>
					<th scope="col">{t("trace.step")}</th>
					<th scope="col">{t("trace.time")}</th>
					<th scope="col">{t("trace.since")}</th>
				</tr></thead>
				<tbody>{steps.map(({ key, at, after }) => (
					<tr key={key}>
						<th scope="row">{t(key)}</th>
						<td>{format_clock(at, lang_current(), zone)}</td>
						<td>{trace_after(after, lang_current())}</td>
					</tr>
				))}</tbody>
			</table>
		</details>
	);
}

function Legs({ call, zone }: { call: Detail; zone: string }) {
	const copy = async () => {
		try {
			await navigator.clipboard.writeText(trace_text(call, lang_current(), zone));
			toast(t("copied", { what: t("trace.what") }));
		} catch {
			toast(t("copy_failed"), true);
		}
	};
	if (call.legs.length === 0)
		return <p class="soft">{t(call.ended_at === null ? "call.rung_later" : "call.rung_nobody")}</p>;
	return (
		<>
			<p class="soft">{t("trace.from_bell")}</p>
			<ul class="stack">{call.legs.map((leg, index) => (
				<li key={index}>
					<p>{t("said_of", { name: leg.name, text: leg_text(leg) })}</p>
					<p class="soft">{trace_sentence(leg, call.started_at, lang_current(), zone)}</p>
					<Steps leg={leg} call={call} zone={zone} />
				</li>
			))}</ul>
			<p class="no-print"><button onClick={() => void copy()}>{t("trace.copy")}</button></p>
		</>
	);
}

// Who stood there, as one of the apps saw it.
function Picture({ site, call, at }: { site: Site; call: string; at: number }) {
	const time = format_time(at, lang_current(), site.zone);
	return (
		<figure class="photo">
			<img src={picture_url(site.id, call)} alt={t("call.photo_alt", { time })} />
			<figcaption class="soft">{t("call.photo", { time })}</figcaption>
		</figure>
	);
}

// For who set up the devices: did sound and picture arrive?
function stream_text(stream: CallStream): string {
	const kind = t(stream.kind === "audio" ? "call.sound" : "call.picture");
	const { codec, packets, sent } = stream;
	if (packets === 0)
		return t("call.stream_silent", { kind, sent });
	return t("call.stream", {
		kind, codec: codec || "?", packets, sent, jitter: Math.round(stream.jitter_us / 1000),
		loss: format_share(stream_loss(stream), lang_current()),
	});
}

export function CallDetail({ site, listen, id }: TabProps & { id: string }) {
	const loaded = useLoad(`${site.id}/${id}`, () => api.call(site.id, id));
	useEffect(() => listen((event) => {
		if (event === null || event.id === id)
			loaded.reload();
	}), [listen, loaded.reload]);
	const live = loaded.data !== null && loaded.data.answered_at !== null
		&& loaded.data.ended_at === null;
	const now = useNow(live);
	const time = (ms: number) => format_time(ms, lang_current(), site.zone);
	return (
		<div class="stack">
			<Show of={loaded}>
				{(call) => {
					const talk = call_talk_ms(call, now);
					return (
						<div class="card stack">
							<Heading text={call.from_name ?? call.from_device} part_of={site.name}>
								<CallStatus call={call} />
							</Heading>
							{call.picture_at !== null
								&& <Picture site={site} call={call.id} at={call.picture_at} />}
							<dl class="facts">
								<dt>{t("call.started")}</dt><dd>{time(call.started_at)}</dd>
								{call.answered_at !== null && <>
									<dt>{t("call.answered_at")}</dt><dd>{time(call.answered_at)}</dd>
								</>}
								{call.answered_by !== null && <>
									<dt>{t("call.answerer")}</dt>
									<dd>{call.answered_by_name ?? call.answered_by}</dd>
								</>}
								{call.ended_at !== null && <>
									<dt>{t("call.ended")}</dt><dd>{time(call.ended_at)}</dd>
								</>}
								{talk !== null && <>
									<dt>{t("call.duration")}</dt><dd>{format_duration(talk)}</dd>
								</>}
							</dl>
							<ZoneNote zone={site.zone} />
							<h3>{t("call.rung")}</h3>
							<Legs call={call} zone={site.zone} />
							<h3>{t("call.openings")}</h3>
							{call.opened.length === 0
								? <p class="soft">{t("call.no_openings")}</p>
								: <ul>{call.opened.map((one, index) => (
									<li key={index}>
										<span class="opened">{opening_text(one)}</span>
										<br /><span class="soft">{time(one.at)}</span>
									</li>
								))}</ul>}
							{call.streams.length > 0 && (
								<details>
									<summary>{t("call.streams")}</summary>
									<ul>{call.streams.map((stream, index) => (
										<li key={index}>
											{stream.name}
											<br /><span class="soft">{stream_text(stream)}</span>
										</li>
									))}</ul>
								</details>
							)}
						</div>
					);
				}}
			</Show>
		</div>
	);
}
