/* store/device.h - devices, their buttons and their bindings.
 *
 * A device's number is its ID, SIP user and number to dial. Who writes holds a transaction; each
 * write appends to the feed. */
#pragma once
#include "store/site.h"

enum {
	APARTMENT_DEVICES_MAX = 200,  /* that are shown of one apartment */
	DEVICE_CONTACTS_MAX = 200,    /* that one device is shown */
	BUTTONS_MAX = 150,            /* of one device */
	BUTTON_DESTINATIONS_MAX = 31, /* of one button: as many as a call can ring */
	BUTTON_AFTER_MAX_S = 60,      /* the latest step of a button */
};

struct device_row {
	int64_t number;
	int64_t site_id;
	struct view kind; /* intercom, phone */
	int64_t app;      /* 1: a phone that is an app */
	int64_t person_id; /* who holds the app; DB_INT_NULL: whoever has its password */
	struct view name;
	int64_t apartment_id;     /* DB_INT_NULL: none */
	struct view unlock_code;  /* of switch 1 (switch.h); p NULL: none */
	struct view line;         /* the number of a phone outside: +33123456789; p NULL: none is */
	int64_t directory_id;     /* the phone directory (order.h); DB_INT_NULL: all of the site */
	struct view connection;   /* cloud, local; p NULL when it is written: cloud */
	struct view srtp;         /* off, offered, required; p NULL when it is written: offered */
	struct view snapshot_url; /* where an intercom's camera has its picture; p NULL: nowhere */
	struct view snapshot_user;            /* p NULL: it asks for none */
	struct view snapshot_password_sealed; /* p NULL: there is none */
	int64_t created_at;
	int64_t registered_at;    /* first, with its present password; DB_INT_NULL: never */
	struct view transport;    /* of its freshest binding: udp, tcp; p NULL: not registered */
	struct view address;
	int64_t app_online_at; /* since when the app is connected; DB_INT_NULL: it is not */
	int64_t wakes;         /* 1: a notice wakes it */
};

/* What people call its kind: intercom, phone, app. */
static inline struct view device_kind(const struct device_row *device)
{
	return device->app ? VIEW("app") : device->line.p ? VIEW("line") : device->kind;
}

/* It is registered, or connected; or a phone outside, for which nothing registers. */
static inline bool device_is_online(const struct device_row *device)
{
	return device->transport.p || device->app_online_at != DB_INT_NULL || device->line.p;
}

struct device_secret_row {
	int64_t number;
	struct view password_sealed;
	struct view ha1_md5;
	struct view ha1_sha256;
};

/* Where its camera's picture is. */
struct device_camera_row {
	struct view snapshot_url;             /* p NULL: nowhere */
	struct view snapshot_user;            /* p NULL: it asks for none */
	struct view snapshot_password_sealed; /* p NULL: there is none */
};

struct button_row {
	int64_t button; /* 1 … 150 */
	struct view label;
};

struct button_destination_row {
	int64_t button;
	int64_t destination;
	int64_t after_s; /* from the bell until it begins to ring */
};

/* A destination with what one calls it by. */
struct button_peer_row {
	int64_t button;
	int64_t device;
	int64_t after_s;
	struct view name;
	struct view connection; /* cloud, local */
	struct view line;       /* the number of a phone outside; p NULL: any other */
	struct view contact;    /* of its freshest binding; p NULL: not registered */
	struct view transport;
};

struct button_destination {
	int64_t device;
	int64_t after_s; /* 0 … BUTTON_AFTER_MAX_S */
};

struct button_edit {
	int64_t button;
	struct view label;
	const struct button_destination *destinations;
	size_t ndestinations;
};

/* All that the SIP side knows of a device. */
struct directory_row {
	int64_t number;
	struct view kind;
	int64_t app;
	struct view name;
	struct view line; /* p NULL: it is no phone outside */
	int64_t services; /* 1: they are on for its apartment */
	int64_t residential; /* 1: its site is */
	int64_t directory_id;
	struct view srtp; /* off, offered, required */
	struct view ha1_md5;
	struct view ha1_sha256;
	int64_t wakes; /* 1: a notice wakes it */
	int64_t camera; /* 1: it has a snapshot_url */
};

struct directory_button_row {
	int64_t device;
	int64_t button;
	struct view label;
	int64_t destination; /* DB_INT_NULL: the button has none */
	int64_t after_s;
};

struct binding_row {
	int64_t device;
	struct view contact;
	struct view call_id;
	int64_t cseq;
	int64_t q;
	int64_t expires_at;
	struct view transport;
	struct view address; /* host:port */
	struct view path;     /* of the proxies before it; p NULL and empty are the same */
	struct view instance; /* with reg_id, which of its flows this is; likewise */
	int64_t reg_id;       /* 0: no flow of several */
};

[[nodiscard]] int device_prepare(struct db *db, struct err *err);

/* By name. now_ms: bindings that have expired do not count. */
[[nodiscard]] int device_list(struct db *db, int64_t site_id, int64_t now_ms, struct name_cursor after,
			      int64_t max, struct arena *arena, struct device_row **ret_devices,
			      size_t *ret_n);
/* Those of one apartment by name, APARTMENT_DEVICES_MAX at most. */
[[nodiscard]] int device_list_of_apartment(struct db *db, int64_t site_id, int64_t apartment_id,
					   int64_t now_ms, struct arena *arena,
					   struct device_row **ret_devices, size_t *ret_n);
/* Those that a device may call, but itself: what belongs to the house, and to its own apartment; one
 * that has a phone directory, what is in that, by the names there. No phones outside. Intercoms come
 * first; by name, DEVICE_CONTACTS_MAX at most. */
struct device_caller {
	int64_t site_id;
	int64_t number;
	int64_t apartment_id; /* DB_INT_NULL: of none; likewise the next */
	int64_t directory_id;
};
[[nodiscard]] int device_contacts(struct db *db, const struct device_caller *caller, int64_t now_ms,
				  struct arena *arena, struct device_row **ret_devices,
				  size_t *ret_n);
/* How many of an apartment's devices take calls and are paid for. */
[[nodiscard]] int device_responders(struct db *db, int64_t site_id, int64_t apartment_id,
				    int64_t *ret_n);
[[nodiscard]] int device_get(struct db *db, int64_t site_id, int64_t number, int64_t now_ms,
			     struct arena *arena, struct device_row *ret_device);
/* -EEXIST: the name, or the number (of any site), is taken: device_name_taken tells which.
 * -ENOLINK: no such apartment in this site. */
[[nodiscard]] int device_create(struct db *db, int64_t now_ms, const struct device_row *device,
				const struct device_secret_row *secret);
[[nodiscard]] int device_name_taken(struct db *db, int64_t site_id, struct view name, bool *ret_taken);
/* Name, apartment, unlock code, connection, encryption, phone directory, camera, and of an app who
 * holds it, of an outside phone its number. A directory of another site is none. */
[[nodiscard]] int device_edit(struct db *db, int64_t now_ms, const struct device_row *device);
[[nodiscard]] int device_delete(struct db *db, int64_t now_ms, int64_t site_id, int64_t number);
[[nodiscard]] int device_secret(struct db *db, int64_t site_id, int64_t number, struct arena *arena,
				struct device_secret_row *ret_secret);
/* Of whichever device, -ENOENT without one: to try the master key. */
[[nodiscard]] int device_secret_any(struct db *db, struct arena *arena,
				    struct device_secret_row *ret_secret);
/* Its bindings and sessions end with its old password, and it counts as never registered. */
[[nodiscard]] int device_secret_set(struct db *db, int64_t now_ms, int64_t site_id,
				    const struct device_secret_row *secret);

[[nodiscard]] int device_camera(struct db *db, int64_t site_id, int64_t number, struct arena *arena,
				struct device_camera_row *ret_camera);
/* The passwords of all cameras of a site go, for nobody can read them any more; *ret_n of them. */
[[nodiscard]] int device_camera_forget(struct db *db, int64_t site_id, int64_t *ret_n);

/* In the order of the buttons; destinations by button, time and number. */
[[nodiscard]] int button_list(struct db *db, int64_t site_id, int64_t device, struct arena *arena,
			      struct button_row **ret_buttons, size_t *ret_n);
[[nodiscard]] int button_destinations(struct db *db, int64_t site_id, int64_t device,
				      struct arena *arena, struct button_destination_row **ret_rows,
				      size_t *ret_n);
/* In the same order. now_ms: as for device_list. */
[[nodiscard]] int button_peers(struct db *db, int64_t site_id, int64_t device, int64_t now_ms,
			       struct arena *arena, struct button_peer_row **ret_rows, size_t *ret_n);
/* All buttons of the device at once. -ENOENT: no such device here; -ENOLINK: a destination is no
 * device of this site; -EEXIST: a button or destination twice. */
[[nodiscard]] int button_replace(struct db *db, int64_t now_ms, int64_t site_id, int64_t device,
				 const struct button_edit *buttons, size_t n);

/* One site for the SIP directory: devices by number, then its buttons by device, button and time;
 * their switches are in switch.h. */
[[nodiscard]] int directory_devices(struct db *db, int64_t site_id, struct arena *arena,
				    struct directory_row **ret_rows, size_t *ret_n);
[[nodiscard]] int directory_buttons(struct db *db, int64_t site_id, struct arena *arena,
				    struct directory_button_row **ret_rows, size_t *ret_n);
/* One device of it, and its buttons. -ENOENT. */
[[nodiscard]] int directory_one(struct db *db, int64_t site_id, int64_t number, struct arena *arena,
				struct directory_row *ret_row);
[[nodiscard]] int directory_one_buttons(struct db *db, int64_t site_id, int64_t number,
					struct arena *arena, struct directory_button_row **ret_rows,
					size_t *ret_n);

/* All bindings of a device at once; what a device that is gone would bind is left out. The feed gets
 * a row only when the device came, went, or moved to another address. */
[[nodiscard]] int binding_replace(struct db *db, int64_t now_ms, int64_t device,
				  const struct binding_row *bindings, size_t n);
/* All that one device has, whether or not they still stand. */
[[nodiscard]] int binding_of_device(struct db *db, int64_t site_id, int64_t device,
				    struct arena *arena, struct binding_row **ret_rows,
				    size_t *ret_n);
/* All that stand of the next `max` devices behind after_device, by device: the server's start reads
 * page by page, until a page is empty. */
[[nodiscard]] int binding_list(struct db *db, int64_t now_ms, int64_t after_device, int64_t max,
			       struct arena *arena, struct binding_row **ret_rows, size_t *ret_n);

/* Of a SELECT from `device`, by the name that it has there: whether a notice wakes it, `wakes`. A
 * browser subscribed, or a SIP phone named its push service (RFC 8599). */
#define DEVICE_WAKES(table)                                                                        \
	"CASE WHEN EXISTS (SELECT 1 FROM push_subscription u WHERE u.site_id = " table ".site_id"  \
	" AND u.device = " table ".number) OR EXISTS (SELECT 1 FROM binding p"                     \
	" WHERE p.site_id = " table ".site_id AND p.device = " table ".number"                     \
	" AND LOWER(p.contact) LIKE '%;pn-prid=_%') THEN 1 ELSE 0 END AS wakes"
