import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import { problem_from } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { problem_text } from "../lib/problem.ts";
import { Heading } from "../ui/heading.tsx";
import { Link } from "../ui/link.tsx";
import { useToken } from "../ui/use_token.ts";

// Follows the link to a new address. A button does it, for programs that look at mails open links.
export default function ConfirmEmail({ changed }: { changed: () => void }) {
	const token = useToken();
	const [busy, set_busy] = useState(false);
	const [done, set_done] = useState(false);
	const [problem, set_problem] = useState("");
	const confirm = async () => {
		if (busy)
			return;
		set_busy(true);
		set_problem("");
		try {
			await api.me_email_confirm(token);
			set_done(true);
			changed();
		} catch (error) {
			const found = problem_from(error);
			set_problem(found.status === 410 ? t("link.over") : problem_text(found));
		}
		set_busy(false);
	};
	return (
		<div class="narrow card stack">
			<Heading text={t("confirm_email.title")} />
			<p role="status">{done ? t("confirm_email.done") : t("confirm_email.text")}</p>
			<div role="alert">
				{(problem || token === "")
					&& <p class="note bad">{problem || t("link.incomplete")}</p>}
			</div>
			{!done && token !== "" && (
				<div><button class="primary" aria-disabled={busy} onClick={confirm}>
					{busy ? t("working") : t("confirm_email.submit")}
				</button></div>
			)}
			<p><Link href="/">{t("welcome.go_on")}</Link></p>
		</div>
	);
}
