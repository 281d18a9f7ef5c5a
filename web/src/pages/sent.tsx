import { t } from "../lib/i18n.ts";
import { Heading } from "../ui/heading.tsx";
import { Link } from "../ui/link.tsx";

// A mail is on its way, or would be: the page does not know more than it says.
export function Sent({ text }: { text: string }) {
	return (
		<div class="narrow card stack">
			<Heading text={t("sent.title")} />
			<p>{text}</p>
			<p class="soft">{t("sent.hint")}</p>
			<p><Link href="/">{t("sent.back")}</Link></p>
		</div>
	);
}
