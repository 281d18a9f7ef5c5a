/* office/import.h - people from a file: what its rows mean, what becomes of each, and the doing.
 *
 * A file is read, judged and kept as a preview (import_upload). Started, it waits until the
 * importer takes it, judges it again, because the site may have changed, and writes it in one
 * transaction: whole, or without its faulty rows when that was asked for. What the end of the
 * server interrupts has changed nothing and runs again from its beginning (import_requeue).
 *
 * An import adds and never changes: an apartment keeps its name, a person theirs, a member of the
 * site the comment. The fate of a row is seen from the site: `create` a person who is new to it, or
 * an apartment alone; `add` another home to somebody; `keep` what is there; `fault`. That somebody
 * has an account elsewhere is not told. */
#pragma once
#include "base/clock.h"
#include "event/feed.h"
#include "io/worker.h"
#include "proto/sheet.h"
#include "store/import.h"
#include "store/site.h"

enum {
	IMPORT_CHUNK = 500, /* lines that are written between two reports of progress */
	IMPORT_TRIES = 3,   /* when another writer was in the way */
	IMPORT_MEMORY_MAX = 128 * 1024 * 1024,
	IMPORT_NAME_MAX = 200, /* bytes of a file's name */
};

/* For how long the link of an invitation is good. */
#define IMPORT_INVITE_MS (INT64_C(14) * 24 * 3600 * 1000)

/* The columns of a file, in the order of the template. */
enum import_column {
	IMPORT_FLOOR,
	IMPORT_NUMBER,
	IMPORT_APARTMENT,
	IMPORT_FIRST_NAME,
	IMPORT_SURNAME,
	IMPORT_EMAIL,
	IMPORT_COMMENT,
	IMPORT_COLUMNS
};

enum import_fault {
	IMPORT_GOOD,
	IMPORT_TOO_LONG,
	IMPORT_NUMBER_MISSING, /* there is a floor or a name of an apartment */
	IMPORT_NAME_MISSING,
	IMPORT_EMAIL_INVALID,
	IMPORT_EMAIL_TWICE, /* with another name */
	IMPORT_ROW_TWICE,
	IMPORT_FAULTS
};

/* Why a file is refused: a word for programs, a sentence, and where (0: the whole). */
struct import_refusal {
	const char *word, *text;
	size_t row, column;
};

/* Names, in a site's language where they are known, else in English. */
const char *import_column_name(enum import_column column, struct view language);
const char *import_result_name(struct view language); /* of the columns that a result has besides */
const char *import_reason_name(struct view language);
const char *import_column_word(enum import_column column);
const char *import_fault_word(enum import_fault fault);
/* A sentence about a fault; other_line is put into it where it has a place for that. */
void import_fault_text(enum import_fault fault, int64_t other_line, struct view language,
		       struct buf *out);
enum import_fault import_fault_from(struct view word);
const char *import_fate_text(struct view fate, bool done, struct view language);
/* The column that a header means in any of the languages; IMPORT_COLUMNS for none. */
enum import_column import_column_find(struct view header);
/* The Windows code page of a language: "windows-1250". */
const char *import_charset(struct view language);

/* The rows of a file as lines without a fate: header understood, texts in the sheet's memory or the
 * arena. -EINVAL fills the refusal. */
[[nodiscard]] int import_read(const struct sheet *sheet, struct arena *arena,
			      struct import_line **ret_lines, size_t *ret_n,
			      struct import_refusal *ret_refusal);

/* What a site has, and the lines so far: judging is pure, line by line in their order. */
struct import_judge;
[[nodiscard]] int import_judge_new(struct import_judge **ret_judge);
[[nodiscard]] int import_judge_home(struct import_judge *j, const struct import_home *home);
[[nodiscard]] int import_judge_person(struct import_judge *j, const struct import_person *person);
/* Sets fate, field, fault, other_line and what the line makes. -ENOMEM. */
[[nodiscard]] int import_judge_line(struct import_judge *j, struct import_line *line);
/* NULL is fine. */
void import_judge_free(struct import_judge *j);
/* The same with all that the database has of the site. */
[[nodiscard]] int import_judge_load(struct db *db, int64_t site_id,
				    struct import_judge **ret_judge);

/* Reads and judges, and keeps the preview. `import` has site, person and name of the file. -EINVAL
 * fills the refusal. */
[[nodiscard]] int import_upload(struct db *db, int64_t now_ms, const struct import_row *import,
				const struct sheet *sheet, int64_t *ret_id,
				struct import_refusal *ret_refusal);

struct importer;
/* Runs one that was taken, to its end; progress to the importer, which may be NULL. */
void import_run(struct db *db, const struct clock *clock, const struct import_row *import,
		struct importer *importer);
/* All that wait, one after the other. */
void import_run_all(struct db *db, const struct clock *clock, struct importer *importer);

/* Follows the feed and runs what was started, on a worker of LANE_SLOW whose state is a database
 * connection. Before feed_start; stopped before workers_stop, freed after feed_free. */
[[nodiscard]] int importer_new(struct feed *feed, struct workers *workers,
			       const struct clock *clock, struct importer **ret_importer);
/* After a start: what waits is run. Any thread. */
void importer_wake(struct importer *importer);
/* Lines of a running import that are written, though not yet for good; 0 for one that does not run.
 * Any thread; importer may be NULL. */
int64_t importer_done(struct importer *importer, int64_t import_id);
/* No more jobs are given to the workers, which may go. NULL is fine, here and below. */
void importer_stop(struct importer *importer);
void importer_free(struct importer *importer);

/* Files to download. Template: the header alone, so that no example is imported. */
[[nodiscard]] int import_template(enum sheet_format format, struct view language, struct buf *out);
/* The people of a site, such that the file imports again and changes nothing. */
[[nodiscard]] int import_export(struct db *db, const struct site_row *site,
				enum sheet_format format, struct buf *out);
/* What became of each row. */
[[nodiscard]] int import_result(struct db *db, const struct import_row *import,
				struct view language, enum sheet_format format, struct buf *out);
