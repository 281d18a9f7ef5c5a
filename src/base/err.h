/* base/err.h - an error that a person will read: a negative errno and one sentence. */
#pragma once

enum { ERR_TEXT_MAX = 512 };

struct err {
	int code; /* 0 or a negative errno */
	char text[ERR_TEXT_MAX];
};

/* Fills *e (which may be NULL) and returns code, so that `return err_set(…)` reads well. */
int err_set(struct err *e, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
