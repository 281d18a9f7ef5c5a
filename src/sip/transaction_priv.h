/* sip/transaction_priv.h - what the files of the transaction layer share. */
#pragma once
#include "base/list.h"
#include "base/map.h"
#include "base/rand.h"
#include "base/timer.h"
#include "sip/re.h"
#include "sip/transaction.h"

enum {
	TX_BRANCH_MAX = 256, /* bytes; a longer branch or sent-by is refused */
	TX_RETRY_AFTER_S = 5,
	TX_MAX_FORWARDS = 70,
};

#define TX_COOKIE "z9hG4bK"

/* All transactions of one connection, so that its end finds them. */
struct tx_link {
	struct map_node node;
	uint64_t conn;
	size_t users;
	struct list servers, clients;
};

struct tx_layer {
	struct tx_conf conf;
	struct map servers, clients, links;
	unsigned char tag_key[16];
	struct buf out; /* the message being printed */
};

enum tx_state {
	TX_STATE_CALLING,    /* client: nothing came yet */
	TX_STATE_PROCEEDING, /* no final response yet */
	TX_STATE_ACCEPTED,   /* INVITE: 2xx (RFC 6026) */
	TX_STATE_COMPLETED,  /* any other final */
	TX_STATE_CONFIRMED,  /* server INVITE: the ACK of a non-2xx came */
	TX_STATE_ENDED,
};

/* transaction.c */
void tx_arm(struct tx_layer *layer, struct timer *timer, int64_t ms, timer_fn *fn, void *arg);
/* -ENOMEM. UDP flows have no link. */
[[nodiscard]] int tx_link_take(struct tx_layer *layer, const struct flow *flow,
			       struct tx_link **ret_link);
void tx_link_drop(struct tx_layer *layer, struct tx_link *link);

/* transaction_print.c */
/* Where responses go: back, but to the port of a sent-by that is no NAT's victim and asks for no
 * rport (RFC 3261 section 18.2.2, RFC 3581). */
struct flow tx_reply_flow(const struct sip_msg *msg, const struct flow *flow);
/* Via with received and rport, From, To with a tag, Call-ID, CSeq. */
void tx_print_reply_head(struct buf *out, const struct sip_msg *msg, const struct flow *flow,
			 struct view tag);
void tx_print_record_routes(struct buf *out, const struct sip_msg *msg);
void tx_print_status(struct buf *out, unsigned code, const char *reason);
void tx_print_end(const struct tx_layer *layer, struct buf *out, bool request, struct view body);
void tx_print_request(struct tx_layer *layer, const struct flow *flow, const struct tx_out *what,
		      struct view branch);
/* A request that follows an INVITE of ours: the ACK of a non-2xx, or a CANCEL. `to` replaces To
 * unless empty. */
struct tx_follow {
	const char *method;
	struct view invite; /* its bytes as they were sent */
	struct view to;
	struct view headers;
};
void tx_print_follow(struct tx_layer *layer, const struct tx_follow *what);
/* The tag of stateless replies: the same for the same request, and only we can know it. */
void tx_stateless_tag(const struct tx_layer *layer, const struct sip_msg *msg,
		      char ret_tag[TX_TAG_LEN + 1]);
/* 400 for what the parser refused, or 505, when enough of it can be read. */
void tx_reply_malformed(struct tx_layer *layer, const struct flow *flow, struct view raw);

/* transaction_server.c */
void tx_server_request(struct tx_layer *layer, const struct sip_msg *msg, const struct flow *flow);
void tx_server_ack(struct tx_layer *layer, const struct sip_msg *msg, const struct flow *flow);
void tx_server_cancel(struct tx_layer *layer, const struct sip_msg *msg, const struct flow *flow);
void tx_servers_gone(struct tx_layer *layer, struct list *servers);
void tx_servers_free(struct tx_layer *layer);

/* transaction_client.c */
void tx_client_response(struct tx_layer *layer, const struct sip_msg *msg);
void tx_clients_gone(struct tx_layer *layer, struct list *clients);
void tx_clients_free(struct tx_layer *layer);
