/* sim/web.h - a small HTTP/1.1 server on libre's loop and TCP: whole requests in, whole answers
 * out.
 *
 * Belongs to the loop's thread. libre's own server has no limit of connections and gives each ten
 * minutes and half a megabyte; this one must not be able to starve the door's telephone. */
#pragma once
#include <re.h>
#include "web_head.h"

enum {
	WEB_CONNS_MAX = 64,
	WEB_REQUEST_S = 10, /* for one request to come in whole */
	WEB_IDLE_S = 60,    /* between two requests */
	WEB_LINGER_S = 2,   /* for the peer to read the last answer */
	WEB_REPLY_MAX = 512 * 1024,
};

struct web;
struct web_conn; /* counted: mem_ref and mem_deref */

struct web_request { /* until the handler returns */
	struct web_head head;
	struct view body;
};

/* Answers with web_reply, at once or later: whoever answers later keeps a reference to conn. */
typedef void web_handle_fn(struct web_conn *conn, const struct web_request *request, void *arg);
/* The peer has gone before it was answered. */
typedef void web_gone_fn(void *arg);

/* 0 or a positive errno. */
[[nodiscard]] int web_open(const struct sa *at, web_handle_fn *handle, void *arg,
			   struct web **ret_web);
void web_close(struct web *w);
/* Where it listens: useful when the port was 0. */
int web_address(const struct web *w, struct sa *ret_sa);
/* Once for each request; nothing happens when the peer has gone. */
void web_reply(struct web_conn *conn, unsigned status, const char *type, struct view body);
/* Until the answer; NULL forgets it. */
void web_on_gone(struct web_conn *conn, web_gone_fn *gone, void *arg);
