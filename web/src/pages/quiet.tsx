import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Quiet as QuietTimes, QuietTime } from "../api/types.ts";
import { problem_from, useLoad } from "../lib/hooks.ts";
import { lang_current, t } from "../lib/i18n.ts";
import { problem_text } from "../lib/problem.ts";
import { minute_parse, minute_text, NIGHT, quiet_days, weekday_names } from "../lib/quiet.ts";
import { toast } from "../lib/toast.ts";
import { Field } from "../ui/field.tsx";
import { Show } from "../ui/loaded.tsx";

const TIMES_MAX = 10;

interface RowProps {
	time: QuietTime;
	set: (time: QuietTime) => void;
	remove: () => void;
}

function Row({ time, set, remove }: RowProps) {
	const minute = (label: string, name: "from_minute" | "until_minute") => (
		<Field label={label} name={name} type="time" value={minute_text(time[name])}
			set={(value) => set({ ...time, [name]: minute_parse(value) ?? time[name] })} />
	);
	return (
		<li class="button-row">
			<fieldset class="row">
				<legend>{t("quiet.days")}</legend>
				{weekday_names(lang_current()).map((name, day) => (
					<label class="check" key={name}>
						<input type="checkbox" checked={quiet_days(time.days).includes(day)}
							onChange={() => set({ ...time, days: time.days ^ (1 << day) })} />
						<span>{name}</span>
					</label>
				))}
			</fieldset>
			<div class="fields">
				{minute(t("quiet.from"), "from_minute")}
				{minute(t("quiet.until"), "until_minute")}
			</div>
			<div><button class="danger" onClick={remove}>{t("button.remove")}</button></div>
		</li>
	);
}

function Editor({ start }: { start: QuietTimes }) {
	const [rows, set_rows] = useState(() => start.items.map((time, key) => ({ key, time })));
	const [mail, set_mail] = useState(start.missed_mail);
	const [next_key, set_next_key] = useState(rows.length);
	const [busy, set_busy] = useState(false);
	const [problem, set_problem] = useState("");
	const send = async () => {
		const items = rows.map(({ time }) => time);
		if (busy)
			return;
		if (items.some(({ days }) => days === 0))
			return set_problem(t("quiet.no_day"));
		set_busy(true);
		set_problem("");
		try {
			await api.quiet_set({ items, missed_mail: mail });
			toast(t("saved"));
		} catch (error) {
			set_problem(problem_text(problem_from(error)));
		}
		set_busy(false);
	};
	return (
		<div class="stack">
			<ul class="stack">
				{rows.map(({ key, time }) => (
					<Row key={key} time={time}
						set={(next) => set_rows(rows.map((one) => one.key === key ? { key, time: next } : one))}
						remove={() => set_rows(rows.filter((one) => one.key !== key))} />
				))}
			</ul>
			{rows.length < TIMES_MAX && (
				<div><button onClick={() => {
					set_rows([...rows, { key: next_key, time: NIGHT }]);
					set_next_key(next_key + 1);
				}}>{t("quiet.add")}</button></div>
			)}
			<label class="check">
				<input type="checkbox" checked={mail}
					onChange={(event) => set_mail(event.currentTarget.checked)} />
				<span>{t("quiet.missed_mail")}</span>
			</label>
			<div role="alert">{problem && <p class="note bad">{problem}</p>}</div>
			<div><button class="primary" onClick={send} aria-disabled={busy}>
				{busy ? t("working") : t("quiet.save")}
			</button></div>
		</div>
	);
}

// When one's apps do not ring, and whether missed calls are mailed.
export function Quiet() {
	const quiet = useLoad("me.quiet", api.quiet);
	return (
		<section class="card stack">
			<h2>{t("quiet.title")}</h2>
			<p class="soft">{t("quiet.text")}</p>
			<Show of={quiet}>{(found) => <Editor start={found} />}</Show>
		</section>
	);
}
