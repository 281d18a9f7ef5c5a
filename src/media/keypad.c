#include "media/keypad.h"

#include <string.h>

enum {
	STEPS = RELAY_PRESS_MS / KEYPAD_STEP_MS, /* the last of them is an end */
	PACKETS = STEPS + KEYPAD_ENDS - 1,
	END = 0x80,
};

void keypad_init(struct keypad *k, uint32_t clock_hz, uint32_t ssrc, const struct digit *heard)
{
	*k = (struct keypad){ .clock_hz = clock_hz, .ssrc = ssrc, .heard = *heard };
}

static bool wait(struct keypad *k, char key)
{
	if (k->nkeys == KEYPAD_KEYS_MAX)
		return false;
	k->keys[k->nkeys++] = key;
	return true;
}

bool keypad_add(struct keypad *k, char key, int64_t now_us)
{
	if (digit_code(key) < 0 || !wait(k, key))
		return false;
	k->recent[k->next++ % KEYPAD_RECENT_MAX] = (struct keypad_press){ key, now_us };
	return true;
}

void keypad_stop(struct keypad *k)
{
	k->nkeys = k->sent = 0;
}

bool keypad_presses(const struct keypad *k)
{
	return k->sent != 0;
}

int64_t keypad_due_us(const struct keypad *k, int64_t now_us)
{
	const int64_t free_us = k->begun_us + (RELAY_PRESS_MS + RELAY_PAUSE_MS) * INT64_C(1000);

	if (k->sent)
		return k->begun_us + k->sent * KEYPAD_STEP_MS * INT64_C(1000);
	if (!k->nkeys)
		return -1;
	return k->begun && free_us > now_us ? free_us : now_us;
}

/* What is left of a press that was passed on is of no use to the peer any more. */
static void begin(struct keypad *k, int64_t now_us)
{
	k->key = k->keys[0];
	memmove(k->keys, k->keys + 1, --k->nkeys);
	k->begun = true;
	k->begun_us = now_us;
	k->swallowed = true;
}

static uint16_t duration(const struct keypad *k, unsigned steps)
{
	const uint64_t units = (uint64_t)steps * KEYPAD_STEP_MS * k->clock_hz / 1000;

	return units < UINT16_MAX ? (uint16_t)units : UINT16_MAX;
}

void keypad_next(struct keypad *k, int64_t now_us, struct line_event *ret_event)
{
	unsigned steps;
	uint16_t units;

	if (!k->sent)
		begin(k, now_us);
	steps = ++k->sent < STEPS ? k->sent : STEPS;
	units = duration(k, steps);
	*ret_event = (struct line_event){
		.begins = k->sent == 1,
		.payload = { (uint8_t)digit_code(k->key),
			     (uint8_t)((steps == STEPS ? END : 0) | KEYPAD_VOLUME),
			     (uint8_t)(units >> 8), (uint8_t)units },
	};
	if (k->sent == PACKETS)
		k->sent = 0;
}

static bool take_twin(struct keypad *k, char key, int64_t now_us)
{
	for (unsigned i = 0; i < KEYPAD_RECENT_MAX; i++) {
		struct keypad_press *p =
			&k->recent[(k->next + i) % KEYPAD_RECENT_MAX]; /* oldest first */

		if (p->key == key && now_us - p->at_us <= KEYPAD_TWIN_MS * INT64_C(1000)) {
			p->key = 0;
			return true;
		}
	}
	return false;
}

static bool take_turn(struct keypad *k, char key)
{
	const bool busy = k->sent || k->nkeys;

	if (busy)
		(void)wait(k, key);
	return busy;
}

/* Another source begins its timestamps anew. */
static void source_note(struct keypad *k, uint32_t ssrc)
{
	if (ssrc == k->ssrc)
		return;
	k->ssrc = ssrc;
	k->heard = (struct digit){};
	k->swallowed = false;
}

bool keypad_passes(struct keypad *k, const uint8_t *p, const struct rtp *rtp, int64_t now_us)
{
	const size_t n = (size_t)(rtp->end - rtp->payload);
	char key;

	source_note(k, rtp->ssrc);
	key = digit_read(&k->heard, rtp->ts, p + rtp->payload, n);
	if (key)
		k->swallowed = take_twin(k, key, now_us) || take_turn(k, key);
	return !k->swallowed;
}
