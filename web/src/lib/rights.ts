// What the pages offer to whom; the server decides again. A test holds the table against
// src/api/rights.c. Pure but for the session, which app.tsx provides.
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Grant, Session, UserRole } from "../api/types.ts";

const STAFF = ["company_admin", "site_admin_payment", "site_admin"];

export const RIGHTS = {
	site_create: ["company_admin"],
	site_read: ["operator", ...STAFF, "site_user", "apartment_admin"],
	site_edit: ["operator", ...STAFF],
	site_delete: ["operator", "company_admin"],
	apartment_read: ["operator", ...STAFF, "site_user"],
	apartment_edit: STAFF,
	device_read: ["operator", ...STAFF, "site_user"],
	device_edit: STAFF,
	credentials: STAFF,
	call_read: STAFF,
	live: STAFF,
	suspect_read: ["operator"],
	suspect_edit: ["operator"],
	company_read: ["operator", "company_admin"],
	company_edit: ["company_admin"],
	user_read: STAFF,
	user_edit: STAFF,
	home_read: [...STAFF, "apartment_admin"],
	home_edit: [...STAFF, "apartment_admin"],
	contact_read: [...STAFF, "site_user", "apartment_admin"],
	contact_edit: STAFF,
	ticket_read: STAFF,
	audit_read: STAFF,
	mail_read: ["operator"],
	mail_edit: ["operator"],
} as const satisfies Record<string, readonly string[]>;

export type Right = keyof typeof RIGHTS;

// A grant without a site reaches every site that its owner sees; an apartment's admin has the right
// in that apartment only, and outside of any, as in the server's rights_judge.
export function grants_allow(grants: readonly Grant[], right: Right, site: string | null,
	apartment: string | null = null): boolean {
	const roles: readonly string[] = RIGHTS[right];
	return grants.some((grant) => roles.includes(grant.role)
		&& (grant.site_id === null || grant.site_id === site)
		&& (grant.role !== "apartment_admin" || apartment === null
			|| grant.apartment_id === apartment));
}

// The right in the company itself, not only at one of its sites.
export function grants_allow_company(grants: readonly Grant[], right: Right,
	company: string): boolean {
	const roles: readonly string[] = RIGHTS[right];
	return grants.some((grant) => roles.includes(grant.role) && grant.site_id === null
		&& (grant.company_id === null || grant.company_id === company));
}

// The roles of a site, each including the next; a company's admin stands above all.
export const USER_ROLES: readonly UserRole[] =
	["site_admin_payment", "site_admin", "site_user", "site_user_no_login"];

// Those that one may give: nobody grants a role above the own.
export function roles_grantable(grants: readonly Grant[], site: string): readonly UserRole[] {
	const here = grants.filter(({ site_id }) => site_id === site).map(({ role }) => role);
	if (grants.some(({ role }) => role === "company_admin"))
		return USER_ROLES;
	const own = USER_ROLES.findIndex((role) => here.includes(role));
	return own < 0 ? [] : USER_ROLES.slice(own);
}

export const SessionContext = createContext<Session | null>(null);

export type Can = (right: Right) => boolean;

export function useCan(site: string | null): Can {
	const grants = useContext(SessionContext)?.roles ?? [];
	return (right) => grants_allow(grants, right, site);
}

export function useGrants(): readonly Grant[] {
	return useContext(SessionContext)?.roles ?? [];
}
