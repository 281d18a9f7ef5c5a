#include "proto/sdp.h"

#include <arpa/inet.h>
#include <errno.h>

/* Attributes that speak of the other side's sockets or keys: they would lead around the relay. */
static const struct view dropped[] = {
	VIEW("candidate"),   VIEW("end-of-candidates"), VIEW("ice-ufrag"),   VIEW("ice-pwd"),
	VIEW("ice-options"), VIEW("ice-lite"),          VIEW("ice-mismatch"), VIEW("remote-candidates"),
	VIEW("rtcp"),        VIEW("rtcp-mux"),          VIEW("rtcp-mux-only"), VIEW("rtcp-rsize"),
	VIEW("ssrc"),        VIEW("ssrc-group"),        VIEW("crypto"),      VIEW("fingerprint"),
	VIEW("setup"),       VIEW("connection"),        VIEW("group"),       VIEW("mid"),
	VIEW("msid"),        VIEW("key-mgmt"),          VIEW("dtls-id"),     VIEW("tls-id"),
};

/* Blanks before the value are passed over, as in reading. */
static struct view attribute_name(struct view line, struct view *ret_value)
{
	const struct view name = view_cut((struct view){ line.p + 2, line.n - 2 }, ':', ret_value);

	*ret_value = view_trim(*ret_value);
	return name;
}

static bool is_dir(struct view name)
{
	return view_ieq(name, VIEW("sendrecv")) || view_ieq(name, VIEW("sendonly")) ||
	       view_ieq(name, VIEW("recvonly")) || view_ieq(name, VIEW("inactive"));
}

static bool is_dropped(struct view name)
{
	for (size_t i = 0; i < sizeof(dropped) / sizeof(dropped[0]); i++) {
		if (view_ieq(name, dropped[i]))
			return true;
	}
	return false;
}

static void write_line(struct buf *out, struct view line)
{
	buf_add(out, line);
	buf_str(out, "\r\n");
}

static void write_host(struct buf *out, const struct addr *host)
{
	char text[INET6_ADDRSTRLEN] = "";
	const bool v6 = host->sa.sa_family == AF_INET6;

	inet_ntop(host->sa.sa_family, v6 ? (const void *)&host->v6.sin6_addr :
					   (const void *)&host->v4.sin_addr, text, sizeof(text));
	buf_printf(out, "IN %s %s\r\n", v6 ? "IP6" : "IP4", text);
}

void sdp_dir_print(struct buf *out, enum sdp_dir dir)
{
	static const char *const names[] = { "sendrecv", "sendonly", "recvonly", "inactive" };

	buf_printf(out, "a=%s\r\n", names[dir]);
}

/* v=, o=, s=, then what the other side said of the session, c= in its place (RFC 8866 section 5). */
static void write_session(struct buf *out, const struct sdp *in, const struct sdp_edit *edit)
{
	struct view name = VIEW("s=-"), attribute, value;
	bool timed = false;

	for (unsigned i = 0; i < in->session_lines; i++) {
		if (in->lines[i].p[0] == 's' && in->lines[i].n > 2)
			name = in->lines[i];
	}
	buf_printf(out, "v=0\r\no=- %llu %llu ", (unsigned long long)edit->session_id,
		   (unsigned long long)edit->version);
	write_host(out, &edit->host);
	write_line(out, name);
	buf_str(out, "c=");
	write_host(out, &edit->host);
	for (unsigned i = 0; i < in->session_lines; i++) {
		const struct view line = in->lines[i];

		switch (line.p[0]) {
		case 'b':
			if (!timed)
				write_line(out, line);
			break;
		case 't':
			write_line(out, line);
			timed = true;
			break;
		case 'a':
			if (!timed)
				buf_str(out, "t=0 0\r\n");
			timed = true;
			attribute = attribute_name(line, &value);
			if (!is_dropped(attribute) && !is_dir(attribute)) /* told per media */
				write_line(out, line);
			break;
		default: /* o, s, c, e, p, u, i, r, z, k: ours, or private to the other side */
			break;
		}
	}
	if (!timed)
		buf_str(out, "t=0 0\r\n");
}

static bool offered(const struct sdp_media *m, struct view pt)
{
	uint64_t number;

	if (view_eq(pt, VIEW("*")))
		return true;
	if (view_u64(pt, 127, &number) < 0)
		return false;
	for (unsigned i = 0; i < m->nformats; i++) {
		if (m->formats[i].pt == number)
			return true;
	}
	return false;
}

/* rtpmap, fmtp and rtcp-fb begin with the payload type. */
static bool of_format(struct view name)
{
	return view_ieq(name, VIEW("rtpmap")) || view_ieq(name, VIEW("fmtp")) ||
	       view_ieq(name, VIEW("rtcp-fb"));
}

/* A refused media keeps its place, its protocol and its formats (RFC 3264 section 6). */
static void write_refused(struct buf *out, const struct sdp *in, const struct sdp_media *m)
{
	const struct view line = in->lines[m->first_line];
	struct view rest = view_trim((struct view){ line.p + 2, line.n - 2 });
	const struct view kind = view_cut(rest, ' ', &rest);

	view_cut(view_trim(rest), ' ', &rest);
	rest = view_trim(rest);
	buf_printf(out, "m=%.*s 0 %.*s\r\n", (int)kind.n, kind.p, (int)rest.n, rest.p);
}

static void write_m(struct buf *out, const struct sdp_media *m, uint16_t port, struct view profile)
{
	buf_printf(out, "m=%s %u %.*s", m->kind == SDP_AUDIO ? "audio" : "video", port,
		   (int)profile.n, profile.p);
}

/* How a leg is spoken to is its own matter: whether its packets are protected, and with what. */
static struct view profile_of(const struct sdp_media *m, bool savp)
{
	if (savp)
		return m->avpf ? VIEW("RTP/SAVPF") : VIEW("RTP/SAVP");
	return m->avpf ? VIEW("RTP/AVPF") : VIEW("RTP/AVP");
}

static void write_crypto(struct buf *out, const struct sdp_edit_media *edit)
{
	for (unsigned i = 0; i < edit->ncrypto; i++)
		sdes_print(&edit->crypto[i], out);
}

/* Keys. What one side does not have we have: whoever presses a key by another way (INFO, tones) is
 * understood by who understands only RFC 4733. */

enum { EVENT_PT = 101, DYNAMIC_FIRST = 96, DYNAMIC_LAST = 127 };

static bool is_taken(const struct sdp_media *m, unsigned pt)
{
	for (unsigned i = 0; i < m->nformats; i++) {
		if (m->formats[i].pt == pt)
			return true;
	}
	return false;
}

static unsigned free_pt(const struct sdp_media *m)
{
	unsigned pt = EVENT_PT;

	for (unsigned i = DYNAMIC_FIRST; is_taken(m, pt) && i <= DYNAMIC_LAST; i++)
		pt = i;
	return pt;
}

/* The events to add to an offer of this sound; clock_hz 0: none. */
static struct sdp_format event_to_add(const struct sdp_media *m)
{
	const uint32_t clock_hz = m->kind == SDP_AUDIO ? sdp_clock_hz(m) : 0;
	const unsigned pt = free_pt(m);

	if (!clock_hz || sdp_event(m, clock_hz) || is_taken(m, pt) || m->nformats == SDP_FORMATS_MAX)
		return (struct sdp_format){};
	return (struct sdp_format){ .pt = (uint8_t)pt, .clock_hz = clock_hz, .fmtp = VIEW("0-15") };
}

static void write_event(struct buf *out, const struct sdp_format *event)
{
	buf_printf(out, "a=rtpmap:%u telephone-event/%u\r\n", event->pt, event->clock_hz);
	if (event->fmtp.n)
		buf_printf(out, "a=fmtp:%u %.*s\r\n", event->pt, (int)event->fmtp.n, event->fmtp.p);
}

static void relay_media(struct buf *out, const struct sdp *in, const struct sdp_media *m,
			const struct sdp_edit_media *edit)
{
	const struct sdp_format event = event_to_add(m);

	write_m(out, m, edit->port, profile_of(m, edit->savp));
	for (unsigned i = 0; i < m->nformats; i++)
		buf_printf(out, " %u", m->formats[i].pt);
	if (event.clock_hz)
		buf_printf(out, " %u", event.pt);
	buf_str(out, "\r\n");
	for (unsigned i = 1; i < m->nlines; i++) {
		const struct view line = in->lines[m->first_line + i];
		struct view value, name = attribute_name(line, &value);

		if (line.p[0] == 'c' || line.p[0] == 'k')
			continue;
		if (line.p[0] == 'a' && (is_dropped(name) || is_dir(name)))
			continue;
		if (line.p[0] == 'a' && of_format(name) && !offered(m, view_cut(value, ' ', &value)))
			continue;
		write_line(out, line);
	}
	if (event.clock_hz)
		write_event(out, &event);
	write_crypto(out, edit);
	sdp_dir_print(out, m->dir);
}

int sdp_relay(const struct sdp *in, const struct sdp_edit *edit, struct buf *out)
{
	write_session(out, in, edit);
	for (unsigned i = 0; i < in->nmedia; i++) {
		const struct sdp_media *m = &in->media[i];

		if (edit->media[i].port && m->kind != SDP_OTHER)
			relay_media(out, in, m, &edit->media[i]);
		else
			write_refused(out, in, m);
	}
	return out->err;
}

_Static_assert(SDP_FORMATS_MAX <= 32, "left_out has a bit for each");

/* The payload type by which `offer` knows the codec; -1 when it does not, or it is left out. */
static int offered_as(const struct sdp_media *offer, const struct sdp_format *format,
		      const struct sdp_edit_media *edit)
{
	for (unsigned i = 0; i < offer->nformats; i++) {
		if (!(edit->left_out >> i & 1) && sdp_format_same(&offer->formats[i], format))
			return offer->formats[i].pt;
	}
	return -1;
}

static const struct sdp_format *format_at(const struct sdp_media *m, struct view pt)
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

/* A line of the answer about one format, under the offer's number. */
static void write_renumbered(struct buf *out, const struct sdp_media *offer,
			     const struct sdp_media *a, const struct sdp_edit_media *edit,
			     struct view line)
{
	struct view value;
	const struct view name = attribute_name(line, &value);
	struct view rest;
	const struct view first = view_cut(value, ' ', &rest);
	const struct sdp_format *f = format_at(a, first);
	const int pt = f ? offered_as(offer, f, edit) : -1;

	if (view_eq(first, VIEW("*")))
		buf_printf(out, "a=%.*s:%.*s\r\n", (int)name.n, name.p, (int)value.n, value.p);
	else if (pt >= 0)
		buf_printf(out, "a=%.*s:%d %.*s\r\n", (int)name.n, name.p, pt, (int)rest.n, rest.p);
}

static bool any_common(const struct sdp_media *offer, const struct sdp_media *a,
		       const struct sdp_edit_media *edit)
{
	for (unsigned i = 0; i < a->nformats; i++) {
		if (!a->formats[i].event && offered_as(offer, &a->formats[i], edit) >= 0)
			return true;
	}
	return false;
}

/* The offer's events for the clock of the sound that both have, where the answer has none of that
 * clock; NULL: nothing to add. */
static const struct sdp_format *event_to_take(const struct sdp_media *offer,
					      const struct sdp_media *a,
					      const struct sdp_edit_media *edit)
{
	for (unsigned i = 0; i < a->nformats && a->nformats < SDP_FORMATS_MAX; i++) {
		const struct sdp_format *f = &a->formats[i];

		if (a->kind == SDP_AUDIO && !f->event && f->clock_hz &&
		    offered_as(offer, f, edit) >= 0)
			return sdp_event(a, f->clock_hz) ? NULL : sdp_event(offer, f->clock_hz);
	}
	return NULL;
}

static enum sdp_dir dir_turned(enum sdp_dir dir)
{
	return dir == SDP_SENDONLY ? SDP_RECVONLY : dir == SDP_RECVONLY ? SDP_SENDONLY : dir;
}

static void answer_media(struct buf *out, const struct sdp_media *offer, const struct sdp *answer,
			 const struct sdp_media *a, const struct sdp_edit_media *edit)
{
	const struct sdp_format *event = event_to_take(offer, a, edit);

	write_m(out, offer, edit->port, offer->proto);
	for (unsigned i = 0; i < a->nformats; i++) {
		const int pt = offered_as(offer, &a->formats[i], edit);

		if (pt >= 0)
			buf_printf(out, " %d", pt);
	}
	if (event)
		buf_printf(out, " %u", event->pt);
	buf_str(out, "\r\n");
	for (unsigned i = 1; i < a->nlines; i++) {
		const struct view line = answer->lines[a->first_line + i];
		struct view value, name = attribute_name(line, &value);

		if (line.p[0] == 'c' || line.p[0] == 'k')
			continue;
		if (line.p[0] == 'a' && (is_dropped(name) || is_dir(name)))
			continue;
		if (line.p[0] == 'a' && of_format(name))
			write_renumbered(out, offer, a, edit, line);
		else
			write_line(out, line);
	}
	if (event)
		write_event(out, event);
	write_crypto(out, edit);
	sdp_dir_print(out, edit->wide ? dir_turned(offer->dir) : a->dir);
}

int sdp_answer(const struct sdp *offer, const struct sdp *answer, const struct sdp_edit *edit,
	       struct buf *out)
{
	write_session(out, answer, edit);
	for (unsigned i = 0; i < offer->nmedia; i++) {
		const struct sdp_media *m = &offer->media[i];
		const struct sdp_media *a = i < answer->nmedia ? &answer->media[i] : NULL;

		if (a && edit->media[i].port && a->port && m->kind == a->kind &&
		    any_common(m, a, &edit->media[i]))
			answer_media(out, m, answer, a, &edit->media[i]);
		else
			write_refused(out, offer, m);
	}
	return out->err;
}
