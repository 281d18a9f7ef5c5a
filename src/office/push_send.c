/* One message to a sleeping phone: what is in it, how it is locked, and where it goes. */
#include "office/push_priv.h"

#include "base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	LETTER_MAX = 3072,
	HEADER_MAX = 96,
	TOKEN_RENEW_S = WEBPUSH_TOKEN_S / 2, /* before the end that it is made for */
};

void push_origins_free(struct pusher *p)
{
	for (size_t i = 0; i < PUSH_ORIGINS_MAX; i++) {
		free(p->origins[i].origin);
		free(p->origins[i].token);
		p->origins[i] = (struct push_origin){};
	}
}

/* The Authorization header of an origin. */
static int token_make(struct pusher *p, struct view origin, int64_t now_s, struct push_origin *o)
{
	CLEANUP(buf_free) struct buf header = BUF_INIT(WEBPUSH_TOKEN_MAX);
	AUTO_FREE char *name = view_dup(origin);
	AUTO_FREE char *token = NULL;
	int rc;

	buf_str(&header, "Authorization: ");
	rc = webpush_token(&p->key, origin, view_str(p->contact), now_s + WEBPUSH_TOKEN_S - 60,
			   &header);
	if (rc < 0)
		return rc;
	token = view_dup(buf_view(&header));
	if (!name || !token)
		return -ENOMEM;
	free(o->origin);
	free(o->token);
	*o = (struct push_origin){ TAKE(name), TAKE(token), now_s + WEBPUSH_TOKEN_S - 60 };
	return 0;
}

static int token_of(struct pusher *p, struct view origin, const char **ret_header)
{
	const int64_t now_s = clock_wall_ms(p->clock) / 1000;
	struct push_origin *o = NULL;
	int rc = 0;

	for (size_t i = 0; i < PUSH_ORIGINS_MAX && !o; i++)
		if (p->origins[i].origin && view_eq(view_str(p->origins[i].origin), origin))
			o = &p->origins[i];
	if (!o)
		o = &p->origins[p->next_origin++ % PUSH_ORIGINS_MAX];
	if (!o->origin || !view_eq(view_str(o->origin), origin) ||
	    o->expires_s - now_s < TOKEN_RENEW_S || o->expires_s - now_s > WEBPUSH_TOKEN_S)
		rc = token_make(p, origin, now_s, o);
	if (rc == 0)
		*ret_header = o->token;
	return rc;
}

static struct push_letter letter_of(const struct push_target *t)
{
	const struct push_ring *r = t->ring;

	return (struct push_letter){ .message = r->message,
				     .call = &r->call,
				     .why = r->why,
				     .by = r->by,
				     .seen = t->seen,
				     .open = t->open,
				     .language = t->language };
}

static int64_t ttl_of(const struct push_ring *r)
{
	const int64_t left_s = (r->call.until - clock_wall_ms(r->pusher->clock) + 999) / 1000;

	if (r->message == PUSH_MISSED)
		return PUSH_MISSED_TTL_S;
	return left_s < 1 ? 1 : left_s < PUSH_TTL_S ? left_s : PUSH_TTL_S;
}

static int send_browser(struct push_target *t, post_done_fn *done)
{
	CLEANUP(buf_free) struct buf plain = BUF_INIT(LETTER_MAX);
	CLEANUP(buf_free) struct buf body = BUF_INIT(WEBPUSH_BODY_MAX);
	const struct push_ring *r = t->ring;
	const struct push_letter letter = letter_of(t);
	struct webpush_endpoint endpoint;
	char ttl[HEADER_MAX], topic[HEADER_MAX];
	const char *token = NULL;
	int rc = webpush_endpoint_read(view_str(t->address), &endpoint);

	push_text_browser(&letter, &plain);
	if (rc == 0)
		rc = plain.err;
	if (rc == 0)
		rc = token_of(r->pusher, endpoint.origin, &token);
	if (rc == 0)
		rc = webpush_encrypt(&t->keys, buf_view(&plain), r->pusher->rand, &body);
	if (rc < 0)
		return rc;
	snprintf(ttl, sizeof(ttl), "TTL: %" PRId64, ttl_of(r));
	/* Of the call, and of the device: one browser may stand for several. */
	snprintf(topic, sizeof(topic), "Topic: %" PRIx64 "-%" PRIx64, (uint64_t)r->key.call_id,
		 r->key.device);
	const char *const headers[] = { ttl,
					topic,
					r->message == PUSH_MISSED ? "Urgency: normal"
								  : "Urgency: high",
					"Content-Encoding: aes128gcm",
					"Content-Type: application/octet-stream",
					token,
					NULL };
	const struct post_ask ask = { t->address, headers, buf_view(&body), false };
	return post_send(r->pusher->post, &ask, done, t);
}

static int send_gateway(struct push_target *t, post_done_fn *done)
{
	CLEANUP(buf_free) struct buf body = BUF_INIT(LETTER_MAX);
	const struct pusher *p = t->ring->pusher;
	const struct push_letter letter = letter_of(t);
	const char *const headers[] = { "Content-Type: application/json", p->gateway_header, NULL };
	struct sip_push to;

	if (!sip_push_read(view_str(t->address), &to))
		return -EINVAL;
	push_text_gateway(&letter, &to, &body);
	if (body.err)
		return body.err;
	const struct post_ask ask = { p->gateway, headers, buf_view(&body), true };
	return post_send(p->post, &ask, done, t);
}

int push_send(struct push_target *t, post_done_fn *done)
{
	return t->sip ? send_gateway(t, done) : send_browser(t, done);
}
