/* A provider's 401 with whatever headers: what is answered is one line, with nothing in it that
 * would end it or begin another. */
#include "base/mem.h"
#include "sip/challenge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(struct view line)
{
	if (line.n < 2 || memcmp(line.p + line.n - 2, "\r\n", 2) != 0)
		abort();
	for (size_t i = 0; i < line.n - 2; i++)
		if ((unsigned char)line.p[i] < ' ')
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char head[] =
		"SIP/2.0 401 No\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nTo: <sip:b>\r\n"
		"From: <sip:a>;tag=1\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n"
		"WWW-Authenticate: ";
	const struct challenge_ask ask = { "u", "p", "INVITE", "sip:b", "00" };
	CLEANUP(buf_free) struct buf text = BUF_INIT(100000);
	CLEANUP(buf_free) struct buf out = BUF_INIT(CHALLENGE_LINE_MAX);
	struct challenge c;
	struct sip_msg *msg = NULL;
	struct mbuf *mb;

	buf_str(&text, head);
	buf_add(&text, (struct view){ (const char *)data, n });
	buf_str(&text, "\r\n\r\n");
	mb = text.err ? NULL : mbuf_alloc(text.n);
	if (!mb)
		return 0;
	memcpy(mb->buf, text.p, text.n);
	mb->end = text.n;
	if (sip_msg_decode(&msg, mb) == 0 && challenge_read(msg, &c) == 0) {
		challenge_answer(&c, &ask, &out);
		if (!out.err)
			check(buf_view(&out));
	}
	mem_deref(msg);
	mem_deref(mb);
	return 0;
}
