#include "api/session.h"

#include "api/limits.h"
#include "api/password.h"
#include "api/person.h"
#include "api/resource.h"
#include "api/token.h"
#include "base/log.h"
#include "store/account.h"
#include "store/site.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sodium.h>
#include <string.h>

enum { AGENT_MAX = 200, HASH_SIZE = crypto_generichash_BYTES };

struct sign_in {
	struct view email;
	struct view password;
};

static const struct field sign_in_fields[] = {
	{ "email", FIELD_TEXT, 0, offsetof(struct sign_in, email), .min = 1, .max = EMAIL_MAX },
	{ "password", FIELD_TEXT, FIELD_RAW | FIELD_SECRET, offsetof(struct sign_in, password),
	  .min = 1, .max = PASSWORD_MAX },
};
const struct shape sign_in_shape = SHAPE("SignIn", struct sign_in, sign_in_fields);

struct role_view {
	struct view role;
	int64_t company_id;
	int64_t site_id;
	int64_t apartment_id;
};

struct session_view {
	int64_t id;
	struct view email;
	struct view name;
	struct shape_list roles;
};

static const struct field role_fields[] = {
	{ "role", FIELD_TEXT, 0, offsetof(struct role_view, role) },
	{ "company_id", FIELD_ID, FIELD_NULLABLE, offsetof(struct role_view, company_id) },
	{ "site_id", FIELD_ID, FIELD_NULLABLE, offsetof(struct role_view, site_id) },
	{ "apartment_id", FIELD_ID, FIELD_NULLABLE, offsetof(struct role_view, apartment_id) },
};
static const struct shape role_shape = SHAPE("Role", struct role_view, role_fields);

static const struct field session_fields[] = {
	{ "id", FIELD_ID, 0, offsetof(struct session_view, id), .doc = "Of the person" },
	{ "email", FIELD_TEXT, FIELD_NULLABLE, offsetof(struct session_view, email) },
	{ "name", FIELD_TEXT, 0, offsetof(struct session_view, name) },
	{ "roles", FIELD_OBJECTS, 0, offsetof(struct session_view, roles), .max = GRANTS_MAX,
	  .of = &role_shape },
};
const struct shape session_shape = SHAPE("Session", struct session_view, session_fields);

struct setup {
	struct view token;
	struct view email;
	struct view password;
	struct view name;
};

static const struct field setup_fields[] = {
	{ "token", FIELD_TEXT, FIELD_SECRET, offsetof(struct setup, token), .min = 1, .max = 128 },
	{ "email", FIELD_TEXT, 0, offsetof(struct setup, email), .min = EMAIL_MIN, .max = EMAIL_MAX,
	  .check = email_fault },
	{ "password", FIELD_TEXT, FIELD_RAW | FIELD_SECRET, offsetof(struct setup, password),
	  .min = PASSWORD_MIN, .max = PASSWORD_MAX, .check = password_fault },
	{ "name", FIELD_TEXT, 0, offsetof(struct setup, name), .min = 1, .max = 100 },
};
const struct shape setup_shape = SHAPE("Setup", struct setup, setup_fields);

/* A cookie with the prefix is only taken over TLS and from this very host (RFC 6265bis). */
static const char *cookie_name(const struct request *r)
{
	return r->ask->secure ? "__Host-session" : "session";
}

static struct view cookie_token(const struct request *r)
{
	struct view rest = r->ask->cookie;

	while (rest.n > 0) {
		struct view value;
		const struct view name = view_cut(view_cut(rest, ';', &rest), '=', &value);
		if (view_eq(view_trim(name), view_str(cookie_name(r))))
			return view_trim(value);
	}
	return (struct view){};
}

static int who_hash(struct request *r)
{
	return token_hash(cookie_token(r), r->arena, &r->who.token_hash);
}

static int64_t expiry(int64_t created_at, int64_t now)
{
	const int64_t idle = now + SESSION_IDLE_MS, end = created_at + SESSION_MAX_MS;

	return idle < end ? idle : end;
}

static int who_roles(struct request *r)
{
	struct role_row *roles;
	size_t n;
	const int rc = role_list(r->db, r->who.person_id, r->arena, &roles, &n);

	if (rc < 0)
		return rc;
	r->who.ngrants = 0;
	for (size_t i = 0; i < n && r->who.ngrants < GRANTS_MAX; i++) {
		const enum role role = role_from_text(roles[i].role);
		if (role != ROLE_NONE)
			r->who.grants[r->who.ngrants++] =
				(struct grant){ role, roles[i].company_id, roles[i].site_id,
						roles[i].apartment_id };
	}
	return 0;
}

static int who_person(struct request *r, const struct person_row *person)
{
	if (person->disabled_at != DB_INT_NULL)
		return -ENOENT;
	r->who.person_id = person->id;
	r->who.name = person->name;
	r->who.email = person->email;
	return who_roles(r);
}

int session_authenticate(struct request *r)
{
	struct session_row session = {};
	struct person_row person;
	int rc = who_hash(r);

	if (rc == 0)
		rc = session_find(r->db, r->who.token_hash, r->now, r->arena, &session);
	if (rc == 0)
		rc = person_get(r->db, session.person_id, r->arena, &person);
	if (rc == 0)
		rc = who_person(r, &person);
	if (rc == 0 && r->now - session.seen_at > SESSION_TOUCH_MS)
		rc = session_touch(r->db, r->who.token_hash, r->now,
				   expiry(session.created_at, r->now));
	return rc;
}

static int reply_session(struct request *r)
{
	struct role_view *roles = arena_alloc(r->arena, sizeof(*roles) * (r->who.ngrants + 1));
	const struct session_view view = { r->who.person_id, r->who.email, r->who.name,
					   { roles, r->who.ngrants } };

	if (!roles)
		return -ENOMEM;
	for (size_t i = 0; i < r->who.ngrants; i++) {
		const struct grant *grant = &r->who.grants[i];
		roles[i] = (struct role_view){ view_str(role_text(grant->role)), grant->company_id,
					       grant->site_id, grant->apartment_id };
	}
	return reply_one(r, &view);
}

int api_session_get(struct request *r)
{
	return reply_session(r);
}

static void cookie_set(struct request *r, const char *token, int64_t age_s)
{
	reply_field(r, "Set-Cookie",
		    arena_printf(r->arena, "%s=%s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Lax%s",
				 cookie_name(r), token, (long long)age_s,
				 r->ask->secure ? "; Secure" : ""));
}

int api_session_delete(struct request *r)
{
	const int rc = session_delete(r->db, r->who.token_hash);

	if (rc < 0 && rc != -ENOENT)
		return rc;
	cookie_set(r, "", 0);
	return reply_none(r);
}

static struct view address_text(struct request *r)
{
	const struct addr *peer = &r->ask->peer;
	char text[INET6_ADDRSTRLEN] = "";

	if (peer->sa.sa_family == AF_INET6)
		inet_ntop(AF_INET6, &peer->v6.sin6_addr, text, sizeof(text));
	else if (addr_is_set(peer))
		inet_ntop(AF_INET, &peer->v4.sin_addr, text, sizeof(text));
	return view_str(arena_printf(r->arena, "%s", text));
}

/* The client's own words may be any bytes: only printable ASCII of them is kept. */
static struct view agent_text(struct request *r)
{
	const struct view agent = r->ask->agent;
	const size_t n = agent.n < AGENT_MAX ? agent.n : AGENT_MAX;
	char *p = arena_alloc(r->arena, n + 1);

	for (size_t i = 0; p && i < n; i++)
		p[i] = agent.p[i] >= ' ' && agent.p[i] <= '~' ? agent.p[i] : '?';
	return view_str(p);
}

static int begin(struct request *r)
{
	const struct session_row session = { .person_id = r->who.person_id, .created_at = r->now,
					     .seen_at = r->now, .expires_at = expiry(r->now, r->now) };
	struct token token;
	int rc = token_make(r->env->rand, r->arena, &token);

	if (rc == 0)
		rc = session_expire(r->db, r->now);
	if (rc == 0)
		rc = session_create(r->db, token.hash, &session, address_text(r), agent_text(r));
	if (rc < 0)
		return rc;
	r->who.token_hash = token.hash;
	cookie_set(r, token.text.p, SESSION_MAX_MS / 1000);
	return 0;
}

static int refuse_for(struct request *r, int64_t wait_ms)
{
	const int64_t wait_s = (wait_ms + 999) / 1000;

	reply_field(r, "Retry-After", arena_printf(r->arena, "%lld", (long long)wait_s));
	return reply_problem(r, 429, NULL, "Too many tries; wait %lld seconds.", (long long)wait_s);
}

static int refuse_sign_in(struct request *r)
{
	log_warn("sign_in_refused", LF_V("address", address_text(r)));
	return reply_problem(r, 401, NULL, "The e-mail address or the password is wrong.");
}

/* An unknown account costs one hash, as a known one does, and gets the same answer. */
int api_session_post(struct request *r)
{
	struct sign_in *in = r->body;
	struct person_row person;
	int64_t wait;
	bool known, right;
	int rc = email_fold(r->arena, &in->email);

	if (rc < 0)
		return rc;
	wait = limits_try(r->env->limits, LIMITS_SIGN_IN, in->email, &r->ask->peer);
	if (wait > 0)
		return refuse_for(r, wait);
	rc = person_by_email(r->db, in->email, r->arena, &person);
	if (rc < 0 && rc != -ENOENT)
		return rc;
	known = rc == 0 && person.password.p && person.disabled_at == DB_INT_NULL;
	right = password_verify(known ? person.password.p : r->env->dummy_hash, in->password);
	if (!known || !right)
		return refuse_sign_in(r);
	limits_forgive(r->env->limits, LIMITS_SIGN_IN, in->email, &r->ask->peer);
	rc = who_person(r, &person);
	if (rc == 0)
		rc = begin(r);
	if (rc < 0)
		return rc;
	log_info("signed_in", LF_I("person", person.id), LF_V("address", address_text(r)));
	return reply_session(r);
}

static bool token_is_right(const struct request *r, struct view token)
{
	unsigned char want[HASH_SIZE], have[HASH_SIZE];
	const char *own = r->env->setup_token;

	if (!own)
		return false;
	crypto_generichash(want, sizeof(want), (const unsigned char *)own, strlen(own), NULL, 0);
	crypto_generichash(have, sizeof(have), (const unsigned char *)token.p, token.n, NULL, 0);
	return sodium_memcmp(want, have, sizeof(want)) == 0;
}

static int grant_first(struct request *r, int64_t person_id, int64_t company_id)
{
	const struct role_row operator = { VIEW("operator"), DB_INT_NULL, DB_INT_NULL, DB_INT_NULL };
	const struct role_row admin = { VIEW("company_admin"), company_id, DB_INT_NULL, DB_INT_NULL };
	const int rc = role_grant(r->db, r->now, person_id, &operator);

	return rc == 0 ? role_grant(r->db, r->now, person_id, &admin) : rc;
}

/* The company comes first: its row of the feed makes two of these wait for each other on both
 * engines, so that the second sees the first's operator. */
static int make_first(struct request *r, const struct person_row *person)
{
	DB_TRANSACTION struct db_tx tx = {};
	int64_t company_id = 0, person_id = 0;
	bool any = false;
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = company_create(r->db, r->now, person->name, &company_id);
	if (rc == 0)
		rc = person_any_operator(r->db, &any);
	if (rc == 0 && any)
		return reply_problem(r, 410, NULL, "There is an administrator already.");
	if (rc == 0)
		rc = person_create(r->db, r->now, person, &person_id);
	if (rc == 0)
		rc = grant_first(r, person_id, company_id);
	return rc == 0 ? db_commit(&tx) : rc;
}

int api_setup_post(struct request *r)
{
	struct setup *in = r->body;
	struct person_row person = { .language = VIEW("en"), .disabled_at = DB_INT_NULL };
	const int64_t wait = limits_try(r->env->limits, LIMITS_SIGN_IN, VIEW("setup"), &r->ask->peer);
	int rc;

	if (wait > 0)
		return refuse_for(r, wait);
	if (!token_is_right(r, in->token))
		return reply_problem(r, 403, "token", "This link is not, or no longer, good.");
	rc = email_fold(r->arena, &in->email);
	if (rc == 0)
		rc = password_hash(in->password, r->arena, &person.password);
	person.email = in->email;
	person.name = in->name;
	if (rc == 0)
		rc = make_first(r, &person);
	if (rc != 0)
		return rc;
	limits_forgive(r->env->limits, LIMITS_SIGN_IN, VIEW("setup"), &r->ask->peer);
	log_info("first_administrator", LF_V("address", address_text(r)));
	return reply_none(r);
}
