/* The push sender against a push service of the test's own, on a clock of the test's own. */
#include "office/push_priv.h"
#include "../test.h"
#include "../webpush_open.h"

#include "store/account.h"
#include "store/company.h"
#include "store/device.h"
#include "store/migrate.h"
#include "store/store.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/thread.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PHONE = 1000000001, DOOR, CALL = 77, GOTS_MAX = 64, WAIT_MS = 20000, PLAIN_MAX = 4096 };
#define NOW INT64_C(1700000000000)

/* What came to the push service, and what the push sender told. */
struct got {
	char path[64], ttl[16], urgency[16], topic[40], encoding[16], authorization[1024];
	char body[PLAIN_MAX]; /* in plain */
};

struct fixture {
	struct clock clock;
	char folder[64], url[96], base[64];
	struct db *db;
	int64_t site;
	struct webpush_pair browser;
	struct event_base *loop;
	struct evhttp *http;
	pthread_t thread;
	struct pusher *pusher;
	pthread_mutex_t lock; /* the rest */
	struct got gots[GOTS_MAX];
	size_t ngots;
	unsigned pushed, nobody;
	_Atomic unsigned connections;
	char broken[64]; /* what the service has to say against a message */
};

static _Atomic int64_t now_us;

static int64_t mono(const struct clock *)
{
	return now_us;
}

static int64_t wall(const struct clock *)
{
	return NOW + now_us / 1000;
}

static void copy_header(struct evhttp_request *req, const char *name, char *to, size_t size)
{
	const char *value = evhttp_find_header(evhttp_request_get_input_headers(req), name);

	snprintf(to, size, "%s", value ? value : "");
}

static void keep(struct fixture *f, struct evhttp_request *req, struct got *g)
{
	struct evbuffer *in = evhttp_request_get_input_buffer(req);
	const struct view body = { (const char *)evbuffer_pullup(in, -1), evbuffer_get_length(in) };

	snprintf(g->path, sizeof(g->path), "%s", evhttp_request_get_uri(req));
	copy_header(req, "TTL", g->ttl, sizeof(g->ttl));
	copy_header(req, "Urgency", g->urgency, sizeof(g->urgency));
	copy_header(req, "Topic", g->topic, sizeof(g->topic));
	copy_header(req, "Content-Encoding", g->encoding, sizeof(g->encoding));
	copy_header(req, "Authorization", g->authorization, sizeof(g->authorization));
	if (!g->encoding[0])
		snprintf(g->body, sizeof(g->body), "%.*s", (int)body.n, body.p);
	else if (!webpush_open(&f->browser, (const unsigned char *)"0123456789abcdef", body,
			       g->body, sizeof(g->body)))
		snprintf(f->broken, sizeof(f->broken), "%s: cannot be read", g->path);
}

/* The path says what to answer: /201/…, /429/…; /302/ leads to where nobody may go. */
static void on_post(struct evhttp_request *req, void *arg)
{
	const int code = atoi(evhttp_request_get_uri(req) + 1);
	struct evkeyvalq *headers = evhttp_request_get_output_headers(req);
	struct fixture *f = arg;

	pthread_mutex_lock(&f->lock);
	if (f->ngots < GOTS_MAX)
		keep(f, req, &f->gots[f->ngots++]);
	pthread_mutex_unlock(&f->lock);
	if (code == 429)
		evhttp_add_header(headers, "Retry-After", "60");
	if (code == 302)
		evhttp_add_header(headers, "Location", "/201/redirected");
	evhttp_send_reply(req, code, "As asked", NULL);
}

static struct bufferevent *on_connection(struct event_base *base, void *arg)
{
	struct fixture *f = arg;

	f->connections++;
	return bufferevent_socket_new(base, -1, 0);
}

static void *serve(void *arg)
{
	event_base_loop(arg, EVLOOP_NO_EXIT_ON_EMPTY);
	return NULL;
}

static void service_open(struct fixture *f)
{
	struct evhttp_bound_socket *socket;
	struct sockaddr_in at;
	socklen_t n = sizeof(at);

	evthread_use_pthreads();
	f->loop = event_base_new();
	f->http = evhttp_new(f->loop);
	socket = evhttp_bind_socket_with_handle(f->http, "127.0.0.1", 0);
	assert_non_null(socket);
	assert_int_equal(
		getsockname(evhttp_bound_socket_get_fd(socket), (struct sockaddr *)&at, &n), 0);
	evhttp_set_gencb(f->http, on_post, f);
	evhttp_set_bevcb(f->http, on_connection, f);
	snprintf(f->base, sizeof(f->base), "http://127.0.0.1:%u", ntohs(at.sin_port));
	assert_int_equal(pthread_create(&f->thread, NULL, serve, f->loop), 0);
}

static void on_pushed(void *arg, int64_t call_id, uint64_t device, int64_t, bool any)
{
	struct fixture *f = arg;

	pthread_mutex_lock(&f->lock);
	f->pushed += any;
	f->nobody += !any;
	if (call_id != CALL || device != PHONE)
		snprintf(f->broken, sizeof(f->broken), "pushed tells of another call");
	pthread_mutex_unlock(&f->lock);
}

static void pusher_open(struct fixture *f, const char *gateway)
{
	struct pusher_conf conf = { .db_url = f->url,
				    .clock = &f->clock,
				    .rand = rand_system(),
				    .contact = "mailto:door@example.com",
				    .private = true,
				    .gateway = gateway,
				    .gateway_token = gateway ? "secret" : NULL,
				    .pushed = on_pushed,
				    .arg = f };
	struct err err = {};

	assert_int_equal(webpush_pair_make(rand_system(), &conf.key), 0);
	if (pusher_start(&conf, &err, &f->pusher) < 0)
		fail_msg("%s", err.text);
}

static void site_make(struct fixture *f)
{
	const struct site_row site = { .company_id = 1,
				       .name = VIEW("Here"),
				       .type = VIEW("residential"),
				       .zone = VIEW("UTC"),
				       .language = VIEW("en") };
	const struct device_row device = { .number = PHONE,
					   .kind = VIEW("phone"),
					   .name = VIEW("Phone"),
					   .apartment_id = DB_INT_NULL,
					   .person_id = DB_INT_NULL };
	const struct device_secret_row secret = { PHONE, VIEW("sealed"), VIEW("m"), VIEW("s") };
	struct device_row row = device;
	struct site_row place = site;

	assert_int_equal(company_create(f->db, NOW, VIEW("One"), &place.company_id), 0);
	assert_int_equal(site_create(f->db, NOW, &place, &f->site), 0);
	row.site_id = f->site;
	assert_int_equal(device_create(f->db, NOW, &row, &secret), 0);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct err err = {};
	struct db *db;

	now_us = 1000000;
	f->clock = (struct clock){ mono, wall };
	pthread_mutex_init(&f->lock, NULL);
	strcpy(f->folder, "/tmp/vestibule-push.XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->url, sizeof(f->url), "sqlite:%s/db", f->folder);
	assert_int_equal(db_open(f->url, &err, &db), 0);
	assert_int_equal(migrate_up(db, 1, &err), 0);
	db_close(db);
	assert_int_equal(store_open(f->url, &err, &f->db), 0);
	site_make(f);
	assert_int_equal(webpush_pair_make(rand_system(), &f->browser), 0);
	service_open(f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	static const char *const files[] = { "db", "db-wal", "db-shm" };
	struct fixture *f = *state;
	char path[128];

	pusher_stop(f->pusher);
	event_base_loopbreak(f->loop);
	pthread_join(f->thread, NULL);
	evhttp_free(f->http);
	event_base_free(f->loop);
	db_close(f->db);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", f->folder, files[i]);
		unlink(path);
	}
	rmdir(f->folder);
	free(f);
	return 0;
}

static void subscribe(struct fixture *f, const char *path)
{
	const struct push_place phone = { f->site, PHONE };
	char endpoint[128];
	struct push_row row = { .person_id = DB_INT_NULL,
				.session_id = DB_INT_NULL,
				.p256dh = { (const char *)f->browser.point, WEBPUSH_PUBLIC_SIZE },
				.auth = VIEW("0123456789abcdef"),
				.language = VIEW("cs") };

	snprintf(endpoint, sizeof(endpoint), "%s%s", f->base, path);
	row.endpoint = view_str(endpoint);
	assert_int_equal(push_replace(f->db, NOW, &row, &phone, 1), 0);
}

static struct push_call call_of(const struct fixture *f)
{
	return (struct push_call){ .call_id = CALL,
				   .site_id = f->site,
				   .device = PHONE,
				   .from = DOOR,
				   .from_name = "Front \"door\"",
				   .at = NOW,
				   .until = NOW + 60000,
				   .switch_number = 2,
				   .switch_name = "Gate",
				   .camera = true };
}

static void ring(struct fixture *f)
{
	const struct push_call call = call_of(f);

	push_ring(f->pusher, &call);
}

/* Polls against a deadline: the sender and the service have threads of their own. */
#define until(f, condition)                                                                        \
	do {                                                                                       \
		int left_ = WAIT_MS;                                                               \
		bool so_;                                                                          \
		while (!(pthread_mutex_lock(&(f)->lock), so_ = (condition),                        \
			 pthread_mutex_unlock(&(f)->lock), so_) &&                                 \
		       left_-- > 0)                                                                \
			poll(NULL, 0, 1);                                                          \
		if (!so_)                                                                          \
			fail_msg("waited for %s, with %zu messages; %s", #condition, (f)->ngots,   \
				 (f)->broken);                                                     \
		assert_string_equal((f)->broken, "");                                              \
	} while (0)

/* What comes after that, in the order of coming. */
static const struct got *got(struct fixture *f, size_t n)
{
	until(f, f->ngots > n);
	return &f->gots[n];
}

/* Once what is on its way has come back: what is under way is not sent again. */
static void pass_ms(struct fixture *f, int64_t ms)
{
	until(f, pusher_stats(f->pusher).sent + pusher_stats(f->pusher).failed == f->ngots);
	now_us += ms * 1000;
	post_wake(f->pusher->post);
}

static const char *member(const struct got *g, const char *name, char *ret_value, size_t size)
{
	char key[32];
	const char *at, *end;

	snprintf(key, sizeof(key), "\"%s\":\"", name);
	at = strstr(g->body, key);
	ret_value[0] = '\0';
	if (!at)
		return ret_value;
	at += strlen(key);
	end = strchr(at, '"');
	snprintf(ret_value, size, "%.*s", (int)(end - at), at);
	return ret_value;
}

static void a_ring_goes_out_at_once(void **state)
{
	struct fixture *f = *state;
	char want[512], seen[64], open[64];
	const struct got *g;

	subscribe(f, "/201/a");
	pusher_open(f, NULL);
	ring(f);
	g = got(f, 0);
	member(g, "seen", seen, sizeof(seen));
	member(g, "open", open, sizeof(open));
	assert_int_equal(strlen(seen), PUSH_TOKEN_DIGITS);
	assert_int_equal(strlen(open), PUSH_TOKEN_DIGITS);
	assert_string_not_equal(seen, open);
	snprintf(want, sizeof(want),
		 "{\"type\":\"ring\",\"call\":\"77\",\"device\":\"1000000001\","
		 "\"from\":\"Front \\\"door\\\"\",\"at\":1700000000000,\"language\":\"cs\","
		 "\"until\":1700000060000,\"seen\":\"%s\",\"open\":\"%s\",\"switch\":\"Gate\","
		 "\"camera\":true}",
		 seen, open);
	assert_string_equal(g->body, want);
	assert_string_equal(g->ttl, "30");
	assert_string_equal(g->urgency, "high");
	assert_string_equal(g->topic, "4d-3b9aca01");
	assert_string_equal(g->encoding, "aes128gcm");
	assert_true(view_starts(view_str(g->authorization), VIEW("vapid t=")));
	until(f, f->pushed == 1 && f->nobody == 0);
}

static void it_is_repeated_until_it_is_shown(void **state)
{
	struct fixture *f = *state;
	struct push_token what;
	char seen[64], again[64];

	subscribe(f, "/201/a");
	subscribe(f, "/201/b");
	pusher_open(f, NULL);
	ring(f);
	got(f, 1);
	until(f, f->pushed == 1);
	pass_ms(f, PUSH_REPEAT_MS);
	got(f, 3);
	const struct got *a = strcmp(f->gots[0].path, "/201/a") == 0 ? &f->gots[0] : &f->gots[1];
	assert_int_equal(
		push_seen(f->pusher, view_str(member(a, "seen", seen, sizeof(seen))), &what), 0);
	assert_true(what.call_id == CALL && what.device == PHONE);
	assert_int_equal(push_seen(f->pusher, view_str(seen), &what), -ENOENT);
	for (int i = 0; i < 3; i++) {
		const size_t n = f->ngots;

		pass_ms(f, PUSH_REPEAT_MS);
		assert_string_equal(got(f, n)->path, "/201/b"); /* who has not said so goes on */
	}
	assert_int_equal(f->ngots, 7);
	/* With the token of before: it is the same notice. */
	const struct got *b = &f->gots[6];
	assert_string_equal(
		member(b, "seen", seen, sizeof(seen)),
		member(a == &f->gots[0] ? &f->gots[1] : &f->gots[0], "seen", again, sizeof(again)));
	assert_int_equal(f->pushed, 1);
}

static void its_end_is_told_and_ends_its_tokens(void **state)
{
	struct fixture *f = *state;
	struct push_token what;
	const struct got *g;
	char open[64];

	subscribe(f, "/201/a");
	pusher_open(f, NULL);
	ring(f);
	member(got(f, 0), "open", open, sizeof(open));
	until(f, f->pushed == 1);
	push_cancel(f->pusher, CALL, PHONE, "answered_elsewhere", "Kitchen");
	g = got(f, 1);
	assert_string_equal(g->body,
			    "{\"type\":\"cancel\",\"call\":\"77\",\"device\":\"1000000001\","
			    "\"why\":\"answered_elsewhere\",\"by\":\"Kitchen\"}");
	assert_string_equal(g->topic, "4d-3b9aca01");
	assert_int_equal(push_open(f->pusher, view_str(open), &what), -ENOENT);
	until(f, pusher_stats(f->pusher).rings == 0 && pusher_stats(f->pusher).tokens == 0);
	pass_ms(f, 2 * PUSH_REPEAT_MS);
	ring(f); /* the next thing that is heard of is another ring: nothing was repeated */
	assert_string_equal(member(got(f, 2), "type", open, sizeof(open)), "ring");
}

/* Also while the end of the ring is yet to be told. */
static void its_end_ends_its_tokens_at_once(void **state)
{
	struct fixture *f = *state;
	struct push_token what;
	char open[64];

	subscribe(f, "/429/a");
	pusher_open(f, NULL);
	ring(f);
	member(got(f, 0), "open", open, sizeof(open));
	until(f, pusher_stats(f->pusher).failed == 1);
	push_cancel(f->pusher, CALL, PHONE, "no_answer", "");
	until(f, pusher_stats(f->pusher).rings == 0 && pusher_stats(f->pusher).waiting == 0);
	assert_int_equal(pusher_stats(f->pusher).tokens, 0);
	assert_int_equal(push_open(f->pusher, view_str(open), &what), -ENOENT);
	assert_int_equal(f->ngots, 1); /* the service is left alone for a minute */
}

static void a_token_opens_once_while_it_rings(void **state)
{
	struct fixture *f = *state;
	struct push_token what;
	const struct got *g;
	char open[64], seen[64];

	subscribe(f, "/201/a");
	pusher_open(f, NULL);
	ring(f);
	g = got(f, 0);
	member(g, "open", open, sizeof(open));
	member(g, "seen", seen, sizeof(seen));
	assert_int_equal(push_open(f->pusher, view_str(seen), &what), -ENOENT);
	assert_int_equal(push_open(f->pusher, VIEW(""), &what), -ENOENT);
	assert_int_equal(push_open(f->pusher, view_str(open), &what), 0);
	assert_true(what.call_id == CALL && what.device == PHONE && what.number == 2);
	assert_int_equal(push_open(f->pusher, view_str(open), &what), -ENOENT);
	pass_ms(f, 60000);
	assert_int_equal(push_seen(f->pusher, view_str(seen), &what), -ENOENT); /* too late */
}

static void what_nobody_answered_is_a_missed_call(void **state)
{
	struct fixture *f = *state;
	const struct got *g;

	subscribe(f, "/201/a");
	pusher_open(f, NULL);
	ring(f);
	got(f, 0);
	until(f, f->pushed == 1);
	push_cancel(f->pusher, CALL, PHONE, "no_answer", "");
	g = got(f, 1);
	assert_string_equal(g->body,
			    "{\"type\":\"missed\",\"call\":\"77\",\"device\":\"1000000001\","
			    "\"from\":\"Front \\\"door\\\"\",\"at\":1700000000000,"
			    "\"language\":\"cs\"}");
	assert_string_equal(g->ttl, "43200");
	assert_string_equal(g->urgency, "normal");
	const struct push_call call = call_of(f);
	push_missed(f->pusher, &call); /* of one that was not rung, too */
	assert_string_equal(got(f, 2)->body, g->body);
}

static void a_test_that_nobody_answered_is_taken_back(void **state)
{
	struct fixture *f = *state;
	struct push_call call = call_of(f);

	call.test = true;
	call.camera = false;
	subscribe(f, "/201/a");
	pusher_open(f, NULL);
	push_ring(f->pusher, &call);
	assert_non_null(strstr(got(f, 0)->body, "\"switch\":\"Gate\",\"test\":true}"));
	until(f, f->pushed == 1);
	push_cancel(f->pusher, CALL, PHONE, "no_answer", "");
	assert_string_equal(got(f, 1)->body,
			    "{\"type\":\"cancel\",\"call\":\"77\",\"device\":\"1000000001\","
			    "\"why\":\"no_answer\"}");
}

static void a_subscription_that_is_gone_is_forgotten(void **state)
{
	const struct push_place phone = { 0, PHONE };
	struct fixture *f = *state;
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1 << 20);
	struct push_place place = phone;
	struct push_row *rows;
	size_t n = 1;

	place.site_id = f->site;
	subscribe(f, "/410/a");
	subscribe(f, "/404/b");
	pusher_open(f, NULL);
	ring(f);
	until(f, f->nobody == 1);
	assert_int_equal(f->pushed, 0);
	assert_int_equal(push_list(f->db, place, &arena, &rows, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(pusher_stats(f->pusher).gone, 2);
}

static void nobody_is_told_at_once(void **state)
{
	struct fixture *f = *state;

	pusher_open(f, NULL);
	ring(f);
	until(f, f->nobody == 1 && f->pushed == 0);
	until(f, pusher_stats(f->pusher).rings == 0);
}

static void a_busy_service_is_left_alone_for_as_long_as_it_says(void **state)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1 << 20);
	struct fixture *f = *state;
	struct push_row *rows;
	size_t n;

	subscribe(f, "/429/a");
	subscribe(f, "/201/b");
	pusher_open(f, NULL);
	ring(f);
	got(f, 1);
	until(f, pusher_stats(f->pusher).failed == 1 && f->pushed == 1);
	for (int i = 0; i < 3; i++) {
		const size_t had = f->ngots;

		pass_ms(f, PUSH_REPEAT_MS);
		assert_string_equal(got(f, had)->path, "/201/b");
	}
	assert_int_equal(push_list(f->db, (struct push_place){ f->site, PHONE }, &arena, &rows, &n),
			 0);
	assert_int_equal(n, 2);
	assert_true(rows[0].failures == 1 && rows[0].retry_at >= NOW + 60000);
}

static void a_redirect_is_not_followed(void **state)
{
	struct fixture *f = *state;

	subscribe(f, "/302/a");
	pusher_open(f, NULL);
	ring(f);
	got(f, 0);
	until(f, pusher_stats(f->pusher).failed == 1);
	assert_int_equal(f->ngots, 1);
}

static void what_is_refused_ten_times_is_forgotten(void **state)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1 << 20);
	struct fixture *f = *state;
	struct push_call call = call_of(f);
	struct push_row *rows;
	size_t n;

	subscribe(f, "/403/a");
	pusher_open(f, NULL);
	for (unsigned i = 0; i < PUSH_REFUSALS_MAX; i++) {
		call.until = NOW + (i + 1) * INT64_C(1000000);
		push_ring(f->pusher, &call);
		got(f, i);
		until(f, f->nobody == i + 1);
		push_cancel(f->pusher, CALL, PHONE, "declined", "");
		until(f, pusher_stats(f->pusher).rings == 0);
		pass_ms(f, PUSH_PAUSE_MAX_MS);
	}
	assert_int_equal(f->ngots, PUSH_REFUSALS_MAX);
	assert_int_equal(push_list(f->db, (struct push_place){ f->site, PHONE }, &arena, &rows, &n),
			 0);
	assert_int_equal(n, 0);
}

static void register_phone(struct fixture *f, const char *contact)
{
	const struct binding_row row = { .device = PHONE,
					 .contact = view_str(contact),
					 .call_id = VIEW("c"),
					 .cseq = 1,
					 .q = 1000,
					 .expires_at = NOW + 3600000,
					 .transport = VIEW("tcp"),
					 .address = VIEW("127.0.0.1:5060") };

	assert_int_equal(binding_replace(f->db, NOW, PHONE, &row, 1), 0);
}

static void a_sip_phone_is_woken_through_the_gateway(void **state)
{
	struct fixture *f = *state;
	const struct got *g;
	char gateway[128];
	size_t n;

	register_phone(f, "sip:1000000001@10.0.0.1;pn-provider=apns;pn-prid=a%3Ab;pn-param=T.app");
	snprintf(gateway, sizeof(gateway), "%s/200/gateway", f->base);
	pusher_open(f, gateway);
	ring(f);
	g = got(f, 0);
	assert_string_equal(g->body,
			    "{\"type\":\"ring\",\"provider\":\"apns\",\"prid\":\"a:b\","
			    "\"param\":\"T.app\",\"device\":\"1000000001\",\"call\":\"77\","
			    "\"from\":{\"device\":\"1000000002\",\"name\":\"Front \\\"door\\\"\"},"
			    "\"at\":1700000000000,\"until\":1700000060000}");
	assert_string_equal(g->authorization, "Bearer secret");
	until(f, f->pushed == 1);
	pass_ms(f, PUSH_REPEAT_MS);
	got(f, 1);
	until(f, pusher_stats(f->pusher).sent == 2);
	push_awake(f->pusher, PHONE); /* it registered */
	until(f, pusher_stats(f->pusher).waiting == 0);
	n = f->ngots;
	pass_ms(f, 2 * PUSH_REPEAT_MS);
	push_cancel(f->pusher, CALL, PHONE, "answered_elsewhere", "");
	g = got(f, n);
	assert_non_null(strstr(g->body, "\"type\":\"cancel\""));
	assert_non_null(strstr(g->body, "\"why\":\"answered_elsewhere\""));
}

static void a_sip_phone_is_woken_before_its_binding_ends(void **state)
{
	struct fixture *f = *state;
	char gateway[128];

	snprintf(gateway, sizeof(gateway), "%s/200/gateway", f->base);
	pusher_open(f, gateway);
	push_refresh(f->pusher, PHONE, "sip:a@10.0.0.1;pn-provider=fcm;pn-prid=ab");
	assert_string_equal(got(f, 0)->body, "{\"type\":\"refresh\",\"provider\":\"fcm\","
					     "\"prid\":\"ab\",\"param\":\"\","
					     "\"device\":\"1000000001\"}");
	until(f, pusher_stats(f->pusher).sent == 1 && f->pushed + f->nobody == 0);
}

static void without_a_gateway_a_sip_phone_sleeps_on(void **state)
{
	struct fixture *f = *state;

	register_phone(f, "sip:1000000001@10.0.0.1;pn-provider=apns;pn-prid=ab");
	pusher_open(f, NULL);
	ring(f);
	until(f, f->nobody == 1);
}

static void pusher_open_strict(struct fixture *f)
{
	struct pusher_conf conf = { .db_url = f->url,
				    .clock = &f->clock,
				    .rand = rand_system(),
				    .contact = "",
				    .pushed = on_pushed,
				    .arg = f };
	struct err err = {};

	assert_int_equal(webpush_pair_make(rand_system(), &conf.key), 0);
	assert_int_equal(pusher_start(&conf, &err, &f->pusher), 0);
}

/* Strangers name the address: without the setting nothing is even connected to here. */
static void nothing_goes_to_where_it_must_not(void **state)
{
	struct fixture *f = *state;
	const int port = atoi(strrchr(f->base, ':') + 1);

	subscribe(f, "/201/a");
	snprintf(f->base, sizeof(f->base), "https://127.0.0.1:%d", port);
	subscribe(f, "/201/b");
	snprintf(f->base, sizeof(f->base), "https://localhost:%d", port);
	subscribe(f, "/201/c");
	pusher_open_strict(f);
	ring(f);
	until(f, pusher_stats(f->pusher).failed == 3);
	assert_int_equal(f->connections, 0);
}

static void a_file_of_certificates_must_be_there(void **)
{
	struct post *post = NULL;
	struct err err = {};

	assert_int_equal(post_open(&(struct post_conf){}, &err, &post), 0);
	post_close(post);
	assert_int_equal(post_open(&(struct post_conf){ .ca_file = "/nowhere" }, &err, &post),
			 -ENOENT);
}

static void answers_are_judged(void **)
{
	static const struct {
		long code;
		enum push_fate fate;
	} table[] = {
		{ 0, PUSH_BUSY },      { 200, PUSH_TOOK },    { 201, PUSH_TOOK },
		{ 202, PUSH_TOOK },    { 302, PUSH_BUSY },    { 308, PUSH_BUSY },
		{ 400, PUSH_REFUSED }, { 401, PUSH_REFUSED }, { 403, PUSH_REFUSED },
		{ 404, PUSH_GONE },    { 408, PUSH_BUSY },    { 410, PUSH_GONE },
		{ 413, PUSH_REFUSED }, { 429, PUSH_BUSY },    { 500, PUSH_BUSY },
		{ 503, PUSH_BUSY },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		assert_int_equal(push_judge(table[i].code), table[i].fate);
	assert_int_equal(push_pause_ms(0, 0), 1000);
	assert_int_equal(push_pause_ms(3, 0), 8000);
	assert_int_equal(push_pause_ms(INT64_MAX, 0), PUSH_PAUSE_MAX_MS);
	assert_int_equal(push_pause_ms(3, 120), 120000);
}

static void tokens_are_for_one_use_of_one_kind(void **)
{
	const struct push_token what = { PUSH_TOKEN_OPEN, 7, 8, 9, 1, NOW };
	char text[PUSH_TOKEN_DIGITS + 1], other[PUSH_TOKEN_DIGITS + 1];
	struct push_tokens *t;
	struct push_token got;

	assert_int_equal(push_tokens_new(&t), 0);
	assert_int_equal(push_tokens_issue(t, rand_system(), &what, text), 0);
	assert_int_equal(push_tokens_issue(t, rand_system(), &what, other), 0);
	assert_int_equal(push_tokens_take(t, PUSH_TOKEN_SEEN, view_str(text), NOW - 1, &got),
			 -ENOENT);
	assert_int_equal(push_tokens_take(t, PUSH_TOKEN_OPEN, view_str(text), NOW - 1, &got), 0);
	assert_true(got.call_id == 7 && got.device == 8 && got.subscription == 9);
	assert_int_equal(push_tokens_take(t, PUSH_TOKEN_OPEN, view_str(text), NOW - 1, &got),
			 -ENOENT);
	assert_int_equal(push_tokens_take(t, PUSH_TOKEN_OPEN, view_str(other), NOW, &got), -ENOENT);
	assert_int_equal(push_tokens_count(t), 0);
	for (size_t i = 0; i < PUSH_TOKENS_MAX; i++)
		assert_int_equal(push_tokens_issue(t, rand_system(), &what, text), 0);
	assert_int_equal(push_tokens_issue(t, rand_system(), &what, other), -ENOSPC);
	assert_string_equal(other, "");
	push_tokens_drop(t, text);
	push_tokens_drop(t, "");
	assert_int_equal(push_tokens_count(t), PUSH_TOKENS_MAX - 1);
	push_tokens_free(t);
}

#define WITH_SERVICE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SERVICE(a_ring_goes_out_at_once),
		WITH_SERVICE(it_is_repeated_until_it_is_shown),
		WITH_SERVICE(its_end_is_told_and_ends_its_tokens),
		WITH_SERVICE(its_end_ends_its_tokens_at_once),
		WITH_SERVICE(a_token_opens_once_while_it_rings),
		WITH_SERVICE(what_nobody_answered_is_a_missed_call),
		WITH_SERVICE(a_test_that_nobody_answered_is_taken_back),
		WITH_SERVICE(a_subscription_that_is_gone_is_forgotten),
		WITH_SERVICE(nobody_is_told_at_once),
		WITH_SERVICE(a_busy_service_is_left_alone_for_as_long_as_it_says),
		WITH_SERVICE(a_redirect_is_not_followed),
		WITH_SERVICE(what_is_refused_ten_times_is_forgotten),
		WITH_SERVICE(a_sip_phone_is_woken_through_the_gateway),
		WITH_SERVICE(a_sip_phone_is_woken_before_its_binding_ends),
		WITH_SERVICE(without_a_gateway_a_sip_phone_sleeps_on),
		WITH_SERVICE(nothing_goes_to_where_it_must_not),
		cmocka_unit_test(a_file_of_certificates_must_be_there),
		cmocka_unit_test(answers_are_judged),
		cmocka_unit_test(tokens_are_for_one_use_of_one_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
