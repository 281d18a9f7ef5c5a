import { useContext, useEffect, useRef, useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { LiveEvent, Site } from "../api/types.ts";
import { useLoad } from "../lib/hooks.ts";
import { t, type Key } from "../lib/i18n.ts";
import { live_open } from "../lib/live.ts";
import { useCan, type Can, type Right } from "../lib/rights.ts";
import { go, site_href, type SiteTab } from "../lib/router.ts";
import { PlaceContext } from "../shell/place.ts";
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
import { Overview } from "./overview.tsx";
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

// The parts of a site, in the order of the side bar.
const TABS: readonly { tab: SiteTab; key: Key; right: Right }[] = [
	{ tab: "overview", key: "overview.title", right: "device_read" },
	{ tab: "devices", key: "devices.title", right: "device_read" },
	{ tab: "apartments", key: "apartments.title", right: "apartment_read" },
	{ tab: "homes", key: "homes.title", right: "site_read" },
	{ tab: "people", key: "people.title", right: "user_read" },
	{ tab: "calls", key: "calls.title", right: "call_read" },
	{ tab: "import", key: "import.title", right: "user_edit" },
	{ tab: "audit", key: "audit.title", right: "audit_read" },
	{ tab: "tickets", key: "support.title", right: "contact_read" },
	{ tab: "settings", key: "settings.title", right: "site_edit" },
];

// Who manages people sees every apartment; whoever does not, the own home.
export function parts_for(can: Can) {
	const manages = can("user_read") || can("site_edit");
	return TABS.filter(({ tab, right }) => can(right) && !(tab === "homes" && manages));
}

// The way into a site leads to its overview; who may not see that begins elsewhere.
export function part_shown(can: Can, tab: SiteTab): SiteTab {
	const parts = parts_for(can);
	return tab === "overview" && !parts.some((one) => one.tab === tab) ? parts[0]?.tab ?? tab : tab;
}

export function tab_key(tab: SiteTab): Key {
	return TABS.find((one) => one.tab === tab)?.key ?? "sites.title";
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
	if (!parts_for(can).some((one) => one.tab === tab))
		return <p class="note">{t("site.nothing")}</p>;
	switch (tab) {
	case "overview":
		return <Overview {...props} />;
	case "apartments":
		return item === null ? <Apartments {...props} />
			: <ApartmentDetail key={item} {...props} id={item} />;
	case "homes":
		return item === null ? <Homes {...props} />
			: <ApartmentDetail key={item} {...props} id={item} />;
	case "people":
		return <People key={item} {...props} find={item ?? ""} />;
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
	const shown = part_shown(can, tab);
	const set_place = useContext(PlaceContext);
	useEffect(() => set_place(site.data), [site.data]);
	return (
		<div class="stack">
			<Show of={site}>
				{(found) => (
					<div class="stack">
						<h1 class="site-name">{found.name}</h1>
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
