/* Printing of requests and responses. */
#include "sip/transaction_priv.h"

#include <sodium.h>
#include <stdio.h>

static void print_uint(struct buf *out, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + value % 10);
	while ((value /= 10) > 0);
	buf_add(out, (struct view){ digits + at, sizeof(digits) - at });
}

static void print_line(struct buf *out, struct view name, struct view value)
{
	buf_add(out, name);
	buf_add(out, VIEW(": "));
	buf_add(out, value);
	buf_add(out, VIEW("\r\n"));
}

static struct view sent_by_host(struct view sent_by, struct view *ret_port)
{
	struct view rest;

	if (sent_by.n > 0 && sent_by.p[0] == '[') {
		struct view host = view_cut((struct view){ sent_by.p + 1, sent_by.n - 1 }, ']', &rest);
		*ret_port = rest.n > 0 ? (struct view){ rest.p + 1, rest.n - 1 } : rest;
		return host;
	}
	return view_cut(sent_by, ':', ret_port);
}

static bool param_is(struct view param, struct view name)
{
	struct view value;

	return view_ieq(view_trim(view_cut(param, '=', &value)), name);
}

static bool has_rport(const struct sip_msg *msg)
{
	struct view rest = view_pl(&msg->via.params);

	while (rest.n > 0)
		if (param_is(view_cut(rest, ';', &rest), VIEW("rport")))
			return true;
	return false;
}

struct flow tx_reply_flow(const struct sip_msg *msg, const struct flow *flow)
{
	struct flow ret = *flow;
	char source[ADDR_TEXT_MAX];
	struct view host, port;
	uint64_t number = 5060;

	if (flow->transport != FLOW_UDP || has_rport(msg))
		return ret;
	host = sent_by_host(view_pl(&msg->via.sentby), &port);
	addr_host_text(&flow->peer, source);
	if (!view_ieq(host, view_str(source)))
		return ret; /* behind a NAT: only the way it came leads back */
	if (port.n > 0 && (view_u64(port, UINT16_MAX, &number) || number == 0))
		return ret;
	ret.peer = addr_with_port(&flow->peer, (uint16_t)number);
	return ret;
}

/* The topmost Via as it goes back: received always, rport filled in when asked for. */
static void print_first_via(struct buf *out, struct view via, const struct flow *flow)
{
	char source[ADDR_TEXT_MAX];
	struct view rest, param;
	bool rport = false;

	addr_host_text(&flow->peer, source);
	buf_add(out, VIEW("Via: "));
	buf_add(out, view_trim(view_cut(via, ';', &rest)));
	while (rest.n > 0) {
		param = view_trim(view_cut(rest, ';', &rest));
		if (param_is(param, VIEW("rport"))) {
			rport = true;
		} else if (param.n > 0 && !param_is(param, VIEW("received"))) {
			buf_chr(out, ';');
			buf_add(out, param);
		}
	}
	buf_add(out, VIEW(";received="));
	buf_str(out, source);
	if (rport) {
		buf_add(out, VIEW(";rport="));
		print_uint(out, addr_port(&flow->peer));
	}
	buf_add(out, VIEW("\r\n"));
}

struct via_print {
	struct buf *out;
	const struct flow *flow;
	bool first;
};

static bool on_via(const struct sip_hdr *hdr, const struct sip_msg *, void *arg)
{
	struct via_print *print = arg;

	if (print->first)
		print_first_via(print->out, view_pl(&hdr->val), print->flow);
	else
		print_line(print->out, VIEW("Via"), view_pl(&hdr->val));
	print->first = false;
	return false;
}

void tx_print_reply_head(struct buf *out, const struct sip_msg *msg, const struct flow *flow,
			 struct view tag)
{
	struct via_print print = { out, flow, true };

	sip_msg_hdr_apply(msg, true, SIP_HDR_VIA, on_via, &print);
	print_line(out, VIEW("From"), view_pl(&msg->from.val));
	buf_add(out, VIEW("To: "));
	buf_add(out, view_pl(&msg->to.val));
	if (msg->to.tag.l == 0) {
		buf_add(out, VIEW(";tag="));
		buf_add(out, tag);
	}
	buf_add(out, VIEW("\r\n"));
	print_line(out, VIEW("Call-ID"), view_pl(&msg->callid));
	print_line(out, VIEW("CSeq"), sip_header(msg, SIP_HDR_CSEQ));
}

static bool on_record_route(const struct sip_hdr *hdr, const struct sip_msg *, void *arg)
{
	print_line(arg, VIEW("Record-Route"), view_pl(&hdr->val));
	return false;
}

void tx_print_record_routes(struct buf *out, const struct sip_msg *msg)
{
	sip_msg_hdr_apply(msg, true, SIP_HDR_RECORD_ROUTE, on_record_route, out);
}

void tx_print_status(struct buf *out, unsigned code, const char *reason)
{
	buf_add(out, VIEW("SIP/2.0 "));
	print_uint(out, code);
	buf_chr(out, ' ');
	buf_str(out, reason);
	buf_add(out, VIEW("\r\n"));
}

void tx_print_end(const struct tx_layer *layer, struct buf *out, bool request, struct view body)
{
	if (layer->conf.server)
		print_line(out, request ? VIEW("User-Agent") : VIEW("Server"),
			   view_str(layer->conf.server));
	buf_add(out, VIEW("Content-Length: "));
	print_uint(out, body.n);
	buf_add(out, VIEW("\r\n\r\n"));
	buf_add(out, body);
}

static void print_start(struct buf *out, const char *method, struct view uri)
{
	buf_str(out, method);
	buf_chr(out, ' ');
	buf_add(out, uri);
	buf_add(out, VIEW(" SIP/2.0\r\n"));
}

static void print_max_forwards(struct buf *out)
{
	buf_add(out, VIEW("Max-Forwards: "));
	print_uint(out, TX_MAX_FORWARDS);
	buf_add(out, VIEW("\r\n"));
}

void tx_print_request(struct tx_layer *layer, const struct flow *flow, const struct tx_out *what,
		      struct view branch)
{
	static const char *const vias[] = { "Via: SIP/2.0/UDP ", "Via: SIP/2.0/TCP ",
					    "Via: SIP/2.0/TLS " };
	struct buf *out = &layer->out;

	buf_reset(out);
	print_start(out, what->method, what->uri);
	buf_str(out, vias[flow->transport]);
	buf_add(out, flow_local(layer->conf.flows, flow));
	buf_add(out, VIEW(";branch="));
	buf_add(out, branch);
	buf_add(out, VIEW(";rport\r\n"));
	print_max_forwards(out);
	buf_add(out, what->headers);
	tx_print_end(layer, out, true, what->body);
}

static bool name_is(struct view line, struct view name)
{
	struct view value;
	const struct view found = view_cut(line, ':', &value);

	return found.n < line.n && view_ieq(view_trim(found), name);
}

/* Request-URI, Via, From, Call-ID, CSeq's number and Route as in the INVITE (sections 9.1 and
 * 17.1.1.3). */
void tx_print_follow(struct tx_layer *layer, const struct tx_follow *what)
{
	struct buf *out = &layer->out;
	struct view rest, uri, value;
	struct view line = view_line(what->invite, &rest);

	buf_reset(out);
	view_cut(line, ' ', &uri);
	print_start(out, what->method, view_cut(uri, ' ', &value));
	while ((line = view_line(rest, &rest)).n > 0) {
		if (name_is(line, VIEW("CSeq"))) {
			view_cut(line, ':', &value);
			buf_add(out, VIEW("CSeq: "));
			buf_add(out, view_cut(view_trim(value), ' ', &value));
			buf_chr(out, ' ');
			buf_str(out, what->method);
			buf_add(out, VIEW("\r\n"));
		} else if (name_is(line, VIEW("To")) && what->to.n > 0) {
			print_line(out, VIEW("To"), what->to);
		} else if (name_is(line, VIEW("Via")) || name_is(line, VIEW("From")) ||
			   name_is(line, VIEW("To")) || name_is(line, VIEW("Call-ID")) ||
			   name_is(line, VIEW("Route"))) {
			buf_add(out, line);
			buf_add(out, VIEW("\r\n"));
		}
	}
	print_max_forwards(out);
	buf_add(out, what->headers);
	tx_print_end(layer, out, true, (struct view){});
}

void tx_stateless_tag(const struct tx_layer *layer, const struct sip_msg *msg,
		      char ret_tag[TX_TAG_LEN + 1])
{
	const struct pl *parts[] = { &msg->via.branch, &msg->callid };
	unsigned char hash[crypto_shorthash_BYTES], both[2 * sizeof(hash)];

	_Static_assert(crypto_shorthash_KEYBYTES == sizeof(layer->tag_key), "SipHash key");
	_Static_assert(2 * sizeof(hash) == TX_TAG_LEN, "a tag is a hash in hexadecimal digits");
	for (size_t i = 0; i < 2; i++)
		crypto_shorthash(both + i * sizeof(hash), (const unsigned char *)parts[i]->p,
				 parts[i]->l, layer->tag_key);
	crypto_shorthash(hash, both, sizeof(both), layer->tag_key);
	sodium_bin2hex(ret_tag, TX_TAG_LEN + 1, hash, sizeof(hash));
}

int tx_reply_stateless(struct tx_layer *layer, const struct sip_msg *msg, const struct flow *flow,
		       unsigned code, const char *reason, struct view headers)
{
	const struct flow back = tx_reply_flow(msg, flow);
	struct buf *out = &layer->out;
	char tag[TX_TAG_LEN + 1];

	tx_stateless_tag(layer, msg, tag);
	buf_reset(out);
	tx_print_status(out, code, reason);
	tx_print_reply_head(out, msg, flow, view_str(tag));
	buf_add(out, headers);
	tx_print_end(layer, out, false, (struct view){});
	return out->err ? out->err : flow_send(layer->conf.flows, &back, buf_view(out));
}

enum { MALFORMED_NEEDS = 5, MALFORMED_LINES_MAX = 256 };

/* Index among Via, From, To, Call-ID and CSeq, or -1. */
static int needed(struct view line)
{
	static const struct {
		const char *name, *compact;
	} names[MALFORMED_NEEDS] = {
		{ "Via", "v" }, { "From", "f" }, { "To", "t" }, { "Call-ID", "i" }, { "CSeq", "" },
	};

	for (int i = 0; i < MALFORMED_NEEDS; i++)
		if (name_is(line, view_str(names[i].name)) ||
		    (names[i].compact[0] && name_is(line, view_str(names[i].compact))))
			return i;
	return -1;
}

static bool printable(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if ((unsigned char)v.p[i] < ' ' && v.p[i] != '\t')
			return false;
	return true;
}

/* Copies the lines that a reply repeats; false when one is missing, doubled or unclean. */
static bool copy_needed(struct buf *out, struct view rest)
{
	size_t count[MALFORMED_NEEDS] = {};
	struct view line;

	for (int n = 0; (line = view_line(rest, &rest)).n > 0; n++) {
		const int i = needed(line);

		if (n >= MALFORMED_LINES_MAX || line.p[0] == ' ' || line.p[0] == '\t')
			return false;
		if (i < 0)
			continue;
		if (!printable(line) || (++count[i] > 1 && i > 0))
			return false;
		buf_add(out, line);
		buf_add(out, VIEW("\r\n"));
	}
	for (int i = 0; i < MALFORMED_NEEDS; i++)
		if (count[i] == 0)
			return false;
	return true;
}

/* What the start line says it speaks; the empty view when that is not SIP. */
static struct view version_of(struct view start)
{
	const char *space = start.n ? memrchr(start.p, ' ', start.n) : NULL;
	struct view version = { "", 0 };

	if (space)
		version = (struct view){ space + 1, (size_t)(start.p + start.n - space) - 1 };
	return view_starts(version, VIEW("SIP/")) ? version : (struct view){ "", 0 };
}

void tx_reply_malformed(struct tx_layer *layer, const struct flow *flow, struct view raw)
{
	struct buf *out = &layer->out;
	struct view rest;
	const struct view start = view_trim(view_line(raw, &rest));
	const struct view version = version_of(start);

	if (!version.n || view_starts(start, VIEW("ACK ")) || view_starts(start, VIEW("SIP/")))
		return;
	buf_reset(out);
	if (view_eq(version, VIEW("SIP/2.0")))
		tx_print_status(out, 400, "Bad Request");
	else
		tx_print_status(out, 505, "Version Not Supported");
	if (!copy_needed(out, rest))
		return;
	tx_print_end(layer, out, false, (struct view){});
	if (!out->err)
		flow_send(layer->conf.flows, flow, buf_view(out));
}
