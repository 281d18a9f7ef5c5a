/* base/mem.h - cleanup at the end of a scope, and an arena per request.
 *
 * An arena belongs to one thread; all it gave out is freed at once. */
#pragma once
#include "base/buf.h"

#define CLEANUP(fn) __attribute__((cleanup(fn)))
#define AUTO_FREE CLEANUP(mem_free_ptr)
/* Moves a pointer out of a variable, so that its cleanup leaves it alone. */
#define TAKE(ptr)                                                                                  \
	({                                                                                         \
		typeof(ptr) *take_ = &(ptr);                                                       \
		typeof(ptr) taken_ = *take_;                                                       \
		*take_ = NULL;                                                                     \
		taken_;                                                                            \
	})

/* For AUTO_FREE: frees what the variable points at. */
void mem_free_ptr(void *ptr_to_variable);

struct arena_block;
struct arena {
	struct arena_block *head;
	size_t used; /* bytes given out */
	size_t max;  /* bytes; beyond it allocations fail */
	size_t block; /* bytes taken from the system at once, at least; 0: 4,096 */
	bool full;    /* one has failed for that, and not for want of memory */
};

#define ARENA_INIT(max_bytes) ((struct arena){ .max = (max_bytes) })

/* Zeroed and aligned for any type; NULL without memory or above max. */
[[nodiscard]] void *arena_alloc(struct arena *a, size_t n);
[[nodiscard]] char *arena_dup(struct arena *a, struct view v);
[[nodiscard]] char *arena_printf(struct arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void arena_free(struct arena *a);
