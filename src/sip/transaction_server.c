/* Server transactions: RFC 3261 section 17.2 with RFC 6026. */
#include "sip/transaction_priv.h"

#include <errno.h>
#include <stdio.h>

struct tx_server {
	struct map_node node;
	struct list by_link;
	struct tx_link *link; /* NULL over UDP */
	struct tx_layer *layer;
	enum tx_state state;
	bool invite;
	bool begins_dialog;
	bool cancelled;
	unsigned code; /* the last response's, or 0 */
	struct flow flow;
	struct timer again, deadline;
	int64_t again_ms;
	const struct tx_server_handlers *handlers;
	void *arg;
	char tag[TX_TAG_LEN + 1];
	struct view head;   /* Via … CSeq of every reply */
	struct view routes; /* Record-Route lines */
	char *last;         /* the response that a repeated request gets */
	size_t last_n;
	char bytes[]; /* key, head, routes */
};

static bool reliable(const struct tx_server *tx)
{
	return tx->flow.transport != FLOW_UDP;
}

static void server_free(struct tx_server *tx)
{
	struct tx_layer *layer = tx->layer;

	timers_cancel(layer->conf.timers, &tx->again);
	timers_cancel(layer->conf.timers, &tx->deadline);
	map_remove(&layer->servers, &tx->node);
	list_remove(&tx->by_link);
	tx_link_drop(layer, tx->link);
	free(tx->last);
	free(tx);
}

static void server_end(struct tx_server *tx)
{
	tx->state = TX_STATE_ENDED;
	if (tx->handlers && tx->handlers->ended)
		tx->handlers->ended(tx->arg, tx);
	server_free(tx);
}

/* Timer G: the non-2xx of an INVITE again, until its ACK. */
static void on_again(void *arg)
{
	struct tx_server *tx = arg;

	tx->again_ms = tx->again_ms * 2 < TX_T2_MS ? tx->again_ms * 2 : TX_T2_MS;
	flow_send(tx->layer->conf.flows, &tx->flow, (struct view){ tx->last, tx->last_n });
	tx_arm(tx->layer, &tx->again, tx->again_ms, on_again, tx);
}

static void on_deadline(void *arg)
{
	struct tx_server *tx = arg;

	if (tx->state == TX_STATE_PROCEEDING && tx->invite &&
	    tx_reply(tx, 408, "Request Timeout", (struct view){}, (struct view){}) != -ENOMEM)
		return; /* timer H takes over */
	server_end(tx);
}

static void key_print(struct buf *key, const struct sip_msg *msg, const struct flow *flow,
		      struct view method)
{
	unsigned char host[ADDR_HOST_BYTES];

	addr_host_bytes(&flow->peer, host);
	buf_reset(key);
	buf_add(key, (struct view){ (const char *)host, sizeof(host) });
	buf_add(key, view_pl(&msg->via.branch));
	buf_chr(key, '\n');
	buf_add(key, view_pl(&msg->via.sentby));
	buf_chr(key, '\n');
	buf_add(key, method);
}

static struct tx_server *server_find(struct tx_layer *layer, const struct sip_msg *msg,
				     const struct flow *flow, struct view method)
{
	struct map_node *found;

	key_print(&layer->out, msg, flow, method);
	found = layer->out.err ? NULL : map_get(&layer->servers, buf_view(&layer->out));
	return found ? CONTAINER_OF(found, struct tx_server, node) : NULL;
}

/* Prints key, head and routes one behind the other into the layer's buffer, then copies all. */
static struct tx_server *server_alloc(struct tx_layer *layer, const struct sip_msg *msg,
				      const struct flow *flow, size_t *ret_key_n)
{
	struct buf *out = &layer->out;
	char tag[TX_TAG_LEN + 1];
	size_t key_n, head_n;
	struct tx_server *tx;

	rand_hex(layer->conf.rand, tag, TX_TAG_LEN / 2);
	key_print(out, msg, flow, view_pl(&msg->met));
	key_n = out->n;
	tx_print_reply_head(out, msg, flow, view_str(tag));
	head_n = out->n - key_n;
	tx_print_record_routes(out, msg);
	tx = out->err ? NULL : calloc(1, sizeof(*tx) + out->n);
	if (!tx)
		return NULL;
	memcpy(tx->bytes, out->p, out->n);
	tx->head = (struct view){ tx->bytes + key_n, head_n };
	tx->routes = (struct view){ tx->bytes + key_n + head_n, out->n - key_n - head_n };
	memcpy(tx->tag, msg->to.tag.l == 0 ? tag : "", msg->to.tag.l == 0 ? sizeof(tag) : 1);
	*ret_key_n = key_n;
	return tx;
}

static struct tx_server *server_new(struct tx_layer *layer, const struct sip_msg *msg,
				    const struct flow *flow)
{
	size_t key_n;
	struct tx_server *tx = server_alloc(layer, msg, flow, &key_n);

	if (!tx)
		return NULL;
	tx->layer = layer;
	tx->state = TX_STATE_PROCEEDING;
	tx->invite = pl_strcmp(&msg->met, "INVITE") == 0;
	tx->begins_dialog = tx->invite && msg->to.tag.l == 0;
	tx->flow = tx_reply_flow(msg, flow);
	tx->again_ms = TX_T1_MS;
	list_init(&tx->by_link);
	if (tx_link_take(layer, flow, &tx->link) ||
	    map_put(&layer->servers, &tx->node, (struct view){ tx->bytes, key_n }) ||
	    timers_arm(layer->conf.timers, &tx->deadline,
		       tx->invite ? TX_PROCEEDING_MS : TX_TIMEOUT_MS, on_deadline, tx)) {
		server_free(tx);
		return NULL;
	}
	if (tx->link)
		list_append(&tx->link->servers, &tx->by_link);
	return tx;
}

static void refuse_busy(struct tx_layer *layer, const struct sip_msg *msg,
			const struct flow *flow)
{
	char retry[32];

	snprintf(retry, sizeof(retry), "Retry-After: %d\r\n", TX_RETRY_AFTER_S);
	tx_reply_stateless(layer, msg, flow, 503, "Service Unavailable", view_str(retry));
}

void tx_server_request(struct tx_layer *layer, const struct sip_msg *msg, const struct flow *flow)
{
	struct tx_server *tx = server_find(layer, msg, flow, view_pl(&msg->met));

	if (tx) { /* a repetition */
		if (tx->last)
			flow_send(layer->conf.flows, &tx->flow,
				  (struct view){ tx->last, tx->last_n });
		return;
	}
	if (layer->conf.screen && !layer->conf.screen(layer->conf.arg, msg, flow))
		return;
	tx = layer->servers.count < TX_SERVERS_MAX ? server_new(layer, msg, flow) : NULL;
	if (!tx) {
		refuse_busy(layer, msg, flow);
		return;
	}
	layer->conf.request(layer->conf.arg, tx, msg, flow);
	if (tx->invite && tx->code == 0)
		tx_reply(tx, 100, "Trying", (struct view){}, (struct view){});
}

/* The ACK of a refusal that was stateless carries the tag that only we can make: it ends here. */
static bool ack_of_stateless(struct tx_layer *layer, const struct sip_msg *msg)
{
	char tag[TX_TAG_LEN + 1];

	tx_stateless_tag(layer, msg, tag);
	return view_eq(view_pl(&msg->to.tag), view_str(tag));
}

void tx_server_ack(struct tx_layer *layer, const struct sip_msg *msg, const struct flow *flow)
{
	struct tx_server *tx = server_find(layer, msg, flow, VIEW("INVITE"));

	if (!tx || tx->state == TX_STATE_ACCEPTED) {
		if (tx || !ack_of_stateless(layer, msg))
			layer->conf.request(layer->conf.arg, NULL, msg, flow);
		return;
	}
	if (tx->state != TX_STATE_COMPLETED)
		return;
	tx->state = TX_STATE_CONFIRMED;
	timers_cancel(layer->conf.timers, &tx->again);
	tx_arm(layer, &tx->deadline, reliable(tx) ? 0 : TX_T4_MS, on_deadline, tx); /* timer I */
}

/* Answers the CANCEL itself without state: its repetition is answered the same way. */
void tx_server_cancel(struct tx_layer *layer, const struct sip_msg *msg, const struct flow *flow)
{
	struct tx_server *tx = server_find(layer, msg, flow, VIEW("INVITE"));
	const struct flow back = tx_reply_flow(msg, flow);
	struct buf *out = &layer->out;

	if (!tx) {
		tx_reply_stateless(layer, msg, flow, 481, "Call/Transaction Does Not Exist",
				   (struct view){});
		return;
	}
	buf_reset(out);
	tx_print_status(out, 200, "OK");
	tx_print_reply_head(out, msg, flow, view_str(tx->tag));
	tx_print_end(layer, out, false, (struct view){});
	if (!out->err)
		flow_send(layer->conf.flows, &back, buf_view(out));
	if (tx->state != TX_STATE_PROCEEDING || tx->cancelled)
		return;
	tx->cancelled = true;
	if (tx->handlers && tx->handlers->cancelled)
		tx->handlers->cancelled(tx->arg, tx, msg);
	else
		tx_reply(tx, 487, "Request Terminated", (struct view){}, (struct view){});
}

void tx_server_use(struct tx_server *tx, const struct tx_server_handlers *handlers, void *arg)
{
	tx->handlers = handlers;
	tx->arg = arg;
}

void tx_server_forget(struct tx_server *tx)
{
	tx->handlers = NULL;
	if (tx->state == TX_STATE_PROCEEDING)
		tx_reply(tx, 500, "Server Internal Error", (struct view){}, (struct view){});
}

struct view tx_server_tag(const struct tx_server *tx)
{
	return view_str(tx->tag);
}

static int keep_last(struct tx_server *tx, const struct buf *out)
{
	char *copy = malloc(out->n);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, out->p, out->n);
	free(tx->last);
	tx->last = copy;
	tx->last_n = out->n;
	return 0;
}

static void drop_last(struct tx_server *tx)
{
	free(tx->last);
	tx->last = NULL;
	tx->last_n = 0;
}

/* The state that a response leads to, with its timers. */
static void replied(struct tx_server *tx, unsigned code)
{
	struct tx_layer *layer = tx->layer;

	tx->code = code;
	if (code < 200) {
		if (tx->invite)
			tx_arm(layer, &tx->deadline, TX_PROCEEDING_MS, on_deadline, tx);
	} else if (tx->invite && code < 300) {
		if (tx->state == TX_STATE_PROCEEDING) /* timer L */
			tx_arm(layer, &tx->deadline, TX_TIMEOUT_MS, on_deadline, tx);
		tx->state = TX_STATE_ACCEPTED;
	} else if (tx->invite) {
		tx->state = TX_STATE_COMPLETED;
		if (!reliable(tx))
			tx_arm(layer, &tx->again, tx->again_ms, on_again, tx);
		tx_arm(layer, &tx->deadline, TX_TIMEOUT_MS, on_deadline, tx); /* timer H */
	} else {
		tx->state = TX_STATE_COMPLETED; /* timer J */
		tx_arm(layer, &tx->deadline, reliable(tx) ? 0 : TX_TIMEOUT_MS, on_deadline, tx);
	}
}

int tx_reply(struct tx_server *tx, unsigned code, const char *reason, struct view headers,
	     struct view body)
{
	const bool accepts = tx->invite && code >= 200 && code < 300;
	struct buf *out = &tx->layer->out;

	if (tx->state != TX_STATE_PROCEEDING && !(tx->state == TX_STATE_ACCEPTED && accepts))
		return -EALREADY;
	buf_reset(out);
	tx_print_status(out, code, reason);
	buf_add(out, tx->head);
	if (tx->begins_dialog && code > 100 && code < 300)
		buf_add(out, tx->routes);
	buf_add(out, headers);
	tx_print_end(tx->layer, out, false, body);
	if (out->err)
		return out->err;
	if (accepts)
		drop_last(tx);
	else if (keep_last(tx, out) < 0)
		return -ENOMEM;
	replied(tx, code);
	return flow_send(tx->layer->conf.flows, &tx->flow, buf_view(out));
}

void tx_servers_gone(struct tx_layer *, struct list *servers)
{
	while (!list_empty(servers))
		server_end(CONTAINER_OF(servers->next, struct tx_server, by_link));
}

static void free_node(struct map_node *node, void *)
{
	server_free(CONTAINER_OF(node, struct tx_server, node));
}

void tx_servers_free(struct tx_layer *layer)
{
	map_each(&layer->servers, free_node, NULL);
}
