/* Signing in as an app, with a device's ID and password. */
#include "api/app.h"
#include "api/limits.h"
#include "api/resource.h"
#include "api/session.h"
#include "base/log.h"
#include "base/token.h"

#include <errno.h>
#include <sodium.h>

enum { APP_PASSWORD_MAX = 128 };

struct app_sign_in {
	int64_t device;
	struct view password;
};

static const struct field sign_in_fields[] = {
	{ "device", FIELD_ID, 0, offsetof(struct app_sign_in, device),
	  .doc = "Its ID: ten digits" },
	{ "password", FIELD_TEXT, FIELD_RAW | FIELD_SECRET, offsetof(struct app_sign_in, password),
	  .min = 1, .max = APP_PASSWORD_MAX },
};
const struct shape app_sign_in_shape = SHAPE("AppSignIn", struct app_sign_in, sign_in_fields);

static bool is_right(struct view password, struct view given)
{
	return password.n == given.n && sodium_memcmp(password.p, given.p, given.n) == 0;
}

/* -ENOENT: no such app, or the password is wrong. */
static int check(struct request *r, const struct app_sign_in *in, struct app_secret_row *ret_secret)
{
	struct view password = {};
	int rc = app_secret(r->db, in->device, r->arena, ret_secret);

	if (rc == 0)
		rc = secret_open(&r->env->key, ret_secret->password_sealed, r->arena, &password);
	return rc == 0 && !is_right(password, in->password) ? -ENOENT : rc;
}

/* What the browser had before is over. */
static int end_former(struct request *r)
{
	struct view hash;
	int rc = cookie_hash(r, APP_COOKIE, &hash);

	if (rc == 0)
		rc = app_session_delete(r->db, r->now, hash);
	return rc == -ENOENT ? 0 : rc;
}

static int enter(struct request *r, const struct app_secret_row *device)
{
	DB_TRANSACTION struct db_tx tx = {};
	const struct app_session_row session = { .site_id = device->site_id,
						 .device = device->number,
						 .created_at = r->now,
						 .seen_at = r->now,
						 .expires_at = r->now + APP_IDLE_MS };
	struct token token;
	int rc = token_make(r->env->rand, r->arena, &token);

	if (rc == 0)
		rc = db_begin(r->db, &tx);
	if (rc == 0)
		rc = app_session_expire(r->db, r->now);
	if (rc == 0)
		rc = end_former(r);
	if (rc == 0)
		rc = app_session_create(r->db, token.hash, &session, session_address(r),
					session_agent(r));
	if (rc == 0)
		rc = db_commit(&tx);
	if (rc == 0)
		cookie_set(r, APP_COOKIE, token.text.p, APP_MAX_MS);
	return rc;
}

int api_app_session_post(struct request *r)
{
	const struct app_sign_in *in = r->body;
	const struct view account = view_str(arena_printf(r->arena, "%lld", (long long)in->device));
	struct app_secret_row device;
	int64_t wait;
	int rc;

	if (!account.p)
		return -ENOMEM;
	wait = limits_try(r->env->limits, LIMITS_SIGN_IN, account, &r->ask->peer);
	if (wait > 0)
		return reply_wait(r, wait);
	rc = check(r, in, &device);
	if (rc == -ENOENT) {
		log_warn("app_refused", LF_I("device", in->device),
			 LF_V("address", session_address(r)));
		return reply_problem(r, 401, NULL, "The device ID or the password is wrong.");
	}
	if (rc < 0)
		return rc;
	limits_forgive(r->env->limits, LIMITS_SIGN_IN, account, &r->ask->peer);
	rc = enter(r, &device);
	if (rc < 0)
		return rc;
	log_info("app_signed_in", LF_I("device", in->device), LF_V("address", session_address(r)));
	return reply_none(r);
}

/* Of the device only: a person's session ends with DELETE /session. */
int api_app_session_delete(struct request *r)
{
	const int rc = end_former(r);

	if (rc < 0)
		return rc;
	cookie_set(r, APP_COOKIE, "", 0);
	return reply_none(r);
}
