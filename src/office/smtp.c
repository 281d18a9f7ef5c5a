#include "office/smtp.h"

#include "base/clock.h"
#include "io/secret_file.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const long idle_max_s = 30; /* a connection that lay longer is not used again */

struct smtp {
	CURL *curl;
	char password[SMTP_PASSWORD_MAX + 1];
	char fault[CURL_ERROR_SIZE]; /* libcurl's words */
	_Atomic int64_t stop_us;     /* 0: not yet */
	/* Of the mail that is on its way. */
	struct view rest;
	bool asked; /* the server wanted the message itself */
	char reply[SMTP_WORDS_MAX];
	size_t nreply;
	bool reply_ended;
};

/* What libcurl asks while it works. */

static size_t on_read(char *to, size_t size, size_t n, void *arg)
{
	struct smtp *s = arg;
	const size_t room = size * n, some = s->rest.n < room ? s->rest.n : room;

	s->asked = true;
	memcpy(to, s->rest.p, some);
	s->rest = (struct view){ s->rest.p + some, s->rest.n - some };
	return some;
}

static void reply_add(struct smtp *s, struct view v)
{
	if (s->nreply > 0 && s->nreply + 1 < sizeof(s->reply))
		s->reply[s->nreply++] = ' ';
	for (size_t i = 0; i < v.n && s->nreply + 1 < sizeof(s->reply); i++)
		s->reply[s->nreply++] = v.p[i] >= 0x20 && v.p[i] < 0x7f ? v.p[i] : '?';
	s->reply[s->nreply] = '\0';
}

/* Each line of a reply, RFC 5321 section 4.2: "550-one", "550 and the last". */
static size_t on_line(char *p, size_t size, size_t n, void *arg)
{
	const struct view line = view_trim((struct view){ p, size * n });
	struct smtp *s = arg;

	if (view_starts(line, VIEW("221"))) /* libcurl's QUIT, after what matters */
		return size * n;
	if (s->reply_ended)
		s->nreply = 0;
	s->reply_ended = line.n < 4 || line.p[3] != '-';
	reply_add(s, line.n < 4 || s->nreply == 0 ? line : (struct view){ line.p + 4, line.n - 4 });
	return size * n;
}

/* At least once a second, also while the server says nothing. */
static int on_progress(void *arg, curl_off_t, curl_off_t, curl_off_t, curl_off_t)
{
	struct smtp *s = arg;
	const int64_t stop_us = s->stop_us;

	return stop_us && clock_mono_us(clock_system()) - stop_us > SMTP_STOP_MS * INT64_C(1000);
}

void smtp_stop(struct smtp *s)
{
	int64_t never = 0;

	atomic_compare_exchange_strong(&s->stop_us, &never, clock_mono_us(clock_system()));
}

/* Opening. */

static bool is_loopback(const char *host)
{
	struct in_addr v4;

	if (inet_pton(AF_INET, host, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	return strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0;
}

/* Flags and environments are seen by others: an address that carries a password is refused. */
static int check_url(const struct smtp_conf *conf, bool *ret_implicit, bool *ret_near,
		     struct err *err)
{
	CURLU *url = curl_url();
	char *scheme = NULL, *host = NULL, *user = NULL;
	int rc = 0;

	if (!url)
		return err_set(err, -ENOMEM, "no memory");
	if (curl_url_set(url, CURLUPART_URL, conf->url, 0) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
	    (strcmp(scheme, "smtp") != 0 && strcmp(scheme, "smtps") != 0))
		rc = err_set(err, -EINVAL,
			     "smtp_url must be smtp://HOST:PORT or smtps://HOST:PORT");
	else if (curl_url_get(url, CURLUPART_USER, &user, 0) == CURLUE_OK)
		rc = err_set(err, -EPERM, "smtp_url must not carry a user: that is smtp_user's");
	if (rc == 0) {
		*ret_implicit = strcmp(scheme, "smtps") == 0;
		*ret_near = is_loopback(host);
	}
	curl_url_cleanup(url);
	curl_free(scheme);
	curl_free(host);
	curl_free(user);
	return rc;
}

static int check(const struct smtp_conf *conf, struct err *err)
{
	bool implicit = false, near = false;
	int rc = check_url(conf, &implicit, &near, err);

	if (rc < 0)
		return rc;
	if (conf->user && !conf->password_file)
		return err_set(err, -EINVAL, "smtp_user needs smtp_password_file");
	/* Whoever sits in between would take STARTTLS out of the offer, and read the password. */
	if (conf->user && !implicit && !near && conf->tls != SMTP_TLS_REQUIRED)
		return err_set(err, -EPERM, "smtp_user needs smtp_tls = required, or smtps://");
	return 0;
}

static CURLcode set_callbacks(struct smtp *s)
{
	CURL *c = s->curl;
	CURLcode rc = curl_easy_setopt(c, CURLOPT_READFUNCTION, on_read);

	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_READDATA, s);
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_line);
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_HEADERDATA, s);
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_XFERINFODATA, s);
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_ERRORBUFFER, s->fault);
	return rc ? rc : curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
}

static CURLcode set_ends(struct smtp *s, int64_t timeout_ms)
{
	const long connect_ms = timeout_ms < SMTP_CONNECT_MS ? (long)timeout_ms : SMTP_CONNECT_MS;
	CURLcode rc = curl_easy_setopt(s->curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms);

	rc = rc ? rc : curl_easy_setopt(s->curl, CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
	rc = rc ? rc
		: curl_easy_setopt(s->curl, CURLOPT_SERVER_RESPONSE_TIMEOUT,
				   (long)((timeout_ms + 999) / 1000));
	return rc ? rc : curl_easy_setopt(s->curl, CURLOPT_NOSIGNAL, 1L);
}

static CURLcode set_peer(struct smtp *s, const struct smtp_conf *conf)
{
	static const long tls[] = { CURLUSESSL_ALL, CURLUSESSL_TRY, CURLUSESSL_NONE };
	CURL *c = s->curl;
	CURLcode rc = curl_easy_setopt(c, CURLOPT_URL, conf->url);

	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_PROXY, ""); /* whatever the environment says */
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_MAXAGE_CONN, idle_max_s);
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_USE_SSL, tls[conf->tls]);
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
	if (conf->ca_file) {
		rc = rc ? rc : curl_easy_setopt(c, CURLOPT_CAINFO, conf->ca_file);
		rc = rc ? rc : curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
	}
	if (conf->user) {
		rc = rc ? rc : curl_easy_setopt(c, CURLOPT_USERNAME, conf->user);
		rc = rc ? rc : curl_easy_setopt(c, CURLOPT_PASSWORD, s->password);
	}
	return rc;
}

int smtp_open(const struct smtp_conf *conf, struct err *err, struct smtp **ret_smtp)
{
	struct smtp *s = calloc(1, sizeof(*s));
	CURLcode code = CURLE_OK;
	int rc = s ? check(conf, err) : err_set(err, -ENOMEM, "no memory");

	if (rc == 0 && conf->user)
		rc = secret_file_read(conf->password_file, s->password, sizeof(s->password), err);
	if (rc == 0 && (curl_global_init(CURL_GLOBAL_DEFAULT) || !(s->curl = curl_easy_init())))
		rc = err_set(err, -ENOMEM, "cannot begin with libcurl");
	if (rc == 0) {
		code = set_callbacks(s);
		code = code ? code : set_ends(s, conf->timeout_ms);
		code = code ? code : set_peer(s, conf);
	}
	if (code)
		rc = err_set(err, -EINVAL, "smtp settings: %s", curl_easy_strerror(code));
	if (rc < 0) {
		smtp_close(s);
		return rc;
	}
	*ret_smtp = s;
	return 0;
}

void smtp_close(struct smtp *s)
{
	if (!s)
		return;
	curl_easy_cleanup(s->curl);
	sodium_memzero(s->password, sizeof(s->password));
	free(s);
}

/* Sending. */

/* A reply to a command of a mail that is about us, not about the mail: the server goes (RFC 5321),
 * or wants an authentication (RFC 4954). */
static bool is_about_us(long code)
{
	return code == 421 || (code >= 530 && code <= 538);
}

/* libcurl reports a refused sender, recipient or DATA as a failure to send, and a refused message
 * as a strange reply; a greeting or an EHLO that is refused is a strange reply too, but nobody had
 * asked for the message by then. */
static enum smtp_fate judge(const struct smtp *s, CURLcode rc, long code)
{
	const bool about_mail =
		rc == CURLE_SEND_ERROR || (rc == CURLE_WEIRD_SERVER_REPLY && s->asked);

	if (rc == CURLE_OK)
		return SMTP_SENT;
	if (!about_mail || is_about_us(code))
		return SMTP_DOWN;
	return code / 100 == 5 ? SMTP_REFUSED : code / 100 == 4 ? SMTP_LATER : SMTP_DOWN;
}

static CURLcode perform(struct smtp *s, const struct smtp_mail *mail, struct curl_slist *to)
{
	CURL *c = s->curl;
	CURLcode rc = curl_easy_setopt(c, CURLOPT_MAIL_FROM, mail->from);

	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_MAIL_RCPT, to);
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_INFILESIZE_LARGE, (curl_off_t)mail->bytes.n);
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_FORBID_REUSE, mail->last ? 1L : 0L);
	rc = rc ? rc : curl_easy_perform(c);
	curl_easy_setopt(c, CURLOPT_MAIL_RCPT, NULL); /* the list is freed now */
	return rc;
}

static const char *words_of(const struct smtp *s, const struct smtp_result *r)
{
	const bool refused = r->code >= 400 && s->nreply > 0;

	return r->fate == SMTP_SENT ? "" : refused ? s->reply : r->cause;
}

void smtp_send(struct smtp *s, const struct smtp_mail *mail, struct smtp_result *ret_result)
{
	struct curl_slist *to = curl_slist_append(NULL, mail->to);
	struct smtp_result *r = ret_result;
	CURLcode rc = CURLE_OUT_OF_MEMORY;

	*r = (struct smtp_result){};
	s->rest = mail->bytes;
	s->asked = s->reply_ended = false;
	s->nreply = 0;
	s->reply[0] = s->fault[0] = '\0';
	if (to) {
		rc = perform(s, mail, to);
		curl_easy_getinfo(s->curl, CURLINFO_RESPONSE_CODE, &r->code);
	}
	curl_slist_free_all(to);
	r->fate = judge(s, rc, r->code);
	snprintf(r->cause, sizeof(r->cause), "%s", s->fault[0] ? s->fault : curl_easy_strerror(rc));
	snprintf(r->words, sizeof(r->words), "%s", words_of(s, r));
}
