/* phone/ and call/: the SIP account, and the one call that there may be. */
#include <errno.h>
#include "api_priv.h"
#include "base/mem.h"

enum { ACCOUNTS = 2 }; /* of which the second is never set up */

static void put_account(struct json *j, unsigned account, const char *user,
			const struct phone_status *now)
{
	json_open(j);
	api_put_int(j, "account", account);
	api_put_str(j, "accountType", "general");
	api_put_bool(j, "enabled", now);
	api_put_str(j, "sipNumber", user);
	api_put_bool(j, "registrationEnabled", now);
	api_put_bool(j, "registered", now && now->registered);
	if (now && now->registered_at)
		api_put_int(j, "registerTime", now->registered_at);
	json_close(j);
}

enum fault api_phone_status(struct ask *ask)
{
	struct json *j = ask->json;
	struct phone_status now;
	unsigned only = 0;
	enum fault fault = api_unit(ask, "account", ACCOUNTS, &only);

	if (fault)
		return fault;
	phone_status(ask->api->door->phone, &now);
	api_list_open(ask, "accounts");
	if (only != 2)
		put_account(j, 1, ask->api->door->conf.phone.user, &now);
	if (only != 1)
		put_account(j, 2, "", NULL);
	api_list_close(ask);
	return FAULT_NONE;
}

static void put_media(struct json *j, const struct stream_numbers *n)
{
	json_key(j, "media");
	json_open(j);
	api_put_bool(j, "audio", n->audio);
	api_put_bool(j, "video", n->video);
	api_put_int(j, "farEndLevel", n->level_dbfs);
	api_put_int(j, "audioReceived", (int64_t)n->audio_in);
	api_put_int(j, "audioSent", (int64_t)n->audio_out);
	api_put_int(j, "videoSent", (int64_t)n->video_out);
	api_put_int(j, "frames", (int64_t)n->frames);
	api_put_int(j, "keyFrameRequests", (int64_t)n->key_requests);
	json_close(j);
}

static void put_session(struct json *j, const struct phone_status *now)
{
	const char *direction = now->incoming ? "incoming" : "outgoing";

	json_open(j);
	api_put_int(j, "session", now->session);
	api_put_str(j, "direction", direction);
	api_put_str(j, "state", phone_state_text(now->state));
	json_key(j, "calls");
	json_list_open(j);
	json_open(j);
	api_put_int(j, "id", now->session);
	api_put_str(j, "peer", now->peer);
	api_put_str(j, "state", phone_state_text(now->state));
	json_close(j);
	json_list_close(j);
	put_media(j, &now->numbers);
	json_close(j);
}

enum fault api_call_status(struct ask *ask)
{
	struct phone_status now;
	uint64_t session = 0;
	enum fault fault = api_number(ask, "session", UINT32_MAX, &session);

	if (fault)
		return fault;
	phone_status(ask->api->door->phone, &now);
	api_list_open(ask, "sessions");
	if (now.state != PHONE_IDLE && (!session || session == now.session))
		put_session(ask->json, &now);
	api_list_close(ask);
	return FAULT_NONE;
}

/* By number. By uuid nobody can be called: the directory is empty. */
enum fault api_call_dial(struct ask *ask)
{
	const bool by_users = params_get(&ask->params, "users").n > 0;
	uint32_t session = 0;

	if (by_users) {
		ask->param = "users";
		return params_get(&ask->params, "number").n ? FAULT_COLLISION : FAULT_VALUE;
	}
	enum fault fault = api_needed(ask, "number");
	if (fault)
		return fault;
	AUTO_FREE char *text = view_dup(params_get(&ask->params, "number"));
	int err = text ? phone_dial(ask->api->door->phone, text, &session) : ENOMEM;
	if (err == EINVAL)
		return FAULT_VALUE;
	if (err)
		return err == EBUSY ? FAULT_REJECTED : FAULT_FAILED;
	json_open(ask->json);
	api_put_int(ask->json, "session", session);
	json_close(ask->json);
	return FAULT_NONE;
}

static enum fault session_of(struct ask *ask, uint32_t *ret_session)
{
	uint64_t session = 0;
	enum fault fault = api_needed(ask, "session");

	if (!fault)
		fault = api_number(ask, "session", UINT32_MAX, &session);
	if (!fault && !session)
		fault = FAULT_VALUE;
	*ret_session = (uint32_t)session;
	return fault;
}

enum fault api_call_answer(struct ask *ask)
{
	uint32_t session = 0;
	enum fault fault = session_of(ask, &session);

	if (fault)
		return fault;
	return phone_answer(ask->api->door->phone, session) ? FAULT_VALUE : FAULT_NONE;
}

static enum fault reason_of(struct ask *ask, enum phone_reason *ret_reason)
{
	static const char *const names[] = {
		[PHONE_NORMAL] = "normal", [PHONE_REJECTED] = "rejected", [PHONE_BUSY] = "busy"
	};
	struct view reason = params_get(&ask->params, "reason");

	ask->param = "reason";
	*ret_reason = PHONE_NORMAL;
	for (size_t i = 0; reason.n && i < sizeof(names) / sizeof(*names); i++) {
		*ret_reason = (enum phone_reason)i;
		if (view_eq(reason, view_str(names[i])))
			return FAULT_NONE;
	}
	return reason.n ? FAULT_VALUE : FAULT_NONE;
}

enum fault api_call_hangup(struct ask *ask)
{
	enum phone_reason reason;
	uint32_t session = 0;
	enum fault fault = reason_of(ask, &reason);

	if (!fault)
		fault = session_of(ask, &session);
	if (fault)
		return fault;
	return phone_hangup(ask->api->door->phone, session, reason) ? FAULT_VALUE : FAULT_NONE;
}
