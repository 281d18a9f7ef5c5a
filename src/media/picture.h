/* media/picture.h - the picture of one source, kept for those who come late and for what gets lost.
 *
 * Packets of H.264 get numbers of our own (media/renumber.h), parameter sets are put before each
 * IDR picture that comes without them, and the last PICTURE_BYTES are kept. All viewers share them:
 * a new one is given everything since the last key frame at once (the facts say 0.1 s instead of
 * seconds), and each finds what it lost. A viewer needs nothing of its own but an offset. Each
 * packet costs O(1). Pure; belongs to the thread of its source.
 *
 * Invariants:
 *   1. A slot holds a packet exactly while its bytes are among the last PICTURE_BYTES written.
 *   2. Numbers of slots are unique; slot i holds numbers that are i modulo PICTURE_SLOTS. */
#pragma once
#include "media/h264.h"
#include "media/renumber.h"

enum {
	PICTURE_BYTES = 1024 * 1024, /* 4 s of 2 Mbit/s: at most so much is sent to a new viewer */
	PICTURE_SLOTS = 2048,        /* packets */
	PICTURE_PAYLOAD_MAX = 1460,
	PICTURE_HZ = 90000,
	PICTURE_BURST = 2, /* packets out of one */
};

struct picture_packet {
	uint64_t number;
	uint32_t ts;
	bool marker;
	uint16_t n;
	const uint8_t *payload; /* valid until the next picture_hear */
};

struct picture;

[[nodiscard]] int picture_new(struct picture **ret_picture);
void picture_free(struct picture *p);
/* From sprop-parameter-sets, decoded, where there are any; those in the stream replace them.
 * -EINVAL: not one of each, or too long. */
[[nodiscard]] int picture_sets(struct picture *p, struct view sps, struct view pps);
/* A packet of the source, bytes[0..n) and what rtp_read said of it. What must be sent to viewers,
 * in this order; their number. 0: it is too late, or too long. */
unsigned picture_hear(struct picture *p, const uint8_t *bytes, const struct rtp *rtp,
		      int64_t now_us, struct picture_packet ret_packets[PICTURE_BURST]);
/* False when it is not kept, or never came. */
[[nodiscard]] bool picture_find(const struct picture *p, uint64_t number,
				struct picture_packet *ret_packet);
/* The first packet of the newest key frame that is kept whole since then, as far as it came; 0:
 * none. Send from there to picture_newest. */
uint64_t picture_key(const struct picture *p);
uint64_t picture_newest(const struct picture *p);
