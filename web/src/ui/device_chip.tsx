import type { ComponentChildren } from "preact";
import type { Device, DeviceKind } from "../api/types.ts";
import { useDrag, type Carried } from "./drag.tsx";
import { Icon, type IconName } from "./icon.tsx";

const ICONS: Record<DeviceKind, IconName> = {
	intercom: "door", phone: "phone", app: "devices", line: "up",
};

interface Props {
	device: Device;
	from: Carried["from"];
	children?: ComponentChildren;
}

// A device that can be carried: with a mouse by all of it, with a finger by its grip, so that a
// finger on the rest still scrolls the page.
export function DeviceChip({ device, from, children }: Props) {
	const { start } = useDrag();
	const take = (event: PointerEvent) => {
		const target = event.target as Element;
		if (target.closest("button, select, label") !== null
			|| (event.pointerType !== "mouse" && target.closest(".grip") === null))
			return;
		event.preventDefault();
		start(event, { device: device.id, from }, device.name);
	};
	return (
		<li class="chip" onPointerDown={take}>
			<span class="grip" aria-hidden="true">⠿</span>
			<Icon name={ICONS[device.kind]} />
			<span class="chip-name">{device.name}</span>
			{children}
		</li>
	);
}
