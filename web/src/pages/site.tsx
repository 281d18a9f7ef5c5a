import type { ComponentType } from "preact";
import { useContext, useEffect, useRef, useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { LiveEvent, Site } from "../api/types.ts";
import type { Listen } from "../lib/changes.ts";
import { useLoad } from "../lib/hooks.ts";
import { t, type Key } from "../lib/i18n.ts";
import { live_open } from "../lib/live.ts";
import { useCan, type Can, type Right } from "../lib/rights.ts";
import { go, site_href, type SiteTab } from "../lib/router.ts";
import { PlaceContext } from "../shell/place.ts";
import { Later, later_start } from "../ui/later.tsx";
import { Show } from "../ui/loaded.tsx";

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
	{ tab: "directories", key: "directories.title", right: "device_edit" },
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

// What a part may want; each takes its share.
interface PartProps extends TabProps {
	id: string; // of the one thing
	open: string | null; // what is shown beside the list
	saved: () => void;
	erased: () => void;
}

type PartLoad = () => Promise<ComponentType<PartProps>>;

// The code of each part, and of one thing in it.
const CODE: Record<SiteTab, { all: PartLoad; one?: PartLoad }> = {
	overview: { all: async () => (await import("./overview.tsx")).Overview },
	devices: { all: async () => (await import("./devices.tsx")).Devices,
		one: async () => (await import("./device_detail.tsx")).DeviceDetail },
	apartments: { all: async () => (await import("./apartments.tsx")).Apartments,
		one: async () => (await import("./apartment_detail.tsx")).ApartmentDetail },
	homes: { all: async () => (await import("./homes.tsx")).Homes,
		one: async () => (await import("./apartment_detail.tsx")).ApartmentDetail },
	people: { all: async () => (await import("./people.tsx")).People },
	calls: { all: async () => (await import("./calls.tsx")).Calls,
		one: async () => (await import("./call_detail.tsx")).CallDetail },
	directories: { all: async () => (await import("./directories.tsx")).Directories,
		one: async () => (await import("./directory_detail.tsx")).DirectoryDetail },
	import: { all: async () => (await import("./imports.tsx")).Imports,
		one: async () => (await import("./import_detail.tsx")).ImportDetail },
	audit: { all: async () => (await import("./audit.tsx")).Audit },
	tickets: { all: async () => (await import("./support.tsx")).Support,
		one: async () => (await import("./ticket_detail.tsx")).TicketDetail },
	data: { all: async () => (await import("./person_data.tsx")).PersonData },
	settings: { all: async () => (await import("./site_settings.tsx")).SiteSettings },
};

function code_of(tab: SiteTab, item: string | null): { name: string; load: PartLoad } {
	const { all, one } = CODE[tab];
	return item !== null && one !== undefined ? { name: `${tab}, one`, load: one }
		: { name: tab, load: all };
}

// What a list asks for first, behind the path of the site.
const EARLY: Partial<Record<SiteTab, readonly string[]>> = {
	devices: ["/devices", "/apartments", "/directories"],
	apartments: ["/apartments"],
	people: ["/users?", "/apartments"],
	calls: ["/calls"],
};

export function site_part_early(tab: SiteTab, item: string | null): readonly string[] {
	return item === null ? EARLY[tab] ?? [] : [];
}

// Fetches the code of the part that an address leads to.
export function site_part_start(tab: SiteTab, item: string | null): Promise<unknown> {
	const { name, load } = code_of(tab, item);
	return later_start(name, load);
}

const REST_MS = 2000; // a page that is just open has better things to do

// Whoever goes to another part later finds its code there, also when the server is away.
function useOtherParts(can: Can): void {
	useEffect(() => {
		const wait = setTimeout(() => {
			for (const { tab } of parts_for(can)) {
				void site_part_start(tab, null);
				void site_part_start(tab, "");
			}
		}, REST_MS);
		return () => clearTimeout(wait);
	}, []);
}

interface ShownProps extends TabProps {
	tab: SiteTab;
	item: string | null;
	can: Can;
	changed: () => void;
}

function Tab({ tab, item, can, changed, ...props }: ShownProps) {
	const persons = tab === "data" && item !== null && can("user_read");
	if (!persons && !parts_for(can).some((one) => one.tab === tab))
		return <p class="note">{t("site.nothing")}</p>;
	return <Later key={tab === "people" ? tab : item} {...code_of(tab, item)}
		with={{ ...props, id: item ?? "", open: item, saved: changed,
			erased: () => go(site_href(props.site.id)) }} />;
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
	useOtherParts(can);
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
