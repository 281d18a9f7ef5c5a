#include "proto/app_message.h"

#include "base/json.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

enum { SWITCH_MAX = 99 };

/* What an app says. */

static const char *const words[APP_NWORDS] = {
	[APP_DIAL] = "dial",       [APP_RESUME] = "resume", [APP_SDP] = "sdp",
	[APP_SHOWN] = "shown",     [APP_FIRST] = "first",   [APP_ANSWER] = "answer",
	[APP_DECLINE] = "decline", [APP_HANGUP] = "hangup", [APP_OPEN] = "open",
	[APP_DIGIT] = "digit",
};

static void json_drop(json_t **root)
{
	json_decref(*root);
}

static struct view text_of(const json_t *root, const char *key)
{
	const json_t *value = json_object_get(root, key);

	return json_is_string(value)
		       ? (struct view){ json_string_value(value), json_string_length(value) }
		       : (struct view){};
}

static bool flag_of(const json_t *root, const char *key)
{
	return json_is_true(json_object_get(root, key));
}

static int64_t call_of(const json_t *root)
{
	uint64_t id;

	return view_u64(text_of(root, "call"), INT64_MAX, &id) == 0 ? (int64_t)id : 0;
}

static int word_of(struct view type, enum app_word *ret_word)
{
	for (unsigned i = 0; i < APP_NWORDS; i++) {
		if (!view_eq(type, view_str(words[i])))
			continue;
		*ret_word = (enum app_word)i;
		return 0;
	}
	return -EBADMSG;
}

static const char *dial_read(const json_t *root, struct app_message *m)
{
	uint64_t number;

	m->to = text_of(root, "to");
	m->look = flag_of(root, "look");
	if (view_u64(text_of(root, "device"), INT64_MAX, &m->device) < 0)
		return "\"device\" must be a string of digits";
	if (m->to.n > APP_TO_MAX || view_u64(m->to, INT64_MAX, &number) < 0)
		return "\"to\" must be a number of at most 10 digits, as a string";
	return NULL;
}

static const char *digit_read(const json_t *root, struct app_message *m)
{
	const struct view digit = text_of(root, "digit");

	if (digit.n != 1 || !strchr("0123456789*#ABCD", digit.p[0]))
		return "\"digit\" must be one of 0 to 9, *, # and A to D";
	m->digit = digit.p[0];
	return NULL;
}

static const char *open_read(const json_t *root, struct app_message *m)
{
	const json_t *number = json_object_get(root, "switch");
	const json_int_t value = json_integer_value(number);

	if (!json_is_integer(number) || value < 1 || value > SWITCH_MAX)
		return "\"switch\" must be the number of a switch";
	m->number = (unsigned)value;
	return NULL;
}

static const char *resume_read(const json_t *root, struct app_message *m)
{
	m->token = text_of(root, "token");
	m->fresh = flag_of(root, "fresh");
	return m->token.n == APP_TOKEN_DIGITS ? NULL : "\"token\" must be that of the call";
}

static const char *rest_read(const json_t *root, struct app_message *m)
{
	if (m->word == APP_DIAL)
		return dial_read(root, m);
	if (!m->call)
		return "\"call\" must be a string of digits";
	switch (m->word) {
	case APP_RESUME:
		return resume_read(root, m);
	case APP_SDP:
		m->sdp = text_of(root, "sdp");
		return m->sdp.n ? NULL : "\"sdp\" must be a text";
	case APP_OPEN:
		return open_read(root, m);
	case APP_DIGIT:
		return digit_read(root, m);
	default:
		return NULL;
	}
}

static const char *object_read(const json_t *root, struct app_message *m)
{
	if (!json_is_object(root))
		return "a message is a JSON object";
	m->call = call_of(root);
	m->ref = text_of(root, "ref");
	if (m->ref.n > APP_REF_MAX || memchr(m->ref.n ? m->ref.p : "", '\0', m->ref.n)) {
		m->ref = (struct view){};
		return "\"ref\" is longer than 64 bytes or no text";
	}
	if (word_of(text_of(root, "type"), &m->word) < 0)
		return "\"type\" is none that is known";
	return rest_read(root, m);
}

/* Out of the document, which goes. */
static int keep(struct arena *arena, struct view *v)
{
	if (!v->n)
		return 0;
	v->p = arena_dup(arena, *v);
	return v->p ? 0 : -ENOMEM;
}

int app_message_read(struct view text, struct arena *arena, struct app_message *ret_message,
		     const char **ret_why)
{
	CLEANUP(json_drop)
	json_t *root = json_loadb(text.n ? text.p : "", text.n, JSON_REJECT_DUPLICATES, NULL);
	struct app_message m = {};
	const char *why = root ? object_read(root, &m) : "this is no JSON";

	if (keep(arena, &m.ref) < 0 || keep(arena, &m.to) < 0 || keep(arena, &m.token) < 0 ||
	    keep(arena, &m.sdp) < 0)
		return -ENOMEM;
	*ret_message = m;
	*ret_why = why;
	return why ? -EBADMSG : 0;
}

/* What it is told. */

static struct json begin(struct buf *out, const char *type)
{
	struct json j = JSON_TO(out);

	json_open(&j);
	json_key(&j, "type");
	json_str(&j, type);
	return j;
}

static struct json begin_call(struct buf *out, const char *type, int64_t call)
{
	struct json j = begin(out, type);

	json_key(&j, "call");
	json_id(&j, call);
	return j;
}

static void time_print(struct json *j, const char *key, int64_t at)
{
	json_key(j, key);
	json_int(j, at);
}

void app_hello_print(struct buf *out, int64_t now, const uint64_t *devices, size_t n)
{
	struct json j = begin(out, "hello");

	time_print(&j, "now", now);
	json_key(&j, "devices");
	json_list_open(&j);
	for (size_t i = 0; i < n; i++)
		json_id(&j, (int64_t)devices[i]);
	json_list_close(&j);
	json_close(&j);
}

static void party_print(struct json *j, const char *key, const struct app_party *party)
{
	json_key(j, key);
	json_open(j);
	json_key(j, "device");
	json_id(j, (int64_t)party->device);
	json_key(j, "name");
	json_str(j, party->name);
	json_key(j, "kind");
	json_str(j, party->kind);
	json_close(j);
}

static void switches_print(struct json *j, const struct app_call *c)
{
	json_key(j, "switches");
	json_list_open(j);
	for (size_t i = 0; i < c->nswitches; i++) {
		json_open(j);
		json_key(j, "number");
		json_int(j, c->switches[i].number);
		json_key(j, "name");
		json_str(j, c->switches[i].name);
		json_close(j);
	}
	json_list_close(j);
}

static void call_print(struct json *j, const struct app_call *c)
{
	json_key(j, "device");
	json_id(j, (int64_t)c->device);
	json_key(j, "token");
	json_str(j, c->token);
	switches_print(j, c);
	json_key(j, "camera");
	json_bool(j, c->camera);
	if (c->sdp.n) {
		json_key(j, "sdp");
		json_view(j, c->sdp);
	}
	if (c->ice.n) {
		json_key(j, "ice");
		buf_add(j->out, c->ice);
		j->comma = true;
	}
}

void app_ring_print(struct buf *out, const struct app_call *c)
{
	struct json j = begin_call(out, "ring", c->call);

	party_print(&j, "from", &c->with);
	time_print(&j, "at", c->at);
	time_print(&j, "until", c->until);
	json_key(&j, "video");
	json_bool(&j, c->video);
	if (c->test) {
		json_key(&j, "test");
		json_bool(&j, true);
	}
	call_print(&j, c);
	json_close(&j);
}

void app_dialling_print(struct buf *out, const struct app_call *c)
{
	struct json j = begin_call(out, "dialling", c->call);

	if (c->ref.n) {
		json_key(&j, "ref");
		json_view(&j, c->ref);
	}
	party_print(&j, "to", &c->with);
	call_print(&j, c);
	json_close(&j);
}

void app_sdp_print(struct buf *out, int64_t call, struct view sdp)
{
	struct json j = begin_call(out, "sdp", call);

	json_key(&j, "sdp");
	json_view(&j, sdp);
	json_close(&j);
}

void app_word_print(struct buf *out, int64_t call, const char *word)
{
	struct json j = begin_call(out, word, call);

	json_close(&j);
}

void app_talking_print(struct buf *out, int64_t call, int64_t at)
{
	struct json j = begin_call(out, "talking", call);

	time_print(&j, "at", at);
	json_close(&j);
}

void app_video_print(struct buf *out, int64_t call, bool video)
{
	struct json j = begin_call(out, "video", call);

	json_key(&j, "video");
	json_bool(&j, video);
	json_close(&j);
}

void app_opened_print(struct buf *out, int64_t call, unsigned number)
{
	struct json j = begin_call(out, "opened", call);

	json_key(&j, "switch");
	json_int(&j, number);
	json_close(&j);
}

void app_ended_print(struct buf *out, int64_t call, const char *why, const char *by)
{
	struct json j = begin_call(out, "ended", call);

	json_key(&j, "why");
	json_str(&j, why);
	if (by) {
		json_key(&j, "by");
		json_str(&j, by);
	}
	json_close(&j);
}

void app_error_print(struct buf *out, int64_t call, struct view ref, const char *code,
		     const char *detail)
{
	struct json j = begin(out, "error");

	json_key(&j, "code");
	json_str(&j, code);
	json_key(&j, "detail");
	json_str(&j, detail);
	if (call) {
		json_key(&j, "call");
		json_id(&j, call);
	}
	if (ref.n) {
		json_key(&j, "ref");
		json_view(&j, ref);
	}
	json_close(&j);
}
