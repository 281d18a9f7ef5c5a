#include "api/captcha.h"

#include "base/json.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <string.h>

enum {
	KEY_LENGTH = 32,
	COUNTER_SIZE = 4,
	MAC_SIZE = crypto_auth_hmacsha256_BYTES,
	NONCE_DIGITS = 2 * CAPTCHA_NONCE_SIZE,
	SALT_DIGITS = 2 * CAPTCHA_SALT_SIZE,
};
_Static_assert((int)SECRET_KEY_SIZE == (int)crypto_auth_hmacsha256_KEYBYTES, "a key signs");

struct challenge {
	int64_t cost;
	int64_t expires_s;
	struct view nonce; /* hexadecimal, as is salt */
	struct view salt;
};

/* The names in the order of the alphabet, as ALTCHA signs them. */
static const char *print_parameters(const struct challenge *c, struct arena *arena)
{
	return arena_printf(
		arena,
		"{\"algorithm\":\"PBKDF2/SHA-256\",\"cost\":%" PRId64 ",\"expiresAt\":%" PRId64
		",\"keyLength\":32,\"keyPrefix\":\"00\",\"nonce\":\"%.*s\",\"salt\":\"%.*s\"}",
		c->cost, c->expires_s, (int)c->nonce.n, c->nonce.p, (int)c->salt.n, c->salt.p);
}

static void sign(const struct secret_key *key, const char *parameters,
		 char ret_hex[2 * MAC_SIZE + 1])
{
	unsigned char mac[MAC_SIZE];
	struct secret_key own;

	secret_subkey(key, "captcha", &own);
	crypto_auth_hmacsha256(mac, (const unsigned char *)parameters, strlen(parameters),
			       own.bytes);
	sodium_bin2hex(ret_hex, 2 * MAC_SIZE + 1, mac, sizeof(mac));
	sodium_memzero(&own, sizeof(own));
}

static struct view random_hex(struct rand *rand, struct arena *arena, size_t n)
{
	char *text = arena_alloc(arena, 2 * n + 1);

	if (text)
		rand_hex(rand, text, n);
	return (struct view){ text, 2 * n };
}

int captcha_make(const struct secret_key *key, struct rand *rand, int64_t cost, int64_t now_ms,
		 struct arena *arena, struct view *ret_json)
{
	const struct challenge c = {
		.cost = cost,
		.expires_s = now_ms / 1000 + CAPTCHA_SECONDS,
		.nonce = random_hex(rand, arena, CAPTCHA_NONCE_SIZE),
		.salt = random_hex(rand, arena, CAPTCHA_SALT_SIZE),
	};
	const char *parameters = c.nonce.p && c.salt.p ? print_parameters(&c, arena) : NULL;
	char signature[2 * MAC_SIZE + 1];
	const char *json;

	if (!parameters)
		return -ENOMEM;
	sign(key, parameters, signature);
	json = arena_printf(arena, "{\"parameters\":%s,\"signature\":\"%s\"}", parameters,
			    signature);
	if (!json)
		return -ENOMEM;
	*ret_json = view_str(json);
	return 0;
}

struct answer_parts {
	struct challenge challenge;
	struct view signature;
	uint32_t counter;
};

static bool is_hex(struct view v, size_t n)
{
	for (size_t i = 0; i < v.n; i++)
		if (!strchr("0123456789abcdef", v.p[i]))
			return false;
	return v.n == n;
}

/* The texts stay the document's. */
static int read_parts(json_t *root, struct answer_parts *ret_parts)
{
	const char *nonce, *salt, *signature;
	json_int_t cost, expires_s, counter;

	if (json_unpack(root, "{s:{s:{s:I,s:I,s:s,s:s},s:s},s:{s:I}}", "challenge", "parameters",
			"cost", &cost, "expiresAt", &expires_s, "nonce", &nonce, "salt", &salt,
			"signature", &signature, "solution", "counter", &counter) < 0)
		return -EBADMSG;
	*ret_parts = (struct answer_parts){ { cost, expires_s, view_str(nonce), view_str(salt) },
					    view_str(signature),
					    (uint32_t)counter };
	if (cost < 1 || cost > CAPTCHA_COST_MAX || counter < 0 || counter > UINT32_MAX ||
	    expires_s < 0 || expires_s > INT64_MAX / 1000)
		return -EBADMSG;
	return is_hex(ret_parts->challenge.nonce, NONCE_DIGITS) &&
			       is_hex(ret_parts->challenge.salt, SALT_DIGITS) &&
			       ret_parts->signature.n == 2 * MAC_SIZE
		       ? 0
		       : -EBADMSG;
}

static bool is_ours(const struct secret_key *key, const struct answer_parts *parts,
		    const char *parameters)
{
	char wanted[2 * MAC_SIZE + 1];

	sign(key, parameters, wanted);
	return sodium_memcmp(wanted, parts->signature.p, 2 * MAC_SIZE) == 0;
}

/* ALTCHA's way: the password is the nonce with the counter behind it, big-endian. */
static bool is_solved(const struct answer_parts *parts)
{
	unsigned char password[CAPTCHA_NONCE_SIZE + COUNTER_SIZE], salt[CAPTCHA_SALT_SIZE];
	unsigned char derived[KEY_LENGTH];
	const struct challenge *c = &parts->challenge;

	if (sodium_hex2bin(password, CAPTCHA_NONCE_SIZE, c->nonce.p, c->nonce.n, NULL, NULL,
			   NULL) != 0 ||
	    sodium_hex2bin(salt, sizeof(salt), c->salt.p, c->salt.n, NULL, NULL, NULL) != 0)
		return false;
	for (int i = 0; i < COUNTER_SIZE; i++)
		password[CAPTCHA_NONCE_SIZE + i] = (unsigned char)(parts->counter >> (24 - 8 * i));
	return PKCS5_PBKDF2_HMAC((const char *)password, sizeof(password), salt, sizeof(salt),
				 (int)c->cost, EVP_sha256(), sizeof(derived), derived) == 1 &&
	       derived[0] == 0;
}

static int judge(const struct secret_key *key, const struct answer_parts *parts, int64_t now_ms,
		 struct arena *arena, struct captcha_solved *ret_solved)
{
	const char *parameters = print_parameters(&parts->challenge, arena);
	const char *nonce = arena_dup(arena, parts->challenge.nonce);

	if (!parameters || !nonce)
		return -ENOMEM;
	if (!is_ours(key, parts, parameters))
		return -EBADMSG;
	if (parts->challenge.expires_s * 1000 <= now_ms)
		return -ETIME;
	if (!is_solved(parts))
		return -EBADMSG;
	*ret_solved = (struct captcha_solved){ view_str(nonce), parts->challenge.expires_s * 1000 };
	return 0;
}

int captcha_check(const struct secret_key *key, struct view answer, int64_t now_ms,
		  struct arena *arena, struct captcha_solved *ret_solved)
{
	char text[CAPTCHA_TEXT_MAX];
	struct answer_parts parts;
	json_t *root;
	size_t n;
	int rc;

	if (answer.n > CAPTCHA_TEXT_MAX ||
	    sodium_base642bin((unsigned char *)text, sizeof(text), answer.p, answer.n, NULL, &n,
			      NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
		return -EBADMSG;
	root = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
	rc = root ? read_parts(root, &parts) : -EBADMSG;
	if (rc == 0)
		rc = judge(key, &parts, now_ms, arena, ret_solved);
	json_decref(root);
	return rc;
}
