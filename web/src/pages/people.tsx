import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { User } from "../api/types.ts";
import { useChanges } from "../lib/changes.ts";
import { useLoad, useRested } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { usePages } from "../lib/pages.ts";
import { place_text, role_text, STATUS_KEYS } from "../lib/people.ts";
import { useCan, USER_ROLES } from "../lib/rights.ts";
import { go, site_href } from "../lib/router.ts";
import { Empty } from "../ui/empty.tsx";
import { Field } from "../ui/field.tsx";
import { Heading } from "../ui/heading.tsx";
import { Link } from "../ui/link.tsx";
import { Show } from "../ui/loaded.tsx";
import { PersonStatus } from "../ui/person_status.tsx";
import { Table, type Column, type Sorted } from "../ui/table.tsx";
import { PersonDeed, type Deed } from "./person_deeds.tsx";
import { PersonDetail } from "./person_detail.tsx";
import type { TabProps } from "./site.tsx";

export function useUsers(site: string, filter: Record<string, string>) {
	return usePages<User>(`${site} ${JSON.stringify(filter)}`,
		(cursor) => api.users(site, filter, cursor));
}

function Places({ user }: { user: User }) {
	return (
		<>{user.apartments.map((one) => (
			<div key={one.id}>
				{place_text(one)}{one.admin && ` (${t("role.apartment_admin")})`}
			</div>
		))}</>
	);
}

// What stands beside the list while somebody is open is left out of it.
function columns(site: string, open: string | null, edit: ((user: User) => void) | null):
	Column<User>[] {
	const first_home = ({ apartments: [home] }: User) => home ? place_text(home) : null;
	const wide: Column<User>[] = open !== null ? [] : [
		{ key: "reach", title: t("people.reach"), sort: ({ email, phone }) => email || phone || null,
			cell: ({ email, phone }) => [email, phone].filter(Boolean).map((one) => (
				<div key={one}>{one}</div>
			)) },
	];
	const deeds = (act: (user: User) => void): Column<User> => ({
		key: "deeds", title: t("deeds"), cell: (user) => (
			<button class="no-print" onClick={() => act(user)}>
				{t("edit")}<span class="hidden"> {user.name}</span>
			</button>
		),
	});
	return [
		{ key: "name", title: t("name"), sort: ({ name }) => name, ordered: true, cell: (user) => <>
			<Link href={site_href(site, "people", user.id)} current={user.id === open} stay>
				{user.name}
			</Link>
			{user.comment !== "" && <div class="soft aside">{user.comment}</div>}
		</> },
		{ key: "role", title: t("person.role"), sort: ({ role }) => role_text(role),
			cell: ({ role }) => <span class="words">{role_text(role)}</span> },
		{ key: "status", title: t("device.status"), sort: ({ status }) => t(STATUS_KEYS[status]),
			cell: (user) => <PersonStatus user={user} /> },
		...wide,
		{ key: "homes", title: t("apartments.title"), sort: first_home,
			cell: (user) => user.apartments.length === 0 ? null : <Places user={user} /> },
		...(edit === null || open !== null ? [] : [deeds(edit)]),
	];
}

const is_about_people = (type: string) => type === "person" || type === "apartment";

interface Props extends TabProps {
	open: string | null; // who is shown beside the list
}

export function People({ site, listen, open }: Props) {
	const may_edit = useCan(site.id)("user_edit");
	const [typed, set_typed] = useState("");
	const [role, set_role] = useState("");
	const [sorted, set_sorted] = useState<Sorted>({ key: "name", down: false });
	const [deed, set_deed] = useState<Deed | null>(null);
	const q = useRested(typed);
	const users = useUsers(site.id, {
		...(q === "" ? {} : { q }), ...(role === "" ? {} : { role }),
		...(sorted.down ? { order: "-name" } : {}),
	});
	const shown = useLoad(`${site.id} ${open}`, async () =>
		({ user: open === null ? null : await api.user(site.id, open) }));
	const apartments = useLoad(site.id, () => api.apartments(site.id));
	const changed = (gone: readonly User[] = []) => {
		users.first.reload();
		if (gone.some(({ id }) => id === open))
			go(site_href(site.id, "people"), true);
		else
			shown.reload();
	};
	useChanges(listen, users.first.reload, is_about_people);
	useChanges(listen, shown.reload, is_about_people);
	const many = (kind: "role" | "invite" | "remove") => (chosen: readonly User[]) =>
		set_deed({ kind, users: chosen });
	return (
		<div class={open === null ? "stack" : "beside"}>
			<div class="stack">
				<Heading text={t("people.title")} part_of={site.name}>
					{may_edit && (
						<button class="primary" onClick={() => set_deed({ kind: "add" })}>
							{t("people.add")}
						</button>
					)}
				</Heading>
				<div class="fields filters no-print">
					<Field name="q" label={t("people.search")} value={typed} set={set_typed} max={100} />
					<Field name="role" label={t("person.role")} value={role} set={set_role} options={[
						{ value: "", text: t("people.all_roles") },
						...USER_ROLES.map((one) => ({ value: one, text: role_text(one) })),
					]} />
				</div>
				<Show of={users.first}>
					{() => users.items.length === 0
						? <Empty title={t("people.empty")} text={q === "" && role === ""
							? t("people.empty_text") : t("people.none_found")} />
						: <Table label={t("people.title")} rows={users.items}
							columns={columns(site.id, open,
								may_edit ? (user) => set_deed({ kind: "edit", user }) : null)}
							id={({ id }) => id} name={({ name }) => name}
							order={{ ...sorted, set: set_sorted }}
							actions={may_edit ? [
								{ text: t("people.give_role"), act: many("role") },
								{ text: t("person.invite"), act: many("invite") },
								{ text: t("person.remove"), danger: true, act: many("remove") },
							] : []}
							next={users.next && { text: t("more"), ...users.next }} />}
				</Show>
			</div>
			{open !== null && (
				<aside>
					<Show of={shown}>
						{({ user }) => user && (
							<PersonDetail key={user.id} site={site} user={user} may_edit={may_edit}
								act={set_deed} />
						)}
					</Show>
				</aside>
			)}
			{deed !== null && apartments.data !== null && (
				<PersonDeed deed={deed} site={site} apartments={apartments.data}
					close={() => set_deed(null)} changed={changed} />
			)}
		</div>
	);
}
