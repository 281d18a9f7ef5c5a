import { useEffect, useRef, useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { LiveEvent, Site } from "../api/types.ts";
import { useLoad } from "../lib/hooks.ts";
import { t, type Key } from "../lib/i18n.ts";
import { live_open } from "../lib/live.ts";
import { site_href, type SiteTab } from "../lib/router.ts";
import { Heading } from "../ui/heading.tsx";
import { Link } from "../ui/link.tsx";
import { Show } from "../ui/loaded.tsx";
import { Apartments } from "./apartments.tsx";
import { CallDetail } from "./call_detail.tsx";
import { Calls } from "./calls.tsx";
import { DeviceDetail } from "./device_detail.tsx";
import { Devices } from "./devices.tsx";
import { SiteSettings } from "./site_settings.tsx";

// Tells a tab what changed; null: the feed stands again and anything may have changed.
export type Listen = (fn: (event: LiveEvent | null) => void) => () => void;

export interface TabProps {
	site: Site;
	listen: Listen;
}

const TABS: readonly [SiteTab, Key][] = [
	["devices", "devices.title"],
	["apartments", "apartments.title"],
	["calls", "calls.title"],
	["settings", "settings.title"],
];

function useLive(site: string): { listen: Listen; connected: boolean } {
	const listeners = useRef(new Set<(event: LiveEvent | null) => void>());
	const [connected, set] = useState(true);
	const [listen] = useState<Listen>(() => (fn: (event: LiveEvent | null) => void) => {
		listeners.current.add(fn);
		return () => void listeners.current.delete(fn);
	});
	useEffect(() => {
		const tell = (event: LiveEvent | null) => listeners.current.forEach((fn) => fn(event));
		return live_open(site, {
			event: tell,
			state: (up) => {
				set(up);
				if (up)
					tell(null);
			},
		});
	}, [site]);
	return { listen, connected };
}

function Tab({ tab, item, ...props }: TabProps & { tab: SiteTab; item: string | null }) {
	switch (tab) {
	case "apartments":
		return <Apartments {...props} />;
	case "calls":
		return item === null ? <Calls {...props} />
			: <CallDetail key={item} {...props} id={item} />;
	case "settings":
		return <SiteSettings site={props.site} />;
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
	const { listen, connected } = useLive(id);
	return (
		<div class="stack">
			<Show of={site}>
				{(found) => (
					<div class="stack">
						<Heading key={found.name} text={found.name} />
						<nav class="tabs" aria-label={t("site.tabs")}>
							{TABS.map(([name, key]) => (
								<Link key={name} href={site_href(id, name)} current={name === tab}>
									{t(key)}
								</Link>
							))}
						</nav>
						<div role="status">
							{!connected && <p class="note">{t("live.lost")}</p>}
						</div>
						<Tab site={found} tab={tab} item={item} listen={listen} />
					</div>
				)}
			</Show>
		</div>
	);
}
