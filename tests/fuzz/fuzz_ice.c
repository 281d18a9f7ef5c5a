/* STUN messages at the shared port. Each input is heard as it is; and if it can be read, again with
 * the leg's name and a right password over it, so that what comes after the proof is reached. */
#include "media/ice_lite.h"

#include <stdlib.h>
#include <string.h>

enum { SOCKETS = 2 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool good)
{
	if (!good)
		abort();
}

static void hear(struct ice *ice, struct ice_leg *leg, const uint8_t *p, size_t n, unsigned socket)
{
	uint8_t reply[STUN_REPLY_MAX];
	struct addr from;
	struct stun m;

	check(addr_parse(socket ? "[2001:db8::1]:9" : "192.0.2.1:9", &from) == 0);
	const struct ice_heard heard = ice_hear(ice, socket, &from, p, n, reply);
	check(heard.reply <= sizeof(reply) && (heard.leg != NULL) == (heard.reply > 0));
	check(!heard.reply || stun_read(reply, heard.reply, &m) == 0);
	check(!heard.moved || (leg->selected && leg->selected->socket == socket));
	check(ice->paths.count <= SOCKETS);
}

/* As a peer that knows the password would have said it. */
static void hear_proven(struct ice *ice, struct ice_leg *leg, struct stun *m, unsigned socket)
{
	uint8_t p[STUN_MESSAGE_MAX];
	char name[ICE_UFRAG_SIZE + 3];
	size_t n;

	memcpy(name, leg->own.ufrag, ICE_UFRAG_SIZE);
	memcpy(name + ICE_UFRAG_SIZE, ":p", 3);
	m->username = view_str(name);
	m->type = STUN_REQUEST;
	n = stun_print(m, view_str(leg->own.pwd), p, sizeof(p));
	check(n > 0);
	hear(ice, leg, p, n, socket);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct clock_virtual clock;
	struct rand_seeded rand;
	struct ice_own own;
	struct ice_leg leg;
	struct ice ice;
	struct stun m;

	clock_virtual_init(&clock, 0);
	rand_seeded_init(&rand, 1);
	ice_init(&ice, &clock.clock);
	ice_own_make(&rand.rand, &own);
	check(ice_leg_open(&ice, &leg, &own, NULL) == 0);
	hear(&ice, &leg, data, n, 0);
	if (stun_read(data, n, &m) == 0) {
		check(m.username.n <= STUN_USERNAME_MAX && m.nunknown <= STUN_UNKNOWN_MAX);
		check(m.integrity_at < n);
		stun_verify(data, n, &m, VIEW("password"));
		hear_proven(&ice, &leg, &m, 0);
		hear_proven(&ice, &leg, &m, 1);
	}
	ice_leg_close(&leg);
	check(ice.paths.count == 0 && ice.legs.count == 0);
	ice_free(&ice);
	return 0;
}
