import { t } from "../lib/i18n.ts";
import { check_new_password, PASSWORD_MAX, PASSWORD_MIN } from "../lib/validate.ts";
import { Form } from "../ui/form.tsx";
import { Heading } from "../ui/heading.tsx";
import { Link } from "../ui/link.tsx";

interface Props {
	title: string;
	text: string;
	submit: string;
	token: string;
	send: (password: string) => Promise<void>;
}

// A password for whoever followed a mailed link.
export function NewPassword({ title, text, submit, token, send }: Props) {
	return (
		<div class="narrow card stack">
			<Heading text={title} />
			{token === ""
				? <p class="note bad">{t("link.incomplete")}</p>
				: <>
					<p class="soft">{text}</p>
					<Form submit={submit} start={{ password: "" }}
						explain={(status) => status === 410 ? t("link.over") : null}
						send={({ password = "" }) => send(password)}
						fields={[{ name: "password", label: t("password"), type: "password",
							check: check_new_password, autocomplete: "new-password", required: true,
							max: PASSWORD_MAX, hint: t("password.hint", { min: PASSWORD_MIN }) }]} />
				</>}
			<p><Link href="/">{t("sent.back")}</Link></p>
		</div>
	);
}
