/* Requests inside a dialog that nobody waits for: BYE, INFO, PRACK. A provider may want new
 * credentials for one of them, with a fresh nonce (RFC 3261 section 22.2), also when the session is
 * over by then; so what such a request needs is kept beside the session until it is answered. */
#include "sip/session_priv.h"

#include <errno.h>

struct session_errand {
	struct list list;    /* the sessions' */
	struct session like; /* as it was then; nothing of it is freed but its account */
	char method[8];
	struct buf extra, body;
	unsigned repeats;
	struct tx_client *tx;
};

static void errand_free(struct session_errand *e)
{
	if (!e)
		return;
	e->like.ss->nerrands--;
	list_remove(&e->list);
	session_account_free(&e->like);
	buf_free(&e->extra);
	buf_free(&e->body);
	free(e);
}

/* NULL: nobody asks for credentials, or there is no room; then it goes out all the same. */
static struct session_errand *errand_new(const struct session *s, const char *method,
					 struct view extra, struct view body)
{
	struct sessions *ss = s->ss;
	struct session_errand *e;

	if (!s->account || ss->nerrands >= SESSION_ERRANDS_MAX)
		return NULL;
	e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	e->like = *s;
	e->like.account = session_account_copy(s);
	e->extra = BUF_INIT(FLOW_MESSAGE_MAX);
	e->body = BUF_INIT(SESSION_BODY_MAX);
	buf_add(&e->extra, extra);
	buf_add(&e->body, body);
	ss->nerrands++;
	list_append(&ss->errands, &e->list);
	if (!e->like.account || e->extra.err || e->body.err ||
	    !session_copy(e->method, sizeof(e->method), view_str(method))) {
		errand_free(e);
		return NULL;
	}
	return e;
}

static void on_answer(void *arg, struct tx_client *tx, const struct sip_msg *msg, int err);

/* The session, if it lives, counts on from it; only a BYE makes sense without. */
static int repeat(struct session_errand *e)
{
	struct map_node *node = map_get(&e->like.ss->by_tag, view_str(e->like.tag));
	struct session *s = node ? CONTAINER_OF(node, struct session, node) : NULL;
	int rc;

	if (!s && strcmp(e->method, "BYE") != 0)
		return -ENOENT;
	if (s)
		e->like.cseq = s->cseq;
	rc = session_send(&e->like, e->method, buf_view(&e->extra), buf_view(&e->body), on_answer,
			  e, &e->tx);
	if (s) {
		s->cseq = e->like.cseq;
		session_account_learn(s, &e->like);
	}
	return rc;
}

static void on_answer(void *arg, struct tx_client *, const struct sip_msg *msg, int)
{
	struct session_errand *e = arg;

	if (msg && msg->scode < 200)
		return;
	if (!msg || e->repeats++ >= SESSION_REPEATS_MAX || !session_account_anew(&e->like, msg) ||
	    repeat(e) < 0)
		errand_free(e);
}

void session_errand(struct session *s, const char *method, struct view extra, struct view body)
{
	struct session_errand *e = errand_new(s, method, extra, body);
	struct tx_client *tx = NULL;

	if (session_send(s, method, extra, body, e ? on_answer : session_nobody_cares, e, &tx) <
	    0) {
		errand_free(e);
	} else if (e) {
		e->like.cseq = s->cseq;
		e->tx = tx;
	} else {
		tx_client_forget(tx);
	}
}

void session_errands_free(struct sessions *ss)
{
	LIST_EACH(it, &ss->errands) {
		struct session_errand *e = CONTAINER_OF(it, struct session_errand, list);

		tx_client_forget(e->tx);
		errand_free(e);
	}
}
