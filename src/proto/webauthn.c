#include "proto/webauthn.h"

#include <errno.h>

/* RFC 8949 section 3: the three bits of a head. */
enum major { UINT, NINT, BYTES, TEXT, LIST, MAP, TAG, SIMPLE };

enum { INFO_ONE_BYTE = 24, INFO_EIGHT_BYTES = 27, COSE_ALGORITHM = 3 };

struct head {
	enum major major;
	uint64_t n;
};

static bool take(struct view *v, size_t n, struct view *ret_taken)
{
	if (n > v->n)
		return false;
	*ret_taken = (struct view){ v->p, n };
	*v = (struct view){ v->p + n, v->n - n };
	return true;
}

static uint64_t big_endian(struct view v)
{
	uint64_t n = 0;

	for (size_t i = 0; i < v.n; i++)
		n = n << 8 | (unsigned char)v.p[i];
	return n;
}

static bool head_read(struct view *v, struct head *ret_head)
{
	struct view byte, rest;
	unsigned info;

	if (!take(v, 1, &byte))
		return false;
	info = (unsigned char)byte.p[0] & 31;
	*ret_head = (struct head){ (enum major)((unsigned char)byte.p[0] >> 5), info };
	if (info < INFO_ONE_BYTE)
		return true;
	if (info > INFO_EIGHT_BYTES || !take(v, (size_t)1 << (info - INFO_ONE_BYTE), &rest))
		return false;
	ret_head->n = big_endian(rest);
	return true;
}

/* One whole item. Each entry takes a byte at least, so a count beyond the bytes is a lie. */
static bool item_skip(struct view *v, unsigned depth)
{
	struct view bytes;
	struct head head;

	if (!head_read(v, &head))
		return false;
	switch (head.major) {
	case UINT:
	case NINT:
	case SIMPLE:
		return true;
	case BYTES:
	case TEXT:
		return head.n <= v->n && take(v, (size_t)head.n, &bytes);
	case LIST:
	case MAP:
		if (depth >= WEBAUTHN_DEPTH_MAX || head.n > v->n)
			return false;
		for (uint64_t i = 0; i < (head.major == MAP ? 2 : 1) * head.n; i++)
			if (!item_skip(v, depth + 1))
				return false;
		return true;
	case TAG:
		break;
	}
	return false;
}

static bool item_take(struct view *v, struct view *ret_item)
{
	const struct view start = *v;

	if (!item_skip(v, 0))
		return false;
	*ret_item = (struct view){ start.p, start.n - v->n };
	return true;
}

static bool string_of(struct view item, enum major major, struct view *ret_string)
{
	struct head head;

	if (!head_read(&item, &head) || head.major != major)
		return false;
	*ret_string = item;
	return true;
}

static bool int_of(struct view item, int64_t *ret_n)
{
	struct head head;

	if (!head_read(&item, &head) || head.major > NINT || head.n > INT64_MAX)
		return false;
	*ret_n = head.major == UINT ? (int64_t)head.n : -1 - (int64_t)head.n;
	return true;
}

/* What is left to read of a map that is known to be whole. */
struct entries {
	struct view rest;
	uint64_t n;
};

static bool map_open(struct view item, struct entries *ret_entries)
{
	struct head head;

	if (!head_read(&item, &head) || head.major != MAP)
		return false;
	*ret_entries = (struct entries){ item, head.n };
	return true;
}

static bool map_next(struct entries *e, struct view *ret_key, struct view *ret_value)
{
	if (e->n == 0)
		return false;
	e->n--;
	return item_take(&e->rest, ret_key) && item_take(&e->rest, ret_value);
}

/* The number behind a key, once: a key that comes twice could be read as either. */
static bool map_int(struct view map, bool (*is_key)(struct view key), int64_t *ret_n)
{
	struct view key, value;
	struct entries e;
	int found = 0;

	if (!map_open(map, &e))
		return false;
	while (map_next(&e, &key, &value)) {
		if (!is_key(key))
			continue;
		if (found++ || !int_of(value, ret_n))
			return false;
	}
	return true;
}

static bool key_is_text(struct view key, struct view want)
{
	struct view text;

	return string_of(key, TEXT, &text) && view_eq(text, want);
}

static bool is_algorithm(struct view key)
{
	int64_t n;

	return int_of(key, &n) && n == COSE_ALGORITHM;
}

static bool is_protection(struct view key)
{
	return key_is_text(key, VIEW("credProtect"));
}

static bool is_statement_algorithm(struct view key)
{
	return key_is_text(key, VIEW("alg"));
}

/* Section 6.5.1: model, id with its length, key. */
static bool credential_read(struct view *v, struct webauthn_data *d)
{
	struct view length, key;

	return take(v, WEBAUTHN_AAGUID_SIZE, &d->aaguid) && take(v, 2, &length) &&
	       take(v, (size_t)big_endian(length), &d->credential_id) && d->credential_id.n > 0 &&
	       d->credential_id.n <= WEBAUTHN_CREDENTIAL_MAX && item_take(v, &key) &&
	       map_int(key, is_algorithm, &d->algorithm);
}

static bool extensions_read(struct view *v, struct webauthn_data *d)
{
	struct view map;

	return item_take(v, &map) && map_int(map, is_protection, &d->protection);
}

int webauthn_data_read(struct view bytes, struct webauthn_data *ret_data)
{
	struct webauthn_data d = {};
	struct view flags, count;

	if (!take(&bytes, WEBAUTHN_HASH_SIZE, &d.rp_hash) || !take(&bytes, 1, &flags) ||
	    !take(&bytes, 4, &count))
		return -EBADMSG;
	d.flags = (unsigned char)flags.p[0];
	d.count = (uint32_t)big_endian(count);
	if ((d.flags & WEBAUTHN_CREDENTIAL) && !credential_read(&bytes, &d))
		return -EBADMSG;
	if ((d.flags & WEBAUTHN_EXTENSIONS) && !extensions_read(&bytes, &d))
		return -EBADMSG;
	if (bytes.n > 0)
		return -EBADMSG;
	*ret_data = d;
	return 0;
}

static bool has_certificates(struct view statement)
{
	struct view key, value;
	struct entries e;

	if (map_open(statement, &e))
		while (map_next(&e, &key, &value))
			if (key_is_text(key, VIEW("x5c")))
				return true;
	return false;
}

static bool statement_read(struct webauthn_attestation *a)
{
	struct entries e;

	if (!map_open(a->statement, &e) ||
	    !map_int(a->statement, is_statement_algorithm, &a->algorithm))
		return false;
	a->empty = e.n == 0;
	a->certified = has_certificates(a->statement);
	return true;
}

/* Section 6.5.4: three entries, in whatever order. */
int webauthn_attestation_read(struct view bytes, struct webauthn_attestation *ret_attestation)
{
	struct webauthn_attestation a = {};
	struct view map, key, value;
	struct entries e;

	if (!item_take(&bytes, &map) || bytes.n > 0 || !map_open(map, &e) || e.n != 3)
		return -EBADMSG;
	while (map_next(&e, &key, &value)) {
		if (key_is_text(key, VIEW("fmt")) && string_of(value, TEXT, &a.format))
			continue;
		if (key_is_text(key, VIEW("authData")) && string_of(value, BYTES, &a.data))
			continue;
		if (!key_is_text(key, VIEW("attStmt")))
			return -EBADMSG;
		a.statement = value;
	}
	if (!a.format.p || !a.data.p || !a.statement.p || !statement_read(&a))
		return -EBADMSG;
	*ret_attestation = a;
	return 0;
}
