#include "server/settings.h"

#include "api/reply.h"
#include "base/addr.h"
#include "base/json.h"
#include "call/switchboard.h"
#include "io/worker.h"
#include "media/relay.h"
#include "office/mail_text.h"
#include "proto/webpush.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What a setting may be. */

#define ADDR_WORDS "ADDR:PORT or [V6]:PORT"

static bool fits_name(const char *value)
{
	return value[0] != '\0';
}

static bool fits_addr(const char *value)
{
	struct addr at;

	return addr_parse(value, &at) == 0;
}

static bool fits_addr_or_none(const char *value)
{
	return value[0] == '\0' || fits_addr(value);
}

static bool is_made_of(const char *value, const char *characters)
{
	return strspn(value, characters) == strlen(value);
}

#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static bool fits_host(const char *value)
{
	return is_made_of(value, ALNUM ".-:[]");
}

static bool fits_url(const char *value)
{
	return value[0] == '\0' || mail_base_fits(value);
}

static bool fits_contact(const char *value)
{
	const struct view text = view_str(value);

	if (text.n == 0)
		return true;
	return text.n <= WEBPUSH_SUBJECT_MAX && json_is_text(text) && !strpbrk(value, " <>\"") &&
	       (view_starts(text, VIEW("mailto:")) || view_starts(text, VIEW("https://")));
}

static bool fits_gateway(const char *value)
{
	struct webpush_endpoint at;

	return value[0] == '\0' || webpush_endpoint_read(view_str(value), &at) == 0;
}

static bool fits_providers(const char *value)
{
	return value[0] && is_made_of(value, ALNUM ".-_ ");
}

static bool fits_realm(const char *value)
{
	return value[0] && is_made_of(value, ALNUM ".-_@");
}

int settings_ports(const char *value, uint16_t *ret_lo, uint16_t *ret_hi)
{
	struct view hi, lo = view_cut(view_str(value), '-', &hi);
	uint64_t low, high;

	if (view_u64(lo, UINT16_MAX, &low) < 0 || view_u64(hi, UINT16_MAX, &high) < 0 || low < 1024 ||
	    low >= high)
		return -EINVAL;
	*ret_lo = (uint16_t)low;
	*ret_hi = (uint16_t)high;
	return 0;
}

static bool fits_ports(const char *value)
{
	uint16_t lo, hi;

	return settings_ports(value, &lo, &hi) == 0;
}

static bool fits_hosts(const char *value, size_t most)
{
	struct view rest = view_str(value);
	struct addr at;
	char text[ADDR_TEXT_MAX];
	size_t n = 0;

	while (rest.n) {
		const struct view one = view_trim(view_cut(rest, ',', &rest));

		snprintf(text, sizeof(text), "%.*s", (int)one.n, one.p);
		if (++n > most || strlen(text) != one.n || addr_parse_host(text, &at) < 0)
			return false;
	}
	return true;
}

static bool fits_proxies(const char *value)
{
	return fits_hosts(value, SETTINGS_TRUSTED_MAX);
}

static bool fits_web_media(const char *value)
{
	return fits_hosts(value, RELAY_WEB_MAX);
}

/* RFC 7065: "turn:HOST:PORT?transport=udp". */
static bool fits_turn(const char *value)
{
	struct view rest = view_str(value);
	size_t n = 0;

	while (rest.n) {
		const struct view one = view_trim(view_cut(rest, ',', &rest));

		if (++n > SETTINGS_TURN_MAX || one.n > SETTINGS_TURN_URL_MAX ||
		    (!view_starts(one, VIEW("turn:")) && !view_starts(one, VIEW("turns:"))))
			return false;
		for (size_t i = 0; i < one.n; i++)
			if (!isgraph((unsigned char)one.p[i]) || strchr("\"\\<>", one.p[i]))
				return false;
	}
	return true;
}

#define TEXT(field, value, why) { #field, CONF_TEXT, offsetof(struct settings, field), value, .doc = why }
#define CHECKED(field, value, check, allowed, why)                                                 \
	{ #field, CONF_TEXT, offsetof(struct settings, field), value, .words = allowed, .doc = why, \
	  .fits = check }
#define NUMBER(field, value, least, most, why)                                                     \
	{ #field, CONF_INT, offsetof(struct settings, field), value, least, most, .doc = why }
#define WORD(field, value, words, doc)                                                             \
	{ #field, CONF_ENUM, offsetof(struct settings, field), value, 0, 0, words, doc }

static const struct conf_option options[] = {
	CHECKED(data, "data", fits_name, "not empty", "Folder of everything that the server keeps"),
	CHECKED(http, "127.0.0.1:8080", fits_addr, ADDR_WORDS,
		"Where the portal and the API listen"),
	CHECKED(sip, "127.0.0.1:5060", fits_addr, ADDR_WORDS, "Where SIP listens, UDP and TCP"),
	CHECKED(sip_public, NULL, fits_host, "a host name or an address",
		"Host that devices see in SIP and media, when it is not the listened one"),
	CHECKED(sip_tls, NULL, fits_addr_or_none, ADDR_WORDS,
		"Where SIP over TLS listens, usually port 5061; by default nowhere"),
	TEXT(sip_tls_certificate, NULL, "PEM file of SIP's certificate and its chain; by default tls_certificate"),
	TEXT(sip_tls_key, NULL, "PEM file of that certificate's key; by default tls_key"),
	TEXT(sip_tls_folder, NULL,
	     "Folder of more certificates of SIP, NAME.pem with NAME.key, for phones that ask for their names"),
	{ "sip_sha256", CONF_BOOL, offsetof(struct settings, sip_sha256), "no",
	  .doc = "Whether SIP passwords are asked for by SHA-256 before MD5; some phones answer "
		 "neither then" },
	CHECKED(media_ports, "20000-29999", fits_ports, "LOW-HIGH from 1024 to 65535",
		"UDP ports for sound and video"),
	CHECKED(web_media, NULL, fits_web_media, "addresses between commas, 15 at most",
		"Addresses of this host that browsers send sound to; by default the one of sip, or all "
		"when sip listens on all"),
	NUMBER(web_port, "0", 0, UINT16_MAX - RELAY_WORKERS_MAX,
	       "UDP port of browsers' sound and video, each further thread of media_workers has the "
	       "next; 0: the first that is free in media_ports"),
	CHECKED(turn_urls, NULL, fits_turn, "turn: or turns: URLs between commas, 8 at most",
		"TURN servers for browsers in networks that let no UDP through, like "
		"turn:turn.example.com:3478?transport=tcp"),
	TEXT(turn_secret_file, NULL,
	     "File whose first line is the secret that this server shares with those of turn_urls"),
	TEXT(db, NULL,
	     "Database: sqlite:FILE or postgresql://...; by default a file in the data folder"),
	TEXT(portal, VESTIBULE_PORTAL, "Folder of the portal's files"),
	CHECKED(realm, "vestibule", fits_realm, "letters, digits and . - _ @",
		"Realm of SIP passwords; changing it needs new passwords for all devices"),
	TEXT(tls_certificate, NULL,
	     "PEM file of the certificate and its chain; with it http speaks HTTPS"),
	TEXT(tls_key, NULL, "PEM file of the certificate's key, without a password"),
	CHECKED(trusted_proxies, NULL, fits_proxies, "addresses between commas, 16 at most",
		"Reverse proxies whose forwarded headers count"),
	WORD(log_format, "text", "text json", "How log lines are written"),
	WORD(log_level, "info", "debug info warn error", "The least important lines to log"),
	TEXT(log_file, NULL, "File for the log; by default standard error"),
	NUMBER(workers, "4", 1, WORKER_THREADS_MAX, "Threads that answer API requests"),
	NUMBER(media_workers, "1", 1, RELAY_WORKERS_MAX, "Threads that relay media"),
	NUMBER(calls_max, "5000", 1, CALLS_MAX, "Calls at once; one more is told to try again later"),
	NUMBER(ring_s, "60", 5, 170, "Seconds for which phones ring"),
	NUMBER(talk_s, "600", 10, 86400, "Seconds after which a conversation is ended"),
	NUMBER(drain_s, "30", 0, 3600, "Seconds that running calls get when the server is to stop"),
	WORD(registration, "open", "open closed",
	     "Whether strangers may register a company of their own"),
	CHECKED(public_url, NULL, fits_url, "like https://door.example.com",
		"What links in mails begin with, and the host that passkeys are for; by default "
		"the address of http"),
	TEXT(smtp_url, NULL,
	     "SMTP server: smtp://HOST:PORT, or smtps://HOST:PORT; without one mails are kept"),
	WORD(smtp_tls, "required", "required offered off",
	     "Whether smtp:// is to become TLS by STARTTLS"),
	TEXT(smtp_ca, NULL,
	     "File of certificates that the SMTP server's is held against; by default the "
	     "system's"),
	TEXT(smtp_user, NULL, "User of the SMTP server"),
	TEXT(smtp_password_file, NULL,
	     "File whose first line is that user's password, not readable by everybody"),
	NUMBER(smtp_timeout_s, "60", 1, 600, "Seconds that sending a mail may take"),
	TEXT(mail_from, NULL, "Whom mails come from: NAME <ADDRESS> or an address"),
	CHECKED(ticket_mail, NULL, reply_base_fits, REPLY_BASE_WORDS,
		"Where answers to mails of tickets go, to be given to vestibulectl mail-in; by default nowhere"),
	CHECKED(push_contact, NULL, fits_contact, "mailto:ADDRESS or https://...",
		"Whom push services can reach about the notices that this server sends; by default "
		"public_url, where that is https"),
	TEXT(push_ca, NULL,
	     "File of certificates that push services' are held against; by default the system's"),
	{ "push_private", CONF_BOOL, offsetof(struct settings, push_private), "no",
	  .doc = "Whether push services may have addresses that are not public, and on this host "
		 "http://; whoever signs in names them" },
	CHECKED(push_gateway, NULL, fits_gateway, "https://... or http://...",
		"Where SIP phones with push parameters (RFC 8599) are woken: doc/push-gateway.md; by "
		"default nowhere"),
	TEXT(push_gateway_token_file, NULL,
	     "File whose first line goes to the gateway as a bearer token, not readable by everybody"),
	CHECKED(push_providers, "apns fcm", fits_providers, "words between spaces",
		"What pn-provider may name, when there is a gateway"),
	NUMBER(audit_days, "365", 1, 36500, "Days for which it is kept who changed what"),
	NUMBER(call_days, "90", 1, 36500, "Days for which calls and openings are kept"),
	{ "metrics_open", CONF_BOOL, offsetof(struct settings, metrics_open), "no",
	  .doc = "Whether other hosts than this one may read /metrics" },
};
const struct conf_table settings_table = {
	.prefix = "VESTIBULE",
	.file_flag = "config",
	.options = options,
	.n = sizeof(options) / sizeof(options[0]),
};

int settings_read(struct settings *s, struct arena *arena, int argc, char **argv, struct err *err)
{
	const char *file = conf_file_peek(&settings_table, argc, argv);
	int rc = conf_defaults(&settings_table, s, arena, err);

	if (rc == 0 && file)
		rc = conf_file(&settings_table, s, arena, file, err);
	if (rc == 0)
		rc = conf_environment(&settings_table, s, arena, environ, err);
	if (rc == 0)
		rc = conf_flags(&settings_table, s, arena, argc, argv, err);
	return rc;
}

int settings_trusted(const struct settings *s, struct arena *arena,
		     const char *ret_trusted[SETTINGS_TRUSTED_MAX + 1], struct err *err)
{
	struct view rest = view_str(s->trusted_proxies);
	size_t n = 0;

	while (rest.n && n < SETTINGS_TRUSTED_MAX) { /* no more of them fit the setting */
		ret_trusted[n] = arena_dup(arena, view_trim(view_cut(rest, ',', &rest)));
		if (!ret_trusted[n++])
			return err_set(err, -ENOMEM, "no memory");
	}
	ret_trusted[n] = NULL;
	return 0;
}
