/* Connections of apps on real sockets and loops; the calls at their other end are the test's. */
#include "api/api.h"
#include "api/app_live.h"
#include "../test.h"

#include "api/secret.h"
#include "call/app.h"
#include "event/journal.h"
#include "store/account.h"
#include "store/company.h"
#include "store/device.h"
#include "store/member.h"
#include "store/migrate.h"
#include "store/store.h"
#include "base/token.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

enum { TEXT_MAX = 64 * 1024, WAIT_S = 30, TABLET = 1000000001, PHONE = 1000000002 };

#define NOW clock_wall_ms(clock_system())

/* ---- the calls ---- */

struct app_link {
	struct app_conf conf;
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t cond;
	struct app_link *link; /* the last that was opened */
	size_t opened, closed;
	size_t ndevices; /* of the last */
	int refuse;
	char heard[TEXT_MAX]; /* what was heard, by lines */
} calls = { .lock = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER };

int app_open(struct switchboard *sb, const struct app_conf *conf, struct app_link **ret_link)
{
	struct app_link *link = calloc(1, sizeof(*link));

	assert_ptr_equal(sb, &calls);
	assert_non_null(link);
	if (calls.refuse) {
		free(link);
		return calls.refuse;
	}
	link->conf = *conf;
	*ret_link = link;
	pthread_mutex_lock(&calls.lock);
	calls.link = link;
	calls.opened++;
	calls.ndevices = conf->ndevices;
	pthread_cond_broadcast(&calls.cond);
	pthread_mutex_unlock(&calls.lock);
	conf->send(conf->arg, VIEW("hello"));
	return 0;
}

void app_hear(struct app_link *link, struct view json)
{
	char echo[64];

	pthread_mutex_lock(&calls.lock);
	snprintf(calls.heard + strlen(calls.heard), sizeof(calls.heard) - strlen(calls.heard),
		 "%.*s\n", (int)json.n, json.p);
	pthread_mutex_unlock(&calls.lock);
	snprintf(echo, sizeof(echo), "echo %.*s", (int)json.n, json.p);
	link->conf.send(link->conf.arg, view_str(echo));
}

void app_close(struct app_link *link)
{
	if (!link)
		return;
	pthread_mutex_lock(&calls.lock);
	calls.closed++;
	calls.link = calls.link == link ? NULL : calls.link;
	pthread_cond_broadcast(&calls.cond);
	pthread_mutex_unlock(&calls.lock);
	free(link);
}

static void wait_for(const size_t *count, size_t want)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WAIT_S;
	pthread_mutex_lock(&calls.lock);
	while (*count < want)
		assert_int_equal(pthread_cond_timedwait(&calls.cond, &calls.lock, &until), 0);
	pthread_mutex_unlock(&calls.lock);
}

/* ---- the server ---- */

struct fixture {
	char folder[64], url[96], password[64];
	struct loop *web, *sip;
	struct workers *workers;
	struct feed *feed;
	struct live *live;
	struct journal *journal;
	struct api *api;
	struct db *db; /* the test's own */
	struct arena arena;
	pthread_t web_thread, sip_thread;
	int64_t site, person;
	char cookie[256];
	char text[TEXT_MAX + 1]; /* what was read last */
};

static void must(int rc, const struct err *err)
{
	if (rc < 0)
		fail_msg("%s: %s", strerror(-rc), err ? err->text : "");
}

static void *run(void *loop)
{
	loop_run(loop);
	return NULL;
}

static void device_make(struct fixture *f, int64_t number, const char *name, int64_t person)
{
	const struct secret_key key = {};
	struct credential made;

	must(credential_make(&key, rand_system(), number, "vestibule", &f->arena, &made), NULL);
	const struct device_secret_row secret = { number, made.sealed, made.ha1_md5,
						  made.ha1_sha256 };
	const struct device_row device = { .number = number,
					   .site_id = f->site,
					   .kind = VIEW("phone"),
					   .app = 1,
					   .person_id = person,
					   .name = view_str(name),
					   .apartment_id = DB_INT_NULL };
	must(device_create(f->db, NOW, &device, &secret), NULL);
	snprintf(f->password, sizeof(f->password), "%s", made.password.p);
}

/* A house with a tablet on the wall, and a person who is signed in by a token of zeros. */
static void fill(struct fixture *f)
{
	const struct person_row person = { .email = VIEW("a@example.com"),
					   .name = VIEW("A"),
					   .language = VIEW("en"),
					   .disabled_at = DB_INT_NULL };
	struct site_row site = { .name = VIEW("House"),
				 .type = VIEW("commercial"),
				 .zone = VIEW("UTC"),
				 .language = VIEW("en") };
	struct session_row session = { .expires_at = INT64_MAX };
	struct view hash;

	must(company_create(f->db, NOW, VIEW("One"), &site.company_id), NULL);
	must(site_create(f->db, NOW, &site, &f->site), NULL);
	must(person_create(f->db, NOW, &person, &f->person), NULL);
	must(member_add(f->db, NOW,
			&(struct member_edit){ f->site, f->person, VIEW(""), VIEW("") }),
	     NULL);
	session.person_id = f->person;
	session.created_at = session.seen_at = clock_wall_ms(clock_system());
	must(token_hash(VIEW("0000000000000000000000000000000000000000000000000000000000000000"),
			&f->arena, &hash),
	     NULL);
	must(session_create(f->db, hash, &session, VIEW(""), VIEW("")), NULL);
	device_make(f, TABLET, "Tablet", DB_INT_NULL);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct err err = {};
	struct db *db;

	assert_non_null(f);
	f->arena = ARENA_INIT(1 << 20);
	strcpy(f->folder, "/tmp/vestibule-app.XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->url, sizeof(f->url), "sqlite:%s/db", f->folder);
	must(db_open(f->url, &err, &db), &err);
	must(migrate_up(db, 1, &err), &err);
	db_close(db);
	must(store_open(f->url, &err, &f->db), &err);
	fill(f);
	const struct workers_conf workers = {
		{ 2, 1, 1 }, api_worker_open, api_worker_close, f->url
	};
	must(loop_new(clock_system(), &f->web), &err);
	must(loop_new(clock_system(), &f->sip), &err);
	must(workers_start(&workers, &err, &f->workers), &err);
	must(feed_new(f->url, clock_system(), &err, &f->feed), &err);
	must(live_new(f->feed, &f->live), &err);
	must(journal_start(f->url, clock_system(), f->feed, &err, &f->journal), &err);
	must(feed_start(f->feed), &err);
	const struct api_conf conf = {
		.loop = f->web,
		.sip = f->sip,
		.switchboard = (struct switchboard *)(void *)&calls,
		.journal = f->journal,
		.workers = f->workers,
		.listen = "127.0.0.1:0",
		.clock = clock_system(),
		.rand = rand_system(),
		.feed = f->feed,
		.live = f->live,
		.realm = "vestibule",
		.registrar = "127.0.0.1:5060",
		.version = "1.2.3",
	};
	must(api_start(&conf, &err, &f->api), &err);
	assert_int_equal(pthread_create(&f->web_thread, NULL, run, f->web), 0);
	assert_int_equal(pthread_create(&f->sip_thread, NULL, run, f->sip), 0);
	pthread_mutex_lock(&calls.lock);
	calls.opened = calls.closed = 0;
	calls.link = NULL;
	calls.refuse = 0;
	calls.heard[0] = '\0';
	pthread_mutex_unlock(&calls.lock);
	*state = f;
	return 0;
}

/* The order of main.c; whatever is connected or posted when it begins. */
static int teardown(void **state)
{
	static const char *const files[] = { "db", "db-wal", "db-shm" };
	struct fixture *f = *state;
	char path[128];

	loop_stop(f->web);
	pthread_join(f->web_thread, NULL);
	loop_stop(f->sip);
	pthread_join(f->sip_thread, NULL);
	workers_stop(f->workers);
	api_free(f->api);
	assert_int_equal(calls.closed, calls.opened);
	journal_stop(f->journal);
	feed_free(f->feed);
	loop_free(f->web);
	live_free(f->live);
	loop_free(f->sip);
	db_close(f->db);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", f->folder, files[i]);
		unlink(path);
	}
	rmdir(f->folder);
	arena_free(&f->arena);
	free(f);
	return 0;
}

/* ---- the page ---- */

static int connect_and_send(struct fixture *f, const char *text)
{
	const struct timeval wait = { .tv_sec = WAIT_S };
	const struct sockaddr_in to = { .sin_family = AF_INET,
					.sin_port = htons(api_port(f->api)),
					.sin_addr = { htonl(INADDR_LOOPBACK) } };
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
	return fd;
}

static void read_exactly(int fd, void *to, size_t n)
{
	assert_int_equal(recv(fd, to, n, MSG_WAITALL), n);
}

static unsigned read_head(struct fixture *f, int fd)
{
	size_t n = 0;

	do {
		read_exactly(fd, f->text + n, 1);
		f->text[++n] = '\0';
	} while (n < 4 || memcmp(f->text + n - 4, "\r\n\r\n", 4) != 0);
	return (unsigned)strtoul(f->text + strlen("HTTP/1.1 "), NULL, 10);
}

static void sign_in(struct fixture *f)
{
	char body[128], text[512];
	const char *cookie;
	int fd;

	snprintf(body, sizeof(body), "{\"device\":\"%d\",\"password\":\"%s\"}", TABLET,
		 f->password);
	snprintf(text, sizeof(text),
		 "POST /api/v1/app/session HTTP/1.1\r\nHost: door.test\r\nConnection: close\r\n"
		 "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
		 strlen(body), body);
	fd = connect_and_send(f, text);
	assert_int_equal(read_head(f, fd), 204);
	close(fd);
	cookie = strcasestr(f->text, "Set-Cookie: ");
	assert_non_null(cookie);
	cookie += strlen("Set-Cookie: ");
	snprintf(f->cookie, sizeof(f->cookie), "%.*s", (int)strcspn(cookie, ";"), cookie);
}

static void sign_in_person(struct fixture *f)
{
	strcpy(f->cookie,
	       "session=0000000000000000000000000000000000000000000000000000000000000000");
}

static int ask_live(struct fixture *f)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 "GET /api/v1/app/live HTTP/1.1\r\nHost: door.test\r\nConnection: Upgrade\r\n"
		 "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
		 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
		 "Origin: http://door.test\r\nCookie: %s\r\n\r\n",
		 f->cookie);
	return connect_and_send(f, text);
}

/* The next frame: its text, or of a close its code. */
static unsigned read_frame(struct fixture *f, int fd)
{
	unsigned char head[2];

	read_exactly(fd, head, 2);
	assert_true(head[1] < 126);
	read_exactly(fd, f->text, head[1]);
	f->text[head[1]] = '\0';
	if (head[0] == 0x81)
		return 0;
	assert_int_equal(head[0], 0x88);
	return (unsigned)(unsigned char)f->text[0] << 8 | (unsigned char)f->text[1];
}

static void assert_says(struct fixture *f, int fd, const char *text)
{
	assert_int_equal(read_frame(f, fd), 0);
	assert_string_equal(f->text, text);
}

static void assert_closes(struct fixture *f, int fd, unsigned code)
{
	unsigned have;

	while ((have = read_frame(f, fd)) == 0)
		;
	assert_int_equal(have, code);
}

static int open_live(struct fixture *f)
{
	const int fd = ask_live(f);

	assert_int_equal(read_head(f, fd), 101);
	assert_says(f, fd, "hello");
	return fd;
}

/* A short text frame with a mask of zeros. */
static void say(int fd, const char *text)
{
	const size_t n = strlen(text);
	unsigned char frame[6 + 125] = { 0x81, (unsigned char)(0x80 | n) };

	assert_true(n < 126);
	memcpy(frame + 6, text, n);
	assert_int_equal(send(fd, frame, 6 + n, MSG_NOSIGNAL), 6 + n);
}

/* Until the store says so. */
static void wait_online(struct fixture *f, int64_t number, bool online)
{
	struct device_row device;

	for (int i = 0; i < WAIT_S * 200; i++) {
		must(device_get(f->db, f->site, number, NOW, &f->arena, &device), NULL);
		if (device_is_online(&device) == online)
			return;
		arena_free(&f->arena);
		f->arena = ARENA_INIT(1 << 20);
		poll(NULL, 0, 5);
	}
	fail_msg("%lld is not %s", (long long)number, online ? "online" : "offline");
}

static void changed(struct fixture *f)
{
	feed_wake(f->feed);
}

/* ---- tests ---- */

static void messages_keep_their_order_both_ways(void **state)
{
	struct fixture *f = *state;
	char text[16], want[32];
	int fd;

	sign_in(f);
	fd = open_live(f);
	for (int i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "m%d", i);
		say(fd, text);
	}
	for (int i = 0; i < 100; i++) {
		snprintf(want, sizeof(want), "echo m%d", i);
		assert_says(f, fd, want);
	}
	close(fd);
	wait_for(&calls.closed, 1);
	assert_memory_equal(calls.heard, "m0\nm1\nm2\n", 9);
}

static void who_is_connected_is_on_record(void **state)
{
	struct fixture *f = *state;
	int one, two;

	sign_in(f);
	one = open_live(f);
	wait_online(f, TABLET, true);
	two = open_live(f);
	close(one);
	wait_for(&calls.closed, 1);
	wait_online(f, TABLET, true); /* the other page is there */
	close(two);
	wait_online(f, TABLET, false);
}

static void a_connection_ends_with_its_session(void **state)
{
	struct fixture *f = *state;
	struct device_secret_row secret = { TABLET, VIEW("x"), VIEW("x"), VIEW("x") };
	int fd;

	sign_in(f);
	fd = open_live(f);
	must(device_secret_set(f->db, NOW, f->site, &secret), NULL);
	changed(f);
	assert_closes(f, fd, 1008);
	close(fd);
	wait_for(&calls.closed, 1);
}

/* In another page of the browser. */
static void sign_out(struct fixture *f, const char *path)
{
	char text[512];
	int fd;

	snprintf(text, sizeof(text),
		 "DELETE %s HTTP/1.1\r\nHost: door.test\r\nConnection: close\r\nCookie: %s\r\n\r\n",
		 path, f->cookie);
	fd = connect_and_send(f, text);
	assert_int_equal(read_head(f, fd), 204);
	close(fd);
}

static void a_connection_ends_when_its_person_signs_out(void **state)
{
	struct fixture *f = *state;
	int fd;

	device_make(f, PHONE, "Phone", f->person);
	sign_in_person(f);
	fd = open_live(f);
	sign_out(f, "/api/v1/session");
	assert_closes(f, fd, 1008);
	close(fd);
}

static void a_connection_ends_when_its_device_signs_out(void **state)
{
	struct fixture *f = *state;
	int fd;

	sign_in(f);
	fd = open_live(f);
	sign_out(f, "/api/v1/app/session");
	assert_closes(f, fd, 1008);
	close(fd);
}

static void a_connection_ends_with_its_device(void **state)
{
	struct fixture *f = *state;
	int fd;

	sign_in(f);
	fd = open_live(f);
	must(device_delete(f->db, NOW, f->site, TABLET), NULL);
	changed(f);
	assert_closes(f, fd, 1008);
	close(fd);
}

static void a_connection_begins_anew_with_other_apps(void **state)
{
	struct fixture *f = *state;
	struct device_row device = { .number = PHONE,
				     .site_id = f->site,
				     .name = VIEW("Phone"),
				     .apartment_id = DB_INT_NULL,
				     .person_id = f->person };
	int fd;

	device_make(f, PHONE, "Phone", f->person);
	device_make(f, PHONE + 1, "Second", f->person);
	sign_in_person(f);
	fd = open_live(f);
	assert_int_equal(calls.ndevices, 2);
	device.name = VIEW("Renamed");
	must(device_edit(f->db, NOW, &device), NULL); /* is no other app */
	changed(f);
	say(fd, "still there");
	assert_says(f, fd, "echo still there");
	device.person_id = DB_INT_NULL;
	must(device_edit(f->db, NOW, &device), NULL);
	changed(f);
	assert_closes(f, fd, 1012);
	close(fd);
	fd = open_live(f);
	assert_int_equal(calls.ndevices, 1);
	device.person_id = f->person; /* as many as before, but not the same */
	must(device_edit(f->db, NOW, &device), NULL);
	must(device_delete(f->db, NOW, f->site, PHONE + 1), NULL);
	changed(f);
	assert_closes(f, fd, 1012);
	close(fd);
	fd = open_live(f);
	assert_int_equal(calls.ndevices, 1);
	must(member_remove(f->db, NOW, f->site, f->person), NULL);
	changed(f);
	assert_closes(f, fd, 1008);
	close(fd);
}

static void a_refused_link_closes_its_page(void **state)
{
	struct fixture *f = *state;
	int fd;

	calls.refuse = -ENOSPC;
	sign_in(f);
	fd = ask_live(f);
	assert_int_equal(read_head(f, fd), 101);
	assert_closes(f, fd, 1013);
	close(fd);
}

struct gate {
	sem_t reached, open;
};

static void gate_wait(void *arg)
{
	struct gate *gate = arg;

	sem_post(&gate->reached);
	sem_wait(&gate->open);
}

/* The loop does nothing until gate_open. */
static void gate_close(struct gate *gate, struct loop *loop)
{
	sem_init(&gate->reached, 0, 0);
	sem_init(&gate->open, 0, 0);
	must(loop_post(loop, gate_wait, gate), NULL);
	sem_wait(&gate->reached);
}

static void gate_open(struct gate *gate)
{
	sem_post(&gate->open);
}

static void send_many(void *arg)
{
	sem_t *done = arg;
	struct app_link *link = calls.link;

	for (int i = 0; i <= APP_WAY_MAX; i++)
		link->conf.send(link->conf.arg, VIEW("news"));
	sem_post(done);
}

static void who_does_not_keep_up_is_closed(void **state)
{
	struct fixture *f = *state;
	struct gate gate;
	sem_t done;
	int fd;

	sign_in(f);
	fd = open_live(f);
	sem_init(&done, 0, 0);
	gate_close(&gate, f->web);
	must(loop_post(f->sip, send_many, &done), NULL);
	sem_wait(&done);
	gate_open(&gate);
	for (int i = 0; i < APP_WAY_MAX; i++)
		assert_says(f, fd, "news");
	assert_closes(f, fd, 1013);
	close(fd);
}

static void who_says_too_much_is_closed(void **state)
{
	struct fixture *f = *state;
	struct gate gate;
	int fd;

	sign_in(f);
	fd = open_live(f);
	gate_close(&gate, f->sip);
	for (int i = 0; i <= APP_WAY_MAX; i++)
		say(fd, "m");
	assert_closes(f, fd, 1013);
	gate_open(&gate);
	close(fd);
	wait_for(&calls.closed, 1);
	assert_int_equal(strlen(calls.heard), 2 * APP_WAY_MAX);
}

/* What stands open, and what is posted and has not come, when the server ends: teardown. */
static void the_server_may_end_at_any_moment(void **state)
{
	struct fixture *f = *state;
	struct gate gate;
	int open, coming;

	sign_in(f);
	open = open_live(f);
	gate_close(&gate, f->sip);
	say(open, "unheard");
	coming = ask_live(f);
	assert_int_equal(read_head(f, coming), 101);
	loop_stop(f->sip);
	gate_open(&gate);
	close(coming);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(messages_keep_their_order_both_ways),
		T(who_is_connected_is_on_record),
		T(a_connection_ends_with_its_session),
		T(a_connection_ends_when_its_person_signs_out),
		T(a_connection_ends_when_its_device_signs_out),
		T(a_connection_ends_with_its_device),
		T(a_connection_begins_anew_with_other_apps),
		T(a_refused_link_closes_its_page),
		T(who_does_not_keep_up_is_closed),
		T(who_says_too_much_is_closed),
		T(the_server_may_end_at_any_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
