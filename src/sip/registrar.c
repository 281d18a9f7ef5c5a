#include "sip/registrar.h"

#include "base/list.h"
#include "base/log.h"
#include "base/map.h"
#include "proto/sip_push.h"
#include "sip/re.h"

#include <errno.h>

struct device {
	struct map_node node;
	struct registrar *registrar;
	uint64_t user; /* the key */
	struct binding_set set;
	struct timer timer; /* the first end of a binding, or the next keep-alive */
	bool nat;           /* one of them is to be kept */
	int64_t keep_at_ms; /* wall */
};

struct registrar {
	struct registrar_conf conf;
	struct map devices;
	uint64_t bindings, touched;
};

static const struct registrar_reply ok = { 200, "OK" };
static const struct registrar_reply bad = { 400, "Bad Request" };
static const struct registrar_reply no_memory = { 500, "Server Internal Error" };

static void on_timer(void *arg);

int registrar_new(const struct registrar_conf *conf, struct registrar **ret_registrar)
{
	struct registrar *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->conf = *conf;
	map_init(&r->devices);
	*ret_registrar = r;
	return 0;
}

static void device_free(struct device *d)
{
	timers_cancel(d->registrar->conf.timers, &d->timer);
	map_remove(&d->registrar->devices, &d->node);
	d->registrar->bindings -= d->set.n;
	binding_set_free(&d->set);
	free(d);
}

static void free_node(struct map_node *node, void *)
{
	device_free(CONTAINER_OF(node, struct device, node));
}

void registrar_free(struct registrar *r)
{
	if (!r)
		return;
	map_each(&r->devices, free_node, NULL);
	map_free(&r->devices);
	free(r);
}

static int64_t now_ms(const struct registrar *r)
{
	return clock_wall_ms(r->conf.timers->clock);
}

static struct device *device_find(const struct registrar *r, uint64_t user)
{
	struct map_node *found =
		map_get(&r->devices, (struct view){ (const char *)&user, sizeof(user) });

	return found ? CONTAINER_OF(found, struct device, node) : NULL;
}

static struct device *device_take(struct registrar *r, uint64_t user)
{
	struct device *d = device_find(r, user);

	if (d)
		return d;
	d = calloc(1, sizeof(*d));
	if (!d)
		return NULL;
	d->registrar = r;
	d->user = user;
	if (map_put(&r->devices, &d->node,
		    (struct view){ (const char *)&d->user, sizeof(d->user) })) {
		free(d);
		return NULL;
	}
	return d;
}

/* Over UDP, and the Contact's host is not the one that it came from. A proxy before a device keeps
 * the way itself. */
static bool behind_nat(const struct sip_binding *b)
{
	char source[ADDR_TEXT_MAX];

	if (b->flow.transport != FLOW_UDP || b->path[0])
		return false;
	addr_host_text(&b->flow.peer, source);
	return !view_ieq(contact_host(view_str(b->contact)), view_str(source));
}

/* Devices that came back together, with a restart, are not all asked at once. */
static void device_keep_from(struct device *d, int64_t now)
{
	bool nat = false;

	for (size_t i = 0; i < d->set.n && d->registrar->conf.keep; i++)
		nat = nat || behind_nat(&d->set.items[i]);
	if (nat && (!d->nat || d->keep_at_ms > now + BINDING_KEEP_MS))
		d->keep_at_ms = now + 1 + (int64_t)(d->user * 7919 % BINDING_KEEP_MS);
	d->nat = nat;
}

static void device_keep(struct device *d, int64_t now)
{
	struct registrar *r = d->registrar;

	if (!d->nat || d->keep_at_ms > now)
		return;
	for (size_t i = 0; i < d->set.n; i++)
		if (behind_nat(&d->set.items[i]))
			r->conf.keep(r->conf.arg, &d->set.items[i]);
	r->touched += d->set.n;
	d->keep_at_ms = now + BINDING_KEEP_MS;
}

/* A device that sleeps does not come by itself before its binding ends (RFC 8599 section 5.5). */
static bool is_to_wake(const struct device *d, const struct sip_binding *b)
{
	return b->push && !b->woken && d->registrar->conf.refresh;
}

static void device_wake(struct device *d, int64_t now)
{
	for (size_t i = 0; i < d->set.n; i++) {
		struct sip_binding *b = &d->set.items[i];

		if (!is_to_wake(d, b) || b->expires_at - BINDING_PUSH_LEAD_MS > now)
			continue;
		b->woken = true;
		d->registrar->conf.refresh(d->registrar->conf.arg, b);
	}
}

static int64_t binding_due(const struct device *d, const struct sip_binding *b)
{
	return is_to_wake(d, b) ? b->expires_at - BINDING_PUSH_LEAD_MS : b->expires_at;
}

/* Armed again also when the clock of the wall was put forward or back meanwhile. */
static int device_arm(struct device *d)
{
	const int64_t now = now_ms(d->registrar);
	int64_t first = INT64_MAX;

	for (size_t i = 0; i < d->set.n; i++)
		if (binding_due(d, &d->set.items[i]) < first)
			first = binding_due(d, &d->set.items[i]);
	if (d->nat && d->keep_at_ms < first)
		first = d->keep_at_ms;
	return timers_arm(d->registrar->conf.timers, &d->timer, first > now ? first - now : 0, on_timer,
			  d);
}

/* A device without bindings is forgotten. */
static void device_settle(struct device *d)
{
	int rc;

	if (d->set.n == 0) {
		device_free(d);
		return;
	}
	device_keep_from(d, now_ms(d->registrar));
	rc = device_arm(d);
	if (rc < 0)
		log_error("sip_timer", LF_I("code", rc));
}

/* Commits and tells. On failure everything is as it was. */
static int device_commit(struct device *d, struct binding_update *u)
{
	struct registrar *r = d->registrar;
	const size_t before = d->set.n;
	const int rc = binding_commit(u);

	if (rc < 0)
		return rc;
	r->bindings += d->set.n - before;
	if (r->conf.bound)
		r->conf.bound(r->conf.arg, d->user, d->set.items, d->set.n);
	return 0;
}

static void on_timer(void *arg)
{
	struct device *d = arg;
	const int64_t now = now_ms(d->registrar);
	struct binding_update u;

	binding_begin(&u, &d->set);
	d->registrar->touched += u.n;
	if (binding_expire(&u, now) > 0 && device_commit(d, &u) < 0)
		log_error("sip_expire", LF_I("device", d->user));
	device_keep(d, now);
	device_wake(d, now);
	device_settle(d);
}

/* One REGISTER on its way. */
struct job {
	struct registrar *registrar;
	const struct sip_msg *msg;
	const struct flow *flow;
	uint64_t user;
	struct buf *headers;
	struct binding_update update;
	struct registrar_reply reply; /* code 0: fine so far */
	uint32_t expires_s;           /* of contacts that name none */
	bool has_expires;
	size_t contacts, stars;
	size_t flows; /* contacts with a reg-id */
	char path[BINDING_PATH_MAX];
	bool wants_outbound, outbound; /* RFC 5626: it asks for it, it is agreed on */
	bool stale; /* it failed for its CSeq */
	bool push_asked;  /* which push services there are (RFC 8599 section 4.1.1) */
	struct view push; /* the one by which the device is woken; empty: none */
};

static void job_fail(struct job *job, struct registrar_reply reply)
{
	if (job->reply.code == 0)
		job->reply = reply;
}

static void job_outcome(struct job *job, int rc)
{
	job->stale = rc == -ESTALE;
	if (job->stale)
		job_fail(job, (struct registrar_reply){ 500, "CSeq Out Of Order" });
	else if (rc == -ENOSPC)
		job_fail(job, (struct registrar_reply){ 403, "Too Many Contacts" });
	else if (rc < 0)
		job_fail(job, no_memory);
}

static void text_put(char *to, struct view from)
{
	memcpy(to, from.p, from.n);
	to[from.n] = '\0';
}

/* All but how long. */
static struct sip_binding contact_binding(struct job *job, const struct contact *c)
{
	struct sip_binding b = { .user = job->user, .cseq = job->msg->cseq.num, .q = c->q,
				 .flow = *job->flow };

	text_put(b.contact, c->uri);
	text_put(b.call_id, view_pl(&job->msg->callid));
	memcpy(b.path, job->path, sizeof(b.path));
	if (c->reg_id && c->instance.n && job->outbound) {
		text_put(b.instance, c->instance);
		b.reg_id = c->reg_id;
	}
	return b;
}

static uint32_t expires_max_s(const struct sip_binding *b)
{
	return b->push ? BINDING_PUSH_MAX_S : BINDING_EXPIRES_MAX_S;
}

static void contact_bind(struct job *job, struct sip_binding *b, uint32_t expires_s)
{
	if (expires_s < BINDING_EXPIRES_MIN_S) {
		job_fail(job, (struct registrar_reply){ 423, "Interval Too Brief" });
		return;
	}
	if (b->reg_id && ++job->flows > 1) { /* RFC 5626 section 6 */
		job_fail(job, bad);
		return;
	}
	if (expires_s > expires_max_s(b))
		expires_s = expires_max_s(b);
	b->expires_at = now_ms(job->registrar) + (int64_t)expires_s * 1000;
	job_outcome(job, binding_put(&job->update, b));
}

/* RFC 8599 section 5.3.2. A device that leaves is not woken any more. */
static void contact_push(struct job *job, const struct contact *c, struct sip_binding *b)
{
	const char *providers = job->registrar->conf.push_providers;
	struct sip_push push;

	if (!providers || !sip_push_read(c->uri, &push))
		return;
	if (push.provider.n == 0) {
		job->push_asked = true;
	} else if (!sip_push_is_among(push.provider, providers)) {
		job_fail(job, (struct registrar_reply){
				      555, "Push Notification Service Not Supported" });
	} else if (sip_push_is_whole(&push)) {
		job->push = push.provider;
		b->push = true;
	}
}

static void contact_take(struct job *job, const struct contact *c)
{
	struct sip_binding b = contact_binding(job, c);
	const uint32_t expires_s = c->has_expires ? c->expires_s : job->expires_s;

	if (c->reg_id && c->instance.n && job->wants_outbound && !job->outbound) {
		job_fail(job, (struct registrar_reply){ 439, "First Hop Lacks Outbound Support" });
	} else if (expires_s == 0) {
		job_outcome(job, binding_remove(&job->update, &b));
	} else {
		contact_push(job, c, &b);
		contact_bind(job, &b, expires_s);
	}
}

static bool on_contact(const struct sip_hdr *hdr, const struct sip_msg *, void *arg)
{
	const struct view value = view_trim(view_pl(&hdr->val));
	struct job *job = arg;
	struct contact c;

	if (view_eq(value, VIEW("*"))) {
		job->stars++;
		return false;
	}
	job->contacts++;
	job->registrar->touched += 1 + job->update.n;
	if (job->contacts > BINDINGS_PER_DEVICE_MAX) {
		job_outcome(job, -ENOSPC);
	} else if (contact_read(value, &c) < 0) {
		job_fail(job, (struct registrar_reply){ 400, "Bad Contact" });
	} else if (c.secure && job->flow->transport != FLOW_TLS) {
		job_fail(job, (struct registrar_reply){ 400, "Secure Contact Without TLS" });
	} else {
		contact_take(job, &c);
	}
	return job->reply.code != 0;
}

static void job_expires(struct job *job)
{
	uint64_t seconds;
	int rc;

	job->expires_s = BINDING_EXPIRES_S;
	if (!pl_isset(&job->msg->expires))
		return;
	rc = view_u64(view_trim(view_pl(&job->msg->expires)), UINT32_MAX, &seconds);
	if (rc == -EINVAL)
		return;
	job->has_expires = true;
	job->expires_s = rc == 0 ? (uint32_t)seconds : UINT32_MAX;
}

/* It goes into the head of what we send. */
static bool is_line(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] < ' ' || v.p[i] > '~')
			return false;
	return true;
}

struct path_read {
	struct buf *out;
	bool bad;
	struct view last; /* of the proxy that the device is connected to, when there are several */
};

static bool on_path(const struct sip_hdr *hdr, const struct sip_msg *, void *arg)
{
	struct path_read *read = arg;
	const struct pl text = hdr->val;
	struct sip_addr addr;

	read->bad = read->bad || sip_addr_decode(&addr, &text) || !is_line(view_pl(&text));
	if (read->out->n)
		buf_add(read->out, VIEW(", "));
	buf_add(read->out, view_pl(&hdr->val));
	read->last = view_pl(&hdr->val);
	return false;
}

/* The flow token of that proxy: the ob parameter of its URI (RFC 5626 section 5.1). */
static bool has_ob(struct view value)
{
	const struct pl text = pl_view(value);
	struct sip_addr addr;
	struct pl params, ob;

	if (sip_addr_decode(&addr, &text))
		return false;
	params = addr.uri.params;
	return msg_param_exists(&params, "ob", &ob) == 0;
}

/* RFC 3327 section 5.3, and whether RFC 5626 can be agreed on: the connection ends with us, or with
 * a proxy that does its part. */
static void job_path(struct job *job)
{
	struct buf text = BUF_INIT(BINDING_PATH_MAX - 1);
	struct path_read read = { .out = &text };
	const bool direct = sip_msg_hdr_count(job->msg, SIP_HDR_VIA) == 1;

	sip_msg_hdr_apply(job->msg, true, SIP_HDR_PATH, on_path, &read);
	if (text.err == -ENOMEM)
		job_fail(job, no_memory);
	else if (read.bad || text.err)
		job_fail(job, (struct registrar_reply){ 400, read.bad ? "Bad Path" : "Path Too Long" });
	else if (text.n)
		text_put(job->path, buf_view(&text));
	buf_free(&text);
	job->wants_outbound = sip_msg_hdr_has_value(job->msg, SIP_HDR_SUPPORTED, "outbound");
	job->outbound = job->wants_outbound && (direct || (read.last.n && has_ob(read.last)));
}

static void print_outbound(struct job *job)
{
	if (job->path[0])
		buf_printf(job->headers, "Path: %s\r\n", job->path);
	if (job->flows)
		buf_add(job->headers, VIEW("Require: outbound\r\n"));
	buf_add(job->headers, VIEW("Supported: path, outbound\r\n"));
}

static void print_push(struct job *job)
{
	struct view rest = view_str(job->registrar->conf.push_providers);

	while (rest.n > 0 && (job->push_asked || job->push.n)) {
		const struct view word = view_cut(rest, ' ', &rest);

		if (word.n && (job->push_asked || view_ieq(word, job->push)))
			buf_printf(job->headers, "Feature-Caps: *;+sip.pns=\"%.*s\"\r\n", (int)word.n,
				   word.p);
	}
}

static void print_contacts(struct job *job, const struct binding_set *set)
{
	const int64_t now = now_ms(job->registrar);

	for (size_t i = 0; i < set->n; i++) {
		const struct sip_binding *b = &set->items[i];

		if (b->expires_at <= now)
			continue;
		buf_printf(job->headers, "Contact: <%s>;expires=%lld", b->contact,
			   (long long)((b->expires_at - now + 999) / 1000));
		if (b->q < 1000)
			buf_printf(job->headers, ";q=0.%03u", b->q);
		if (b->reg_id)
			buf_printf(job->headers, ";+sip.instance=\"%s\";reg-id=%u", b->instance,
				   b->reg_id);
		buf_add(job->headers, VIEW("\r\n"));
	}
}

/* Steps 6 and 7: reads all contacts into the update; the reply's code stays 0 when all went well. */
static void job_read(struct job *job)
{
	job_expires(job);
	if (job->msg->callid.l >= sizeof(((struct sip_binding *)NULL)->call_id))
		job_fail(job, bad);
	job_path(job);
	if (job->reply.code)
		return;
	sip_msg_hdr_apply(job->msg, true, SIP_HDR_CONTACT, on_contact, job);
	if (job->reply.code || job->stars == 0)
		return;
	if (job->stars > 1 || job->contacts > 0 || !job->has_expires || job->expires_s != 0)
		job_fail(job, bad);
	else
		job_outcome(job, binding_remove_all(&job->update, view_pl(&job->msg->callid),
						    job->msg->cseq.num));
}

/* A repetition fails as the message did that it repeats, or finds its own work done. */
static void job_repeat(struct job *job)
{
	if (job->stale)
		job->reply = (struct registrar_reply){};
	job->contacts = job->stars = 0;
}

static void job_change(struct job *job, struct device *d, bool repeat)
{
	binding_begin(&job->update, &d->set);
	job->registrar->touched += d->set.n;
	job_read(job);
	if (repeat)
		job_repeat(job);
	if (job->reply.code == 423)
		buf_printf(job->headers, "Min-Expires: %d\r\n", BINDING_EXPIRES_MIN_S);
	if (job->reply.code == 0 && job->contacts + job->stars > 0)
		job_outcome(job, device_commit(d, &job->update));
	if (job->reply.code == 0) {
		print_contacts(job, &d->set);
		print_outbound(job);
		print_push(job);
	}
}

struct registrar_reply registrar_register(struct registrar *r, const struct sip_msg *msg,
					  const struct flow *flow, uint64_t user, bool repeat,
					  struct buf *headers)
{
	struct job job = { .registrar = r, .msg = msg, .flow = flow, .user = user,
			   .headers = headers };
	struct device *d;

	d = device_take(r, user);
	if (!d)
		return no_memory;
	job_change(&job, d, repeat);
	device_settle(d);
	return job.reply.code ? job.reply : ok;
}

/* No binding stands for longer than we grant: a damaged row, or a clock that was put back, must not
 * keep one for ever, nor its timer overflow. */
static struct sip_binding restored(const struct registrar *r, const struct sip_binding *binding)
{
	struct sip_binding b = *binding;
	struct sip_push push;
	int64_t last;

	b.push = r->conf.push_providers && sip_push_read(view_str(b.contact), &push) &&
		 sip_push_is_whole(&push);
	last = now_ms(r) + expires_max_s(&b) * INT64_C(1000);
	if (b.expires_at > last)
		b.expires_at = last;
	return b;
}

int registrar_restore(struct registrar *r, const struct sip_binding *binding)
{
	const struct sip_binding kept = restored(r, binding);
	struct binding_update u;
	struct device *d;
	size_t before;
	int rc;

	if (binding->expires_at <= now_ms(r))
		return -EINVAL;
	d = device_take(r, binding->user);
	if (!d)
		return -ENOMEM;
	before = d->set.n;
	binding_begin(&u, &d->set);
	rc = binding_put(&u, &kept);
	if (rc == 0)
		rc = binding_commit(&u);
	r->bindings += d->set.n - before;
	device_settle(d);
	return rc;
}

const struct binding_set *registrar_find(const struct registrar *r, uint64_t user)
{
	const struct device *d = device_find(r, user);

	return d ? &d->set : NULL;
}

void registrar_unbind(struct registrar *r, uint64_t user)
{
	struct device *d = device_find(r, user);

	if (!d)
		return;
	r->bindings -= d->set.n;
	binding_set_free(&d->set);
	if (r->conf.bound)
		r->conf.bound(r->conf.arg, user, NULL, 0);
	device_free(d);
}

struct registrar_stats registrar_stats(const struct registrar *r)
{
	return (struct registrar_stats){ r->devices.count, r->bindings, r->touched };
}
