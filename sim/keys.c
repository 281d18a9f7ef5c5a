#include "keys.h"
#include <string.h>

bool keys_press(struct keys *k, char digit, enum keys_way way, int64_t now_ms)
{
	if (k->twin == digit && k->way != way && now_ms - k->twin_ms < KEYS_TWIN_MS) {
		k->twin = 0;
		return false;
	}
	if (now_ms - k->last_ms > KEYS_PAUSE_MS)
		k->typed[0] = 0;
	k->twin = digit;
	k->way = way;
	k->twin_ms = k->last_ms = now_ms;
	size_t n = strlen(k->typed);
	if (n == KEYS_MAX)
		memmove(k->typed, k->typed + 1, n--);
	k->typed[n] = digit;
	k->typed[n + 1] = 0;
	return true;
}

bool keys_took(struct keys *k, const char *code)
{
	size_t n = strlen(k->typed), want = strlen(code);

	if (!want || n < want || memcmp(k->typed + n - want, code, want))
		return false;
	k->typed[0] = 0;
	return true;
}
