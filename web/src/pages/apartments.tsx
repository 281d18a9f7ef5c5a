import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Apartment, ApartmentEdit } from "../api/types.ts";
import { apartment_label } from "../lib/apartments.ts";
import { useDeviceChanges } from "../lib/changes.ts";
import { useLoad } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { site_href } from "../lib/router.ts";
import { toast } from "../lib/toast.ts";
import { useCan } from "../lib/rights.ts";
import { APARTMENT_NUMBER_MAX, check_required, FLOOR_MAX, NAME_MAX } from "../lib/validate.ts";
import { Confirm } from "../ui/confirm.tsx";
import { DeleteMany } from "../ui/delete_many.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Empty } from "../ui/empty.tsx";
import { Form } from "../ui/form.tsx";
import { Heading } from "../ui/heading.tsx";
import { Link } from "../ui/link.tsx";
import { Show } from "../ui/loaded.tsx";
import { Table, type Column } from "../ui/table.tsx";
import type { TabProps } from "./site.tsx";

function edit_of({ number, floor, name, services }: Apartment): ApartmentEdit {
	return { number, floor: String(floor ?? ""), name: name ?? "", services };
}

// Empty ones come back as they were; who lived in an apartment would have to move in again.
function undo_of(site: string, gone: readonly Apartment[], reload: () => void) {
	return gone.some(({ residents }) => residents > 0) ? null : async () => {
		for (const one of gone)
			await api.apartment_create(site, edit_of(one));
		reload();
	};
}

function delete_text(gone: readonly Apartment[]): string {
	const residents = gone.reduce((sum, one) => sum + one.residents, 0);
	return residents === 0 ? t("apartment.delete_text")
		: t("apartment.delete_lived_in", { n: residents });
}

interface EditProps {
	site: string;
	apartment: Apartment | null;
	close: () => void;
	saved: () => void;
}

function Edit({ site, apartment, close, saved }: EditProps) {
	const send = async ({ number = "", floor = "", name = "", services = "" }:
		Record<string, string>) => {
		const edit: ApartmentEdit = {
			number: number.trim(), floor: floor.trim(), name: name.trim(),
			services: services === "on",
		};
		if (apartment === null)
			await api.apartment_create(site, edit);
		else
			await api.apartment_edit(site, apartment.id, edit);
		toast(t("saved"), false, apartment && (async () => {
			await api.apartment_edit(site, apartment.id, edit_of(apartment));
			saved();
		}));
		close();
		saved();
	};
	return (
		<Dialog title={apartment === null ? t("apartments.add") : t("apartments.edit")} close={close}>
			<Form submit={apartment === null ? t("create") : t("save")} cancel={close} send={send}
				start={{
					number: apartment?.number ?? "", floor: String(apartment?.floor ?? ""),
					name: apartment?.name ?? "", services: apartment?.services ? "on" : "off",
				}}
				fields={[
					{ name: "number", label: t("apartment.number"), check: check_required,
						required: true, max: APARTMENT_NUMBER_MAX },
					{ name: "floor", label: t("apartment.floor"), max: FLOOR_MAX },
					{ name: "name", label: t("apartment.name"), hint: t("apartment.name_hint"),
						max: NAME_MAX },
					{ name: "services", label: t("apartment.services"), options: [
						{ value: "off", text: t("off") }, { value: "on", text: t("on") },
					] },
				]} />
		</Dialog>
	);
}

interface Deeds {
	edit: (apartment: Apartment) => void;
	remove: (apartment: Apartment) => void;
}

// Null is what the reader may not do.
function columns(href: ((apartment: Apartment) => string) | null,
	may: Deeds | null): Column<Apartment>[] {
	const deeds = ({ edit, remove }: Deeds) => (one: Apartment) => (
		<div class="row no-print">
			<button onClick={() => edit(one)}>
				{t("edit")}<span class="hidden"> {apartment_label(one)}</span>
			</button>
			<button class="danger" onClick={() => remove(one)}>
				{t("delete")}<span class="hidden"> {apartment_label(one)}</span>
			</button>
		</div>
	);
	return [
		{ key: "number", title: t("apartments.one"), sort: ({ number }) => number,
			cell: (one) => href === null ? apartment_label(one)
				: <Link href={href(one)}>{apartment_label(one)}</Link> },
		{ key: "floor", title: t("apartment.floor"), sort: ({ floor }) => floor || null,
			cell: ({ floor }) => floor },
		{ key: "residents", title: t("people.title"), sort: ({ residents }) => residents,
			cell: ({ residents }) => residents },
		{ key: "devices", title: t("devices.title"), sort: ({ devices }) => devices,
			cell: ({ devices }) => devices },
		...(may === null ? [] : [{ key: "deeds", title: t("deeds"), cell: deeds(may) }]),
	];
}

export function Apartments({ site, listen }: TabProps) {
	const may_edit = useCan(site.id)("apartment_edit");
	const may_open = useCan(site.id)("home_read");
	const list = useLoad(site.id, () => api.apartments(site.id));
	useDeviceChanges(listen, list.reload);
	const [editing, set_editing] = useState<Apartment | "new" | null>(null);
	const [deleting, set_deleting] = useState<Apartment | null>(null);
	const [clearing, set_clearing] = useState<readonly Apartment[]>([]);
	return (
		<div class="stack">
			<Heading text={t("apartments.title")} part_of={site.name}>
				{may_edit && (
					<button class="primary" onClick={() => set_editing("new")}>
						{t("apartments.add")}
					</button>
				)}
			</Heading>
			<Show of={list}>
				{(items) => items.length === 0
					? <Empty title={t("apartments.empty")} text={t("apartments.empty_text")} />
					: <Table label={t("apartments.title")} rows={items}
						columns={columns(may_open ? (one) => site_href(site.id, "apartments", one.id) : null,
							may_edit ? { edit: set_editing, remove: set_deleting } : null)}
						id={({ id }) => id} name={apartment_label}
						filter={(one) => `${one.number} ${one.name ?? ""} ${one.floor ?? ""}`}
						actions={may_edit ? [{ text: t("delete"), danger: true,
							act: set_clearing }] : []} />}
			</Show>
			{editing !== null && (
				<Edit site={site.id} apartment={editing === "new" ? null : editing}
					close={() => set_editing(null)} saved={list.reload} />
			)}
			{deleting !== null && (
				<Confirm title={t("delete_ask", { name: apartment_label(deleting) })}
					text={delete_text([deleting])} yes={t("delete")}
					close={() => set_deleting(null)}
					explain={(status) => status === 409 ? t("apartment.in_use") : null}
					act={async () => {
						await api.apartment_delete(site.id, deleting.id);
						toast(t("deleted", { name: apartment_label(deleting) }), false,
							undo_of(site.id, [deleting], list.reload));
						list.reload();
					}} />
			)}
			{clearing.length > 0 && (
				<DeleteMany rows={clearing} name={apartment_label} close={() => set_clearing([])}
					text={delete_text(clearing)} done={(gone) => {
						list.reload();
						if (gone.length > 0)
							toast(t("deleted_many", { n: gone.length }), false,
								undo_of(site.id, gone, list.reload));
					}}
					explain={(status) => status === 409 ? t("apartment.in_use") : null}
					remove={(one) => api.apartment_delete(site.id, one.id)} />
			)}
		</div>
	);
}
