import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Me, RecoveryCodes, TotpSecret } from "../api/types.ts";
import { problem_from } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { problem_text } from "../lib/problem.ts";
import { toast } from "../lib/toast.ts";
import { check_required, CODE_MAX, PASSWORD_MAX } from "../lib/validate.ts";
import { Confirm } from "../ui/confirm.tsx";
import { Copy } from "../ui/copy.tsx";
import { Form } from "../ui/form.tsx";
import { Qr } from "../ui/qr.tsx";

function Setup({ secret, done, cancel }: {
	secret: TotpSecret; done: (codes: RecoveryCodes) => void; cancel: () => void;
}) {
	return (
		<div class="stack">
			<p>{t("totp.scan")}</p>
			<Qr text={secret.uri} label={t("totp.qr")} />
			<dl class="account"><Copy label={t("totp.secret")} value={secret.secret} secret /></dl>
			<p>{t("totp.then")}</p>
			<Form submit={t("totp.on")} start={{ code: "", password: "" }} cancel={cancel}
				send={async ({ code = "", password = "" }) =>
					done(await api.totp_confirm(code.trim(), password))}
				fields={[
					{ name: "code", label: t("second.code"), check: check_required,
						autocomplete: "one-time-code", required: true, max: CODE_MAX },
					{ name: "password", label: t("password"), type: "password",
						check: check_required, autocomplete: "current-password", required: true,
						max: PASSWORD_MAX },
				]} />
		</div>
	);
}

function Off({ begin }: { begin: () => Promise<void> }) {
	return (
		<div class="stack">
			<p class="soft">{t("totp.off_text")}</p>
			<div><button class="primary" onClick={begin}>{t("totp.set_up")}</button></div>
		</div>
	);
}

function On({ switch_off }: { switch_off: () => void }) {
	return (
		<div class="stack">
			<p><span class="badge good">{t("totp.is_on")}</span></p>
			<div><button class="danger" onClick={switch_off}>{t("totp.switch_off")}</button></div>
		</div>
	);
}

// Codes of an app as the second step of signing in: setting up, switching off.
export function SecondFactor({ me, made, changed }: {
	me: Me; made: (codes: RecoveryCodes) => void; changed: () => void;
}) {
	const [secret, set_secret] = useState<TotpSecret | null>(null);
	const [asking, set_asking] = useState(false);
	const begin = async () => {
		try {
			set_secret(await api.totp_new());
		} catch (error) {
			toast(problem_text(problem_from(error)), true);
		}
	};
	const content = () => {
		if (secret !== null)
			return <Setup secret={secret} cancel={() => set_secret(null)} done={(codes) => {
				set_secret(null);
				if (codes.codes.length > 0)
					made(codes);
				changed();
			}} />;
		return me.app_codes ? <On switch_off={() => set_asking(true)} /> : <Off begin={begin} />;
	};
	return (
		<section class="card stack">
			<h2>{t("totp.title")}</h2>
			{content()}
			{asking && (
				<Confirm title={t("totp.off_ask")}
					text={t(me.passkeys > 0 ? "totp.off_passkey" : "totp.off_consequence")}
					yes={t("totp.switch_off")} close={() => set_asking(false)}
					act={async () => {
						await api.totp_off();
						changed();
					}} />
			)}
		</section>
	);
}
