#include "proto/base64.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>

enum { IN = 4, OUT = 3 };

int base64_read(struct view text, uint8_t *ret_bytes, size_t size, size_t *ret_n)
{
	uint8_t in[IN], out[OUT];
	size_t n = 0;
	int rc = 0;

	while (text.n && text.p[text.n - 1] == '=')
		text.n--;
	if (text.n % IN == 1)
		return -EBADMSG;
	if (text.n * OUT / IN > size)
		return -EMSGSIZE;
	for (size_t i = 0; i < text.n && rc == 0; i += IN) {
		const size_t some = text.n - i < IN ? text.n - i : IN;

		memset(in, '=', sizeof(in));
		memcpy(in, text.p + i, some);
		rc = EVP_DecodeBlock(out, in, IN) == OUT ? 0 : -EBADMSG;
		if (rc == 0)
			memcpy(ret_bytes + n, out, some - 1);
		n += some - 1;
	}
	explicit_bzero(in, sizeof(in));
	explicit_bzero(out, sizeof(out));
	if (rc == 0)
		*ret_n = n;
	return rc;
}
