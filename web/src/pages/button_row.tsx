import { useState } from "preact/hooks";
import type { Button, Device } from "../api/types.ts";
import { t } from "../lib/i18n.ts";
import {
	can_ring, DESTINATIONS_MAX, ring_add, ring_at, ring_remove, step_choices,
} from "../lib/ring.ts";
import { LABEL_MAX } from "../lib/validate.ts";
import { DeviceChip } from "../ui/device_chip.tsx";
import { useDrag } from "../ui/drag.tsx";
import { Field } from "../ui/field.tsx";
import { RingPicture } from "../ui/ring_picture.tsx";

interface Props {
	place: string; // what carried devices are dropped on
	row: Button;
	devices: ReadonlyMap<string, Device>;
	line: boolean; // the site has one to phones outside
	error: string | undefined;
	set: (row: Button) => void;
	remove: () => void;
	test: (() => void) | null; // null: as it is here, it is not saved, or it rings nobody
}

function after_text(after_s: number): string {
	return after_s === 0 ? t("button.now") : t("button.after", { s: after_s });
}

function Add({ row, devices, set }: Pick<Props, "row" | "devices" | "set">) {
	const [chosen, choose] = useState("");
	const left = [...devices.values()].filter((one) =>
		can_ring(one) && !row.destinations.some((to) => to.device === one.id));
	const device = left.some((one) => one.id === chosen) ? chosen : left[0]?.id;
	if (device === undefined || row.destinations.length >= DESTINATIONS_MAX)
		return null;
	return (
		<div class="row adds">
			<Field label={t("button.add_device")} name="add" value={device} set={choose}
				options={left.map((one) => ({ value: one.id, text: one.name }))} />
			<button onClick={() => set(ring_add(row, device))}>
				{t("add")}<span class="hidden"> {devices.get(device)?.name}</span>
			</button>
		</div>
	);
}

// One button of an intercom: its number and label, and whom it rings when.
export function ButtonRow({ place, row, devices, line, error, set, remove, test }: Props) {
	const { over } = useDrag();
	const title = t("button.title", { n: Number.isNaN(row.button) ? "" : String(row.button) });
	const name = (id: string) => devices.get(id)?.name ?? id;
	return (
		<li class={over === place ? "button-row over" : "button-row"} data-drop={place}>
			<div class="pair">
				<Field label={t("button.number")} name="button" type="number" error={error}
					value={Number.isNaN(row.button) ? "" : String(row.button)}
					set={(value) => set({ ...row, button: Number.parseInt(value, 10) })} />
				<Field label={t("button.label")} name="label" value={row.label} max={LABEL_MAX}
					set={(label) => set({ ...row, label })} />
			</div>
			<h4>{t("button.rings")}</h4>
			{row.destinations.length === 0 && <p class="soft">{t("button.nobody")}</p>}
			<ul class="chips" aria-label={t("said_of", { name: title, text: t("button.rings") })}>
				{row.destinations.map((to) => {
					const device = devices.get(to.device);
					return device !== undefined && (
						<DeviceChip key={to.device} device={device} from={place}>
							<select aria-label={t("button.when", { name: device.name })}
								value={String(to.after_s)}
								onChange={(event) => set(ring_at(row, to.device,
									Number(event.currentTarget.value)))}>
								{step_choices(to.after_s).map((s) => (
									<option key={s} value={String(s)}>{after_text(s)}</option>
								))}
							</select>
							<button class="bare" onClick={() => set(ring_remove(row, to.device))}>
								<span aria-hidden="true">✕</span>
								<span class="hidden">{t("button.take", { name: device.name })}</span>
							</button>
						</DeviceChip>
					);
				})}
			</ul>
			<Add row={row} devices={devices} set={set} />
			{row.destinations.length > 0
				&& <RingPicture row={row} name={name} devices={devices} line={line} />}
			<div class="row">
				{test !== null && (
					<button onClick={test}>
						{t("call.test")}<span class="hidden"> {title}</span>
					</button>
				)}
				<button class="danger" onClick={remove}>
					{t("button.remove")}<span class="hidden"> {title}</span>
				</button>
			</div>
		</li>
	);
}
