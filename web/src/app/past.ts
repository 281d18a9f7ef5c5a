// A call that is over, as its list shows it. Pure.
import type { Key } from "../lib/i18n.ts";
import type { PastCall } from "./api.ts";

export const past_missed = ({ outgoing, result }: PastCall) => !outgoing && result === "missed";

const RESULT: Record<string, Key> = {
	answered: "call.answered", missed: "call.missed", declined: "call.declined", busy: "call.busy",
	failed: "call.failed",
};

export function past_text({ result, outgoing, answered_by, ended_at }: PastCall): [Key, Record<string, string>] {
	if (result === "answered" && !outgoing && answered_by !== null && answered_by !== "")
		return ["app.answered_by", { name: answered_by }];
	if (result === "missed" && outgoing)
		return ["app.why.no_answer", {}];
	if (result === null)
		return [ended_at === null ? "call.talking" : "call.ended", {}];
	return [RESULT[result] ?? "call.ended", {}];
}
