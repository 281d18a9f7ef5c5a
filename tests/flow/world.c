#include "world.h"

#include "../unit/sip/digest.h"
#include "base/json.h"
#include "base/log.h"
#include "sip/session_priv.h"
#include "sip/transaction_priv.h"

#include <errno.h>

enum {
	ROUNDS = 16,
	EPOCH_MS = 1700000000, /* thousands; any time will do */
	SILENCE_TICK_MS = 1000,
	LEAVE_MS = 120000,
	GIVE_UP_MS = 64000,
	REGISTER_US_MAX = 600000000,
};

void (*world_in_server)(bool entered);

static struct {
	uint64_t seed;
	bool playing;
} now;

static void in_server(void *, bool entered)
{
	if (world_in_server)
		world_in_server(entered);
}

/* Time. */

static int64_t sooner(int64_t a_us, int64_t b_us)
{
	return a_us < 0 || (b_us >= 0 && b_us < a_us) ? b_us : a_us;
}

static int64_t next_us(const struct world *w)
{
	const int64_t net = net_due_us(w->net), now_us = w->clock.now_us;
	int64_t wait = net < 0 ? -1 : net > now_us ? net - now_us : 0;

	wait = sooner(wait, timers_wait_us(&w->timers));
	return w->loop ? sooner(wait, timers_wait_us(loop_timers(w->loop))) : wait;
}

bool world_step(struct world *w)
{
	const int64_t wait = next_us(w);

	if (wait < 0)
		return false;
	clock_virtual_advance(&w->clock, wait);
	in_server(NULL, true);
	if (w->loop)
		timers_run(loop_timers(w->loop));
	if (w->loop && relay_fake_events(w->relay))
		loop_turn(w->loop);
	in_server(NULL, false);
	net_run(w->net);
	timers_run(&w->timers);
	return true;
}

void world_wait(struct world *w, int64_t ms)
{
	const int64_t until = w->clock.now_us + ms * 1000;

	while (next_us(w) >= 0 && w->clock.now_us + next_us(w) <= until)
		world_step(w);
	w->clock.now_us = until;
}

int world_slack(const struct world *w)
{
	return w->storm ? 32000 : 1000;
}

static bool nobody_talks(const struct ua *ua)
{
	LIST_EACH(it, (struct list *)&ua->calls) {
		if (CONTAINER_OF(it, struct ua_call, list)->state != UA_OVER)
			return ua->vanished;
	}
	return true;
}

static bool all_over(const struct world *w)
{
	const struct seen *s = w->nseen ? &w->seen[w->nseen - 1] : NULL;
	bool over = s && s->ended && nobody_talks(&w->door);

	for (unsigned i = 0; i < w->nphones; i++)
		over &= nobody_talks(&w->phones[i]);
	return over;
}

void world_over(struct world *w, const char *result)
{
	const bool missed = strcmp(result, "missed") == 0 || strcmp(result, "failed") == 0;

	/* A phone whose 180 never came cannot be cancelled, and rings until it is tired of it. */
	UNTIL(all_over(w), w->storm ? UA_RINGS_MS + GIVE_UP_MS : 2 * world_slack(w));
	if (w->storm && missed) /* whether it rang depends on a 180 that is sent once */
		assert_true(world_seen(w)->answered == 0);
	else
		assert_string_equal(world_seen(w)->result, result);
}

/* What the server tells. */

static struct seen *seen_of(struct world *w, int64_t id)
{
	for (unsigned i = 0; i < w->nseen; i++) {
		if (w->seen[i].id == id)
			return &w->seen[i];
	}
	return NULL;
}

struct seen *world_seen(struct world *w)
{
	return w->nseen ? &w->seen[w->nseen - 1] : NULL;
}

static void on_streams(struct seen *s, const struct call_record *r)
{
	assert_int_equal(s->nstreams, 0); /* in one go */
	assert_int_equal(s->answered, 1);
	for (size_t i = 0; i < r->nstreams; i++, s->nstreams++) {
		const size_t n = strlen(s->codecs);

		assert_true(r->streams[i].leg == 0 || r->streams[i].leg == s->by_leg);
		assert_int_equal(r->streams[i].lost, 0);
		snprintf(s->codecs + n, sizeof(s->codecs) - n, "%s ", r->streams[i].codec);
	}
}

/* Times rise in the order of struct call_trace, as far as they are there. */
static void check_trace(const struct call_trace *t)
{
	if (t->pushed && t->woken)
		assert_true(t->woken >= t->pushed);
	if (t->offered && t->rang)
		assert_true(t->rang >= t->offered);
	if (t->offered && t->preview)
		assert_true(t->preview >= t->offered);
	if (t->answered && t->ended)
		assert_true(t->ended >= t->answered);
	if (t->ended)
		assert_true(t->why && t->ended >= t->offered);
}

static void trace_take(struct seen *s, const struct call_record *r)
{
	for (unsigned i = 0; i < s->nlegs; i++) {
		if (s->legs[i].number != r->leg)
			continue;
		assert_non_null(r->trace);
		check_trace(r->trace);
		s->legs[i].trace = *r->trace;
		snprintf(s->legs[i].why, sizeof(s->legs[i].why), "%s",
			 r->trace->why ? r->trace->why : "");
	}
}

static void on_leg(struct seen *s, const struct call_record *r)
{
	for (unsigned i = 0; i < s->nlegs; i++) {
		if (s->legs[i].number == r->leg)
			fail_msg("leg %u is %s and %s", r->leg, s->legs[i].result, r->text);
	}
	assert_true(s->nlegs < LEGS_SEEN_MAX);
	s->legs[s->nlegs].number = r->leg;
	s->legs[s->nlegs].device = r->device;
	s->legs[s->nlegs].rang = r->trace->rang != 0;
	snprintf(s->legs[s->nlegs++].result, sizeof(s->legs[0].result), "%s",
		 r->type == CALL_REC_ANSWERED ? "answered" : r->text);
}

static void on_record(void *arg, const struct call_record *r)
{
	struct world *w = arg;
	struct seen *s = seen_of(w, r->call_id);

	assert_int_equal(s == NULL, r->type == CALL_REC_STARTED);
	if (!s) {
		assert_true(w->nseen < CALLS_SEEN_MAX);
		s = &w->seen[w->nseen++];
		*s = (struct seen){ .id = r->call_id, .site = r->site_id, .test = r->test };
	}
	assert_int_equal(s->site, r->site_id);
	assert_int_equal(s->ended, r->type == CALL_REC_STREAMS);
	if (r->type == CALL_REC_STREAMS)
		on_streams(s, r);
	s->started += r->type == CALL_REC_STARTED;
	s->answered += r->type == CALL_REC_ANSWERED;
	s->opened += r->type == CALL_REC_OPENED;
	s->ended += r->type == CALL_REC_ENDED;
	if (r->type == CALL_REC_ANSWERED) {
		s->by = r->device;
		s->by_leg = r->leg;
	}
	if (r->type == CALL_REC_LEG || r->type == CALL_REC_ANSWERED)
		on_leg(s, r);
	if (r->type == CALL_REC_LEG || r->type == CALL_REC_ANSWERED || r->type == CALL_REC_TRACE)
		trace_take(s, r);
	if (r->type == CALL_REC_ENDED)
		snprintf(s->result, sizeof(s->result), "%s", r->text);
	if (r->type == CALL_REC_OPENED)
		assert_int_equal(s->answered, 1);
}

static void on_wake(void *arg, const struct wake *wake)
{
	struct world *w = arg;

	assert_true(w->nwakes < WAKES_MAX);
	assert_int_equal(wake->site_id, SITE);
	assert_true(wake->until > wake->at && wake->from_name[0]);
	w->wakes[w->nwakes].call = wake->call_id;
	w->wakes[w->nwakes].device = wake->device;
	w->wakes[w->nwakes].test = wake->test;
	w->wakes[w->nwakes++].over[0] = '\0';
}

static void on_wake_over(void *arg, int64_t call, uint64_t device, const char *why)
{
	struct world *w = arg;

	for (unsigned i = 0; i < w->nwakes; i++) {
		if (w->wakes[i].call != call || w->wakes[i].device != device)
			continue;
		assert_string_equal(w->wakes[i].over, ""); /* once */
		snprintf(w->wakes[i].over, sizeof(w->wakes[i].over), "%s", why);
		return;
	}
	fail_msg("a wake is over that never was");
}

static void on_hushed(void *arg, const struct wake *call, const char *why)
{
	struct world *w = arg;

	assert_int_equal(call->site_id, SITE);
	assert_true(call->from == strtoull(DOOR, NULL, 10) && call->from_name[0]);
	w->hushed.device = call->device;
	snprintf(w->hushed.why, sizeof(w->hushed.why), "%s", why);
	w->nhushed++;
}

static void on_look(void *arg, const struct look *look)
{
	struct world *w = arg;

	assert_int_equal(look->site_id, SITE);
	assert_true(look->door == strtoull(DOOR, NULL, 10));
	if (w->look.call != look->call_id)
		w->look.lookers = 0;
	w->look.call = look->call_id;
	w->look.device = look->device;
	w->look.lookers++;
	w->look.over = false;
}

static void on_look_over(void *arg, int64_t call, uint64_t device)
{
	struct world *w = arg;

	if (call != w->look.call) /* an earlier one, which went on beside it */
		return;
	assert_false(w->look.over);
	w->look.device = device;
	w->look.over = device == 0;
}

static void on_ice(void *, int64_t, struct json *out)
{
	json_list_open(out);
	json_list_close(out);
}

static void on_bound(void *arg, uint64_t user, const struct sip_binding *bindings, size_t n)
{
	struct world *w = arg;
	unsigned kept = 0;

	for (unsigned i = 0; i < w->nstored; i++) {
		if (w->stored[i].user != user)
			w->stored[kept++] = w->stored[i];
	}
	assert_true(kept + n <= sizeof(w->stored) / sizeof(*w->stored));
	for (size_t i = 0; i < n; i++)
		w->stored[kept++] = bindings[i];
	w->nstored = kept;
	if (w->board && n)
		switchboard_bound(w->board, user);
}

static void on_request(void *arg, struct tx_server *tx, const struct sip_msg *msg,
		       const struct flow *flow, uint64_t user)
{
	switchboard_request(((struct world *)arg)->board, tx, msg, flow, user);
}

static bool on_secret(void *arg, uint64_t user, struct sip_secret *ret_secret)
{
	const struct dir_device *d = directory_device(((struct world *)arg)->directory, user);

	if (d)
		*ret_secret = d->secret;
	return d != NULL;
}

static void on_changed(void *arg, uint64_t number)
{
	struct world *w = arg;

	if (w->endpoint)
		sip_endpoint_unbind(w->endpoint, number);
	if (w->board)
		switchboard_device_changed(w->board, number);
}

/* The directory. */

static void device_fill(struct dir_device *d, int64_t site, uint64_t number)
{
	char user[16], name[16], ha1[65];

	snprintf(user, sizeof(user), "%llu", (unsigned long long)number);
	snprintf(name, sizeof(name), "device %u", (unsigned)(number % 1000));
	hash_ha1(true, user, "vestibule", "secret", ha1);
	*d = (struct dir_device){ .number = number, .site_id = site, .kind = DIR_PHONE };
	snprintf(d->secret.ha1_md5, sizeof(d->secret.ha1_md5), "%.32s", ha1);
	hash_ha1(false, user, "vestibule", "secret", d->secret.ha1_sha256);
	d->unlock_code = "";
	d->name = "";
}

static struct dir_site *site_of(int64_t id, const uint64_t *numbers, size_t n)
{
	struct dir_site *site = dir_site_new(id);

	assert_non_null(site);
	site->devices = arena_alloc(&site->arena, (n + 1) * sizeof(*site->devices));
	assert_non_null(site->devices);
	for (size_t i = 0; i < n; i++) {
		struct dir_device *d = &site->devices[i];

		device_fill(d, id, numbers[i]);
		d->name = arena_printf(&site->arena, "device %u", (unsigned)(numbers[i] % 1000));
	}
	site->ndevices = n;
	return site;
}

static void door_fill(const struct world *w, struct dir_site *site, struct dir_device *door)
{
	struct dir_destination *to =
		arena_alloc(&site->arena, (PHONES_MAX + APPS_MAX + 1) * sizeof(*to));

	assert_non_null(to);
	door->kind = DIR_INTERCOM;
	door->unlock_code = CODE;
	door->camera = !w->no_camera;
	if (w->named_switches) {
		door->switches = arena_alloc(&site->arena, 2 * sizeof(*door->switches));
		assert_non_null(door->switches);
		door->switches[0] = (struct dir_switch){ 1, "00", "Door" };
		door->switches[1] = (struct dir_switch){ 3, "12#", "Garage" };
		door->nswitches = 2;
	}
	door->buttons = arena_alloc(&site->arena, sizeof(*door->buttons));
	assert_non_null(door->buttons);
	door->buttons[0] = (struct dir_button){ .number = 1, .label = "bell", .to = to };
	for (size_t i = 1; i < site->ndevices; i++)
		to[door->buttons[0].nto++] =
			(struct dir_destination){ site->devices[i].number,
						  i <= PHONES_MAX ? w->after_s[i - 1] : 0 };
	to[door->buttons[0].nto++].device = 1000000999; /* of the other site: must not ring */
	door->nbuttons = 1;
}

void world_directory(struct world *w, unsigned nphones, bool door)
{
	uint64_t numbers[PHONES_MAX + APPS_MAX + 1] = {};
	const uint64_t other = 1000000999;
	struct dir_site *site;
	size_t n = 0;

	if (door)
		numbers[n++] = strtoull(DOOR, NULL, 10);
	for (unsigned i = 0; i < nphones; i++)
		numbers[n++] = strtoull(w->phones[i].user, NULL, 10);
	for (unsigned i = 0; i < w->napps; i++)
		numbers[n++] = APP(i);
	site = site_of(SITE, numbers, n);
	for (size_t i = 0; i < n; i++) {
		struct dir_device *d = &site->devices[i];

		d->app = d->number >= APP(0) && d->number < APP(w->napps);
		d->wakes = d->app ? w->sleeps[d->number - APP(0)]
				  : w->phone_sleeps && d->number == ua_number(PHONE(0));
	}
	if (door)
		door_fill(w, site, &site->devices[0]);
	assert_int_equal(directory_swap(w->directory, site), 0);
	assert_int_equal(directory_swap(w->directory, site_of(SITE_OTHER, &other, 1)), 0);
}

/* The server. */

static int server_start(struct world *w)
{
	struct sip_endpoint_conf endpoint = { .clock = &w->clock.clock,
					      .rand = &w->server_rand.rand,
					      .realm = "vestibule",
					      .secret = on_secret,
					      .bound = on_bound,
					      .request = on_request,
					      .arg = w };
	struct switchboard_conf board = { .clock = &w->clock.clock,
					  .rand = &w->server_rand.rand,
					  .relay = w->relay,
					  .directory = w->directory,
					  .realm = "vestibule",
					  .ring_ms = RING_MS,
					  .talk_ms = w->talk_ms,
					  .record = on_record,
					  .wake = on_wake,
					  .wake_over = on_wake_over,
					  .hushed = on_hushed,
					  .look = on_look,
					  .look_over = on_look_over,
					  .ice = on_ice,
					  .arg = w };
	struct err err;
	int rc = loop_new(&w->clock.clock, &w->loop);

	if (rc < 0)
		return rc;
	endpoint.loop = board.loop = w->loop;
	rc = sip_endpoint_open(&endpoint, &err, &w->endpoint);
	board.endpoint = w->endpoint;
	return rc < 0 ? rc : switchboard_new(&board, &w->board);
}

static void server_stop(struct world *w)
{
	switchboard_free(TAKE(w->board));
	sip_endpoint_close(TAKE(w->endpoint));
	loop_free(TAKE(w->loop));
}

void world_restart(struct world *w)
{
	server_stop(w);
	for (unsigned i = 0; i < PAGES_MAX; i++)
		w->pages[i].link = NULL; /* it went with the server */
	for (unsigned i = 0; i < w->nseen; i++)
		assert_int_equal(w->seen[i].ended, 1);
	world_wait(w, 2000);
	assert_int_equal(server_start(w), 0);
	for (unsigned i = 0; i < w->nstored; i++)
		assert_int_equal(sip_endpoint_restore(w->endpoint, &w->stored[i]), 0);
}

/* The phones. */

static void each_ua(struct world *w, void (*fn)(struct world *w, struct ua *ua))
{
	fn(w, &w->door);
	fn(w, &w->stranger);
	for (unsigned i = 0; i < w->nphones; i++)
		fn(w, &w->phones[i]);
}

static void phone_init(struct world *w, struct ua *ua)
{
	ua->net = w->net;
	ua->timers = &w->timers;
	ua->rand = &w->ua_rand.rand;
	ua->plan = (struct ua_plan){ .ring_ms = 100, .answer_ms = -1 };
}

static void phones_open(struct world *w)
{
	char user[16], addr[32];

	each_ua(w, phone_init);
	ua_open(&w->door, DOOR, "198.51.100.1:5060", false);
	ua_open(&w->stranger, "1000000999", "203.0.113.9:5060", false);
	for (unsigned i = 0; i < w->nphones; i++) {
		snprintf(user, sizeof(user), "10000000%u", 10 + i);
		snprintf(addr, sizeof(addr), i == 2 ? "[2001:db8::%u]:5060" : "203.0.113.%u:5060",
			 10 + i);
		ua_open(&w->phones[i], user, addr, i == 1);
	}
}

static void on_packet(void *arg, const struct flow *flow, struct view bytes)
{
	struct world *w = arg;
	struct ua *all[PHONES_MAX + 2] = { &w->door, &w->stranger };

	for (unsigned i = 0; i < w->nphones; i++)
		all[2 + i] = &w->phones[i];
	for (unsigned i = 0; i < w->nphones + 2; i++) {
		if (addr_same(&all[i]->addr, &flow->peer) && all[i]->conn == flow->conn)
			ua_hear(all[i], bytes);
	}
}

static bool on_heard(void *arg, const struct addr *rtp)
{
	const struct world *w = arg;
	bool heard = ua_sends(&w->door, rtp);

	for (unsigned i = 0; i < w->nphones; i++)
		heard |= ua_sends(&w->phones[i], rtp);
	return heard;
}

static void on_silence_tick(void *arg)
{
	struct world *w = arg;

	relay_fake_tick(w->relay);
	assert_int_equal(timers_arm(&w->timers, &w->tick, SILENCE_TICK_MS, on_silence_tick, w), 0);
}

static void phone_register(struct world *, struct ua *ua)
{
	ua_register(ua, UA_EXPIRES_S);
}

bool world_registered(struct world *w)
{
	bool all = w->door.registered && w->stranger.registered;

	for (unsigned i = 0; i < w->nphones; i++)
		all &= w->phones[i].registered;
	return all;
}

struct ua_call *world_ring(struct world *w)
{
	return ua_call(&w->door, "1", false);
}

bool world_hears(const struct world *w, const struct ua_call *from, const struct ua_call *to)
{
	const struct addr audio[2] = { ua_rtp(from, false), ua_rtp(to, false) };
	const struct addr video[2] = { ua_rtp(from, true), ua_rtp(to, true) };

	return relay_fake_passes(w->relay, &audio[0], &audio[1]) &&
	       (!from->video || !to->video || relay_fake_passes(w->relay, &video[0], &video[1]));
}

/* Apps. */

void world_page(struct world *w, struct page *p, unsigned app)
{
	p->board = w->board;
	p->relay = w->relay;
	p->timers = &w->timers;
	p->devices[0] = APP(app);
	p->ndevices = 1;
	assert_int_equal(page_open(p), 0);
}

static unsigned leg_of(const struct world *w, uint64_t device)
{
	const struct seen *s = &w->seen[w->nseen - 1];

	for (unsigned i = s->nlegs; i > 0; i--) {
		if (s->legs[i - 1].device == device)
			return i - 1;
	}
	fail_msg("no leg of %llu", (unsigned long long)device);
	return 0;
}

const char *world_result(struct world *w, uint64_t device)
{
	return world_seen(w)->legs[leg_of(w, device)].result;
}

const char *world_why(struct world *w, uint64_t device)
{
	return world_seen(w)->legs[leg_of(w, device)].why;
}

const struct call_trace *world_trace(struct world *w, uint64_t device)
{
	return &world_seen(w)->legs[leg_of(w, device)].trace;
}

/* Life. */

static void weather(struct world *w, struct net_conf *net)
{
	struct rand *r = &w->net_rand.rand;

	net->faults.delay_ms = 20;
	if (!w->storm)
		return;
	net->faults = (struct net_faults){ .loss = (unsigned)rand_below(r, 21),
					   .twice = (unsigned)rand_below(r, 16),
					   .full = (unsigned)rand_below(r, 6),
					   .delay_ms = (unsigned)rand_below(r, 900) };
}

int world_open(struct world *w)
{
	const struct directory_conf directory = { on_changed, w };
	struct net_conf net = { .clock = &w->clock.clock,
				.rand = &w->net_rand.rand,
				.to_phone = on_packet,
				.server = in_server,
				.arg = w };
	int rc;

	w->storm = w->seed % 2 == 1;
	clock_virtual_init(&w->clock, (int64_t)EPOCH_MS * 1000);
	rand_seeded_init(&w->server_rand, w->seed * 3);
	rand_seeded_init(&w->net_rand, w->seed * 3 + 1);
	rand_seeded_init(&w->ua_rand, w->seed * 3 + 2);
	timers_init(&w->timers, &w->clock.clock);
	assert_int_equal(log_open(NULL, getenv("VESTIBULE_LOG") ? LOGL_DEBUG : LOGL_ERROR, false),
			 0);
	weather(w, &net);
	w->net = net_open(&net);
	phones_open(w);
	relay_fake_open(&(struct relay_fake_conf){ &w->clock.clock, on_heard, in_server, w },
			&w->relay);
	assert_int_equal(directory_new(&directory, &w->directory), 0);
	world_directory(w, w->nphones, true);
	on_silence_tick(w);
	rc = server_start(w);
	if (rc == 0)
		each_ua(w, phone_register);
	return rc;
}

static void phone_leave(struct world *, struct ua *ua)
{
	LIST_EACH(it, &ua->calls) {
		struct ua_call *c = CONTAINER_OF(it, struct ua_call, list);

		if (c->state == UA_CALLING && c->invite)
			ua_cancel(c);
		ua_bye(c);
	}
	ua_register(ua, 0);
}

static void phone_check(struct world *, struct ua *ua)
{
	LIST_EACH(it, &ua->calls) {
		const struct ua_call *c = CONTAINER_OF(it, struct ua_call, list);

		if (!ua->vanished && c->state != UA_OVER)
			fail_msg("%s believes in call %s (state %d)", ua->user, c->call_id,
				 c->state);
	}
}

static void phone_close(struct world *, struct ua *ua)
{
	ua_close(ua);
}

static void check_site(struct world *w, const struct seen *s)
{
	assert_int_equal(s->site, SITE);
	assert_int_not_equal(s->by, 1000000999);
	for (unsigned i = 0; i < s->nlegs; i++)
		assert_int_not_equal(s->legs[i].device, 1000000999);
	assert_int_equal(ua_calls(&w->stranger), 0);
}

static void check_seen(struct world *w)
{
	for (unsigned i = 0; i < w->nseen; i++) {
		const struct seen *s = &w->seen[i];

		assert_int_equal(s->started, 1);
		assert_int_equal(s->ended, 1);
		assert_true(s->answered <= 1);
		if (s->answered)
			assert_string_equal(s->result, "answered");
		else
			assert_string_not_equal(s->result, "answered");
		check_site(w, s);
	}
}

static void check_pages(struct world *w)
{
	for (unsigned i = 0; i < w->nwakes; i++)
		assert_string_not_equal(w->wakes[i].over, "");
	for (unsigned i = 0; i < w->nseen; i++) {
		for (unsigned k = 0; k < w->seen[i].nlegs; k++) {
			if (!w->seen[i].legs[k].why[0])
				fail_msg("leg %u has no end", w->seen[i].legs[k].number);
		}
	}
	for (unsigned i = 0; i < PAGES_MAX; i++) {
		for (unsigned k = 0; k < w->pages[i].ncalls; k++) {
			const struct page_call *c = &w->pages[i].calls[k];

			if (w->pages[i].link && c->state != PAGE_ENDED)
				fail_msg("page %u believes in call %s", i, c->id);
		}
		page_close(&w->pages[i]);
	}
}

static void check_nothing_left(struct world *w)
{
	const struct tx_layer *layer = sip_endpoint_transactions(w->endpoint);

	assert_int_equal(w->board->calls.count, 0);
	assert_int_equal(sessions_count(w->board->sessions), 0);
	assert_int_equal(w->board->sessions->nerrands, 0);
	assert_int_equal(w->board->stats.talking, 0);
	assert_int_equal(w->board->bells.count, 0);
	assert_int_equal(w->board->seats.count, 0);
	assert_true(list_empty(&w->board->links));
	assert_int_equal(switchboard_stats(w->board).app_links, 0);
	assert_int_equal(switchboard_stats(w->board).app_legs, 0);
	assert_int_equal(layer->servers.count, 0);
	assert_int_equal(layer->clients.count, 0);
	assert_int_equal(layer->links.count, 0);
	assert_int_equal(loop_timers(w->loop)->count, 0);
	assert_int_equal(relay_fake_sessions(w->relay), 0);
	assert_int_equal(relay_fake_legs(w->relay), 0);
}

static void free_all(struct world *w)
{
	server_stop(w);
	directory_free(w->directory);
	each_ua(w, phone_close);
	timers_cancel(&w->timers, &w->tick);
	timers_free(&w->timers);
	relay_fake_close(w->relay);
	net_close(w->net);
}

static void pages_leave(struct world *w)
{
	for (unsigned i = 0; i < PAGES_MAX; i++) {
		struct page *p = &w->pages[i];

		for (unsigned k = 0; k < p->ncalls; k++) {
			if (p->link && p->calls[k].state != PAGE_ENDED)
				page_say(p, "{\"type\":\"hangup\",\"call\":\"%s\"}",
					 p->calls[k].id);
		}
	}
}

void world_close(struct world *w)
{
	if (w->board) {
		pages_leave(w);
		each_ua(w, phone_leave);
		world_wait(w, (int64_t)UA_EXPIRES_S * 1000 + 2 * SESSION_INVITE_MS + LEAVE_MS);
		world_wait(w, 600000); /* an INVITE that only rings */
		each_ua(w, phone_check);
		check_pages(w);
		check_nothing_left(w);
		check_seen(w);
	}
	free_all(w);
}

static void play(story_fn *story, const struct world *like)
{
	static struct world w;

	w = *like;
	now.seed = w.seed;
	now.playing = true;
	assert_int_equal(world_open(&w), 0);
	while (!world_registered(&w) && w.clock.now_us < REGISTER_US_MAX)
		world_step(&w);
	assert_true(world_registered(&w));
	story(&w);
	world_close(&w);
	now.playing = false;
}

static void play_all(story_fn *story, struct world like)
{
	const char *seed = getenv("VESTIBULE_SEED"), *rounds = getenv("VESTIBULE_ROUNDS");
	const uint64_t first = seed ? strtoull(seed, NULL, 10) : 0;
	const uint64_t n = seed ? 1 : rounds ? strtoull(rounds, NULL, 10) : ROUNDS;
	for (uint64_t i = 0; i < n; i++) {
		like.seed = first + i;
		play(story, &like);
	}
}

void world_play(story_fn *story, unsigned nphones, unsigned talk_ms)
{
	play_all(story, (struct world){ .nphones = nphones, .talk_ms = talk_ms });
}

void world_play_apps(story_fn *story, unsigned nphones, unsigned napps)
{
	play_all(story,
		 (struct world){ .nphones = nphones, .talk_ms = TALK_MS, .napps = napps });
}

int world_told(void **)
{
	if (now.playing)
		print_message("# VESTIBULE_SEED=%llu plays it again\n",
			      (unsigned long long)now.seed);
	now.playing = false;
	return 0;
}
