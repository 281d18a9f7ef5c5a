import { useState } from "preact/hooks";
import { problem_from } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { problem_text } from "../lib/problem.ts";
import { Dialog } from "./dialog.tsx";
import { Progress } from "./progress.tsx";

interface Props<T> {
	rows: readonly T[];
	name: (row: T) => string;
	text: string;
	remove: (row: T) => Promise<void>;
	explain?: (status: number) => string | null;
	close: () => void;
	done: () => void; // after the last one, also when some were refused
}

// Asks, removes one after the other, and tells of those that the server keeps, and why.
export function DeleteMany<T>({ rows, name, text, remove, explain, close, done }: Props<T>) {
	const [at, set_at] = useState<number | null>(null);
	const [kept, set_kept] = useState<readonly string[]>([]);
	const over = at === rows.length;
	const run = async () => {
		const refused: string[] = [];
		for (const [index, row] of rows.entries()) {
			set_at(index);
			try {
				await remove(row);
			} catch (error) {
				const problem = problem_from(error);
				refused.push(`${name(row)}: ${explain?.(problem.status) ?? problem_text(problem)}`);
			}
		}
		set_at(rows.length);
		set_kept(refused);
		done();
		if (refused.length === 0)
			close();
	};
	return (
		<Dialog title={t("delete_many_ask", { n: rows.length })}
			close={() => (at === null || over) && close()}>
			{at === null && <p>{text}</p>}
			{at !== null && <Progress done={at} of={rows.length} />}
			{kept.length > 0 && (
				<ul class="note bad" role="alert">
					{kept.map((one) => <li key={one}>{one}</li>)}
				</ul>
			)}
			<div class="row">
				{over ? <button onClick={close}>{t("close")}</button>
					: <>
						<button onClick={close} disabled={at !== null}>{t("cancel")}</button>
						<button class="danger solid" aria-disabled={at !== null}
							onClick={() => at === null && void run()}>
							{at === null ? t("delete") : t("working")}
						</button>
					</>}
			</div>
		</Dialog>
	);
}
