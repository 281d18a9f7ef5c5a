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

interface Step {
	text: string;
	href: string | null; // null: here
	far?: boolean;       // left out on a phone
}

function steps_of(route: Route, site: Site | null): Step[] {
	const top: Step = { text: t("sites.title"), href: "/", far: true };
	switch (route.page) {
	case "companies":
		return [top, { text: t("companies.title"), href: null }];
	case "company-audit":
		return [top, { text: t("companies.title"), href: "/companies" },
			{ text: t("audit.title"), href: null }];
	case "mails":
		return [top, { text: route.item === null ? t("mails.title") : t("mails.back"),
			href: route.item === null ? null : "/mails" }];
	case "suspects":
		return [top, { text: t("suspects.title"), href: null }];
	case "site":
		return site === null ? [] // the data of a person belong to the people
			: [top, ...steps_in(route.tab === "data" ? "people" : route.tab, route.item, site)];
	default:
		return [];
	}
}

function steps_in(tab: SiteTab, item: string | null, site: Site): Step[] {
	if (tab === "overview")
		return [{ text: site.name, href: null }];
	const key = tab_key(tab);
	return [{ text: site.name, href: site_href(site.id) }, item === null
		? { text: t(key), href: null }
		: { text: t(BACK[tab] ?? key), href: site_href(site.id, tab) }];
}

// The way from the sites down to this page.
export function Crumbs({ route, site }: { route: Route; site: Site | null }) {
	const steps = steps_of(route, site);
	if (steps.length === 0)
		return <div class="crumbs" />;
	return (
		<nav class="crumbs" aria-label={t("crumbs")}>
			<ol>
				{steps.map(({ text, href, far }) => (
					<li key={text} class={far ? "far" : ""}>
						{href === null ? <span aria-current="page">{text}</span>
							: <Link href={href}>{text}</Link>}
					</li>
				))}
			</ol>
		</nav>
	);
}
