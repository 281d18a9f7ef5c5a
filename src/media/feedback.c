#include "media/feedback.h"

#include <string.h>

enum {
	SENDER_REPORT = 200,
	RECEIVER_REPORT = 201,
	DESCRIPTION = 202,
	BYE = 203,
	RTPFB = 205, /* RFC 4585 section 6.2 */
	PSFB = 206,
	FMT_NACK = 1,
	FMT_PLI = 1,
	FMT_FIR = 4,
	REPORT_HEAD = 8,
	SENDER_INFO = 20,
	BLOCK_SIZE = 24,
	FEEDBACK_HEAD = 12,
	FIR_SIZE = 8,
	NACK_SIZE = 4,
	CNAME = 1,
};

static void put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static void lost_add(struct feedback *f, uint16_t seq)
{
	if (f->nlost < FEEDBACK_LOST_MAX)
		f->lost[f->nlost++] = seq;
}

/* RFC 4585 section 6.2.1: a number, and a bit for each of the 16 behind it. */
static void nack_read(const uint8_t *p, size_t n, struct feedback *f)
{
	for (size_t at = FEEDBACK_HEAD; at + NACK_SIZE <= n; at += NACK_SIZE) {
		const uint16_t seq = rtp_get16(p + at);

		lost_add(f, seq);
		for (unsigned bits = rtp_get16(p + at + 2); bits; bits &= bits - 1)
			lost_add(f, (uint16_t)(seq + 1 + __builtin_ctz(bits)));
	}
}

/* RFC 5104 section 4.3.1: the streams stand behind the head. */
static bool fir_names(const uint8_t *p, size_t n, uint32_t ssrc)
{
	for (size_t at = FEEDBACK_HEAD; at + FIR_SIZE <= n; at += FIR_SIZE)
		if (rtp_get32(p + at) == ssrc)
			return true;
	return false;
}

static void blocks_read(const uint8_t *p, size_t n, size_t at, uint32_t ssrc, struct feedback *f)
{
	for (unsigned left = p[0] & 31; left && at + BLOCK_SIZE <= n; left--, at += BLOCK_SIZE) {
		if (rtp_get32(p + at) != ssrc)
			continue;
		f->report = true;
		f->fraction = p[at + 4];
		/* 24 bits with a sign. */
		f->lost_total = (int32_t)(rtp_get32(p + at + 4) << 8) >> 8;
		f->jitter = rtp_get32(p + at + 12);
		f->last_report = rtp_get32(p + at + 16);
		f->delay = rtp_get32(p + at + 20);
	}
}

static void one_read(const uint8_t *p, size_t n, uint32_t ssrc, struct feedback *f)
{
	const unsigned fmt = p[0] & 31;
	const bool ours = n >= FEEDBACK_HEAD && rtp_get32(p + 8) == ssrc;

	switch (p[1]) {
	case SENDER_REPORT:
		if (n >= REPORT_HEAD + SENDER_INFO) {
			f->sent = true;
			f->ntp = rtp_get32(p + 8) << 16 | rtp_get32(p + 12) >> 16;
		}
		blocks_read(p, n, REPORT_HEAD + SENDER_INFO, ssrc, f);
		break;
	case RECEIVER_REPORT:
		blocks_read(p, n, REPORT_HEAD, ssrc, f);
		break;
	case BYE:
		f->bye = true;
		break;
	case RTPFB:
		if (ours && fmt == FMT_NACK)
			nack_read(p, n, f);
		break;
	case PSFB:
		f->picture |= (ours && fmt == FMT_PLI) || (fmt == FMT_FIR && fir_names(p, n, ssrc));
		break;
	default:
		break;
	}
}

void feedback_read(const uint8_t *p, size_t n, uint32_t ssrc, struct feedback *ret_feedback)
{
	ret_feedback->nlost = 0;
	ret_feedback->picture = ret_feedback->bye = ret_feedback->report = ret_feedback->sent =
		false;
	for (size_t at = 0, size; at + 4 <= n; at += size) {
		size = 4 + 4U * rtp_get16(p + at + 2);
		one_read(p + at, size, ssrc, ret_feedback);
	}
}

/* RFC 3550 section 6.5; the list of items ends with a zero and is filled up to 32 bits. */
static size_t description_print(const struct feedback_sender *s, uint8_t *p)
{
	const size_t name = strnlen(s->cname, FEEDBACK_CNAME_MAX);
	const size_t n = (8 + 2 + name + 1 + 3) & ~(size_t)3;

	memset(p, 0, n);
	p[0] = 0x81;
	p[1] = DESCRIPTION;
	p[3] = (uint8_t)(n / 4 - 1);
	put32(p + 4, s->ssrc);
	p[8] = CNAME;
	p[9] = (uint8_t)name;
	memcpy(p + 10, s->cname, name);
	return n;
}

static size_t sender_print(const struct feedback_sender *s, uint8_t *p)
{
	if (!s->packets)
		return 0;
	put32(p, (uint32_t)(s->ntp >> 32));
	put32(p + 4, (uint32_t)s->ntp);
	put32(p + 8, s->ts);
	put32(p + 12, s->packets);
	put32(p + 16, s->bytes);
	return SENDER_INFO;
}

static size_t block_print(const struct feedback_block *b, uint8_t *p)
{
	if (!b)
		return 0;
	put32(p, b->ssrc);
	put32(p + 4, (uint32_t)b->lost & 0xffffff);
	p[4] = b->fraction;
	put32(p + 8, b->highest);
	put32(p + 12, b->jitter);
	put32(p + 16, b->last_report);
	put32(p + 20, b->delay);
	return BLOCK_SIZE;
}

size_t feedback_report_print(const struct feedback_sender *s,
			     uint8_t ret_bytes[FEEDBACK_REPORT_MAX])
{
	size_t n = REPORT_HEAD;

	n += sender_print(s, ret_bytes + n);
	n += block_print(s->block, ret_bytes + n);
	ret_bytes[0] = s->block ? 0x81 : 0x80;
	ret_bytes[1] = s->packets ? SENDER_REPORT : RECEIVER_REPORT;
	ret_bytes[2] = 0;
	ret_bytes[3] = (uint8_t)(n / 4 - 1);
	put32(ret_bytes + 4, s->ssrc);
	return n + description_print(s, ret_bytes + n);
}

/* RFC 4585 section 6.3.1, behind an empty receiver report as section 3.1 wants it. */
void feedback_pli_print(uint32_t ours, uint32_t theirs, uint8_t ret_bytes[FEEDBACK_PLI_SIZE])
{
	static const uint8_t empty[FEEDBACK_PLI_SIZE] = { 0x80, RECEIVER_REPORT, 0, 1, 0, 0, 0, 0,
							  0x80 | FMT_PLI, PSFB, 0, 2 };

	memcpy(ret_bytes, empty, sizeof(empty));
	put32(ret_bytes + 4, ours);
	put32(ret_bytes + 12, ours);
	put32(ret_bytes + 16, theirs);
}
