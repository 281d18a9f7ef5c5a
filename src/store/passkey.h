/* store/passkey.h - the passkeys of people, and the challenges that they answered.
 *
 * What is bytes comes as bytes. Who writes holds a transaction. */
#pragma once
#include "store/db.h"

enum { PASSKEYS_PER_PERSON_MAX = 10 };

struct passkey_row {
	int64_t id;
	int64_t person_id;
	struct view credential_id;
	struct view user_handle; /* how the authenticator knows the person */
	struct view rp_id;       /* the host name that it is good for */
	int64_t algorithm;       /* COSE's number */
	struct view public_key;  /* as libfido2 keeps it */
	int64_t sign_count;
	struct view aaguid;
	struct view transports; /* words with commas between them */
	struct view name;
	int64_t discoverable; /* 1: found without knowing whose it is */
	int64_t verified;     /* 1: it asked for PIN or finger when it was made */
	int64_t backed_up;
	int64_t created_at;
	int64_t used_at;    /* DB_INT_NULL: not yet */
	int64_t suspect_at; /* when its count last went back; DB_INT_NULL: never */
};

[[nodiscard]] int passkey_prepare(struct db *db, struct err *err);

/* Those of a person, the oldest first. */
[[nodiscard]] int passkey_list(struct db *db, int64_t person_id, struct arena *arena,
			       struct passkey_row **ret_passkeys, size_t *ret_n);
/* -ENOENT: the person has no such passkey. */
[[nodiscard]] int passkey_get(struct db *db, int64_t person_id, int64_t id, struct arena *arena,
			      struct passkey_row *ret_passkey);
/* By the credential's id, whosever it is. */
[[nodiscard]] int passkey_find(struct db *db, struct view credential_id, struct arena *arena,
			       struct passkey_row *ret_passkey);
/* -EEXIST: the credential is known. -ENOSPC: the person has PASSKEYS_PER_PERSON_MAX. */
[[nodiscard]] int passkey_create(struct db *db, int64_t now_ms, const struct passkey_row *passkey,
				 int64_t *ret_id);
[[nodiscard]] int passkey_rename(struct db *db, int64_t person_id, int64_t id, struct view name);
[[nodiscard]] int passkey_delete(struct db *db, int64_t now_ms, int64_t person_id, int64_t id);
/* All of the person's. -ENOENT: there was none. */
[[nodiscard]] int passkey_delete_all(struct db *db, int64_t now_ms, int64_t person_id);
/* It signed. -EEXIST: its count is no further than the last, and it does count. */
[[nodiscard]] int passkey_use(struct db *db, int64_t now_ms, int64_t id, int64_t sign_count,
			      bool backed_up);
[[nodiscard]] int passkey_suspect(struct db *db, int64_t now_ms, int64_t id);

/* Of two who answer at once, one is in time. -EEXIST: it was answered before. */
[[nodiscard]] int passkey_challenge_use(struct db *db, struct view nonce, int64_t expires_at);
[[nodiscard]] int passkey_challenge_expire(struct db *db, int64_t now_ms);
