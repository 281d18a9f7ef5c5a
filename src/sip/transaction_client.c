/* Client transactions: RFC 3261 section 17.1 with RFC 6026. */
#include "sip/transaction_priv.h"

#include <errno.h>
#include <stdio.h>

enum {
	BRANCH_RANDOM = 12, /* bytes */
	BRANCH_LEN = sizeof(TX_COOKIE) - 1 + 2 * BRANCH_RANDOM,
	METHOD_MAX = 32,
};

struct tx_client {
	struct map_node node;
	struct list by_link;
	struct tx_link *link; /* NULL over UDP */
	struct tx_layer *layer;
	enum tx_state state;
	bool invite;
	bool cancel_wanted, cancel_sent;
	bool hung_up; /* answered after it was forgotten: BYE is on its way */
	bool done;    /* the user took its 2xx */
	char *to_tag; /* of the 2xx that the user was told */
	struct flow flow;
	struct timer again, deadline;
	int64_t again_ms;
	tx_response_fn *fn; /* NULL: forgotten */
	void *arg;
	char *sent; /* the request; in COMPLETED of an INVITE its ACK */
	size_t sent_n;
	char *cancel_headers;
	char branch[BRANCH_LEN + 1];
	char key[BRANCH_LEN + METHOD_MAX + 2];
};

static bool reliable(const struct tx_client *tx)
{
	return tx->flow.transport != FLOW_UDP;
}

static struct view sent_view(const struct tx_client *tx)
{
	return (struct view){ tx->sent, tx->sent_n };
}

static void client_free(struct tx_client *tx)
{
	struct tx_layer *layer = tx->layer;

	timers_cancel(layer->conf.timers, &tx->again);
	timers_cancel(layer->conf.timers, &tx->deadline);
	map_remove(&layer->clients, &tx->node);
	list_remove(&tx->by_link);
	tx_link_drop(layer, tx->link);
	free(tx->sent);
	free(tx->cancel_headers);
	free(tx->to_tag);
	free(tx);
}

/* Tells the user for the last time, unless it knows already. */
static void client_end(struct tx_client *tx, int err)
{
	tx_response_fn *fn = tx->fn;

	if (tx->state == TX_STATE_COMPLETED)
		fn = NULL;
	tx->state = TX_STATE_ENDED;
	tx->fn = NULL;
	if (fn)
		fn(tx->arg, tx, NULL, err);
	client_free(tx);
}

static void on_deadline(void *arg)
{
	struct tx_client *tx = arg;

	client_end(tx, tx->state == TX_STATE_ACCEPTED ? 0 : -ETIMEDOUT);
}

/* Timers A and E. */
static void on_again(void *arg)
{
	struct tx_client *tx = arg;

	tx->again_ms *= 2;
	if (!tx->invite && tx->again_ms > TX_T2_MS)
		tx->again_ms = TX_T2_MS;
	flow_send(tx->layer->conf.flows, &tx->flow, sent_view(tx));
	tx_arm(tx->layer, &tx->again, tx->again_ms, on_again, tx);
}

static int keep_sent(struct tx_client *tx, const struct buf *out)
{
	char *copy = out->err ? NULL : malloc(out->n);

	if (!copy)
		return out->err ? out->err : -ENOMEM;
	memcpy(copy, out->p, out->n);
	free(tx->sent);
	tx->sent = copy;
	tx->sent_n = out->n;
	return 0;
}

static struct tx_client *client_new(struct tx_layer *layer, const struct flow *flow,
				    const char *branch, const char *method)
{
	struct tx_client *tx = calloc(1, sizeof(*tx));

	if (!tx)
		return NULL;
	tx->layer = layer;
	tx->state = TX_STATE_CALLING;
	tx->invite = strcmp(method, "INVITE") == 0;
	tx->flow = *flow;
	tx->again_ms = TX_T1_MS;
	list_init(&tx->by_link);
	snprintf(tx->branch, sizeof(tx->branch), "%s", branch);
	snprintf(tx->key, sizeof(tx->key), "%s %.*s", branch, METHOD_MAX, method);
	if (tx_link_take(layer, flow, &tx->link) ||
	    map_put(&layer->clients, &tx->node, view_str(tx->key)) ||
	    timers_arm(layer->conf.timers, &tx->deadline, TX_TIMEOUT_MS, on_deadline, tx)) {
		client_free(tx);
		return NULL;
	}
	if (tx->link)
		list_append(&tx->link->clients, &tx->by_link);
	return tx;
}

/* Sends what stands in the layer's buffer. On failure there is no transaction. */
static int client_start(struct tx_client *tx)
{
	struct tx_layer *layer = tx->layer;
	int rc = keep_sent(tx, &layer->out);

	if (rc == 0)
		rc = flow_send(layer->conf.flows, &tx->flow, sent_view(tx));
	/* A full socket buffer is a lost packet, which the repetition heals. */
	if (rc < 0 && (rc != -ENOBUFS || reliable(tx))) {
		client_free(tx);
		return rc;
	}
	if (!reliable(tx))
		tx_arm(layer, &tx->again, tx->again_ms, on_again, tx);
	return 0;
}

static void branch_new(struct tx_layer *layer, char ret_branch[BRANCH_LEN + 1])
{
	memcpy(ret_branch, TX_COOKIE, sizeof(TX_COOKIE) - 1);
	rand_hex(layer->conf.rand, ret_branch + sizeof(TX_COOKIE) - 1, BRANCH_RANDOM);
}

int tx_request(struct tx_layer *layer, const struct flow *flow, const struct tx_out *out,
	       tx_response_fn *fn, void *arg, struct tx_client **ret_tx)
{
	char branch[BRANCH_LEN + 1];
	struct tx_client *tx;
	int rc;

	if (layer->clients.count >= TX_CLIENTS_MAX)
		return -EAGAIN;
	branch_new(layer, branch);
	tx = client_new(layer, flow, branch, out->method);
	if (!tx)
		return -ENOMEM;
	tx_print_request(layer, flow, out, view_str(branch));
	rc = client_start(tx);
	if (rc < 0)
		return rc;
	tx->fn = fn;
	tx->arg = arg;
	if (ret_tx)
		*ret_tx = tx;
	return 0;
}

int tx_ack(struct tx_layer *layer, const struct flow *flow, const struct tx_out *out)
{
	char branch[BRANCH_LEN + 1];

	branch_new(layer, branch);
	tx_print_request(layer, flow, out, view_str(branch));
	return layer->out.err ? layer->out.err
			      : flow_send(layer->conf.flows, flow, buf_view(&layer->out));
}

static int send_cancel(struct tx_client *tx)
{
	struct tx_layer *layer = tx->layer;
	struct tx_client *cancel;

	if (tx->cancel_sent)
		return 0;
	cancel = client_new(layer, &tx->flow, tx->branch, "CANCEL");
	if (!cancel)
		return -ENOMEM;
	tx->cancel_sent = true;
	tx_print_follow(layer, &(struct tx_follow){ .method = "CANCEL",
						    .invite = sent_view(tx),
						    .headers = view_str(tx->cancel_headers) });
	tx_arm(layer, &tx->deadline, TX_TIMEOUT_MS, on_deadline, tx);
	return client_start(cancel);
}

int tx_cancel(struct tx_client *tx, struct view headers)
{
	if (!tx->invite || (tx->state != TX_STATE_CALLING && tx->state != TX_STATE_PROCEEDING))
		return -EALREADY;
	if (tx->cancel_wanted)
		return 0;
	tx->cancel_headers = headers.n > 0 ? view_dup(headers) : NULL;
	if (headers.n > 0 && !tx->cancel_headers)
		return -ENOMEM;
	tx->cancel_wanted = true;
	return tx->state == TX_STATE_PROCEEDING ? send_cancel(tx) : 0;
}

void tx_client_forget(struct tx_client *tx)
{
	tx->fn = NULL;
	if (tx->invite)
		tx_cancel(tx, (struct view){});
}

void tx_client_done(struct tx_client *tx)
{
	tx->done = true;
	tx_client_forget(tx);
}

static void tell(struct tx_client *tx, const struct sip_msg *msg)
{
	if (tx->fn)
		tx->fn(tx->arg, tx, msg, 0);
}

static void provisional(struct tx_client *tx, const struct sip_msg *msg)
{
	struct tx_layer *layer = tx->layer;

	if (tx->state != TX_STATE_CALLING && tx->state != TX_STATE_PROCEEDING)
		return;
	tx->state = TX_STATE_PROCEEDING;
	if (tx->invite) {
		timers_cancel(layer->conf.timers, &tx->again);
		if (!tx->cancel_sent)
			tx_arm(layer, &tx->deadline, TX_PROCEEDING_MS, on_deadline, tx);
	} else if (!reliable(tx) && tx->again_ms < TX_T2_MS) {
		tx->again_ms = TX_T2_MS;
		tx_arm(layer, &tx->again, TX_T2_MS, on_again, tx);
	}
	if (tx->cancel_wanted)
		send_cancel(tx);
	tell(tx, msg);
}

/* In the dialog that this answer made, down the flow of the INVITE. */
static void send_in_dialog(struct tx_client *tx, const struct sip_msg *msg, const char *method,
			   uint32_t cseq)
{
	const struct sip_hdr *contact = sip_msg_hdr(msg, SIP_HDR_CONTACT);
	struct buf headers = BUF_INIT(FLOW_MESSAGE_MAX);
	struct sip_addr target;
	struct tx_out out;

	if (!contact || sip_addr_decode(&target, &contact->val) ||
	    !sip_uri_clean(view_pl(&target.auri)))
		return;
	buf_add(&headers, VIEW("From: "));
	buf_add(&headers, view_pl(&msg->from.val));
	buf_add(&headers, VIEW("\r\nTo: "));
	buf_add(&headers, view_pl(&msg->to.val));
	buf_add(&headers, VIEW("\r\nCall-ID: "));
	buf_add(&headers, view_pl(&msg->callid));
	buf_printf(&headers, "\r\nCSeq: %u %s\r\n", (unsigned)cseq, method);
	out = (struct tx_out){ .method = method, .uri = view_pl(&target.auri),
			       .headers = buf_view(&headers) };
	if (headers.err == 0 && strcmp(method, "ACK") == 0)
		tx_ack(tx->layer, &tx->flow, &out);
	else if (headers.err == 0 && tx_request(tx->layer, &tx->flow, &out, NULL, NULL, NULL) == 0)
		tx->hung_up = true;
	buf_free(&headers);
}

/* In doubt, without memory for the tag, it is. */
static bool is_told(const struct tx_client *tx, const struct sip_msg *msg)
{
	return tx->done && (!tx->to_tag || view_eq(view_pl(&msg->to.tag), view_str(tx->to_tag)));
}

/* Nobody wants this answer any more, unless it is the one that was taken. */
static void accepted_late(struct tx_client *tx, const struct sip_msg *msg)
{
	send_in_dialog(tx, msg, "ACK", msg->cseq.num);
	if (!tx->hung_up && !is_told(tx, msg))
		send_in_dialog(tx, msg, "BYE", msg->cseq.num + 1);
}

static void accepted(struct tx_client *tx, const struct sip_msg *msg)
{
	if (tx->state == TX_STATE_COMPLETED)
		return;
	timers_cancel(tx->layer->conf.timers, &tx->again);
	if (tx->state != TX_STATE_ACCEPTED) /* timer M */
		tx_arm(tx->layer, &tx->deadline, TX_TIMEOUT_MS, on_deadline, tx);
	if (tx->state != TX_STATE_ACCEPTED && tx->fn)
		tx->to_tag = view_dup(view_pl(&msg->to.tag));
	tx->state = TX_STATE_ACCEPTED;
	if (tx->fn)
		tell(tx, msg);
	else
		accepted_late(tx, msg);
}

static void acknowledge(struct tx_client *tx, const struct sip_msg *msg)
{
	struct tx_layer *layer = tx->layer;

	if (tx->state != TX_STATE_COMPLETED) {
		tx_print_follow(layer, &(struct tx_follow){ .method = "ACK",
							    .invite = sent_view(tx),
							    .to = view_pl(&msg->to.val) });
		if (keep_sent(tx, &layer->out) < 0)
			return;
	}
	flow_send(layer->conf.flows, &tx->flow, sent_view(tx));
}

static void final(struct tx_client *tx, const struct sip_msg *msg)
{
	const bool again = tx->state == TX_STATE_COMPLETED;
	int64_t linger_ms = tx->invite ? TX_TIMEOUT_MS : TX_T4_MS; /* timers D and K */

	if (tx->state == TX_STATE_ACCEPTED || tx->state == TX_STATE_ENDED)
		return;
	if (tx->invite)
		acknowledge(tx, msg);
	if (again)
		return;
	tx->state = TX_STATE_COMPLETED;
	timers_cancel(tx->layer->conf.timers, &tx->again);
	if (reliable(tx))
		linger_ms = 0;
	tx_arm(tx->layer, &tx->deadline, linger_ms, on_deadline, tx);
	tell(tx, msg);
	tx->fn = NULL;
}

void tx_client_response(struct tx_layer *layer, const struct sip_msg *msg)
{
	char key[BRANCH_LEN + METHOD_MAX + 2];
	struct map_node *found;
	struct tx_client *tx;

	if (msg->via.branch.l != BRANCH_LEN || msg->cseq.met.l > METHOD_MAX)
		return;
	snprintf(key, sizeof(key), "%.*s %.*s", (int)msg->via.branch.l, msg->via.branch.p,
		 (int)msg->cseq.met.l, msg->cseq.met.p);
	found = map_get(&layer->clients, view_str(key));
	if (!found)
		return;
	tx = CONTAINER_OF(found, struct tx_client, node);
	if (msg->scode < 200)
		provisional(tx, msg);
	else if (tx->invite && msg->scode < 300)
		accepted(tx, msg);
	else
		final(tx, msg);
}

void tx_clients_gone(struct tx_layer *, struct list *clients)
{
	while (!list_empty(clients)) {
		struct tx_client *tx = CONTAINER_OF(clients->next, struct tx_client, by_link);

		client_end(tx, tx->state == TX_STATE_ACCEPTED ? 0 : -ENOTCONN);
	}
}

static void free_node(struct map_node *node, void *)
{
	client_free(CONTAINER_OF(node, struct tx_client, node));
}

void tx_clients_free(struct tx_layer *layer)
{
	map_each(&layer->clients, free_node, NULL);
}
