// Mails of the outbox, as the operator calls them. Pure.
import type { MailState } from "../api/types.ts";
import { t, type Key } from "./i18n.ts";

export const MAIL_STATES: Record<MailState, { key: Key; badge: string }> = {
	waiting: { key: "mails.waiting", badge: "badge warn" },
	sent: { key: "mails.sent", badge: "badge good" },
	failed: { key: "mails.failed", badge: "badge bad" },
	kept: { key: "mails.kept", badge: "badge" },
};

// What a mail is about, by its template; the server's own word for what is unknown here.
const ABOUT: Record<string, Key> = {
	activation: "mails.about.activation",
	already_registered: "mails.about.already_registered",
	password_reset: "mails.about.password_reset",
	password_changed: "mails.about.password_changed",
	email_change: "mails.about.email_change",
	email_changed_notice: "mails.about.email_changed_notice",
	two_factor_on: "mails.about.two_factor_on",
	two_factor_off: "mails.about.two_factor_off",
	invitation: "mails.about.invitation",
	added_to_place: "mails.about.added_to_place",
	apartment_admin: "mails.about.apartment_admin",
	sip_credentials: "mails.about.sip_credentials",
	app_credentials: "mails.about.app_credentials",
	missed_call: "mails.about.missed_call",
	mobile_access: "mails.about.mobile_access",
	visitor_pin: "mails.about.visitor_pin",
	visitor_validity: "mails.about.visitor_validity",
	ticket_opened: "mails.about.ticket_opened",
	ticket_closed: "mails.about.ticket_closed",
	ticket_answer: "mails.about.ticket_answer",
	ticket_news: "mails.about.ticket_news",
};

export const MAIL_TEMPLATES: readonly string[] = Object.keys(ABOUT);

export function mail_about(template: string): string {
	const key = ABOUT[template];
	return key === undefined ? template.replaceAll("_", " ") : t(key);
}
