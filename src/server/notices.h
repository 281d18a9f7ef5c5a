/* server/notices.h - notices to sleeping phones, between three who know nothing of each other: the
 * calls (the sip loop's thread), the push sender (its own), and the routes (workers).
 *
 * Each is told by posting or queueing. Only a worker waits: it has somebody's door to open, and
 * says whether it did. */
#pragma once
#include "api/push.h"
#include "call/switchboard.h"
#include "io/loop.h"
#include "office/push.h"
#include "server/settings.h"

enum { NOTICES_TOKEN_MAX = 1024 };

struct notices {
	struct loop *sip;
	const struct directory *directory;
	struct switchboard *switchboard; /* NULL before it opens, and once it is closed */
	struct pusher *pusher;
	char key[WEBPUSH_KEY_TEXT_MAX];
	bool private;
};

struct notices_conf {
	const struct settings *settings;
	const char *db_url;
	const char *public_url;
	const struct secret_key *key; /* the master key */
	struct loop *sip;
};

/* A database that is migrated. The switchboard and the directory are set afterwards, before the sip
 * loop runs. */
[[nodiscard]] int notices_open(struct notices *n, const struct notices_conf *conf, struct err *err);
/* After the switchboard. */
void notices_close(struct notices *n);

/* On the sip loop's thread: what the calls have to say, and that a phone registered. */
void notices_wake(struct notices *n, const struct wake *wake);
void notices_wake_over(struct notices *n, int64_t call_id, uint64_t device, const char *why);
void notices_hushed(struct notices *n, const struct wake *call, const char *why);
void notices_bound(struct notices *n, uint64_t device);
void notices_refresh(struct notices *n, const struct sip_binding *binding);

/* For the routes. */
struct push_way notices_way(struct notices *n);
