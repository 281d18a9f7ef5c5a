/* An authenticator of our own, with keys of OpenSSL: makes passkeys and signs with them, rightly or
 * not. It is a browser too: it says on which page it was. */
#pragma once
#include "base/mem.h"
#include "proto/webauthn.h"

#include <openssl/evp.h>

enum { COSE_ES256 = -7, COSE_EDDSA = -8, COSE_RS256 = -257 };

struct authenticator {
	EVP_PKEY *key;
	int algorithm;
	struct view credential_id;
	/* What it does next, to be changed by whoever wants something wrong: */
	uint32_t count;
	unsigned flags; /* enum webauthn_flag, without those of the parts */
	const char *rp_id;
	const char *origin;
	const char *type;        /* of the client data; NULL: the right one */
	const char *more;        /* further members of the client data */
	const char *format;      /* "none" or "packed", which the key signs itself */
	bool forged;        /* signs something else */
	bool certified;          /* with a certificate in the statement */
	bool protects;           /* tells of credProtect, as real ones do */
	struct view user_handle; /* p NULL: does not tell */
};

/* For the page https://door.example.com, verified, and counting from 1. */
void authenticator_init(struct authenticator *a, int algorithm, const char *credential_id);
void authenticator_free(struct authenticator *a);
/* Bodies of POST /me/passkeys, and of /session/passkey and its like. */
const char *authenticator_register(struct authenticator *a, struct arena *arena,
				   const char *challenge, const char *name);
const char *authenticator_sign(struct authenticator *a, struct arena *arena, const char *challenge);
