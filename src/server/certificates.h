/* server/certificates.h - which files HTTPS and SIP over TLS have by the settings, opened and read
 * again; how long they are good still is logged. What is opened belongs to its loop's thread. */
#pragma once
#include "io/tls.h"
#include "server/settings.h"

/* *ret_tls stays NULL where the settings want none. Errors say which setting or file is wrong. */
[[nodiscard]] int certificates_of_web(const struct settings *s, struct err *err,
				      struct tls **ret_tls);
/* The files that HTTPS has, unless SIP has its own. */
[[nodiscard]] int certificates_of_sip(const struct settings *s, struct err *err,
				      struct tls **ret_tls);
/* A broken file is logged, and what was there stays. */
void certificates_reload_web(const struct settings *s, struct tls *tls);
void certificates_reload_sip(const struct settings *s, struct tls *tls);
