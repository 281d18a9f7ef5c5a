import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Device, DeviceEdit, User } from "../api/types.ts";
import { problem_from, useLoad } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { problem_text } from "../lib/problem.ts";
import { site_href } from "../lib/router.ts";
import { toast } from "../lib/toast.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Link } from "../ui/link.tsx";
import { Show } from "../ui/loaded.tsx";
import { PersonChoice } from "../ui/person_choice.tsx";

interface Props {
	site: string;
	device: Device;
	edit: DeviceEdit; // what it is now
	saved: () => void;
}

function HandOver({ site, device, edit, saved, close }: Props & { close: () => void }) {
	const [to, set_to] = useState<User | null>(null);
	const [busy, set_busy] = useState(false);
	const [problem, set_problem] = useState("");
	const send = async () => {
		if (busy)
			return;
		set_busy(true);
		set_problem("");
		try {
			await api.device_edit(site, device.id, { ...edit, person_id: to?.id ?? null });
			toast(t("saved"));
			close();
			saved();
		} catch (error) {
			set_problem(problem_text(problem_from(error)));
			set_busy(false);
		}
	};
	return (
		<Dialog title={t("app.hand_over")} close={close}>
			<p class="soft">{t("app.hand_over_text")}</p>
			<PersonChoice site={site} apartment={device.apartment_id} value={to} set={set_to} />
			<div role="alert">{problem && <p class="note bad">{problem}</p>}</div>
			<div class="row">
				<button class="primary" aria-disabled={busy} onClick={send}>
					{busy ? t("working") : t("app.hand_over")}
				</button>
				<button onClick={close}>{t("cancel")}</button>
			</div>
		</Dialog>
	);
}

// Whose an app is; another one gets a new password with it.
export function AppHolder(props: Props) {
	const { site, device } = props;
	const { person_id } = device;
	const holder = useLoad(person_id ?? "",
		async () => ({ user: person_id === null ? null : await api.user(site, person_id) }));
	const [open, set_open] = useState(false);
	return (
		<div class="card stack">
			<h3>{t("app.person")}</h3>
			<Show of={holder}>
				{({ user }) => user === null ? <p>{t("app.nobody")}</p>
					: <p><Link href={site_href(site, "people", user.id)}>{user.name}</Link></p>}
			</Show>
			<div><button onClick={() => set_open(true)}>{t("app.hand_over")}</button></div>
			{open && <HandOver {...props} close={() => set_open(false)} />}
		</div>
	);
}
