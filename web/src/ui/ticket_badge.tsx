import type { TicketState } from "../api/types.ts";
import { t } from "../lib/i18n.ts";
import { TICKET_STATES } from "../lib/support.ts";

const LOOK: Record<TicketState, string> = {
	open: "warn", reopened: "warn", answered: "good", closed: "",
};

export function TicketBadge({ state }: { state: TicketState }) {
	return <span class={`badge ${LOOK[state]}`}>{t(TICKET_STATES[state])}</span>;
}
