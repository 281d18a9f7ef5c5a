import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Apartment, Site, User, UserRole } from "../api/types.ts";
import { t } from "../lib/i18n.ts";
import { role_text, user_comes_back, user_edit_of } from "../lib/people.ts";
import { roles_grantable, useGrants } from "../lib/rights.ts";
import { toast } from "../lib/toast.ts";
import { Dialog } from "../ui/dialog.tsx";
import { DoMany } from "../ui/do_many.tsx";
import { Field } from "../ui/field.tsx";
import { PersonForm } from "./person_form.tsx";

export type Deed =
	| { kind: "add" }
	| { kind: "edit"; user: User }
	| { kind: "role" | "invite" | "remove"; users: readonly User[] };

interface Props {
	site: Site;
	apartments: readonly Apartment[];
	close: () => void;
	changed: (gone?: readonly User[]) => void; // who is no longer one of the site's people
}

interface ManyProps extends Props {
	users: readonly User[];
}

const name_of = ({ name }: User) => name;
const only = (users: readonly User[]) => users.length === 1 ? users[0] : undefined;

function Edit({ site, apartments, user, close, changed }: Props & { user: User | null }) {
	const roles = roles_grantable(useGrants(), site.id);
	const before = user && user_edit_of(user);
	return (
		<Dialog title={user === null ? t("people.add") : user.name} close={close}>
			<PersonForm {...(user === null ? {} : { user })} roles={roles} apartments={apartments}
				language={site.language} cancel={close}
				submit={user === null ? t("create") : t("save")}
				send={async (edit) => {
					if (user === null) {
						const { name } = await api.user_create(site.id, edit);
						toast(t("people.added", { name }));
					} else {
						await api.user_edit(site.id, user.id, edit);
						toast(t("saved"), false, before && (async () => {
							await api.user_edit(site.id, user.id, before);
							changed();
						}));
					}
					close();
					changed();
				}} />
		</Dialog>
	);
}

// One role for all of them; who had one gets it back by "Undo".
function GiveRole({ site, users, close, changed }: ManyProps) {
	const roles = roles_grantable(useGrants(), site.id);
	const [role, set_role] = useState<UserRole>("site_user");
	const give = async (user: User, to: UserRole | null) => {
		const edit = user_edit_of(user, to);
		if (edit !== null)
			await api.user_edit(site.id, user.id, edit);
	};
	return (
		<DoMany title={t("people.give_role")} yes={t("save")} rows={users} name={name_of}
			act={(user) => give(user, role)} close={close}
			explain={(status) => status === 422 ? t("people.role_needs_email") : null}
			done={(well) => {
				changed();
				if (well.length > 0)
					toast(t("saved"), false, well.some((user) => user.role === null) ? null
						: async () => {
							for (const user of well)
								await give(user, user.role);
							changed();
						});
			}}>
			<p>{t("selected", { n: users.length })}</p>
			<Field name="role" label={t("person.role")} value={role}
				set={(value) => set_role(value as UserRole)}
				options={roles.map((one) => ({ value: one, text: role_text(one) }))} />
		</DoMany>
	);
}

function Invite({ site, users, close, changed }: ManyProps) {
	const one = only(users);
	const first = users.every(({ status }) => status === "not_invited");
	return (
		<DoMany yes={t(first ? "person.invite" : "person.invite_again")} rows={users} name={name_of}
			title={one === undefined
				? t(first ? "people.invite_first" : "people.invite_ask", { n: users.length })
				: t(first ? "person.invite_first" : "person.invite_ask", { name: one.name })}
			act={(user) => api.user_invite(site.id, user.id)} close={close}
			explain={(status) => status === 409 ? t("person.not_invited") : null}
			done={(well) => {
				changed();
				if (well.length > 0)
					toast(one === undefined ? t("people.invited", { n: well.length })
						: t("person.invited_again", { name: one.name }));
			}}>
			<p>{t(first ? "people.invite_first_text" : "people.invite_text")}</p>
		</DoMany>
	);
}

// As he was: role, phone, comment, homes, and of which of them he was the admin.
async function come_back(site: string, user: User): Promise<void> {
	const edit = user_edit_of(user);
	if (edit === null)
		return;
	const { id } = await api.user_create(site, edit);
	for (const home of user.apartments)
		if (home.admin)
			await api.resident_edit(site, home.id, id, { admin: true });
}

function Remove({ site, users, close, changed }: ManyProps) {
	const one = only(users);
	return (
		<DoMany yes={t("person.remove")} danger rows={users} name={name_of}
			title={one === undefined ? t("people.remove_ask", { n: users.length })
				: t("person.remove_ask", { name: one.name })}
			act={(user) => api.user_delete(site.id, user.id)} close={close}
			done={(gone) => {
				changed(gone);
				if (gone.length > 0)
					toast(one === undefined ? t("people.removed", { n: gone.length })
						: t("person.removed", { name: one.name }), false,
					gone.every(user_comes_back) ? async () => {
						for (const user of gone)
							await come_back(site.id, user);
						changed();
					} : null);
			}}>
			<p>{t("person.remove_text")}</p>
			{!users.every(user_comes_back) && <p class="note">{t("person.remove_final")}</p>}
		</DoMany>
	);
}

// The dialog of what is to be done with people, one or several.
export function PersonDeed({ deed, ...props }: Props & { deed: Deed }) {
	switch (deed.kind) {
	case "add":
		return <Edit user={null} {...props} />;
	case "edit":
		return <Edit user={deed.user} {...props} />;
	case "role":
		return <GiveRole users={deed.users} {...props} />;
	case "invite":
		return <Invite users={deed.users} {...props} />;
	case "remove":
		return <Remove users={deed.users} {...props} />;
	}
}
