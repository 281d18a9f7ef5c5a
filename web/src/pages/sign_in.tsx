import { api } from "../api/client.ts";
import { t } from "../lib/i18n.ts";
import { check_email, check_required, EMAIL_MAX, PASSWORD_MAX } from "../lib/validate.ts";
import { Form } from "../ui/form.tsx";
import { Heading } from "../ui/heading.tsx";

export function SignIn({ done }: { done: () => void }) {
	return (
		<div class="narrow card stack">
			<Heading text={t("sign_in.title")} />
			<Form submit={t("sign_in.submit")} start={{ email: "", password: "" }}
				explain={(status) => status === 401 ? t("sign_in.wrong") : null}
				send={async ({ email = "", password = "" }) => {
					await api.sign_in({ email: email.trim(), password });
					done();
				}}
				fields={[
					{ name: "email", label: t("email"), type: "email", check: check_email,
						autocomplete: "username", required: true, max: EMAIL_MAX },
					{ name: "password", label: t("password"), type: "password",
						check: check_required, autocomplete: "current-password", required: true,
						max: PASSWORD_MAX },
				]} />
		</div>
	);
}
