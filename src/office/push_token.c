#include "office/push_token.h"

#include "base/list.h"
#include "base/map.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	struct map_node node;
	struct push_token what;
	char text[PUSH_TOKEN_DIGITS + 1];
};

struct push_tokens {
	pthread_mutex_t lock;
	struct map entries; /* with a random key: how long a look takes tells nothing of a token */
};

int push_tokens_new(struct push_tokens **ret_tokens)
{
	struct push_tokens *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	pthread_mutex_init(&t->lock, NULL);
	map_init(&t->entries);
	*ret_tokens = t;
	return 0;
}

static void free_node(struct map_node *node, void *)
{
	free(CONTAINER_OF(node, struct entry, node));
}

void push_tokens_free(struct push_tokens *t)
{
	if (!t)
		return;
	map_each(&t->entries, free_node, NULL);
	map_free(&t->entries);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

int push_tokens_issue(struct push_tokens *t, struct rand *rand, const struct push_token *what,
		      char ret_text[PUSH_TOKEN_DIGITS + 1])
{
	struct entry *e = calloc(1, sizeof(*e));
	int rc = -ENOMEM;

	ret_text[0] = '\0';
	if (!e)
		return rc;
	e->what = *what;
	rand_hex(rand, e->text, PUSH_TOKEN_BYTES);
	pthread_mutex_lock(&t->lock);
	if (t->entries.count >= PUSH_TOKENS_MAX)
		rc = -ENOSPC;
	else
		rc = map_put(&t->entries, &e->node, (struct view){ e->text, PUSH_TOKEN_DIGITS });
	if (rc == 0)
		memcpy(ret_text, e->text, sizeof(e->text));
	pthread_mutex_unlock(&t->lock);
	if (rc < 0)
		free(e);
	return rc;
}

static struct entry *find(struct push_tokens *t, struct view text)
{
	struct map_node *node = map_get(&t->entries, text);

	return node ? CONTAINER_OF(node, struct entry, node) : NULL;
}

int push_tokens_take(struct push_tokens *t, enum push_token_kind kind, struct view text,
		     int64_t now_ms, struct push_token *ret_what)
{
	struct entry *e;
	int rc = -ENOENT;

	pthread_mutex_lock(&t->lock);
	e = find(t, text);
	if (e && e->what.kind == kind) {
		map_remove(&t->entries, &e->node);
		if (e->what.expires_at > now_ms) {
			*ret_what = e->what;
			rc = 0;
		}
		free(e);
	}
	pthread_mutex_unlock(&t->lock);
	return rc;
}

void push_tokens_drop(struct push_tokens *t, const char *text)
{
	struct entry *e;

	pthread_mutex_lock(&t->lock);
	e = find(t, view_str(text));
	if (e)
		map_remove(&t->entries, &e->node);
	pthread_mutex_unlock(&t->lock);
	free(e);
}

size_t push_tokens_count(struct push_tokens *t)
{
	size_t n;

	pthread_mutex_lock(&t->lock);
	n = t->entries.count;
	pthread_mutex_unlock(&t->lock);
	return n;
}
