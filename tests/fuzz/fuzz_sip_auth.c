/* The value of an Authorization header, as a stranger would write it. $n stands for a nonce that he
 * got from us. */
#include "base/rand.h"
#include "sip/auth.h"
#include "sip/re.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static bool on_secret(void *, uint64_t, struct sip_secret *ret_secret)
{
	memset(ret_secret, 'a', sizeof(*ret_secret));
	ret_secret->ha1_md5[32] = ret_secret->ha1_sha256[64] = '\0';
	return true;
}

static struct view nonce_of(struct auth *auth, struct buf *out)
{
	const struct view mark = VIEW("nonce=\"");
	const char *at;
	struct view rest;

	auth_challenge(auth, false, out);
	at = out->err ? NULL : memmem(out->p, out->n, mark.p, mark.n);
	if (!at)
		abort();
	at += mark.n;
	return view_cut((struct view){ at, (size_t)(out->p + out->n - at) }, '"', &rest);
}

static void add(struct buf *text, struct auth *auth, struct view raw)
{
	struct buf challenge = BUF_INIT(4096);
	const struct view nonce = nonce_of(auth, &challenge);

	for (size_t i = 0; i < raw.n; i++) {
		if (raw.p[i] == '$' && i + 1 < raw.n && raw.p[i + 1] == 'n') {
			buf_add(text, nonce);
			i++;
		} else {
			buf_chr(text, raw.p[i]);
		}
	}
	buf_free(&challenge);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct buf text = BUF_INIT(100000);
	const struct flow flow = {};
	struct clock_virtual clock;
	struct rand_seeded rand;
	struct sip_msg *msg;
	struct auth *auth;
	struct mbuf *mb;
	uint64_t user;

	clock_virtual_init(&clock, 0);
	rand_seeded_init(&rand, 1);
	if (auth_new(&(struct auth_conf){ .realm = "r",
					  .clock = &clock.clock,
					  .rand = &rand.rand,
					  .offer_sha256 = true,
					  .secret = on_secret },
		     &auth))
		abort();
	buf_str(&text, "REGISTER sip:r SIP/2.0\r\nAuthorization: ");
	add(&text, auth, (struct view){ (const char *)data, n });
	buf_str(&text, "\r\n\r\n");
	mb = text.err ? NULL : mbuf_alloc(text.n + 1);
	if (!mb) { /* nonces made it too long */
		buf_free(&text);
		auth_free(auth);
		return 0;
	}
	memcpy(mb->buf, text.p, text.n);
	mb->end = text.n;
	if (sip_msg_decode(&msg, mb) == 0) {
		if (auth_check(auth, msg, &flow, &user) == AUTH_OK)
			abort(); /* nobody knows this password */
		mem_deref(msg);
	}
	mem_deref(mb);
	auth_free(auth);
	buf_free(&text);
	return 0;
}
