/* What mails say: every template in every language, against the golden files (UPDATE=1 writes them
 * anew), and arguments that try to become something else. */
#include "office/mail_text.h"
#include "../test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BASE "https://door.example.com"

static const char all_arguments[] =
	"{\"path\":\"/activate#0123456789abcdef\",\"by\":\"Clara Fabre\",\"place\":\"Maple House\","
	"\"apartment\":\"12 B\",\"device\":\"Front door\",\"number\":\"1000000001\","
	"\"time\":\"14:05\",\"email\":\"new@example.com\",\"visitor\":\"Émile\",\"pin\":\"48213\","
	"\"password\":\"Kx7pQ2\","
	"\"validity\":\"24–26 Dec\",\"subject\":\"The “bell” is mute\","
	"\"text\":\"Have you tried this?\\r\\n\\r\\n1. Off & on\\r\\n2.\\tAgain <now>\"}";

static struct mail_ask ask_of(const char *template, const char *arguments)
{
	return (struct mail_ask){ .template = view_str(template), .language = VIEW("en"),
				  .name = VIEW("Zoë"), .arguments = view_str(arguments),
				  .public_url = BASE };
}

/* Holds text against a file of the golden folder. */
static void check_golden(const char *name, struct view text)
{
	CLEANUP(buf_free) struct buf have = BUF_INIT(1 << 20);
	char path[512], part[4096];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", getenv("VESTIBULE_GOLDEN"), name);
	if (getenv("UPDATE")) {
		f = fopen(path, "we");
		assert_non_null(f);
		assert_int_equal(fwrite(text.p, 1, text.n, f), text.n);
		fclose(f);
	}
	f = fopen(path, "re");
	if (!f)
		fail_msg("there is no %s", path);
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(&have, (struct view){ part, n });
	fclose(f);
	if (!view_eq(buf_view(&have), text))
		fail_msg("%s differs; it is now:\n%.*s", name, (int)text.n, text.p);
}

static void check_language(const char *language)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(4 << 20);
	CLEANUP(buf_free) struct buf all = BUF_INIT(1 << 20);
	struct mail_letter letter;
	struct err err = {};
	char name[64];

	for (size_t i = 0; mail_text_name(i); i++) {
		struct mail_ask ask = ask_of(mail_text_name(i), all_arguments);

		ask.language = view_str(language);
		if (mail_text_render(&ask, &arena, &letter, &err) < 0)
			fail_msg("%s: %s", mail_text_name(i), err.text);
		assert_null(strpbrk(letter.text.p, "{}")); /* placeholders that no argument fills */
		assert_null(strpbrk(letter.subject.p, "{}"));
		buf_printf(&all, "==== %s\nSubject: %s\n\n%s\n", mail_text_name(i), letter.subject.p,
			   letter.text.p);
		if (strcmp(mail_text_name(i), "ticket_answer") != 0)
			continue;
		snprintf(name, sizeof(name), "ticket_answer.%s.html", language);
		check_golden(name, letter.html);
	}
	snprintf(name, sizeof(name), "all.%s.txt", language);
	check_golden(name, buf_view(&all));
}

static void every_template_says_what_it_should(void **)
{
	check_language("en");
	check_language("fr");
}

static void every_language_has_every_placeholder_filled(void **)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(8 << 20);
	struct mail_letter letter;

	assert_string_equal(mail_text_language(0), "en"); /* which others fall back to */
	for (size_t l = 0; mail_text_language(l); l++)
		for (size_t i = 0; mail_text_name(i); i++) {
			struct mail_ask ask = ask_of(mail_text_name(i), all_arguments);

			ask.language = view_str(mail_text_language(l));
			assert_int_equal(mail_text_render(&ask, &arena, &letter, NULL), 0);
			assert_true(view_eq(letter.language, ask.language));
			assert_null(strpbrk(letter.subject.p, "{}"));
			assert_null(strpbrk(letter.text.p, "{}"));
		}
}

static void a_missing_argument_is_named(void **)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1 << 20);
	struct mail_letter letter;
	struct err err = {};
	struct mail_ask ask = ask_of("invitation", "{\"by\":\"A\",\"path\":\"/x\"}");

	assert_int_equal(mail_text_render(&ask, &arena, &letter, &err), -EINVAL);
	assert_string_equal(err.text, "argument place is missing");
	ask = ask_of("invitation", "{\"by\":\"A\",\"path\":\"/x\",\"place\":7}");
	assert_int_equal(mail_text_render(&ask, &arena, &letter, &err), -EINVAL);
	ask = ask_of("nothing", "{}");
	assert_int_equal(mail_text_render(&ask, &arena, &letter, &err), -EINVAL);
	ask = ask_of("two_factor_on", "[]");
	assert_int_equal(mail_text_render(&ask, &arena, &letter, &err), -EINVAL);
	ask = ask_of("two_factor_on", "{");
	assert_int_equal(mail_text_render(&ask, &arena, &letter, &err), -EINVAL);
}

static void a_link_stays_on_this_server(void **)
{
	static const char *const bad[] = { "", "x", "//evil.example", "https://evil.example",
					   "/a b", "/\\\"x", "/<x>", "/\\u0000", "/\\n", "/é", "/'" };
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1 << 20);
	struct mail_letter letter;
	char json[128];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct mail_ask ask = ask_of("activation", json);

		snprintf(json, sizeof(json), "{\"path\":\"%s\"}", bad[i]);
		ask.arguments = view_str(json);
		if (mail_text_render(&ask, &arena, &letter, NULL) == 0)
			fail_msg("%s is taken", bad[i]);
	}
}

static void no_value_becomes_markup_or_another_value(void **)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1 << 20);
	struct mail_letter letter;
	struct mail_ask ask = ask_of("added_to_place",
				     "{\"by\":\"<script>alert('x')</script>\",\"path\":\"/?a=1&b=2\","
				     "\"place\":\"{by}\\\"onload=\\\"\"}");

	ask.name = VIEW("<img src=x>");
	assert_int_equal(mail_text_render(&ask, &arena, &letter, NULL), 0);
	assert_null(strstr(letter.html.p, "<script"));
	assert_null(strstr(letter.html.p, "<img"));
	assert_null(strstr(letter.html.p, "\"onload"));
	assert_non_null(strstr(letter.html.p, "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"));
	assert_non_null(strstr(letter.html.p, "{by}&quot;onload=&quot;"));
	assert_non_null(strstr(letter.html.p, "href=\"" BASE "/?a=1&amp;b=2\""));
	assert_non_null(strstr(letter.text.p, "{by}\"onload=\""));
}

static void no_line_becomes_two(void **)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1 << 20);
	struct mail_letter letter;
	struct mail_ask ask = ask_of("ticket_closed", "{\"number\":\"1\",\"path\":\"/x\","
						      "\"subject\":\"a\\r\\nBcc: x@example.com\"}");

	assert_int_equal(mail_text_render(&ask, &arena, &letter, NULL), -EINVAL);
	ask.arguments = VIEW("{\"number\":\"1\",\"path\":\"/x\",\"subject\":\"a\\nb\"}");
	assert_int_equal(mail_text_render(&ask, &arena, &letter, NULL), -EINVAL);
}

static const char *greeting(struct arena *arena, struct view name)
{
	struct mail_letter letter;
	struct mail_ask ask = ask_of("two_factor_on", "{}");

	ask.name = name;
	assert_int_equal(mail_text_render(&ask, arena, &letter, NULL), 0);
	*strchr((char *)(uintptr_t)letter.text.p, '\n') = '\0';
	return letter.text.p;
}

/* Whoever registers chooses the name and the address: no way to send strangers a link. */
static void a_name_that_could_be_a_link_is_left_out(void **)
{
	static const char *const bad[] = { "", "free money at evil.example", "https://x", "x/y", "a@b",
					   "tel:1", "a\nb" };
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(4 << 20);

	assert_string_equal(greeting(&arena, VIEW("Dr. Zoë O'Neil-Smith")), "Hello Dr. Zoë O'Neil-Smith,");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_string_equal(greeting(&arena, view_str(bad[i])), "Hello,");
}

static void secrets_are_hidden_from_others(void **)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(4 << 20);
	struct mail_letter letter;
	size_t secrets = 0;

	for (size_t i = 0; mail_text_name(i); i++) {
		struct mail_ask ask = ask_of(mail_text_name(i), all_arguments);

		ask.hide = true;
		assert_int_equal(mail_text_render(&ask, &arena, &letter, NULL), 0);
		secrets += letter.secret;
		if (letter.secret) {
			assert_null(strstr(letter.text.p, "0123456789abcdef"));
			assert_null(strstr(letter.html.p, "0123456789abcdef"));
		}
		assert_null(strstr(letter.text.p, "48213"));
		assert_null(strstr(letter.html.p, "48213"));
		assert_null(strstr(letter.text.p, "Kx7pQ2"));
		assert_null(strstr(letter.html.p, "Kx7pQ2"));
	}
	assert_int_equal(secrets, 9);
}

/* The person's language, else the site's, else English; a region does not matter. */
static void an_unknown_language_is_the_sites_or_english(void **)
{
	static const struct {
		struct view person, site, got;
	} cases[] = {
		{ VIEW("fr"), VIEW("en"), VIEW("fr") },
		{ VIEW("fr-CA"), VIEW("en"), VIEW("fr") },
		{ VIEW("tlh"), VIEW("fr"), VIEW("fr") },
		{ VIEW("tlh"), VIEW("fr-BE"), VIEW("fr") },
		{ VIEW("tlh"), VIEW("vul"), VIEW("en") },
		{ VIEW("tlh"), {}, VIEW("en") },
		{ VIEW("fra"), VIEW(""), VIEW("en") },
		{ VIEW("en-GB"), VIEW("fr"), VIEW("en") },
	};
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1 << 20);
	struct mail_letter letter;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mail_ask ask = ask_of("two_factor_on", "{}");

		ask.language = cases[i].person;
		ask.site_language = cases[i].site;
		assert_int_equal(mail_text_render(&ask, &arena, &letter, NULL), 0);
		if (!view_eq(letter.language, cases[i].got))
			fail_msg("case %zu gets %s", i, letter.language.p);
	}
}

static void a_base_is_the_beginning_of_a_link(void **)
{
	static const char *const good[] = { "http://127.0.0.1:8080", "https://door.example.com",
					    "https://[::1]:8443", "https://example.com/door" };
	static const char *const bad[] = { "", "door.example.com", "ftp://x", "https://", "https:///x",
					   "https://x/", "https://x y", "https://x?y", "https://x#y",
					   "https://x\n", "https://u:p@x", "https://x\"", "javascript:x" };

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!mail_base_fits(good[i]))
			fail_msg("%s is refused", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (mail_base_fits(bad[i]))
			fail_msg("%s is taken", bad[i]);
	assert_false(mail_base_fits(NULL));
}

/* The longest mail that its arguments can make is still one. */
static void a_mail_of_the_longest_arguments_is_made(void **)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(4 << 20);
	CLEANUP(buf_free) struct buf json = BUF_INIT(1 << 20);
	struct mail_letter letter;
	struct mail_ask ask = ask_of("ticket_answer", "");

	buf_str(&json, "{\"number\":\"1\",\"subject\":\"s\",\"by\":\"b\",\"path\":\"/x\",\"text\":\"");
	for (int i = 0; i < MAIL_LONG_MAX; i++)
		buf_chr(&json, '\'');
	buf_str(&json, "\"}");
	ask.arguments = buf_view(&json);
	assert_int_equal(mail_text_render(&ask, &arena, &letter, NULL), 0);
	json.p[json.n - 2] = 'x';
	buf_str(&json, "\"}");
	ask.arguments = buf_view(&json);
	assert_int_equal(mail_text_render(&ask, &arena, &letter, NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_template_says_what_it_should),
		cmocka_unit_test(every_language_has_every_placeholder_filled),
		cmocka_unit_test(a_missing_argument_is_named),
		cmocka_unit_test(a_link_stays_on_this_server),
		cmocka_unit_test(no_value_becomes_markup_or_another_value),
		cmocka_unit_test(no_line_becomes_two),
		cmocka_unit_test(a_name_that_could_be_a_link_is_left_out),
		cmocka_unit_test(secrets_are_hidden_from_others),
		cmocka_unit_test(an_unknown_language_is_the_sites_or_english),
		cmocka_unit_test(a_base_is_the_beginning_of_a_link),
		cmocka_unit_test(a_mail_of_the_longest_arguments_is_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
