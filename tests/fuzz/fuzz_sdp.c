/* An offer and, behind a NUL, its answer: what is printed reads as what was meant, and says only
 * our address. */
#include "proto/sdp.h"

#include <errno.h>
#include <stdlib.h>

enum { PORT = 20000, TEXT_MAX = 4 * SDP_MAX };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct sdp_edit edit_all(void)
{
	struct sdp_edit edit = { .session_id = 7, .version = 1 };

	if (addr_parse_host("192.0.2.1", &edit.host))
		abort();
	for (unsigned i = 0; i < SDP_MEDIA_MAX; i++)
		edit.media[i].port = (uint16_t)(PORT + 2 * i);
	return edit;
}

static void check(bool good)
{
	if (!good)
		abort();
}

static void same_format(const struct sdp_format *a, const struct sdp_format *b)
{
	check(a->pt == b->pt && a->clock_hz == b->clock_hz && a->channels == b->channels);
	check(a->event == b->event && view_eq(a->name, b->name) && view_eq(a->fmtp, b->fmtp));
	check(sdp_format_same(a, b) && sdp_format_same(b, a));
}

/* Beside what was there, sound may have keys that it had not. */
static bool added(const struct sdp_media *a, const struct sdp_media *b)
{
	return b->nformats == a->nformats ||
	       (a->kind == SDP_AUDIO && b->nformats == a->nformats + 1 &&
		b->formats[a->nformats].event);
}

static void same_media(const struct sdp_media *a, const struct sdp_media *b,
		       const struct sdp_edit *edit)
{
	check(a->kind == b->kind);
	if (a->kind == SDP_OTHER) {
		check(b->port == 0);
		return;
	}
	check(a->avpf == b->avpf && !b->savp && !b->secure && a->dir == b->dir); /* in clear */
	check(added(a, b) && b->port >= PORT && !b->rtcp_mux);
	check(addr_same_host(&b->rtp, &edit->host) && !addr_is_set(&b->rtcp));
	for (unsigned i = 0; i < a->nformats; i++)
		same_format(&a->formats[i], &b->formats[i]);
}

/* A text of ours; NULL when it became too long to be read again. */
static const struct sdp *again(const struct buf *text, struct arena *arena)
{
	struct sdp *sdp = NULL;
	const int rc = sdp_read(buf_view(text), arena, &sdp);

	check(rc == 0 || rc == -EMSGSIZE);
	return rc == 0 ? sdp : NULL;
}

static void relay(const struct sdp *sdp, struct arena *arena)
{
	CLEANUP(buf_free) struct buf once = BUF_INIT(TEXT_MAX), twice = BUF_INIT(TEXT_MAX);
	const struct sdp_edit edit = edit_all();
	const struct sdp *back;

	check(sdp_relay(sdp, &edit, &once) == 0);
	back = again(&once, arena);
	if (!back)
		return;
	check(back->nmedia == sdp->nmedia);
	for (unsigned i = 0; i < sdp->nmedia; i++)
		same_media(&sdp->media[i], &back->media[i], &edit);
	check(sdp_relay(back, &edit, &twice) == 0);
	check(view_eq(buf_view(&once), buf_view(&twice)));
}

static bool offers(const struct sdp_media *m, const struct sdp_format *f)
{
	for (unsigned i = 0; i < m->nformats; i++)
		if (m->formats[i].pt == f->pt)
			return true;
	return false;
}

/* RFC 3264 section 6: the offer's lines in its order, its formats and no others. */
static void answer(const struct sdp *offer, const struct sdp *said, struct arena *arena)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(TEXT_MAX);
	const struct sdp_edit edit = edit_all();
	const struct sdp *back;

	check(sdp_answer(offer, said, &edit, &text) == 0);
	back = again(&text, arena);
	check(!back || back->nmedia == offer->nmedia);
	for (unsigned i = 0; back && i < back->nmedia; i++) {
		const struct sdp_media *m = &back->media[i];

		check(m->kind == offer->media[i].kind);
		for (unsigned k = 0; k < m->nformats; k++)
			check(offers(&offer->media[i], &m->formats[k]));
		check(!m->port || (addr_same_host(&m->rtp, &edit.host) && m->nformats > 0));
	}
}

static void sets(const struct sdp *sdp)
{
	struct sdp_h264_set sps, pps;

	for (unsigned i = 0; i < sdp->nmedia; i++) {
		for (unsigned k = 0; k < sdp->media[i].nformats; k++)
			if (sdp_h264_sets(&sdp->media[i].formats[k], &sps, &pps))
				check(sps.n && pps.n && sps.n <= SDP_H264_SET_MAX &&
				      pps.n <= SDP_H264_SET_MAX);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1 << 20);
	struct view second;
	const struct view first = view_cut((struct view){ (const char *)data, n }, '\0', &second);
	struct sdp *offer, *said;

	if (sdp_read(first, &arena, &offer) < 0)
		return 0;
	relay(offer, &arena);
	answer(offer, offer, &arena);
	sets(offer);
	if (sdp_read(second, &arena, &said) == 0)
		answer(offer, said, &arena);
	return 0;
}
