/* sip/registrar.h - where devices are (RFC 3261 section 10): bindings in memory, with their ends.
 *
 * Everything on the sip loop's thread. A device costs one timer; finding it costs O(1), and nothing
 * looks at more than the at most BINDINGS_PER_DEVICE_MAX bindings of one device. */
#pragma once
#include "base/timer.h"
#include "sip/binding.h"

struct registrar_conf {
	struct timers *timers;
	void (*bound)(void *arg, uint64_t user, const struct sip_binding *bindings, size_t n);
	/* Every BINDING_KEEP_MS for a binding over UDP whose Contact is not where it came from: the
	 * device shall say something, or the NAT before it forgets the way. May be NULL. */
	void (*keep)(void *arg, const struct sip_binding *binding);
	void *arg;
	const char *push_providers; /* as in sip/endpoint.h; likewise the next */
	void (*refresh)(void *arg, const struct sip_binding *binding);
};

struct registrar_stats {
	uint64_t devices, bindings;
	uint64_t touched; /* bindings looked at since the start: what the work grows with */
};

struct registrar_reply {
	unsigned code;
	const char *reason;
};

struct registrar;
[[nodiscard]] int registrar_new(const struct registrar_conf *conf, struct registrar **ret_registrar);
void registrar_free(struct registrar *r);
/* An authenticated REGISTER for `user`; the headers of the reply are appended to `headers`. With
 * `repeat` (the same message came before) nothing changes, and the reply tells what stands. */
struct registrar_reply registrar_register(struct registrar *r, const struct sip_msg *msg,
					  const struct flow *flow, uint64_t user, bool repeat,
					  struct buf *headers);
/* For BINDING_EXPIRES_MAX_S at most. -EINVAL when it has ended already, -ENOSPC, -ENOMEM. Does not
 * call `bound`. */
[[nodiscard]] int registrar_restore(struct registrar *r, const struct sip_binding *binding);
/* NULL and 0 without any. Valid until something changes. */
const struct binding_set *registrar_find(const struct registrar *r, uint64_t user);
void registrar_unbind(struct registrar *r, uint64_t user);
struct registrar_stats registrar_stats(const struct registrar *r);
