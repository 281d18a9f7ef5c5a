/* A browser as a leg meets it, made of the parts that have tests of their own: checks of ICE, DTLS,
 * SRTP over one socket. What cannot be ends the program. */
#pragma once
#include "media/web.h"

enum { BROWSER_PACKETS_MAX = 512, BROWSER_RTCP_MAX = 256 };

struct browser {
	int fd;
	struct addr server;
	struct ice_own own; /* the server's */
	struct dtls_identity *identity;
	struct dtls *dtls;
	struct srtp *in, *out;
	unsigned stun, dtls_n; /* datagrams heard */
	unsigned nrtp, nrtcp;  /* and good; the first of RTP are kept */
	struct rtp rtp[BROWSER_PACKETS_MAX];
	uint8_t first_byte[BROWSER_PACKETS_MAX];
	uint8_t rtcp[BROWSER_RTCP_MAX]; /* the last */
	size_t rtcp_n;
};

void browser_open(struct browser *b, const struct addr *server, const struct ice_own *own,
		  const struct clock *clock);
void browser_close(struct browser *b);
/* What its answer says. */
void browser_peer(const struct browser *b, bool passive, struct web_peer *ret_peer);
/* With the right password where none is given. */
void browser_check(struct browser *b, const char *pwd);
/* Ready for the handshake, which dtls_start begins. */
void browser_dtls(struct browser *b, enum dtls_role role, const char *fingerprint,
		  struct timers *timers);
/* What was heard before is no replay any more. */
void browser_forget(struct browser *b);
/* Reads all that has come. */
void browser_read(struct browser *b);
void browser_send(struct browser *b, const uint8_t *p, size_t n);
/* Protected. The sequence number is the low half of the index. */
void browser_audio(struct browser *b, uint8_t pt, uint64_t index, uint32_t ts, const void *payload,
		   size_t n);
void browser_rtcp(struct browser *b, const uint8_t *bytes, size_t n);
/* PSFB 1, a PLI, or RTPFB 1, a NACK of one sequence number, of the stream. */
void browser_ask(struct browser *b, uint8_t type, uint32_t ssrc, uint16_t seq);
