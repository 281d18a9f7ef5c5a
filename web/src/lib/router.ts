// The address bar as a page. Pure parsing here; hooks.ts listens.

export type SiteTab = "overview" | "devices" | "apartments" | "homes" | "people" | "calls"
	| "directories" | "import" | "audit" | "tickets" | "data" | "settings";

// Pages that stand alone: their names are their paths.
const ALONE = ["setup", "register", "activate", "forgotten", "reset", "confirm-email", "account",
	"companies", "suspects"] as const;
type Alone = typeof ALONE[number];

export type Route =
	| { page: Alone }
	| { page: "sites" }
	| { page: "company-audit"; company: string }
	| { page: "mails"; item: string | null }
	| { page: "site"; site: string; tab: SiteTab; item: string | null }
	| { page: "missing" };

const TABS: readonly string[] = [
	"overview", "devices", "apartments", "homes", "people", "calls", "directories", "import", "audit",
	"tickets", "data", "settings",
];

function decode(part: string): string {
	try {
		return decodeURIComponent(part);
	} catch {
		return part;
	}
}

export function route_parse(path: string): Route {
	const parts = path.split("/").filter((part) => part !== "").map(decode);
	const [first, site, tab = "overview", item, ...rest] = parts;
	if (first === undefined || (first === "sites" && site === undefined))
		return { page: "sites" };
	const alone = ALONE.find((page) => page === first);
	if (alone !== undefined && site === undefined)
		return { page: alone };
	if (first === "companies" && site !== undefined && tab === "audit" && parts.length === 3)
		return { page: "company-audit", company: site };
	if (first === "mails" && parts.length <= 2)
		return { page: "mails", item: site ?? null };
	if (first !== "sites" || site === undefined || !TABS.includes(tab) || rest.length > 0)
		return { page: "missing" };
	return { page: "site", site, tab: tab as SiteTab, item: item ?? null };
}

export function site_href(site: string, tab: SiteTab = "overview", item?: string): string {
	const base = `/sites/${encodeURIComponent(site)}/${tab}`;
	return item === undefined ? base : `${base}/${encodeURIComponent(item)}`;
}

// The calls that rang late or never.
export function late_calls_href(site: string): string {
	return `${site_href(site, "calls")}?rang=late`;
}

export function late_calls(query: string): boolean {
	return new URLSearchParams(query).get("rang") === "late";
}

export function company_audit_href(company: string): string {
	return `/companies/${encodeURIComponent(company)}/audit`;
}

export function mail_href(mail: string): string {
	return `/mails/${encodeURIComponent(mail)}`;
}

// stay: what is shown opens beside what is there.
export function go(path: string, stay = false): void {
	history.pushState(null, "", path);
	if (!stay)
		scrollTo(0, 0);
	dispatchEvent(new PopStateEvent("popstate"));
}
