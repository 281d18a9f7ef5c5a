/* store/token.h - what stands between asking and having: registrations, one-time links, captchas.
 *
 * Hashes are of 32 bytes; the tokens themselves are kept nowhere. Who writes holds a transaction.
 * Nothing here goes into the feed: it concerns nobody but the one who follows the link. */
#pragma once
#include "store/db.h"

struct registration_row {
	struct view token_hash;
	struct view email; /* folded to lower case */
	struct view name;
	struct view company;
	struct view language;
	int64_t created_at;
	int64_t expires_at;
};

struct token_row {
	struct view token_hash;
	struct view purpose; /* invitation, password_reset, email_change, second_factor */
	int64_t person_id;   /* DB_INT_NULL: nobody's */
	struct view email;   /* of email_change: the new one; else p NULL */
	int64_t created_at;
	int64_t expires_at;
};

[[nodiscard]] int token_prepare(struct db *db, struct err *err);

[[nodiscard]] int registration_create(struct db *db, const struct registration_row *registration);
/* Takes it and every other of its address away. -ENOENT: there is none, or it has expired. */
[[nodiscard]] int registration_take(struct db *db, struct view token_hash, int64_t now_ms,
				    struct arena *arena, struct registration_row *ret_registration);

/* The earlier ones of the person and purpose are over. Of an invitation the person keeps until when
 * it is good, also when the token is gone (member_row.invited_until). */
[[nodiscard]] int token_create(struct db *db, const struct token_row *token);
/* -ENOENT: there is none of that purpose, or it has expired, or it is nobody's. */
[[nodiscard]] int token_find(struct db *db, struct view token_hash, struct view purpose,
			     int64_t now_ms, struct arena *arena, struct token_row *ret_token);
/* The same, and it is gone: of two who come at once, one gets it. */
[[nodiscard]] int token_take(struct db *db, struct view token_hash, struct view purpose,
			     int64_t now_ms, struct arena *arena, struct token_row *ret_token);
/* All of the person's. */
[[nodiscard]] int token_delete(struct db *db, int64_t person_id);
/* All of the table's that are over, registrations and captchas too. */
[[nodiscard]] int token_expire(struct db *db, int64_t now_ms);

/* -EEXIST: it was used before. */
[[nodiscard]] int captcha_use(struct db *db, struct view nonce, int64_t expires_at);
