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
import { Recovery } from "./recovery.tsx";

const CODES_FEW = 3; // left: time to make new ones

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

function On({ me, renew, switch_off }: { me: Me; renew: () => void; switch_off: () => void }) {
	return (
		<div class="stack">
			<p><span class="badge good">{t("totp.is_on")}</span></p>
			<p class={me.recovery_codes <= CODES_FEW ? "note bad" : "soft"}>
				{t("totp.codes_left", { n: me.recovery_codes })}</p>
			{!me.recovery_codes_kept && <p class="note bad">{t("totp.not_kept")}</p>}
			<div class="row">
				<button onClick={renew}>{t("totp.renew")}</button>
				<button class="danger" onClick={switch_off}>{t("totp.switch_off")}</button>
			</div>
		</div>
	);
}

type Asking = "off" | "renew" | null;

// Codes of an app as the second step of signing in: setting up, recovery codes, switching off.
export function SecondFactor({ me, changed }: { me: Me; changed: () => void }) {
	const [secret, set_secret] = useState<TotpSecret | null>(null);
	const [codes, set_codes] = useState<RecoveryCodes | null>(null);
	const [asking, set_asking] = useState<Asking>(null);
	const begin = async () => {
		try {
			set_secret(await api.totp_new());
		} catch (error) {
			toast(problem_text(problem_from(error)), true);
		}
	};
	const kept = async () => {
		await api.recovery_codes_kept();
		set_codes(null);
		changed();
	};
	const content = () => {
		if (codes !== null)
			return <Recovery codes={codes} kept={kept} />;
		if (secret !== null)
			return <Setup secret={secret} cancel={() => set_secret(null)} done={(made) => {
				set_secret(null);
				set_codes(made);
				changed();
			}} />;
		return me.second_factor
			? <On me={me} renew={() => set_asking("renew")} switch_off={() => set_asking("off")} />
			: <Off begin={begin} />;
	};
	return (
		<section class="card stack">
			<h2>{t("totp.title")}</h2>
			{content()}
			{asking === "off" && (
				<Confirm title={t("totp.off_ask")} text={t("totp.off_consequence")}
					yes={t("totp.switch_off")} close={() => set_asking(null)}
					act={async () => {
						await api.totp_off();
						changed();
					}} />
			)}
			{asking === "renew" && (
				<Confirm title={t("totp.renew")} text={t("totp.renew_text")} yes={t("totp.renew")}
					close={() => set_asking(null)}
					act={async () => {
						set_codes(await api.recovery_codes_new());
						changed();
					}} />
			)}
		</section>
	);
}
