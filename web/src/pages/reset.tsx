import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import { t } from "../lib/i18n.ts";
import { Heading } from "../ui/heading.tsx";
import { Link } from "../ui/link.tsx";
import { useToken } from "../ui/use_token.ts";
import { NewPassword } from "./new_password.tsx";

// Follows the link of a forgotten password. It signs nobody in: a second factor is asked for there.
export default function Reset({ signed_out }: { signed_out: () => void }) {
	const token = useToken();
	const [done, set_done] = useState(false);
	if (done)
		return (
			<div class="narrow card stack">
				<Heading text={t("reset.done")} />
				<p class="soft">{t("reset.done_text")}</p>
				<p><Link href="/">{t("sign_in.submit")}</Link></p>
			</div>
		);
	return (
		<NewPassword title={t("reset.title")} text={t("reset.text")} token={token}
			submit={t("reset.submit")}
			send={async (password) => {
				await api.reset(token, password);
				signed_out();
				set_done(true);
			}} />
	);
}
