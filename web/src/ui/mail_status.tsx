import type { Mail } from "../api/types.ts";
import { t } from "../lib/i18n.ts";
import { MAIL_STATES } from "../lib/mails.ts";

export function MailStatus({ mail }: { mail: Mail }) {
	const { key, badge } = MAIL_STATES[mail.state];
	return <span class={badge}>{t(key)}</span>;
}
