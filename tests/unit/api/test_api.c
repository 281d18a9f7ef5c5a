/* The whole face on a loopback socket: HTTP server, workers, database, feed and live pages. */
#include "api/api.h"
#include "../test.h"

#include "base/buf.h"
#include "store/migrate.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

enum { ANSWER_MAX = 256 * 1024, WAIT_S = 20 };
#define PASSWORD "correct horse battery"

struct fixture {
	char folder[64], url[96], page[96];
	struct loop *loop;
	struct workers *workers;
	struct feed *feed;
	struct live *live;
	struct api *api;
	pthread_t thread;
	char cookie[128];
	char text[ANSWER_MAX + 1]; /* the last answer */
};

static void must(int rc, const struct err *err)
{
	if (rc < 0)
		fail_msg("%s: %s", strerror(-rc), err->text);
}

static void *run(void *loop)
{
	loop_run(loop);
	return NULL;
}

static void numbers(void *, struct metrics *m)
{
	metrics_one(m, "vestibule_calls", METRIC_GAUGE, "Calls that stand", 7);
}

static void folder_make(struct fixture *f)
{
	FILE *to;

	strcpy(f->folder, "/tmp/vestibule-api.XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->url, sizeof(f->url), "sqlite:%s/db", f->folder);
	snprintf(f->page, sizeof(f->page), "%s/web/index.html", f->folder);
	*strrchr(f->page, '/') = '\0';
	assert_int_equal(mkdir(f->page, 0700), 0);
	f->page[strlen(f->page)] = '/';
	to = fopen(f->page, "we");
	assert_non_null(to);
	fputs("<!doctype html>portal", to);
	fclose(to);
}

static void db_make(struct fixture *f)
{
	struct err err = {};
	struct db *db;

	must(db_open(f->url, &err, &db), &err);
	must(migrate_up(db, 1, &err), &err);
	db_close(db);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct err err = {};
	char web[96];

	assert_non_null(f);
	folder_make(f);
	db_make(f);
	snprintf(web, sizeof(web), "%s/web", f->folder);
	const struct workers_conf workers = { { 2, 1, 1 }, api_worker_open, api_worker_close, f->url };
	must(loop_new(clock_system(), &f->loop), &err);
	must(workers_start(&workers, &err, &f->workers), &err);
	must(feed_new(f->url, clock_system(), &err, &f->feed), &err);
	must(live_new(f->feed, &f->live), &err);
	must(feed_start(f->feed), &err);
	const struct api_conf conf = {
		.loop = f->loop, .workers = f->workers, .listen = "127.0.0.1:0",
		.clock = clock_system(), .rand = rand_system(), .feed = f->feed, .live = f->live,
		.realm = "vestibule", .registrar = "127.0.0.1:5060", .version = "1.2.3",
		.setup_token = "one-time", .web_root = web,
	};
	must(api_start(&conf, &err, &f->api), &err);
	must(api_metrics_add(f->api, numbers, NULL), &err);
	assert_int_equal(pthread_create(&f->thread, NULL, run, f->loop), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	static const char *const files[] = { "db", "db-wal", "db-shm" };
	struct fixture *f = *state;
	char path[128];

	loop_stop(f->loop);
	pthread_join(f->thread, NULL);
	workers_stop(f->workers);
	api_free(f->api);
	feed_free(f->feed);
	loop_free(f->loop);
	live_free(f->live);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", f->folder, files[i]);
		unlink(path);
	}
	unlink(f->page);
	*strrchr(f->page, '/') = '\0';
	rmdir(f->page);
	rmdir(f->folder);
	free(f);
	return 0;
}

/* A connection that sent `text`. */
static int connect_and_send(struct fixture *f, const char *text)
{
	const struct timeval wait = { .tv_sec = WAIT_S };
	const struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(api_port(f->api)),
					.sin_addr = { htonl(INADDR_LOOPBACK) } };
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
	return fd;
}

static unsigned status_of(const char *text)
{
	assert_memory_equal(text, "HTTP/1.1 ", 9);
	return (unsigned)strtoul(text + 9, NULL, 10);
}

/* fields: further lines of the head, each with its CRLF. */
static unsigned call(struct fixture *f, const char *method, const char *path, const char *fields,
		     const char *body)
{
	struct buf out = BUF_INIT(64 * 1024);
	size_t n = 0;
	ssize_t got;
	int fd;

	buf_printf(&out, "%s %s HTTP/1.1\r\nHost: door.test\r\nConnection: close\r\n%s", method, path,
		   fields);
	if (f->cookie[0])
		buf_printf(&out, "Cookie: %s\r\n", f->cookie);
	if (body)
		buf_printf(&out, "Content-Type: application/json\r\nContent-Length: %zu\r\n",
			   strlen(body));
	buf_printf(&out, "\r\n%s", body ? body : "");
	fd = connect_and_send(f, buf_cstr(&out));
	buf_free(&out);
	while (n < ANSWER_MAX && (got = recv(fd, f->text + n, ANSWER_MAX - n, 0)) > 0)
		n += (size_t)got;
	f->text[n] = '\0';
	close(fd);
	return status_of(f->text);
}

static bool says(const struct fixture *f, const char *part)
{
	return strcasestr(f->text, part) != NULL;
}

static void sign_in(struct fixture *f)
{
	const char *cookie;

	assert_int_equal(call(f, "POST", "/api/v1/setup", "",
			      "{\"token\":\"one-time\",\"email\":\"a@example.com\",\"password\":\"" PASSWORD
			      "\",\"name\":\"A\"}"), 204);
	assert_int_equal(call(f, "POST", "/api/v1/session", "",
			      "{\"email\":\"a@example.com\",\"password\":\"" PASSWORD "\"}"), 201);
	cookie = strcasestr(f->text, "Set-Cookie: ");
	assert_non_null(cookie);
	cookie += strlen("Set-Cookie: ");
	snprintf(f->cookie, sizeof(f->cookie), "%.*s", (int)strcspn(cookie, ";"), cookie);
}

/* Returns the id of a new site. */
static long long site_make(struct fixture *f, const char *name)
{
	char body[256];

	snprintf(body, sizeof(body), "{\"name\":\"%s\",\"type\":\"commercial\",\"zone\":\"UTC\","
		 "\"language\":\"en\"}", name);
	assert_int_equal(call(f, "POST", "/api/v1/sites", "", body), 201);
	return strtoll(strstr(f->text, "\"id\":\"") + 6, NULL, 10);
}

static void signs_in_makes_a_site_and_signs_out(void **state)
{
	struct fixture *f = *state;
	char path[64];

	assert_int_equal(call(f, "GET", "/api/v1/sites", "", NULL), 401);
	sign_in(f);
	snprintf(path, sizeof(path), "/api/v1/sites/%lld", site_make(f, "House"));
	assert_int_equal(call(f, "GET", path, "", NULL), 200);
	assert_true(says(f, "{\"id\":\"1\",\"name\":\"House\""));
	assert_int_equal(call(f, "HEAD", path, "", NULL), 200);
	assert_false(says(f, "House"));
	assert_int_equal(call(f, "DELETE", path, "Origin: https://evil.test\r\n", NULL), 403);
	assert_int_equal(call(f, "DELETE", path, "Origin: http://door.test\r\n", NULL), 204);
	assert_int_equal(call(f, "DELETE", "/api/v1/session", "", NULL), 204);
	assert_int_equal(call(f, "GET", "/api/v1/sites", "", NULL), 401);
}

static void says_what_is_wrong_with_a_request(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(call(f, "GET", "/api/v1/nothing", "", NULL), 404);
	assert_true(says(f, "Content-Type: application/problem+json"));
	assert_true(says(f, "\"title\":\"Not Found\",\"status\":404"));
	assert_int_equal(call(f, "GET", "/api/v2/sites", "", NULL), 404);
	assert_int_equal(call(f, "PATCH", "/api/v1/sites", "", "{}"), 405);
	assert_true(says(f, "\r\nAllow: GET, POST\r\n"));
	assert_int_equal(call(f, "POST", "/api/v1/session", "", "{\"email\":\"a\"}"), 422);
	assert_true(says(f, "\"field\":\"password\""));
}

static void every_answer_has_its_guards(void **state)
{
	static const char *const paths[] = { "/api/v1/sites", "/api/v1/nothing", "/healthz", "/metrics",
					     "/", "/missing.js" };
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		call(f, "GET", paths[i], "", NULL);
		assert_true(says(f, "\r\nX-Content-Type-Options: nosniff\r\n"));
		assert_true(says(f, "frame-ancestors 'none'"));
		assert_true(says(f, "\r\nReferrer-Policy: "));
	}
}

static void health_numbers_and_pages(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(call(f, "GET", "/healthz", "", NULL), 200);
	assert_int_equal(call(f, "GET", "/metrics", "", NULL), 200);
	assert_true(says(f, "# TYPE vestibule_http_answers_total counter\n"));
	assert_true(says(f, "vestibule_http_answers_total{code=\"2xx\"} 1\n"));
	assert_true(says(f, "# TYPE vestibule_calls gauge\nvestibule_calls 7\n"));
	assert_int_equal(call(f, "GET", "/sites/1/devices", "", NULL), 200);
	assert_true(says(f, "<!doctype html>portal"));
	assert_int_equal(call(f, "GET", "/assets/x.js", "", NULL), 404);
	assert_int_equal(call(f, "GET", "/api/v1/openapi.json", "", NULL), 200);
	assert_true(says(f, "\"version\":\"1.2.3\""));
}

/* ---- live pages ---- */

static int live_ask(struct fixture *f, const char *query, const char *fields)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 "GET /api/v1/live?%s HTTP/1.1\r\nHost: door.test\r\nConnection: Upgrade\r\n"
		 "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
		 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nCookie: %s\r\n%s\r\n",
		 query, f->cookie, fields);
	return connect_and_send(f, text);
}

static void read_exactly(int fd, void *to, size_t n)
{
	assert_int_equal(recv(fd, to, n, MSG_WAITALL), n);
}

/* The head of the answer, up to its empty line. */
static unsigned read_head(struct fixture *f, int fd)
{
	size_t n = 0;

	do {
		read_exactly(fd, f->text + n, 1);
		f->text[++n] = '\0';
	} while (n < 4 || memcmp(f->text + n - 4, "\r\n\r\n", 4) != 0);
	return status_of(f->text);
}

/* The next text message of the server. */
static const char *read_event(struct fixture *f, int fd)
{
	unsigned char head[2], longer[2];
	size_t n;

	read_exactly(fd, head, 2);
	assert_int_equal(head[0], 0x81);
	n = head[1];
	if (n == 126) {
		read_exactly(fd, longer, 2);
		n = (size_t)longer[0] << 8 | longer[1];
	}
	assert_true(n < ANSWER_MAX);
	read_exactly(fd, f->text, n);
	f->text[n] = '\0';
	return f->text;
}

static int live_open(struct fixture *f, long long site, const char *cursor)
{
	char query[128];
	int fd;

	snprintf(query, sizeof(query), "site=%lld%s%s", site, cursor ? "&cursor=" : "",
		 cursor ? cursor : "");
	fd = live_ask(f, query, "Origin: http://door.test\r\n");
	assert_int_equal(read_head(f, fd), 101);
	return fd;
}

static void live_pages_hear_of_their_site_and_resume(void **state)
{
	struct fixture *f = *state;
	char path[64], cursor[32];
	long long site, other;
	int fd;

	sign_in(f);
	site = site_make(f, "House");
	other = site_make(f, "Other");
	fd = live_open(f, site, NULL);
	assert_non_null(strstr(read_event(f, fd), "\"type\":\"reset\""));
	snprintf(cursor, sizeof(cursor), "%s", strstr(f->text, "\"cursor\":\"") + 10);
	*strchr(cursor, '"') = '\0';
	snprintf(path, sizeof(path), "/api/v1/sites/%lld/apartments", other);
	assert_int_equal(call(f, "POST", path, "", "{\"number\":\"1\"}"), 201);
	snprintf(path, sizeof(path), "/api/v1/sites/%lld/apartments", site);
	assert_int_equal(call(f, "POST", path, "", "{\"number\":\"1\"}"), 201);
	assert_non_null(strstr(read_event(f, fd), "\"type\":\"apartment\",\"site\":\"1\",\"id\":\"2\""));
	close(fd);
	assert_int_equal(call(f, "POST", path, "", "{\"number\":\"2\"}"), 201);
	fd = live_open(f, site, cursor);
	assert_non_null(strstr(read_event(f, fd), "\"id\":\"2\""));
	assert_non_null(strstr(read_event(f, fd), "\"id\":\"3\""));
	close(fd);
	live_open(f, site, NULL); /* left open for the teardown */
}

static void live_pages_are_for_those_who_may(void **state)
{
	struct fixture *f = *state;
	int fd;

	sign_in(f);
	site_make(f, "House");
	fd = live_ask(f, "site=1", "Origin: http://evil.test\r\n");
	assert_int_equal(read_head(f, fd), 403);
	close(fd);
	fd = live_ask(f, "site=2", "");
	assert_int_equal(read_head(f, fd), 404);
	close(fd);
	f->cookie[strlen(f->cookie) - 1] ^= 1;
	fd = live_ask(f, "site=1", "");
	assert_int_equal(read_head(f, fd), 401);
	close(fd);
	f->cookie[strlen(f->cookie) - 1] ^= 1;
	assert_int_equal(call(f, "GET", "/api/v1/live?site=1", "", NULL), 426);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
		TEST(signs_in_makes_a_site_and_signs_out),
		TEST(says_what_is_wrong_with_a_request),
		TEST(every_answer_has_its_guards),
		TEST(health_numbers_and_pages),
		TEST(live_pages_hear_of_their_site_and_resume),
		TEST(live_pages_are_for_those_who_may),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
