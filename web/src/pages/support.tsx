import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Contact, ContactEdit, TicketEntry } from "../api/types.ts";
import { format_time } from "../lib/format.ts";
import { useLoad } from "../lib/hooks.ts";
import { lang_current, t, type Key } from "../lib/i18n.ts";
import { useCan } from "../lib/rights.ts";
import { go, site_href } from "../lib/router.ts";
import { TICKET_STATES } from "../lib/support.ts";
import { toast } from "../lib/toast.ts";
import { check_required, EMAIL_MAX, NAME_MAX } from "../lib/validate.ts";
import { Confirm } from "../ui/confirm.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Form } from "../ui/form.tsx";
import { Heading } from "../ui/heading.tsx";
import { Link } from "../ui/link.tsx";
import { Show } from "../ui/loaded.tsx";
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
		toast(t("saved"));
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

function ContactCard({ one, children }: { one: Contact; children: ComponentChildren }) {
	return (
		<div class="card stack tight">
			<h4>{one.name}</h4>
			{one.role !== "" && <p class="soft">{one.role}</p>}
			{one.purpose !== "" && <p>{one.purpose}</p>}
			{one.phone !== "" && (
				<p><a href={`tel:${one.phone.replace(/[^0-9+]/g, "")}`}>{one.phone}</a></p>
			)}
			{one.email !== "" && <p><a href={`mailto:${one.email}`}>{one.email}</a></p>}
			{children}
		</div>
	);
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
					? <p class="soft">{t("contacts.empty")}</p>
					: <ul class="cards">
						{items.map((one) => (
							<li key={one.id}>
								<ContactCard one={one}>
									{may_edit && (
										<div class="row">
											<button onClick={() => set_editing(one)}>
												{t("edit")}<span class="hidden"> {one.name}</span>
											</button>
											<button class="danger" onClick={() => set_deleting(one)}>
												{t("delete")}<span class="hidden"> {one.name}</span>
											</button>
										</div>
									)}
								</ContactCard>
							</li>
						))}
					</ul>}
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
						toast(t("deleted", { name: deleting.name }));
						list.reload();
					}} />
			)}
		</section>
	);
}

function TicketLine({ site, one, zone }: { site: string; one: TicketEntry; zone: string }) {
	return (
		<Link href={site_href(site, "tickets", one.id)} class="line two">
			<div>
				<h4>{one.subject}</h4>
				<p class="soft">
					{t("ticket.by", { name: one.person_name })}
					{" · "}{format_time(one.changed_at, lang_current(), zone)}
				</p>
			</div>
			<p><span class="status">{t(TICKET_STATES[one.state])}</span></p>
		</Link>
	);
}

function Tickets({ site, listen }: TabProps) {
	const list = useLoad(site.id, () => api.tickets(site.id));
	const [reporting, set_reporting] = useState(false);
	useEffect(() => listen((event) => {
		if (event === null || event.type === "ticket")
			list.reload();
	}), [listen, list.reload]);
	return (
		<section class="stack" aria-labelledby="tickets">
			<div class="row spread">
				<h3 id="tickets">{t("tickets.title")}</h3>
				<button class="primary" onClick={() => set_reporting(true)}>{t("tickets.add")}</button>
			</div>
			<Show of={list}>
				{(items) => items.length === 0
					? <p class="soft">{t("tickets.empty")}</p>
					: <ul class="list">
						{items.map((one) => (
							<li key={one.id}><TicketLine site={site.id} one={one} zone={site.zone} /></li>
						))}
					</ul>}
			</Show>
			{reporting && (
				<TicketForm site={site.id} close={() => set_reporting(false)}
					sent={(id) => go(site_href(site.id, "tickets", id))} />
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
