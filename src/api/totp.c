#include "api/totp.h"

#include <errno.h>
#include <liboath/oath.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static const char letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
_Static_assert(sizeof(letters) == 32 + 1, "five bits a letter");

/* RFC 3986's unreserved characters stay. */
static const char *percent_encode(struct view v, struct arena *arena)
{
	static const char digits[] = "0123456789ABCDEF";
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
	char *to = arena_alloc(arena, 3 * v.n + 1);
	size_t n = 0;

	for (size_t i = 0; to && i < v.n; i++) {
		const unsigned char c = (unsigned char)v.p[i];
		if (c && strchr(plain, c)) {
			to[n++] = (char)c;
		} else {
			to[n++] = '%';
			to[n++] = digits[c >> 4];
			to[n++] = digits[c & 15];
		}
	}
	return to;
}

static void free_text(char **text)
{
	free(*text);
}

int totp_uri(struct view secret, struct view account, struct arena *arena, struct view *ret_uri,
	     struct view *ret_base32)
{
	CLEANUP(free_text) char *text = NULL;
	const char *name = percent_encode(account, arena), *base32, *uri;
	size_t n;

	if (!name || oath_base32_encode(secret.p, secret.n, &text, &n) != OATH_OK)
		return -ENOMEM;
	base32 = arena_dup(arena, (struct view){ text, n });
	sodium_memzero(text, n);
	uri = base32 ? arena_printf(arena, "otpauth://totp/Vestibule:%s?secret=%s&issuer=Vestibule",
				    name, base32)
		     : NULL;
	if (!uri)
		return -ENOMEM;
	*ret_uri = view_str(uri);
	*ret_base32 = view_str(base32);
	return 0;
}

/* People type codes as they are shown, in groups. */
static size_t without_gaps(struct view code, char *to, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < code.n; i++) {
		if (code.p[i] == ' ' || code.p[i] == '-')
			continue;
		if (n == max)
			return 0;
		to[n++] = code.p[i];
	}
	return n;
}

int totp_match(struct view secret, int64_t now_ms, struct view code, int64_t *ret_step)
{
	char digits[TOTP_DIGITS + 1] = "";
	uint64_t step;

	if (without_gaps(code, digits, TOTP_DIGITS) != TOTP_DIGITS ||
	    strspn(digits, "0123456789") != TOTP_DIGITS)
		return -EINVAL;
	if (oath_totp_validate3(secret.p, secret.n, (time_t)(now_ms / 1000), TOTP_STEP_MS / 1000,
				OATH_TOTP_DEFAULT_START_TIME, TOTP_WINDOW, NULL, &step, digits) < 0)
		return -EACCES;
	*ret_step = (int64_t)step;
	return 0;
}

int recovery_make(struct rand *rand, struct arena *arena, struct view *ret_code)
{
	char *code = arena_alloc(arena, RECOVERY_LETTERS + 2);
	size_t n = 0;

	if (!code)
		return -ENOMEM;
	for (int i = 0; i < RECOVERY_LETTERS; i++) {
		if (i == RECOVERY_LETTERS / 2)
			code[n++] = '-';
		code[n++] = letters[rand_below(rand, sizeof(letters) - 1)];
	}
	*ret_code = (struct view){ code, n };
	return 0;
}

int recovery_hash(const struct secret_key *key, struct view code, struct arena *arena,
		  struct view *ret_hash)
{
	char text[RECOVERY_LETTERS + 1] = "";
	unsigned char *hash;
	struct secret_key own;

	if (without_gaps(code, text, RECOVERY_LETTERS) != RECOVERY_LETTERS)
		return -EINVAL;
	for (char *c = text; *c; c++)
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 32);
	if (strspn(text, letters) != RECOVERY_LETTERS)
		return -EINVAL;
	hash = arena_alloc(arena, RECOVERY_HASH_SIZE);
	if (!hash)
		return -ENOMEM;
	secret_subkey(key, "recovery", &own);
	crypto_generichash(hash, RECOVERY_HASH_SIZE, (const unsigned char *)text, RECOVERY_LETTERS,
			   own.bytes, sizeof(own.bytes));
	sodium_memzero(&own, sizeof(own));
	*ret_hash = (struct view){ (char *)hash, RECOVERY_HASH_SIZE };
	return 0;
}
