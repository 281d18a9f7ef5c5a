/* store/account.h - people, what they may do, and their sessions.
 *
 * E-mail addresses come folded to lower case. Every change appends to the feed in the caller's
 * transaction or in one of its own: functions that write begin no transaction, callers do. */
#pragma once
#include "store/db.h"

struct person_row {
	int64_t id;
	struct view email;    /* p NULL: signs in nowhere */
	struct view name;
	struct view password; /* argon2id; p NULL: none */
	struct view language;
	int64_t disabled_at;  /* DB_INT_NULL: enabled */
	int64_t passkeys;     /* how many; found, not written */
};

struct role_row {
	struct view role;
	int64_t company_id; /* DB_INT_NULL where the role has none */
	int64_t site_id;
	int64_t apartment_id;
};

struct session_row {
	int64_t person_id;
	int64_t created_at;
	int64_t seen_at;
	int64_t expires_at;
	int64_t id;
	int64_t verified_at; /* when the person last proved to be there; at first, created_at */
	struct view email;   /* of the person, as the next three: found, not written */
	struct view name;
	struct view language;
	int64_t disabled_at;
};

/* A session as its person sees it. */
struct session_seen_row {
	int64_t id;
	int64_t created_at;
	int64_t seen_at;
	struct view address;
	struct view agent;
};
enum { SESSION_LIST_MAX = 200 };

/* The person has something to sign in with; the same of a row of `person` in SQL. */
static inline bool person_is_active(const struct person_row *person)
{
	return person->password.p || person->passkeys > 0;
}
#define PERSON_ACTIVE(person)                                                                      \
	" CASE WHEN " person ".password IS NOT NULL OR EXISTS (SELECT 1 FROM passkey k"            \
	" WHERE k.person_id = " person ".id) THEN 1 ELSE 0 END AS active"

[[nodiscard]] int account_prepare(struct db *db, struct err *err);

[[nodiscard]] int person_by_email(struct db *db, struct view email, struct arena *arena,
				  struct person_row *ret_person);
[[nodiscard]] int person_get(struct db *db, int64_t id, struct arena *arena,
			     struct person_row *ret_person);
/* -EEXIST: the e-mail is taken. */
[[nodiscard]] int person_create(struct db *db, int64_t now_ms, const struct person_row *person,
				int64_t *ret_id);
[[nodiscard]] int person_password_set(struct db *db, int64_t now_ms, int64_t id, struct view password);
/* What the person says of itself. -ENOENT: there is none. */
[[nodiscard]] int person_profile_set(struct db *db, int64_t now_ms, int64_t id, struct view name,
				     struct view language);
/* -EEXIST: the e-mail is taken. */
[[nodiscard]] int person_email_set(struct db *db, int64_t now_ms, int64_t id, struct view email);
/* Agreed to the terms at that time. */
[[nodiscard]] int person_consent_set(struct db *db, int64_t id, int64_t at_ms);
/* Somebody may administrate already: the one-time link is over. */
[[nodiscard]] int person_any_operator(struct db *db, bool *ret_any);

[[nodiscard]] int role_grant(struct db *db, int64_t now_ms, int64_t person_id,
			     const struct role_row *role);
/* All roles of a person. */
[[nodiscard]] int role_list(struct db *db, int64_t person_id, struct arena *arena,
			    struct role_row **ret_roles, size_t *ret_n);
/* Those that count for one site: the operator's, its company's, its own. None for a site that does
 * not exist. */
[[nodiscard]] int role_list_of_site(struct db *db, int64_t person_id, int64_t site_id,
				    struct arena *arena, struct role_row **ret_roles, size_t *ret_n);

/* token_hash: 32 bytes. */
[[nodiscard]] int session_create(struct db *db, struct view token_hash,
				 const struct session_row *session, struct view address,
				 struct view agent);
/* -ENOENT too when it has expired. */
[[nodiscard]] int session_find(struct db *db, struct view token_hash, int64_t now_ms,
			       struct arena *arena, struct session_row *ret_session);
[[nodiscard]] int session_touch(struct db *db, struct view token_hash, int64_t now_ms,
				int64_t expires_at);
/* What ends a session begins a transaction: the feed gets the devices that were to be woken for it. */
[[nodiscard]] int session_delete(struct db *db, int64_t now_ms, struct view token_hash);
/* The person has proved to be there. */
[[nodiscard]] int session_verify(struct db *db, struct view token_hash, int64_t now_ms);
/* Those of the person that stand, the last used first; SESSION_LIST_MAX at most. */
[[nodiscard]] int session_list(struct db *db, int64_t person_id, int64_t now_ms, struct arena *arena,
			       struct session_seen_row **ret_sessions, size_t *ret_n);
/* -ENOENT: the person has no such session. */
[[nodiscard]] int session_delete_one(struct db *db, int64_t now_ms, int64_t person_id,
				     int64_t id);
/* All of the person's but `but_id`; 0 for all. */
[[nodiscard]] int session_delete_all(struct db *db, int64_t now_ms, int64_t person_id,
				     int64_t but_id);
[[nodiscard]] int session_expire(struct db *db, int64_t now_ms);
