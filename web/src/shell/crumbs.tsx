import type { Site } from "../api/types.ts";
import { t, type Key } from "../lib/i18n.ts";
import { site_href, type Route, type SiteTab } from "../lib/router.ts";
import { tab_key } from "../pages/site.tsx";
import { Link } from "../ui/link.tsx";

// What the list is called from one of its entries.
const BACK: Partial<Record<SiteTab, Key>> = {
	devices: "devices.back", apartments: "apartments.back", calls: "calls.back",
	people: "people.back",
};

// The way from the sites down to this page.
export function Crumbs({ route, site }: { route: Route; site: Site | null }) {
	if (route.page !== "site" || site === null)
		return <div class="crumbs" />;
	const item = route.item;
	const tab = route.tab === "data" ? "people" : route.tab; // of one of the people
	const key = tab_key(tab);
	return (
		<nav class="crumbs" aria-label={t("crumbs")}>
			<ol>
				<li class="far"><Link href="/">{t("sites.title")}</Link></li>
				<li>{tab === "overview"
					? <span aria-current="page">{site.name}</span>
					: <Link href={site_href(site.id)}>{site.name}</Link>}</li>
				{tab !== "overview" && (
					<li>{item === null
						? <span aria-current="page">{t(key)}</span>
						: <Link href={site_href(site.id, tab)}>{t(BACK[tab] ?? key)}</Link>}</li>
				)}
			</ol>
		</nav>
	);
}
