/* proto/sdes.h - a key for SRTP in a description: a=crypto (RFC 4568; AES-GCM: RFC 7714 section 14).
 *
 * Pure. What is read is one key without index (MKI), for packets that are encrypted and
 * authenticated; whoever wants less is not understood. */
#pragma once
#include "base/buf.h"

enum sdes_suite { SDES_NONE, SDES_CM_SHA1_80, SDES_GCM_128 };

enum {
	SDES_KEY_SIZE = 16,
	SDES_SALT_MAX = 14,
	SDES_TAG_MAX = 999999999, /* of the attribute; RFC 4568 section 9.2 */
	SDES_LINE_MAX = 512,      /* bytes of a value that is read */
};

struct sdes {
	unsigned tag;
	enum sdes_suite suite;
	uint8_t key[SDES_KEY_SIZE];
	uint8_t salt[SDES_SALT_MAX]; /* sdes_salt_size bytes of it */
};

size_t sdes_salt_size(enum sdes_suite suite);
/* What follows "a=crypto:". -EBADMSG: it is none; -ENOTSUP: a suite or a parameter that we do not
 * have. */
[[nodiscard]] int sdes_read(struct view value, struct sdes *ret_sdes);
/* The whole line. */
void sdes_print(const struct sdes *sdes, struct buf *out);
