/* vestibulectl: the operator's command. Works on the database itself, beside a running server or
 * without one. */
#include "ctl.h"

#include "api/key.h"
#include "api/password.h"
#include "api/reply.h"
#include "base/conf.h"
#include "office/mail_text.h"
#include "proto/mail_message.h"
#include "store/account.h"
#include "store/call.h"
#include "store/member.h"
#include "store/migrate.h"
#include "store/site.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <termios.h>
#include <unistd.h>

enum { CTL_ARENA_MAX = 1024 * 1024 };

static bool fits_name(const char *value)
{
	return value[0] != '\0';
}

/* The server's options that matter here: the same names, file and environment. */
static const struct conf_option options[] = {
	{ "data", CONF_TEXT, offsetof(struct ctl, data), "data", .words = "not empty",
	  .doc = "Folder of everything that the server keeps", .fits = fits_name },
	{ "db", CONF_TEXT, offsetof(struct ctl, db_url), NULL,
	  .doc = "Database: sqlite:FILE or postgresql://...; by default a file in the data folder" },
	{ "realm", CONF_TEXT, offsetof(struct ctl, realm), "vestibule", .words = "not empty",
	  .doc = "Realm of SIP passwords", .fits = fits_name },
	{ "public_url", CONF_TEXT, offsetof(struct ctl, public_url), "http://127.0.0.1:8080",
	  .words = "like https://door.example.com", .doc = "What links in mails begin with",
	  .fits = mail_base_fits },
	{ "ticket_mail", CONF_TEXT, offsetof(struct ctl, ticket_mail), NULL,
	  .words = REPLY_BASE_WORDS, .doc = "Where answers to mails of tickets go",
	  .fits = reply_base_fits },
};
static const struct conf_table table = { .prefix = "VESTIBULE",
					 .file_flag = "config",
					 .options = options,
					 .n = sizeof(options) / sizeof(options[0]),
					 .part = true };

int ctl_key(struct ctl *c, struct secret_key *ret_key, struct err *err)
{
	return key_open(c->data, true, ret_key, err);
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
	if (rc == 0 && site_id != DB_INT_NULL)
		rc = member_add(c->db, now, &(struct member_edit){ site_id, id, VIEW(""), VIEW("") });
	if (rc == 0 && apartment_id != DB_INT_NULL)
		rc = resident_add(c->db, now,
				  &(struct home){ company_id, site_id, apartment_id, id });
	return rc == 0 ? role_grant(c->db, now, id, &r) : rc;
}

/* A signal while the terminal is silent: it must echo again before the program ends. */
static volatile sig_atomic_t caught;

static void on_signal(int number)
{
	caught = number;
}

/* Signals come in the wait alone, so that none is missed before it. */
static void signals_hold(sigset_t *ret_before)
{
	const struct sigaction action = { .sa_handler = on_signal };
	sigset_t held;

	sigemptyset(&held);
	sigaddset(&held, SIGINT);
	sigaddset(&held, SIGTERM);
	sigprocmask(SIG_BLOCK, &held, ret_before);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static int read_line(char *ret_text, size_t size)
{
	if (!fgets(ret_text, (int)size, stdin))
		return -EIO;
	ret_text[strcspn(ret_text, "\r\n")] = '\0';
	return 0;
}

static int read_silent(const char *prompt, char *ret_text, size_t size)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	struct termios old, quiet;
	sigset_t before;
	int rc;

	if (tcgetattr(STDIN_FILENO, &old) < 0)
		return -errno;
	signals_hold(&before);
	quiet = old;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet); /* drops what was typed ahead, echoed */
	fputs(prompt, stderr);
	rc = ppoll(&in, 1, NULL, &before) < 0 ? -errno : read_line(ret_text, size);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
	fputs("\n", stderr);
	if (caught)
		_exit(128 + caught);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return rc;
}

/* Twice and without echo on a terminal; the first line otherwise. */
static int ask_password(char *ret_text, size_t size, struct err *err)
{
	char again[PASSWORD_MAX + 2] = "";
	bool same;

	if (!isatty(STDIN_FILENO))
		return read_line(ret_text, size) < 0 ? err_set(err, -EIO, "no password on standard input") : 0;
	if (read_silent("Password: ", ret_text, size) < 0 ||
	    read_silent("Once more: ", again, sizeof(again)) < 0)
		return err_set(err, -EIO, "no password was entered");
	same = strcmp(ret_text, again) == 0;
	sodium_memzero(again, sizeof(again));
	return same ? 0 : err_set(err, -EINVAL, "the two passwords differ");
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

	if (!mail_address_fits(view_str(c->argv[0])))
		return err_set(err, -EINVAL, "\"%s\" is no e-mail address", c->argv[0]);
	for (char *p = c->argv[0]; *p; p++) /* e-mail addresses are kept folded */
		*p = *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p;
	rc = ask_password(password, sizeof(password), err);
	if (rc < 0)
		return rc;
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
		rc = key_open(c->data, false, &key, err);
	if (rc == 0)
		rc = key_check(c->db, &key, err);
	if (rc == 0)
		puts("sound");
	return rc;
}

static int run_backup(struct ctl *c, struct err *err)
{
	int rc;

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
	const char *name, *words;
	int min, max; /* words */
	int (*run)(struct ctl *c, struct err *err);
	bool store; /* needs it open, at this program's schema */
	const char *doc;
	int status; /* of the exit when it fails; 0: EXIT_FAILURE */
} commands[] = {
	{ "administrator", "EMAIL [NAME]", 1, 2, run_administrator, true,
	  "Makes an administrator, or gives one a new password (asked for, or a line of input)" },
	{ "migrate", "", 0, 0, run_migrate, false, "Brings the database to this program's schema" },
	{ "check", "", 0, 0, run_check, true, "Looks whether the database and the master key are sound" },
	{ "backup", "FILE", 1, 1, run_backup, true,
	  "Copies an embedded database, also while the server runs" },
	{ "new-key", "", 0, 0, ctl_new_key, true,
	  "In place of a lost master key: makes a new one, and new SIP passwords for all devices" },
	{ "mails", "[waiting|sent|failed|kept]", 0, 1, ctl_mails, true,
	  "Lists the outbox, newest first, with what kept mail says" },
	{ "reset-second-factor", "EMAIL|NUMBER", 1, 1, ctl_reset_second_factor, true,
	  "Switches two-factor sign-in off for whoever lost phone and recovery codes" },
	{ "export-person", "EMAIL|NUMBER", 1, 1, ctl_export_person, true,
	  "Prints all that is kept about a person, as JSON" },
	{ "erase-person", "EMAIL|NUMBER", 1, 1, ctl_erase_person, true,
	  "Takes away all that tells who a person was; the trail keeps an alias" },
	{ "mail-in", "RECIPIENT", 1, 1, ctl_mail_in, true,
	  "Adds the mail on standard input, an answer, to its ticket: for a mail server's pipe",
	  EX_TEMPFAIL },
	{ "demo", "HTTP-URL SIP-ADDRESS [DOOR-URL]", 2, 3, ctl_demo, true,
	  "Makes the demo building and DATA/demo.json" },
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static int help(void)
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(CONF_FILE_MAX);

	buf_str(&out, "usage: vestibulectl [--config FILE] [--OPTION VALUE]... COMMAND ...\n"
		      "       vestibulectl --help | --version\n\n");
	for (size_t i = 0; i < COMMANDS; i++)
		buf_printf(&out, "  %s %s\n        %s\n", commands[i].name, commands[i].words,
			   commands[i].doc);
	buf_str(&out, "\nOptions, also from the server's file and VESTIBULE_OPTION in the environment:\n");
	conf_help(&table, &out);
	fputs(buf_cstr(&out) ? out.p : "", stdout);
	return 0;
}

/* A misspelt --data must not make a new folder with an empty database. */
static int open_store(struct ctl *c, const struct command *command, struct err *err)
{
	const char *file = strncmp(c->db_url, "sqlite:", 7) == 0 ? c->db_url + 7 : NULL;

	if (!command->store && mkdir(c->data, 0700) < 0 && errno != EEXIST)
		return err_set(err, -errno, "cannot make the folder %s: %s", c->data, strerror(errno));
	if (!command->store)
		return 0;
	if (file && access(file, F_OK) < 0)
		return err_set(err, -ENOENT, "there is no database %s: start the server once, or vestibulectl migrate",
			       file);
	return store_open(c->db_url, err, &c->db);
}

static int run(struct ctl *c, const struct command *command, struct err *err)
{
	int rc;

	c->status = command->status;
	if (c->argc < command->min || c->argc > command->max)
		return err_set(err, -EINVAL, "usage: vestibulectl %s%s%s", command->name,
			       command->words[0] ? " " : "", command->words);
	if (!c->db_url || !c->db_url[0])
		c->db_url = arena_printf(&c->arena, "sqlite:%s/vestibule.db", c->data);
	if (!c->db_url)
		return err_set(err, -ENOMEM, "no memory");
	rc = open_store(c, command, err);
	if (rc == 0)
		rc = command->run(c, err);
	db_close(c->db);
	return rc;
}

/* The index of the command. */
static int flags_end(int argc, char **argv)
{
	int i = 1;

	while (i < argc && strncmp(argv[i], "--", 2) == 0)
		i += strchr(argv[i], '=') ? 1 : 2;
	return i < argc ? i : argc;
}

static int configure(struct ctl *c, int argc, char **argv, struct err *err)
{
	const char *file = conf_file_peek(&table, argc, argv);
	int rc = conf_defaults(&table, c, &c->arena, err);

	if (rc == 0 && file)
		rc = conf_file(&table, c, &c->arena, file, err);
	if (rc == 0)
		rc = conf_environment(&table, c, &c->arena, environ, err);
	return rc == 0 ? conf_flags(&table, c, &c->arena, argc, argv, err) : rc;
}

static int choose(struct ctl *c, int argc, char **argv, struct err *err)
{
	const int at = flags_end(argc, argv);
	const int rc = configure(c, at, argv, err);

	if (rc < 0)
		return rc;
	if (at == argc)
		return err_set(err, -EINVAL, "no command (--help shows all)");
	c->argc = argc - at - 1;
	c->argv = argv + at + 1;
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(argv[at], commands[i].name) == 0)
			return run(c, &commands[i], err);
	}
	return err_set(err, -EINVAL, "there is no command \"%s\" (--help shows all)", argv[at]);
}

int main(int argc, char **argv)
{
	struct ctl c = { .arena = ARENA_INIT(CTL_ARENA_MAX) };
	struct err err = {};
	int rc;

	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return help();
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return puts("vestibulectl " VESTIBULE_VERSION) < 0;
	if (sodium_init() < 0)
		return 1;
	umask(077); /* what is made here is for the server's eyes only */
	rc = choose(&c, argc, argv, &err);
	if (rc < 0)
		fprintf(stderr, "vestibulectl: %s\n", err.text);
	arena_free(&c.arena);
	if (rc < 0)
		return c.status ? c.status : EXIT_FAILURE;
	return 0;
}
