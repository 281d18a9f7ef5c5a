#include "api/device.h"
#include "api/request.h"
#include "api/resource.h"
#include "device/local.h"
#include "store/device.h"

#include <errno.h>

enum { CODECS_MAX = 8 };

struct codec_view {
	struct view kind;
	struct view name;
};

struct dial_view {
	int64_t device;
	struct view name;
	int64_t after_s;
	struct view via;
	struct view uri;
	struct view fault;
};

struct local_button_view {
	int64_t button;
	struct view label;
	struct view uri;
	struct shape_list destinations; /* of dial_view */
};

struct local_view {
	int64_t sip_user;
	struct view registrar;
	bool direct;
	struct view dtmf;
	struct shape_list codecs;
	struct shape_list buttons;
};

static const char *const kinds[] = { "audio", "video", NULL };
static const char *const ways[] = { "server", "direct", NULL };
static const char *const faults[] = { "not_registered", "outside", "line", NULL };

static const struct field codec_fields[] = {
	{ "kind", FIELD_ENUM, 0, offsetof(struct codec_view, kind), .values = kinds },
	{ "name", FIELD_TEXT, 0, offsetof(struct codec_view, name) },
};
static const struct shape codec_shape = SHAPE("LocalCodec", struct codec_view, codec_fields);

static const struct field dial_fields[] = {
	{ "device", FIELD_ID, 0, offsetof(struct dial_view, device) },
	{ "name", FIELD_TEXT, 0, offsetof(struct dial_view, name) },
	{ "after_s", FIELD_INT, 0, offsetof(struct dial_view, after_s), .max = BUTTON_AFTER_MAX_S },
	{ "via", FIELD_ENUM, 0, offsetof(struct dial_view, via), .values = ways },
	{ "uri", FIELD_TEXT, FIELD_NULLABLE, offsetof(struct dial_view, uri),
	  .doc = "What the intercom dials; null: the button's own uri rings it" },
	{ "fault", FIELD_ENUM, FIELD_NULLABLE, offsetof(struct dial_view, fault), .values = faults,
	  .doc = "Why one in local mode is called through the server all the same" },
};
static const struct shape dial_shape = SHAPE("LocalDestination", struct dial_view, dial_fields);

static const struct field local_button_fields[] = {
	{ "button", FIELD_INT, 0, offsetof(struct local_button_view, button), .min = 1,
	  .max = BUTTONS_MAX },
	{ "label", FIELD_TEXT, 0, offsetof(struct local_button_view, label) },
	{ "uri", FIELD_TEXT, FIELD_NULLABLE, offsetof(struct local_button_view, uri),
	  .doc = "What the button dials as a whole; null: each destination at its time" },
	{ "destinations", FIELD_OBJECTS, 0, offsetof(struct local_button_view, destinations),
	  .max = BUTTON_DESTINATIONS_MAX, .of = &dial_shape },
};
static const struct shape local_button_shape =
	SHAPE("LocalButton", struct local_button_view, local_button_fields);

static const struct field local_fields[] = {
	{ "sip_user", FIELD_ID, 0, offsetof(struct local_view, sip_user) },
	{ "registrar", FIELD_TEXT, 0, offsetof(struct local_view, registrar),
	  .doc = "It stays registered here: for all that is not dialled directly, and its status" },
	{ "direct", FIELD_BOOL, 0, offsetof(struct local_view, direct),
	  .doc = "Whether it must make calls without a registrar, too" },
	{ "dtmf", FIELD_TEXT, 0, offsetof(struct local_view, dtmf) },
	{ "codecs", FIELD_OBJECTS, 0, offsetof(struct local_view, codecs), .max = CODECS_MAX,
	  .of = &codec_shape },
	{ "buttons", FIELD_OBJECTS, 0, offsetof(struct local_view, buttons), .max = BUTTONS_MAX,
	  .of = &local_button_shape },
};
const struct shape local_shape = SHAPE("LocalSettings", struct local_view, local_fields);

/* What every phone of this field can do: with one of its own network nobody translates. */
static const struct codec_view codecs[] = {
	{ VIEW("audio"), VIEW("PCMU/8000") },
	{ VIEW("audio"), VIEW("PCMA/8000") },
	{ VIEW("video"), VIEW("H264/90000") },
};

static struct view fault_word(enum local_fault fault)
{
	return fault == LOCAL_FINE ? (struct view){} : view_str(faults[fault - 1]);
}

/* Peers are those of one button. */
static int fill_button(struct request *r, const struct button_peer_row *rows, size_t n,
		       struct local_button_view *view)
{
	struct local_peer *peers = arena_alloc(r->arena, (n + 1) * sizeof(*peers));
	struct dial_view *dials = arena_alloc(r->arena, (n + 1) * sizeof(*dials));
	struct local_button made;
	int rc;

	if (!peers || !dials)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		peers[i] = (struct local_peer){ rows[i].device,
						view_eq(rows[i].connection, VIEW("local")),
						rows[i].line.p, rows[i].contact,
						rows[i].transport };
	rc = local_button(view->button, peers, n, view_str(r->env->registrar), r->arena, &made);
	for (size_t i = 0; rc == 0 && i < n; i++)
		dials[i] = (struct dial_view){ rows[i].device,
					       rows[i].name,
					       rows[i].after_s,
					       view_str(ways[made.dials[i].direct]),
					       made.dials[i].uri,
					       fault_word(made.dials[i].fault) };
	if (rc == 0) {
		view->uri = made.uri;
		view->destinations = (struct shape_list){ dials, n };
	}
	return rc;
}

/* Both come by button. */
static int fill_buttons(struct request *r, struct local_view *view)
{
	struct local_button_view *views;
	struct button_peer_row *peers;
	struct button_row *rows;
	size_t n, npeers, part;
	int rc = button_list(r->db, r->ids[ID_SITE], r->ids[ID_OBJECT], r->arena, &rows, &n);

	if (rc == 0)
		rc = button_peers(r->db, r->ids[ID_SITE], r->ids[ID_OBJECT], r->now, r->arena, &peers,
				  &npeers);
	if (rc < 0)
		return rc;
	views = arena_alloc(r->arena, (n + 1) * sizeof(*views));
	if (!views)
		return -ENOMEM;
	for (size_t i = 0; rc == 0 && i < n; i++, peers += part, npeers -= part) {
		views[i] = (struct local_button_view){ .button = rows[i].button,
						       .label = rows[i].label };
		for (part = 0; part < npeers && peers[part].button == rows[i].button;)
			part++;
		rc = fill_button(r, peers, part, &views[i]);
		view->direct = view->direct || !views[i].uri.p;
	}
	view->buttons = (struct shape_list){ views, n };
	return rc;
}

int api_local_get(struct request *r)
{
	struct local_view view = {
		.sip_user = r->ids[ID_OBJECT],
		.registrar = view_str(r->env->registrar),
		.dtmf = VIEW("RFC 4733"),
		.codecs = { (void *)codecs, sizeof(codecs) / sizeof(codecs[0]) },
	};
	int rc = device_check_intercom(r, "settings for local mode");

	if (rc == 0)
		rc = fill_buttons(r, &view);
	return rc == 0 ? reply_one(r, &view) : rc;
}
