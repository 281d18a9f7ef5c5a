// Who rings when a button is pressed: what a button is called, pure changes of the list of buttons,
// and its picture.
import type { Button, ButtonDestination, Device } from "../api/types.ts";
import { t } from "./i18n.ts";

const RING_S = 60; // after the last step has begun, nobody rings longer
export const DESTINATIONS_MAX = 31; // of one button
// When a destination may begin, in seconds from the bell; the server takes any up to the last.
const STEPS = [0, 10, 20, 30, 45, 60];

// What may be chosen for one that begins at `after_s`, which another client may have set.
export function step_choices(after_s: number): number[] {
	return [...new Set([...STEPS, after_s])].sort((a, b) => a - b);
}

// "Button 2 · Martin"
export function button_name({ button, label }: Pick<Button, "button" | "label">): string {
	const title = t("button.title", { n: button });
	return label === "" ? title : `${title} · ${label}`;
}

export function can_ring(device: Device): boolean {
	return device.kind !== "intercom";
}

const in_order = (to: readonly ButtonDestination[]) => [...to].sort((a, b) => a.after_s - b.after_s);

export function ring_add(row: Button, device: string, after_s = 0): Button {
	const there = row.destinations.some((to) => to.device === device);
	return there || row.destinations.length >= DESTINATIONS_MAX ? row
		: { ...row, destinations: in_order([...row.destinations, { device, after_s }]) };
}

export function ring_remove(row: Button, device: string): Button {
	return { ...row, destinations: row.destinations.filter((to) => to.device !== device) };
}

export function ring_at(row: Button, device: string, after_s: number): Button {
	return { ...row, destinations: in_order(row.destinations.map((to) =>
		to.device === device ? { ...to, after_s } : to)) };
}

// Carried from one button to another, it keeps its time.
export function ring_move(from: Button, to: Button, device: string): [Button, Button] {
	const after_s = from.destinations.find((one) => one.device === device)?.after_s ?? 0;
	const landed = ring_add(to, device, after_s);
	return landed === to ? [from, to] : [ring_remove(from, device), landed];
}

export interface RingStep {
	after_s: number;
	devices: string[];
}

export function ring_steps(row: Button): RingStep[] {
	const steps: RingStep[] = [];
	for (const { device, after_s } of in_order(row.destinations)) {
		const last = steps.at(-1);
		if (last?.after_s === after_s)
			last.devices.push(device);
		else
			steps.push({ after_s, devices: [device] });
	}
	return steps;
}

// The seconds that the picture shows: whoever rings goes on until then.
export function ring_length(row: Button): number {
	return RING_S + Math.max(0, ...row.destinations.map((to) => to.after_s));
}
