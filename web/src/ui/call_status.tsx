import type { Call } from "../api/types.ts";
import { call_status } from "../lib/calls.ts";
import { t } from "../lib/i18n.ts";

function look(call: Call): string {
	if (call.ended_at === null && call.result === null)
		return "badge warn";
	if (call.result === "answered")
		return "badge good";
	return call.result === "failed" ? "badge bad" : "badge";
}

export function CallStatus({ call }: { call: Call }) {
	return (
		<>
			<span class={look(call)}>{t(call_status(call))}</span>
			{call.test && <> <span class="badge">{t("call.test")}</span></>}
		</>
	);
}
