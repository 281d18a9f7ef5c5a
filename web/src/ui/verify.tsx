import { useEffect, useRef, useState } from "preact/hooks";
import { api, client_on_verify } from "../api/client.ts";
import { useLoad } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { check_required, PASSWORD_MAX } from "../lib/validate.ts";
import { Dialog } from "./dialog.tsx";
import { Form } from "./form.tsx";
import { Show } from "./loaded.tsx";
import { PasskeyButton } from "./passkey_button.tsx";

async function prove_by_passkey(): Promise<void> {
	const { passkey_sign } = await import("../lib/passkey.ts");
	await api.verify_passkey(await passkey_sign(await api.verify_ask()));
}

function Proof({ finish }: { finish: (right: boolean) => void }) {
	const asked = useLoad("verify", api.verify_ask);
	return (
		<Show of={asked}>
			{({ allow, has_password }) => (
				<div class="stack">
					<p>{t(allow.length === 0 ? "verify.text"
						: has_password ? "verify.text_both" : "verify.text_passkey")}</p>
					{allow.length > 0 && <PasskeyButton primary text={t("passkey.use")}
						act={async () => {
							await prove_by_passkey();
							finish(true);
						}} />}
					{has_password
						? <Form submit={t("verify.submit")} start={{ password: "" }}
							cancel={() => finish(false)}
							send={async ({ password = "" }) => {
								await api.verify(password);
								finish(true);
							}}
							fields={[{ name: "password", label: t("password"), type: "password",
								check: check_required, autocomplete: "current-password",
								required: true, max: PASSWORD_MAX }]} />
						: <div><button onClick={() => finish(false)}>{t("cancel")}</button></div>}
				</div>
			)}
		</Show>
	);
}

// Asks for a passkey or the password when the server wants to see one once more before it does
// something. Requests that find the dialog open wait for the same answer.
export function Verify() {
	const [open, set_open] = useState(false);
	const waiting = useRef<((right: boolean) => void)[]>([]);
	useEffect(() => client_on_verify(() => {
		set_open(true);
		return new Promise((answer) => waiting.current.push(answer));
	}), []);
	const finish = (right: boolean) => {
		set_open(false);
		waiting.current.splice(0).forEach((answer) => answer(right));
	};
	if (!open)
		return null;
	return (
		<Dialog title={t("verify.title")} close={() => finish(false)}>
			<Proof finish={finish} />
		</Dialog>
	);
}
