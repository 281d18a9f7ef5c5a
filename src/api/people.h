/* api/people.h - what the resources about people share: how one is shown, who may change whom, and
 * how somebody becomes one of a site's people.
 *
 * Nobody grants a role above his own, nor changes who has one. A person's name, e-mail and language
 * are his own once he has signed in or another place knows him: then a site changes phone and
 * comment only. */
#pragma once
#include "api/person.h"
#include "api/request.h"
#include "store/member.h"

enum { PHONE_MAX = 40, COMMENT_MAX = 500, USERS_AT_ONCE_MAX = 100 };

/* A user as he is typed. p NULL: not said. */
struct user_edit {
	struct view name;
	struct view email;
	struct view phone;
	struct view language;
	struct view comment;
};

/* The fields of an edit that lies at `member` in `type`. */
/* clang-format off */
#define USER_EDIT_FIELDS(type, member)                                                             \
	{ "name", FIELD_TEXT, 0, offsetof(type, member.name), .min = 1, .max = 100 },              \
	{ "email", FIELD_TEXT, FIELD_OPTIONAL | FIELD_NULLABLE, offsetof(type, member.email),      \
	  .max = EMAIL_MAX, .check = people_email_fault,                                           \
	  .doc = "Of a person who has an account: keeps that person's name and language" },        \
	{ "phone", FIELD_TEXT, FIELD_OPTIONAL | FIELD_NULLABLE, offsetof(type, member.phone),      \
	  .max = PHONE_MAX },                                                                      \
	{ "language", FIELD_TEXT, FIELD_OPTIONAL | FIELD_NULLABLE, offsetof(type, member.language), \
	  .min = LANGUAGE_MIN, .max = LANGUAGE_MAX, .check = language_fault,                       \
	  .doc = "Of the portal; the site's unless said" },                                        \
	{ "comment", FIELD_TEXT, FIELD_OPTIONAL | FIELD_NULLABLE, offsetof(type, member.comment),  \
	  .max = COMMENT_MAX }
/* clang-format on */

/* An empty address is none. */
const char *people_email_fault(struct view text);

extern const struct shape user_shape;

struct home_ref {
	int64_t id;
	struct view floor;
	struct view number;
	struct view name;
	bool admin;
};

/* A user as he is shown. */
struct user_view {
	int64_t id;
	struct view name;
	struct view email;
	struct view role;
	struct view phone;
	struct view language;
	struct view comment;
	struct view status;
	bool managed;
	struct shape_list apartments; /* of struct home_ref */
};

/* One per person, in the order of the rows. Who asks as an apartment's admin sees no other
 * apartments, and no comments. */
[[nodiscard]] int people_views(struct request *r, const struct member_row *rows, size_t nrows,
			       struct user_view **ret_views, size_t *ret_n);
/* A page of the list, read with limit + 1 people, and its cursor. */
int people_reply_page(struct request *r, const struct member_row *rows, size_t nrows);
/* To choose a password, which he has not yet. */
bool people_may_invite(const struct user_view *user);
/* Never signed in and known to this site alone: it may name him anew. */
bool people_is_managed(const struct member_row *member);
/* Answers with one of the site's people. */
int people_reply(struct request *r, int64_t person_id);

/* What one is here, for the rules above: the best of the roles that may edit people of this place.
 * ROLE_NONE: none may. */
enum role people_rank(const struct request *r);
/* Who asks is an apartment's admin and nothing more here. */
bool people_by_neighbour(const struct request *r);
/* The role as the site's pages name it may be granted by who asks. */
bool people_may_grant(const struct request *r, struct view role);
/* 0, or ANSWERED: the person has a role here that is above that of who asks. */
int people_check_above(struct request *r, int64_t person_id);

/* Makes the person one of the site's people and *ret_id; who has the e-mail already keeps all that
 * is his own. 0; -EEXIST: is one of the site's people already, and *ret_id says who; ANSWERED. */
int people_join(struct request *r, const struct user_edit *edit, int64_t *ret_id);
/* Changes one of the site's people, as `old` shows him. 0, or ANSWERED. */
int people_edit(struct request *r, const struct member_row *old, const struct user_edit *edit);
/* The mail that lets the person in, or tells of the place. Nothing without an e-mail. */
int people_invite(struct request *r, int64_t person_id);
/* Of the site that the request is about, read once. */
int people_site(struct request *r, struct site_row *ret_site);

/* Texts that were not said become empty. */
struct view people_text(struct view text);
/* Takes away all that the person has in the site of the path; what he knew of passwords is over. */
[[nodiscard]] int people_remove(struct request *r, int64_t person_id);
