// Words for people and where they live.
import type { User, UserEdit, UserRole } from "../api/types.ts";
import { t, type Key } from "./i18n.ts";

const ROLE_KEYS: Record<UserRole, Key> = {
	site_admin_payment: "role.site_admin_payment",
	site_admin: "role.site_admin",
	site_user: "role.site_user",
	site_user_no_login: "role.site_user_no_login",
};

export function role_text(role: UserRole | null): string {
	return role === null ? t("role.apartment_admin") : t(ROLE_KEYS[role]);
}

export const STATUS_KEYS: Record<User["status"], Key> = {
	no_login: "person.no_login",
	not_invited: "person.not_invited_yet",
	invited: "person.invited",
	expired: "person.invitation_expired",
	active: "person.active",
};

// Has yet to choose a password, by a link that can be sent as often as it takes.
export const user_waits = ({ status }: User) =>
	status === "not_invited" || status === "invited" || status === "expired";

export const invite_key = (user: User): Key =>
	user.status === "not_invited" ? "person.invite" : "person.invite_again";

// What makes the person what he is now; null of who has no role in the site to be given again.
export function user_edit_of(user: User, role: UserRole | null = user.role): UserEdit | null {
	return role === null ? null : {
		name: user.name, email: user.email ?? "", phone: user.phone, language: user.language,
		comment: user.comment, role, apartments: user.apartments.map(({ id }) => id),
	};
}

// Who never signed in and is known here alone can be made anew after a removal, and nothing is lost.
export function user_comes_back(user: User): boolean {
	return user.managed && user.role !== null;
}

// "3 · 12 · Smith": floor, number, name, as far as they are said.
export function place_text(one: { floor: string; number: string; name: string }): string {
	const floor = one.floor === "" ? "" : t("apartment.on_floor", { floor: one.floor });
	return [one.number, one.name, floor].filter((part) => part !== "").join(" · ");
}
