/* Handles of one multi handle against a server of the test's own, on the same thread. */
#include "io/outside.h"
#include "../test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WAIT_MS = 5000, URL_MAX = 64, ROOM = 2048 };

/* One visit, and what became of it. */
struct visit {
	struct outside outside;
	bool fine, ended; /* fine: any address will do */
	CURLcode code;
	CURL *curl;
};

struct world {
	int listening, peer;
	char url[URL_MAX];
	CURLM *multi;
	unsigned connections, requests;
	const char *answer;
};

static bool may_connect(const struct outside *outside, const struct addr *to)
{
	const struct visit *v = (const struct visit *)(const void *)outside;

	assert_true(addr_is_loopback(to));
	return v->fine;
}

static void on_ended(void *private, CURLcode code)
{
	struct visit *v = private;

	v->ended = true;
	v->code = code;
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct addr at;

	if (addr_parse("127.0.0.1:0", &at) < 0)
		return -1;
	w->listening = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	w->peer = -1;
	w->answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	*state = w;
	if (bind(w->listening, &at.sa, at.len) < 0 || listen(w->listening, 1) < 0 ||
	    getsockname(w->listening, &at.sa, &at.len) < 0)
		return -1;
	snprintf(w->url, sizeof(w->url), "http://127.0.0.1:%u/", addr_port(&at));
	w->multi = curl_multi_init();
	return w->multi ? 0 : -1;
}

static int teardown(void **state)
{
	struct world *w = *state;

	curl_multi_cleanup(w->multi);
	close(w->listening);
	if (w->peer >= 0)
		close(w->peer);
	free(w);
	return 0;
}

/* One connection at a time; a request comes whole. */
static void serve(struct world *w)
{
	char bytes[ROOM];
	const int fd = accept4(w->listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0) {
		if (w->peer >= 0)
			close(w->peer);
		w->peer = fd;
		w->connections++;
	}
	if (w->peer >= 0 && recv(w->peer, bytes, sizeof(bytes), 0) > 0) {
		w->requests++;
		assert_true(send(w->peer, w->answer, strlen(w->answer), MSG_NOSIGNAL) > 0);
	}
}

static CURLcode visit(struct world *w, bool fine, const char *schemes)
{
	struct visit v = { .outside = { may_connect, schemes, WAIT_MS, WAIT_MS },
			   .fine = fine,
			   .curl = curl_easy_init() };
	int running;

	assert_int_equal(curl_easy_setopt(v.curl, CURLOPT_URL, w->url), CURLE_OK);
	assert_int_equal(curl_easy_setopt(v.curl, CURLOPT_PRIVATE, &v), CURLE_OK);
	assert_int_equal(outside_set(v.curl, &v.outside), CURLE_OK);
	assert_int_equal(curl_multi_add_handle(w->multi, v.curl), CURLM_OK);
	while (!v.ended) {
		curl_multi_perform(w->multi, &running);
		serve(w);
		if (outside_ended(w->multi, on_ended) == 0)
			curl_multi_poll(w->multi, NULL, 0, 1, NULL);
	}
	curl_multi_remove_handle(w->multi, v.curl);
	curl_easy_cleanup(v.curl);
	return v.code;
}

static void the_owner_says_where_to(void **state)
{
	struct world *w = *state;

	assert_int_equal(visit(w, false, "http"), CURLE_COULDNT_CONNECT);
	assert_int_equal(w->connections, 0);
	assert_int_equal(visit(w, true, "http"), CURLE_OK);
	assert_int_equal(visit(w, true, "http"), CURLE_OK);
	assert_int_equal(w->connections, 1); /* which is kept */
	assert_int_equal(w->requests, 2);
}

/* What was right for another owner does not count for this one. */
static void a_connection_that_is_there_is_asked_for_too(void **state)
{
	struct world *w = *state;

	assert_int_equal(visit(w, true, "http"), CURLE_OK);
	assert_int_not_equal(visit(w, false, "http"), CURLE_OK);
	assert_int_equal(w->requests, 1);
}

static void only_the_named_schemes_are_spoken(void **state)
{
	struct world *w = *state;

	assert_int_equal(visit(w, true, "https"), CURLE_UNSUPPORTED_PROTOCOL);
	assert_int_equal(w->connections, 0);
}

static void neither_redirects_nor_the_environment_lead_away(void **state)
{
	struct world *w = *state;

	assert_int_equal(setenv("http_proxy", "http://127.0.0.1:1/", 1), 0);
	w->answer = "HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n";
	assert_int_equal(visit(w, true, "http"), CURLE_OK);
	assert_int_equal(unsetenv("http_proxy"), 0);
	assert_int_equal(w->requests, 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_owner_says_where_to),
		T(a_connection_that_is_there_is_asked_for_too),
		T(only_the_named_schemes_are_spoken),
		T(neither_redirects_nor_the_environment_lead_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
