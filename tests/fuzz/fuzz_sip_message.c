/* Messages as they come from the network, several in one input with a NUL between them, into the
 * whole endpoint with sessions above. Sockets and the check of passwords are left out: everybody is
 * whom From names. */
#include "base/log.h"
#include "base/rand.h"
#include "sip/auth.h"
#include "sip/re.h"
#include "sip/session.h"

#include <errno.h>

enum { MESSAGES_MAX = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* In place of flow.c: what is sent must be a message again. */
struct flows {
	struct flows_conf conf;
};

int flows_open(const struct flows_conf *conf, struct err *, struct flows **ret_flows)
{
	struct flows *flows = calloc(1, sizeof(*flows));

	if (!flows)
		return -ENOMEM;
	flows->conf = *conf;
	*ret_flows = flows;
	return 0;
}

void flows_close(struct flows *flows)
{
	free(flows);
}

int flow_send(struct flows *, const struct flow *, struct view bytes)
{
	if (bytes.n < 16 || memmem(bytes.p, bytes.n, "\r\n\r\n", 4) == NULL)
		abort();
	return 0;
}

struct view flow_local(struct flows *, const struct flow *)
{
	return VIEW("192.0.2.1:5060");
}

struct addr flow_local_addr(struct flows *, const struct flow *flow)
{
	return flow->peer;
}

bool flow_alive(const struct flows *, const struct flow *)
{
	return true;
}

void flow_keep(struct flows *, const struct flow *)
{
}

void flow_close(struct flows *, const struct flow *)
{
}

uint16_t flows_port(const struct flows *)
{
	return 5060;
}

size_t flows_connections(const struct flows *)
{
	return 0;
}

/* In place of auth.c. */
int auth_new(const struct auth_conf *, struct auth **ret_auth)
{
	*ret_auth = NULL;
	return 0;
}

void auth_free(struct auth *)
{
}

int auth_user(struct view text, uint64_t *ret_user)
{
	return text.n == 10 ? view_u64(text, UINT64_C(9999999999), ret_user) : -EINVAL;
}

enum auth_result auth_check(struct auth *, const struct sip_msg *msg, const struct flow *,
			    uint64_t *ret_user)
{
	return auth_user(view_pl(&msg->from.uri.user), ret_user) ? AUTH_NONE : AUTH_OK;
}

void auth_challenge(struct auth *, bool, struct buf *out)
{
	buf_add(out, VIEW("WWW-Authenticate: Digest realm=\"r\"\r\n"));
}

struct world {
	struct clock_virtual clock;
	struct rand_seeded rand;
	struct loop *loop;
	struct sip_endpoint *endpoint;
	struct sessions *sessions;
	struct session *session;
};

static bool on_secret(void *, uint64_t user, struct sip_secret *ret_secret)
{
	memset(ret_secret, 0, sizeof(*ret_secret));
	return user != 0;
}

static void on_ended(void *arg, const struct session_end *)
{
	((struct world *)arg)->session = NULL;
}

static void on_offered(void *arg, struct view sdp)
{
	session_offer_reply(((struct world *)arg)->session, 200, sdp);
}

static void on_acked(void *, struct view)
{
}

static void on_done(void *, unsigned, struct view)
{
}

static void on_info(void *, struct view, struct view)
{
}

static const struct session_handlers handlers = {
	.progress = on_done,
	.answered = on_acked,
	.acked = on_acked,
	.offered = on_offered,
	.offer_done = on_done,
	.info = on_info,
	.ended = on_ended,
};

static void on_request(void *arg, struct tx_server *tx, const struct sip_msg *msg,
		       const struct flow *flow, uint64_t user)
{
	struct world *w = arg;
	struct view sdp;

	if (user == 0) {
		sessions_request(w->sessions, tx, msg, flow);
		return;
	}
	if (w->session || session_accept(w->sessions, tx, msg, flow, user, &handlers, w, &w->session,
					 &sdp) < 0)
		return;
	session_progress(w->session, 183, sdp);
	session_answer(w->session, sdp);
}

static void world_open(struct world *w)
{
	struct sip_endpoint_conf conf = { .clock = &w->clock.clock, .rand = &w->rand.rand,
					  .realm = "r", .secret = on_secret,
					  .request = on_request, .arg = w };

	clock_virtual_init(&w->clock, 1700000000000);
	rand_seeded_init(&w->rand, 1);
	if (log_open(NULL, LOGL_ERROR, false) < 0 || loop_new(&w->clock.clock, &w->loop))
		abort();
	conf.loop = w->loop;
	if (sip_endpoint_open(&conf, NULL, &w->endpoint) ||
	    sessions_new(&(struct sessions_conf){ w->endpoint, loop_timers(w->loop), &w->rand.rand,
						  "r" },
			 &w->sessions))
		abort();
}

static void world_close(struct world *w)
{
	for (int i = 0; i < 70; i++) { /* until every transaction has ended by itself */
		clock_virtual_advance(&w->clock, 1000000);
		timers_run(loop_timers(w->loop));
	}
	sessions_free(w->sessions);
	sip_endpoint_close(w->endpoint);
	loop_free(w->loop);
}

static void hear(struct world *w, struct view raw, bool tcp)
{
	const struct flows_conf *conf = &sip_endpoint_flows(w->endpoint)->conf;
	struct flow flow = { .transport = tcp ? FLOW_TCP : FLOW_UDP, .conn = tcp };
	char *copy = malloc(raw.n + 1);

	if (!copy || addr_parse("198.51.100.7:5060", &flow.peer))
		abort();
	memcpy(copy, raw.p, raw.n);
	copy[raw.n] = '\0';
	conf->message(conf->arg, &flow, (struct view){ copy, raw.n });
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct view rest = { (const char *)data, n };
	struct world w = {};

	if (n > FLOW_MESSAGE_MAX)
		return 0;
	world_open(&w);
	for (int i = 0; i < MESSAGES_MAX && rest.n > 0; i++)
		hear(&w, view_cut(rest, '\0', &rest), i % 2);
	world_close(&w);
	return 0;
}
