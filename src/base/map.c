#include "base/map.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { MAP_FIRST = 16 };

_Static_assert(sizeof((struct map){}.seed) == crypto_shorthash_KEYBYTES, "SipHash key");

static uint64_t map_hash(const struct map *m, struct view key)
{
	unsigned char out[crypto_shorthash_BYTES];
	uint64_t hash;

	crypto_shorthash(out, (const unsigned char *)key.p, key.n, m->seed);
	memcpy(&hash, out, sizeof(hash));
	return hash;
}

void map_init(struct map *m)
{
	*m = (struct map){};
	randombytes_buf(m->seed, sizeof(m->seed));
}

void map_free(struct map *m)
{
	free(m->buckets);
	m->buckets = NULL;
	m->nbuckets = m->count = 0;
}

static struct map_node **map_bucket(const struct map *m, uint64_t hash)
{
	return &m->buckets[hash & (m->nbuckets - 1)];
}

static struct map_node *map_find(const struct map *m, uint64_t hash, struct view key)
{
	if (m->nbuckets == 0)
		return NULL;
	for (struct map_node *node = *map_bucket(m, hash); node; node = node->next)
		if (node->hash == hash && view_eq(node->key, key))
			return node;
	return NULL;
}

struct map_node *map_get(const struct map *m, struct view key)
{
	return m->count == 0 ? NULL : map_find(m, map_hash(m, key), key);
}

static int map_grow(struct map *m)
{
	const size_t n = m->nbuckets ? m->nbuckets * 2 : MAP_FIRST;
	struct map_node **old = m->buckets;
	const size_t nold = m->nbuckets;
	struct map_node **fresh = calloc(n, sizeof(*fresh));

	if (!fresh)
		return -ENOMEM;
	m->buckets = fresh;
	m->nbuckets = n;
	for (size_t i = 0; i < nold; i++) {
		while (old[i]) {
			struct map_node *node = old[i];
			old[i] = node->next;
			node->next = *map_bucket(m, node->hash);
			*map_bucket(m, node->hash) = node;
		}
	}
	free(old);
	return 0;
}

int map_reserve(struct map *m, size_t more)
{
	int rc = 0;

	while (rc == 0 && m->nbuckets < m->count + more)
		rc = map_grow(m);
	return rc;
}

int map_put(struct map *m, struct map_node *node, struct view key)
{
	const uint64_t hash = map_hash(m, key);

	if (map_find(m, hash, key))
		return -EEXIST;
	if (m->count >= m->nbuckets && map_grow(m) < 0)
		return -ENOMEM;
	*node = (struct map_node){ .next = *map_bucket(m, hash), .hash = hash, .key = key };
	*map_bucket(m, hash) = node;
	m->count++;
	return 0;
}

void map_remove(struct map *m, struct map_node *node)
{
	if (m->nbuckets == 0)
		return;
	for (struct map_node **at = map_bucket(m, node->hash); *at; at = &(*at)->next) {
		if (*at == node) {
			*at = node->next;
			m->count--;
			return;
		}
	}
}

void map_each(struct map *m, void (*fn)(struct map_node *node, void *arg), void *arg)
{
	for (size_t i = 0; i < m->nbuckets; i++) {
		struct map_node *next;
		for (struct map_node *node = m->buckets[i]; node; node = next) {
			next = node->next;
			fn(node, arg);
		}
	}
}
