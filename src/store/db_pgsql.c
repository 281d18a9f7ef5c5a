#include "store/db_priv.h"

#include "base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DB_CONNECT_S "5"     /* for a connection to be made */
#define DB_SILENT_MS "10000" /* for the server to acknowledge what was sent */

struct pgsql_stmt {
	char name[24];
	PGresult *described; /* names of the result columns */
};

/* Where a write fails, libpq reads on for the server's last words, and the status stays good until
 * the next use: only that no SQLSTATE came tells, or one of 57P (the server goes) or 08. */
static bool is_gone(const struct db *db, const char *state)
{
	return PQstatus(db->conn) == CONNECTION_BAD || !state || strncmp(state, "57P", 3) == 0 ||
	       strncmp(state, "08", 2) == 0;
}

/* Class and code of SQLSTATE, PostgreSQL 15 appendix A. */
static int pgsql_fault(struct db *db, const PGresult *res)
{
	const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);

	db_error_set(db, PQerrorMessage(db->conn));
	if (is_gone(db, state) && !db->lost) {
		db->lost = true;
		log_error("db_lost", LF_S("error", db_error(db)));
	}
	if (!state)
		return -EIO;
	if (strncmp(state, "22", 2) ==
	    0) /* data exception: bytes that are no UTF-8, numbers too big */
		return -EINVAL;
	if (strcmp(state, "23505") == 0)
		return -EEXIST;
	if (strcmp(state, "23503") == 0)
		return -ENOLINK;
	if (strcmp(state, "23502") == 0 || strcmp(state, "23514") == 0)
		return -EINVAL;
	if (strcmp(state, "40001") == 0 || strcmp(state, "40P01") == 0 ||
	    strcmp(state, "55P03") == 0)
		return -EBUSY;
	return -EIO;
}

static int result_check(struct db *db, const PGresult *res)
{
	const ExecStatusType status = PQresultStatus(res);

	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ? 0 : pgsql_fault(db, res);
}

static void result_clear(PGresult **res)
{
	PQclear(*res);
}

static int pgsql_prepare(struct db *db, struct db_prepared *p)
{
	struct pgsql_stmt *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	snprintf(s->name, sizeof(s->name), "s%zu", db->prepared.count);
	CLEANUP(result_clear) PGresult *res = PQprepare(db->conn, s->name, p->stmt->sql, 0, NULL);
	int rc = result_check(db, res);
	if (rc == 0) {
		s->described = PQdescribePrepared(db->conn, s->name);
		rc = result_check(db, s->described);
	}
	if (rc < 0) {
		PQclear(s->described);
		free(s);
		return rc;
	}
	p->handle = s;
	return 0;
}

static int pgsql_column(struct db *, struct db_prepared *p, const char *name)
{
	struct pgsql_stmt *s = p->handle;

	for (int i = 0; i < PQnfields(s->described); i++)
		if (strcmp(PQfname(s->described, i), name) == 0)
			return i;
	return -1;
}

/* Arguments as libpq wants them: numbers as text, bytes as they are. */
struct pgsql_args {
	const char *values[DB_ARGS_MAX];
	int lengths[DB_ARGS_MAX];
	int formats[DB_ARGS_MAX];
	char numbers[DB_ARGS_MAX][24];
	char *texts[DB_ARGS_MAX]; /* owned */
};

static void args_free(struct pgsql_args *a)
{
	for (size_t i = 0; i < DB_ARGS_MAX; i++)
		free(a->texts[i]);
}

static int args_fill(struct pgsql_args *a, const struct db_arg *args, size_t nargs)
{
	for (size_t i = 0; i < nargs; i++) {
		const struct view bytes = args[i].bytes;
		if (args[i].kind == DB_ARG_INT) {
			snprintf(a->numbers[i], sizeof(a->numbers[i]), "%" PRId64, args[i].number);
			a->values[i] = a->numbers[i];
		} else if (args[i].kind == DB_ARG_TEXT) {
			if (bytes.n > 0 && memchr(bytes.p, '\0', bytes.n))
				return -EINVAL; /* PostgreSQL has no NUL in text */
			a->texts[i] = view_dup(bytes);
			if (!a->texts[i])
				return -ENOMEM;
			a->values[i] = a->texts[i];
		} else if (args[i].kind == DB_ARG_BLOB) {
			a->values[i] = bytes.p;
			a->lengths[i] = (int)bytes.n;
			a->formats[i] = 1;
		}
	}
	return 0;
}

static int cell_read(const PGresult *res, int row, int column, enum db_type type,
		     unsigned char **ret_owned, struct db_cell *ret_cell)
{
	struct db_cell cell = { .null = PQgetisnull(res, row, column) != 0 };
	const char *text = PQgetvalue(res, row, column);

	if (!cell.null && type == DB_INT) {
		cell.number = strtoll(text, NULL, 10);
	} else if (!cell.null && type == DB_TEXT) {
		cell.bytes = (struct view){ text, (size_t)PQgetlength(res, row, column) };
	} else if (!cell.null) {
		size_t n;
		*ret_owned = PQunescapeBytea((const unsigned char *)text, &n);
		if (!*ret_owned)
			return -ENOMEM;
		cell.bytes = (struct view){ (const char *)*ret_owned, n };
	}
	*ret_cell = cell;
	return 0;
}

static int row_give(const struct db_prepared *p, const PGresult *res, int row, db_row_fn *fn,
		    void *arg)
{
	const struct db_shape *shape = p->stmt->shape;
	struct db_cell cells[DB_COLUMNS_MAX];
	unsigned char *owned[DB_COLUMNS_MAX] = {};
	int rc = 0;

	for (size_t i = 0; i < shape->ncolumns && rc == 0; i++)
		rc = cell_read(res, row, p->column[i], shape->columns[i].type, &owned[i],
			       &cells[i]);
	if (rc == 0)
		rc = fn(cells, arg);
	for (size_t i = 0; i < shape->ncolumns; i++)
		PQfreemem(owned[i]);
	return rc;
}

static int pgsql_run(struct db *db, struct db_prepared *p, const struct db_arg *args, size_t nargs,
		     db_row_fn *fn, void *arg, int64_t *ret_changes)
{
	const struct pgsql_stmt *s = p->handle;
	CLEANUP(args_free) struct pgsql_args a = {};
	int rc = args_fill(&a, args, nargs);

	if (rc < 0)
		return rc;
	CLEANUP(result_clear)
	PGresult *res =
		PQexecPrepared(db->conn, s->name, (int)nargs, a.values, a.lengths, a.formats, 0);
	rc = result_check(db, res);
	for (int row = 0; fn && rc == 0 && row < PQntuples(res); row++)
		rc = row_give(p, res, row, fn, arg);
	if (rc == 0 && ret_changes)
		*ret_changes = strtoll(PQcmdTuples(res), NULL, 10);
	return rc;
}

static int pgsql_script(struct db *db, const char *sql)
{
	CLEANUP(result_clear) PGresult *res = PQexec(db->conn, sql);

	return result_check(db, res);
}

static void notice_ignore(void *, const PGresult *)
{
}

/* What was acknowledged must be there after a power cut. */
static int durability_check(struct db *db, struct err *err)
{
	CLEANUP(result_clear) PGresult *res = PQexec(db->conn, "SHOW synchronous_commit");
	const int rc = result_check(db, res);

	if (rc < 0)
		return err_set(err, rc, "cannot read the database's settings: %s", db_error(db));
	if (strcmp(PQgetvalue(res, 0, 0), "off") == 0)
		return err_set(err, -EIO,
			       "synchronous_commit is off for this database, but must not be");
	return 0;
}

static int connection_check(struct db *db, struct err *err)
{
	if (PQstatus(db->conn) != CONNECTION_OK) {
		db_error_set(
			db, PQerrorMessage(db->conn)); /* names host and port, never the password */
		return err_set(err, -EIO, "cannot open the database: %s", db_error(db));
	}
	PQsetNoticeReceiver(db->conn, notice_ignore, NULL);
	/* The details of an error show the row that was refused, password hashes included. */
	PQsetErrorVerbosity(db->conn, PQERRORS_TERSE);
	const char *conforming = PQparameterStatus(db->conn, "standard_conforming_strings");
	if (!conforming || strcmp(conforming, "on") != 0)
		return err_set(err, -EIO, "standard_conforming_strings must be on");
	return durability_check(db, err);
}

static int pgsql_reconnect(struct db *db)
{
	PQreset(db->conn);
	return connection_check(db, NULL);
}

static int pgsql_prepare_again(struct db *db, struct db_prepared *p)
{
	const struct pgsql_stmt *s = p->handle;
	CLEANUP(result_clear) PGresult *res = PQprepare(db->conn, s->name, p->stmt->sql, 0, NULL);

	return result_check(db, res);
}

static void pgsql_finalize(struct db *, struct db_prepared *p)
{
	struct pgsql_stmt *s = p->handle;

	PQclear(s->described); /* the server forgets the statement with the connection */
	free(s);
}

static void pgsql_close(struct db *db)
{
	PQfinish(db->conn);
}

static const struct db_engine pgsql_engine = {
	.prepare = pgsql_prepare,
	.column = pgsql_column,
	.run = pgsql_run,
	.script = pgsql_script,
	.reconnect = pgsql_reconnect,
	.prepare_again = pgsql_prepare_again,
	.finalize = pgsql_finalize,
	.close = pgsql_close,
	.begin = "BEGIN",
};

int db_pgsql_open(struct db *db, const char *url, struct err *err)
{
	/* Before the URL: what it may say otherwise. A host that is gone is noticed in seconds. */
	static const char *const keys[] = { "connect_timeout", "tcp_user_timeout", "dbname",
					    "client_encoding", NULL };
	const char *const values[] = { DB_CONNECT_S, DB_SILENT_MS, url, "UTF8", NULL };

	db->engine = &pgsql_engine;
	db->conn = PQconnectdbParams(keys, values, 1);
	if (!db->conn)
		return err_set(err, -ENOMEM, "out of memory");
	return connection_check(db, err);
}

bool db_is_pgsql(const struct db *db)
{
	return db->engine == &pgsql_engine;
}
