#include "sip/session_priv.h"

#include <errno.h>

bool session_copy(char *to, size_t size, struct view from)
{
	if (from.n >= size)
		return false;
	if (from.n)
		memcpy(to, from.p, from.n);
	to[from.n] = '\0';
	return true;
}

/* RFC 3261 section 25.1: quoted-string; control characters have no place in it. */
void session_quote(struct buf *out, struct view name)
{
	buf_chr(out, '"');
	for (size_t i = 0; i < name.n && i < SESSION_NAME_MAX; i++) {
		const char c = name.p[i];

		if ((unsigned char)c < 0x20 || c == 0x7f)
			continue;
		if (c == '"' || c == '\\')
			buf_chr(out, '\\');
		buf_chr(out, c);
	}
	buf_chr(out, '"');
}

void session_headers(const struct session *s, struct buf *out, const char *method, uint32_t cseq)
{
	buf_str(out, s->route);
	buf_printf(out, "From: %s;tag=%s\r\n", s->us, s->tag);
	buf_printf(out, "To: %s%s%s\r\n", s->peer, s->peer_tag[0] ? ";tag=" : "", s->peer_tag);
	buf_printf(out, "Call-ID: %s\r\nCSeq: %u %s\r\n", s->call_id, cseq, method);
}

void session_contact(const struct session *s, struct buf *out)
{
	const struct view local = flow_local(sip_endpoint_flows(s->ss->conf.endpoint), &s->flow);

	/* Section 12.1.1: who is called securely hears a secure Contact. */
	buf_printf(out, "Contact: <%s:vestibule@%.*s%s%s>\r\n",
		   view_starts(view_str(s->target), VIEW("sips:")) ? "sips" : "sip", (int)local.n,
		   local.p, s->flow.transport == FLOW_UDP ? "" : ";transport=",
		   s->flow.transport == FLOW_UDP ? "" : flow_transport_name(s->flow.transport));
	buf_str(out, SESSION_ALLOW);
}

void session_type(struct buf *out, struct view sdp)
{
	if (sdp.n)
		buf_str(out, "Content-Type: application/sdp\r\n");
}

/* RFC 4028: requests ask for a timer, responses name who refreshes. */
void session_timer_headers(const struct session *s, struct buf *out, bool response)
{
	if (!response) {
		buf_printf(out, "Supported: timer, 100rel\r\nSession-Expires: %u%s\r\nMin-SE: %u\r\n",
			   s->expires_s ? s->expires_s : SESSION_EXPIRES_S,
			   s->expires_s ? s->we_refresh ? ";refresher=uac" : ";refresher=uas" : "",
			   SESSION_MIN_SE_S);
		return;
	}
	buf_str(out, "Supported: timer\r\n");
	if (s->expires_s)
		buf_printf(out, "%sSession-Expires: %u;refresher=%s\r\n",
			   s->we_refresh ? "" : "Require: timer\r\n", s->expires_s,
			   s->we_refresh ? "uas" : "uac");
}

int session_target_learn(struct session *s, const struct sip_msg *msg)
{
	const struct view contact = sip_header(msg, SIP_HDR_CONTACT);
	const struct pl pl = pl_view(contact);
	struct sip_addr addr;

	if (!contact.n)
		return 0;
	if (sip_addr_decode(&addr, &pl) || !sip_uri_clean(view_pl(&addr.auri)) ||
	    !session_copy(s->target, sizeof(s->target), view_pl(&addr.auri)))
		return -EBADMSG;
	return 0;
}

struct routes {
	struct buf *out;
};

static bool on_record_route(const struct sip_hdr *hdr, const struct sip_msg *, void *arg)
{
	struct routes *r = arg;

	buf_printf(r->out, "Route: %.*s\r\n", (int)hdr->val.l, hdr->val.p);
	return false;
}

/* Section 12.1: a callee keeps the order of Record-Route, a caller turns it round. */
int session_route_learn(struct session *s, const struct sip_msg *msg, bool reverse)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(ROUTE_MAX - 1);
	struct routes r = { &text };

	sip_msg_hdr_apply(msg, !reverse, SIP_HDR_RECORD_ROUTE, on_record_route, &r);
	if (text.err || !session_copy(s->route, sizeof(s->route), buf_view(&text)))
		return -EMSGSIZE;
	return 0;
}

bool session_body(const struct sip_msg *msg, struct view *ret_sdp)
{
	const struct view body = sip_body(msg);

	if (body.n > SESSION_BODY_MAX)
		return false;
	if (body.n && !msg_ctype_cmp(&msg->ctyp, "application", "sdp"))
		return false;
	*ret_sdp = body;
	return true;
}

/* Section 8.2.3: it names what would be taken. */
void session_refuse_type(struct tx_server *tx)
{
	tx_reply(tx, 415, "Unsupported Media Type", VIEW("Accept: application/sdp\r\n"),
		 (struct view){});
}

void session_keep(struct buf *sdp, struct view text)
{
	buf_reset(sdp);
	buf_add(sdp, text);
}
