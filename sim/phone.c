#include "phone.h"
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#define ALLOW "Allow: INVITE, ACK, BYE, CANCEL, INFO, OPTIONS\r\n"

enum { HASH_SIZE = 16, URI_MAX = 256, INFO_BODY_MAX = 1024 };

struct phone {
	struct phone_conf conf;
	struct phone_hooks hooks;
	struct sa server, local;
	struct sip *sip;
	struct sipsess_sock *sock;
	struct sip_lsnr *lsnr;
	struct sipreg *reg;
	char aor[URI_MAX];
	struct phone_status status;
	/* The call; sess is NULL without one. */
	struct sipsess *sess;
	struct stream *stream;
	bool offer_wanted; /* the peer's INVITE had no offer: its answer comes with ACK */
	struct tmr limit;  /* of ringing, then of talking */
	void (*done)(void *arg);
	void *done_arg;
};

const char *phone_state_text(enum phone_state state)
{
	static const char *const texts[] = { "terminated", "connecting", "ringing", "connected" };
	return texts[state];
}

static void enter(struct phone *p, enum phone_state state)
{
	if (p->status.state == state)
		return;
	p->status.state = state;
	log_info("call", LF_I("session", p->status.session),
		 LF_S("state", phone_state_text(state)));
	p->hooks.call(state, p->hooks.arg);
}

/* Releases the call; libre sends CANCEL, BYE or 486, whichever its state needs. */
static void call_end(struct phone *p)
{
	tmr_cancel(&p->limit);
	p->sess = mem_deref(p->sess);
	if (p->stream)
		stream_numbers(p->stream, &p->status.numbers);
	p->status.numbers.audio = p->status.numbers.video = false;
	stream_free(p->stream);
	p->stream = NULL;
	enter(p, PHONE_IDLE);
}

static void limit_reached(void *arg)
{
	log_info("call_limit_reached");
	call_end(arg);
}

static void limit_start(struct phone *p, uint64_t seconds)
{
	tmr_start(&p->limit, seconds * 1000, limit_reached, p);
}

static int credentials(char **user, char **password, const char *realm, void *arg)
{
	const struct phone *p = arg;
	(void)realm;

	int err = str_dup(user, p->conf.user);
	return err ? err : str_dup(password, p->conf.password);
}

/* Registration */

static void registered(int err, const struct sip_msg *msg, void *arg)
{
	struct phone *p = arg;
	bool yes = !err && msg && msg->scode >= 200 && msg->scode < 300;

	if (!err && msg && msg->scode < 200)
		return;
	if (yes && !p->status.registered)
		p->status.registered_at = clock_wall_ms(clock_system()) / 1000;
	if (yes != p->status.registered)
		log_info("registration", LF_S("state", yes ? "registered" : "unregistered"));
	if (!yes)
		log_warn("registration_failed", LF_I("error", err),
			 LF_I("status", msg ? msg->scode : 0));
	p->status.registered = yes;
	p->hooks.registered(yes, p->hooks.arg);
}

/* "sip:user@server", or of the server alone with an empty user. */
static int make_uri(const struct phone *p, const char *user, bool transport, char *out)
{
	const char *param = transport && p->conf.tcp ? ";transport=tcp" : "";

	return re_snprintf(out, URI_MAX, "sip:%s%s%J%s", user, *user ? "@" : "", &p->server,
			   param) < 0
		       ? EOVERFLOW
		       : 0;
}

static int start_registration(struct phone *p)
{
	char registrar[URI_MAX];
	int err = make_uri(p, "", true, registrar);

	if (err)
		return err;
	return sipreg_register(&p->reg, p->sip, registrar, p->aor, p->conf.name, p->aor,
			       p->conf.expires_s, p->conf.user, NULL, 0, 0, credentials, p, false,
			       registered, p, NULL, NULL);
}

/* Calls: what the session asks */

/* Early media may be seen, but who has not answered does not open. */
static void take_digit(struct phone *p, char digit, bool info)
{
	if (p->status.state != PHONE_CONNECTED)
		return;
	if (digit == '#')
		limit_start(p, PHONE_CALL_S);
	p->hooks.digit(digit, info, p->hooks.arg);
}

static void stream_digit(char digit, void *arg)
{
	take_digit(arg, digit, false);
}

static bool stream_open(void *arg)
{
	struct phone *p = arg;
	return p->hooks.open(p->hooks.arg);
}

static int take_body(struct phone *p, const struct sip_msg *msg, bool offer)
{
	if (!mbuf_get_left(msg->mb))
		return 0;
	if (!msg_ctype_cmp(&msg->ctyp, "application", "sdp"))
		return EBADMSG;
	return stream_take(p->stream, msg->mb, offer);
}

/* A re-INVITE: their offer and our answer, or our offer when they bring none. */
static int on_offer(struct mbuf **descp, const struct sip_msg *msg, void *arg)
{
	struct phone *p = arg;
	const bool theirs = mbuf_get_left(msg->mb) > 0;

	int err = theirs ? take_body(p, msg, true) : 0;
	return err ? err : stream_describe(p->stream, !theirs, descp);
}

static int on_answer(const struct sip_msg *msg, void *arg)
{
	return take_body(arg, msg, false);
}

/* 180 rings; 180 or 183 with a description starts early media: they see before they answer. */
static void on_progress(const struct sip_msg *msg, void *arg)
{
	struct phone *p = arg;

	if (msg->scode == 100)
		return;
	int err = take_body(p, msg, false);
	if (err)
		log_warn("early_media_refused", LF_I("error", err));
	enter(p, PHONE_RINGING);
}

static void on_established(const struct sip_msg *msg, void *arg)
{
	struct phone *p = arg;
	(void)msg;

	limit_start(p, PHONE_CALL_S);
	enter(p, PHONE_CONNECTED);
}

static void on_close(int err, const struct sip_msg *msg, void *arg)
{
	struct phone *p = arg;

	log_info("call_closed", LF_I("error", err), LF_I("status", msg ? msg->scode : 0));
	call_end(p);
}

/* "Signal=5" of application/dtmf-relay, or the bare digit of application/dtmf; 0 = neither. */
static char info_digit(const struct sip_msg *msg)
{
	struct pl body = { (const char *)mbuf_buf(msg->mb), mbuf_get_left(msg->mb) };
	struct pl found;

	if (body.l > INFO_BODY_MAX)
		return 0;
	if (msg_ctype_cmp(&msg->ctyp, "application", "dtmf-relay")) {
		if (re_regex(body.p, body.l, "Signal[ ]*=[ ]*[0-9*#A-Da-d]+", NULL, NULL, &found))
			return 0;
	} else if (!msg_ctype_cmp(&msg->ctyp, "application", "dtmf") ||
		   re_regex(body.p, body.l, "[0-9*#A-Da-d]+", &found)) {
		return 0;
	}
	int code = found.l == 1 ? telev_digit2code(found.p[0]) : (int)pl_u32(&found);
	return code >= 0 && code < 16 ? (char)telev_code2digit(code) : 0;
}

/* RFC 5168: the whole body says one thing, a new key frame. */
static bool wants_picture(const struct sip_msg *msg)
{
	return msg_ctype_cmp(&msg->ctyp, "application", "media_control+xml") &&
	       !re_regex((const char *)mbuf_buf(msg->mb), mbuf_get_left(msg->mb),
			 "picture_fast_update");
}

static void on_info(struct sip *sip, const struct sip_msg *msg, void *arg)
{
	struct phone *p = arg;
	char digit = info_digit(msg);

	if (!digit && !wants_picture(msg)) {
		(void)sip_reply(sip, msg, 415, "Unsupported Media Type");
		return;
	}
	(void)sip_reply(sip, msg, 200, "OK");
	if (digit)
		take_digit(p, digit, true);
	else
		stream_key_frame(p->stream);
}

/* Calls: begin */

static int call_prepare(struct phone *p, bool incoming, const char *peer)
{
	const struct stream_conf conf = {
		.address = &p->local,
		.port_low = p->conf.media_low,
		.port_high = p->conf.media_high,
		.hooks = { .digit = stream_digit, .open = stream_open, .arg = p },
	};
	int err = stream_new(&conf, &p->stream);

	if (err)
		return err;
	p->status.session++;
	p->status.incoming = incoming;
	p->status.numbers = (struct stream_numbers){};
	str_ncpy(p->status.peer, peer, sizeof(p->status.peer));
	return 0;
}

bool phone_number_ok(const char *number)
{
	static const char allowed[] = "0123456789abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ*+-._";
	size_t n = strlen(number);

	return n && n <= PHONE_NUMBER_MAX && strspn(number, allowed) == n;
}

int phone_dial(struct phone *p, const char *number, uint32_t *ret_session)
{
	char uri[URI_MAX];
	struct mbuf *sdp = NULL;

	if (p->stream)
		return EBUSY;
	if (!phone_number_ok(number))
		return EINVAL;
	int err = make_uri(p, number, true, uri);
	if (!err)
		err = call_prepare(p, false, uri);
	if (!err)
		err = stream_describe(p->stream, true, &sdp);
	if (!err)
		err = sipsess_connect(&p->sess, p->sock, uri, p->conf.name, p->aor, p->conf.user,
				      NULL, 0, "application/sdp", sdp, credentials, p, false,
				      on_offer, on_answer, on_progress, on_established, on_info,
				      NULL, on_close, p, ALLOW);
	mem_deref(sdp);
	if (err) {
		call_end(p);
		return err;
	}
	limit_start(p, PHONE_RING_S);
	enter(p, PHONE_CONNECTING);
	*ret_session = p->status.session;
	return 0;
}

static int reply_ok(struct phone *p)
{
	struct mbuf *sdp = NULL;
	int err = stream_describe(p->stream, p->offer_wanted, &sdp);

	if (!err)
		err = sipsess_answer(p->sess, 200, "OK", sdp, NULL);
	mem_deref(sdp);
	return err;
}

static int accept_call(struct phone *p, const struct sip_msg *msg)
{
	p->offer_wanted = !mbuf_get_left(msg->mb);
	int err = p->offer_wanted ? 0 : take_body(p, msg, true);
	if (err)
		return err;
	err = sipsess_accept(&p->sess, p->sock, msg, 180, "Ringing", p->conf.user,
			     "application/sdp", NULL, credentials, p, false, on_offer, on_answer,
			     on_established, on_info, NULL, on_close, p, NULL);
	if (err)
		return err;
	limit_start(p, PHONE_RING_S);
	enter(p, PHONE_RINGING);
	return p->conf.auto_answer ? reply_ok(p) : 0;
}

static void on_invite(const struct sip_msg *msg, void *arg)
{
	struct phone *p = arg;
	char peer[URI_MAX] = "";

	if (p->stream || p->done) {
		(void)sip_treply(NULL, p->sip, msg, 486, "Busy Here");
		return;
	}
	(void)pl_strcpy(&msg->from.auri, peer, sizeof(peer));
	int err = call_prepare(p, true, peer);
	if (!err)
		err = accept_call(p, msg);
	if (!err)
		return;
	log_warn("call_refused", LF_I("error", err));
	if (!p->sess)
		(void)sip_treply(NULL, p->sip, msg, err == EBADMSG ? 488 : 500, "Not Acceptable");
	call_end(p);
}

static bool in_session(const struct phone *p, uint32_t session)
{
	return p->sess && (!session || session == p->status.session);
}

int phone_answer(struct phone *p, uint32_t session)
{
	if (!in_session(p, session) || !p->status.incoming || p->status.state != PHONE_RINGING)
		return ENOENT;
	return reply_ok(p);
}

int phone_hangup(struct phone *p, uint32_t session, enum phone_reason reason)
{
	const bool busy = reason == PHONE_BUSY;

	if (!in_session(p, session))
		return ENOENT;
	if (p->status.incoming && p->status.state == PHONE_RINGING)
		(void)sipsess_reject(p->sess, busy ? 486 : 603, busy ? "Busy Here" : "Decline",
				     NULL);
	call_end(p);
	return 0;
}

/* Life */

/* What no session took: the server's keep-alive. Others get libre's 501. */
static bool on_request(const struct sip_msg *msg, void *arg)
{
	struct phone *p = arg;

	if (pl_strcmp(&msg->met, "OPTIONS"))
		return false;
	(void)sip_replyf(p->sip, msg, 200, "OK",
			 ALLOW "Accept: application/sdp\r\n"
			       "Content-Length: 0\r\n\r\n");
	return true;
}

static void on_sip_exit(void *arg)
{
	struct phone *p = arg;

	if (p->done)
		p->done(p->done_arg);
}

static int resolve(const char *server, struct sa *ret_sa)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM }, *found = NULL;
	AUTO_FREE char *host = strdup(server);
	char *port = host ? strrchr(host, ':') : NULL;

	if (!host)
		return ENOMEM;
	if (!sa_decode(ret_sa, server, strlen(server)))
		return 0;
	if (port)
		*port++ = 0;
	if (getaddrinfo(host, port ? port : "5060", &hints, &found))
		return EADDRNOTAVAIL;
	int err = sa_set_sa(ret_sa, found->ai_addr);
	freeaddrinfo(found);
	return err;
}

/* Which address of ours would speak to dst; port 0. Asks the kernel's routes, sends nothing. */
static int source_address(const struct sa *dst, struct sa *ret_sa)
{
	struct sockaddr_storage own = {};
	socklen_t n = sizeof(own);
	int fd = socket(sa_af(dst), SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno;
	int err = connect(fd, &dst->u.sa, dst->len) || getsockname(fd, (struct sockaddr *)&own, &n)
			  ? errno
			  : sa_set_sa(ret_sa, (struct sockaddr *)&own);
	close(fd);
	sa_set_port(ret_sa, 0);
	return err;
}

/* The address of this machine that the server sees, unless NAT stands between. */
static int find_local(struct phone *p)
{
	int err = resolve(p->conf.server, &p->server);

	if (err)
		return err;
	if (!sa_port(&p->server))
		sa_set_port(&p->server, SIP_PORT);
	return source_address(&p->server, &p->local);
}

static int open_sip(struct phone *p)
{
	struct sa at = p->local;
	int err = sip_alloc(&p->sip, NULL, HASH_SIZE, HASH_SIZE, HASH_SIZE, "vestibule-door",
			    on_sip_exit, p);
	if (err)
		return err;
	sa_set_port(&at, p->conf.port);
	err = sip_transp_add(p->sip, SIP_TRANSP_UDP, &at);
	if (!err)
		err = sip_transp_add(p->sip, SIP_TRANSP_TCP, &at);
	if (!err)
		err = sip_listen(&p->lsnr, p->sip, true, on_request, p);
	if (!err)
		err = sipsess_listen(&p->sock, p->sip, HASH_SIZE, on_invite, p);
	return err;
}

int phone_new(const struct phone_conf *conf, const struct phone_hooks *hooks,
	      struct phone **ret_phone)
{
	struct phone *p = calloc(1, sizeof(*p));

	if (!p)
		return ENOMEM;
	p->conf = *conf;
	p->hooks = *hooks;
	int err = find_local(p);
	if (!err)
		err = make_uri(p, conf->user, false, p->aor);
	if (!err)
		err = open_sip(p);
	if (!err)
		err = start_registration(p);
	if (err) {
		phone_free(p);
		return err;
	}
	*ret_phone = p;
	return 0;
}

void phone_free(struct phone *p)
{
	if (!p)
		return;
	tmr_cancel(&p->limit);
	mem_deref(p->sess);
	stream_free(p->stream);
	mem_deref(p->reg);
	mem_deref(p->lsnr);
	mem_deref(p->sock);
	if (p->sip)
		sip_close(p->sip, true);
	mem_deref(p->sip);
	free(p);
}

void phone_close(struct phone *p, void (*done)(void *arg), void *arg)
{
	p->done = done;
	p->done_arg = arg;
	if (p->stream)
		call_end(p);
	p->reg = mem_deref(p->reg);
	sipsess_close_all(p->sock);
	sip_close(p->sip, false);
}

void phone_status(const struct phone *p, struct phone_status *ret_status)
{
	*ret_status = p->status;
	if (p->stream)
		stream_numbers(p->stream, &ret_status->numbers);
}
