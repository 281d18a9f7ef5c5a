/* media/srtp.h - SRTP and SRTCP (RFC 3711; AES-GCM: RFC 7714) with the keys of DTLS-SRTP (RFC
 * 5764).
 *
 * A struct srtp is one direction of one peer: it protects or it unprotects. Belongs to its thread.
 * Packets are changed in place. A sender names the index of each packet (roll-over counter and
 * sequence number), so that one which is sent again is the same, byte for byte.
 *
 * Invariants:
 *   1. Nothing of a packet counts before its tag is right: no source, no roll-over, no replay
 * window.
 *   2. An index of a source that was accepted once is refused from then on, and so is one that lies
 *      SRTP_WINDOW or more behind the newest. */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* The numbers of RFC 5764 section 4.1.2 and RFC 7714 section 14.2. */
enum srtp_profile { SRTP_CM_SHA1_80 = 0x0001, SRTP_GCM_128 = 0x0007 };

enum {
	SRTP_KEY_SIZE = 16,
	SRTP_SALT_MAX = 14,
	SRTP_OVERHEAD_MAX = 20, /* bytes that protecting adds: a tag, and the index of SRTCP */
	SRTP_SOURCES_MAX = 4,   /* SSRCs of one peer */
	SRTP_WINDOW = 64,       /* packets; RFC 3711 section 3.3.2 */
};

struct srtp_master {
	uint8_t key[SRTP_KEY_SIZE];
	uint8_t salt[SRTP_SALT_MAX]; /* srtp_salt_size bytes of it */
};

enum srtp_way { SRTP_SEND, SRTP_RECEIVE };

struct srtp;

size_t srtp_salt_size(enum srtp_profile profile);
/* -EINVAL: another profile; -ENOMEM. */
[[nodiscard]] int srtp_new(enum srtp_profile profile, enum srtp_way way,
			   const struct srtp_master *master, struct srtp **ret_srtp);
/* NULL is fine. Keys are wiped. */
void srtp_free(struct srtp *s);

/* p[0..*n) is an RTP packet with index & 0xffff as its sequence number; size is the room at p.
 * -EINVAL: not RTP; -EMSGSIZE; -EKEYEXPIRED: the index has no more than 48 bits. */
[[nodiscard]] int srtp_protect(struct srtp *s, uint64_t index, uint8_t *p, size_t *n, size_t size);
/* -EBADMSG: too short, or the tag is wrong; -EALREADY: was here, or is too old to say; -ENOSPC: one
 * source too many. On failure the bytes are of no use any more. */
[[nodiscard]] int srtp_unprotect(struct srtp *s, uint8_t *p, size_t *n);
/* The same for a compound RTCP packet, which is counted here. */
[[nodiscard]] int srtcp_protect(struct srtp *s, uint8_t *p, size_t *n, size_t size);
[[nodiscard]] int srtcp_unprotect(struct srtp *s, uint8_t *p, size_t *n);

/* RFC 3711 section 4.3: the session key of this label. 0 or -ENOMEM. */
[[nodiscard]] int srtp_derive(const struct srtp_master *master, size_t salt_size, uint8_t label,
			      uint8_t *ret_key, size_t n);
