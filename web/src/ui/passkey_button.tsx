import { useState } from "preact/hooks";
import { Problem } from "../api/client.ts";
import { problem_from } from "../lib/hooks.ts";
import { t, type Key } from "../lib/i18n.ts";
import { problem_text } from "../lib/problem.ts";

// Only pages that came over HTTPS, or from this very machine, have it.
export function passkeys_work(): boolean {
	return "PublicKeyCredential" in globalThis;
}

const BROWSER: Record<string, Key> = {
	NotAllowedError: "passkey.cancelled",
	AbortError: "passkey.cancelled",
	TimeoutError: "passkey.cancelled",
	InvalidStateError: "passkey.known",
	SecurityError: "passkey.unsupported",
	NotSupportedError: "passkey.unsupported",
};
const SERVER: Record<number, Key> = {
	401: "passkey.refused",
	403: "passkey.refused",
	409: "passkey.known",
	422: "passkey.refused",
};

// What to tell of a failure.
export function passkey_fault(error: unknown): string {
	const key = error instanceof Problem ? SERVER[error.status]
		: error instanceof DOMException ? BROWSER[error.name] : undefined;
	return key === undefined ? problem_text(problem_from(error)) : t(key);
}

interface Props {
	text: string;
	act: () => Promise<void>;
	primary?: boolean;
}

// Does something with a passkey, and says beside it what came of that.
export function PasskeyButton({ text, act, primary = false }: Props) {
	const [busy, set_busy] = useState(false);
	const [fault, set_fault] = useState("");
	const pressed = async () => {
		if (busy)
			return;
		if (!passkeys_work()) {
			set_fault(t("passkey.unsupported"));
			return;
		}
		set_busy(true);
		set_fault("");
		try {
			await act();
		} catch (error) {
			set_fault(passkey_fault(error));
		}
		set_busy(false);
	};
	return (
		<div class="stack">
			<div><button type="button" class={primary ? "primary" : ""} aria-disabled={busy}
				onClick={pressed}>{text}</button></div>
			<div>
				<p role="status" class="soft">{busy && t("passkey.follow")}</p>
				<div role="alert">{fault && <p class="note bad">{fault}</p>}</div>
			</div>
		</div>
	);
}
