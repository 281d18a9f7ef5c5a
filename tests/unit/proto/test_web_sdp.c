#include "proto/web_sdp.h"
#include "../test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define HASH                                                                                       \
	"00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:"                                         \
	"00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"
#define SECURE                                                                                     \
	"a=ice-ufrag:Ab+/\r\na=ice-pwd:0123456789012345678901\r\na=fingerprint:sha-256 " HASH "\r" \
											      "\n"
#define AUDIO "m=audio 9 UDP/TLS/RTP/SAVPF 8 0 101\r\nc=IN IP4 0.0.0.0\r\n"
#define VIDEO "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\n"
#define HEAD  "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"

static const char whole[] =
	HEAD AUDIO SECURE "a=setup:active\r\na=mid:0\r\na=rtcp-mux\r\n" VIDEO SECURE
			  "a=setup:active\r\na=mid:1\r\na=recvonly\r\na=rtcp-mux\r\n";

static int answer(const char *text, struct web_answer *ret)
{
	return web_answer_read(view_str(text), ret);
}

/* The whole answer with one text in place of another. */
static int with(const char *from, const char *to)
{
	char text[4096];
	const char *at = strstr(whole, from);
	struct web_answer a;

	assert_non_null(at);
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - whole), whole, to, at + strlen(from));
	return answer(text, &a);
}

static void an_answer_is_read(void **)
{
	struct web_answer a;

	assert_int_equal(answer(whole, &a), 0);
	assert_true(view_eq(a.ufrag, VIEW("Ab+/")));
	assert_int_equal(a.hash[1], 0x11);
	assert_int_equal(a.hash[31], 0xff);
	assert_false(a.passive);
	assert_true(a.audio && a.video && a.pcmu && a.pcma && a.event);
	assert_int_equal(a.best, WEB_PCMA);
	assert_int_equal(a.mid, 0);
	assert_int_equal(with("a=mid:0\r\n", "a=mid:audio\r\n"), 0);
}

static void refused_video_is_no_fault(void **)
{
	struct web_answer a;

	assert_int_equal(answer(HEAD "a=setup:passive\r\n" SECURE
				     "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=rtcp-mux\r\n"
				     "m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=setup:active\r\n",
				&a),
			 0);
	assert_true(a.passive && a.audio && a.pcmu);
	assert_false(a.video || a.pcma || a.event);
	assert_int_equal(a.best, WEB_PCMU);
}

static void what_is_missing_or_wrong_is_refused(void **)
{
	struct web_answer a;

	assert_int_equal(answer("", &a), -EBADMSG);
	assert_int_equal(answer("hello", &a), -EBADMSG);
	assert_int_equal(answer(HEAD SECURE "a=setup:active\r\n", &a), -EBADMSG);
	assert_int_equal(answer(HEAD AUDIO "a=rtcp-mux\r\na=setup:active\r\n", &a), -EBADMSG);
	assert_int_equal(answer(HEAD AUDIO SECURE "a=rtcp-mux\r\n", &a), -EBADMSG);
	assert_int_equal(with("a=setup:active", "a=setup:actpass"), -EBADMSG);
	assert_int_equal(with("a=setup:active", "a=setup:passive"), -EBADMSG); /* not the same */
	assert_int_equal(with("sha-256 00:", "sha-256 0g:"), -EBADMSG);
	assert_int_equal(with("sha-256 00:", "sha-256 00"), -EBADMSG);
	assert_int_equal(with("sha-256 00:", "sha-256 01:"), -EBADMSG); /* two certificates */
	assert_int_equal(with("m=audio", "m=video"), -EBADMSG);
	assert_int_equal(with("m=video 9", "m=video 99999"), -EBADMSG);
	assert_int_equal(with(" 8 0 101", " 9 101"), -EPROTONOSUPPORT);
	assert_int_equal(with("a=rtcp-mux", "a=rtcp"), -EPROTONOSUPPORT);
	assert_int_equal(with("a=mid:0", "?"), -EBADMSG);
}

static void answers_have_limits(void **)
{
	static char text[WEB_SDP_MAX + 2];
	struct web_answer a;
	size_t n = sizeof(HEAD) - 1;

	memcpy(text, HEAD, n);
	while (n + 4 < 5000)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "a=\r\n");
	assert_int_equal(answer(text, &a), -EMSGSIZE); /* lines */
	memset(text + n, 'x', sizeof(text) - 1 - n);
	assert_int_equal(answer(text, &a), -EMSGSIZE);
}

static void the_offer_has_what_browsers_want(void **)
{
	struct addr candidates[2];
	const struct web_offer offer = { .session_id = 7,
					 .ufrag = "u1",
					 .pwd = "p1",
					 .fingerprint = HASH,
					 .candidates = candidates,
					 .ncandidates = 2,
					 .pcma = true,
					 .pcmu = true,
					 .event = true,
					 .video = true };
	struct buf out = BUF_INIT(WEB_SDP_MAX);
	const char *text;

	assert_int_equal(addr_parse("192.0.2.1:4000", &candidates[0]), 0);
	assert_int_equal(addr_parse("[2001:db8::1]:4000", &candidates[1]), 0);
	web_offer_print(&offer, &out);
	text = buf_cstr(&out);
	assert_non_null(text);
	assert_non_null(strstr(text, "a=ice-lite\r\na=group:BUNDLE 0 1\r\n"));
	assert_non_null(strstr(text, "a=candidate:1 1 udp 2130706431 192.0.2.1 4000 typ host\r\n"));
	assert_non_null(
		strstr(text, "a=candidate:2 1 udp 2130706175 2001:db8::1 4000 typ host\r\n"));
	assert_non_null(
		strstr(text, "a=ice-ufrag:u1\r\na=ice-pwd:p1\r\na=fingerprint:sha-256 " HASH));
	assert_non_null(strstr(text, "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n"));
	assert_non_null(strstr(text, "m=audio 9 UDP/TLS/RTP/SAVPF 8 0 101\r\n"));
	assert_non_null(strstr(text, "a=sendrecv\r\n"));
	assert_null(strstr(text, "a=ssrc"));
	buf_reset(&out);
	web_offer_print(&(struct web_offer){ .ufrag = "u",
					     .pwd = "p",
					     .fingerprint = HASH,
					     .mid = 6,
					     .pcmu = true },
			&out);
	text = buf_cstr(&out);
	assert_non_null(strstr(text, "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n"));
	assert_non_null(strstr(text, "a=sendrecv\r\na=rtpmap:0 PCMU/8000\r\n"));
	assert_null(strstr(text, "a=rtpmap:101"));
	assert_non_null(strstr(text, "a=group:BUNDLE 6\r\n"));
	assert_non_null(strstr(text, "a=mid:6\r\n"));
	assert_null(strstr(text, "m=video"));
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_read),
		cmocka_unit_test(refused_video_is_no_fault),
		cmocka_unit_test(what_is_missing_or_wrong_is_refused),
		cmocka_unit_test(answers_have_limits),
		cmocka_unit_test(the_offer_has_what_browsers_want),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
