/* Keys of phones (RFC 4568): a leg has one key and salt for each of its streams, which serves in
 * whichever suite the leg takes. AES-GCM is offered first: it costs half. */
#include "call/media_priv.h"

#include "base/rand.h"

#include <string.h>

static const enum sdes_suite suites[MEDIA_SUITES] = { SDES_GCM_128, SDES_CM_SHA1_80 };

static void keys_make(struct media *m, struct leg *leg)
{
	if (leg->keyed)
		return;
	leg->keyed = true;
	for (unsigned k = 0; k < RELAY_KINDS; k++) {
		struct sdes *first = &leg->keys[k][0];

		rand_bytes(m->conf.rand, first->key, sizeof(first->key));
		rand_bytes(m->conf.rand, first->salt, sizeof(first->salt));
		for (unsigned i = 0; i < MEDIA_SUITES; i++) {
			leg->keys[k][i] = *first;
			leg->keys[k][i].tag = i + 1;
			leg->keys[k][i].suite = suites[i];
		}
	}
}

static struct sdes *key_of(struct leg *leg, enum relay_kind kind, enum sdes_suite suite)
{
	return &leg->keys[kind][suite == suites[0] ? 0 : 1];
}

/* Beside plain RTP a key is an offer that may be left (RFC 8643). */
static bool is_sealed(const struct leg *leg, const struct sdp_media *line)
{
	return line->crypto.suite != SDES_NONE && leg->way.srtp != MEDIA_SRTP_OFF;
}

bool media_srtp_fits(const struct leg *leg, const struct sdp_media *line)
{
	if (leg->way.srtp == MEDIA_SRTP_OFF)
		return !line->savp;
	return leg->way.srtp != MEDIA_SRTP_REQUIRED || is_sealed(leg, line);
}

static void master_fill(struct srtp_master *master, const struct sdes *key)
{
	memcpy(master->key, key->key, sizeof(master->key));
	memcpy(master->salt, key->salt, sizeof(master->salt));
}

struct seal_keys media_srtp_keys(struct media *m, struct leg *leg, enum relay_kind kind,
				 const struct sdp_media *line)
{
	struct seal_keys keys = {};

	if (!is_sealed(leg, line))
		return keys;
	keys_make(m, leg);
	keys.profile = line->crypto.suite == SDES_GCM_128 ? SRTP_GCM_128 : SRTP_CM_SHA1_80;
	master_fill(&keys.theirs, &line->crypto);
	master_fill(&keys.ours, key_of(leg, kind, line->crypto.suite));
	return keys;
}

void media_srtp_offer(struct media *m, struct leg *leg, enum relay_kind kind,
		      struct sdp_edit_media *edit)
{
	const struct sdp_media *before = media_line_at(leg->said.sdp, leg->streams[kind].line);
	const bool sealed = before && is_sealed(leg, before);

	if (leg->way.srtp < MEDIA_SRTP_OFFERED && !sealed)
		return;
	keys_make(m, leg);
	edit->savp = leg->way.srtp == MEDIA_SRTP_REQUIRED || (sealed && before->savp);
	edit->crypto = leg->keys[kind];
	edit->ncrypto = MEDIA_SUITES;
}

void media_srtp_answer(struct media *m, struct leg *leg, enum relay_kind kind,
		       const struct sdp_media *line, struct sdp_edit_media *edit)
{
	struct sdes *key;

	if (!is_sealed(leg, line))
		return;
	keys_make(m, leg);
	key = key_of(leg, kind, line->crypto.suite);
	key->tag = line->crypto.tag; /* the one that is taken (RFC 4568 section 5.1.2) */
	edit->crypto = key;
	edit->ncrypto = 1;
}
