/* call/directory.h - which devices there are, in memory: for the sip loop, which never waits for
 * SQL.
 *
 * A site, or a device of one, is built on any thread (load.c, from the store) and then belongs to
 * the directory, which swaps it whole; the directory itself lives on the sip loop's thread.
 * Pointers to devices are good until the next swap: who needs more copies it.
 *
 * Cost: a look-up is one hash; a swap is linear in the devices of its site, old and new; a device
 * that is put or removed costs itself. What it leaves behind in a site that was swapped in stays
 * there until the next swap of that site: at most the site's first size. */
#pragma once
#include "base/list.h"
#include "base/map.h"
#include "base/mem.h"
#include "call/licence.h"
#include "call/quiet.h"
#include "sip/endpoint.h"

enum {
	DIR_SITE_MAX = 64 * 1024 * 1024, /* bytes of one site's snapshot */
	DIR_ONE_MAX = 1024 * 1024,       /* and of a device's that is put alone */
	DIR_ONE_BLOCK = 256,             /* most devices have but a few short texts */
};

enum dir_kind { DIR_INTERCOM, DIR_PHONE };

/* A relay of an intercom that a call may switch. */
struct dir_switch {
	unsigned number; /* 1 … 4 */
	const char *code; /* what the intercom hears: 00* */
	const char *name; /* shown in the app; "" for none */
};

enum dir_srtp { DIR_SRTP_OFFERED, DIR_SRTP_OFF, DIR_SRTP_REQUIRED };

struct dir_destination {
	uint64_t device; /* its number */
	unsigned after_s;
};

struct dir_button {
	unsigned number;
	const char *label;
	const struct dir_destination *to; /* by time */
	size_t nto;
};

/* Whom a device may call that has a phone directory. */
struct dir_list {
	uint64_t *devices;
	size_t n;
};

/* Over which a site calls outside. */
struct dir_trunk {
	const char *host;
	uint16_t port;
	const char *user;            /* "" for none */
	const char *caller;          /* the number that is shown; "" for the user's */
	struct view password_sealed; /* switchboard_conf.unseal opens it */
};

struct dir_device {
	uint64_t number;
	int64_t site_id;
	enum dir_kind kind;
	const char *name;
	const char *unlock_code; /* "" for none */
	struct sip_secret secret;
	enum dir_srtp srtp;
	bool app;   /* a page or an app: it connects (call/app.h), and no SIP phone */
	bool wakes; /* a push may reach it while it is not connected */
	bool camera; /* an intercom that has pictures over HTTP, too */
	struct dir_switch *switches;
	size_t nswitches;
	struct dir_button *buttons;
	size_t nbuttons;
	struct licence licence;
	const struct quiet_time *quiet; /* when it does not ring */
	size_t nquiet;
	const struct zone *zone;         /* of those times; NULL without them */
	const struct dir_list *may_call; /* NULL: every device of its site */
	const char *line;                /* it is a phone outside, of this number; NULL: it is not */
	const struct dir_trunk *trunk;   /* through which that is called; NULL: there is none */
	struct map_node node; /* the directory's */
	struct dir_one *one;  /* it was put alone; NULL: it is in its site's array */
};

/* A device that comes alone into a site that stands. */
struct dir_one {
	struct dir_device device;
	struct arena arena; /* its texts and buttons */
	struct list list;   /* its site's */
};

struct dir_site {
	int64_t id;
	struct arena arena; /* all of the below */
	struct dir_device *devices; /* number 0: it was replaced or removed since */
	size_t ndevices;
	struct list ones;     /* put since */
	struct map_node node; /* the directory's */
};

/* An empty site; NULL without memory. Fill devices from its arena, then hand it to directory_swap. */
struct dir_site *dir_site_new(int64_t id);
void dir_site_free(struct dir_site *site);

/* A device without a number, of this site; NULL without memory. Fill it from its arena. */
struct dir_one *dir_one_new(int64_t site_id);
void dir_one_free(struct dir_one *one);

struct directory;
struct directory_conf {
	/* A device went away, perhaps to another site, or its password changed: its bindings must end,
	 * and its calls when it is no device of their site any more. */
	void (*changed)(void *arg, uint64_t number);
	void *arg;
};

[[nodiscard]] int directory_new(const struct directory_conf *conf, struct directory **ret_dir);
void directory_free(struct directory *dir);
/* Takes the site, and without devices it is gone. -ENOMEM: nothing has changed, and the site is
 * still the caller's. */
[[nodiscard]] int directory_swap(struct directory *dir, struct dir_site *site);
/* Takes the device, in place of the one of that number, if any. -ENOMEM: nothing has changed, and
 * it is still the caller's. */
[[nodiscard]] int directory_put(struct directory *dir, struct dir_one *one);
/* The site does not have it any more. A button that rings it still names it: route.h passes over
 * it. */
void directory_remove(struct directory *dir, int64_t site_id, uint64_t number);
/* NULL without it. */
const struct dir_device *directory_device(const struct directory *dir, uint64_t number);
size_t directory_count(const struct directory *dir);
