import { useEffect, useRef, useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Button, Device } from "../api/types.ts";
import { call_begin } from "../lib/calls.ts";
import type { Listen } from "../lib/changes.ts";
import { problem_from, useLoad } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { problem_text } from "../lib/problem.ts";
import { can_ring, ring_add, ring_move } from "../lib/ring.ts";
import { go, site_href } from "../lib/router.ts";
import { toast } from "../lib/toast.ts";
import { BUTTON_MAX, check_buttons, next_button } from "../lib/validate.ts";
import { DeviceChip } from "../ui/device_chip.tsx";
import { DragArea, type Carried } from "../ui/drag.tsx";
import { Show } from "../ui/loaded.tsx";
import { ButtonRow } from "./button_row.tsx";

interface Row {
	key: number;
	row: Button;
}

// Onto a button, from the list of devices or from another button.
function rows_drop(rows: readonly Row[], { device, from }: Carried, place: string): Row[] {
	const source = rows.find(({ key }) => String(key) === from)?.row;
	const target = rows.find(({ key }) => String(key) === place)?.row;
	if (target === undefined)
		return [...rows];
	const [left, landed] = source === undefined ? [undefined, ring_add(target, device)]
		: ring_move(source, target, device);
	return rows.map(({ key, row }) => ({ key, row: row === target ? landed
		: row === source && left !== undefined ? left : row }));
}

// What can be carried onto a button.
function Palette({ devices }: { devices: readonly Device[] }) {
	const shown = devices.filter(can_ring);
	if (shown.length === 0)
		return <p class="soft">{t("button.no_devices")}</p>;
	return (
		<div class="stack tight">
			<h4>{t("devices.title")}</h4>
			<p class="soft">{t("buttons.drag")}</p>
			<ul class="chips palette" aria-label={t("devices.title")}>
				{shown.map((one) => <DeviceChip key={one.id} device={one} from={null} />)}
			</ul>
		</div>
	);
}

interface EditorProps {
	start: readonly Button[];
	devices: readonly Device[];
	line: boolean;
	save: (rows: Button[]) => Promise<void>;
	test: (button: number) => Promise<void>;
}

// What rings when somebody presses it now.
function is_saved(row: Button, saved: readonly Button[]): boolean {
	return row.destinations.length > 0
		&& saved.some((one) => JSON.stringify(one) === JSON.stringify(row));
}

function Editor({ start, devices, line, save, test }: EditorProps) {
	const [rows, set_rows] = useState<readonly Row[]>(
		() => start.map((row, key) => ({ key, row })));
	const [next_key, set_next_key] = useState(start.length);
	const [tried, set_tried] = useState(false);
	const [busy, set_busy] = useState(false);
	const [problem, set_problem] = useState("");
	const [saved, set_saved] = useState<readonly Button[]>(start);
	const list = useRef<HTMLUListElement>(null);
	const [checked, set_checked] = useState(0); // counts, so that each refusal moves the focus
	const buttons = rows.map(({ row }) => row);
	const known = new Map(devices.map((one) => [one.id, one]));
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
	const ring = async (button: number) => {
		if (busy)
			return;
		set_busy(true);
		try {
			await test(button);
		} catch (error) {
			toast(problem_text(problem_from(error)), true);
		}
		set_busy(false);
	};
	return (
		<DragArea drop={(what, place) => set_rows(rows_drop(rows, what, place))}>
			<Palette devices={devices} />
			{rows.length === 0 && <p class="soft">{t("buttons.empty")}</p>}
			<ul class="stack" ref={list}>
				{rows.map(({ key, row }, index) => {
					const fault = tried ? wrong.get(index) : undefined;
					return (
						<ButtonRow key={key} place={String(key)} row={row} devices={known} line={line}
							error={fault && t(fault, { max: BUTTON_MAX })}
							set={(changed) => set_rows(rows.map((one) =>
								one.key === key ? { key, row: changed } : one))}
							remove={() => set_rows(rows.filter((one) => one.key !== key))}
							test={is_saved(row, saved) ? () => void ring(row.button) : null} />
					);
				})}
			</ul>
			{saved.length > 0 && <p class="soft">{t("buttons.test")}</p>}
			<div role="alert">{problem && <p class="note bad">{problem}</p>}</div>
			<div class="row">
				<button onClick={add}>{t("buttons.add")}</button>
				<button class="primary" onClick={send} aria-disabled={busy}>
					{busy ? t("working") : t("buttons.save")}
				</button>
				<span class="soft" role="status">{changed && t("buttons.unsaved")}</span>
			</div>
		</DragArea>
	);
}

interface Props {
	site: string;
	listen: Listen;
	device: Device;
	devices: readonly Device[];
}

// Whom each button of a door rings, and when. Saved as a whole.
export function Buttons({ site, listen, device, devices }: Props) {
	const buttons = useLoad(device.id, async () => {
		const [{ items }, { host }] =
			await Promise.all([api.buttons(site, device.id), api.line(site)]);
		return { items, line: host !== "" };
	});
	return (
		<div class="card stack">
			<h3>{t("buttons.title")}</h3>
			<p class="soft">{t("buttons.text")}</p>
			<Show of={buttons}>
				{({ items, line }) => (
					<Editor start={items} devices={devices} line={line}
						save={async (rows) => {
							await api.buttons_edit(site, device.id, rows);
							toast(t("saved"));
						}}
						test={async (button) => {
							go(site_href(site, "calls", await call_begin(listen,
								() => api.button_test(site, device.id, button))));
						}} />
				)}
			</Show>
		</div>
	);
}
