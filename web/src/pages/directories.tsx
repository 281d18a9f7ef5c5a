import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { PhoneDirectoryEntry } from "../api/types.ts";
import { useLoad } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { go, site_href } from "../lib/router.ts";
import { toast } from "../lib/toast.ts";
import { check_required, NAME_MAX } from "../lib/validate.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Empty } from "../ui/empty.tsx";
import { Form } from "../ui/form.tsx";
import { Heading } from "../ui/heading.tsx";
import { Link } from "../ui/link.tsx";
import { Show } from "../ui/loaded.tsx";
import { Table, type Column } from "../ui/table.tsx";
import type { TabProps } from "./site.tsx";

function columns(site: string): Column<PhoneDirectoryEntry>[] {
	return [
		{ key: "name", title: t("name"), sort: ({ name }) => name,
			cell: ({ id, name }) => <Link href={site_href(site, "directories", id)}>{name}</Link> },
		{ key: "contacts", title: t("directory.contacts"), sort: ({ contacts }) => contacts,
			cell: ({ contacts }) => contacts },
		{ key: "devices", title: t("directory.devices"), sort: ({ devices }) => devices,
			cell: ({ devices }) => devices },
	];
}

// Lists of those whom a device may call.
export function Directories({ site }: TabProps) {
	const all = useLoad(site.id, () => api.directories(site.id));
	const [adding, set_adding] = useState(false);
	return (
		<div class="stack">
			<Heading text={t("directories.title")} part_of={site.name}>
				<button class="primary" onClick={() => set_adding(true)}>{t("directories.add")}</button>
			</Heading>
			<p class="soft">{t("directories.text")}</p>
			<Show of={all}>
				{(found) => found.length === 0
					? <Empty title={t("directories.empty")} text={t("directories.empty_text")} />
					: <Table label={t("directories.title")} columns={columns(site.id)} rows={found}
						id={({ id }) => id} name={({ name }) => name} filter={({ name }) => name} />}
			</Show>
			{adding && (
				<Dialog title={t("directories.add")} close={() => set_adding(false)}>
					<Form submit={t("create")} cancel={() => set_adding(false)} start={{ name: "" }}
						send={async ({ name = "" }) => {
							const made = await api.directory_create(site.id,
								{ name: name.trim(), entries: [] });
							toast(t("devices.added", { name: made.name }));
							go(site_href(site.id, "directories", made.id));
						}}
						fields={[{ name: "name", label: t("name"), check: check_required,
							required: true, max: NAME_MAX, hint: t("directories.name_hint") }]} />
				</Dialog>
			)}
		</div>
	);
}
