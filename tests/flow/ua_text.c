#include "ua_priv.h"

#include <ctype.h>

/* Text. */

bool ua_header(const char *text, const char *name, char *ret_value, size_t size)
{
	const size_t n = strlen(name);

	ret_value[0] = '\0';
	for (const char *line = strstr(text, "\r\n"); line && strncmp(line, "\r\n\r\n", 4) != 0;
	     line = strstr(line + 2, "\r\n")) {
		const char *p = line + 2;

		if (strncasecmp(p, name, n) != 0 || p[n] != ':')
			continue;
		p += n + 1;
		p += strspn(p, " ");
		snprintf(ret_value, size, "%.*s", (int)strcspn(p, "\r"), p);
		return true;
	}
	return false;
}

void ua_tag_of(const char *value, char *ret_tag, size_t size)
{
	const char *at = strstr(value, ";tag=");

	snprintf(ret_tag, size, "%.*s", at ? (int)strcspn(at + 5, ";") : 0, at ? at + 5 : "");
}

const char *ua_body_of(const char *text)
{
	const char *at = strstr(text, "\r\n\r\n");

	return at ? at + 4 : "";
}

void ua_party_of(const char *value, char *ret_party, size_t size)
{
	const char *at = strstr(value, ";tag=");

	snprintf(ret_party, size, "%.*s", (int)(at ? (size_t)(at - value) : strlen(value)), value);
}

void ua_uri_of(const char *contact, char *ret_uri, size_t size)
{
	const char *at = strchr(contact, '<');

	if (at)
		snprintf(ret_uri, size, "%.*s", (int)strcspn(at + 1, ">"), at + 1);
}

/* Descriptions. */

const char *ua_answer_dir(const char *offered)
{
	if (strcmp(offered, "sendonly") == 0)
		return "recvonly";
	if (strcmp(offered, "recvonly") == 0)
		return "sendonly";
	return strcmp(offered, "inactive") == 0 ? "inactive" : "sendrecv";
}

static void host_line(const struct ua *ua, char ret_line[80])
{
	char host[ADDR_TEXT_MAX];

	addr_host_text(&ua->addr, host);
	snprintf(ret_line, 80, "IN %s %s", ua->addr.sa.sa_family == AF_INET6 ? "IP6" : "IP4", host);
}

static bool offers_video(const char *sdp)
{
	const char *at = strstr(sdp, "m=video ");

	return at && at[8] != '0';
}

static bool offers_sound(const char *offer, char codec)
{
	const char *m = strstr(offer, "m=audio ");
	char line[160], like[] = { ' ', codec, ' ', '\0' };

	snprintf(line, sizeof(line), "%.*s ", m ? (int)strcspn(m, "\r") : 0, m ? m : "");
	return strstr(line, like) != NULL;
}

/* The codecs of the sound in the order of the phone, of an offer those that are in it: " 0 8". */
static void codecs_print(const struct ua *ua, const char *offer, char ret_codecs[16])
{
	const char *own = ua->plan.codecs ? ua->plan.codecs : ua->plan.pcma_first ? "8 0" : "0 8";
	size_t n = 0;

	for (; *own && n + 3 < 16; own++) {
		if (*own == ' ' || (offer && !offers_sound(offer, *own)))
			continue;
		ret_codecs[n++] = ' ';
		ret_codecs[n++] = *own;
	}
	ret_codecs[n] = '\0';
}

bool ua_sdp_takes(const struct ua *ua, const char *offer)
{
	char codecs[16];

	codecs_print(ua, offer, codecs);
	return codecs[0] || !strstr(offer, "m=audio");
}

#define CRYPTO                                                                                     \
	"a=crypto:7 AES_CM_128_HMAC_SHA1_80 inline:MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkw\r\n"

void ua_sdp_print(struct ua_call *c, const char *offer, char *out, size_t size)
{
	const struct ua_plan *plan = &c->ua->plan;
	const bool has_video = !plan->no_video && (!offer || offers_video(offer));
	char host[80], codecs[16], video[512] = "";
	unsigned pt = 99;

	host_line(c->ua, host);
	codecs_print(c->ua, offer, codecs);
	if (offer) {
		const char *map = strstr(offer, " H264/90000");

		while (map && map > offer && isdigit((unsigned char)map[-1]))
			map--;
		pt = map ? (unsigned)strtoul(map, NULL, 10) : 99;
		c->video = has_video;
	}
	if (has_video)
		snprintf(video, sizeof(video),
			 "m=video %u RTP/AVP %u\r\na=rtpmap:%u H264/90000\r\n"
			 "a=fmtp:%u profile-level-id=%s;packetization-mode=1\r\na=%s\r\n",
			 c->port + 2u, pt, pt, pt, plan->plain_profile ? "420029" : "42e01f",
			 c->dir);
	else if (!offer || strstr(offer, "m=video"))
		snprintf(video, sizeof(video), "m=video 0 RTP/AVP %u\r\n", pt);
	snprintf(out, size,
		 "v=0\r\no=- %u %u %s\r\ns=-\r\nc=%s\r\nt=0 0\r\nm=audio %u RTP/%s%s%s"
		 "a=x-unknown:kept\r\n%sa=%s\r\n%s",
		 c->port, ++c->version, host, host, c->port, plan->sdes ? "SAVP" : "AVP", codecs,
		 plan->no_events ? "\r\n" : " 101\r\na=rtpmap:101 telephone-event/8000\r\n",
		 plan->sdes ? CRYPTO : "", c->dir, video);
	if (out != c->said)
		snprintf(c->said, sizeof(c->said), "%s", out);
}

void ua_sdp_hear(struct ua_call *c, const char *sdp)
{
	static const char *const dirs[] = { "sendrecv", "sendonly", "recvonly", "inactive" };
	const char *m = strstr(sdp, "m=audio");

	snprintf(c->body, sizeof(c->body), "%s", sdp);
	c->video = !c->ua->plan.no_video && offers_video(sdp);
	for (size_t i = 0; m && i < sizeof(dirs) / sizeof(*dirs); i++) {
		char line[16];
		const char *at;

		snprintf(line, sizeof(line), "a=%s", dirs[i]);
		at = strstr(m, line);
		if (at && (!strstr(m, "m=video") || at < strstr(m, "m=video")))
			snprintf(c->heard_dir, sizeof(c->heard_dir), "%s", dirs[i]);
	}
}

struct addr ua_rtp(const struct ua_call *c, bool video)
{
	return addr_with_port(&c->ua->addr, (uint16_t)(c->port + (video ? 2 : 0)));
}

bool ua_sends(const struct ua *ua, const struct addr *rtp)
{
	LIST_EACH(it, (struct list *)&ua->calls)
	{
		const struct ua_call *c = CONTAINER_OF(it, struct ua_call, list);
		const struct addr audio = ua_rtp(c, false), video = ua_rtp(c, true);

		if (!addr_same(&audio, rtp) && !addr_same(&video, rtp))
			continue;
		return !ua->vanished && c->state == UA_TALKING && strcmp(c->dir, "sendrecv") == 0 &&
		       strcmp(c->heard_dir, "sendrecv") == 0;
	}
	return false;
}
