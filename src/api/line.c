/* The line of a site to phones outside: the provider's SIP trunk. */
#include "api/request.h"
#include "api/resource.h"
#include "api/secret.h"
#include "store/order.h"

#include <errno.h>

enum { HOST_MAX = 253, USERNAME_MAX = 100, LINE_PASSWORD_MAX = 100, CALLER_MAX = 20 };
#define PORT_DEFAULT 5060

static const char *const transports[] = { "udp", NULL };

struct line_view {
	struct line_row row;
	struct view password;
	bool has_password;
};

/* A name or an address; what else a SIP URI could hold has no place there. */
static const char *host_fault(struct view host)
{
	bool good = host.p[0] != '.' && host.p[0] != '-';

	for (size_t i = 0; i < host.n; i++) {
		const char c = host.p[i];

		good = good && ((c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') ||
				c == '.' || c == '-');
	}
	return good ? NULL : "must be a host's name or IPv4 address, such as sip.example.com.";
}

/* Goes into a header and into quotes. */
static const char *username_fault(struct view name)
{
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] <= ' ' || name.p[i] == '"' || name.p[i] == '\\' || name.p[i] == 127)
			return "must have no spaces, quotes or backslashes.";
	}
	return NULL;
}

/* As the provider wants it: with + or without. */
static const char *caller_fault(struct view caller)
{
	for (size_t i = 0; i < caller.n; i++) {
		if (!(caller.p[i] >= '0' && caller.p[i] <= '9') && !(i == 0 && caller.p[i] == '+'))
			return "must have digits only, and perhaps + before them.";
	}
	return NULL;
}

#define LINE(member) offsetof(struct line_view, member)
#define LINE_FIELDS                                                                                \
	{ "port", FIELD_INT, FIELD_OPTIONAL | FIELD_NULLABLE, LINE(row.port), .min = 1,            \
	  .max = 65535, .doc = "5060 unless said" },                                               \
	{ "transport", FIELD_ENUM, FIELD_OPTIONAL | FIELD_NULLABLE, LINE(row.transport),           \
	  .values = transports },                                                                  \
	{ "username", FIELD_TEXT, FIELD_OPTIONAL, LINE(row.username), .max = USERNAME_MAX,         \
	  .check = username_fault,                                                                 \
	  .doc = "Empty: the provider knows the server by its address" },                          \
	{ "caller", FIELD_TEXT, FIELD_OPTIONAL, LINE(row.caller), .max = CALLER_MAX,               \
	  .check = caller_fault, .doc = "The number that is shown outside; empty: the username" }

static const struct field edit_fields[] = {
	{ "host", FIELD_TEXT, 0, LINE(row.host), .min = 1, .max = HOST_MAX, .check = host_fault,
	  .doc = "The provider's" },
	LINE_FIELDS,
	{ "password", FIELD_TEXT, FIELD_OPTIONAL | FIELD_NULLABLE | FIELD_RAW | FIELD_SECRET,
	  LINE(password), .max = LINE_PASSWORD_MAX, .doc = "Stays what it is unless said" },
};
const struct shape line_edit_shape = SHAPE("LineEdit", struct line_view, edit_fields);

static const struct field line_fields[] = {
	{ "host", FIELD_TEXT, 0, LINE(row.host), .max = HOST_MAX,
	  .doc = "The provider's; empty: the site has no line" },
	LINE_FIELDS,
	{ "has_password", FIELD_BOOL, 0, LINE(has_password) },
};
const struct shape line_shape = SHAPE("Line", struct line_view, line_fields);

static int reply_line(struct request *r)
{
	struct line_view view = {};
	struct view password;
	int rc = line_get(r->db, r->ids[ID_SITE], r->arena, &view.row);

	if (rc == -ENOENT) {
		view.row = (struct line_row){ VIEW(""), PORT_DEFAULT, VIEW("udp"), VIEW(""),
					      (struct view){}, VIEW("") };
		return reply_one(r, &view);
	}
	if (rc == 0)
		rc = secret_open(&r->env->key, view.row.password_sealed, r->arena, &password);
	if (rc < 0 && rc != -EBADMSG) /* the master key was lost, and the password with it */
		return rc;
	view.has_password = rc == 0 && password.n > 0;
	return reply_one(r, &view);
}

int api_line_get(struct request *r)
{
	return reply_line(r);
}

/* The new password, or the old one; a new host does not get it, for it may be anybody's. */
static int seal_password(struct request *r, struct line_view *line)
{
	struct line_row old;
	int rc = line_get(r->db, r->ids[ID_SITE], r->arena, &old);

	if (rc < 0 && rc != -ENOENT)
		return rc;
	if (rc == 0 && !line->password.p && view_ieq(old.host, line->row.host)) {
		line->row.password_sealed = old.password_sealed;
		return 0;
	}
	return secret_seal(&r->env->key, r->env->rand, line->password, r->arena,
			   &line->row.password_sealed);
}

int api_line_put(struct request *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	struct line_view *line = r->body;
	int rc = db_begin(r->db, &tx);

	if (line->row.port == DB_INT_NULL)
		line->row.port = PORT_DEFAULT;
	if (!line->row.transport.p)
		line->row.transport = VIEW("udp");
	if (!line->row.username.p)
		line->row.username = VIEW("");
	if (!line->row.caller.p)
		line->row.caller = VIEW("");
	if (rc == 0)
		rc = seal_password(r, line);
	if (rc == 0)
		rc = line_set(r->db, r->now, r->ids[ID_SITE], &line->row);
	if (rc == 0)
		rc = db_commit(&tx);
	return rc == 0 ? reply_line(r) : rc;
}

int api_line_delete(struct request *r)
{
	DB_TRANSACTION struct db_tx tx = {};
	int rc = db_begin(r->db, &tx);

	if (rc == 0)
		rc = line_delete(r->db, r->now, r->ids[ID_SITE]);
	if (rc == -ENOENT)
		return reply_none(r);
	if (rc == 0)
		rc = db_commit(&tx);
	return rc == 0 ? reply_none(r) : rc;
}
