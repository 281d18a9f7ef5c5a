#include "media/srtp.h"

#include "base/mem.h"
#include "media/rtp.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum {
	AUTH_KEY_SIZE = 20,
	TAG_SHA1_80 = 10,
	TAG_GCM = 16,
	IV_CM = 16,
	IV_GCM = 12,
	SALT_GCM = 12,
	INDEX_SIZE = 4, /* of SRTCP */
	INDEX_BITS = 48,
};

enum label { LABEL_RTP = 0, LABEL_RTCP = 3 }; /* cipher key; then authentication key, then salt */

static const uint32_t encrypted = 0x80000000; /* the E flag before the SRTCP index */

struct window {
	bool any;
	uint64_t newest;
	uint64_t seen; /* bit i: newest - i */
};

struct source {
	uint32_t ssrc;
	struct window rtp, rtcp;
};

/* What RTP and RTCP have each for itself. */
struct half {
	EVP_CIPHER_CTX *cipher;
	EVP_MAC_CTX *mac;
	uint8_t salt[SRTP_SALT_MAX];
};

struct srtp {
	enum srtp_profile profile;
	enum srtp_way way;
	struct half rtp, rtcp;
	uint32_t rtcp_index;
	struct source sources[SRTP_SOURCES_MAX];
	unsigned nsources;
};

static void put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

size_t srtp_salt_size(enum srtp_profile profile)
{
	return profile == SRTP_GCM_128 ? SALT_GCM : SRTP_SALT_MAX;
}

static void cipher_clean(EVP_CIPHER_CTX **ctx)
{
	EVP_CIPHER_CTX_free(*ctx);
}

/* A short salt is padded behind (RFC 7714 section 11). */
int srtp_derive(const struct srtp_master *master, size_t salt_size, uint8_t label, uint8_t *ret_key,
		size_t n)
{
	CLEANUP(cipher_clean) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t iv[IV_CM] = {};
	int out = 0;

	memcpy(iv, master->salt, salt_size);
	iv[7] ^= label;
	memset(ret_key, 0, n);
	return ctx && EVP_EncryptInit_ex(ctx, EVP_aes_128_ctr(), NULL, master->key, iv) == 1 &&
			       EVP_EncryptUpdate(ctx, ret_key, &out, ret_key, (int)n) == 1
		       ? 0
		       : -ENOMEM;
}

/* HMAC is keyed once; each packet starts from there. */
static EVP_MAC_CTX *mac_new(const uint8_t key[AUTH_KEY_SIZE])
{
	char digest[] = "SHA1";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;

	EVP_MAC_free(mac);
	if (ctx && EVP_MAC_init(ctx, key, AUTH_KEY_SIZE, params) == 1)
		return ctx;
	EVP_MAC_CTX_free(ctx);
	return NULL;
}

static bool half_cipher(const struct srtp *s, struct half *h, const uint8_t *key)
{
	const EVP_CIPHER *aes = s->profile == SRTP_GCM_128 ? EVP_aes_128_gcm() : EVP_aes_128_ctr();

	h->cipher = EVP_CIPHER_CTX_new();
	return h->cipher &&
	       EVP_CipherInit_ex(h->cipher, aes, NULL, key, NULL, s->way == SRTP_SEND) == 1;
}

static int half_open(const struct srtp *s, struct half *h, const struct srtp_master *master,
		     uint8_t label)
{
	const size_t salt = srtp_salt_size(s->profile);
	uint8_t key[SRTP_KEY_SIZE], auth[AUTH_KEY_SIZE];
	int err = srtp_derive(master, salt, label, key, sizeof(key));

	if (!err)
		err = srtp_derive(master, salt, (uint8_t)(label + 1), auth, sizeof(auth));
	if (!err)
		err = srtp_derive(master, salt, (uint8_t)(label + 2), h->salt, salt);
	if (!err && !half_cipher(s, h, key))
		err = -ENOMEM;
	if (!err && s->profile == SRTP_CM_SHA1_80 && !(h->mac = mac_new(auth)))
		err = -ENOMEM;
	OPENSSL_cleanse(key, sizeof(key));
	OPENSSL_cleanse(auth, sizeof(auth));
	return err;
}

static void half_close(struct half *h)
{
	EVP_CIPHER_CTX_free(h->cipher);
	EVP_MAC_CTX_free(h->mac);
	OPENSSL_cleanse(h, sizeof(*h));
}

int srtp_new(enum srtp_profile profile, enum srtp_way way, const struct srtp_master *master,
	     struct srtp **ret_srtp)
{
	struct srtp *s;
	int err;

	if (profile != SRTP_CM_SHA1_80 && profile != SRTP_GCM_128)
		return -EINVAL;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->profile = profile;
	s->way = way;
	err = half_open(s, &s->rtp, master, LABEL_RTP);
	if (!err)
		err = half_open(s, &s->rtcp, master, LABEL_RTCP);
	if (err) {
		srtp_free(s);
		return err;
	}
	*ret_srtp = s;
	return 0;
}

void srtp_free(struct srtp *s)
{
	if (!s)
		return;
	half_close(&s->rtp);
	half_close(&s->rtcp);
	free(s);
}

/* The bytes of a packet and where its parts are. */
struct packet {
	uint8_t *p;
	size_t head; /* bytes that stay in clear */
	size_t end;  /* behind the payload */
	uint32_t ssrc;
	uint64_t index;
};

/* RFC 3711 section 4.1.1; RFC 7714 sections 8.1, 9.1. An index of SRTCP has 31 bits, so that both
 * kinds fill the same places. */
static void iv_make(const struct srtp *s, const struct half *h, const struct packet *k,
		    uint8_t ret_iv[IV_CM])
{
	const unsigned at = s->profile == SRTP_GCM_128 ? 2 : 4;

	memset(ret_iv, 0, IV_CM);
	put32(ret_iv + at, k->ssrc);
	for (unsigned i = 0; i < 6; i++)
		ret_iv[at + 4 + i] = (uint8_t)(k->index >> (40 - 8 * i));
	for (size_t i = 0; i < srtp_salt_size(s->profile); i++)
		ret_iv[i] ^= h->salt[i];
}

static bool cm_crypt(const struct srtp *s, const struct half *h, const struct packet *k)
{
	uint8_t iv[IV_CM];
	int out = 0;

	iv_make(s, h, k, iv);
	return EVP_CipherInit_ex(h->cipher, NULL, NULL, NULL, iv, -1) == 1 &&
	       EVP_CipherUpdate(h->cipher, k->p + k->head, &out, k->p + k->head,
				(int)(k->end - k->head)) == 1;
}

/* Over the bytes before the tag and, of RTP, the roll-over counter. */
static bool cm_tag(const struct half *h, const uint8_t *p, size_t n, const uint8_t *more,
		   size_t more_n, uint8_t ret_tag[TAG_SHA1_80])
{
	uint8_t mac[AUTH_KEY_SIZE];
	size_t out = 0;

	if (EVP_MAC_init(h->mac, NULL, 0, NULL) != 1 || EVP_MAC_update(h->mac, p, n) != 1 ||
	    EVP_MAC_update(h->mac, more, more_n) != 1 ||
	    EVP_MAC_final(h->mac, mac, &out, sizeof(mac)) != 1)
		return false;
	memcpy(ret_tag, mac, TAG_SHA1_80);
	return true;
}

/* The nonce and what is authenticated in clear: the head, and of RTCP the index word. */
static bool gcm_begin(const struct srtp *s, const struct half *h, const struct packet *k,
		      const uint8_t *word)
{
	uint8_t iv[IV_CM];
	int out = 0;

	iv_make(s, h, k, iv);
	return EVP_CipherInit_ex(h->cipher, NULL, NULL, NULL, iv, -1) == 1 &&
	       EVP_CipherUpdate(h->cipher, NULL, &out, k->p, (int)k->head) == 1 &&
	       (!word || EVP_CipherUpdate(h->cipher, NULL, &out, word, INDEX_SIZE) == 1) &&
	       EVP_CipherUpdate(h->cipher, k->p + k->head, &out, k->p + k->head,
				(int)(k->end - k->head)) == 1;
}

static bool gcm_seal(const struct srtp *s, const struct half *h, const struct packet *k,
		     const uint8_t *word, uint8_t *ret_tag)
{
	int out = 0;

	return gcm_begin(s, h, k, word) && EVP_CipherFinal_ex(h->cipher, ret_tag, &out) == 1 &&
	       EVP_CIPHER_CTX_ctrl(h->cipher, EVP_CTRL_AEAD_GET_TAG, TAG_GCM, ret_tag) == 1;
}

static bool gcm_open(const struct srtp *s, const struct half *h, const struct packet *k,
		     const uint8_t *word, const uint8_t *tag)
{
	uint8_t copy[TAG_GCM];
	int out = 0;

	memcpy(copy, tag, TAG_GCM);
	return gcm_begin(s, h, k, word) &&
	       EVP_CIPHER_CTX_ctrl(h->cipher, EVP_CTRL_AEAD_SET_TAG, TAG_GCM, copy) == 1 &&
	       EVP_CipherFinal_ex(h->cipher, copy, &out) == 1;
}

static size_t tag_size(const struct srtp *s)
{
	return s->profile == SRTP_GCM_128 ? TAG_GCM : TAG_SHA1_80;
}

/* Header, CSRCs and extension stay in clear; padding does not. 0: not RTP. */
static size_t rtp_head(const uint8_t *p, size_t n)
{
	size_t at = RTP_HEADER_SIZE;

	if (n < RTP_HEADER_SIZE || p[0] >> 6 != 2)
		return 0;
	at += 4U * (p[0] & 15U);
	if (p[0] & 0x10)
		at += at + 4 <= n ? 4 + 4U * rtp_get16(p + at + 2) : n;
	return at <= n ? at : 0;
}

int srtp_protect(struct srtp *s, uint64_t index, uint8_t *p, size_t *n, size_t size)
{
	struct packet k = { p, rtp_head(p, *n), *n, 0, index };
	uint8_t roc[INDEX_SIZE];
	bool done;

	if (!k.head || rtp_get16(p + 2) != (index & 0xffff))
		return -EINVAL;
	if (index >> INDEX_BITS)
		return -EKEYEXPIRED;
	if (size < *n + tag_size(s))
		return -EMSGSIZE;
	k.ssrc = rtp_get32(p + 8);
	put32(roc, (uint32_t)(index >> 16));
	if (s->profile == SRTP_GCM_128)
		done = gcm_seal(s, &s->rtp, &k, NULL, p + *n);
	else
		done = cm_crypt(s, &s->rtp, &k) && cm_tag(&s->rtp, p, *n, roc, sizeof(roc), p + *n);
	if (!done)
		return -ENOMEM;
	*n += tag_size(s);
	return 0;
}

int srtcp_protect(struct srtp *s, uint8_t *p, size_t *n, size_t size)
{
	struct packet k = { p, RTCP_HEADER_SIZE, *n, 0, s->rtcp_index };
	uint8_t word[INDEX_SIZE];
	bool done;

	if (*n < RTCP_HEADER_SIZE)
		return -EINVAL;
	if (s->rtcp_index & encrypted)
		return -EKEYEXPIRED;
	if (size < *n + tag_size(s) + INDEX_SIZE)
		return -EMSGSIZE;
	k.ssrc = rtp_get32(p + 4);
	put32(word, s->rtcp_index | encrypted);
	if (s->profile == SRTP_GCM_128) {
		done = gcm_seal(s, &s->rtcp, &k, word, p + *n);
		memcpy(p + *n + TAG_GCM, word, INDEX_SIZE);
	} else {
		done = cm_crypt(s, &s->rtcp, &k);
		memcpy(p + *n, word, INDEX_SIZE);
		done = done && cm_tag(&s->rtcp, p, *n + INDEX_SIZE, NULL, 0, p + *n + INDEX_SIZE);
	}
	if (!done)
		return -ENOMEM;
	s->rtcp_index++;
	*n += tag_size(s) + INDEX_SIZE;
	return 0;
}

static bool window_takes(const struct window *w, uint64_t index)
{
	return !w->any || index > w->newest ||
	       (w->newest - index < SRTP_WINDOW && !(w->seen >> (w->newest - index) & 1));
}

static void window_add(struct window *w, uint64_t index)
{
	const uint64_t ahead = index - w->newest;

	if (!w->any || (index > w->newest && ahead >= SRTP_WINDOW))
		w->seen = 1;
	else if (index > w->newest)
		w->seen = w->seen << ahead | 1;
	else
		w->seen |= UINT64_C(1) << (w->newest - index);
	if (!w->any || index > w->newest)
		w->newest = index;
	w->any = true;
}

static struct source *source_find(struct srtp *s, uint32_t ssrc)
{
	for (unsigned i = 0; i < s->nsources; i++)
		if (s->sources[i].ssrc == ssrc)
			return &s->sources[i];
	return NULL;
}

/* Once the packet has proved itself. */
static int source_add(struct srtp *s, uint32_t ssrc, struct source **source)
{
	if (*source)
		return 0;
	if (s->nsources == SRTP_SOURCES_MAX)
		return -ENOSPC;
	*source = &s->sources[s->nsources++];
	**source = (struct source){ .ssrc = ssrc };
	return 0;
}

/* RFC 3711 section 3.3.1: the index with this sequence number that is nearest to the newest. */
static uint64_t index_guess(const struct window *w, uint16_t seq)
{
	const uint16_t newest = (uint16_t)w->newest;
	const int16_t ahead = (int16_t)(uint16_t)(seq - newest);

	if (!w->any)
		return seq;
	if (ahead < 0 && w->newest < (uint64_t)-ahead)
		return (w->newest & ~UINT64_C(0xffff)) |
		       seq; /* there is nothing before roll-over 0 */
	return w->newest + (uint64_t)(int64_t)ahead;
}

static bool rtp_open(struct srtp *s, const struct packet *k)
{
	uint8_t roc[INDEX_SIZE], tag[TAG_SHA1_80];

	if (s->profile == SRTP_GCM_128)
		return gcm_open(s, &s->rtp, k, NULL, k->p + k->end);
	put32(roc, (uint32_t)(k->index >> 16));
	return cm_tag(&s->rtp, k->p, k->end, roc, sizeof(roc), tag) &&
	       CRYPTO_memcmp(tag, k->p + k->end, sizeof(tag)) == 0 && cm_crypt(s, &s->rtp, k);
}

int srtp_unprotect(struct srtp *s, uint8_t *p, size_t *n)
{
	const struct window none = {};
	struct packet k = { .p = p };
	struct source *source;
	int err;

	if (*n < RTP_HEADER_SIZE + tag_size(s))
		return -EBADMSG;
	k.end = *n - tag_size(s);
	k.head = rtp_head(p, k.end);
	if (!k.head)
		return -EBADMSG;
	k.ssrc = rtp_get32(p + 8);
	source = source_find(s, k.ssrc);
	k.index = index_guess(source ? &source->rtp : &none, rtp_get16(p + 2));
	if (source && !window_takes(&source->rtp, k.index))
		return -EALREADY;
	if (!rtp_open(s, &k))
		return -EBADMSG;
	err = source_add(s, k.ssrc, &source);
	if (err)
		return err;
	window_add(&source->rtp, k.index);
	*n = k.end;
	return 0;
}

static bool rtcp_open(struct srtp *s, const struct packet *k, const uint8_t *word)
{
	uint8_t tag[TAG_SHA1_80];

	if (s->profile == SRTP_GCM_128)
		return gcm_open(s, &s->rtcp, k, word, k->p + k->end);
	return cm_tag(&s->rtcp, k->p, k->end + INDEX_SIZE, NULL, 0, tag) &&
	       CRYPTO_memcmp(tag, k->p + k->end + INDEX_SIZE, sizeof(tag)) == 0 &&
	       cm_crypt(s, &s->rtcp, k);
}

/* The word stands before the tag of HMAC (RFC 3711 section 3.4) and behind that of GCM (RFC 7714
 * section 9.2). Unencrypted SRTCP is not agreed on, so it is a forgery. */
int srtcp_unprotect(struct srtp *s, uint8_t *p, size_t *n)
{
	struct packet k = { .p = p, .head = RTCP_HEADER_SIZE };
	struct source *source;
	const uint8_t *word;
	int err;

	if (*n < RTCP_HEADER_SIZE + tag_size(s) + INDEX_SIZE)
		return -EBADMSG;
	k.end = *n - tag_size(s) - INDEX_SIZE;
	word = p + k.end + (s->profile == SRTP_GCM_128 ? TAG_GCM : 0);
	k.ssrc = rtp_get32(p + 4);
	k.index = rtp_get32(word) & ~encrypted;
	source = source_find(s, k.ssrc);
	if (source && !window_takes(&source->rtcp, k.index))
		return -EALREADY;
	if (!(rtp_get32(word) & encrypted) || !rtcp_open(s, &k, word))
		return -EBADMSG;
	err = source_add(s, k.ssrc, &source);
	if (err)
		return err;
	window_add(&source->rtcp, k.index);
	*n = k.end;
	return 0;
}
