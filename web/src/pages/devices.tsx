import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Apartment, Device, DeviceKind } from "../api/types.ts";
import { apartment_label } from "../lib/apartments.ts";
import { useDeviceChanges } from "../lib/changes.ts";
import { useLoad } from "../lib/hooks.ts";
import { lang_current, t, type Key } from "../lib/i18n.ts";
import { useCan } from "../lib/rights.ts";
import { go, site_href } from "../lib/router.ts";
import { toast } from "../lib/toast.ts";
import { DeleteMany } from "../ui/delete_many.tsx";
import { DeviceStatus } from "../ui/device_status.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Empty } from "../ui/empty.tsx";
import { Heading } from "../ui/heading.tsx";
import { Link } from "../ui/link.tsx";
import { Show } from "../ui/loaded.tsx";
import { Table, type Column } from "../ui/table.tsx";
import { AppAdd } from "./app_add.tsx";
import { DeviceForm } from "./device_form.tsx";
import type { TabProps } from "./site.tsx";

const KINDS: Record<DeviceKind, Key> = {
	intercom: "device.intercom", phone: "device.phone", app: "device.app", line: "device.line",
};

export function device_kind({ kind }: Device): string {
	return t(KINDS[kind]);
}

interface Entry {
	device: Device;
	place: string | null;
}

// Doors first, then phones, each by name as the reader's language sorts.
function entries(devices: readonly Device[], apartments: readonly Apartment[]): Entry[] {
	const { compare } = new Intl.Collator(lang_current(), { numeric: true });
	const places = new Map(apartments.map((one) => [one.id, apartment_label(one)]));
	return [...devices]
		.sort((a, b) => compare(a.kind, b.kind) || compare(a.name, b.name))
		.map((device) => ({ device,
			place: device.apartment_id === null ? null : places.get(device.apartment_id) ?? null }));
}

function columns(site: string): Column<Entry>[] {
	return [
		{ key: "name", title: t("name"), sort: ({ device }) => device.name,
			cell: ({ device }) => (
				<Link href={site_href(site, "devices", device.id)}>{device.name}</Link>
			) },
		{ key: "kind", title: t("device.kind"), sort: ({ device }) => device_kind(device),
			cell: ({ device }) => device_kind(device) },
		{ key: "place", title: t("device.apartment"), sort: ({ place }) => place,
			cell: ({ place }) => place },
		{ key: "status", title: t("device.status"), sort: ({ device }) => device.status,
			cell: ({ device }) => <DeviceStatus device={device} /> },
		{ key: "id", title: t("device.id"), cell: ({ device }) =>
			<span class="soft mono">{device.id}</span> },
	];
}

export function Devices({ site, listen }: TabProps) {
	const may_edit = useCan(site.id)("device_edit");
	const both = useLoad(site.id, async () => {
		const [devices, apartments, directories] = await Promise.all(
			[api.devices(site.id), api.apartments(site.id), api.directories(site.id)]);
		return { devices, apartments, directories };
	});
	const [adding, set_adding] = useState<"device" | "app" | null>(null);
	const [deleting, set_deleting] = useState<readonly Entry[]>([]);
	useDeviceChanges(listen, both.reload);
	return (
		<div class="stack">
			<Heading text={t("devices.title")} part_of={site.name}>
				{may_edit && (
					<div class="row">
						<button class="primary" onClick={() => set_adding("device")}
							aria-disabled={both.data === null}>{t("devices.add")}</button>
						<button onClick={() => set_adding("app")}
							aria-disabled={both.data === null}>{t("devices.add_app")}</button>
					</div>
				)}
			</Heading>
			<Show of={both}>
				{({ devices, apartments }) => devices.length === 0
					? <Empty title={t("devices.empty")} text={t("devices.empty_text")} />
					: <Table label={t("devices.title")} columns={columns(site.id)}
						rows={entries(devices, apartments)} id={({ device }) => device.id}
						name={({ device }) => device.name}
						filter={({ device, place }) =>
							`${device.name} ${device.id} ${device_kind(device)} ${place ?? ""}`}
						actions={may_edit ? [{ text: t("delete"), danger: true,
							act: set_deleting }] : []} />}
			</Show>
			{adding === "app" && both.data !== null && (
				<AppAdd site={site} {...both.data} close={() => set_adding(null)}
					made={(device) => go(site_href(site.id, "devices", device.id))} />
			)}
			{adding === "device" && both.data !== null && (
				<Dialog title={t("devices.add")} close={() => set_adding(null)}>
					<DeviceForm apartments={both.data.apartments} submit={t("create")}
						directories={both.data.directories} cancel={() => set_adding(null)}
						send={async (edit) => {
							const device = await api.device_create(site.id, edit);
							toast(t("devices.added", { name: edit.name }));
							go(site_href(site.id, "devices", device.id));
						}} />
				</Dialog>
			)}
			{deleting.length > 0 && (
				<DeleteMany rows={deleting} name={({ device }) => device.name}
					text={t("device.delete_text")} close={() => set_deleting([])}
					done={(gone) => {
						both.reload();
						if (gone.length > 0)
							toast(t("deleted_many", { n: gone.length }));
					}}
					remove={({ device }) => api.device_delete(site.id, device.id)} />
			)}
		</div>
	);
}
