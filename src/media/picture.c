#include "media/picture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct slot {
	uint64_t number; /* 0: none */
	uint64_t at;     /* of all bytes ever written */
	uint32_t ts;
	uint16_t n;
	bool marker;
};

struct set {
	uint16_t n;
	char bytes[H264_SET_MAX];
};

struct picture {
	struct renumber numbers;
	struct set sps, pps;

	/* The picture that is coming in. */
	bool any;
	uint32_t ts;
	uint64_t first; /* its first packet */
	bool has_sps, has_pps, has_idr;

	uint64_t key;
	uint64_t head; /* bytes ever written */
	struct slot slots[PICTURE_SLOTS];
	uint8_t bytes[PICTURE_BYTES];
};

int picture_new(struct picture **ret_picture)
{
	struct picture *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	renumber_init(&p->numbers, PICTURE_HZ);
	*ret_picture = p;
	return 0;
}

void picture_free(struct picture *p)
{
	free(p);
}

static void set_keep(struct set *s, struct view v)
{
	if (v.n == 0 || v.n > sizeof(s->bytes))
		return;
	memcpy(s->bytes, v.p, v.n);
	s->n = (uint16_t)v.n;
}

static struct view set_view(const struct set *s)
{
	return (struct view){ s->bytes, s->n };
}

int picture_sets(struct picture *p, struct view sps, struct view pps)
{
	const struct h264_found a = h264_look((const uint8_t *)sps.p, sps.n);
	const struct h264_found b = h264_look((const uint8_t *)pps.p, pps.n);

	if (a.sps.n != sps.n || b.pps.n != pps.n || sps.n == 0 || pps.n == 0 ||
	    sps.n > H264_SET_MAX || pps.n > H264_SET_MAX)
		return -EINVAL;
	set_keep(&p->sps, sps);
	set_keep(&p->pps, pps);
	return 0;
}

static const struct slot *slot_find(const struct picture *p, uint64_t number)
{
	const struct slot *s = &p->slots[number % PICTURE_SLOTS];

	return number && s->number == number && p->head - s->at <= PICTURE_BYTES ? s : NULL;
}

static void packet_of(const struct picture *p, const struct slot *s,
		      struct picture_packet *ret_packet)
{
	*ret_packet = (struct picture_packet){
		.number = s->number,
		.ts = s->ts,
		.marker = s->marker,
		.n = s->n,
		.payload = p->bytes + s->at % PICTURE_BYTES,
	};
}

/* Bytes lie in one piece: what is left at the end of the ring is passed over. */
static void keep(struct picture *p, const struct picture_packet *k,
		 struct picture_packet *ret_packet)
{
	const size_t left = PICTURE_BYTES - p->head % PICTURE_BYTES;
	struct slot *s = &p->slots[k->number % PICTURE_SLOTS];

	if (left < k->n)
		p->head += left;
	*s = (struct slot){ k->number, p->head, k->ts, k->n, k->marker };
	memcpy(p->bytes + p->head % PICTURE_BYTES, k->payload, k->n);
	p->head += k->n;
	packet_of(p, s, ret_packet);
}

static void picture_begin(struct picture *p, const struct renumbered *r)
{
	p->any = true;
	p->ts = r->ts;
	p->first = r->number;
	p->has_sps = p->has_pps = p->has_idr = false;
}

/* Takes note of what the packet carries. True when the parameter sets must go before it. */
static bool sets_missing(struct picture *p, const struct h264_found *f, const struct renumbered *r)
{
	if (r->fresh && (!p->any || r->ts != p->ts))
		picture_begin(p, r);
	set_keep(&p->sps, f->sps);
	set_keep(&p->pps, f->pps);
	if (r->ts != p->ts)
		return false;
	p->has_sps |= f->sps.n > 0;
	p->has_pps |= f->pps.n > 0;
	if (!f->idr || p->has_idr || !r->fresh || !p->sps.n || !p->pps.n)
		return false;
	p->has_idr = true;
	p->key = p->first;
	return !p->has_sps || !p->has_pps;
}

/* The sets before packet r, which moves on. */
static void sets_put(struct picture *p, struct renumbered *r, struct picture_packet *ret_packet)
{
	uint8_t payload[H264_SETS_MAX];
	const struct picture_packet k = {
		.number = renumber_insert(&p->numbers, r),
		.ts = r->ts,
		.n = (uint16_t)h264_sets_print(set_view(&p->sps), set_view(&p->pps), payload),
		.payload = payload,
	};

	keep(p, &k, ret_packet);
}

unsigned picture_hear(struct picture *p, const uint8_t *bytes, const struct rtp *rtp,
		      int64_t now_us, struct picture_packet ret_packets[PICTURE_BURST])
{
	const uint8_t *payload = bytes + rtp->payload;
	const size_t size = (size_t)(rtp->end - rtp->payload);
	struct h264_found found;
	struct renumbered r;
	unsigned n = 0;

	if (size > PICTURE_PAYLOAD_MAX || !renumber_take(&p->numbers, rtp, now_us, &r))
		return 0;
	if (r.source) {
		p->any = false;
		p->key = 0;
	}
	found = h264_look(payload, size);
	if (sets_missing(p, &found, &r))
		sets_put(p, &r, &ret_packets[n++]);
	keep(p, &(struct picture_packet){ r.number, r.ts, rtp->marker, (uint16_t)size, payload },
	     &ret_packets[n]);
	return n + 1;
}

bool picture_find(const struct picture *p, uint64_t number, struct picture_packet *ret_packet)
{
	const struct slot *s = slot_find(p, number);

	if (!s)
		return false;
	packet_of(p, s, ret_packet);
	return true;
}

uint64_t picture_key(const struct picture *p)
{
	return slot_find(p, p->key) ? p->key : 0;
}

uint64_t picture_newest(const struct picture *p)
{
	return p->numbers.newest;
}
