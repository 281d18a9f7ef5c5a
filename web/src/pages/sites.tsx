import { useContext, useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Site } from "../api/types.ts";
import { useRested } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { usePages } from "../lib/pages.ts";
import { SessionContext, useCan } from "../lib/rights.ts";
import { go, site_href } from "../lib/router.ts";
import { toast } from "../lib/toast.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Empty } from "../ui/empty.tsx";
import { Heading } from "../ui/heading.tsx";
import { Link } from "../ui/link.tsx";
import { Show } from "../ui/loaded.tsx";
import { SearchBox } from "../ui/search_box.tsx";
import { Table, type Column } from "../ui/table.tsx";
import { SiteWizard } from "./site_wizard.tsx";

const PAGE = 50;

function type_text({ type }: Site): string {
	return type === "commercial" ? t("site.commercial") : t("site.residential");
}

function columns(): Column<Site>[] {
	return [
		{ key: "name", title: t("site.name"), sort: ({ name }) => name,
			cell: (site) => <Link href={site_href(site.id)}>{site.name}</Link> },
		{ key: "company", title: t("site.company"), sort: ({ company }) => company,
			cell: ({ company }) => company },
		{ key: "type", title: t("site.type"), sort: type_text, cell: type_text },
		{ key: "zone", title: t("site.zone"), sort: ({ zone }) => zone,
			cell: ({ zone }) => zone.replaceAll("_", " ") },
	];
}

export function Sites() {
	const may_add = useCan(null)("site_create");
	const session = useContext(SessionContext);
	const [text, set_text] = useState("");
	const q = useRested(text);
	const sites = usePages<Site>(`sites ${q}`, (cursor) => api.sites_page({ q, cursor, limit: PAGE }));
	const [adding, set_adding] = useState(false);
	return (
		<div class="stack">
			<Heading text={t("sites.title")}>
				{session?.app && <a href="/app/" class="button">{t("app_open")}</a>}
				{may_add && (
					<button class="primary" onClick={() => set_adding(true)}>{t("sites.add")}</button>
				)}
			</Heading>
			{(q !== "" || sites.next !== null || text !== "" || sites.items.length > 1)
				&& <SearchBox label={t("sites.search")} value={text} set={set_text} />}
			<Show of={sites.first}>
				{() => sites.items.length === 0
					? q === "" ? <Empty level={2} title={t("sites.empty")}
						text={may_add ? t("sites.empty_text") : t("sites.empty_ask")} />
						: <p class="soft" role="status">{t("no_match")}</p>
					: <Table label={t("sites.title")} columns={columns()} rows={sites.items}
						id={({ id }) => id} name={({ name }) => name}
						next={sites.next && { text: t("sites.more"), ...sites.next }} />}
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
