/* What a call's descriptions become for each side. */
#include "base/rand.h"
#include "call/media.h"
#include "fake_relay.h"
#include "../test.h"

#include <stdio.h>
#include <string.h>

enum { REPEATS = 200 };

#define HEAD(host) "v=0\r\no=- 1 1 IN IP4 " host "\r\ns=-\r\nc=IN IP4 " host "\r\nt=0 0\r\n"
#define AUDIO      "m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n"
#define VIDEO      "m=video 5000 RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\n"

static struct {
	struct relay relay;
	struct media *media;
	struct rand_seeded rand;
	struct media_way way;
	struct buf out;
} t;

static int setup(void **)
{
	memset(&t, 0, sizeof(t));
	t.relay = fake_relay_open();
	t.out = BUF_INIT(MEDIA_SDP_MAX);
	assert_int_equal(addr_parse("192.0.2.1:5060", &t.way.local), 0);
	assert_int_equal(addr_parse("198.51.100.7:5060", &t.way.signal), 0);
	rand_seeded_init(&t.rand, 1);
	assert_int_equal(media_new(&(struct media_conf){ &t.relay, &t.rand.rand, 1, 1000 }, &t.media),
			 0);
	return 0;
}

static int teardown(void **)
{
	media_free(t.media);
	buf_free(&t.out);
	fake_relay_close(&t.relay);
	return 0;
}

static void expect(const char *part)
{
	if (!strstr(buf_cstr(&t.out), part))
		fail_msg("\"%s\" does not contain \"%s\"", t.out.p, part);
	buf_reset(&t.out);
}

static unsigned ring(void)
{
	unsigned leg = 0;

	assert_int_equal(media_callee(t.media, &t.way, &leg, &t.out), 0);
	return leg;
}

static void connect_one(void)
{
	unsigned leg;

	assert_int_equal(media_caller(t.media, VIEW(HEAD("10.0.0.9") AUDIO VIDEO), &t.way), 0);
	leg = ring();
	assert_int_equal(leg, 1);
	expect("c=IN IP4 192.0.2.1\r\n");
	assert_int_equal(media_answered(t.media, leg, VIEW(HEAD("10.0.0.2") AUDIO VIDEO)), 0);
	assert_int_equal(media_answer_caller(t.media, leg, &t.out), 0);
	expect("m=video 20002 RTP/AVP 99\r\n");
	media_connect(t.media, leg);
}

/* Held and taken up again all day long: nothing piles up. */
static void offers_may_follow_each_other_for_ever(void **)
{
	connect_one();
	for (int i = 0; i < REPEATS; i++) {
		const unsigned from = (unsigned)i % 2, to = 1 - from;

		assert_int_equal(media_reoffer(t.media, from,
					       VIEW(HEAD("10.0.0.9") AUDIO "a=sendonly\r\n" VIDEO),
					       to, &t.out),
				 0);
		expect("a=sendonly\r\n");
		assert_int_equal(media_reanswer(t.media, to,
						VIEW(HEAD("10.0.0.2") AUDIO "a=recvonly\r\n" VIDEO),
						from, &t.out),
				 0);
		expect("a=recvonly\r\n");
		/* Who was on hold sees something at once. */
		assert_int_equal(t.relay.keyframes, 2 * (i + 1));
	}
}

static void every_leg_may_answer_early(void **)
{
	assert_int_equal(media_caller(t.media, VIEW(HEAD("10.0.0.9") AUDIO VIDEO), &t.way), 0);
	for (unsigned i = 1; i < MEDIA_LEGS_MAX; i++) {
		const unsigned leg = ring();

		buf_reset(&t.out);
		assert_int_equal(media_answered(t.media, leg, VIEW(HEAD("10.0.0.2") AUDIO VIDEO)),
				 0);
	}
	media_preview(t.media);
	assert_int_equal(media_callee(t.media, &t.way, &(unsigned){ 0 }, &t.out), -ENOSPC);
	media_leg_close(t.media, 7);
	assert_int_equal(ring(), 7);
}

/* What an offer inside the call leads to is kept until its answer, and no longer. */
static void an_answer_without_an_offer_is_refused(void **)
{
	connect_one();
	assert_int_equal(media_reanswer(t.media, 1, VIEW(HEAD("10.0.0.2") AUDIO), 0, &t.out),
			 -EBADMSG);
	assert_int_equal(media_reoffer(t.media, 0, VIEW(HEAD("10.0.0.9") AUDIO), 1, &t.out), 0);
	assert_int_equal(media_reanswer(t.media, 1, VIEW("no"), 0, &t.out), -EBADMSG);
	assert_int_equal(media_reanswer(t.media, 1, VIEW(HEAD("10.0.0.2") AUDIO), 0, &t.out),
			 -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(offers_may_follow_each_other_for_ever, setup,
						teardown),
		cmocka_unit_test_setup_teardown(every_leg_may_answer_early, setup, teardown),
		cmocka_unit_test_setup_teardown(an_answer_without_an_offer_is_refused, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
