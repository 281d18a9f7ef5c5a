/* Legs to phones outside, over the line that the site has with a provider. Nobody but a door's
 * button starts one (route.c), and a site only so many in an hour: a line costs money. */
#include "call/call_priv.h"

#include "base/log.h"

#include <errno.h>
#include <event2/dns.h>
#include <event2/util.h>
#include <netdb.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { CONTACT_SIZE = 320, HOUR_MS = 3600 * 1000 };

/* How many calls a site made outside in the hour that began then. */
struct line_use {
	int64_t site_id;
	int64_t from_ms;
	unsigned calls;
	struct map_node node; /* the switchboard's */
};

/* The provider's address is asked for; who asked may be gone when it comes. */
struct line_ask {
	struct switchboard *sb;
	int64_t call_id;
	unsigned leg;
	int error; /* evdns's; 0: peer is the answer, without its port */
	struct addr peer;
	struct timer answered; /* names of the hosts file are there before the call rings */
	struct list list;      /* the switchboard's */
};

static struct line_use *use_of(struct switchboard *sb, int64_t site_id)
{
	struct map_node *node = map_get(&sb->line_uses, id_key(&site_id));
	struct line_use *use = node ? CONTAINER_OF(node, struct line_use, node) : NULL;

	if (use)
		return use;
	use = calloc(1, sizeof(*use));
	if (!use)
		return NULL;
	use->site_id = site_id;
	if (map_put(&sb->line_uses, &use->node, id_key(&use->site_id)) < 0) {
		free(use);
		return NULL;
	}
	return use;
}

static bool within_limit(const struct call *call)
{
	const int64_t now_ms = clock_mono_us(call->sb->conf.clock) / 1000;
	struct line_use *use = use_of(call->sb, call->site_id);

	if (!use)
		return false;
	if (!use->calls || now_ms - use->from_ms >= HOUR_MS) {
		use->from_ms = now_ms;
		use->calls = 0;
	}
	if (use->calls >= LINE_CALLS_PER_HOUR_MAX)
		return false;
	use->calls++;
	return true;
}

/* The INVITE. */

static int invite(struct call_leg *leg, const struct dir_device *to, const struct addr *peer)
{
	const struct switchboard_conf *conf = &leg->call->sb->conf;
	const struct dir_trunk *trunk = to->trunk;
	const char *caller = trunk->caller[0] ? trunk->caller : trunk->user;
	char contact[CONTACT_SIZE], password[SESSION_NAME_MAX + 1] = "";
	const struct session_line line = { trunk->host, to->line, caller[0] ? caller : "anonymous",
					   trunk->user, password };
	const struct flow flow = { .transport = FLOW_UDP, .peer = *peer };
	int rc = 0;

	snprintf(contact, sizeof(contact), "sip:%s@%s:%u", to->line, trunk->host, trunk->port);
	if (trunk->user[0] && conf->unseal)
		rc = conf->unseal(conf->unseal_arg, trunk->password_sealed, password,
				  sizeof(password));
	if (rc == 0)
		rc = leg_sip_invite(leg, &(struct session_to){ .user = leg->device,
							       .contact = contact,
							       .flow = flow,
							       .from_name = leg->call->caller.name,
							       .line = &line });
	sodium_memzero(password, sizeof(password));
	return rc;
}

/* The address. */

static struct call_leg *leg_that_asked(const struct line_ask *ask)
{
	struct call *call = switchboard_call(ask->sb, ask->call_id);

	for (struct list *it = call ? call->legs.next : NULL; call && it != &call->legs;
	     it = it->next) {
		struct call_leg *leg = CONTAINER_OF(it, struct call_leg, list);

		if (leg->number == ask->leg)
			return call->state == CALL_RINGING ? leg : NULL;
	}
	return NULL;
}

static void ask_free(struct line_ask *ask)
{
	timers_cancel(ask->sb->timers, &ask->answered);
	list_remove(&ask->list);
	free(ask);
}

static void on_answered(void *arg)
{
	struct line_ask *ask = arg;
	struct call_leg *leg = leg_that_asked(ask);
	const struct dir_device *to = leg ? ring_device(leg->call, leg->device) : NULL;
	const struct addr found = ask->peer;
	const int error = ask->error;
	struct addr peer;

	ask_free(ask);
	if (!leg)
		return;
	if (to && to->trunk && !error) {
		peer = addr_with_port(&found, to->trunk->port);
		if (invite(leg, to, &peer) == 0)
			return;
	}
	log_warn("line_unreachable", LF_I("call", leg->call->id), LF_I("error", error));
	leg_lose(leg, 0, true); /* the call may be gone after it */
}

/* The first address that there is. */
static void on_address(int error, struct evutil_addrinfo *found, void *arg)
{
	struct line_ask *ask = arg;

	ask->error = found ? error : EVUTIL_EAI_NONAME;
	if (found && found->ai_addrlen <= sizeof(ask->peer.v6)) {
		memcpy(&ask->peer, found->ai_addr, found->ai_addrlen);
		ask->peer.len = (socklen_t)found->ai_addrlen;
	}
	if (found)
		evutil_freeaddrinfo(found);
	if (timers_arm(ask->sb->timers, &ask->answered, 0, on_answered, ask) < 0)
		log_error("line_unreachable", LF_I("call", ask->call_id), LF_I("error", -ENOMEM));
}

/* The name is looked up while the call rings on; a number is there at once. */
static int look_up(struct call_leg *leg, const struct dir_trunk *trunk)
{
	struct switchboard *sb = leg->call->sb;
	const struct evutil_addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM };
	struct line_ask *ask;

	if (!sb->names)
		sb->names = evdns_base_new(loop_base(sb->conf.loop),
					   EVDNS_BASE_INITIALIZE_NAMESERVERS |
						   EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	ask = sb->names ? calloc(1, sizeof(*ask)) : NULL;
	if (!ask)
		return -ENOMEM;
	*ask = (struct line_ask){ .sb = sb, .call_id = leg->call->id, .leg = leg->number };
	list_append(&sb->line_asks, &ask->list);
	evdns_getaddrinfo(sb->names, trunk->host, NULL, &hints, on_address, ask);
	return 0;
}

static int begin(struct call_leg *leg, const struct dir_device *to)
{
	char text[280];
	struct addr peer;

	snprintf(text, sizeof(text), "%s:%u", to->trunk->host, to->trunk->port);
	return addr_parse(text, &peer) == 0 ? invite(leg, to, &peer) : look_up(leg, to->trunk);
}

bool leg_line_start(struct call *call, const struct dir_device *to)
{
	struct call_leg *leg;
	int rc;

	if (!to->trunk || !within_limit(call)) {
		log_warn(to->trunk ? "line_limit" : "line_missing", LF_I("call", call->id),
			 LF_I("site", call->site_id));
		return false;
	}
	leg = leg_new(call, &leg_sip, to);
	if (!leg)
		return false;
	list_append(&call->legs, &leg->list);
	rc = begin(leg, to);
	if (rc < 0) {
		log_warn("leg_failed", LF_I("call", call->id), LF_I("device", to->number),
			 LF_I("error", rc));
		list_remove(&leg->list);
		free(leg);
	}
	return rc == 0;
}

static void use_free(struct map_node *node, void *)
{
	free(CONTAINER_OF(node, struct line_use, node));
}

void leg_line_free(struct switchboard *sb)
{
	if (sb->names)
		evdns_base_free(sb->names, 0);
	LIST_EACH(it, &sb->line_asks)
		ask_free(CONTAINER_OF(it, struct line_ask, list));
	map_each(&sb->line_uses, use_free, NULL);
	map_free(&sb->line_uses);
}
