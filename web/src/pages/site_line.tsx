import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Line, Site } from "../api/types.ts";
import { useLoad } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { toast } from "../lib/toast.ts";
import { check_port, check_required, PASSWORD_MAX } from "../lib/validate.ts";
import { Confirm } from "../ui/confirm.tsx";
import { Form } from "../ui/form.tsx";
import { Show } from "../ui/loaded.tsx";

const PORT = 5060;
const HOST_MAX = 253;

function LineForm({ site, line, saved }: { site: string; line: Line; saved: () => void }) {
	return (
		<Form submit={t("line.save")}
			start={{ host: line.host, port: String(line.port ?? PORT), username: line.username,
				password: "", caller: line.caller }}
			send={async ({ host = "", port = "", username = "", password = "", caller = "" }) => {
				await api.line_set(site, { host: host.trim(), port: Number(port),
					username: username.trim(), caller: caller.trim(),
					password: password === "" ? null : password });
				toast(t("saved"));
				saved();
			}}
			fields={[
				{ name: "host", label: t("line.host"), check: check_required, required: true,
					max: HOST_MAX, hint: t("line.host_hint") },
				{ name: "port", label: t("credentials.port"), type: "number", check: check_port },
				{ name: "username", label: t("line.username"), max: 100 },
				{ name: "password", label: t("password"), type: "password", max: PASSWORD_MAX,
					autocomplete: "new-password",
					...(line.has_password ? { hint: t("line.password_hint") } : {}) },
				{ name: "caller", label: t("line.caller"), max: 20, hint: t("line.caller_hint") },
			]} />
	);
}

// The provider through which the site calls phones outside.
export function SiteLine({ site }: { site: Site }) {
	const line = useLoad(site.id, () => api.line(site.id));
	const [asking, set_asking] = useState(false);
	return (
		<div class="card stack">
			<h2>{t("line.title")}</h2>
			<p class="soft">{t("line.text")}</p>
			<Show of={line}>
				{(now) => (
					<div class="stack">
						<LineForm key={JSON.stringify(now)} site={site.id} line={now} saved={line.reload} />
						{now.host !== "" && (
							<div><button class="danger" onClick={() => set_asking(true)}>
								{t("line.delete")}
							</button></div>
						)}
					</div>
				)}
			</Show>
			{asking && (
				<Confirm title={t("line.delete_ask")} text={t("line.delete_text")} yes={t("line.delete")}
					close={() => set_asking(false)}
					act={async () => {
						await api.line_delete(site.id);
						line.reload();
					}} />
			)}
		</div>
	);
}
