#include "api/rights.h"

/* A row per right, a column per role. The operator runs the server and keeps out of people's homes:
 * no SIP passwords, no record of who called whom. */
static const bool table[RIGHTS][ROLES] = {
	/*                          oper.  comp.  pay    admin  user   apartment */
	[RIGHT_SITE_CREATE] =    { false, true,  false, false, false, false },
	[RIGHT_SITE_READ] =      { true,  true,  true,  true,  true,  true  },
	[RIGHT_SITE_EDIT] =      { true,  true,  true,  true,  false, false },
	[RIGHT_SITE_DELETE] =    { true,  true,  false, false, false, false },
	[RIGHT_APARTMENT_READ] = { true,  true,  true,  true,  true,  false },
	[RIGHT_APARTMENT_EDIT] = { false, true,  true,  true,  false, false },
	[RIGHT_DEVICE_READ] =    { true,  true,  true,  true,  true,  false },
	[RIGHT_DEVICE_EDIT] =    { false, true,  true,  true,  false, false },
	[RIGHT_CREDENTIALS] =    { false, true,  true,  true,  false, false },
	[RIGHT_CALL_READ] =      { false, true,  true,  true,  false, false },
	[RIGHT_LIVE] =           { false, true,  true,  true,  false, false },
	[RIGHT_SUSPECT_READ] =   { true,  false, false, false, false, false },
	[RIGHT_SUSPECT_EDIT] =   { true,  false, false, false, false, false },
	[RIGHT_COMPANY_READ] =   { true,  true,  false, false, false, false },
	[RIGHT_COMPANY_EDIT] =   { false, true,  false, false, false, false },
	[RIGHT_USER_READ] =      { false, true,  true,  true,  false, false },
	[RIGHT_USER_EDIT] =      { false, true,  true,  true,  false, false },
	[RIGHT_HOME_READ] =      { false, true,  true,  true,  false, true  },
	[RIGHT_HOME_EDIT] =      { false, true,  true,  true,  false, true  },
	[RIGHT_CONTACT_READ] =   { false, true,  true,  true,  true,  true  },
	[RIGHT_CONTACT_EDIT] =   { false, true,  true,  true,  false, false },
	[RIGHT_TICKET_READ] =    { false, true,  true,  true,  false, false },
	[RIGHT_AUDIT_READ] =     { false, true,  true,  true,  false, false },
	[RIGHT_MAIL_READ] =      { true,  false, false, false, false, false },
	[RIGHT_MAIL_EDIT] =      { true,  false, false, false, false, false },
};

static const char *const names[ROLES] = {
	"operator", "company_admin", "site_admin_payment", "site_admin", "site_user",
	"apartment_admin",
};

enum role role_from_text(struct view text)
{
	for (enum role role = 0; role < ROLES; role++)
		if (view_eq(text, view_str(names[role])))
			return role;
	return ROLE_NONE;
}

const char *role_text(enum role role)
{
	return role < ROLES ? names[role] : "none";
}

bool role_has(enum role role, enum right right)
{
	return role < ROLES && right < RIGHTS && table[right][role];
}

static bool covers(const struct grant *grant, struct place place)
{
	switch (grant->role) {
	case ROLE_OPERATOR:
		return true;
	case ROLE_COMPANY_ADMIN:
		return grant->company_id == place.company_id;
	case ROLE_NONE:
		return false;
	case ROLE_APARTMENT_ADMIN:
		return place.site_id != 0 && grant->site_id == place.site_id &&
		       (place.apartment_id == 0 || grant->apartment_id == place.apartment_id);
	default:
		return place.site_id != 0 && grant->site_id == place.site_id;
	}
}

enum verdict rights_judge(const struct grant *grants, size_t n, enum right right,
			  struct place place)
{
	enum verdict verdict = VERDICT_UNSEEN;

	for (size_t i = 0; i < n; i++)
		if (covers(&grants[i], place)) {
			if (role_has(grants[i].role, right))
				return VERDICT_YES;
			verdict = VERDICT_NO;
		}
	return verdict;
}
