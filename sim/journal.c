#include "journal.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"

enum { PARAMS_MAX = 2048 };

static const char *const NAMES[] = {
	"DeviceState",
	"KeyPressed",
	"KeyReleased",
	"CallStateChanged",
	"CallSessionStateChanged",
	"RegistrationStateChanged",
	"SwitchStateChanged",
	"OutputChanged",
	"DtmfEntered",
	"CodeEntered",
	NULL,
};

struct entry {
	uint32_t id;
	int name; /* index of NAMES */
	int64_t utc_s;
	int64_t up_s;
	char *params; /* JSON; owned */
};

struct subscription {
	uint32_t id;     /* 0 = free */
	uint32_t wanted; /* a bit for each of NAMES */
	uint32_t next;   /* the first event not pulled yet */
	int64_t life_s;
	int64_t ends_s; /* uptime */
};

struct journal {
	struct entry ring[JOURNAL_EVENTS_MAX]; /* event id stands at id % JOURNAL_EVENTS_MAX */
	uint32_t last;                         /* id of the newest event, 0 = none */
	struct subscription subs[JOURNAL_SUBSCRIPTIONS_MAX];
	journal_wake_fn *wake;
	void *arg;
};

static int64_t started_us;

int64_t journal_uptime(void)
{
	return (clock_mono_us(clock_system()) - started_us) / 1000000;
}

const char *const *journal_names(void)
{
	return NAMES;
}

static int name_index(struct view name)
{
	for (int i = 0; NAMES[i]; i++)
		if (view_eq(name, view_str(NAMES[i])))
			return i;
	return -1;
}

struct journal *journal_new(void)
{
	if (!started_us)
		started_us = clock_mono_us(clock_system());
	return calloc(1, sizeof(struct journal));
}

void journal_free(struct journal *j)
{
	if (!j)
		return;
	for (size_t i = 0; i < JOURNAL_EVENTS_MAX; i++)
		free(j->ring[i].params);
	free(j);
}

void journal_on_event(struct journal *j, journal_wake_fn *wake, void *arg)
{
	j->wake = wake;
	j->arg = arg;
}

static char *params_json(const struct journal_param *params)
{
	struct buf out = BUF_INIT(PARAMS_MAX);
	struct json json = JSON_TO(&out);

	json_open(&json);
	for (; params->key; params++) {
		json_key(&json, params->key);
		if (params->type == JOURNAL_TEXT)
			json_str(&json, params->text);
		else if (params->type == JOURNAL_NUMBER)
			json_int(&json, params->number);
		else
			json_bool(&json, params->number);
	}
	json_close(&json);
	char *text = out.err ? NULL : view_dup(buf_view(&out));
	buf_free(&out);
	return text;
}

void journal_write(struct journal *j, const char *event, const struct journal_param *params)
{
	char *text = params_json(params);

	if (!text) {
		log_error("event_lost", LF_S("event", event));
		return;
	}
	struct entry *e = &j->ring[++j->last % JOURNAL_EVENTS_MAX];
	free(e->params);
	*e = (struct entry){ .id = j->last,
			     .name = name_index(view_str(event)),
			     .utc_s = clock_wall_ms(clock_system()) / 1000,
			     .up_s = journal_uptime(),
			     .params = text };
	if (j->wake)
		j->wake(j->arg);
}

static uint32_t oldest(const struct journal *j)
{
	return j->last < JOURNAL_EVENTS_MAX ? 1 : j->last - JOURNAL_EVENTS_MAX + 1;
}

static struct subscription *find(struct journal *j, uint32_t id)
{
	for (size_t i = 0; id && i < JOURNAL_SUBSCRIPTIONS_MAX; i++)
		if (j->subs[i].id == id && j->subs[i].ends_s > journal_uptime())
			return &j->subs[i];
	return NULL;
}

static int wanted_bits(struct view filter, uint32_t *ret_bits)
{
	uint32_t bits = 0;

	while (filter.n) {
		struct view name = view_trim(view_cut(filter, ',', &filter));
		int i = name_index(name);
		if (i < 0)
			return -EINVAL;
		bits |= 1u << i;
	}
	*ret_bits = bits ? bits : UINT32_MAX;
	return 0;
}

static uint32_t first_since(const struct journal *j, int64_t back_s)
{
	const int64_t now = clock_wall_ms(clock_system()) / 1000;
	uint32_t id = j->last + 1;

	while (back_s > 0 && id > oldest(j) &&
	       (back_s == INT64_MAX ||
		j->ring[(id - 1) % JOURNAL_EVENTS_MAX].utc_s >= now - back_s))
		id--;
	return id;
}

int journal_subscribe(struct journal *j, const struct journal_wish *wish, uint32_t *ret_id)
{
	uint32_t bits = 0;
	int err = wanted_bits(wish->filter, &bits);

	if (err)
		return err;
	for (size_t i = 0; i < JOURNAL_SUBSCRIPTIONS_MAX; i++) {
		struct subscription *s = &j->subs[i];
		uint32_t id = 0;

		if (s->id && s->ends_s > journal_uptime())
			continue;
		while (!id || find(j, id))
			id = arc4random() & INT32_MAX;
		*s = (struct subscription){ .id = id,
					    .wanted = bits,
					    .next = first_since(j, wish->back_s),
					    .life_s = wish->life_s,
					    .ends_s = journal_uptime() + wish->life_s };
		*ret_id = id;
		return 0;
	}
	return -EBUSY;
}

int journal_unsubscribe(struct journal *j, uint32_t id)
{
	struct subscription *s = find(j, id);

	if (!s)
		return -ENOENT;
	*s = (struct subscription){};
	return 0;
}

int journal_keep(struct journal *j, uint32_t id, int64_t wait_s)
{
	struct subscription *s = find(j, id);

	if (!s)
		return -ENOENT;
	s->ends_s = journal_uptime() + wait_s + s->life_s;
	return 0;
}

/* Minutes that local time was ahead of UTC. */
static int zone_shift(int64_t utc_s)
{
	const time_t at = (time_t)utc_s;
	struct tm tm = {};

	localtime_r(&at, &tm);
	return (int)(tm.tm_gmtoff / 60);
}

static void print_entry(struct json *json, const struct entry *e)
{
	json_open(json);
	json_key(json, "id");
	json_int(json, e->id);
	json_key(json, "tzShift");
	json_int(json, zone_shift(e->utc_s));
	json_key(json, "utcTime");
	json_int(json, e->utc_s);
	json_key(json, "upTime");
	json_int(json, e->up_s);
	json_key(json, "event");
	json_str(json, NAMES[e->name]);
	json_key(json, "params");
	buf_str(json->out, e->params);
	json->comma = true;
	json_close(json);
}

int journal_pull(struct journal *j, uint32_t id, struct buf *out, size_t *ret_count)
{
	struct subscription *s = find(j, id);
	struct json json = JSON_TO(out);
	size_t count = 0;

	if (!s)
		return -ENOENT;
	if (s->ends_s < journal_uptime() + s->life_s)
		s->ends_s = journal_uptime() + s->life_s;
	if (s->next < oldest(j))
		s->next = oldest(j);
	json_open(&json);
	json_key(&json, "events");
	json_list_open(&json);
	for (; s->next <= j->last && count < JOURNAL_PULL_MAX; s->next++) {
		const struct entry *e = &j->ring[s->next % JOURNAL_EVENTS_MAX];
		if (!(s->wanted & 1u << e->name))
			continue;
		print_entry(&json, e);
		count++;
	}
	json_list_close(&json);
	json_close(&json);
	*ret_count = count;
	return 0;
}
