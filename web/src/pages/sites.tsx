import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import { useLoad } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { useCan } from "../lib/rights.ts";
import { go, site_href } from "../lib/router.ts";
import { toast } from "../lib/toast.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Heading } from "../ui/heading.tsx";
import { Link } from "../ui/link.tsx";
import { Show } from "../ui/loaded.tsx";
import { SiteWizard } from "./site_wizard.tsx";

export function Sites() {
	const may_add = useCan(null)("site_create");
	const may_see = useCan(null)("company_read");
	const sites = useLoad("sites", api.sites);
	const [adding, set_adding] = useState(false);
	return (
		<div class="stack">
			<Heading text={t("sites.title")}>
				{may_see && <Link href="/companies" class="button">{t("companies.title")}</Link>}
				{may_add && (
					<button class="primary" onClick={() => set_adding(true)}>{t("sites.add")}</button>
				)}
			</Heading>
			<Show of={sites}>
				{(list) => list.length === 0
					? <div class="card empty"><h2>{t("sites.empty")}</h2>
						<p class="soft">
							{may_add ? t("sites.empty_text") : t("sites.empty_ask")}
						</p></div>
					: <ul class="cards">
						{list.map((site) => (
							<li key={site.id}>
								<Link href={site_href(site.id)} class="card card-link">
									<h2>{site.name}</h2>
									<p class="soft">
										{site.type === "commercial"
											? t("site.commercial") : t("site.residential")}
										{" · "}{site.zone.replaceAll("_", " ")}
									</p>
								</Link>
							</li>
						))}
					</ul>}
			</Show>
			{adding && (
				<Dialog title={t("sites.add")} close={() => set_adding(false)}>
					<SiteWizard cancel={() => set_adding(false)}
						send={async (edit) => {
							const site = await api.site_create(edit);
							toast(t("sites.added", { name: edit.name }));
							go(site_href(site.id));
						}} />
				</Dialog>
			)}
		</div>
	);
}
