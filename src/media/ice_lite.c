#include "media/ice_lite.h"

#include <ctype.h>
#include <errno.h>

enum {
	UFRAG_BYTES = ICE_UFRAG_SIZE / 2,
	PWD_BYTES = ICE_PWD_SIZE / 2,
	BAD_REQUEST = 400,
	UNKNOWN_ATTRIBUTE = 420,
	ROLE_CONFLICT = 487,
};

void ice_own_make(struct rand *rand, struct ice_own *ret_own)
{
	rand_hex(rand, ret_own->ufrag, UFRAG_BYTES);
	rand_hex(rand, ret_own->pwd, PWD_BYTES);
}

void ice_init(struct ice *ice, const struct clock *clock)
{
	*ice = (struct ice){ .clock = clock };
	map_init(&ice->legs);
	map_init(&ice->paths);
}

void ice_free(struct ice *ice)
{
	map_free(&ice->legs);
	map_free(&ice->paths);
}

int ice_leg_open(struct ice *ice, struct ice_leg *leg, const struct ice_own *own, void *owner)
{
	int err;

	if (ice->legs.count >= ICE_LEGS_MAX)
		return -ENOSPC;
	*leg = (struct ice_leg){ .ice = ice, .owner = owner, .own = *own };
	err = map_put(&ice->legs, &leg->node, (struct view){ leg->own.ufrag, ICE_UFRAG_SIZE });
	if (err < 0)
		*leg = (struct ice_leg){};
	return err;
}

static void path_drop(struct ice_path *path)
{
	struct ice_leg *leg = path->leg;

	if (!leg)
		return;
	map_remove(&leg->ice->paths, &path->node);
	if (leg->selected == path) {
		leg->selected = NULL;
		leg->nominated = false;
	}
	*path = (struct ice_path){};
}

static void paths_drop(struct ice_leg *leg)
{
	for (unsigned i = 0; i < ICE_PATHS_MAX; i++)
		path_drop(&leg->paths[i]);
}

void ice_leg_close(struct ice_leg *leg)
{
	if (!leg->ice)
		return;
	paths_drop(leg);
	map_remove(&leg->ice->legs, &leg->node);
	*leg = (struct ice_leg){};
}

static bool is_ice_char(char c)
{
	return isalnum((unsigned char)c) || c == '+' || c == '/';
}

int ice_leg_peer(struct ice_leg *leg, struct view ufrag)
{
	if (ufrag.n == 0 || ufrag.n > ICE_PEER_UFRAG_MAX)
		return -EINVAL;
	for (size_t i = 0; i < ufrag.n; i++)
		if (!is_ice_char(ufrag.p[i]))
			return -EINVAL;
	if (leg->peer_ufrag[0] && !view_eq(ufrag, view_str(leg->peer_ufrag)))
		paths_drop(leg); /* the peer has begun anew */
	memcpy(leg->peer_ufrag, ufrag.p, ufrag.n);
	leg->peer_ufrag[ufrag.n] = '\0';
	return 0;
}

static void path_key(unsigned socket, const struct addr *from, uint8_t ret_key[ICE_PATH_KEY_SIZE])
{
	const in_port_t port = addr_port_raw(from);

	ret_key[0] = (uint8_t)socket;
	addr_host_bytes(from, ret_key + 1);
	memcpy(ret_key + 1 + ADDR_HOST_BYTES, &port, sizeof(port));
}

static struct ice_path *path_find(const struct ice *ice, unsigned socket, const struct addr *from)
{
	uint8_t key[ICE_PATH_KEY_SIZE];
	struct map_node *node;

	path_key(socket, from, key);
	node = map_get(&ice->paths, (struct view){ (const char *)key, sizeof(key) });
	return node ? CONTAINER_OF(node, struct ice_path, node) : NULL;
}

struct ice_leg *ice_find(const struct ice *ice, unsigned socket, const struct addr *from)
{
	const struct ice_path *path = path_find(ice, socket, from);

	return path ? path->leg : NULL;
}

static struct ice_path *path_room(struct ice_leg *leg)
{
	struct ice_path *oldest = NULL;

	for (unsigned i = 0; i < ICE_PATHS_MAX; i++) {
		struct ice_path *path = &leg->paths[i];

		if (!path->leg)
			return path;
		if (path != leg->selected && (!oldest || path->heard_us < oldest->heard_us))
			oldest = path;
	}
	path_drop(oldest);
	return oldest;
}

/* The leg's path over this socket to this address, from now on. NULL without memory. */
static struct ice_path *path_take(struct ice_leg *leg, unsigned socket, const struct addr *from)
{
	struct ice_path *path = path_find(leg->ice, socket, from);

	if (path && path->leg == leg)
		return path;
	if (path)
		path_drop(path);
	path = path_room(leg);
	*path = (struct ice_path){ .peer = *from, .socket = socket };
	path_key(socket, from, path->key);
	if (map_put(&leg->ice->paths, &path->node,
		    (struct view){ (const char *)path->key, sizeof(path->key) }) < 0)
		return NULL;
	path->leg = leg;
	return path;
}

/* The last nomination holds: a peer that moves nominates again. Before the first, packets go to
 * where the last check came from. */
static bool path_select(struct ice_leg *leg, struct ice_path *path, bool nominated)
{
	const bool moved = path != leg->selected && (nominated || !leg->nominated);

	if (moved)
		leg->selected = path;
	leg->nominated |= nominated;
	return moved;
}

/* "ours:theirs" (RFC 8445 section 7.2.2). The answer may still be under way. */
static struct ice_leg *leg_named(const struct ice *ice, struct view username)
{
	struct view theirs;
	const struct view ours = view_cut(username, ':', &theirs);
	struct map_node *node = map_get(&ice->legs, ours);
	struct ice_leg *leg = node ? CONTAINER_OF(node, struct ice_leg, node) : NULL;

	if (leg && leg->peer_ufrag[0] && !view_eq(theirs, view_str(leg->peer_ufrag)))
		return NULL;
	return leg;
}

/* Our tie-breaker counts as the smaller one, always: a lite agent cannot be in control of a full
 * one (RFC 8445 sections 6.1.1, 7.3.1.1). */
static unsigned fault_of(const struct stun *m)
{
	if (m->nunknown)
		return UNKNOWN_ATTRIBUTE;
	if (m->role == STUN_CONTROLLED)
		return ROLE_CONFLICT;
	return m->has_priority && m->role == STUN_CONTROLLING ? 0 : BAD_REQUEST;
}

static size_t reply_print(const struct ice_leg *leg, const struct stun *m, const struct addr *from,
			  unsigned error, uint8_t *ret_reply)
{
	struct stun reply = { .type = error ? STUN_ERROR : STUN_SUCCESS, .error = error };

	memcpy(reply.tid, m->tid, sizeof(reply.tid));
	if (!error)
		reply.mapped = *from;
	if (error == UNKNOWN_ATTRIBUTE) {
		memcpy(reply.unknown, m->unknown, sizeof(reply.unknown));
		reply.nunknown = m->nunknown;
	}
	return stun_print(&reply, (struct view){ leg->own.pwd, ICE_PWD_SIZE }, ret_reply,
			  STUN_REPLY_MAX);
}

/* The leg whose password the message knows. */
static struct ice_leg *leg_proven(const struct ice *ice, const uint8_t *p, size_t n,
				  const struct stun *m)
{
	struct ice_leg *leg = leg_named(ice, m->username);

	return leg && stun_verify(p, n, m, (struct view){ leg->own.pwd, ICE_PWD_SIZE }) ? leg
											: NULL;
}

struct ice_heard ice_hear(struct ice *ice, unsigned socket, const struct addr *from,
			  const uint8_t *p, size_t n, uint8_t ret_reply[STUN_REPLY_MAX])
{
	struct ice_heard heard = {};
	struct ice_path *path;
	struct ice_leg *leg;
	struct stun m;
	unsigned fault;

	if (stun_read(p, n, &m) < 0 || m.type != STUN_REQUEST || !m.fingerprint || !m.username.p ||
	    !(leg = leg_proven(ice, p, n, &m))) {
		ice->refused++;
		return heard;
	}
	fault = fault_of(&m);
	if (!fault) {
		path = path_take(leg, socket, from);
		if (!path)
			return heard;
		path->heard_us = clock_mono_us(ice->clock);
		heard.moved = path_select(leg, path, m.use_candidate);
	}
	heard.leg = leg;
	heard.reply = reply_print(leg, &m, from, fault, ret_reply);
	return heard;
}

bool ice_consented(const struct ice_leg *leg)
{
	return leg->selected && clock_mono_us(leg->ice->clock) - leg->selected->heard_us <
					ICE_CONSENT_MS * INT64_C(1000);
}
