#include "base/rand.h"
#include "sip/endpoint.h"
#include "sip/overload.h"
#include "sip/re.h"
#include "digest.h"

#include <dlfcn.h>
#include <poll.h>
#include <unistd.h>

#define REALM  "vestibule"
#define DOOR   "1000000001"
#define PHONE  "1000000002"
#define SECRET "secret"

enum { TURNS_MAX = 2000, TEXT = 8192 };

static struct {
	struct clock_virtual clock;
	struct rand_seeded rand;
	struct loop *loop;
	struct sip_endpoint *e;
	struct addr addr;
	int fd;
	unsigned branch;
	char text[TEXT]; /* the last that came */
	size_t requests, acks, bounds;
	uint64_t last_user, bound_user;
	size_t bound_n;
	bool full;
	struct sip_binding bound[BINDINGS_PER_DEVICE_MAX];
} t;

static bool on_secret(void *, uint64_t user, struct sip_secret *ret_secret)
{
	char name[32], ha1[65];

	if (user != 1000000001 && user != 1000000002)
		return false;
	snprintf(name, sizeof(name), "%llu", (unsigned long long)user);
	hash_ha1(true, name, REALM, SECRET, ha1);
	snprintf(ret_secret->ha1_md5, sizeof(ret_secret->ha1_md5), "%.32s", ha1);
	hash_ha1(false, name, REALM, SECRET, ret_secret->ha1_sha256);
	return true;
}

static void on_bound(void *, uint64_t user, const struct sip_binding *bindings, size_t n)
{
	t.bounds++;
	t.bound_user = user;
	t.bound_n = n;
	if (n > 0)
		memcpy(t.bound, bindings, n * sizeof(*bindings));
}

static void on_request(void *, struct tx_server *tx, const struct sip_msg *, const struct flow *,
		       uint64_t user)
{
	t.last_user = user;
	if (!tx) {
		t.acks++;
		return;
	}
	t.requests++;
	tx_reply(tx, 486, "Busy Here", (struct view){}, (struct view){});
}

static int peer_open(int type)
{
	const int fd = socket(AF_INET, type, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, &t.addr.sa, t.addr.len), 0);
	return fd;
}

static bool on_full(void *)
{
	return t.full;
}

static int setup_with(bool offer_sha256, bool shed)
{
	struct sip_endpoint_conf conf = { .shed = shed, .full = on_full, .listen = "127.0.0.1:0", .realm = REALM,
					  .secret = on_secret, .bound = on_bound,
					  .request = on_request, .offer_sha256 = offer_sha256 };
	struct err err;

	memset(&t, 0, sizeof(t));
	clock_virtual_init(&t.clock, 1700000000000);
	rand_seeded_init(&t.rand, 1);
	assert_int_equal(loop_new(&t.clock.clock, &t.loop), 0);
	conf.loop = t.loop;
	conf.clock = &t.clock.clock;
	conf.rand = &t.rand.rand;
	if (sip_endpoint_open(&conf, &err, &t.e))
		fail_msg("%s", err.text);
	assert_int_equal(addr_parse("127.0.0.1:0", &t.addr), 0);
	t.addr = addr_with_port(&t.addr, flows_port(sip_endpoint_flows(t.e)));
	t.fd = peer_open(SOCK_DGRAM);
	return 0;
}

static int setup(void **)
{
	return setup_with(false, false);
}

static int setup_sha256(void **)
{
	return setup_with(true, false);
}

static int setup_shed(void **)
{
	return setup_with(false, true);
}

static int teardown(void **)
{
	close(t.fd);
	sip_endpoint_close(t.e);
	loop_free(t.loop);
	return 0;
}

/* Sends, turns the loop, and reads what came into t.text; "" for silence. */
static void say_on(int fd, const char *text)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n;

	assert_int_equal(send(fd, text, strlen(text), 0), (ssize_t)strlen(text));
	for (int i = 0; i < TURNS_MAX && poll(&p, 1, 0) == 0; i++)
		loop_turn(t.loop);
	n = recv(fd, t.text, sizeof(t.text) - 1, MSG_DONTWAIT);
	t.text[n > 0 ? n : 0] = '\0';
}

static void expect(const char *part)
{
	if (!strstr(t.text, part))
		fail_msg("\"%s\" does not contain \"%s\"", t.text, part);
}

struct ask {
	int fd; /* 0: the usual one */
	const char *method, *user, *password, *to, *extra, *call_id, *algorithm;
	unsigned cseq, nc;
	const char *nonce;
};

/* One request, with credentials when a nonce is given. */
static void request(const struct ask *a)
{
	const int fd = a->fd ? a->fd : t.fd;
	const char *uri = strcmp(a->method, "REGISTER") == 0 ? "sip:" REALM : "sip:" PHONE "@" REALM;
	char text[TEXT], line[1024] = "";

	if (a->nonce)
		authorization(&(struct credentials){ .algorithm = a->algorithm, .user = a->user,
						     .realm = REALM, .password = a->password,
						     .method = a->method, .uri = uri,
						     .nonce = a->nonce, .cnonce = "c",
						     .nc = a->nc },
			      line, sizeof(line));
	snprintf(text, sizeof(text),
		 "%s %s SIP/2.0\r\nVia: SIP/2.0/%s 10.0.0.9:5060;branch=z9hG4bK%u;rport\r\n"
		 "From: <sip:%s@" REALM ">;tag=f\r\nTo: <sip:%s@" REALM ">\r\nCall-ID: %s\r\n"
		 "CSeq: %u %s\r\n%s%sContent-Length: 0\r\n\r\n",
		 a->method, uri, fd == t.fd ? "UDP" : "TCP", ++t.branch, a->user,
		 a->to ? a->to : a->user, a->call_id ? a->call_id : "c", a->cseq, a->method, line,
		 a->extra ? a->extra : "");
	say_on(fd, text);
}

/* Challenge and answer. */
static void ask(struct ask a)
{
	char nonce[128];

	a.cseq = a.cseq ? a.cseq : 1;
	request(&a);
	expect("SIP/2.0 401 ");
	nonce_of(t.text, nonce);
	a.nonce = nonce;
	a.nc = 1;
	a.cseq++;
	if (!a.password)
		a.password = SECRET;
	request(&a);
}

static void a_device_registers(void **)
{
	struct sip_binding b[2];

	ask((struct ask){ .method = "REGISTER", .user = PHONE, .algorithm = "SHA-256",
			  .extra = "Contact: <sip:p@10.0.0.9:5060>\r\n" });
	expect("SIP/2.0 200 OK\r\n");
	expect("Contact: <sip:p@10.0.0.9:5060>;expires=300\r\n");
	expect(";received=127.0.0.1;rport=");
	assert_int_equal(t.bounds, 1);
	assert_int_equal(t.bound_user, 1000000002);
	assert_int_equal(sip_endpoint_bindings(t.e, 1000000002, b, 2), 1);
	assert_string_equal(b[0].contact, "sip:p@10.0.0.9:5060");
	assert_int_equal(sip_endpoint_stats(t.e).devices, 1);
	clock_virtual_advance(&t.clock, 300 * INT64_C(1000000));
	loop_turn(t.loop);
	assert_int_equal(t.bounds, 2);
	assert_int_equal(t.bound_n, 0);
	assert_int_equal(sip_endpoint_bindings(t.e, 1000000002, b, 2), 0);
}

static void md5_and_no_algorithm_do_too(void **)
{
	ask((struct ask){ .method = "REGISTER", .user = PHONE, .algorithm = "MD5" });
	expect("SIP/2.0 200 ");
	ask((struct ask){ .method = "REGISTER", .user = PHONE });
	expect("SIP/2.0 200 ");
	assert_int_equal(t.bounds, 0);
}

static void the_better_challenge_comes_first(void **)
{
	const char *sha, *md5;

	request(&(struct ask){ .method = "REGISTER", .user = PHONE, .cseq = 1 });
	sha = strstr(t.text, "WWW-Authenticate: Digest realm=\"" REALM "\",nonce=\"");
	assert_non_null(sha);
	md5 = strstr(sha + 1, "WWW-Authenticate: ");
	assert_non_null(md5);
	assert_true(strstr(sha, "algorithm=SHA-256,qop=\"auth\"") < md5);
	assert_non_null(strstr(md5, "algorithm=MD5,qop=\"auth\""));
}

/* A phone that knows no SHA-256 gives up on a challenge that names it, wherever it stands. */
static void only_md5_is_asked_for_by_default(void **)
{
	const char *md5;

	request(&(struct ask){ .method = "REGISTER", .user = PHONE, .cseq = 1 });
	md5 = strstr(t.text, "WWW-Authenticate: Digest realm=\"" REALM "\",nonce=\"");
	assert_non_null(md5);
	assert_non_null(strstr(md5, "algorithm=MD5,qop=\"auth\""));
	assert_null(strstr(md5 + 1, "WWW-Authenticate: "));
	assert_null(strstr(t.text, "SHA-256"));
}

static void strangers_do_not_get_in(void **)
{
	ask((struct ask){ .method = "REGISTER", .user = PHONE, .password = "wrong",
			  .extra = "Contact: <sip:x@h>\r\n" });
	expect("SIP/2.0 401 ");
	ask((struct ask){ .method = "REGISTER", .user = "1000000009",
			  .extra = "Contact: <sip:x@h>\r\n" });
	expect("SIP/2.0 401 ");
	ask((struct ask){ .method = "REGISTER", .user = DOOR, .to = PHONE,
			  .extra = "Contact: <sip:x@h>\r\n" });
	expect("SIP/2.0 403 ");
	assert_int_equal(t.bounds, 0);
	assert_int_equal(sip_endpoint_stats(t.e).refused, 2);
}

static void a_lost_answer_is_given_again(void **)
{
	struct ask a = { .method = "REGISTER", .user = PHONE, .cseq = 1, .password = SECRET,
			 .extra = "Contact: <sip:p@h>\r\n" };
	char nonce[128];

	request(&a);
	nonce_of(t.text, nonce);
	a.nonce = nonce;
	a.nc = 1;
	a.cseq = 2;
	request(&a);
	expect("SIP/2.0 200 ");
	t.branch--; /* the very same bytes */
	request(&a);
	expect("SIP/2.0 200 ");
	expect("Contact: <sip:p@h>;expires=300");
	assert_int_equal(t.bounds, 1);
	a.nc = 2;
	a.cseq = 3;
	request(&a);
	expect("SIP/2.0 200 ");
	assert_int_equal(t.bounds, 2);
	a.nc = 1; /* heard of already */
	a.cseq = 4;
	request(&a);
	expect("SIP/2.0 401 ");
	expect(",stale=true");
}

static void a_device_calls(void **)
{
	ask((struct ask){ .method = "INVITE", .user = DOOR, .to = PHONE });
	expect("SIP/2.0 486 ");
	assert_int_equal(t.requests, 1);
	assert_int_equal(t.last_user, 1000000001);
}

static void a_device_calls_as_itself_only(void **)
{
	struct ask a = { .method = "INVITE", .user = DOOR, .cseq = 1 };
	char nonce[128], line[1024], text[TEXT];

	request(&a);
	nonce_of(t.text, nonce);
	authorization(&(struct credentials){ .user = DOOR, .realm = REALM, .password = SECRET,
					     .method = "INVITE", .uri = "sip:1@h", .nonce = nonce,
					     .cnonce = "c", .nc = 1 },
		      line, sizeof(line));
	snprintf(text, sizeof(text),
		 "INVITE sip:1@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKz;rport\r\n"
		 "From: <sip:" PHONE "@h>;tag=f\r\nTo: <sip:1@h>\r\nCall-ID: c\r\n"
		 "CSeq: 1 INVITE\r\n%s\r\n",
		 line);
	say_on(t.fd, text);
	expect("SIP/2.0 403 ");
	assert_int_equal(t.requests, 0);
}

static void credentials_are_for_one_callee(void **)
{
	struct ask a = { .method = "INVITE", .user = DOOR, .cseq = 1 };
	char nonce[128], line[1024], text[TEXT];

	request(&a);
	nonce_of(t.text, nonce);
	authorization(&(struct credentials){ .user = DOOR, .realm = REALM, .password = SECRET,
					     .method = "INVITE", .uri = "sip:1@h", .nonce = nonce,
					     .cnonce = "c", .nc = 1 },
		      line, sizeof(line));
	snprintf(text, sizeof(text),
		 "INVITE sip:2@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKz;rport\r\n"
		 "From: <sip:" DOOR "@h>;tag=f\r\nTo: <sip:2@h>\r\nCall-ID: c\r\n"
		 "CSeq: 1 INVITE\r\n%s\r\n",
		 line);
	say_on(t.fd, text);
	expect("SIP/2.0 401 ");
	assert_int_equal(t.requests, 0);
}

static void requests_of_a_dialog_are_passed_on(void **)
{
	say_on(t.fd, "BYE sip:1@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKb;rport\r\n"
		     "From: <sip:a@h>;tag=f\r\nTo: <sip:b@h>;tag=t\r\nCall-ID: c\r\nCSeq: 2 BYE\r\n\r\n");
	assert_int_equal(t.requests, 1);
	assert_int_equal(t.last_user, 0);
	say_on(t.fd, "BYE sip:1@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKc;rport\r\n"
		     "From: <sip:a@h>;tag=f\r\nTo: <sip:b@h>\r\nCall-ID: c\r\nCSeq: 2 BYE\r\n\r\n");
	expect("SIP/2.0 481 ");
	assert_int_equal(t.requests, 1);
}

static bool on_knows(void *, const struct sip_msg *msg, const struct flow *)
{
	return pl_strcmp(&msg->callid, "known") == 0;
}

static void a_dialog_of_nobody_makes_no_transaction(void **)
{
	sip_endpoint_dialogs(t.e, on_knows, NULL);
	say_on(t.fd, "BYE sip:1@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKb;rport\r\n"
		     "From: <sip:a@h>;tag=f\r\nTo: <sip:b@h>;tag=t\r\nCall-ID: c\r\nCSeq: 2 BYE\r\n\r\n");
	expect("SIP/2.0 481 ");
	assert_int_equal(t.requests, 0);
	say_on(t.fd, "BYE sip:1@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKc;rport\r\n"
		     "From: <sip:a@h>;tag=f\r\nTo: <sip:b@h>;tag=t\r\nCall-ID: known\r\nCSeq: 2 BYE\r\n\r\n");
	assert_int_equal(t.requests, 1);
}

static void options_and_the_rest_are_answered(void **)
{
	request(&(struct ask){ .method = "OPTIONS", .user = "x", .cseq = 1 });
	expect("SIP/2.0 200 OK\r\n");
	expect("Allow: INVITE, ACK, CANCEL, BYE, ");
	expect("Supported: timer, path, outbound\r\n");
	request(&(struct ask){ .method = "SUBSCRIBE", .user = "x", .cseq = 1 });
	expect("SIP/2.0 405 ");
	request(&(struct ask){ .method = "BREW", .user = "x", .cseq = 1 });
	expect("SIP/2.0 405 ");
	request(&(struct ask){ .method = "MESSAGE", .user = DOOR, .cseq = 1 }); /* RFC 3428 */
	expect("SIP/2.0 405 ");
	expect("Allow: INVITE, ACK, CANCEL, BYE, ");
	request(&(struct ask){ .method = "REFER", .user = DOOR, .cseq = 1,
			       .extra = "Refer-To: <sip:x@h>\r\n" }); /* RFC 3515 */
	expect("SIP/2.0 405 ");
	assert_null(strstr(t.text, "REFER,"));
	assert_int_equal(sip_endpoint_stats(t.e).transactions, 0);
}

static void a_binding_over_tcp_lives_as_long_as_its_connection(void **)
{
	const int fd = peer_open(SOCK_STREAM);
	struct sip_binding b;

	ask((struct ask){ .fd = fd, .method = "REGISTER", .user = PHONE,
			  .extra = "Contact: <sip:p@h;transport=tcp>\r\n" });
	expect("SIP/2.0 200 ");
	assert_int_equal(sip_endpoint_bindings(t.e, 1000000002, &b, 1), 1);
	assert_int_equal(b.flow.transport, FLOW_TCP);
	close(fd);
	for (int i = 0; i < TURNS_MAX && flow_alive(sip_endpoint_flows(t.e), &b.flow); i++)
		loop_turn(t.loop);
	assert_int_equal(sip_endpoint_bindings(t.e, 1000000002, &b, 1), 0);
	assert_int_equal(sip_endpoint_stats(t.e).bindings, 1);
}

static int register_flow(const char *reg_id, unsigned cseq)
{
	const int fd = peer_open(SOCK_STREAM);
	char extra[256];

	snprintf(extra, sizeof(extra),
		 "Require: path\r\nSupported: path, outbound\r\n"
		 "Contact: <sip:p@h;transport=tcp>;+sip.instance=\"<urn:uuid:a>\";reg-id=%s\r\n",
		 reg_id);
	ask((struct ask){ .fd = fd, .method = "REGISTER", .user = PHONE, .extra = extra,
			  .call_id = reg_id, .cseq = cseq });
	expect("SIP/2.0 200 ");
	expect("Require: outbound\r\n");
	return fd;
}

/* RFC 5626 section 7: one of its flows is tried, the newest that stands. */
static void a_phone_with_two_flows_is_called_once(void **)
{
	int one = register_flow("1", 1), two = register_flow("2", 1);
	struct sip_binding b[4];

	assert_int_equal(sip_endpoint_bindings(t.e, 1000000002, b, 4), 1);
	assert_int_equal(b[0].reg_id, 2);
	assert_int_equal(sip_endpoint_stats(t.e).bindings, 2);
	close(two);
	for (int i = 0; i < TURNS_MAX && flow_alive(sip_endpoint_flows(t.e), &b[0].flow); i++)
		loop_turn(t.loop);
	assert_int_equal(sip_endpoint_bindings(t.e, 1000000002, b, 4), 1);
	assert_int_equal(b[0].reg_id, 1);
	two = register_flow("2", 3); /* it comes back */
	assert_int_equal(sip_endpoint_bindings(t.e, 1000000002, b, 4), 1);
	assert_int_equal(b[0].reg_id, 2);
	assert_int_equal(sip_endpoint_stats(t.e).bindings, 2);
	close(one);
	close(two);
}

static void what_a_registration_requires_is_there_or_named(void **)
{
	ask((struct ask){ .method = "REGISTER", .user = PHONE,
			  .extra = "Require: path, gruu, outbound\r\nContact: <sip:p@h>\r\n" });
	expect("SIP/2.0 420 ");
	expect("Unsupported: gruu\r\n");
	assert_int_equal(t.bounds, 0);
}

static void bindings_come_best_first(void **)
{
	struct sip_binding b[4];

	ask((struct ask){ .method = "REGISTER", .user = PHONE,
			  .extra = "Contact: <sip:1@h>;q=0.2, <sip:2@h>;q=1.0\r\n"
				   "m: <sip:3@h>;q=0.50, <sip:4@h>\r\n" });
	expect("SIP/2.0 200 ");
	expect("<sip:1@h>;expires=300;q=0.200\r\n");
	assert_int_equal(sip_endpoint_bindings(t.e, 1000000002, b, 4), 4);
	assert_string_equal(b[0].contact, "sip:2@h");
	assert_string_equal(b[1].contact, "sip:4@h");
	assert_string_equal(b[2].contact, "sip:3@h");
	assert_string_equal(b[3].contact, "sip:1@h");
	assert_int_equal(sip_endpoint_bindings(t.e, 1000000002, b, 3), 3);
	sip_endpoint_unbind(t.e, 1000000002);
	assert_int_equal(t.bound_n, 0);
	assert_int_equal(sip_endpoint_bindings(t.e, 1000000002, b, 4), 0);
}

static void what_the_store_kept_comes_back(void **)
{
	struct sip_binding b = { .user = 1000000002, .contact = "sip:p@h", .call_id = "c", .cseq = 7,
				 .q = 1000, .expires_at = 1700000010000,
				 .flow = { .transport = FLOW_UDP, .peer = t.addr } };
	struct sip_binding got;

	assert_int_equal(sip_endpoint_restore(t.e, &b), 0);
	assert_int_equal(sip_endpoint_bindings(t.e, 1000000002, &got, 1), 1);
	assert_int_equal(t.bounds, 0);
	b.contact[0] = 'S';
	b.expires_at = 1700000000000;
	assert_true(sip_endpoint_restore(t.e, &b) < 0);
	clock_virtual_advance(&t.clock, 10 * INT64_C(1000000));
	loop_turn(t.loop);
	assert_int_equal(t.bounds, 1);
	assert_int_equal(sip_endpoint_stats(t.e).bindings, 0);
}

static void a_damaged_binding_stands_no_longer_than_any_other(void **)
{
	struct sip_binding b = { .user = 1000000002,
				 .contact = "sip:p@h",
				 .call_id = "c",
				 .cseq = 7,
				 .q = 1000,
				 .expires_at = INT64_MAX / 2,
				 .flow = { .transport = FLOW_UDP, .peer = t.addr } };
	struct sip_binding got;

	assert_int_equal(sip_endpoint_restore(t.e, &b), 0);
	assert_int_equal(sip_endpoint_bindings(t.e, 1000000002, &got, 1), 1);
	assert_int_equal(got.expires_at,
			 clock_wall_ms(&t.clock.clock) + BINDING_EXPIRES_MAX_S * 1000);
	loop_turn(t.loop); /* an overflown timer would be due */
	assert_int_equal(sip_endpoint_stats(t.e).bindings, 1);
	clock_virtual_advance(&t.clock, BINDING_EXPIRES_MAX_S * INT64_C(1000000));
	loop_turn(t.loop);
	assert_int_equal(sip_endpoint_stats(t.e).bindings, 0);
}

/* Otherwise each message costs a draw of OpenSSL's generator. */
static void libre_takes_its_random_bits_from_us(void **)
{
	uint64_t (*ours)(void) = rand_u64;
	void *theirs = dlsym(RTLD_DEFAULT, "rand_u64");

	assert_memory_equal(&ours, &theirs, sizeof(theirs));
	assert_true(rand_u64() != rand_u64());
}

static void a_phone_behind_a_nat_is_asked_for_its_options(void **)
{
	ask((struct ask){ .method = "REGISTER", .user = PHONE,
			  .extra = "Contact: <sip:p@10.0.0.9:5060>\r\n" });
	expect("SIP/2.0 200 ");
	clock_virtual_advance(&t.clock, BINDING_KEEP_MS * INT64_C(1000));
	say_on(t.fd, "\r\n"); /* unanswered: what comes is the OPTIONS */
	expect("OPTIONS sip:p@10.0.0.9:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:");
	expect("To: <sip:" PHONE "@" REALM ">\r\n");
}

/* A scanner and a good phone share one address. */
static void a_scanner_is_silenced_and_its_neighbour_is_not(void **)
{
	const int scanner = peer_open(SOCK_DGRAM);
	const int own = t.fd;
	struct guard_entry entry;
	char user[16];

	t.fd = scanner;
	for (unsigned i = 0; i < 2 * GUARD_FAILURES; i++) {
		snprintf(user, sizeof(user), "%u", 100 + i);
		request(&(struct ask){ .method = "REGISTER", .user = user, .cseq = 1 });
		if (i < GUARD_FAILURES - 1)
			expect("SIP/2.0 401 ");
		if (i >= GUARD_FAILURES)
			assert_string_equal(t.text, "");
	}
	request(&(struct ask){ .method = "OPTIONS", .user = "x", .cseq = 1 });
	assert_string_equal(t.text, "");
	assert_int_equal(sip_endpoint_suspects(t.e, &entry, 1), 1);
	assert_int_equal(entry.failures, 2 * GUARD_FAILURES);
	assert_true(addr_same_host(&entry.host, &t.addr));
	assert_true(sip_endpoint_forget_suspect(t.e, &entry.host));
	assert_false(sip_endpoint_forget_suspect(t.e, &entry.host));
	assert_int_equal(sip_endpoint_suspects(t.e, &entry, 1), 0);
	for (unsigned i = 0; i < 2 * GUARD_FAILURES; i++) { /* it begins anew */
		request(&(struct ask){ .method = "REGISTER", .user = user, .cseq = 1 });
		assert_int_equal(t.text[0] != '\0', i < GUARD_FAILURES - 1);
	}
	t.fd = own;
	ask((struct ask){ .method = "REGISTER", .user = PHONE, .extra = "Contact: <sip:p@h>\r\n" });
	expect("SIP/2.0 200 ");
	ask((struct ask){ .method = "INVITE", .user = DOOR, .cseq = 7 });
	expect("SIP/2.0 486 ");
	request(&(struct ask){ .method = "OPTIONS", .user = "x", .cseq = 1 });
	expect("SIP/2.0 200 ");
	close(scanner);
}

/* The loop looks so often, each time so late. */
static void look(int times, int64_t late_ms)
{
	for (int i = 0; i < times; i++) {
		clock_virtual_advance(&t.clock, (OVERLOAD_TICK_MS + late_ms) * 1000);
		loop_turn(t.loop);
	}
}

static void expect_busy(const struct ask *a)
{
	const char *retry;

	request(a);
	expect("SIP/2.0 503 ");
	retry = strstr(t.text, "\r\nRetry-After: ");
	assert_non_null(retry);
	assert_in_range(atoi(retry + 15), OVERLOAD_RETRY_S, OVERLOAD_RETRY_S + OVERLOAD_SPREAD_S);
}

static void new_calls_are_shed_before_those_that_stand(void **)
{
	const struct ask invite = { .method = "INVITE", .user = DOOR, .cseq = 1 };

	ask((struct ask){ .method = "REGISTER", .user = PHONE, .extra = "Contact: <sip:p@h>\r\n" });
	expect("SIP/2.0 200 ");
	look(OVERLOAD_LATE, OVERLOAD_LAG_MS);
	assert_true(sip_endpoint_stats(t.e).overload);
	expect_busy(&invite);
	say_on(t.fd, "BYE sip:x@h SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKbye;rport\r\n"
		     "From: <sip:a@h>;tag=f\r\nTo: <sip:b@h>;tag=t\r\nCall-ID: c\r\nCSeq: 2 BYE\r\n\r\n");
	assert_int_equal(t.requests, 1); /* in a dialog */
	ask((struct ask){ .method = "REGISTER", .user = PHONE, .cseq = 7,
			  .extra = "Contact: <sip:p@h>\r\n" });
	expect("SIP/2.0 200 ");
	expect_busy(&(struct ask){ .method = "REGISTER", .user = DOOR, .cseq = 1 });
	assert_int_equal(sip_endpoint_stats(t.e).shed, 2);
	look(OVERLOAD_CALM, 0);
	request(&invite);
	expect("SIP/2.0 401 ");
	assert_int_equal(sip_endpoint_stats(t.e).shed, 2);
}

static void as_many_calls_as_may_be_are_enough(void **)
{
	t.full = true;
	expect_busy(&(struct ask){ .method = "INVITE", .user = DOOR, .cseq = 1 });
	request(&(struct ask){ .method = "REGISTER", .user = DOOR, .cseq = 1 });
	expect("SIP/2.0 401 ");
	t.full = false;
	request(&(struct ask){ .method = "INVITE", .user = DOOR, .cseq = 2 });
	expect("SIP/2.0 401 ");
}

/* The same host, one port: the flood is cut, the other port is heard. */
static void a_flood_is_cut_and_its_neighbour_is_heard(void **)
{
	const int flood = peer_open(SOCK_DGRAM);

	for (int i = 0; i < 3 * GUARD_BURST; i++) {
		assert_int_equal(send(flood, "junk junk", 9, 0), 9);
		loop_turn(t.loop);
	}
	for (int i = 0; i < 20; i++)
		loop_turn(t.loop);
	assert_int_equal(sip_endpoint_stats(t.e).messages, GUARD_BURST);
	ask((struct ask){ .method = "REGISTER", .user = PHONE, .extra = "Contact: <sip:p@h>\r\n" });
	expect("SIP/2.0 200 ");
	close(flood);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_device_registers),
		TEST(md5_and_no_algorithm_do_too),
		TEST(only_md5_is_asked_for_by_default),
		cmocka_unit_test_setup_teardown(the_better_challenge_comes_first, setup_sha256,
						teardown),
		TEST(strangers_do_not_get_in),
		TEST(a_lost_answer_is_given_again),
		TEST(a_device_calls),
		TEST(a_device_calls_as_itself_only),
		TEST(credentials_are_for_one_callee),
		TEST(requests_of_a_dialog_are_passed_on),
		TEST(a_dialog_of_nobody_makes_no_transaction),
		TEST(options_and_the_rest_are_answered),
		TEST(a_binding_over_tcp_lives_as_long_as_its_connection),
		TEST(bindings_come_best_first),
		TEST(a_phone_with_two_flows_is_called_once),
		TEST(what_a_registration_requires_is_there_or_named),
		TEST(what_the_store_kept_comes_back),
		TEST(libre_takes_its_random_bits_from_us),
		TEST(a_damaged_binding_stands_no_longer_than_any_other),
		TEST(a_phone_behind_a_nat_is_asked_for_its_options),
		cmocka_unit_test_setup_teardown(new_calls_are_shed_before_those_that_stand, setup_shed,
						teardown),
		TEST(as_many_calls_as_may_be_are_enough),
		TEST(a_scanner_is_silenced_and_its_neighbour_is_not),
		TEST(a_flood_is_cut_and_its_neighbour_is_heard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
