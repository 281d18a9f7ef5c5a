/* sip/digest.h - what both halves of digest authentication compute (RFC 7616 section 3.4.1). */
#pragma once
#include "base/buf.h"

#include <openssl/types.h>

enum { DIGEST_HEX_MAX = 64 /* digits of the longest */ };

struct digest {
	struct view ha1; /* in hexadecimal */
	struct view method, uri, nonce;
	struct view qop;        /* auth; empty: as of old (RFC 2617 section 3.2.2.1) */
	struct view nc, cnonce; /* with qop */
};

/* The hash of the parts with colons between them, in hexadecimal; empty and false without memory.
 * The context serves again and again; NULL is fine, and fails. */
bool digest_hex(EVP_MD_CTX *ctx, const EVP_MD *md, const struct view *parts, size_t n,
		char ret_hex[DIGEST_HEX_MAX + 1]);
/* The response, likewise. */
bool digest_response(EVP_MD_CTX *ctx, const EVP_MD *md, const struct digest *digest,
		     char ret_hex[DIGEST_HEX_MAX + 1]);
