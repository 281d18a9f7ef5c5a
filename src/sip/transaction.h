/* sip/transaction.h - RFC 3261 section 17 with RFC 6026: client and server transactions.
 *
 * Everything on the sip loop's thread. A transaction belongs to the layer; its user keeps a pointer
 * until the layer says that it ended, or lets go of it with *_forget.
 *
 * Invariants:
 *   1. A server transaction is found by branch, sent-by and method (section 17.2.3), a CANCEL's
 *      INVITE by the same without the method; both only from the same host, because phones behind
 *      different NATs share private sent-bys and count their branches up from 1. A branch without
 *      the magic cookie is refused with 400.
 *   2. A retransmitted request never reaches the user; it gets the last response again, except
 *      that a 2xx to INVITE is repeated by the user alone (RFC 6026 section 7.1).
 *   3. Every client transaction calls back at least once with a final response, a time-out or a
 *      transport error, unless it is forgotten.
 *   4. Timers sit in the loop's heap: arming costs O(log n).
 *   5. Transactions are freed from their own timers, when their connection is gone, or with the layer:
 *      inside of a handler every pointer that was alive before stays so. */
#pragma once
#include "sip/flow.h"

struct sip_msg; /* libre's: parsed, reference-counted (mem_ref, mem_deref) */

enum {
	TX_T1_MS = 500,
	TX_T2_MS = 4000,
	TX_T4_MS = 5000,
	TX_TIMEOUT_MS = 64 * TX_T1_MS,
	TX_PROCEEDING_MS = 600000, /* an INVITE that only rings; each provisional starts it anew */
	TX_CLIENTS_MAX = 200000,
	TX_SERVERS_MAX = 200000, /* beyond it new requests get a stateless 503 with Retry-After */
	TX_TAG_LEN = 16,
};

struct tx_layer;
struct tx_server;
struct tx_client;

struct tx_conf {
	struct flows *flows;
	struct timers *timers;
	struct rand *rand;
	const char *server; /* Server and User-Agent */
	/* A request that is no retransmission and no CANCEL. With ACK (of a 2xx) tx is NULL.
	 * msg is valid during the call; mem_ref keeps it. */
	void (*request)(void *arg, struct tx_server *tx, const struct sip_msg *msg,
			const struct flow *flow);
	/* Before a server transaction is made (not for ACK and CANCEL): false when the request was
	 * answered statelessly (tx_reply_stateless) or dropped. */
	bool (*screen)(void *arg, const struct sip_msg *msg, const struct flow *flow);
	void *arg;
};

[[nodiscard]] int tx_layer_new(const struct tx_conf *conf, struct tx_layer **ret_layer);
/* Forgets all transactions; nobody is called. */
void tx_layer_free(struct tx_layer *layer);
/* Feed: what flows' `message` hands over. -EBADMSG: malformed, answered with 400 when that is
 * possible; -ENOMEM. */
int tx_layer_message(struct tx_layer *layer, const struct flow *flow, struct view raw);
/* Transactions now, both sides: what a request leaves behind, if anything. */
size_t tx_layer_count(const struct tx_layer *layer);
void tx_layer_flow_gone(struct tx_layer *layer, const struct flow *flow);

/* Server side. */
struct tx_server_handlers {
	/* INVITE only: a CANCEL came (already answered 200). The user answers the INVITE with 487. */
	void (*cancelled)(void *arg, struct tx_server *tx, const struct sip_msg *cancel);
	/* It is over: acknowledged, given up or its flow is gone. tx is dead after. */
	void (*ended)(void *arg, struct tx_server *tx);
};
/* Without it nobody is called, which suits requests answered at once. An INVITE without any reply
 * when `request` returns gets 100 Trying. */
void tx_server_use(struct tx_server *tx, const struct tx_server_handlers *handlers, void *arg);
/* The user is not called again; without a final response yet it becomes 500. */
void tx_server_forget(struct tx_server *tx);
/* The tag that replies to this request carry in To when the request has none; TX_TAG_LEN letters. */
struct view tx_server_tag(const struct tx_server *tx);
/* headers: whole lines with CRLF (Contact, Content-Type …); Via, From, To, Call-ID, CSeq, Server and
 * Content-Length are the layer's. A 2xx to INVITE is sent once: repeating it until the ACK is the
 * user's business (tx_reply again). After a final response only the same 2xx may follow: -EALREADY.
 * Record-Route is copied where a dialog begins. */
int tx_reply(struct tx_server *tx, unsigned code, const char *reason, struct view headers,
	     struct view body);
int tx_reply_stateless(struct tx_layer *layer, const struct sip_msg *msg, const struct flow *flow,
		       unsigned code, const char *reason, struct view headers);

/* Client side. */
struct tx_out {
	const char *method;
	struct view uri;
	struct view headers; /* whole lines: From, To, Call-ID, CSeq, Contact, Route, …; Via,
			      * Max-Forwards, User-Agent and Content-Length are the layer's */
	struct view body;
};
/* Provisional and final responses; msg NULL with err -ETIMEDOUT or a transport error. With INVITE
 * every retransmitted 2xx comes too (RFC 6026): the user sends its ACK again with tx_ack. The layer
 * acknowledges other finals itself. After a final that is no 2xx to INVITE, or an error, tx is dead;
 * after a 2xx to INVITE it lives on for 64*T1, then `response` is called with msg NULL, err 0. */
typedef void tx_response_fn(void *arg, struct tx_client *tx, const struct sip_msg *msg, int err);
[[nodiscard]] int tx_request(struct tx_layer *layer, const struct flow *flow, const struct tx_out *out,
			     tx_response_fn *fn, void *arg, struct tx_client **ret_tx);
/* CANCEL with the branch of the INVITE, held back until a provisional response (section 9.1); the
 * INVITE's final response still comes, a time-out after 64*T1 without one. headers: e.g. Reason. */
int tx_cancel(struct tx_client *tx, struct view headers);
/* The user has acknowledged the 2xx that it was told, and is not called again: the layer acknowledges
 * what that phone repeats. Otherwise like tx_client_forget. */
void tx_client_done(struct tx_client *tx);
/* The user is not called again. An INVITE without a final response is cancelled; one that is
 * answered nevertheless is acknowledged and hung up. */
void tx_client_forget(struct tx_client *tx);
/* The ACK of a 2xx, or an OPTIONS whose answer nobody waits for: no transaction, a branch of its
 * own. */
int tx_ack(struct tx_layer *layer, const struct flow *flow, const struct tx_out *out);
