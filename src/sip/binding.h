/* sip/binding.h - the contacts of one device as a value that is changed all or not at all
 * (RFC 3261 section 10.3, steps 6 and 7).
 *
 * Pure but for memory; any thread. */
#pragma once
#include "sip/endpoint.h"

/* One Contact of a REGISTER. */
struct contact {
	struct view uri;
	bool secure; /* a sips URI */
	bool has_expires;
	uint32_t expires_s; /* meaningful with has_expires */
	unsigned q;
	struct view instance; /* RFC 5626; empty: none, or one that is too long to be kept */
	uint32_t reg_id;      /* 0: none */
};

/* 0, or -EBADMSG: not a URI that a request could be sent to, or too long to be kept. */
[[nodiscard]] int contact_read(struct view header, struct contact *ret_contact);
/* Without the brackets of an IPv6 address; for a URI that contact_read has let pass. */
struct view contact_host(struct view uri);
/* RFC 3261 section 19.1.4. */
bool contact_same(struct view a, struct view b);

struct binding_set {
	struct sip_binding *items; /* owned */
	size_t n;
};

void binding_set_free(struct binding_set *set);

/* A change under way: it works on copies. */
struct binding_update {
	struct binding_set *set;
	struct sip_binding items[BINDINGS_PER_DEVICE_MAX];
	size_t n;
	size_t fresh; /* added or renewed by this update, at the end of items */
};

void binding_begin(struct binding_update *u, struct binding_set *set);
/* Adds or renews. -ESTALE: an older or the same CSeq of the same Call-ID, so the whole update fails;
 * -ENOSPC: more contacts than a device may have. A full set loses what ends first instead, as a
 * phone with a new port each time would lock itself out. */
[[nodiscard]] int binding_put(struct binding_update *u, const struct sip_binding *binding);
/* Removes the one that binding_put would renew; 0 also when there was none. -ESTALE as above. */
[[nodiscard]] int binding_remove(struct binding_update *u, const struct sip_binding *binding);
/* All of them: `Contact: *`. */
[[nodiscard]] int binding_remove_all(struct binding_update *u, struct view call_id, uint32_t cseq);
/* Those that end at or before now_ms (wall); returns how many went. */
size_t binding_expire(struct binding_update *u, int64_t now_ms);
/* Makes it so. -ENOMEM leaves the set as it was. Dropping the update is the rollback. */
[[nodiscard]] int binding_commit(struct binding_update *u);
