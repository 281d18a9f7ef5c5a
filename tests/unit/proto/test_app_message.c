#include "proto/app_message.h"
#include "../test.h"

#include <errno.h>
#include <string.h>

#define TOKEN "0123456789abcdef0123456789abcdef"

static struct arena arena = ARENA_INIT(64 * 1024);

static struct app_message said(const char *text)
{
	struct app_message m = { .word = APP_NWORDS };
	const char *why = "never set";

	if (app_message_read(view_str(text), &arena, &m, &why) < 0)
		fail_msg("%s: %s", text, why);
	assert_null(why);
	return m;
}

static const char *wrong(const char *text)
{
	struct app_message m;
	const char *why;

	assert_int_equal(app_message_read(view_str(text), &arena, &m, &why), -EBADMSG);
	assert_non_null(why);
	return why;
}

static void assert_view(struct view v, const char *text)
{
	assert_int_equal(v.n, strlen(text));
	assert_memory_equal(v.p, text, v.n);
}

static void each_word_is_read(void **)
{
	struct app_message m = said("{\"type\":\"dial\",\"ref\":\"a\",\"device\":\"1000000010\","
				    "\"to\":\"0123\",\"look\":true,\"more\":[1]}");

	assert_int_equal(m.word, APP_DIAL);
	assert_true(m.device == 1000000010 && m.look);
	assert_view(m.ref, "a");
	assert_view(m.to, "0123");
	m = said("{\"type\":\"resume\",\"call\":\"7\",\"token\":\"" TOKEN "\"}");
	assert_int_equal(m.word, APP_RESUME);
	assert_true(m.call == 7 && !m.fresh);
	assert_view(m.token, TOKEN);
	assert_true(
		said("{\"type\":\"resume\",\"call\":\"7\",\"token\":\"" TOKEN "\",\"fresh\":true}")
			.fresh);
	m = said("{\"type\":\"sdp\",\"call\":\"7\",\"sdp\":\"v=0\\r\\n\"}");
	assert_int_equal(m.word, APP_SDP);
	assert_view(m.sdp, "v=0\r\n");
	m = said("{\"type\":\"open\",\"call\":\"9223372036854775807\",\"switch\":2}");
	assert_int_equal(m.word, APP_OPEN);
	assert_true(m.call == INT64_MAX && m.number == 2);
	m = said("{\"type\":\"digit\",\"call\":\"7\",\"digit\":\"#\"}");
	assert_int_equal(m.word, APP_DIGIT);
	assert_int_equal(m.digit, '#');
	assert_int_equal(said("{\"type\":\"shown\",\"call\":\"7\"}").word, APP_SHOWN);
	assert_int_equal(said("{\"type\":\"first\",\"call\":\"7\"}").word, APP_FIRST);
	assert_int_equal(said("{\"type\":\"answer\",\"call\":\"7\"}").word, APP_ANSWER);
	assert_int_equal(said("{\"type\":\"decline\",\"call\":\"7\"}").word, APP_DECLINE);
	assert_int_equal(said("{\"type\":\"hangup\",\"call\":\"7\"}").word, APP_HANGUP);
}

static void what_is_wrong_is_named(void **)
{
	assert_string_equal(wrong(""), "this is no JSON");
	assert_string_equal(wrong("{\"type\":\"answer\",\"call\":\"7\""), "this is no JSON");
	assert_string_equal(wrong("[]"), "a message is a JSON object");
	assert_non_null(strstr(wrong("{}"), "\"type\""));
	assert_non_null(strstr(wrong("{\"type\":7}"), "\"type\""));
	assert_non_null(strstr(wrong("{\"type\":\"ring\",\"call\":\"7\"}"), "\"type\""));
	assert_non_null(strstr(wrong("{\"type\":\"answer\"}"), "\"call\""));
	assert_non_null(strstr(wrong("{\"type\":\"answer\",\"call\":7}"), "\"call\""));
	assert_non_null(strstr(wrong("{\"type\":\"answer\",\"call\":\"-7\"}"), "\"call\""));
	assert_non_null(
		strstr(wrong("{\"type\":\"resume\",\"call\":\"7\",\"token\":\"0\"}"), "\"token\""));
	assert_non_null(strstr(wrong("{\"type\":\"sdp\",\"call\":\"7\"}"), "\"sdp\""));
	assert_non_null(
		strstr(wrong("{\"type\":\"open\",\"call\":\"7\",\"switch\":0}"), "\"switch\""));
	assert_non_null(
		strstr(wrong("{\"type\":\"open\",\"call\":\"7\",\"switch\":\"1\"}"), "\"switch\""));
	assert_non_null(
		strstr(wrong("{\"type\":\"digit\",\"call\":\"7\",\"digit\":\"55\"}"), "\"digit\""));
	assert_non_null(
		strstr(wrong("{\"type\":\"digit\",\"call\":\"7\",\"digit\":\"E\"}"), "\"digit\""));
	assert_non_null(strstr(wrong("{\"type\":\"dial\",\"to\":\"1\"}"), "\"device\""));
	assert_non_null(strstr(wrong("{\"type\":\"dial\",\"device\":\"1\"}"), "\"to\""));
	assert_non_null(strstr(wrong("{\"type\":\"dial\",\"device\":\"1\",\"to\":\"12345678901\"}"),
			       "\"to\""));
	assert_non_null(strstr(wrong("{\"type\":\"dial\",\"device\":\"1\",\"to\":\"1\",\"ref\":\""
				     "00000000000000000000000000000000000000000000000000000000"
				     "0000000000\"}"),
			       "\"ref\""));
}

/* So that the error can say what it is about. */
static void of_a_wrong_one_call_and_ref_are_known(void **)
{
	struct app_message m;
	const char *why;

	assert_int_equal(app_message_read(VIEW("{\"type\":\"no\",\"call\":\"5\",\"ref\":\"r\"}"),
					  &arena, &m, &why),
			 -EBADMSG);
	assert_int_equal(m.call, 5);
	assert_view(m.ref, "r");
}

static void no_memory_is_told(void **)
{
	struct arena none = ARENA_INIT(0);
	struct app_message m;
	const char *why;

	assert_int_equal(
		app_message_read(VIEW("{\"type\":\"answer\",\"call\":\"5\",\"ref\":\"r\"}"), &none,
				 &m, &why),
		-ENOMEM);
}

static void assert_text(struct buf *out, const char *text)
{
	assert_string_equal(buf_cstr(out), text);
	buf_reset(out);
}

static void a_call_is_told(void **)
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(4096);
	const struct app_switch switches[] = { { 1, "Door" }, { 2, "" } };
	struct app_call c = { .call = 7,
			      .device = 10,
			      .with = { 20, "Front \"door\"", "intercom" },
			      .token = TOKEN,
			      .sdp = VIEW("v=0\r\n"),
			      .ice = VIEW("[{\"urls\":[\"turn:a\"]}]"),
			      .switches = switches,
			      .nswitches = 2,
			      .camera = true,
			      .at = 1000,
			      .until = 61000,
			      .video = true };

	app_ring_print(&out, &c);
	assert_text(&out,
		    "{\"type\":\"ring\",\"call\":\"7\",\"from\":{\"device\":\"20\","
		    "\"name\":\"Front \\\"door\\\"\",\"kind\":\"intercom\"},\"at\":1000,"
		    "\"until\":61000,\"video\":true,\"device\":\"10\",\"token\":\"" TOKEN
		    "\",\"switches\":[{\"number\":1,\"name\":\"Door\"},{\"number\":2,"
		    "\"name\":\"\"}],\"camera\":true,\"sdp\":\"v=0\\u000d\\n\",\"ice\":[{\"urls\":"
		    "[\"turn:a\"]}]}");
	c.nswitches = 0;
	c.camera = c.video = false;
	c.test = true;
	c.sdp = c.ice = (struct view){};
	app_ring_print(&out, &c);
	assert_text(&out,
		    "{\"type\":\"ring\",\"call\":\"7\",\"from\":{\"device\":\"20\","
		    "\"name\":\"Front \\\"door\\\"\",\"kind\":\"intercom\"},\"at\":1000,"
		    "\"until\":61000,\"video\":false,\"test\":true,\"device\":\"10\",\"token\":\"" TOKEN
		    "\",\"switches\":[],\"camera\":false}");
	c.ref = VIEW("r");
	app_dialling_print(&out, &c);
	assert_text(&out,
		    "{\"type\":\"dialling\",\"call\":\"7\",\"ref\":\"r\",\"to\":{\"device\":"
		    "\"20\",\"name\":\"Front \\\"door\\\"\",\"kind\":\"intercom\"},"
		    "\"device\":\"10\",\"token\":\"" TOKEN "\",\"switches\":[],\"camera\":false}");
}

static void the_short_ones_are_told(void **)
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(4096);

	app_hello_print(&out, 5, (uint64_t[]){ 1, 2 }, 2);
	assert_text(&out, "{\"type\":\"hello\",\"now\":5,\"devices\":[\"1\",\"2\"]}");
	app_sdp_print(&out, 7, VIEW("v=0"));
	assert_text(&out, "{\"type\":\"sdp\",\"call\":\"7\",\"sdp\":\"v=0\"}");
	app_word_print(&out, 7, "ringing");
	assert_text(&out, "{\"type\":\"ringing\",\"call\":\"7\"}");
	app_talking_print(&out, 7, 9);
	assert_text(&out, "{\"type\":\"talking\",\"call\":\"7\",\"at\":9}");
	app_video_print(&out, 7, false);
	assert_text(&out, "{\"type\":\"video\",\"call\":\"7\",\"video\":false}");
	app_opened_print(&out, 7, 2);
	assert_text(&out, "{\"type\":\"opened\",\"call\":\"7\",\"switch\":2}");
	app_ended_print(&out, 7, "hangup", NULL);
	assert_text(&out, "{\"type\":\"ended\",\"call\":\"7\",\"why\":\"hangup\"}");
	app_ended_print(&out, 7, "answered_elsewhere", "Anna");
	assert_text(&out, "{\"type\":\"ended\",\"call\":\"7\",\"why\":\"answered_elsewhere\","
			  "\"by\":\"Anna\"}");
	app_error_print(&out, 0, (struct view){}, "busy", "No.");
	assert_text(&out, "{\"type\":\"error\",\"code\":\"busy\",\"detail\":\"No.\"}");
	app_error_print(&out, 7, VIEW("r"), "full", "No.");
	assert_text(&out, "{\"type\":\"error\",\"code\":\"full\",\"detail\":\"No.\","
			  "\"call\":\"7\",\"ref\":\"r\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_word_is_read),
		cmocka_unit_test(what_is_wrong_is_named),
		cmocka_unit_test(of_a_wrong_one_call_and_ref_are_known),
		cmocka_unit_test(no_memory_is_told),
		cmocka_unit_test(a_call_is_told),
		cmocka_unit_test(the_short_ones_are_told),
	};
	const int failed = cmocka_run_group_tests(tests, NULL, NULL);

	arena_free(&arena);
	return failed;
}
