#include "proto/stun.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

enum {
	COOKIE = 0x2112a442,
	ATTRIBUTE_HEAD = 4,
	INTEGRITY_SIZE = 20,
	FINGERPRINT_SIZE = 4,
	FINGERPRINT_XOR = 0x5354554e,
	MAPPED_V4 = 8,
	MAPPED_V6 = 20,
	FAMILY_V4 = 1,
	FAMILY_V6 = 2,
	ERROR_HEAD = 4,
};

enum attribute {
	USERNAME = 0x0006,
	MESSAGE_INTEGRITY = 0x0008,
	ERROR_CODE = 0x0009,
	UNKNOWN_ATTRIBUTES = 0x000a,
	XOR_MAPPED_ADDRESS = 0x0020,
	PRIORITY = 0x0024,
	USE_CANDIDATE = 0x0025,
	OPTIONAL = 0x8000, /* from here on they may be passed over */
	FINGERPRINT = 0x8028,
	ICE_CONTROLLED = 0x8029,
	ICE_CONTROLLING = 0x802a,
};

/* Known, of no use to ICE: MAPPED-ADDRESS, REALM, NONCE. */
static const uint16_t passed_over[] = { 0x0001, 0x0014, 0x0015 };

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static uint64_t get64(const uint8_t *p)
{
	return (uint64_t)get32(p) << 32 | get32(p + 4);
}

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

static size_t padded(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

/* CRC-32 of ITU V.42, four bits at a time. */
static uint32_t crc32_add(uint32_t crc, const uint8_t *p, size_t n)
{
	static const uint32_t table[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
		0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};

	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return crc;
}

static uint32_t fingerprint(const uint8_t *p, size_t n)
{
	return ~crc32_add(0xffffffff, p, n) ^ FINGERPRINT_XOR;
}

/* Over the message up to the attribute, with a length that ends behind it (RFC 8489 section 14.5).
 */
static bool integrity(const uint8_t *p, size_t at, struct view password,
		      uint8_t ret_mac[INTEGRITY_SIZE])
{
	uint8_t bytes[STUN_MESSAGE_MAX];
	unsigned n = 0;

	memcpy(bytes, p, at);
	put16(bytes + 2, (unsigned)(at + ATTRIBUTE_HEAD + INTEGRITY_SIZE - STUN_HEADER_SIZE));
	return HMAC(EVP_sha1(), password.p, (int)password.n, bytes, at, ret_mac, &n) != NULL &&
	       n == INTEGRITY_SIZE;
}

/* The cookie and the transaction are the mask (RFC 8489 section 14.2). */
static void mask(uint8_t *p, size_t n, const uint8_t *header)
{
	for (size_t i = 0; i < n; i++)
		p[i] ^= header[4 + i];
}

bool stun_is(const uint8_t *p, size_t n)
{
	return n >= STUN_HEADER_SIZE && p[0] < 4 && get32(p + 4) == COOKIE;
}

static int mapped_read(const uint8_t *header, const uint8_t *v, size_t n, struct addr *ret_addr)
{
	uint8_t host[16];
	uint8_t port[2];
	struct addr a = {};

	if (n != MAPPED_V4 && n != MAPPED_V6)
		return -EBADMSG;
	memcpy(port, v + 2, sizeof(port));
	mask(port, sizeof(port), header);
	memcpy(host, v + 4, n - 4);
	mask(host, n - 4, header);
	if (n == MAPPED_V4 && v[1] == FAMILY_V4) {
		a.v4.sin_family = AF_INET;
		memcpy(&a.v4.sin_addr, host, 4);
		a.len = sizeof(a.v4);
	} else if (n == MAPPED_V6 && v[1] == FAMILY_V6) {
		a.v6.sin6_family = AF_INET6;
		memcpy(&a.v6.sin6_addr, host, 16);
		a.len = sizeof(a.v6);
	} else {
		return -EBADMSG;
	}
	*ret_addr = addr_with_port(&a, get16(port));
	return 0;
}

static int error_read(const uint8_t *v, size_t n, unsigned *ret_code)
{
	if (n < ERROR_HEAD || (v[2] & 7) < 3 || (v[2] & 7) > 6 || v[3] > 99)
		return -EBADMSG;
	*ret_code = (v[2] & 7) * 100U + v[3];
	return 0;
}

static void unknown_note(struct stun *m, uint16_t type)
{
	for (size_t i = 0; i < sizeof(passed_over) / sizeof(*passed_over); i++)
		if (passed_over[i] == type)
			return;
	if (type < OPTIONAL && type != UNKNOWN_ATTRIBUTES && m->nunknown < STUN_UNKNOWN_MAX)
		m->unknown[m->nunknown++] = type;
}

static int role_read(enum stun_role role, const uint8_t *v, size_t n, struct stun *m)
{
	if (n != 8)
		return -EBADMSG;
	m->role = role;
	m->tie_breaker = get64(v);
	return 0;
}

/* One attribute before MESSAGE-INTEGRITY. */
static int attribute_read(const uint8_t *header, uint16_t type, const uint8_t *v, size_t n,
			  struct stun *m)
{
	switch (type) {
	case USERNAME:
		if (n > STUN_USERNAME_MAX)
			return -EBADMSG;
		m->username = (struct view){ (const char *)v, n };
		return 0;
	case XOR_MAPPED_ADDRESS:
		return mapped_read(header, v, n, &m->mapped);
	case ERROR_CODE:
		return error_read(v, n, &m->error);
	case PRIORITY:
		if (n != 4)
			return -EBADMSG;
		m->has_priority = true;
		m->priority = get32(v);
		return 0;
	case USE_CANDIDATE:
		m->use_candidate = true;
		return n == 0 ? 0 : -EBADMSG;
	case ICE_CONTROLLED:
		return role_read(STUN_CONTROLLED, v, n, m);
	case ICE_CONTROLLING:
		return role_read(STUN_CONTROLLING, v, n, m);
	default:
		unknown_note(m, type);
		return 0;
	}
}

static int fingerprint_read(const uint8_t *p, size_t at, size_t n, size_t size, struct stun *m)
{
	if (size != FINGERPRINT_SIZE || at + ATTRIBUTE_HEAD + FINGERPRINT_SIZE != n ||
	    get32(p + at + ATTRIBUTE_HEAD) != fingerprint(p, at))
		return -EBADMSG;
	m->fingerprint = true;
	return 0;
}

static int attributes_read(const uint8_t *p, size_t n, struct stun *m)
{
	int err = 0;

	for (size_t at = STUN_HEADER_SIZE, size; at < n && !err;
	     at += ATTRIBUTE_HEAD + padded(size)) {
		const uint16_t type = get16(p + at); /* n is a multiple of 4 */

		size = get16(p + at + 2);
		if (padded(size) > n - at - ATTRIBUTE_HEAD)
			return -EBADMSG;
		if (type == FINGERPRINT)
			err = fingerprint_read(p, at, n, size, m);
		else if (m->integrity_at)
			continue;
		else if (type != MESSAGE_INTEGRITY)
			err = attribute_read(p, type, p + at + ATTRIBUTE_HEAD, size, m);
		else if (size == INTEGRITY_SIZE)
			m->integrity_at = at;
		else
			return -EBADMSG;
	}
	return err;
}

int stun_read(const uint8_t *p, size_t n, struct stun *ret_message)
{
	struct stun m = {};
	uint16_t type;
	int err;

	if (!stun_is(p, n) || n > STUN_MESSAGE_MAX || n % 4 || get16(p + 2) != n - STUN_HEADER_SIZE)
		return -EBADMSG;
	type = get16(p);
	if (type != STUN_REQUEST && type != STUN_INDICATION && type != STUN_SUCCESS &&
	    type != STUN_ERROR)
		return -EOPNOTSUPP;
	m.type = type;
	memcpy(m.tid, p + 8, STUN_TID_SIZE);
	err = attributes_read(p, n, &m);
	if (err == 0)
		*ret_message = m;
	return err;
}

bool stun_verify(const uint8_t *p, size_t, const struct stun *m, struct view password)
{
	uint8_t mac[INTEGRITY_SIZE];

	return m->integrity_at && integrity(p, m->integrity_at, password, mac) &&
	       CRYPTO_memcmp(mac, p + m->integrity_at + ATTRIBUTE_HEAD, INTEGRITY_SIZE) == 0;
}

struct out {
	uint8_t *p;
	size_t n, size;
	bool full;
};

/* Room for a value, zeroed; NULL when there is none. */
static uint8_t *out_add(struct out *o, uint16_t type, size_t n)
{
	uint8_t *at = o->p + o->n;
	const size_t whole = ATTRIBUTE_HEAD + padded(n);

	if (o->full || whole > o->size - o->n) {
		o->full = true;
		return NULL;
	}
	memset(at, 0, whole);
	put16(at, type);
	put16(at + 2, (unsigned)n);
	o->n += whole;
	return at + ATTRIBUTE_HEAD;
}

static void out_bytes(struct out *o, uint16_t type, const void *bytes, size_t n)
{
	uint8_t *v = out_add(o, type, n);

	if (v && n)
		memcpy(v, bytes, n);
}

static void out_mapped(struct out *o, const struct addr *a)
{
	const bool v6 = a->sa.sa_family == AF_INET6;
	uint8_t *v = out_add(o, XOR_MAPPED_ADDRESS, v6 ? MAPPED_V6 : MAPPED_V4);

	if (!v)
		return;
	v[1] = v6 ? FAMILY_V6 : FAMILY_V4;
	put16(v + 2, addr_port(a));
	mask(v + 2, 2, o->p);
	if (v6)
		memcpy(v + 4, &a->v6.sin6_addr, 16);
	else
		memcpy(v + 4, &a->v4.sin_addr, 4);
	mask(v + 4, v6 ? 16 : 4, o->p);
}

static const char *reason_of(unsigned error)
{
	switch (error) {
	case 400:
		return "Bad Request";
	case 401:
		return "Unauthenticated";
	case 420:
		return "Unknown Attribute";
	case 487:
		return "Role Conflict";
	default:
		return "";
	}
}

static void out_error(struct out *o, const struct stun *m)
{
	const char *reason = reason_of(m->error);
	const size_t n = strlen(reason);
	uint8_t *v = out_add(o, ERROR_CODE, ERROR_HEAD + n);

	if (!v)
		return;
	v[2] = (uint8_t)(m->error / 100);
	v[3] = (uint8_t)(m->error % 100);
	memcpy(v + ERROR_HEAD, reason, n);
}

static void out_unknown(struct out *o, const struct stun *m)
{
	uint8_t *v = out_add(o, UNKNOWN_ATTRIBUTES, 2 * m->nunknown);

	for (unsigned i = 0; v && i < m->nunknown; i++)
		put16(v + (size_t)2 * i, m->unknown[i]);
}

static void out_ice(struct out *o, const struct stun *m)
{
	uint8_t *v;

	if (m->has_priority && (v = out_add(o, PRIORITY, 4)))
		put32(v, m->priority);
	if (m->use_candidate)
		out_add(o, USE_CANDIDATE, 0);
	if (m->role == STUN_ROLE_NONE)
		return;
	v = out_add(o, m->role == STUN_CONTROLLED ? ICE_CONTROLLED : ICE_CONTROLLING, 8);
	if (v) {
		put32(v, (uint32_t)(m->tie_breaker >> 32));
		put32(v + 4, (uint32_t)m->tie_breaker);
	}
}

static void out_integrity(struct out *o, struct view password)
{
	const size_t at = o->n;
	uint8_t *v = out_add(o, MESSAGE_INTEGRITY, INTEGRITY_SIZE);

	if (v && !integrity(o->p, at, password, v))
		o->full = true;
}

/* The length counts it already (RFC 8489 section 14.7). */
static void out_fingerprint(struct out *o)
{
	const size_t at = o->n;
	uint8_t *v = out_add(o, FINGERPRINT, FINGERPRINT_SIZE);

	if (!v)
		return;
	put16(o->p + 2, (unsigned)(o->n - STUN_HEADER_SIZE));
	put32(v, fingerprint(o->p, at));
}

size_t stun_print(const struct stun *m, struct view password, uint8_t *p, size_t size)
{
	struct out o = { p, STUN_HEADER_SIZE, size < STUN_MESSAGE_MAX ? size : STUN_MESSAGE_MAX,
			 false };

	if (size < STUN_HEADER_SIZE)
		return 0;
	memset(p, 0, STUN_HEADER_SIZE);
	put16(p, m->type);
	put32(p + 4, COOKIE);
	memcpy(p + 8, m->tid, STUN_TID_SIZE);
	if (m->username.p)
		out_bytes(&o, USERNAME, m->username.p, m->username.n);
	if (addr_is_set(&m->mapped))
		out_mapped(&o, &m->mapped);
	if (m->error)
		out_error(&o, m);
	if (m->nunknown)
		out_unknown(&o, m);
	out_ice(&o, m);
	if (password.p)
		out_integrity(&o, password);
	out_fingerprint(&o);
	return o.full ? 0 : o.n;
}
