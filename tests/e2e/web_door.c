/* The simulated door's picture and voice, sent to browsers by media/web.h; what they say is
 *metered.
 *
 *	web_door ADDRESS…       numbers, without a port
 *
 * Obeys lines of JSON, each answered by one, until the end of its input:
 *	{"do": "offer"}                          {"leg": 0, "offer": SDP}
 *	{"do": "answer", "leg": 0, "sdp": SDP}   {} or {"failed": TEXT}
 *	{"do": "stats", "leg": 0}                {"up": true, …}
 *	{"do": "close", "leg": 0}                {} */
#include "base/json.h"
#include "base/mem.h"
#include "camera.h"
#include "g711.h"
#include "io/loop.h"
#include "media/digit.h"
#include "media/web.h"
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
	KEYS_MAX = 16
};

struct door;

struct leg {
	struct door *door;
	struct web_leg *web;
	enum web_pt pt;
	bool up, down;
	int64_t frames; /* sent by the door since it was up */
	struct meter meter;
	int loudest;
	int64_t packets;
	struct digit digit;
	char keys[KEYS_MAX + 1];
	size_t nkeys;
};

struct door {
	struct loop *loop;
	struct web *web;
	struct camera *camera;
	struct picture *picture;
	struct voice voice;
	struct timer frame, shot;
	uint16_t video_seq, audio_seq;
	uint32_t video_ts, audio_ts;
	bool key;
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

static int on_payload(const uint8_t *head, size_t head_n, const uint8_t *p, size_t n, bool marker,
		      void *arg)
{
	struct door *d = arg;
	uint8_t bytes[PACKET];
	struct picture_packet out[PICTURE_BURST];
	const struct rtp rtp = { .ts = d->video_ts,
				 .ssrc = 1,
				 .seq = d->video_seq++,
				 .marker = marker,
				 .end = (uint16_t)(head_n + n) };
	unsigned count;

	if (head_n)
		memcpy(bytes, head, head_n);
	memcpy(bytes + head_n, p, n);
	count = picture_hear(d->picture, bytes, &rtp, clock_mono_us(clock_system()), out);
	for (unsigned i = 0; i < count; i++)
		for (unsigned k = 0; k < d->nlegs; k++)
			if (d->legs[k].web)
				web_leg_video(d->legs[k].web, &out[i]);
	return 0;
}

static void on_shot(void *arg)
{
	struct door *d = arg;
	const bool key = d->key;

	d->key = false;
	d->video_ts += PICTURE_HZ / CAMERA_FPS;
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
	uint8_t bytes[G711_FRAME];
	const struct rtp rtp = {
		.ts = d->audio_ts, .ssrc = 2, .seq = d->audio_seq++, .end = G711_FRAME
	};

	d->audio_ts += G711_FRAME;
	voice_make(&d->voice, pcm, G711_FRAME);
	for (unsigned k = 0; k < d->nlegs; k++) {
		for (unsigned i = 0; i < G711_FRAME; i++)
			bytes[i] = g711_encode(d->legs[k].pt == WEB_PCMA ? G711_ALAW : G711_ULAW,
					       pcm[i]);
		if (d->legs[k].web)
			web_leg_audio(d->legs[k].web, bytes, &rtp, (uint8_t)d->legs[k].pt);
	}
	if (timers_arm(loop_timers(d->loop), &d->frame, FRAME_MS, on_frame, d) < 0)
		die("no timer");
}

/* What a browser says. */

static void on_event(void *arg, enum web_event event)
{
	struct leg *leg = arg;

	leg->up |= event == WEB_UP;
	leg->down |= event == WEB_DOWN;
	leg->door->key |= event == WEB_PICTURE;
}

static void on_key(struct leg *leg, const uint8_t *bytes, const struct rtp *rtp)
{
	const char key = digit_read(&leg->digit, rtp->ts, bytes + rtp->payload,
				    (size_t)(rtp->end - rtp->payload));

	if (key && leg->nkeys < KEYS_MAX)
		leg->keys[leg->nkeys++] = key;
}

static bool on_report(void *, struct feedback_block *)
{
	return false;
}

static void on_audio(void *arg, uint8_t *bytes, size_t, const struct rtp *rtp)
{
	struct leg *leg = arg;

	leg->packets++;
	if (rtp->pt == WEB_EVENT)
		on_key(leg, bytes, rtp);
	if (rtp->pt != WEB_PCMA && rtp->pt != WEB_PCMU)
		return;
	meter_add(&leg->meter, rtp->pt == WEB_PCMA ? G711_ALAW : G711_ULAW, bytes + rtp->payload,
		  rtp->end - rtp->payload, 1);
	if (leg->meter.heard_ms && leg->meter.dbfs > leg->loudest)
		leg->loudest = leg->meter.dbfs;
}

/* Orders. */

static void offer(struct door *d)
{
	struct leg *leg = &d->legs[d->nlegs];
	struct web_leg_conf conf = {
		.event = on_event, .audio = on_audio, .report = on_report, .arg = leg
	};
	struct addr candidates[ICE_SOCKETS_MAX];
	struct web_offer o = { .session_id = d->nlegs + 1,
			       .fingerprint = web_fingerprint(d->web),
			       .candidates = candidates,
			       .pcma = true,
			       .pcmu = true,
			       .event = true,
			       .video = true };
	struct buf sdp = BUF_INIT(LINE_MAX_), out = BUF_INIT(LINE_MAX_);
	struct json j = JSON_TO(&out);

	*leg = (struct leg){ .door = d, .loudest = METER_FLOOR };
	ice_own_make(rand_system(), &conf.own);
	if (d->nlegs == LEGS_MAX || web_leg_open(d->web, &conf, &leg->web) < 0)
		die("no leg");
	for (; o.ncandidates < web_sockets(d->web); o.ncandidates++)
		candidates[o.ncandidates] = web_address(d->web, o.ncandidates);
	o.ufrag = conf.own.ufrag;
	o.pwd = conf.own.pwd;
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

static void answer(struct leg *leg, const char *sdp)
{
	struct web_answer a;
	struct web_peer peer;

	if (!sdp || web_answer_read(view_str(sdp), &a) < 0) {
		reply_failed("no answer that can be read");
		return;
	}
	peer = (struct web_peer){ .ufrag = a.ufrag, .passive = a.passive };
	memcpy(peer.hash, a.hash, sizeof(peer.hash));
	leg->pt = a.best;
	if (a.video)
		web_leg_watch(leg->web, leg->door->picture, WEB_H264);
	reply_failed(web_leg_answer(leg->web, &peer) < 0 ? "the answer was refused" : NULL);
}

static void stats(const struct leg *leg)
{
	const struct web_stats s = web_leg_stats(leg->web);
	const struct {
		const char *key;
		int64_t value;
	} numbers[] = {
		{ "frames", leg->frames },
		{ "heard", leg->packets },
		{ "loudest", leg->loudest },
		{ "sent", (int64_t)(s.audio.packets + s.video.packets) },
		{ "resent", (int64_t)s.resent },
		{ "lost_for_good", (int64_t)s.lost_for_good },
		{ "picture_asks", (int64_t)s.picture_asks },
		{ "refused", (int64_t)s.refused },
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

static void leg_close(struct leg *leg)
{
	web_leg_close(leg->web);
	leg->web = NULL;
	reply_failed(NULL);
}

static void obey(struct door *d, const char *line)
{
	json_t *order = json_loads(line, 0, NULL);
	const char *what = json_string_value(json_object_get(order, "do"));
	const json_int_t number = json_integer_value(json_object_get(order, "leg"));
	struct leg *leg = number >= 0 && number < d->nlegs ? &d->legs[number] : NULL;

	if (what && strcmp(what, "offer") == 0)
		offer(d);
	else if (!what || !leg || !leg->web)
		reply_failed("no such order or leg");
	else if (strcmp(what, "answer") == 0)
		answer(leg, json_string_value(json_object_get(order, "sdp")));
	else if (strcmp(what, "stats") == 0)
		stats(leg);
	else if (strcmp(what, "close") == 0)
		leg_close(leg);
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

static void on_packets(evutil_socket_t fd, short, void *arg)
{
	struct door *d = arg;

	for (unsigned i = 0; i < web_sockets(d->web); i++)
		if (web_fd(d->web, i) == fd)
			web_read(d->web, i);
}

static struct event *watch(struct door *d, int fd, event_callback_fn fn)
{
	struct event *e = event_new(loop_base(d->loop), fd, EV_READ | EV_PERSIST, fn, d);

	if (!e || event_add(e, NULL) < 0)
		die("cannot watch");
	return e;
}

int main(int argc, char **argv)
{
	static struct door d;
	struct addr addresses[ICE_SOCKETS_MAX];
	struct event *events[ICE_SOCKETS_MAX + 1];
	struct web_conf conf = { .clock = clock_system(),
				 .rand = rand_system(),
				 .addresses = addresses,
				 .naddresses = (unsigned)argc - 1 };

	if (argc < 2 || argc > ICE_SOCKETS_MAX)
		die("which addresses?");
	for (int i = 1; i < argc; i++)
		if (addr_parse_host(argv[i], &addresses[i - 1]) < 0)
			die("not an address");
	if (loop_new(clock_system(), &d.loop) < 0)
		die("no loop");
	conf.timers = loop_timers(d.loop);
	if (web_open(&conf, &d.web) < 0 || camera_new(false, &d.camera) ||
	    picture_new(&d.picture) < 0)
		die("cannot start");
	for (unsigned i = 0; i < web_sockets(d.web); i++)
		events[i] = watch(&d, web_fd(d.web, i), on_packets);
	events[argc - 1] = watch(&d, STDIN_FILENO, on_input);
	on_shot(&d);
	on_frame(&d);
	loop_run(d.loop);
	for (unsigned i = 0; i < d.nlegs; i++)
		web_leg_close(d.legs[i].web);
	for (int i = 0; i < argc; i++)
		event_free(events[i]);
	web_close(d.web);
	picture_free(d.picture);
	camera_free(d.camera);
	loop_free(d.loop);
	return 0;
}
