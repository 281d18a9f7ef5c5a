import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Credentials, Device } from "../api/types.ts";
import { useLoad } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { registrar_parse } from "../lib/registrar.ts";
import { toast } from "../lib/toast.ts";
import { Confirm } from "../ui/confirm.tsx";
import { Copy } from "../ui/copy.tsx";
import { Show } from "../ui/loaded.tsx";

function Account({ sip_user, sip_password, registrar }: Credentials) {
	const { host, port } = registrar_parse(registrar, location.hostname);
	return (
		<dl class="account">
			<Copy label={t("credentials.user")} value={sip_user} />
			<Copy label={t("credentials.password")} value={sip_password} secret />
			<Copy label={t("credentials.registrar")} value={host} />
			<Copy label={t("credentials.port")} value={port} />
			<div class="copy">
				<dt>{t("credentials.transport")}</dt>
				<dd><span class="value">{t("credentials.transports")}</span></dd>
			</div>
		</dl>
	);
}

// An app is no SIP phone: it signs in at a page.
export function AppAccount({ sip_user, sip_password }: Credentials) {
	return (
		<dl class="account">
			<Copy label={t("app.address")} value={`${location.origin}/app`} />
			<Copy label={t("device.id")} value={sip_user} />
			<Copy label={t("password")} value={sip_password} secret />
		</dl>
	);
}

// What an installer types into the device. The password is on the page, but covered.
export function CredentialsCard({ site, device }: { site: string; device: Device }) {
	const app = device.kind === "app";
	const account = useLoad(device.id, () => api.credentials(site, device.id));
	const [asking, set_asking] = useState(false);
	return (
		<div class="card stack">
			<h3>{t(app ? "app.account" : "credentials.title")}</h3>
			<p class="soft">{t(app ? "app.sign_in" : "credentials.text")}</p>
			<Show of={account}>
				{(found) => (
					<div class="stack">
						{app ? <AppAccount key={found.sip_password} {...found} />
							: <Account key={found.sip_password} {...found} />}
						<div><button class="danger" onClick={() => set_asking(true)}>
							{t("credentials.renew")}
						</button></div>
					</div>
				)}
			</Show>
			{asking && (
				<Confirm title={t("credentials.renew_ask")} yes={t("credentials.renew")}
					text={t("credentials.renew_text")} close={() => set_asking(false)}
					act={async () => {
						account.set(await api.credentials_renew(site, device.id));
						toast(t("credentials.renewed"));
					}} />
			)}
		</div>
	);
}
