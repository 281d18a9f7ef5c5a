/* base/map.h - an intrusive hash map from bytes to an owner's node.
 *
 * The node lives inside the owner and its key points at the owner's memory, which stays put and
 * unchanged while the node is in the map. SipHash-2-4 with a random key, so that peers who choose
 * the keys (Call-IDs, branches) cannot aim at one bucket. Get, put, remove cost O(1); the table
 * doubles, which moves all nodes once per doubling. One thread. */
#pragma once
#include "base/buf.h"

struct map_node {
	struct map_node *next;
	uint64_t hash;
	struct view key;
};

struct map {
	struct map_node **buckets;
	size_t nbuckets; /* a power of two, or 0 */
	size_t count;
	unsigned char seed[16];
};

void map_init(struct map *m);
/* The nodes stay with their owners. */
void map_free(struct map *m);
struct map_node *map_get(const struct map *m, struct view key);
/* -EEXIST when the key is taken, -ENOMEM. */
[[nodiscard]] int map_put(struct map *m, struct map_node *node, struct view key);
/* So many more puts will not fail for want of memory. -ENOMEM. */
[[nodiscard]] int map_reserve(struct map *m, size_t more);
/* Does nothing when the node is not in the map. */
void map_remove(struct map *m, struct map_node *node);
/* Every node, in no order; `fn` may remove the node that it gets, and no other. */
void map_each(struct map *m, void (*fn)(struct map_node *node, void *arg), void *arg);
