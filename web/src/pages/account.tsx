import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Me, RecoveryCodes } from "../api/types.ts";
import { useLoad } from "../lib/hooks.ts";
import { lang_current, lang_forget, t } from "../lib/i18n.ts";
import { toast } from "../lib/toast.ts";
import {
	check_email, check_new_password, check_required, EMAIL_MAX, NAME_MAX, PASSWORD_MAX, PASSWORD_MIN,
} from "../lib/validate.ts";
import { Form } from "../ui/form.tsx";
import { Heading } from "../ui/heading.tsx";
import { language_options } from "../ui/language.tsx";
import { Show } from "../ui/loaded.tsx";
import { OwnData } from "./own_data.tsx";
import { Passkeys } from "./passkeys.tsx";
import { Quiet } from "./quiet.tsx";
import { RecoveryState } from "./recovery_state.tsx";
import { SecondFactor } from "./second_factor.tsx";
import { Sessions } from "./sessions.tsx";

function Profile({ me, saved }: { me: Me; saved: (me: Me) => void }) {
	return (
		<section class="card stack">
			<h2>{t("me.profile")}</h2>
			<Form submit={t("save")} start={{ name: me.name, language: me.language }}
				send={async ({ name = "", language = "" }) => {
					const now = await api.me_edit(name.trim(), language);
					if (language !== me.language)
						lang_forget();
					saved(now);
					toast(t("saved"));
				}}
				fields={[
					{ name: "name", label: t("your_name"), check: check_required,
						autocomplete: "name", required: true, max: NAME_MAX },
					{ name: "language", label: t("language"), options: language_options(me.language),
						hint: t("me.language_hint") },
				]} />
		</section>
	);
}

function Email({ me }: { me: Me }) {
	const [sent, set_sent] = useState("");
	return (
		<section class="card stack">
			<h2>{t("email")}</h2>
			<p>{t("me.email_now", { email: me.email ?? "–" })}</p>
			<Form submit={t("me.email_submit")} start={{ email: "" }}
				send={async ({ email = "" }) => {
					await api.me_email(email.trim());
					set_sent(email.trim());
				}}
				fields={[{ name: "email", label: t("me.email_new"), type: "email", check: check_email,
					autocomplete: "email", required: true, max: EMAIL_MAX }]} />
			<p role="status">{sent && t("me.email_sent", { email: sent })}</p>
		</section>
	);
}

function Password({ changed }: { changed: () => void }) {
	const [times, set_times] = useState(0); // a new key empties the form
	return (
		<section class="card stack">
			<h2>{t("password")}</h2>
			<p class="soft">{t("me.password_text")}</p>
			<Form key={times} submit={t("me.password_submit")} start={{ current: "", password: "" }}
				send={async ({ current = "", password = "" }) => {
					await api.me_password(current, password);
					toast(t("me.password_changed"));
					set_times(times + 1);
					changed();
				}}
				fields={[
					{ name: "current", label: t("me.password_current"), type: "password",
						check: check_required, autocomplete: "current-password", required: true,
						max: PASSWORD_MAX },
					{ name: "password", label: t("me.password_new"), type: "password",
						check: check_new_password, autocomplete: "new-password", required: true,
						max: PASSWORD_MAX, hint: t("password.hint", { min: PASSWORD_MIN }) },
				]} />
		</section>
	);
}

// For who signs in with passkeys only.
function NoPassword({ changed }: { changed: () => void }) {
	return (
		<section class="card stack">
			<h2>{t("password")}</h2>
			<p class="soft">{t("me.password_none")}</p>
			<Form submit={t("me.password_set")} start={{ password: "" }}
				send={async ({ password = "" }) => {
					await api.me_password(null, password);
					toast(t("me.password_changed"));
					changed();
				}}
				fields={[{ name: "password", label: t("me.password_new"), type: "password",
					check: check_new_password, autocomplete: "new-password", required: true,
					max: PASSWORD_MAX, hint: t("password.hint", { min: PASSWORD_MIN }) }]} />
		</section>
	);
}

// One's own account. Times are of the browser's zone: it belongs to no site.
export default function Account({ changed }: { changed: () => void }) {
	const me = useLoad("me", api.me);
	const sessions = useLoad("me.sessions", api.me_sessions);
	const [codes, set_codes] = useState<RecoveryCodes | null>(null);
	return (
		<div class="stack">
			<Heading text={t("me.title")} />
			<Show of={me}>
				{(found) => (
					<div class="stack">
						<div class="halves">
							<div class="stack">
								<Profile me={found} saved={(next) => {
									me.set(next);
									changed();
								}} />
								<Email me={found} />
								{found.has_password
									? <Password changed={sessions.reload} />
									: <NoPassword changed={() => {
										me.reload();
										sessions.reload();
									}} />}
							</div>
							<div class="stack">
								<Passkeys me={found} made={set_codes} changed={me.reload}
									signed_out_others={sessions.reload} />
								{found.has_password && <SecondFactor me={found} made={set_codes}
									changed={me.reload} />}
								{found.second_factor && <RecoveryState me={found} codes={codes}
									made={set_codes} changed={me.reload} />}
							</div>
						</div>
						<Quiet />
						<Sessions of={sessions} lang={lang_current()} />
						<OwnData />
					</div>
				)}
			</Show>
		</div>
	);
}
