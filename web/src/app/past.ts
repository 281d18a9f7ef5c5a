// A call that is over, as its list shows it. Pure.
import { call_status } from "../lib/calls.ts";
import type { Key } from "../lib/i18n.ts";
import type { PastCall } from "./api.ts";

export const past_missed = ({ outgoing, result, test }: PastCall) =>
	!outgoing && result === "missed" && test !== true;

export function past_text(call: PastCall): [Key, Record<string, string>] {
	const { result, outgoing, test, answered_by } = call;
	if (result === "answered" && !outgoing && answered_by !== null && answered_by !== "")
		return ["app.answered_by", { name: answered_by }];
	if (result === "missed" && (outgoing || test === true))
		return ["app.why.no_answer", {}];
	return [call_status(call), {}];
}
