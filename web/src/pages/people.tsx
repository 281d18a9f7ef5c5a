import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Apartment, Site, User } from "../api/types.ts";
import { useDeviceChanges } from "../lib/changes.ts";
import { problem_from, useLoad, useRested } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { usePages } from "../lib/pages.ts";
import { place_text, role_text, STATUS_KEYS } from "../lib/people.ts";
import { problem_text } from "../lib/problem.ts";
import { roles_grantable, useCan, useGrants, USER_ROLES } from "../lib/rights.ts";
import { toast } from "../lib/toast.ts";
import { Confirm } from "../ui/confirm.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Empty } from "../ui/empty.tsx";
import { Field } from "../ui/field.tsx";
import { Heading } from "../ui/heading.tsx";
import { Show } from "../ui/loaded.tsx";
import { More } from "../ui/more.tsx";
import { PersonForm } from "./person_form.tsx";
import type { TabProps } from "./site.tsx";

export function PersonStatus({ user }: { user: User }) {
	const look = user.status === "active" ? "good" : user.status === "invited" ? "warn" : "";
	return <span class={`badge ${look}`}>{t(STATUS_KEYS[user.status])}</span>;
}

interface LineProps {
	user: User;
	may_edit: boolean;
	edit: () => void;
	remove: () => void;
	invite: () => void;
}

function Line({ user, may_edit, edit, remove, invite }: LineProps) {
	const known = [user.email, user.phone].filter((one) => one !== null && one !== "");
	return (
		<li class="line two">
			<div>
				<h3>{user.name} <PersonStatus user={user} /></h3>
				<p class="soft">{role_text(user.role)}{known.map((one) => ` · ${one}`)}</p>
				{user.apartments.map((one) => (
					<p key={one.id} class="soft">
						{place_text(one)}{one.admin && ` (${t("role.apartment_admin")})`}
					</p>
				))}
				{user.comment !== "" && <p>{user.comment}</p>}
			</div>
			{may_edit && (
				<div class="row">
					{user.status === "invited" && (
						<button onClick={invite}>
							{t("person.invite_again")}<span class="hidden"> {user.name}</span>
						</button>
					)}
					<button onClick={edit}>{t("edit")}<span class="hidden"> {user.name}</span></button>
					<button class="danger" onClick={remove}>
						{t("person.remove")}<span class="hidden"> {user.name}</span>
					</button>
				</div>
			)}
		</li>
	);
}

interface EditProps {
	site: Site;
	user: User | null;
	apartments: readonly Apartment[];
	close: () => void;
	saved: () => void;
}

function Edit({ site, user, apartments, close, saved }: EditProps) {
	const roles = roles_grantable(useGrants(), site.id);
	return (
		<Dialog title={user === null ? t("people.add") : user.name} close={close}>
			<PersonForm {...(user === null ? {} : { user })} roles={roles} apartments={apartments}
				language={site.language} cancel={close}
				submit={user === null ? t("create") : t("save")}
				send={async (edit) => {
					const now = user === null ? await api.user_create(site.id, edit)
						: await api.user_edit(site.id, user.id, edit);
					toast(user === null ? t("people.added", { name: now.name }) : t("saved"));
					close();
					saved();
				}} />
		</Dialog>
	);
}

export function useUsers(site: string, filter: Record<string, string>) {
	return usePages<User>(`${site} ${JSON.stringify(filter)}`,
		(cursor) => api.users(site, filter, cursor));
}

interface Props extends TabProps {
	find: string; // a part of a name, to begin with
}

export function People({ site, listen, find }: Props) {
	const may_edit = useCan(site.id)("user_edit");
	const [typed, set_typed] = useState(find);
	const [role, set_role] = useState("");
	const q = useRested(typed);
	const filter = { ...(q === "" ? {} : { q }), ...(role === "" ? {} : { role }) };
	const users = useUsers(site.id, filter);
	const apartments = useLoad(site.id, () => api.apartments(site.id));
	const [editing, set_editing] = useState<User | "new" | null>(null);
	const [removing, set_removing] = useState<User | null>(null);
	useDeviceChanges(listen, users.first.reload);
	const invite = async (user: User) => {
		try {
			await api.user_invite(site.id, user.id);
			toast(t("person.invited_again", { name: user.name }));
		} catch (error) {
			toast(problem_text(problem_from(error)), true);
		}
	};
	return (
		<div class="stack">
			<Heading text={t("people.title")} part_of={site.name}>
				{may_edit && (
					<button class="primary" onClick={() => set_editing("new")}>{t("people.add")}</button>
				)}
			</Heading>
			<div class="halves">
				<Field name="q" label={t("people.search")} value={typed} set={set_typed} max={100} />
				<Field name="role" label={t("person.role")} value={role} set={set_role} options={[
					{ value: "", text: t("people.all_roles") },
					...USER_ROLES.map((one) => ({ value: one, text: role_text(one) })),
				]} />
			</div>
			<Show of={users.first}>
				{() => users.items.length === 0
					? <Empty title={t("people.empty")}
						text={q === "" && role === "" ? t("people.empty_text") : t("people.none_found")} />
					: <ul class="list">
						{users.items.map((user) => (
							<Line key={user.id} user={user} may_edit={may_edit}
								edit={() => set_editing(user)} remove={() => set_removing(user)}
								invite={() => void invite(user)} />
						))}
					</ul>}
			</Show>
			{users.next && <More text={t("more")} busy={users.next.busy} next={users.next.read} />}
			{editing !== null && apartments.data !== null && (
				<Edit site={site} user={editing === "new" ? null : editing}
					apartments={apartments.data} close={() => set_editing(null)}
					saved={users.first.reload} />
			)}
			{removing !== null && (
				<Confirm title={t("person.remove_ask", { name: removing.name })}
					text={t("person.remove_text")} yes={t("person.remove")}
					close={() => set_removing(null)}
					act={async () => {
						await api.user_delete(site.id, removing.id);
						toast(t("person.removed", { name: removing.name }));
						users.first.reload();
					}} />
			)}
		</div>
	);
}
