#include "event/journal.h"

#include "event/missed.h"

#include "base/log.h"
#include "store/store.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct record {
	struct record *next;
	int (*write)(struct db *db, int64_t now_ms, const struct record *r);
	union {
		struct {
			struct call_row call;
			struct view jpeg; /* of its end */
			int64_t jpeg_at;
		};
		struct call_leg_row leg;
		struct opening_row opening;
		struct {
			size_t n;
			struct call_stream_row rows[CALL_STREAMS_MAX];
		} streams;
		struct {
			int64_t device;
			int64_t online_at;
		} app;
		struct {
			int64_t device;
			size_t n;
			struct binding_row rows[JOURNAL_BINDINGS_MAX];
		} bindings;
	};
	size_t used;  /* of text */
	char text[];  /* what the views point at */
};

struct journal {
	const struct clock *clock;
	struct feed *feed;
	struct db *db;
	pthread_t thread;
	bool started;
	pthread_mutex_t lock; /* the rest */
	pthread_cond_t cond;
	bool stopping;
	bool idle; /* waits for a record; otherwise it looks by itself, and nobody need wake it */
	struct record *head, **tail;
	struct journal_stats stats;
};

/* Writing. */

static int write_start(struct db *db, int64_t now_ms, const struct record *r)
{
	return call_start(db, now_ms, &r->call);
}

static int write_answer(struct db *db, int64_t now_ms, const struct record *r)
{
	return call_answer(db, now_ms, &r->call);
}

static int write_end(struct db *db, int64_t now_ms, const struct record *r)
{
	int rc = call_end(db, now_ms, &r->call);

	if (rc == 0 && r->jpeg.n > 0)
		rc = missed_keep(db, now_ms, &r->call, r->jpeg, r->jpeg_at);
	return rc < 0 ? rc : missed_tell(db, now_ms, &r->call);
}

static int write_picture(struct db *db, int64_t now_ms, const struct record *r)
{
	return missed_keep(db, now_ms, &r->call, r->jpeg, r->jpeg_at);
}

static int write_leg(struct db *db, int64_t, const struct record *r)
{
	return call_leg_add(db, &r->leg);
}

static int write_trace(struct db *db, int64_t, const struct record *r)
{
	return call_leg_trace(db, &r->leg);
}

static int write_opening(struct db *db, int64_t now_ms, const struct record *r)
{
	return call_opening_add(db, now_ms, &r->opening);
}

static int write_streams(struct db *db, int64_t now_ms, const struct record *r)
{
	return call_streams_add(db, now_ms, r->streams.rows, r->streams.n);
}

static int write_bindings(struct db *db, int64_t now_ms, const struct record *r)
{
	return binding_replace(db, now_ms, r->bindings.device, r->bindings.rows, r->bindings.n);
}

static int write_app(struct db *db, int64_t now_ms, const struct record *r)
{
	return app_online_set(db, now_ms, r->app.device, r->app.online_at);
}

/* From first on, at most max records in one transaction; *ret_next is the first that was not written
 * and *ret_n how many were. On failure *ret_n is how many stand before the one that failed. */
static int write_some(struct journal *j, struct record *first, size_t max, struct record **ret_next,
		      size_t *ret_n)
{
	DB_TRANSACTION struct db_tx tx = {};
	const int64_t now_ms = clock_wall_ms(j->clock);
	struct record *r = first;
	size_t n = 0;
	int rc = db_begin(j->db, &tx);

	while (rc == 0 && r && n < max) {
		rc = r->write(j->db, now_ms, r);
		n += rc == 0;
		r = r->next;
	}
	if (rc == 0)
		rc = db_commit(&tx);
	*ret_n = n;
	if (rc < 0)
		return rc;
	*ret_next = r;
	return 0;
}

/* What is wrong with the record itself, not with the database: its site or call is gone. */
static bool is_bad_record(int rc)
{
	return rc == -ENOLINK || rc == -ENOENT || rc == -EEXIST || rc == -EINVAL;
}

static void records_free(struct record *first, const struct record *end)
{
	while (first != end) {
		struct record *next = first->next;

		free(first);
		first = next;
	}
}

/* The next transaction's worth. A bad record ends it before itself, and is dropped when it stands
 * first: it costs the others one more try, wherever it stands. What is there already was written
 * when a commit's answer was lost with the connection. */
static int write_next(struct journal *j, struct record **at, size_t *ret_n)
{
	struct record *first = *at, *next = first;
	size_t lost = 0;
	int rc = write_some(j, first, JOURNAL_BATCH, &next, ret_n);

	if (is_bad_record(rc) && *ret_n > 0)
		rc = write_some(j, first, *ret_n, &next, ret_n);
	if (is_bad_record(rc) && *ret_n == 0) {
		lost = rc != -EEXIST;
		*ret_n = rc == -EEXIST;
		if (lost)
			log_warn("journal_record_dropped", LF_I("error", rc));
		next = first->next;
		rc = 0;
	}
	if (rc < 0)
		return rc;
	records_free(first, next);
	*at = next;
	pthread_mutex_lock(&j->lock);
	j->stats.written += *ret_n;
	j->stats.commits++;
	j->stats.lost += lost;
	j->stats.waiting -= *ret_n + lost;
	pthread_mutex_unlock(&j->lock);
	return 0;
}

static struct timespec after_ms(long ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += ms * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	return until;
}

/* Under the lock; until then, or until the journal is to stop. */
static void wait_until(struct journal *j, const struct timespec *until)
{
	while (!j->stopping && pthread_cond_timedwait(&j->cond, &j->lock, until) != ETIMEDOUT)
		;
}

static struct record *take_all(struct journal *j, const struct timespec *not_before, bool *ret_stop)
{
	struct record *head;

	pthread_mutex_lock(&j->lock);
	wait_until(j, not_before);
	j->idle = true;
	while (!j->head && !j->stopping)
		pthread_cond_wait(&j->cond, &j->lock);
	j->idle = false;
	*ret_stop = j->stopping;
	head = j->head;
	j->head = NULL;
	j->tail = &j->head;
	pthread_mutex_unlock(&j->lock);
	return head;
}

/* Until JOURNAL_RETRY_MS have passed or the journal is to stop. */
static bool pause_retry(struct journal *j)
{
	const struct timespec until = after_ms(JOURNAL_RETRY_MS);
	bool stop;

	pthread_mutex_lock(&j->lock);
	wait_until(j, &until);
	stop = j->stopping;
	pthread_mutex_unlock(&j->lock);
	return stop;
}

static void give_up(struct journal *j, struct record *at)
{
	size_t n = 0;

	for (const struct record *r = at; r; r = r->next)
		n++;
	records_free(at, NULL);
	pthread_mutex_lock(&j->lock);
	j->stats.lost += n;
	j->stats.waiting -= n;
	pthread_mutex_unlock(&j->lock);
	log_error("journal_lost", LF_I("records", n));
}

static void write_all(struct journal *j, struct record *at)
{
	bool failing = false, last = false;
	size_t n;

	while (at) {
		const int rc = write_next(j, &at, &n);

		if (rc == 0) {
			failing = false;
			if (j->feed)
				feed_wake(j->feed);
			continue;
		}
		if (!failing)
			log_error("journal_failed", LF_I("error", rc), LF_S("text", db_error(j->db)));
		if (last) {
			give_up(j, at);
			return;
		}
		failing = true;
		last = pause_retry(j);
	}
}

static void *journal_main(void *arg)
{
	struct journal *j = arg;
	struct timespec not_before = {};
	bool stop = false;

	while (!stop) {
		struct record *head = take_all(j, &not_before, &stop);

		not_before = after_ms(JOURNAL_GAP_MS);
		if (head)
			write_all(j, head);
	}
	return NULL;
}

int journal_start(const char *db_url, const struct clock *clock, struct feed *feed, struct err *err,
		  struct journal **ret_journal)
{
	struct journal *j = calloc(1, sizeof(*j));
	pthread_condattr_t attr;
	int rc;

	if (!j)
		return err_set(err, -ENOMEM, "no memory");
	j->clock = clock;
	j->feed = feed;
	j->tail = &j->head;
	pthread_mutex_init(&j->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&j->cond, &attr);
	pthread_condattr_destroy(&attr);
	rc = store_open(db_url, err, &j->db);
	if (rc == 0) {
		rc = -pthread_create(&j->thread, NULL, journal_main, j);
		j->started = rc == 0;
	}
	if (rc < 0) {
		journal_stop(j);
		return rc;
	}
	*ret_journal = j;
	return 0;
}

void journal_stop(struct journal *j)
{
	if (!j)
		return;
	if (j->started) {
		pthread_mutex_lock(&j->lock);
		j->stopping = true;
		pthread_cond_signal(&j->cond);
		pthread_mutex_unlock(&j->lock);
		pthread_join(j->thread, NULL);
	}
	records_free(j->head, NULL);
	db_close(j->db);
	pthread_cond_destroy(&j->cond);
	pthread_mutex_destroy(&j->lock);
	free(j);
}

struct journal_stats journal_stats(struct journal *j)
{
	struct journal_stats stats;

	pthread_mutex_lock(&j->lock);
	stats = j->stats;
	pthread_mutex_unlock(&j->lock);
	return stats;
}

/* Taking in: one allocation holds the record and all its texts. */

static struct record *record_new(size_t text,
				 int (*write)(struct db *db, int64_t now_ms, const struct record *r))
{
	struct record *r = malloc(sizeof(*r) + text);

	if (r)
		*r = (struct record){ .write = write };
	return r;
}

static struct view keep(struct record *r, struct view v)
{
	const struct view kept = { r->text + r->used, v.n };

	if (!v.p)
		return v;
	memcpy(r->text + r->used, v.p, v.n);
	r->used += v.n;
	return kept;
}

static int add(struct journal *j, struct record *r)
{
	bool full;
	int rc;

	pthread_mutex_lock(&j->lock);
	full = !r || j->stats.waiting >= JOURNAL_MAX;
	if (full) {
		j->stats.lost++;
	} else {
		*j->tail = r;
		j->tail = &r->next;
		j->stats.waiting++;
		if (j->idle)
			pthread_cond_signal(&j->cond);
	}
	pthread_mutex_unlock(&j->lock);
	if (!full)
		return 0;
	rc = r ? -EAGAIN : -ENOMEM;
	log_error("journal_full", LF_I("error", rc));
	free(r);
	return rc;
}

static struct record *call_record(const struct call_row *c, struct view jpeg,
				  int (*write)(struct db *db, int64_t now_ms,
					       const struct record *r))
{
	struct record *r =
		record_new(c->from_name.n + c->result.n + c->answered_by_name.n + jpeg.n, write);

	if (!r)
		return NULL;
	r->call = *c;
	r->call.state = (struct view){};
	r->call.from_name = keep(r, c->from_name);
	r->call.result = keep(r, c->result);
	r->call.answered_by_name = keep(r, c->answered_by_name);
	r->jpeg = keep(r, jpeg);
	return r;
}

int journal_call_start(struct journal *j, const struct call_row *call)
{
	return add(j, call_record(call, (struct view){}, write_start));
}

int journal_call_answer(struct journal *j, const struct call_row *call)
{
	return add(j, call_record(call, (struct view){}, write_answer));
}

/* For pictures, which are large. */
static bool has_room(struct journal *j)
{
	return journal_stats(j).waiting < JOURNAL_PICTURES_UNTIL;
}

int journal_call_end(struct journal *j, const struct call_row *call, struct view jpeg, int64_t at)
{
	struct record *r = call_record(call, has_room(j) ? jpeg : (struct view){}, write_end);

	if (r)
		r->jpeg_at = at;
	return add(j, r);
}

int journal_call_picture(struct journal *j, const struct call_row *call, struct view jpeg,
			 int64_t at)
{
	struct record *r = has_room(j) ? call_record(call, jpeg, write_picture) : NULL;

	if (!r)
		return -EAGAIN;
	r->jpeg_at = at;
	return add(j, r);
}

static struct record *leg_record(const struct call_leg_row *leg,
				 int (*write)(struct db *db, int64_t now_ms,
					      const struct record *r))
{
	struct record *r = record_new(leg->name.n + leg->result.n + leg->why.n, write);

	if (!r)
		return NULL;
	r->leg = *leg;
	r->leg.name = keep(r, leg->name);
	r->leg.result = keep(r, leg->result);
	r->leg.why = keep(r, leg->why);
	return r;
}

int journal_call_leg(struct journal *j, const struct call_leg_row *leg)
{
	return add(j, leg_record(leg, write_leg));
}

int journal_call_trace(struct journal *j, const struct call_leg_row *leg)
{
	return add(j, leg_record(leg, write_trace));
}

int journal_call_streams(struct journal *j, const struct call_stream_row *streams, size_t n)
{
	struct record *r;
	size_t bytes = 0;

	assert(n <= CALL_STREAMS_MAX);
	for (size_t i = 0; i < n; i++)
		bytes += streams[i].kind.n + streams[i].codec.n;
	r = record_new(bytes, write_streams);
	if (!r)
		return add(j, NULL);
	r->streams.n = n;
	for (size_t i = 0; i < n; i++) {
		struct call_stream_row *s = &r->streams.rows[i];

		*s = streams[i];
		s->kind = keep(r, s->kind);
		s->codec = keep(r, s->codec);
	}
	return add(j, r);
}

int journal_opening(struct journal *j, const struct opening_row *o)
{
	struct record *r = record_new(o->by_name.n + o->how.n, write_opening);

	if (r) {
		r->opening = *o;
		r->opening.by_name = keep(r, o->by_name);
		r->opening.how = keep(r, o->how);
	}
	return add(j, r);
}

static size_t binding_bytes(const struct binding_row *b)
{
	return b->contact.n + b->call_id.n + b->transport.n + b->address.n + b->path.n +
	       b->instance.n;
}

int journal_app(struct journal *j, int64_t device, int64_t online_at)
{
	struct record *r = record_new(0, write_app);

	if (r) {
		r->app.device = device;
		r->app.online_at = online_at;
	}
	return add(j, r);
}

int journal_bindings(struct journal *j, int64_t device, const struct binding_row *bindings, size_t n)
{
	struct record *r;
	size_t bytes = 0;

	if (n > JOURNAL_BINDINGS_MAX)
		n = JOURNAL_BINDINGS_MAX;
	for (size_t i = 0; i < n; i++)
		bytes += binding_bytes(&bindings[i]);
	r = record_new(bytes, write_bindings);
	if (!r)
		return add(j, NULL);
	r->bindings.device = device;
	r->bindings.n = n;
	for (size_t i = 0; i < n; i++) {
		struct binding_row *b = &r->bindings.rows[i];

		*b = bindings[i];
		b->contact = keep(r, b->contact);
		b->call_id = keep(r, b->call_id);
		b->transport = keep(r, b->transport);
		b->address = keep(r, b->address);
		b->path = keep(r, b->path);
		b->instance = keep(r, b->instance);
	}
	return add(j, r);
}
