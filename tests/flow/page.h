/* tests/flow/page.h - scripted pages of the app, which read and write its messages on their own:
 * they share no code with the server.
 *
 * A page that is called shows it and answers the offer after a moment, and its media flow then; all
 * else the test makes it do. Everything that the server says is held against the rules of
 * src/proto/app_message.h. */
#pragma once
#include "base/timer.h"
#include "call/app.h"
#include "relay.h"

enum { PAGE_CALLS_MAX = 12, PAGE_DEVICES_MAX = 33 };

enum page_state { PAGE_RINGING, PAGE_DIALLING, PAGE_TALKING, PAGE_ENDED };

struct page_call {
	enum page_state state;
	char id[24], token[40], why[24], by[40];
	char ufrag[16]; /* of the newest offer */
	char offer[2048];
	bool due;             /* an offer waits for the answer */
	bool rang;            /* as caller */
	bool up;              /* its media flow */
	bool video, no_video; /* as it was told */
	bool camera, test;    /* likewise */
	char with[16], with_kind[16], with_name[40];
	unsigned rings, offers, ended, opened, switches;
	char switch_name[24];
	int64_t until, talking_at;
};

struct page {
	struct switchboard *board;
	struct relay *relay;
	struct timers *timers;
	void (*server)(bool entered); /* around each call into the server; may be NULL */
	struct app_link *link;        /* NULL: not connected */
	uint64_t devices[PAGE_DEVICES_MAX];
	unsigned ndevices;
	bool deaf;     /* does not answer offers */
	bool blind;    /* does not show that it rings */
	bool no_sound; /* answers with another codec than was offered */
	struct timer react;
	struct page_call calls[PAGE_CALLS_MAX];
	unsigned ncalls;
	unsigned hellos, here; /* here: devices of the last hello */
	unsigned errors;
	char error[24], detail[160], error_ref[24]; /* the last */
};

/* Connects; what it knew of calls it knows still. */
int page_open(struct page *p);
/* The socket is gone. */
void page_close(struct page *p);
void page_say(struct page *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* About its newest call: answer, decline, hangup, shown, first. */
void page_do(struct page *p, const char *word);
/* Its answer to that offer of the call. */
void page_answer(struct page *p, const struct page_call *c, const char *offer);
void page_switch(struct page *p, unsigned number);
void page_dial(struct page *p, const char *to, bool look);
void page_resume(struct page *p, bool fresh);
/* The newest; NULL without one. */
struct page_call *page_last(struct page *p);
/* Its last call is one that it has not answered yet. */
bool page_rings(struct page *p);
