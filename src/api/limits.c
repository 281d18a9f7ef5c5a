#include "api/limits.h"

#include "base/list.h"
#include "base/map.h"

#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

enum { KEY_SIZE = 16 };

struct entry {
	struct map_node node;
	struct list recent;
	unsigned char key[KEY_SIZE];
	int64_t full_at; /* mono ms: when its bucket is full again */
};

struct table {
	struct map entries;
	struct list recent; /* the least recently used first */
	int64_t tries;
	int64_t refill_ms;
};

struct limits {
	pthread_mutex_t lock;
	const struct clock *clock;
	struct table accounts;
	struct table addresses;
};

static void table_init(struct table *t, int64_t tries, int64_t refill_ms)
{
	map_init(&t->entries);
	list_init(&t->recent);
	t->tries = tries;
	t->refill_ms = refill_ms;
}

static void entry_free(struct table *t, struct entry *e)
{
	map_remove(&t->entries, &e->node);
	list_remove(&e->recent);
	free(e);
}

static void table_free(struct table *t)
{
	LIST_EACH(it, &t->recent)
		entry_free(t, CONTAINER_OF(it, struct entry, recent));
	map_free(&t->entries);
}

int limits_new(const struct clock *clock, struct limits **ret_limits)
{
	struct limits *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	pthread_mutex_init(&l->lock, NULL);
	l->clock = clock;
	table_init(&l->accounts, LIMITS_ACCOUNT_TRIES, LIMITS_ACCOUNT_REFILL_MS);
	table_init(&l->addresses, LIMITS_ADDRESS_TRIES, LIMITS_ADDRESS_REFILL_MS);
	*ret_limits = l;
	return 0;
}

void limits_free(struct limits *l)
{
	if (!l)
		return;
	table_free(&l->accounts);
	table_free(&l->addresses);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

static struct entry *entry_find(const struct table *t, const unsigned char *key)
{
	struct map_node *node = map_get(&t->entries, (struct view){ (const char *)key, KEY_SIZE });

	return node ? CONTAINER_OF(node, struct entry, node) : NULL;
}

/* NULL without memory. */
static struct entry *entry_get(struct table *t, const unsigned char *key)
{
	struct entry *e = entry_find(t, key);

	if (!e) {
		if (t->entries.count >= LIMITS_ENTRIES_MAX)
			entry_free(t, CONTAINER_OF(t->recent.next, struct entry, recent));
		e = calloc(1, sizeof(*e));
		if (!e)
			return NULL;
		memcpy(e->key, key, KEY_SIZE);
		list_init(&e->recent);
		if (map_put(&t->entries, &e->node, (struct view){ (char *)e->key, KEY_SIZE }) < 0) {
			free(e);
			return NULL;
		}
	}
	list_remove(&e->recent);
	list_append(&t->recent, &e->recent);
	return e;
}

/* How long until the bucket holds a try: the bucket of `tries` is full at full_at, so each missing
 * try is refill_ms of the time until then. */
static int64_t wait_of(const struct table *t, const struct entry *e, int64_t now)
{
	const int64_t missing_ms = e->full_at > now ? e->full_at - now : 0;
	const int64_t wait = missing_ms - (t->tries - 1) * t->refill_ms;

	return wait > 0 ? wait : 0;
}

static void take(const struct table *t, struct entry *e, int64_t now)
{
	e->full_at = (e->full_at > now ? e->full_at : now) + t->refill_ms;
}

static void account_key(struct view account, unsigned char key[KEY_SIZE])
{
	crypto_generichash(key, KEY_SIZE, (const unsigned char *)account.p, account.n, NULL, 0);
}

static void address_key(const struct addr *peer, unsigned char key[KEY_SIZE])
{
	memset(key, 0, KEY_SIZE);
	if (peer->sa.sa_family == AF_INET6)
		memcpy(key, &peer->v6.sin6_addr, 8);
	else
		memcpy(key + 12, &peer->v4.sin_addr, 4);
}

int64_t limits_try(struct limits *l, struct view account, const struct addr *peer)
{
	const int64_t now = clock_mono_us(l->clock) / 1000;
	unsigned char key[KEY_SIZE];
	struct entry *by_account, *by_address;
	int64_t wait = LIMITS_ACCOUNT_REFILL_MS; /* without memory nobody tries */

	pthread_mutex_lock(&l->lock);
	account_key(account, key);
	by_account = entry_get(&l->accounts, key);
	address_key(peer, key);
	by_address = entry_get(&l->addresses, key);
	if (by_account && by_address) {
		const int64_t wait_account = wait_of(&l->accounts, by_account, now);
		const int64_t wait_address = wait_of(&l->addresses, by_address, now);
		wait = wait_account > wait_address ? wait_account : wait_address;
		if (wait == 0) {
			take(&l->accounts, by_account, now);
			take(&l->addresses, by_address, now);
		}
	}
	pthread_mutex_unlock(&l->lock);
	return wait;
}

void limits_forgive(struct limits *l, struct view account, const struct addr *peer)
{
	unsigned char key[KEY_SIZE];
	struct entry *e;

	pthread_mutex_lock(&l->lock);
	account_key(account, key);
	e = entry_find(&l->accounts, key);
	if (e)
		entry_free(&l->accounts, e);
	address_key(peer, key);
	e = entry_find(&l->addresses, key);
	if (e)
		e->full_at -= l->addresses.refill_ms;
	pthread_mutex_unlock(&l->lock);
}
