/* vestibulectl: the operator's command. Works on the database itself, beside a running server or
 * without one. */
#include "ctl.h"

#include "api/password.h"
#include "store/account.h"
#include "store/call.h"
#include "store/migrate.h"
#include "store/site.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

enum { CTL_ARENA_MAX = 1024 * 1024 };

static const char usage[] =
	"usage: vestibulectl [--data DIR] [--db URL] [--realm REALM] COMMAND …\n"
	"  administrator EMAIL [NAME]   makes an administrator, or gives one a new password (asked for)\n"
	"  migrate                      brings the database to this program's schema\n"
	"  check                        looks whether the database and the master key are sound\n"
	"  backup FILE                  copies an embedded database, also while the server runs\n"
	"  demo HTTP-URL SIP-ADDRESS [DOOR-URL]   makes the demo building and DATA/demo.json\n";

int ctl_key(struct ctl *c, struct secret_key *ret_key, struct err *err)
{
	const char *path = arena_printf(&c->arena, "%s/master.key", c->data);
	struct secret_key key;
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	ssize_t n;

	if (fd < 0 && path && errno == ENOENT) {
		randombytes_buf(key.bytes, sizeof(key.bytes));
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		n = fd < 0 ? -1 : write(fd, key.bytes, sizeof(key.bytes));
	} else {
		n = fd < 0 ? -1 : read(fd, key.bytes, sizeof(key.bytes));
	}
	if (fd >= 0)
		close(fd);
	if (n != sizeof(key.bytes))
		return err_set(err, -EIO, "cannot read or make %s/master.key", c->data);
	*ret_key = key;
	return 0;
}

int ctl_person(struct ctl *c, const char *email, const char *name, const char *password,
	       const char *role, int64_t company_id, int64_t site_id, int64_t apartment_id)
{
	const int64_t now = clock_wall_ms(clock_system());
	struct person_row p = { .email = view_str(email), .name = view_str(name), .language = VIEW("en") };
	const struct role_row r = { view_str(role), company_id, site_id, apartment_id };
	int64_t id;
	int rc = password_hash(view_str(password), &c->arena, &p.password);

	if (rc == 0)
		rc = person_create(c->db, now, &p, &id);
	return rc == 0 ? role_grant(c->db, now, id, &r) : rc;
}

/* Without echo on a terminal; the first line otherwise. */
static int ask_password(char *ret_text, size_t size)
{
	const bool terminal = isatty(STDIN_FILENO);
	struct termios old, quiet;
	bool got;

	if (terminal && tcgetattr(STDIN_FILENO, &old) == 0) {
		quiet = old;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		fputs("Password: ", stderr);
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	}
	got = fgets(ret_text, (int)size, stdin) != NULL;
	if (terminal) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
		fputs("\n", stderr);
	}
	if (got)
		ret_text[strcspn(ret_text, "\r\n")] = '\0';
	return got ? 0 : -EIO;
}

/* As the one-time link does: the operator of the server who also runs the first company. */
int ctl_administrator(struct ctl *c, const char *email, const char *name, const char *password,
		      int64_t company_id)
{
	const struct role_row operator= { VIEW("operator"), DB_INT_NULL, DB_INT_NULL, DB_INT_NULL };
	struct person_row p;
	int rc = ctl_person(c, email, name, password, "company_admin", company_id, DB_INT_NULL, DB_INT_NULL);

	if (rc == 0)
		rc = person_by_email(c->db, view_str(email), &c->arena, &p);
	return rc == 0 ? role_grant(c->db, clock_wall_ms(clock_system()), p.id, &operator) : rc;
}

static int add_administrator(struct ctl *c, const char *email, const char *name, const char *password)
{
	int64_t company_id;
	int rc = company_first(c->db, &company_id);

	if (rc == -ENOENT)
		rc = company_create(c->db, clock_wall_ms(clock_system()), view_str(name), &company_id);
	return rc == 0 ? ctl_administrator(c, email, name, password, company_id) : rc;
}

static int set_administrator(struct ctl *c, char *email, const char *name, const char *password)
{
	const int64_t now = clock_wall_ms(clock_system());
	DB_TRANSACTION struct db_tx tx = {};
	struct person_row p;
	struct view hash;
	int rc = db_begin(c->db, &tx);

	if (rc == 0)
		rc = person_by_email(c->db, view_str(email), &c->arena, &p);
	if (rc == -ENOENT) {
		rc = add_administrator(c, email, name, password);
	} else if (rc == 0) {
		rc = password_hash(view_str(password), &c->arena, &hash);
		if (rc == 0)
			rc = person_password_set(c->db, now, p.id, hash);
	}
	return rc == 0 ? db_commit(&tx) : rc;
}

static int run_administrator(struct ctl *c, struct err *err)
{
	char password[PASSWORD_MAX + 2] = "";
	const char *fault;
	int rc;

	if (c->argc < 1 || c->argc > 2 || !strchr(c->argv[0], '@'))
		return err_set(err, -EINVAL, "usage: vestibulectl administrator EMAIL [NAME]");
	for (char *p = c->argv[0]; *p; p++) /* e-mail addresses are kept folded */
		*p = *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p;
	if (ask_password(password, sizeof(password)) < 0)
		return err_set(err, -EIO, "no password on standard input");
	if (strlen(password) < PASSWORD_MIN || strlen(password) > PASSWORD_MAX)
		return err_set(err, -EINVAL, "the password needs %d to %d characters", PASSWORD_MIN,
			       PASSWORD_MAX);
	fault = password_fault(view_str(password));
	if (fault)
		return err_set(err, -EINVAL, "the password %s", fault);
	rc = set_administrator(c, c->argv[0], c->argc > 1 ? c->argv[1] : c->argv[0], password);
	sodium_memzero(password, sizeof(password));
	if (rc < 0)
		return err_set(err, rc, "cannot make the administrator: %s", db_error(c->db));
	printf("%s may sign in\n", c->argv[0]);
	return 0;
}

static int run_migrate(struct ctl *c, struct err *err)
{
	struct db *db;
	int rc = db_open(c->db_url, err, &db);

	if (rc < 0)
		return rc;
	rc = migrate_up(db, clock_wall_ms(clock_system()), err);
	db_close(db);
	if (rc == 0)
		printf("schema %lld\n", (long long)migrate_latest());
	return rc;
}

struct line_row {
	struct view line;
};
static const struct db_column line_columns[] = { DB_COLUMN_TEXT(struct line_row, line) };
static const struct db_shape line_shape = DB_SHAPE(struct line_row, line_columns);
static const struct db_stmt sqlite_check = {
	"integrity_check", "SELECT integrity_check AS line FROM pragma_integrity_check", &line_shape
};
static const struct db_stmt sqlite_backup = { "backup", "VACUUM INTO $1" };

static int check_sqlite(struct ctl *c, struct err *err)
{
	struct line_row row;
	int rc = db_prepare(c->db, &sqlite_check, 1, err);

	if (rc == 0)
		rc = db_one(c->db, &sqlite_check, DB_NO_ARGS, &c->arena, &row);
	if (rc < 0)
		return err_set(err, rc, "cannot check: %s", db_error(c->db));
	return view_eq(row.line, VIEW("ok")) ? 0 : err_set(err, -EIO, "the database is damaged: %s", row.line.p);
}

static int run_check(struct ctl *c, struct err *err)
{
	struct secret_key key;
	int rc = db_is_pgsql(c->db) ? 0 : check_sqlite(c, err);

	if (rc == 0)
		rc = ctl_key(c, &key, err);
	if (rc == 0)
		puts("sound");
	return rc;
}

static int run_backup(struct ctl *c, struct err *err)
{
	int rc;

	if (c->argc != 1)
		return err_set(err, -EINVAL, "usage: vestibulectl backup FILE");
	if (db_is_pgsql(c->db))
		return err_set(err, -ENOTSUP, "use pg_dump for a PostgreSQL database");
	if (access(c->argv[0], F_OK) == 0)
		return err_set(err, -EEXIST, "%s exists already", c->argv[0]);
	rc = db_prepare(c->db, &sqlite_backup, 1, err);
	if (rc == 0)
		rc = db_exec(c->db, &sqlite_backup, DB_ARGS(A_TEXT(view_str(c->argv[0]))), NULL);
	if (rc < 0)
		return err_set(err, rc, "cannot copy: %s", db_error(c->db));
	if (chmod(c->argv[0], 0600) < 0)
		return err_set(err, -errno, "cannot protect %s", c->argv[0]);
	printf("%s (keep master.key of the data folder beside it: without it device passwords are lost)\n",
	       c->argv[0]);
	return 0;
}

static const struct command {
	const char *name;
	int (*run)(struct ctl *c, struct err *err);
	bool store; /* needs it open, at this program's schema */
} commands[] = {
	{ "administrator", run_administrator, true },
	{ "migrate", run_migrate, false },
	{ "check", run_check, true },
	{ "backup", run_backup, true },
	{ "demo", ctl_demo, true },
};

static int run(struct ctl *c, const struct command *command, struct err *err)
{
	int rc = 0;

	if (mkdir(c->data, 0700) < 0 && errno != EEXIST)
		return err_set(err, -errno, "cannot make the folder %s: %s", c->data, strerror(errno));
	if (!c->db_url)
		c->db_url = arena_printf(&c->arena, "sqlite:%s/vestibule.db", c->data);
	if (!c->db_url)
		return err_set(err, -ENOMEM, "no memory");
	if (command->store)
		rc = store_open(c->db_url, err, &c->db);
	if (rc == 0)
		rc = command->run(c, err);
	db_close(c->db);
	return rc;
}

/* Leading flags; returns the index of the command. */
static int read_flags(struct ctl *c, int argc, char **argv)
{
	const struct {
		const char *name, **value;
	} flags[] = { { "--data", &c->data }, { "--db", &c->db_url }, { "--realm", &c->realm } };
	int i = 1;

	while (i + 1 < argc && strncmp(argv[i], "--", 2) == 0) {
		bool known = false;

		for (size_t k = 0; k < sizeof(flags) / sizeof(flags[0]); k++) {
			if (strcmp(argv[i], flags[k].name) == 0) {
				*flags[k].value = argv[i + 1];
				known = true;
			}
		}
		if (!known)
			return argc;
		i += 2;
	}
	return i;
}

int main(int argc, char **argv)
{
	struct ctl c = { .data = "data", .realm = "vestibule", .arena = ARENA_INIT(CTL_ARENA_MAX) };
	const int at = read_flags(&c, argc, argv);
	struct err err = {};
	int rc = -EINVAL;

	if (sodium_init() < 0)
		return 1;
	umask(077); /* what is made here is for the server's eyes only */
	c.argc = argc - at - 1;
	c.argv = argv + at + 1;
	for (size_t i = 0; at < argc && i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[at], commands[i].name) == 0) {
			rc = run(&c, &commands[i], &err);
			if (rc < 0)
				fprintf(stderr, "vestibulectl: %s\n", err.text);
			arena_free(&c.arena);
			return rc < 0 ? 1 : 0;
		}
	}
	fputs(usage, stderr);
	return 2;
}
