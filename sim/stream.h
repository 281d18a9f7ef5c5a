/* sim/stream.h - the sound and picture of one call: its SDP, its RTP, what it sends and hears.
 *
 * Belongs to the loop's thread; lives and dies with its call. Errors are libre's: positive errno.
 */
#pragma once
#include <re.h>
#include "base/buf.h"

struct stream;

struct stream_hooks {
	void (*digit)(char digit, void *arg); /* an RTP telephone-event (RFC 4733), once a press */
	bool (*open)(void *arg);              /* is the door in the picture open? */
	void *arg;
};

struct stream_conf {
	const struct sa *address; /* of this machine, as the peer sees it */
	uint16_t port_low, port_high;
	struct stream_hooks hooks;
};

struct stream_numbers {
	bool video;                              /* a picture is being sent */
	bool audio;                              /* sound is being sent */
	uint64_t frames, key_requests;           /* pictures sent, key frames asked for */
	uint64_t audio_in, audio_out, video_out; /* packets */
	int level_dbfs; /* of the far end's sound; METER_FLOOR when nothing was heard lately */
};

[[nodiscard]] int stream_new(const struct stream_conf *conf, struct stream **ret_stream);
void stream_free(struct stream *s);
/* The local description as offer or answer; *ret_mb is the caller's reference. */
[[nodiscard]] int stream_describe(struct stream *s, bool offer, struct mbuf **ret_mb);
/* Takes the peer's description and starts, changes or stops sending accordingly. */
[[nodiscard]] int stream_take(struct stream *s, struct mbuf *sdp, bool offer);
void stream_key_frame(struct stream *s);
void stream_numbers(const struct stream *s, struct stream_numbers *ret_numbers);
