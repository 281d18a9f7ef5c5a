#include "server/expiry.h"

#include "base/log.h"
#include "store/audit.h"
#include "store/call.h"

#define DAY_MS (INT64_C(24) * 3600 * 1000)

static int64_t days_ago(const struct expiry *e, int64_t days)
{
	return clock_wall_ms(e->conf.clock) - days * DAY_MS;
}

static void audit_tidy(const struct expiry *e, struct db *db)
{
	int64_t removed = 0;
	const int rc = audit_expire(db, days_ago(e, e->conf.audit_days), &removed);

	if (rc < 0)
		log_error("audit_kept", LF_I("rc", rc));
	else if (removed)
		log_info("audit_expired", LF_I("rows", removed));
}

static void calls_tidy(struct expiry *e, struct db *db)
{
	int64_t removed = 0;
	const int rc =
		call_expire(db, days_ago(e, e->conf.call_days), &e->after, &removed, &e->more);

	if (rc < 0) {
		log_error("calls_kept", LF_I("rc", rc));
		e->more = false; /* the next hour tries again */
	} else if (removed) {
		log_info("calls_expired", LF_I("rows", removed));
	}
}

static void expire(void *arg);

static void expire_in(struct expiry *e, int64_t ms)
{
	if (timers_arm(loop_timers(e->conf.loop), &e->timer, ms, expire, e) < 0)
		log_error("expire_stopped");
}

static void expire_next(void *arg)
{
	expire_in(arg, EXPIRY_NEXT_MS);
}

static void forget(void *arg, struct db *db, int64_t)
{
	struct expiry *e = arg;

	if (!e->more)
		audit_tidy(e, db);
	calls_tidy(e, db);
	if (e->more && loop_post(e->conf.loop, expire_next, e) < 0)
		log_warn("expire_late"); /* by the hour that runs already */
}

static void expire(void *arg)
{
	struct expiry *e = arg;

	if (feed_task(e->conf.feed, forget, e) < 0)
		log_warn("expire_late");
	expire_in(e, EXPIRY_MS);
}

void expiry_start(struct expiry *e, const struct expiry_conf *conf)
{
	e->conf = *conf;
	expire(e);
}
