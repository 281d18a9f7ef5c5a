import type { User } from "../api/types.ts";
import { t } from "../lib/i18n.ts";
import { STATUS_KEYS } from "../lib/people.ts";

const LOOK: Record<User["status"], string> = { active: "good", invited: "warn", expired: "bad",
	not_invited: "", no_login: "" };

export function PersonStatus({ user }: { user: User }) {
	return <span class={`badge ${LOOK[user.status]}`}>{t(STATUS_KEYS[user.status])}</span>;
}
