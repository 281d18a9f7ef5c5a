// Tickets and what is attached to them, as people read them. Pure.
import type { TicketState } from "../api/types.ts";
import { format_list } from "./format.ts";
import { lang_current, t, type Key } from "./i18n.ts";

export const TICKET_STATES: Record<TicketState, Key> = {
	open: "ticket.open",
	answered: "ticket.answered",
	closed: "ticket.closed",
	reopened: "ticket.reopened",
};

export function phone_href(phone: string): string {
	return `tel:${phone.replace(/[^0-9+]/g, "")}`;
}

interface ContextDevice {
	name?: unknown;
	online?: unknown;
}

// The lines of a context, label and value; of what cannot be read nothing.
export function context_lines(json: string): { label: string; value: string }[] {
	let context: Record<string, unknown>;
	try {
		const value: unknown = JSON.parse(json);
		context = value !== null && typeof value === "object" ? value as Record<string, unknown> : {};
	} catch {
		return [];
	}
	const line = (label: Key, value: unknown) =>
		typeof value === "string" && value !== "" ? [{ label: t(label), value }] : [];
	const devices = Array.isArray(context["devices"]) ? context["devices"] as ContextDevice[] : [];
	return [
		...line("context.version", context["version"]),
		...line("context.page", context["page"]),
		...line("context.browser", context["browser"]),
		...line("context.devices", format_list(devices.map(({ name, online }) =>
			t(online === true ? "context.online" : "context.offline", { name: String(name) })),
			lang_current())),
	];
}
