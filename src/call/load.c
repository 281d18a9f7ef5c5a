#include "call/load.h"

#include "base/log.h"
#include "call/load_order.h"
#include "call/route.h"
#include "store/switch.h"

#include <errno.h>
#include <stdlib.h>

_Static_assert((int)BUTTON_DESTINATIONS_MAX <= (int)ROUTE_MAX_DEVICES, "all of a button can ring");

enum {
	WHOLE_SITE = 0 /* no device has this number */,
	PAGE = 200,
	BINDINGS_PAGE = 1000,
	ARENA_BYTES = 64 * 1024 * 1024,
	ONE_BYTES = 1024 * 1024
};

static void copy(char *to, size_t size, struct view v)
{
	const size_t n = v.n < size ? v.n : size - 1;

	if (n)
		memcpy(to, v.p, n);
	to[n] = '\0';
}

/* What the store has of a device beside its row; what is left of each list is of devices behind. */
struct beside {
	struct directory_button_row *buttons;
	size_t nbuttons;
	struct switch_row *switches;
	size_t nswitches;
	struct order order;
};

static size_t rows_of(const struct beside *b)
{
	return b->nbuttons + b->nswitches + b->order.nquiet + b->order.nentries;
}

static enum dir_srtp srtp_of(struct view srtp)
{
	if (view_eq(srtp, VIEW("off")))
		return DIR_SRTP_OFF;
	return view_eq(srtp, VIEW("required")) ? DIR_SRTP_REQUIRED : DIR_SRTP_OFFERED;
}

static int fill_device(struct arena *arena, int64_t site_id, struct dir_device *d,
		       const struct directory_row *row)
{
	*d = (struct dir_device){
		.number = (uint64_t)row->number,
		.site_id = site_id,
		.kind = view_eq(row->kind, VIEW("intercom")) ? DIR_INTERCOM : DIR_PHONE,
		.name = arena_dup(arena, row->name),
		.unlock_code = "",
		.srtp = srtp_of(row->srtp),
		.app = row->app != 0,
		.licence = { .residential = row->residential != 0, .apartment = row->services != 0 },
		.wakes = row->wakes == 1,
		.camera = row->camera == 1,
	};
	copy(d->secret.ha1_md5, sizeof(d->secret.ha1_md5), row->ha1_md5);
	copy(d->secret.ha1_sha256, sizeof(d->secret.ha1_sha256), row->ha1_sha256);
	return d->name ? 0 : -ENOMEM;
}

/* How many rows from `rows` on are of the same device, and of the same button. */
static size_t same_device(const struct directory_button_row *rows, size_t n)
{
	size_t i = 1;

	while (i < n && rows[i].device == rows[0].device)
		i++;
	return i;
}

static size_t same_switches(const struct switch_row *rows, size_t n)
{
	size_t i = 1;

	while (i < n && rows[i].device == rows[0].device)
		i++;
	return i;
}

static size_t same_button(const struct directory_button_row *rows, size_t n)
{
	size_t i = 1;

	while (i < n && rows[i].button == rows[0].button)
		i++;
	return i;
}

static int fill_button(struct arena *arena, struct dir_button *b,
		       const struct directory_button_row *rows, size_t n)
{
	struct dir_destination *to = arena_alloc(arena, n * sizeof(*to));

	*b = (struct dir_button){ .number = (unsigned)rows->button,
				  .label = arena_dup(arena, rows->label),
				  .to = to };
	if (!to || !b->label)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		if (rows[i].destination != DB_INT_NULL)
			to[b->nto++] = (struct dir_destination){ (uint64_t)rows[i].destination,
								 (unsigned)rows[i].after_s };
	}
	return 0;
}

static int fill_buttons(struct arena *arena, struct dir_device *d,
			const struct directory_button_row *rows, size_t n)
{
	d->buttons = arena_alloc(arena, n * sizeof(*d->buttons)); /* at most one per row */
	if (!d->buttons)
		return -ENOMEM;
	while (n) {
		const size_t part = same_button(rows, n);
		const int rc = fill_button(arena, &d->buttons[d->nbuttons++], rows, part);

		if (rc < 0)
			return rc;
		rows += part;
		n -= part;
	}
	return 0;
}

static int fill_switches(struct arena *arena, struct dir_device *d, const struct switch_row *rows,
			 size_t n)
{
	d->switches = arena_alloc(arena, n * sizeof(*d->switches));
	if (!d->switches)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct dir_switch *s = &d->switches[d->nswitches++];

		*s = (struct dir_switch){ .number = (unsigned)rows[i].number,
					  .code = arena_dup(arena, rows[i].code),
					  .name = arena_dup(arena, rows[i].name) };
		if (!s->code || !s->name)
			return -ENOMEM;
		if (s->number == SWITCH_DOOR)
			d->unlock_code = s->code;
	}
	return 0;
}

/* Takes what is the device's from the head of each list. */
static int fill_beside(struct arena *arena, struct dir_device *d, const struct directory_row *row,
		       struct beside *beside)
{
	int rc = order_fill(arena, d, row, &beside->order);

	if (rc == 0 && beside->nbuttons && (uint64_t)beside->buttons->device == d->number) {
		const size_t part = same_device(beside->buttons, beside->nbuttons);

		rc = fill_buttons(arena, d, beside->buttons, part);
		beside->buttons += part;
		beside->nbuttons -= part;
	}
	if (rc == 0 && beside->nswitches && (uint64_t)beside->switches->device == d->number) {
		const size_t part = same_switches(beside->switches, beside->nswitches);

		rc = fill_switches(arena, d, beside->switches, part);
		beside->switches += part;
		beside->nswitches -= part;
	}
	return rc;
}

/* All lists come sorted by device: one walk through them. */
static int fill_site(struct dir_site *site, const struct directory_row *devices, size_t ndevices,
		     struct beside beside)
{
	int rc = 0;

	site->devices = arena_alloc(&site->arena, (ndevices + 1) * sizeof(*site->devices));
	if (!site->devices)
		return -ENOMEM;
	for (size_t i = 0; i < ndevices && rc == 0; i++) {
		struct dir_device *d = &site->devices[site->ndevices++];

		rc = fill_device(&site->arena, site->id, d, &devices[i]);
		if (rc == 0)
			rc = fill_beside(&site->arena, d, &devices[i], &beside);
	}
	return rc;
}

/* *rows grows by what was read. -EFBIG: too large for us. */
static int read_site(struct db *db, int64_t site_id, uint64_t *rows, struct dir_site **ret_site)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(ARENA_BYTES);
	struct directory_row *devices;
	struct dir_site *site;
	struct beside beside;
	size_t ndevices;
	int rc;

	rc = directory_devices(db, site_id, &arena, &devices, &ndevices);
	if (rc == 0)
		rc = directory_buttons(db, site_id, &arena, &beside.buttons, &beside.nbuttons);
	if (rc == 0)
		rc = switch_list_of_site(db, site_id, &arena, &beside.switches, &beside.nswitches);
	if (rc == 0)
		rc = order_read_site(db, site_id, devices, ndevices, &arena, &beside.order);
	if (rc < 0)
		return arena.full || rc == -EMSGSIZE ? -EFBIG : rc;
	*rows += ndevices + rows_of(&beside);
	site = dir_site_new(site_id);
	if (!site)
		return -ENOMEM;
	rc = fill_site(site, devices, ndevices, beside);
	if (rc < 0) {
		rc = site->arena.full ? -EFBIG : rc;
		dir_site_free(site);
		return rc;
	}
	*ret_site = site;
	return 0;
}

static int fill_one(struct dir_one *one, const struct directory_row *device, struct beside beside)
{
	const int rc = fill_device(&one->arena, one->device.site_id, &one->device, device);

	return rc == 0 ? fill_beside(&one->arena, &one->device, device, &beside) : rc;
}

/* One device of a site. -ENOENT: it has gone. -EFBIG: too large for us. */
static int read_one(struct db *db, int64_t site_id, int64_t number, uint64_t *rows,
		    struct dir_one **ret_one)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(ONE_BYTES);
	struct directory_row device;
	struct beside beside;
	struct dir_one *one;
	int rc;

	rc = directory_one(db, site_id, number, &arena, &device);
	if (rc == 0)
		rc = directory_one_buttons(db, site_id, number, &arena, &beside.buttons,
					   &beside.nbuttons);
	if (rc == 0)
		rc = switch_list(db, site_id, number, &arena, &beside.switches, &beside.nswitches);
	if (rc == 0)
		rc = order_read_one(db, site_id, &device, &arena, &beside.order);
	if (rc < 0)
		return arena.full ? -EFBIG : rc;
	*rows += 1 + rows_of(&beside);
	one = dir_one_new(site_id);
	if (!one)
		return -ENOMEM;
	rc = fill_one(one, &device, beside);
	if (rc < 0) {
		rc = one->arena.full ? -EFBIG : rc;
		dir_one_free(one);
		return rc;
	}
	*ret_one = one;
	return 0;
}

static int load_page(struct directory *dir, struct db *db, int64_t *after, size_t *ret_n)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(ARENA_BYTES);
	struct site_row *sites;
	int rc = site_ids(db, *after, PAGE, &arena, &sites, ret_n);

	for (size_t i = 0; i < *ret_n && rc == 0; i++) {
		struct dir_site *site = NULL;
		uint64_t rows = 0;

		rc = read_site(db, sites[i].id, &rows, &site);
		if (rc == 0)
			rc = directory_swap(dir, site);
		if (rc < 0)
			dir_site_free(site);
		if (rc == -EFBIG) {
			log_error("directory_site_too_large", LF_I("site", sites[i].id));
			rc = 0;
		}
		*after = sites[i].id;
	}
	return rc;
}

int directory_load_all(struct directory *dir, struct db *db, struct err *err)
{
	int64_t after = 0;
	size_t n = PAGE;

	while (n == PAGE) {
		const int rc = load_page(dir, db, &after, &n);

		if (rc < 0)
			return err_set(err, rc, "cannot read the devices: %s", db_error(db));
	}
	return 0;
}

static bool restore(struct sip_endpoint *endpoint, const struct binding_row *row)
{
	struct sip_binding b = {
		.user = (uint64_t)row->device,
		.cseq = (uint32_t)row->cseq,
		.q = (unsigned)row->q,
		.expires_at = row->expires_at,
		.reg_id = (uint32_t)row->reg_id,
	};
	char address[ADDR_TEXT_MAX];

	if (row->cseq < 0 || row->cseq > UINT32_MAX || row->q < 0 || row->q > 1000)
		return false;
	copy(b.contact, sizeof(b.contact), row->contact);
	copy(b.call_id, sizeof(b.call_id), row->call_id);
	copy(b.path, sizeof(b.path), row->path);
	copy(b.instance, sizeof(b.instance), row->instance);
	copy(address, sizeof(address), row->address);
	return flow_transport_read(row->transport, &b.flow.transport) &&
	       addr_parse(address, &b.flow.peer) == 0 && sip_endpoint_restore(endpoint, &b) == 0;
}

int bindings_load_all(struct sip_endpoint *endpoint, struct db *db, int64_t now_ms, struct err *err)
{
	int64_t after = 0;
	size_t n = 1, restored = 0;

	while (n) {
		CLEANUP(arena_free) struct arena arena = ARENA_INIT(ARENA_BYTES);
		struct binding_row *rows;
		const int rc = binding_list(db, now_ms, after, BINDINGS_PAGE, &arena, &rows, &n);

		if (rc < 0)
			return err_set(err, rc, "cannot read the bindings: %s", db_error(db));
		for (size_t i = 0; i < n; i++)
			restored += restore(endpoint, &rows[i]);
		if (n)
			after = rows[n - 1].device;
	}
	log_info("bindings_restored", LF_I("bindings", restored));
	return 0;
}

/* Following. */

/* What was read, on its way into the directory: a site, a device of it, or that it is gone. */
struct news {
	struct directory_loader *loader;
	int64_t site_id;
	int64_t number; /* WHOLE_SITE, or the device's */
	struct dir_site *site;
	struct dir_one *one;
	struct list list; /* the loader's */
};

static void news_free(struct news *n)
{
	list_remove(&n->list);
	dir_site_free(n->site);
	dir_one_free(n->one);
	free(n);
}

/* What the directory takes is not ours any more. */
static int apply_one(struct directory *dir, struct news *n)
{
	int rc = 0;

	if (n->site)
		rc = directory_swap(dir, n->site);
	else if (n->one)
		rc = directory_put(dir, n->one);
	else
		directory_remove(dir, n->site_id, (uint64_t)n->number);
	if (rc == 0) {
		n->site = NULL;
		n->one = NULL;
	}
	return rc;
}

/* In the order of coming: what came later of a site must not be overwritten by what came earlier.
 */
static void apply(void *arg)
{
	struct directory_loader *loader = arg;

	LIST_EACH(it, &loader->waiting) {
		struct news *n = CONTAINER_OF(it, struct news, list);

		if (apply_one(loader->directory, n) < 0) {
			log_error("directory_waits", LF_I("site", n->site_id));
			if (timers_arm(loop_timers(loader->loop), &loader->retry,
				       DIRECTORY_RETRY_MS, apply, loader) < 0)
				log_error("directory_waits_for_a_change");
			return;
		}
		news_free(n);
	}
}

static void take(void *arg)
{
	struct news *n = arg;

	list_append(&n->loader->waiting, &n->list);
	apply(n->loader);
}

void directory_loader_init(struct directory_loader *loader, struct loop *loop,
			   struct directory *directory)
{
	*loader = (struct directory_loader){ .loop = loop, .directory = directory };
	list_init(&loader->waiting);
}

void directory_loader_free(struct directory_loader *loader)
{
	LIST_EACH(it, &loader->waiting)
		news_free(CONTAINER_OF(it, struct news, list));
}

/* A place that changed. */
struct place {
	int64_t site_id;
	int64_t number; /* WHOLE_SITE, or the device's */
};

static int read_place(struct db *db, const struct place *at, struct news *n)
{
	int rc;

	if (at->number == WHOLE_SITE)
		return read_site(db, at->site_id, &n->loader->rows, &n->site);
	rc = read_one(db, at->site_id, at->number, &n->loader->rows, &n->one);
	return rc == -ENOENT ? 0 : rc;
}

static int reload(struct directory_loader *loader, struct db *db, const struct place *at)
{
	struct news *n = calloc(1, sizeof(*n));
	int rc = -ENOMEM;

	if (n) {
		*n = (struct news){ .loader = loader,
				    .site_id = at->site_id,
				    .number = at->number };
		list_init(&n->list);
		rc = read_place(db, at, n);
	}
	if (rc == 0)
		rc = loop_post(loader->loop, take, n);
	if (rc == 0)
		return 0;
	log_error("directory_reload_failed", LF_I("site", at->site_id), LF_I("device", at->number),
		  LF_I("error", rc));
	if (n)
		news_free(n);
	return rc;
}

/* What is too large for us stays so, and must not hold up the others. */
static bool may_pass(int rc)
{
	return rc == -EIO || rc == -EBUSY || rc == -EAGAIN || rc == -ENOMEM;
}

/* False: the row is none of ours. */
static bool place_of(const struct change_row *row, struct place *ret_place)
{
	const bool device =
		view_eq(row->type, VIEW("device")) || view_eq(row->type, VIEW("button"));
	uint64_t number;

	if (row->site_id == DB_INT_NULL || (!device && !view_eq(row->type, VIEW("site"))))
		return false;
	*ret_place = (struct place){ row->site_id, WHOLE_SITE };
	if (device && view_u64(row->object, INT64_MAX, &number) == 0)
		ret_place->number = (int64_t)number;
	return true;
}

/* A whole site stands before its devices. */
static int by_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->site_id != y->site_id)
		return x->site_id < y->site_id ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

static bool same_place(const struct place *a, const struct place *b)
{
	return a->site_id == b->site_id && (a->number == WHOLE_SITE || a->number == b->number);
}

int directory_follow(void *arg, struct db *db, const struct change_row *rows, size_t n)
{
	struct place places[FEED_BATCH];
	const struct place *last = NULL;
	size_t nplaces = 0;
	int rc = 0;

	for (size_t i = 0; i < n && nplaces < FEED_BATCH; i++)
		nplaces += place_of(&rows[i], &places[nplaces]);
	if (nplaces)
		qsort(places, nplaces, sizeof(places[0]), by_place);
	for (size_t i = 0; i < nplaces && !may_pass(rc); i++) {
		if (last && same_place(last, &places[i]))
			continue; /* has just been read */
		last = &places[i];
		rc = reload(arg, db, last);
	}
	return may_pass(rc) ? rc : 0;
}
