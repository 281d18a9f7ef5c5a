import { useEffect, useRef, useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Device, Switch, SwitchOwner } from "../api/types.ts";
import { problem_from, useLoad } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { problem_text } from "../lib/problem.ts";
import { toast } from "../lib/toast.ts";
import {
	check_switches, LABEL_MAX, next_switch, SWITCHES_MAX, UNLOCK_CODE_MAX,
} from "../lib/validate.ts";
import { Field } from "../ui/field.tsx";
import { Show } from "../ui/loaded.tsx";

interface RowProps {
	row: Switch;
	error: string | undefined;
	set: (row: Switch) => void;
	remove: () => void;
}

function Row({ row, error, set, remove }: RowProps) {
	const title = t("switch.title", { n: row.number });
	return (
		<li class="button-row">
			<h4>{row.number === 1 ? t("switch.door", { title }) : title}</h4>
			<div class="fields">
				<Field label={t("switch.name")} name="name" value={row.name} max={LABEL_MAX}
					set={(name) => set({ ...row, name })} />
				<Field label={t("switch.code")} name="code" value={row.code} max={UNLOCK_CODE_MAX}
					error={error} set={(code) => set({ ...row, code })} />
				<Field label={t("switch.owner")} name="owner" value={row.owner}
					set={(owner) => set({ ...row, owner: owner as SwitchOwner })}
					options={[{ value: "platform", text: t("switch.platform") },
						{ value: "device", text: t("switch.device") }]} />
			</div>
			<div><button class="danger" onClick={remove}>
				{t("button.remove")}<span class="hidden"> {title}</span>
			</button></div>
		</li>
	);
}

interface EditorProps {
	start: readonly Switch[];
	save: (rows: Switch[]) => Promise<void>;
}

function Editor({ start, save }: EditorProps) {
	const [rows, set_rows] = useState<readonly Switch[]>(start);
	const [saved, set_saved] = useState<readonly Switch[]>(start);
	const [tried, set_tried] = useState(0); // counts, so that each refusal moves the focus
	const [busy, set_busy] = useState(false);
	const [problem, set_problem] = useState("");
	const list = useRef<HTMLUListElement>(null);
	const wrong = check_switches(rows);
	useEffect(() => {
		if (tried > 0)
			list.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
	}, [tried]);
	const send = async () => {
		if (busy)
			return;
		if (wrong.size > 0) {
			set_tried(tried + 1);
			return;
		}
		set_busy(true);
		set_problem("");
		try {
			await save([...rows]);
			set_saved(rows);
		} catch (error) {
			set_problem(problem_text(problem_from(error)));
		}
		set_busy(false);
	};
	const add = () => set_rows([...rows, next_switch(rows)].sort((a, b) => a.number - b.number));
	return (
		<div class="stack">
			{rows.length === 0 && <p class="soft">{t("switches.empty")}</p>}
			<ul class="stack" ref={list}>
				{rows.map((row, index) => {
					const fault = tried > 0 ? wrong.get(index) : undefined;
					return (
						<Row key={row.number} row={row} error={fault && t(fault)}
							set={(next) => set_rows(rows.map((one) => one === row ? next : one))}
							remove={() => set_rows(rows.filter((one) => one !== row))} />
					);
				})}
			</ul>
			<div role="alert">{problem && <p class="note bad">{problem}</p>}</div>
			<div class="row">
				{rows.length < SWITCHES_MAX && <button onClick={add}>{t("switches.add")}</button>}
				<button class="primary" onClick={send} aria-disabled={busy}>
					{busy ? t("working") : t("switches.save")}
				</button>
				<span class="soft" role="status">
					{JSON.stringify(rows) !== JSON.stringify(saved) && t("buttons.unsaved")}
				</span>
			</div>
		</div>
	);
}

// What a call can switch at an intercom. Saved as a whole.
export function Switches({ site, device, saved }:
	{ site: string; device: Device; saved: () => void }) {
	const switches = useLoad(device.id, async () => (await api.switches(site, device.id)).items);
	return (
		<div class="card stack">
			<h3>{t("switches.title")}</h3>
			<p class="soft">{t("switches.text")}</p>
			<Show of={switches}>
				{(start) => (
					<Editor start={start} save={async (rows) => {
						await api.switches_edit(site, device.id, rows);
						toast(t("saved"));
						saved();
					}} />
				)}
			</Show>
		</div>
	);
}
