#include "call/route.h"

#include <errno.h>

/* Both of a site, and neither a phone directory nor a licence stands in the way. */
static bool may_call(const struct dir_device *from, const struct dir_device *to)
{
	const struct dir_list *list = from->may_call;
	bool listed = !list;

	for (size_t i = 0; list && i < list->n && !listed; i++)
		listed = list->devices[i] == to->number;
	return listed && to->site_id == from->site_id && to->number != from->number &&
	       (from->kind == DIR_INTERCOM || licence_allows(&from->licence, LICENCE_LOOK));
}

static void add(const struct directory *dir, const struct dir_device *caller,
		struct dir_destination destination, struct route *route)
{
	const struct dir_device *to = directory_device(dir, destination.device);

	if (to && may_call(caller, to) && (route->button || !to->line) &&
	    route->n < ROUTE_MAX_DEVICES)
		route->to[route->n++] = destination;
}

static int by_button(const struct directory *dir, const struct dir_device *caller, unsigned button,
		     struct route *ret_route)
{
	for (size_t i = 0; i < caller->nbuttons; i++) {
		const struct dir_button *b = &caller->buttons[i];

		if (b->number != button)
			continue;
		*ret_route = (struct route){ .button = button };
		for (size_t k = 0; k < b->nto; k++)
			add(dir, caller, b->to[k], ret_route);
		return 0;
	}
	return -ENOENT;
}

int route_devices(const struct directory *dir, const struct dir_device *caller, struct view dialled,
	       struct route *ret_route)
{
	struct route route = {};
	uint64_t number;

	if (view_u64(dialled, 9999999999, &number) < 0)
		return -EINVAL;
	if (number <= ROUTE_BUTTON_MAX)
		return by_button(dir, caller, (unsigned)number, ret_route);
	add(dir, caller, (struct dir_destination){ .device = number }, &route);
	if (!route.n)
		return -ENOENT;
	*ret_route = route;
	return 0;
}
