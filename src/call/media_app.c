/* The media of apps. A browser's leg has its own offers and answers (proto/web_sdp.h); to the rest
 * of the call it is put in the words of a phone: what it takes, as the answer to the other side's
 * description. */
#include "call/media_priv.h"
#include "proto/web_sdp.h"

#include <errno.h>

enum { TAG_LEG_BITS = 8 };
_Static_assert(MEDIA_LEGS_MAX <= 1 << TAG_LEG_BITS, "a tag has room for the leg");

/* What an app that calls can do: it is offered in its name before the browser is asked, for its one
 * codec is what the other side takes. */
static const char talks[] = MEDIA_HEAD MEDIA_SOUND "a=sendrecv\r\n" MEDIA_PICTURE "a=recvonly\r\n";
static const char sounds[] = MEDIA_HEAD MEDIA_SOUND "a=sendrecv\r\n";
static const char looks[] = MEDIA_HEAD MEDIA_SOUND "a=recvonly\r\n" MEDIA_PICTURE "a=recvonly\r\n";

/* What the other side has. */

static bool is_g711(const struct sdp_format *f, struct view law)
{
	return view_ieq(f->name, law) && f->clock_hz == 8000 && f->channels <= 1;
}

static bool is_pcmu(const struct sdp_format *f)
{
	return is_g711(f, VIEW("PCMU"));
}

static bool is_pcma(const struct sdp_format *f)
{
	return is_g711(f, VIEW("PCMA"));
}

static bool is_sound(const struct sdp_format *f)
{
	return is_pcmu(f) || is_pcma(f);
}

static bool is_event(const struct sdp_format *f)
{
	return f->event && f->clock_hz == 8000;
}

static bool is_picture(const struct sdp_format *f)
{
	return view_ieq(f->name, VIEW("H264"));
}

/* The first of its kind; NULL without any. */
static const struct sdp_format *format_of(const struct sdp_media *line,
					  bool (*is)(const struct sdp_format *f))
{
	for (unsigned i = 0; line && i < line->nformats; i++) {
		if (is(&line->formats[i]))
			return &line->formats[i];
	}
	return NULL;
}

static bool shows(const struct sdp_media *line)
{
	return format_of(line, is_picture) &&
	       (line->dir == SDP_SENDRECV || line->dir == SDP_SENDONLY);
}

/* The one that the leg has, when it has one. */
static const struct sdp_format *sound_of(const struct sdp_media *line, const struct app_media *has)
{
	return format_of(line, !has->sound ? is_sound : has->pt == WEB_PCMA ? is_pcma : is_pcmu);
}

/* What the leg may be offered of it: nothing is transcoded, so it is one codec. -EPROTONOSUPPORT:
 * nothing. */
static int pick(struct media *m, struct app_media *app, const struct sdp *sdp,
		const int lines[RELAY_KINDS])
{
	const struct sdp_media *audio = media_line_at(sdp, lines[RELAY_AUDIO]);
	const struct sdp_format *sound = sound_of(audio, app);
	const struct sdp_format *event = format_of(audio, is_event);

	app->sound = sound != NULL;
	app->event = event != NULL;
	app->video = shows(media_line_at(sdp, lines[RELAY_VIDEO]));
	app->pt = sound && view_ieq(sound->name, VIEW("PCMA")) ? WEB_PCMA : WEB_PCMU;
	app->sound_codec = sound ? media_codec_number(m, sound) : MEDIA_CODECS_MAX;
	app->event_codec = event ? media_codec_number(m, event) : MEDIA_CODECS_MAX;
	if (app->video)
		media_codec_number(m, format_of(&sdp->media[lines[RELAY_VIDEO]], is_picture));
	return app->sound || app->video ? 0 : -EPROTONOSUPPORT;
}

/* In the words of a phone. */

static enum sdp_dir dir_of(const struct leg *leg, enum relay_kind kind, enum sdp_dir theirs)
{
	const bool hears = theirs == SDP_SENDRECV || theirs == SDP_SENDONLY;
	const bool speaks = kind == RELAY_AUDIO && !leg->app.listen &&
			    (theirs == SDP_SENDRECV || theirs == SDP_RECVONLY);

	if (hears)
		return speaks ? SDP_SENDRECV : SDP_RECVONLY;
	return speaks ? SDP_SENDONLY : SDP_INACTIVE;
}

static void format_print(struct buf *out, const struct sdp_format *f)
{
	buf_printf(out, "a=rtpmap:%u %.*s/%u\r\n", f->pt, (int)f->name.n, f->name.p, f->clock_hz);
	if (f->fmtp.n)
		buf_printf(out, "a=fmtp:%u %.*s\r\n", f->pt, (int)f->fmtp.n, f->fmtp.p);
}

static void line_print(const struct leg *leg, enum relay_kind kind, const struct sdp_media *to,
		       struct buf *out)
{
	const struct sdp_format *f =
		kind == RELAY_AUDIO ? sound_of(to, &leg->app) : format_of(to, is_picture);
	const struct sdp_format *event = kind == RELAY_AUDIO ? format_of(to, is_event) : NULL;

	buf_printf(out, "m=%s 9 RTP/AVP %u", kind == RELAY_AUDIO ? "audio" : "video", f->pt);
	if (event)
		buf_printf(out, " %u", event->pt);
	buf_str(out, "\r\n");
	format_print(out, f);
	if (event)
		format_print(out, event);
	if (kind == RELAY_VIDEO && to->avpf)
		buf_printf(out, "a=rtcp-fb:%u nack pli\r\n", f->pt);
	sdp_dir_print(out, dir_of(leg, kind, to->dir));
}

static bool pictures(const struct leg *leg, const struct sdp_media *line)
{
	return leg->app.video_taken && format_of(line, is_picture);
}

/* The leg's answer to this description. */
static int say(const struct leg *leg, const struct sdp *to, const int lines[RELAY_KINDS],
	       struct said *ret_said)
{
	static const char *const kinds[] = { "audio", "video", "application" };
	CLEANUP(buf_free) struct buf out = BUF_INIT(MEDIA_SDP_MAX);

	buf_str(&out, MEDIA_HEAD);
	for (unsigned i = 0; i < to->nmedia; i++) {
		if ((int)i == lines[RELAY_AUDIO] && leg->app.sound)
			line_print(leg, RELAY_AUDIO, &to->media[i], &out);
		else if ((int)i == lines[RELAY_VIDEO] && pictures(leg, &to->media[i]))
			line_print(leg, RELAY_VIDEO, &to->media[i], &out);
		else
			buf_printf(&out, "m=%s 0 RTP/AVP 0\r\n", kinds[to->media[i].kind]);
	}
	return out.err ? out.err : media_said_read(buf_view(&out), ret_said);
}

/* To the relay. */

/* Browsers show what comes, whatever mode or profile it was offered under. */
static void add_pictures(const struct media *m, struct relay_stream *set)
{
	for (unsigned c = 0; c < m->ncodecs && set->nformats < RELAY_FORMATS_MAX; c++) {
		if (is_picture(&m->codecs[c]))
			set->formats[set->nformats++] =
				(struct relay_format){ WEB_H264, (uint8_t)c, false };
	}
}

static int tell(struct media *m, struct leg *leg)
{
	struct relay_stream *audio = &leg->streams[RELAY_AUDIO].set;
	struct relay_stream *video = &leg->streams[RELAY_VIDEO].set;
	const struct app_media *app = &leg->app;
	int rc = 0;

	*audio = (struct relay_stream){ .clock_hz = 8000 };
	*video = (struct relay_stream){ .clock_hz = 90000 };
	if (app->sound && app->sound_codec < MEDIA_CODECS_MAX)
		audio->formats[audio->nformats++] =
			(struct relay_format){ app->pt, (uint8_t)app->sound_codec, false };
	if (app->event && app->event_codec < MEDIA_CODECS_MAX)
		audio->formats[audio->nformats++] =
			(struct relay_format){ WEB_EVENT, (uint8_t)app->event_codec, true };
	add_pictures(m, video);
	if (audio->nformats)
		rc = relay_stream_set(m->session, leg->relay_leg, RELAY_AUDIO, audio);
	if (rc == 0 && video->nformats)
		rc = relay_stream_set(m->session, leg->relay_leg, RELAY_VIDEO, video);
	return rc;
}

static uint64_t tag_of(const struct media *m, const struct leg *leg)
{
	return (uint64_t)leg->app.offers << TAG_LEG_BITS | (uint64_t)(leg - m->legs);
}

bool media_leg_of(const struct media *m, uint64_t tag, unsigned *ret_leg)
{
	const unsigned at = tag & ((1 << TAG_LEG_BITS) - 1);

	if (at >= MEDIA_LEGS_MAX || tag_of(m, &m->legs[at]) != tag)
		return false;
	*ret_leg = at;
	return true;
}

/* Legs. */

static int leg_begin(struct media *m, struct leg *leg, bool listen)
{
	*leg = (struct leg){ .web = true, .app = { .listen = listen } };
	for (unsigned k = 0; k < RELAY_KINDS; k++)
		leg->streams[k].line = leg == m->legs ? (int)k : m->legs[0].streams[k].line;
	return relay_web_open(m->session, tag_of(m, leg), &leg->app.ours, &leg->relay_leg);
}

/* Each offer has its own, so that its answer can be told from one to an earlier offer. */
static unsigned mid_of(const struct app_media *app)
{
	return 2 * app->offers;
}

static int offer_print(struct media *m, const struct leg *leg, struct buf *out)
{
	const struct app_media *app = &leg->app;

	web_offer_print(&(struct web_offer){ .session_id = m->conf.session_id + app->offers,
					     .ufrag = app->ours.ufrag,
					     .pwd = app->ours.pwd,
					     .fingerprint = app->ours.fingerprint,
					     .candidates = app->ours.candidates,
					     .ncandidates = app->ours.ncandidates,
					     .pcma = app->pt == WEB_PCMA,
					     .pcmu = app->pt == WEB_PCMU,
					     .event = app->event,
					     .mid = mid_of(app),
					     .video = app->video },
			out);
	return out->err;
}

int media_caller_app(struct media *m, bool listen)
{
	struct leg *leg = &m->legs[0];
	int rc = leg_begin(m, leg, listen);

	if (rc < 0)
		return rc;
	leg->open = true;
	m->caller_offered = true;
	return media_said_read(listen ? VIEW(looks) : VIEW(talks), &leg->said);
}

/* Who comes once the caller was told a codec is offered that one. */
static void prefer_told(const struct media *m, struct leg *leg)
{
	const struct sdp_format *told = format_of(
		media_line_at(m->told_means.sdp, leg->streams[RELAY_AUDIO].line), is_sound);

	if (!told)
		return;
	leg->app.sound = true;
	leg->app.pt = is_pcma(told) ? WEB_PCMA : WEB_PCMU;
}

int media_callee_app(struct media *m, unsigned *ret_leg, struct buf *ret_offer)
{
	const unsigned at = media_leg_free(m);
	struct leg *leg = &m->legs[at];
	int rc;

	if (at == MEDIA_LEGS_MAX)
		return -ENOSPC;
	rc = leg_begin(m, leg, false);
	if (rc < 0)
		return rc;
	leg->open = true;
	prefer_told(m, leg);
	rc = pick(m, &leg->app, m->legs[0].said.sdp,
		  (int[]){ leg->streams[RELAY_AUDIO].line, leg->streams[RELAY_VIDEO].line });
	if (rc == 0)
		rc = offer_print(m, leg, ret_offer);
	if (rc < 0) {
		media_leg_close(m, at);
		return rc;
	}
	*ret_leg = at;
	return 0;
}

/* What the browser would take is taken for it. */
int media_callee_nobody(struct media *m, unsigned *ret_leg)
{
	const struct stream *from = m->legs[0].streams;
	const int lines[] = { from[RELAY_AUDIO].line, from[RELAY_VIDEO].line };
	const unsigned at = media_leg_free(m);
	struct leg *leg = &m->legs[at];
	int rc;

	if (at == MEDIA_LEGS_MAX)
		return -ENOSPC;
	*leg = (struct leg){ .web = true, .nobody = true };
	rc = pick(m, &leg->app, m->legs[0].said.sdp, lines);
	leg->app.video_taken = leg->app.video;
	leg->app.answered = true; /* what a browser still says is not asked for */
	if (rc == 0)
		rc = say(leg, m->legs[0].said.sdp, lines, &leg->said);
	if (rc < 0)
		return rc;
	leg->open = true;
	for (unsigned k = 0; k < RELAY_KINDS; k++)
		leg->streams[k].line = lines[k];
	leg->streams[RELAY_AUDIO].on = leg->app.sound;
	leg->streams[RELAY_VIDEO].on = leg->app.video;
	*ret_leg = at;
	return 0;
}

int media_caller_nobody(struct media *m)
{
	struct leg *leg = &m->legs[0];

	*leg = (struct leg){ .open = true, .web = true, .nobody = true };
	leg->app = (struct app_media){ .listen = true, .answered = true };
	leg->streams[RELAY_AUDIO].line = 0;
	leg->streams[RELAY_VIDEO].line = -1;
	m->caller_offered = true;
	return media_said_read(VIEW(sounds), &leg->said);
}

/* What the other side took of the sound is what nobody has, should it be offered anew. */
int media_connect_nobody(struct media *m, unsigned by)
{
	const int lines[] = { m->legs[by].streams[RELAY_AUDIO].line, -1 };
	const int rc = pick(m, &m->legs[0].app, m->legs[by].said.sdp, lines);

	if (rc == 0)
		media_connect(m, by);
	return rc;
}

bool media_is_nobody(const struct media *m, unsigned at)
{
	return m->legs[at].nobody;
}

int media_offer_app(struct media *m, unsigned by, struct buf *ret_offer)
{
	struct leg *leg = &m->legs[0];
	const struct stream *from = m->legs[by].streams;
	const int lines[] = { from[RELAY_AUDIO].on ? from[RELAY_AUDIO].line : -1,
			      from[RELAY_VIDEO].on ? from[RELAY_VIDEO].line : -1 };
	const int rc = pick(m, &leg->app, m->legs[by].said.sdp, lines);

	return rc < 0 ? rc : offer_print(m, leg, ret_offer);
}

int media_app_again(struct media *m, unsigned at, struct buf *ret_offer)
{
	struct leg *leg = &m->legs[at];
	const unsigned old = leg->relay_leg;
	int rc;

	if (leg->nobody)
		return -EINVAL;
	leg->app.offers++;
	rc = relay_web_open(m->session, tag_of(m, leg), &leg->app.ours, &leg->relay_leg);
	if (rc < 0) {
		leg->app.offers--;
		return rc;
	}
	relay_leg_close(m->session, old);
	leg->app.answered = false;
	return offer_print(m, leg, ret_offer);
}

static int answer_take(struct media *m, struct leg *leg, const struct web_answer *a)
{
	struct app_media *app = &leg->app;
	struct web_peer peer = { .ufrag = a->ufrag, .passive = a->passive };

	if (a->mid >= 0 && (unsigned)a->mid != mid_of(app))
		return -EALREADY;
	if (app->sound && !(app->pt == WEB_PCMA ? a->pcma : a->pcmu))
		return -EPROTONOSUPPORT;
	app->event &= a->event;
	app->video_taken = app->video && a->video;
	memcpy(peer.hash, a->hash, sizeof(peer.hash));
	app->answered = true;
	return relay_web_answer(m->session, leg->relay_leg, &peer);
}

int media_app_answered(struct media *m, unsigned at, struct view answer)
{
	struct leg *leg = &m->legs[at];
	const int lines[] = { leg->streams[RELAY_AUDIO].line, leg->streams[RELAY_VIDEO].line };
	struct said said = {};
	struct web_answer a;
	int rc = leg->app.answered ? -EALREADY : web_answer_read(answer, &a);

	if (rc == 0)
		rc = answer_take(m, leg, &a);
	if (rc == 0)
		rc = tell(m, leg);
	if (rc < 0)
		return rc;
	if (m->connected) {
		media_connect(m, m->peer);
		return 0;
	}
	rc = say(leg, m->legs[0].said.sdp, lines, &said);
	if (rc < 0)
		return rc;
	media_said_move(&leg->said, &said);
	leg->streams[RELAY_AUDIO].on = leg->app.sound;
	leg->streams[RELAY_VIDEO].on = leg->app.video_taken;
	for (unsigned k = 0; k < RELAY_KINDS; k++)
		m->legs[0].streams[k].on = leg->streams[k].on;
	return 0;
}

bool media_app_waits(const struct media *m, unsigned at)
{
	return !m->legs[at].app.answered;
}

static int talk(struct media *m, unsigned other, bool listen, struct buf *ret_offer)
{
	struct leg *leg = &m->legs[0];
	struct said said = {};
	const int rc = media_said_read(VIEW(talks), &said);

	if (rc < 0)
		return rc;
	leg->app.listen = listen;
	media_said_move(&leg->said, &said);
	for (unsigned k = 0; k < RELAY_KINDS; k++)
		m->legs[other].streams[k].line = leg->streams[k].line = (int)k;
	media_connect(m, m->peer);
	return m->legs[other].web ? -EPROTONOSUPPORT : media_restore(m, other, 0, ret_offer);
}

int media_app_talk(struct media *m, unsigned other, struct buf *ret_offer)
{
	return talk(m, other, false, ret_offer);
}

int media_app_press(struct media *m, unsigned other, struct buf *ret_offer)
{
	return talk(m, other, m->legs[0].app.listen, ret_offer);
}

void media_app_looks(struct media *m)
{
	struct leg *leg = &m->legs[0];
	struct said said = {};

	if (leg->app.listen && media_said_read(VIEW(looks), &said) == 0)
		media_said_move(&leg->said, &said);
}

bool media_app_sees(const struct media *m, unsigned at)
{
	return m->legs[at].app.video;
}

/* Inside the call. */

static int reoffer_take(struct media *m, struct leg *leg, struct leg *app,
			const int lines[RELAY_KINDS])
{
	int on[RELAY_KINDS], rc;

	for (unsigned k = 0; k < RELAY_KINDS; k++)
		app->streams[k].line = leg->streams[k].line = lines[k];
	app->streams[RELAY_AUDIO].on = lines[RELAY_AUDIO] >= 0 && app->app.sound;
	app->streams[RELAY_VIDEO].on =
		pictures(app, media_line_at(leg->said.sdp, lines[RELAY_VIDEO]));
	for (unsigned k = 0; k < RELAY_KINDS; k++)
		on[k] = app->streams[k].on ? lines[k] : -1;
	rc = media_take_offer(m, leg, on);
	if (rc == 0 && !app->nobody && app->app.answered)
		rc = tell(m, app);
	if (rc == 0) {
		media_told_over(m);
		media_connect(m, m->peer);
		media_ask_for_picture(m);
	}
	return rc;
}

int media_app_reoffer(struct media *m, unsigned from, struct view offer, unsigned to,
		      struct buf *ret_answer)
{
	struct leg *leg = &m->legs[from], *app = &m->legs[to];
	struct app_media is = app->app;
	struct said said = {}, answer = {};
	struct sdp_edit edit;
	int lines[RELAY_KINDS], rc = media_said_read(offer, &said);

	if (rc == 0)
		rc = media_lines_with_ports(said.sdp, leg, lines);
	if (rc == 0)
		rc = pick(m, &is, said.sdp, lines);
	if (rc == 0 && app->app.sound && !is.sound)
		rc = -EPROTONOSUPPORT; /* the browser hears the codec that it has */
	if (rc == 0)
		rc = say(app, said.sdp, lines, &answer);
	if (rc < 0) {
		arena_free(&said.arena);
		return rc;
	}
	media_said_move(&leg->said, &said);
	media_said_move(&app->said, &answer);
	rc = reoffer_take(m, leg, app, lines);
	if (rc < 0)
		return rc;
	edit = media_answer_for(m, leg, leg->said.sdp,
				(int[]){ app->streams[RELAY_AUDIO].on ? lines[RELAY_AUDIO] : -1,
					 app->streams[RELAY_VIDEO].on ? lines[RELAY_VIDEO] : -1 });
	return sdp_answer(leg->said.sdp, app->said.sdp, &edit, ret_answer);
}
