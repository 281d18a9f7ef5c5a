import type { Device } from "../api/types.ts";
import { t } from "../lib/i18n.ts";

export function DeviceStatus({ device }: { device: Device }) {
	const where = [device.transport?.toUpperCase(), device.address].filter(Boolean).join(" ");
	return (
		<span class="row">
			<span class={device.online ? "badge good" : "badge"}>
				{device.online ? t("device.online") : t("device.offline")}
			</span>
			{device.online && where !== "" && <span class="soft mono">{where}</span>}
		</span>
	);
}
