/* call/streams.h - what the sound and picture of a call were like. The relay tells it once the call
 * is over; until then the call's media are kept, for the names of its codecs.
 *
 * On the sip loop's thread. Only of calls that were answered, and of the two who talked. */
#pragma once
#include "base/map.h"
#include "call/media.h"
#include "call/record.h"

/* Who talked: the index in the media, and the number in the call's record. */
struct streams_leg {
	unsigned at, number;
};

/* The call ends: closes its media and takes them. Without memory the relay tells nobody. */
void streams_keep(struct map *all, int64_t call_id, int64_t site_id, struct media *media,
		  const struct streams_leg legs[2]);
/* What the relay tells of a stream; of a call that is not kept, nothing. */
void streams_take(struct map *all, const struct relay_event *event);
/* The relay is done with the call: what is known is recorded. */
void streams_done(struct map *all, uint64_t call_id, int64_t at, call_record_fn *record, void *arg);
/* Forgets all. */
void streams_free(struct map *all);
