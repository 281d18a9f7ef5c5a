/* proto/webauthn.h - what an authenticator says of a passkey: the CBOR of a registration, and the
 * bytes of authenticator data (Web Authentication Level 2, sections 6.1 and 6.5).
 *
 * Of CBOR (RFC 8949) only what CTAP2 lets an authenticator send: definite lengths, no tags, few
 * levels. All that is read is found to be whole, so that a parser behind this one sees no length
 * that leads out of the bytes. Keys and signatures are not judged here. Views point into the bytes
 * that were given. Pure. */
#pragma once
#include "base/buf.h"

enum {
	WEBAUTHN_HASH_SIZE = 32,
	WEBAUTHN_AAGUID_SIZE = 16,
	WEBAUTHN_CREDENTIAL_MAX = 1023, /* bytes of a credential's id: section 6.5.1 */
	WEBAUTHN_DEPTH_MAX = 4,         /* maps and lists inside each other */
};

enum webauthn_flag {
	WEBAUTHN_PRESENT = 1,    /* somebody touched it */
	WEBAUTHN_VERIFIED = 4,   /* and proved by PIN or body who it was */
	WEBAUTHN_ELIGIBLE = 8,   /* the passkey may be copied to other devices of its owner */
	WEBAUTHN_BACKED_UP = 16, /* it is */
	WEBAUTHN_CREDENTIAL = 64,
	WEBAUTHN_EXTENSIONS = 128,
};

struct webauthn_data {
	struct view rp_hash; /* SHA-256 of the relying party's id */
	unsigned flags;      /* enum webauthn_flag, and bits that are not ours to know */
	uint32_t count;      /* of signatures; 0: it does not count */
	/* With WEBAUTHN_CREDENTIAL, else p NULL and 0: */
	struct view aaguid; /* the model */
	struct view credential_id;
	int64_t algorithm; /* COSE's number of the key's */
	/* What the credProtect extension says; 0: nothing. */
	int64_t protection;
};

struct webauthn_attestation {
	struct view format;
	struct view statement; /* a map in CBOR */
	struct view data;      /* authenticator data */
	int64_t algorithm;     /* of the statement's signature; 0: it has none */
	bool certified;        /* there are certificates in the statement */
	bool empty;            /* there is nothing in it */
};

/* All of the bytes. -EBADMSG: not what the sections say. */
[[nodiscard]] int webauthn_data_read(struct view bytes, struct webauthn_data *ret_data);
/* An attestation object; its data is yet to be read. -EBADMSG likewise. */
[[nodiscard]] int webauthn_attestation_read(struct view bytes,
					    struct webauthn_attestation *ret_attestation);
