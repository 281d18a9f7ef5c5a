/* tests/flow/ua_priv.h - what the files of the scripted telephones share: ua_text.c (what a message
 * says), ua_client.c (requests of their own), ua_call.c (what a test makes them do), ua_server.c
 * (the server's requests), ua.c (registering, life). */
#pragma once
#include "../unit/test.h"
#include "ua.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UA_T1 = 500, UA_T2 = 4000, UA_GIVE_UP = 32000 };

#define REALM "vestibule"

#define ELSEWHERE ";tag=other"

/* A request of its own. */
struct ua_tx {
	struct list list;
	struct ua *ua;
	struct ua_call *call; /* NULL: REGISTER */
	char method[12], branch[40], uri[256], extra[512], body[2048];
	char text[UA_TEXT];
	unsigned cseq;
	bool done, provisional, tried;
	int64_t again_ms;
	struct timer again, limit;
};

/* A request of the server's, and what it got. */
struct ua_served {
	struct list list;
	struct ua *ua;
	struct ua_call *call;
	char method[12], branch[160];
	char text[UA_TEXT];  /* the request */
	char reply[UA_TEXT]; /* the last; "" for none */
	bool final;
	int64_t again_ms;
	struct timer again, limit;
};

/* ua_text.c */
/* The header's value; false without it. */
bool ua_header(const char *text, const char *name, char *ret_value, size_t size);
void ua_tag_of(const char *value, char *ret_tag, size_t size);
const char *ua_body_of(const char *text);
/* Without a tag. */
void ua_party_of(const char *value, char *ret_party, size_t size);
void ua_uri_of(const char *contact, char *ret_uri, size_t size);
/* Something of its sound is in the offer, or the sound is not what it offers. */
bool ua_sdp_takes(const struct ua *ua, const char *offer);
const char *ua_answer_dir(const char *offered);
/* With an offer: its answer. A phone answers with the payload type that it was offered. */
void ua_sdp_print(struct ua_call *c, const char *offer, char *out, size_t size);
void ua_sdp_hear(struct ua_call *c, const char *sdp);

/* ua_client.c */
struct flow ua_flow_of(const struct ua *ua);
void ua_say(struct ua *ua, const char *text);
void ua_arm(struct ua *ua, struct timer *t, int64_t ms, timer_fn *fn, void *arg);
const char *ua_contact(const struct ua *ua);
struct ua_tx *ua_tx_new(struct ua *ua, struct ua_call *c, const char *method);
/* Prints and sends. */
void ua_tx_send(struct ua_tx *tx);
void ua_tx_over(struct ua_tx *tx);
void ua_call_over(struct ua_call *c, unsigned code);
void ua_hear_response(struct ua *ua, const char *text);

/* ua_call.c */
struct ua_call *ua_call_new(struct ua *ua);
void ua_session_header(const struct ua_plan *plan, bool request, char *out, size_t size);
/* response: to a request of its own. */
void ua_session_learn(struct ua_call *c, const char *text, bool response);
void ua_send_cancel(struct ua_call *c);

/* ua_server.c */
void ua_hear_ack(struct ua *ua, const char *text);
/* One that did not come before. */
void ua_hear_request(struct ua *ua, const char *text, const char *method, const char *via);
