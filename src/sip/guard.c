#include "sip/guard.h"

#include "base/list.h"
#include "base/log.h"
#include "base/map.h"

#include <errno.h>
#include <stdlib.h>

enum { KEY_MAX = ADDR_HOST_BYTES + sizeof(in_port_t) };

/* A table of what was heard of, the least recent first. */
struct table {
	struct map map;
	struct list by_use;
	size_t max;
};

struct entry {
	struct map_node node;
	struct list by_use;
	char key[KEY_MAX];
};

/* Address and port. */
struct source {
	struct entry entry;
	int64_t tokens; /* thousandths of a message */
	int64_t at_ms;  /* when they were counted */
	int64_t trusted_until_ms;
	bool counted;   /* tokens and at_ms mean something */
	bool limited;   /* said in the log */
};

struct host {
	struct entry entry;
	struct guard_entry said;
	int64_t score; /* failures not forgiven yet, in milliseconds of forgiving */
	int64_t at_ms;
	int64_t suspect_until_ms;
};

struct guard {
	const struct clock *clock;
	struct table sources, hosts;
	uint64_t dropped;
};

static int64_t now_ms(const struct guard *g)
{
	return clock_mono_us(g->clock) / 1000;
}

static void table_init(struct table *t, size_t max)
{
	map_init(&t->map);
	list_init(&t->by_use);
	t->max = max;
}

static void table_drop(struct table *t, struct entry *e)
{
	map_remove(&t->map, &e->node);
	list_remove(&e->by_use);
	free(e);
}

static void table_free(struct table *t)
{
	LIST_EACH(it, &t->by_use)
		table_drop(t, CONTAINER_OF(it, struct entry, by_use));
	map_free(&t->map);
}

static struct entry *table_find(const struct table *t, struct view key)
{
	struct map_node *found = map_get(&t->map, key);

	return found ? CONTAINER_OF(found, struct entry, node) : NULL;
}

/* Found or made (zeroed, size bytes, with the entry first); NULL without memory. */
static struct entry *table_take(struct table *t, struct view key, size_t size)
{
	struct entry *e = table_find(t, key);

	if (e) {
		list_remove(&e->by_use);
		list_append(&t->by_use, &e->by_use);
		return e;
	}
	if (t->map.count >= t->max)
		table_drop(t, CONTAINER_OF(t->by_use.next, struct entry, by_use));
	e = calloc(1, size);
	if (!e)
		return NULL;
	memcpy(e->key, key.p, key.n);
	if (map_put(&t->map, &e->node, (struct view){ e->key, key.n })) {
		free(e);
		return NULL;
	}
	list_append(&t->by_use, &e->by_use);
	return e;
}

static struct view key_of(const struct addr *peer, bool with_port, char ret_key[KEY_MAX])
{
	const in_port_t port = addr_port_raw(peer);

	addr_host_bytes(peer, (unsigned char *)ret_key);
	memcpy(ret_key + ADDR_HOST_BYTES, &port, sizeof(port));
	return (struct view){ ret_key, with_port ? KEY_MAX : ADDR_HOST_BYTES };
}

static struct source *source_take(struct guard *g, const struct addr *peer)
{
	char key[KEY_MAX];

	return (struct source *)table_take(&g->sources, key_of(peer, true, key),
					   sizeof(struct source));
}

static struct host *host_find(const struct guard *g, const struct addr *peer)
{
	char key[KEY_MAX];

	return (struct host *)table_find(&g->hosts, key_of(peer, false, key));
}

int guard_new(const struct clock *clock, struct guard **ret_guard)
{
	struct guard *g = calloc(1, sizeof(*g));

	if (!g)
		return -ENOMEM;
	g->clock = clock;
	table_init(&g->sources, GUARD_SOURCES_MAX);
	table_init(&g->hosts, GUARD_HOSTS_MAX);
	*ret_guard = g;
	return 0;
}

void guard_free(struct guard *g)
{
	if (!g)
		return;
	table_free(&g->sources);
	table_free(&g->hosts);
	free(g);
}

static void refill(struct source *s, int64_t now)
{
	if (!s->counted)
		s->tokens = GUARD_BURST * 1000;
	else
		s->tokens += (now - s->at_ms) * GUARD_RATE;
	if (s->tokens > GUARD_BURST * 1000)
		s->tokens = GUARD_BURST * 1000;
	s->at_ms = now;
	s->counted = true;
}

static void log_limited(const struct addr *peer)
{
	char text[ADDR_TEXT_MAX];

	addr_text(peer, text);
	log_warn("sip_flood", LF_S("from", text), LF_I("rate", GUARD_RATE));
}

bool guard_admit(struct guard *g, const struct addr *peer)
{
	struct source *s = source_take(g, peer);
	const int64_t now = now_ms(g);

	if (!s || now < s->trusted_until_ms)
		return true;
	refill(s, now);
	if (s->tokens >= 1000) {
		s->tokens -= 1000;
		if (s->tokens > GUARD_BURST * 500)
			s->limited = false; /* quiet again: the next flood is said anew */
		return true;
	}
	if (!s->limited)
		log_limited(peer);
	s->limited = true;
	g->dropped++;
	return false;
}

void guard_good(struct guard *g, const struct addr *peer)
{
	struct source *s = source_take(g, peer);

	if (s)
		s->trusted_until_ms = now_ms(g) + GUARD_TRUST_MS;
}

bool guard_trusts(const struct guard *g, const struct addr *peer)
{
	char key[KEY_MAX];
	const struct source *s =
		(struct source *)table_find(&g->sources, key_of(peer, true, key));

	return s && now_ms(g) < s->trusted_until_ms;
}

static void log_suspect(const struct host *h)
{
	char text[ADDR_TEXT_MAX];

	addr_host_text(&h->said.host, text);
	log_warn("sip_suspect", LF_S("host", text), LF_I("failures", h->said.failures));
}

void guard_bad(struct guard *g, const struct addr *peer)
{
	const int64_t now = now_ms(g), wall = clock_wall_ms(g->clock);
	char key[KEY_MAX];
	struct host *h = (struct host *)table_take(&g->hosts, key_of(peer, false, key),
						   sizeof(struct host));

	if (!h)
		return;
	h->score -= now - h->at_ms;
	if (h->score < 0)
		h->score = 0;
	h->score += GUARD_FORGIVE_MS;
	h->at_ms = now;
	if (h->said.failures++ == 0) {
		h->said.host = addr_with_port(peer, 0);
		h->said.since_ms = wall;
	}
	h->said.last_ms = wall;
	if (now < h->suspect_until_ms) {
		h->suspect_until_ms = now + GUARD_SUSPECT_MS;
	} else if (h->score >= (int64_t)GUARD_FAILURES * GUARD_FORGIVE_MS) {
		h->suspect_until_ms = now + GUARD_SUSPECT_MS;
		log_suspect(h);
	}
	/* What is forgiven has an end too: a long scan is not remembered for days. */
	if (h->score > GUARD_SUSPECT_MS)
		h->score = GUARD_SUSPECT_MS;
}

bool guard_silent(struct guard *g, const struct addr *peer)
{
	struct host *h = host_find(g, peer);

	if (!h || now_ms(g) >= h->suspect_until_ms || guard_trusts(g, peer))
		return false;
	h->said.dropped++;
	g->dropped++;
	return true;
}

bool guard_forget(struct guard *g, const struct addr *host)
{
	struct host *h = host_find(g, host);
	char text[ADDR_TEXT_MAX];

	if (!h)
		return false;
	addr_host_text(host, text);
	log_info("sip_suspect_forgotten", LF_S("host", text), LF_I("failures", h->said.failures));
	table_drop(&g->hosts, &h->entry);
	return true;
}

uint64_t guard_dropped(const struct guard *g)
{
	return g->dropped;
}

size_t guard_list(const struct guard *g, struct guard_entry *ret_entries, size_t max)
{
	const int64_t now = now_ms(g);
	size_t n = 0;

	for (const struct list *it = g->hosts.by_use.prev; it != &g->hosts.by_use && n < max;
	     it = it->prev) {
		const struct entry *e = CONTAINER_OF(it, const struct entry, by_use);
		const struct host *h = CONTAINER_OF(e, const struct host, entry);

		if (now - h->at_ms >= GUARD_SUSPECT_MS)
			break; /* those before it failed even longer ago */
		if (now >= h->suspect_until_ms)
			continue;
		ret_entries[n] = h->said;
		ret_entries[n++].until_ms = clock_wall_ms(g->clock) + h->suspect_until_ms - now;
	}
	return n;
}
