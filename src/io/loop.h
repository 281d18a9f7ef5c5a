/* io/loop.h - an event loop: libevent's base, a heap of timers, and a door for other threads.
 *
 * A loop belongs to the thread that runs it; only loop_post and loop_stop may come from another.
 * What was posted runs in the order of posting, on the loop's thread. */
#pragma once
#include "base/timer.h"

struct event_base;
struct loop;

enum { LOOP_POSTS_MAX = 262144 }; /* waiting; beyond it loop_post says -EAGAIN */

typedef void loop_fn(void *arg);

[[nodiscard]] int loop_new(const struct clock *clock, struct loop **ret_loop);
/* What is still posted is run first, so that nobody's memory is lost. NULL is fine. */
void loop_free(struct loop *loop);
struct event_base *loop_base(struct loop *loop);
struct timers *loop_timers(struct loop *loop);
/* Returns after loop_stop. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);
/* Runs what was posted, on the thread that ran the loop, once it has stopped: before something that
 * the posts point at is freed. */
void loop_posts(struct loop *loop);
/* Runs what is due and ready, once, without waiting: for tests with a virtual clock. */
void loop_turn(struct loop *loop);
/* 0, -EAGAIN or -ENOMEM; fn did not run then and never will. */
[[nodiscard]] int loop_post(struct loop *loop, loop_fn *fn, void *arg);
