#include "proto/sdes.h"

#include "proto/base64.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>

enum {
	CM_SALT = 14,
	GCM_SALT = 12,
	TEXT_MAX = (SDES_KEY_SIZE + SDES_SALT_MAX + 2) / 3 * 4,
};

static const struct suite {
	struct view name;
	enum sdes_suite suite;
	size_t salt;
} suites[] = {
	{ VIEW("AES_CM_128_HMAC_SHA1_80"), SDES_CM_SHA1_80, CM_SALT },
	{ VIEW("AEAD_AES_128_GCM"), SDES_GCM_128, GCM_SALT },
};

static const struct suite *suite_of(enum sdes_suite suite)
{
	return suite == SDES_GCM_128 ? &suites[1] : &suites[0];
}

static const struct suite *suite_named(struct view name)
{
	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
		if (view_ieq(name, suites[i].name))
			return &suites[i];
	}
	return NULL;
}

size_t sdes_salt_size(enum sdes_suite suite)
{
	return suite_of(suite)->salt;
}

static struct view word(struct view *rest)
{
	return view_cut(view_trim(*rest), ' ', rest);
}

static int key_read(struct view text, struct sdes *sdes, size_t salt)
{
	uint8_t bytes[SDES_KEY_SIZE + SDES_SALT_MAX];
	size_t n;
	int rc = base64_read(text, bytes, SDES_KEY_SIZE + salt, &n);

	if (rc == 0 && n == SDES_KEY_SIZE + salt) {
		memcpy(sdes->key, bytes, SDES_KEY_SIZE);
		memcpy(sdes->salt, bytes + SDES_KEY_SIZE, salt);
	} else {
		rc = -EBADMSG;
	}
	explicit_bzero(bytes, sizeof(bytes));
	return rc;
}

/* inline:<key||salt>["|" lifetime]["|" MKI ":" length]. The lifetime is longer than any call. */
static int inline_read(struct view params, struct sdes *sdes, size_t salt)
{
	struct view rest, key;

	if (!view_ieq(view_cut(params, ':', &rest), VIEW("inline")))
		return -EBADMSG;
	for (size_t i = 0; i < rest.n; i++) {
		if (rest.p[i] == ';' || rest.p[i] == ':') /* several keys, or one with an index */
			return -ENOTSUP;
	}
	key = view_cut(rest, '|', &rest);
	return key_read(key, sdes, salt);
}

/* Section 6.3: a window or an order for error correction are the sender's to know. */
static bool harmless(struct view parameter)
{
	return !parameter.n || view_starts(parameter, VIEW("WSH=")) ||
	       view_starts(parameter, VIEW("FEC_ORDER=")) || view_eq(parameter, VIEW("KDR=0"));
}

int sdes_read(struct view value, struct sdes *ret_sdes)
{
	struct view rest = value;
	struct sdes sdes = {};
	const struct suite *suite;
	struct view params;
	uint64_t tag;
	int rc;

	if (value.n > SDES_LINE_MAX || view_u64(word(&rest), SDES_TAG_MAX, &tag) < 0)
		return -EBADMSG;
	suite = suite_named(word(&rest));
	if (!suite)
		return -ENOTSUP;
	params = word(&rest);
	rc = inline_read(params, &sdes, suite->salt);
	while (rc == 0 && view_trim(rest).n) {
		if (!harmless(word(&rest)))
			rc = -ENOTSUP;
	}
	if (rc == 0) {
		sdes.tag = (unsigned)tag;
		sdes.suite = suite->suite;
		*ret_sdes = sdes;
	}
	explicit_bzero(&sdes, sizeof(sdes));
	return rc;
}

void sdes_print(const struct sdes *sdes, struct buf *out)
{
	const struct suite *suite = suite_of(sdes->suite);
	uint8_t bytes[SDES_KEY_SIZE + SDES_SALT_MAX];
	char text[TEXT_MAX + 1];

	memcpy(bytes, sdes->key, SDES_KEY_SIZE);
	memcpy(bytes + SDES_KEY_SIZE, sdes->salt, suite->salt);
	EVP_EncodeBlock((uint8_t *)text, bytes, (int)(SDES_KEY_SIZE + suite->salt));
	buf_printf(out, "a=crypto:%u %.*s inline:%s\r\n", sdes->tag, (int)suite->name.n,
		   suite->name.p, text);
	explicit_bzero(bytes, sizeof(bytes));
	explicit_bzero(text, sizeof(text));
}
