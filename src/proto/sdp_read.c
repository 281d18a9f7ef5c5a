#include "proto/sdp.h"

#include "proto/base64.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>

/* RFC 3551 section 6, as far as telephones and doors speak it. */
static const struct sdp_format static_formats[] = {
	{ .pt = 0, .name = VIEW("PCMU"), .clock_hz = 8000, .channels = 1 },
	{ .pt = 3, .name = VIEW("GSM"), .clock_hz = 8000, .channels = 1 },
	{ .pt = 4, .name = VIEW("G723"), .clock_hz = 8000, .channels = 1 },
	{ .pt = 8, .name = VIEW("PCMA"), .clock_hz = 8000, .channels = 1 },
	{ .pt = 9, .name = VIEW("G722"), .clock_hz = 8000, .channels = 1 },
	{ .pt = 13, .name = VIEW("CN"), .clock_hz = 8000, .channels = 1 },
	{ .pt = 15, .name = VIEW("G728"), .clock_hz = 8000, .channels = 1 },
	{ .pt = 18, .name = VIEW("G729"), .clock_hz = 8000, .channels = 1 },
	{ .pt = 26, .name = VIEW("JPEG"), .clock_hz = 90000, .channels = 1 },
	{ .pt = 31, .name = VIEW("H261"), .clock_hz = 90000, .channels = 1 },
	{ .pt = 34, .name = VIEW("H263"), .clock_hz = 90000, .channels = 1 },
};

static struct view word(struct view *rest)
{
	struct view v = view_trim(*rest);

	return view_cut(v, ' ', rest);
}

static enum sdp_kind kind_of(struct view v)
{
	if (view_ieq(v, VIEW("audio")))
		return SDP_AUDIO;
	return view_ieq(v, VIEW("video")) ? SDP_VIDEO : SDP_OTHER;
}

static void format_default(struct sdp_format *f, uint8_t pt)
{
	*f = (struct sdp_format){ .pt = pt, .channels = 1 };
	for (size_t i = 0; i < sizeof(static_formats) / sizeof(static_formats[0]); i++) {
		if (static_formats[i].pt == pt)
			*f = static_formats[i];
	}
}

static bool has_word(struct view proto, const char *what)
{
	struct view rest = proto;

	while (rest.n) {
		if (view_ieq(view_cut(rest, '/', &rest), view_str(what)))
			return true;
	}
	return false;
}

/* m=<media> <port>[/<count>] <proto> <fmt> … */
static int read_m(struct sdp_media *m, struct view line)
{
	struct view rest = line, none;
	const struct view kind = word(&rest), port = word(&rest);
	uint64_t number;

	m->kind = kind_of(kind);
	m->proto = word(&rest);
	if (view_u64(view_cut(port, '/', &none), 65535, &number) < 0 || !m->proto.n)
		return -EBADMSG;
	m->port = (uint16_t)number;
	m->avpf = has_word(m->proto, "AVPF") || has_word(m->proto, "SAVPF");
	m->savp = has_word(m->proto, "SAVP") || has_word(m->proto, "SAVPF");
	m->secure = !(m->savp || has_word(m->proto, "AVP") || has_word(m->proto, "AVPF")) ||
		    !view_starts(m->proto, VIEW("RTP/"));
	while (m->kind != SDP_OTHER && view_trim(rest).n) {
		const struct view fmt = word(&rest);

		if (view_u64(fmt, 127, &number) < 0)
			return -EBADMSG;
		if (m->nformats < SDP_FORMATS_MAX)
			format_default(&m->formats[m->nformats++], (uint8_t)number);
	}
	return 0;
}

static struct sdp_format *format_of(struct sdp_media *m, struct view pt)
{
	uint64_t number;

	if (view_u64(pt, 127, &number) < 0)
		return NULL;
	for (unsigned i = 0; i < m->nformats; i++) {
		if (m->formats[i].pt == number)
			return &m->formats[i];
	}
	return NULL;
}

/* <pt> <name>/<clock>[/<channels>] */
static void read_rtpmap(struct sdp_media *m, struct view value)
{
	struct view rest = value, map, channels;
	struct sdp_format *f = format_of(m, word(&rest));
	uint64_t clock_hz, n;

	map = view_trim(rest);
	if (!f)
		return;
	f->name = view_cut(map, '/', &map);
	f->clock_hz = view_u64(view_cut(map, '/', &channels), 1000000, &clock_hz) < 0 ?
			      0 :
			      (uint32_t)clock_hz;
	f->channels = view_u64(channels, 255, &n) < 0 ? 1 : (unsigned)n;
	f->event = view_ieq(f->name, VIEW("telephone-event"));
}

static void read_fmtp(struct sdp_media *m, struct view value)
{
	struct view rest = value;
	struct sdp_format *f = format_of(m, word(&rest));

	if (f)
		f->fmtp = view_trim(rest);
}

static bool read_host(struct view type, struct view host, struct addr *ret_addr)
{
	char text[INET6_ADDRSTRLEN];
	struct addr a = {};

	if (host.n >= sizeof(text))
		return false;
	memcpy(text, host.p, host.n);
	text[host.n] = '\0';
	if (view_ieq(type, VIEW("IP4")) && inet_pton(AF_INET, text, &a.v4.sin_addr) == 1) {
		a.sa.sa_family = AF_INET;
		a.len = sizeof(a.v4);
	} else if (view_ieq(type, VIEW("IP6")) && inet_pton(AF_INET6, text, &a.v6.sin6_addr) == 1) {
		a.sa.sa_family = AF_INET6;
		a.len = sizeof(a.v6);
	} else {
		return false;
	}
	*ret_addr = a;
	return true;
}

static bool is_any(const struct addr *a)
{
	return a->sa.sa_family == AF_INET ? a->v4.sin_addr.s_addr == 0 :
					    IN6_IS_ADDR_UNSPECIFIED(&a->v6.sin6_addr);
}

struct connection {
	struct addr addr; /* unset: a host name */
	bool hold;        /* 0.0.0.0 */
};

/* IN IP4 192.0.2.1[/ttl] */
static void read_c(struct connection *c, struct view line)
{
	struct view rest = line, none;
	const struct view net = word(&rest), type = word(&rest);
	const struct view host = view_cut(view_trim(rest), '/', &none);

	*c = (struct connection){};
	if (!view_ieq(net, VIEW("IN")) || !read_host(type, host, &c->addr))
		return;
	if (is_any(&c->addr))
		*c = (struct connection){ .hold = true };
}

static bool read_dir(struct view name, enum sdp_dir *dir)
{
	static const struct view names[] = { VIEW("sendrecv"), VIEW("sendonly"), VIEW("recvonly"),
					     VIEW("inactive") };

	for (int i = 0; i < 4; i++) {
		if (view_ieq(name, names[i])) {
			*dir = (enum sdp_dir)i;
			return true;
		}
	}
	return false;
}

/* a=rtcp:<port> [IN IP4 <host>] (RFC 3605) */
static void read_rtcp(struct sdp_media *m, struct view value, const struct connection *c)
{
	struct view rest = value;
	const struct view port = word(&rest);
	struct connection own = *c;
	uint64_t number;

	if (view_u64(port, 65535, &number) < 0 || !number)
		return;
	if (view_trim(rest).n)
		read_c(&own, rest);
	if (addr_is_set(&own.addr))
		m->rtcp = addr_with_port(&own.addr, (uint16_t)number);
}

/* The first that we understand: whoever offers several lists them as it likes them (RFC 4568
 * section 5.1). */
static void read_crypto(struct sdp_media *m, struct view value)
{
	if (m->crypto.suite == SDES_NONE && sdes_read(view_trim(value), &m->crypto) < 0)
		m->crypto.suite = SDES_NONE;
}

static void read_attribute(struct sdp_media *m, struct view line)
{
	struct view value, name = view_cut(line, ':', &value);

	if (view_ieq(name, VIEW("rtpmap")))
		read_rtpmap(m, value);
	else if (view_ieq(name, VIEW("fmtp")))
		read_fmtp(m, value);
	else if (view_ieq(name, VIEW("crypto")))
		read_crypto(m, value);
	else if (view_ieq(name, VIEW("rtcp-mux")))
		m->rtcp_mux = true;
	else
		read_dir(name, &m->dir);
}

static int read_media(struct sdp *sdp, struct sdp_media *m, const struct connection *session,
		      enum sdp_dir dir)
{
	struct connection c = *session;
	struct view rtcp = {};
	int rc;

	m->dir = dir;
	rc = read_m(m, (struct view){ sdp->lines[m->first_line].p + 2, sdp->lines[m->first_line].n - 2 });
	if (rc < 0)
		return rc;
	for (unsigned i = 1; i < m->nlines; i++) {
		const struct view line = sdp->lines[m->first_line + i];
		const struct view value = { line.p + 2, line.n - 2 };

		if (line.p[0] == 'c')
			read_c(&c, value);
		else if (line.p[0] == 'a' && view_starts(value, VIEW("rtcp:")))
			rtcp = (struct view){ value.p + 5, value.n - 5 };
		else if (line.p[0] == 'a')
			read_attribute(m, value);
	}
	m->secure = m->secure || (m->savp && m->crypto.suite == SDES_NONE);
	if (addr_is_set(&c.addr) && m->port)
		m->rtp = addr_with_port(&c.addr, m->port);
	if (rtcp.n && m->port)
		read_rtcp(m, rtcp, &c);
	if (c.hold && m->dir == SDP_SENDRECV)
		m->dir = SDP_SENDONLY;
	return 0;
}

static bool is_line(struct view line)
{
	if (line.n < 2 || line.p[1] != '=' || line.p[0] < 'a' || line.p[0] > 'z')
		return false;
	for (size_t i = 0; i < line.n; i++) {
		if ((unsigned char)line.p[i] < 0x20 && line.p[i] != '\t')
			return false;
	}
	return true;
}

/* Trailing white space is dropped, empty lines too: some devices end with them. */
static int split(struct sdp *sdp, struct view text)
{
	while (text.n) {
		struct view line = view_line(text, &text);

		while (line.n && (line.p[line.n - 1] == ' ' || line.p[line.n - 1] == '\r'))
			line.n--;
		if (!line.n)
			continue;
		if (!is_line(line))
			return -EBADMSG;
		if (sdp->nlines == SDP_LINES_MAX)
			return -EMSGSIZE;
		if (line.p[0] == 'm') {
			if (sdp->nmedia == SDP_MEDIA_MAX)
				return -EMSGSIZE;
			if (sdp->nmedia == 0)
				sdp->session_lines = sdp->nlines;
			sdp->media[sdp->nmedia++].first_line = sdp->nlines;
		}
		if (sdp->nmedia)
			sdp->media[sdp->nmedia - 1].nlines++;
		sdp->lines[sdp->nlines++] = line;
	}
	if (!sdp->nlines || !view_starts(sdp->lines[0], VIEW("v=")))
		return -EBADMSG;
	if (!sdp->nmedia)
		sdp->session_lines = sdp->nlines;
	return 0;
}

static int read_all(struct sdp *sdp)
{
	struct connection session = {};
	enum sdp_dir dir = SDP_SENDRECV;

	for (unsigned i = 0; i < sdp->session_lines; i++) {
		const struct view line = sdp->lines[i], value = { line.p + 2, line.n - 2 };

		if (line.p[0] == 'c')
			read_c(&session, value);
		else if (line.p[0] == 'a')
			read_dir(value, &dir);
	}
	for (unsigned i = 0; i < sdp->nmedia; i++) {
		const int rc = read_media(sdp, &sdp->media[i], &session, dir);

		if (rc < 0)
			return rc;
	}
	return 0;
}

int sdp_read(struct view text, struct arena *arena, struct sdp **ret_sdp)
{
	struct sdp *sdp;
	char *copy;
	int rc;

	if (text.n > SDP_MAX)
		return -EMSGSIZE;
	if (!text.n)
		return -EBADMSG;
	sdp = arena_alloc(arena, sizeof(*sdp));
	copy = arena_dup(arena, text);
	if (!sdp || !copy)
		return -ENOMEM;
	sdp->lines = arena_alloc(arena, SDP_LINES_MAX * sizeof(struct view));
	if (!sdp->lines)
		return -ENOMEM;
	rc = split(sdp, (struct view){ copy, text.n });
	if (rc == 0)
		rc = read_all(sdp);
	if (rc < 0)
		return rc;
	*ret_sdp = sdp;
	return 0;
}

/* Codecs. */

/* The value of `name` in a format's parameters; empty without it. */
static struct view parameter(struct view fmtp, const char *name)
{
	while (fmtp.n) {
		struct view value, one = view_cut(fmtp, ';', &fmtp);

		if (view_ieq(view_trim(view_cut(one, '=', &value)), view_str(name)))
			return view_trim(value);
	}
	return (struct view){};
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 0;
}

/* RFC 6184 section 8.1, table 5: a profile is profile_idc and some of the constraint bits. Without
 * the parameter it is Baseline. */
static unsigned h264_profile(struct view fmtp)
{
	const struct view id = parameter(fmtp, "profile-level-id");
	unsigned idc, iop;

	if (id.n < 4)
		return 0x42;
	idc = (unsigned)(hex(id.p[0]) << 4 | hex(id.p[1]));
	iop = (unsigned)(hex(id.p[2]) << 4 | hex(id.p[3]));
	if (idc == 0x4d && (iop & 0x80)) /* Main that obeys Baseline's constraints */
		return 0x42;
	/* Constrained and plain Baseline are one: doors that say 42001f send what 42e01f may. */
	return idc;
}

static unsigned h264_mode(struct view fmtp)
{
	const struct view mode = parameter(fmtp, "packetization-mode");

	return mode.n == 1 && mode.p[0] == '1' ? 1 : 0;
}

/* All but the mode of H.264. */
static bool same_coding(const struct sdp_format *a, const struct sdp_format *b)
{
	if (!a->name.n || !b->name.n)
		return a->pt == b->pt && !a->name.n && !b->name.n;
	if (!view_ieq(a->name, b->name) || a->clock_hz != b->clock_hz || a->channels != b->channels)
		return false;
	return !view_ieq(a->name, VIEW("H264")) || h264_profile(a->fmtp) == h264_profile(b->fmtp);
}

static unsigned mode_of(const struct sdp_format *f)
{
	return view_ieq(f->name, VIEW("H264")) ? h264_mode(f->fmtp) : 0;
}

bool sdp_format_same(const struct sdp_format *a, const struct sdp_format *b)
{
	return same_coding(a, b) && mode_of(a) == mode_of(b);
}

bool sdp_format_takes(const struct sdp_format *sink, const struct sdp_format *source)
{
	return same_coding(sink, source) && mode_of(sink) >= mode_of(source);
}

bool sdp_has(const struct sdp_media *m, const struct sdp_format *format)
{
	for (unsigned i = 0; i < m->nformats; i++) {
		if (sdp_format_same(&m->formats[i], format))
			return true;
	}
	return false;
}

const struct sdp_format *sdp_common(const struct sdp_media *m, const struct sdp_media *other,
				    bool event)
{
	for (unsigned i = 0; i < m->nformats; i++) {
		if (m->formats[i].event == event && sdp_has(other, &m->formats[i]))
			return &m->formats[i];
	}
	return NULL;
}

uint32_t sdp_clock_hz(const struct sdp_media *m)
{
	for (unsigned i = 0; i < m->nformats; i++) {
		if (!m->formats[i].event && m->formats[i].clock_hz)
			return m->formats[i].clock_hz;
	}
	return 0;
}

const struct sdp_format *sdp_event(const struct sdp_media *m, uint32_t clock_hz)
{
	for (unsigned i = 0; i < m->nformats; i++) {
		if (m->formats[i].event && m->formats[i].clock_hz == clock_hz)
			return &m->formats[i];
	}
	return NULL;
}

enum { H264_TYPE = 0x1f, H264_SPS = 7, H264_PPS = 8 };

bool sdp_h264_sets(const struct sdp_format *format, struct sdp_h264_set *ret_sps,
		   struct sdp_h264_set *ret_pps)
{
	struct view rest = parameter(format->fmtp, "sprop-parameter-sets");
	struct sdp_h264_set set, sps = {}, pps = {};

	while (rest.n && (!sps.n || !pps.n)) {
		const struct view text = view_trim(view_cut(rest, ',', &rest));

		if (base64_read(text, set.bytes, sizeof(set.bytes), &set.n) < 0 || !set.n)
			return false;
		if ((set.bytes[0] & H264_TYPE) == H264_SPS && !sps.n)
			sps = set;
		else if ((set.bytes[0] & H264_TYPE) == H264_PPS && !pps.n)
			pps = set;
	}
	if (!sps.n || !pps.n)
		return false;
	*ret_sps = sps;
	*ret_pps = pps;
	return true;
}
