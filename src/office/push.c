/* Invariants:
 *	1. A ring is freed only when no message of it is on its way (target.out).
 *	2. Its tokens are good only while its message is PUSH_RING.
 *	3. `pushed` is called once for each ring, with the first message that is taken, or when it
 *is clear that there is nobody to take one. */
#include "office/push_priv.h"

#include "base/log.h"
#include "store/device.h"
#include "store/store.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
	LIST_ARENA_MAX = 256 * 1024,
	WHY_MAX = 32,
	SWITCH_MAX = 128,
	PAUSE_DOUBLINGS_MAX = 6,
};

/* What others ask. */

enum ask_type { ASK_RING, ASK_CANCEL, ASK_MISSED, ASK_SHOWN, ASK_AWAKE, ASK_REFRESH };

struct ask {
	struct list list;
	enum ask_type type;
	struct push_call call; /* its texts point at the ones below */
	int64_t subscription;  /* SHOWN */
	char name[PUSH_NAME_MAX], switch_name[SWITCH_MAX];
	char why[WHY_MAX], by[PUSH_NAME_MAX];
	char contact[PUSH_CONTACT_MAX];
};

static void text_put(char *to, size_t size, const char *from)
{
	const struct view text = view_head(view_str(from), size - 1);

	memcpy(to, text.p, text.n);
	to[text.n] = '\0';
}

static struct ask *ask_new(enum ask_type type, const struct push_call *call)
{
	struct ask *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	list_init(&a->list);
	a->type = type;
	a->call = *call;
	text_put(a->name, sizeof(a->name), call->from_name);
	text_put(a->switch_name, sizeof(a->switch_name), call->switch_name);
	a->call.from_name = a->name;
	a->call.switch_name = a->switch_name;
	return a;
}

static void ask_put(struct pusher *p, struct ask *a)
{
	bool taken = false;

	pthread_mutex_lock(&p->lock);
	if (a && p->nasks < PUSH_ASKS_MAX) {
		list_append(&p->asks, &a->list);
		p->nasks++;
		taken = true;
	} else {
		p->stats.dropped++;
	}
	pthread_mutex_unlock(&p->lock);
	if (taken) {
		post_wake(p->post);
		return;
	}
	log_error("push_dropped");
	free(a);
}

static struct ask *ask_take(struct pusher *p, bool *ret_stop)
{
	struct ask *a = NULL;

	pthread_mutex_lock(&p->lock);
	*ret_stop = p->stopping;
	if (!list_empty(&p->asks)) {
		a = CONTAINER_OF(p->asks.next, struct ask, list);
		list_remove(&a->list);
		p->nasks--;
	}
	pthread_mutex_unlock(&p->lock);
	return a;
}

void push_ring(struct pusher *p, const struct push_call *call)
{
	ask_put(p, ask_new(ASK_RING, call));
}

void push_missed(struct pusher *p, const struct push_call *call)
{
	ask_put(p, ask_new(ASK_MISSED, call));
}

void push_cancel(struct pusher *p, int64_t call_id, uint64_t device, const char *why,
		 const char *by)
{
	struct ask *a =
		ask_new(ASK_CANCEL, &(struct push_call){ .call_id = call_id, .device = device });

	if (a) {
		text_put(a->why, sizeof(a->why), why);
		text_put(a->by, sizeof(a->by), by);
	}
	ask_put(p, a);
}

void push_refresh(struct pusher *p, uint64_t device, const char *contact)
{
	struct ask *a = ask_new(ASK_REFRESH, &(struct push_call){ .device = device });

	if (a)
		text_put(a->contact, sizeof(a->contact), contact);
	ask_put(p, a);
}

/* Phones register all the time; few calls wait for one. */
void push_awake(struct pusher *p, uint64_t device)
{
	if (p->sip_rings > 0)
		ask_put(p, ask_new(ASK_AWAKE, &(struct push_call){ .device = device }));
}

int push_seen(struct pusher *p, struct view token, struct push_token *ret_what)
{
	struct push_token what;
	struct ask *a;
	const int rc =
		push_tokens_take(p->tokens, PUSH_TOKEN_SEEN, token, clock_wall_ms(p->clock), &what);

	if (rc < 0)
		return rc;
	a = ask_new(ASK_SHOWN,
		    &(struct push_call){ .call_id = what.call_id, .device = what.device });
	if (a)
		a->subscription = what.subscription;
	ask_put(p, a);
	*ret_what = what;
	return 0;
}

int push_open(struct pusher *p, struct view token, struct push_token *ret_what)
{
	return push_tokens_take(p->tokens, PUSH_TOKEN_OPEN, token, clock_wall_ms(p->clock),
				ret_what);
}

/* What becomes of a message: pure. */

enum push_fate push_judge(long code)
{
	if (code >= 200 && code < 300)
		return PUSH_TOOK;
	if (code == 404 || code == 410)
		return PUSH_GONE;
	if (code >= 400 && code < 500 && code != 408 && code != 429)
		return PUSH_REFUSED;
	return PUSH_BUSY; /* a redirect too: it is not followed */
}

int64_t push_pause_ms(int64_t failures, int64_t retry_s)
{
	const int64_t doublings = failures < PAUSE_DOUBLINGS_MAX ? failures : PAUSE_DOUBLINGS_MAX;
	const int64_t own_ms = INT64_C(1000) << (doublings > 0 ? doublings : 0);

	if (retry_s > 0)
		return retry_s * 1000;
	return own_ms < PUSH_PAUSE_MAX_MS ? own_ms : PUSH_PAUSE_MAX_MS;
}

/* Rings. */

static void ring_turn(void *arg);

static void count(struct pusher *p, uint64_t *which)
{
	pthread_mutex_lock(&p->lock);
	(*which)++;
	pthread_mutex_unlock(&p->lock);
}

static int64_t now_ms(const struct push_ring *r)
{
	return clock_wall_ms(r->pusher->clock);
}

static bool has_sip(const struct push_ring *r)
{
	for (size_t i = 0; i < r->ntargets; i++)
		if (r->targets[i].sip)
			return true;
	return false;
}

/* Invariant 2. */
static void tokens_drop(struct push_ring *r)
{
	for (size_t i = 0; i < r->ntargets; i++) {
		push_tokens_drop(r->pusher->tokens, r->targets[i].seen);
		push_tokens_drop(r->pusher->tokens, r->targets[i].open);
	}
}

static void ring_free(struct push_ring *r)
{
	struct pusher *p = r->pusher;

	tokens_drop(r);
	if (has_sip(r))
		p->sip_rings--;
	timers_cancel(&p->timers, &r->timer);
	map_remove(&p->ringing, &r->node);
	list_remove(&r->list);
	p->nrings--;
	arena_free(&r->arena);
	free(r);
}

static struct push_ring *ring_find(struct pusher *p, int64_t call_id, uint64_t device)
{
	const struct push_key key = { call_id, device };
	struct map_node *node =
		map_get(&p->ringing, (struct view){ (const char *)&key, sizeof(key) });

	return node ? CONTAINER_OF(node, struct push_ring, node) : NULL;
}

static bool is_out(const struct push_ring *r)
{
	for (size_t i = 0; i < r->ntargets; i++)
		if (r->targets[i].out)
			return true;
	return false;
}

/* Invariant 3. */
static void tell(struct push_ring *r, bool any)
{
	if (r->told)
		return;
	r->told = true;
	r->pusher->pushed(r->pusher->arg, r->key.call_id, r->key.device, now_ms(r), any);
}

static void tell_if_nobody(struct push_ring *r)
{
	for (size_t i = 0; i < r->ntargets; i++)
		if (!r->targets[i].gone && !r->targets[i].refused)
			return;
	tell(r, false);
}

/* Results. */

static int forget_gone(struct push_target *t)
{
	struct pusher *p = t->ring->pusher;
	DB_TRANSACTION struct db_tx tx = {};
	int rc = db_begin(p->db, &tx);

	if (rc == 0)
		rc = push_gone(p->db, now_ms(t->ring), t->ring->call.site_id, t->id);
	return rc == 0 ? db_commit(&tx) : rc;
}

static int note_busy(struct push_target *t, int64_t retry_s)
{
	t->retry_at = now_ms(t->ring) + push_pause_ms(t->failures++, retry_s);
	return t->sip ? 0
		      : push_failed(t->ring->pusher->db, t->ring->call.site_id, t->id, t->retry_at);
}

static int note_gone(struct push_target *t)
{
	t->gone = true;
	count(t->ring->pusher, &t->ring->pusher->stats.gone);
	return t->sip ? 0 : forget_gone(t);
}

static int note_took(struct push_target *t)
{
	const bool failed = t->failures > 0;

	t->sent = true;
	t->due = t->due && t->out_as == PUSH_RING;
	t->failures = t->retry_at = 0;
	count(t->ring->pusher, &t->ring->pusher->stats.sent);
	tell(t->ring, true);
	return failed && !t->sip ? push_took(t->ring->pusher->db, t->ring->call.site_id, t->id) : 0;
}

/* This message has no other try. */
static int note_refused(struct push_target *t)
{
	if (t->failures + 1 >= PUSH_REFUSALS_MAX)
		return note_gone(t);
	t->refused = true;
	return note_busy(t, 0);
}

/* Nobody has seen what would be taken back. */
static void note_unseen(struct push_target *t, const struct post_result *result)
{
	if (t->ring->message == PUSH_CANCEL && result->code != 0 && !t->sent)
		t->due = false;
}

static int note(struct push_target *t, const struct post_result *result)
{
	const enum push_fate fate = push_judge(result->code);

	if (fate == PUSH_TOOK)
		return note_took(t);
	count(t->ring->pusher, &t->ring->pusher->stats.failed);
	log_warn("push_not_taken", LF_I("call", t->ring->key.call_id),
		 LF_I("device", t->ring->key.device), LF_I("code", result->code),
		 LF_S("cause", result->cause));
	note_unseen(t, result);
	if (fate == PUSH_GONE)
		return note_gone(t);
	return fate == PUSH_REFUSED ? note_refused(t) : note_busy(t, result->retry_s);
}

static void on_done(void *arg, const struct post_result *result)
{
	struct push_target *t = arg;
	struct push_ring *r = t->ring;
	int rc;

	t->out = false;
	rc = note(t, result);
	if (rc < 0)
		log_error("push_not_noted", LF_I("error", rc));
	tell_if_nobody(r);
	if (r->message != PUSH_RING)
		ring_turn(r);
}

/* Sending. */

static bool wants(const struct push_target *t)
{
	if (t->gone || t->refused || t->out || t->retry_at > now_ms(t->ring))
		return false;
	return t->ring->message == PUSH_RING ? !t->shown : t->due && t->tries < PUSH_TRIES_MAX;
}

static void target_send(struct push_target *t)
{
	const int rc = push_send(t, on_done);

	t->out = rc == 0;
	t->out_as = t->ring->message;
	if (t->ring->message != PUSH_RING)
		t->tries++;
	if (rc < 0) {
		log_error("push_not_sent", LF_I("call", t->ring->key.call_id), LF_I("error", rc));
		t->gone = rc != -EAGAIN && rc != -ENOMEM;
	}
}

/* Nothing more is to be told: a ring that would have ended by now needs no taking back. */
static bool is_over(const struct push_ring *r)
{
	if (r->message == PUSH_CANCEL && r->call.until <= now_ms(r))
		return true;
	for (size_t i = 0; i < r->ntargets; i++) {
		const struct push_target *t = &r->targets[i];

		if (t->due && !t->gone && !t->refused && t->tries < PUSH_TRIES_MAX)
			return false;
	}
	return true;
}

/* It is not repeated any more, and waits to be told of its end. */
static bool is_spent(const struct push_ring *r)
{
	return r->message == PUSH_RING &&
	       (r->call.until <= now_ms(r) || r->repeats >= PUSH_REPEATS_MAX);
}

static void ring_forget(void *arg)
{
	struct push_ring *r = arg;

	r->message = PUSH_CANCEL; /* what comes back of it finds an end without anything due */
	if (!is_out(r))
		ring_free(r);
}

static int ring_arm(struct push_ring *r)
{
	const int64_t left_ms = r->call.until - now_ms(r);

	if (is_spent(r))
		return timers_arm(&r->pusher->timers, &r->timer,
				  (left_ms > 0 ? left_ms : 0) + PUSH_LINGER_MS, ring_forget, r);
	return timers_arm(&r->pusher->timers, &r->timer, PUSH_REPEAT_MS, ring_turn, r);
}

/* Sends whatever is to be sent now, and comes again. A ring whose end was told to all goes. */
static void ring_turn(void *arg)
{
	struct push_ring *r = arg;

	for (size_t i = 0; i < r->ntargets && !is_spent(r); i++)
		if (wants(&r->targets[i]))
			target_send(&r->targets[i]);
	if (r->message != PUSH_RING && is_over(r) && !is_out(r)) {
		ring_free(r);
		return;
	}
	tell_if_nobody(r);
	r->repeats++;
	if (ring_arm(r) == 0)
		return;
	log_error("push_not_repeated", LF_I("call", r->key.call_id));
	if (r->message != PUSH_RING && !is_out(r))
		ring_free(r);
}

/* Who is to be woken. */

static struct push_target *target_add(struct push_ring *r, struct view address)
{
	struct push_target *t = &r->targets[r->ntargets];

	if (r->ntargets == PUSH_TARGETS_MAX)
		return NULL;
	*t = (struct push_target){ .ring = r, .address = arena_dup(&r->arena, address) };
	if (!t->address)
		return NULL;
	r->ntargets++;
	return t;
}

static void tokens_issue(struct push_target *t)
{
	const struct push_call *c = &t->ring->call;
	struct push_token what = { .kind = PUSH_TOKEN_SEEN,
				   .call_id = c->call_id,
				   .device = c->device,
				   .subscription = t->id,
				   .number = c->switch_number,
				   .expires_at = c->until };
	struct pusher *p = t->ring->pusher;

	push_tokens_issue(p->tokens, p->rand, &what, t->seen);
	what.kind = PUSH_TOKEN_OPEN;
	if (c->switch_number)
		push_tokens_issue(p->tokens, p->rand, &what, t->open);
}

static void browser_add(struct push_ring *r, const struct push_row *row)
{
	struct push_target *t;

	if (row->p256dh.n != WEBPUSH_PUBLIC_SIZE || row->auth.n != WEBPUSH_AUTH_SIZE)
		return;
	t = target_add(r, row->endpoint);
	if (!t)
		return;
	memcpy(t->keys.p256dh, row->p256dh.p, sizeof(t->keys.p256dh));
	memcpy(t->keys.auth, row->auth.p, sizeof(t->keys.auth));
	t->language = view_str(arena_dup(&r->arena, row->language));
	t->id = row->id;
	t->failures = row->failures;
	t->retry_at = row->retry_at;
	if (r->message == PUSH_RING)
		tokens_issue(t);
}

static int browsers_add(struct push_ring *r)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(LIST_ARENA_MAX);
	const struct push_place place = { r->call.site_id, (int64_t)r->call.device };
	struct push_row *rows;
	size_t n;
	const int rc = push_list(r->pusher->db, place, &arena, &rows, &n);

	for (size_t i = 0; rc == 0 && i < n; i++)
		browser_add(r, &rows[i]);
	return rc;
}

/* One phone that registered from several addresses is woken once. */
static bool is_known(const struct push_ring *r, const struct sip_push *push)
{
	struct sip_push other;

	for (size_t i = 0; i < r->ntargets; i++)
		if (r->targets[i].sip && sip_push_read(view_str(r->targets[i].address), &other) &&
		    view_eq(other.prid, push->prid) && view_ieq(other.provider, push->provider))
			return true;
	return false;
}

static int phones_add(struct push_ring *r)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(LIST_ARENA_MAX);
	const int64_t device = (int64_t)r->call.device;
	struct binding_row *rows;
	struct push_target *t;
	struct sip_push push;
	size_t n = 0;
	const int rc = binding_of_device(r->pusher->db, r->call.site_id, device, &arena, &rows, &n);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		if (rows[i].expires_at <= now_ms(r) || !sip_push_read(rows[i].contact, &push) ||
		    !sip_push_is_whole(&push) || is_known(r, &push))
			continue;
		t = target_add(r, rows[i].contact);
		if (t)
			t->sip = true;
	}
	return rc;
}

static struct push_ring *ring_new(struct pusher *p, const struct push_call *call,
				  enum push_message message)
{
	struct push_ring *r = p->nrings < PUSH_RINGS_MAX ? calloc(1, sizeof(*r)) : NULL;

	if (!r)
		return NULL;
	r->pusher = p;
	r->arena = ARENA_INIT(RING_ARENA_MAX);
	r->key = (struct push_key){ call->call_id, call->device };
	r->call = *call;
	r->call.from_name = arena_dup(&r->arena, view_str(call->from_name));
	r->call.switch_name = arena_dup(&r->arena, view_str(call->switch_name));
	r->message = message;
	r->why = r->by = "";
	list_append(&p->rings, &r->list);
	p->nrings++;
	if (r->call.from_name && r->call.switch_name)
		return r;
	ring_free(r);
	return NULL;
}

static void fill(struct push_ring *r)
{
	int rc = browsers_add(r);

	if (rc == 0 && r->pusher->gateway)
		rc = phones_add(r);
	if (rc < 0)
		log_error("push_unread", LF_I("device", r->key.device), LF_I("error", rc));
	if (has_sip(r))
		r->pusher->sip_rings++;
}

static void do_ring(struct pusher *p, const struct ask *a)
{
	struct push_ring *r;

	if (ring_find(p, a->call.call_id, a->call.device))
		return;
	r = ring_new(p, &a->call, PUSH_RING);
	if (!r || map_put(&p->ringing, &r->node,
			  (struct view){ (const char *)&r->key, sizeof(r->key) }) < 0) {
		log_error("push_ring_lost", LF_I("call", a->call.call_id),
			  LF_I("device", a->call.device));
		count(p, &p->stats.lost);
		if (r)
			ring_free(r);
		return;
	}
	fill(r);
	tell_if_nobody(r);
	r->ntargets ? ring_turn(r) : ring_free(r);
}

/* What was shown is taken back, or becomes a missed call; of what nobody got nothing is said. */
static void ring_end(struct push_ring *r, enum push_message message)
{
	tokens_drop(r);
	map_remove(&r->pusher->ringing, &r->node);
	r->message = message;
	for (size_t i = 0; i < r->ntargets; i++) {
		struct push_target *t = &r->targets[i];

		t->due = message == PUSH_MISSED || t->sent || t->out;
		t->refused = false;
	}
	ring_turn(r);
}

static void do_cancel(struct pusher *p, const struct ask *a)
{
	struct push_ring *r = ring_find(p, a->call.call_id, a->call.device);

	if (!r)
		return;
	r->why = arena_dup(&r->arena, view_str(a->why));
	r->by = arena_dup(&r->arena, view_str(a->by));
	if (!r->why || !r->by)
		r->why = r->by = "";
	ring_end(r, push_is_missed(a->why) && !r->call.test ? PUSH_MISSED : PUSH_CANCEL);
}

static void do_missed(struct pusher *p, const struct ask *a)
{
	struct push_ring *r = ring_find(p, a->call.call_id, a->call.device);

	if (!r) {
		r = ring_new(p, &a->call, PUSH_MISSED);
		if (!r)
			return;
		r->told = true;
		fill(r);
	}
	ring_end(r, PUSH_MISSED);
}

static void do_shown(struct pusher *p, const struct ask *a)
{
	struct push_ring *r = ring_find(p, a->call.call_id, a->call.device);

	for (size_t i = 0; r && i < r->ntargets; i++)
		if (!r->targets[i].sip && r->targets[i].id == a->subscription)
			r->targets[i].shown = true;
}

static void do_awake(struct pusher *p, const struct ask *a)
{
	LIST_EACH(it, &p->rings) {
		struct push_ring *r = CONTAINER_OF(it, struct push_ring, list);

		for (size_t i = 0; r->key.device == a->call.device && i < r->ntargets; i++)
			if (r->targets[i].sip)
				r->targets[i].shown = true;
	}
}

static void do_refresh(struct pusher *p, const struct ask *a)
{
	struct push_ring *r = p->gateway ? ring_new(p, &a->call, PUSH_REFRESH) : NULL;
	struct push_target *t = r ? target_add(r, view_str(a->contact)) : NULL;

	if (!r)
		return;
	r->told = true; /* there is no call to tell */
	if (t) {
		t->sip = t->due = true;
		p->sip_rings++;
	}
	ring_turn(r);
}

/* The thread. */

static void *pusher_main(void *arg)
{
	static void (*const todo[])(struct pusher *, const struct ask *) = {
		[ASK_RING] = do_ring,   [ASK_CANCEL] = do_cancel, [ASK_MISSED] = do_missed,
		[ASK_SHOWN] = do_shown, [ASK_AWAKE] = do_awake,   [ASK_REFRESH] = do_refresh,
	};
	struct pusher *p = arg;
	bool stop = false;

	while (!stop) {
		struct ask *a;

		while ((a = ask_take(p, &stop)) && !stop) {
			todo[a->type](p, a);
			free(a);
		}
		free(a);
		timers_run(&p->timers);
		if (!stop)
			post_run(p->post, timers_wait_us(&p->timers));
		pthread_mutex_lock(&p->lock);
		p->stats.rings = p->ringing.count;
		pthread_mutex_unlock(&p->lock);
	}
	return NULL;
}

/* Opening and closing. */

static int take_texts(struct pusher *p, const struct pusher_conf *conf)
{
	CLEANUP(buf_free) struct buf header = BUF_INIT(WEBPUSH_TOKEN_MAX);

	p->contact = strdup(conf->contact ? conf->contact : "");
	p->gateway = conf->gateway ? strdup(conf->gateway) : NULL;
	if (conf->gateway_token) {
		buf_printf(&header, "Authorization: Bearer %s", conf->gateway_token);
		p->gateway_header = view_dup(buf_view(&header));
	}
	return header.err ? header.err
	       : !p->contact || (conf->gateway && !p->gateway) ||
			       (conf->gateway_token && !p->gateway_header)
		       ? -ENOMEM
		       : 0;
}

static int open_all(struct pusher *p, const struct pusher_conf *conf, struct err *err)
{
	const struct post_conf post = { .ca_file = conf->ca_file, .private = conf->private };
	int rc = take_texts(p, conf);

	if (rc == 0)
		rc = push_tokens_new(&p->tokens);
	if (rc < 0)
		return err_set(err, rc, "no memory");
	rc = post_open(&post, err, &p->post);
	if (rc == 0)
		rc = store_open(conf->db_url, err, &p->db);
	if (rc < 0)
		return rc;
	rc = -pthread_create(&p->thread, NULL, pusher_main, p);
	p->started = rc == 0;
	return rc < 0 ? err_set(err, rc, "cannot start a thread") : 0;
}

int pusher_start(const struct pusher_conf *conf, struct err *err, struct pusher **ret_pusher)
{
	struct pusher *p = calloc(1, sizeof(*p));
	int rc;

	if (!p)
		return err_set(err, -ENOMEM, "no memory");
	p->clock = conf->clock;
	p->rand = conf->rand;
	p->key = conf->key;
	p->pushed = conf->pushed;
	p->arg = conf->arg;
	pthread_mutex_init(&p->lock, NULL);
	timers_init(&p->timers, conf->clock);
	map_init(&p->ringing);
	list_init(&p->rings);
	list_init(&p->asks);
	rc = open_all(p, conf, err);
	if (rc < 0) {
		pusher_stop(p);
		return rc;
	}
	*ret_pusher = p;
	return 0;
}

static void free_rings(struct pusher *p)
{
	LIST_EACH(it, &p->rings)
		ring_free(CONTAINER_OF(it, struct push_ring, list));
	LIST_EACH(it, &p->asks) {
		list_remove(it);
		free(CONTAINER_OF(it, struct ask, list));
	}
}

void pusher_stop(struct pusher *p)
{
	if (!p)
		return;
	if (p->started) {
		pthread_mutex_lock(&p->lock);
		p->stopping = true;
		pthread_mutex_unlock(&p->lock);
		post_wake(p->post);
		pthread_join(p->thread, NULL);
	}
	post_close(p->post); /* nothing is out any more: invariant 1 */
	free_rings(p);
	push_origins_free(p);
	push_tokens_free(p->tokens);
	timers_free(&p->timers);
	map_free(&p->ringing);
	db_close(p->db);
	free(p->contact);
	free(p->gateway);
	free(p->gateway_header);
	pthread_mutex_destroy(&p->lock);
	explicit_bzero(&p->key, sizeof(p->key));
	free(p);
}

struct pusher_stats pusher_stats(struct pusher *p)
{
	struct pusher_stats stats;

	pthread_mutex_lock(&p->lock);
	stats = p->stats;
	stats.waiting = p->nasks;
	pthread_mutex_unlock(&p->lock);
	stats.tokens = push_tokens_count(p->tokens);
	return stats;
}
