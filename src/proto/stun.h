/* proto/stun.h - STUN binding messages as ICE uses them (RFC 8489, RFC 8445 section 16).
 *
 * Pure: bytes to a struct and back; any thread. Short-term credentials only: MESSAGE-INTEGRITY is
 * HMAC-SHA1 with the password of the side that is asked. Views of a read message point into its
 * bytes. */
#pragma once
#include "base/addr.h"
#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	STUN_HEADER_SIZE = 20,
	STUN_TID_SIZE = 12,
	STUN_MESSAGE_MAX = 1500,
	STUN_REPLY_MAX = 160, /* of what stun_print writes without a user name */
	STUN_USERNAME_MAX = 513,
	STUN_UNKNOWN_MAX = 8, /* unknown attributes that are named in an answer */
};

enum stun_type {
	STUN_REQUEST = 0x0001,
	STUN_INDICATION = 0x0011,
	STUN_SUCCESS = 0x0101,
	STUN_ERROR = 0x0111,
};

enum stun_role { STUN_ROLE_NONE, STUN_CONTROLLED, STUN_CONTROLLING };

struct stun {
	enum stun_type type;
	uint8_t tid[STUN_TID_SIZE];
	struct view username; /* p NULL: none */
	struct addr mapped;   /* XOR-MAPPED-ADDRESS; may be unset */
	unsigned error;       /* 300 to 699; 0: none */
	enum stun_role role;
	uint64_t tie_breaker;
	bool has_priority;
	uint32_t priority;
	bool use_candidate;
	bool fingerprint;    /* read: was there, and right */
	size_t integrity_at; /* read: where MESSAGE-INTEGRITY begins; 0: none */
	/* Of those that must be understood (RFC 8489 section 14). */
	uint16_t unknown[STUN_UNKNOWN_MAX];
	unsigned nunknown;
};

/* RFC 7983: may these bytes be STUN? The cookie decides; nothing else is looked at. */
bool stun_is(const uint8_t *p, size_t n);
/* -EBADMSG: not STUN, lengths that do not add up, a wrong fingerprint; -EOPNOTSUPP: not a binding.
 * What stands behind MESSAGE-INTEGRITY is not heeded, but for the fingerprint. */
[[nodiscard]] int stun_read(const uint8_t *p, size_t n, struct stun *ret_message);
/* Is the message's integrity that of this password? p[0..n) is what was read. */
bool stun_verify(const uint8_t *p, size_t n, const struct stun *m, struct view password);
/* Prints what is set, MESSAGE-INTEGRITY (without a password: none) and FINGERPRINT. Bytes written,
 * or 0 when they do not fit. */
size_t stun_print(const struct stun *m, struct view password, uint8_t *p, size_t size);
