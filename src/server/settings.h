/* server/settings.h - what can be set, from one table: file, environment, flags, sample file,
 * manual.
 *
 * Read once, before any thread; the texts live in the arena that was given. What the table lets
 * through can be used without another check, but for what only the system knows (is the address
 * ours, is the file there). */
#pragma once
#include "base/conf.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	SETTINGS_TRUSTED_MAX = 16,
	SETTINGS_TURN_MAX = 8,       /* URLs */
	SETTINGS_TURN_URL_MAX = 256, /* characters */
};

struct settings {
	const char *data, *http, *sip, *sip_public, *media_ports, *db, *portal, *realm;
	const char *web_media, *turn_urls, *turn_secret_file;
	const char *tls_certificate, *tls_key, *trusted_proxies, *log_format, *log_level, *log_file;
	const char *sip_tls, *sip_tls_certificate, *sip_tls_key, *sip_tls_folder;
	const char *registration, *public_url, *ticket_mail;
	const char *push_contact, *push_ca, *push_gateway, *push_gateway_token_file, *push_providers;
	const char *mail_from, *smtp_url, *smtp_user, *smtp_password_file, *smtp_ca, *smtp_tls;
	int64_t web_port, workers, media_workers, ring_s, talk_s, drain_s, smtp_timeout_s, audit_days,
		call_days, calls_max;
	bool metrics_open, sip_sha256, push_private;
};

/* A text that was left out is NULL or empty. */
static inline bool given(const char *text)
{
	return text && text[0];
}

/* NULL for one that was. */
static inline const char *if_given(const char *text)
{
	return given(text) ? text : NULL;
}

extern const struct conf_table settings_table;

/* Defaults, then the file that a flag names, then the environment, then the flags. */
[[nodiscard]] int settings_read(struct settings *s, struct arena *arena, int argc, char **argv,
				struct err *err);
/* "LOW-HIGH", as media_ports is. -EINVAL. */
[[nodiscard]] int settings_ports(const char *value, uint16_t *ret_lo, uint16_t *ret_hi);
/* The addresses of trusted_proxies, and NULL. */
[[nodiscard]] int settings_trusted(const struct settings *s, struct arena *arena,
				   const char *ret_trusted[SETTINGS_TRUSTED_MAX + 1],
				   struct err *err);
