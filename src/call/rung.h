/* call/rung.h - whom a call rings, whether or not anything of it rings yet: who wakes late, or
 * comes back, joins the ring. From a device it is one look-up to the calls that ring for it.
 *
 * A device that a push may wake counts as ringing until one of it has come, or the push service
 * says that there is none. */
#pragma once
#include "base/list.h"
#include "call/switchboard.h"

struct call;
struct call_leg;

struct rung {
	struct call *call;
	uint64_t device;
	char name[CALL_NAME_MAX];
	bool woken;    /* the wake hook knows of it */
	bool waits;    /* nothing of it rings, and it may come */
	bool reached;  /* something of it rang, or the history knows why not */
	bool declined; /* by one of its apps: no other joins late */
	int64_t pushed, delivered;
	uint64_t refused[BINDINGS_PER_DEVICE_MAX]; /* bindings that gave a final answer
						      (leg_contact) */
	unsigned nrefused;
	struct list of_call, of_device;
};

/* The device is rung from now on: it is woken, if it can be. -ENOMEM. */
[[nodiscard]] int rung_add(struct call *call, const struct dir_device *to);
/* It keeps quiet now: an app hears of the call once nobody rings any more. */
void rung_hushed(struct call *call, const struct dir_device *to);
/* NULL: it is not rung. */
struct rung *rung_find(const struct call *call, uint64_t device);
/* So many of them wait. */
unsigned rung_waiting(const struct call *call);
/* A leg of it began, or could not and the history has it. */
void rung_reached(struct call *call, uint64_t device);
/* A leg of it is about to go: final, by an answer of its own; lost, or neither. */
void rung_lost(struct call_leg *leg, bool final);
/* Apps may look through the camera of this device, in this call. */
bool rung_has_camera(const struct call *call, const struct dir_device *door);
/* The app that called a door looks through its camera: somebody of the door has answered. */
void rung_look_back(struct call *call);
/* Nobody rings any more: who never came is in the history. */
void rung_over(struct call *call, const char *why);
/* A page of the device connected: it joins what rings for it. */
struct app_link;
void rung_app(struct switchboard *sb, uint64_t device, struct app_link *link);
