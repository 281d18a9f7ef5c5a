#include "page.h"

#include "../unit/test.h"
#include "base/mem.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { REACT_MS = 20, TEXT_MAX_ = 8192 };

#define HASH                                                                                       \
	"00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"                                         \
	"00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"

struct page_call *page_last(struct page *p)
{
	return p->ncalls ? &p->calls[p->ncalls - 1] : NULL;
}

bool page_rings(struct page *p)
{
	const struct page_call *c = page_last(p);

	return c && c->state == PAGE_RINGING;
}

static void in_server(const struct page *p, bool entered)
{
	if (p->server)
		p->server(entered);
}

/* What it says. */

void page_say(struct page *p, const char *fmt, ...)
{
	char text[TEXT_MAX_];
	va_list ap;

	if (!p->link)
		return;
	va_start(ap, fmt);
	const int n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	assert_true(n > 0 && n < TEXT_MAX_);
	in_server(p, true);
	app_hear(p->link, (struct view){ text, (size_t)n });
	in_server(p, false);
}

void page_do(struct page *p, const char *word)
{
	page_say(p, "{\"type\":\"%s\",\"call\":\"%s\"}", word, page_last(p)->id);
}

void page_switch(struct page *p, unsigned number)
{
	page_say(p, "{\"type\":\"open\",\"call\":\"%s\",\"switch\":%u}", page_last(p)->id, number);
}

void page_dial(struct page *p, const char *to, bool look)
{
	page_say(p,
		 "{\"type\":\"dial\",\"ref\":\"r1\",\"device\":\"%llu\",\"to\":\"%s\",\"look\":%s}",
		 (unsigned long long)p->devices[0], to, look ? "true" : "false");
}

void page_resume(struct page *p, bool fresh)
{
	const struct page_call *c = page_last(p);

	page_say(p, "{\"type\":\"resume\",\"call\":\"%s\",\"token\":\"%s\",\"fresh\":%s}", c->id,
		 c->token, fresh ? "true" : "false");
}

/* The offer has one codec of sound, which the answer takes, or none that it knows. */
void page_answer(struct page *p, const struct page_call *c, const char *offer)
{
	const bool pcma = strstr(offer, "SAVPF 8") != NULL;
	const bool video = strstr(offer, "m=video") != NULL;
	unsigned mid = 0;

	assert_int_equal(sscanf(strstr(offer, "a=mid:"), "a=mid:%u", &mid), 1);

	page_say(p,
		 "{\"type\":\"sdp\",\"call\":\"%s\",\"sdp\":\"v=0\\r\\no=- 1 2 IN IP4 "
		 "127.0.0.1\\r\\n"
		 "s=-\\r\\nt=0 0\\r\\nm=audio 9 UDP/TLS/RTP/SAVPF %d 101\\r\\nc=IN IP4 "
		 "0.0.0.0\\r\\n"
		 "a=ice-ufrag:page\\r\\na=ice-pwd:0123456789012345678901\\r\\n"
		 "a=fingerprint:sha-256 " HASH "\\r\\na=setup:active\\r\\na=mid:%u\\r\\n"
		 "a=rtcp-mux\\r\\n%s\"}",
		 c->id, pcma != p->no_sound ? 8 : 0, mid,
		 video ? "m=video 9 UDP/TLS/RTP/SAVPF 96\\r\\nc=IN IP4 0.0.0.0\\r\\n"
			 "a=ice-ufrag:page\\r\\na=ice-pwd:0123456789012345678901\\r\\n"
			 "a=fingerprint:sha-256 " HASH "\\r\\na=setup:active\\r\\na=mid:1\\r\\n"
			 "a=rtcp-mux\\r\\n"
		       : "");
}

static void react(void *arg)
{
	struct page *p = arg;

	for (unsigned i = 0; i < p->ncalls; i++) {
		struct page_call *c = &p->calls[i];
		const bool due = c->due;

		c->due = false;
		if (due && !p->deaf && c->state != PAGE_ENDED) {
			page_answer(p, c, c->offer);
			relay_fake_media(p->relay, c->ufrag, true);
		}
		if (due && !p->blind && c->state == PAGE_RINGING)
			page_say(p, "{\"type\":\"shown\",\"call\":\"%s\"}", c->id);
	}
}

/* What it hears. */

static const char *text_of(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text ? text : "";
}

static struct page_call *call_of(struct page *p, const json_t *o)
{
	for (unsigned i = 0; i < p->ncalls; i++) {
		if (strcmp(p->calls[i].id, text_of(o, "call")) == 0)
			return &p->calls[i];
	}
	return NULL;
}

static void hear_offer(struct page *p, struct page_call *c, const char *sdp)
{
	const char *ufrag = strstr(sdp, "a=ice-ufrag:");

	assert_non_null(ufrag);
	assert_int_equal(sscanf(ufrag, "a=ice-ufrag:%15[^\r]", c->ufrag), 1);
	assert_non_null(strstr(sdp, "a=fingerprint:sha-256 00:11\r\n"));
	assert_non_null(strstr(sdp, "a=candidate:1 1 udp "));
	snprintf(c->offer, sizeof(c->offer), "%s", sdp);
	c->due = true;
	c->up = false;
	c->offers++;
	assert_int_equal(timers_arm(p->timers, &p->react, REACT_MS, react, p), 0);
}

static struct page_call *call_new(struct page *p, const json_t *o, const char *with)
{
	const json_t *party = json_object_get(o, with), *switches = json_object_get(o, "switches");
	struct page_call *c = call_of(p, o);
	bool ours = false;

	if (!c) {
		assert_true(p->ncalls < PAGE_CALLS_MAX);
		c = &p->calls[p->ncalls++];
	}
	snprintf(c->id, sizeof(c->id), "%s", text_of(o, "call"));
	snprintf(c->token, sizeof(c->token), "%s", text_of(o, "token"));
	snprintf(c->with, sizeof(c->with), "%s", text_of(party, "device"));
	snprintf(c->with_kind, sizeof(c->with_kind), "%s", text_of(party, "kind"));
	snprintf(c->with_name, sizeof(c->with_name), "%s", text_of(party, "name"));
	c->switches = (unsigned)json_array_size(switches);
	snprintf(c->switch_name, sizeof(c->switch_name), "%s",
		 text_of(json_array_get(switches, 0), "name"));
	assert_true(json_is_boolean(json_object_get(o, "camera")));
	c->camera = json_is_true(json_object_get(o, "camera"));
	c->test = json_is_true(json_object_get(o, "test"));
	assert_int_equal(strlen(c->token), 32);
	assert_true(json_is_array(json_object_get(o, "ice")) || p->server);
	for (unsigned i = 0; i < p->ndevices; i++)
		ours |= strtoull(text_of(o, "device"), NULL, 10) == p->devices[i];
	assert_true(ours);
	return c;
}

static void hear_ring(struct page *p, const json_t *o)
{
	struct page_call *c = call_new(p, o, "from");

	c->state = PAGE_RINGING;
	c->rings++;
	c->until = json_integer_value(json_object_get(o, "until"));
	c->video = json_is_true(json_object_get(o, "video"));
	hear_offer(p, c, text_of(o, "sdp"));
}

static void hear_dialling(struct page *p, const json_t *o)
{
	assert_string_equal(text_of(o, "ref"), "r1");
	call_new(p, o, "to")->state = PAGE_DIALLING;
}

static void hear_of_call(struct page *p, struct page_call *c, const char *type, const json_t *o)
{
	assert_int_not_equal(c->state, PAGE_ENDED); /* nothing comes after the end */
	if (strcmp(type, "sdp") == 0) {
		hear_offer(p, c, text_of(o, "sdp"));
	} else if (strcmp(type, "ringing") == 0) {
		c->rang = true;
	} else if (strcmp(type, "talking") == 0) {
		c->state = PAGE_TALKING;
		c->talking_at = json_integer_value(json_object_get(o, "at"));
		assert_true(c->talking_at > 0);
	} else if (strcmp(type, "up") == 0) {
		c->up = true;
	} else if (strcmp(type, "video") == 0) {
		c->video = json_is_true(json_object_get(o, "video"));
		c->no_video |= !c->video;
	} else if (strcmp(type, "opened") == 0) {
		c->opened = (unsigned)json_integer_value(json_object_get(o, "switch"));
	} else if (strcmp(type, "ended") == 0) {
		c->state = PAGE_ENDED;
		c->ended++;
		snprintf(c->why, sizeof(c->why), "%s", text_of(o, "why"));
		snprintf(c->by, sizeof(c->by), "%s", text_of(o, "by"));
		assert_true(c->why[0]);
	} else {
		fail_msg("no such message: %s", type);
	}
}

static void hear_all(struct page *p, struct view text)
{
	json_t *o = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	const char *type = text_of(o, "type");

	assert_non_null(o);
	assert_non_null(p->link);
	if (strcmp(type, "hello") == 0) {
		p->hellos++;
		p->here = (unsigned)json_array_size(json_object_get(o, "devices"));
	} else if (strcmp(type, "error") == 0) {
		p->errors++;
		snprintf(p->error, sizeof(p->error), "%s", text_of(o, "code"));
		snprintf(p->detail, sizeof(p->detail), "%s", text_of(o, "detail"));
		snprintf(p->error_ref, sizeof(p->error_ref), "%s", text_of(o, "ref"));
	} else if (strcmp(type, "ring") == 0) {
		hear_ring(p, o);
	} else if (strcmp(type, "dialling") == 0) {
		hear_dialling(p, o);
	} else if (!p->server || call_of(p, o)) { /* its ring was lost with the memory for it */
		assert_non_null(call_of(p, o));
		hear_of_call(p, call_of(p, o), type, o);
	}
	json_decref(o);
}

static void hear(void *arg, struct view text)
{
	in_server(arg, false);
	hear_all(arg, text);
	in_server(arg, true);
}

/* Life. */

int page_open(struct page *p)
{
	const struct app_conf conf = {
		.devices = p->devices, .ndevices = p->ndevices, .send = hear, .arg = p
	};
	int rc;

	in_server(p, true);
	rc = app_open(p->board, &conf, &p->link);
	in_server(p, false);
	return rc;
}

void page_close(struct page *p)
{
	timers_cancel(p->timers, &p->react);
	in_server(p, true);
	app_close(TAKE(p->link));
	in_server(p, false);
}
