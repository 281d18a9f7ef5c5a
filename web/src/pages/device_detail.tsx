import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import { useLoad } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { go, site_href } from "../lib/router.ts";
import { toast } from "../lib/toast.ts";
import { Confirm } from "../ui/confirm.tsx";
import { DeviceStatus } from "../ui/device_status.tsx";
import { Link } from "../ui/link.tsx";
import { Show } from "../ui/loaded.tsx";
import { Buttons } from "./buttons.tsx";
import { CredentialsCard } from "./credentials.tsx";
import { DeviceForm } from "./device_form.tsx";
import { useDeviceChanges } from "./devices.tsx";
import type { TabProps } from "./site.tsx";

export function DeviceDetail({ site, listen, id }: TabProps & { id: string }) {
	const all = useLoad(`${site.id}/${id}`, async () => {
		const [devices, apartments] =
			await Promise.all([api.devices(site.id), api.apartments(site.id)]);
		return { devices, apartments };
	});
	const [deleting, set_deleting] = useState(false);
	useDeviceChanges(listen, all.reload);
	return (
		<div class="stack">
			<p><Link href={site_href(site.id)}>{t("devices.back")}</Link></p>
			<Show of={all}>
				{({ devices, apartments }) => {
					const device = devices.find((one) => one.id === id);
					if (device === undefined)
						return <p class="note bad">{t("problem.not_found")}</p>;
					return (
						<div class="stack">
							<div class="row spread">
								<h2>{device.name}</h2>
								<DeviceStatus device={device} />
							</div>
							<CredentialsCard site={site.id} device={device} />
							{device.kind === "intercom"
								&& <Buttons site={site.id} device={device} devices={devices} />}
							<div class="card stack">
								<h3>{t("settings.title")}</h3>
								<DeviceForm device={device} apartments={apartments}
									submit={t("save")}
									send={async (edit) => {
										await api.device_edit(site.id, id, edit);
										toast(t("saved"));
										all.reload();
									}} />
								<div><button class="danger" onClick={() => set_deleting(true)}>
									{t("device.delete")}
								</button></div>
							</div>
							{deleting && (
								<Confirm title={t("delete_ask", { name: device.name })}
									text={t("device.delete_text")} yes={t("delete")}
									close={() => set_deleting(false)}
									act={async () => {
										await api.device_delete(site.id, id);
										toast(t("deleted", { name: device.name }));
										go(site_href(site.id));
									}} />
							)}
						</div>
					);
				}}
			</Show>
		</div>
	);
}
