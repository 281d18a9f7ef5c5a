/* api/invite.h - the mail that lets a person in whom somebody else has made. */
#pragma once
#include "api/request.h"

#define INVITE_MS (INT64_C(14) * 24 * 3600 * 1000) /* for how long the link is good */

struct invite {
	int64_t person_id;
	int64_t company_id;   /* of the place */
	int64_t site_id;      /* 0: the place is the company */
	struct view place;    /* its name, as the mail says it */
	struct view language; /* of the mail: the site's */
};

/* Whoever has no password gets a link to choose one (`invitation`), and an earlier such link is
 * over; who has one is told of the place (`added_to_place`). It comes from the person who asks.
 *
 * Inside the caller's transaction. -ENOENT: there is no such person. -EDESTADDRREQ: it has no
 * e-mail. ANSWERED: one of the two, who is invited or who invites, has had too many of late. */
[[nodiscard]] int account_invite(struct request *r, const struct invite *invite);
