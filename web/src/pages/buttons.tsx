import { useEffect, useRef, useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Button, Device } from "../api/types.ts";
import { problem_from, useLoad } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { problem_text } from "../lib/problem.ts";
import { toast } from "../lib/toast.ts";
import { BUTTON_MAX, check_buttons, LABEL_MAX, next_button } from "../lib/validate.ts";
import { Field } from "../ui/field.tsx";
import { Show } from "../ui/loaded.tsx";

interface RowProps {
	row: Button;
	phones: readonly Device[];
	error: string | undefined;
	set: (row: Button) => void;
	remove: () => void;
}

function Row({ row, phones, error, set, remove }: RowProps) {
	const name = t("button.title", { n: Number.isNaN(row.button) ? "" : String(row.button) });
	const toggle = (id: string, on: boolean) => set({
		...row,
		destinations: on ? [...row.destinations, { device: id, after_s: 0 }]
			: row.destinations.filter((to) => to.device !== id),
	});
	return (
		<li class="button-row">
			<div class="pair">
				<Field label={t("button.number")} name="button" type="number" error={error}
					value={Number.isNaN(row.button) ? "" : String(row.button)}
					set={(value) => set({ ...row, button: Number.parseInt(value, 10) })} />
				<Field label={t("button.label")} name="label" value={row.label} max={LABEL_MAX}
					set={(label) => set({ ...row, label })} />
			</div>
			<fieldset>
				<legend>{t("button.rings")}</legend>
				{phones.length === 0 && <p class="soft">{t("button.no_devices")}</p>}
				{phones.length > 0 && row.destinations.length === 0
					&& <p class="soft">{t("button.nobody")}</p>}
				{phones.map((phone) => (
					<label class="check" key={phone.id}>
						<input type="checkbox" checked={row.destinations.some((to) => to.device === phone.id)}
							onChange={(event) => toggle(phone.id, event.currentTarget.checked)} />
						<span>{phone.name} <span class="soft mono">{phone.id}</span></span>
					</label>
				))}
			</fieldset>
			<div><button class="danger" onClick={remove}>
				{t("button.remove")}<span class="hidden"> {name}</span>
			</button></div>
		</li>
	);
}

interface EditorProps {
	start: readonly Button[];
	phones: readonly Device[];
	save: (rows: Button[]) => Promise<void>;
}

function Editor({ start, phones, save }: EditorProps) {
	const [rows, set_rows] = useState<readonly { key: number; row: Button }[]>(
		() => start.map((row, key) => ({ key, row })));
	const [next_key, set_next_key] = useState(start.length);
	const [tried, set_tried] = useState(false);
	const [busy, set_busy] = useState(false);
	const [problem, set_problem] = useState("");
	const [saved, set_saved] = useState<readonly Button[]>(start);
	const list = useRef<HTMLUListElement>(null);
	const [checked, set_checked] = useState(0); // counts, so that each refusal moves the focus
	const buttons = rows.map(({ row }) => row);
	const wrong = check_buttons(buttons);

	const changed = JSON.stringify(buttons) !== JSON.stringify(saved);
	useEffect(() => {
		if (checked > 0)
			list.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
	}, [checked]);

	const add = () => {
		const row = { button: next_button(buttons), label: "", destinations: [] };
		set_rows([...rows, { key: next_key, row }]);
		set_next_key(next_key + 1);
	};
	const send = async () => {
		set_tried(true);
		if (busy)
			return;
		if (wrong.size > 0) {
			set_checked(checked + 1);
			return;
		}
		set_busy(true);
		set_problem("");
		try {
			await save(buttons);
			set_saved(buttons);
		} catch (error) {
			set_problem(problem_text(problem_from(error)));
		}
		set_busy(false);
	};
	return (
		<div class="stack">
			{rows.length === 0 && <p class="soft">{t("buttons.empty")}</p>}
			<ul class="stack" ref={list}>
				{rows.map(({ key, row }, index) => {
					const fault = tried ? wrong.get(index) : undefined;
					return (
						<Row key={key} row={row} phones={phones}
							error={fault && t(fault, { max: BUTTON_MAX })}
							set={(changed) => set_rows(rows.map((one) =>
								one.key === key ? { key, row: changed } : one))}
							remove={() => set_rows(rows.filter((one) => one.key !== key))} />
					);
				})}
			</ul>
			<div role="alert">{problem && <p class="note bad">{problem}</p>}</div>
			<div class="row">
				<button onClick={add}>{t("buttons.add")}</button>
				<button class="primary" onClick={send} aria-disabled={busy}>
					{busy ? t("working") : t("buttons.save")}
				</button>
				<span class="soft" role="status">{changed && t("buttons.unsaved")}</span>
			</div>
		</div>
	);
}

interface Props {
	site: string;
	device: Device;
	devices: readonly Device[];
}

// Which phones each button of a door rings. Saved as a whole.
export function Buttons({ site, device, devices }: Props) {
	const buttons = useLoad(device.id, async () => (await api.buttons(site, device.id)).items);
	return (
		<div class="card stack">
			<h3>{t("buttons.title")}</h3>
			<p class="soft">{t("buttons.text")}</p>
			<Show of={buttons}>
				{(start) => (
					<Editor start={start}
						phones={devices.filter((one) => one.kind !== "intercom")}
						save={async (rows) => {
							await api.buttons_edit(site, device.id, rows);
							toast(t("saved"));
						}} />
				)}
			</Show>
		</div>
	);
}
