#include "office/push_text.h"

#include "base/json.h"
#include "base/mem.h"

#include <string.h>

enum { VALUE_MAX = 1024 };

static const char *const words[] = {
	[PUSH_RING] = "ring",
	[PUSH_CANCEL] = "cancel",
	[PUSH_MISSED] = "missed",
	[PUSH_REFRESH] = "refresh",
};

static void id_add(struct json *j, const char *key, uint64_t id)
{
	json_key(j, key);
	json_id(j, (int64_t)id);
}

static void text_add(struct json *j, const char *key, const char *text)
{
	json_key(j, key);
	json_str(j, text);
}

static void time_add(struct json *j, const char *key, int64_t at)
{
	json_key(j, key);
	json_int(j, at);
}

static void end_add(struct json *j, const struct push_letter *l)
{
	text_add(j, "why", l->why);
	if (l->by[0])
		text_add(j, "by", l->by);
}

void push_text_browser(const struct push_letter *l, struct buf *out)
{
	const struct push_call *c = l->call;
	struct json j = JSON_TO(out);

	json_open(&j);
	text_add(&j, "type", words[l->message]);
	id_add(&j, "call", (uint64_t)c->call_id);
	id_add(&j, "device", c->device);
	if (l->message == PUSH_CANCEL) {
		end_add(&j, l);
	} else {
		text_add(&j, "from", c->from_name);
		time_add(&j, "at", c->at);
		json_key(&j, "language");
		json_view(&j, l->language);
	}
	if (l->message == PUSH_RING) {
		time_add(&j, "until", c->until);
		text_add(&j, "seen", l->seen);
		if (l->open[0])
			text_add(&j, "open", l->open);
		text_add(&j, "switch", c->switch_name);
		if (c->camera) {
			json_key(&j, "camera");
			json_bool(&j, true);
		}
		if (c->test) {
			json_key(&j, "test");
			json_bool(&j, true);
		}
	}
	json_close(&j);
}

static void plain_add(struct json *j, const char *key, struct view value)
{
	CLEANUP(buf_free) struct buf plain = BUF_INIT(VALUE_MAX);

	sip_push_plain(value, &plain);
	if (plain.err && j->out->err == 0)
		j->out->err = plain.err;
	json_key(j, key);
	json_view(j, buf_view(&plain));
}

static void call_add(struct json *j, const struct push_call *c)
{
	id_add(j, "call", (uint64_t)c->call_id);
	json_key(j, "from");
	json_open(j);
	id_add(j, "device", c->from);
	text_add(j, "name", c->from_name);
	json_close(j);
	time_add(j, "at", c->at);
	time_add(j, "until", c->until);
}

void push_text_gateway(const struct push_letter *l, const struct sip_push *to, struct buf *out)
{
	const struct push_call *c = l->call;
	struct json j = JSON_TO(out);

	json_open(&j);
	text_add(&j, "type", words[l->message]);
	plain_add(&j, "provider", to->provider);
	plain_add(&j, "prid", to->prid);
	plain_add(&j, "param", to->param);
	id_add(&j, "device", c->device);
	if (l->message != PUSH_REFRESH)
		call_add(&j, c);
	if (l->message == PUSH_CANCEL)
		end_add(&j, l);
	json_close(&j);
}

bool push_is_missed(const char *why)
{
	static const char *const ends[] = { "caller_gone", "no_answer", "unreachable",
					    "never_came" };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (strcmp(why, ends[i]) == 0)
			return true;
	return false;
}
