import { useState } from "preact/hooks";
import { problem_from } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { problem_text } from "../lib/problem.ts";
import { Dialog } from "./dialog.tsx";

interface Props {
	title: string;
	text: string;
	yes: string;
	act: () => Promise<void>;
	explain?: (status: number) => string | null;
	close: () => void;
}

// Asks before something that cannot be taken back, and shows if it then fails.
export function Confirm({ title, text, yes, act, explain, close }: Props) {
	const [busy, set_busy] = useState(false);
	const [problem, set_problem] = useState("");
	const confirmed = async () => {
		if (busy)
			return;
		set_busy(true);
		try {
			await act();
			close();
		} catch (error) {
			const found = problem_from(error);
			set_problem(explain?.(found.status) ?? problem_text(found));
			set_busy(false);
		}
	};
	return (
		<Dialog title={title} close={close}>
			<p>{text}</p>
			<div role="alert">{problem && <p class="note bad">{problem}</p>}</div>
			<div class="row">
				<button onClick={close}>{t("cancel")}</button>
				<button class="danger solid" aria-disabled={busy} onClick={confirmed}>
					{busy ? t("working") : yes}
				</button>
			</div>
		</Dialog>
	);
}
