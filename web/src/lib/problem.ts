// What went wrong, in the reader's language.
import { PROBLEM_VERIFY, type Problem } from "../api/client.ts";
import { format_wait } from "./format.ts";
import { lang_current, t, type Key } from "./i18n.ts";

const BY_STATUS: Record<number, Key> = {
	0: "problem.unreachable",
	401: "problem.signed_out",
	403: "problem.forbidden",
	404: "problem.not_found",
	429: "problem.too_many",
};

// The server explains in English; who reads another language gets a general text.
function detail_or(problem: Problem, key: Key): string {
	const detail = problem.body.detail ?? problem.body.title;
	return lang_current() === "en" && detail !== undefined ? detail : t(key);
}

export function problem_text(problem: Problem): string {
	if (problem.body.type === PROBLEM_VERIFY)
		return t("verify.needed");
	const known = BY_STATUS[problem.status];
	if (problem.status === 429 && problem.wait_s > 0)
		return t("problem.too_many_wait", {
			wait: format_wait(problem.wait_s, lang_current()) });
	if (known !== undefined)
		return t(known);
	if (problem.status >= 500)
		return t("problem.server");
	return detail_or(problem, "problem.refused");
}

// 403 at a field: what should prove who somebody is does not.
function proof_text(problem: Problem): string {
	return t(problem.body.field === "code" ? "field.wrong_code" : "field.wrong_password");
}

export function problem_field_text(problem: Problem): string {
	if (problem.status === 403)
		return proof_text(problem);
	return problem.status === 409 ? t("field.taken") : detail_or(problem, "field.refused");
}
