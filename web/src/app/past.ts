// A call that is over, as its list shows it. Pure.
import { call_status } from "../lib/calls.ts";
import type { Key } from "../lib/i18n.ts";
import type { PastCall } from "./api.ts";

// Whom it was to ring has missed it, also where nothing rang: in a quiet time, or all were busy.
const UNANSWERED: readonly (string | null)[] = ["missed", "failed", "busy"];

export const past_missed = ({ outgoing, result, test }: PastCall) =>
	!outgoing && UNANSWERED.includes(result) && test !== true;

export function past_text(call: PastCall): [Key, Record<string, string>] {
	const { result, outgoing, test, answered_by } = call;
	if (result === "answered" && !outgoing && answered_by !== null && answered_by !== "")
		return ["app.answered_by", { name: answered_by }];
	if (past_missed(call))
		return ["call.missed", {}];
	if (result === "missed" || (test === true && UNANSWERED.includes(result)))
		return ["app.why.no_answer", {}];
	return [call_status(call), {}];
}
