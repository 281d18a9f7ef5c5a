#include "sip/re.h"

#include "base/rand.h"

#include <errno.h>

/* libre draws 64 random bits for each message that it reads, for a tag that nobody here looks at,
 * and has OpenSSL work for them: that was a twentieth of a call. It finds this function in place of
 * its own. The bits are as good: what else might ask for them must not be the worse for it. */
uint64_t rand_u64(void)
{
	static _Thread_local struct rand_pool pool;
	uint64_t bits;

	if (!pool.rand.fill)
		rand_pool_init(&pool);
	rand_bytes(&pool.rand, &bits, sizeof(bits));
	return bits;
}

int re_read(struct view raw, struct sip_msg **ret_msg)
{
	struct mbuf *mb = mbuf_alloc(raw.n + 1);
	int err;

	if (!mb)
		return -ENOMEM;
	memcpy(mb->buf, raw.p, raw.n);
	mb->buf[raw.n] = '\0';
	mb->end = raw.n;
	err = sip_msg_decode(ret_msg, mb);
	mem_deref(mb);
	if (!err)
		return 0;
	return err == ENOMEM ? -ENOMEM : -EBADMSG;
}
