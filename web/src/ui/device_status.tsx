import type { Device, DeviceStatus as Status } from "../api/types.ts";
import { t, type Key } from "../lib/i18n.ts";

const LOOK: Record<Status, { key: Key; badge: string }> = {
	registered: { key: "device.registered", badge: "badge good" },
	ready: { key: "device.ready", badge: "badge good" },
	not_registered: { key: "device.not_registered", badge: "badge bad" },
	needs_configuration: { key: "device.needs_configuration", badge: "badge warn" },
};

// Nothing registers for a phone outside.
export function DeviceStatus({ device }: { device: Device }) {
	if (device.kind === "line")
		return null;
	const where = [device.transport?.toUpperCase(), device.address].filter(Boolean).join(" ");
	const { key, badge } = LOOK[device.status];
	return (
		<span class="row">
			<span class={badge}>{t(key)}</span>
			{device.online && where !== "" && <span class="soft mono">{where}</span>}
		</span>
	);
}
