import { useState } from "preact/hooks";
import { api, own_data_href } from "../api/client.ts";
import { zone_here } from "../lib/format.ts";
import { useLoad } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { grants_allow, useGrants } from "../lib/rights.ts";
import { site_href } from "../lib/router.ts";
import { Link } from "../ui/link.tsx";
import { Show } from "../ui/loaded.tsx";
import { Sections } from "./person_data.tsx";

const SITES = 20; // of those whose people may be asked

function Kept() {
	const data = useLoad("me.data", api.own_data);
	return <Show of={data}>{(found) => <Sections data={found} zone={zone_here()} />}</Show>;
}

// The sites where one may write to those who look after them.
function Ask() {
	const grants = useGrants();
	const sites = useLoad("me.sites", () => api.sites_page({ q: "", cursor: null, limit: SITES }));
	return (
		<Show of={sites}>
			{({ items }) => (
				<ul class="row">
					{items.filter(({ id }) => grants_allow(grants, "contact_read", id)).map((site) => (
						<li key={site.id}>
							<Link href={site_href(site.id, "tickets")} class="button">
								{t("data.ask", { name: site.name })}
							</Link>
						</li>
					))}
				</ul>
			)}
		</Show>
	);
}

// What the server keeps about oneself, to read and to take away, and whom to ask to erase it.
export function OwnData() {
	const [shown, set_shown] = useState(false);
	return (
		<section class="card stack" aria-labelledby="own-data">
			<h2 id="own-data">{t("data.own")}</h2>
			<p>{t("data.own_text")}</p>
			<div class="row">
				<a class="button" href={own_data_href()} download="my-data.json">
					{t("data.export")}
				</a>
				{!shown && <button onClick={() => set_shown(true)}>{t("data.own_show")}</button>}
			</div>
			{shown && <Kept />}
			<h3>{t("data.erase")}</h3>
			<p>{t("data.erase_text")}</p>
			<Ask />
		</section>
	);
}
