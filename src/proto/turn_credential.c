#include "proto/turn_credential.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

enum { SHA1_SIZE = 20 };

static bool id_fits(struct view id)
{
	for (size_t i = 0; i < id.n; i++)
		if (!isalnum((unsigned char)id.p[i]))
			return false;
	return id.n > 0 && id.n <= TURN_ID_MAX;
}

int turn_credential_make(struct view secret, int64_t until_ms, struct view id,
			 struct turn_credential *ret_credential)
{
	uint8_t mac[SHA1_SIZE];
	struct turn_credential c;
	unsigned n = 0;

	if (until_ms < 0 || !id_fits(id) || !secret.n || secret.n > TURN_SECRET_MAX)
		return -EINVAL;
	snprintf(c.username, sizeof(c.username), "%" PRId64 ":%.*s", until_ms / 1000, (int)id.n,
		 id.p);
	if (!HMAC(EVP_sha1(), secret.p, (int)secret.n, (const uint8_t *)c.username,
		  strlen(c.username), mac, &n))
		return -ENOMEM;
	EVP_EncodeBlock((uint8_t *)c.password, mac, sizeof(mac));
	*ret_credential = c;
	return 0;
}
