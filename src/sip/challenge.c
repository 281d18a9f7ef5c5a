#include "sip/challenge.h"

#include "base/mem.h"
#include "sip/digest.h"

#include <errno.h>
#include <openssl/evp.h>

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

/* Empty without memory: then it is refused as a wrong one. */
static void response_of(const struct challenge *c, const struct challenge_ask *ask, const char *nc,
			char ret_hex[DIGEST_HEX_MAX + 1])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const EVP_MD *md = c->sha256 ? EVP_sha256() : EVP_md5();
	const struct view a1[] = { view_str(ask->user), view_str(c->realm),
				   view_str(ask->password) };
	char ha1[DIGEST_HEX_MAX + 1];
	struct digest d = { .method = view_str(ask->method),
			    .uri = view_str(ask->uri),
			    .nonce = view_str(c->nonce),
			    .qop = c->qop ? VIEW("auth") : (struct view){},
			    .nc = view_str(nc),
			    .cnonce = view_str(ask->cnonce) };

	ret_hex[0] = '\0';
	if (digest_hex(ctx, md, a1, 3, ha1)) {
		d.ha1 = view_str(ha1);
		(void)digest_response(ctx, md, &d, ret_hex);
	}
	EVP_MD_CTX_free(ctx);
}

void challenge_answer(struct challenge *c, const struct challenge_ask *ask, struct buf *out)
{
	char nc[9], response[DIGEST_HEX_MAX + 1];

	snprintf(nc, sizeof(nc), "%08x", ++c->nc);
	response_of(c, ask, nc, response);
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
		buf_printf(out, ", qop=auth, nc=%s, cnonce=\"%s\"", nc, ask->cnonce);
	buf_str(out, "\r\n");
}
