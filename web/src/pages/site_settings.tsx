import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Site } from "../api/types.ts";
import { t } from "../lib/i18n.ts";
import { useCan } from "../lib/rights.ts";
import { go } from "../lib/router.ts";
import { toast } from "../lib/toast.ts";
import { Confirm } from "../ui/confirm.tsx";
import { Heading } from "../ui/heading.tsx";
import { SiteForm } from "./site_form.tsx";
import { SiteLine } from "./site_line.tsx";
import { SiteTypeCard } from "./site_type.tsx";

export function SiteSettings({ site, saved }: { site: Site; saved: () => void }) {
	const can = useCan(site.id);
	const [asking, set_asking] = useState(false);
	return (
		<div class="halves">
			<div class="card stack">
				<Heading text={t("settings.title")} part_of={site.name} />
				<SiteForm start={site} submit={t("save")}
					send={async (edit) => {
						await api.site_edit(site.id, edit);
						toast(t("saved"), false, async () => {
							const { id, company: _, ...before } = site;
							await api.site_edit(id, before);
							saved();
						});
						saved();
					}} />
			</div>
			<div class="stack">
				{can("credentials") && <SiteLine site={site} />}
				<SiteTypeCard site={site} changed={saved} />
				{can("site_delete") && (
					<div class="card stack">
						<h2>{t("site.delete")}</h2>
						<p class="soft">{t("site.delete_text")}</p>
						<div><button class="danger" onClick={() => set_asking(true)}>
							{t("site.delete")}
						</button></div>
					</div>
				)}
			</div>
			{asking && (
				<Confirm title={t("delete_ask", { name: site.name })} text={t("site.delete_text")}
					yes={t("delete")} close={() => set_asking(false)}
					act={async () => {
						await api.site_delete(site.id);
						toast(t("deleted", { name: site.name }));
						go("/");
					}} />
			)}
		</div>
	);
}
