#include "io/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/time.h>
#include <unistd.h>

struct post {
	struct post *next;
	loop_fn *fn;
	void *arg;
};

struct loop {
	struct event_base *base;
	struct timers timers;
	struct event *tick;   /* fires when the first timer is due */
	struct event *knock;  /* the eventfd: something was posted */
	int fd;
	atomic_bool stopping;
	pthread_mutex_t lock; /* head, tail, posts */
	struct post *head;
	struct post **tail;
	size_t posts;
};

static void tick_set(struct loop *loop)
{
	const int64_t us = timers_wait_us(&loop->timers);
	const struct timeval tv = { us / 1000000, us % 1000000 };

	if (us < 0)
		event_del(loop->tick);
	else
		event_add(loop->tick, &tv);
}

static void on_earlier(void *arg)
{
	tick_set(arg);
}

static void on_tick(evutil_socket_t, short, void *arg)
{
	struct loop *loop = arg;

	timers_run(&loop->timers);
	tick_set(loop);
}

/* False: there was nothing. */
static bool posts_run(struct loop *loop)
{
	pthread_mutex_lock(&loop->lock);
	struct post *p = loop->head;
	const bool any = p != NULL;
	loop->head = NULL;
	loop->tail = &loop->head;
	loop->posts = 0;
	pthread_mutex_unlock(&loop->lock);
	while (p) {
		struct post *next = p->next;

		p->fn(p->arg);
		free(p);
		p = next;
	}
	return any;
}

void loop_posts(struct loop *loop)
{
	while (posts_run(loop))
		;
}

static void on_knock(evutil_socket_t fd, short, void *arg)
{
	struct loop *loop = arg;
	uint64_t count;

	if (read(fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		return;
	posts_run(loop);
	if (atomic_load(&loop->stopping))
		event_base_loopbreak(loop->base);
}

static int open_events(struct loop *loop)
{
	struct event_config *cfg = event_config_new();

	if (!cfg)
		return -ENOMEM;
	event_config_set_flag(cfg, EVENT_BASE_FLAG_NOLOCK);
	loop->base = event_base_new_with_config(cfg);
	event_config_free(cfg);
	if (!loop->base)
		return -ENOMEM;
	loop->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (loop->fd < 0)
		return -errno;
	loop->tick = event_new(loop->base, -1, 0, on_tick, loop);
	loop->knock = event_new(loop->base, loop->fd, EV_READ | EV_PERSIST, on_knock, loop);
	if (!loop->tick || !loop->knock || event_add(loop->knock, NULL))
		return -ENOMEM;
	return 0;
}

int loop_new(const struct clock *clock, struct loop **ret_loop)
{
	struct loop *loop = calloc(1, sizeof(*loop));
	int rc;

	if (!loop)
		return -ENOMEM;
	loop->fd = -1;
	loop->tail = &loop->head;
	pthread_mutex_init(&loop->lock, NULL);
	timers_init(&loop->timers, clock);
	rc = open_events(loop);
	if (rc < 0) {
		loop_free(loop);
		return rc;
	}
	loop->timers.on_earlier = on_earlier;
	loop->timers.on_earlier_arg = loop;
	*ret_loop = loop;
	return 0;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	loop_posts(loop);
	loop->timers.on_earlier = NULL;
	timers_free(&loop->timers);
	if (loop->tick)
		event_free(loop->tick);
	if (loop->knock)
		event_free(loop->knock);
	if (loop->base)
		event_base_free(loop->base);
	if (loop->fd >= 0)
		close(loop->fd);
	pthread_mutex_destroy(&loop->lock);
	free(loop);
}

struct event_base *loop_base(struct loop *loop)
{
	return loop->base;
}

struct timers *loop_timers(struct loop *loop)
{
	return &loop->timers;
}

void loop_run(struct loop *loop)
{
	while (!atomic_load(&loop->stopping))
		event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY);
}

void loop_turn(struct loop *loop)
{
	event_base_loop(loop->base, EVLOOP_NONBLOCK);
	timers_run(&loop->timers);
	tick_set(loop);
}

static void knock(struct loop *loop)
{
	const uint64_t one = 1;

	/* A full counter means that the loop is about to look anyway. */
	if (write(loop->fd, &one, sizeof(one)) < 0)
		return;
}

void loop_stop(struct loop *loop)
{
	atomic_store(&loop->stopping, true);
	knock(loop);
}

int loop_post(struct loop *loop, loop_fn *fn, void *arg)
{
	struct post *p = malloc(sizeof(*p));
	bool first, full;

	if (!p)
		return -ENOMEM;
	*p = (struct post){ .fn = fn, .arg = arg };
	pthread_mutex_lock(&loop->lock);
	first = !loop->head;
	full = loop->posts >= LOOP_POSTS_MAX;
	if (!full) {
		*loop->tail = p;
		loop->tail = &p->next;
		loop->posts++;
	}
	pthread_mutex_unlock(&loop->lock);
	if (full) {
		free(p);
		return -EAGAIN;
	}
	if (first)
		knock(loop);
	return 0;
}
