import { useEffect, useRef, useState } from "preact/hooks";
import { api, client_on_verify } from "../api/client.ts";
import { t } from "../lib/i18n.ts";
import { check_required, PASSWORD_MAX } from "../lib/validate.ts";
import { Dialog } from "./dialog.tsx";
import { Form } from "./form.tsx";

// Asks for the password when the server wants to hear it once more before it does something.
// Requests that find the dialog open wait for the same answer.
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
			<p>{t("verify.text")}</p>
			<Form submit={t("verify.submit")} start={{ password: "" }} cancel={() => finish(false)}
				send={async ({ password = "" }) => {
					await api.verify(password);
					finish(true);
				}}
				fields={[{ name: "password", label: t("password"), type: "password",
					check: check_required, autocomplete: "current-password", required: true,
					max: PASSWORD_MAX }]} />
		</Dialog>
	);
}
