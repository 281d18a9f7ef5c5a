import type { Apartment, User, UserEdit, UserRole } from "../api/types.ts";
import { apartment_label } from "../lib/apartments.ts";
import { t } from "../lib/i18n.ts";
import { role_text } from "../lib/people.ts";
import {
	check_email_or_none, check_required, COMMENT_MAX, EMAIL_MAX, NAME_MAX, PHONE_MAX,
} from "../lib/validate.ts";
import { Form, type FormField } from "../ui/form.tsx";
import { language_options } from "../ui/language.tsx";

interface Props {
	user?: User;
	roles: readonly UserRole[];
	language: string; // of the site
	apartments: readonly Apartment[];
	submit: string;
	send: (edit: UserEdit) => Promise<void>;
	cancel: () => void;
}

// Who has an account of the own, or is known elsewhere, keeps name, e-mail and language.
function own_fields(language: string): FormField[] {
	return [
		{ name: "name", label: t("name"), check: check_required, required: true, max: NAME_MAX },
		{ name: "email", label: t("email"), type: "email", check: check_email_or_none,
			max: EMAIL_MAX, hint: t("person.email_hint") },
		{ name: "language", label: t("person.language"), options: language_options(language) },
	];
}

// Whoever has several homes changes them on the apartments' own pages.
export function PersonForm({ user, roles, language, apartments, submit, send, cancel }: Props) {
	const several = (user?.apartments.length ?? 0) > 1;
	const spoken = user?.language ?? language;
	const own = user === undefined || user.managed;
	const offered = user?.role && !roles.includes(user.role) ? [user.role, ...roles] : roles;
	return (
		<Form submit={submit} cancel={cancel}
			start={{
				name: user?.name ?? "", email: user?.email ?? "", phone: user?.phone ?? "",
				comment: user?.comment ?? "", role: user?.role ?? "site_user",
				language: spoken,
				apartment: user?.apartments[0]?.id ?? "",
			}}
			send={({ name = "", email = "", phone = "", comment = "", role, language: lang = "",
				apartment = "" }) => send({
				name: name.trim(), email: email.trim(), phone: phone.trim(),
				comment: comment.trim(), role: role as UserRole, language: lang,
				apartments: several ? user?.apartments.map(({ id }) => id) ?? []
					: apartment === "" ? [] : [apartment],
			})}
			fields={[
				...(own ? own_fields(spoken) : []),
				{ name: "role", label: t("person.role"),
					options: offered.map((one) => ({ value: one, text: role_text(one) })) },
				{ name: "phone", label: t("person.phone"), max: PHONE_MAX },
				...(several ? [] : [{ name: "apartment", label: t("device.apartment"), options: [
					{ value: "", text: t("device.no_apartment") },
					...apartments.map((one) => ({ value: one.id, text: apartment_label(one) })),
				] }]),
				{ name: "comment", label: t("person.comment"), max: COMMENT_MAX },
			]}>
			{!own && <p class="note">{t("person.own_account", { name: user?.name ?? "" })}</p>}
		</Form>
	);
}
