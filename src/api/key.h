/* api/key.h - the master key, a file of the data folder that only its owner may read. */
#pragma once
#include "api/secret.h"
#include "base/err.h"

struct db;

/* DATA/master.key. With `make` a missing one is made; it is never overwritten. */
[[nodiscard]] int key_open(const char *data, bool make, struct secret_key *ret_key,
			   struct err *err);
/* What was sealed as a text, for who has the key (a struct secret_key) as his argument. -EBADMSG, also
 * of a key that was lost; -EMSGSIZE. */
[[nodiscard]] int key_unseal(void *key, struct view sealed, char *ret_text, size_t size);
/* Whether the key opens what the database has sealed; where nothing is sealed, every key fits. The
 * database has its statements prepared. -EBADMSG: another key belongs to it. */
[[nodiscard]] int key_check(struct db *db, const struct secret_key *key, struct err *err);
