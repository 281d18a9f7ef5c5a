/* 100,000 devices and as many calls on one heap of timers, as in the server: the work for one of them
 * is counted, and does not grow with the others. */
#include "base/rand.h"
#include "sip/registrar.h"
#include "sip/re.h"
#include "fake_flow.h"

#include <stdlib.h>

#define FIRST UINT64_C(1000000000)

enum {
	MANY = 100000,
	LEVELS = 19,     /* of a heap with up to 3 * MANY timers: what one may move through */
	BINDINGS_SEEN = 4, /* looked at for one REGISTER or one end */
};

static struct {
	struct clock_virtual clock;
	struct timers timers;
	struct rand_seeded rand;
	struct registrar *registrar;
	struct tx_layer *layer;
	struct flow flow;
	struct buf headers;
	uint64_t order[MANY]; /* devices, shuffled */
	uint64_t moves, touched;
	size_t ended;
} t;

static void on_ended(void *, struct tx_server *)
{
	t.ended++;
}

/* Rings and answers at once: the deadline moves twice. */
static void on_request(void *, struct tx_server *tx, const struct sip_msg *, const struct flow *)
{
	static const struct tx_server_handlers handlers = { .ended = on_ended };

	assert_non_null(tx);
	tx_server_use(tx, &handlers, NULL);
	assert_int_equal(tx_reply(tx, 180, "Ringing", (struct view){}, (struct view){}), 0);
	assert_int_equal(tx_reply(tx, 200, "OK", (struct view){}, (struct view){}), 0);
}

static int setup(void **)
{
	const struct registrar_conf registrar = { &t.timers, NULL, NULL, NULL };
	const struct tx_conf layer = { .timers = &t.timers, .rand = &t.rand.rand,
				       .server = "vestibule", .request = on_request };

	clock_virtual_init(&t.clock, 1700000000000);
	timers_init(&t.timers, &t.clock.clock);
	rand_seeded_init(&t.rand, 1);
	t.headers = BUF_INIT(16384);
	t.flow = fake_peer(FLOW_UDP, "198.51.100.7:40000");
	for (uint64_t i = 0; i < MANY; i++) {
		const uint64_t at = rand_below(&t.rand.rand, (uint32_t)i + 1);

		t.order[i] = t.order[at];
		t.order[at] = FIRST + i;
	}
	return registrar_new(&registrar, &t.registrar) | tx_layer_new(&layer, &t.layer);
}

static int teardown(void **)
{
	tx_layer_free(t.layer);
	registrar_free(t.registrar);
	timers_free(&t.timers);
	buf_free(&t.headers);
	return 0;
}

static void count_from_here(void)
{
	t.moves = t.timers.moves;
	t.touched = registrar_stats(t.registrar).touched;
}

static void assert_work(uint64_t timers_touched, uint64_t bindings_touched)
{
	assert_in_range(t.timers.moves - t.moves, 0, timers_touched * LEVELS);
	assert_in_range(registrar_stats(t.registrar).touched - t.touched, 0, bindings_touched);
}

static void register_one(uint64_t user, unsigned cseq)
{
	struct sip_msg *msg = NULL;
	struct mbuf *mb = mbuf_alloc(512);
	const unsigned expires_s = 60 + (unsigned)rand_below(&t.rand.rand, 3000);

	assert_non_null(mb);
	mb->end = (size_t)snprintf((char *)mb->buf, 512,
				   "REGISTER sip:h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\n"
				   "Call-ID: %llu\r\nCSeq: %u REGISTER\r\n"
				   "Contact: <sip:a@198.51.100.7>;expires=%u\r\n\r\n",
				   (unsigned long long)user, cseq, expires_s);
	assert_int_equal(sip_msg_decode(&msg, mb), 0);
	mem_deref(mb);
	buf_reset(&t.headers);
	assert_int_equal(registrar_register(t.registrar, msg, &t.flow, user, false, &t.headers).code,
			 200);
	mem_deref(msg);
}

static void register_all(unsigned cseq)
{
	for (size_t i = 0; i < MANY; i++)
		register_one(t.order[i], cseq);
}

static void call_all(void)
{
	char text[512];

	for (unsigned i = 0; i < MANY; i++) {
		snprintf(text, sizeof(text),
			 "INVITE sip:2@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK%u\r\n"
			 "From: <sip:1@h>;tag=%u\r\nTo: <sip:2@h>\r\nCall-ID: %u\r\n"
			 "CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
			 i, i, i);
		assert_int_equal(tx_layer_message(t.layer, &t.flow, view_str(text)), 0);
	}
}

static void pass_s(unsigned seconds)
{
	for (unsigned i = 0; i < seconds; i++) {
		clock_virtual_advance(&t.clock, 1000000);
		timers_run(&t.timers);
	}
}

static void one_among_many_costs_what_one_among_few_does(void **)
{
	count_from_here();
	register_all(1);
	assert_int_equal(registrar_stats(t.registrar).bindings, MANY);
	assert_work(MANY, MANY * BINDINGS_SEEN);

	count_from_here(); /* out of the heap and in again */
	register_all(2);
	assert_int_equal(t.timers.count, MANY);
	assert_work(2 * MANY, MANY * BINDINGS_SEEN);

	count_from_here(); /* armed, moved twice */
	call_all();
	assert_int_equal(tx_layer_count(t.layer), MANY);
	assert_work(5 * MANY, 0);

	count_from_here(); /* all calls end at one time */
	pass_s(TX_TIMEOUT_MS / 1000);
	assert_int_equal(t.ended, MANY);
	assert_int_equal(tx_layer_count(t.layer), 0);
	assert_work(MANY, 0);

	count_from_here();
	for (size_t i = 0; i < MANY / 2; i++)
		registrar_unbind(t.registrar, t.order[i]);
	assert_int_equal(t.timers.count, MANY / 2);
	assert_work(MANY / 2, 0);

	count_from_here();
	pass_s(3100);
	assert_int_equal(registrar_stats(t.registrar).devices, 0);
	assert_int_equal(t.timers.count, 0);
	assert_work(MANY / 2, MANY / 2 * BINDINGS_SEEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_among_many_costs_what_one_among_few_does, setup,
						teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
