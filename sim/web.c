/* Invariants: 1. a connection is busy from the call of the handler until its answer, and only then
 * without a deadline; 2. a connection that is leaving reads nothing any more; 3. one that is closed
 * has no tc, is in no list and has no timer. */
#include "web.h"
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include "base/log.h"

struct web {
	struct tcp_sock *sock;
	struct list conns;
	web_handle_fn *handle;
	void *arg;
};

struct web_conn {
	struct le le;
	struct web *web;
	struct tcp_conn *tc;
	struct tmr deadline;
	struct buf in;
	bool busy, leaving;
	bool handling;  /* the handler is on the stack */
	bool last;      /* the answer ends the connection */
	bool continued; /* 100 was sent for the request that comes */
	bool head_only;
	web_gone_fn *gone;
	void *gone_arg;
};

static void conn_close(struct web_conn *conn)
{
	web_gone_fn *gone = conn->gone;

	if (!conn->tc)
		return;
	tmr_cancel(&conn->deadline);
	list_unlink(&conn->le);
	conn->tc = mem_deref(conn->tc);
	conn->gone = NULL;
	if (gone)
		gone(conn->gone_arg);
	mem_deref(conn);
}

static void conn_free(void *arg)
{
	struct web_conn *conn = arg;

	buf_free(&conn->in);
}

static void on_deadline(void *arg)
{
	conn_close(arg);
}

static void deadline(struct web_conn *conn, unsigned seconds)
{
	tmr_start(&conn->deadline, seconds * 1000ull, on_deadline, conn);
}

/* Sending */

static const char *reason(unsigned status)
{
	switch (status) {
	case 200:
		return "OK";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 413:
		return "Content Too Large";
	case 431:
		return "Request Header Fields Too Large";
	case 500:
		return "Internal Server Error";
	case 501:
		return "Not Implemented";
	case 505:
		return "HTTP Version Not Supported";
	default:
		return "Bad Request";
	}
}

static int send_bytes(struct web_conn *conn, struct view head, struct view body)
{
	struct mbuf *mb = mbuf_alloc(head.n + body.n);
	int err = mb ? mbuf_write_mem(mb, (const uint8_t *)head.p, head.n) : ENOMEM;

	if (!err && body.n)
		err = mbuf_write_mem(mb, (const uint8_t *)body.p, body.n);
	if (!err) {
		mb->pos = 0;
		err = tcp_send(conn->tc, mb);
	}
	mem_deref(mb);
	return err;
}

static int send_reply(struct web_conn *conn, unsigned status, const char *type, struct view body)
{
	struct buf head = BUF_INIT(WEB_HEAD_MAX);

	buf_printf(&head,
		   "HTTP/1.1 %u %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
		   "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n%s\r\n",
		   status, reason(status), type, body.n, conn->last ? "Connection: close\r\n" : "");
	int err = head.err ? ENOMEM
			   : send_bytes(conn, buf_view(&head), conn->head_only ? VIEW("") : body);
	buf_free(&head);
	return err;
}

/* Everything is on its way: says so, and waits for the peer to close. */
static void on_sent(void *arg)
{
	struct web_conn *conn = arg;

	(void)tcp_set_send(conn->tc, NULL);
	(void)shutdown(tcp_conn_fd(conn->tc), SHUT_WR);
}

static void leave(struct web_conn *conn)
{
	conn->leaving = true;
	buf_reset(&conn->in);
	deadline(conn, WEB_LINGER_S);
	if (tcp_set_send(conn->tc, on_sent))
		conn_close(conn);
}

static void refuse(struct web_conn *conn, unsigned status)
{
	conn->last = true;
	if (send_reply(conn, status, "text/plain", view_str(reason(status))))
		conn_close(conn);
	else
		leave(conn);
}

/* Requests */

static void hand_over(struct web_conn *conn, const struct web_head *head, size_t head_n)
{
	const struct web_request request = {
		.head = *head,
		.body = { conn->in.p + head_n, head->body_n },
	};

	tmr_cancel(&conn->deadline);
	conn->busy = conn->handling = true;
	conn->continued = false;
	conn->last = head->close;
	conn->head_only = view_eq(head->method, VIEW("HEAD"));
	conn->web->handle(conn, &request, conn->web->arg);
	conn->handling = false;
	if (conn->leaving || !conn->tc)
		return;
	buf_eat(&conn->in, head_n + head->body_n);
	if (!conn->busy)
		deadline(conn, conn->in.n ? WEB_REQUEST_S : WEB_IDLE_S);
}

/* 100, once, for a body that the peer keeps back. */
static void ask_for_body(struct web_conn *conn)
{
	if (conn->continued)
		return;
	conn->continued = true;
	if (send_bytes(conn, VIEW("HTTP/1.1 100 Continue\r\n\r\n"), VIEW("")))
		conn_close(conn);
}

/* True when a request was handled, and another may follow. */
static bool take_request(struct web_conn *conn)
{
	struct web_head head;

	while (view_starts(buf_view(&conn->in), VIEW("\r\n"))) /* RFC 9112 section 2.2 */
		buf_eat(&conn->in, 2);
	const size_t head_n = web_head_size(buf_view(&conn->in));
	if (head_n > WEB_HEAD_MAX || (!head_n && conn->in.n > WEB_HEAD_MAX)) {
		refuse(conn, 431);
		return false;
	}
	if (!head_n)
		return false;
	const unsigned status = web_head_read((struct view){ conn->in.p, head_n }, &head);
	if (status) {
		refuse(conn, status);
		return false;
	}
	if (conn->in.n - head_n < head.body_n) {
		if (head.expects)
			ask_for_body(conn);
		return false;
	}
	hand_over(conn, &head, head_n);
	return true;
}

/* Takes what has come; conn may be gone afterwards. */
static void take_requests(struct web_conn *conn)
{
	mem_ref(conn);
	while (conn->tc && !conn->busy && !conn->leaving && conn->in.n && take_request(conn)) {
	}
	mem_deref(conn);
}

static void on_turn(void *arg)
{
	struct web_conn *conn = arg;

	deadline(conn, conn->in.n ? WEB_REQUEST_S : WEB_IDLE_S);
	take_requests(conn);
}

void web_reply(struct web_conn *conn, unsigned status, const char *type, struct view body)
{
	if (!conn->tc)
		return;
	conn->gone = NULL;
	conn->busy = false;
	if (send_reply(conn, status, type, body))
		conn_close(conn);
	else if (conn->last)
		leave(conn);
	else if (!conn->handling) /* else take_requests goes on by itself */
		tmr_start(&conn->deadline, 0, on_turn, conn);
}

void web_on_gone(struct web_conn *conn, web_gone_fn *gone, void *arg)
{
	conn->gone = gone;
	conn->gone_arg = arg;
}

/* Connections */

static void on_data(struct mbuf *mb, void *arg)
{
	struct web_conn *conn = arg;

	if (conn->leaving)
		return;
	if (!conn->in.n && !conn->busy)
		deadline(conn, WEB_REQUEST_S);
	buf_add(&conn->in, (struct view){ (const char *)mbuf_buf(mb), mbuf_get_left(mb) });
	if (conn->in.err)
		conn_close(conn);
	else
		take_requests(conn);
}

static void on_closed(int err, void *arg)
{
	(void)err;
	conn_close(arg);
}

static int conn_new(struct web *w)
{
	static const int yes = 1;
	struct web_conn *conn = mem_zalloc(sizeof(*conn), conn_free);

	if (!conn)
		return ENOMEM;
	conn->web = w;
	conn->in = BUF_INIT(2 * (WEB_HEAD_MAX + WEB_BODY_MAX));
	int err = tcp_accept(&conn->tc, w->sock, NULL, on_data, on_closed, conn);
	if (err) {
		mem_deref(conn);
		return err;
	}
	tcp_conn_txqsz_set(conn->tc, 2 * WEB_REPLY_MAX);
	(void)setsockopt(tcp_conn_fd(conn->tc), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	list_append(&w->conns, &conn->le, conn);
	deadline(conn, WEB_REQUEST_S);
	return 0;
}

static void on_connect(const struct sa *peer, void *arg)
{
	struct web *w = arg;
	int err = list_count(&w->conns) < WEB_CONNS_MAX ? conn_new(w) : EMFILE;
	(void)peer;

	if (!err)
		return;
	tcp_reject(w->sock);
	log_warn("connection_refused", LF_I("error", err));
}

int web_open(const struct sa *at, web_handle_fn *handle, void *arg, struct web **ret_web)
{
	struct web *w = calloc(1, sizeof(*w));

	if (!w)
		return ENOMEM;
	w->handle = handle;
	w->arg = arg;
	int err = tcp_listen(&w->sock, at, on_connect, w);
	if (err) {
		free(w);
		return err;
	}
	*ret_web = w;
	return 0;
}

void web_close(struct web *w)
{
	if (!w)
		return;
	mem_deref(w->sock);
	while (w->conns.head)
		conn_close(list_ledata(w->conns.head));
	free(w);
}

int web_address(const struct web *w, struct sa *ret_sa)
{
	return tcp_local_get(w->sock, ret_sa);
}
