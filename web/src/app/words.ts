// How calls are called by those who read of them.
import { t, type Key } from "../lib/i18n.ts";
import type { AppDevice } from "./api.ts";
import type { Call } from "./phone.ts";

const WHY: Record<string, Key> = {
	answered_elsewhere: "app.why.elsewhere",
	caller_gone: "app.why.caller_gone",
	peer_hangup: "app.why.over",
	hangup: "app.why.over",
	declined: "app.why.declined",
	busy: "app.why.busy",
	no_answer: "app.why.no_answer",
	never_came: "app.why.no_answer",
	unreachable: "app.why.unreachable",
	lost: "app.why.lost",
	limit: "app.why.limit",
	codec: "app.why.codec",
	not_allowed: "app.refused.not_allowed",
	full: "app.refused.full",
};

export function why_text({ why, by, incoming, test }: Call): string {
	if (why === "answered_elsewhere" && by !== null && by !== "")
		return t("app.answered_by", { name: by });
	if (why === "no_answer" && incoming && !test)
		return t("call.missed");
	return t(WHY[why ?? ""] ?? "app.why.over");
}

const REFUSED: Record<string, Key> = {
	busy: "app.why.busy",
	no_such_switch: "app.refused.no_such_switch",
	not_allowed: "app.refused.not_allowed",
	unreachable: "app.not_connected",
	full: "app.refused.full",
};

export const refused_text = (code: string) => t(REFUSED[code] ?? "app.refused.other");

// "Maple House · 12 Smith": where a device belongs.
export function place_text({ site_name, apartment }: AppDevice): string {
	return [site_name, apartment === null ? ""
		: [apartment.number, apartment.name].filter(Boolean).join(" ")]
		.filter(Boolean).join(" · ");
}

export function state_text(call: Call): string {
	switch (call.phase) {
	case "ringing":
		return t("app.rings");
	case "dialling":
		return t("app.connecting");
	case "calling":
		return t(call.look ? "app.connecting" : "app.calling");
	case "answering":
		return t("app.connecting");
	case "talking":
		return t(call.look ? "app.looking" : "call.talking");
	case "ended":
		return why_text(call);
	}
}
