/* media/seal.h - SRTP on one stream of a leg whose keys stand in its SDP (RFC 4568): what comes in is
 * opened, and what goes out is numbered by us and sealed.
 *
 * The numbers are our own because a key may seal a number once only, and sources are not to be
 * trusted with that: they begin anew, repeat themselves, or lie. So what goes out has one SSRC
 * whatever its source, and RTCP is between us and each side. Belongs to the worker that owns the
 * session. */
#pragma once
#include "media/rtp.h"
#include "media/srtp.h"

enum {
	SEAL_REPORT_MS = 1000, /* between two sender reports */
	SEAL_PACKET_MAX = 2048 + SRTP_OVERHEAD_MAX,
};

struct seal_keys {
	enum srtp_profile profile; /* 0: the stream is in clear */
	struct srtp_master ours, theirs;
};

struct seal;
struct line_event;

/* clock_hz: of the stream's timestamps. -EINVAL: no such profile; -ENOMEM. */
[[nodiscard]] int seal_new(const struct seal_keys *keys, uint32_t clock_hz, struct seal **ret_seal);
/* NULL is fine. Keys are wiped. */
void seal_free(struct seal *seal);
/* It has these keys already: one that goes on must not begin its numbers anew. */
bool seal_has(const struct seal *seal, const struct seal_keys *keys);

/* A packet that came, in place. -EBADMSG, -EALREADY, -ENOSPC as in srtp.h: it is not the peer's, or
 * was here before. */
[[nodiscard]] int seal_open(struct seal *seal, uint8_t *p, size_t *n);
/* The same of RTCP; *ret_picture: a key frame of what we send is asked for. */
[[nodiscard]] int seal_open_rtcp(struct seal *seal, uint8_t *p, size_t *n, bool *ret_picture);

/* A packet of whatever source as it goes out, under this payload type. False: too late, here
 * before, or too long. */
[[nodiscard]] bool seal_close(struct seal *seal, const uint8_t *p, const struct rtp *rtp, uint8_t pt,
			      int64_t now_us, uint8_t ret_bytes[SEAL_PACKET_MAX], size_t *ret_n);
/* A packet of an event of our own. False: it could not be sealed. */
[[nodiscard]] bool seal_event(struct seal *seal, const struct line_event *event, uint8_t pt,
			      int64_t now_us, uint8_t ret_bytes[SEAL_PACKET_MAX], size_t *ret_n);
/* A packet that does not go out (line_hold). */
void seal_hold(struct seal *seal, const struct rtp *rtp, int64_t now_us);
/* A sender report, when one is due. wall_ms: UTC. */
[[nodiscard]] bool seal_report(struct seal *seal, int64_t now_us, int64_t wall_ms,
			       uint8_t ret_bytes[SEAL_PACKET_MAX], size_t *ret_n);
/* A request for a key frame of the peer's stream (RFC 4585). */
[[nodiscard]] bool seal_pli(struct seal *seal, uint32_t ssrc, uint8_t ret_bytes[SEAL_PACKET_MAX],
			    size_t *ret_n);
