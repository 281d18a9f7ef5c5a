/* Rows of people imported per second: reading the file, the preview, and the writing.
 *
 *	bench_import [ROWS [URL]]
 *
 * URL is a database that may be emptied; by default a new SQLite file on the disk of /var/tmp. A
 * third of the rows brings an apartment; every person has an e-mail. Times are wall clock. */
#include "base/log.h"
#include "office/import.h"
#include "store/migrate.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROWS = 10000, PER_HOME = 3, FILE_MAX = SHEET_FILE_MAX };

static void must(int rc, const char *what)
{
	if (rc < 0) {
		fprintf(stderr, "%s: %s\n", what, strerror(-rc));
		exit(1);
	}
}

static double since(int64_t *from_us)
{
	const int64_t now_us = clock_mono_us(clock_system());
	const double s = (double)(now_us - *from_us) / 1e6;

	*from_us = now_us;
	return s;
}

static struct db *open_db(const char *url)
{
	struct err err = {};
	struct db *db;

	must(db_open(url, &err, &db), err.text);
	if (db_is_pgsql(db))
		must(db_script(db, "DROP SCHEMA public CASCADE; CREATE SCHEMA public"), "empty");
	must(migrate_up(db, 1, &err), err.text);
	db_close(db);
	must(store_open(url, &err, &db), err.text);
	return db;
}

static int64_t make_site(struct db *db)
{
	struct site_row site = { .name = VIEW("Site"),
				 .type = VIEW("residential"),
				 .zone = VIEW("UTC"),
				 .language = VIEW("en") };
	int64_t id;

	must(company_create(db, 1, VIEW("Company"), &site.company_id), "company");
	must(site_create(db, 1, &site, &id), "site");
	return id;
}

static void make_file(enum sheet_format format, int rows, struct buf *out)
{
	struct sheet_writer *w;
	struct view cells[IMPORT_COLUMNS];
	char texts[IMPORT_COLUMNS][64];

	must(sheet_writer_new(format, &w), "writer");
	for (int i = -1; i < rows; i++) {
		snprintf(texts[IMPORT_FLOOR], 64, "%d", i / (PER_HOME * 8));
		snprintf(texts[IMPORT_NUMBER], 64, "%d", i / PER_HOME);
		snprintf(texts[IMPORT_APARTMENT], 64, "Family %d", i / PER_HOME);
		snprintf(texts[IMPORT_FIRST_NAME], 64, "First %d", i);
		snprintf(texts[IMPORT_SURNAME], 64, "Surname %d", i / PER_HOME);
		snprintf(texts[IMPORT_EMAIL], 64, "person.%d@example.com", i);
		snprintf(texts[IMPORT_COMMENT], 64, "Comment %d", i);
		for (enum import_column c = 0; c < IMPORT_COLUMNS; c++)
			cells[c] = view_str(i < 0 ? import_column_name(c, VIEW("en")) : texts[c]);
		must(sheet_writer_row(w, cells, IMPORT_COLUMNS), "row");
	}
	must(sheet_writer_finish(w, out), "file");
	sheet_writer_free(w);
}

static void import_once(struct db *db, int64_t site, const char *what, struct view file, int rows)
{
	const struct import_row import = { .site_id = site,
					   .person_id = DB_INT_NULL,
					   .name = VIEW("x") };
	struct import_refusal refusal = { .text = "" };
	struct import_row started = { .site_id = site };
	struct sheet_fault fault;
	struct sheet sheet;
	int64_t at = clock_mono_us(clock_system());
	double read_s, preview_s, write_s;

	must(sheet_read(file, &(struct csv_options){}, &sheet, &fault), "read");
	read_s = since(&at);
	must(import_upload(db, 1, &import, &sheet, &started.id, &refusal), refusal.text);
	preview_s = since(&at);
	must(import_start(db, 1, &started), "start");
	import_run_all(db, clock_system(), NULL);
	write_s = since(&at);
	sheet_free(&sheet);
	printf("%-26s read %6.3f s  preview %6.3f s  write %6.3f s  %7.0f rows/s\n", what, read_s,
	       preview_s, write_s, rows / (read_s + preview_s + write_s));
}

int main(int argc, char **argv)
{
	CLEANUP(buf_free) struct buf csv = BUF_INIT(FILE_MAX), xlsx = BUF_INIT(FILE_MAX);
	const int rows = argc > 1 ? atoi(argv[1]) : ROWS;
	char folder[] = "/var/tmp/vestibule-bench.XXXXXX", url[64];
	struct db *db;
	int64_t site;

	if (rows < 1 || rows >= SHEET_ROWS_MAX || !mkdtemp(folder))
		return 1;
	must(log_open(NULL, LOGL_WARN, false), "log");
	snprintf(url, sizeof(url), "sqlite:%s/db", folder);
	db = open_db(argc > 2 ? argv[2] : url);
	site = make_site(db);
	make_file(SHEET_CSV, rows, &csv);
	make_file(SHEET_XLSX, rows, &xlsx);
	import_once(db, site, "CSV, all new", buf_view(&csv), rows);
	import_once(db, site, "CSV, all there", buf_view(&csv), rows);
	import_once(db, make_site(db), "XLSX, new to another site", buf_view(&xlsx), rows);
	db_close(db);
	if (argc <= 2) {
		static const char *const names[] = { "db", "db-wal", "db-shm" };
		char path[64];
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
			unlink(path);
		}
	}
	return rmdir(folder) < 0;
}
