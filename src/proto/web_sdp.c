#include "proto/web_sdp.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	TYPE_HOST = 126, /* type preference of RFC 8445 section 5.1.2.2 */
	LOCAL_MAX = 65535,
	COMPONENT = 1,
	MEDIA_MAX = 2,
	PT_MAX = 127,
};

/* The offer. */

static uint32_t priority_of(unsigned place)
{
	return ((uint32_t)TYPE_HOST << 24) + ((LOCAL_MAX - place) << 8) + (256 - COMPONENT);
}

static void candidates_print(const struct web_offer *o, struct buf *out)
{
	char host[ADDR_TEXT_MAX];

	for (unsigned i = 0; i < o->ncandidates && i < WEB_CANDIDATES_MAX; i++) {
		addr_host_text(&o->candidates[i], host);
		buf_printf(out, "a=candidate:%u %d udp %" PRIu32 " %s %u typ host\r\n", i + 1,
			   COMPONENT, priority_of(i), host, addr_port(&o->candidates[i]));
	}
	buf_str(out, "a=end-of-candidates\r\n");
}

/* Port 9 and no address: the candidates tell (RFC 8839 section 4.3.2). */
static void media_print(const struct web_offer *o, unsigned mid, const char *media, struct buf *out)
{
	buf_printf(out, "m=%s\r\nc=IN IP4 0.0.0.0\r\na=mid:%u\r\na=rtcp-mux\r\n", media, mid);
	buf_printf(out, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=fingerprint:sha-256 %s\r\n", o->ufrag,
		   o->pwd, o->fingerprint);
	buf_str(out, "a=setup:actpass\r\n");
	candidates_print(o, out);
}

static void audio_print(const struct web_offer *o, struct buf *out)
{
	char media[64];

	snprintf(media, sizeof(media), "audio 9 UDP/TLS/RTP/SAVPF%s%s%s", o->pcma ? " 8" : "",
		 o->pcmu ? " 0" : "", o->event ? " 101" : "");
	media_print(o, o->mid, media, out);
	buf_str(out, "a=sendrecv\r\n");
	if (o->pcma)
		buf_str(out, "a=rtpmap:8 PCMA/8000\r\n");
	if (o->pcmu)
		buf_str(out, "a=rtpmap:0 PCMU/8000\r\n");
	if (o->event)
		buf_str(out, "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n");
}

/* Browsers refuse a profile-level-id that they do not know, but show what comes: so it is always
 * that of constrained baseline. */
void web_offer_print(const struct web_offer *o, struct buf *out)
{
	buf_printf(out, "v=0\r\no=- %" PRIu64 " 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n",
		   o->session_id);
	buf_printf(out, "a=ice-lite\r\na=group:BUNDLE %u", o->mid);
	if (o->video)
		buf_printf(out, " %u", o->mid + 1);
	buf_str(out, "\r\n");
	audio_print(o, out);
	if (!o->video)
		return;
	media_print(o, o->mid + 1, "video 9 UDP/TLS/RTP/SAVPF 96", out);
	buf_str(out, "a=sendonly\r\na=rtpmap:96 H264/90000\r\n"
		     "a=fmtp:96 profile-level-id=42e01f;packetization-mode=1;"
		     "level-asymmetry-allowed=1\r\n"
		     "a=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\na=rtcp-fb:96 ccm fir\r\n");
}

/* The answer. */

struct reading {
	struct web_answer a;
	int media; /* the m= line that we are in; -1: before the first */
	bool taken;
	bool mux[MEDIA_MAX];
	bool has_hash, has_setup;
};

static int hex_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int fingerprint_read(struct view v, struct reading *r)
{
	struct view hex;
	const struct view hash = view_cut(v, ' ', &hex);
	uint8_t bytes[WEB_HASH_SIZE];

	if (!view_ieq(hash, VIEW("sha-256")))
		return 0; /* there may be others */
	if (hex.n != 3 * WEB_HASH_SIZE - 1)
		return -EBADMSG;
	for (size_t i = 0; i < WEB_HASH_SIZE; i++) {
		const int high = hex_of(hex.p[3 * i]), low = hex_of(hex.p[3 * i + 1]);

		if (high < 0 || low < 0 || (i && hex.p[3 * i - 1] != ':'))
			return -EBADMSG;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	if (r->has_hash && memcmp(r->a.hash, bytes, sizeof(bytes)) != 0)
		return -EBADMSG; /* of a bundle all are the same */
	memcpy(r->a.hash, bytes, sizeof(bytes));
	r->has_hash = true;
	return 0;
}

/* The offer said actpass, so the answer chooses (RFC 8842 section 5.3). */
static int setup_read(struct view v, struct reading *r)
{
	const bool passive = view_eq(v, VIEW("passive"));

	if (!passive && !view_eq(v, VIEW("active")))
		return -EBADMSG;
	if (r->has_setup && r->a.passive != passive)
		return -EBADMSG;
	r->a.passive = passive;
	r->has_setup = true;
	return 0;
}

static void pt_read(struct reading *r, uint64_t pt)
{
	if ((pt == WEB_PCMU || pt == WEB_PCMA) && !r->a.pcmu && !r->a.pcma)
		r->a.best = (enum web_pt)pt;
	r->a.pcmu |= pt == WEB_PCMU;
	r->a.pcma |= pt == WEB_PCMA;
	r->a.event |= pt == WEB_EVENT;
}

/* "audio 9 UDP/TLS/RTP/SAVPF 8 0": the offer's lines in the offer's order (RFC 3264 section 6). */
static int media_read(struct view v, struct reading *r)
{
	struct view rest, kind = view_cut(v, ' ', &rest);
	const struct view port = view_cut(rest, ' ', &rest);
	uint64_t number;

	if (++r->media >= MEDIA_MAX || !view_eq(kind, r->media ? VIEW("video") : VIEW("audio")) ||
	    view_u64(port, UINT16_MAX, &number) < 0)
		return -EBADMSG;
	r->taken = number != 0;
	view_cut(rest, ' ', &rest);
	if (r->media == 1)
		r->a.video = r->taken;
	if (r->media == 1 || !r->taken)
		return 0;
	r->a.audio = true;
	while (rest.n > 0)
		if (view_u64(view_cut(rest, ' ', &rest), PT_MAX, &number) == 0)
			pt_read(r, number);
	return 0;
}

static void mid_read(struct view v, struct reading *r)
{
	uint64_t number;

	if (view_u64(v, INT32_MAX, &number) == 0)
		r->a.mid = (int)number;
}

/* Of media that is refused nothing counts. */
static int attribute_read(struct view v, struct reading *r)
{
	struct view value;
	const struct view name = view_cut(v, ':', &value);

	if (r->media >= 0 && !r->taken)
		return 0;
	if (view_eq(name, VIEW("ice-ufrag")) && !r->a.ufrag.n)
		r->a.ufrag = value;
	else if (view_eq(name, VIEW("fingerprint")))
		return fingerprint_read(value, r);
	else if (view_eq(name, VIEW("setup")))
		return setup_read(value, r);
	else if (view_eq(name, VIEW("rtcp-mux")) && r->media >= 0)
		r->mux[r->media] = true;
	else if (view_eq(name, VIEW("mid")) && r->media == 0)
		mid_read(value, r);
	return 0;
}

static int line_read(struct view line, struct reading *r)
{
	const struct view value = { line.p + 2, line.n - 2 };

	if (line.n < 2 || line.p[1] != '=')
		return -EBADMSG;
	if (line.p[0] == 'm')
		return media_read(value, r);
	return line.p[0] == 'a' ? attribute_read(value, r) : 0;
}

static int reading_end(const struct reading *r, struct web_answer *ret_answer)
{
	const struct web_answer *a = &r->a;

	if (r->media < 0 || !a->ufrag.n || !r->has_hash || !r->has_setup)
		return -EBADMSG;
	if ((a->audio && (!r->mux[0] || (!a->pcmu && !a->pcma))) || (a->video && !r->mux[1]))
		return -EPROTONOSUPPORT;
	*ret_answer = *a;
	return 0;
}

int web_answer_read(struct view text, struct web_answer *ret_answer)
{
	struct reading r = { .a.mid = -1, .media = -1 };
	unsigned lines = 0;
	int err = 0;

	if (text.n > WEB_SDP_MAX)
		return -EMSGSIZE;
	if (!view_starts(text, VIEW("v=0")))
		return -EBADMSG;
	while (text.n > 0 && err == 0) {
		if (++lines > WEB_SDP_LINES_MAX)
			return -EMSGSIZE;
		err = line_read(view_line(text, &text), &r);
	}
	return err ? err : reading_end(&r, ret_answer);
}
