/* Sessions over an account that we have with somebody else: a provider's. */
#include "sip/session_priv.h"

#include <errno.h>
#include <sodium.h>

int session_account_keep(struct session *s, const struct session_to *to)
{
	struct session_account *a;

	if (!to->line)
		return 0;
	a = calloc(1, sizeof(*a));
	if (!a)
		return -ENOMEM;
	s->account = a;
	if (!session_copy(a->user, sizeof(a->user), view_str(to->line->user)) ||
	    !session_copy(a->password, sizeof(a->password), view_str(to->line->password)))
		return -EMSGSIZE;
	return 0;
}

void session_account_free(struct session *s)
{
	if (!s->account)
		return;
	sodium_memzero(s->account, sizeof(*s->account));
	free(TAKE(s->account));
}

bool session_account_challenged(struct session *s, const struct sip_msg *msg)
{
	struct session_account *a = s->account;
	struct challenge c;

	if (!a || !a->user[0] || challenge_read(msg, &c) < 0)
		return false;
	/* the same again with a new nonce means a wrong password, unless it says otherwise */
	if (a->tries++ && (!c.stale || a->tries > SESSION_TRIES_MAX))
		return false;
	a->challenge = c;
	a->challenged = true;
	return true;
}

/* A nonce that was answered and comes again means that the answer was wrong. */
bool session_account_anew(struct session *s, const struct sip_msg *msg)
{
	struct session_account *a = s->account;
	struct challenge c;

	if (!a || !a->user[0] || challenge_read(msg, &c) < 0 ||
	    (a->challenged && strcmp(c.nonce, a->challenge.nonce) == 0))
		return false;
	a->challenge = c;
	a->challenged = true;
	return true;
}

struct session_account *session_account_copy(const struct session *s)
{
	struct session_account *a = malloc(sizeof(*a));

	if (a)
		*a = *s->account;
	return a;
}

void session_account_learn(struct session *s, const struct session *from)
{
	if (!s->account || !from->account)
		return;
	s->account->challenge = from->account->challenge;
	s->account->challenged = from->account->challenged;
}

void session_account_headers(struct session *s, const char *method, struct buf *out)
{
	struct session_account *a = s->account;
	char cnonce[17];
	const struct challenge_ask ask = { a ? a->user : "", a ? a->password : "", method,
					   s->target, cnonce };
	const size_t before = out->n;

	if (!a || !a->challenged)
		return;
	if (strcmp(method, "ACK") == 0) { /* section 22.1: those of its INVITE */
		buf_str(out, a->invite_line);
		return;
	}
	rand_hex(s->ss->conf.rand, cnonce, 8);
	challenge_answer(&a->challenge, &ask, out);
	if (strcmp(method, "INVITE") == 0 && !out->err &&
	    !session_copy(a->invite_line, sizeof(a->invite_line),
			  (struct view){ out->p + before, out->n - before }))
		a->invite_line[0] = '\0';
}
