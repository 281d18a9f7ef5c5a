import { api } from "../api/client.ts";
import type { Home } from "../api/types.ts";
import { useLoad } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { place_text } from "../lib/people.ts";
import { site_href } from "../lib/router.ts";
import { Empty } from "../ui/empty.tsx";
import { Heading } from "../ui/heading.tsx";
import { Link } from "../ui/link.tsx";
import { Show } from "../ui/loaded.tsx";
import type { TabProps } from "./site.tsx";

function Card({ site, home }: { site: string; home: Home }) {
	return (
		<div class="card stack">
			<div class="row spread">
				<h3>{place_text(home)}</h3>
				{home.admin && (
					<Link href={site_href(site, "homes", home.id)} class="button">
						{t("home.manage")}
					</Link>
				)}
			</div>
			<div>
				<h4>{t("home.people")}</h4>
				<ul>{home.residents.map(({ id, name, admin }) => (
					<li key={id}>{name}{admin && ` (${t("role.apartment_admin")})`}</li>
				))}</ul>
			</div>
			<div>
				<h4>{t("devices.title")}</h4>
				{home.devices.length === 0
					? <p class="soft">{t("home.no_devices")}</p>
					: <ul>{home.devices.map(({ id, name, online, ready }) => (
						<li key={id}>{name} <span class={`badge ${ready ? "good" : ""}`}>
							{t(online ? "device.registered" : ready ? "device.ready" : "device.not_registered")}
						</span></li>
					))}</ul>}
			</div>
		</div>
	);
}

// The apartments where one lives oneself.
export function Homes({ site }: TabProps) {
	const homes = useLoad(site.id, () => api.homes(site.id));
	return (
		<div class="stack">
			<Heading text={t("homes.title")} part_of={site.name} />
			<Show of={homes}>
				{(list) => list.length === 0
					? <Empty title={t("homes.empty")} text={t("homes.empty_text")} />
					: <div class="cards">
						{list.map((home) => <Card key={home.id} site={site.id} home={home} />)}
					</div>}
			</Show>
		</div>
	);
}
