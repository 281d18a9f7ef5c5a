import { useEffect, useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Ticket, TicketMessage } from "../api/types.ts";
import { format_time } from "../lib/format.ts";
import { problem_from, useLoad } from "../lib/hooks.ts";
import { lang_current, t } from "../lib/i18n.ts";
import { problem_text } from "../lib/problem.ts";
import { site_href } from "../lib/router.ts";
import { toast } from "../lib/toast.ts";
import { check_required } from "../lib/validate.ts";
import { Form } from "../ui/form.tsx";
import { Heading } from "../ui/heading.tsx";
import { Link } from "../ui/link.tsx";
import { Show } from "../ui/loaded.tsx";
import { TicketBadge } from "../ui/ticket_badge.tsx";
import { ZoneNote } from "../ui/zone_note.tsx";
import type { TabProps } from "./site.tsx";
import { Context, TICKET_TEXT_MAX } from "./ticket_form.tsx";

function Message({ one, zone }: { one: TicketMessage; zone: string }) {
	return (
		<li class={one.own ? "card message own" : "card message"}>
			<p class="soft">
				<strong>{one.person_name}</strong>
				{one.staff && ` · ${t("ticket.staff")}`}
				{" · "}{format_time(one.at, lang_current(), zone)}
			</p>
			<p class="lines">{one.text}</p>
		</li>
	);
}

function State({ site, ticket, changed }: {
	site: string; ticket: Ticket; changed: (ticket: Ticket) => void;
}) {
	const [busy, set_busy] = useState(false);
	const closed = ticket.state === "closed";
	const turn = async () => {
		if (busy)
			return;
		set_busy(true);
		try {
			changed(await api.ticket_state(site, ticket.id, closed ? "reopened" : "closed"));
			toast(t("saved"));
		} catch (error) {
			toast(problem_text(problem_from(error)), true);
		}
		set_busy(false);
	};
	return (
		<button onClick={turn} aria-disabled={busy}>
			{closed ? t("ticket.reopen") : t("ticket.close")}
		</button>
	);
}

export function TicketDetail({ site, listen, id }: TabProps & { id: string }) {
	const ticket = useLoad(`${site.id}/${id}`, () => api.ticket(site.id, id));
	const [sent, set_sent] = useState(0);
	useEffect(() => listen((event) => {
		if (event === null || (event.type === "ticket" && event.id === id))
			ticket.reload();
	}), [listen, ticket.reload, id]);
	return (
		<div class="stack">
			<p><Link href={site_href(site.id, "tickets")}>{t("tickets.back")}</Link></p>
			<Show of={ticket}>
				{(found) => (
					<div class="stack">
						<Heading text={found.subject} part_of={site.name}>
							<TicketBadge state={found.state} />
						</Heading>
						<p class="soft">
							{t("ticket.by", { name: found.person_name })}
							{found.contact !== "" && ` · ${found.contact}`}
						</p>
						<ZoneNote zone={site.zone} />
						<div class={found.context === "{}" ? "stack" : "sides"}>
							<div class="stack">
								<ul class="stack" aria-label={t("ticket.messages")}>
									{found.messages.map((one) => (
										<Message key={one.id} one={one} zone={site.zone} />
									))}
								</ul>
								<div class="card stack">
									<Form key={sent} submit={t("ticket.answer")} start={{ text: "" }}
										send={async ({ text = "" }) => {
											await api.ticket_message(site.id, id, text.trim());
											set_sent(sent + 1);
											ticket.reload();
										}}
										fields={[{ name: "text", label: t("ticket.your_message"), lines: 4,
											check: check_required, required: true, max: TICKET_TEXT_MAX }]} />
									<div class="row">
										<State site={site.id} ticket={found} changed={ticket.set} />
									</div>
								</div>
							</div>
							{found.context !== "{}" && (
								<details class="card">
									<summary>{t("ticket.attached")}</summary>
									<Context json={found.context} />
								</details>
							)}
						</div>
					</div>
				)}
			</Show>
		</div>
	);
}
