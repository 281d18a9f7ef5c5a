/* tests/unit/sip/digest.h - the client's half of digest authentication, and messages by hand. */
#pragma once
#include "sip/re.h"
#include "../test.h"

#include <openssl/evp.h>
#include <stdio.h>

struct credentials {
	const char *algorithm; /* NULL: none named, MD5 */
	const char *user, *realm, *password, *method, *uri, *nonce, *cnonce;
	unsigned nc; /* 0: without qop */
};

static inline void hash_hex(bool md5, const char *text, char ret_hex[65])
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	assert_int_equal(EVP_Digest(text, strlen(text), bytes, &n, md5 ? EVP_md5() : EVP_sha256(),
				    NULL),
			 1);
	for (unsigned i = 0; i < n; i++)
		snprintf(ret_hex + 2 * i, 3, "%02x", bytes[i]);
}

static inline void hash_ha1(bool md5, const char *user, const char *realm, const char *password,
			    char ret_hex[65])
{
	char text[256];

	snprintf(text, sizeof(text), "%s:%s:%s", user, realm, password);
	hash_hex(md5, text, ret_hex);
}

/* A whole line "Authorization: Digest …\r\n". */
static inline void authorization(const struct credentials *c, char *ret_line, size_t size)
{
	const bool md5 = !c->algorithm || strcmp(c->algorithm, "MD5") == 0;
	char ha1[65], ha2[65], response[65], text[1024], tail[128] = "";

	hash_ha1(md5, c->user, c->realm, c->password, ha1);
	snprintf(text, sizeof(text), "%s:%s", c->method, c->uri);
	hash_hex(md5, text, ha2);
	if (c->nc)
		snprintf(text, sizeof(text), "%s:%s:%08x:%s:auth:%s", ha1, c->nonce, c->nc, c->cnonce,
			 ha2);
	else
		snprintf(text, sizeof(text), "%s:%s:%s", ha1, c->nonce, ha2);
	hash_hex(md5, text, response);
	if (c->nc)
		snprintf(tail, sizeof(tail), ",qop=auth,nc=%08x,cnonce=\"%s\"", c->nc, c->cnonce);
	snprintf(ret_line, size,
		 "Authorization: Digest username=\"%s\", realm=\"%s\",nonce=\"%s\", uri=\"%s\","
		 "response=\"%s\"%s%s%s\r\n",
		 c->user, c->realm, c->nonce, c->uri, response, c->algorithm ? ",algorithm=" : "",
		 c->algorithm ? c->algorithm : "", tail);
}

/* The nonce of the first challenge in a text. */
static inline void nonce_of(const char *text, char ret_nonce[128])
{
	const char *at = strstr(text, "nonce=\"");

	assert_non_null(at);
	snprintf(ret_nonce, 128, "%.*s", (int)strcspn(at + 7, "\""), at + 7);
}

/* For mem_deref. */
static inline struct sip_msg *msg_of(const char *text)
{
	struct mbuf *mb = mbuf_alloc(strlen(text) + 1);
	struct sip_msg *msg = NULL;

	assert_non_null(mb);
	memcpy(mb->buf, text, strlen(text));
	mb->end = strlen(text);
	assert_int_equal(sip_msg_decode(&msg, mb), 0);
	mem_deref(mb);
	return msg;
}
