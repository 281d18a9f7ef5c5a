import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Device } from "../api/types.ts";
import { useLoad } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { toast } from "../lib/toast.ts";
import { Confirm } from "../ui/confirm.tsx";
import { Copy } from "../ui/copy.tsx";
import { Show } from "../ui/loaded.tsx";

function Shown({ site, device }: { site: string; device: Device }) {
	const secret = useLoad(device.id, () => api.credentials(site, device.id));
	const [asking, set_asking] = useState(false);
	return (
		<Show of={secret}>
			{({ sip_user, sip_password, registrar }) => (
				<div class="stack">
					<Copy label={t("credentials.registrar")} value={registrar} />
					<Copy label={t("credentials.user")} value={sip_user} />
					<Copy label={t("credentials.password")} value={sip_password} />
					<div><button class="danger" onClick={() => set_asking(true)}>
						{t("credentials.renew")}
					</button></div>
					{asking && (
						<Confirm title={t("credentials.renew_ask")} yes={t("credentials.renew")}
							text={t("credentials.renew_text")} close={() => set_asking(false)}
							act={async () => {
								secret.set(await api.credentials_renew(site, device.id));
								toast(t("credentials.renewed"));
							}} />
					)}
				</div>
			)}
		</Show>
	);
}

// The SIP account, read from the server only when somebody asks to see it.
export function CredentialsCard({ site, device }: { site: string; device: Device }) {
	const [open, set_open] = useState(false);
	return (
		<div class="card stack">
			<div class="row spread">
				<h3>{t("credentials.title")}</h3>
				<button aria-expanded={open} onClick={() => set_open(!open)}>
					{open ? t("credentials.hide") : t("credentials.show")}
				</button>
			</div>
			<p class="soft">{t("credentials.text")}</p>
			{open && <Shown site={site} device={device} />}
		</div>
	);
}
