import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { problem_from } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { problem_text } from "../lib/problem.ts";
import { Dialog } from "./dialog.tsx";
import { Progress } from "./progress.tsx";

interface Props<T> {
	title: string;
	yes: string;
	danger?: boolean;
	rows: readonly T[];
	name: (row: T) => string;
	act: (row: T) => Promise<unknown>;
	explain?: (status: number) => string | null;
	close: () => void;
	done: (rows: readonly T[]) => void; // after the last one: those with which it went well
	children?: ComponentChildren;       // what it means, or how it is to be done
}

// Asks, does it with one row after the other, and tells of those that the server refuses, and why.
export function DoMany<T>({ title, yes, danger = false, rows, name, act, explain, close, done,
	children }: Props<T>) {
	const [at, set_at] = useState<number | null>(null);
	const [refused, set_refused] = useState<readonly string[]>([]);
	const over = at === rows.length;
	const run = async () => {
		const well: T[] = [];
		const badly: string[] = [];
		for (const [index, row] of rows.entries()) {
			set_at(index);
			try {
				await act(row);
				well.push(row);
			} catch (error) {
				const problem = problem_from(error);
				badly.push(t("said_of", { name: name(row),
					text: explain?.(problem.status) ?? problem_text(problem) }));
			}
		}
		set_at(rows.length);
		set_refused(badly);
		done(well);
		if (badly.length === 0)
			close();
	};
	return (
		<Dialog title={title} close={() => (at === null || over) && close()}>
			{at === null ? children : <Progress done={at} of={rows.length} />}
			{refused.length > 0 && (
				<ul class="note bad" role="alert">
					{refused.map((one) => <li key={one}>{one}</li>)}
				</ul>
			)}
			<div class="row">
				{over ? <button onClick={close}>{t("close")}</button>
					: <>
						<button onClick={close} disabled={at !== null}>{t("cancel")}</button>
						<button class={danger ? "danger solid" : "primary"} aria-disabled={at !== null}
							onClick={() => at === null && void run()}>
							{at === null ? yes : t("working")}
						</button>
					</>}
			</div>
		</Dialog>
	);
}
