/* sim/api_priv.h - between api.c, which finds the function of a request and prints its answer, and
 * the files api_GROUP.c, each with the functions of a group or two. */
#pragma once
#include "api.h"
#include "base/json.h"
#include "params.h"
#include "web.h"

/* The error codes of the device API. */
enum fault {
	FAULT_NONE = 0,
	FAULT_UNSUPPORTED = 1,
	FAULT_PATH = 2,
	FAULT_METHOD = 3,
	FAULT_MISSING = 11,
	FAULT_VALUE = 12,
	FAULT_TOO_BIG = 13,
	FAULT_FAILED = 14,
	FAULT_COLLISION = 17,
	FAULT_REJECTED = 18,
};

struct pull {
	struct api *api;
	struct web_conn *conn; /* NULL = free; else our reference */
	uint32_t subscription;
	struct tmr timeout;
};

struct api {
	struct door *door;
	struct web *web;
	const char *name;
	struct pull pulls[API_PULLS_MAX];
	struct tmr wake;
};

struct ask {
	struct api *api;
	struct web_conn *conn;
	const struct web_request *request;
	struct params params;
	struct json *json; /* result is written here: {"success":true,"result": stands already */
	const char *param; /* the one that a fault would be about */
	bool answered;     /* the handler answered, or will, by itself */
};

typedef enum fault api_fn(struct ask *ask);

api_fn api_system_info, api_system_status;
api_fn api_switch_caps, api_switch_status, api_switch_ctrl;
api_fn api_io_caps, api_io_status, api_io_ctrl;
api_fn api_phone_status, api_call_status, api_call_dial, api_call_answer, api_call_hangup;
api_fn api_camera_caps, api_camera_snapshot;
api_fn api_log_caps, api_log_subscribe, api_log_unsubscribe, api_log_pull;
api_fn api_page, api_page_key, api_page_state;

/* api.c */
void api_put_str(struct json *j, const char *key, const char *value);
void api_put_int(struct json *j, const char *key, int64_t value);
void api_put_bool(struct json *j, const char *key, bool value);
/* A number that may be absent: *ret_value stays then. */
enum fault api_number(struct ask *ask, const char *name, uint64_t max, uint64_t *ret_value);
enum fault api_needed(struct ask *ask, const char *name);
/* One of several units, from 1, that may be absent: *ret_number becomes 0 then. */
enum fault api_unit(struct ask *ask, const char *name, unsigned max, unsigned *ret_number);
/* {"KEY":[ … ]} around what a list has. */
void api_list_open(struct ask *ask, const char *key);
void api_list_close(struct ask *ask);
/* An answer that is no JSON. */
void api_reply(struct ask *ask, const char *type, struct view body);
void api_reply_json(struct web_conn *conn, struct buf *out);
void api_reply_fault(struct web_conn *conn, enum fault fault, const char *param);

/* api_log.c: starts and ends what waits in log/pull. */
void api_log_open(struct api *a);
void api_log_close(struct api *a);
