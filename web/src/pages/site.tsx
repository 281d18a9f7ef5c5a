import { useEffect, useRef, useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { LiveEvent, Site } from "../api/types.ts";
import { useLoad } from "../lib/hooks.ts";
import { t, type Key } from "../lib/i18n.ts";
import { live_open } from "../lib/live.ts";
import { useCan, type Can, type Right } from "../lib/rights.ts";
import { go, site_href, type SiteTab } from "../lib/router.ts";
import { Link } from "../ui/link.tsx";
import { Show } from "../ui/loaded.tsx";
import { ApartmentDetail } from "./apartment_detail.tsx";
import { Apartments } from "./apartments.tsx";
import { Audit } from "./audit.tsx";
import { CallDetail } from "./call_detail.tsx";
import { Calls } from "./calls.tsx";
import { DeviceDetail } from "./device_detail.tsx";
import { Devices } from "./devices.tsx";
import { ImportDetail } from "./import_detail.tsx";
import { Imports } from "./imports.tsx";
import { PersonData } from "./person_data.tsx";
import { Homes } from "./homes.tsx";
import { People } from "./people.tsx";
import { SiteSettings } from "./site_settings.tsx";
import { Support } from "./support.tsx";
import { TicketDetail } from "./ticket_detail.tsx";

// Tells a tab what changed; null: the feed stands again and anything may have changed.
export type Listen = (fn: (event: LiveEvent | null) => void) => () => void;

export interface TabProps {
	site: Site;
	listen: Listen;
}

const TABS: readonly { tab: SiteTab; key: Key; right: Right }[] = [
	{ tab: "devices", key: "devices.title", right: "device_read" },
	{ tab: "apartments", key: "apartments.title", right: "apartment_read" },
	{ tab: "people", key: "people.title", right: "user_read" },
	{ tab: "calls", key: "calls.title", right: "call_read" },
	{ tab: "import", key: "import.title", right: "user_edit" },
	{ tab: "audit", key: "audit.title", right: "audit_read" },
	{ tab: "tickets", key: "support.title", right: "contact_read" },
	{ tab: "settings", key: "settings.title", right: "site_edit" },
];

// Who manages people sees every apartment; whoever does not, the own home.
function tabs_for(can: Can): { tab: SiteTab; key: Key }[] {
	const all: { tab: SiteTab; key: Key }[] = TABS.filter(({ right }) => can(right));
	return can("user_read") || !can("site_read") || can("site_edit") ? all
		: [{ tab: "homes", key: "homes.title" }, ...all];
}

function useLive(site: string, allowed: boolean): { listen: Listen; connected: boolean } {
	const listeners = useRef(new Set<(event: LiveEvent | null) => void>());
	const [connected, set] = useState(true);
	const [listen] = useState<Listen>(() => (fn: (event: LiveEvent | null) => void) => {
		listeners.current.add(fn);
		return () => void listeners.current.delete(fn);
	});
	useEffect(() => {
		if (!allowed)
			return undefined;
		const tell = (event: LiveEvent | null) => listeners.current.forEach((fn) => fn(event));
		return live_open(site, {
			event: tell,
			state: (up) => {
				set(up);
				if (up)
					tell(null);
			},
		});
	}, [site, allowed]);
	return { listen, connected };
}

interface ShownProps extends TabProps {
	tab: SiteTab;
	item: string | null;
	can: Can;
	changed: () => void;
}

function Tab({ tab, item, can, changed, ...props }: ShownProps) {
	if (tab === "data" && item !== null && can("user_read"))
		return <PersonData key={item} {...props} id={item}
			erased={() => go(site_href(props.site.id))} />;
	if (!tabs_for(can).some((one) => one.tab === tab))
		return <p class="note">{t("site.nothing")}</p>;
	switch (tab) {
	case "apartments":
		return item === null ? <Apartments {...props} />
			: <ApartmentDetail key={item} {...props} id={item} tab={tab} />;
	case "homes":
		return item === null ? <Homes {...props} />
			: <ApartmentDetail key={item} {...props} id={item} tab={tab} />;
	case "people":
		return <People {...props} />;
	case "calls":
		return item === null ? <Calls {...props} />
			: <CallDetail key={item} {...props} id={item} />;
	case "audit":
		return <Audit {...props} />;
	case "import":
		return item === null ? <Imports {...props} />
			: <ImportDetail key={item} {...props} id={item} />;
	case "tickets":
		return item === null ? <Support {...props} />
			: <TicketDetail key={item} {...props} id={item} />;
	case "settings":
		return <SiteSettings site={props.site} saved={changed} />;
	default:
		return item === null ? <Devices {...props} />
			: <DeviceDetail key={item} {...props} id={item} />;
	}
}

interface Props {
	site: string;
	tab: SiteTab;
	item: string | null;
}

export function SitePage({ site: id, tab, item }: Props) {
	const site = useLoad(id, () => api.site(id));
	const can = useCan(id);
	const { listen, connected } = useLive(id, can("live"));
	useEffect(() => listen((event) => {
		if (event?.type === "site")
			site.reload();
	}), [listen, site.reload]);
	const tabs = tabs_for(can);
	const first = tabs[0]?.tab;
	// The way into a site leads to the devices; who may not see them begins elsewhere.
	const shown = tab === "devices" && item === null && first !== undefined
		&& !tabs.some((one) => one.tab === tab) ? first : tab;
	return (
		<div class="stack">
			<Show of={site}>
				{(found) => (
					<div class="stack">
						<h1>{found.name}</h1>
						{tabs.length > 0 && (
							<nav class="tabs" aria-label={t("site.tabs")}>
								{tabs.map((one) => (
									<Link key={one.tab} href={site_href(id, one.tab)}
										current={one.tab === shown}>
										{t(one.key)}
									</Link>
								))}
							</nav>
						)}
						<div role="status">
							{!connected && <p class="note">{t("live.lost")}</p>}
						</div>
						<Tab site={found} tab={shown} item={item} listen={listen} can={can}
							changed={site.reload} />
					</div>
				)}
			</Show>
		</div>
	);
}
