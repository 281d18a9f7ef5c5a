import { useState } from "preact/hooks";
import { api, Problem, PROBLEM_SECOND_FACTOR } from "../api/client.ts";
import { useLoad } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import {
	check_email, check_required, CODE_MAX, EMAIL_MAX, PASSWORD_MAX,
} from "../lib/validate.ts";
import { Form } from "../ui/form.tsx";
import { Heading } from "../ui/heading.tsx";
import { Link } from "../ui/link.tsx";

// True where a second step follows.
async function sign_in(email: string, password: string): Promise<boolean> {
	try {
		await api.sign_in({ email, password });
		return false;
	} catch (error) {
		if (error instanceof Problem && error.body.type === PROBLEM_SECOND_FACTOR)
			return true;
		throw error;
	}
}

function Second({ done, back }: { done: () => void; back: () => void }) {
	return (
		<div class="narrow card stack">
			<Heading text={t("second.title")} />
			<p class="soft">{t("second.text")}</p>
			<Form submit={t("sign_in.submit")} start={{ code: "" }} cancel={back}
				explain={(status) => status === 401 ? t("second.late") : null}
				send={async ({ code = "" }) => {
					await api.sign_in_second(code.trim());
					done();
				}}
				fields={[{ name: "code", label: t("second.code"), check: check_required,
					autocomplete: "one-time-code", required: true, max: CODE_MAX }]} />
		</div>
	);
}

export function SignIn({ done }: { done: () => void }) {
	const registration = useLoad("registration", api.registration);
	const [second, set_second] = useState(false);
	if (second)
		return <Second done={done} back={() => set_second(false)} />;
	return (
		<div class="narrow card stack">
			<Heading text={t("sign_in.title")} />
			<Form submit={t("sign_in.submit")} start={{ email: "", password: "" }}
				explain={(status) => status === 401 ? t("sign_in.wrong") : null}
				send={async ({ email = "", password = "" }) => {
					if (await sign_in(email.trim(), password))
						set_second(true);
					else
						done();
				}}
				fields={[
					{ name: "email", label: t("email"), type: "email", check: check_email,
						autocomplete: "username", required: true, max: EMAIL_MAX },
					{ name: "password", label: t("password"), type: "password",
						check: check_required, autocomplete: "current-password", required: true,
						max: PASSWORD_MAX },
				]} />
			<div class="row spread">
				<Link href="/forgotten">{t("sign_in.forgotten")}</Link>
				{registration.data?.open === true
					&& <Link href="/register">{t("sign_in.register")}</Link>}
			</div>
		</div>
	);
}
