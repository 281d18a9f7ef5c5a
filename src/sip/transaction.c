/* The layer: parses, refuses what is no SIP, and hands on to servers and clients. */
#include "base/log.h"
#include "sip/transaction_priv.h"

#include <errno.h>

int tx_layer_new(const struct tx_conf *conf, struct tx_layer **ret_layer)
{
	struct tx_layer *layer = calloc(1, sizeof(*layer));

	if (!layer)
		return -ENOMEM;
	layer->conf = *conf;
	layer->out = BUF_INIT(FLOW_MESSAGE_MAX);
	map_init(&layer->servers);
	map_init(&layer->clients);
	map_init(&layer->links);
	rand_bytes(conf->rand, layer->tag_key, sizeof(layer->tag_key));
	*ret_layer = layer;
	return 0;
}

void tx_layer_free(struct tx_layer *layer)
{
	if (!layer)
		return;
	tx_servers_free(layer);
	tx_clients_free(layer);
	map_free(&layer->servers);
	map_free(&layer->clients);
	map_free(&layer->links);
	buf_free(&layer->out);
	free(layer);
}

size_t tx_layer_count(const struct tx_layer *layer)
{
	return layer->servers.count + layer->clients.count;
}

/* Fails only when a timer enters the heap; then the transaction loses its repetitions, not its end:
 * the deadline is armed before a transaction is kept. */
void tx_arm(struct tx_layer *layer, struct timer *timer, int64_t ms, timer_fn *fn, void *arg)
{
	const int rc = timers_arm(layer->conf.timers, timer, ms, fn, arg);

	if (rc < 0)
		log_error("sip_timer", LF_I("code", rc));
}

int tx_link_take(struct tx_layer *layer, const struct flow *flow, struct tx_link **ret_link)
{
	const struct view key = { (const char *)&flow->conn, sizeof(flow->conn) };
	struct map_node *found;
	struct tx_link *link;

	*ret_link = NULL;
	if (flow->transport == FLOW_UDP)
		return 0;
	found = map_get(&layer->links, key);
	if (found) {
		link = CONTAINER_OF(found, struct tx_link, node);
	} else {
		link = calloc(1, sizeof(*link));
		if (!link)
			return -ENOMEM;
		link->conn = flow->conn;
		list_init(&link->servers);
		list_init(&link->clients);
		if (map_put(&layer->links, &link->node,
			    (struct view){ (const char *)&link->conn, sizeof(link->conn) })) {
			free(link);
			return -ENOMEM;
		}
	}
	link->users++;
	*ret_link = link;
	return 0;
}

void tx_link_drop(struct tx_layer *layer, struct tx_link *link)
{
	if (!link || --link->users > 0)
		return;
	map_remove(&layer->links, &link->node);
	free(link);
}

void tx_layer_flow_gone(struct tx_layer *layer, const struct flow *flow)
{
	const struct view key = { (const char *)&flow->conn, sizeof(flow->conn) };
	struct map_node *found = map_get(&layer->links, key);
	struct tx_link *link = found ? CONTAINER_OF(found, struct tx_link, node) : NULL;

	if (!link)
		return;
	link->users++; /* it outlives its last transaction until we are through */
	tx_servers_gone(layer, &link->servers);
	tx_clients_gone(layer, &link->clients);
	tx_link_drop(layer, link);
}

/* Bytes behind the body are cut off, a body cut short is refused (section 18.3). */
static bool body_fits(const struct sip_msg *msg)
{
	const struct view body = sip_body(msg);
	uint64_t n;

	if (!pl_isset(&msg->clen))
		return true;
	if (view_u64(view_pl(&msg->clen), FLOW_MESSAGE_MAX, &n) || n > body.n)
		return false;
	msg->mb->end = msg->mb->pos + (size_t)n;
	return true;
}

/* Headers that may stand once only: two of them are how one parser is played against another. */
static bool headers_single(const struct sip_msg *msg)
{
	static const enum sip_hdrid once[] = { SIP_HDR_FROM, SIP_HDR_TO, SIP_HDR_CALL_ID,
					       SIP_HDR_CSEQ, SIP_HDR_CONTENT_LENGTH,
					       SIP_HDR_MAX_FORWARDS };

	for (size_t i = 0; i < sizeof(once) / sizeof(*once); i++)
		if (sip_msg_hdr_count(msg, once[i]) > 1)
			return false;
	return true;
}

/* No control characters before the body, and a CR at the end of a line only: what we repeat of a
 * message, in replies and in logs, shall be one line to everybody who reads it. */
static bool head_clean(const struct sip_msg *msg)
{
	const unsigned char *p = msg->mb->buf;
	const size_t n = msg->mb->pos;

	for (size_t i = 0; i < n; i++) {
		if (p[i] >= ' ' ? p[i] == 0x7f : p[i] != '\n' && p[i] != '\t' &&
						 !(p[i] == '\r' && i + 1 < n && p[i + 1] == '\n'))
			return false;
	}
	return true;
}

/* The parser takes the number modulo 2^32; section 8.1.1.5 ends it at 2^31. */
static bool cseq_fits(const struct sip_msg *msg)
{
	const struct view value = view_trim(sip_header(msg, SIP_HDR_CSEQ));
	uint64_t number;
	size_t n = 0;

	while (n < value.n && value.p[n] >= '0' && value.p[n] <= '9')
		n++;
	return view_u64((struct view){ value.p, n }, INT32_MAX, &number) == 0;
}

/* A quoted string without an end swallows what follows it. */
static bool quotes_closed(struct view v)
{
	bool open = false;

	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == '"')
			open = !open;
		else if (open && v.p[i] == '\\')
			i++;
	}
	return !open;
}

static bool well_formed(const struct sip_msg *msg)
{
	return head_clean(msg) && pl_isset(&msg->via.val) && pl_isset(&msg->via.branch) && msg->from.auri.l > 0 &&
	       msg->to.auri.l > 0 && msg->callid.l > 0 && msg->cseq.met.l > 0 && cseq_fits(msg) &&
	       quotes_closed(view_pl(&msg->from.val)) && quotes_closed(view_pl(&msg->to.val)) &&
	       headers_single(msg) && body_fits(msg);
}

/* RFC 3986 section 3.1: no "<" before it, for one. */
static bool scheme_fair(struct view scheme)
{
	for (size_t i = 0; i < scheme.n; i++) {
		const char c = scheme.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) &&
		    (i == 0 || c == '\0' || !strchr("0123456789+-.", c)))
			return false;
	}
	return scheme.n > 0;
}

static bool is_sip(const struct pl *scheme)
{
	return pl_strcasecmp(scheme, "sip") == 0 || pl_strcasecmp(scheme, "sips") == 0;
}

static bool is_port(struct view v)
{
	uint64_t port;

	return view_u64(v, UINT16_MAX, &port) == 0;
}

/* Of a sip or sips URI: what follows the host is a port, or nothing. An IPv6 address without its
 * brackets has no host that anybody could tell (RFC 5118 section 4.2). */
static bool host_fair(struct view uri)
{
	struct view rest, host, port;

	view_cut(uri, ':', &host);
	if (host.n > 0 && memchr(host.p, '@', host.n))
		view_cut(host, '@', &host);
	host = view_cut(view_cut(host, '?', &rest), ';', &rest);
	if (host.n == 0 || host.p[0] != '[') {
		const struct view name = view_cut(host, ':', &port);

		return name.n == host.n || is_port(port);
	}
	view_cut(host, ']', &port);
	return port.n == 0 || (port.p[0] == ':' && is_port((struct view){ port.p + 1, port.n - 1 }));
}

static bool well_formed_request(const struct sip_msg *msg)
{
	const struct view branch = view_pl(&msg->via.branch);

	return well_formed(msg) && scheme_fair(view_pl(&msg->uri.scheme)) &&
	       (!is_sip(&msg->uri.scheme) || host_fair(view_pl(&msg->ruri))) &&
	       pl_cmp(&msg->met, &msg->cseq.met) == 0 &&
	       branch.n > sizeof(TX_COOKIE) - 1 && branch.n <= TX_BRANCH_MAX &&
	       msg->via.sentby.l <= TX_BRANCH_MAX && msg->met.l <= 32 &&
	       view_ieq((struct view){ branch.p, sizeof(TX_COOKIE) - 1 }, VIEW(TX_COOKIE));
}

static void take_request(struct tx_layer *layer, const struct sip_msg *msg,
			 const struct flow *flow)
{
	if (pl_strcmp(&msg->met, "ACK") == 0)
		tx_server_ack(layer, msg, flow);
	else if (pl_strcmp(&msg->met, "CANCEL") == 0)
		tx_server_cancel(layer, msg, flow);
	else
		tx_server_request(layer, msg, flow);
}

static int take(struct tx_layer *layer, const struct sip_msg *msg, const struct flow *flow,
		struct view raw)
{
	if (msg->req && !well_formed_request(msg)) {
		tx_reply_malformed(layer, flow, raw);
		return -EBADMSG;
	}
	if (msg->req) {
		take_request(layer, msg, flow);
		return 0;
	}
	if (!well_formed(msg) || msg->scode < 100 || msg->scode > 699 ||
	    sip_msg_hdr_count(msg, SIP_HDR_VIA) != 1)
		return -EBADMSG;
	tx_client_response(layer, msg);
	return 0;
}

int tx_layer_message(struct tx_layer *layer, const struct flow *flow, struct view raw)
{
	struct sip_msg *msg = NULL;
	int rc;

	while (view_starts(raw, VIEW("\r\n")))
		raw = (struct view){ raw.p + 2, raw.n - 2 };
	rc = re_read(raw, &msg);
	if (rc == 0) {
		rc = take(layer, msg, flow, raw);
		mem_deref(msg);
		return rc;
	}
	if (rc == -EBADMSG)
		tx_reply_malformed(layer, flow, raw);
	return rc;
}
