/* The door's own page, and the requests that it makes. */
#include <string.h>
#include "api_priv.h"
#include "g711.h"
#include "page.h"

enum fault api_page_key(struct ask *ask)
{
	struct view key = params_get(&ask->params, "key");
	bool bell = view_eq(key, VIEW("%1"));

	ask->param = "key";
	if (!key.n)
		return FAULT_MISSING;
	if (!bell && (key.n != 1 || !strchr("0123456789*#", key.p[0])))
		return FAULT_VALUE;
	door_key(ask->api->door, key.p[0]);
	return FAULT_NONE;
}

/* All that the page shows, in one answer. */
enum fault api_page_state(struct ask *ask)
{
	struct json *j = ask->json;
	struct phone_status now;

	phone_status(ask->api->door->phone, &now);
	json_open(j);
	api_put_str(j, "user", ask->api->door->conf.phone.user);
	api_put_bool(j, "registered", now.registered);
	api_put_str(j, "state", phone_state_text(now.state));
	api_put_str(j, "peer", now.state == PHONE_IDLE ? "" : now.peer);
	api_put_bool(j, "open", relay_get(ask->api->door->relays, 1).active);
	api_put_int(j, "level", now.state == PHONE_IDLE ? METER_FLOOR : now.numbers.level_dbfs);
	json_close(j);
	return FAULT_NONE;
}

enum fault api_page(struct ask *ask)
{
	struct buf out = BUF_INIT(WEB_REPLY_MAX);
	enum fault fault = FAULT_FAILED;

	page_print(&out, ask->request->head.languages, ask->api->name);
	if (!out.err) {
		api_reply(ask, "text/html; charset=utf-8", buf_view(&out));
		fault = FAULT_NONE;
	}
	buf_free(&out);
	return fault;
}
