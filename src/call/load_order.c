#include "call/load_order.h"

#include "base/log.h"
#include "io/zone_file.h"

#include <errno.h>

/* Nobody rings before this program was written, nor in thirty years without it being started anew.
 */
#define ZONE_FROM_S  INT64_C(1767225600) /* 2026 */
#define ZONE_UNTIL_S INT64_C(2713910400) /* 2056 */

/* What some of the devices have. Most sites have nothing of it, and the start reads every site. */
struct needs {
	bool quiet, line, list;
};

static struct needs needs_of(const struct directory_row *devices, size_t n)
{
	struct needs needs = {};

	for (size_t i = 0; i < n; i++) {
		needs.quiet |= devices[i].app != 0;
		needs.line |= devices[i].line.p != NULL;
		needs.list |= devices[i].directory_id != DB_INT_NULL;
	}
	return needs;
}

/* Of a site that is gone there is nothing: its devices go, too. */
static int read_place(struct db *db, int64_t site_id, bool line, struct arena *arena,
		      struct order *order)
{
	struct site_row site;
	int rc = 0;

	if (order->nquiet) {
		rc = site_get(db, site_id, arena, &site);
		if (rc == 0)
			order->zone = site.zone;
	}
	if (rc == 0 && line) {
		rc = line_get(db, site_id, arena, &order->line);
		order->has_line = rc == 0;
	}
	return rc == -ENOENT ? 0 : rc;
}

int order_read_site(struct db *db, int64_t site_id, const struct directory_row *devices, size_t n,
		    struct arena *arena, struct order *ret_order)
{
	const struct needs needs = needs_of(devices, n);
	struct order order = {};
	int rc = 0;

	if (needs.quiet)
		rc = quiet_list_of_site(db, site_id, arena, &order.quiet, &order.nquiet);
	if (rc == -EMSGSIZE) { /* rather a phone that rings at night than none that rings */
		log_error("quiet_times_too_many", LF_I("site", site_id));
		order.nquiet = 0;
		rc = 0;
	}
	if (rc == 0)
		rc = read_place(db, site_id, needs.line, arena, &order);
	if (rc == 0 && needs.list)
		rc = phone_entries_of_site(db, site_id, arena, &order.entries, &order.nentries);
	*ret_order = order;
	return rc;
}

int order_read_one(struct db *db, int64_t site_id, const struct directory_row *device,
		   struct arena *arena, struct order *ret_order)
{
	const struct needs needs = needs_of(device, 1);
	struct order order = {};
	int rc = 0;

	if (needs.quiet)
		rc = quiet_list_of_device(db, site_id, device->number, arena, &order.quiet,
					  &order.nquiet);
	if (rc == 0)
		rc = read_place(db, site_id, needs.line, arena, &order);
	if (rc == 0 && needs.list)
		rc = phone_entries(db, site_id, device->directory_id, arena, &order.entries,
				   &order.nentries);
	*ret_order = order;
	return rc;
}

/* A zone that the system does not know is UTC's: it had it when the site was made. */
static void zone_load(struct view name, struct zone *zone)
{
	CLEANUP(buf_free) struct buf file = BUF_INIT(ZONE_FILE_MAX);

	if (zone_file_read(name, &file) < 0 ||
	    zone_read(buf_view(&file), ZONE_FROM_S, ZONE_UNTIL_S, zone) < 0)
		log_warn("zone_unknown", LF_V("zone", name));
}

static int zone_make(struct arena *arena, struct order *order)
{
	struct zone *zone = arena_alloc(arena, sizeof(*zone));

	if (!zone)
		return -ENOMEM;
	*zone = (struct zone){};
	zone_load(order->zone, zone);
	order->made_zone = zone;
	return 0;
}

static size_t quiet_of(const struct order *order, uint64_t device)
{
	size_t n = 0;

	while (n < order->nquiet && (uint64_t)order->quiet[n].device == device)
		n++;
	return n;
}

static int fill_quiet(struct arena *arena, struct dir_device *d, struct order *order)
{
	const size_t n = quiet_of(order, d->number);
	struct quiet_time *times = n ? arena_alloc(arena, n * sizeof(*times)) : NULL;

	if (!n)
		return 0;
	if (!times || (!order->made_zone && zone_make(arena, order) < 0))
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		times[i] = (struct quiet_time){ (unsigned)order->quiet[i].days,
						(unsigned)order->quiet[i].from_minute,
						(unsigned)order->quiet[i].until_minute };
	d->quiet = times;
	d->nquiet = n;
	d->zone = order->made_zone;
	order->quiet += n;
	order->nquiet -= n;
	return 0;
}

static bool is_of(const struct phone_entry_row *entry, int64_t directory)
{
	return entry->directory_id == directory;
}

static int list_make(struct arena *arena, struct order *order, int64_t directory)
{
	struct dir_list *list = arena_alloc(arena, sizeof(*list));
	size_t n = 0;

	for (size_t i = 0; i < order->nentries; i++)
		n += is_of(&order->entries[i], directory);
	if (!list)
		return -ENOMEM;
	*list = (struct dir_list){ .devices = arena_alloc(arena, (n + 1) * sizeof(uint64_t)) };
	if (!list->devices)
		return -ENOMEM;
	for (size_t i = 0; i < order->nentries; i++) {
		if (is_of(&order->entries[i], directory))
			list->devices[list->n++] = (uint64_t)order->entries[i].device;
	}
	order->made_list = list;
	order->made_list_of = directory;
	return 0;
}

static int fill_list(struct arena *arena, struct dir_device *d, int64_t directory,
		     struct order *order)
{
	if (directory == DB_INT_NULL)
		return 0;
	if ((!order->made_list || order->made_list_of != directory) &&
	    list_make(arena, order, directory) < 0)
		return -ENOMEM;
	d->may_call = order->made_list;
	return 0;
}

static int trunk_make(struct arena *arena, struct order *order)
{
	const struct line_row *l = &order->line;
	struct dir_trunk *trunk = arena_alloc(arena, sizeof(*trunk));

	if (!trunk)
		return -ENOMEM;
	*trunk = (struct dir_trunk){
		.host = arena_dup(arena, l->host),
		.port = (uint16_t)l->port,
		.user = arena_dup(arena, l->username),
		.caller = arena_dup(arena, l->caller),
		.password_sealed = { arena_dup(arena, l->password_sealed), l->password_sealed.n },
	};
	if (!trunk->host || !trunk->user || !trunk->caller || !trunk->password_sealed.p)
		return -ENOMEM;
	order->made_trunk = trunk;
	return 0;
}

static int fill_line(struct arena *arena, struct dir_device *d, struct view line,
		     struct order *order)
{
	if (!line.p)
		return 0;
	d->line = arena_dup(arena, line);
	if (!d->line || (order->has_line && !order->made_trunk && trunk_make(arena, order) < 0))
		return -ENOMEM;
	d->trunk = order->made_trunk;
	return 0;
}

int order_fill(struct arena *arena, struct dir_device *d, const struct directory_row *row,
	       struct order *order)
{
	int rc = fill_quiet(arena, d, order);

	if (rc == 0)
		rc = fill_list(arena, d, row->directory_id, order);
	return rc == 0 ? fill_line(arena, d, row->line, order) : rc;
}
