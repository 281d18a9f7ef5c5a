#include "browser.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { NAME = 64, OURS = 0x01010101, RTPFB = 205 };

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "browser: %s\n", what);
	abort();
}

static void on_send(void *arg, const uint8_t *p, size_t n)
{
	browser_send(arg, p, n);
}

/* The server's first packets may come with the end of the handshake. */
static void on_changed(void *arg, enum dtls_state state)
{
	struct browser *b = arg;
	struct dtls_keys keys;

	if (state == DTLS_UP)
		must(dtls_keys(b->dtls, &keys) == 0 &&
			     srtp_new(keys.profile, SRTP_RECEIVE, &keys.theirs, &b->in) == 0 &&
			     srtp_new(keys.profile, SRTP_SEND, &keys.ours, &b->out) == 0,
		     "no keys");
}

void browser_open(struct browser *b, const struct addr *server, const struct ice_own *own,
		  const struct clock *clock)
{
	struct addr any;

	*b = (struct browser){ .server = *server, .own = *own };
	must(addr_parse_host(server->sa.sa_family == AF_INET ? "127.0.0.1" : "::1", &any) == 0,
	     "no address");
	b->fd = socket(any.sa.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	must(b->fd >= 0 && bind(b->fd, &any.sa, any.len) == 0, "no socket");
	must(dtls_identity_new(clock, &b->identity) == 0, "no certificate");
}

void browser_close(struct browser *b)
{
	dtls_free(b->dtls);
	dtls_identity_free(b->identity);
	srtp_free(b->in);
	srtp_free(b->out);
	if (b->fd >= 0)
		close(b->fd);
}

static void hash_read(const char *fingerprint, uint8_t ret_hash[DTLS_HASH_SIZE])
{
	for (unsigned i = 0; i < DTLS_HASH_SIZE; i++)
		ret_hash[i] = (uint8_t)strtoul(fingerprint + (size_t)3 * i, NULL, 16);
}

void browser_peer(const struct browser *b, bool passive, struct web_peer *ret_peer)
{
	*ret_peer = (struct web_peer){ .ufrag = VIEW("peer"), .passive = passive };
	hash_read(dtls_fingerprint(b->identity), ret_peer->hash);
}

void browser_check(struct browser *b, const char *pwd)
{
	char name[NAME];
	uint8_t p[STUN_MESSAGE_MAX];
	struct stun m = { .type = STUN_REQUEST,
			  .role = STUN_CONTROLLING,
			  .has_priority = true,
			  .use_candidate = true };

	snprintf(name, sizeof(name), "%s:peer", b->own.ufrag);
	m.username = view_str(name);
	browser_send(b, p, stun_print(&m, view_str(pwd ? pwd : b->own.pwd), p, sizeof(p)));
}

void browser_dtls(struct browser *b, enum dtls_role role, const char *fingerprint,
		  struct timers *timers)
{
	struct dtls_conf conf = { .identity = b->identity,
				  .role = role,
				  .timers = timers,
				  .send = on_send,
				  .changed = on_changed,
				  .arg = b };

	hash_read(fingerprint, conf.hash);
	must(dtls_new(&conf, &b->dtls) == 0, "no DTLS");
}

void browser_forget(struct browser *b)
{
	struct dtls_keys keys;

	srtp_free(b->in);
	must(dtls_keys(b->dtls, &keys) == 0 &&
		     srtp_new(keys.profile, SRTP_RECEIVE, &keys.theirs, &b->in) == 0,
	     "no keys");
}

static void rtcp_hear(struct browser *b, uint8_t *p, size_t n)
{
	must(srtcp_unprotect(b->in, p, &n) == 0 && rtcp_valid(p, n) && n <= sizeof(b->rtcp),
	     "bad RTCP");
	memcpy(b->rtcp, p, n);
	b->rtcp_n = n;
	b->nrtcp++;
}

static void rtp_hear(struct browser *b, uint8_t *p, size_t n)
{
	struct rtp rtp;

	if (srtp_unprotect(b->in, p, &n) < 0)
		return;
	must(rtp_read(p, n, &rtp), "bad RTP");
	if (b->nrtp < BROWSER_PACKETS_MAX) {
		b->rtp[b->nrtp] = rtp;
		b->first_byte[b->nrtp] = p[rtp.payload];
	}
	b->nrtp++;
}

static void hear(struct browser *b, uint8_t *p, size_t n)
{
	if (stun_is(p, n)) {
		b->stun++;
	} else if (dtls_is(p, n)) {
		b->dtls_n++;
		if (b->dtls)
			dtls_hear(b->dtls, p, n);
	} else if (b->in && rtp_is_rtcp(p, n)) {
		rtcp_hear(b, p, n);
	} else if (b->in) {
		rtp_hear(b, p, n);
	}
}

/* Its port may have been another program's just now, for whom packets still come. */
void browser_read(struct browser *b)
{
	uint8_t p[WEB_PACKET_MAX];
	struct addr from = { .len = sizeof(from.v6) };
	ssize_t n;

	while ((n = recvfrom(b->fd, p, sizeof(p), 0, &from.sa, &from.len)) >= 0) {
		if (addr_same(&from, &b->server))
			hear(b, p, (size_t)n);
		from.len = sizeof(from.v6);
	}
}

void browser_send(struct browser *b, const uint8_t *p, size_t n)
{
	must(sendto(b->fd, p, n, 0, &b->server.sa, b->server.len) == (ssize_t)n, "cannot send");
}

void browser_audio(struct browser *b, uint8_t pt, uint64_t index, uint32_t ts, const void *payload,
		   size_t n)
{
	uint8_t p[WEB_PACKET_MAX] = { 0x80, pt, (uint8_t)(index >> 8), (uint8_t)index };
	const uint32_t words[] = { htonl(ts), OURS };
	size_t size = RTP_HEADER_SIZE + n;

	memcpy(p + 4, words, sizeof(words));
	memcpy(p + RTP_HEADER_SIZE, payload, n);
	must(srtp_protect(b->out, index, p, &size, sizeof(p)) == 0, "cannot protect");
	browser_send(b, p, size);
}

void browser_rtcp(struct browser *b, const uint8_t *bytes, size_t n)
{
	uint8_t p[BROWSER_RTCP_MAX + SRTP_OVERHEAD_MAX];

	memcpy(p, bytes, n);
	must(srtcp_protect(b->out, p, &n, sizeof(p)) == 0, "cannot protect");
	browser_send(b, p, n);
}

void browser_ask(struct browser *b, uint8_t type, uint32_t ssrc, uint16_t seq)
{
	uint8_t p[16] = { 0x81, type, 0, type == RTPFB ? 3 : 2, 1, 1, 1, 1 };

	for (unsigned i = 0; i < 4; i++)
		p[8 + i] = (uint8_t)(ssrc >> (24 - 8 * i));
	p[12] = (uint8_t)(seq >> 8);
	p[13] = (uint8_t)seq;
	browser_rtcp(b, p, type == RTPFB ? 16 : 12);
}
