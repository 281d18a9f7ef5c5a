#include "office/post.h"

#include "base/list.h"
#include "base/mem.h"
#include "io/outside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WAIT_MAX_MS = 1000 };

struct post {
	CURLM *multi;
	char *ca_file;
	bool private;
	struct list flights;
	size_t count;
};

struct flight {
	struct list list; /* the post's */
	struct post *post;
	struct outside outside;
	CURL *curl;
	struct curl_slist *headers;
	bool trusted, plain; /* plain: http:// */
	size_t taken;        /* bytes of the answer */
	post_done_fn *done;
	void *arg;
	char fault[CURL_ERROR_SIZE];
};

static void flight_free(struct flight *f)
{
	if (f->curl) {
		curl_multi_remove_handle(f->post->multi, f->curl);
		curl_easy_cleanup(f->curl);
	}
	curl_slist_free_all(f->headers);
	list_remove(&f->list);
	f->post->count--;
	free(f);
}

/* What libcurl asks. */

static bool may_connect(const struct outside *outside, const struct addr *to)
{
	const struct flight *f = CONTAINER_OF(outside, struct flight, outside);

	if (f->trusted)
		return true;
	if (f->plain)
		return f->post->private && addr_is_loopback(to);
	return f->post->private || addr_is_public(to);
}

/* Body and headers alike: counted, not kept. */
static size_t on_answer(char *, size_t size, size_t n, void *arg)
{
	struct flight *f = arg;

	f->taken += size * n;
	return f->taken > POST_ANSWER_MAX ? 0 : size * n;
}

/* Sending. */

static int headers_add(struct flight *f, const char *const *headers)
{
	/* Expect waits for a reply that not every server gives. */
	struct curl_slist *next = curl_slist_append(NULL, "Expect:");

	f->headers = next;
	for (size_t i = 0; next && headers[i] && i < POST_HEADERS_MAX; i++) {
		next = curl_slist_append(f->headers, headers[i]);
		f->headers = next ? next : f->headers;
	}
	return next ? 0 : -ENOMEM;
}

static CURLcode set_request(struct flight *f, const struct post_ask *ask)
{
	CURL *c = f->curl;
	CURLcode rc = curl_easy_setopt(c, CURLOPT_URL, ask->url);

	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_POST, 1L);
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)ask->body.n);
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_COPYPOSTFIELDS, ask->body.p ? ask->body.p : "");
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_HTTPHEADER, f->headers);
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_PRIVATE, f);
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_answer);
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_WRITEDATA, f);
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_answer);
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_HEADERDATA, f);
	return rc ? rc : curl_easy_setopt(c, CURLOPT_ERRORBUFFER, f->fault);
}

static CURLcode set_limits(struct flight *f)
{
	CURL *c = f->curl;
	CURLcode rc = outside_set(c, &f->outside);

	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
	if (f->post->ca_file) {
		rc = rc ? rc : curl_easy_setopt(c, CURLOPT_CAINFO, f->post->ca_file);
		rc = rc ? rc : curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
	}
	return rc;
}

static int flight_start(struct flight *f, const struct post_ask *ask)
{
	CURLcode code;
	int rc = headers_add(f, ask->headers);

	if (rc < 0)
		return rc;
	f->curl = curl_easy_init();
	if (!f->curl)
		return -ENOMEM;
	code = set_request(f, ask);
	code = code ? code : set_limits(f);
	if (code)
		return code == CURLE_OUT_OF_MEMORY ? -ENOMEM : -EINVAL;
	return curl_multi_add_handle(f->post->multi, f->curl) == CURLM_OK ? 0 : -ENOMEM;
}

int post_send(struct post *p, const struct post_ask *ask, post_done_fn *done, void *arg)
{
	struct flight *f = p->count < POSTS_MAX ? calloc(1, sizeof(*f)) : NULL;
	int rc;

	if (!f)
		return p->count < POSTS_MAX ? -ENOMEM : -EAGAIN;
	f->post = p;
	f->done = done;
	f->arg = arg;
	f->trusted = ask->trusted;
	f->plain = view_starts(view_str(ask->url), VIEW("http://"));
	f->outside = (struct outside){
		may_connect,
		ask->trusted || p->private ? "http,https" : "https",
		POST_MS,
		POST_CONNECT_MS,
	};
	list_append(&p->flights, &f->list);
	p->count++;
	rc = flight_start(f, ask);
	if (rc < 0)
		flight_free(f);
	return rc;
}

/* Running. */

static void finish(void *flight, CURLcode code)
{
	struct flight *f = flight;
	post_done_fn *done = f->done;
	struct post_result result = { .cause = "" };
	char cause[CURL_ERROR_SIZE];
	curl_off_t retry_s = 0;
	void *arg = f->arg;

	curl_easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &result.code);
	curl_easy_getinfo(f->curl, CURLINFO_RETRY_AFTER, &retry_s);
	result.retry_s = retry_s < POST_RETRY_MAX_S ? retry_s : POST_RETRY_MAX_S;
	/* An answer that is too long, or breaks off, is one if its code is there. */
	if (code != CURLE_OK && code != CURLE_WRITE_ERROR)
		result.code = 0;
	if (result.code == 0) {
		snprintf(cause, sizeof(cause), "%s", curl_easy_strerror(code));
		result.cause = cause;
	}
	flight_free(f);
	done(arg, &result);
}

void post_run(struct post *p, int64_t wait_us)
{
	const int64_t wait_ms = wait_us < 0 ? WAIT_MAX_MS : (wait_us + 999) / 1000;
	int running = 0;

	curl_multi_perform(p->multi, &running);
	/* Whoever heard of an end may want to wait for less now. */
	if (outside_ended(p->multi, finish) > 0)
		return;
	curl_multi_poll(p->multi, NULL, 0, (int)(wait_ms < WAIT_MAX_MS ? wait_ms : WAIT_MAX_MS),
			NULL);
	curl_multi_perform(p->multi, &running);
	outside_ended(p->multi, finish);
}

void post_wake(struct post *p)
{
	curl_multi_wakeup(p->multi);
}

int post_open(const struct post_conf *conf, struct err *err, struct post **ret_post)
{
	struct post *p = calloc(1, sizeof(*p));

	if (!p)
		return err_set(err, -ENOMEM, "no memory");
	list_init(&p->flights);
	p->private = conf->private;
	if (conf->ca_file && access(conf->ca_file, R_OK) < 0) {
		const int code = errno;

		post_close(p);
		return err_set(err, -code, "cannot read push_ca %s: %s", conf->ca_file,
			       strerror(code));
	}
	p->ca_file = conf->ca_file ? strdup(conf->ca_file) : NULL;
	if ((conf->ca_file && !p->ca_file) || curl_global_init(CURL_GLOBAL_DEFAULT) ||
	    !(p->multi = curl_multi_init())) {
		post_close(p);
		return err_set(err, -ENOMEM, "cannot begin with libcurl");
	}
	curl_multi_setopt(p->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)POST_CONNECTIONS_MAX);
	curl_multi_setopt(p->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)POST_CONNECTIONS_PER_HOST);
	*ret_post = p;
	return 0;
}

void post_close(struct post *p)
{
	if (!p)
		return;
	LIST_EACH(it, &p->flights)
		flight_free(CONTAINER_OF(it, struct flight, list));
	if (p->multi)
		curl_multi_cleanup(p->multi);
	free(p->ca_file);
	free(p);
}
