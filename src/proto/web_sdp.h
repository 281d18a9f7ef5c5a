/* proto/web_sdp.h - what is agreed on with a browser: our offer, and its answer (RFC 8829, RFC
 * 8839, RFC 8842).
 *
 * The server offers, a lite ICE agent with all its candidates in the offer; audio and, if wanted,
 * video in one bundle. Nothing is transcoded, so the formats are those of door stations. Pure. */
#pragma once
#include "base/addr.h"
#include "base/buf.h"

#include <stdint.h>

enum {
	WEB_SDP_MAX = 32768, /* bytes of an answer: candidates nobody reads make it long */
	WEB_SDP_LINES_MAX = 1000,
	WEB_CANDIDATES_MAX = 16,
	WEB_HASH_SIZE = 32, /* SHA-256 */
};

/* Payload types of the offer. */
enum web_pt { WEB_PCMU = 0, WEB_PCMA = 8, WEB_H264 = 96, WEB_EVENT = 101 };

struct web_offer {
	uint64_t session_id;     /* below 2^63 */
	const char *ufrag, *pwd; /* ours */
	const char *fingerprint; /* SHA-256, as in the SDP */
	const struct addr *candidates;
	unsigned ncandidates; /* the first is liked best */
	bool pcma, pcmu;      /* of the audio: one, or both for a peer that transcodes */
	bool event;           /* and keys (RFC 4733) */
	unsigned mid;         /* of the audio; the video's is one above. The answer repeats it */
	bool video;
};

struct web_answer {
	struct view ufrag;
	int mid; /* of the offer that this answers; -1: it does not say */
	uint8_t hash[WEB_HASH_SIZE]; /* of the certificate */
	bool passive;                /* the browser waits for our hello */
	bool audio, video;           /* taken */
	bool pcmu, pcma, event;      /* of the audio, which it reads */
	enum web_pt best;            /* the first of pcmu and pcma */
};

/* Appends the offer; the buffer keeps the error. */
void web_offer_print(const struct web_offer *offer, struct buf *out);
/* -EBADMSG: no SDP, or no ufrag, SHA-256 fingerprint or setup in it; -EMSGSIZE: beyond a limit
 * above; -EPROTONOSUPPORT: audio without one of our codecs, or without rtcp-mux. Views point into
 * text. */
[[nodiscard]] int web_answer_read(struct view text, struct web_answer *ret_answer);
