/* api/webauthn.h - passkeys as Web Authentication has them (Level 2): whom they are for, and
 * whether what a browser brought back from an authenticator is right. libfido2 verifies the
 * signatures.
 *
 * Bytes come as bytes. Challenges are compared by the caller. Pure; any thread. */
#pragma once
#include "base/mem.h"

enum {
	WEBAUTHN_PARTY_MAX = 253, /* bytes of a host name */
	WEBAUTHN_CLIENT_MAX = 4096,
};

/* Whom a passkey is for: a host name, and the pages that may ask for it. */
struct webauthn_party {
	struct view rp_id;
	struct view host; /* with a port, where it is not the scheme's */
	bool http, https; /* the schemes that the pages may have */
};

/* The one of a URL, as the setting public_url is. -EINVAL: its host is none. */
[[nodiscard]] int webauthn_party_of_url(const char *url, struct arena *arena,
					struct webauthn_party *ret_party);
/* The one of a request: whatever is in front of the server may speak TLS for it. */
[[nodiscard]] int webauthn_party_of_host(struct view host, bool secure, struct arena *arena,
					 struct webauthn_party *ret_party);

/* What the browser says that it did (section 5.8.1): `type` is webauthn.create or webauthn.get, on
 * a page of the party that no other page has framed. *ret_challenge is what it was given, decoded.
 * -EACCES: it was something else. */
[[nodiscard]] int webauthn_client_read(struct view json, const char *type,
				       const struct webauthn_party *party, struct arena *arena,
				       struct view *ret_challenge);

/* What a registration made. */
struct webauthn_made {
	struct view credential_id;
	struct view aaguid;
	struct view public_key; /* as libfido2 keeps it, in the arena */
	int64_t algorithm;
	uint32_t count;
	unsigned flags; /* enum webauthn_flag */
};

/* Section 7.1. The attestation is "none", or "packed" by the key itself.
 * -ENOTSUP: it is of another format or algorithm. -EACCES: it is not right. */
[[nodiscard]] int webauthn_made_read(struct view attestation, struct view client_data,
				     const struct webauthn_party *party, struct arena *arena,
				     struct webauthn_made *ret_made);

/* What a passkey signed with. */
struct webauthn_signed {
	struct view rp_id;
	int64_t algorithm;
	struct view public_key;
	struct view data; /* of the authenticator */
	struct view client_data;
	struct view signature;
	bool verified; /* who it was must have been verified, not only that somebody was there */
};

/* Section 7.2, from step 13. -EACCES: it is not right. */
[[nodiscard]] int webauthn_signed_check(const struct webauthn_signed *s, uint32_t *ret_count,
					unsigned *ret_flags);

/* base64url without padding (RFC 4648 section 5). -EINVAL: it is something else. */
[[nodiscard]] int webauthn_bytes_read(struct view text, struct arena *arena,
				      struct view *ret_bytes);
/* p NULL without memory. */
struct view webauthn_bytes_text(struct view bytes, struct arena *arena);
