#include "media/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum {
	ROUND_EVENTS = 1024,
	SCAN_MS = 100,
	LOADED_PACKETS = 100, /* per scan: from 1,000 packets/s on, rounds keep the tick */
};

static uint64_t mono_us(const struct worker *w)
{
	return (uint64_t)clock_mono_us(w->clock);
}

static void signal_fd(int fd)
{
	uint64_t one = 1;

	/* Fails only when the counter is full, and then the reader is awake anyway. */
	if (write(fd, &one, sizeof(one)) < 0)
		return;
}

static void clear_fd(int fd)
{
	uint64_t n;

	if (read(fd, &n, sizeof(n)) < 0)
		return;
}

/* Under load many sockets are ready per round when rounds are a tick apart; a round for each
 * packet costs more (see bench/relay). Orders come in bursts too: a call is a dozen of them. */
static void pace(const struct worker *w, bool ordered)
{
	struct timespec t = {};
	uint64_t spent_us;

	if (!w->loaded && !ordered)
		return;
	spent_us = mono_us(w) - w->now_us;
	if (spent_us >= w->tick_us)
		return;
	t.tv_nsec = (long)(w->tick_us - spent_us) * 1000;
	nanosleep(&t, NULL);
}

static void scan(struct worker *w)
{
	if (w->now_us < w->scan_us)
		return;
	w->loaded = w->packets >= LOADED_PACKETS;
	w->packets = 0;
	w->scan_us = w->now_us + SCAN_MS * 1000;
	LIST_EACH(node, &w->legs)
		session_scan(w, CONTAINER_OF(node, struct leg, node));
}

static struct order *orders_take(struct worker *w, bool *ret_stop)
{
	struct order *ret;

	pthread_mutex_lock(&w->lock);
	ret = w->orders;
	w->orders = NULL;
	w->orders_tail = &w->orders;
	w->norders = 0;
	*ret_stop = w->stop;
	pthread_mutex_unlock(&w->lock);
	return ret;
}

/* The order to close something lies inside it, so it is read before it is applied. */
static bool orders_run(struct worker *w)
{
	bool stop;

	clear_fd(w->wake);
	for (struct order *o = orders_take(w, &stop), *next; o != NULL; o = next) {
		bool embedded = o->type == ORDER_CLOSE || o->type == ORDER_LEG_CLOSE;

		next = o->next;
		session_apply(w, o);
		if (!embedded)
			free(o);
	}
	return !stop;
}

static bool has_order(const struct epoll_event *events, int n)
{
	for (int i = 0; i < n; i++) {
		if (events[i].data.ptr == NULL)
			return true;
	}
	return false;
}

static int wait_of(const struct worker *w)
{
	const int64_t us = timers_wait_us(&w->timers);

	return us >= 0 && us < SCAN_MS * 1000 ? (int)((us + 999) / 1000) : SCAN_MS;
}

/* Waits for packets. Orders are run first, and the sockets asked again: what was ordered before a
 * packet was sent holds for it, and what an order closed is not read from. */
static int round_begin(struct worker *w, struct epoll_event *events, bool *ret_ordered,
		       bool *ret_on)
{
	int wait_ms = list_empty(&w->legs) ? -1 : wait_of(w);
	int n = epoll_wait(w->epoll, events, ROUND_EVENTS, wait_ms);

	w->now_us = mono_us(w);
	*ret_ordered = false;
	while (has_order(events, n)) {
		*ret_ordered = true;
		*ret_on = orders_run(w);
		n = epoll_wait(w->epoll, events, ROUND_EVENTS, 0);
	}
	return n;
}

/* All browsers send to the same few sockets. */
static void web_end_read(struct worker *w, const struct end *end)
{
	const unsigned socket = (unsigned)(end - w->web_ends);
	unsigned n = WEB_BATCH;

	for (unsigned i = 0; i < WORKER_WEB_BATCHES && n == WEB_BATCH; i++) {
		n = web_read(w->web, socket);
		w->packets += n;
	}
}

static void read_end(struct worker *w, struct end *end)
{
	if (end->channel != NULL)
		session_read(w, end);
	else
		web_end_read(w, end);
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;
	struct epoll_event events[ROUND_EVENTS];
	bool on = true, ordered;

	while (on) {
		int n = round_begin(w, events, &ordered, &on);

		for (int i = 0; i < n; i++)
			read_end(w, events[i].data.ptr);
		timers_run(&w->timers);
		if (w->web != NULL)
			web_flush(w->web);
		scan(w);
		if (w->told)
			signal_fd(w->ready);
		w->told = false;
		pace(w, ordered && on);
	}
	return NULL;
}

static void buffers_init(struct worker *w)
{
	for (unsigned i = 0; i < WORKER_BATCH; i++) {
		w->iov[i] = (struct iovec){ w->bytes[i], RELAY_PACKET_MAX };
		w->in[i].msg_hdr = (struct msghdr){
			.msg_name = &w->names[i].sa,
			.msg_iov = &w->iov[i],
			.msg_iovlen = 1,
		};
	}
}

static int web_start(struct worker *w, const struct worker_conf *conf)
{
	const struct web_conf web = { .clock = conf->clock,
				      .timers = &w->timers,
				      .rand = conf->rand,
				      .addresses = conf->web,
				      .naddresses = conf->nweb };
	int err = conf->nweb ? web_open(&web, &w->web) : 0;

	for (unsigned i = 0; w->web != NULL && i < web_sockets(w->web) && err == 0; i++) {
		struct epoll_event e = { .events = EPOLLIN, .data.ptr = &w->web_ends[i] };

		if (epoll_ctl(w->epoll, EPOLL_CTL_ADD, web_fd(w->web, i), &e) < 0)
			err = -errno;
	}
	return err;
}

int worker_start(struct worker *w, const struct worker_conf *conf)
{
	struct epoll_event e = { .events = EPOLLIN };
	int err;

	*w = (struct worker){ .ready = conf->ready,
			      .clock = conf->clock,
			      .tick_us = conf->tick_us };
	timers_init(&w->timers, conf->clock);
	list_init(&w->legs);
	w->orders_tail = &w->orders;
	w->events_tail = &w->events;
	w->done_tail = &w->done;
	buffers_init(w);
	pthread_mutex_init(&w->lock, NULL);
	w->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (w->wake < 0 || w->epoll < 0 || epoll_ctl(w->epoll, EPOLL_CTL_ADD, w->wake, &e) < 0)
		return -errno;
	err = web_start(w, conf);
	if (err < 0)
		return err;
	err = pthread_create(&w->thread, NULL, worker_main, w);
	w->started = err == 0;
	return -err;
}

void worker_stop(struct worker *w)
{
	if (!w->started)
		return;
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_mutex_unlock(&w->lock);
	signal_fd(w->wake);
	pthread_join(w->thread, NULL);
	w->started = false;
}

void worker_free(struct worker *w)
{
	for (struct event_node *e = w->events, *next; e != NULL; e = next) {
		next = e->next;
		free(e);
	}
	web_close(w->web);
	timers_free(&w->timers);
	if (w->wake >= 0)
		close(w->wake);
	if (w->epoll >= 0)
		close(w->epoll);
	pthread_mutex_destroy(&w->lock);
}

static int post(struct worker *w, struct order *o, unsigned limit)
{
	bool first;

	o->next = NULL;
	pthread_mutex_lock(&w->lock);
	if (w->norders >= limit) {
		pthread_mutex_unlock(&w->lock);
		return -EAGAIN;
	}
	first = w->orders == NULL;
	*w->orders_tail = o;
	w->orders_tail = &o->next;
	w->norders++;
	pthread_mutex_unlock(&w->lock);
	if (first)
		signal_fd(w->wake);
	return 0;
}

int worker_post(struct worker *w, struct order *o)
{
	return post(w, o, RELAY_COMMANDS_MAX);
}

void worker_post_always(struct worker *w, struct order *o)
{
	(void)post(w, o, UINT32_MAX);
}

struct event_node *worker_event(struct worker *w)
{
	struct event_node *ret;

	pthread_mutex_lock(&w->lock);
	ret = w->events;
	if (ret != NULL) {
		w->events = ret->next;
		if (w->events == NULL)
			w->events_tail = &w->events;
		w->nevents--;
	}
	pthread_mutex_unlock(&w->lock);
	return ret;
}

struct done *worker_done(struct worker *w)
{
	struct done *ret = NULL;

	pthread_mutex_lock(&w->lock);
	if (w->events == NULL && w->done != NULL) {
		ret = w->done;
		w->done = ret->next;
		if (w->done == NULL)
			w->done_tail = &w->done;
	}
	pthread_mutex_unlock(&w->lock);
	return ret;
}

void worker_tell(struct worker *w, const struct relay_event *event)
{
	struct event_node *node = malloc(sizeof(*node));
	bool kept;

	if (node != NULL)
		*node = (struct event_node){ .event = *event };
	pthread_mutex_lock(&w->lock);
	kept = node != NULL && w->nevents < RELAY_EVENTS_MAX;
	if (kept) {
		*w->events_tail = node;
		w->events_tail = &node->next;
		w->nevents++;
	} else {
		w->events_lost++;
	}
	pthread_mutex_unlock(&w->lock);
	w->told |= kept;
	if (!kept)
		free(node);
}

void worker_hand_back(struct worker *w, struct done *done)
{
	done->next = NULL;
	pthread_mutex_lock(&w->lock);
	*w->done_tail = done;
	w->done_tail = &done->next;
	pthread_mutex_unlock(&w->lock);
	w->told = true;
}
