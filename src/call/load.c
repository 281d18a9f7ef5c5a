#include "call/load.h"

#include "base/log.h"
#include "call/route.h"
#include "store/device.h"

#include <errno.h>
#include <stdlib.h>

_Static_assert((int)BUTTON_DESTINATIONS_MAX <= (int)ROUTE_MAX_DEVICES, "all of a button can ring");

enum { PAGE = 200, BINDINGS_PAGE = 1000, ARENA_BYTES = 64 * 1024 * 1024 };

static void copy(char *to, size_t size, struct view v)
{
	const size_t n = v.n < size ? v.n : size - 1;

	if (n)
		memcpy(to, v.p, n);
	to[n] = '\0';
}

static int fill_device(struct dir_site *site, struct dir_device *d, const struct directory_row *row)
{
	*d = (struct dir_device){
		.number = (uint64_t)row->number,
		.site_id = site->id,
		.kind = view_eq(row->kind, VIEW("intercom")) ? DIR_INTERCOM : DIR_PHONE,
		.name = arena_dup(&site->arena, row->name),
		.unlock_code = arena_dup(&site->arena, row->unlock_code),
	};
	copy(d->secret.ha1_md5, sizeof(d->secret.ha1_md5), row->ha1_md5);
	copy(d->secret.ha1_sha256, sizeof(d->secret.ha1_sha256), row->ha1_sha256);
	return d->name && d->unlock_code ? 0 : -ENOMEM;
}

/* How many rows from `rows` on are of the same device, and of the same button. */
static size_t same_device(const struct directory_button_row *rows, size_t n)
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

static int fill_button(struct dir_site *site, struct dir_button *b,
		       const struct directory_button_row *rows, size_t n)
{
	uint64_t *to = arena_alloc(&site->arena, n * sizeof(*to));

	*b = (struct dir_button){ .number = (unsigned)rows->button,
				  .label = arena_dup(&site->arena, rows->label),
				  .to = to };
	if (!to || !b->label)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		if (rows[i].destination != DB_INT_NULL)
			to[b->nto++] = (uint64_t)rows[i].destination;
	}
	return 0;
}

static int fill_buttons(struct dir_site *site, struct dir_device *d,
			const struct directory_button_row *rows, size_t n)
{
	d->buttons = arena_alloc(&site->arena, n * sizeof(*d->buttons)); /* at most one per row */
	if (!d->buttons)
		return -ENOMEM;
	while (n) {
		const size_t part = same_button(rows, n);
		const int rc = fill_button(site, &d->buttons[d->nbuttons++], rows, part);

		if (rc < 0)
			return rc;
		rows += part;
		n -= part;
	}
	return 0;
}

/* Both lists come sorted by device: one walk through both. */
static int fill_site(struct dir_site *site, const struct directory_row *devices, size_t ndevices,
		     const struct directory_button_row *buttons, size_t nbuttons)
{
	int rc = 0;

	site->devices = arena_alloc(&site->arena, (ndevices + 1) * sizeof(*site->devices));
	if (!site->devices)
		return -ENOMEM;
	for (size_t i = 0; i < ndevices && rc == 0; i++) {
		struct dir_device *d = &site->devices[site->ndevices++];

		rc = fill_device(site, d, &devices[i]);
		if (rc == 0 && nbuttons && buttons->device == devices[i].number) {
			const size_t part = same_device(buttons, nbuttons);

			rc = fill_buttons(site, d, buttons, part);
			buttons += part;
			nbuttons -= part;
		}
	}
	return rc;
}

/* -EFBIG: too large for us. */
static int read_site(struct db *db, int64_t site_id, struct dir_site **ret_site)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(ARENA_BYTES);
	struct directory_button_row *buttons;
	struct directory_row *devices;
	struct dir_site *site;
	size_t ndevices, nbuttons;
	int rc;

	rc = directory_devices(db, site_id, &arena, &devices, &ndevices);
	if (rc == 0)
		rc = directory_buttons(db, site_id, &arena, &buttons, &nbuttons);
	if (rc < 0)
		return arena.full || rc == -EMSGSIZE ? -EFBIG : rc;
	site = dir_site_new(site_id);
	if (!site)
		return -ENOMEM;
	rc = fill_site(site, devices, ndevices, buttons, nbuttons);
	if (rc < 0) {
		rc = site->arena.full ? -EFBIG : rc;
		dir_site_free(site);
		return rc;
	}
	*ret_site = site;
	return 0;
}

static int load_page(struct directory *dir, struct db *db, int64_t *after, size_t *ret_n)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(ARENA_BYTES);
	struct site_row *sites;
	int rc = site_ids(db, *after, PAGE, &arena, &sites, ret_n);

	for (size_t i = 0; i < *ret_n && rc == 0; i++) {
		struct dir_site *site = NULL;

		rc = read_site(db, sites[i].id, &site);
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
	};
	char address[ADDR_TEXT_MAX];

	if (row->cseq < 0 || row->cseq > UINT32_MAX || row->q < 0 || row->q > 1000)
		return false;
	copy(b.contact, sizeof(b.contact), row->contact);
	copy(b.call_id, sizeof(b.call_id), row->call_id);
	copy(address, sizeof(address), row->address);
	b.flow.transport = view_eq(row->transport, VIEW("udp")) ? FLOW_UDP : FLOW_TCP;
	return addr_parse(address, &b.flow.peer) == 0 && sip_endpoint_restore(endpoint, &b) == 0;
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

/* What was read, on its way into the directory. */
struct news {
	struct directory_loader *loader;
	struct dir_site *site;
	struct list list; /* the loader's */
};

static void news_free(struct news *n)
{
	list_remove(&n->list);
	dir_site_free(n->site);
	free(n);
}

/* In the order of coming: what came later of a site must not be overwritten by what came earlier. */
static void apply(void *arg)
{
	struct directory_loader *loader = arg;

	LIST_EACH(it, &loader->waiting) {
		struct news *n = CONTAINER_OF(it, struct news, list);

		if (directory_swap(loader->directory, n->site) < 0) {
			log_error("directory_waits", LF_I("site", n->site->id));
			if (timers_arm(loop_timers(loader->loop), &loader->retry, DIRECTORY_RETRY_MS, apply,
				       loader) < 0)
				log_error("directory_waits_for_a_change");
			return;
		}
		n->site = NULL;
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

static int reload(struct directory_loader *loader, struct db *db, int64_t site_id)
{
	struct news *n = calloc(1, sizeof(*n));
	int rc = -ENOMEM;

	if (n) {
		n->loader = loader;
		list_init(&n->list);
		rc = read_site(db, site_id, &n->site);
	}
	if (rc == 0)
		rc = loop_post(loader->loop, take, n);
	if (rc == 0)
		return 0;
	log_error("directory_reload_failed", LF_I("site", site_id), LF_I("error", rc));
	if (n)
		news_free(n);
	return rc;
}

/* A site that is too large for us stays so, and must not hold up the others. */
static bool may_pass(int rc)
{
	return rc == -EIO || rc == -EBUSY || rc == -EAGAIN || rc == -ENOMEM;
}

static bool concerns(const struct change_row *row)
{
	return row->site_id != DB_INT_NULL &&
	       (view_eq(row->type, VIEW("device")) || view_eq(row->type, VIEW("button")) ||
		view_eq(row->type, VIEW("site")));
}

static int by_site(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

int directory_follow(void *arg, struct db *db, const struct change_row *rows, size_t n)
{
	int64_t sites[FEED_BATCH];
	size_t nsites = 0;
	int rc = 0;

	for (size_t i = 0; i < n && nsites < FEED_BATCH; i++) {
		if (concerns(&rows[i]))
			sites[nsites++] = rows[i].site_id;
	}
	if (nsites)
		qsort(sites, nsites, sizeof(sites[0]), by_site);
	for (size_t i = 0; i < nsites && !may_pass(rc); i++) {
		if (i == 0 || sites[i] != sites[i - 1])
			rc = reload(arg, db, sites[i]);
	}
	return may_pass(rc) ? rc : 0;
}
