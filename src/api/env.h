/* api/env.h - what every handler may use: constants of the server and the few shared services.
 * Constant after the start; any thread. */
#pragma once
#include "base/clock.h"
#include "base/rand.h"

#include "api/mail.h"
#include "api/push.h"
#include "api/secret.h"
#include "api/suspect.h"
#include "api/test_call.h"

struct app_live;
struct camera;
struct feed;
struct importer;
struct limits;

struct env {
	const struct clock *clock;
	struct rand *rand;
	struct secret_key key;
	const char *realm;     /* of SIP digests */
	const char *registrar; /* "host:port", as shown beside a device's password */
	const char *registrar_tls; /* NULL: SIP has no TLS */
	const char *version;
	const char *public_url;  /* what links in mails begin with */
	const char *ticket_mail; /* where answers to mails of tickets go; NULL: nowhere */
	bool public_url_given;   /* it is a setting: passkeys are for its host only */
	bool registration_open;  /* strangers may register */
	const char *setup_token; /* makes the first administrator; NULL when there is one */
	const char *dummy_hash;  /* verified for unknown accounts, so that they cost the same */
	struct limits *limits;   /* of what is open to all */
	struct feed *feed;       /* woken after each change; may be NULL */
	struct app_live *apps;   /* told who signs out; NULL: there are none */
	struct importer *importer; /* tells the progress; may be NULL */
	suspects_fn *suspects;   /* NULL: there are none */
	suspect_forget_fn *suspect_forget;
	void *suspects_arg;
	test_call_fn *test_call; /* NULL: there are no calls */
	void *test_call_arg;
	mail_way_fn *mail_way; /* NULL: there is none */
	void *mail_way_arg;
	struct push_way push; /* key NULL: there are no notices */
	struct camera *camera; /* NULL: there is none */
};
