#include "api/reply.h"

#include "proto/mail_message.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

/* A guess costs a mail: 80 bits are plenty, and a local part has 64 characters. */
enum { MAC_SIZE = 10, MAC_DIGITS = 2 * MAC_SIZE, PLACE_TEXT_MAX = 64, LOCAL_MAX = 12 };

bool reply_base_fits(const char *base)
{
	struct view domain;
	const struct view local = view_cut(view_str(base), '@', &domain);

	return base[0] == '\0' || (mail_address_fits(view_str(base)) && local.n <= LOCAL_MAX &&
				   !memchr(local.p, '+', local.n));
}

static int print_place(const struct reply_place *p, char ret_text[PLACE_TEXT_MAX])
{
	return snprintf(ret_text, PLACE_TEXT_MAX, "%" PRId64 ".%" PRId64 ".%" PRId64, p->site_id,
			p->ticket_id, p->person_id);
}

static void sign(const struct secret_key *key, const char *place, char ret_hex[MAC_DIGITS + 1])
{
	unsigned char mac[crypto_auth_hmacsha256_BYTES];
	struct secret_key own;

	secret_subkey(key, "ticket-reply", &own);
	crypto_auth_hmacsha256(mac, (const unsigned char *)place, strlen(place), own.bytes);
	sodium_bin2hex(ret_hex, MAC_DIGITS + 1, mac, MAC_SIZE);
	sodium_memzero(&own, sizeof(own));
}

int reply_address_make(const struct secret_key *key, struct view base,
		       const struct reply_place *place, struct arena *arena,
		       struct view *ret_address)
{
	char text[PLACE_TEXT_MAX], mac[MAC_DIGITS + 1];
	struct view domain, address;
	const struct view local = view_cut(base, '@', &domain);

	print_place(place, text);
	sign(key, text, mac);
	address = view_str(arena_printf(arena, "%.*s+%s.%s@%.*s", (int)local.n, local.p, text, mac,
					(int)domain.n, domain.p));
	if (!address.p)
		return -ENOMEM;
	*ret_address = mail_address_fits(address) ? address : VIEW("");
	return 0;
}

static int read_number(struct view *rest, int64_t *ret_number)
{
	uint64_t number;

	if (view_u64(view_cut(*rest, '.', rest), INT64_MAX, &number) < 0)
		return -ENOENT;
	*ret_number = (int64_t)number;
	return 0;
}

/* Mail servers may write the local part in other letters: digits and a-f mean the same in both. */
static bool is_signed(const struct secret_key *key, const struct reply_place *place,
		      struct view digits)
{
	char text[PLACE_TEXT_MAX], mac[MAC_DIGITS + 1], told[MAC_DIGITS];

	if (digits.n != MAC_DIGITS)
		return false;
	for (size_t i = 0; i < MAC_DIGITS; i++)
		told[i] = (char)(digits.p[i] >= 'A' && digits.p[i] <= 'F' ? digits.p[i] + 32
									  : digits.p[i]);
	print_place(place, text);
	sign(key, text, mac);
	return sodium_memcmp(mac, told, MAC_DIGITS) == 0;
}

int reply_address_read(const struct secret_key *key, struct view base, struct view address,
		       struct reply_place *ret_place)
{
	struct view domain, base_domain, rest;
	const struct view base_local = view_cut(base, '@', &base_domain);
	const struct view local = view_cut(view_cut(address, '@', &domain), '+', &rest);
	struct reply_place place;

	if (!view_ieq(local, base_local) || !view_ieq(domain, base_domain) ||
	    read_number(&rest, &place.site_id) < 0 || read_number(&rest, &place.ticket_id) < 0 ||
	    read_number(&rest, &place.person_id) < 0 || !is_signed(key, &place, rest))
		return -ENOENT;
	*ret_place = place;
	return 0;
}
