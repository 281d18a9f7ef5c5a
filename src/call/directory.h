/* call/directory.h - which devices there are, in memory: for the sip loop, which never waits for SQL.
 *
 * A site is built on any thread (load.c, from the store) and then belongs to the directory, which
 * swaps it whole; the directory itself lives on the sip loop's thread. Pointers to devices are good
 * until the next swap: who needs more copies it.
 *
 * Cost: a look-up is one hash; a swap is linear in the devices of its site, old and new. */
#pragma once
#include "base/map.h"
#include "base/mem.h"
#include "sip/endpoint.h"

enum { DIR_SITE_MAX = 64 * 1024 * 1024 /* bytes of one site's snapshot */ };

enum dir_kind { DIR_INTERCOM, DIR_PHONE };

struct dir_button {
	unsigned number;
	const char *label;
	const uint64_t *to; /* device numbers */
	size_t nto;
};

struct dir_device {
	uint64_t number;
	int64_t site_id;
	enum dir_kind kind;
	const char *name;
	const char *unlock_code; /* "" for none */
	struct sip_secret secret;
	struct dir_button *buttons;
	size_t nbuttons;
	struct map_node node; /* the directory's */
};

struct dir_site {
	int64_t id;
	struct arena arena; /* all of the below */
	struct dir_device *devices;
	size_t ndevices;
	struct map_node node; /* the directory's */
};

/* An empty site; NULL without memory. Fill devices from its arena, then hand it to directory_swap. */
struct dir_site *dir_site_new(int64_t id);
void dir_site_free(struct dir_site *site);

struct directory;
struct directory_conf {
	/* A device went away, perhaps to another site, or its password changed: its bindings must end,
	 * and its calls when it is no device of their site any more. */
	void (*changed)(void *arg, uint64_t number);
	void *arg;
};

[[nodiscard]] int directory_new(const struct directory_conf *conf, struct directory **ret_dir);
void directory_free(struct directory *dir);
/* Takes the site, and without devices it is gone. -ENOMEM: nothing has changed, and the site is still
 * the caller's. */
[[nodiscard]] int directory_swap(struct directory *dir, struct dir_site *site);
/* NULL without it. */
const struct dir_device *directory_device(const struct directory *dir, uint64_t number);
size_t directory_count(const struct directory *dir);
