#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BLOCK = 4096 };

struct arena_block {
	struct arena_block *next;
	size_t size;
	size_t used;
	_Alignas(max_align_t) char bytes[];
};

void mem_free_ptr(void *ptr_to_variable)
{
	void **variable = ptr_to_variable;

	free(*variable);
}

static struct arena_block *block_new(struct arena *a, size_t n)
{
	const size_t least = a->block ? a->block : ARENA_BLOCK;
	const size_t size = n > least ? n : least;
	struct arena_block *block = calloc(1, sizeof(*block) + size);

	if (!block)
		return NULL;
	block->size = size;
	block->next = a->head;
	a->head = block;
	return block;
}

void *arena_alloc(struct arena *a, size_t n)
{
	const size_t align = _Alignof(max_align_t);

	if (n > a->max || a->used > a->max - n) {
		a->full = true;
		return NULL;
	}
	n = (n + align - 1) / align * align;
	struct arena_block *block = a->head;
	if (!block || block->size - block->used < n) {
		block = block_new(a, n);
		if (!block)
			return NULL;
	}
	void *p = block->bytes + block->used;
	block->used += n;
	a->used += n;
	return p;
}

char *arena_dup(struct arena *a, struct view v)
{
	char *copy = arena_alloc(a, v.n + 1);

	if (copy && v.n > 0)
		memcpy(copy, v.p, v.n);
	return copy;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	const int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	char *text = n < 0 ? NULL : arena_alloc(a, (size_t)n + 1);
	if (!text)
		return NULL;
	va_start(ap, fmt);
	vsnprintf(text, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return text;
}

void arena_free(struct arena *a)
{
	while (a->head) {
		struct arena_block *block = a->head;
		a->head = block->next;
		free(block);
	}
	a->used = 0;
	a->full = false;
}
