import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Company, CompanyAdmin } from "../api/types.ts";
import { format_number } from "../lib/format.ts";
import { useLoad } from "../lib/hooks.ts";
import { lang_current, t } from "../lib/i18n.ts";
import { grants_allow_company, useCan, useGrants } from "../lib/rights.ts";
import { company_audit_href } from "../lib/router.ts";
import { toast } from "../lib/toast.ts";
import { check_email, check_required, EMAIL_MAX, NAME_MAX } from "../lib/validate.ts";
import { Confirm } from "../ui/confirm.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Empty } from "../ui/empty.tsx";
import { Form } from "../ui/form.tsx";
import { Heading } from "../ui/heading.tsx";
import { Link } from "../ui/link.tsx";
import { Show } from "../ui/loaded.tsx";
import { Table, type Column } from "../ui/table.tsx";

const FEW = 5; // companies that one sees at a glance

interface NameProps {
	title: string;
	start: string;
	submit: string;
	send: (name: string) => Promise<unknown>;
	undo: (() => Promise<unknown>) | null;
	close: () => void;
	saved: () => void;
}

function NameDialog({ title, start, submit, send, undo, close, saved }: NameProps) {
	return (
		<Dialog title={title} close={close}>
			<Form submit={submit} cancel={close} start={{ name: start }}
				send={async ({ name = "" }) => {
					await send(name.trim());
					toast(t("saved"), false, undo && (async () => {
						await undo();
						saved();
					}));
					close();
					saved();
				}}
				fields={[{ name: "name", label: t("name"), check: check_required, required: true,
					max: NAME_MAX }]} />
		</Dialog>
	);
}

// Where removing is null, it is not for the reader, or the last one is to stay.
function admin_columns(remove: ((one: CompanyAdmin) => void) | null): Column<CompanyAdmin>[] {
	const status = ({ active }: CompanyAdmin) => t(active ? "person.active" : "person.invited");
	return [
		{ key: "name", title: t("name"), sort: ({ name }) => name, cell: ({ name }) => name },
		{ key: "email", title: t("email"), sort: ({ email }) => email,
			cell: ({ email }) => email },
		{ key: "status", title: t("device.status"), sort: status, cell: (one) => (
			<span class={`badge ${one.active ? "good" : "warn"}`}>{status(one)}</span>
		) },
		...(remove === null ? [] : [{ key: "deeds", title: t("deeds"), cell: (one: CompanyAdmin) => (
			<button class="danger no-print" onClick={() => remove(one)}>
				{t("person.remove")}<span class="hidden"> {one.name}</span>
			</button>
		) }]),
	];
}

interface AdminsProps {
	company: Company;
	may_edit: boolean;
}

function Admins({ company, may_edit }: AdminsProps) {
	const admins = useLoad(company.id, () => api.company_admins(company.id));
	const may_audit = grants_allow_company(useGrants(), "audit_read", company.id);
	const [inviting, set_inviting] = useState(false);
	const [removing, set_removing] = useState<CompanyAdmin | null>(null);
	const invite = (body: { name: string; email: string }) =>
		api.company_admin_add(company.id, body);
	// Who never signed in is invited anew, and nothing is lost.
	const undo_of = ({ active, name, email }: CompanyAdmin) => active || email === null ? null
		: async () => {
			await invite({ name, email });
			admins.reload();
		};
	return (
		<section class="card stack" aria-label={company.name}>
			<div class="row spread">
				<div>
					<h2>{company.name}</h2>
					<p class="soft">{t("company.admins")}</p>
				</div>
				<div class="row">
					{may_audit && <Link href={company_audit_href(company.id)} class="button">
						{t("company.audit")}
					</Link>}
					{may_edit && (
						<button onClick={() => set_inviting(true)}>{t("company.invite")}</button>
					)}
				</div>
			</div>
			<Show of={admins}>
				{(list) => (
					<Table label={t("company.admins")} rows={list} id={({ id }) => id}
						name={({ name }) => name}
						columns={admin_columns(may_edit && list.length > 1 ? set_removing : null)} />
				)}
			</Show>
			{inviting && (
				<Dialog title={t("company.invite")} close={() => set_inviting(false)}>
					<Form submit={t("company.invite")} cancel={() => set_inviting(false)}
						start={{ name: "", email: "" }}
						send={async ({ name = "", email = "" }) => {
							const now = await invite({ name: name.trim(), email: email.trim() });
							toast(t("people.added", { name: now.name }));
							set_inviting(false);
							admins.reload();
						}}
						fields={[
							{ name: "name", label: t("name"), check: check_required, required: true,
								max: NAME_MAX },
							{ name: "email", label: t("email"), type: "email", check: check_email,
								required: true, max: EMAIL_MAX },
						]} />
				</Dialog>
			)}
			{removing !== null && (
				<Confirm title={t("person.remove_ask", { name: removing.name })}
					text={`${t("company.remove_text")} ${
						removing.active ? t("company.remove_final") : ""}`}
					yes={t("person.remove")}
					explain={(status) => status === 409 ? t("company.last_admin") : null}
					close={() => set_removing(null)}
					act={async () => {
						await api.company_admin_remove(company.id, removing.id);
						toast(t("person.removed", { name: removing.name }), false, undo_of(removing));
						admins.reload();
					}} />
			)}
		</section>
	);
}

interface Deeds {
	show: (company: Company) => void;
	rename: ((company: Company) => void) | null; // null: not for the reader
}

function columns(shown: Company, { show, rename }: Deeds): Column<Company>[] {
	return [
		{ key: "name", title: t("name"), sort: ({ name }) => name, cell: ({ name }) => name },
		{ key: "sites", title: t("sites.title"), sort: ({ sites }) => sites,
			cell: ({ sites }) => format_number(sites, lang_current()) },
		{ key: "deeds", title: t("deeds"), cell: (one) => (
			<div class="row no-print">
				<button aria-pressed={one.id === shown.id} onClick={() => show(one)}>
					{t("company.admins")}<span class="hidden"> {one.name}</span>
				</button>
				{rename && <button onClick={() => rename(one)}>
					{t("company.rename")}<span class="hidden"> {one.name}</span>
				</button>}
			</div>
		) },
	];
}

export default function Companies() {
	const may_edit = useCan(null)("company_edit");
	const companies = useLoad("companies", api.companies);
	const [chosen, set_chosen] = useState("");
	const [naming, set_naming] = useState<Company | "new" | null>(null);
	return (
		<div class="stack">
			<Heading text={t("companies.title")}>
				{may_edit && (
					<button class="primary" onClick={() => set_naming("new")}>
						{t("companies.add")}
					</button>
				)}
			</Heading>
			<Show of={companies}>
				{(list) => {
					const shown = list.find(({ id }) => id === chosen) ?? list[0];
					if (shown === undefined)
						return <Empty level={2} title={t("companies.empty")}
							text={t("companies.empty_text")} />;
					return (
						<div class="sides">
							<Table label={t("companies.title")} rows={list} id={({ id }) => id}
								name={({ name }) => name}
								{...(list.length > FEW ? { filter: ({ name }: Company) => name } : {})}
								columns={columns(shown, {
									show: ({ id }) => set_chosen(id), rename: may_edit ? set_naming : null,
								})} />
							<Admins key={shown.id} company={shown} may_edit={may_edit} />
						</div>
					);
				}}
			</Show>
			{naming !== null && (
				<NameDialog title={naming === "new" ? t("companies.add") : t("company.rename")}
					start={naming === "new" ? "" : naming.name}
					submit={naming === "new" ? t("create") : t("save")}
					send={(name) => naming === "new" ? api.company_create(name)
						: api.company_rename(naming.id, name)}
					undo={naming === "new" ? null
						: () => api.company_rename(naming.id, naming.name)}
					close={() => set_naming(null)} saved={companies.reload} />
			)}
		</div>
	);
}
