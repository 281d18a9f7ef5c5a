#include "sip/auth.h"

#include "base/list.h"
#include "base/map.h"
#include "sip/digest.h"
#include "sip/re.h"

#include <errno.h>
#include <openssl/evp.h>
#include <sodium.h>

enum {
	USER_DIGITS = 10,
	WORD = 16,              /* hexadecimal digits of 64 bits */
	NONCE_LEN = 3 * WORD,   /* time, random, hash */
};

struct nonce {
	uint64_t time_ms, random;
};

/* A nonce that good credentials were made with. */
struct use {
	struct map_node node;
	struct list by_age;
	struct nonce nonce; /* the key */
	uint32_t top;       /* the highest count */
	uint64_t seen;      /* bit i: top - i was seen */
	struct flow flow;   /* where top came from, and its digest: its repetition is harmless */
	char response[DIGEST_HEX_MAX + 1];
};

struct algorithm {
	const char *name;
	EVP_MD *md;
	size_t hex_len;
};

/* In the order of the challenges: the better one first (RFC 8760 section 2.3). */
enum { ALG_SHA256, ALG_MD5, ALGS };

struct auth {
	struct auth_conf conf;
	struct algorithm algs[ALGS];
	EVP_MD_CTX *ctx;
	struct map uses;
	struct list by_age;
	uint64_t floor_ms; /* untracked nonces up to here are stale */
	unsigned char key[crypto_shorthash_KEYBYTES];
	struct sip_secret nobody; /* what an unknown user is measured against */
};

/* The values of one Authorization header. */
struct given {
	struct view username, realm, nonce, uri, response, nc, cnonce, qop, algorithm;
};

static void use_free(struct auth *auth, struct use *use)
{
	map_remove(&auth->uses, &use->node);
	list_remove(&use->by_age);
	free(use);
}

int auth_new(const struct auth_conf *conf, struct auth **ret_auth)
{
	struct auth *auth = calloc(1, sizeof(*auth));

	if (!auth)
		return -ENOMEM;
	auth->conf = *conf;
	list_init(&auth->by_age);
	map_init(&auth->uses);
	auth->algs[ALG_SHA256] = (struct algorithm){ "SHA-256", EVP_MD_fetch(NULL, "SHA2-256", NULL),
						     64 };
	auth->algs[ALG_MD5] = (struct algorithm){ "MD5", EVP_MD_fetch(NULL, "MD5", NULL), 32 };
	auth->ctx = EVP_MD_CTX_new();
	rand_bytes(conf->rand, auth->key, sizeof(auth->key));
	rand_hex(conf->rand, auth->nobody.ha1_md5, 16);
	rand_hex(conf->rand, auth->nobody.ha1_sha256, 32);
	if (!auth->algs[ALG_SHA256].md || !auth->algs[ALG_MD5].md || !auth->ctx) {
		auth_free(auth);
		return -ENOMEM;
	}
	*ret_auth = auth;
	return 0;
}

void auth_free(struct auth *auth)
{
	if (!auth)
		return;
	LIST_EACH(it, &auth->by_age)
		use_free(auth, CONTAINER_OF(it, struct use, by_age));
	map_free(&auth->uses);
	for (size_t i = 0; i < ALGS; i++)
		EVP_MD_free(auth->algs[i].md);
	EVP_MD_CTX_free(auth->ctx);
	sodium_memzero(auth->key, sizeof(auth->key));
	free(auth);
}

int auth_user(struct view text, uint64_t *ret_user)
{
	return text.n == USER_DIGITS ? view_u64(text, UINT64_C(9999999999), ret_user) : -EINVAL;
}

static uint64_t now_ms(const struct auth *auth)
{
	return (uint64_t)(clock_mono_us(auth->conf.clock) / 1000);
}

/* 1. Nonces. */

static void hex_put(char *at, uint64_t word)
{
	for (size_t i = 0; i < WORD; i++)
		at[i] = "0123456789abcdef"[(word >> (60 - 4 * i)) & 15];
}

static int hex_get(struct view v, uint64_t *ret_word)
{
	uint64_t word = 0;

	for (size_t i = 0; i < v.n; i++) {
		const char c = v.p[i];
		const int digit = c >= '0' && c <= '9'   ? c - '0'
				  : c >= 'a' && c <= 'f' ? c - 'a' + 10
				  : c >= 'A' && c <= 'F' ? c - 'A' + 10
							 : -1;
		if (digit < 0)
			return -EINVAL;
		word = word << 4 | (unsigned)digit;
	}
	*ret_word = word;
	return 0;
}

static uint64_t nonce_hash(const struct auth *auth, const struct nonce *nonce)
{
	unsigned char out[crypto_shorthash_BYTES];
	uint64_t hash;

	crypto_shorthash(out, (const unsigned char *)nonce, sizeof(*nonce), auth->key);
	memcpy(&hash, out, sizeof(hash));
	return hash;
}

static void nonce_print(const struct auth *auth, const struct nonce *nonce,
			char ret_text[NONCE_LEN])
{
	hex_put(ret_text, nonce->time_ms);
	hex_put(ret_text + WORD, nonce->random);
	hex_put(ret_text + 2 * WORD, nonce_hash(auth, nonce));
}

/* False unless we made it. */
static bool nonce_read(const struct auth *auth, struct view text, struct nonce *ret_nonce)
{
	struct nonce nonce;
	uint64_t hash;

	if (text.n != NONCE_LEN || hex_get((struct view){ text.p, WORD }, &nonce.time_ms) ||
	    hex_get((struct view){ text.p + WORD, WORD }, &nonce.random) ||
	    hex_get((struct view){ text.p + 2 * WORD, WORD }, &hash) ||
	    hash != nonce_hash(auth, &nonce))
		return false;
	*ret_nonce = nonce;
	return true;
}

void auth_challenge(struct auth *auth, bool stale, struct buf *out)
{
	struct nonce nonce = { .time_ms = now_ms(auth) };
	char text[NONCE_LEN];

	rand_bytes(auth->conf.rand, &nonce.random, sizeof(nonce.random));
	nonce_print(auth, &nonce, text);
	for (size_t i = auth->conf.offer_sha256 ? ALG_SHA256 : ALG_MD5; i < ALGS; i++) {
		buf_add(out, VIEW("WWW-Authenticate: Digest realm=\""));
		buf_str(out, auth->conf.realm);
		buf_add(out, VIEW("\",nonce=\""));
		buf_add(out, (struct view){ text, sizeof(text) });
		buf_add(out, VIEW("\",algorithm="));
		buf_str(out, auth->algs[i].name);
		buf_add(out, stale ? VIEW(",qop=\"auth\",stale=true\r\n") : VIEW(",qop=\"auth\"\r\n"));
	}
}

/* 2. Counts. */

static struct view use_key(const struct nonce *nonce)
{
	return (struct view){ (const char *)nonce, sizeof(*nonce) };
}

static struct use *use_find(const struct auth *auth, const struct nonce *nonce)
{
	struct map_node *found = map_get(&auth->uses, use_key(nonce));

	return found ? CONTAINER_OF(found, struct use, node) : NULL;
}

static bool nonce_expired(const struct auth *auth, const struct nonce *nonce)
{
	const uint64_t now = now_ms(auth);

	return nonce->time_ms > now || now - nonce->time_ms > AUTH_NONCE_LIFE_MS;
}

/* Two leave for each that comes, so that expired ones do not pile up. */
static void make_room(struct auth *auth)
{
	for (int i = 0; i < 2 && !list_empty(&auth->by_age); i++) {
		struct use *oldest = CONTAINER_OF(auth->by_age.next, struct use, by_age);
		const bool expired = nonce_expired(auth, &oldest->nonce);

		if (!expired && auth->uses.count < AUTH_NONCES_MAX)
			return;
		if (!expired && oldest->nonce.time_ms > auth->floor_ms)
			auth->floor_ms = oldest->nonce.time_ms;
		use_free(auth, oldest);
	}
}

static struct use *use_new(struct auth *auth, const struct nonce *nonce)
{
	struct use *use;

	make_room(auth);
	use = nonce->time_ms > auth->floor_ms || auth->floor_ms == 0 ? calloc(1, sizeof(*use)) : NULL;
	if (!use)
		return NULL;
	use->nonce = *nonce;
	if (map_put(&auth->uses, &use->node, use_key(&use->nonce))) {
		free(use);
		return NULL;
	}
	list_append(&auth->by_age, &use->by_age);
	return use;
}

/* Marks a count as seen; false when it was, or is too old to know. */
static bool count_take(struct use *use, uint32_t nc)
{
	const uint32_t behind = use->top - nc;

	if (nc > use->top) {
		const uint32_t by = nc - use->top;
		use->seen = by < AUTH_WINDOW ? use->seen << by | 1 : 1;
		use->top = nc;
		return true;
	}
	if (behind >= AUTH_WINDOW || use->seen >> behind & 1)
		return false;
	use->seen |= UINT64_C(1) << behind;
	return true;
}

/* The digest is right; now its nonce and count. Without qop a nonce is good for one message. */
static enum auth_result judge_nonce(struct auth *auth, const struct given *g,
				    const struct flow *flow)
{
	struct nonce nonce;
	uint64_t nc = 1;
	struct use *use;

	if (!nonce_read(auth, g->nonce, &nonce) || nonce_expired(auth, &nonce))
		return AUTH_STALE;
	if (g->qop.n > 0 && (g->nc.n != 8 || hex_get(g->nc, &nc) || nc == 0))
		return AUTH_WRONG;
	use = use_find(auth, &nonce);
	if (use && nc == use->top && flow_same(&use->flow, flow) &&
	    view_eq(g->response, view_str(use->response)))
		return AUTH_REPEAT;
	if (!use)
		use = use_new(auth, &nonce);
	if (!use || !count_take(use, (uint32_t)nc))
		return AUTH_STALE;
	if (nc == use->top) {
		use->flow = *flow;
		memcpy(use->response, g->response.p, g->response.n);
		use->response[g->response.n] = '\0';
	}
	return AUTH_OK;
}

/* 3. The header. */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct view skip(struct view v, bool commas)
{
	while (v.n > 0 && (is_blank(*v.p) || (commas && *v.p == ',')))
		v = (struct view){ v.p + 1, v.n - 1 };
	return v;
}

/* A token or a quoted string without escapes; *v moves behind it. */
static int value_read(struct view *v, struct view *ret_value)
{
	size_t n = 0;

	if (v->n > 0 && *v->p == '"') {
		const char *end = memchr(v->p + 1, '"', v->n - 1);
		if (!end)
			return -EINVAL;
		*ret_value = (struct view){ v->p + 1, (size_t)(end - v->p) - 1 };
		n = (size_t)(end - v->p) + 1;
		if (memchr(ret_value->p, '\\', ret_value->n))
			return -EINVAL;
	} else {
		while (n < v->n && v->p[n] != ',' && !is_blank(v->p[n]))
			n++;
		*ret_value = (struct view){ v->p, n };
	}
	*v = (struct view){ v->p + n, v->n - n };
	return ret_value->n <= AUTH_FIELD_MAX ? 0 : -EMSGSIZE;
}

static struct view *field_of(struct given *g, struct view name)
{
	const struct {
		struct view name;
		struct view *field;
	} fields[] = {
		{ VIEW("username"), &g->username }, { VIEW("realm"), &g->realm },
		{ VIEW("nonce"), &g->nonce },       { VIEW("uri"), &g->uri },
		{ VIEW("response"), &g->response }, { VIEW("nc"), &g->nc },
		{ VIEW("cnonce"), &g->cnonce },     { VIEW("qop"), &g->qop },
		{ VIEW("algorithm"), &g->algorithm },
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (view_ieq(name, fields[i].name))
			return fields[i].field;
	return NULL;
}

static int given_read(struct view v, struct given *ret_given)
{
	struct given g = {};

	v = view_trim(v);
	if (v.n < 7 || !view_ieq((struct view){ v.p, 6 }, VIEW("Digest")) || !is_blank(v.p[6]))
		return -EINVAL;
	v = skip((struct view){ v.p + 6, v.n - 6 }, true);
	while (v.n > 0) {
		const char *equal = memchr(v.p, '=', v.n);
		struct view name, value, *field;

		if (!equal)
			return -EINVAL;
		name = view_trim((struct view){ v.p, (size_t)(equal - v.p) });
		v = skip((struct view){ equal + 1, v.n - (size_t)(equal - v.p) - 1 }, false);
		if (value_read(&v, &value) < 0)
			return -EINVAL;
		field = field_of(&g, name);
		if (field && field->p)
			return -EINVAL; /* twice */
		if (field)
			*field = value;
		v = skip(v, true);
	}
	*ret_given = g;
	return 0;
}

static const struct algorithm *algorithm_of(const struct auth *auth, const struct given *g)
{
	if (!g->algorithm.p)
		return &auth->algs[ALG_MD5];
	for (size_t i = 0; i < ALGS; i++)
		if (view_ieq(g->algorithm, view_str(auth->algs[i].name)))
			return &auth->algs[i];
	return NULL;
}

struct search {
	const struct auth *auth;
	struct given given;
	bool found;
};

/* The first header that answers one of our challenges. */
static bool on_authorization(const struct sip_hdr *hdr, const struct sip_msg *, void *arg)
{
	struct search *s = arg;
	struct given g;

	s->found = given_read(view_pl(&hdr->val), &g) == 0 &&
		   view_eq(g.realm, view_str(s->auth->conf.realm)) && algorithm_of(s->auth, &g) &&
		   g.username.n > 0 && g.nonce.n > 0 && g.uri.n > 0 && g.response.n > 0 &&
		   (g.qop.n == 0 || (view_ieq(g.qop, VIEW("auth")) && g.cnonce.n > 0));
	if (s->found)
		s->given = g;
	return s->found;
}

/* 4. The digest. */

static bool digest_right(struct auth *auth, const struct given *g, struct view method,
			 const struct sip_secret *secret)
{
	const struct algorithm *alg = algorithm_of(auth, g);
	const char *ha1 = alg == &auth->algs[ALG_MD5] ? secret->ha1_md5 : secret->ha1_sha256;
	const struct digest d = { .ha1 = view_str(ha1),
				  .method = method,
				  .uri = g->uri,
				  .nonce = g->nonce,
				  .qop = g->qop,
				  .nc = g->nc,
				  .cnonce = g->cnonce };
	char right[DIGEST_HEX_MAX + 1];

	return digest_response(auth->ctx, alg->md, &d, right) && g->response.n == alg->hex_len &&
	       sodium_memcmp(g->response.p, right, alg->hex_len) == 0;
}

/* The digest names whom it is for. Hosts are left aside: phones write them in many ways. */
static bool uri_fits(const struct given *g, const struct sip_msg *msg)
{
	const struct pl text = pl_view(g->uri);
	struct uri uri;

	if (view_eq(g->uri, view_pl(&msg->ruri)))
		return true;
	return uri_decode(&uri, &text) == 0 && pl_cmp(&uri.user, &msg->uri.user) == 0;
}

enum auth_result auth_check(struct auth *auth, const struct sip_msg *msg, const struct flow *flow,
			    uint64_t *ret_user)
{
	struct search s = { .auth = auth };
	struct sip_secret secret;
	bool known, right;
	uint64_t user = 0;

	sip_msg_hdr_apply(msg, true, SIP_HDR_AUTHORIZATION, on_authorization, &s);
	if (!s.found)
		return AUTH_NONE;
	known = auth_user(s.given.username, &user) == 0 &&
		auth->conf.secret(auth->conf.arg, user, &secret);
	right = digest_right(auth, &s.given, view_pl(&msg->met), known ? &secret : &auth->nobody);
	sodium_memzero(&secret, sizeof(secret));
	if (!known)
		return AUTH_UNKNOWN;
	*ret_user = user;
	if (!right || !uri_fits(&s.given, msg))
		return AUTH_WRONG;
	return judge_nonce(auth, &s.given, flow);
}
