import { zone_here } from "../lib/format.ts";
import { t } from "../lib/i18n.ts";

// Which zone the times of a page are in, where it is not the reader's.
export function ZoneNote({ zone }: { zone: string }) {
	if (zone === zone_here())
		return null;
	return <p class="soft">{t("calls.zone", { zone: zone.replaceAll("_", " ") })}</p>;
}
