#include "sip/binding.h"

#include "sip/re.h"

#include <errno.h>

enum { Q_MAX = 1000 };

/* "1", "0.7", "0.125" …; what is no number counts as 1. */
static unsigned q_read(struct view v)
{
	unsigned q = 0, unit = Q_MAX;

	if (v.n == 0 || v.p[0] != '0')
		return Q_MAX;
	for (size_t i = 2; i < v.n && i < 5; i++) {
		if (v.p[i] < '0' || v.p[i] > '9')
			return Q_MAX;
		unit /= 10;
		q += (unsigned)(v.p[i] - '0') * unit;
	}
	return q;
}

/* In quotes, the URN in angle brackets. */
static struct view instance_read(struct view v)
{
	v = view_trim(v);
	if (v.n < 2 || v.p[0] != '"' || v.p[v.n - 1] != '"' || v.n - 2 >= BINDING_INSTANCE_MAX)
		return (struct view){};
	v = (struct view){ v.p + 1, v.n - 2 };
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] <= ' ' || v.p[i] > '~' || v.p[i] == '"' || v.p[i] == '\\')
			return (struct view){};
	return v;
}

/* libre takes the plus sign for one of its patterns. */
static void outbound_read(struct view params, struct contact *c)
{
	while (params.n > 0) {
		struct view value, param = view_cut(params, ';', &params);
		const struct view name = view_trim(view_cut(param, '=', &value));
		uint64_t reg_id;

		if (view_ieq(name, VIEW("+sip.instance")))
			c->instance = instance_read(value);
		else if (view_ieq(name, VIEW("reg-id")) &&
			 view_u64(view_trim(value), INT32_MAX, &reg_id) == 0)
			c->reg_id = (uint32_t)reg_id;
	}
}

int contact_read(struct view header, struct contact *ret_contact)
{
	const struct pl text = pl_view(header);
	struct contact c = { .q = Q_MAX };
	struct sip_addr addr;
	uint64_t seconds;
	struct pl value;

	if (sip_addr_decode(&addr, &text))
		return -EBADMSG;
	c.secure = pl_strcasecmp(&addr.uri.scheme, "sips") == 0;
	if ((!c.secure && pl_strcasecmp(&addr.uri.scheme, "sip")) ||
	    !sip_uri_clean(view_pl(&addr.auri)) || addr.auri.l >= BINDING_CONTACT_MAX)
		return -EBADMSG;
	/* Section 20.10: who could that header be meant for? */
	if (addr.uri.headers.l > 0 && !memchr(header.p, '<', header.n))
		return -EBADMSG;
	c.uri = view_pl(&addr.auri);
	/* A value that is no number counts as none (section 10.2.1.1); too great a one as the most. */
	if (msg_param_decode(&addr.params, "expires", &value) == 0) {
		const int rc = view_u64(view_pl(&value), UINT32_MAX, &seconds);

		c.has_expires = rc != -EINVAL;
		c.expires_s = rc == 0 ? (uint32_t)seconds : UINT32_MAX;
	}
	if (msg_param_decode(&addr.params, "q", &value) == 0)
		c.q = q_read(view_pl(&value));
	outbound_read(view_pl(&addr.params), &c);
	*ret_contact = c;
	return 0;
}

/* Parameters that make another URI of it when only one side has them. */
static bool param_matters(struct view name)
{
	static const char *const names[] = { "transport", "user", "method", "ttl", "maddr" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (view_ieq(name, view_str(names[i])))
			return true;
	return false;
}

static bool param_find(struct view params, struct view name, struct view *ret_value)
{
	while (params.n > 0) {
		struct view value, param = view_cut(params, ';', &params);

		if (view_ieq(view_cut(param, '=', &value), name)) {
			*ret_value = value;
			return true;
		}
	}
	return false;
}

static bool params_match(struct view a, struct view b)
{
	struct view rest = a;

	while (rest.n > 0) {
		struct view value, other, param = view_cut(rest, ';', &rest);
		const struct view name = view_cut(param, '=', &value);

		if (name.n == 0)
			continue;
		if (param_find(b, name, &other) ? !view_ieq(value, other) : param_matters(name))
			return false;
	}
	return true;
}

bool contact_same(struct view a, struct view b)
{
	const struct pl pa = pl_view(a), pb = pl_view(b);
	struct uri ua, ub;

	if (view_eq(a, b))
		return true;
	if (uri_decode(&ua, &pa) || uri_decode(&ub, &pb))
		return false;
	return pl_casecmp(&ua.scheme, &ub.scheme) == 0 && pl_cmp(&ua.user, &ub.user) == 0 &&
	       pl_cmp(&ua.password, &ub.password) == 0 && pl_casecmp(&ua.host, &ub.host) == 0 &&
	       ua.port == ub.port && pl_casecmp(&ua.headers, &ub.headers) == 0 &&
	       params_match(view_pl(&ua.params), view_pl(&ub.params)) &&
	       params_match(view_pl(&ub.params), view_pl(&ua.params));
}

struct view contact_host(struct view uri)
{
	struct view rest, host;

	view_cut(uri, ':', &host);
	if (memchr(host.p, '@', host.n))
		view_cut(host, '@', &host);
	if (host.n > 0 && host.p[0] == '[')
		return view_cut((struct view){ host.p + 1, host.n - 1 }, ']', &rest);
	return view_cut(view_cut(view_cut(host, '?', &rest), ';', &rest), ':', &rest);
}

void binding_set_free(struct binding_set *set)
{
	free(set->items);
	*set = (struct binding_set){};
}

void binding_begin(struct binding_update *u, struct binding_set *set)
{
	u->set = set;
	u->n = set->n;
	u->fresh = 0;
	if (set->n > 0)
		memcpy(u->items, set->items, set->n * sizeof(*set->items));
}

static bool same(const struct sip_binding *a, const struct sip_binding *b)
{
	if (a->reg_id || b->reg_id)
		return a->reg_id == b->reg_id && strcmp(a->instance, b->instance) == 0;
	return contact_same(view_str(a->contact), view_str(b->contact));
}

static size_t find(const struct binding_update *u, const struct sip_binding *binding)
{
	size_t i = 0;

	while (i < u->n && !same(&u->items[i], binding))
		i++;
	return i;
}

static bool out_of_order(const struct sip_binding *b, struct view call_id, uint32_t cseq)
{
	return view_eq(view_str(b->call_id), call_id) && cseq <= b->cseq;
}

static void take_out(struct binding_update *u, size_t i)
{
	if (i + u->fresh >= u->n)
		u->fresh--;
	u->n--;
	memmove(&u->items[i], &u->items[i + 1], (u->n - i) * sizeof(*u->items));
}

/* Of those that this update did not bring. */
static bool drop_soonest(struct binding_update *u)
{
	const size_t old = u->n - u->fresh;
	size_t soonest = 0;

	for (size_t i = 1; i < old; i++)
		if (u->items[i].expires_at < u->items[soonest].expires_at)
			soonest = i;
	if (old > 0)
		take_out(u, soonest);
	return old > 0;
}

int binding_put(struct binding_update *u, const struct sip_binding *binding)
{
	const size_t i = find(u, binding);

	if (i < u->n && i + u->fresh < u->n &&
	    out_of_order(&u->items[i], view_str(binding->call_id), binding->cseq))
		return -ESTALE;
	if (i < u->n)
		take_out(u, i);
	else if (u->n == BINDINGS_PER_DEVICE_MAX && !drop_soonest(u))
		return -ENOSPC;
	u->items[u->n++] = *binding;
	u->fresh++;
	return 0;
}

int binding_remove(struct binding_update *u, const struct sip_binding *binding)
{
	const size_t i = find(u, binding);

	if (i == u->n)
		return 0;
	if (i + u->fresh < u->n &&
	    out_of_order(&u->items[i], view_str(binding->call_id), binding->cseq))
		return -ESTALE;
	take_out(u, i);
	return 0;
}

int binding_remove_all(struct binding_update *u, struct view call_id, uint32_t cseq)
{
	for (size_t i = 0; i < u->n; i++)
		if (out_of_order(&u->items[i], call_id, cseq))
			return -ESTALE;
	u->n = u->fresh = 0;
	return 0;
}

size_t binding_expire(struct binding_update *u, int64_t now_ms)
{
	const size_t before = u->n;

	for (size_t i = u->n; i-- > 0;)
		if (u->items[i].expires_at <= now_ms)
			take_out(u, i);
	return before - u->n;
}

int binding_commit(struct binding_update *u)
{
	struct sip_binding *items = NULL;

	if (u->n > 0) {
		items = malloc(u->n * sizeof(*items));
		if (!items)
			return -ENOMEM;
		memcpy(items, u->items, u->n * sizeof(*items));
	}
	free(u->set->items);
	u->set->items = items;
	u->set->n = u->n;
	return 0;
}
