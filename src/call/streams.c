#include "call/streams.h"

#include "base/list.h"

#include <stdlib.h>
#include <string.h>

enum { PARTIES = 2 };

struct streams {
	int64_t call_id, site_id;
	struct media *media;
	struct streams_leg legs[PARTIES];
	struct call_stream found[PARTIES * RELAY_KINDS];
	size_t n;
	struct map_node node;
};

static struct view key_of(const int64_t *id)
{
	return (struct view){ (const char *)id, sizeof(*id) };
}

static struct streams *find(const struct map *all, uint64_t call_id)
{
	const int64_t id = (int64_t)call_id;
	struct map_node *node = map_get(all, key_of(&id));

	return node ? CONTAINER_OF(node, struct streams, node) : NULL;
}

static void forget(struct map *all, struct streams *s)
{
	map_remove(all, &s->node);
	media_free(s->media);
	free(s);
}

void streams_keep(struct map *all, int64_t call_id, int64_t site_id, struct media *media,
		  const struct streams_leg legs[2])
{
	struct streams *s = calloc(1, sizeof(*s));

	media_close(media);
	if (s) {
		*s = (struct streams){ .call_id = call_id, .site_id = site_id, .media = media };
		memcpy(s->legs, legs, sizeof(s->legs));
	}
	if (!s || map_put(all, &s->node, key_of(&s->call_id)) < 0) {
		free(s);
		media_free(media);
	}
}

void streams_take(struct map *all, const struct relay_event *event)
{
	struct streams *s = find(all, event->session);
	const struct relay_stats *stats = &event->stats;
	unsigned at;

	if (!s || !media_leg_of(s->media, event->leg, &at) ||
	    (!stats->packets && !stats->sent_packets))
		return;
	for (unsigned i = 0; i < PARTIES && s->n < PARTIES * RELAY_KINDS; i++) {
		if (s->legs[i].at != at)
			continue;
		s->found[s->n++] = (struct call_stream){
			.leg = s->legs[i].number,
			.kind = event->kind == RELAY_AUDIO ? "audio" : "video",
			.codec = media_codec(s->media, stats->codec),
			.packets = stats->packets,
			.sent = stats->sent_packets,
			.lost = stats->lost > 0 ? (uint64_t)stats->lost
						: 0, /* < 0: repeated ones */
			.jitter_us = stats->jitter_us,
		};
	}
}

void streams_done(struct map *all, uint64_t call_id, int64_t at, call_record_fn *record, void *arg)
{
	struct streams *s = find(all, call_id);

	if (!s)
		return;
	if (s->n)
		record(arg, &(struct call_record){
				    .type = CALL_REC_STREAMS,
				    .call_id = s->call_id,
				    .site_id = s->site_id,
				    .at = at,
				    .streams = s->found,
				    .nstreams = s->n,
			    });
	forget(all, s);
}

static void forget_one(struct map_node *node, void *all)
{
	forget(all, CONTAINER_OF(node, struct streams, node));
}

void streams_free(struct map *all)
{
	map_each(all, forget_one, all);
	map_free(all);
}
