import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Apartment, Device, DeviceEdit, PhoneDirectoryEntry } from "../api/types.ts";
import { apartment_label } from "../lib/apartments.ts";
import { useDeviceChanges } from "../lib/changes.ts";
import { useLoad } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { useCan } from "../lib/rights.ts";
import { go, site_href } from "../lib/router.ts";
import { toast } from "../lib/toast.ts";
import { Confirm } from "../ui/confirm.tsx";
import { DeviceStatus } from "../ui/device_status.tsx";
import { Heading } from "../ui/heading.tsx";
import { Show } from "../ui/loaded.tsx";
import { AppHolder } from "./app_holder.tsx";
import { Buttons } from "./buttons.tsx";
import { CredentialsCard } from "./credentials.tsx";
import { DeviceForm } from "./device_form.tsx";
import { device_kind } from "./devices.tsx";
import { LocalMode } from "./local_mode.tsx";
import type { TabProps } from "./site.tsx";
import { Switches } from "./switches.tsx";

function edit_of({ unlock_code, ...device }: Device): DeviceEdit {
	const { name, kind, apartment_id, person_id, line, directory_id, connection, srtp,
		snapshot_url, snapshot_user } = device;
	return { name, kind, apartment_id, unlock_code: unlock_code ?? "", person_id, line, directory_id,
		connection, srtp, snapshot_url, snapshot_user };
}

interface SettingsProps {
	site: string;
	device: Device;
	apartments: readonly Apartment[];
	directories: readonly PhoneDirectoryEntry[];
	saved: () => void;
}

function Settings({ site, device, apartments, directories, saved }: SettingsProps) {
	const [deleting, set_deleting] = useState(false);
	return (
		<div class="card stack">
			<h3>{t("settings.title")}</h3>
			<DeviceForm device={device} apartments={apartments} directories={directories}
				submit={t("save")}
				send={async (edit) => {
					await api.device_edit(site, device.id, edit);
					toast(t("saved"), false, async () => {
						await api.device_edit(site, device.id, edit_of(device));
						saved();
					});
					saved();
				}} />
			<div><button class="danger" onClick={() => set_deleting(true)}>
				{t("device.delete")}
			</button></div>
			{deleting && (
				<Confirm title={t("delete_ask", { name: device.name })}
					text={t("device.delete_text")} yes={t("delete")}
					close={() => set_deleting(false)}
					act={async () => {
						await api.device_delete(site, device.id);
						toast(t("deleted", { name: device.name }));
						go(site_href(site, "devices"));
					}} />
			)}
		</div>
	);
}

export function DeviceDetail({ site, listen, id }: TabProps & { id: string }) {
	const can = useCan(site.id);
	const all = useLoad(`${site.id}/${id}`, async () => {
		const [devices, apartments, directories] = await Promise.all(
			[api.devices(site.id), api.apartments(site.id), api.directories(site.id)]);
		return { devices, apartments, directories };
	});
	useDeviceChanges(listen, all.reload);
	return (
		<div class="stack">
			<Show of={all}>
				{({ devices, apartments, directories }) => {
					const device = devices.find((one) => one.id === id);
					if (device === undefined)
						return <p class="note bad">{t("problem.not_found")}</p>;
					const home = apartments.find((one) => one.id === device.apartment_id);
					return (
						<div class="stack">
							<Heading text={device.name} part_of={site.name}>
								<DeviceStatus device={device} />
							</Heading>
							<p class="soft">
								{device_kind(device)}
								{device.line !== null && ` · ${device.line}`}
								{home !== undefined && ` · ${apartment_label(home)}`}
								{" · "}<span class="mono">{device.id}</span>
							</p>
							<div class="halves">
								{can("device_edit") && (
									<div class="stack">
										{device.kind === "intercom" && <Buttons site={site.id} listen={listen}
											device={device} devices={devices} />}
										<Settings site={site.id} device={device}
											apartments={apartments} directories={directories}
											saved={all.reload} />
										{device.kind === "app" && <AppHolder site={site.id}
											device={device} edit={edit_of(device)} saved={all.reload} />}
									</div>
								)}
								<div class="stack">
									{can("credentials") && device.kind !== "line"
										&& <CredentialsCard site={site.id} device={device} />}
									{device.kind === "intercom" && can("device_edit") && (
										<Switches key={device.unlock_code} site={site.id}
											device={device} saved={all.reload} />
									)}
									{device.kind === "intercom" && can("device_edit")
										&& <LocalMode site={site.id} device={device} />}
								</div>
							</div>
						</div>
					);
				}}
			</Show>
		</div>
	);
}
