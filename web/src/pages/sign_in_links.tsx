import { api } from "../api/client.ts";
import { useLoad } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { Link } from "../ui/link.tsx";

// For whoever cannot sign in.
export function SignInLinks() {
	const registration = useLoad("registration", api.registration);
	return (
		<div class="row spread">
			<Link href="/forgotten">{t("sign_in.forgotten")}</Link>
			{registration.data?.open === true
				&& <Link href="/register">{t("sign_in.register")}</Link>}
		</div>
	);
}
