import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import { lang_current, t } from "../lib/i18n.ts";
import { go } from "../lib/router.ts";
import {
	check_email, check_new_password, check_required, EMAIL_MAX, NAME_MAX, PASSWORD_MAX, PASSWORD_MIN,
} from "../lib/validate.ts";
import { Form } from "../ui/form.tsx";
import { Heading } from "../ui/heading.tsx";

// Makes the first administrator. The one-time token is the address's fragment, which browsers
// send to nobody; it goes out of the address bar once it has been used.
export function Setup({ done }: { done: () => void }) {
	const [token] = useState(() => location.hash.slice(1));
	if (token === "")
		return (
			<div class="narrow card stack">
				<Heading text={t("setup.title")} />
				<p class="note bad">{t("setup.no_token")}</p>
			</div>
		);
	return (
		<div class="narrow card stack">
			<Heading text={t("setup.title")} />
			<p class="soft">{t("setup.text")}</p>
			<Form submit={t("setup.submit")} start={{ name: "", email: "", password: "" }}
				explain={(status) => [401, 403, 404, 409, 410].includes(status)
					? t("setup.used") : null}
				send={async ({ name = "", email = "", password = "" }) => {
					const who = { email: email.trim(), password };
					await api.setup({ token, name: name.trim(), language: lang_current(), ...who });
					await api.sign_in(who);
					go("/");
					done();
				}}
				fields={[
					{ name: "name", label: t("your_name"), check: check_required,
						autocomplete: "name", required: true, max: NAME_MAX },
					{ name: "email", label: t("email"), type: "email", check: check_email,
						autocomplete: "username", required: true, max: EMAIL_MAX },
					{ name: "password", label: t("password"), type: "password",
						check: check_new_password, autocomplete: "new-password", required: true,
						max: PASSWORD_MAX, hint: t("password.hint", { min: PASSWORD_MIN }) },
				]} />
		</div>
	);
}
