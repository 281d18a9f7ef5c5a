/* server/numbers.h - what the sip loop knows and others ask for: the numbers of /metrics, the
 * suspects.
 *
 * numbers_copy runs on the sip loop's thread, now and then; whoever asks, on whatever thread, gets
 * what was copied last. */
#pragma once
#include "api/metrics.h"
#include "api/suspect.h"
#include "call/switchboard.h"
#include "event/journal.h"
#include "office/mail.h"
#include "office/push.h"

#include <pthread.h>

struct numbers {
	pthread_mutex_t lock; /* PTHREAD_MUTEX_INITIALIZER before anybody has it */
	struct sip_endpoint_stats sip;
	struct switchboard_stats calls;
	uint64_t devices, ports, relay_lost;
	struct guard_entry suspects[SUSPECTS_SHOWN_MAX];
	size_t nsuspects;
};

struct camera;

struct numbers_of {
	struct sip_endpoint *endpoint;
	const struct switchboard *switchboard;
	const struct directory *directory;
	struct relay *relay;
};

void numbers_copy(struct numbers *n, const struct numbers_of *of);
void numbers_print(struct numbers *n, struct journal *journal, struct mailer *mailer,
		   struct pusher *pusher, struct camera *camera, struct metrics *m);
/* As suspects_fn. */
int numbers_suspects(struct numbers *n, struct arena *arena, struct suspect *ret_suspects,
		     size_t max, size_t *ret_n);
/* Takes it off the copy at once. -ENOENT: it is not there. */
int numbers_forget(struct numbers *n, const struct addr *host);
