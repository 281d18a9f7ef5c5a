// What went wrong, in the reader's language.
import type { Problem } from "../api/client.ts";
import { t, type Key } from "./i18n.ts";

const BY_STATUS: Record<number, Key> = {
	0: "problem.unreachable",
	401: "problem.signed_out",
	403: "problem.forbidden",
	404: "problem.not_found",
	429: "problem.too_many",
};

export function problem_text(problem: Problem): string {
	const known = BY_STATUS[problem.status];
	if (known !== undefined)
		return t(known);
	if (problem.status >= 500)
		return t("problem.server");
	return problem.body.detail ?? problem.body.title ?? t("problem.server");
}

export function problem_field_text(problem: Problem): string {
	return problem.status === 409 ? t("field.taken") : problem_text(problem);
}
