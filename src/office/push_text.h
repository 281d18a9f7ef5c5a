/* office/push_text.h - the words of messages to sleeping phones: JSON for the app (web/src/app
 * reads it), and for the gateway of SIP phones (doc/push-gateway.md). Pure. */
#pragma once
#include "office/push.h"
#include "proto/sip_push.h"

enum push_message { PUSH_RING, PUSH_CANCEL, PUSH_MISSED, PUSH_REFRESH /* a SIP phone only */ };

struct push_letter {
	enum push_message message;
	const struct push_call *call;
	const char *why, *by; /* CANCEL; by "": nobody knows */
	/* Of a browser's: */
	const char *seen, *open; /* RING: tokens, "" for none */
	struct view language;
};

void push_text_browser(const struct push_letter *letter, struct buf *out);
void push_text_gateway(const struct push_letter *letter, const struct sip_push *to,
		       struct buf *out);
/* Whoever hears this word as the end of a ring has missed a call. */
bool push_is_missed(const char *why);
