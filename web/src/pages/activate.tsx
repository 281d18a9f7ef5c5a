import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Session } from "../api/types.ts";
import { t } from "../lib/i18n.ts";
import { grants_allow } from "../lib/rights.ts";
import { go, site_href } from "../lib/router.ts";
import { toast } from "../lib/toast.ts";
import { Heading } from "../ui/heading.tsx";
import { Link } from "../ui/link.tsx";
import { useToken } from "../ui/use_token.ts";
import { NewPassword } from "./new_password.tsx";
import { SiteWizard } from "./site_wizard.tsx";

// The account is there; whoever may make a site is offered to begin with it.
function Welcome({ session }: { session: Session }) {
	return (
		<div class="narrow card stack">
			<Heading text={t("welcome.title", { name: session.name })} />
			{grants_allow(session.roles, "site_create", null)
				? <>
					<p class="soft">{t("welcome.site")}</p>
					<SiteWizard cancel={() => go("/")}
						send={async (edit) => {
							const site = await api.site_create(edit);
							toast(t("sites.added", { name: edit.name }));
							go(site_href(site.id));
						}} />
					<p><Link href="/">{t("welcome.later")}</Link></p>
				</>
				: <p><Link href="/">{t("welcome.go_on")}</Link></p>}
		</div>
	);
}

// Follows the link of a registration or an invitation.
export default function Activate({ signed_in }: { signed_in: (session: Session) => void }) {
	const token = useToken();
	const [session, set_session] = useState<Session | null>(null);
	if (session !== null)
		return <Welcome session={session} />;
	return (
		<NewPassword title={t("activate.title")} text={t("activate.text")} token={token}
			submit={t("activate.submit")}
			send={async (password) => {
				const made = await api.activate(token, password);
				signed_in(made);
				set_session(made);
			}} />
	);
}
