#include "store/privacy.h"

#include "base/fold.h"
#include "store/account.h"
#include "store/change.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { CELLS_MAX = 8, NEEDLE_MAX = 1024, ARGS = 4 };

/* A row of whichever section. */
struct cells {
	int64_t number[CELLS_MAX];
	struct view text[CELLS_MAX];
};
#define NUMBER(name, at)                                                                           \
	{                                                                                          \
		name, DB_INT, offsetof(struct cells, number[at])                                   \
	}
#define TEXT(name, at)                                                                             \
	{                                                                                          \
		name, DB_TEXT, offsetof(struct cells, text[at])                                    \
	}
#define CELLS(table) DB_SHAPE(struct cells, table)

static const struct db_column account_columns[] = {
	NUMBER("id", 0),         TEXT("email", 0),         TEXT("name", 1),
	TEXT("language", 2),     NUMBER("created_at", 1),  NUMBER("disabled_at", 2),
	NUMBER("consent_at", 3), NUMBER("missed_mail", 4), NUMBER("invited_until", 5),
};
static const struct db_shape account_shape = CELLS(account_columns);
static const struct db_column role_columns[] = {
	TEXT("role", 0),
	TEXT("company", 1),
	TEXT("site", 2),
	TEXT("apartment", 3),
};
static const struct db_shape role_shape = CELLS(role_columns);
static const struct db_column member_columns[] = {
	TEXT("site", 0),
	TEXT("phone", 1),
	TEXT("comment", 2),
	NUMBER("created_at", 0),
};
static const struct db_shape member_shape = CELLS(member_columns);
static const struct db_column home_columns[] = {
	TEXT("site", 0), TEXT("floor", 1),        TEXT("number", 2),
	TEXT("name", 3), NUMBER("created_at", 0),
};
static const struct db_shape home_shape = CELLS(home_columns);
static const struct db_column session_columns[] = {
	NUMBER("created_at", 0), NUMBER("seen_at", 1), NUMBER("expires_at", 2),
	TEXT("address", 0),      TEXT("agent", 1),
};
static const struct db_shape session_shape = CELLS(session_columns);
static const struct db_column link_columns[] = {
	TEXT("purpose", 0),
	TEXT("email", 1),
	NUMBER("created_at", 0),
	NUMBER("expires_at", 1),
};
static const struct db_shape link_shape = CELLS(link_columns);
static const struct db_column factor_columns[] = {
	NUMBER("created_at", 0),
	NUMBER("confirmed_at", 1),
	NUMBER("recovery_codes", 2),
};
static const struct db_shape factor_shape = CELLS(factor_columns);
static const struct db_column passkey_columns[] = {
	TEXT("name", 0),         TEXT("rp_id", 1),     TEXT("transports", 2),
	NUMBER("created_at", 0), NUMBER("used_at", 1), NUMBER("suspect_at", 2),
};
static const struct db_shape passkey_shape = CELLS(passkey_columns);
static const struct db_column quiet_columns[] = {
	NUMBER("days", 0),
	NUMBER("from_minute", 1),
	NUMBER("until_minute", 2),
};
static const struct db_shape quiet_shape = CELLS(quiet_columns);
static const struct db_column push_columns[] = {
	TEXT("site", 0),
	TEXT("device", 1),
	TEXT("language", 2),
	NUMBER("created_at", 0),
};
static const struct db_shape push_shape = CELLS(push_columns);
static const struct db_column ticket_columns[] = {
	NUMBER("id", 0),    TEXT("site", 0),  TEXT("subject", 1),      TEXT("contact", 2),
	TEXT("context", 3), TEXT("state", 4), NUMBER("created_at", 1),
};
static const struct db_shape ticket_shape = CELLS(ticket_columns);
static const struct db_column message_columns[] = {
	NUMBER("at", 0),
	TEXT("site", 0),
	TEXT("text", 1),
};
static const struct db_shape message_shape = CELLS(message_columns);
static const struct db_column mail_columns[] = {
	NUMBER("id", 0),  TEXT("recipient", 0),    TEXT("template", 1),  TEXT("language", 2),
	TEXT("state", 3), NUMBER("created_at", 1), NUMBER("done_at", 2),
};
static const struct db_shape mail_shape = CELLS(mail_columns);
static const struct db_column action_columns[] = {
	NUMBER("at", 0),   TEXT("address", 0), TEXT("verb", 1),
	TEXT("object", 2), TEXT("label", 3),   NUMBER("denied", 1),
};
static const struct db_shape action_shape = CELLS(action_columns);
static const struct db_column mention_columns[] = {
	NUMBER("at", 0),  TEXT("verb", 0),   TEXT("object", 1),
	TEXT("label", 2), TEXT("before", 3), TEXT("after", 4),
};
static const struct db_shape mention_shape = CELLS(mention_columns);
static const struct db_column call_columns[] = {
	NUMBER("id", 0),         TEXT("site", 0),
	TEXT("from_name", 1),    TEXT("answered_by_name", 2),
	NUMBER("started_at", 1), NUMBER("answered_at", 2),
	NUMBER("ended_at", 3),   NUMBER("picture_at", 4),
};
static const struct db_shape call_shape = CELLS(call_columns);

static const struct db_column app_columns[] = {
	TEXT("site", 0),         TEXT("name", 1),        NUMBER("id", 0),
	NUMBER("created_at", 1), NUMBER("online_at", 2),
};
static const struct db_shape app_shape = CELLS(app_columns);
static const struct db_column app_session_columns[] = {
	TEXT("device", 0),       NUMBER("created_at", 0), NUMBER("seen_at", 1),
	NUMBER("expires_at", 2), TEXT("address", 1),      TEXT("agent", 2),
};
static const struct db_shape app_session_shape = CELLS(app_session_columns);

static const struct db_column place_columns[] = {
	DB_COLUMN_TEXT(struct privacy_place_row, role),
	DB_COLUMN_INT(struct privacy_place_row, company_id),
	DB_COLUMN_INT(struct privacy_place_row, site_id),
};
static const struct db_shape place_shape = DB_SHAPE(struct privacy_place_row, place_columns);
static const struct db_column count_columns[] = {
	DB_COLUMN_INT(struct privacy_count_row, roles),
	DB_COLUMN_INT(struct privacy_count_row, memberships),
	DB_COLUMN_INT(struct privacy_count_row, apartments),
	DB_COLUMN_INT(struct privacy_count_row, sessions),
	DB_COLUMN_INT(struct privacy_count_row, mails),
	DB_COLUMN_INT(struct privacy_count_row, entries),
};
static const struct db_shape count_shape = DB_SHAPE(struct privacy_count_row, count_columns);
static const struct db_column name_columns[] = { TEXT("name", 0) };
static const struct db_shape name_shape = CELLS(name_columns);

/* $1 the person, $2 the company and $3 the site of the scope, $4 how many rows; ACCOUNT: $1. */
#define IN_COMPANY(column) " AND (CAST($2 AS BIGINT) IS NULL OR " column " = $2)"
#define IN_SITE(column)    " AND (CAST($3 AS BIGINT) IS NULL OR " column " = $3)"
#define OF_COMPANIES                                                                               \
	" company_id IN (SELECT company_id FROM person_role WHERE person_id = $1"                  \
	" UNION SELECT s.company_id FROM member m JOIN site s ON s.id = m.site_id"                 \
	" WHERE m.person_id = $1)"

enum {
	ACCOUNT,
	ROLES,
	MEMBERSHIPS,
	APARTMENTS,
	SESSIONS,
	LINKS,
	FACTOR,
	PASSKEYS,
	QUIET,
	PUSHES,
	MAILS,
	ACTIONS,
	MENTIONS,
	TICKETS,
	MESSAGES,
	CALLS,
	APPS,
	APP_SESSIONS,
	SECTIONS,
	PLACES = SECTIONS,
	LAST_ADMIN,
	COUNT,
	TRAIL_NAMED,
	TRAIL_LABELLED,
	TRAIL_MAILED,
	TRAIL_DONE,
	TRAIL_ABOUT,
	ERASE_PERSON,
	ERASE_ROLES,
	ERASE_MEMBERSHIPS,
	ERASE_PICTURES_TOLD,
	ERASE_PICTURES,
	ERASE_APPS,
	ERASE_APP_SESSIONS,
	ERASE_LINKS,
	ERASE_FACTOR,
	ERASE_CODES,
	ERASE_PASSKEYS,
	ERASE_QUIET,
	ERASE_PUSHES,
	ERASE_TICKETS,
	ERASE_MESSAGES,
	ERASE_MAILS,
	ERASE_REGISTRATIONS,
	ERASE_IMPORTED,
};

static const struct db_stmt stmts[] = {
	[ACCOUNT] = { "privacy_account",
		      "SELECT id, email, name, language, created_at, disabled_at, consent_at,"
		      " missed_mail, invited_until FROM person"
		      " WHERE id = $1",
		      &account_shape },
	[ROLES] = { "privacy_roles",
		    "SELECT r.role, c.name AS company, s.name AS site, a.number AS apartment"
		    " FROM person_role r LEFT JOIN company c ON c.id = r.company_id"
		    " LEFT JOIN site s ON s.id = r.site_id"
		    " LEFT JOIN apartment a ON a.id = r.apartment_id"
		    " WHERE r.person_id = $1" IN_COMPANY("r.company_id")
			    IN_SITE("r.site_id") " ORDER BY r.id LIMIT $4",
		    &role_shape },
	[MEMBERSHIPS] = { "privacy_memberships",
			  "SELECT s.name AS site, m.phone, m.comment, m.created_at FROM member m"
			  " JOIN site s ON s.id = m.site_id WHERE m.person_id = $1" IN_COMPANY(
				  "s.company_id") IN_SITE("m.site_id") " ORDER BY s.id LIMIT $4",
			  &member_shape },
	[APARTMENTS] = { "privacy_apartments",
			 "SELECT s.name AS site, a.floor, a.number, a.name, r.created_at"
			 " FROM resident r JOIN apartment a ON a.id = r.apartment_id"
			 " JOIN site s ON s.id = r.site_id WHERE r.person_id = $1" IN_COMPANY(
				 "s.company_id")
				 IN_SITE("r.site_id") " ORDER BY s.id, a.id LIMIT $4",
			 &home_shape },
	[SESSIONS] = { "privacy_sessions",
		       "SELECT created_at, seen_at, expires_at, address, agent FROM session"
		       " WHERE person_id = $1 AND CAST($2 AS BIGINT) IS NULL"
		       " AND CAST($3 AS BIGINT) IS NULL ORDER BY created_at LIMIT $4",
		       &session_shape },
	[LINKS] = { "privacy_links",
		    "SELECT purpose, email, created_at, expires_at FROM account_token"
		    " WHERE person_id = $1 AND CAST($2 AS BIGINT) IS NULL"
		    " AND CAST($3 AS BIGINT) IS NULL ORDER BY created_at LIMIT $4",
		    &link_shape },
	[FACTOR] = { "privacy_factor",
		     "SELECT t.created_at, t.confirmed_at, (SELECT COUNT(*) FROM recovery_code c"
		     " WHERE c.person_id = p.id) AS recovery_codes FROM person p"
		     " LEFT JOIN totp t ON t.person_id = p.id WHERE p.id = $1"
		     " AND (t.person_id IS NOT NULL"
		     " OR EXISTS (SELECT 1 FROM recovery_code c WHERE c.person_id = p.id))"
		     " AND CAST($2 AS BIGINT) IS NULL AND CAST($3 AS BIGINT) IS NULL LIMIT $4",
		     &factor_shape },
	[PASSKEYS] = { "privacy_passkeys",
		       "SELECT name, rp_id, transports, created_at, used_at, suspect_at FROM "
		       "passkey"
		       " WHERE person_id = $1 AND CAST($2 AS BIGINT) IS NULL"
		       " AND CAST($3 AS BIGINT) IS NULL ORDER BY id LIMIT $4",
		       &passkey_shape },
	[QUIET] = { "privacy_quiet",
		    "SELECT days, from_minute, until_minute FROM quiet WHERE person_id = $1"
		    " AND CAST($2 AS BIGINT) IS NULL AND CAST($3 AS BIGINT) IS NULL"
		    " ORDER BY position LIMIT $4",
		    &quiet_shape },
	[PUSHES] = { "privacy_pushes",
		     "SELECT s.name AS site, d.name AS device, u.language, u.created_at"
		     " FROM push_subscription u JOIN site s ON s.id = u.site_id"
		     " JOIN device d ON d.site_id = u.site_id AND d.number = u.device"
		     " WHERE u.person_id = $1" IN_COMPANY("s.company_id")
			     IN_SITE("u.site_id") " ORDER BY u.id LIMIT $4",
		     &push_shape },
	[MAILS] = { "privacy_mails",
		    "SELECT id, recipient, template, language, state, created_at, done_at FROM mail"
		    " WHERE person_id = $1" IN_COMPANY("company_id")
			    IN_SITE("site_id") " ORDER BY id DESC LIMIT $4",
		    &mail_shape },
	[ACTIONS] = { "privacy_actions",
		      "SELECT at, address, verb, object, label, denied FROM audit"
		      " WHERE person_id = $1" IN_COMPANY("company_id")
			      IN_SITE("site_id") " ORDER BY at DESC LIMIT $4",
		      &action_shape },
	[MENTIONS] = { "privacy_mentions",
		       "SELECT at, verb, object, label, before, after FROM audit"
		       " WHERE subject_id = $1" IN_COMPANY("company_id")
			       IN_SITE("site_id") " ORDER BY id DESC LIMIT $4",
		       &mention_shape },
	[TICKETS] = { "privacy_tickets",
		      "SELECT t.id, s.name AS site, t.subject, t.contact, t.context, t.state,"
		      " t.created_at FROM ticket t JOIN site s ON s.id = t.site_id"
		      " WHERE t.person_id = $1" IN_COMPANY("s.company_id")
			      IN_SITE("t.site_id") " ORDER BY t.id DESC LIMIT $4",
		      &ticket_shape },
	[MESSAGES] = { "privacy_messages",
		       "SELECT m.at, s.name AS site, m.text FROM ticket_message m"
		       " JOIN site s ON s.id = m.site_id WHERE m.person_id = $1" IN_COMPANY(
			       "s.company_id") IN_SITE("m.site_id") " ORDER BY m.id DESC LIMIT $4",
		       &message_shape },
	[CALLS] = { "privacy_calls",
		    "SELECT c.id, s.name AS site, c.from_name, c.answered_by_name, c.started_at,"
		    " c.answered_at, c.ended_at, c.picture_at FROM resident r"
		    " JOIN device d ON d.site_id = r.site_id AND d.apartment_id = r.apartment_id"
		    " JOIN call c ON c.site_id = d.site_id AND c.answered_by = d.number"
		    " JOIN site s ON s.id = r.site_id WHERE r.person_id = $1" IN_COMPANY(
			    "s.company_id")
			    IN_SITE("r.site_id") " ORDER BY c.started_at DESC LIMIT $4",
		    &call_shape },
	[APPS] = { "privacy_apps",
		   "SELECT s.name AS site, d.name, d.number AS id, d.created_at,"
		   " d.app_online_at AS online_at FROM device d JOIN site s ON s.id = d.site_id"
		   " WHERE d.person_id = $1" IN_COMPANY("s.company_id")
			   IN_SITE("d.site_id") " ORDER BY d.number LIMIT $4",
		   &app_shape },
	/* Where the passwords of a person's apps were given; as its sessions, not a site's. */
	[APP_SESSIONS] = { "privacy_app_sessions",
			   "SELECT d.name AS device, a.created_at, a.seen_at, a.expires_at,"
			   " a.address, a.agent FROM device d"
			   " JOIN app_session a ON a.site_id = d.site_id AND a.device = d.number"
			   " WHERE d.person_id = $1 AND CAST($2 AS BIGINT) IS NULL"
			   " AND CAST($3 AS BIGINT) IS NULL ORDER BY a.created_at LIMIT $4",
			   &app_session_shape },
	[PLACES] = { "privacy_places",
		     "SELECT role, company_id, site_id FROM person_role WHERE person_id = $1"
		     " UNION ALL SELECT NULL, s.company_id, m.site_id FROM member m"
		     " JOIN site s ON s.id = m.site_id WHERE m.person_id = $1 LIMIT $2",
		     &place_shape },
	[LAST_ADMIN] = { "privacy_last_admin",
			 "SELECT c.name FROM person_role r JOIN company c ON c.id = r.company_id"
			 " WHERE r.person_id = $1 AND r.role = 'company_admin' AND NOT EXISTS"
			 " (SELECT 1 FROM person_role o JOIN person p ON p.id = o.person_id"
			 " WHERE o.company_id = r.company_id AND o.role = 'company_admin'"
			 " AND o.person_id <> $1 AND p.disabled_at IS NULL) ORDER BY c.id LIMIT 1",
			 &name_shape },
	[COUNT] = { "privacy_count",
		    "SELECT (SELECT COUNT(*) FROM person_role WHERE person_id = $1) AS roles,"
		    " (SELECT COUNT(*) FROM member WHERE person_id = $1) AS memberships,"
		    " (SELECT COUNT(*) FROM resident WHERE person_id = $1) AS apartments,"
		    " (SELECT COUNT(*) FROM session WHERE person_id = $1) AS sessions,"
		    " (SELECT COUNT(*) FROM mail WHERE person_id = $1) AS mails,"
		    " (SELECT COUNT(*) FROM audit WHERE person_id = $1 OR subject_id = $1) AS "
		    "entries",
		    &count_shape },
	/* What others' entries say of the person: $2 as JSON has it becomes $3; $4 finds the rows.
	 * Entries about somebody else are a namesake's. */
	[TRAIL_NAMED] = { "privacy_trail_named",
			  "UPDATE audit SET before = replace(before, $2, $3),"
			  " after = replace(after, $2, $3) WHERE" OF_COMPANIES
			  " AND subject_id IS NULL AND (before LIKE $4 ESCAPE '\\'"
			  " OR after LIKE $4 ESCAPE '\\')" },
	[TRAIL_LABELLED] = { "privacy_trail_labelled",
			     "UPDATE audit SET label = $3, search = $4 WHERE" OF_COMPANIES
			     " AND subject_id IS NULL AND label = $2" },
	[TRAIL_MAILED] = { "privacy_trail_mailed",
			   "UPDATE audit SET before = replace(before, $1, $2),"
			   " after = replace(after, $1, $2), label = replace(label, $1, $2)"
			   " WHERE before LIKE $3 ESCAPE '\\' OR after LIKE $3 ESCAPE '\\'"
			   " OR label LIKE $3 ESCAPE '\\'" },
	[TRAIL_DONE] = { "privacy_trail_done",
			 "UPDATE audit SET person_name = $2, address = '',"
			 " search = replace(replace(search, $4, $3), address, '')"
			 " WHERE person_id = $1" },
	[TRAIL_ABOUT] = { "privacy_trail_about",
			  "UPDATE audit SET label = $2, before = NULL, after = NULL, search = $3"
			  " WHERE subject_id = $1" },
	[ERASE_PERSON] = { "privacy_erase_person",
			   "UPDATE person SET name = $2, email = NULL, password = NULL,"
			   " consent_at = NULL, codes_kept_at = NULL,"
			   " disabled_at = COALESCE(disabled_at, $3) WHERE id = $1" },
	[ERASE_ROLES] = { "privacy_erase_roles", "DELETE FROM person_role WHERE person_id = $1" },
	[ERASE_MEMBERSHIPS] = { "privacy_erase_memberships",
				"DELETE FROM member WHERE person_id = $1" },
	/* Who stood at the person's door, as the person's apps saw it. */
	[ERASE_PICTURES_TOLD] = { "privacy_erase_pictures_told",
				  "UPDATE call SET picture_at = NULL WHERE (site_id, id) IN"
				  " (SELECT c.site_id, c.call_id FROM device d JOIN call_picture c"
				  " ON c.device = d.number WHERE d.person_id = $1)" },
	[ERASE_PICTURES] = { "privacy_erase_pictures",
			     "DELETE FROM call_picture WHERE device IN"
			     " (SELECT number FROM device WHERE person_id = $1)" },
	[ERASE_APPS] = { "privacy_erase_apps",
			 "UPDATE device SET person_id = NULL WHERE person_id = $1" },
	[ERASE_APP_SESSIONS] = { "privacy_erase_app_sessions",
				 "DELETE FROM app_session WHERE (site_id, device) IN"
				 " (SELECT site_id, number FROM device WHERE person_id = $1)" },
	[ERASE_LINKS] = { "privacy_erase_links", "DELETE FROM account_token WHERE person_id = $1" },
	[ERASE_FACTOR] = { "privacy_erase_factor", "DELETE FROM totp WHERE person_id = $1" },
	[ERASE_CODES] = { "privacy_erase_codes", "DELETE FROM recovery_code WHERE person_id = $1" },
	[ERASE_PASSKEYS] = { "privacy_erase_passkeys", "DELETE FROM passkey WHERE person_id = $1" },
	[ERASE_QUIET] = { "privacy_erase_quiet", "DELETE FROM quiet WHERE person_id = $1" },
	[ERASE_PUSHES] = { "privacy_erase_pushes",
			   "DELETE FROM push_subscription WHERE person_id = $1" },
	[ERASE_REGISTRATIONS] = { "privacy_erase_registrations",
				  "DELETE FROM registration WHERE email = $1" },
	/* What was said about the building stays with it; who said it, and how to reach whom, goes.
	 */
	[ERASE_IMPORTED] = { "privacy_erase_imported",
			     "UPDATE import_line SET first_name = '', surname = '', email = '',"
			     " comment = '', account = '' WHERE person_id = $1 OR account = $2" },
	[ERASE_TICKETS] = { "privacy_erase_tickets",
			    "UPDATE ticket SET person_name = $2, contact = '', context = '{}'"
			    " WHERE person_id = $1" },
	[ERASE_MESSAGES] = { "privacy_erase_messages",
			     "UPDATE ticket_message SET person_name = $2, text = "
			     "replace(replace(text,"
			     " $3, $2), COALESCE(CAST($4 AS TEXT), ''), '') WHERE person_id = $1" },
	[ERASE_MAILS] = { "privacy_erase_mails",
			  "DELETE FROM mail WHERE person_id = $1 OR recipient = $2" },
};

static const char *const section_names[SECTIONS] = {
	[ACCOUNT] = "account",
	[ROLES] = "roles",
	[MEMBERSHIPS] = "memberships",
	[APARTMENTS] = "apartments",
	[SESSIONS] = "sessions",
	[LINKS] = "links",
	[FACTOR] = "second_factor",
	[MAILS] = "mails",
	[ACTIONS] = "actions",
	[MENTIONS] = "mentions",
	[TICKETS] = "tickets",
	[MESSAGES] = "messages",
	[CALLS] = "calls",
	[PASSKEYS] = "passkeys",
	[APPS] = "apps",
	[APP_SESSIONS] = "app_sessions",
	[QUIET] = "quiet_times",
	[PUSHES] = "notices",
};

int privacy_prepare(struct db *db, struct err *err)
{
	return db_prepare(db, stmts, sizeof(stmts) / sizeof(stmts[0]), err);
}

void privacy_alias(int64_t person_id, char ret_alias[PRIVACY_ALIAS_SIZE])
{
	snprintf(ret_alias, PRIVACY_ALIAS_SIZE, "Erased person %" PRId64, person_id);
}

/* ---- handing over ---- */

static void cell_print(const struct db_column *column, const struct cells *row, struct json *j)
{
	const void *at = (const char *)row + column->offset;

	json_key(j, column->name);
	if (column->type == DB_TEXT) {
		const struct view *text = at;
		text->p ? json_view(j, *text) : json_nil(j);
		return;
	}
	const int64_t number = *(const int64_t *)at;
	if (number == DB_INT_NULL)
		json_nil(j);
	else if (strcmp(column->name, "id") == 0)
		json_id(j, number);
	else
		json_int(j, number);
}

static int section_print(struct db *db, size_t section, const struct db_arg *args, struct json *j,
			 bool *ret_cut)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(PRIVACY_ARENA_MAX);
	const struct db_shape *shape = stmts[section].shape;
	struct cells *rows;
	size_t n;
	const int rc = db_select(db, &stmts[section], args, section == ACCOUNT ? 1 : ARGS, &arena,
				 &rows, &n);

	if (rc < 0)
		return rc;
	if (section == ACCOUNT && n == 0)
		return -ENOENT;
	*ret_cut = n > PRIVACY_ROWS_MAX;
	json_key(j, section_names[section]);
	json_list_open(j);
	for (size_t i = 0; i < n && i < PRIVACY_ROWS_MAX; i++) {
		json_open(j);
		for (size_t k = 0; k < shape->ncolumns; k++)
			cell_print(&shape->columns[k], &rows[i], j);
		json_close(j);
	}
	json_list_close(j);
	return 0;
}

int privacy_export(struct db *db, int64_t person_id, struct privacy_scope scope, struct json *j)
{
	const struct db_arg args[ARGS] = { A_INT(person_id), A_INT_OR_NULL(scope.company_id),
					   A_INT_OR_NULL(scope.site_id),
					   A_INT(PRIVACY_ROWS_MAX + 1) };
	bool cut[SECTIONS] = {};
	int rc = 0;

	json_open(j);
	for (size_t i = 0; i < SECTIONS && rc == 0; i++)
		rc = section_print(db, i, args, j, &cut[i]);
	json_key(j, "cut");
	json_list_open(j);
	for (size_t i = 0; i < SECTIONS; i++)
		if (cut[i])
			json_str(j, section_names[i]);
	json_list_close(j);
	json_close(j);
	return rc;
}

int privacy_places(struct db *db, int64_t person_id, struct arena *arena,
		   struct privacy_place_row **ret_places, size_t *ret_n)
{
	return db_select(db, &stmts[PLACES], DB_ARGS(A_INT(person_id), A_INT(PRIVACY_PLACES_MAX)),
			 arena, ret_places, ret_n);
}

/* ---- taking away ---- */

int privacy_last_admin(struct db *db, int64_t person_id, struct arena *arena,
		       struct view *ret_company)
{
	struct cells row;
	const int rc = db_one(db, &stmts[LAST_ADMIN], DB_ARGS(A_INT(person_id)), arena, &row);

	if (rc == 0)
		*ret_company = row.text[0];
	return rc;
}

int privacy_count(struct db *db, int64_t person_id, struct privacy_count_row *ret_counts)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1024);

	return db_one(db, &stmts[COUNT], DB_ARGS(A_INT(person_id)), &arena, ret_counts);
}

/* A pattern for LIKE that finds the text wherever it stands. */
static void like_add(struct buf *out, struct view text)
{
	buf_chr(out, '%');
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '%' || text.p[i] == '_' || text.p[i] == '\\')
			buf_chr(out, '\\');
		buf_chr(out, text.p[i]);
	}
	buf_chr(out, '%');
}

static void quoted_add(struct buf *out, struct view text)
{
	struct json j = JSON_TO(out);

	json_view(&j, text);
}

/* Exactly the name as a value of JSON: within a longer text it may be another's. */
static int trail_named(struct db *db, int64_t id, struct view name, struct view alias)
{
	CLEANUP(buf_free) struct buf needle = BUF_INIT(NEEDLE_MAX);
	CLEANUP(buf_free) struct buf instead = BUF_INIT(NEEDLE_MAX);
	CLEANUP(buf_free) struct buf like = BUF_INIT(2 * NEEDLE_MAX);

	quoted_add(&needle, name);
	quoted_add(&instead, alias);
	like_add(&like, buf_view(&needle));
	if (needle.err < 0 || instead.err < 0 || like.err < 0)
		return -ENOMEM;
	return db_exec(db, &stmts[TRAIL_NAMED],
		       DB_ARGS(A_INT(id), A_TEXT(buf_view(&needle)), A_TEXT(buf_view(&instead)),
			       A_TEXT(buf_view(&like))),
		       NULL);
}

static int trail_mailed(struct db *db, struct view email)
{
	CLEANUP(buf_free) struct buf like = BUF_INIT(2 * NEEDLE_MAX);

	if (!email.p)
		return 0;
	like_add(&like, email);
	if (like.err < 0)
		return like.err;
	return db_exec(db, &stmts[TRAIL_MAILED],
		       DB_ARGS(A_TEXT(email), A_TEXT(VIEW("erased")), A_TEXT(buf_view(&like))),
		       NULL);
}

static int trail_erase(struct db *db, const struct person_row *person, struct view alias)
{
	CLEANUP(buf_free) struct buf folded = BUF_INIT(NEEDLE_MAX);
	CLEANUP(buf_free) struct buf folded_alias = BUF_INIT(NEEDLE_MAX);
	const struct db_arg id = A_INT(person->id);
	int rc;

	fold_add(&folded, person->name);
	fold_add(&folded_alias, alias);
	if (folded.err < 0 || folded_alias.err < 0)
		return -ENOMEM;
	rc = trail_named(db, person->id, person->name, alias);
	if (rc == 0)
		rc = db_exec(db, &stmts[TRAIL_LABELLED],
			     DB_ARGS(id, A_TEXT(person->name), A_TEXT(alias),
				     A_TEXT(buf_view(&folded_alias))),
			     NULL);
	if (rc == 0)
		rc = trail_mailed(db, person->email);
	if (rc == 0)
		rc = db_exec(db, &stmts[TRAIL_ABOUT],
			     DB_ARGS(id, A_TEXT(alias), A_TEXT(buf_view(&folded_alias))), NULL);
	if (rc == 0)
		rc = db_exec(db, &stmts[TRAIL_DONE],
			     DB_ARGS(id, A_TEXT(alias), A_TEXT(buf_view(&folded_alias)),
				     A_TEXT(buf_view(&folded))),
			     NULL);
	return rc;
}

static int rows_erase(struct db *db, int64_t now_ms, const struct person_row *person,
		      struct view alias)
{
	static const int own[] = { ERASE_ROLES,   ERASE_MEMBERSHIPS,   ERASE_LINKS,
				   ERASE_FACTOR,  ERASE_CODES,         ERASE_PASSKEYS,
				   ERASE_QUIET,   ERASE_PICTURES_TOLD, ERASE_PICTURES,
				   ERASE_APP_SESSIONS, ERASE_APPS,     ERASE_PUSHES };
	const struct db_arg id = A_INT(person->id);
	int rc = db_exec(db, &stmts[ERASE_MAILS], DB_ARGS(id, A_TEXT(person->email)), NULL);

	if (rc == 0)
		rc = db_exec(db, &stmts[ERASE_IMPORTED], DB_ARGS(id, A_TEXT(person->email)), NULL);
	if (rc == 0)
		rc = session_delete_all(db, now_ms, person->id, 0);
	for (size_t i = 0; rc == 0 && i < sizeof(own) / sizeof(own[0]); i++)
		rc = db_exec(db, &stmts[own[i]], DB_ARGS(id), NULL);
	if (rc == 0)
		rc = db_exec(db, &stmts[ERASE_TICKETS], DB_ARGS(id, A_TEXT(alias)), NULL);
	if (rc == 0)
		rc = db_exec(
			db, &stmts[ERASE_MESSAGES],
			DB_ARGS(id, A_TEXT(alias), A_TEXT(person->name), A_TEXT(person->email)),
			NULL);
	if (rc == 0)
		rc = db_exec(db, &stmts[ERASE_REGISTRATIONS], DB_ARGS(A_TEXT(person->email)), NULL);
	if (rc == 0)
		rc = db_exec(db, &stmts[ERASE_PERSON], DB_ARGS(id, A_TEXT(alias), A_INT(now_ms)),
			     NULL);
	return rc;
}

int privacy_erase(struct db *db, int64_t now_ms, int64_t person_id)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(16384);
	char alias[PRIVACY_ALIAS_SIZE];
	struct person_row person;
	int rc = person_get(db, person_id, &arena, &person);

	privacy_alias(person_id, alias);
	if (rc == 0)
		rc = trail_erase(db, &person, view_str(alias)); /* while it is known where it was */
	if (rc == 0)
		rc = rows_erase(db, now_ms, &person, view_str(alias));
	return rc == 0 ? change_append(db, now_ms, DB_INT_NULL, VIEW("person"), person_id) : rc;
}
