import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { api, Problem, PROBLEM_SECOND_FACTOR } from "../api/client.ts";
import type { PasskeyAsk } from "../api/types.ts";
import { useLoad } from "../lib/hooks.ts";
import { t, type Key } from "../lib/i18n.ts";
import { toast } from "../lib/toast.ts";
import {
	check_email, check_required, CODE_MAX, EMAIL_MAX, PASSWORD_MAX,
} from "../lib/validate.ts";
import { Form } from "../ui/form.tsx";
import { Heading } from "../ui/heading.tsx";
import { PasskeyButton, passkey_fault, passkeys_work } from "../ui/passkey_button.tsx";

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

const second_text = (ask: PasskeyAsk | null): Key =>
	ask === null || ask.allow.length === 0 ? "second.text"
		: ask.app_codes ? "second.text_both" : "second.text_passkey";

function Second({ done, back }: { done: () => void; back: () => void }) {
	const ask = useLoad("second", api.second_ask).data;
	const use_passkey = async () => {
		const { passkey_sign } = await import("../lib/passkey.ts");
		await api.sign_in_second_passkey(await passkey_sign(await api.second_ask()));
		done();
	};
	return (
		<div class="narrow card stack">
			<Heading text={t("second.title")} />
			<p class="soft">{t(second_text(ask))}</p>
			{ask !== null && ask.allow.length > 0
				&& <PasskeyButton primary text={t("passkey.use")} act={use_passkey} />}
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

// Passkeys offered where the browser completes the address. A browser has one question open at a
// time: stop() ends this one before another.
function useOffer(wanted: boolean, done: () => void): () => void {
	const offer = useRef(new AbortController());
	const stop = () => offer.current.abort();
	useEffect(() => {
		if (!wanted || !passkeys_work())
			return stop;
		offer.current = new AbortController();
		const { signal } = offer.current;
		void (async () => {
			const { passkey_offer } = await import("../lib/passkey.ts");
			const answer = await passkey_offer(api.passkey_ask, signal).catch(() => null);
			if (answer === null)
				return; // nobody took one
			await api.sign_in_passkey(answer);
			done();
		})().catch((error: unknown) => toast(passkey_fault(error), true));
		return stop;
	}, [wanted]);
	return stop;
}

// children: the ways on for whoever cannot sign in.
export function SignIn({ done, children }: { done: () => void; children: ComponentChildren }) {
	const [second, set_second] = useState(false);
	const stop_offer = useOffer(!second, done);
	const use_passkey = async () => {
		stop_offer();
		const { passkey_sign } = await import("../lib/passkey.ts");
		await api.sign_in_passkey(await passkey_sign(await api.passkey_ask()));
		done();
	};
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
						autocomplete: "username webauthn", required: true, max: EMAIL_MAX },
					{ name: "password", label: t("password"), type: "password",
						check: check_required, autocomplete: "current-password", required: true,
						max: PASSWORD_MAX },
				]} />
			{passkeys_work() && <PasskeyButton text={t("passkey.sign_in")} act={use_passkey} />}
			{children}
		</div>
	);
}
