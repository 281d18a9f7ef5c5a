import { useEffect, useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Device } from "../api/types.ts";
import { useLoad } from "../lib/hooks.ts";
import { lang_current, t } from "../lib/i18n.ts";
import { useCan } from "../lib/rights.ts";
import { go, site_href } from "../lib/router.ts";
import { toast } from "../lib/toast.ts";
import { DeviceStatus } from "../ui/device_status.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Heading } from "../ui/heading.tsx";
import { Link } from "../ui/link.tsx";
import { Show } from "../ui/loaded.tsx";
import { apartment_label } from "./apartments.tsx";
import { DeviceForm } from "./device_form.tsx";
import type { Listen, TabProps } from "./site.tsx";

const SETTLE_MS = 250; // a building that comes back is one reload, not a hundred

// Reads again soon after anything but a call changed.
export function useDeviceChanges(listen: Listen, reload: () => void): void {
	useEffect(() => {
		let wait: number | undefined;
		const stop = listen((event) => {
			if (event !== null && event.type.startsWith("call"))
				return;
			clearTimeout(wait);
			wait = window.setTimeout(reload, SETTLE_MS);
		});
		return () => {
			clearTimeout(wait);
			stop();
		};
	}, [listen, reload]);
}

export function device_kind({ kind }: Device): string {
	return kind === "intercom" ? t("device.intercom") : t("device.phone");
}

// Doors first, then phones, each by name as the reader's language sorts.
function in_order(devices: readonly Device[]): Device[] {
	const { compare } = new Intl.Collator(lang_current(), { numeric: true });
	return [...devices].sort((a, b) => compare(a.kind, b.kind) || compare(a.name, b.name));
}

function Card({ site, device, place }: { site: string; device: Device; place: string | null }) {
	return (
		<Link href={site_href(site, "devices", device.id)} class="card card-link">
			<div class="stack">
				<div>
					<h3>{device.name}</h3>
					<p class="soft">
						{device_kind(device)}
						{place !== null && ` · ${place}`}
					</p>
				</div>
				<DeviceStatus device={device} />
				<p class="soft mono">{device.id}</p>
			</div>
		</Link>
	);
}

export function Devices({ site, listen }: TabProps) {
	const may_edit = useCan(site.id)("device_edit");
	const both = useLoad(site.id, async () => {
		const [devices, apartments] =
			await Promise.all([api.devices(site.id), api.apartments(site.id)]);
		return { devices, apartments };
	});
	const [adding, set_adding] = useState(false);
	useDeviceChanges(listen, both.reload);
	return (
		<div class="stack">
			<Heading text={t("devices.title")} part_of={site.name}>
				{may_edit && (
					<button class="primary" onClick={() => set_adding(true)}
						aria-disabled={both.data === null}>{t("devices.add")}</button>
				)}
			</Heading>
			<Show of={both}>
				{({ devices, apartments }) => devices.length === 0
					? <div class="card empty"><h3>{t("devices.empty")}</h3>
						<p class="soft">{t("devices.empty_text")}</p></div>
					: <ul class="cards">
						{in_order(devices).map((device) => {
							const home = apartments.find(({ id }) => id === device.apartment_id);
							return (
								<li key={device.id}>
									<Card site={site.id} device={device}
										place={home ? apartment_label(home) : null} />
								</li>
							);
						})}
					</ul>}
			</Show>
			{adding && both.data !== null && (
				<Dialog title={t("devices.add")} close={() => set_adding(false)}>
					<DeviceForm apartments={both.data.apartments} submit={t("create")}
						cancel={() => set_adding(false)}
						send={async (edit) => {
							const device = await api.device_create(site.id, edit);
							toast(t("devices.added", { name: edit.name }));
							go(site_href(site.id, "devices", device.id));
						}} />
				</Dialog>
			)}
		</div>
	);
}
