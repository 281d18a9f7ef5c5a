/* The descriptions of a call as its sides say them, in any order that a call allows: pieces with a
 * NUL between them, each a letter for what happens and an SDP. The relay checks what it is told. */
#include "base/rand.h"
#include "call/media.h"
#include "../unit/call/fake_relay.h"

#include <errno.h>

enum { PIECES_MAX = 60 };

#define SECURE                                                                                     \
	"c=IN IP4 0.0.0.0\r\na=ice-ufrag:page\r\na=ice-pwd:0123456789012345678901\r\n"             \
	"a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"                   \
	"00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\na=setup:active\r\na=rtcp-mux\r\n"
static const char web_answer[] = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
				 "m=audio 9 UDP/TLS/RTP/SAVPF 8 0 101\r\n" SECURE
				 "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n" SECURE;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct {
	struct relay relay;
	struct rand_seeded rand;
	struct media *media;
	struct media_way way;
	bool open[MEDIA_LEGS_MAX], answered[MEDIA_LEGS_MAX];
	bool offered;   /* the caller has */
	unsigned peer;  /* connected; 0: nobody yet */
	bool confirmed; /* the caller has answered what it was offered */
	int reoffer;    /* whose offer waits: 0, 1; -1: none */
	bool app[MEDIA_LEGS_MAX], nobody[MEDIA_LEGS_MAX]; /* it is a browser */
	bool asked;     /* the app that calls has an offer */
	bool telling;   /* the caller is offered what who answered takes */
} w;

/* Whatever a side hears is a description that names us. */
static void check(const struct buf *said)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(MEDIA_SAID_MAX);
	struct sdp *sdp;

	if (said->n > SDP_MAX)
		return;
	const int rc = sdp_read(buf_view(said), &arena, &sdp);
	if (rc == -EMSGSIZE)
		return;
	if (rc < 0)
		abort();
	for (unsigned i = 0; i < sdp->nmedia; i++) {
		const struct sdp_media *m = &sdp->media[i];

		if (m->port && (m->port < FAKE_PORT || !addr_same_host(&m->rtp, &w.way.local)))
			abort();
	}
}

/* Only what is too long, no SDP, or of no use may fail. */
static bool went(int rc, const struct buf *said)
{
	if (rc == 0 && said)
		check(said);
	if (rc < 0 && rc != -EMSGSIZE && rc != -EBADMSG && rc != -EPROTONOSUPPORT)
		abort();
	return rc == 0;
}

static void ring(struct buf *out)
{
	unsigned leg;
	const int rc = media_callee(w.media, &w.way, &leg, out);

	if (rc != -ENOSPC && went(rc, out))
		w.open[leg] = true;
}

static void answered(unsigned leg, struct view sdp)
{
	if (w.open[leg] && !w.app[leg] && went(media_answered(w.media, leg, sdp), NULL))
		w.answered[leg] = true;
}

/* A browser's offer names neither ours nor anybody's host: only that it can be taken counts. */
static bool web_went(int rc)
{
	if (rc < 0 && rc != -ENOSPC && rc != -EMSGSIZE && rc != -EBADMSG && rc != -EPROTONOSUPPORT &&
	    rc != -EALREADY)
		abort();
	return rc == 0;
}

static void ring_app(bool nobody, struct buf *out)
{
	unsigned leg;

	if (!web_went(nobody ? media_callee_nobody(w.media, &leg) :
			       media_callee_app(w.media, &leg, out)))
		return;
	w.open[leg] = w.app[leg] = true;
	w.answered[leg] = w.nobody[leg] = nobody;
}

/* Its own words, or a good answer. */
static void answered_by_app(unsigned leg, struct view sdp)
{
	const struct view text = sdp.n > 1 ? sdp : VIEW(web_answer);

	if (!w.app[leg] || !w.open[leg] || w.nobody[leg] || (leg == 0 && !w.asked))
		return;
	if (web_went(media_app_answered(w.media, leg, text)))
		w.answered[leg] = true;
}

static void again(unsigned leg, struct buf *out)
{
	if (w.app[leg] && w.open[leg] && !w.nobody[leg] && (leg || w.asked))
		web_went(media_app_again(w.media, leg, out));
}

static void join_app(unsigned leg, struct buf *out)
{
	w.asked = web_went(media_offer_app(w.media, leg, out));
	w.peer = leg;
	w.confirmed = true;
	media_connect(w.media, leg);
}

static void join(unsigned leg, struct buf *out)
{
	if (!w.answered[leg] || w.peer)
		return;
	for (unsigned i = 1; i < MEDIA_LEGS_MAX; i++)
		if (w.open[i] && i != leg) {
			media_leg_close(w.media, i);
			w.open[i] = w.answered[i] = w.app[i] = w.nobody[i] = false;
		}
	if (w.app[0]) {
		join_app(leg, out);
		return;
	}
	went(media_answer_caller(w.media, leg, out), out);
	media_connect(w.media, leg);
	w.peer = leg;
	w.confirmed = w.offered;
}

/* Early, or by who answered when it was not told early. */
static void tell_caller(unsigned leg, struct buf *out)
{
	const int rc = w.offered ? media_answer_early(w.media, leg, out) : -EAGAIN;

	if (rc == -EALREADY || rc == -EAGAIN)
		went(media_answer_caller(w.media, leg, out), out);
	else
		went(rc, out);
}

static void tell_anew(struct buf *out)
{
	if (w.peer && w.confirmed && !w.app[0] && w.reoffer < 0 &&
	    media_fits(w.media, w.peer) != MEDIA_FITS)
		w.telling = went(media_tell_anew(w.media, w.peer, out), out);
}

static void told_anew(struct view sdp)
{
	if (w.telling && went(media_told_anew(w.media, w.peer, sdp), NULL) &&
	    media_fits(w.media, w.peer) != MEDIA_FITS)
		abort();
	w.telling = false;
}

static void reoffer(unsigned by, struct view sdp, struct buf *out)
{
	const unsigned from = by ? w.peer : 0, to = by ? 0 : w.peer;

	if (w.telling)
		return;
	if (w.confirmed && !w.app[from] && w.app[to]) {
		went(media_app_reoffer(w.media, from, sdp, to, out), out);
		return;
	}
	if (w.confirmed && !w.app[from] && w.reoffer < 0 && went(media_reoffer(w.media, from, sdp, to, out), out))
		w.reoffer = (int)by;
}

static void reanswer(struct view sdp, struct buf *out)
{
	const unsigned from = w.reoffer ? w.peer : 0, to = w.reoffer ? 0 : w.peer;

	if (w.reoffer < 0)
		return;
	went(media_reanswer(w.media, to, sdp, from, out), out);
	w.reoffer = -1;
}

static void inside(char what, unsigned leg, struct view sdp)
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(MEDIA_SDP_MAX);

	switch (what) {
	case 'r':
		if (!w.peer)
			ring(&out);
		break;
	case 'a':
		if (!w.peer)
			answered(leg, sdp);
		break;
	case 'e':
		if (w.answered[leg] && !w.peer && !w.app[0])
			tell_caller(leg, &out);
		media_preview(w.media);
		break;
	case 'j':
		join(leg, &out);
		break;
	case 'k':
		if (w.peer && !w.confirmed)
			w.confirmed = went(media_caller_answered(w.media, sdp), NULL);
		break;
	case 'o':
	case 'O':
		reoffer(what == 'O', sdp, &out);
		break;
	case 'w':
		reanswer(sdp, &out);
		break;
	case 't':
		tell_anew(&out);
		break;
	case 'T':
		told_anew(sdp);
		break;
	case 'p':
	case 'N':
		if (!w.peer)
			ring_app(what == 'N', &out);
		break;
	case 'P':
		answered_by_app(sdp.n == 1 ? 0 : leg, sdp);
		break;
	case 'g':
		again(sdp.n == 1 ? 0 : leg, &out);
		break;
	case 'n': /* refused */
		w.reoffer = -1;
		break;
	case 's':
		media_silent(w.media, leg, sdp.n % RELAY_KINDS, sdp.n & 2);
		media_events_pass(w.media, 0, leg);
		(void)!media_press(w.media, leg, '5');
		break;
	case 'x':
		if (leg != w.peer && w.open[leg]) {
			media_leg_close(w.media, leg);
			w.open[leg] = w.answered[leg] = w.app[leg] = w.nobody[leg] = false;
		}
		break;
	default:
		break;
	}
}

static void piece(struct view raw)
{
	const unsigned leg = raw.n > 1 ? (unsigned)raw.p[1] % MEDIA_LEGS_MAX : 1;
	const struct view sdp =
		raw.n > 2 ? (struct view){ raw.p + 2, raw.n - 2 } : (struct view){ "", 0 };

	if (raw.n > 0)
		inside(raw.p[0], leg ? leg : 1, sdp);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct view rest;
	const struct view first = view_cut((struct view){ (const char *)data, n }, '\0', &rest);

	memset(&w, 0, sizeof(w));
	w.reoffer = -1;
	w.relay = fake_relay_open();
	w.way.srtp = (enum media_srtp)(n % (MEDIA_SRTP_REQUIRED + 1));
	rand_seeded_init(&w.rand, 1);
	if (addr_parse("192.0.2.1:5060", &w.way.local) ||
	    addr_parse("198.51.100.7:5060", &w.way.signal) ||
	    media_new(&(struct media_conf){ &w.relay, &w.rand.rand, 1, 1000 }, &w.media))
		abort();
	w.offered = first.n > 0;
	w.app[0] = w.open[0] = first.n == 1; /* too short for a description */
	if (w.app[0] ? media_caller_app(w.media, first.p[0] == 'l') == 0 :
		       went(media_caller(w.media, first, &w.way), NULL))
		for (int i = 0; i < PIECES_MAX && rest.n > 0; i++)
			piece(view_cut(rest, '\0', &rest));
	media_free(w.media);
	fake_relay_close(&w.relay);
	return 0;
}
