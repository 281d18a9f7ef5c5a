#include "sip/challenge.h"

#include "base/mem.h"

#include <errno.h>
#include <openssl/evp.h>

enum { HEX_MAX = 64 };

/* It goes back between quotes as it came, and must not end the line. */
static bool keep(char *to, const struct pl *pl)
{
	if (pl->l >= CHALLENGE_TEXT_MAX)
		return false;
	for (size_t i = 0; i < pl->l; i++) {
		if ((unsigned char)pl->p[i] < ' ' || pl->p[i] == 127)
			return false;
		to[i] = pl->p[i];
	}
	to[pl->l] = '\0';
	return true;
}

static bool has_word(struct view list, struct view word)
{
	while (list.n) {
		struct view rest;

		if (view_ieq(view_trim(view_cut(list, ',', &rest)), word))
			return true;
		list = rest;
	}
	return false;
}

static bool read_one(const struct pl *value, bool proxy, struct challenge *ret_challenge)
{
	struct challenge c = { .proxy = proxy };
	struct httpauth_digest_chall d = {};
	struct view algorithm;

	if (httpauth_digest_challenge_decode(&d, value))
		return false;
	algorithm = view_pl(&d.algorithm);
	c.named = algorithm.n > 0;
	c.sha256 = view_ieq(algorithm, VIEW("SHA-256"));
	c.qop = has_word(view_pl(&d.qop), VIEW("auth"));
	c.stale = view_ieq(view_pl(&d.stale), VIEW("true"));
	if ((c.named && !c.sha256 && !view_ieq(algorithm, VIEW("MD5"))) || (d.qop.l && !c.qop) ||
	    !keep(c.realm, &d.realm) || !keep(c.nonce, &d.nonce) || !keep(c.opaque, &d.opaque))
		return false;
	*ret_challenge = c;
	return true;
}

struct search {
	bool proxy;
	struct challenge *challenge;
};

static bool on_header(const struct sip_hdr *hdr, const struct sip_msg *, void *arg)
{
	struct search *s = arg;

	return read_one(&hdr->val, s->proxy, s->challenge);
}

int challenge_read(const struct sip_msg *response, struct challenge *ret_challenge)
{
	struct search s = { response->scode == 407, ret_challenge };

	if (response->scode != 401 && response->scode != 407)
		return -ENOENT;
	return sip_msg_hdr_apply(response, true,
				 s.proxy ? SIP_HDR_PROXY_AUTHENTICATE : SIP_HDR_WWW_AUTHENTICATE,
				 on_header, &s)
		       ? 0
		       : -ENOENT;
}

static void hash(const struct challenge *c, struct buf *text, char ret_hex[HEX_MAX + 1])
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	const struct view v = buf_view(text);
	unsigned n = 0;

	ret_hex[0] = '\0';
	if (text->err ||
	    !EVP_Digest(v.p, v.n, bytes, &n, c->sha256 ? EVP_sha256() : EVP_md5(), NULL))
		return;
	for (unsigned i = 0; i < n && 2 * i < HEX_MAX; i++) {
		ret_hex[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
		ret_hex[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
		ret_hex[2 * i + 2] = '\0';
	}
	buf_reset(text);
}

static void response_of(const struct challenge *c, const struct challenge_ask *ask,
			char ret_hex[HEX_MAX + 1])
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(CHALLENGE_LINE_MAX);
	char ha1[HEX_MAX + 1], ha2[HEX_MAX + 1];

	buf_printf(&text, "%s:%s:%s", ask->user, c->realm, ask->password);
	hash(c, &text, ha1);
	buf_printf(&text, "%s:%s", ask->method, ask->uri);
	hash(c, &text, ha2);
	if (c->qop)
		buf_printf(&text, "%s:%s:%08x:%s:auth:%s", ha1, c->nonce, c->nc, ask->cnonce, ha2);
	else
		buf_printf(&text, "%s:%s:%s", ha1, c->nonce, ha2);
	hash(c, &text, ret_hex);
}

void challenge_answer(struct challenge *c, const struct challenge_ask *ask, struct buf *out)
{
	char response[HEX_MAX + 1];

	c->nc++;
	response_of(c, ask, response);
	buf_printf(
		out,
		"%sAuthorization: Digest username=\"%s\", realm=\"%s\", nonce=\"%s\", uri=\"%s\","
		" response=\"%s\"",
		c->proxy ? "Proxy-" : "", ask->user, c->realm, c->nonce, ask->uri, response);
	if (c->named)
		buf_printf(out, ", algorithm=%s", c->sha256 ? "SHA-256" : "MD5");
	if (c->opaque[0])
		buf_printf(out, ", opaque=\"%s\"", c->opaque);
	if (c->qop)
		buf_printf(out, ", qop=auth, nc=%08x, cnonce=\"%s\"", c->nc, ask->cnonce);
	buf_str(out, "\r\n");
}
