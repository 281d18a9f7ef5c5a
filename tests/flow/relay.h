/* tests/flow/relay.h - the relay's face without sockets and threads: it keeps what it is told, so
 * that a test can see which way packets would go and what was left behind. It takes the place of
 * src/media/relay.c when the program is linked. */
#pragma once
#include "media/relay.h"

struct relay_fake_conf {
	const struct clock *clock;
	/* Packets come from this address of a phone now. */
	bool (*heard)(void *arg, const struct addr *rtp);
	/* Around what the server must not count as its own. */
	void (*server)(void *arg, bool entered);
	void *arg;
};

int relay_fake_open(const struct relay_fake_conf *conf, struct relay **ret_relay);
void relay_fake_close(struct relay *relay);
/* To be called now and then: who has fallen silent, who is heard again. */
void relay_fake_tick(struct relay *relay);
/* The phone whose SDP named this address presses a key (RFC 4733). */
void relay_fake_press(struct relay *relay, const struct addr *rtp, char digit);
/* What was pressed at the phone by telephone-events so far; "" for nothing. */
const char *relay_fake_pressed(const struct relay *relay, const struct addr *rtp);
/* Packets that come from the one address go to the other: they share a codec and there is a route.
 */
bool relay_fake_passes(const struct relay *relay, const struct addr *from, const struct addr *to);
/* Browsers, named by the user name that they were offered. The phone's stream goes to the browser,
 * which has answered, and they share a codec; the browser's sound goes to the phone, or to another
 * browser. */
bool relay_fake_shows(const struct relay *relay, const struct addr *from, const char *ufrag,
		      enum relay_kind kind);
bool relay_fake_hears(const struct relay *relay, const char *ufrag, const struct addr *to);
bool relay_fake_joins(const struct relay *relay, const char *from, const char *to);
/* From now on it has no addresses for browsers. */
void relay_fake_no_web(struct relay *relay);
/* Its media flow, or broke down. */
void relay_fake_media(struct relay *relay, const char *ufrag, bool up);
/* The video that comes from this address of a phone begins; or a viewer wants a key frame of it. */
void relay_fake_video(struct relay *relay, const struct addr *rtp, bool wanted);
/* So many were asked for. */
unsigned relay_fake_keyframes(const struct relay *relay);
bool relay_fake_events(const struct relay *relay);
unsigned relay_fake_sessions(const struct relay *relay);
unsigned relay_fake_legs(const struct relay *relay);
