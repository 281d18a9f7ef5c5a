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
	struct table accounts[LIMITS_KINDS];
	struct table addresses[LIMITS_KINDS];
};

static const struct rate {
	int64_t account_tries, account_refill_ms, address_tries, address_refill_ms;
} rates[LIMITS_KINDS] = {
	[LIMITS_SIGN_IN] = { LIMITS_ACCOUNT_TRIES, LIMITS_ACCOUNT_REFILL_MS, LIMITS_ADDRESS_TRIES,
			     LIMITS_ADDRESS_REFILL_MS },
	[LIMITS_CODE] = { LIMITS_CODE_TRIES, LIMITS_CODE_REFILL_MS, LIMITS_ADDRESS_TRIES,
			  LIMITS_ADDRESS_REFILL_MS },
	[LIMITS_MAIL] = { LIMITS_MAIL_TRIES, LIMITS_MAIL_REFILL_MS, LIMITS_MAIL_ADDRESS_TRIES,
			  LIMITS_MAIL_ADDRESS_REFILL_MS },
	[LIMITS_LINK] = { 0, 0, LIMITS_ADDRESS_TRIES, LIMITS_ADDRESS_REFILL_MS },
	[LIMITS_CAPTCHA] = { 0, 0, LIMITS_CAPTCHA_TRIES, LIMITS_CAPTCHA_REFILL_MS },
	[LIMITS_INVITED] = { LIMITS_INVITED_TRIES, LIMITS_INVITED_REFILL_MS, 0, 0 },
	[LIMITS_NOTICE] = { 0, 0, LIMITS_NOTICE_TRIES, LIMITS_NOTICE_REFILL_MS },
	[LIMITS_TEST] = { LIMITS_TEST_TRIES, LIMITS_TEST_REFILL_MS, 0, 0 },
	[LIMITS_SENDER] = { LIMITS_SENDER_TRIES, LIMITS_SENDER_REFILL_MS, 0, 0 },
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
	for (size_t i = 0; i < LIMITS_KINDS; i++) {
		table_init(&l->accounts[i], rates[i].account_tries, rates[i].account_refill_ms);
		table_init(&l->addresses[i], rates[i].address_tries, rates[i].address_refill_ms);
	}
	*ret_limits = l;
	return 0;
}

void limits_free(struct limits *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < LIMITS_KINDS; i++) {
		table_free(&l->accounts[i]);
		table_free(&l->addresses[i]);
	}
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

/* The wait of one table; *ret_entry is what a try is to be taken from. */
static int64_t ask(struct table *t, const unsigned char *key, int64_t now, struct entry **ret_entry)
{
	*ret_entry = entry_get(t, key);
	return *ret_entry ? wait_of(t, *ret_entry, now)
			  : LIMITS_ACCOUNT_REFILL_MS; /* without memory nobody tries */
}

int64_t limits_try(struct limits *l, enum limits_kind kind, struct view account,
		   const struct addr *peer)
{
	struct table *accounts = &l->accounts[kind], *addresses = &l->addresses[kind];
	const int64_t now = clock_mono_us(l->clock) / 1000;
	struct entry *by_account = NULL, *by_address = NULL;
	unsigned char key[KEY_SIZE];
	int64_t wait = 0, wait_address = 0;

	pthread_mutex_lock(&l->lock);
	if (account.p) {
		account_key(account, key);
		wait = ask(accounts, key, now, &by_account);
	}
	if (peer) {
		address_key(peer, key);
		wait_address = ask(addresses, key, now, &by_address);
	}
	wait = wait > wait_address ? wait : wait_address;
	if (wait == 0) {
		if (by_account)
			take(accounts, by_account, now);
		if (by_address)
			take(addresses, by_address, now);
	}
	pthread_mutex_unlock(&l->lock);
	return wait;
}

void limits_forgive(struct limits *l, enum limits_kind kind, struct view account,
		    const struct addr *peer)
{
	unsigned char key[KEY_SIZE];
	struct entry *e;

	pthread_mutex_lock(&l->lock);
	account_key(account, key);
	e = entry_find(&l->accounts[kind], key);
	if (e)
		entry_free(&l->accounts[kind], e);
	address_key(peer, key);
	e = entry_find(&l->addresses[kind], key);
	if (e)
		e->full_at -= l->addresses[kind].refill_ms;
	pthread_mutex_unlock(&l->lock);
}
