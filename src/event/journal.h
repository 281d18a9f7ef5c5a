/* event/journal.h - the log writer: what the sip loop has to write, with group commit.
 *
 * One thread with a database connection of its own. Records go in from one other thread (the sip
 * loop; late pictures from any), are copied, and are written in the order of coming, many to a
 * transaction. When the database fails, they are kept and tried again; at JOURNAL_MAX the newest
 * are refused and counted.
 *
 * Cost: a record is one allocation and its statements. The first after a quiet JOURNAL_GAP_MS is
 * written at once; what comes sooner waits for the rest of it and shares one commit, because a
 * commit waits for the disk and costs more than the records in it. */
#pragma once
#include "event/feed.h"
#include "store/app.h"
#include "store/call.h"
#include "store/device.h"

enum {
	JOURNAL_MAX = 200000, /* records waiting */
	JOURNAL_BATCH = 1000, /* records in a transaction */
	JOURNAL_GAP_MS = 50,  /* from taking records to taking the next ones */
	JOURNAL_RETRY_MS = 500,
	JOURNAL_BINDINGS_MAX = 8,     /* of one device */
	JOURNAL_PICTURES_UNTIL = 500, /* records waiting: 125 MB, had each a picture */
};

struct journal;

/* feed: woken after each commit; may be NULL. */
[[nodiscard]] int journal_start(const char *db_url, const struct clock *clock, struct feed *feed,
				struct err *err, struct journal **ret_journal);
/* Writes what waits (a failing database gets one last try), then ends. NULL is fine. */
void journal_stop(struct journal *j);

/* 0; -EAGAIN at JOURNAL_MAX, -ENOMEM: the record is lost, and logged. */
int journal_call_start(struct journal *j, const struct call_row *call);
int journal_call_answer(struct journal *j, const struct call_row *call);
/* jpeg: what the door showed at `at`, for a call that nobody answered; n 0: nothing. With
 * JOURNAL_PICTURES_UNTIL records before it the call ends without: the database does not keep up. */
int journal_call_end(struct journal *j, const struct call_row *call, struct view jpeg, int64_t at);
int journal_call_leg(struct journal *j, const struct call_leg_row *leg);
/* The rest of the trace of a leg that was recorded before. */
int journal_call_trace(struct journal *j, const struct call_leg_row *leg);
/* Of one call, at most CALL_STREAMS_MAX. */
int journal_call_streams(struct journal *j, const struct call_stream_row *streams, size_t n);
/* One that came after the end of its call, with the result of that. Any thread. */
int journal_call_picture(struct journal *j, const struct call_row *call, struct view jpeg,
			 int64_t at);
int journal_opening(struct journal *j, const struct opening_row *opening);
/* All bindings that the device has now. */
int journal_bindings(struct journal *j, int64_t device, const struct binding_row *bindings, size_t n);

/* The app is connected, since then; DB_INT_NULL: no more. */
int journal_app(struct journal *j, int64_t device, int64_t online_at);

struct journal_stats {
	uint64_t waiting, written, commits, lost;
};
/* Any thread. */
struct journal_stats journal_stats(struct journal *j);
