import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Device, PhoneContact, PhoneDirectory } from "../api/types.ts";
import { problem_from, useLoad } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { problem_field_text, problem_text } from "../lib/problem.ts";
import { go, site_href } from "../lib/router.ts";
import { toast } from "../lib/toast.ts";
import { check_required, NAME_MAX } from "../lib/validate.ts";
import { Confirm } from "../ui/confirm.tsx";
import { Field } from "../ui/field.tsx";
import { Heading } from "../ui/heading.tsx";
import { Show } from "../ui/loaded.tsx";
import { device_kind } from "./devices.tsx";
import type { TabProps } from "./site.tsx";

const CONTACTS_MAX = 200;

interface ContactProps {
	contact: PhoneContact;
	device: Device | undefined;
	set: (contact: PhoneContact) => void;
	remove: () => void;
}

function Contact({ contact, device, set, remove }: ContactProps) {
	const known = device?.name ?? contact.device;
	return (
		<li class="line two">
			<div class="stack tight">
				<strong>{known}</strong>
				<p class="soft">
					{device && `${device_kind(device)} · `}<span class="mono">{contact.device}</span>
				</p>
				<Field label={t("directory.called", { name: known })} name="name" value={contact.name}
					max={NAME_MAX} set={(name) => set({ ...contact, name })} />
			</div>
			<button class="danger" onClick={remove}>
				{t("button.remove")}<span class="hidden"> {known}</span>
			</button>
		</li>
	);
}

function AddContact({ left, add }: { left: readonly Device[]; add: (device: string) => void }) {
	const [chosen, choose] = useState("");
	const device = left.some((one) => one.id === chosen) ? chosen : left[0]?.id;
	if (device === undefined)
		return null;
	return (
		<div class="row adds">
			<Field label={t("button.add_device")} name="add" value={device} set={choose}
				options={left.map((one) => ({ value: one.id, text: `${one.name} · ${one.id}` }))} />
			<button onClick={() => add(device)}>{t("add")}</button>
		</div>
	);
}

interface EditorProps {
	start: PhoneDirectory;
	devices: readonly Device[];
	save: (name: string, entries: PhoneContact[]) => Promise<void>;
}

function Editor({ start, devices, save }: EditorProps) {
	const [name, set_name] = useState(start.name);
	const [entries, set_entries] = useState<readonly PhoneContact[]>(start.entries);
	const [tried, set_tried] = useState("");
	const [busy, set_busy] = useState(false);
	const [problem, set_problem] = useState("");
	const send = async () => {
		const fault = check_required(name);
		set_tried(fault === null ? "" : t(fault));
		if (busy || fault !== null)
			return;
		set_busy(true);
		set_problem("");
		try {
			await save(name.trim(), [...entries]);
		} catch (error) {
			const found = problem_from(error);
			if (found.body.field === "name")
				set_tried(problem_field_text(found));
			else
				set_problem(problem_text(found));
		}
		set_busy(false);
	};
	const left = devices.filter((one) => !entries.some((entry) => entry.device === one.id));
	return (
		<div class="card stack">
			<Field label={t("name")} name="name" value={name} set={set_name} max={NAME_MAX} required
				error={tried === "" ? undefined : tried} />
			<h3>{t("directory.contacts")}</h3>
			{entries.length === 0 ? <p class="soft">{t("directory.empty")}</p> : (
				<ul class="list">
					{entries.map((entry) => (
						<Contact key={entry.device} contact={entry}
							device={devices.find((one) => one.id === entry.device)}
							set={(next) => set_entries(entries.map((one) =>
								one.device === next.device ? next : one))}
							remove={() => set_entries(entries.filter((one) => one !== entry))} />
					))}
				</ul>
			)}
			{entries.length < CONTACTS_MAX && <AddContact left={left}
				add={(device) => set_entries([...entries, { device, name: "" }])} />}
			<div role="alert">{problem && <p class="note bad">{problem}</p>}</div>
			<div class="row">
				<button class="primary" onClick={send} aria-disabled={busy}>
					{busy ? t("working") : t("save")}
				</button>
			</div>
		</div>
	);
}

// One phone directory: whom a device that has it may call, and what each is called there.
export function DirectoryDetail({ site, id }: TabProps & { id: string }) {
	const all = useLoad(`${site.id}/${id}`, async () => {
		const [directory, devices] =
			await Promise.all([api.directory(site.id, id), api.devices(site.id)]);
		return { directory, devices };
	});
	const [deleting, set_deleting] = useState(false);
	return (
		<Show of={all}>
			{({ directory, devices }) => (
				<div class="stack">
					<Heading text={directory.name} part_of={site.name} />
					<p class="soft">{t("directory.used", { n: directory.devices })}</p>
					<Editor start={directory} devices={devices} save={async (name, entries) => {
						await api.directory_edit(site.id, id, { name, entries });
						toast(t("saved"));
						all.reload();
					}} />
					<div><button class="danger" onClick={() => set_deleting(true)}>
						{t("directory.delete")}
					</button></div>
					{deleting && (
						<Confirm title={t("delete_ask", { name: directory.name })}
							text={t("directory.delete_text")} yes={t("delete")}
							close={() => set_deleting(false)}
							act={async () => {
								await api.directory_delete(site.id, id);
								toast(t("deleted", { name: directory.name }));
								go(site_href(site.id, "directories"));
							}} />
					)}
				</div>
			)}
		</Show>
	);
}
