/* proto/webpush.h - what goes to a push service: a message that only the browser can read (RFC
 * 8291, in the one record of RFC 8188's aes128gcm), and the proof of who sends it (VAPID, RFC
 * 8292).
 *
 * Keys are plain values, and so cost a few point multiplications each time they are used: about
 * 0.2 ms a message. Pure but for the randomness given; any thread. */
#pragma once
#include "base/buf.h"
#include "base/rand.h"

enum {
	WEBPUSH_ENDPOINT_MAX = 1024, /* bytes of a subscription's address */
	WEBPUSH_PUBLIC_SIZE = 65,    /* an uncompressed point of P-256 */
	WEBPUSH_PRIVATE_SIZE = 32,
	WEBPUSH_AUTH_SIZE = 16,
	WEBPUSH_SALT_SIZE = 16,
	WEBPUSH_BODY_MAX = 4096, /* bytes that every push service takes (RFC 8030 section 7.2) */
	WEBPUSH_HEAD_SIZE = WEBPUSH_SALT_SIZE + 4 + 1 + WEBPUSH_PUBLIC_SIZE,
	WEBPUSH_PLAIN_MAX = WEBPUSH_BODY_MAX - WEBPUSH_HEAD_SIZE - 1 - 16, /* delimiter, tag */
	WEBPUSH_KEY_TEXT_MAX = 88, /* characters of a public key in base64url */
	WEBPUSH_TOKEN_MAX = 2048,  /* bytes of an Authorization header */
	WEBPUSH_SUBJECT_MAX = 512,
	WEBPUSH_TOKEN_S = 24 * 3600, /* how far ahead a token may end (RFC 8292 section 2) */
};

/* Where a subscription's messages go. Views into the text that was read. */
struct webpush_endpoint {
	struct view origin; /* scheme, host and port: whom a token is for */
	struct view host;   /* without the brackets of an IPv6 address */
	uint16_t port;
	bool secure; /* https */
};

/* -EBADMSG: no address that a message could be posted to; -EMSGSIZE: too long. */
[[nodiscard]] int webpush_endpoint_read(struct view text, struct webpush_endpoint *ret_endpoint);

/* What the browser gave with it: whom it is encrypted for. */
struct webpush_keys {
	unsigned char p256dh[WEBPUSH_PUBLIC_SIZE];
	unsigned char auth[WEBPUSH_AUTH_SIZE];
};

/* base64url, with or without padding. -EBADMSG: not of that size, or not a point of the curve. */
[[nodiscard]] int webpush_keys_read(struct view p256dh, struct view auth,
				    struct webpush_keys *ret_keys);

struct webpush_pair {
	unsigned char secret[WEBPUSH_PRIVATE_SIZE];
	unsigned char point[WEBPUSH_PUBLIC_SIZE];
};

/* -ENOMEM. */
[[nodiscard]] int webpush_pair_make(struct rand *rand, struct webpush_pair *ret_pair);
/* -EINVAL: no key of P-256. */
[[nodiscard]] int webpush_pair_of(const unsigned char secret[WEBPUSH_PRIVATE_SIZE],
				  struct webpush_pair *ret_pair);
/* base64url without padding, and a NUL. */
void webpush_key_text(const unsigned char point[WEBPUSH_PUBLIC_SIZE],
		      char ret_text[WEBPUSH_KEY_TEXT_MAX]);

/* Appends the body of a POST with `Content-Encoding: aes128gcm`. -EMSGSIZE: more than
 * WEBPUSH_PLAIN_MAX; -EBADMSG: keys of no point; -ENOMEM. Draws a key pair, then a salt. */
[[nodiscard]] int webpush_encrypt(const struct webpush_keys *keys, struct view plain,
				  struct rand *rand, struct buf *out);

/* Appends the value of an Authorization header: `vapid t=…, k=…`. origin: the endpoint's; subject:
 * a mailto: or https: address of whoever runs this server, empty for none. -EINVAL, -ENOMEM. */
[[nodiscard]] int webpush_token(const struct webpush_pair *pair, struct view origin,
				struct view subject, int64_t expires_s, struct buf *out);
