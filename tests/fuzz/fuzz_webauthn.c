/* What a browser brings of a passkey: a for an attestation object, d for authenticator data, c for
 * client data, and then its bytes. What is read lies within what was given, and libfido2, which
 * gets what passes, survives it. */
#include "api/webauthn.h"
#include "proto/webauthn.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct webauthn_party party = { .rp_id = { "door.example.com", 16 },
					     .host = { "door.example.com", 16 },
					     .https = true };

static void within(struct view part, struct view all)
{
	if (part.p && (part.p < all.p || part.n > all.n || part.p + part.n > all.p + all.n))
		abort();
}

static void data_read(struct view bytes)
{
	struct webauthn_data d;

	if (webauthn_data_read(bytes, &d) < 0)
		return;
	within(d.rp_hash, bytes);
	within(d.aaguid, bytes);
	within(d.credential_id, bytes);
	if (d.credential_id.p &&
	    (d.credential_id.n == 0 || d.credential_id.n > WEBAUTHN_CREDENTIAL_MAX ||
	     d.aaguid.n != WEBAUTHN_AAGUID_SIZE))
		abort();
}

static void made_read(struct view bytes, struct arena *arena)
{
	struct webauthn_attestation a;
	struct webauthn_made made;

	if (webauthn_attestation_read(bytes, &a) == 0) {
		within(a.format, bytes);
		within(a.statement, bytes);
		within(a.data, bytes);
		data_read(a.data);
	}
	if (webauthn_made_read(bytes, VIEW("{}"), &party, arena, &made) == 0)
		within(made.credential_id, bytes);
}

static void signed_read(struct view bytes)
{
	static const char key[32] = "any key of Ed25519";
	const struct webauthn_signed s = { .rp_id = party.rp_id,
					   .algorithm = -8,
					   .public_key = { key, sizeof(key) },
					   .data = bytes,
					   .client_data = VIEW("{}"),
					   .signature = bytes };
	unsigned flags;
	uint32_t count;

	data_read(bytes);
	if (webauthn_signed_check(&s, &count, &flags) == 0)
		abort();
}

/* In a block of its own size, so that a byte beyond it is seen. */
static void run(char kind, struct view bytes)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1 << 20);
	struct view challenge;

	if (kind == 'a')
		made_read(bytes, &arena);
	else if (kind == 'd')
		signed_read(bytes);
	else if (kind == 'c' &&
		 webauthn_client_read(bytes, "webauthn.get", &party, &arena, &challenge) == 0 &&
		 !challenge.p)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *copy;

	if (n == 0)
		return 0;
	copy = malloc(n);
	if (!copy)
		return 0;
	memcpy(copy, data + 1, n - 1);
	run((char)data[0], (struct view){ copy, n - 1 });
	free(copy);
	return 0;
}
