/* proto/app_message.h - what an app and the server say to each other in calls: JSON, an object a
 * message. Ids are strings of digits, times UTC in ms.
 *
 *	from the app                                to the app
 *	{"type":"dial","ref":R,"device":OWN,        {"type":"hello","now":T,"devices":[D, …]}
 *	 "to":"NUMBER","look":true}                 {"type":"ring","call":C, … struct app_call}
 *	{"type":"resume","call":C,"token":K,        {"type":"dialling","call":C,"ref":R, …}
 *	 "fresh":true}                              {"type":"sdp","call":C,"sdp":"v=0…"}
 *	{"type":"sdp","call":C,"sdp":"v=0…"}        {"type":"ringing","call":C}
 *	{"type":"shown","call":C}                   {"type":"talking","call":C,"at":T}
 *	{"type":"first","call":C}                   {"type":"up","call":C}
 *	{"type":"answer","call":C}                  {"type":"video","call":C,"video":false}
 *	{"type":"decline","call":C}                 {"type":"opened","call":C,"switch":1}
 *	{"type":"hangup","call":C}                  {"type":"ended","call":C,"why":W,"by":"Anna"}
 *	{"type":"open","call":C,"switch":1}         {"type":"error","code":W,"detail":"…",
 *	{"type":"digit","call":C,"digit":"5"}        "call":C,"ref":R}
 *
 * Every sdp of the server is an offer, every one of an app the answer to it; a later offer takes
 * the place of an earlier one. look: it sees and hears and sends nothing, until it says answer; then
 * it is heard. fresh: its media are gone, it wants an offer. What an app says beyond this is
 * ignored. Pure. */
#pragma once
#include "base/mem.h"

enum {
	APP_TOKEN_DIGITS = 32, /* of a resume token */
	APP_REF_MAX = 64,      /* bytes */
	APP_TO_MAX = 10,       /* digits of a number that is dialled */
};

enum app_word {
	APP_DIAL,
	APP_RESUME,
	APP_SDP,
	APP_SHOWN, /* the ring screen is visible */
	APP_FIRST, /* the first picture of the video is */
	APP_ANSWER,
	APP_DECLINE,
	APP_HANGUP,
	APP_OPEN,
	APP_DIGIT,
	APP_NWORDS,
};

/* What the word does not have is empty, 0 or false. */
struct app_message {
	enum app_word word;
	int64_t call;
	struct view ref, to, token, sdp;
	uint64_t device;
	unsigned number; /* of the switch */
	char digit;
	bool look, fresh;
};

/* Views live in the arena. -ENOMEM; -EBADMSG: *ret_why says what is wrong, and call and ref of
 * *ret_message are what could be read of them. */
[[nodiscard]] int app_message_read(struct view text, struct arena *arena,
				   struct app_message *ret_message, const char **ret_why);

/* Who is at the other end. */
struct app_party {
	uint64_t device;
	const char *name, *kind; /* kind: intercom, phone, app */
};

struct app_switch {
	unsigned number;
	const char *name; /* "" for none */
};

struct app_call {
	int64_t call;
	uint64_t device; /* whom the call is for, or who calls: the app's own */
	struct app_party with;
	const char *token;
	struct view sdp; /* empty: it comes later */
	struct view ice; /* a JSON array; empty: none */
	const struct app_switch *switches;
	size_t nswitches;
	bool camera; /* whoever is there has one that is shown while there is no picture */
	/* ring */
	int64_t at, until;
	bool video; /* there will be a picture */
	bool test;  /* nobody is there */
	/* dialling */
	struct view ref;
};

/* Each appends one message; the buffer keeps the error. */
void app_hello_print(struct buf *out, int64_t now, const uint64_t *devices, size_t n);
void app_ring_print(struct buf *out, const struct app_call *call);
void app_dialling_print(struct buf *out, const struct app_call *call);
void app_sdp_print(struct buf *out, int64_t call, struct view sdp);
/* ringing, up */
void app_word_print(struct buf *out, int64_t call, const char *word);
void app_talking_print(struct buf *out, int64_t call, int64_t at);
void app_video_print(struct buf *out, int64_t call, bool video);
void app_opened_print(struct buf *out, int64_t call, unsigned number);
/* by: who did it, NULL: not told. */
void app_ended_print(struct buf *out, int64_t call, const char *why, const char *by);
/* call 0, an empty ref: not told. */
void app_error_print(struct buf *out, int64_t call, struct view ref, const char *code,
		     const char *detail);
