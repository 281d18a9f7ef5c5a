/* api/api.h - the server's HTTP face: the API, live pages, health, numbers, and the portal's files.
 *
 *	workers_start(&(struct workers_conf){ …, api_worker_open, api_worker_close, db_url })
 *	api_start(&conf, err, &api)  …  workers_stop, api_free, loop_free, live_free
 *
 * Everything here is called on the web loop's thread, or while that loop does not run. */
#pragma once
#include "api/mail.h"
#include "api/metrics.h"
#include "api/push.h"
#include "api/secret.h"
#include "api/suspect.h"
#include "api/test_call.h"
#include "base/err.h"
#include "base/rand.h"
#include "event/live.h"
#include "io/worker.h"

struct camera;
struct importer;
struct journal;
struct switchboard;

struct api_conf {
	struct loop *loop;
	struct workers *workers; /* their state is api_worker_open's */
	const char *listen;      /* "ADDR:PORT" */
	struct tls *tls;         /* of the loop's thread, as in io/http.h; NULL: plain HTTP */
	const char *const *trusted; /* proxies, as in io/http.h; may be NULL */
	const struct clock *clock;
	struct rand *rand;
	struct feed *feed; /* woken after each change; may be NULL */
	struct live *live; /* NULL: no live pages */
	struct loop *sip;  /* of the calls */
	struct switchboard *switchboard; /* NULL: no apps */
	struct journal *journal; /* told which apps are connected; may be NULL */
	struct importer *importer; /* tells the progress of imports; may be NULL */
	struct secret_key key;
	const char *realm;     /* of SIP digests */
	const char *registrar; /* "host:port" */
	const char *registrar_tls; /* NULL: SIP has no TLS */
	const char *version;
	const char *setup_token; /* makes the first administrator; NULL without */
	suspects_fn *suspects;   /* NULL: there are none */
	suspect_forget_fn *suspect_forget;
	void *suspects_arg;
	test_call_fn *test_call; /* NULL: there are no calls */
	void *test_call_arg;
	mail_way_fn *mail_way; /* NULL: mails are kept */
	void *mail_way_arg;
	struct push_way push; /* key NULL: there are no notices */
	struct camera *camera; /* pictures of doors without video; may be NULL */
	const char *public_url;  /* what links in mails begin with */
	const char *ticket_mail; /* where answers to mails of tickets go; NULL: nowhere */
	bool public_url_given;   /* it is a setting: passkeys are for its host only */
	bool registration_open;  /* strangers may register */
	const char *web_root; /* folder of the portal's files; NULL: none */
	bool metrics_open; /* /metrics answers everybody, not only this host */
};

struct api;

/* The texts of conf stay the caller's and outlive the api. */
[[nodiscard]] int api_start(const struct api_conf *conf, struct err *err, struct api **ret_api);
/* The port that is listened on, host byte order. */
uint16_t api_port(const struct api *api);
/* After workers_stop, before switchboard_free and while the sip loop does not run. NULL is fine. */
void api_free(struct api *api);

/* A connection of each worker; arg is the database's URL. */
int api_worker_open(void *db_url, struct err *err, void **ret_state);
void api_worker_close(void *arg, void *state);

/* fn adds its numbers at each scrape. -ENOSPC at METRICS_SOURCES_MAX. */
[[nodiscard]] int api_metrics_add(struct api *api, metrics_fn *fn, void *arg);
