import { useContext, useEffect, useRef, useState } from "preact/hooks";
import { format_duration, format_time } from "../lib/format.ts";
import { lang_current, t } from "../lib/i18n.ts";
import { usePages } from "../lib/pages.ts";
import { Empty } from "../ui/empty.tsx";
import { Heading } from "../ui/heading.tsx";
import { Icon } from "../ui/icon.tsx";
import { Show } from "../ui/loaded.tsx";
import { More } from "../ui/more.tsx";
import { app_api, picture_href, type AppDevice, type PastCall } from "./api.ts";
import { HomeContext, useDial, usePhone } from "./context.ts";
import { past_missed, past_text } from "./past.ts";
import { phone_over } from "./phone.ts";

const SEEN = "vestibule.app.seen"; // until when missed calls are no news, in epoch ms

const seen_until = () => Number(localStorage.getItem(SEEN) ?? 0);

// How many calls were missed since somebody has looked at the list. Counts again when `when` changes.
export function useMissed(when: number, looked_at: boolean): number {
	const [missed, set] = useState(0);
	useEffect(() => {
		let over = false;
		if (looked_at) {
			localStorage.setItem(SEEN, String(Date.now()));
			set(0);
			return undefined;
		}
		void app_api.calls(null).then(({ items }) => over
			|| set(items.filter((one) => past_missed(one) && one.started_at > seen_until()).length),
		() => undefined); // the list itself says why
		return () => {
			over = true;
		};
	}, [when, looked_at]);
	return missed;
}

function Again({ one, device }: { one: PastCall; device: AppDevice | undefined }) {
	const dial = useDial();
	const contact = device?.contacts.find(({ id }) => id === one.with?.id);
	if (device === undefined || contact === undefined)
		return null;
	return (
		<button onClick={() => dial(device, { device: contact.id, name: contact.name,
			kind: contact.kind }, false, contact.switches)}>
			{t("app.call_back")}<span class="hidden"> {contact.name}</span>
		</button>
	);
}

function Past({ one, device }: { one: PastCall; device: AppDevice | undefined }) {
	const missed = past_missed(one);
	const talked = one.answered_at === null || one.ended_at === null ? null
		: format_duration(one.ended_at - one.answered_at);
	const [key, values] = past_text(one);
	return (
		<li class="app-past">
			{one.picture === true ? <img src={picture_href(one.id)} alt="" loading="lazy" />
				: <span class="app-past-none"><Icon name={one.outgoing ? "up" : "down"} /></span>}
			<span class="app-past-text">
				<strong>{one.with?.name || one.with?.id || t("call.somebody")}</strong>
				<span class={missed ? "error" : "soft"}>
					{[one.test === true && t("call.test"), t(key, values), talked]
						.filter(Boolean).join(" · ")}
				</span>
				<time class="soft" dateTime={new Date(one.started_at).toISOString()}>
					{format_time(one.started_at, lang_current(), device?.zone ?? "UTC")}
				</time>
			</span>
			<Again one={one} device={device} />
		</li>
	);
}

// Who rang, who was called, and what came of it.
export function History() {
	const { devices } = useContext(HomeContext);
	const over = phone_over(usePhone());
	const read = useRef(over);
	const pages = usePages<PastCall>("calls", app_api.calls);
	useEffect(() => {
		if (over !== read.current)
			pages.first.reload();
		read.current = over;
	}, [over]);
	return (
		<div class="stack">
			<Heading text={t("calls.title")} />
			<Show of={pages.first}>
				{() => pages.items.length === 0
					? <Empty level={2} title={t("calls.empty")} text={t("calls.empty_text")} />
					: <>
						<ul class="list">
							{pages.items.map((one) => <Past key={one.id} one={one}
								device={devices.find(({ id }) => id === one.device)} />)}
						</ul>
						{pages.next !== null && <More text={t("calls.more")} busy={pages.next.busy}
							next={pages.next.read} />}
					</>}
			</Show>
		</div>
	);
}
