#include "office/import.h"

#include "base/json.h"
#include "base/log.h"
#include "base/token.h"
#include "store/change.h"
#include "store/mail.h"
#include "store/token.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	PAGE_ARENA_MAX = 64 * 1024 * 1024,
	CHUNKS_MAX = SHEET_ROWS_MAX / IMPORT_CHUNK + 2,
	ARGUMENTS_MAX = 4096,
};

struct importer {
	struct workers *workers; /* NULL: stopped */
	const struct clock *clock;
	pthread_mutex_t lock;
	bool posted;
	int64_t import_id, done; /* of the one that runs */
};

/* What the site has. */

static int load_homes(struct db *db, int64_t site_id, struct import_judge *j)
{
	size_t n = IMPORT_LINES_READ;
	int64_t after = 0;
	int rc = 0;

	while (rc == 0 && n == IMPORT_LINES_READ) {
		CLEANUP(arena_free) struct arena arena = ARENA_INIT(PAGE_ARENA_MAX);
		struct import_home *homes;

		rc = import_homes(db, site_id, after, IMPORT_LINES_READ, &arena, &homes, &n);
		for (size_t i = 0; rc == 0 && i < n; i++) {
			rc = import_judge_home(j, &homes[i]);
			after = homes[i].id;
		}
	}
	return rc;
}

static int load_person(void *judge, const struct import_person *p)
{
	return import_judge_person(judge, p);
}

int import_judge_load(struct db *db, int64_t site_id, struct import_judge **ret_judge)
{
	struct import_judge *j;
	int rc = import_judge_new(&j);

	if (rc < 0)
		return rc;
	rc = load_homes(db, site_id, j);
	if (rc == 0)
		rc = import_people_each(db, site_id, load_person, j);
	if (rc < 0) {
		import_judge_free(j);
		return rc;
	}
	*ret_judge = j;
	return 0;
}

static void judge_close(struct import_judge **j)
{
	import_judge_free(*j);
}

/* The preview. */

/* Who has no e-mail gets a mark in its place while the import runs; nobody's e-mail looks like it.
 */
static int mark(struct import_line *l, int64_t id, struct arena *arena)
{
	if (l->email.n || (l->first_name.n == 0 && l->surname.n == 0))
		return 0;
	l->account = view_str(arena_printf(arena, "#%" PRId64 ".%" PRId64, id, l->line));
	return l->account.p ? 0 : -ENOMEM;
}

static int keep_lines(struct db *db, int64_t now_ms, const struct import_row *import,
		      struct import_line *lines, struct arena *arena, int64_t *ret_id)
{
	DB_TRANSACTION struct db_tx tx = {};
	int64_t id = 0;
	int rc = db_begin(db, &tx);

	if (rc == 0)
		rc = import_create(db, now_ms, import, &id);
	for (int64_t i = 0; rc == 0 && i < import->lines; i++) {
		rc = mark(&lines[i], id, arena);
		if (rc == 0)
			rc = import_line_add(db, import->site_id, id, &lines[i]);
	}
	if (rc == 0)
		rc = db_commit(&tx);
	if (rc == 0)
		*ret_id = id;
	return rc;
}

int import_upload(struct db *db, int64_t now_ms, const struct import_row *import,
		  const struct sheet *sheet, int64_t *ret_id, struct import_refusal *ret_refusal)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(IMPORT_MEMORY_MAX);
	CLEANUP(judge_close) struct import_judge *judge = NULL;
	struct import_row row = *import;
	struct import_line *lines;
	size_t n;
	int rc = import_read(sheet, &arena, &lines, &n, ret_refusal);

	if (rc == 0)
		rc = import_judge_load(db, import->site_id, &judge);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = import_judge_line(judge, &lines[i]);
	if (rc < 0)
		return rc;
	row.lines = (int64_t)n;
	return keep_lines(db, now_ms, &row, lines, &arena, ret_id);
}

/* The doing. */

struct run {
	struct db *db;
	const struct import_row *import;
	struct importer *importer;
	int64_t now;
	int64_t ends[CHUNKS_MAX]; /* the last line of each chunk */
	size_t nends, lines, faults;
};

static bool same_judgement(const struct import_line *a, const struct import_line *b)
{
	return view_eq(a->fate, b->fate) && view_eq(a->fault, b->fault) &&
	       view_eq(a->field, b->field) && a->other_line == b->other_line &&
	       a->makes_person == b->makes_person && a->makes_apartment == b->makes_apartment;
}

static int judge_line_again(struct run *r, struct import_judge *judge, struct import_line *l)
{
	const struct import_line old = *l;
	const int rc = import_judge_line(judge, l);

	if (rc < 0)
		return rc;
	r->faults += view_eq(l->fate, VIEW("fault"));
	if (r->lines++ % IMPORT_CHUNK == 0)
		r->nends++;
	r->ends[r->nends - 1] = l->line;
	return same_judgement(&old, l)
		       ? 0
		       : import_line_judge(r->db, r->import->site_id, r->import->id, l);
}

static int judge_again(struct run *r)
{
	CLEANUP(judge_close) struct import_judge *judge = NULL;
	size_t n = IMPORT_LINES_READ;
	int64_t after = 0;
	int rc = import_judge_load(r->db, r->import->site_id, &judge);

	while (rc == 0 && n == IMPORT_LINES_READ) {
		CLEANUP(arena_free) struct arena arena = ARENA_INIT(PAGE_ARENA_MAX);
		struct import_line *lines;

		rc = import_lines(r->db, r->import->site_id, r->import->id, (struct view){}, after,
				  IMPORT_LINES_READ, &arena, &lines, &n);
		for (size_t i = 0; rc == 0 && i < n; i++) {
			rc = judge_line_again(r, judge, &lines[i]);
			after = lines[i].line;
		}
	}
	return rc;
}

static void report(const struct run *r, int64_t done)
{
	if (!r->importer)
		return;
	pthread_mutex_lock(&r->importer->lock);
	r->importer->import_id = r->import->id;
	r->importer->done = done;
	pthread_mutex_unlock(&r->importer->lock);
}

static int apply(struct run *r)
{
	int64_t from = 0;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < r->nends; i++) {
		rc = import_apply(r->db, r->now, r->import, from, r->ends[i]);
		from = r->ends[i];
		if (rc == 0)
			report(r, (int64_t)(i + 1 < r->nends ? (i + 1) * IMPORT_CHUNK : r->lines));
	}
	return rc;
}

static void print_arguments(struct buf *out, const struct import_invited *p, struct view path)
{
	struct json j = JSON_TO(out);

	json_open(&j);
	json_key(&j, "by");
	json_view(&j, p->inviter);
	json_key(&j, "place");
	json_view(&j, p->site);
	json_key(&j, "path");
	json_view(&j, path);
	json_close(&j);
}

/* Where the mail leads: to the choice of a password, by a link that is good once. */
static int make_link(struct run *r, const struct import_invited *p, struct arena *arena,
		     struct view *ret_path)
{
	struct token token;
	struct token_row row = { .purpose = VIEW("invitation"),
				 .person_id = p->person_id,
				 .created_at = r->now,
				 .expires_at = r->now + IMPORT_INVITE_MS };
	int rc = token_make(rand_system(), arena, &token);

	if (rc < 0)
		return rc;
	row.token_hash = token.hash;
	*ret_path = view_str(arena_printf(arena, "/activate#%s", token.text.p));
	return ret_path->p ? token_create(r->db, &row) : -ENOMEM;
}

static int invite_one(struct run *r, const struct import_invited *p, struct arena *arena)
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(ARGUMENTS_MAX);
	struct mail_row mail = { .company_id = p->company_id,
				 .site_id = r->import->site_id,
				 .person_id = p->person_id,
				 .recipient = p->email,
				 .recipient_name = p->name,
				 .language = p->language,
				 .template = p->active ? VIEW("added_to_place")
							     : VIEW("invitation") };
	struct view path = VIEW("/");
	int64_t id;
	int rc = p->active ? 0 : make_link(r, p, arena, &path);

	if (rc < 0)
		return rc;
	print_arguments(&out, p, path);
	mail.arguments = buf_view(&out);
	return out.err < 0 ? out.err : mail_queue(r->db, r->now, &mail, &id);
}

static int invite(struct run *r)
{
	size_t n = r->import->invite ? IMPORT_LINES_READ : 0;
	int64_t after = 0;
	int rc = 0;

	while (rc == 0 && n == IMPORT_LINES_READ) {
		CLEANUP(arena_free) struct arena arena = ARENA_INIT(PAGE_ARENA_MAX);
		struct import_invited *people;

		rc = import_invited(r->db, r->import->site_id, r->import->id, after,
				    IMPORT_LINES_READ, &arena, &people, &n);
		for (size_t i = 0; rc == 0 && i < n; i++) {
			rc = invite_one(r, &people[i], &arena);
			after = people[i].line;
		}
	}
	return rc;
}

/* Mails come last: on PostgreSQL, the feed's lock that their rows take keeps other writers out. */
static int run_once(struct run *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	bool refused = false;
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = judge_again(r);
	if (rc == 0)
		refused = r->faults > 0 && !r->import->good_only;
	if (rc == 0 && !refused)
		rc = apply(r);
	if (rc == 0 && !refused)
		rc = invite(r);
	if (rc == 0)
		rc = import_finish(r->db, r->now, r->import,
				   refused ? VIEW("failed") : VIEW("done"),
				   refused ? VIEW("faults") : VIEW(""));
	return rc == 0 ? db_commit(&tx) : rc;
}

/* Somebody else made the same apartment or account meanwhile, or has the lock. */
static bool may_try_again(int rc)
{
	return rc == -EBUSY || rc == -EEXIST || rc == -ENOLINK;
}

static void give_up(const struct run *r, int rc)
{
	DB_TRANSACTION struct db_tx tx = {};

	log_error("import_failed", LF_I("import", r->import->id), LF_I("site", r->import->site_id),
		  LF_I("rc", rc));
	if (db_begin(r->db, &tx) < 0 ||
	    import_finish(r->db, r->now, r->import, VIEW("failed"), VIEW("server")) < 0 ||
	    db_commit(&tx) < 0)
		log_error("import_left",
			  LF_I("import", r->import->id)); /* the next start takes it */
}

void import_run(struct db *db, const struct clock *clock, const struct import_row *import,
		struct importer *importer)
{
	const int64_t start_us = clock_mono_us(clock);
	struct run run;
	int rc = -EBUSY;

	for (int try = 0; try < IMPORT_TRIES && may_try_again(rc); try++) {
		run = (struct run){ db, import, importer, clock_wall_ms(clock) };
		report(&run, 0);
		rc = run_once(&run);
	}
	if (rc < 0)
		give_up(&run, rc);
	else
		log_info("import_done", LF_I("import", import->id), LF_I("site", import->site_id),
			 LF_I("lines", run.lines), LF_I("faults", run.faults),
			 LF_I("ms", (clock_mono_us(clock) - start_us) / 1000));
	if (importer) {
		pthread_mutex_lock(&importer->lock);
		importer->import_id = importer->done = 0;
		pthread_mutex_unlock(&importer->lock);
	}
}

void import_run_all(struct db *db, const struct clock *clock, struct importer *importer)
{
	int rc = 0;

	while (rc == 0) {
		CLEANUP(arena_free) struct arena arena = ARENA_INIT(1 << 16);
		struct import_row import;

		rc = import_take(db, &arena, &import);
		if (rc == 0)
			import_run(db, clock, &import, importer);
	}
	if (rc != -ENOENT)
		log_error("import_not_taken", LF_I("rc", rc));
}

/* The importer. */

static void job_run(void *arg, void *state)
{
	struct importer *i = arg;

	pthread_mutex_lock(&i->lock);
	i->posted = false; /* what is started from now on wakes another job */
	pthread_mutex_unlock(&i->lock);
	import_run_all(state, i->clock, i);
}

void importer_wake(struct importer *i)
{
	int rc = 0;

	pthread_mutex_lock(&i->lock);
	if (i->workers && !i->posted) {
		rc = workers_run(i->workers, LANE_SLOW, job_run, i);
		i->posted = rc == 0;
	}
	pthread_mutex_unlock(&i->lock);
	if (rc < 0) /* the next change of an import tries again */
		log_warn("import_waits", LF_I("rc", rc));
}

static int on_rows(void *arg, struct db *, const struct change_row *rows, size_t n)
{
	bool any = false;

	for (size_t i = 0; i < n; i++)
		any = any || view_eq(rows[i].type, VIEW("import"));
	if (any)
		importer_wake(arg);
	return 0;
}

int importer_new(struct feed *feed, struct workers *workers, const struct clock *clock,
		 struct importer **ret_importer)
{
	struct importer *i = calloc(1, sizeof(*i));
	int rc;

	if (!i)
		return -ENOMEM;
	i->workers = workers;
	i->clock = clock;
	pthread_mutex_init(&i->lock, NULL);
	rc = feed_consume(feed, on_rows, i);
	if (rc < 0) {
		importer_free(i);
		return rc;
	}
	*ret_importer = i;
	return 0;
}

int64_t importer_done(struct importer *i, int64_t import_id)
{
	int64_t done = 0;

	if (!i)
		return 0;
	pthread_mutex_lock(&i->lock);
	if (i->import_id == import_id)
		done = i->done;
	pthread_mutex_unlock(&i->lock);
	return done;
}

void importer_stop(struct importer *i)
{
	if (!i)
		return;
	pthread_mutex_lock(&i->lock);
	i->workers = NULL;
	pthread_mutex_unlock(&i->lock);
}

void importer_free(struct importer *i)
{
	if (!i)
		return;
	pthread_mutex_destroy(&i->lock);
	free(i);
}
