/* sim/journal.h - the door's event log: a ring of events, and subscriptions that read it.
 *
 * Belongs to the loop's thread. Ids start at 1 with the program, as on a real device after a
 * restart. */
#pragma once
#include "base/buf.h"

enum {
	JOURNAL_EVENTS_MAX = 10000,
	JOURNAL_SUBSCRIPTIONS_MAX = 8,
	JOURNAL_LIFE_S = 90,
	JOURNAL_LIFE_MAX_S = 3600,
	JOURNAL_PULL_MAX = 128, /* events in one answer */
};

struct journal;

struct journal_param {
	const char *key; /* NULL ends the list */
	enum { JOURNAL_TEXT, JOURNAL_NUMBER, JOURNAL_FLAG } type;
	const char *text;
	int64_t number;
};

#define JP_S(k, cstr) ((struct journal_param){ .key = (k), .text = (cstr) })
#define JP_I(k, n)    ((struct journal_param){ .key = (k), .type = JOURNAL_NUMBER, .number = (n) })
#define JP_B(k, b)    ((struct journal_param){ .key = (k), .type = JOURNAL_FLAG, .number = (b) })
#define journal_add(j, event, ...)                                                                 \
	journal_write(j, event, (const struct journal_param[]){ __VA_ARGS__ __VA_OPT__(, ){} })

typedef void journal_wake_fn(void *arg);

[[nodiscard]] struct journal *journal_new(void);
void journal_free(struct journal *j);
/* wake is called after every event. */
void journal_on_event(struct journal *j, journal_wake_fn *wake, void *arg);
/* event is one of journal_names(). An event that finds no memory is lost and logged. */
void journal_write(struct journal *j, const char *event, const struct journal_param *params);
/* NULL-terminated. */
const char *const *journal_names(void);
/* Seconds since the program started. */
int64_t journal_uptime(void);

/* What a subscriber asks for. */
struct journal_wish {
	struct view filter; /* names with commas; empty = all */
	int64_t back_s;     /* include events as old as this; INT64_MAX = all, 0 = only new */
	int64_t life_s;
};

/* 0, -EINVAL for an unknown name in the filter, -EBUSY with too many subscriptions. */
[[nodiscard]] int journal_subscribe(struct journal *j, const struct journal_wish *wish,
				    uint32_t *ret_id);
/* 0 or -ENOENT. */
[[nodiscard]] int journal_unsubscribe(struct journal *j, uint32_t id);
/* The subscription lives for wait_s at least, and for its own time after that. 0 or -ENOENT. */
[[nodiscard]] int journal_keep(struct journal *j, uint32_t id, int64_t wait_s);
/* Appends {"events":[…]} with what is new to the subscription and extends its life; *ret_count
 * events. -ENOENT for an unknown or expired id. */
[[nodiscard]] int journal_pull(struct journal *j, uint32_t id, struct buf *out, size_t *ret_count);
