#include "sip/digest.h"

#include <openssl/evp.h>
#include <sodium.h>

bool digest_hex(EVP_MD_CTX *ctx, const EVP_MD *md, const struct view *parts, size_t n,
		char ret_hex[DIGEST_HEX_MAX + 1])
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned size = 0;
	bool ok = ctx && EVP_DigestInit_ex(ctx, md, NULL);

	for (size_t i = 0; i < n && ok; i++)
		ok = (i == 0 || EVP_DigestUpdate(ctx, ":", 1)) &&
		     EVP_DigestUpdate(ctx, parts[i].p, parts[i].n);
	ok = ok && EVP_DigestFinal_ex(ctx, bytes, &size) && 2 * size <= DIGEST_HEX_MAX;
	sodium_bin2hex(ret_hex, DIGEST_HEX_MAX + 1, bytes, ok ? size : 0);
	return ok;
}

bool digest_response(EVP_MD_CTX *ctx, const EVP_MD *md, const struct digest *d,
		     char ret_hex[DIGEST_HEX_MAX + 1])
{
	const struct view a2[] = { d->method, d->uri };
	char ha2[DIGEST_HEX_MAX + 1];
	const bool ok = digest_hex(ctx, md, a2, 2, ha2);
	const struct view with_qop[] = {
		d->ha1, d->nonce, d->nc, d->cnonce, d->qop, view_str(ha2)
	};
	const struct view as_of_old[] = { d->ha1, d->nonce, view_str(ha2) };

	ret_hex[0] = '\0';
	return ok && (d->qop.n ? digest_hex(ctx, md, with_qop, 6, ret_hex)
			       : digest_hex(ctx, md, as_of_old, 3, ret_hex));
}
