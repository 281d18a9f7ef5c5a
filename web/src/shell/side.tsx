import type { Site } from "../api/types.ts";
import { t } from "../lib/i18n.ts";
import { useCan } from "../lib/rights.ts";
import { site_href, type Route, type SiteTab } from "../lib/router.ts";
import { part_shown, parts_for } from "../pages/site.tsx";
import { Icon, type IconName } from "../ui/icon.tsx";
import { Link } from "../ui/link.tsx";

const ICON: Partial<Record<SiteTab, IconName>> = {
	overview: "overview", devices: "devices", apartments: "apartments", homes: "door",
	people: "users", calls: "calls", settings: "settings",
};

interface Props {
	route: Route;
	site: Site | null;
	open: boolean;
	switch_site: () => void;
}

function Parts({ id, tab }: { id: string; tab: SiteTab }) {
	const can = useCan(id);
	const shown = part_shown(can, tab);
	return (
		<ul>
			{parts_for(can).map((one) => (
				<li key={one.tab}>
					<Link href={site_href(id, one.tab)} class="side-link" current={one.tab === shown}>
						<Icon name={ICON[one.tab] ?? "page"} />{t(one.key)}
					</Link>
				</li>
			))}
		</ul>
	);
}

// The side bar: which site, and its parts. On a phone it is a drawer.
export function Side({ route, site, open, switch_site }: Props) {
	return (
		<nav id="side" class={open ? "side open" : "side"} aria-label={t("nav")}>
			<Link href="/" class="side-link" current={route.page === "sites"}>
				<Icon name="door" />{t("sites.all")}
			</Link>
			<button class="switcher" onClick={switch_site}>
				<span class="hidden">{t("switch_site")} </span>
				<span class="switcher-text">
					<span class="switcher-name">{site?.name ?? t("sites.choose")}</span>
					{site?.company && <span class="soft">{site.company}</span>}
				</span>
				<Icon name="switch" />
			</button>
			{route.page === "site" && <Parts id={route.site} tab={route.tab} />}
		</nav>
	);
}
