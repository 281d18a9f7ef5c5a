import { useId, useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Site, User } from "../api/types.ts";
import { format_list } from "../lib/format.ts";
import { problem_from, useRested } from "../lib/hooks.ts";
import { lang_current, t } from "../lib/i18n.ts";
import { place_text } from "../lib/people.ts";
import { problem_text } from "../lib/problem.ts";
import { toast } from "../lib/toast.ts";
import {
	check_email_or_none, check_required, EMAIL_MAX, NAME_MAX, PHONE_MAX, USERS_AT_ONCE_MAX,
} from "../lib/validate.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Field } from "../ui/field.tsx";
import { Form } from "../ui/form.tsx";
import { Show } from "../ui/loaded.tsx";
import { More } from "../ui/more.tsx";
import { useUsers } from "./people.tsx";

export interface ResidentDialogProps {
	site: Site;
	apartment: string;
	close: () => void;
	saved: () => void;
}

// One new person, who signs in if there is an address.
export function NewResident({ site, apartment, close, saved }: ResidentDialogProps) {
	return (
		<Dialog title={t("people.add")} close={close}>
			<Form submit={t("create")} cancel={close}
				start={{ name: "", email: "", phone: "", admin: "no" }}
				send={async ({ name = "", email = "", phone = "", admin }) => {
					const signs_in = email.trim() !== "";
					await api.residents_add(site.id, apartment, { users: [{
						name: name.trim(), phone: phone.trim(),
						role: signs_in ? "site_user" : "site_user_no_login",
						...(signs_in ? { email: email.trim(), admin: admin === "yes" } : {}),
					}] });
					toast(t("people.added", { name: name.trim() }));
					close();
					saved();
				}}
				fields={[
					{ name: "name", label: t("name"), check: check_required, required: true,
						max: NAME_MAX },
					{ name: "email", label: t("email"), type: "email", check: check_email_or_none,
						max: EMAIL_MAX, hint: t("person.email_hint") },
					{ name: "phone", label: t("person.phone"), max: PHONE_MAX },
					...(site.type === "residential" ? [{
						name: "admin", label: t("role.apartment_admin"),
						when: ({ email = "" }: Record<string, string>) => email.trim() !== "",
						options: [{ value: "no", text: t("no") }, { value: "yes", text: t("yes") }],
					}] : [])]} />
		</Dialog>
	);
}

// A name a line: they are only called or let in.
export function SeveralResidents({ site, apartment, close, saved }: ResidentDialogProps) {
	const id = useId();
	const [text, set_text] = useState("");
	const [busy, set_busy] = useState(false);
	const [problem, set_problem] = useState("");
	const names = text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
	const fits = names.length > 0 && names.length <= USERS_AT_ONCE_MAX;
	const create = async (event: Event) => {
		event.preventDefault();
		if (busy || !fits)
			return set_problem(fits ? "" : t("resident.several_wrong", { max: USERS_AT_ONCE_MAX }));
		set_busy(true);
		try {
			await api.residents_add(site.id, apartment, {
				users: names.map((name) => ({ name, role: "site_user_no_login" as const })) });
			toast(t("resident.several_added", { count: names.length }));
			close();
			saved();
		} catch (error) {
			set_problem(problem_text(problem_from(error)));
			set_busy(false);
		}
		return undefined;
	};
	return (
		<Dialog title={t("resident.several")} close={close}>
			<form class="stack" onSubmit={create} noValidate>
				<div class="field">
					<label for={id}>{t("resident.names")}</label>
					<textarea id={id} rows={8} value={text} aria-describedby={`${id}-hint`}
						onInput={(event) => set_text(event.currentTarget.value)} />
					<div class="soft" id={`${id}-hint`}>{t("resident.names_hint")}</div>
				</div>
				<div role="alert">{problem && <p class="note bad">{problem}</p>}</div>
				<div class="row">
					<button class="primary" type="submit" aria-disabled={busy}>
						{busy ? t("working") : t("create")}
					</button>
					<button type="button" onClick={close}>{t("cancel")}</button>
				</div>
			</form>
		</Dialog>
	);
}

// Somebody whom the site has already.
export function MoveIn({ site, apartment, close, saved, living }:
	ResidentDialogProps & { living: readonly User[] }) {
	const [typed, set_typed] = useState("");
	const q = useRested(typed);
	const users = useUsers(site.id, q === "" ? {} : { q });
	const move = async (user: User) => {
		try {
			await api.residents_add(site.id, apartment, { people: [user.id] });
			toast(t("resident.moved_in", { name: user.name }), false, async () => {
				await api.resident_remove(site.id, apartment, user.id);
				saved();
			});
			close();
			saved();
		} catch (error) {
			toast(problem_text(problem_from(error)), true);
		}
	};
	const others = users.items.filter(({ id }) => !living.some((one) => one.id === id));
	return (
		<Dialog title={t("resident.known")} close={close}>
			<Field name="q" label={t("people.search")} value={typed} set={set_typed} max={100} />
			<Show of={users.first}>
				{() => others.length === 0
					? <p class="soft">{t("people.none_found")}</p>
					: <ul class="list">
						{others.map((user) => (
							<li key={user.id} class="line two">
								<div>
									<strong>{user.name}</strong>
									<p class="soft">{format_list(user.apartments.map(place_text), lang_current())}</p>
								</div>
								<button onClick={() => void move(user)}>
									{t("resident.move_in")}<span class="hidden"> {user.name}</span>
								</button>
							</li>
						))}
					</ul>}
			</Show>
			{users.next && <More text={t("more")} busy={users.next.busy} next={users.next.read} />}
			<div><button onClick={close}>{t("close")}</button></div>
		</Dialog>
	);
}
