#include "server/certificates.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>

enum {
	WARN_DAYS = 14, /* before the certificate ends */
	DAY_S = 86400,
};

static void log_tls(const struct tls *tls, const char *file)
{
	const int64_t left_s = tls_expires_s(tls) - clock_wall_ms(clock_system()) / 1000;

	if (left_s < WARN_DAYS * DAY_S)
		log_warn("tls_certificate_ends", LF_S("file", file), LF_I("days", left_s / DAY_S));
	else
		log_info("tls_loaded", LF_S("file", file), LF_I("days", left_s / DAY_S),
			 LF_I("certificates", tls_count(tls)));
}

static int load(const struct tls_conf *conf, struct err *err, struct tls **ret_tls)
{
	int rc;

	if (!given(conf->certificate) || !given(conf->key))
		return err_set(err, -EINVAL, "%s_certificate and %s_key go together: %s_%s is missing",
			       conf->option, conf->option, conf->option,
			       given(conf->key) ? "certificate" : "key");
	rc = tls_open(conf, err, ret_tls);
	if (rc == 0)
		log_tls(*ret_tls, conf->certificate);
	return rc;
}

int certificates_of_web(const struct settings *s, struct err *err, struct tls **ret_tls)
{
	const struct tls_conf conf = { .certificate = s->tls_certificate,
				       .key = s->tls_key,
				       .option = "tls",
				       .http = true };

	return given(conf.certificate) || given(conf.key) ? load(&conf, err, ret_tls) : 0;
}

int certificates_of_sip(const struct settings *s, struct err *err, struct tls **ret_tls)
{
	const bool own = given(s->sip_tls_certificate) || given(s->sip_tls_key);
	const struct tls_conf conf = {
		.certificate = own ? s->sip_tls_certificate : s->tls_certificate,
		.key = own ? s->sip_tls_key : s->tls_key,
		.folder = if_given(s->sip_tls_folder),
		.option = own ? "sip_tls" : "tls",
	};

	if (!given(s->sip_tls))
		return 0;
	if (!own && !given(s->tls_certificate) && !given(s->tls_key))
		return err_set(err, -EINVAL,
			       "sip_tls needs sip_tls_certificate and sip_tls_key, or those of tls");
	return load(&conf, err, ret_tls);
}

static void reload(struct tls *tls, const char *file)
{
	struct err err = {};

	if (tls_reload(tls, &err) < 0)
		log_error("tls_kept", LF_S("why", err.text));
	else
		log_tls(tls, file);
}

void certificates_reload_web(const struct settings *s, struct tls *tls)
{
	reload(tls, s->tls_certificate);
}

void certificates_reload_sip(const struct settings *s, struct tls *tls)
{
	const char *own = s->sip_tls_certificate;

	reload(tls, given(own) ? own : s->tls_certificate);
}
