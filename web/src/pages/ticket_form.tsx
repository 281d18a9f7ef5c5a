import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Contact } from "../api/types.ts";
import { useLoad } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { context_lines, phone_href } from "../lib/support.ts";
import { toast } from "../lib/toast.ts";
import { check_required, NAME_MAX } from "../lib/validate.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Form } from "../ui/form.tsx";
import { Show } from "../ui/loaded.tsx";

export const TICKET_TEXT_MAX = 4000;

export function Context({ json }: { json: string }) {
	return (
		<dl class="facts">
			{context_lines(json).map(({ label, value }) => (
				<div key={label}><dt>{label}</dt><dd>{value}</dd></div>
			))}
		</dl>
	);
}

// Somebody whom one may turn to, in a list.
export function Reach({ one }: { one: Contact }) {
	return (
		<li>
			<strong>{one.name}</strong>
			{one.role !== "" && <span class="soft">{` · ${one.role}`}</span>}
			{one.purpose !== "" && <p class="soft">{one.purpose}</p>}
			<p class="row">
				{one.phone !== "" && <a href={phone_href(one.phone)}>{one.phone}</a>}
				{one.email !== "" && <a href={`mailto:${one.email}`}>{one.email}</a>}
			</p>
		</li>
	);
}

// Whom one may call instead. A site without contacts, or a server that does not tell them, is no
// reason not to write.
function Contacts({ site }: { site: string }) {
	const { data } = useLoad(site, () => api.contacts(site));
	if (data === null || data.length === 0)
		return null;
	return (
		<div class="note stack">
			<p>{t("tickets.add_text")}</p>
			<ul class="stack" aria-label={t("contacts.title")}>
				{data.map((one) => <Reach key={one.id} one={one} />)}
			</ul>
		</div>
	);
}

interface Props {
	site: string;
	close: () => void;
	sent: (ticket: string) => void;
}

// Shows what would be attached before anything is sent.
export function TicketForm({ site, close, sent }: Props) {
	const page = location.pathname;
	const context = useLoad(site, () => api.ticket_context(site, page));
	const [attach, set_attach] = useState(true);
	return (
		<Dialog title={t("tickets.add")} close={close}>
			<Contacts site={site} />
			<Form submit={t("tickets.send")} cancel={close}
				start={{ subject: "", text: "", contact: "" }}
				send={async ({ subject = "", text = "", contact = "" }) => {
					const ticket = await api.ticket_create(site, {
						subject: subject.trim(), text: text.trim(), contact: contact.trim(), page,
						with_context: attach,
					});
					toast(t("tickets.sent"));
					sent(ticket.id);
				}}
				fields={[
					{ name: "subject", label: t("ticket.subject"), check: check_required,
						required: true, max: NAME_MAX },
					{ name: "text", label: t("ticket.text"), hint: t("ticket.text_hint"),
						check: check_required, required: true, max: TICKET_TEXT_MAX, lines: 6 },
					{ name: "contact", label: t("ticket.contact"), hint: t("ticket.contact_hint"),
						max: NAME_MAX },
				]}>
				<label class="check">
					<input type="checkbox" checked={attach}
						onChange={(event) => set_attach(event.currentTarget.checked)} />
					{t("ticket.attach")}
				</label>
				{attach && (
					<details open>
						<summary>{t("ticket.attached")}</summary>
						<Show of={context}>{({ context: json }) => <Context json={json} />}</Show>
					</details>
				)}
			</Form>
		</Dialog>
	);
}
