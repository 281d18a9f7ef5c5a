import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Apartment, Button, Device, Site, User } from "../api/types.ts";
import { apartment_label } from "../lib/apartments.ts";
import { problem_from, useLoad } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { problem_text } from "../lib/problem.ts";
import { button_name, ring_add } from "../lib/ring.ts";
import { toast } from "../lib/toast.ts";
import { check_required, LABEL_MAX, NAME_MAX, next_button } from "../lib/validate.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Field } from "../ui/field.tsx";
import { Form } from "../ui/form.tsx";
import { Show } from "../ui/loaded.tsx";
import { PersonChoice } from "../ui/person_choice.tsx";
import { AppAccount } from "./credentials.tsx";

interface Props {
	site: Site;
	apartments: readonly Apartment[];
	devices: readonly Device[];
	close: () => void;
	made: (device: Device) => void; // close leads to it
}

interface Made {
	device: Device;
	holder: User | null;
}

// Who holds it, what it is called, where it belongs.
function First({ site, apartments, done, close }:
	Pick<Props, "site" | "apartments" | "close"> & { done: (made: Made) => void }) {
	const [apartment, set_apartment] = useState(
		site.type === "residential" ? apartments[0]?.id ?? "" : "");
	const [holder, set_holder] = useState<User | null>(null);
	return (
		<div class="stack">
			<Field label={t("device.apartment")} name="apartment_id" value={apartment}
				set={set_apartment}
				options={[{ value: "", text: t("device.no_apartment") },
					...apartments.map((one) => ({ value: one.id, text: apartment_label(one) }))]} />
			<PersonChoice site={site.id} apartment={apartment === "" ? null : apartment}
				value={holder} set={set_holder} />
			<Form submit={t("next")} cancel={close} start={{ name: "" }}
				send={async ({ name = "" }) => {
					const device = await api.device_create(site.id, {
						name: name.trim(), kind: "app", unlock_code: "", line: null,
						apartment_id: apartment === "" ? null : apartment,
						person_id: holder?.id ?? null, directory_id: null,
					});
					done({ device, holder });
				}}
				fields={[{ name: "name", label: t("name"), check: check_required, required: true,
					max: NAME_MAX, hint: t("app.name_hint") }]} />
		</div>
	);
}

// What one signs in with, once; it is on the device's page, too.
function Account({ site, device, holder }: Made & { site: string }) {
	const account = useLoad(device.id, () => api.credentials(site, device.id));
	return (
		<div class="stack">
			<p>{holder === null ? t("app.sign_in")
				: holder.email === null ? t("app.no_email", { name: holder.name })
				: t("app.mailed", { name: holder.name, email: holder.email })}</p>
			<Show of={account}>
				{(found) => <AppAccount {...found} />}
			</Show>
		</div>
	);
}

const NEW = "new";

// The button that rings it: one that is there, or another.
function Ring({ site, door, device, done }:
	{ site: string; door: Device; device: Device; done: () => void }) {
	const buttons = useLoad(door.id, async () => (await api.buttons(site, door.id)).items);
	const [chosen, choose] = useState("");
	const [label, set_label] = useState("");
	const [busy, set_busy] = useState(false);
	const [problem, set_problem] = useState("");
	const send = async (rows: Button[], button: string) => {
		if (busy)
			return;
		set_busy(true);
		set_problem("");
		const fresh = { button: next_button(rows), label: label.trim(), destinations: [] };
		const all = button === NEW ? [...rows, fresh] : rows;
		const at = button === NEW ? fresh.button : Number(button);
		try {
			await api.buttons_edit(site, door.id,
				all.map((row) => row.button === at ? ring_add(row, device.id) : row));
			toast(t("app_form.rings", { name: device.name, door: door.name }));
			done();
		} catch (error) {
			set_problem(problem_text(problem_from(error)));
		}
		set_busy(false);
	};
	return (
		<Show of={buttons}>
			{(rows) => {
				const button = chosen !== "" ? chosen : rows[0] === undefined ? NEW : String(rows[0].button);
				return (
					<div class="stack">
						<Field label={t("button.number")} name="button" value={button} set={choose}
							options={[...rows.map((row) => ({ value: String(row.button),
								text: button_name(row) })),
							{ value: NEW, text: t("app.new_button") }]} />
						{button === NEW && <Field label={t("button.label")} name="label" value={label}
							set={set_label} max={LABEL_MAX} />}
						<div role="alert">{problem && <p class="note bad">{problem}</p>}</div>
						<div class="row">
							<button class="primary" aria-disabled={busy}
								onClick={() => void send(rows, button)}>
								{busy ? t("working") : t("app.ring")}
							</button>
							<button onClick={done}>{t("app.later")}</button>
						</div>
					</div>
				);
			}}
		</Show>
	);
}

function Second({ site, devices, made, close }:
	Pick<Props, "site" | "devices" | "close"> & { made: Made }) {
	const doors = devices.filter((one) => one.kind === "intercom");
	const [door, set_door] = useState(doors[0]?.id ?? "");
	const chosen = doors.find((one) => one.id === door);
	return (
		<div class="stack">
			<Account site={site.id} {...made} />
			<h3>{t("app.choose")}</h3>
			{chosen === undefined
				? <>
					<p class="soft">{t("app.no_intercom")}</p>
					<div><button class="primary" onClick={close}>{t("app.later")}</button></div>
				</>
				: <>
					<Field label={t("device.intercom")} name="intercom" value={door} set={set_door}
						options={doors.map((one) => ({ value: one.id, text: one.name }))} />
					<Ring key={door} site={site.id} door={chosen} device={made.device} done={close} />
				</>}
		</div>
	);
}

// A smartphone or tablet: whose it is, how it signs in, and which button rings it.
export function AppAdd({ site, apartments, devices, close, made }: Props) {
	const [done, set_done] = useState<Made | null>(null);
	const end = () => done === null ? close() : made(done.device);
	return (
		<Dialog title={done === null ? t("devices.add_app") : done.device.name} close={end}>
			{done === null
				? <First site={site} apartments={apartments} done={set_done} close={close} />
				: <Second site={site} devices={devices} made={done} close={end} />}
		</Dialog>
	);
}
