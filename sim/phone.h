/* sim/phone.h - the door's telephone: one SIP account, one call at a time.
 *
 * Belongs to the loop's thread. Errors are libre's: positive errno. */
#pragma once
#include <re.h>
#include "stream.h"

enum {
	PHONE_NUMBER_MAX = 64,
	PHONE_EXPIRES_S = 120,
	PHONE_RING_S = 100, /* a server may need 90 s to wake a sleeping phone */
	PHONE_CALL_S = 600, /* '#' from the far end starts it anew */
};

enum phone_state { PHONE_IDLE, PHONE_CONNECTING, PHONE_RINGING, PHONE_CONNECTED };

enum phone_reason { PHONE_NORMAL, PHONE_REJECTED, PHONE_BUSY };

struct phone;

/* As the API says it; PHONE_IDLE is "terminated". */
const char *phone_state_text(enum phone_state state);

/* A number is what a telephone can dial, or a user's name in a URI: what needs no escape there. */
bool phone_number_ok(const char *number);

struct phone_conf {
	const char *server; /* HOST:PORT; a name is resolved once, at the start */
	const char *user, *password;
	const char *name; /* display name */
	bool tcp;
	bool auto_answer;
	uint32_t expires_s;
	uint16_t port; /* of SIP, 0 = any */
	uint16_t media_low, media_high;
};

struct phone_hooks {
	void (*registered)(bool yes, void *arg);
	/* A state of the call; PHONE_IDLE is its end. */
	void (*call)(enum phone_state state, void *arg);
	void (*digit)(char digit, bool info, void *arg);
	bool (*open)(void *arg); /* is the door in the picture open? */
	void *arg;
};

struct phone_status {
	bool registered;
	int64_t registered_at; /* UTC seconds, 0 = never */
	enum phone_state state;
	bool incoming;
	uint32_t session; /* of the call, or of the last one; 0 = none yet */
	char peer[256];   /* its URI */
	struct stream_numbers numbers;
};

/* Starts to register. conf's strings must outlive the phone. */
[[nodiscard]] int phone_new(const struct phone_conf *conf, const struct phone_hooks *hooks,
			    struct phone **ret_phone);
void phone_free(struct phone *p);
/* Hangs up and unregisters; done is called when the network has nothing more to wait for. */
void phone_close(struct phone *p, void (*done)(void *arg), void *arg);
/* EBUSY in a call, EINVAL for a number that is none. */
[[nodiscard]] int phone_dial(struct phone *p, const char *number, uint32_t *ret_session);
/* ENOENT when no such call waits for it. session 0 = whichever there is. */
[[nodiscard]] int phone_answer(struct phone *p, uint32_t session);
/* reason: what a caller hears whose call was not answered yet. */
[[nodiscard]] int phone_hangup(struct phone *p, uint32_t session, enum phone_reason reason);
void phone_status(const struct phone *p, struct phone_status *ret_status);
