/* office/post.h - HTTP POSTs to addresses that others gave us, many at once, through libcurl.
 *
 * Whoever signs in may give an address, so it is a stranger's: https only, no redirects, nothing
 * from the environment, and no address of this host or of a private network, looked at when the
 * connection is made, so that no name can turn into one meanwhile. Every wait has an end, and of an
 * answer only its code is of use.
 *
 * Belongs to one thread; post_wake alone may come from another. */
#pragma once
#include "base/addr.h"
#include "base/buf.h"
#include "base/err.h"

enum {
	POST_CONNECT_MS = 4000,      /* name, TCP and TLS */
	POST_MS = 10000,             /* the whole of it */
	POST_ANSWER_MAX = 16 * 1024, /* bytes of an answer that are taken, and of its headers */
	POSTS_MAX = 4096,            /* on their way and waiting for a connection */
	POST_CONNECTIONS_MAX = 128,
	POST_CONNECTIONS_PER_HOST = 8,
	POST_HEADERS_MAX = 8,
	POST_RETRY_MAX_S = 3600, /* that an answer may tell us to wait */
};

struct post_conf {
	const char *ca_file; /* certificates to trust instead of the system's; NULL: the system's */
	bool private; /* any address will do, and http:// where it is this host's: for tests, and
		       * for a push service of one's own */
};

struct post_ask {
	const char *url;
	const char *const *headers; /* "Name: value", NULL at the end; POST_HEADERS_MAX */
	struct view body;
	bool trusted; /* the operator gave the address: it may be anywhere, and http:// */
};

struct post_result {
	long code;         /* of the answer; 0: there was none */
	int64_t retry_s;   /* what Retry-After says; 0: nothing */
	const char *cause; /* in libcurl's words, without addresses; "" with an answer */
};

typedef void post_done_fn(void *arg, const struct post_result *result);

struct post;

[[nodiscard]] int post_open(const struct post_conf *conf, struct err *err, struct post **ret_post);
/* `done` of what is on its way is not called any more. NULL is fine. */
void post_close(struct post *p);
/* Everything is copied. `done` is called once, from within post_run. -EAGAIN at POSTS_MAX; -ENOMEM;
 * -EINVAL: no such address can be posted to. */
[[nodiscard]] int post_send(struct post *p, const struct post_ask *ask, post_done_fn *done,
			    void *arg);
/* Goes on with what is on its way; waits until something is ready, for wait_us at most (-1: no
 * end), or until it is woken. */
void post_run(struct post *p, int64_t wait_us);
/* Any thread. */
void post_wake(struct post *p);
