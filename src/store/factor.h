/* store/factor.h - what a person signs in with: codes of an app (TOTP, RFC 6238) and passkeys
 * (store/passkey.h), and recovery codes for the day when either is lost. Who writes holds a
 * transaction. */
#pragma once
#include "store/db.h"

struct totp_row {
	int64_t person_id;
	struct view secret_sealed;
	int64_t created_at;
	int64_t confirmed_at; /* DB_INT_NULL: not on yet */
	int64_t last_step;
};

/* What a person has of each. */
struct factors_row {
	int64_t password; /* 1: there is one */
	int64_t totp_at;  /* since when codes of an app are on; DB_INT_NULL: they are not */
	int64_t passkeys;
	int64_t passkeys_alone; /* those of them that need no password beside them */
	int64_t codes;          /* recovery codes left */
	int64_t codes_kept_at;  /* DB_INT_NULL: they may be lost */
};

[[nodiscard]] int factor_prepare(struct db *db, struct err *err);

[[nodiscard]] int factors_get(struct db *db, int64_t person_id, struct arena *arena,
			      struct factors_row *ret_factors);

[[nodiscard]] int totp_get(struct db *db, int64_t person_id, struct arena *arena,
			   struct totp_row *ret_totp);
/* Of whoever has one, -ENOENT without: to try the master key. */
[[nodiscard]] int totp_any(struct db *db, struct arena *arena, struct totp_row *ret_totp);
/* One that is not on yet, in place of another that was not. -EEXIST: it is on. */
[[nodiscard]] int totp_create(struct db *db, int64_t now_ms, int64_t person_id,
			      struct view secret_sealed);
/* It is on. -ENOENT: there is none that was off. */
[[nodiscard]] int totp_confirm(struct db *db, int64_t now_ms, int64_t person_id);
/* A code of this step was right. -EEXIST: a code as new as that was taken before. */
[[nodiscard]] int totp_step(struct db *db, int64_t person_id, int64_t step);
/* The recovery codes stay. -ENOENT without one. */
[[nodiscard]] int totp_delete(struct db *db, int64_t person_id);
/* Everybody's, with all recovery codes: what the lost master key had sealed or hashed. */
[[nodiscard]] int totp_delete_all(struct db *db, int64_t *ret_n);

/* All of them at once; not known to be kept. Hashes of 32 bytes; n 0: there are none any more. */
[[nodiscard]] int recovery_replace(struct db *db, int64_t person_id, const struct view *hashes,
				   size_t n);
/* The code is gone. -ENOENT: it is none, or was used before. */
[[nodiscard]] int recovery_take(struct db *db, int64_t person_id, struct view hash);
[[nodiscard]] int recovery_kept(struct db *db, int64_t now_ms, int64_t person_id);
