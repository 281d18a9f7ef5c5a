#include "api/secret.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <string.h>

_Static_assert(SECRET_KEY_SIZE == crypto_secretbox_KEYBYTES, "the key is secretbox's");

static const char password_letters[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

int secret_seal(const struct secret_key *key, struct rand *rand, struct view plain,
		struct arena *arena, struct view *ret_sealed)
{
	const size_t n = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + plain.n;
	unsigned char *sealed = arena_alloc(arena, n);

	if (!sealed)
		return -ENOMEM;
	rand_bytes(rand, sealed, crypto_secretbox_NONCEBYTES);
	crypto_secretbox_easy(sealed + crypto_secretbox_NONCEBYTES, (const unsigned char *)plain.p,
			      plain.n, sealed, key->bytes);
	*ret_sealed = (struct view){ (char *)sealed, n };
	return 0;
}

int secret_open(const struct secret_key *key, struct view sealed, struct arena *arena,
		struct view *ret_plain)
{
	const size_t head = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
	const unsigned char *nonce = (const unsigned char *)sealed.p;
	char *plain;

	if (sealed.n < head)
		return -EBADMSG;
	plain = arena_alloc(arena, sealed.n - head + 1);
	if (!plain)
		return -ENOMEM;
	if (crypto_secretbox_open_easy((unsigned char *)plain, nonce + crypto_secretbox_NONCEBYTES,
				       sealed.n - crypto_secretbox_NONCEBYTES, nonce,
				       key->bytes) != 0)
		return -EBADMSG;
	*ret_plain = (struct view){ plain, sealed.n - head };
	return 0;
}

void secret_subkey(const struct secret_key *key, const char *purpose, struct secret_key *ret_subkey)
{
	crypto_generichash(ret_subkey->bytes, sizeof(ret_subkey->bytes),
			   (const unsigned char *)purpose, strlen(purpose), key->bytes,
			   sizeof(key->bytes));
}

static int hex_digest(const EVP_MD *md, struct view text, struct arena *arena, struct view *ret_hex)
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned n;
	char *hex;

	if (EVP_Digest(text.p, text.n, bytes, &n, md, NULL) != 1)
		return -EIO;
	hex = arena_alloc(arena, 2 * (size_t)n + 1);
	if (!hex)
		return -ENOMEM;
	sodium_bin2hex(hex, 2 * (size_t)n + 1, bytes, n);
	*ret_hex = (struct view){ hex, 2 * (size_t)n };
	return 0;
}

static int password_make(struct rand *rand, struct arena *arena, struct view *ret_password)
{
	char *p = arena_alloc(arena, SIP_PASSWORD_SIZE + 1);

	if (!p)
		return -ENOMEM;
	for (size_t i = 0; i < SIP_PASSWORD_SIZE; i++)
		p[i] = password_letters[rand_below(rand, sizeof(password_letters) - 1)];
	*ret_password = (struct view){ p, SIP_PASSWORD_SIZE };
	return 0;
}

int credential_make(const struct secret_key *key, struct rand *rand, int64_t number,
		    const char *realm, struct arena *arena, struct credential *ret_credential)
{
	struct credential made;
	const char *a1;
	int rc;

	rc = password_make(rand, arena, &made.password);
	if (rc < 0)
		return rc;
	a1 = arena_printf(arena, "%" PRId64 ":%s:%s", number, realm, made.password.p);
	if (!a1)
		return -ENOMEM;
	rc = hex_digest(EVP_md5(), view_str(a1), arena, &made.ha1_md5);
	if (rc == 0)
		rc = hex_digest(EVP_sha256(), view_str(a1), arena, &made.ha1_sha256);
	if (rc == 0)
		rc = secret_seal(key, rand, made.password, arena, &made.sealed);
	if (rc == 0)
		*ret_credential = made;
	return rc;
}
