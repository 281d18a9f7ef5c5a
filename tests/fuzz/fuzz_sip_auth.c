/* The value of an Authorization header, as a stranger would write it. */
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
	buf_str(&text, "REGISTER sip:r SIP/2.0\r\nAuthorization: ");
	buf_add(&text, (struct view){ (const char *)data, n });
	buf_str(&text, "\r\n\r\n");
	mb = mbuf_alloc(text.n + 1);
	if (text.err || !mb ||
	    auth_new(&(struct auth_conf){ .realm = "r", .clock = &clock.clock, .rand = &rand.rand,
					  .offer_sha256 = true, .secret = on_secret },
		     &auth))
		abort();
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
