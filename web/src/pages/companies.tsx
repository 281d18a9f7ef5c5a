import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Company, CompanyAdmin } from "../api/types.ts";
import { useLoad } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { useCan } from "../lib/rights.ts";
import { toast } from "../lib/toast.ts";
import { check_email, check_required, EMAIL_MAX, NAME_MAX } from "../lib/validate.ts";
import { Confirm } from "../ui/confirm.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Form } from "../ui/form.tsx";
import { Heading } from "../ui/heading.tsx";
import { Show } from "../ui/loaded.tsx";

interface NameProps {
	title: string;
	start: string;
	submit: string;
	send: (name: string) => Promise<unknown>;
	close: () => void;
	saved: () => void;
}

function NameDialog({ title, start, submit, send, close, saved }: NameProps) {
	return (
		<Dialog title={title} close={close}>
			<Form submit={submit} cancel={close} start={{ name: start }}
				send={async ({ name = "" }) => {
					await send(name.trim());
					toast(t("saved"));
					close();
					saved();
				}}
				fields={[{ name: "name", label: t("name"), check: check_required, required: true,
					max: NAME_MAX }]} />
		</Dialog>
	);
}

function Admins({ company, may_edit }: { company: string; may_edit: boolean }) {
	const admins = useLoad(company, () => api.company_admins(company));
	const [inviting, set_inviting] = useState(false);
	const [removing, set_removing] = useState<CompanyAdmin | null>(null);
	return (
		<div class="stack">
			<div class="row spread">
				<h3>{t("company.admins")}</h3>
				{may_edit && (
					<button onClick={() => set_inviting(true)}>{t("company.invite")}</button>
				)}
			</div>
			<Show of={admins}>
				{(list) => (
					<ul class="list">
						{list.map((one) => (
							<li key={one.id} class="line two">
								<div>
									<strong>{one.name}</strong>{" "}
									{!one.active && <span class="badge warn">{t("person.invited")}</span>}
									<p class="soft">{one.email}</p>
								</div>
								{may_edit && list.length > 1 && (
									<button class="danger" onClick={() => set_removing(one)}>
										{t("person.remove")}<span class="hidden"> {one.name}</span>
									</button>
								)}
							</li>
						))}
					</ul>
				)}
			</Show>
			{inviting && (
				<Dialog title={t("company.invite")} close={() => set_inviting(false)}>
					<Form submit={t("company.invite")} cancel={() => set_inviting(false)}
						start={{ name: "", email: "" }}
						send={async ({ name = "", email = "" }) => {
							const now = await api.company_admin_add(company,
								{ name: name.trim(), email: email.trim() });
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
					text={t("company.remove_text")} yes={t("person.remove")}
					explain={(status) => status === 409 ? t("company.last_admin") : null}
					close={() => set_removing(null)}
					act={async () => {
						await api.company_admin_remove(company, removing.id);
						toast(t("person.removed", { name: removing.name }));
						admins.reload();
					}} />
			)}
		</div>
	);
}

export function Companies() {
	const may_edit = useCan(null)("company_edit");
	const companies = useLoad("companies", api.companies);
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
				{(list) => (
					<div class="stack">
						{list.map((company) => (
							<section key={company.id} class="card stack" aria-label={company.name}>
								<div class="row spread">
									<div>
										<h2>{company.name}</h2>
										<p class="soft">{t("company.sites", { count: company.sites })}</p>
									</div>
									{may_edit && (
										<button onClick={() => set_naming(company)}>
											{t("company.rename")}<span class="hidden"> {company.name}</span>
										</button>
									)}
								</div>
								<Admins company={company.id} may_edit={may_edit} />
							</section>
						))}
					</div>
				)}
			</Show>
			{naming !== null && (
				<NameDialog title={naming === "new" ? t("companies.add") : t("company.rename")}
					start={naming === "new" ? "" : naming.name}
					submit={naming === "new" ? t("create") : t("save")}
					send={(name) => naming === "new" ? api.company_create(name)
						: api.company_rename(naming.id, name)}
					close={() => set_naming(null)} saved={companies.reload} />
			)}
		</div>
	);
}
