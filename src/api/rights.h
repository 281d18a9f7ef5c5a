/* api/rights.h - which role may do what in the API, as one table.
 *
 * A role counts within its scope: the operator's on the whole server, a company admin's in the
 * company, every other in its site; an apartment admin's in the apartment. What no role of a person
 * covers does not exist for that person: 404, never 403.
 *
 * Pure; any thread. */
#pragma once
#include "base/buf.h"

/* Zero is no right at all, so that a route that forgets its column is open to nobody. */
enum right {
	RIGHT_PUBLIC = 1, /* no session needed */
	RIGHT_SESSION,    /* any person who signed in */
	RIGHT_APP,        /* whoever has an app here: api/app.h */
	RIGHT_SITE_CREATE,
	RIGHT_SITE_READ,
	RIGHT_SITE_EDIT,
	RIGHT_SITE_DELETE,
	RIGHT_APARTMENT_READ,
	RIGHT_APARTMENT_EDIT,
	RIGHT_DEVICE_READ,
	RIGHT_DEVICE_EDIT,
	RIGHT_CREDENTIALS, /* read and renew a device's SIP password */
	RIGHT_CALL_READ,
	RIGHT_LIVE,
	RIGHT_SUSPECT_READ, /* hosts that guess SIP passwords */
	RIGHT_SUSPECT_EDIT,
	RIGHT_COMPANY_READ,  /* sites and admins of one's company */
	RIGHT_COMPANY_EDIT,
	RIGHT_USER_READ,     /* the people of a site */
	RIGHT_USER_EDIT,
	RIGHT_HOME_READ,     /* one apartment and its people: paths below an apartment */
	RIGHT_HOME_EDIT,
	RIGHT_CONTACT_READ,  /* facility contacts */
	RIGHT_CONTACT_EDIT,
	RIGHT_TICKET_READ,   /* all of the site; one's own everybody may */
	RIGHT_AUDIT_READ,
	RIGHT_MAIL_READ,     /* the outbox of the whole server */
	RIGHT_MAIL_EDIT,
	RIGHTS
};

enum role {
	ROLE_OPERATOR,
	ROLE_COMPANY_ADMIN,
	ROLE_SITE_ADMIN_PAYMENT,
	ROLE_SITE_ADMIN,
	ROLE_SITE_USER,
	ROLE_APARTMENT_ADMIN,
	ROLES,
	ROLE_NONE = ROLES /* a role without sign-in, or one that this program does not know */
};

struct grant {
	enum role role;
	int64_t company_id; /* INT64_MIN for the operator */
	int64_t site_id;    /* INT64_MIN for operator and company admin */
	int64_t apartment_id; /* INT64_MIN but for an apartment admin, or a user who lives in one */
};

/* The place that a request is about. */
struct place {
	int64_t company_id;
	int64_t site_id; /* 0: not about a site, but about its company */
	int64_t apartment_id; /* 0: not about an apartment */
};

enum verdict { VERDICT_YES, VERDICT_NO, VERDICT_UNSEEN };

enum role role_from_text(struct view text);
const char *role_text(enum role role);
/* The table itself. */
bool role_has(enum role role, enum right right);
/* VERDICT_UNSEEN: no grant covers the place. RIGHT_PUBLIC, RIGHT_SESSION and
 * RIGHT_APP are not asked here. */
enum verdict rights_judge(const struct grant *grants, size_t n, enum right right,
			  struct place place);
