import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Me, RecoveryCodes } from "../api/types.ts";
import { t } from "../lib/i18n.ts";
import { Confirm } from "../ui/confirm.tsx";
import { Recovery } from "./recovery.tsx";

const CODES_FEW = 3; // left: time to make new ones

function State({ me, renew }: { me: Me; renew: () => void }) {
	return (
		<>
			<h2>{t("recovery.title")}</h2>
			<p class={me.recovery_codes <= CODES_FEW ? "note bad" : "soft"}>
				{t("totp.codes_left", { n: me.recovery_codes })}</p>
			{!me.recovery_codes_kept && <p class="note bad">{t("totp.not_kept")}</p>}
			<div><button onClick={renew}>{t("totp.renew")}</button></div>
		</>
	);
}

// The recovery codes of whoever has a second factor: those that were just made, or how many are left.
export function RecoveryState({ me, codes, made, changed }: {
	me: Me; codes: RecoveryCodes | null; made: (codes: RecoveryCodes | null) => void;
	changed: () => void;
}) {
	const [asking, set_asking] = useState(false);
	return (
		<section class="card stack">
			{codes === null
				? <State me={me} renew={() => set_asking(true)} />
				: <Recovery codes={codes} kept={async () => {
					await api.recovery_codes_kept();
					made(null);
					changed();
				}} />}
			{asking && (
				<Confirm title={t("totp.renew")} text={t("totp.renew_text")} yes={t("totp.renew")}
					close={() => set_asking(false)}
					act={async () => {
						made(await api.recovery_codes_new());
						changed();
					}} />
			)}
		</section>
	);
}
