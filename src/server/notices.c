#include "server/notices.h"

#include "base/log.h"
#include "io/secret_file.h"
#include "office/push_text.h"
#include "server/errand.h"
#include "store/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Calls → push sender. */

/* What the caller's notice may open: the first of its switches. */
static void name_switch(const struct dir_device *d, struct push_call *call)
{
	if (d->nswitches > 0) {
		call->switch_number = d->switches[0].number;
		call->switch_name = d->switches[0].name;
	} else if (d->unlock_code && d->unlock_code[0]) {
		call->switch_number = 1;
	}
}

static struct push_call call_of(const struct wake *wake)
{
	return (struct push_call){ .call_id = wake->call_id,
				   .site_id = wake->site_id,
				   .device = wake->device,
				   .from = wake->from,
				   .from_name = wake->from_name,
				   .at = wake->at,
				   .until = wake->until,
				   .switch_name = "",
				   .test = wake->test };
}

void notices_wake(struct notices *n, const struct wake *wake)
{
	const struct dir_device *d =
		n->directory ? directory_device(n->directory, wake->from) : NULL;
	struct push_call call = call_of(wake);

	if (d && d->kind == DIR_INTERCOM && !wake->test) {
		call.camera = d->camera;
		name_switch(d, &call);
	}
	push_ring(n->pusher, &call);
}

void notices_wake_over(struct notices *n, int64_t call_id, uint64_t device, const char *why)
{
	push_cancel(n->pusher, call_id, device, why, "");
}

/* As one that was rung and did not come: of a call that somebody answered or declined, and of a
 * test, nothing is told. */
void notices_hushed(struct notices *n, const struct wake *wake, const char *why)
{
	const struct push_call call = call_of(wake);

	if (push_is_missed(why) && !wake->test)
		push_missed(n->pusher, &call);
}

void notices_bound(struct notices *n, uint64_t device)
{
	push_awake(n->pusher, device);
}

_Static_assert((int)PUSH_CONTACT_MAX >= (int)BINDING_CONTACT_MAX, "a Contact is told whole");

void notices_refresh(struct notices *n, const struct sip_binding *binding)
{
	push_refresh(n->pusher, binding->user, binding->contact);
}

/* Push sender, routes → calls. */

enum news_type { NEWS_PUSHED, NEWS_DELIVERED };

struct news {
	struct notices *notices;
	enum news_type type;
	int64_t call_id;
	uint64_t device;
	int64_t at;
	bool any;
};

/* On the sip loop's thread. */
static void hear(void *arg)
{
	struct news *w = arg;
	struct switchboard *sb = w->notices->switchboard;

	if (sb && w->type == NEWS_PUSHED)
		switchboard_pushed(sb, w->call_id, w->device, w->at, w->any);
	else if (sb)
		switchboard_delivered(sb, w->call_id, w->device, w->at);
	free(w);
}

static void post(const struct news *news)
{
	struct news *w = malloc(sizeof(*w));
	int rc = w ? 0 : -ENOMEM;

	if (w) {
		*w = *news;
		rc = loop_post(w->notices->sip, hear, w);
	}
	if (rc == 0)
		return;
	log_error("push_news_lost", LF_I("call", news->call_id), LF_I("error", rc));
	free(w);
}

static void on_pushed(void *arg, int64_t call_id, uint64_t device, int64_t at_ms, bool any)
{
	post(&(struct news){ arg, NEWS_PUSHED, call_id, device, at_ms, any });
}

static int on_seen(void *arg, struct view token)
{
	struct notices *n = arg;
	struct push_token what;
	const int rc = push_seen(n->pusher, token, &what);

	if (rc == 0)
		post(&(struct news){ n, NEWS_DELIVERED, what.call_id, what.device,
				     clock_wall_ms(clock_system()), true });
	return rc;
}

/* A door to be opened, on the sip loop's thread. */
static int open_door(void *arg, void *what)
{
	struct notices *n = arg;
	const struct push_token *t = what;

	return n->switchboard ? switchboard_open_door(n->switchboard, t->call_id, t->device, t->number)
			      : -ENOENT;
}

static int on_open(void *arg, struct view token)
{
	struct notices *n = arg;
	struct push_token what;
	int rc = push_open(n->pusher, token, &what);

	if (rc < 0)
		return rc;
	rc = errand_run(n->sip, open_door, n, &what, sizeof(what), PUSH_WAIT_MS);
	log_info("push_open", LF_I("call", what.call_id), LF_I("device", what.device),
		 LF_I("result", rc));
	return rc;
}

struct push_way notices_way(struct notices *n)
{
	return (struct push_way){
		.key = n->key, .private = n->private, .seen = on_seen, .open = on_open, .arg = n
	};
}

/* Opening and closing. */

/* Some push services want to know whom to turn to. */
static const char *contact_of(const struct notices_conf *conf)
{
	const char *contact = if_given(conf->settings->push_contact);

	if (contact)
		return contact;
	return view_starts(view_str(conf->public_url), VIEW("https://")) ? conf->public_url : "";
}

static int key_open(const struct notices_conf *conf, struct webpush_pair *ret_pair, struct err *err)
{
	struct db *db;
	int rc = store_open(conf->db_url, err, &db);

	if (rc < 0)
		return rc;
	rc = push_key_open(db, conf->key, rand_system(), clock_wall_ms(clock_system()), ret_pair,
			   err);
	db_close(db);
	return rc;
}

int notices_open(struct notices *n, const struct notices_conf *conf, struct err *err)
{
	const struct settings *s = conf->settings;
	char token[NOTICES_TOKEN_MAX] = "";
	struct pusher_conf push = {
		.db_url = conf->db_url,
		.clock = clock_system(),
		.rand = rand_system(),
		.contact = contact_of(conf),
		.ca_file = if_given(s->push_ca),
		.private = s->push_private,
		.gateway = if_given(s->push_gateway),
		.pushed = on_pushed,
		.arg = n,
	};
	int rc = key_open(conf, &push.key, err);

	if (rc == 0 && given(s->push_gateway_token_file)) {
		rc = secret_file_read(s->push_gateway_token_file, token, sizeof(token), err);
		push.gateway_token = token;
	}
	if (rc < 0)
		return rc;
	n->sip = conf->sip;
	n->private = s->push_private;
	webpush_key_text(push.key.point, n->key);
	rc = pusher_start(&push, err, &n->pusher);
	explicit_bzero(&push.key, sizeof(push.key));
	explicit_bzero(token, sizeof(token));
	return rc;
}

void notices_close(struct notices *n)
{
	pusher_stop(n->pusher);
	n->pusher = NULL;
}
