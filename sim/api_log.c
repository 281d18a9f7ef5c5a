/* log/: subscriptions to events, and pulls that wait for one. */
#include <errno.h>
#include "api_priv.h"

enum fault api_log_caps(struct ask *ask)
{
	struct json *j = ask->json;

	json_open(j);
	json_key(j, "events");
	json_list_open(j);
	for (const char *const *name = journal_names(); *name; name++)
		json_str(j, *name);
	json_list_close(j);
	json_close(j);
	return FAULT_NONE;
}

/* new, all, or -SECONDS. */
static bool include_of(struct view text, int64_t *ret_back_s)
{
	uint64_t seconds = 0;

	if (!text.n || view_eq(text, VIEW("new"))) {
		*ret_back_s = 0;
	} else if (view_eq(text, VIEW("all"))) {
		*ret_back_s = INT64_MAX;
	} else {
		if (text.p[0] != '-' ||
		    view_u64((struct view){ text.p + 1, text.n - 1 }, UINT32_MAX, &seconds))
			return false;
		*ret_back_s = (int64_t)seconds;
	}
	return true;
}

enum fault api_log_subscribe(struct ask *ask)
{
	struct journal_wish wish = { .filter = params_get(&ask->params, "filter") };
	uint64_t life_s = JOURNAL_LIFE_S;
	uint32_t id = 0;

	enum fault fault = api_number(ask, "duration", JOURNAL_LIFE_MAX_S, &life_s);
	if (fault || life_s < 10)
		return FAULT_VALUE;
	wish.life_s = (int64_t)life_s;
	ask->param = "include";
	if (!include_of(params_get(&ask->params, "include"), &wish.back_s))
		return FAULT_VALUE;
	ask->param = "filter";
	int err = journal_subscribe(ask->api->door->journal, &wish, &id);
	if (err)
		return err == -EINVAL ? FAULT_VALUE : FAULT_FAILED;
	json_open(ask->json);
	api_put_int(ask->json, "id", id);
	json_close(ask->json);
	return FAULT_NONE;
}

static enum fault subscription_of(struct ask *ask, uint32_t *ret_id)
{
	uint64_t id = 0;
	enum fault fault = api_needed(ask, "id");

	if (!fault)
		fault = api_number(ask, "id", UINT32_MAX, &id);
	*ret_id = (uint32_t)id;
	return fault;
}

enum fault api_log_unsubscribe(struct ask *ask)
{
	uint32_t id = 0;
	enum fault fault = subscription_of(ask, &id);

	if (fault)
		return fault;
	return journal_unsubscribe(ask->api->door->journal, id) ? FAULT_VALUE : FAULT_NONE;
}

static void pull_end(struct pull *pull)
{
	tmr_cancel(&pull->timeout);
	pull->conn = mem_deref(pull->conn);
}

/* Answers a waiting pull: with what there is, or not yet when nothing is and it may wait. */
static void pull_try(struct pull *pull, bool last)
{
	struct buf out = BUF_INIT(WEB_REPLY_MAX);
	size_t count = 0;

	buf_str(&out, "{\"success\":true,\"result\":");
	int err = journal_pull(pull->api->door->journal, pull->subscription, &out, &count);
	buf_chr(&out, '}');
	if (err)
		api_reply_fault(pull->conn, FAULT_VALUE, "id");
	else if (count || last)
		api_reply_json(pull->conn, &out);
	if (err || count || last)
		pull_end(pull);
	buf_free(&out);
}

static void pull_timeout(void *arg)
{
	pull_try(arg, true);
}

/* The client gave up: what comes now is for its next pull. */
static void pull_gone(void *arg)
{
	pull_end(arg);
}

/* Events come in bursts; one turn of the loop later they go out together. */
static void wake_now(void *arg)
{
	struct api *a = arg;

	for (size_t i = 0; i < API_PULLS_MAX; i++)
		if (a->pulls[i].conn)
			pull_try(&a->pulls[i], false);
}

static void wake_soon(void *arg)
{
	struct api *a = arg;
	tmr_start(&a->wake, 0, wake_now, a);
}

static struct pull *pull_free_slot(struct api *a)
{
	for (size_t i = 0; i < API_PULLS_MAX; i++)
		if (!a->pulls[i].conn)
			return &a->pulls[i];
	return NULL;
}

enum fault api_log_pull(struct ask *ask)
{
	uint64_t wait_s = 0;
	uint32_t id = 0;
	enum fault fault = api_number(ask, "timeout", API_PULL_WAIT_S, &wait_s);

	if (!fault)
		fault = subscription_of(ask, &id);
	if (fault)
		return fault;
	struct pull *pull = pull_free_slot(ask->api);
	if (!pull)
		return FAULT_FAILED;
	/* The channel must not expire under a client that waits at it. */
	int err = journal_keep(ask->api->door->journal, id, (int64_t)wait_s);
	if (err)
		return FAULT_VALUE;
	*pull = (struct pull){ .api = ask->api, .conn = mem_ref(ask->conn), .subscription = id };
	ask->answered = true;
	web_on_gone(pull->conn, pull_gone, pull);
	tmr_init(&pull->timeout);
	if (wait_s)
		tmr_start(&pull->timeout, wait_s * 1000, pull_timeout, pull);
	pull_try(pull, !wait_s);
	return FAULT_NONE;
}

void api_log_open(struct api *a)
{
	journal_on_event(a->door->journal, wake_soon, a);
}

void api_log_close(struct api *a)
{
	journal_on_event(a->door->journal, NULL, NULL);
	tmr_cancel(&a->wake);
	for (size_t i = 0; i < API_PULLS_MAX; i++)
		pull_end(&a->pulls[i]);
}
