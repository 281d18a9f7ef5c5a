import { useState } from "preact/hooks";
import { Problem } from "../api/client.ts";
import { problem_from, useLoad } from "../lib/hooks.ts";
import { t, type Key } from "../lib/i18n.ts";
import { problem_text } from "../lib/problem.ts";
import { Show } from "../ui/loaded.tsx";
import { push_off, push_on, PushNone, push_state, type PushState } from "./push.ts";

const STATE: Record<PushState, Key> = {
	on: "app.push.on", off: "app.push.off", denied: "app.hint.push_denied",
	install: "app.hint.push_install", unsupported: "app.hint.push_unsupported",
};

const BROWSER: Record<string, Key> = {
	NotAllowedError: "app.hint.push_denied", TimeoutError: "app.push.late",
	AbortError: "app.push.failed", NotSupportedError: "app.hint.push_unsupported",
};

function fault(error: unknown): string {
	if (error instanceof PushNone || (error instanceof Problem && error.status === 404))
		return t("app.push.none");
	const key = error instanceof DOMException ? BROWSER[error.name] : undefined;
	return key === undefined ? problem_text(problem_from(error)) : t(key);
}

// Notices of rings while the app is closed.
export function Notices() {
	const state = useLoad("push", push_state);
	const [busy, set_busy] = useState(false);
	const [problem, set_problem] = useState("");
	const change = async (act: () => Promise<void>) => {
		if (busy)
			return;
		set_busy(true);
		set_problem("");
		try {
			await act();
		} catch (error) {
			set_problem(fault(error));
		}
		state.reload();
		set_busy(false);
	};
	return (
		<section class="card stack" aria-labelledby="notices">
			<h2 id="notices">{t("app.push.title")}</h2>
			<Show of={state}>
				{(now) => (
					<>
						<p role="status">{t(STATE[now])}</p>
						{(now === "off" || now === "on") && (
							<div><button class={now === "off" ? "primary" : ""} aria-disabled={busy}
								onClick={() => void change(now === "off" ? push_on : push_off)}>
								{busy ? t("working") : t(now === "off" ? "app.push_on" : "app.push_off")}
							</button></div>
						)}
					</>
				)}
			</Show>
			<div role="alert">{problem && <p class="note bad">{problem}</p>}</div>
		</section>
	);
}
