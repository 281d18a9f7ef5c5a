/* api/passkey.h - asking a person's passkey, and judging what it answers. Worker threads.
 *
 * A challenge is kept nowhere while it waits: it carries its own end, and a code that only this
 * server can make, of what it is for and whom it was given to. Once it is answered it is over. */
#pragma once
#include "api/request.h"
#include "api/webauthn.h"
#include "store/passkey.h"

enum {
	PASSKEY_CHALLENGE_MS = 5 * 60 * 1000,
	PASSKEY_TEXT_MAX = 6144, /* characters of what a browser sends, as base64url */
	PASSKEY_ATTESTATION_MAX = 16 * 1024,
};

/* Purposes: an answer to one challenge is none to another. */
#define PASSKEY_REGISTER "register"
#define PASSKEY_SIGN_IN  "sign_in"
#define PASSKEY_SECOND   "second"
#define PASSKEY_VERIFY   "verify"

struct passkey_ask {
	const char *purpose;
	struct view bound_to; /* a hash that only the same browser comes back with; p NULL: none */
	int64_t person_id;    /* whose passkey it must be; 0: anybody's */
	bool verified;        /* PIN or finger, not only a touch */
};

/* A public key credential as the answer of navigator.credentials.get(), each part as base64url. */
struct passkey_answer {
	struct view credential_id;
	struct view client_data;
	struct view authenticator_data;
	struct view signature;
	struct view user_handle; /* p NULL: the authenticator told none */
};

/* Whom passkeys are for on this server, or 400 when the request's Host is no host. 0, ANSWERED. */
[[nodiscard]] int passkey_party(struct request *r, struct webauthn_party *ret_party);
/* A new challenge, as base64url. -ENOMEM. */
[[nodiscard]] int passkey_challenge_make(struct request *r, const struct passkey_ask *ask,
					 struct view *ret_text);
/* What a browser brought back is an answer to such a challenge; *ret_nonce and *ret_expires are for
 * passkey_challenge_use. -EACCES. */
[[nodiscard]] int passkey_challenge_check(struct request *r, const struct passkey_ask *ask,
					  struct view challenge, struct view *ret_nonce,
					  int64_t *ret_expires_at);
/* How authenticators know the person: told them once, and no name. -ENOMEM. */
[[nodiscard]] int passkey_user_handle(struct request *r, int64_t person_id,
				      struct view *ret_handle);
/* Whose passkey answered rightly, in transactions of its own. -EACCES: it did not; the log says
 * why. A passkey whose count went back is marked as suspect, and refused. ANSWERED as
 * passkey_party. */
[[nodiscard]] int passkey_take(struct request *r, const struct passkey_ask *ask,
			       const struct passkey_answer *answer,
			       struct passkey_row *ret_passkey);
/* The person's passkeys that are for a host name, as passkey_known_shape; who must verify is not
 * asked for one that cannot. */
[[nodiscard]] int passkey_allowed(struct request *r, const struct passkey_ask *ask,
				  struct view rp_id, struct shape_list *ret_allowed);
/* Answers with a challenge, and the passkeys that may answer it; none for anybody's. */
int passkey_reply_ask(struct request *r, const struct passkey_ask *ask);
