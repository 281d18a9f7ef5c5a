import type { ComponentChildren } from "preact";
import type { Loaded } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { problem_text } from "../lib/problem.ts";

interface Props<T> {
	of: Loaded<T>;
	children: (data: T) => ComponentChildren;
}

// Progress, then the data; a failure can be tried again and does not hide data already there.
export function Show<T>({ of, children }: Props<T>) {
	return (
		<>
			{of.problem !== null && (
				<div class="note bad row spread" role="alert">
					<span>{problem_text(of.problem)}</span>
					<button onClick={of.reload}>{t("retry")}</button>
				</div>
			)}
			{of.data !== null
				? children(of.data)
				: of.problem === null && (
					<div class="busy" role="status">
						<span class="spin" aria-hidden="true" />{t("loading")}
					</div>
				)}
		</>
	);
}
