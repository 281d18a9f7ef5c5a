#include "call/dtmf.h"

#include <string.h>

static bool take_twin(struct dtmf *d, char digit, enum dtmf_how how, int64_t now_ms)
{
	for (unsigned i = 0; i < DTMF_RECENT_MAX; i++) {
		struct dtmf_press *p = &d->recent[(d->next + i) % DTMF_RECENT_MAX]; /* oldest first */

		if (p->digit == digit && p->how != how && now_ms - p->at_ms <= DTMF_TWIN_MS) {
			p->digit = 0;
			return true;
		}
	}
	return false;
}

bool dtmf_press(struct dtmf *d, char digit, enum dtmf_how how, int64_t now_ms)
{
	if (take_twin(d, digit, how, now_ms))
		return false;
	d->recent[d->next++ % DTMF_RECENT_MAX] = (struct dtmf_press){ digit, how, now_ms };
	if (now_ms - d->last_ms > DTMF_GAP_MS)
		d->ntyped = 0;
	d->last_ms = now_ms;
	if (d->ntyped == DTMF_TYPED_MAX)
		memmove(d->typed, d->typed + 1, --d->ntyped);
	d->typed[d->ntyped++] = digit;
	return true;
}

bool dtmf_take_code(struct dtmf *d, const char *code)
{
	const size_t n = strlen(code);

	if (!n || n > d->ntyped || memcmp(d->typed + d->ntyped - n, code, n) != 0)
		return false;
	d->ntyped = 0;
	return true;
}
