/* Keys of a call's phones: what each is offered, what it takes, and what the relay is told. */
#include "base/rand.h"
#include "call/media.h"
#include "fake_relay.h"
#include "../test.h"

#include <string.h>

#define HEAD   "v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\n"
#define KEY    "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj"
#define CRYPTO(tag) "a=crypto:" tag " AES_CM_128_HMAC_SHA1_80 inline:" KEY "\r\n"
/* 0123456789abcdefghijklmnopqrst */
#define OTHER_CRYPTO \
	"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0\r\n"
#define PLAIN  "m=audio 4000 RTP/AVP 0\r\n"
#define SEALED "m=audio 4000 RTP/SAVP 0\r\n"

static struct {
	struct relay relay;
	struct rand_seeded rand;
	struct media *media;
	struct buf out;
	struct arena arena;
} t;

static int setup(void **)
{
	memset(&t, 0, sizeof(t));
	t.relay = fake_relay_open();
	t.out = BUF_INIT(MEDIA_SDP_MAX);
	t.arena = ARENA_INIT(1 << 20);
	rand_seeded_init(&t.rand, 1);
	assert_int_equal(media_new(&(struct media_conf){ &t.relay, &t.rand.rand, 1, 1000 }, &t.media),
			 0);
	return 0;
}

static int teardown(void **)
{
	media_free(t.media);
	buf_free(&t.out);
	arena_free(&t.arena);
	fake_relay_close(&t.relay);
	return 0;
}

static struct media_way way(enum media_srtp srtp)
{
	struct media_way way = { .srtp = srtp };

	assert_int_equal(addr_parse("192.0.2.1:5060", &way.local), 0);
	assert_int_equal(addr_parse("198.51.100.7:5060", &way.signal), 0);
	return way;
}

static int call(enum media_srtp srtp, const char *offer)
{
	const struct media_way from = way(srtp);

	return media_caller(t.media, view_str(offer), &from);
}

static void ring(enum media_srtp srtp)
{
	const struct media_way to = way(srtp);
	unsigned leg;

	buf_reset(&t.out);
	assert_int_equal(media_callee(t.media, &to, &leg, &t.out), 0);
	assert_int_equal(leg, 1);
}

static int answer(const char *text)
{
	return media_answered(t.media, 1, view_str(text));
}

static void answer_caller(void)
{
	buf_reset(&t.out);
	assert_int_equal(media_answer_caller(t.media, 1, &t.out), 0);
}

static bool says(const char *part)
{
	return strstr(buf_cstr(&t.out), part);
}

/* The first audio line of what was said last. */
static const struct sdp_media *line(void)
{
	struct sdp *sdp;

	assert_int_equal(sdp_read(buf_view(&t.out), &t.arena, &sdp), 0);
	return &sdp->media[0];
}

static const struct seal_keys *told(unsigned leg)
{
	return &t.relay.last->set[leg][RELAY_AUDIO].keys;
}

static void assert_sealed(unsigned leg, const struct sdes *ours)
{
	assert_int_equal(told(leg)->profile, SRTP_CM_SHA1_80);
	assert_memory_equal(told(leg)->theirs.key, "wDfvg&T+)xG7@fb5", 16);
	assert_memory_equal(told(leg)->ours.key, ours->key, 16);
	assert_memory_equal(told(leg)->ours.salt, ours->salt, sdes_salt_size(ours->suite));
}

static void a_phone_that_must_have_keys_talks_with_a_door_in_clear(void **)
{
	struct sdes ours;

	assert_int_equal(call(MEDIA_SRTP_TAKEN, HEAD PLAIN), 0);
	ring(MEDIA_SRTP_REQUIRED);
	assert_true(says("RTP/SAVP 0"));
	assert_true(says("a=crypto:1 AEAD_AES_128_GCM "));
	assert_true(says("a=crypto:2 AES_CM_128_HMAC_SHA1_80 "));
	ours = line()->crypto;
	assert_int_equal(answer(HEAD SEALED CRYPTO("2")), 0);
	answer_caller();
	assert_true(says("RTP/AVP 0"));
	assert_false(says("crypto"));
	assert_int_equal(told(0)->profile, 0);
	assert_sealed(1, &ours);
}

/* Each leg and each stream has a key of its own, which nobody can guess. */
static void no_key_is_used_twice(void **)
{
	static const uint8_t none[16];
	struct sdes keys[4];

	assert_int_equal(call(MEDIA_SRTP_TAKEN, HEAD PLAIN "m=video 5000 RTP/AVP 99\r\n"
							   "a=rtpmap:99 H264/90000\r\n"),
			 0);
	for (unsigned i = 0; i < 4; i += 2) {
		const struct media_way to = way(MEDIA_SRTP_REQUIRED);
		unsigned leg;

		buf_reset(&t.out);
		assert_int_equal(media_callee(t.media, &to, &leg, &t.out), 0);
		keys[i] = line()[RELAY_AUDIO].crypto;
		keys[i + 1] = line()[RELAY_VIDEO].crypto;
	}
	for (unsigned i = 0; i < 4; i++) {
		const size_t salt = sdes_salt_size(keys[i].suite);

		assert_memory_not_equal(keys[i].key, none, sizeof(none));
		assert_memory_not_equal(keys[i].salt, none, salt);
		for (unsigned k = 0; k < i; k++) {
			assert_memory_not_equal(keys[i].key, keys[k].key, sizeof(none));
			assert_memory_not_equal(keys[i].salt, keys[k].salt, salt);
		}
	}
}

static void what_must_have_keys_is_not_talked_to_in_clear(void **)
{
	assert_int_equal(call(MEDIA_SRTP_TAKEN, HEAD PLAIN), 0);
	ring(MEDIA_SRTP_REQUIRED);
	assert_int_equal(answer(HEAD SEALED), -EPROTONOSUPPORT);
	assert_int_equal(answer(HEAD PLAIN), -EPROTONOSUPPORT);
}

static void a_door_that_must_have_keys_is_refused_without(void **)
{
	assert_int_equal(call(MEDIA_SRTP_REQUIRED, HEAD PLAIN), -EPROTONOSUPPORT);
	assert_int_equal(call(MEDIA_SRTP_REQUIRED, HEAD PLAIN CRYPTO("1")), 0);
}

/* RFC 8643: beside plain RTP. */
static void an_offer_of_keys_may_be_taken_or_left(void **)
{
	struct sdes ours;

	assert_int_equal(call(MEDIA_SRTP_TAKEN, HEAD PLAIN), 0);
	ring(MEDIA_SRTP_OFFERED);
	assert_true(says("RTP/AVP 0"));
	ours = line()->crypto;
	assert_int_equal(answer(HEAD PLAIN), 0);
	assert_int_equal(told(1)->profile, 0);
	assert_int_equal(answer(HEAD PLAIN CRYPTO("2")), 0);
	assert_sealed(1, &ours);
}

static void a_door_with_keys_is_answered_under_its_tag(void **)
{
	struct sdes ours;

	assert_int_equal(call(MEDIA_SRTP_TAKEN,
			      HEAD SEALED "a=crypto:4 F8_128_HMAC_SHA1_80 inline:" KEY "\r\n" CRYPTO(
				      "7")),
			 0);
	ring(MEDIA_SRTP_TAKEN);
	assert_true(says("RTP/AVP 0"));
	assert_false(says("crypto"));
	assert_int_equal(answer(HEAD PLAIN), 0);
	answer_caller();
	assert_true(says("RTP/SAVP 0"));
	assert_false(says(KEY)); /* its own key is not ours */
	ours = line()->crypto;
	assert_int_equal(ours.tag, 7);
	assert_sealed(0, &ours);
}

static void who_has_keys_switched_off_is_heard_in_clear_only(void **)
{
	assert_int_equal(call(MEDIA_SRTP_OFF, HEAD SEALED CRYPTO("1")), -EPROTONOSUPPORT);
	assert_int_equal(call(MEDIA_SRTP_OFF, HEAD SEALED CRYPTO("1") PLAIN CRYPTO("1")), 0);
	assert_int_equal(told(0)->profile, 0);
	ring(MEDIA_SRTP_OFF);
	assert_true(says("m=audio 0 RTP/SAVP"));
	assert_true(says("RTP/AVP 0"));
}

/* Without any key that we have. */
static void dtls_and_unknown_suites_are_refused(void **)
{
	assert_int_equal(call(MEDIA_SRTP_TAKEN, HEAD "m=audio 4000 UDP/TLS/RTP/SAVPF 0\r\n"),
			 -EPROTONOSUPPORT);
	assert_int_equal(
		call(MEDIA_SRTP_TAKEN, HEAD SEALED "a=crypto:1 F8_128_HMAC_SHA1_80 inline:" KEY "\r\n"),
		-EPROTONOSUPPORT);
}

/* A phone that must have keys talks; which. */
static struct seal_keys keys_of_a_call(void)
{
	struct seal_keys keys;

	assert_int_equal(call(MEDIA_SRTP_TAKEN, HEAD PLAIN), 0);
	ring(MEDIA_SRTP_REQUIRED);
	assert_int_equal(answer(HEAD SEALED CRYPTO("2")), 0);
	keys = *told(1);
	answer_caller();
	media_connect(t.media, 1);
	buf_reset(&t.out);
	return keys;
}

/* A key that changed would begin the numbers under it anew. */
static void a_held_call_keeps_its_keys(void **)
{
	const struct seal_keys before = keys_of_a_call();

	assert_int_equal(media_reoffer(t.media, 0, VIEW(HEAD PLAIN "a=sendonly\r\n"), 1, &t.out), 0);
	assert_true(says("RTP/SAVP 0"));
	assert_memory_equal(line()->crypto.key, before.ours.key, 16);
	assert_int_equal(media_reanswer(t.media, 1,
					VIEW(HEAD SEALED CRYPTO("2") "a=recvonly\r\n"), 0, &t.out),
			 0);
	assert_memory_equal(told(1), &before, sizeof(before));
}

/* A phone may offer another key of its own in mid-call; ours stays, and with it its numbers. */
static void a_phone_changes_its_key(void **)
{
	const struct seal_keys before = keys_of_a_call();

	assert_int_equal(media_reoffer(t.media, 1, VIEW(HEAD SEALED OTHER_CRYPTO), 0, &t.out), 0);
	assert_false(says("crypto")); /* none of the door's business */
	assert_int_equal(media_reanswer(t.media, 0, VIEW(HEAD PLAIN), 1, &t.out), 0);
	assert_int_equal(told(1)->profile, SRTP_CM_SHA1_80);
	assert_memory_equal(told(1)->theirs.key, "0123456789abcdef", 16);
	assert_memory_equal(told(1)->theirs.salt, "ghijklmnopqrst", 14);
	assert_memory_equal(&told(1)->ours, &before.ours, sizeof(before.ours));
	assert_int_equal(told(0)->profile, 0);
}

static void tones_are_listened_for_where_there_are_no_events(void **)
{
	assert_int_equal(call(MEDIA_SRTP_TAKEN, HEAD "m=audio 4000 RTP/AVP 0 101\r\n"
						"a=rtpmap:101 telephone-event/8000\r\n"),
			 0);
	ring(MEDIA_SRTP_TAKEN);
	assert_int_equal(answer(HEAD PLAIN), 0);
	assert_false(t.relay.last->set[0][RELAY_AUDIO].tones);
	assert_true(t.relay.last->set[1][RELAY_AUDIO].tones);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(a_phone_that_must_have_keys_talks_with_a_door_in_clear),
		CASE(no_key_is_used_twice),
		CASE(what_must_have_keys_is_not_talked_to_in_clear),
		CASE(a_door_that_must_have_keys_is_refused_without),
		CASE(an_offer_of_keys_may_be_taken_or_left),
		CASE(a_door_with_keys_is_answered_under_its_tag),
		CASE(who_has_keys_switched_off_is_heard_in_clear_only),
		CASE(dtls_and_unknown_suites_are_refused),
		CASE(a_held_call_keeps_its_keys),
		CASE(a_phone_changes_its_key),
		CASE(tones_are_listened_for_where_there_are_no_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
