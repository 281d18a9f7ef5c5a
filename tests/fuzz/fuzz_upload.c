/* A file of people as it is uploaded, and all that becomes of it, on a database in memory: read,
 * judged, kept, run, and written again as its result. The first byte chooses the encoding, the
 * second the delimiter, the third how it is started (bit 0: good rows only, bit 1: with mails).
 *
 * A file ends as done or as failed for its faults, never for the server's; one that failed has made
 * nobody. All of it is rolled back, so that each input finds the same. */
#include "base/log.h"
#include "office/import.h"
#include "store/account.h"
#include "store/change.h"
#include "store/migrate.h"
#include "store/site.h"
#include "store/store.h"

#include <errno.h>
#include <stdlib.h>

#define NOW INT64_C(1700000000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct {
	struct clock_virtual clock;
	struct db *db;
	int64_t site;
} w;

static void must(int rc)
{
	if (rc < 0)
		abort();
}

static void world_open(void)
{
	struct site_row site = { .name = VIEW("Site"),
				 .type = VIEW("residential"),
				 .zone = VIEW("Europe/Prague"),
				 .language = VIEW("cs") };
	struct err err;

	clock_virtual_init(&w.clock, NOW);
	must(log_open(NULL, LOGL_ERROR, false));
	must(db_open("sqlite::memory:", &err, &w.db));
	must(migrate_up(w.db, NOW, &err));
	must(store_prepare(w.db, &err));
	DB_TRANSACTION struct db_tx tx = {};
	must(db_begin(w.db, &tx));
	must(company_create(w.db, NOW, VIEW("Company"), &site.company_id));
	must(site_create(w.db, NOW, &site, &w.site));
	must(db_commit(&tx));
}

static size_t people(struct arena *arena)
{
	struct import_person *found;
	size_t n = 0;

	must(import_people(w.db, w.site, 0, 0, SHEET_ROWS_MAX, arena, &found, &n));
	return n;
}

static void write_result(const struct import_row *import, enum sheet_format format)
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(1 << 26);

	must(import_result(w.db, import, VIEW("cs"), format, &out));
	if (out.n == 0)
		abort();
}

static void run(int64_t id, unsigned how, struct arena *arena)
{
	struct import_row import = {
		.site_id = w.site, .id = id, .good_only = how & 1, .invite = how & 2
	};

	must(import_start(w.db, NOW, &import));
	must(import_take(w.db, arena, &import));
	import_run(w.db, &w.clock.clock, &import, NULL);
	must(import_get(w.db, w.site, id, arena, &import));
	if (view_eq(import.state, VIEW("failed"))) {
		if (!view_eq(import.error, VIEW("faults")) || (how & 1) || people(arena) > 0)
			abort();
	} else if (!view_eq(import.state, VIEW("done"))) {
		abort();
	}
	write_result(&import, SHEET_CSV);
}

static void upload(const struct sheet *sheet, unsigned how)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1 << 26);
	const struct import_row import = { .site_id = w.site,
					   .person_id = DB_INT_NULL,
					   .name = VIEW("file") };
	struct import_refusal refusal = {};
	DB_TRANSACTION struct db_tx tx = {};
	int64_t id;
	int rc;

	must(db_begin(w.db, &tx));
	rc = import_upload(w.db, NOW, &import, sheet, &id, &refusal);
	if (rc == 0)
		run(id, how, &arena);
	else if (rc != -ENOMEM && (rc != -EINVAL || !refusal.word || !refusal.text))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char delimiters[] = "\0,;\t|\0";
	struct csv_options options = { .fallback = "windows-1250" };
	CLEANUP(sheet_free) struct sheet sheet = {};
	struct sheet_fault fault;

	if (n < 3)
		return 0;
	if (!w.db)
		world_open();
	for (unsigned i = 0; i < data[0] % 16U && sheet_charsets[i]; i++)
		options.charset = sheet_charsets[i];
	options.delimiter = delimiters[data[1] % 6];
	if (sheet_read((struct view){ (const char *)data + 3, n - 3 }, &options, &sheet, &fault) ==
	    0)
		upload(&sheet, data[2]);
	return 0;
}
