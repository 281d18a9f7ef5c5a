import { api } from "../api/client.ts";
import type { SearchHit } from "../api/types.ts";
import { t } from "../lib/i18n.ts";
import { site_href } from "../lib/router.ts";
import type { IconName } from "../ui/icon.tsx";
import { Picker, type PickItem } from "../ui/picker.tsx";

const SITES_SHOWN = 20;

function hit_href(site: string, { kind, id }: SearchHit): string {
	switch (kind) {
	case "person":
		return site_href(site, "people", id);
	case "apartment":
		return site_href(site, "apartments", id);
	default:
		return site_href(site, "devices", id);
	}
}

const ICON: Record<SearchHit["kind"], IconName> = {
	intercom: "devices", phone: "phone", app: "phone", line: "phone", person: "person", apartment: "apartments",
};

// Devices, people and apartments of one site.
export function FindInSite({ site, close }: { site: string; close: () => void }) {
	const read = async (text: string): Promise<PickItem[]> => {
		if (text === "")
			return [];
		const { items } = await api.search(site, text);
		return items.map((hit) => ({ href: hit_href(site, hit), icon: ICON[hit.kind],
			title: hit.title, detail: hit.detail }));
	};
	return <Picker title={t("search")} label={t("search.label")} read={read} close={close} />;
}

export function SwitchSite({ close }: { close: () => void }) {
	const read = async (text: string): Promise<PickItem[]> => {
		const { items } = await api.sites_page({ q: text, cursor: null, limit: SITES_SHOWN });
		return items.map((site) => ({ href: site_href(site.id), icon: "door",
			title: site.name, detail: site.company }));
	};
	return <Picker title={t("sites.choose")} label={t("sites.search")} read={read} close={close} />;
}
