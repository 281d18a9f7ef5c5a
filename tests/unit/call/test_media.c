/* What a call's descriptions become for each side. */
#include "base/rand.h"
#include "call/media.h"
#include "fake_relay.h"
#include "../test.h"
#include "proto/web_sdp.h"

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

/* One way or the other: what the relay passes, what we press, and what is left to INFO. */
static void keys_go_as_events_to_whom_takes_them(void **)
{
	unsigned leg;

	connect_one();
	assert_true(media_events_pass(t.media, 1, 0) && media_events_pass(t.media, 0, 1));
	assert_int_equal(media_press(t.media, 0, '4'), 0);
	assert_int_equal(media_press(t.media, 1, '2'), 0);
	assert_string_equal(t.relay.pressed, "42");
	media_free(t.media);

	assert_int_equal(media_new(&(struct media_conf){ &t.relay, &t.rand.rand, 1, 1000 }, &t.media),
			 0);
	assert_int_equal(media_caller(t.media, VIEW(HEAD("10.0.0.9") AUDIO), &t.way), 0);
	leg = ring();
	assert_int_equal(media_press(t.media, leg, '2'), -ENOTSUP); /* not answered yet */
	assert_int_equal(media_answered(t.media, leg, VIEW(HEAD("10.0.0.2") "m=audio 4000 RTP/AVP 0\r\n")), 0);
	buf_reset(&t.out);
	assert_int_equal(media_answer_caller(t.media, leg, &t.out), 0);
	expect("RTP/AVP 0 101\r\n"); /* it has keys of ours */
	media_connect(t.media, leg);
	assert_false(media_events_pass(t.media, leg, 0) || media_events_pass(t.media, 0, leg));
	assert_int_equal(media_press(t.media, leg, '2'), -ENOTSUP);
	assert_int_equal(media_press(t.media, 0, '2'), 0);
}

/* Events have the clock of the sound that was taken, not of the one that was offered first. */
static void keys_go_by_the_clock_of_the_sound(void **)
{
	unsigned leg;

	assert_int_equal(media_caller(t.media,
				      VIEW(HEAD("10.0.0.9") "m=audio 4000 RTP/AVP 96 0 97 98\r\n"
							    "a=rtpmap:96 opus/48000/2\r\n"
							    "a=rtpmap:97 telephone-event/48000\r\n"
							    "a=rtpmap:98 telephone-event/8000\r\n"),
				      &t.way),
			 0);
	leg = ring();
	assert_int_equal(
		media_answered(t.media, leg, VIEW(HEAD("10.0.0.2") "m=audio 4000 RTP/AVP 0\r\n")),
		0);
	buf_reset(&t.out);
	assert_int_equal(media_answer_caller(t.media, leg, &t.out), 0);
	expect("RTP/AVP 0 98\r\n");
	media_connect(t.media, leg);
	assert_int_equal(media_press(t.media, 0, '2'), 0);
	assert_int_equal(t.relay.last->set[0][RELAY_AUDIO].event_pt, 98);
	assert_int_equal(t.relay.last->set[0][RELAY_AUDIO].clock_hz, 8000);
}

static void who_only_sends_is_not_pressed_at(void **)
{
	connect_one();
	assert_int_equal(media_reoffer(t.media, 1, VIEW(HEAD("10.0.0.2") AUDIO "a=sendonly\r\n"), 0,
				       &t.out),
			 0);
	buf_reset(&t.out);
	assert_int_equal(media_reanswer(t.media, 0, VIEW(HEAD("10.0.0.9") AUDIO "a=recvonly\r\n"), 1,
					&t.out),
			 0);
	assert_int_equal(media_press(t.media, 1, '2'), -ENOTSUP);
	assert_int_equal(media_press(t.media, 0, '2'), 0);
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

/* Apps. */

#define HASH                                                                                       \
	"00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"                                         \
	"00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"
#define SECURE                                                                                     \
	"c=IN IP4 0.0.0.0\r\na=ice-ufrag:page\r\na=ice-pwd:0123456789012345678901\r\n"             \
	"a=fingerprint:sha-256 " HASH "\r\na=setup:active\r\na=rtcp-mux\r\n"
#define WEB_HEAD  "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
#define WEB_AUDIO "m=audio 9 UDP/TLS/RTP/SAVPF 8 0 101\r\n" SECURE
#define WEB_VIDEO "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n" SECURE
#define NO_VIDEO  "m=video 0 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\n"
#define DOOR_AUDIO                                                                                 \
	"m=audio 4000 RTP/AVP 9 8 0 97\r\na=rtpmap:97 telephone-event/8000\r\na=sendrecv\r\n"
#define DOOR_VIDEO                                                                                 \
	"m=video 5000 RTP/AVPF 99 98\r\na=rtpmap:99 H264/90000\r\n"                                \
	"a=fmtp:99 profile-level-id=640028;packetization-mode=1;"                                  \
	"sprop-parameter-sets=Z2QAKKzZQHgCJ+XA,aOvjyyLA\r\n"                                       \
	"a=rtpmap:98 H264/90000\r\na=fmtp:98 profile-level-id=42e01f\r\na=sendonly\r\n"

static struct relay_session *relay(void)
{
	return t.relay.last;
}

static void door_calls(const char *offer)
{
	assert_int_equal(media_caller(t.media, view_str(offer), &t.way), 0);
}

static unsigned ring_app(void)
{
	unsigned leg = 0;

	buf_reset(&t.out);
	assert_int_equal(media_callee_app(t.media, &leg, &t.out), 0);
	return leg;
}

static void expect_not(const char *part)
{
	if (strstr(buf_cstr(&t.out), part))
		fail_msg("\"%s\" contains \"%s\"", t.out.p, part);
}

static void answers(unsigned leg, const char *answer)
{
	assert_int_equal(media_app_answered(t.media, leg, view_str(answer)), 0);
}

/* The leg `b` reads under that payload type what `a` sends under its own. */
static void maps(unsigned a, uint8_t pt_a, unsigned b, uint8_t pt_b, enum relay_kind kind)
{
	const struct relay_stream *from = &relay()->set[a][kind], *to = &relay()->set[b][kind];

	for (unsigned i = 0; i < from->nformats; i++) {
		for (unsigned k = 0; k < to->nformats; k++) {
			if (from->formats[i].pt == pt_a && to->formats[k].pt == pt_b &&
			    from->formats[i].codec == to->formats[k].codec)
				return;
		}
	}
	fail_msg("%u of leg %u is not %u of leg %u", pt_a, a, pt_b, b);
}

static void an_app_hears_the_first_g711_of_the_door(void **)
{
	unsigned leg;

	door_calls(HEAD("10.0.0.9") DOOR_AUDIO DOOR_VIDEO);
	assert_int_equal(t.relay.sets, 1);
	leg = ring_app();
	expect_not("SAVPF 8 0");
	expect("m=audio 9 UDP/TLS/RTP/SAVPF 8 101\r\n");
	assert_true(media_app_sees(t.media, leg));
	answers(leg, WEB_HEAD WEB_AUDIO WEB_VIDEO);
	maps(0, 8, 1, WEB_PCMA, RELAY_AUDIO);
	maps(0, 97, 1, WEB_EVENT, RELAY_AUDIO);
	maps(0, 99, 1, WEB_H264, RELAY_VIDEO); /* whatever the profile */
	maps(0, 98, 1, WEB_H264, RELAY_VIDEO);
	assert_int_equal(relay()->set[1][RELAY_AUDIO].nformats, 2);
	assert_int_equal(media_answer_caller(t.media, leg, &t.out), 0);
	expect("m=audio 20000 RTP/AVP 8 97\r\n");
	assert_int_equal(media_answer_caller(t.media, leg, &t.out), 0);
	expect("m=video 20002 RTP/AVPF 99\r\n");
	assert_int_equal(media_answer_caller(t.media, leg, &t.out), 0);
	expect("a=rtcp-fb:99 nack pli\r\na=recvonly\r\n");
}

static void an_app_sees_before_it_is_heard(void **)
{
	unsigned leg;

	door_calls(HEAD("10.0.0.9") DOOR_AUDIO DOOR_VIDEO);
	leg = ring_app();
	media_preview(t.media);
	assert_int_equal(relay()->to[0][RELAY_VIDEO], 0); /* its browser has not answered */
	answers(leg, WEB_HEAD WEB_AUDIO WEB_VIDEO);
	media_preview(t.media);
	assert_int_equal(relay()->to[0][RELAY_VIDEO], 1 << 1);
	assert_int_equal(relay()->to[1][RELAY_AUDIO], 0);
	media_connect(t.media, leg);
	assert_int_equal(relay()->to[0][RELAY_VIDEO], 1 << 1);
	assert_int_equal(relay()->to[1][RELAY_AUDIO], 1 << 0);
	assert_int_equal(relay()->set[1][RELAY_AUDIO].silence_ms, 0);
	assert_true(relay()->set[0][RELAY_AUDIO].silence_ms > 0);
}

static void what_the_browser_refuses_is_not_in_the_answer(void **)
{
	unsigned leg;

	door_calls(HEAD("10.0.0.9") DOOR_AUDIO DOOR_VIDEO);
	leg = ring_app();
	answers(leg, WEB_HEAD WEB_AUDIO NO_VIDEO);
	assert_int_equal(media_answer_caller(t.media, leg, &t.out), 0);
	expect("m=video 0 RTP/AVPF 99 98\r\n");
	media_preview(t.media);
	assert_int_equal(relay()->to[0][RELAY_VIDEO], 0);
}

static void a_door_without_g711_is_seen_and_not_heard(void **)
{
	unsigned leg;

	door_calls(HEAD("10.0.0.9") "m=audio 4000 RTP/AVP 9\r\n" DOOR_VIDEO);
	leg = ring_app();
	answers(leg, WEB_HEAD WEB_AUDIO WEB_VIDEO);
	assert_int_equal(media_answer_caller(t.media, leg, &t.out), 0);
	expect("m=audio 0 RTP/AVP 9\r\n");
	media_connect(t.media, leg);
	assert_int_equal(relay()->to[1][RELAY_AUDIO], 0);
}

static void a_caller_that_browsers_cannot_hear_rings_no_app(void **)
{
	unsigned leg = 0;

	door_calls(HEAD("10.0.0.9") "m=audio 4000 RTP/AVP 9\r\n");
	assert_int_equal(media_callee_app(t.media, &leg, &t.out), -EPROTONOSUPPORT);
	assert_int_equal(relay()->kinds[1], 0);
}

static void answers_of_browsers_are_looked_at(void **)
{
	unsigned leg;

	door_calls(HEAD("10.0.0.9") AUDIO VIDEO);
	leg = ring_app();
	assert_int_equal(media_app_answered(t.media, leg, VIEW("no")), -EBADMSG);
	assert_int_equal(media_app_answered(t.media, leg,
					    VIEW(WEB_HEAD "m=audio 9 UDP/TLS/RTP/SAVPF 8\r\n"
							  SECURE WEB_VIDEO)),
			 -EPROTONOSUPPORT); /* PCMU was offered */
	assert_false(relay()->answered[1]);
	answers(leg, WEB_HEAD WEB_AUDIO WEB_VIDEO);
	assert_int_equal(media_app_answered(t.media, leg, VIEW(WEB_HEAD WEB_AUDIO WEB_VIDEO)),
			 -EALREADY);
}

static void an_app_calls_and_is_offered_what_was_taken(void **)
{
	unsigned leg;

	assert_int_equal(media_caller_app(t.media, false), 0);
	leg = ring();
	expect("m=audio 20008 RTP/AVP 0 8 101\r\n");
	assert_int_equal(media_answered(t.media, leg,
					VIEW(HEAD("10.0.0.2") "m=audio 4000 RTP/AVP 8 101\r\n"
							      "a=rtpmap:101 telephone-event/8000\r\n"
							      "m=video 5000 RTP/AVP 97\r\n"
							      "a=rtpmap:97 H264/90000\r\n"
							      "a=sendonly\r\n")),
			 0);
	assert_int_equal(media_offer_app(t.media, leg, &t.out), 0);
	expect_not("a=sendonly\r\na=rtpmap:8");
	expect("m=audio 9 UDP/TLS/RTP/SAVPF 8 101\r\n");
	media_connect(t.media, leg);
	answers(0, WEB_HEAD WEB_AUDIO WEB_VIDEO);
	maps(1, 8, 0, WEB_PCMA, RELAY_AUDIO);
	maps(1, 97, 0, WEB_H264, RELAY_VIDEO);
	assert_int_equal(relay()->to[0][RELAY_AUDIO], 1 << 1);
	assert_int_equal(relay()->to[1][RELAY_AUDIO], 1 << 0);
	assert_int_equal(relay()->to[1][RELAY_VIDEO], 1 << 0);
}

static void who_looks_is_not_heard_until_he_talks(void **)
{
	unsigned leg;

	assert_int_equal(media_caller_app(t.media, true), 0);
	leg = ring();
	expect("a=fmtp:101 0-15\r\na=recvonly\r\n");
	assert_int_equal(media_answered(t.media, leg, VIEW(HEAD("10.0.0.2") AUDIO VIDEO)), 0);
	assert_int_equal(media_offer_app(t.media, leg, &t.out), 0);
	buf_reset(&t.out);
	media_connect(t.media, leg);
	assert_true(media_app_waits(t.media, 0));
	answers(0, WEB_HEAD WEB_AUDIO WEB_VIDEO);
	assert_false(media_app_waits(t.media, 0));
	assert_int_equal(relay()->to[0][RELAY_AUDIO], 0);
	assert_int_equal(relay()->to[1][RELAY_AUDIO], 1 << 0);
	assert_int_equal(media_app_talk(t.media, leg, &t.out), 0);
	expect("a=fmtp:101 0-15\r\na=sendrecv\r\n");
	assert_int_equal(relay()->to[0][RELAY_AUDIO], 1 << 1);
	assert_int_equal(media_restored(t.media, leg, 0, VIEW(HEAD("10.0.0.2") AUDIO VIDEO)), 0);
	assert_int_equal(relay()->to[0][RELAY_AUDIO], 1 << 1);
	assert_int_equal(relay()->to[1][RELAY_VIDEO], 1 << 0);
}

static void two_apps_talk_and_see_nothing(void **)
{
	unsigned leg;

	assert_int_equal(media_caller_app(t.media, false), 0);
	leg = ring_app();
	expect_not("m=video");
	assert_false(media_app_sees(t.media, leg));
	answers(leg, WEB_HEAD WEB_AUDIO);
	buf_reset(&t.out);
	assert_int_equal(media_offer_app(t.media, leg, &t.out), 0);
	expect_not("m=video");
	media_connect(t.media, leg);
	answers(0, WEB_HEAD WEB_AUDIO);
	maps(0, WEB_PCMU, 1, WEB_PCMU, RELAY_AUDIO);
	assert_int_equal(relay()->to[0][RELAY_AUDIO], 1 << 1);
	assert_int_equal(relay()->to[1][RELAY_AUDIO], 1 << 0);
}

static void new_media_take_the_place_of_the_old(void **)
{
	unsigned leg, at = 0;
	uint64_t old;

	door_calls(HEAD("10.0.0.9") AUDIO VIDEO);
	leg = ring_app();
	answers(leg, WEB_HEAD WEB_AUDIO WEB_VIDEO);
	media_connect(t.media, leg);
	old = relay()->tag_of[1];
	assert_true(media_leg_of(t.media, old, &at));
	assert_int_equal(at, leg);
	buf_reset(&t.out);
	assert_int_equal(media_app_again(t.media, leg, &t.out), 0);
	expect("SAVPF 0 101\r\n");
	assert_int_equal(relay()->kinds[1], 0);
	assert_false(media_leg_of(t.media, old, &at)); /* what is still told of it is old news */
	assert_int_equal(media_app_answered(t.media, leg,
					    VIEW(WEB_HEAD WEB_AUDIO "a=mid:0\r\n" WEB_VIDEO)),
			 -EALREADY); /* to the first offer, and late */
	assert_true(media_app_waits(t.media, leg));
	answers(leg, WEB_HEAD WEB_AUDIO "a=mid:2\r\n" WEB_VIDEO);
	assert_true(media_leg_of(t.media, relay()->tag_of[2], &at));
	assert_int_equal(relay()->to[0][RELAY_VIDEO], 1 << 2);
	assert_int_equal(relay()->to[2][RELAY_AUDIO], 1 << 0);
	assert_false(media_leg_of(t.media, 77 << 8, &at));
}

static void an_app_is_not_asked_when_the_door_offers_anew(void **)
{
	unsigned leg;

	door_calls(HEAD("10.0.0.9") DOOR_AUDIO DOOR_VIDEO);
	leg = ring_app();
	answers(leg, WEB_HEAD WEB_AUDIO WEB_VIDEO);
	media_connect(t.media, leg);
	buf_reset(&t.out);
	assert_int_equal(media_app_reoffer(t.media, 0,
					   VIEW(HEAD("10.0.0.9") "m=audio 4000 RTP/AVP 0 8\r\n"
								 "a=sendonly\r\n" DOOR_VIDEO),
					   leg, &t.out),
			 0);
	expect("m=audio 20000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=recvonly\r\n");
	assert_int_equal(media_app_reoffer(t.media, 0,
					   VIEW(HEAD("10.0.0.9") "m=audio 4000 RTP/AVP 0\r\n"
							DOOR_VIDEO),
					   leg, &t.out),
			 -EPROTONOSUPPORT);
	assert_int_equal(media_app_reoffer(t.media, 0,
					   VIEW(HEAD("10.0.0.9") DOOR_AUDIO
						"m=video 0 RTP/AVP 99\r\n"),
					   leg, &t.out),
			 0);
	expect("m=video 0 RTP/AVP 99\r\n");
	assert_int_equal(relay()->to[0][RELAY_VIDEO], 0);
	assert_int_equal(media_app_reoffer(t.media, 0, VIEW(HEAD("10.0.0.9") DOOR_AUDIO DOOR_VIDEO),
					   leg, &t.out),
			 0);
	expect("m=video 20002 RTP/AVPF 99\r\n"); /* and the picture comes back */
	assert_int_equal(relay()->to[0][RELAY_VIDEO], 1 << 1);
}

static void a_door_is_answered_for_nobody(void **)
{
	unsigned leg = 0;

	door_calls(HEAD("10.0.0.9") DOOR_AUDIO DOOR_VIDEO);
	assert_int_equal(media_callee_nobody(t.media, &leg), 0);
	media_preview(t.media);
	assert_int_equal(media_answer_caller(t.media, leg, &t.out), 0);
	expect("m=audio 20000 RTP/AVP 8 97\r\n");
	media_connect(t.media, leg);
	assert_int_equal(relay()->to[0][RELAY_VIDEO] | relay()->to[0][RELAY_AUDIO], 0);
	media_leg_close(t.media, leg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(offers_may_follow_each_other_for_ever, setup,
						teardown),
		cmocka_unit_test_setup_teardown(every_leg_may_answer_early, setup, teardown),
		cmocka_unit_test_setup_teardown(keys_go_as_events_to_whom_takes_them, setup,
						teardown),
		cmocka_unit_test_setup_teardown(keys_go_by_the_clock_of_the_sound, setup, teardown),
		cmocka_unit_test_setup_teardown(who_only_sends_is_not_pressed_at, setup, teardown),
		cmocka_unit_test_setup_teardown(an_answer_without_an_offer_is_refused, setup,
						teardown),
		cmocka_unit_test_setup_teardown(an_app_hears_the_first_g711_of_the_door, setup, teardown),
		cmocka_unit_test_setup_teardown(an_app_sees_before_it_is_heard, setup, teardown),
		cmocka_unit_test_setup_teardown(what_the_browser_refuses_is_not_in_the_answer, setup, teardown),
		cmocka_unit_test_setup_teardown(a_door_without_g711_is_seen_and_not_heard, setup, teardown),
		cmocka_unit_test_setup_teardown(a_caller_that_browsers_cannot_hear_rings_no_app, setup, teardown),
		cmocka_unit_test_setup_teardown(answers_of_browsers_are_looked_at, setup, teardown),
		cmocka_unit_test_setup_teardown(an_app_calls_and_is_offered_what_was_taken, setup, teardown),
		cmocka_unit_test_setup_teardown(who_looks_is_not_heard_until_he_talks, setup, teardown),
		cmocka_unit_test_setup_teardown(two_apps_talk_and_see_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(new_media_take_the_place_of_the_old, setup, teardown),
		cmocka_unit_test_setup_teardown(an_app_is_not_asked_when_the_door_offers_anew, setup, teardown),
		cmocka_unit_test_setup_teardown(a_door_is_answered_for_nobody, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
