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
	CALL_RING_MS = 60000, /* from when the last step begins to ring */
	LINE_CALLS_PER_HOUR_MAX = 60, /* of a site to phones outside */
	CALL_TALK_MS = 600000,
	CALL_TEST_RING_MS = 30000, /* of a test call, likewise from its last step */
	CALL_TEST_TALK_MS = 3000,  /* it was answered: that is all that a test wants to know */
};

struct switchboard;
struct json;

/* A call rings for a device that a push may have to wake. */
struct wake {
	int64_t call_id, site_id;
	uint64_t device; /* whom to wake */
	uint64_t from;   /* who calls */
	const char *from_name;
	int64_t at, until; /* UTC, ms: it rings from then till then */
	bool test;         /* nobody is at the door: there is nothing to open */
};

/* An app is rung by a door that has a camera of its own (dir_device.camera), or called one that has
 * answered, and the door shows nothing in the call yet. */
struct look {
	int64_t call_id, site_id;
	uint64_t door;
	uint64_t device; /* who may look at it; 0: an app that keeps quiet, and may not yet */
};

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
	/* For each app, and each SIP phone with push parameters, that is rung: whether or not one of
	 * it is connected now, for another may not be. It may not call back. NULL: nobody is woken. */
	void (*wake)(void *arg, const struct wake *wake);
	/* For each of them, once: it rings no more. why: a word of call_trace.why, as for a leg. */
	void (*wake_over)(void *arg, int64_t call_id, uint64_t device, const char *why);
	/* An app was not rung, because it kept quiet, and the call rings no more; once. why: as above.
	 * It may not call back. NULL: nobody wants to know. */
	void (*hushed)(void *arg, const struct wake *call, const char *why);
	/* For each such app, and each that keeps quiet meanwhile, but never in a test call. It may
	 * not call back. NULL: no camera is asked. */
	void (*look)(void *arg, const struct look *look);
	/* From now on only `device` may look; 0: nobody, for the call is over, or shows a picture. */
	void (*look_over)(void *arg, int64_t call_id, uint64_t device);
	/* Writes the list of ICE servers for an app in this call, an array as RTCConfiguration has
	 * it. NULL: there are none. */
	void (*ice)(void *arg, int64_t call_id, struct json *out);
	void *arg; /* of all seven */
	/* Opens the password of a line (directory.h) into a text. NULL: lines have none. */
	int (*unseal)(void *arg, struct view sealed, char *ret_text, size_t size);
	void *unseal_arg;
};

struct switchboard_stats {
	uint64_t calls, talking, sessions;  /* now */
	uint64_t app_links, app_legs;       /* now */
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
/* What became of a wake: handed to the push service (any: there was a subscription; without one
 * nobody waits for the device any more), and received, as the device says. Late ones, and those of
 * calls that are over, count for nothing. */
void switchboard_pushed(struct switchboard *sb, int64_t call_id, uint64_t device, int64_t at_ms,
			bool any);
void switchboard_delivered(struct switchboard *sb, int64_t call_id, uint64_t device, int64_t at_ms);
/* A SIP phone registered, or did so again: calls that ring for it reach it now. May be called from
 * sip_endpoint_conf.bound: the phone is called on the loop's next turn. */
void switchboard_bound(struct switchboard *sb, uint64_t device);
/* Opens the caller's switch from afar, for a device that the call rings or that talks in it. A door
 * that nobody has answered is answered for it, and hung up after APP_OPEN_MS. -ENOENT: no such call
 * or switch, or none of this device. */
[[nodiscard]] int switchboard_open_door(struct switchboard *sb, int64_t call_id, uint64_t device,
					unsigned number);
/* A test call: what this button of the intercom rings is rung as if it had been pressed, without the
 * intercom. Phones are offered sound, apps no picture; whoever answers hears nothing, and is hung up
 * on after CALL_TEST_TALK_MS. *ret_call is its id; it may be over already, when nobody could be
 * reached. -ENOENT: no such intercom of the site, or it has no such button; -EHOSTUNREACH: the
 * button rings nobody; -EBUSY: a test of the intercom rings, or it has too many calls; -ENOSPC: no
 * new calls now. */
[[nodiscard]] int switchboard_test(struct switchboard *sb, int64_t site_id, uint64_t device,
				   unsigned button, int64_t *ret_call);
/* New calls are refused from now on (503 with Retry-After); idle is called once no call is left,
 * at once when there is none. */
void switchboard_drain(struct switchboard *sb, void (*idle)(void *arg), void *arg);
struct switchboard_stats switchboard_stats(const struct switchboard *sb);
