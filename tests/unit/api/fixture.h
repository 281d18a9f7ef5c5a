/* Two companies on a fresh database (SQLite, or the PostgreSQL that
 * VESTIBULE_TEST_DB names), and requests that run without a socket.
 *
 * Company 1 has the sites `own` and `next_door`, company 2 `foreign`; there is a person for each
 * role of company 1 and its site `own`, signed in with a session of a known token. The apartment's
 * admin lives in `home`, nobody in the others: `beside` of the same site, `next_home` and
 * `foreign_home` of the other two. */
#pragma once
#include "api/limits.h"
#include "api/password.h"
#include "api/request.h"
#include "api/resource.h"
#include "../test.h"

#define NOW INT64_C(1700000000000)

#define NOBODY ROLE_NONE

struct fixture {
	char folder[64];
	char url[256];
	struct db *db;
	struct clock_virtual clock;
	struct rand_seeded rand;
	struct env env;
	struct arena arena; /* of the current request, and of what it answered */
	struct arena setup;
	struct answer answer;
	int64_t own, next_door, foreign;
	int64_t company, foreign_company;
	int64_t home, beside, next_home, foreign_home;
	int64_t person[ROLES];
	/* What the next request says. */
	struct ask ask;
	struct view bytes; /* its body, where that is no text */
	int64_t now;
};

int fixture_setup(void **state);
int fixture_teardown(void **state);

/* Runs a request as the person of a role; the path may carry a query. A 2xx answer is held against
 * the shape of its route. Returns the status. */
unsigned fixture_call(struct fixture *f, enum role role, const char *method, const char *path,
		      const char *body);
/* The answer's body. */
const char *fixture_text(struct fixture *f);
/* A member of the answer, such as "id", as text in the fixture's arena; fails without it. */
const char *fixture_get(struct fixture *f, const char *name);
/* The field of the answer with that name, or "". */
const char *fixture_field(struct fixture *f, const char *name);
/* printf into memory that lives as long as the fixture. */
const char *fixture_path(struct fixture *f, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#define assert_status(f, want, ...)                                                                \
	do {                                                                                       \
		const unsigned have_ = fixture_call(f, __VA_ARGS__);                               \
		if (have_ != (want))                                                               \
			fail_msg("%u instead of %u: %s", have_, (unsigned)(want), fixture_text(f)); \
	} while (0)
#define assert_problem(f, want, want_field, ...)                                                   \
	do {                                                                                       \
		assert_status(f, want, __VA_ARGS__);                                               \
		assert_string_equal(fixture_get(f, "field"), want_field);                          \
	} while (0)
