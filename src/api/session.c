#include "api/session.h"

#include "api/resource.h"
#include "base/token.h"
#include "store/account.h"
#include "store/app.h"

#include <arpa/inet.h>
#include <errno.h>

enum { AGENT_MAX = 200 };

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
	struct view language;
	bool app;
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
	{ "language", FIELD_TEXT, 0, offsetof(struct session_view, language),
	  .doc = "Of the person" },
	{ "app", FIELD_BOOL, 0, offsetof(struct session_view, app),
	  .doc = "Whether the person holds an app: there is something for it at /app" },
	{ "roles", FIELD_OBJECTS, 0, offsetof(struct session_view, roles), .max = GRANTS_MAX,
	  .of = &role_shape },
};
const struct shape session_shape = SHAPE("Session", struct session_view, session_fields);

/* A cookie with the prefix is only taken over TLS and from this very host (RFC 6265bis). */
static const char *cookie_name(struct request *r, const char *name)
{
	return arena_printf(r->arena, "%s%s", r->ask->secure ? "__Host-" : "", name);
}

struct view cookie_field(struct request *r, const char *name)
{
	const struct view wanted = view_str(cookie_name(r, name));
	struct view rest = r->ask->cookie;

	while (rest.n > 0) {
		struct view value;
		const struct view field = view_cut(rest, ';', &rest);
		if (view_eq(view_trim(view_cut(field, '=', &value)), wanted))
			return field;
	}
	return (struct view){};
}

int cookie_hash(struct request *r, const char *name, struct view *ret_hash)
{
	struct view value = {};

	view_cut(cookie_field(r, name), '=', &value);
	return value.n > 0 ? token_hash(view_trim(value), r->arena, ret_hash) : -ENOENT;
}

void cookie_set(struct request *r, const char *name, const char *token, int64_t age_ms)
{
	const char *full = cookie_name(r, name);

	if (full)
		reply_field(r, "Set-Cookie",
			    arena_printf(r->arena, "%s=%s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Lax%s",
					 full, token, (long long)age_ms / 1000,
					 r->ask->secure ? "; Secure" : ""));
}

static int64_t expiry(int64_t created_at, int64_t now)
{
	const int64_t idle = now + SESSION_IDLE_MS, end = created_at + SESSION_MAX_MS;

	return idle < end ? idle : end;
}

int session_ask_fresh(struct request *r)
{
	if (r->now - r->who.verified_at < SESSION_FRESH_MS)
		return 0;
	return reply_problem_type(r, 403, PROBLEM_VERIFY, "Prove once more that it is you.");
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

int session_person(struct request *r, const struct person_row *person)
{
	if (person->disabled_at != DB_INT_NULL)
		return -ENOENT;
	r->who.person_id = person->id;
	r->who.name = person->name;
	r->who.email = person->email;
	r->who.language = person->language;
	return who_roles(r);
}

static int who_session(struct request *r, const struct session_row *session)
{
	const struct person_row person = { .id = session->person_id, .email = session->email,
					   .name = session->name,
					   .language = session->language,
					   .disabled_at = session->disabled_at };

	r->who.session_id = session->id;
	r->who.verified_at = session->verified_at;
	return session_person(r, &person);
}

int session_authenticate(struct request *r)
{
	struct session_row session = {};
	int rc = cookie_hash(r, SESSION_COOKIE, &r->who.token_hash);

	if (rc == 0)
		rc = session_find(r->db, r->who.token_hash, r->now, r->arena, &session);
	if (rc == 0)
		rc = who_session(r, &session);
	if (rc == 0 && r->now - session.seen_at > SESSION_TOUCH_MS)
		rc = session_touch(r->db, r->who.token_hash, r->now,
				   expiry(session.created_at, r->now));
	return rc;
}

int session_reply(struct request *r)
{
	struct role_view *roles = arena_alloc(r->arena, sizeof(*roles) * (r->who.ngrants + 1));
	struct app_device_row *apps;
	size_t napps;
	const int rc = app_list_of_person(r->db, r->who.person_id, 1, r->arena, &apps, &napps);
	const struct session_view view = {
		.id = r->who.person_id,
		.email = r->who.email,
		.name = r->who.name,
		.language = r->who.language,
		.app = rc == 0 && napps > 0,
		.roles = { roles, r->who.ngrants },
	};

	if (!roles || rc < 0)
		return roles ? rc : -ENOMEM;
	for (size_t i = 0; i < r->who.ngrants; i++) {
		const struct grant *grant = &r->who.grants[i];
		roles[i] = (struct role_view){ view_str(role_text(grant->role)), grant->company_id,
					       grant->site_id, grant->apartment_id };
	}
	return reply_one(r, &view);
}

int api_session_get(struct request *r)
{
	return session_reply(r);
}

int api_session_delete(struct request *r)
{
	const int rc = session_delete(r->db, r->now, r->who.token_hash);

	if (rc < 0 && rc != -ENOENT)
		return rc;
	cookie_set(r, SESSION_COOKIE, "", 0);
	return reply_none(r);
}

struct view session_address(struct request *r)
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
struct view session_agent(struct request *r)
{
	const struct view agent = r->ask->agent;
	const size_t n = agent.n < AGENT_MAX ? agent.n : AGENT_MAX;
	char *p = arena_alloc(r->arena, n + 1);

	for (size_t i = 0; p && i < n; i++)
		p[i] = agent.p[i] >= ' ' && agent.p[i] <= '~' ? agent.p[i] : '?';
	return view_str(p);
}

/* What the browser had before is over: a session that somebody planted in it is never taken up. */
static int end_former(struct request *r)
{
	struct view hash;
	int rc = cookie_hash(r, SESSION_COOKIE, &hash);

	if (rc == 0)
		rc = session_delete(r->db, r->now, hash);
	return rc == -ENOENT ? 0 : rc;
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
		rc = end_former(r);
	if (rc == 0)
		rc = session_create(r->db, token.hash, &session, session_address(r),
				    session_agent(r));
	if (rc < 0)
		return rc;
	r->who.token_hash = token.hash;
	cookie_set(r, SESSION_COOKIE, token.text.p, SESSION_MAX_MS);
	return 0;
}

int session_begin(struct request *r, const struct person_row *person)
{
	const int rc = session_person(r, person);

	return rc == 0 ? begin(r) : rc;
}
