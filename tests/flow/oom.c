#include "oom.h"

#include <stddef.h>

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

static struct {
	unsigned left; /* allocations until one fails; 0: none will */
	bool in_server, failed;
} oom;

void oom_arm(unsigned n)
{
	oom.left = n;
	oom.failed = false;
}

bool oom_disarm(void)
{
	oom.left = 0;
	return oom.failed;
}

void oom_server(bool entered)
{
	oom.in_server = entered;
}

static bool fails(void)
{
	if (!oom.in_server || !oom.left || --oom.left)
		return false;
	return oom.failed = true;
}

void *__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return fails() ? NULL : __real_realloc(p, n);
}
