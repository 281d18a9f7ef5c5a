/* Reliable provisional responses (RFC 3262): what rings is acknowledged, too.
 *
 * Theirs are asked for by nobody but taken from whoever sends them; ours go out reliably only where
 * the INVITE requires it. One of ours waits at a time, and the next one behind it. */
#include "sip/session_priv.h"

#include <errno.h>

/* Theirs. */

/* RSeq and the numbers of RAck: RFC 3262 section 7. */
static bool number_read(struct view text, uint32_t *ret_number)
{
	uint64_t number;

	if (view_u64(view_trim(text), UINT32_MAX, &number) < 0)
		return false;
	*ret_number = (uint32_t)number;
	return true;
}

/* Inside the early dialog of that response, which may be one of several branches: the session itself
 * learns its dialog from the 2xx. */
static void prack(struct session *s, const struct sip_msg *msg, uint32_t seq)
{
	CLEANUP(buf_free) struct buf extra = BUF_INIT(128);
	struct session early = *s;

	early.route[0] = '\0';
	if (!session_copy(early.peer_tag, sizeof(early.peer_tag), view_pl(&msg->to.tag)) ||
	    session_target_learn(&early, msg) < 0 || session_route_learn(&early, msg, true) < 0)
		return;
	buf_printf(&extra, "RAck: %u %u INVITE\r\n", seq, msg->cseq.num);
	session_errand(&early, "PRACK", buf_view(&extra), (struct view){});
	s->cseq = early.cseq;
}

bool session_provisional_news(struct session *s, const struct sip_msg *msg)
{
	struct session_heard *h = &s->heard;
	uint32_t seq;

	if (!sip_msg_hdr_has_value(msg, SIP_HDR_REQUIRE, "100rel"))
		return true;
	if (!number_read(sip_header(msg, SIP_HDR_RSEQ), &seq))
		return false;
	/* Section 4: in order and once. A repetition was acknowledged; its PRACK repeats itself. */
	if (h->any && view_eq(view_pl(&msg->to.tag), view_str(h->tag)) && seq != h->seq + 1)
		return false;
	if (!session_copy(h->tag, sizeof(h->tag), view_pl(&msg->to.tag)))
		return false;
	h->any = true;
	h->seq = seq;
	prack(s, msg, seq);
	return true;
}

/* Ours. */

static void on_again(void *arg);

static void out_send(struct session *s)
{
	struct session_ringing *r = &s->ringing;
	CLEANUP(buf_free) struct buf h = BUF_INIT(2048);

	session_contact(s, &h);
	buf_printf(&h, "Require: 100rel\r\nRSeq: %u\r\n", r->seq);
	session_type(&h, buf_view(&r->sdp));
	tx_reply(s->answering, r->code, session_phrase(r->code), buf_view(&h), buf_view(&r->sdp));
}

static int out_begin(struct session *s)
{
	struct session_ringing *r = &s->ringing;

	r->seq++;
	r->waits = true;
	r->repeat_ms = TX_T1_MS;
	r->waited_ms = 0;
	out_send(s);
	return timers_arm(s->ss->conf.timers, &r->again, r->repeat_ms, on_again, s);
}

/* Section 3: again and again, for 64*T1; then the INVITE fails. */
static void on_again(void *arg)
{
	struct session *s = arg;
	struct session_ringing *r = &s->ringing;

	r->waited_ms += r->repeat_ms;
	r->repeat_ms *= 2;
	if (r->waited_ms + r->repeat_ms <= TX_TIMEOUT_MS && s->answering) {
		out_send(s);
		if (timers_arm(s->ss->conf.timers, &r->again, r->repeat_ms, on_again, s) == 0)
			return;
	}
	if (s->answering)
		tx_reply(s->answering, 504, "Server Time-out", (struct view){}, (struct view){});
	session_over(s, &(struct session_end){ .code = 408, .lost = true });
}

bool session_ring_reliably(struct session *s, unsigned code, struct view sdp)
{
	struct session_ringing *r = &s->ringing;

	if (!r->required)
		return false;
	/* Without an offer in the INVITE the first of these would have to make one (section 5). */
	if (!s->peer_sdp.n || (r->waits && r->next_code && !sdp.n))
		return true;
	if (r->waits) {
		r->next_code = code;
		session_keep(&r->next_sdp, sdp);
		return true;
	}
	r->code = code;
	session_keep(&r->sdp, sdp);
	if (out_begin(s) < 0)
		session_lost(s);
	return true;
}

bool session_answer_waits(struct session *s, struct view sdp)
{
	struct session_ringing *r = &s->ringing;

	if (!r->waits || !r->sdp.n)
		return false;
	r->next_code = 200;
	session_keep(&r->next_sdp, sdp);
	return true;
}

static bool rack_fits(const struct session *s, struct view rack)
{
	struct view rest, method;
	uint32_t seq, cseq;

	return number_read(view_cut(view_trim(rack), ' ', &rest), &seq) &&
	       number_read(view_cut(view_trim(rest), ' ', &method), &cseq) &&
	       view_eq(view_trim(method), VIEW("INVITE")) && s->ringing.waits &&
	       seq == s->ringing.seq && cseq == s->invite_cseq;
}

void session_pracked(struct session *s, struct tx_server *tx, const struct sip_msg *msg)
{
	struct session_ringing *r = &s->ringing;
	const unsigned code = r->next_code;

	if (!rack_fits(s, sip_header(msg, SIP_HDR_RACK))) {
		tx_reply(tx, 481, "No Such Response", (struct view){}, (struct view){});
		return;
	}
	tx_reply(tx, 200, "OK", (struct view){}, (struct view){});
	timers_cancel(s->ss->conf.timers, &r->again);
	r->waits = false;
	if (!code || s->state != SESSION_INCOMING)
		return;
	r->next_code = 0;
	if (code == 200) {
		session_answer(s, buf_view(&r->next_sdp));
		return;
	}
	r->code = code;
	session_keep(&r->sdp, buf_view(&r->next_sdp));
	if (out_begin(s) < 0)
		session_lost(s);
}

void session_reliable_init(struct session *s, bool required)
{
	s->ringing.required = required;
	s->ringing.seq = (uint32_t)rand_below(s->ss->conf.rand, 1 << 16);
}

void session_reliable_stop(struct session *s)
{
	timers_cancel(s->ss->conf.timers, &s->ringing.again);
	s->ringing.waits = false;
}

void session_reliable_free(struct session *s)
{
	session_reliable_stop(s);
	buf_free(&s->ringing.sdp);
	buf_free(&s->ringing.next_sdp);
}
