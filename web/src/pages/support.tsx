import { useEffect, useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Contact, ContactEdit, Site, TicketEntry, TicketState } from "../api/types.ts";
import { format_time } from "../lib/format.ts";
import { useLoad } from "../lib/hooks.ts";
import { lang_current, t, type Key } from "../lib/i18n.ts";
import { usePages } from "../lib/pages.ts";
import { useCan } from "../lib/rights.ts";
import { go, site_href } from "../lib/router.ts";
import { phone_href, TICKET_STATES } from "../lib/support.ts";
import { toast } from "../lib/toast.ts";
import { check_required, EMAIL_MAX, NAME_MAX } from "../lib/validate.ts";
import { Confirm } from "../ui/confirm.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { DoMany } from "../ui/do_many.tsx";
import { Empty } from "../ui/empty.tsx";
import { Field } from "../ui/field.tsx";
import { Form } from "../ui/form.tsx";
import { Heading } from "../ui/heading.tsx";
import { Link } from "../ui/link.tsx";
import { Show } from "../ui/loaded.tsx";
import { Table, type Column } from "../ui/table.tsx";
import { TicketBadge } from "../ui/ticket_badge.tsx";
import { ZoneNote } from "../ui/zone_note.tsx";
import type { TabProps } from "./site.tsx";
import { TicketForm } from "./ticket_form.tsx";

const PHONE_MAX = 40;
const PURPOSE_MAX = 200;

const FAQ: readonly { question: Key; answer: Key }[] = [
	{ question: "faq.silent", answer: "faq.silent_text" },
	{ question: "faq.registered", answer: "faq.registered_text" },
	{ question: "faq.code", answer: "faq.code_text" },
	{ question: "faq.moved", answer: "faq.moved_text" },
	{ question: "faq.calls", answer: "faq.calls_text" },
	{ question: "faq.data", answer: "faq.data_text" },
];

interface EditProps {
	site: string;
	contact: Contact | null;
	position: number;
	close: () => void;
	saved: () => void;
}

function ContactForm({ site, contact, position, close, saved }: EditProps) {
	const send = async (values: Record<string, string>) => {
		const text = (name: string) => (values[name] ?? "").trim();
		const edit: ContactEdit = {
			position: contact?.position ?? position, name: text("name"), role: text("role"),
			purpose: text("purpose"), phone: text("phone"), email: text("email"),
		};
		if (contact === null)
			await api.contact_create(site, edit);
		else
			await api.contact_edit(site, contact.id, edit);
		toast(t("saved"), false, contact && (async () => {
			await api.contact_edit(site, contact.id, edit_of(contact));
			saved();
		}));
		close();
		saved();
	};
	return (
		<Dialog title={contact === null ? t("contacts.add") : t("contacts.edit")} close={close}>
			<Form submit={t("save")} cancel={close} send={send}
				start={{
					name: contact?.name ?? "", role: contact?.role ?? "", phone: contact?.phone ?? "",
					purpose: contact?.purpose ?? "", email: contact?.email ?? "",
				}}
				fields={[
					{ name: "name", label: t("name"), check: check_required, required: true,
						max: NAME_MAX },
					{ name: "role", label: t("contact.role"), hint: t("contact.role_hint"),
						max: NAME_MAX },
					{ name: "purpose", label: t("contact.purpose"), hint: t("contact.purpose_hint"),
						max: PURPOSE_MAX },
					{ name: "phone", label: t("contact.phone"), max: PHONE_MAX },
					{ name: "email", label: t("email"), type: "email", max: EMAIL_MAX },
				]} />
		</Dialog>
	);
}

const edit_of = ({ id: _, ...edit }: Contact): ContactEdit => edit;

interface Deeds {
	edit: (contact: Contact) => void;
	remove: (contact: Contact) => void;
}

// `may` null: the reader only reads.
function contact_columns(may: Deeds | null): Column<Contact>[] {
	const deeds = ({ edit, remove }: Deeds) => (one: Contact) => (
		<div class="row no-print">
			<button onClick={() => edit(one)}>
				{t("edit")}<span class="hidden"> {one.name}</span>
			</button>
			<button class="danger" onClick={() => remove(one)}>
				{t("delete")}<span class="hidden"> {one.name}</span>
			</button>
		</div>
	);
	return [
		{ key: "name", title: t("name"), sort: ({ name }) => name, cell: ({ name }) => name },
		{ key: "role", title: t("contact.role"), sort: ({ role }) => role || null,
			cell: ({ role }) => role },
		{ key: "purpose", title: t("contact.purpose"), cell: ({ purpose }) => purpose },
		{ key: "phone", title: t("contact.phone"), cell: ({ phone }) => phone === "" ? null
			: <a href={phone_href(phone)}>{phone}</a> },
		{ key: "email", title: t("email"), cell: ({ email }) => email === "" ? null
			: <a href={`mailto:${email}`}>{email}</a> },
		...(may === null ? [] : [{ key: "deeds", title: t("deeds"), cell: deeds(may) }]),
	];
}

function Contacts({ site }: { site: string }) {
	const may_edit = useCan(site)("contact_edit");
	const list = useLoad(site, () => api.contacts(site));
	const [editing, set_editing] = useState<Contact | "new" | null>(null);
	const [deleting, set_deleting] = useState<Contact | null>(null);
	const last = list.data?.at(-1)?.position ?? 0;
	return (
		<section class="stack" aria-labelledby="contacts">
			<div class="row spread">
				<h3 id="contacts">{t("contacts.title")}</h3>
				{may_edit && (
					<button onClick={() => set_editing("new")}>{t("contacts.add")}</button>
				)}
			</div>
			<Show of={list}>
				{(items) => items.length === 0
					? <Empty level={4} title={t("contacts.empty")}
						text={t(may_edit ? "contacts.empty_text" : "contacts.empty_ask")} />
					: <Table label={t("contacts.title")} rows={items} id={({ id }) => id}
						name={({ name }) => name} columns={contact_columns(
							may_edit ? { edit: set_editing, remove: set_deleting } : null)} />}
			</Show>
			{editing !== null && (
				<ContactForm site={site} contact={editing === "new" ? null : editing}
					position={last + 1} close={() => set_editing(null)} saved={list.reload} />
			)}
			{deleting !== null && (
				<Confirm title={t("delete_ask", { name: deleting.name })} text={t("contacts.delete")}
					yes={t("delete")} close={() => set_deleting(null)}
					act={async () => {
						await api.contact_delete(site, deleting.id);
						toast(t("deleted", { name: deleting.name }), false, async () => {
							await api.contact_create(site, edit_of(deleting));
							list.reload();
						});
						list.reload();
					}} />
			)}
		</section>
	);
}

function ticket_columns(site: Site): Column<TicketEntry>[] {
	const time = (ms: number) => format_time(ms, lang_current(), site.zone);
	return [
		{ key: "subject", title: t("ticket.subject"), sort: ({ subject }) => subject, cell: (one) => (
			<Link href={site_href(site.id, "tickets", one.id)}>{one.subject}</Link>
		) },
		{ key: "state", title: t("device.status"), sort: ({ state }) => t(TICKET_STATES[state]),
			cell: (one) => <TicketBadge state={one.state} /> },
		{ key: "who", title: t("ticket.who"), sort: ({ person_name }) => person_name,
			cell: ({ person_name }) => person_name },
		{ key: "changed", title: t("ticket.changed"), sort: ({ changed_at }) => changed_at,
			cell: ({ changed_at }) => time(changed_at) },
		{ key: "created", title: t("ticket.created"), sort: ({ created_at }) => created_at,
			cell: ({ created_at }) => time(created_at) },
	];
}

const STATES = Object.keys(TICKET_STATES) as TicketState[];

interface CloseProps {
	site: string;
	tickets: readonly TicketEntry[];
	close: () => void;
	changed: () => void;
}

function CloseTickets({ site, tickets, close, changed }: CloseProps) {
	return (
		<DoMany title={t("tickets.close_ask", { n: tickets.length })} yes={t("ticket.close")}
			rows={tickets} name={({ subject }) => subject} close={close}
			act={(one) => api.ticket_state(site, one.id, "closed")}
			done={(closed) => {
				changed();
				if (closed.length > 0)
					toast(t("tickets.closed", { n: closed.length }), false, async () => {
						for (const one of closed)
							await api.ticket_state(site, one.id, "reopened");
						changed();
					});
			}}>
			<p>{t("tickets.close_text")}</p>
		</DoMany>
	);
}

function Tickets({ site, listen }: TabProps) {
	const [state, set_state] = useState<TicketState | "">("");
	const tickets = usePages<TicketEntry>(`${site.id} ${state}`,
		(cursor) => api.tickets(site.id, state, cursor));
	const [reporting, set_reporting] = useState(false);
	const [closing, set_closing] = useState<readonly TicketEntry[]>([]);
	const { reload } = tickets.first;
	useEffect(() => listen((event) => {
		if (event === null || event.type === "ticket")
			reload();
	}), [listen, reload]);
	return (
		<section class="stack" aria-labelledby="tickets">
			<div class="row spread">
				<h3 id="tickets">{t("tickets.title")}</h3>
				<button class="primary" onClick={() => set_reporting(true)}>{t("tickets.add")}</button>
			</div>
			<div class="fields filters no-print">
				<Field name="state" label={t("device.status")} value={state}
					set={(value) => set_state(value as TicketState | "")} options={[
						{ value: "", text: t("tickets.all_states") },
						...STATES.map((one) => ({ value: one, text: t(TICKET_STATES[one]) })),
					]} />
			</div>
			<Show of={tickets.first}>
				{() => tickets.items.length === 0
					? <Empty level={4} title={t("tickets.empty")}
						text={t(state === "" ? "tickets.empty_text" : "tickets.none_found")} />
					: <Table label={t("tickets.title")} columns={ticket_columns(site)}
						rows={tickets.items} id={({ id }) => id} name={({ subject }) => subject}
						note={<ZoneNote zone={site.zone} />}
						actions={[{ text: t("ticket.close"), act: (rows) =>
							set_closing(rows.filter((one) => one.state !== "closed")) }]}
						next={tickets.next && { text: t("more"), ...tickets.next }} />}
			</Show>
			{reporting && (
				<TicketForm site={site.id} close={() => set_reporting(false)}
					sent={(id) => go(site_href(site.id, "tickets", id))} />
			)}
			{closing.length > 0 && (
				<CloseTickets site={site.id} tickets={closing} close={() => set_closing([])}
					changed={reload} />
			)}
		</section>
	);
}

export function Support(props: TabProps) {
	return (
		<div class="stack">
			<Heading text={t("support.title")} part_of={props.site.name} />
			<Contacts site={props.site.id} />
			<Tickets {...props} />
			<section class="stack tight" aria-labelledby="faq">
				<h3 id="faq">{t("faq.title")}</h3>
				{FAQ.map(({ question, answer }) => (
					<details key={question} class="card">
						<summary>{t(question)}</summary>
						<p>{t(answer)}</p>
					</details>
				))}
			</section>
		</div>
	);
}
