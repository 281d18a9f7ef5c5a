#include "call/directory.h"
#include "base/list.h"

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
	}
	return site;
}

void dir_site_free(struct dir_site *site)
{
	if (!site)
		return;
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

int directory_swap(struct directory *dir, struct dir_site *site)
{
	struct map_node *node = map_get(&dir->sites, key_of(&site->id));
	struct dir_site *old = node ? CONTAINER_OF(node, struct dir_site, node) : NULL;
	int rc = map_reserve(&dir->sites, 1);

	if (rc == 0)
		rc = map_reserve(&dir->devices, site->ndevices);
	if (rc < 0)
		return rc;
	for (size_t i = 0; old && i < old->ndevices; i++)
		map_remove(&dir->devices, &old->devices[i].node);
	if (old)
		map_remove(&dir->sites, &old->node);
	if (site->ndevices)
		site_put(dir, site);
	for (size_t i = 0; old && i < old->ndevices; i++) {
		const struct dir_device *was = &old->devices[i], *is = device_at(dir, was->number);

		if (!is || is->site_id != was->site_id || !same_secret(&was->secret, &is->secret))
			dir->conf.changed(dir->conf.arg, was->number);
	}
	dir_site_free(old);
	if (!site->ndevices)
		dir_site_free(site);
	return 0;
}

const struct dir_device *directory_device(const struct directory *dir, uint64_t number)
{
	return device_at(dir, number);
}

size_t directory_count(const struct directory *dir)
{
	return dir->devices.count;
}
