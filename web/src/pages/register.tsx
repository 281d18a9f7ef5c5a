import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import { useLoad } from "../lib/hooks.ts";
import { lang_current, t } from "../lib/i18n.ts";
import { check_consent, check_email, check_required, EMAIL_MAX, NAME_MAX } from "../lib/validate.ts";
import { Form } from "../ui/form.tsx";
import { Heading } from "../ui/heading.tsx";
import { Link } from "../ui/link.tsx";
import { Show } from "../ui/loaded.tsx";
import { useCaptcha } from "../ui/use_captcha.ts";
import { Sent } from "./sent.tsx";

function RegisterForm({ sent }: { sent: (email: string) => void }) {
	const captcha = useCaptcha();
	return (
		<Form submit={t("register.submit")}
			start={{ name: "", company: "", email: "", consent: "" }}
			explain={(status) => status === 422 ? t("register.captcha") : null}
			send={async ({ name = "", company = "", email = "" }) => {
				await api.register({ name: name.trim(), company: company.trim(), email: email.trim(),
					language: lang_current(), consent: true, captcha: await captcha() });
				sent(email.trim());
			}}
			fields={[
				{ name: "name", label: t("your_name"), check: check_required,
					autocomplete: "name", required: true, max: NAME_MAX },
				{ name: "company", label: t("register.company"), check: check_required,
					autocomplete: "organization", required: true, max: NAME_MAX },
				{ name: "email", label: t("email"), type: "email", check: check_email,
					autocomplete: "email", required: true, max: EMAIL_MAX },
				{ name: "consent", label: t("register.consent"), type: "checkbox",
					check: check_consent, required: true },
			]} />
	);
}

export default function Register() {
	const state = useLoad("registration", api.registration);
	const [sent, set_sent] = useState<string | null>(null);
	if (sent !== null)
		return <Sent text={t("register.sent", { email: sent })} />;
	return (
		<div class="narrow card stack">
			<Heading text={t("register.title")} />
			<Show of={state}>
				{({ open }) => open
					? <>
						<p class="soft">{t("register.text")}</p>
						<RegisterForm sent={set_sent} />
					</>
					: <p class="note">{t("register.closed")}</p>}
			</Show>
			<p><Link href="/">{t("register.have_account")}</Link></p>
		</div>
	);
}
