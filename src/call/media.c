#include "call/media_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What is offered in the name of a caller that offered nothing. */
static const char plain_offer[] =
	MEDIA_HEAD MEDIA_SOUND "a=sendrecv\r\n" MEDIA_PICTURE "a=sendrecv\r\n";

int media_new(const struct media_conf *conf, struct media **ret_media)
{
	struct media *m = calloc(1, sizeof(*m));
	int rc;

	if (!m)
		return -ENOMEM;
	m->conf = *conf;
	m->names = ARENA_INIT(MEDIA_NAMES_MAX);
	m->told = BUF_INIT(MEDIA_SDP_MAX);
	rc = relay_session_open(conf->relay, conf->tag, &m->session);
	if (rc < 0) {
		free(m);
		return rc;
	}
	*ret_media = m;
	return 0;
}

void media_free(struct media *m)
{
	if (!m)
		return;
	for (unsigned i = 0; i < MEDIA_LEGS_MAX; i++)
		arena_free(&m->legs[i].said.arena);
	arena_free(&m->pending.arena);
	arena_free(&m->told_means.arena);
	arena_free(&m->names);
	buf_free(&m->told);
	media_close(m);
	free(m);
}

void media_close(struct media *m)
{
	if (m->session)
		relay_session_close(TAKE(m->session));
}

const char *media_codec(const struct media *m, unsigned codec)
{
	return codec < m->ncodecs ? m->codecs[codec].name.p : "";
}

int media_said_read(struct view text, struct said *ret_said)
{
	struct said said = { .arena = ARENA_INIT(MEDIA_SAID_MAX) };
	const int rc = sdp_read(text, &said.arena, &said.sdp);

	if (rc < 0)
		arena_free(&said.arena);
	else
		*ret_said = said;
	return rc;
}

void media_said_move(struct said *to, struct said *from)
{
	arena_free(&to->arena);
	*to = *from;
	*from = (struct said){};
}

const struct sdp_media *media_line_at(const struct sdp *sdp, int line)
{
	return sdp && line >= 0 && (unsigned)line < sdp->nmedia ? &sdp->media[line] : NULL;
}

static enum relay_kind kind_of(const struct sdp_media *line)
{
	return line->kind == SDP_AUDIO ? RELAY_AUDIO : RELAY_VIDEO;
}

bool media_relayable(const struct sdp_media *line)
{
	return line->kind != SDP_OTHER && line->port && !line->secure && line->nformats;
}

/* The first m= line of each kind that can be relayed, and is as this leg's way wants it.
 * -EPROTONOSUPPORT without any. */
static int find_lines(const struct sdp *sdp, const struct leg *leg, int ret_lines[RELAY_KINDS])
{
	ret_lines[RELAY_AUDIO] = ret_lines[RELAY_VIDEO] = -1;
	for (unsigned i = 0; i < sdp->nmedia; i++) {
		const struct sdp_media *line = &sdp->media[i];

		if (media_relayable(line) && media_srtp_fits(leg, line) &&
		    ret_lines[kind_of(line)] < 0)
			ret_lines[kind_of(line)] = (int)i;
	}
	return ret_lines[RELAY_AUDIO] < 0 && ret_lines[RELAY_VIDEO] < 0 ? -EPROTONOSUPPORT : 0;
}

static unsigned kinds_of(const int lines[RELAY_KINDS])
{
	return (lines[RELAY_AUDIO] >= 0 ? 1u << RELAY_AUDIO : 0) |
	       (lines[RELAY_VIDEO] >= 0 ? 1u << RELAY_VIDEO : 0);
}

unsigned media_codec_number(struct media *m, const struct sdp_format *format)
{
	struct sdp_format own = *format;

	for (unsigned i = 0; i < m->ncodecs; i++) {
		if (sdp_format_same(&m->codecs[i], format))
			return i;
	}
	if (m->ncodecs == MEDIA_CODECS_MAX)
		return MEDIA_CODECS_MAX;
	own.name.p = arena_dup(&m->names, format->name);
	own.fmtp.p = arena_dup(&m->names, format->fmtp);
	if (!own.name.p || !own.fmtp.p)
		return MEDIA_CODECS_MAX;
	m->codecs[m->ncodecs] = own;
	return m->ncodecs++;
}

/* events: telephone-events too; who did not take them gets none, whatever it was offered. */
static void add_formats(struct media *m, struct relay_stream *set, const struct sdp_media *line,
			bool events)
{
	for (unsigned i = 0; i < line->nformats && set->nformats < RELAY_FORMATS_MAX; i++) {
		const struct sdp_format *f = &line->formats[i];
		const unsigned codec = media_codec_number(m, f);
		bool taken = codec == MEDIA_CODECS_MAX || (f->event && !events);

		for (unsigned k = 0; k < set->nformats && !taken; k++)
			taken = set->formats[k].pt == f->pt;
		if (!taken)
			set->formats[set->nformats++] =
				(struct relay_format){ f->pt, (uint8_t)codec, f->event };
	}
}

/* What the call knows and the line can read under another format's number. A door has one stream
 * for all who look on: without this, viewers of the other mode would see nothing. */
static void add_readable(const struct media *m, struct relay_stream *set, const struct sdp_media *line)
{
	for (unsigned i = 0; i < line->nformats; i++) {
		const struct sdp_format *f = &line->formats[i];

		for (unsigned c = 0; c < m->ncodecs && set->nformats < RELAY_FORMATS_MAX; c++)
			if (!sdp_format_same(f, &m->codecs[c]) && sdp_format_takes(f, &m->codecs[c]))
				set->formats[set->nformats++] =
					(struct relay_format){ f->pt, (uint8_t)c, f->event };
	}
}

/* How long the leg may be silent in this stream. One that holds the call may well send nothing. */
static uint32_t silence_ms(const struct media *m, const struct leg *leg, enum sdp_dir dir)
{
	const bool sends = dir == SDP_SENDRECV || (dir == SDP_SENDONLY && !leg->reoffered);

	return m->connected && sends ? MEDIA_SILENCE_MS : 0;
}

static bool has_events(const struct sdp_media *line)
{
	for (unsigned i = 0; i < line->nformats; i++) {
		if (line->formats[i].event)
			return true;
	}
	return false;
}

/* 0: there are none. */
static uint8_t event_pt_of(const struct sdp_media *line, uint32_t clock_hz)
{
	const struct sdp_format *event = sdp_event(line, clock_hz);

	return event ? event->pt : 0;
}

/* What the leg said of one stream, for the relay. `theirs` is its own line, `ours` the line that we
 * put to it (its answer may number payload types anew; what it sends may carry either). */
static void stream_fill(struct media *m, struct leg *leg, enum relay_kind kind,
			const struct sdp_media *theirs, const struct sdp_media *ours)
{
	struct relay_stream *set = &leg->streams[kind].set;

	*set = (struct relay_stream){
		.rtp = theirs->rtp,
		.rtcp = theirs->rtcp,
		.signal = leg->way.signal,
		.rtcp_mux = theirs->rtcp_mux,
		.silence_ms = silence_ms(m, leg, theirs->dir),
		.keys = media_srtp_keys(m, leg, kind, theirs),
		.tones = kind == RELAY_AUDIO && !has_events(theirs),
	};
	add_formats(m, set, theirs, true);
	add_readable(m, set, theirs);
	if (ours)
		add_formats(m, set, ours, has_events(theirs));
	set->clock_hz = sdp_clock_hz(theirs);
	if (kind == RELAY_AUDIO)
		set->event_pt = event_pt_of(theirs, set->clock_hz);
}

static int stream_tell(struct media *m, struct leg *leg, enum relay_kind kind)
{
	return relay_stream_set(m->session, leg->relay_leg, kind, &leg->streams[kind].set);
}

/* Browsers do not read parameter sets from descriptions, so the relay must know them. */
static void sets_tell(struct media *m, const struct leg *leg, const struct sdp_media *line)
{
	struct sdp_h264_set sps, pps;

	for (unsigned i = 0; i < line->nformats; i++) {
		const bool found = view_ieq(line->formats[i].name, VIEW("H264")) &&
				   sdp_h264_sets(&line->formats[i], &sps, &pps);

		if (!found)
			continue;
		/* -EAGAIN: the relay is drowning; most sources send them in the stream, too */
		(void)relay_picture_sets(m->session, leg->relay_leg,
					 (struct view){ (char *)sps.bytes, sps.n },
					 (struct view){ (char *)pps.bytes, pps.n });
		return;
	}
}

/* What the leg says of the stream, to the relay. */
static int stream_say(struct media *m, struct leg *leg, enum relay_kind kind,
		      const struct sdp_media *theirs, const struct sdp_media *ours)
{
	int rc;

	stream_fill(m, leg, kind, theirs, ours);
	rc = stream_tell(m, leg, kind);
	if (rc == 0 && kind == RELAY_VIDEO)
		sets_tell(m, leg, theirs);
	return rc;
}

static int leg_open(struct media *m, unsigned at, const struct media_way *way,
		    const int lines[RELAY_KINDS])
{
	struct leg *leg = &m->legs[at];
	int rc;

	*leg = (struct leg){ .way = *way };
	rc = relay_leg_open(m->session, at, way->local.sa.sa_family, kinds_of(lines), &leg->ports,
			    &leg->relay_leg);
	if (rc < 0)
		return rc;
	leg->open = true;
	for (unsigned k = 0; k < RELAY_KINDS; k++)
		leg->streams[k].line = lines[k];
	return 0;
}

int media_caller(struct media *m, struct view offer, const struct media_way *way)
{
	const struct leg said_by = { .way = *way }, ours = {};
	struct leg *leg = &m->legs[0];
	int lines[RELAY_KINDS], rc;
	struct said said = {};

	m->caller_offered = offer.n > 0;
	rc = media_said_read(offer.n ? offer : VIEW(plain_offer), &said);
	if (rc == 0)
		rc = find_lines(said.sdp, m->caller_offered ? &said_by : &ours, lines);
	if (rc == 0)
		rc = leg_open(m, 0, way, lines);
	if (rc < 0) {
		arena_free(&said.arena);
		return rc;
	}
	media_said_move(&leg->said, &said);
	for (unsigned k = 0; k < RELAY_KINDS && m->caller_offered; k++) {
		if (lines[k] < 0)
			continue;
		rc = stream_say(m, leg, k, &leg->said.sdp->media[lines[k]], NULL);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Every other line is refused. */
static struct sdp_edit edit_for(struct media *m, struct leg *leg, const int lines[RELAY_KINDS])
{
	struct sdp_edit edit = {
		.host = leg->way.local,
		.session_id = m->conf.session_id + (uint64_t)(leg - m->legs),
		.version = ++leg->version,
	};

	for (unsigned k = 0; k < RELAY_KINDS; k++) {
		if (lines[k] >= 0)
			edit.media[lines[k]].port = leg->ports.rtp[k];
	}
	return edit;
}

static struct sdp_edit offer_for(struct media *m, struct leg *leg, const int lines[RELAY_KINDS])
{
	struct sdp_edit edit = edit_for(m, leg, lines);

	for (unsigned k = 0; k < RELAY_KINDS; k++) {
		if (lines[k] >= 0)
			media_srtp_offer(m, leg, k, &edit.media[lines[k]]);
	}
	return edit;
}

struct sdp_edit media_answer_for(struct media *m, struct leg *leg, const struct sdp *offer,
				 const int lines[RELAY_KINDS])
{
	struct sdp_edit edit = edit_for(m, leg, lines);

	for (unsigned k = 0; k < RELAY_KINDS; k++) {
		if (lines[k] >= 0)
			media_srtp_answer(m, leg, k, &offer->media[lines[k]], &edit.media[lines[k]]);
	}
	return edit;
}

unsigned media_leg_free(const struct media *m)
{
	unsigned at = 1;

	while (at < MEDIA_LEGS_MAX && m->legs[at].open)
		at++;
	return at;
}

int media_callee(struct media *m, const struct media_way *way, unsigned *ret_leg,
		 struct buf *ret_offer)
{
	const struct leg *caller = &m->legs[0];
	const int lines[RELAY_KINDS] = { caller->streams[RELAY_AUDIO].line,
					 caller->streams[RELAY_VIDEO].line };
	const unsigned at = media_leg_free(m);
	struct sdp_edit edit;
	int rc;

	if (at == MEDIA_LEGS_MAX)
		return -ENOSPC;
	rc = leg_open(m, at, way, lines);
	if (rc < 0)
		return rc;
	edit = offer_for(m, &m->legs[at], lines);
	rc = sdp_relay(caller->said.sdp, &edit, ret_offer);
	if (rc < 0) {
		media_leg_close(m, at);
		return rc;
	}
	*ret_leg = at;
	return 0;
}

void media_leg_close(struct media *m, unsigned at)
{
	struct leg *leg = &m->legs[at];

	if (!leg->open)
		return;
	if (!leg->nobody)
		relay_leg_close(m->session, leg->relay_leg);
	media_said_move(&leg->said, &(struct said){});
	leg->open = false;
}

static int take_answer(struct media *m, struct leg *leg, const struct sdp *offer,
		       const struct sdp *answer)
{
	bool any = false;

	for (unsigned k = 0; k < RELAY_KINDS; k++) {
		struct stream *s = &leg->streams[k];
		const struct sdp_media *line = media_line_at(answer, s->line);
		int rc;

		s->on = false;
		if (!line || !media_relayable(line) || !media_srtp_fits(leg, line))
			continue;
		rc = stream_say(m, leg, k, line, &offer->media[s->line]);
		if (rc < 0)
			return rc;
		s->on = any = true;
	}
	return any ? 0 : -EPROTONOSUPPORT;
}

int media_take_said(struct media *m, struct leg *leg, const struct sdp *offer, struct said *said)
{
	const int rc = take_answer(m, leg, offer, said->sdp);

	if (rc < 0)
		arena_free(&said->arena);
	else
		media_said_move(&leg->said, said);
	return rc;
}

int media_answered(struct media *m, unsigned at, struct view answer)
{
	struct leg *leg = &m->legs[at];
	struct said said = {};
	int rc = media_said_read(answer, &said);

	if (rc == 0)
		rc = media_take_said(m, leg, m->legs[0].said.sdp, &said);
	if (rc < 0)
		return rc;
	for (unsigned k = 0; k < RELAY_KINDS; k++)
		m->legs[0].streams[k].on = leg->streams[k].on;
	return 0;
}

void media_streams_on(const struct leg *leg, int ret_lines[RELAY_KINDS])
{
	for (unsigned k = 0; k < RELAY_KINDS; k++)
		ret_lines[k] = leg->streams[k].on ? leg->streams[k].line : -1;
}

int media_answer_print(struct media *m, const struct leg *by, struct buf *out)
{
	struct leg *caller = &m->legs[0];
	struct sdp_edit edit;
	int lines[RELAY_KINDS];

	media_streams_on(by, lines);
	edit = media_answer_for(m, caller, caller->said.sdp, lines);
	return sdp_answer(caller->said.sdp, by->said.sdp, &edit, out);
}

int media_answer_caller(struct media *m, unsigned at, struct buf *ret_sdp)
{
	if (m->told.n) {
		buf_add(ret_sdp, buf_view(&m->told));
		return ret_sdp->err;
	}
	return m->caller_offered ? media_answer_print(m, &m->legs[at], ret_sdp)
				 : media_restore(m, 0, at, ret_sdp);
}

/* The clock of the sound that both sides have, as the callee likes it best; 0: not known. */
static uint32_t sound_clock(const struct media *m)
{
	const struct leg *a = &m->legs[m->peer], *b = &m->legs[0];
	const struct sdp_media *mine = media_line_at(a->said.sdp, a->streams[RELAY_AUDIO].line);
	const struct sdp_media *other = media_line_at(b->said.sdp, b->streams[RELAY_AUDIO].line);
	const struct sdp_format *both = mine && other ? sdp_common(mine, other, false) : NULL;

	return both ? both->clock_hz : 0;
}

/* An offer names sounds of several clocks; keys go by that of the one which was taken. */
static void events_settle(const struct media *m, struct relay_stream *set,
			  const struct sdp_media *line)
{
	const uint32_t clock_hz = sound_clock(m);

	if (!clock_hz)
		return;
	set->clock_hz = clock_hz;
	set->event_pt = event_pt_of(line, clock_hz);
}

/* Watches for silence from the moment of the answer. */
static void watch(struct media *m, struct leg *leg)
{
	for (unsigned k = 0; k < RELAY_KINDS && !leg->web; k++) {
		struct stream *s = &leg->streams[k];
		const struct sdp_media *line = media_line_at(leg->said.sdp, s->line);

		s->silent = false;
		if (!s->on || !line)
			continue;
		s->set.silence_ms = silence_ms(m, leg, line->dir);
		if (k == RELAY_AUDIO)
			events_settle(m, &s->set, line);
		if (stream_tell(m, leg, k) < 0)
			s->set.silence_ms = 0;
	}
}

int media_caller_answered(struct media *m, struct view answer)
{
	struct said said = {};
	int rc = media_said_read(answer, &said);

	if (rc == 0)
		rc = media_take_said(m, &m->legs[0], m->legs[m->peer].said.sdp, &said);
	if (rc < 0)
		return rc;
	watch(m, &m->legs[0]);
	return 0;
}

static uint32_t viewers(const struct media *m, enum relay_kind kind)
{
	uint32_t to = 0;

	for (unsigned i = 1; i < MEDIA_LEGS_MAX; i++) {
		if (m->legs[i].open && m->legs[i].streams[kind].on && !m->legs[i].nobody)
			to |= 1u << m->legs[i].relay_leg;
	}
	return to;
}

static void route(struct media *m, const struct leg *from, enum relay_kind kind, uint32_t to)
{
	/* -EAGAIN: the relay is drowning; the next route or the end of the call puts it right */
	if ((from->web ? !from->nobody : from->ports.rtp[kind] != 0) &&
	    relay_route(m->session, from->relay_leg, kind, to) < 0)
		return;
}

void media_preview(struct media *m)
{
	for (unsigned k = 0; k < RELAY_KINDS; k++)
		route(m, &m->legs[0], k, viewers(m, k));
}

/* Who only looks is not heard, whatever its browser sends. */
static uint32_t hearers(const struct leg *from, const struct leg *to, enum relay_kind kind)
{
	return to->nobody || (kind == RELAY_AUDIO && from->app.listen) ? 0 : 1u << to->relay_leg;
}

void media_connect(struct media *m, unsigned at)
{
	struct leg *caller = &m->legs[0], *leg = &m->legs[at];

	m->connected = true;
	m->peer = at;
	for (unsigned k = 0; k < RELAY_KINDS; k++) {
		const bool on = leg->streams[k].on;

		caller->streams[k].on = on;
		route(m, caller, k, on ? hearers(caller, leg, k) : 0);
		route(m, leg, k, on ? hearers(leg, caller, k) : 0);
	}
	if (m->caller_offered)
		watch(m, caller);
	watch(m, leg);
}

int media_lines_with_ports(const struct sdp *sdp, const struct leg *leg, int ret_lines[RELAY_KINDS])
{
	int rc = find_lines(sdp, leg, ret_lines);

	for (unsigned k = 0; k < RELAY_KINDS; k++) {
		if (!leg->ports.rtp[k])
			ret_lines[k] = -1;
	}
	if (rc == 0 && ret_lines[RELAY_AUDIO] < 0 && ret_lines[RELAY_VIDEO] < 0)
		rc = -EPROTONOSUPPORT;
	return rc;
}

int media_reoffer(struct media *m, unsigned from, struct view offer, unsigned to,
		  struct buf *ret_offer)
{
	struct said said = {};
	int lines[RELAY_KINDS], rc;
	struct sdp_edit edit;

	rc = media_said_read(offer, &said);
	if (rc == 0)
		rc = media_lines_with_ports(said.sdp, &m->legs[from], lines);
	if (rc == 0) {
		edit = offer_for(m, &m->legs[to], lines);
		rc = sdp_relay(said.sdp, &edit, ret_offer);
	}
	if (rc < 0) {
		arena_free(&said.arena);
		return rc;
	}
	media_said_move(&m->pending, &said);
	memcpy(m->pending_lines, lines, sizeof(lines));
	return 0;
}

int media_take_offer(struct media *m, struct leg *leg, const int lines[RELAY_KINDS])
{
	leg->reoffered = true;
	for (unsigned k = 0; k < RELAY_KINDS; k++) {
		int rc;

		leg->streams[k].on = lines[k] >= 0;
		if (lines[k] < 0)
			continue;
		rc = stream_say(m, leg, k, &leg->said.sdp->media[lines[k]], NULL);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Something of what was offered in these lines was taken. */
static bool takes_any(const struct sdp *answer, const int lines[RELAY_KINDS])
{
	bool any = false;

	for (unsigned k = 0; k < RELAY_KINDS; k++) {
		const struct sdp_media *line = media_line_at(answer, lines[k]);

		any = any || (line && media_relayable(line));
	}
	return any;
}

void media_ask_for_picture(struct media *m)
{
	for (unsigned i = 0; i < MEDIA_LEGS_MAX; i++) {
		const struct leg *leg = &m->legs[i];

		/* -EAGAIN: the relay is drowning; the source sends another one by itself, later */
		if (leg->open && !leg->web && leg->streams[RELAY_VIDEO].on &&
		    relay_keyframe(m->session, leg->relay_leg) < 0)
			return;
	}
}

int media_reanswer(struct media *m, unsigned to, struct view answer, unsigned from,
		   struct buf *ret_answer)
{
	struct leg *leg = &m->legs[from], *other = &m->legs[to];
	struct said said = {};
	int lines[RELAY_KINDS], rc;
	struct sdp_edit edit;

	if (!m->pending.sdp)
		return -EBADMSG;
	rc = media_said_read(answer, &said);
	if (rc == 0 && !takes_any(said.sdp, m->pending_lines))
		rc = -EPROTONOSUPPORT;
	if (rc < 0) {
		arena_free(&said.arena);
		media_said_move(&m->pending, &(struct said){}); /* refused with its answer */
		return rc;
	}
	for (unsigned k = 0; k < RELAY_KINDS; k++)
		other->streams[k].line = leg->streams[k].line = m->pending_lines[k];
	media_said_move(&leg->said, &m->pending);
	media_said_move(&other->said, &said);
	rc = take_answer(m, other, leg->said.sdp, other->said.sdp);
	if (rc < 0)
		return rc;
	media_streams_on(other, lines);
	rc = media_take_offer(m, leg, lines);
	if (rc < 0)
		return rc;
	media_told_over(m);
	media_connect(m, m->peer);
	media_ask_for_picture(m);
	edit = media_answer_for(m, leg, leg->said.sdp, lines);
	return sdp_answer(leg->said.sdp, other->said.sdp, &edit, ret_answer);
}

int media_restore(struct media *m, unsigned at, unsigned other, struct buf *ret_offer)
{
	const struct leg *from = &m->legs[other];
	struct sdp_edit edit;
	int lines[RELAY_KINDS];

	media_streams_on(from, lines);
	edit = offer_for(m, &m->legs[at], lines);
	return sdp_relay(from->said.sdp, &edit, ret_offer);
}

int media_restored(struct media *m, unsigned at, unsigned other, struct view answer)
{
	struct leg *leg = &m->legs[at];
	struct said said = {};
	int rc = media_said_read(answer, &said);

	if (rc == 0)
		rc = media_take_said(m, leg, m->legs[other].said.sdp, &said);
	if (rc < 0)
		return rc;
	media_connect(m, m->peer);
	media_ask_for_picture(m);
	return 0;
}

static bool has_codec(const struct relay_stream *set, unsigned codec)
{
	for (unsigned i = 0; i < set->nformats; i++) {
		if (set->formats[i].codec == codec)
			return true;
	}
	return false;
}

bool media_events_pass(const struct media *m, unsigned from, unsigned to)
{
	const struct leg *a = &m->legs[from], *b = &m->legs[to];
	const struct relay_stream *set = &a->streams[RELAY_AUDIO].set;

	if (!b->streams[RELAY_AUDIO].on || !hearers(a, b, RELAY_AUDIO))
		return false;
	for (unsigned i = 0; i < set->nformats; i++) {
		if (set->formats[i].event &&
		    has_codec(&b->streams[RELAY_AUDIO].set, set->formats[i].codec))
			return true;
	}
	return false;
}

static bool has_dir(const struct leg *leg, enum sdp_dir one_way)
{
	const struct sdp_media *line = media_line_at(leg->said.sdp, leg->streams[RELAY_AUDIO].line);

	return line && (line->dir == SDP_SENDRECV || line->dir == one_way);
}

static bool takes_events(const struct leg *leg)
{
	const struct stream *s = &leg->streams[RELAY_AUDIO];

	return leg->open && !leg->web && s->on && s->set.event_pt;
}

/* Whoever is not sent to may well not listen. */
static bool is_sent_to(const struct media *m, unsigned at)
{
	return has_dir(&m->legs[at], SDP_RECVONLY) &&
	       has_dir(&m->legs[at ? 0 : m->peer], SDP_SENDONLY);
}

bool media_is_deaf(const struct media *m, unsigned at)
{
	return takes_events(&m->legs[at]) && !is_sent_to(m, at);
}

int media_press(struct media *m, unsigned at, char key)
{
	if (!takes_events(&m->legs[at]) || !is_sent_to(m, at))
		return -ENOTSUP;
	return relay_press(m->session, m->legs[at].relay_leg, key);
}

bool media_silent(struct media *m, unsigned at, enum relay_kind kind, bool silent)
{
	const struct leg *leg = &m->legs[at];
	bool watched = false;

	if (at >= MEDIA_LEGS_MAX || !leg->open)
		return false;
	m->legs[at].streams[kind].silent = silent;
	for (unsigned k = 0; k < RELAY_KINDS; k++) {
		if (!leg->streams[k].on || !leg->streams[k].set.silence_ms)
			continue;
		watched = true;
		if (!leg->streams[k].silent)
			return false;
	}
	return watched;
}
