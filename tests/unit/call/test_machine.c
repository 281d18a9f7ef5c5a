#include "call/machine.h"
#include "../test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void every_state_and_event_is_decided(void **)
{
	for (int s = 0; s < CALL_NSTATES; s++) {
		for (int e = 0; e < CALL_NEVENTS; e++) {
			const struct call_step *step = call_step((enum call_state)s, (enum call_event)e);

			if (!step->allowed) {
				assert_int_equal(step->action, CALL_DO_NOTHING);
				continue;
			}
			assert_true(step->next >= (enum call_state)s); /* a call never goes back */
			assert_true(step->next < CALL_NSTATES);
		}
	}
}

static void an_ended_call_does_nothing_more(void **)
{
	for (int e = 0; e < CALL_NEVENTS; e++)
		assert_false(call_step(CALL_ENDED, (enum call_event)e)->allowed);
}

static void every_living_state_can_be_stopped(void **)
{
	for (int s = 0; s < CALL_ENDED; s++) {
		const struct call_step *step = call_step((enum call_state)s, CALL_EV_STOP);

		assert_true(step->allowed);
		assert_int_equal(step->next, CALL_ENDED);
		assert_int_equal(step->action, CALL_DO_SHUT);
	}
}

static void only_ringing_calls_are_answered(void **)
{
	for (int s = 0; s < CALL_NSTATES; s++)
		assert_int_equal(call_step((enum call_state)s, CALL_EV_ANSWER)->allowed, s == CALL_RINGING);
}

static void the_diagram_has_a_line_per_allowed_step(void **)
{
	struct buf out = BUF_INIT(65536);
	size_t lines = 0, allowed = 0;

	call_diagram(&out);
	for (const char *p = buf_cstr(&out); (p = strstr(p, " --> ")); p++)
		lines++;
	for (int s = 0; s < CALL_NSTATES; s++) {
		for (int e = 0; e < CALL_NEVENTS; e++)
			allowed += call_step((enum call_state)s, (enum call_event)e)->allowed;
	}
	assert_int_equal(lines, allowed + 2);
	assert_non_null(strstr(out.p, "\tringing --> talking: answer\n"));
	buf_free(&out);
}

/* Pinned down in words: what a call must never do, whatever the order in which the network brings
 * things. The whole table stands in doc/call-states.md, which the next test compares. */
static void each_state_takes_its_events_and_no_others(void **)
{
	static const char *const allowed[CALL_NSTATES] = {
		[CALL_NEW] = " routed nobody leg_lost cancel stop ",
		[CALL_RINGING] = " progress answer leg_lost all_lost cancel ring_timeout stop ",
		[CALL_TALKING] = " hangup talk_limit silent stop ",
		[CALL_ENDED] = " ",
	};

	for (int s = 0; s < CALL_NSTATES; s++) {
		for (int e = 0; e < CALL_NEVENTS; e++) {
			char word[32];

			snprintf(word, sizeof(word), " %s ", call_event_name((enum call_event)e));
			assert_int_equal(call_step((enum call_state)s, (enum call_event)e)->allowed,
					 strstr(allowed[s], word) != NULL);
		}
	}
}

/* With UPDATE=1 it is written anew. */
static void the_document_shows_the_table(void **)
{
	static const char head[] =
		"# The states of a call\n\nPrinted from the table in `src/call/machine.c` by "
		"`UPDATE=1 meson test -C build call_machine`.\n\n```mermaid\n";
	struct buf out = BUF_INIT(65536), file = BUF_INIT(65536);
	const bool update = getenv("UPDATE") != NULL;
	FILE *f = fopen(DIAGRAM, update ? "w" : "r");
	int c;

	assert_non_null(f);
	buf_str(&out, head);
	call_diagram(&out);
	buf_str(&out, "```\n");
	if (update)
		assert_int_equal(fwrite(out.p, 1, out.n, f), out.n);
	while (!update && (c = getc(f)) != EOF)
		buf_chr(&file, (char)c);
	fclose(f);
	if (!update)
		assert_string_equal(buf_cstr(&file), buf_cstr(&out));
	buf_free(&out);
	buf_free(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_state_and_event_is_decided),
		cmocka_unit_test(an_ended_call_does_nothing_more),
		cmocka_unit_test(every_living_state_can_be_stopped),
		cmocka_unit_test(only_ringing_calls_are_answered),
		cmocka_unit_test(each_state_takes_its_events_and_no_others),
		cmocka_unit_test(the_diagram_has_a_line_per_allowed_step),
		cmocka_unit_test(the_document_shows_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
