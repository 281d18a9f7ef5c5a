#include "office/mail_priv.h"

#include "base/log.h"
#include "office/mail_text.h"
#include "proto/jpeg.h"
#include "store/picture.h"
#include "store/store.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	ARENA_BYTES = 2 * 1024 * 1024,
	MESSAGE_MAX = 1024 * 1024,
	FROM_MAX = 512,
	SIDE_MAX = 4096, /* of a picture: a mail program has to unfold it */
	SETTLE_RETRY_MS = 500,
};

struct mailer {
	const struct clock *clock;
	struct db *db;
	struct smtp *smtp; /* NULL: mails are kept */
	int64_t timeout_ms;
	char public_url[MAIL_BASE_MAX + 1];
	char from_text[FROM_MAX];
	char from_address[MAIL_ADDRESS_MAX + 1];
	struct mail_address from; /* into from_text */
	int64_t downs;            /* tries in a row that the server did not take */
	int64_t hold_until_us;    /* nobody tries before */
	int64_t expired_ms;       /* by the wall clock: when old rows were last forgotten */
	bool failing;             /* the database, as far as logged */
	pthread_t thread;
	bool started;
	pthread_mutex_t lock; /* the rest */
	pthread_cond_t cond;
	bool woken, stopping;
	struct mailer_stats stats;
};

/* What becomes of a mail: pure. */

int64_t mail_pause_ms(int64_t tries)
{
	static const int pauses_s[] = { 5, 30, 120, 600, 1800, 3600, 7200, 14400 };
	const int64_t last = sizeof(pauses_s) / sizeof(pauses_s[0]) - 1;

	return INT64_C(1000) * pauses_s[tries < 1 ? 0 : tries - 1 < last ? tries - 1 : last];
}

struct mail_outcome mail_judge(const struct mail_row *mail, enum smtp_fate fate, const char *words,
			       int64_t now_ms)
{
	const int64_t since =
		mail->requeued_at == DB_INT_NULL ? mail->created_at : mail->requeued_at;
	const int64_t due_at = now_ms + mail_pause_ms(mail->tries);
	const bool over = mail->tries >= MAIL_TRIES_MAX || due_at - since > MAIL_AGE_MAX_MS;

	if (fate == SMTP_SENT)
		return (struct mail_outcome){ VIEW("sent"), now_ms, VIEW("") };
	if (fate == SMTP_REFUSED || over)
		return (struct mail_outcome){ VIEW("failed"), now_ms, view_str(words) };
	return (struct mail_outcome){ VIEW("waiting"), due_at, view_str(words) };
}

/* The same for every try, so that a mailbox knows the second copy of a mail that was sent twice. */
static int print_id(char *ret_text, size_t size, const struct mail_parts *parts)
{
	const struct mail_row *mail = parts->mail;
	struct view domain;
	int n;

	view_cut(parts->from->address, '@', &domain);
	n = snprintf(ret_text, size, "%" PRId64 ".%" PRId64 "@%.*s", mail->id, mail->created_at,
		     (int)domain.n, domain.p);
	return n > 0 && (size_t)n < size ? 0 : -EINVAL;
}

/* One that the templates do not know; empty without it. */
static struct view argument(struct view arguments, const char *name, struct arena *arena)
{
	json_t *root = json_loadb(arguments.p ? arguments.p : "", arguments.n, 0, NULL);
	const char *text = json_string_value(json_object_get(root, name));
	struct view found = text ? view_str(text) : VIEW("");

	found.p = arena_dup(arena, found);
	json_decref(root);
	return found.p ? found : VIEW("");
}

/* Where an answer is to go, empty where that is to whom the mail comes from. */
static struct view reply_to_of(struct view arguments, struct arena *arena)
{
	const struct view found = argument(arguments, "reply_to", arena);

	return mail_address_fits(found) ? found : VIEW("");
}

/* Whatever the database holds: a mail goes without what its reader could not see. */
static bool picture_fits(struct view jpeg, struct jpeg_size *ret_size)
{
	return jpeg.n > 0 && jpeg.n <= MAIL_PICTURE_MAX && jpeg_measure(jpeg, ret_size) == 0 &&
	       ret_size->width <= SIDE_MAX && ret_size->height <= SIDE_MAX;
}

int mail_make(const struct mail_parts *parts, struct buf *out, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(ARENA_BYTES);
	const struct mail_row *mail = parts->mail;
	char id[MAIL_ID_MAX + 1] = "", picture_id[MAIL_ID_MAX + sizeof("picture.")] = "";
	struct jpeg_size size = {};
	const bool pictured =
		print_id(id, sizeof(id), parts) == 0 && picture_fits(parts->picture, &size);
	struct mail_letter letter;
	int rc;

	snprintf(picture_id, sizeof(picture_id), "picture.%s", id);
	const struct mail_ask ask = {
		.template = mail->template,
		.language = mail->language,
		.site_language = mail->site_language,
		.name = mail->recipient_name,
		.arguments = mail->arguments,
		.public_url = parts->public_url,
		.picture = { view_str(pictured ? picture_id : ""), size.width, size.height },
	};
	rc = mail_text_render(&ask, &arena, &letter, err);
	if (rc < 0)
		return rc;
	if (!mail_address_fits(mail->recipient))
		return err_set(err, -EINVAL, "no mail can go to this address");
	const struct mail_message message = {
		.from = *parts->from,
		.to = { .address = mail->recipient }, /* no name: anybody may have typed it */
		.reply_to = reply_to_of(mail->arguments, &arena),
		.id = view_str(id),
		.language = letter.language,
		.subject = letter.subject,
		.text = letter.text,
		.html = letter.html,
		.picture = pictured ? parts->picture : (struct view){},
		.picture_id = ask.picture.id,
		.date_ms = parts->now_ms,
	};
	rc = mail_message_print(&message, out);
	return rc < 0 ? err_set(err, rc, "the mail does not fit its headers") : 0;
}

/* The thread's waiting. */

/* Until something may be due, `ms` have passed, or the mailer is to stop, which it returns. */
static bool wait_for_work(struct mailer *m, int64_t ms)
{
	struct timespec until;
	bool stop;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	pthread_mutex_lock(&m->lock);
	while (!m->woken && !m->stopping) {
		if (pthread_cond_timedwait(&m->cond, &m->lock, &until) == ETIMEDOUT)
			break;
	}
	m->woken = false;
	stop = m->stopping;
	pthread_mutex_unlock(&m->lock);
	return stop;
}

static bool is_stopping(struct mailer *m)
{
	bool stop;

	pthread_mutex_lock(&m->lock);
	stop = m->stopping;
	pthread_mutex_unlock(&m->lock);
	return stop;
}

static void count(struct mailer *m, struct view state)
{
	pthread_mutex_lock(&m->lock);
	m->stats.sent += view_eq(state, VIEW("sent"));
	m->stats.failed += view_eq(state, VIEW("failed"));
	m->stats.kept += view_eq(state, VIEW("kept"));
	m->stats.postponed += view_eq(state, VIEW("waiting"));
	m->stats.waiting -= m->stats.waiting > 0 && !view_eq(state, VIEW("waiting"));
	pthread_mutex_unlock(&m->lock);
}

/* Sending. */

static int64_t hold_ms(int64_t downs)
{
	const int64_t pause_ms = mail_pause_ms(downs);

	return pause_ms < MAIL_HOLD_MAX_MS ? pause_ms : MAIL_HOLD_MAX_MS;
}

/* While the server is away there is no use in trying every mail, each with its deadline. */
static void note_server(struct mailer *m, const struct smtp_result *r)
{
	const bool down = r->fate == SMTP_DOWN;

	if (down && m->downs == 0)
		log_warn("mail_server_down", LF_I("code", r->code), LF_S("cause", r->cause));
	else if (!down && m->downs > 0)
		log_info("mail_server_back", LF_I("tries", m->downs));
	m->downs = down ? m->downs + 1 : 0;
	m->hold_until_us = down ? clock_mono_us(m->clock) + 1000 * hold_ms(m->downs) : INT64_MIN;
	pthread_mutex_lock(&m->lock);
	m->stats.down = down;
	pthread_mutex_unlock(&m->lock);
}

static struct mail_outcome send_made(struct mailer *m, const struct mail_row *mail,
				     const struct smtp_mail *it, char words[SMTP_WORDS_MAX])
{
	struct smtp_result r;

	smtp_send(m->smtp, it, &r);
	note_server(m, &r);
	if (r.fate != SMTP_SENT) /* not in the server's words: they repeat addresses */
		log_warn("mail_not_sent", LF_I("mail", mail->id), LF_V("template", mail->template),
			 LF_I("tries", mail->tries), LF_I("code", r.code));
	memcpy(words, r.words, SMTP_WORDS_MAX);
	return mail_judge(mail, r.fate, words, clock_wall_ms(m->clock));
}

/* Of the call that a mail tells of, if there is one that its reader may see. A mail is worth more
 * than its picture: without the one the other goes. */
static struct view picture_of(struct mailer *m, const struct mail_row *mail, struct arena *arena)
{
	const struct view text = argument(mail->arguments, "call", arena);
	struct picture_row picture;
	uint64_t call;
	int rc;

	if (text.n == 0 || view_u64(text, INT64_MAX, &call) < 0)
		return (struct view){};
	rc = picture_of_rung(m->db, mail->site_id, (int64_t)call, mail->person_id, arena, &picture);
	if (rc < 0 && rc != -ENOENT)
		log_warn("mail_picture_missing", LF_I("mail", mail->id), LF_I("error", rc));
	return rc == 0 ? picture.jpeg : (struct view){};
}

/* Sends, or finds out that there is nobody to send it to. */
static struct mail_outcome deliver(struct mailer *m, const struct mail_row *mail, bool last,
				   struct err *err, char words[SMTP_WORDS_MAX])
{
	CLEANUP(buf_free) struct buf message = BUF_INIT(MESSAGE_MAX);
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(ARENA_BYTES);
	const int64_t now_ms = clock_wall_ms(m->clock);
	const struct mail_parts parts = { .mail = mail,
					  .from = &m->from,
					  .public_url = m->public_url,
					  .picture = picture_of(m, mail, &arena),
					  .now_ms = now_ms };
	const int rc = mail_make(&parts, &message, err);

	if (rc == -ENOMEM)
		return mail_judge(mail, SMTP_LATER, err->text, now_ms);
	if (rc < 0) {
		log_error("mail_not_made", LF_I("mail", mail->id), LF_V("template", mail->template),
			  LF_S("why", err->text));
		return mail_judge(mail, SMTP_REFUSED, err->text, now_ms);
	}
	if (!m->smtp)
		return (struct mail_outcome){ VIEW("kept"), now_ms, VIEW("") };
	/* The database's texts end with a NUL. */
	return send_made(
		m, mail,
		&(struct smtp_mail){ m->from_address, mail->recipient.p, buf_view(&message), last },
		words);
}

/* What was sent and is not noted goes again when the claim ends: the database has until then. */
static int settle(struct mailer *m, const struct mail_row *mail, const struct mail_outcome *outcome)
{
	int rc = mail_settle(m->db, clock_wall_ms(m->clock), mail, outcome);

	while (rc < 0 && rc != -ENOENT && clock_wall_ms(m->clock) < mail->claimed_until &&
	       !is_stopping(m)) {
		wait_for_work(m, SETTLE_RETRY_MS);
		rc = mail_settle(m->db, clock_wall_ms(m->clock), mail, outcome);
	}
	if (rc == 0)
		count(m, outcome->state);
	else
		log_error("mail_not_settled", LF_I("mail", mail->id), LF_I("error", rc));
	return rc == -ENOENT ? 0 : rc;
}

/* -ENOENT: there is none. */
static int deliver_next(struct mailer *m, bool last)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(ARENA_BYTES);
	const int64_t now_ms = clock_wall_ms(m->clock);
	char words[SMTP_WORDS_MAX] = "";
	struct mail_outcome outcome;
	struct mail_row mail;
	struct err err = {};
	int rc = mail_claim(m->db, now_ms, now_ms + m->timeout_ms + MAIL_CLAIM_SPARE_MS, &arena,
			    &mail);

	if (rc < 0)
		return rc;
	outcome = deliver(m, &mail, last, &err, words);
	rc = settle(m, &mail, &outcome);
	if (rc == 0 && view_eq(outcome.state, VIEW("sent")))
		log_info("mail_sent", LF_I("mail", mail.id), LF_V("template", mail.template),
			 LF_I("tries", mail.tries));
	return rc;
}

/* All that is due now; what comes meanwhile wakes the thread again. */
static int work(struct mailer *m)
{
	struct mail_counts counts;
	int rc = mail_count(m->db, clock_wall_ms(m->clock), &counts);

	if (rc < 0)
		return rc;
	pthread_mutex_lock(&m->lock);
	m->stats.waiting = (uint64_t)counts.waiting;
	pthread_mutex_unlock(&m->lock);
	for (int64_t i = 0; rc == 0 && i < counts.due && !is_stopping(m); i++) {
		if (clock_mono_us(m->clock) < m->hold_until_us)
			break;
		rc = deliver_next(m, i + 1 == counts.due);
	}
	return rc == -ENOENT ? 0 : rc;
}

static void expire(struct mailer *m)
{
	const int64_t now_ms = clock_wall_ms(m->clock);
	int64_t removed = 0;

	if (now_ms - m->expired_ms < MAIL_EXPIRE_MS)
		return;
	m->expired_ms = now_ms;
	if (mail_expire(m->db, now_ms - MAIL_KEEP_MAX_MS, &removed) == 0 && removed)
		log_info("mail_expired", LF_I("mails", removed));
}

static void *mailer_main(void *arg)
{
	struct mailer *m = arg;

	do {
		const int rc = work(m);

		if (rc < 0 && !m->failing)
			log_error("outbox_failed", LF_I("error", rc));
		m->failing = rc < 0;
		expire(m);
	} while (!wait_for_work(m, MAIL_POLL_MS));
	return NULL;
}

/* Opening and closing. */

static int take_from(struct mailer *m, const char *from, struct err *err)
{
	const struct view text = view_str(from);

	if (text.n == 0)
		return err_set(err, -EINVAL, "smtp_url needs mail_from");
	if (text.n >= FROM_MAX)
		return err_set(err, -EINVAL, "mail_from is too long");
	memcpy(m->from_text, from, text.n + 1);
	if (mail_address_parse(view_str(m->from_text), &m->from) < 0)
		return err_set(
			err, -EINVAL,
			"mail_from must be NAME <ADDRESS> or an address like door@example.com");
	snprintf(m->from_address, sizeof(m->from_address), "%.*s", (int)m->from.address.n,
		 m->from.address.p);
	return 0;
}

static int take_conf(struct mailer *m, const struct mailer_conf *conf, struct err *err)
{
	int rc = 0;

	if (!mail_base_fits(conf->public_url))
		return err_set(err, -EINVAL, "public_url must be like https://door.example.com");
	snprintf(m->public_url, sizeof(m->public_url), "%s", conf->public_url);
	if (!conf->smtp) /* what is kept is made too, so that what is wrong with it shows */
		return take_from(m, "Vestibule <kept@localhost>", err);
	m->timeout_ms = conf->smtp->timeout_ms;
	rc = take_from(m, conf->from, err);
	return rc == 0 ? smtp_open(conf->smtp, err, &m->smtp) : rc;
}

/* SQLite has one server: what its former run claimed, nobody else is sending. */
static int open_store(struct mailer *m, const char *db_url, struct err *err)
{
	int rc = store_open(db_url, err, &m->db);

	if (rc == 0 && !db_is_pgsql(m->db) && mail_release(m->db) < 0)
		rc = err_set(err, -EIO, "cannot read the outbox: %s", db_error(m->db));
	return rc;
}

int mailer_start(const struct mailer_conf *conf, struct err *err, struct mailer **ret_mailer)
{
	struct mailer *m = calloc(1, sizeof(*m));
	pthread_condattr_t attr;
	int rc;

	if (!m)
		return err_set(err, -ENOMEM, "no memory");
	m->clock = conf->clock;
	m->hold_until_us = INT64_MIN;
	pthread_mutex_init(&m->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&m->cond, &attr);
	pthread_condattr_destroy(&attr);
	rc = take_conf(m, conf, err);
	if (rc == 0)
		rc = open_store(m, conf->db_url, err);
	if (rc == 0) {
		rc = -pthread_create(&m->thread, NULL, mailer_main, m);
		m->started = rc == 0;
		if (rc < 0)
			err_set(err, rc, "cannot start a thread");
	}
	if (rc < 0) {
		mailer_stop(m);
		return rc;
	}
	*ret_mailer = m;
	return 0;
}

void mailer_stop(struct mailer *m)
{
	if (!m)
		return;
	if (m->started) {
		if (m->smtp)
			smtp_stop(m->smtp);
		pthread_mutex_lock(&m->lock);
		m->stopping = true;
		pthread_cond_signal(&m->cond);
		pthread_mutex_unlock(&m->lock);
		pthread_join(m->thread, NULL);
	}
	smtp_close(m->smtp);
	db_close(m->db);
	pthread_cond_destroy(&m->cond);
	pthread_mutex_destroy(&m->lock);
	free(m);
}

int mailer_follow(void *mailer, struct db *, const struct change_row *rows, size_t n)
{
	struct mailer *m = mailer;

	for (size_t i = 0; i < n; i++)
		if (view_eq(rows[i].type, VIEW("mail"))) {
			pthread_mutex_lock(&m->lock);
			m->woken = true;
			pthread_cond_signal(&m->cond);
			pthread_mutex_unlock(&m->lock);
			break;
		}
	return 0;
}

struct mailer_stats mailer_stats(struct mailer *m)
{
	struct mailer_stats stats;

	pthread_mutex_lock(&m->lock);
	stats = m->stats;
	pthread_mutex_unlock(&m->lock);
	return stats;
}
