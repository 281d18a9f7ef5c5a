import { t } from "../lib/i18n.ts";
import { Heading } from "../ui/heading.tsx";
import { Link } from "../ui/link.tsx";

export function Missing() {
	return (
		<div class="stack">
			<Heading text={t("missing.title")} />
			<p><Link href="/">{t("missing.back")}</Link></p>
		</div>
	);
}
