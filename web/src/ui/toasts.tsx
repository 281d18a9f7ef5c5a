import { useEffect, useState } from "preact/hooks";
import { problem_from } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { problem_text } from "../lib/problem.ts";
import { toast, toast_close, toast_listen, type Toast } from "../lib/toast.ts";

// The toast goes first, so that nothing is taken back twice.
async function take_back(id: number, undo: () => Promise<void>): Promise<void> {
	toast_close(id);
	try {
		await undo();
		toast(t("undone"));
	} catch (error) {
		toast(problem_text(problem_from(error)), true);
	}
}

export function Toasts() {
	const [list, set] = useState<readonly Toast[]>([]);
	useEffect(() => toast_listen(set), []);
	return (
		<div class="toasts" role="status" aria-live="polite">
			{list.map(({ id, text, bad, undo }) => (
				<div key={id} class={bad ? "toast bad" : "toast"}>
					<span>{text}</span>
					{undo !== null && (
						<button class="plain" onClick={() => void take_back(id, undo)}>
							{t("undo")}
						</button>
					)}
					<button class="plain" onClick={() => toast_close(id)}>{t("close")}</button>
				</div>
			))}
		</div>
	);
}
