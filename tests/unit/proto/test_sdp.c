#include "proto/sdp.h"
#include "../test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#define HEAD "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"

static const char door[] =
	"v=0\r\no=door 17 1 IN IP4 192.0.2.10\r\ns=Door\r\nc=IN IP4 192.0.2.10\r\nb=AS:2048\r\nt=0 0\r\n"
	"a=X-device:7\r\nm=audio 4000 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
	"a=fmtp:101 0-15\r\na=ptime:20\r\na=rtcp:4005\r\na=candidate:1 1 UDP 1 192.0.2.10 4000 typ host\r\n"
	"a=sendrecv\r\nm=video 4002 RTP/AVPF 97 98\r\nb=AS:1024\r\na=rtpmap:97 H264/90000\r\n"
	"a=fmtp:97 profile-level-id=42001f;packetization-mode=1\r\na=rtpmap:98 H264/90000\r\n"
	"a=fmtp:98 packetization-mode=0;profile-level-id=42001f\r\na=rtcp-fb:97 nack pli\r\na=sendonly\r\n"
	"m=application 5000 UDP/BFCP *\r\na=floorctrl:c-only\r\n";

static struct arena arena;

static int setup(void **)
{
	arena = ARENA_INIT(1 << 20);
	return 0;
}

static int teardown(void **)
{
	arena_free(&arena);
	return 0;
}

static struct sdp *read_sdp(const char *text)
{
	struct sdp *sdp = NULL;

	assert_int_equal(sdp_read(view_str(text), &arena, &sdp), 0);
	return sdp;
}

static struct addr host(const char *text)
{
	struct addr a = {};

	if (inet_pton(AF_INET, text, &a.v4.sin_addr) == 1) {
		a.sa.sa_family = AF_INET;
		a.len = sizeof(a.v4);
	} else {
		assert_int_equal(inet_pton(AF_INET6, text, &a.v6.sin6_addr), 1);
		a.sa.sa_family = AF_INET6;
		a.len = sizeof(a.v6);
	}
	return a;
}

static void the_media_of_a_door_are_read(void **)
{
	const struct sdp *s = read_sdp(door);
	const struct sdp_media *a = &s->media[0], *v = &s->media[1];
	const struct addr rtp = host("192.0.2.10");
	const struct addr audio = addr_with_port(&rtp, 4000), rtcp = addr_with_port(&rtp, 4005);

	assert_int_equal(s->nmedia, 3);
	assert_int_equal(a->kind, SDP_AUDIO);
	assert_int_equal(a->nformats, 3);
	assert_true(view_eq(a->formats[1].name, VIEW("PCMU"))); /* without an rtpmap */
	assert_true(a->formats[2].event);
	assert_true(addr_same(&a->rtp, &audio));
	assert_true(addr_same(&a->rtcp, &rtcp));
	assert_int_equal(v->kind, SDP_VIDEO);
	assert_true(v->avpf);
	assert_false(v->secure);
	assert_int_equal(v->dir, SDP_SENDONLY);
	assert_int_equal(s->media[2].kind, SDP_OTHER);
}

static void h264_is_compared_by_profile_and_mode(void **)
{
	const struct sdp *s = read_sdp(HEAD
		"m=video 1 RTP/AVP 96 97 98 99 100\r\n"
		"a=rtpmap:96 H264/90000\r\na=fmtp:96 profile-level-id=42001f;packetization-mode=1\r\n"
		"a=rtpmap:97 h264/90000\r\na=fmtp:97 packetization-mode=1; profile-level-id=42E01E\r\n"
		"a=rtpmap:98 H264/90000\r\na=fmtp:98 profile-level-id=42e01f\r\n"
		"a=rtpmap:99 H264/90000\r\na=fmtp:99 profile-level-id=640028;packetization-mode=1\r\n"
		"a=rtpmap:100 H264/90000\r\n");
	const struct sdp_format *f = s->media[0].formats;

	assert_true(sdp_format_same(&f[0], &f[1]));  /* level and constraints differ */
	assert_false(sdp_format_same(&f[0], &f[2])); /* single NAL mode */
	assert_false(sdp_format_same(&f[0], &f[3])); /* High */
	assert_true(sdp_format_same(&f[2], &f[4]));  /* Baseline, mode 0 by default */
	assert_true(sdp_format_takes(&f[0], &f[1]));
	assert_true(sdp_format_takes(&f[0], &f[2])); /* mode 1 has single NAL units too */
	assert_false(sdp_format_takes(&f[2], &f[0])); /* and mode 0 nothing else */
	assert_false(sdp_format_takes(&f[3], &f[2]));
}

static bool sets_of(const char *fmtp, struct sdp_h264_set *ret_sps, struct sdp_h264_set *ret_pps)
{
	const struct sdp_format f = { .fmtp = view_str(fmtp) };

	return sdp_h264_sets(&f, ret_sps, ret_pps);
}

static void parameter_sets_of_h264_are_read(void **)
{
	struct sdp_h264_set sps, pps;
	char big[512];

	assert_true(sets_of("packetization-mode=1; sprop-parameter-sets=Z0IAHg==,aM4=", &sps, &pps));
	assert_int_equal(sps.n, 4);
	assert_memory_equal(sps.bytes, "\x67\x42\x00\x1e", 4);
	assert_int_equal(pps.n, 2);
	assert_memory_equal(pps.bytes, "\x68\xce", 2);
	assert_true(sets_of("sprop-parameter-sets=aM4,Z0IAHg", &sps, &pps)); /* unpadded, turned */
	assert_memory_equal(sps.bytes, "\x67\x42\x00\x1e", 4);
	assert_false(sets_of("profile-level-id=42e01f", &sps, &pps));
	assert_false(sets_of("sprop-parameter-sets=Z0IAHg==", &sps, &pps)); /* one alone */
	assert_false(sets_of("sprop-parameter-sets=Z0IAHg==,,aM4=", &sps, &pps));
	assert_false(sets_of("sprop-parameter-sets=Z0IAHg==,a!!=", &sps, &pps));
	assert_false(sets_of("sprop-parameter-sets=Z0IAHg==,aM4x1", &sps, &pps)); /* no such length */
	memset(big, 'Z', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	memcpy(big, "sprop-parameter-sets=aM4=,", 26);
	assert_false(sets_of(big, &sps, &pps));
	memset(big, 'A', sizeof(big)); /* the longest */
	memcpy(big, "sprop-parameter-sets=aM4=,Z0", 28);
	big[26 + (SDP_H264_SET_MAX * 4 + 2) / 3] = '\0';
	assert_true(sets_of(big, &sps, &pps));
	assert_int_equal(sps.n, SDP_H264_SET_MAX);
}

static void a_relayed_offer_is_ours_and_keeps_what_we_do_not_know(void **)
{
	struct sdp_edit edit = { .host = host("198.51.100.1"), .session_id = 42, .version = 3 };
	struct buf out = BUF_INIT(SDP_MAX);

	edit.media[0].port = 20000;
	edit.media[1].port = 20002;
	assert_int_equal(sdp_relay(read_sdp(door), &edit, &out), 0);
	assert_string_equal(buf_cstr(&out),
		"v=0\r\no=- 42 3 IN IP4 198.51.100.1\r\ns=Door\r\nc=IN IP4 198.51.100.1\r\nb=AS:2048\r\nt=0 0\r\n"
		"a=X-device:7\r\nm=audio 20000 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\n"
		"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
		"m=video 20002 RTP/AVPF 97 98\r\nb=AS:1024\r\na=rtpmap:97 H264/90000\r\n"
		"a=fmtp:97 profile-level-id=42001f;packetization-mode=1\r\na=rtpmap:98 H264/90000\r\n"
		"a=fmtp:98 packetization-mode=0;profile-level-id=42001f\r\na=rtcp-fb:97 nack pli\r\na=sendonly\r\n"
		"m=application 0 UDP/BFCP *\r\n");
	buf_free(&out);
}

static void an_answer_has_the_offers_lines_and_numbers(void **)
{
	const char phone[] =
		"v=0\r\no=p 1 1 IN IP6 2001:db8::2\r\ns=-\r\nc=IN IP6 2001:db8::2\r\nt=0 0\r\n"
		"m=audio 7000 RTP/AVP 0 96 8\r\na=rtpmap:96 telephone-event/8000\r\n"
		"a=fmtp:96 0-16\r\nm=video 7002 RTP/AVPF 120\r\na=rtpmap:120 H264/90000\r\n"
		"a=fmtp:120 packetization-mode=1;profile-level-id=42e014\r\na=recvonly\r\n"
		"m=application 0 UDP/BFCP *\r\n";
	struct sdp_edit edit = { .host = host("2001:db8::1"), .session_id = 9, .version = 1 };
	struct buf out = BUF_INIT(SDP_MAX);

	edit.media[0].port = 30000;
	edit.media[1].port = 30002;
	assert_int_equal(sdp_answer(read_sdp(door), read_sdp(phone), &edit, &out), 0);
	assert_string_equal(buf_cstr(&out),
		"v=0\r\no=- 9 1 IN IP6 2001:db8::1\r\ns=-\r\nc=IN IP6 2001:db8::1\r\nt=0 0\r\n"
		"m=audio 30000 RTP/AVP 0 101 8\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n"
		"a=sendrecv\r\nm=video 30002 RTP/AVPF 97\r\na=rtpmap:97 H264/90000\r\n"
		"a=fmtp:97 packetization-mode=1;profile-level-id=42e014\r\na=recvonly\r\n"
		"m=application 0 UDP/BFCP *\r\n");
	buf_free(&out);
}

static void a_side_without_video_gets_it_refused(void **)
{
	struct sdp_edit edit = { .host = host("198.51.100.1") };
	struct buf out = BUF_INIT(SDP_MAX);

	edit.media[0].port = 30000;
	edit.media[1].port = 30002;
	assert_int_equal(sdp_answer(read_sdp(door), read_sdp(HEAD "m=audio 9 RTP/AVP 8\r\n"), &edit, &out), 0);
	assert_non_null(strstr(buf_cstr(&out), "m=video 0 RTP/AVPF 97 98\r\n"));
	assert_null(strstr(buf_cstr(&out), "H264"));
	buf_free(&out);
}

static void a_refused_line_keeps_its_kind_and_formats(void **)
{
	const struct sdp_edit edit = { .host = host("198.51.100.1") };
	struct buf out = BUF_INIT(SDP_MAX);

	assert_int_equal(sdp_relay(read_sdp(HEAD "m= audio  4000/2  RTP/AVP 8\r\n"), &edit, &out), 0);
	assert_non_null(strstr(buf_cstr(&out), "m=audio 0 RTP/AVP 8\r\n"));
	buf_free(&out);
}

static void blanks_before_a_payload_type_do_no_harm(void **)
{
	const struct sdp_edit edit = { .host = host("198.51.100.1"), .media = { { .port = 30000 } } };
	struct sdp *sdp = read_sdp(HEAD "m=audio 4000 RTP/AVP 96\r\na=rtpmap: 96 opus/48000/2\r\n");
	struct buf out = BUF_INIT(SDP_MAX);

	assert_int_equal(sdp->media[0].formats[0].clock_hz, 48000);
	assert_int_equal(sdp_relay(sdp, &edit, &out), 0);
	assert_non_null(strstr(buf_cstr(&out), "a=rtpmap: 96 opus/48000/2\r\n"));
	buf_reset(&out);
	assert_int_equal(sdp_answer(sdp, sdp, &edit, &out), 0);
	assert_non_null(strstr(buf_cstr(&out), "a=rtpmap:96 opus/48000/2\r\n"));
	buf_free(&out);
}

static void hold_and_missing_addresses_are_understood(void **)
{
	const struct sdp *s = read_sdp("v=0\no=- 1 1 IN IP4 h\ns= \nc=IN IP4 0.0.0.0 \n\na=inactive\n"
				       "m=audio 4000 RTP/AVP 0  \nm=audio 4002 RTP/SAVP 0\na=sendrecv\n"
				       "m=video 4004 RTP/AVP 31\nc=IN IP4 door.example\na=recvonly\n");

	assert_int_equal(s->media[0].dir, SDP_INACTIVE);
	assert_false(addr_is_set(&s->media[0].rtp));
	assert_int_equal(s->media[1].dir, SDP_SENDONLY);
	assert_true(s->media[1].secure);
	assert_false(addr_is_set(&s->media[2].rtp));
	assert_int_equal(s->media[2].dir, SDP_RECVONLY);
}

static void nonsense_is_refused(void **)
{
	static const char *const bad[] = {
		"", "x", "v=0\r\nm=audio\r\n", "v=0\r\nm=audio 70000 RTP/AVP 0\r\n", "m=audio 1 RTP/AVP 0\r\n",
		"v=0\r\nm=audio 1 RTP/AVP 128\r\n", "v=0\r\nm=audio x RTP/AVP 0\r\n", "v=0\r\n\x01=\r\n", "v=0\r\nab\r\n",
		"v=0\r\nm=audio 1\r\n",
	};
	struct buf many = BUF_INIT(SDP_MAX * 2);
	struct sdp *sdp;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(sdp_read(view_str(bad[i]), &arena, &sdp), -EBADMSG);
	buf_str(&many, "v=0\r\n");
	for (int i = 0; i <= SDP_MEDIA_MAX; i++)
		buf_str(&many, "m=audio 1 RTP/AVP 0\r\n");
	assert_int_equal(sdp_read(buf_view(&many), &arena, &sdp), -EMSGSIZE);
	while (many.n <= SDP_MAX)
		buf_str(&many, "a=x\r\n");
	assert_int_equal(sdp_read(buf_view(&many), &arena, &sdp), -EMSGSIZE);
	buf_free(&many);
}

#define KEY "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj"

static void a_key_that_we_understand_is_read(void **)
{
	const struct sdp *s = read_sdp(
		HEAD "m=audio 1 RTP/SAVP 0\r\na=crypto:1 F8_128_HMAC_SHA1_80 inline:" KEY "\r\n"
		     "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:" KEY "\r\n"
		     "a=crypto:3 AEAD_AES_128_GCM inline:x\r\n"
		     "m=audio 1 RTP/SAVPF 0\r\na=crypto:1 F8_128_HMAC_SHA1_80 inline:" KEY "\r\n"
		     "m=audio 1 RTP/AVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "\r\n"
		     "m=audio 1 UDP/TLS/RTP/SAVPF 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" KEY
		     "\r\n");

	assert_true(s->media[0].savp);
	assert_false(s->media[0].secure);
	assert_int_equal(s->media[0].crypto.tag, 2);
	assert_true(s->media[1].secure); /* nothing that we could use */
	assert_false(s->media[2].savp);
	assert_int_equal(s->media[2].crypto.suite, SDES_CM_SHA1_80);
	assert_true(s->media[3].secure); /* DTLS */
}

/* Whether packets are protected is between us and each side. */
static void each_side_has_its_own_key(void **)
{
	static const struct sdes ours[] = { { .tag = 1, .suite = SDES_GCM_128, .key = { 1 } },
					    { .tag = 2, .suite = SDES_CM_SHA1_80, .key = { 2 } } };
	const struct sdp *plain = read_sdp(HEAD "m=audio 1 RTP/AVPF 0\r\n");
	const struct sdp *secure = read_sdp(HEAD "m=audio 1 RTP/SAVP 0\r\na=crypto:1 "
						 "AES_CM_128_HMAC_SHA1_80 inline:" KEY "\r\n");
	struct sdp_edit edit = { .host = host("198.51.100.1"),
				 .media = { { .port = 9, .savp = true, .crypto = ours, .ncrypto = 2 } } };
	struct buf out = BUF_INIT(SDP_MAX);
	const struct sdp *again;

	assert_int_equal(sdp_relay(plain, &edit, &out), 0);
	assert_non_null(strstr(buf_cstr(&out), "m=audio 9 RTP/SAVPF 0 101\r\n"));
	assert_non_null(strstr(out.p, "a=crypto:1 AEAD_AES_128_GCM inline:AQ"));
	assert_non_null(strstr(out.p, "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:Ag"));
	again = read_sdp(out.p);
	assert_memory_equal(&again->media[0].crypto, &ours[0], sizeof(ours[0]));

	buf_reset(&out);
	edit.media[0] = (struct sdp_edit_media){ .port = 9 };
	assert_int_equal(sdp_relay(secure, &edit, &out), 0);
	assert_non_null(strstr(buf_cstr(&out), "m=audio 9 RTP/AVP 0 101\r\n"));
	assert_null(strstr(out.p, "crypto"));

	buf_reset(&out);
	edit.media[0] = (struct sdp_edit_media){ .port = 9, .crypto = &ours[1], .ncrypto = 1 };
	assert_int_equal(sdp_answer(secure, plain, &edit, &out), 0);
	assert_non_null(strstr(buf_cstr(&out), "m=audio 9 RTP/SAVP 0\r\n"));
	assert_non_null(strstr(out.p, "a=crypto:2 "));
	assert_null(strstr(out.p, KEY));
	buf_free(&out);
}

/* Keys that one side does not send as events we do. */
static void keys_are_offered_and_taken_in_any_case(void **)
{
	const struct sdp *bare =
		read_sdp(HEAD "m=audio 1 RTP/AVP 8 101\r\na=rtpmap:101 G726-32/8000\r\n");
	const struct sdp *full = read_sdp(
		HEAD "m=audio 1 RTP/AVP 96 8 97 98\r\na=rtpmap:96 opus/48000/2\r\n"
		     "a=rtpmap:97 telephone-event/48000\r\na=rtpmap:98 telephone-event/8000\r\n"
		     "a=fmtp:98 0-16\r\n");
	const struct sdp_edit edit = { .host = host("198.51.100.1"), .media = { { .port = 9 } } };
	struct buf out = BUF_INIT(SDP_MAX);
	const struct sdp *again;

	assert_int_equal(sdp_relay(bare, &edit, &out), 0);
	assert_non_null(strstr(buf_cstr(&out), "m=audio 9 RTP/AVP 8 101 96\r\n"));
	assert_non_null(strstr(out.p, "a=rtpmap:96 telephone-event/8000\r\na=fmtp:96 0-15\r\n"));
	again = read_sdp(out.p);
	assert_true(again->media[0].formats[2].event);

	buf_reset(&out);
	assert_int_equal(sdp_answer(full, bare, &edit, &out), 0);
	assert_non_null(strstr(buf_cstr(&out), "m=audio 9 RTP/AVP 8 98\r\n"));
	assert_non_null(strstr(out.p, "a=rtpmap:98 telephone-event/8000\r\na=fmtp:98 0-16\r\n"));

	buf_reset(&out); /* who did not offer them has none to take */
	assert_int_equal(sdp_answer(bare, full, &edit, &out), 0);
	assert_non_null(strstr(buf_cstr(&out), "m=audio 9 RTP/AVP 8\r\n"));
	assert_null(strstr(out.p, "telephone-event"));

	buf_reset(&out); /* and who has them has them once */
	assert_int_equal(sdp_answer(full, full, &edit, &out), 0);
	assert_non_null(strstr(buf_cstr(&out), "m=audio 9 RTP/AVP 96 8 97 98\r\n"));
	buf_reset(&out);
	assert_int_equal(sdp_relay(full, &edit, &out), 0);
	assert_non_null(strstr(buf_cstr(&out), "m=audio 9 RTP/AVP 96 8 97 98\r\n"));
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_media_of_a_door_are_read, setup, teardown),
		cmocka_unit_test_setup_teardown(h264_is_compared_by_profile_and_mode, setup, teardown),
		cmocka_unit_test_setup_teardown(parameter_sets_of_h264_are_read, setup, teardown),
		cmocka_unit_test_setup_teardown(a_relayed_offer_is_ours_and_keeps_what_we_do_not_know, setup,
						teardown),
		cmocka_unit_test_setup_teardown(an_answer_has_the_offers_lines_and_numbers, setup, teardown),
		cmocka_unit_test_setup_teardown(a_side_without_video_gets_it_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(a_refused_line_keeps_its_kind_and_formats, setup, teardown),
		cmocka_unit_test_setup_teardown(blanks_before_a_payload_type_do_no_harm, setup, teardown),
		cmocka_unit_test_setup_teardown(hold_and_missing_addresses_are_understood, setup, teardown),
		cmocka_unit_test_setup_teardown(a_key_that_we_understand_is_read, setup, teardown),
		cmocka_unit_test_setup_teardown(each_side_has_its_own_key, setup, teardown),
		cmocka_unit_test_setup_teardown(keys_are_offered_and_taken_in_any_case, setup, teardown),
		cmocka_unit_test_setup_teardown(nonsense_is_refused, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
