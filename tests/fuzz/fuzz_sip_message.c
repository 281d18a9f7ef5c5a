/* Messages as they come from the network, into the whole of SIP and the calls above: a door, two
 * phones, an app, a neighbour. Sockets, the check of passwords and the relay are left out:
 * everybody is whom From names.
 *
 * An input is pieces with a NUL between them. A piece is a message over UDP from the door; or over
 * TCP behind \1; from the first phone behind \2; over TCP from the second behind \3; from the app's
 * page behind \4, and \5 makes that connect anew. "+N" lets N ms pass, "!" and a letter is an event
 * of the relay or of a connection. In a message stand $b, $f and $i
 * for the branch, the From tag and the Call-ID of the last request that was sent to that side, $t
 * for the To tag of the last response: so a phone can answer, and a dialog can go on. In one of the
 * page $c and $k stand for the call and the token that it heard last, $a for a good answer. */
#include "base/log.h"
#include "base/rand.h"
#include "call/app.h"
#include "call/switchboard.h"
#include "../unit/sip/fake_sip.h"
#include "../unit/call/fake_relay.h"

#include <jansson.h>

enum {
	PIECES_MAX = 40,
	WAIT_MAX = 600000,
	DOOR = 1000000001,
	APP = DOOR + 3,
	SIDES = 4,
	PAGE = 4,
	PAGE_ANEW = 5,
	KNOWN_MAX = 128
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct known {
	char branch[KNOWN_MAX], from_tag[KNOWN_MAX], to_tag[KNOWN_MAX], call_id[KNOWN_MAX];
};

static struct {
	struct clock_virtual clock;
	struct rand_seeded rand;
	struct loop *loop;
	struct relay relay;
	struct sip_endpoint *endpoint;
	struct directory *directory;
	struct switchboard *sb;
	struct flow sides[SIDES];
	struct known known[SIDES];
	int64_t call;          /* the last that began */
	struct app_link *link; /* the page's */
	char page_call[24], page_token[40];
} w;

/* What is sent is a message again. */

static void keep(char to[KNOWN_MAX], struct view from)
{
	snprintf(to, KNOWN_MAX, "%.*s", (int)from.n, from.p);
}

static void learn(struct known *k, const struct sip_msg *msg)
{
	if (!msg->req) {
		keep(k->to_tag, view_pl(&msg->to.tag));
		return;
	}
	keep(k->branch, view_pl(&msg->via.branch));
	keep(k->from_tag, view_pl(&msg->from.tag));
	keep(k->call_id, view_pl(&msg->callid));
}

static void check_lines(struct view bytes)
{
	struct view rest = bytes, line = view_line(rest, &rest);
	bool any = false;

	if (memchr(line.p, '\r', line.n))
		abort();
	while ((line = view_line(rest, &rest)).n > 0) {
		const bool folded = any && (line.p[0] == ' ' || line.p[0] == '\t');

		if (!folded && !memchr(line.p, ':', line.n))
			abort();
		any = true;
	}
}

static void check(const struct sip_msg *msg)
{
	static const enum sip_hdrid once[] = { SIP_HDR_FROM, SIP_HDR_TO, SIP_HDR_CALL_ID,
					       SIP_HDR_CSEQ, SIP_HDR_CONTENT_LENGTH };
	const struct view reason = sip_header(msg, SIP_HDR_REASON);
	uint64_t n;

	for (size_t i = 0; i < sizeof(once) / sizeof(once[0]); i++)
		if (sip_msg_hdr_count(msg, once[i]) != 1)
			abort();
	if (view_u64(view_pl(&msg->clen), FLOW_MESSAGE_MAX, &n) || n != sip_body(msg).n)
		abort();
	if (reason.n && !view_starts(reason, VIEW("SIP;cause="))) /* RFC 3326 */
		abort();
}

/* The answers to a malformed request repeat its lines as they came. */
static void on_sent(const struct flow *flow, struct view bytes)
{
	struct sip_msg *msg;
	struct mbuf *mb;

	check_lines(bytes);
	if (view_starts(bytes, VIEW("SIP/2.0 400 Bad Request")) ||
	    view_starts(bytes, VIEW("SIP/2.0 505 ")))
		return;
	mb = mbuf_alloc(bytes.n + 1);
	if (!mb)
		abort();
	memcpy(mb->buf, bytes.p, bytes.n);
	mb->end = bytes.n;
	if (sip_msg_decode(&msg, mb)) {
		fprintf(stderr, "%.*s\n", (int)bytes.n, bytes.p);
		abort();
	}
	check(msg);
	for (size_t i = 0; i < SIDES; i++)
		if (flow_same(flow, &w.sides[i]))
			learn(&w.known[i], msg);
	mem_deref(msg);
	mem_deref(mb);
}

/* The page. */

static void keep_text(char *to, size_t size, const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	if (text)
		snprintf(to, size, "%s", text);
}

/* What a page hears is an object with a type. */
static void on_page(void *, struct view text)
{
	json_t *o = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);

	if (!json_is_string(json_object_get(o, "type")) || text.n > APP_MESSAGE_MAX)
		abort();
	keep_text(w.page_call, sizeof(w.page_call), o, "call");
	keep_text(w.page_token, sizeof(w.page_token), o, "token");
	json_decref(o);
}

static void page_open(void)
{
	static const uint64_t device = APP;

	app_close(w.link);
	if (app_open(w.sb, &(struct app_conf){ &device, 1, on_page, NULL }, &w.link))
		abort();
}

/* The world. */

static bool on_secret(void *, uint64_t user, struct sip_secret *ret_secret)
{
	memset(ret_secret, 0, sizeof(*ret_secret));
	return directory_device(w.directory, user);
}

static void on_request(void *, struct tx_server *tx, const struct sip_msg *msg,
		       const struct flow *flow, uint64_t user)
{
	switchboard_request(w.sb, tx, msg, flow, user);
}

static void on_record(void *, const struct call_record *record)
{
	w.call = record->call_id;
}

static void on_changed(void *, uint64_t)
{
}

static struct flow flow_of(enum flow_transport transport, uint64_t conn, const char *peer)
{
	struct flow flow = { .transport = transport, .conn = conn };

	if (addr_parse(peer, &flow.peer))
		abort();
	return flow;
}

static void devices_make(void)
{
	static const struct dir_destination phones[] = { { DOOR + 1, 0 },
							 { APP, 0 },
							 { DOOR + 2, 10 } };
	static struct dir_button button = { 1, "Bell", phones, 3 };
	struct dir_site *site = dir_site_new(1);

	if (!site)
		abort();
	site->ndevices = 4;
	site->devices = arena_alloc(&site->arena, site->ndevices * sizeof(*site->devices));
	for (unsigned i = 0; i < site->ndevices; i++)
		site->devices[i] = (struct dir_device){ .number = DOOR + i,
							.site_id = 1,
							.name = "A \"door\"",
							.unlock_code = "12#",
							.kind = i ? DIR_PHONE : DIR_INTERCOM,
							.app = DOOR + i == APP,
							.wakes = DOOR + i == APP };
	site->devices[0].buttons = &button;
	site->devices[0].nbuttons = 1;
	if (directory_new(&(struct directory_conf){ on_changed, NULL }, &w.directory) ||
	    directory_swap(w.directory, site))
		abort();
}

static void restore(unsigned phone, const struct flow *flow)
{
	struct sip_binding b = { .user = DOOR + phone,
				 .contact = "sip:p@10.0.0.2;x=y",
				 .q = 1000,
				 .expires_at = INT64_C(1700003600000),
				 .flow = *flow };

	if (sip_endpoint_restore(w.endpoint, &b))
		abort();
}

static void world_open(void)
{
	struct sip_endpoint_conf conf = { .clock = &w.clock.clock,
					  .rand = &w.rand.rand,
					  .realm = "r",
					  .secret = on_secret,
					  .request = on_request };

	fake_sip.gone = 0;
	fake_sip.sent = on_sent;
	clock_virtual_init(&w.clock, 1700000000000);
	rand_seeded_init(&w.rand, 1);
	w.relay = fake_relay_open();
	devices_make();
	if (log_open(NULL, LOGL_ERROR, false) < 0 || loop_new(&w.clock.clock, &w.loop))
		abort();
	conf.loop = w.loop;
	if (sip_endpoint_open(&conf, NULL, &w.endpoint) ||
	    switchboard_new(&(struct switchboard_conf){ .loop = w.loop,
							.clock = &w.clock.clock,
							.rand = &w.rand.rand,
							.endpoint = w.endpoint,
							.relay = &w.relay,
							.realm = "r",
							.directory = w.directory,
							.record = on_record },
			    &w.sb))
		abort();
	w.sides[0] = flow_of(FLOW_UDP, 0, "198.51.100.7:5060");
	w.sides[1] = flow_of(FLOW_TCP, 1, "198.51.100.7:40000");
	w.sides[2] = flow_of(FLOW_UDP, 0, "198.51.100.8:5060");
	w.sides[3] = flow_of(FLOW_TCP, 3, "198.51.100.9:40000");
	restore(1, &w.sides[2]);
	restore(2, &w.sides[3]);
	page_open();
}

static void pass(int64_t ms)
{
	for (const int64_t step = ms / 50 + 1; ms > 0; ms -= step) {
		clock_virtual_advance(&w.clock, step * 1000);
		loop_turn(w.loop);
	}
}

/* With time for every transaction to end by itself, or not. */
static void world_close(bool wait)
{
	if (wait)
		pass(70000);
	switchboard_free(w.sb);
	sip_endpoint_close(w.endpoint);
	loop_free(w.loop);
	directory_free(w.directory);
	fake_relay_close(&w.relay);
	memset(&w, 0, sizeof(w));
}

/* Pieces. */

#define SECURE                                                                                     \
	"c=IN IP4 0.0.0.0\\r\\na=ice-ufrag:page\\r\\na=ice-pwd:0123456789012345678901\\r\\n"       \
	"a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"                   \
	"00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\\r\\na=setup:active\\r\\na=rtcp-"         \
	"mux\\r\\n"
static const char web_answer[] = "v=0\\r\\no=- 1 2 IN IP4 127.0.0.1\\r\\ns=-\\r\\nt=0 0\\r\\n"
				 "m=audio 9 UDP/TLS/RTP/SAVPF 8 0 101\\r\\n" SECURE
				 "m=video 9 UDP/TLS/RTP/SAVPF 96\\r\\n" SECURE;

static void expand(struct buf *out, struct view raw, const struct known *k)
{
	while (raw.n > 0) {
		const struct view plain = view_cut(raw, '$', &raw);
		const char *value = NULL;

		buf_add(out, plain);
		if (plain.p + plain.n == raw.p + raw.n || raw.n == 0)
			break;
		value = raw.p[0] == 'b'   ? k->branch
			: raw.p[0] == 'f' ? k->from_tag
			: raw.p[0] == 't' ? k->to_tag
			: raw.p[0] == 'i' ? k->call_id
			: raw.p[0] == 'c' ? w.page_call
			: raw.p[0] == 'k' ? w.page_token
			: raw.p[0] == 'a' ? web_answer
					  : NULL;
		if (value)
			raw = (struct view){ raw.p + 1, raw.n - 1 };
		buf_str(out, value ? value : "$");
	}
}

static void happen(struct view what)
{
	struct relay_event e = { .session = (uint64_t)w.call,
				 .leg = what.n > 1 ? what.p[1] & 3 : 0 };

	switch (what.n ? what.p[0] : 0) {
	case 'd':
		e.type = RELAY_EV_DIGIT;
		e.digit = what.n > 2 ? what.p[2] : '1';
		break;
	case 's':
		e.type = RELAY_EV_SILENT;
		e.kind = what.n > 2 ? what.p[2] & 1 : 0;
		break;
	case 'h':
		e.type = RELAY_EV_HEARD;
		break;
	case 'u':
		e.type = RELAY_EV_UP;
		break;
	case 'w':
		e.type = RELAY_EV_DOWN;
		break;
	case 'p':
		e.type = RELAY_EV_PICTURE;
		break;
	case 'l':
		e.type = RELAY_EV_LATCHED;
		e.kind = RELAY_VIDEO;
		break;
	case 'g':
		fake_sip_gone(w.endpoint, &w.sides[1 + 2 * (e.leg & 1)]);
		return;
	default:
		return;
	}
	fake_relay_tell(&w.relay, &e);
	loop_turn(w.loop);
}

static void piece(struct view raw)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(FLOW_MESSAGE_MAX);
	unsigned side = 0;
	uint64_t ms;

	if (raw.n && raw.p[0] == '+') {
		if (view_u64((struct view){ raw.p + 1, raw.n - 1 }, WAIT_MAX, &ms) == 0)
			pass((int64_t)ms);
		return;
	}
	if (raw.n && raw.p[0] == '!') {
		happen((struct view){ raw.p + 1, raw.n - 1 });
		return;
	}
	if (raw.n && raw.p[0] == PAGE_ANEW) {
		page_open();
		return;
	}
	if (raw.n && raw.p[0] == PAGE) {
		expand(&text, (struct view){ raw.p + 1, raw.n - 1 }, &w.known[0]);
		app_hear(w.link, buf_view(&text));
		loop_turn(w.loop);
		return;
	}
	if (raw.n && raw.p[0] > 0 && raw.p[0] < SIDES) {
		side = (unsigned)raw.p[0];
		raw = (struct view){ raw.p + 1, raw.n - 1 };
	}
	expand(&text, raw, &w.known[side]);
	fake_sip_hear(w.endpoint, &w.sides[side], buf_view(&text));
	loop_turn(w.loop);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct view rest = { (const char *)data, n };

	if (n > FLOW_MESSAGE_MAX)
		return 0;
	world_open();
	for (int i = 0; i < PIECES_MAX && rest.n > 0; i++)
		piece(view_cut(rest, '\0', &rest));
	world_close(n % 2);
	return 0;
}
