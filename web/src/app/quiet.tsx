import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Quiet } from "../api/types.ts";
import { problem_from, useLoad } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { problem_text } from "../lib/problem.ts";
import { minute_parse, minute_text } from "../lib/quiet.ts";
import { toast } from "../lib/toast.ts";
import { Show } from "../ui/loaded.tsx";
import { quiet_night, quiet_simple, quiet_with } from "./quiet_times.ts";

function Night({ start }: { start: Quiet }) {
	const [quiet, set_quiet] = useState(start);
	const [busy, set_busy] = useState(false);
	const night = quiet_night(quiet);
	const [from, set_from] = useState(minute_text(night.from_minute));
	const [until, set_until] = useState(minute_text(night.until_minute));
	const on = quiet.items.length > 0;
	const send = async (body: Quiet) => {
		if (busy)
			return;
		set_busy(true);
		set_quiet(body);
		try {
			await api.quiet_set(body);
			toast(t("saved"));
		} catch (error) {
			set_quiet(quiet); // as it was
			toast(problem_text(problem_from(error)), true);
		}
		set_busy(false);
	};
	const save = (wanted: boolean) => {
		const from_minute = minute_parse(from), until_minute = minute_parse(until);
		if (from_minute !== null && until_minute !== null)
			void send(quiet_with(quiet, wanted ? { from_minute, until_minute } : null));
	};
	const time = (label: string, value: string, set: (text: string) => void) => (
		<label class="field">
			<span>{label}</span>
			<input type="time" required value={value}
				onInput={(event) => set(event.currentTarget.value)} onBlur={() => on && save(true)} />
		</label>
	);
	return (
		<>
			<div class="fields">
				{time(t("app.quiet_from"), from, set_from)}
				{time(t("app.quiet_until"), until, set_until)}
			</div>
			<label class="check">
				<input type="checkbox" checked={on} aria-disabled={busy}
					onChange={(event) => save(event.currentTarget.checked)} />
				<span>{t("app.quiet_night")}</span>
			</label>
		</>
	);
}

// The night, at which nothing rings. Whoever wants more than one time sets them in the portal; a
// server that knows no such times shows none.
export function QuietTimes() {
	const quiet = useLoad("quiet", api.quiet);
	if (quiet.problem?.status === 404)
		return null;
	return (
		<section class="card stack" aria-labelledby="quiet">
			<h2 id="quiet">{t("app.quiet")}</h2>
			<p class="soft">{t("app.quiet_text")}</p>
			<Show of={quiet}>
				{(found) => quiet_simple(found) ? <Night start={found} />
					: <p>{t("app.quiet_more")} <a href="/account">{t("app.portal")}</a></p>}
			</Show>
		</section>
	);
}
