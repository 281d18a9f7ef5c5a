/* What the caller is told while it rings: one answer to its INVITE, made when the first leg shows
 * what it takes, and good for whoever answers (RFC 3261 section 13.2.1, RFC 6337 section 3.1.1).
 * Nothing is transcoded, so it names what all can take that have said something. A leg that needs
 * another codec than that is told of to the caller by a new offer, inside the call. */
#include "call/media_priv.h"

#include <errno.h>

/* What a leg takes. */

static bool reads(const struct sdp_media *line, const struct sdp_format *format)
{
	for (unsigned i = 0; i < line->nformats; i++) {
		if (sdp_format_takes(&line->formats[i], format))
			return true;
	}
	return false;
}

/* The line of a stream that it has; NULL: it has said nothing, or has none. */
static const struct sdp_media *line_of(const struct leg *leg, enum relay_kind kind)
{
	return leg->streams[kind].on ? media_line_at(leg->said.sdp, leg->streams[kind].line) : NULL;
}

/* A browser shows each picture, and hears the one codec that it was offered, from then on. */
static bool web_takes(const struct media *m, const struct leg *leg, enum relay_kind kind,
		      const struct sdp_format *format)
{
	return kind == RELAY_VIDEO || !leg->app.sound || leg->app.sound_codec == MEDIA_CODECS_MAX ||
	       sdp_format_same(&m->codecs[leg->app.sound_codec], format);
}

/* False: the leg has said, or been told, what it takes of the kind, and it is not this. */
static bool may_take(const struct media *m, const struct leg *leg, enum relay_kind kind,
		     const struct sdp_format *format)
{
	const struct sdp_media *line = line_of(leg, kind);

	if (!leg->open || leg->nobody)
		return true;
	return leg->web ? web_takes(m, leg, kind, format) : !line || reads(line, format);
}

/* The answer. */

static bool all_may_take(const struct media *m, enum relay_kind kind,
			 const struct sdp_format *format)
{
	for (unsigned i = 1; i < MEDIA_LEGS_MAX; i++) {
		if (!may_take(m, &m->legs[i], kind, format))
			return false;
	}
	return true;
}

/* Of what `by` takes, what another one does not; nothing, when nothing would be left. Keys are
 * passed on in another way to who takes no events. */
static uint32_t left_out(const struct media *m, const struct leg *by, enum relay_kind kind)
{
	const struct sdp_media *offer =
		media_line_at(m->legs[0].said.sdp, m->legs[0].streams[kind].line);
	const struct sdp_media *line = line_of(by, kind);
	uint32_t out = 0;
	bool any = false;

	for (unsigned i = 0; offer && line && i < offer->nformats; i++) {
		const struct sdp_format *f = &offer->formats[i];

		if (f->event || !sdp_has(line, f))
			continue;
		if (all_may_take(m, kind, f))
			any = true;
		else
			out |= 1u << i;
	}
	return any ? out : 0;
}

static bool shows(const struct media *m)
{
	const struct leg *caller = &m->legs[0];
	const struct sdp_media *line =
		media_line_at(caller->said.sdp, caller->streams[RELAY_VIDEO].line);

	return line && (line->dir == SDP_SENDRECV || line->dir == SDP_SENDONLY);
}

/* Whatever this one sends and hears: who answers may do either. */
static int answer_print(struct media *m, const struct leg *by, struct buf *out)
{
	struct leg *caller = &m->legs[0];
	struct sdp_edit edit;
	int lines[RELAY_KINDS];

	media_streams_on(by, lines);
	edit = media_answer_for(m, caller, caller->said.sdp, lines);
	for (unsigned k = 0; k < RELAY_KINDS; k++) {
		if (lines[k] < 0)
			continue;
		edit.media[lines[k]].left_out = left_out(m, by, k);
		edit.media[lines[k]].wide = true;
	}
	return sdp_answer(caller->said.sdp, by->said.sdp, &edit, out);
}

int media_answer_early(struct media *m, unsigned at, struct buf *ret_sdp)
{
	const struct leg *by = &m->legs[at];
	int rc;

	if (!m->caller_offered || m->told.n)
		return -EALREADY;
	if (shows(m) && !by->streams[RELAY_VIDEO].on)
		return -EAGAIN;
	rc = answer_print(m, by, &m->told);
	if (rc == 0)
		rc = media_said_read(buf_view(&m->told), &m->told_means);
	if (rc < 0) {
		buf_reset(&m->told);
		return rc;
	}
	buf_add(ret_sdp, buf_view(&m->told));
	return ret_sdp->err;
}

void media_told_over(struct media *m)
{
	buf_reset(&m->told);
	media_said_move(&m->told_means, &(struct said){});
}

/* Who answered. */

static const struct sdp_format *first_of(const struct sdp_media *line)
{
	for (unsigned i = 0; i < line->nformats; i++) {
		if (!line->formats[i].event)
			return &line->formats[i];
	}
	return NULL;
}

/* What the leg will send was told. It should send what was offered to it first (RFC 3264
 * section 6.1), and many send what they named first themselves. */
static bool sends_told(const struct sdp_media *told, const struct sdp_media *offer,
		       const struct sdp_media *line)
{
	const struct sdp_format *should = sdp_common(offer, line, false), *may = first_of(line);
	const struct sdp_format *event = sdp_common(offer, line, true);

	return (!should || sdp_has(told, should)) &&
	       (!may || !sdp_has(offer, may) || sdp_has(told, may)) &&
	       (!event || sdp_has(told, event));
}

static enum media_fit kind_fits(const struct media *m, const struct leg *leg, enum relay_kind kind)
{
	const int at = m->legs[0].streams[kind].line;
	const enum media_fit worst = kind == RELAY_AUDIO ? MEDIA_FITS_NOT : MEDIA_FITS_PARTLY;
	const struct sdp_media *told = media_line_at(m->told_means.sdp, at);
	const struct sdp_media *offer = media_line_at(m->legs[0].said.sdp, at);
	const struct sdp_media *line = line_of(leg, kind);
	const struct sdp_format *sent = told && told->port ? first_of(told) : NULL;

	if (!told || !offer || !line)
		return MEDIA_FITS;
	/* Section 7: the caller should send what it was told first. */
	if (!sent || !reads(line, sent))
		return worst;
	return sends_told(told, offer, line) ? MEDIA_FITS : MEDIA_FITS_PARTLY;
}

enum media_fit media_fits(const struct media *m, unsigned at)
{
	const struct leg *leg = &m->legs[at];
	enum media_fit fit = MEDIA_FITS;

	if (!m->told.n || leg->nobody)
		return MEDIA_FITS;
	for (unsigned k = 0; k < RELAY_KINDS; k++) {
		const enum media_fit of_kind = kind_fits(m, leg, k);

		fit = of_kind > fit ? of_kind : fit;
	}
	return fit;
}

/* In the caller's lines and numbers and under its key, as the answer would have been. */
int media_tell_anew(struct media *m, unsigned at, struct buf *ret_offer)
{
	return media_answer_print(m, &m->legs[at], ret_offer);
}

/* Without sound it is no answer to who speaks. */
static bool of_use(const struct leg *leg, const struct sdp *answer)
{
	const struct sdp_media *ours = line_of(leg, RELAY_AUDIO);
	const struct sdp_media *line = media_line_at(answer, leg->streams[RELAY_AUDIO].line);

	return !ours || (line && media_relayable(line) && sdp_common(ours, line, false));
}

int media_told_anew(struct media *m, unsigned at, struct view answer)
{
	struct leg *caller = &m->legs[0];
	struct said said = {};
	int rc = media_said_read(answer, &said);

	if (rc == 0 && !of_use(&m->legs[at], said.sdp)) {
		arena_free(&said.arena);
		rc = -EPROTONOSUPPORT;
	}
	if (rc == 0)
		rc = media_take_said(m, caller, caller->said.sdp, &said);
	if (rc < 0)
		return rc;
	media_told_over(m);
	media_connect(m, m->peer);
	media_ask_for_picture(m);
	return 0;
}
