#include "call/machine.h"
#include "../test.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_state_and_event_is_decided),
		cmocka_unit_test(an_ended_call_does_nothing_more),
		cmocka_unit_test(every_living_state_can_be_stopped),
		cmocka_unit_test(only_ringing_calls_are_answered),
		cmocka_unit_test(the_diagram_has_a_line_per_allowed_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
