#include "params.h"
#include "../test.h"
#include <errno.h>
#include <string.h>

static void assert_param(const struct params *p, const char *name, const char *value)
{
	struct view v = params_get(p, name);

	assert_int_equal(v.n, strlen(value));
	assert_memory_equal(v.p, value, v.n);
}

static void a_query_is_decoded(void **)
{
	struct params p = {};

	assert_int_equal(params_add(&p, VIEW("a=1&b=%2A+%c3%A9&&c&d=x=y&a=2")), 0);
	assert_param(&p, "a", "1");
	assert_param(&p, "b", "* \xc3\xa9");
	assert_param(&p, "c", "");
	assert_param(&p, "d", "x=y");
	assert_param(&p, "e", "");
	assert_int_equal(params_add(&p, VIEW("%")), -EINVAL);
	assert_int_equal(params_add(&p, VIEW("a=%4")), -EINVAL);
	assert_int_equal(params_add(&p, VIEW("a=%g0")), -EINVAL);
}

static void numbers_are_numbers(void **)
{
	struct params p = {};
	uint64_t n = 7;

	assert_int_equal(params_add(&p, VIEW("a=12&b=x&c=13&d=")), 0);
	assert_int_equal(params_number(&p, "a", 12, &n), 0);
	assert_int_equal(n, 12);
	assert_int_equal(params_number(&p, "b", 12, &n), -EINVAL);
	assert_int_equal(params_number(&p, "c", 12, &n), -ERANGE);
	assert_int_equal(params_number(&p, "d", 12, &n), -ENOENT);
	assert_int_equal(n, 12);
}

static void the_limits_hold(void **)
{
	struct params p = {};
	char text[PARAMS_BYTES_MAX + 4] = "a=";

	memset(text + 2, 'x', PARAMS_BYTES_MAX - 1);
	assert_int_equal(params_add(&p, (struct view){ text, PARAMS_BYTES_MAX + 1 }), 0);
	assert_int_equal(params_add(&p, VIEW("b")), -E2BIG);
	p = (struct params){};
	for (int i = 0; i < PARAMS_COUNT_MAX; i++)
		assert_int_equal(params_add(&p, VIEW("a=1")), 0);
	assert_int_equal(params_add(&p, VIEW("a=1")), -E2BIG);
}

static void a_boundary_is_found(void **)
{
	struct view b = params_boundary(VIEW("Multipart/Form-Data; charset=x; Boundary=\"a b\""));

	assert_int_equal(b.n, 3);
	assert_memory_equal(b.p, "a b", 3);
	assert_int_equal(params_boundary(VIEW("multipart/form-data; boundary=x")).n, 1);
	assert_int_equal(params_boundary(VIEW("multipart/form-data")).n, 0);
	assert_int_equal(params_boundary(VIEW("multipart/mixed; boundary=x")).n, 0);
	assert_int_equal(params_boundary(VIEW("")).n, 0);
}

static int parts(struct params *p, const char *body)
{
	*p = (struct params){};
	return params_add_multipart(p, view_str(body), VIEW("b"));
}

static void parts_become_parameters(void **)
{
	struct params p;

	assert_int_equal(parts(&p,
			       "--b\r\nContent-Type: x\r\n"
			       "content-disposition: form-data; name=\"a\"; filename=\"f\"\r\n\r\n"
			       "1\r\n%2A\r\n--b\r\nContent-Disposition: form-data; name=c\r\n\r\n"
			       "\r\n--b--\r\n"),
			 0);
	assert_int_equal(p.count, 2);
	assert_param(&p, "a", "1\r\n%2A");
	assert_param(&p, "c", "");
	assert_int_equal(parts(&p, "--b--"), 0);
	assert_int_equal(p.count, 0);
}

static void broken_parts_are_refused(void **)
{
	static const char *const bad[] = {
		"",
		"--b",
		"--b\r\n",
		"x--b--",
		"--b\r\n--b--",
		"--b\r\n\r\n--b--",
		"--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--b",
		"--b\r\nContent-Disposition: form-data\r\n\r\n1\r\n--b--",
		"--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--bc--",
	};
	struct params p;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(parts(&p, bad[i]), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_query_is_decoded),
		cmocka_unit_test(numbers_are_numbers),
		cmocka_unit_test(the_limits_hold),
		cmocka_unit_test(a_boundary_is_found),
		cmocka_unit_test(parts_become_parameters),
		cmocka_unit_test(broken_parts_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
