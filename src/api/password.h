/* api/password.h - passwords of people: argon2id (RFC 9106) by libsodium, and what a new one needs.
 * Pure; any thread. Hashing takes tens of milliseconds and PASSWORD_MEMORY: LANE_HASH only. */
#pragma once
#include "base/mem.h"

enum {
	PASSWORD_MIN = 12,  /* characters */
	PASSWORD_MAX = 128, /* so that nobody feeds the hash megabytes */
	PASSWORD_DIFFERENT_MIN = 5, /* different bytes in it */
	PASSWORD_PASSES = 2,
	PASSWORD_MEMORY = 64 * 1024 * 1024, /* bytes per hash */
};

/* The text to store, NUL-terminated in the arena. -ENOMEM. */
[[nodiscard]] int password_hash(struct view password, struct arena *arena, struct view *ret_hash);
bool password_verify(const char *hash, struct view password);
/* NULL when the password will do as a new one, else half a sentence that follows "password". */
const char *password_fault(struct view password);
