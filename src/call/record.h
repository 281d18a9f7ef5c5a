/* call/record.h - what a call tells its history, as it happens. Plain values; views are good during
 * the call of the function only. Times: UTC, ms. Device 0: none. */
#pragma once
#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum call_record_type {
	CALL_REC_STARTED,
	CALL_REC_LEG, /* a leg ended, or could not begin: result */
	CALL_REC_TRACE, /* the leg that answered ended: the whole of its trace */
	CALL_REC_ANSWERED,
	CALL_REC_OPENED,
	CALL_REC_ENDED,
	CALL_REC_STREAMS, /* after the end: what sound and picture were like */
};

/* What came from a leg (0: the caller) and went to it. */
struct call_stream {
	unsigned leg;
	const char *kind;       /* audio, video */
	const char *codec;      /* as SDP names it, "" when nothing came */
	uint64_t packets, lost; /* that came, that were missing among them */
	uint32_t jitter_us;
	uint64_t sent;
};

/* What happened to a leg, and when; 0: it did not, or nobody could tell. */
struct call_trace {
	int64_t pushed;    /* handed to the push service, or to the gateway of a SIP app */
	int64_t delivered; /* the phone says that the push has come */
	int64_t woken;     /* it connected, or registered, because of it */
	int64_t offered;   /* the call went out to it: INVITE, or the offer to an app */
	int64_t rang;      /* 180 or 183, or the app shows the call */
	int64_t preview;   /* the door's picture flows to it, not yet answered */
	int64_t answered;
	int64_t video;     /* it shows the first picture; only an app tells */
	int64_t ended;
	/* It ended: a word; NULL: not yet. Before it answered: answered_elsewhere, caller_gone,
	 * declined, busy, no_answer, refused (it cannot take the call), unreachable, never_came (it
	 * was pushed), lost (its socket or its media died), stopped (by the server, or by somebody
	 * who changed the devices). After that: hangup (its own), peer_hangup, limit, lost, opened
	 * (it was there to be opened only), codec (the caller would not speak its), stopped. */
	const char *why;
};

struct call_record {
	enum call_record_type type;
	int64_t call_id;
	int64_t site_id;
	int64_t at;
	uint64_t device; /* STARTED: who calls; LEG, ANSWERED, OPENED: who did it; ENDED: 0 */
	const char *name; /* of the device */
	uint64_t door;    /* OPENED: whose code it was */
	int64_t opening_id; /* OPENED: rises with time */
	unsigned leg;       /* LEG, ANSWERED: unique in the call */
	const struct call_trace *trace; /* LEG, ANSWERED, TRACE */
	unsigned button;  /* STARTED: 0 when a number was dialled */
	bool test;        /* STARTED: nobody rang the bell */
	const struct call_stream *streams; /* STREAMS */
	size_t nstreams;
	struct view picture; /* ENDED: a JPEG of the door, of when it rang; n 0: none */
	int64_t picture_at;
	const char *text; /* LEG, ENDED: the result; OPENED: how ("dtmf", "info", "app", "notice") */
};

typedef void call_record_fn(void *arg, const struct call_record *record);
