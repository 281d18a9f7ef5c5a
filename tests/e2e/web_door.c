/* The simulated door's picture and voice, passed on to browsers by the relay; what they say is
 * metered.
 *
 *	web_door ADDRESS…       of the browsers' media; numbers, without a port
 *
 * Obeys lines of JSON, each answered by one, until the end of its input:
 *	{"do": "offer"}                          {"leg": 0, "offer": SDP}
 *	{"do": "answer", "leg": 0, "sdp": SDP}   {} or {"failed": TEXT}
 *	{"do": "turn", "secret": TEXT}           {"username": TEXT, "credential": TEXT}
 *	{"do": "stats", "leg": 0}                {"up": true, …}
 *	{"do": "close", "leg": 0}                {"refused": 0, …}: the last numbers */
#include "../unit/ports.h"
#include "base/json.h"
#include "base/mem.h"
#include "camera.h"
#include "g711.h"
#include "io/loop.h"
#include "media/relay.h"
#include "proto/turn_credential.h"
#include "proto/web_sdp.h"

#include <event2/event.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	LEGS_MAX = 8,
	LINE_MAX_ = 65536,
	FRAME_MS = 20,
	PICTURE_MS = 1000 / CAMERA_FPS,
	PACKET = 1500,
	KEYS_MAX = 16,
	DOOR = LEGS_MAX, /* tag of its leg; a browser's is its number */
	PORTS = 200,     /* of the range that the relay may use */
	CODEC_PCMU = 1,
	CODEC_PCMA,
	CODEC_H264,
	CODEC_EVENT,
	PSFB = 206,
	TURN_MS = 60000,
};

struct leg {
	unsigned relay_leg;
	bool open, answered, up, down;
	int64_t frames; /* sent by the door since it was up */
	char keys[KEYS_MAX + 1];
	size_t nkeys;
	struct relay_stats last[RELAY_KINDS];
};

struct door {
	struct loop *loop;
	struct relay *relay;
	struct relay_session *session;
	unsigned relay_leg;
	int fd[RELAY_KINDS];
	struct addr to[RELAY_KINDS];
	struct camera *camera;
	struct voice voice;
	struct timer frame, shot;
	uint16_t seq[RELAY_KINDS];
	uint32_t ts[RELAY_KINDS];
	bool key;
	int64_t picture_asks, packets;
	struct meter meter;
	int loudest;
	struct leg legs[LEGS_MAX];
	unsigned nlegs;
	char line[LINE_MAX_];
	size_t line_n;
};

static void die(const char *what)
{
	fprintf(stderr, "web_door: %s\n", what);
	exit(1);
}

static void reply(struct buf *out)
{
	buf_chr(out, '\n');
	if (!buf_cstr(out) || write(STDOUT_FILENO, out->p, out->n) != (ssize_t)out->n)
		die("cannot answer");
	buf_free(out);
}

static void reply_failed(const char *text)
{
	struct buf out = BUF_INIT(LINE_MAX_);
	struct json j = JSON_TO(&out);

	json_open(&j);
	if (text) {
		json_key(&j, "failed");
		json_str(&j, text);
	}
	json_close(&j);
	reply(&out);
}

/* What the door sends. */

static void rtp_send(struct door *d, enum relay_kind kind, uint8_t second,
		     const struct view parts[2])
{
	uint8_t p[RTP_HEADER_SIZE + PACKET] = { 0x80, second, (uint8_t)(d->seq[kind] >> 8),
						(uint8_t)d->seq[kind] };
	const uint32_t words[] = { htonl(d->ts[kind]), htonl(1 + (uint32_t)kind) };
	size_t n = RTP_HEADER_SIZE;

	d->seq[kind]++;
	memcpy(p + 4, words, sizeof(words));
	for (unsigned i = 0; i < 2; i++) {
		if (parts[i].n)
			memcpy(p + n, parts[i].p, parts[i].n);
		n += parts[i].n;
	}
	(void)!sendto(d->fd[kind], p, n, 0, &d->to[kind].sa, d->to[kind].len);
}

static int on_payload(const uint8_t *head, size_t head_n, const uint8_t *p, size_t n, bool marker,
		      void *arg)
{
	const struct view parts[2] = { { (const char *)head, head_n }, { (const char *)p, n } };

	rtp_send(arg, RELAY_VIDEO, (uint8_t)(marker << 7 | WEB_H264), parts);
	return 0;
}

static void on_shot(void *arg)
{
	struct door *d = arg;
	const bool key = d->key;

	d->key = false;
	d->ts[RELAY_VIDEO] += PICTURE_HZ / CAMERA_FPS;
	if (camera_frame(d->camera, clock_wall_ms(clock_system()), false, key, on_payload, d) ||
	    timers_arm(loop_timers(d->loop), &d->shot, PICTURE_MS, on_shot, d) < 0)
		die("the camera failed");
	for (unsigned k = 0; k < d->nlegs; k++)
		d->legs[k].frames += d->legs[k].up;
}

static void on_frame(void *arg)
{
	struct door *d = arg;
	int16_t pcm[G711_FRAME];
	char bytes[G711_FRAME];
	const struct view parts[2] = { { bytes, sizeof(bytes) }, {} };

	d->ts[RELAY_AUDIO] += G711_FRAME;
	voice_make(&d->voice, pcm, G711_FRAME);
	for (unsigned i = 0; i < G711_FRAME; i++)
		bytes[i] = (char)g711_encode(G711_ALAW, pcm[i]);
	rtp_send(d, RELAY_AUDIO, WEB_PCMA, parts);
	if (timers_arm(loop_timers(d->loop), &d->frame, FRAME_MS, on_frame, d) < 0)
		die("no timer");
}

/* What the door hears. */

static void on_voice(evutil_socket_t fd, short, void *arg)
{
	struct door *d = arg;
	uint8_t p[RELAY_PACKET_MAX];
	const ssize_t n = recv(fd, p, sizeof(p), 0);
	struct rtp rtp;

	if (n < 0 || !rtp_read(p, (size_t)n, &rtp) || rtp.pt != WEB_PCMA)
		return;
	d->packets++;
	meter_add(&d->meter, G711_ALAW, p + rtp.payload, rtp.end - rtp.payload, 1);
	if (d->meter.heard_ms && d->meter.dbfs > d->loudest)
		d->loudest = d->meter.dbfs;
}

/* A PLI stands behind an empty report. */
static void on_wish(evutil_socket_t fd, short, void *arg)
{
	struct door *d = arg;
	uint8_t p[RELAY_PACKET_MAX];
	const ssize_t n = recv(fd, p, sizeof(p), 0);

	d->key |= n > 9 && p[9] == PSFB;
}

/* What the relay tells. */

static void on_key(struct leg *leg, char key)
{
	if (leg->nkeys < KEYS_MAX)
		leg->keys[leg->nkeys++] = key;
}

static void closed_tell(const struct leg *leg)
{
	struct buf out = BUF_INIT(LINE_MAX_);
	struct json j = JSON_TO(&out);

	json_open(&j);
	json_key(&j, "heard");
	json_int(&j, (int64_t)leg->last[RELAY_AUDIO].packets);
	json_key(&j, "refused");
	json_int(&j, (int64_t)leg->last[RELAY_AUDIO].refused);
	json_key(&j, "sent");
	json_int(&j, (int64_t)leg->last[RELAY_VIDEO].sent_packets);
	json_close(&j);
	reply(&out);
}

static void on_event(struct door *d, const struct relay_event *e)
{
	struct leg *leg = e->leg < LEGS_MAX ? &d->legs[e->leg] : NULL;

	if (!leg) {
		d->picture_asks += e->type == RELAY_EV_PICTURE;
		return;
	}
	leg->up |= e->type == RELAY_EV_UP;
	leg->down |= e->type == RELAY_EV_DOWN;
	if (e->type == RELAY_EV_DIGIT)
		on_key(leg, e->digit);
	else if (e->type == RELAY_EV_STATS)
		leg->last[e->kind] = e->stats;
	else if (e->type == RELAY_EV_LEG_CLOSED)
		closed_tell(leg);
}

static void on_events(evutil_socket_t, short, void *arg)
{
	struct door *d = arg;
	struct relay_event e;

	while (relay_poll(d->relay, &e))
		on_event(d, &e);
}

/* Orders. */

static void offer(struct door *d)
{
	struct leg *leg = &d->legs[d->nlegs];
	struct relay_web ours;
	struct web_offer o = { .session_id = d->nlegs + 1,
			       .pcma = true,
			       .pcmu = true,
			       .event = true,
			       .video = true };
	struct buf sdp = BUF_INIT(LINE_MAX_), out = BUF_INIT(LINE_MAX_);
	struct json j = JSON_TO(&out);

	*leg = (struct leg){ .open = true };
	if (d->nlegs == LEGS_MAX ||
	    relay_web_open(d->session, d->nlegs, &ours, &leg->relay_leg) < 0)
		die("no leg");
	o.ufrag = ours.ufrag;
	o.pwd = ours.pwd;
	o.fingerprint = ours.fingerprint;
	o.candidates = ours.candidates;
	o.ncandidates = ours.ncandidates;
	web_offer_print(&o, &sdp);
	json_open(&j);
	json_key(&j, "leg");
	json_int(&j, d->nlegs++);
	json_key(&j, "offer");
	json_str(&j, buf_cstr(&sdp));
	json_close(&j);
	reply(&out);
	buf_free(&sdp);
}

/* Everybody who has answered sees and hears the door, which hears them all. */
static int route(struct door *d, const struct leg *leg)
{
	uint32_t to = 0;
	int rc;

	for (unsigned i = 0; i < d->nlegs; i++)
		if (d->legs[i].open && d->legs[i].answered)
			to |= 1U << d->legs[i].relay_leg;
	rc = relay_route(d->session, leg->relay_leg, RELAY_AUDIO, 1U << d->relay_leg);
	for (unsigned k = 0; k < RELAY_KINDS && rc == 0; k++)
		rc = relay_route(d->session, d->relay_leg, (enum relay_kind)k, to);
	return rc;
}

static int take(struct door *d, struct leg *leg, const struct web_answer *a)
{
	static const struct relay_stream audio = {
		.nformats = 3,
		.formats = { { WEB_PCMA, CODEC_PCMA, false },
			     { WEB_PCMU, CODEC_PCMU, false },
			     { WEB_EVENT, CODEC_EVENT, true } },
	};
	static const struct relay_stream video = {
		.nformats = 1,
		.formats = { { WEB_H264, CODEC_H264, false } },
	};
	struct web_peer peer = { .ufrag = a->ufrag, .passive = a->passive };
	int rc = relay_stream_set(d->session, leg->relay_leg, RELAY_AUDIO, &audio);

	memcpy(peer.hash, a->hash, sizeof(peer.hash));
	if (rc == 0 && a->video)
		rc = relay_stream_set(d->session, leg->relay_leg, RELAY_VIDEO, &video);
	if (rc == 0)
		rc = relay_web_answer(d->session, leg->relay_leg, &peer);
	leg->answered = true;
	return rc == 0 ? route(d, leg) : rc;
}

static void answer(struct door *d, struct leg *leg, const char *sdp)
{
	struct web_answer a;

	if (!sdp || web_answer_read(view_str(sdp), &a) < 0)
		reply_failed("no answer that can be read");
	else
		reply_failed(take(d, leg, &a) < 0 ? "the answer was refused" : NULL);
}

static void stats(const struct door *d, const struct leg *leg)
{
	const struct {
		const char *key;
		int64_t value;
	} numbers[] = {
		{ "frames", leg->frames },
		{ "heard", d->packets },
		{ "loudest", d->loudest },
		{ "picture_asks", d->picture_asks },
	};
	struct buf out = BUF_INIT(LINE_MAX_);
	struct json j = JSON_TO(&out);

	json_open(&j);
	json_key(&j, "up");
	json_bool(&j, leg->up);
	json_key(&j, "down");
	json_bool(&j, leg->down);
	json_key(&j, "keys");
	json_str(&j, leg->keys);
	for (unsigned i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		json_key(&j, numbers[i].key);
		json_int(&j, numbers[i].value);
	}
	json_close(&j);
	reply(&out);
}

/* Answered when the relay tells the last numbers. */
static void leg_close(struct door *d, struct leg *leg)
{
	leg->open = false;
	relay_leg_close(d->session, leg->relay_leg);
}

static void turn(const char *secret)
{
	const int64_t until_ms = clock_wall_ms(clock_system()) + TURN_MS;
	struct turn_credential c;
	struct buf out = BUF_INIT(LINE_MAX_);
	struct json j = JSON_TO(&out);

	if (!secret || turn_credential_make(view_str(secret), until_ms, VIEW("7"), &c) < 0)
		die("no credential");
	json_open(&j);
	json_key(&j, "username");
	json_str(&j, c.username);
	json_key(&j, "credential");
	json_str(&j, c.password);
	json_close(&j);
	reply(&out);
}

static void obey(struct door *d, const char *line)
{
	json_t *order = json_loads(line, 0, NULL);
	const char *what = json_string_value(json_object_get(order, "do"));
	const json_int_t number = json_integer_value(json_object_get(order, "leg"));
	struct leg *leg = number >= 0 && number < d->nlegs ? &d->legs[number] : NULL;

	if (what && strcmp(what, "offer") == 0)
		offer(d);
	else if (what && strcmp(what, "turn") == 0)
		turn(json_string_value(json_object_get(order, "secret")));
	else if (!what || !leg || !leg->open)
		reply_failed("no such order or leg");
	else if (strcmp(what, "answer") == 0)
		answer(d, leg, json_string_value(json_object_get(order, "sdp")));
	else if (strcmp(what, "stats") == 0)
		stats(d, leg);
	else if (strcmp(what, "close") == 0)
		leg_close(d, leg);
	else
		reply_failed("no such order");
	json_decref(order);
}

static void on_input(evutil_socket_t fd, short, void *arg)
{
	struct door *d = arg;
	const ssize_t n = read(fd, d->line + d->line_n, sizeof(d->line) - 1 - d->line_n);
	char *end;

	if (n <= 0) {
		loop_stop(d->loop);
		return;
	}
	d->line_n += (size_t)n;
	d->line[d->line_n] = '\0';
	while ((end = strchr(d->line, '\n'))) {
		*end++ = '\0';
		obey(d, d->line);
		d->line_n -= (size_t)(end - d->line);
		memmove(d->line, end, d->line_n + 1);
	}
}

static struct event *watch(struct door *d, int fd, event_callback_fn fn)
{
	struct event *e = event_new(loop_base(d->loop), fd, EV_READ | EV_PERSIST, fn, d);

	if (!e || event_add(e, NULL) < 0)
		die("cannot watch");
	return e;
}

static struct addr loopback(uint16_t port)
{
	struct addr at;

	if (addr_parse_host("127.0.0.1", &at) < 0)
		die("no loopback");
	return addr_with_port(&at, port);
}

/* Others may run at the same time: each has a range of its own. */
static void relay_open(struct door *d, const struct addr *web, unsigned nweb)
{
	const uint16_t first = ports_take(PORTS);
	const struct relay_conf conf = { .clock = clock_system(),
					 .port_lo = first,
					 .port_hi = (uint16_t)(first + PORTS - 1),
					 .v4 = loopback(0),
					 .web = web,
					 .nweb = nweb,
					 .rand = rand_system() };

	if (relay_start(&conf, &d->relay) < 0 || relay_session_open(d->relay, 1, &d->session) < 0)
		die("no relay");
}

static void socket_open(struct door *d, enum relay_kind kind, struct addr *ret_at)
{
	*ret_at = loopback(0);
	d->fd[kind] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (d->fd[kind] < 0 || bind(d->fd[kind], &ret_at->sa, ret_at->len) < 0 ||
	    getsockname(d->fd[kind], &ret_at->sa, &ret_at->len) < 0)
		die("no socket");
}

static void door_open(struct door *d)
{
	struct relay_stream streams[RELAY_KINDS] = {
		[RELAY_AUDIO] = { .nformats = 2,
				  .formats = { { WEB_PCMA, CODEC_PCMA, false },
					       { WEB_EVENT, CODEC_EVENT, true } } },
		[RELAY_VIDEO] = { .rtcp_mux = true,
				  .nformats = 1,
				  .formats = { { WEB_H264, CODEC_H264, false } } },
	};
	struct relay_ports ports;

	if (relay_leg_open(d->session, DOOR, AF_INET, 1U << RELAY_AUDIO | 1U << RELAY_VIDEO, &ports,
			   &d->relay_leg) < 0)
		die("no leg");
	for (unsigned k = 0; k < RELAY_KINDS; k++) {
		socket_open(d, (enum relay_kind)k, &streams[k].rtp);
		d->to[k] = loopback(ports.rtp[k]);
		if (relay_stream_set(d->session, d->relay_leg, (enum relay_kind)k, &streams[k]) < 0)
			die("no stream");
	}
}

int main(int argc, char **argv)
{
	static struct door d = { .loudest = METER_FLOOR };
	struct addr web[RELAY_WEB_MAX];
	struct event *events[4];

	if (argc < 2 || argc - 1 > RELAY_WEB_MAX)
		die("which addresses?");
	for (int i = 1; i < argc; i++)
		if (addr_parse_host(argv[i], &web[i - 1]) < 0)
			die("not an address");
	if (loop_new(clock_system(), &d.loop) < 0 || camera_new(false, &d.camera))
		die("cannot start");
	relay_open(&d, web, (unsigned)argc - 1);
	door_open(&d);
	events[0] = watch(&d, d.fd[RELAY_AUDIO], on_voice);
	events[1] = watch(&d, d.fd[RELAY_VIDEO], on_wish);
	events[2] = watch(&d, relay_fd(d.relay), on_events);
	events[3] = watch(&d, STDIN_FILENO, on_input);
	on_shot(&d);
	on_frame(&d);
	loop_run(d.loop);
	for (unsigned i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		event_free(events[i]);
	relay_stop(d.relay);
	for (unsigned k = 0; k < RELAY_KINDS; k++)
		close(d.fd[k]);
	camera_free(d.camera);
	loop_free(d.loop);
	return 0;
}
