/* api/reply.h - answers to the mails of a ticket, by mail.
 *
 * What is told of a ticket names an address for the answer: the setting ticket_mail with the site,
 * the ticket, the person who is told and a signature behind its '+'. Whoever knows it can write to
 * this ticket as this person, from this person's address, and nothing else.
 *
 * reply_address_… are pure; any thread. reply_take runs where its database does. */
#pragma once
#include "api/secret.h"

struct request;

struct reply_place {
	int64_t site_id, ticket_id, person_id;
};

/* What the setting may be: an address without a '+', with room before its '@', or nothing. */
#define REPLY_BASE_WORDS "an address such as tickets@example.com"
bool reply_base_fits(const char *base);
/* Of `base` ("tickets@example.com"), in the arena; empty where it would be no address: too long.
 * -ENOMEM. */
[[nodiscard]] int reply_address_make(const struct secret_key *key, struct view base,
				     const struct reply_place *place, struct arena *arena,
				     struct view *ret_address);
/* -ENOENT: it is none that was made with this key and base. */
[[nodiscard]] int reply_address_read(const struct secret_key *key, struct view base,
				     struct view address, struct reply_place *ret_place);

/* Adds what was answered to the ticket, as the page would; `from` is whom the mail names as its
 * writer. Of the request env, db, arena and now are set. -ENOENT: ticket or person are gone.
 * -EACCES: the address is not the person's, or the person may no longer write there. -EMSGSIZE: the
 * text is too long. -ENOSPC: the ticket is full. -EDQUOT: the person has written too much today. */
[[nodiscard]] int reply_take(struct request *r, const struct reply_place *place, struct view from,
			     struct view text);
