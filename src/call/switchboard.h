/* call/switchboard.h - every call of the server: the face of this room.
 *
 * Everything on the sip loop's thread. Owns the calls; uses, and does not own, what is in its conf.
 * Cost per call: a relay session, a SIP session per leg, one look-up by id per relay event; nothing
 * grows with the number of other calls. */
#pragma once
#include "call/directory.h"
#include "call/record.h"
#include "media/relay.h"
#include "sip/session.h"

enum {
	CALLS_MAX = 5000,
	CALLS_PER_DEVICE_MAX = 2, /* at once from one caller; a further one is refused with 486 */
	CALL_LEGS_MAX = RELAY_LEGS_MAX - 1, /* beside the caller: at least one of each device */
	CALL_NAME_MAX = 101,
	CALL_RING_MS = 60000,
	CALL_TALK_MS = 600000,
};

struct switchboard;

struct switchboard_conf {
	struct loop *loop;
	const struct clock *clock;
	struct rand *rand;
	struct sip_endpoint *endpoint;
	struct relay *relay;
	const struct directory *directory;
	const char *realm;
	unsigned ring_ms, talk_ms; /* 0: the defaults above */
	call_record_fn *record;
	void *arg; /* of record */
};

struct switchboard_stats {
	uint64_t calls, talking, sessions;  /* now */
	uint64_t started, answered, failed; /* ever */
	uint64_t packets, invalid, refused; /* RTP of the streams that ended (media/relay.h) */
};

[[nodiscard]] int switchboard_new(const struct switchboard_conf *conf, struct switchboard **ret_sb);
/* Hangs up on everybody. NULL is fine. */
void switchboard_free(struct switchboard *sb);
/* What the endpoint's `request` hands over. */
void switchboard_request(struct switchboard *sb, struct tx_server *tx, const struct sip_msg *msg,
			 const struct flow *flow, uint64_t user);
/* The directory changed this device: calls end for it whose site it has left. Costs one look at every
 * call. */
void switchboard_device_changed(struct switchboard *sb, uint64_t number);
/* New calls are refused from now on (503 with Retry-After); idle is called once no call is left,
 * at once when there is none. */
void switchboard_drain(struct switchboard *sb, void (*idle)(void *arg), void *arg);
struct switchboard_stats switchboard_stats(const struct switchboard *sb);
