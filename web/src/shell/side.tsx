import type { Site } from "../api/types.ts";
import { t } from "../lib/i18n.ts";
import { grants_allow_company, useCan, useGrants } from "../lib/rights.ts";
import { company_audit_href, site_href, type Route, type SiteTab } from "../lib/router.ts";
import { part_shown, parts_for } from "../pages/site.tsx";
import { Icon, type IconName } from "../ui/icon.tsx";
import { Link } from "../ui/link.tsx";

const ICON: Partial<Record<SiteTab, IconName>> = {
	overview: "overview", devices: "devices", apartments: "apartments", homes: "door",
	people: "users", calls: "calls", audit: "audit", settings: "settings",
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

interface OfficePart {
	href: string;
	icon: IconName;
	text: string;
	shown: boolean;
	current: boolean;
}

// What stands above the sites: the companies, and for the operator the server.
function Office({ route, site }: { route: Route; site: Site | null }) {
	const can = useCan(null);
	const grants = useGrants();
	const company = route.page === "company-audit" ? route.company : site?.company_id ?? null;
	const parts: OfficePart[] = [
		{ href: "/companies", icon: "company", text: t("companies.title"),
			shown: can("company_read"), current: route.page === "companies" },
		{ href: company_audit_href(company ?? ""), icon: "audit", text: t("company.audit"),
			shown: company !== null && grants_allow_company(grants, "audit_read", company),
			current: route.page === "company-audit" },
		{ href: "/mails", icon: "mail", text: t("mails.title"), shown: can("mail_read"),
			current: route.page === "mails" },
		{ href: "/suspects", icon: "shield", text: t("suspects.title"),
			shown: can("suspect_read"), current: route.page === "suspects" },
	];
	const shown = parts.filter((one) => one.shown);
	if (shown.length === 0)
		return null;
	return (
		<ul class="side-office" aria-label={t("office")}>
			{shown.map(({ href, icon, text, current }) => (
				<li key={href}>
					<Link href={href} class="side-link" current={current}>
						<Icon name={icon} />{text}
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
			<Office route={route} site={site} />
		</nav>
	);
}
