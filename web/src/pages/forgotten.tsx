import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import { t } from "../lib/i18n.ts";
import { check_email, EMAIL_MAX } from "../lib/validate.ts";
import { Form } from "../ui/form.tsx";
import { Heading } from "../ui/heading.tsx";
import { Link } from "../ui/link.tsx";
import { useCaptcha } from "../ui/use_captcha.ts";
import { Sent } from "./sent.tsx";

function ForgottenForm({ sent }: { sent: (email: string) => void }) {
	const captcha = useCaptcha();
	return (
		<Form submit={t("forgotten.submit")} start={{ email: "" }}
			explain={(status) => status === 422 ? t("register.captcha") : null}
			send={async ({ email = "" }) => {
				await api.forgotten(email.trim(), await captcha());
				sent(email.trim());
			}}
			fields={[{ name: "email", label: t("email"), type: "email", check: check_email,
				autocomplete: "username", required: true, max: EMAIL_MAX }]} />
	);
}

export default function Forgotten() {
	const [sent, set_sent] = useState<string | null>(null);
	if (sent !== null)
		return <Sent text={t("forgotten.sent", { email: sent })} />;
	return (
		<div class="narrow card stack">
			<Heading text={t("forgotten.title")} />
			<p class="soft">{t("forgotten.text")}</p>
			<ForgottenForm sent={set_sent} />
			<p><Link href="/">{t("sent.back")}</Link></p>
		</div>
	);
}
