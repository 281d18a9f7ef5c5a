import { useContext, useState } from "preact/hooks";
import { api } from "../api/client.ts";
import { useLoad } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { Reach, TicketForm } from "../pages/ticket_form.tsx";
import { Heading } from "../ui/heading.tsx";
import { Show } from "../ui/loaded.tsx";
import { HomeContext } from "./context.ts";

function SiteHelp({ site, name }: { site: string; name: string }) {
	const contacts = useLoad(site, () => api.contacts(site));
	const [reporting, set_reporting] = useState(false);
	return (
		<section class="card stack" aria-label={name}>
			<h2>{name}</h2>
			<Show of={contacts}>
				{(list) => list.length === 0 ? <p class="soft">{t("contacts.empty_ask")}</p>
					: <ul class="stack">
						{list.map((one) => <Reach key={one.id} one={one} />)}
					</ul>}
			</Show>
			<div><button onClick={() => set_reporting(true)}>{t("tickets.add")}</button></div>
			{reporting && <TicketForm site={site} close={() => set_reporting(false)}
				sent={() => set_reporting(false)} />}
		</section>
	);
}

// Whom one turns to, and how a problem is reported. A device by itself has no account for that.
export function Help() {
	const { person, devices } = useContext(HomeContext);
	const sites = new Map(devices.map(({ site_id, site_name }) => [site_id, site_name]));
	return (
		<div class="stack">
			<Heading text={t("support.title")} />
			{person ? <div class="cards">
				{[...sites].map(([id, name]) => <SiteHelp key={id} site={id} name={name} />)}
			</div>
				: <p class="card">{t("app.help_account")}</p>}
		</div>
	);
}
