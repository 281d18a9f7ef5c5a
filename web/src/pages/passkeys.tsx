import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Me, Passkey, RecoveryCodes } from "../api/types.ts";
import { agent_name } from "../lib/agent.ts";
import { format_time } from "../lib/format.ts";
import { useLoad } from "../lib/hooks.ts";
import { lang_current, t } from "../lib/i18n.ts";
import { toast } from "../lib/toast.ts";
import { check_required, NAME_MAX } from "../lib/validate.ts";
import { Confirm } from "../ui/confirm.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Form } from "../ui/form.tsx";
import { Show } from "../ui/loaded.tsx";
import { PasskeyButton } from "../ui/passkey_button.tsx";

const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;
const time = (at: number) => format_time(at, lang_current(), zone());

function Line({ one, rename, remove }: { one: Passkey; rename: () => void; remove: () => void }) {
	return (
		<li class="row spread">
			<div>
				<p><strong>{one.name}</strong>{" "}
					{!one.alone && <span class="badge">{t("passkey.second_only")}</span>}</p>
				<p class="soft">{t("passkey.created", { time: time(one.created_at) })}{" · "}
					{one.used_at === null ? t("passkey.unused")
						: t("passkey.used", { time: time(one.used_at) })}{" · "}{one.rp_id}</p>
				{one.suspect_at !== null && <p class="note bad">
					{t("passkey.suspect", { time: time(one.suspect_at) })}</p>}
			</div>
			<div class="row">
				<button onClick={rename}>{t("passkey.rename")}
					<span class="hidden"> {one.name}</span></button>
				<button onClick={remove}>{t("passkey.remove")}
					<span class="hidden"> {one.name}</span></button>
			</div>
		</li>
	);
}

function Rename({ one, close, saved }: { one: Passkey; close: () => void; saved: () => void }) {
	return (
		<Dialog title={t("passkey.rename")} close={close}>
			<Form submit={t("save")} cancel={close} start={{ name: one.name }}
				send={async ({ name = "" }) => {
					await api.passkey_rename(one.id, name.trim());
					close();
					saved();
				}}
				fields={[{ name: "name", label: t("name"), check: check_required, required: true,
					max: NAME_MAX }]} />
		</Dialog>
	);
}

type Asking = { what: "rename" | "remove"; one: Passkey } | { what: "password" } | null;

// The passkeys of who is signed in: adding, naming, removing, and doing without a password.
export function Passkeys({ me, made, changed, signed_out_others }: {
	me: Me; made: (codes: RecoveryCodes) => void; changed: () => void;
	signed_out_others: () => void;
}) {
	const keys = useLoad("me.passkeys", api.passkeys);
	const [asking, set_asking] = useState<Asking>(null);
	const close = () => set_asking(null);
	const reload = () => {
		keys.reload();
		changed();
	};
	const add = async () => {
		const { passkey_make } = await import("../lib/passkey.ts");
		const found = await passkey_make(await api.passkey_options());
		const added = await api.passkey_add({ ...found,
			name: agent_name(navigator.userAgent) ?? t("passkey.one") });
		toast(t("passkey.added"));
		if (added.codes.length > 0)
			made({ codes: added.codes });
		reload();
	};
	return (
		<section class="card stack">
			<h2>{t("passkey.title")}</h2>
			<p class="soft">{t("passkey.text")}</p>
			{!me.has_password && <p><strong>{t("passkey.only")}</strong></p>}
			<Show of={keys}>
				{(list) => (
					<div class="stack">
						{list.length > 0 && <ul class="stack">
							{list.map((one) => <Line key={one.id} one={one}
								rename={() => set_asking({ what: "rename", one })}
								remove={() => set_asking({ what: "remove", one })} />)}
						</ul>}
						<PasskeyButton text={t("passkey.add")} act={add} />
						{me.has_password && list.some(({ alone }) => alone) && (
							<div><button class="danger" onClick={() => set_asking({ what: "password" })}>
								{t("passkey.drop_password")}
							</button></div>
						)}
					</div>
				)}
			</Show>
			{asking?.what === "rename" && <Rename one={asking.one} close={close} saved={reload} />}
			{asking?.what === "remove" && (
				<Confirm title={t("passkey.remove_ask")} text={t("passkey.remove_text")}
					yes={t("passkey.remove")} close={close}
					explain={(status) => status === 409 ? t("passkey.last") : null}
					act={async () => {
						await api.passkey_remove(asking.one.id);
						toast(t("passkey.removed"));
						reload();
					}} />
			)}
			{asking?.what === "password" && (
				<Confirm title={t("passkey.drop_ask")} text={t("passkey.drop_text")}
					yes={t("passkey.drop_password")} close={close}
					act={async () => {
						await api.me_password_drop();
						toast(t("passkey.dropped"));
						signed_out_others();
						reload();
					}} />
			)}
		</section>
	);
}
