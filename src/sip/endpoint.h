/* sip/endpoint.h - our side of SIP: registrar, authentication and guard above the transactions.
 *
 * Everything on the sip loop's thread. REGISTER, OPTIONS and the digest challenges are answered
 * here; the owner sees authenticated requests outside of dialogs and everything inside of them. */
#pragma once
#include "sip/guard.h"
#include "sip/transaction.h"

enum {
	BINDINGS_PER_DEVICE_MAX = 8,
	BINDING_EXPIRES_MIN_S = 30, /* below: 423 with Min-Expires */
	BINDING_EXPIRES_MAX_S = 3600,
	BINDING_EXPIRES_S = 300, /* when the device names none */
	BINDING_PUSH_MAX_S = 7 * 24 * 3600, /* of a device that can be woken (RFC 8599) */
	BINDING_PUSH_LEAD_MS = 120 * 1000,  /* how long before its end it is woken to come again */
	BINDING_CONTACT_MAX = 512, /* bytes of a Contact URI */
	BINDING_PATH_MAX = 192, /* bytes of Path (RFC 3327): the proxies before a device */
	BINDING_INSTANCE_MAX = 64, /* bytes of +sip.instance (RFC 5626) */
	BINDING_KEEP_MS = 25000, /* between two OPTIONS to a device behind a NAT, over UDP */
};

/* H(user:realm:password) in lower-case hex. */
struct sip_secret {
	char ha1_md5[33];
	char ha1_sha256[65];
};

struct sip_binding {
	uint64_t user; /* device number */
	char contact[BINDING_CONTACT_MAX];
	char path[BINDING_PATH_MAX]; /* what Route says in requests to it; empty: nothing */
	/* Which of its flows this is (RFC 5626): set only where outbound was agreed on, else reg_id
	 * is 0. A flow replaces the one before it with the same two, whatever its Contact. */
	char instance[BINDING_INSTANCE_MAX];
	uint32_t reg_id;
	char call_id[128];
	uint32_t cseq;
	unsigned q; /* thousandths */
	int64_t expires_at; /* wall, ms */
	bool push;          /* it can be woken: its Contact says how (proto/sip_push.h) */
	bool woken;         /* for the sake of this binding, before its end */
	struct flow flow; /* restored ones of TCP and TLS have a dead one until the device comes again */
};

struct sip_endpoint_conf {
	struct loop *loop;
	const struct clock *clock;
	struct rand *rand;
	const char *listen, *public_host;
	const char *listen_tls; /* NULL: no TLS */
	struct tls *tls;
	const char *realm;
	/* Ask for SHA-256 before MD5 (RFC 8760). Off where any phone may come: many, such as baresip
	 * 1.0 and SIPp 3.6, give up on a challenge that names an algorithm they do not know, wherever
	 * it stands. SHA-256 answers are taken either way. */
	bool offer_sha256;
	/* Turn new calls, and registrations of devices that have none, away with 503 and Retry-After
	 * while the loop is behind (sip/overload.h). Dialogs and refreshes go on. */
	bool shed;
	/* The push services that a phone may name to be woken by (RFC 8599), words with spaces between
	 * them; NULL: nobody is woken, and what a phone says of it goes unheard. */
	const char *push_providers;
	/* A binding that ends soon, of a device that sleeps: it is to be woken, so that it registers
	 * again. With push_providers only; may be NULL. */
	void (*refresh)(void *arg, const struct sip_binding *binding);
	/* As many calls as may be: a new one gets 503 and Retry-After. May be NULL. */
	bool (*full)(void *arg);
	/* False: no such device. Asked for each request outside of a dialog; must be quick. */
	bool (*secret)(void *arg, uint64_t user, struct sip_secret *ret_secret);
	/* The bindings of a user changed (all-or-nothing): all that stand now, n = 0 for none. */
	void (*bound)(void *arg, uint64_t user, const struct sip_binding *bindings, size_t n);
	/* INVITE (authenticated as `user`), or any request with a To tag (user 0: match the dialog).
	 * With ACK tx is NULL. */
	void (*request)(void *arg, struct tx_server *tx, const struct sip_msg *msg,
			const struct flow *flow, uint64_t user);
	void *arg;
};

struct sip_endpoint_stats {
	uint64_t messages, malformed, challenged;
	uint64_t refused; /* wrong passwords and unknown users */
	uint64_t blocked; /* without any answer: floods, suspects */
	uint64_t shed; /* calls and registrations turned away */
	int64_t lag_ms; /* of the loop, now */
	bool overload;  /* now */
	uint64_t bindings, devices;
	uint64_t transactions, connections; /* now */
	uint64_t secure;            /* connections over TLS now */
	uint64_t handshakes_failed; /* of TLS */
};

struct sip_endpoint;
[[nodiscard]] int sip_endpoint_open(const struct sip_endpoint_conf *conf, struct err *err,
				    struct sip_endpoint **ret_endpoint);
void sip_endpoint_close(struct sip_endpoint *e);
struct tx_layer *sip_endpoint_transactions(struct sip_endpoint *e);
struct flows *sip_endpoint_flows(struct sip_endpoint *e);
/* Whoever holds the dialogs (sip/session.h does it itself): asked for each request with a To tag, so
 * that one that fits none is answered 481 without a transaction. NULL: all go to `request`. */
typedef bool sip_endpoint_knows_fn(void *arg, const struct sip_msg *msg, const struct flow *flow);
void sip_endpoint_dialogs(struct sip_endpoint *e, sip_endpoint_knows_fn *knows, void *arg);
/* Before the first message: what the store kept. Expired ones are left out. */
[[nodiscard]] int sip_endpoint_restore(struct sip_endpoint *e, const struct sip_binding *binding);
/* Copies up to max bindings with a living flow, best q first; of several flows of one instance only
 * the newest (RFC 5626 section 7); returns how many. */
size_t sip_endpoint_bindings(struct sip_endpoint *e, uint64_t user, struct sip_binding *ret_bindings,
			     size_t max);
/* One of the user's bindings, whatever its flow, came from that host. */
bool sip_endpoint_knows_host(const struct sip_endpoint *e, uint64_t user, const struct addr *host);
/* The device is gone or its password changed: its bindings end, `bound` is called. */
void sip_endpoint_unbind(struct sip_endpoint *e, uint64_t user);
/* Hosts that guess: the last heard of first; returns how many were written. */
size_t sip_endpoint_suspects(const struct sip_endpoint *e, struct guard_entry *ret_entries, size_t max);
/* One of them was none: false when nothing is held against that host. */
bool sip_endpoint_forget_suspect(struct sip_endpoint *e, const struct addr *host);
struct sip_endpoint_stats sip_endpoint_stats(const struct sip_endpoint *e);
