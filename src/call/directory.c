#include "call/directory.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct directory {
	struct directory_conf conf;
	struct map devices;
	struct map sites;
};

static struct view key_of(const void *number)
{
	return (struct view){ number, sizeof(uint64_t) };
}

struct dir_site *dir_site_new(int64_t id)
{
	struct dir_site *site = calloc(1, sizeof(*site));

	if (site) {
		site->id = id;
		site->arena = ARENA_INIT(DIR_SITE_MAX);
		list_init(&site->ones);
	}
	return site;
}

struct dir_one *dir_one_new(int64_t site_id)
{
	struct dir_one *one = calloc(1, sizeof(*one));

	if (one) {
		one->device.site_id = site_id;
		one->arena = (struct arena){ .max = DIR_ONE_MAX, .block = DIR_ONE_BLOCK };
		list_init(&one->list);
	}
	return one;
}

void dir_one_free(struct dir_one *one)
{
	if (!one)
		return;
	list_remove(&one->list);
	arena_free(&one->arena);
	free(one);
}

void dir_site_free(struct dir_site *site)
{
	if (!site)
		return;
	LIST_EACH(it, &site->ones)
		dir_one_free(CONTAINER_OF(it, struct dir_one, list));
	arena_free(&site->arena);
	free(site);
}

int directory_new(const struct directory_conf *conf, struct directory **ret_dir)
{
	struct directory *dir = calloc(1, sizeof(*dir));

	if (!dir)
		return -ENOMEM;
	dir->conf = *conf;
	map_init(&dir->devices);
	map_init(&dir->sites);
	*ret_dir = dir;
	return 0;
}

static void free_site(struct map_node *node, void *)
{
	dir_site_free(CONTAINER_OF(node, struct dir_site, node));
}

void directory_free(struct directory *dir)
{
	if (!dir)
		return;
	map_each(&dir->sites, free_site, NULL);
	map_free(&dir->sites);
	map_free(&dir->devices);
	free(dir);
}

static struct dir_device *device_at(const struct directory *dir, uint64_t number)
{
	struct map_node *node = map_get(&dir->devices, key_of(&number));

	return node ? CONTAINER_OF(node, struct dir_device, node) : NULL;
}

/* There is room for all of it. */
static void site_put(struct directory *dir, struct dir_site *site)
{
	int rc = map_put(&dir->sites, &site->node, key_of(&site->id));

	for (size_t i = 0; rc == 0 && i < site->ndevices; i++) {
		struct dir_device *d = &site->devices[i];
		struct map_node *moved = map_get(&dir->devices, key_of(&d->number));

		if (moved) /* its old site has not been read anew yet */
			map_remove(&dir->devices, moved);
		rc = map_put(&dir->devices, &d->node, key_of(&d->number));
	}
	assert(rc == 0);
}

static bool same_secret(const struct sip_secret *a, const struct sip_secret *b)
{
	return strcmp(a->ha1_md5, b->ha1_md5) == 0 && strcmp(a->ha1_sha256, b->ha1_sha256) == 0;
}

static struct dir_site *site_at(const struct directory *dir, int64_t id)
{
	struct map_node *node = map_get(&dir->sites, key_of(&id));

	return node ? CONTAINER_OF(node, struct dir_site, node) : NULL;
}

static void site_each(struct directory *dir, struct dir_site *site,
		      void (*fn)(struct directory *dir, struct dir_device *d))
{
	for (size_t i = 0; i < site->ndevices; i++)
		if (site->devices[i].number)
			fn(dir, &site->devices[i]);
	LIST_EACH(it, &site->ones)
		fn(dir, &CONTAINER_OF(it, struct dir_one, list)->device);
}

static void take_out(struct directory *dir, struct dir_device *d)
{
	map_remove(&dir->devices, &d->node);
}

/* Tells when it is not what it was. */
static void compare(struct directory *dir, struct dir_device *was)
{
	const struct dir_device *is = device_at(dir, was->number);

	if (!is || is->site_id != was->site_id || !same_secret(&was->secret, &is->secret))
		dir->conf.changed(dir->conf.arg, was->number);
}

int directory_swap(struct directory *dir, struct dir_site *site)
{
	struct dir_site *old = site_at(dir, site->id);
	int rc = map_reserve(&dir->sites, 1);

	if (rc == 0)
		rc = map_reserve(&dir->devices, site->ndevices);
	if (rc < 0)
		return rc;
	if (old) {
		site_each(dir, old, take_out);
		map_remove(&dir->sites, &old->node);
	}
	if (site->ndevices)
		site_put(dir, site);
	if (old)
		site_each(dir, old, compare);
	dir_site_free(old);
	if (!site->ndevices)
		dir_site_free(site);
	return 0;
}

/* The site of that id, which has nothing yet when it is new. */
static int site_make(struct directory *dir, int64_t id, struct dir_site **ret_site)
{
	struct dir_site *site = site_at(dir, id);

	if (!site) {
		site = dir_site_new(id);
		if (!site || map_put(&dir->sites, &site->node, key_of(&site->id)) < 0) {
			dir_site_free(site);
			return -ENOMEM;
		}
	}
	*ret_site = site;
	return 0;
}

/* Out of its site, too. One that another site has is that site's to forget. */
static void drop(struct directory *dir, struct dir_device *d, int64_t site_id)
{
	map_remove(&dir->devices, &d->node);
	if (d->site_id != site_id)
		return;
	if (d->one)
		dir_one_free(d->one);
	else
		d->number = 0;
}

int directory_put(struct directory *dir, struct dir_one *one)
{
	struct dir_device *is = &one->device, *was = device_at(dir, is->number);
	struct dir_device before = was ? *was : (struct dir_device){};
	struct dir_site *site;
	int rc = site_make(dir, is->site_id, &site);

	if (rc == 0)
		rc = map_reserve(&dir->devices, 1);
	if (rc < 0)
		return rc;
	if (was)
		drop(dir, was, is->site_id);
	is->one = one;
	list_append(&site->ones, &one->list);
	rc = map_put(&dir->devices, &is->node, key_of(&is->number));
	assert(rc == 0);
	if (was)
		compare(dir, &before);
	return 0;
}

void directory_remove(struct directory *dir, int64_t site_id, uint64_t number)
{
	struct dir_device *was = device_at(dir, number);

	if (!was || was->site_id != site_id) /* it is another site's by now */
		return;
	drop(dir, was, site_id);
	dir->conf.changed(dir->conf.arg, number);
}

const struct dir_device *directory_device(const struct directory *dir, uint64_t number)
{
	return device_at(dir, number);
}

size_t directory_count(const struct directory *dir)
{
	return dir->devices.count;
}
