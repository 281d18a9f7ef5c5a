import { api } from "../api/client.ts";
import type { Device, LocalButton, LocalSettings } from "../api/types.ts";
import { useLoad } from "../lib/hooks.ts";
import { t, type Key } from "../lib/i18n.ts";
import { registrar_parse } from "../lib/registrar.ts";
import { button_name } from "../lib/ring.ts";
import { Copy } from "../ui/copy.tsx";
import { Show } from "../ui/loaded.tsx";

const FAULTS: Record<"not_registered" | "outside" | "line", Key> = {
	not_registered: "local.not_registered",
	outside: "local.outside",
	line: "local.line",
};

function ButtonSettings({ of: button }: { of: LocalButton }) {
	const title = button_name(button);
	return (
		<section class="stack tight">
			{button.uri === null && <h4>{title}</h4>}
			<dl class="account">
				{button.uri !== null
					? <Copy label={t("local.dials", { title })} value={button.uri} />
					: button.destinations.map((to) => to.uri !== null && (
						<Copy key={to.device} value={to.uri}
							label={to.after_s === 0 ? to.name
								: `${to.name} · ${t("button.after", { s: to.after_s })}`} />
					))}
			</dl>
			{button.destinations.map((to) => to.fault !== null && (
				<p class="note" key={to.device}>{t(FAULTS[to.fault], { name: to.name })}</p>
			))}
		</section>
	);
}

function Settings({ of: local }: { of: LocalSettings }) {
	const { host, port } = registrar_parse(local.registrar, location.hostname);
	const codecs = (kind: "audio" | "video") =>
		local.codecs.filter((one) => one.kind === kind).map(({ name }) => name).join(", ");
	return (
		<div class="stack">
			<dl class="account">
				<Copy label={t("credentials.user")} value={local.sip_user} />
				<Copy label={t("credentials.registrar")} value={`${host}:${port}`} />
				<Copy label={t("local.audio")} value={codecs("audio")} />
				<Copy label={t("local.video")} value={codecs("video")} />
				<Copy label={t("local.dtmf")} value={local.dtmf} />
			</dl>
			{local.direct && <p class="note">{t("local.direct")}</p>}
			{local.buttons.map((one) => <ButtonSettings key={one.button} of={one} />)}
		</div>
	);
}

// What to set in an intercom that calls phones of its own network without the server.
export function LocalMode({ site, device }: { site: string; device: Device }) {
	const local = useLoad(device.id, () => api.local(site, device.id));
	return (
		<div class="card stack">
			<h3>{t("local.title")}</h3>
			<p class="soft">{t("local.text")}</p>
			<Show of={local}>{(found) => <Settings of={found} />}</Show>
		</div>
	);
}
