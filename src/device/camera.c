/* Invariants:
 *	1. Only the camera's thread removes a watch, begins its fetches and frees it; it does all
 *but the first of these without the lock.
 *	2. A watch that is over is found by nobody but that thread. */
#include "device/camera.h"

#include "base/list.h"
#include "base/log.h"
#include "device/camera_url.h"
#include "io/outside.h"
#include "proto/jpeg.h"
#include "store/device.h"
#include "store/store.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
	IDLE_MS = 60000,
	ROW_ARENA_MAX = 16 * 1024,
	PASSWORD_MAX = 512,
	SIDE_MAX = 4096, /* of a picture: a browser has to unfold it */
};
#define NEVER INT64_MAX

struct watch {
	struct list list; /* the camera's */
	struct camera *camera;
	int64_t call_id, site_id;
	uint64_t door;

	/* Under the lock. */
	uint64_t lookers[CAMERA_LOOKERS_MAX];
	size_t nlookers;
	bool ended;  /* nobody looks any more */
	bool wanted; /* the first picture, by camera_first */
	bool late;   /* that has asked: the fetch that ends next is the last */
	bool over, busy;
	int64_t due_us;
	struct buf frame; /* the newest picture */
	struct buf first;
	int64_t first_at;

	/* The thread's. */
	struct outside outside;
	CURL *curl; /* NULL: where the camera is was not read yet */
	struct buf coming;
	size_t head; /* bytes of headers */
	bool failing;
};

struct camera {
	const struct clock *clock;
	bool near;
	int (*unseal)(void *arg, struct view sealed, char *ret_text, size_t size);
	void *unseal_arg;
	void (*late)(void *arg, int64_t site_id, int64_t call_id, struct view jpeg, int64_t at);
	void *late_arg;
	struct db *db;
	CURLM *multi;
	pthread_t thread;
	bool started;

	pthread_mutex_t lock;
	bool stopping;
	struct list watches;
	struct camera_stats stats;
};

/* ---- watches ---- */

static void watch_free(struct watch *w)
{
	if (w->curl) {
		curl_multi_remove_handle(w->camera->multi, w->curl);
		curl_easy_cleanup(w->curl);
	}
	list_remove(&w->list);
	buf_free(&w->frame);
	buf_free(&w->first);
	buf_free(&w->coming);
	free(w);
}

/* With the lock held. */
static struct watch *find(struct camera *c, int64_t call_id)
{
	for (struct list *it = c->watches.next; it != &c->watches; it = it->next) {
		struct watch *w = CONTAINER_OF(it, struct watch, list);

		if (w->call_id == call_id && !w->over)
			return w;
	}
	return NULL;
}

static bool may_look(const struct watch *w, uint64_t device)
{
	for (size_t i = 0; i < w->nlookers; i++)
		if (w->lookers[i] == device)
			return true;
	return false;
}

static struct watch *watch_new(struct camera *c, int64_t call_id, int64_t site_id, uint64_t door)
{
	struct watch *w = c->stats.watched < CAMERA_CALLS_MAX ? calloc(1, sizeof(*w)) : NULL;

	if (!w)
		return NULL;
	w->camera = c;
	w->call_id = call_id;
	w->site_id = site_id;
	w->door = door;
	w->frame = w->first = w->coming = BUF_INIT(CAMERA_JPEG_MAX);
	w->wanted = true;
	list_append(&c->watches, &w->list);
	c->stats.watched++;
	return w;
}

/* With the lock held. Neither is anybody to see more of it, nor its first picture wanted. */
static void end_if_idle(struct watch *w)
{
	if (!w->ended || w->wanted)
		return;
	w->over = true;
	w->camera->stats.watched--;
	curl_multi_wakeup(w->camera->multi);
}

void camera_watch(struct camera *c, int64_t call_id, int64_t site_id, uint64_t door,
		  uint64_t device)
{
	struct watch *w;
	bool full;

	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	w = find(c, call_id);
	if (!w)
		w = watch_new(c, call_id, site_id, door);
	full = !w || w->nlookers == CAMERA_LOOKERS_MAX;
	if (w)
		w->ended = false;
	if (!full && device && !may_look(w, device))
		w->lookers[w->nlookers++] = device;
	pthread_mutex_unlock(&c->lock);
	if (w)
		curl_multi_wakeup(c->multi);
	if (full)
		log_warn("camera_full", LF_I("call", call_id), LF_I("device", device));
}

void camera_end(struct camera *c, int64_t call_id, uint64_t device)
{
	struct watch *w;

	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	w = find(c, call_id);
	if (w && may_look(w, device)) {
		w->lookers[0] = device;
		w->nlookers = 1;
	} else if (w) {
		w->ended = true;
		w->nlookers = 0;
		buf_free(&w->frame);
		end_if_idle(w);
	}
	pthread_mutex_unlock(&c->lock);
}

int camera_first(struct camera *c, int64_t call_id, struct buf *ret_jpeg, int64_t *ret_at)
{
	struct watch *w;
	int rc = -ENOENT;

	if (!c)
		return rc;
	pthread_mutex_lock(&c->lock);
	w = find(c, call_id);
	if (w && ret_jpeg && w->first.n > 0) {
		buf_add(ret_jpeg, buf_view(&w->first));
		*ret_at = w->first_at;
		rc = ret_jpeg->err;
	}
	if (w) {
		w->late = ret_jpeg && w->wanted && w->first.n == 0;
		w->wanted = w->late;
		buf_free(&w->first);
		end_if_idle(w);
	}
	pthread_mutex_unlock(&c->lock);
	return rc;
}

int camera_get(struct camera *c, int64_t call_id, uint64_t device, struct arena *arena,
	       struct view *ret_jpeg)
{
	const struct watch *w;
	char *copy = NULL;
	int rc = -ENOENT;

	if (!c)
		return rc;
	pthread_mutex_lock(&c->lock);
	w = find(c, call_id);
	if (w && may_look(w, device))
		rc = -EAGAIN;
	if (rc == -EAGAIN && w->frame.n > 0) {
		copy = arena_alloc(arena, w->frame.n);
		rc = copy ? 0 : -ENOMEM;
	}
	if (copy) {
		memcpy(copy, w->frame.p, w->frame.n);
		*ret_jpeg = (struct view){ copy, w->frame.n };
	}
	pthread_mutex_unlock(&c->lock);
	return rc;
}

struct camera_stats camera_stats(struct camera *c)
{
	struct camera_stats stats;

	pthread_mutex_lock(&c->lock);
	stats = c->stats;
	pthread_mutex_unlock(&c->lock);
	return stats;
}

/* ---- what libcurl asks ---- */

static bool may_connect(const struct outside *outside, const struct addr *to)
{
	const struct watch *w = CONTAINER_OF(outside, struct watch, outside);

	return w->camera->near || !camera_is_near(to);
}

static size_t on_head(char *, size_t size, size_t n, void *arg)
{
	struct watch *w = arg;

	w->head += size * n;
	return w->head > CAMERA_HEAD_MAX ? 0 : size * n;
}

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
	struct watch *w = arg;

	buf_add(&w->coming, (struct view){ p, size * n });
	return w->coming.err ? 0 : size * n;
}

/* ---- one fetch ---- */

static CURLcode set_request(struct watch *w, const struct device_camera_row *row,
			    const char *password)
{
	CURL *c = w->curl;
	CURLcode rc = curl_easy_setopt(c, CURLOPT_URL, row->snapshot_url.p);

	if (row->snapshot_user.p || password[0]) {
		rc = rc ? rc
			: curl_easy_setopt(c, CURLOPT_HTTPAUTH, CURLAUTH_BASIC | CURLAUTH_DIGEST);
		rc = rc ? rc
			: curl_easy_setopt(c, CURLOPT_USERNAME,
					   row->snapshot_user.p ? row->snapshot_user.p : "");
		rc = rc ? rc : curl_easy_setopt(c, CURLOPT_PASSWORD, password);
	}
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_PRIVATE, w);
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_WRITEDATA, w);
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_head);
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_HEADERDATA, w);
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_MAXFILESIZE, (long)CAMERA_JPEG_MAX);
	return rc ? rc : outside_set(c, &w->outside);
}

/* Where the camera is, as it stands now. */
static int open_watch(struct watch *w)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(ROW_ARENA_MAX);
	struct camera *c = w->camera;
	char password[PASSWORD_MAX] = "";
	struct device_camera_row row;
	CURLcode code;
	int rc = device_camera(c->db, w->site_id, (int64_t)w->door, &arena, &row);

	if (rc == 0 && !row.snapshot_url.p)
		rc = -ENOENT;
	if (rc == 0 && row.snapshot_password_sealed.p)
		rc = c->unseal(c->unseal_arg, row.snapshot_password_sealed, password,
			       sizeof(password));
	if (rc < 0)
		return rc;
	w->outside = (struct outside){ may_connect, "http,https", CAMERA_MS, CAMERA_CONNECT_MS };
	w->curl = curl_easy_init();
	code = w->curl ? set_request(w, &row, password) : CURLE_OUT_OF_MEMORY;
	explicit_bzero(password, sizeof(password));
	if (!code)
		return 0;
	curl_easy_cleanup(TAKE(w->curl));
	return -ENOMEM;
}

static void say(struct watch *w, const char *why, long status)
{
	if (!w->failing)
		log_warn("camera_failed", LF_I("call", w->call_id), LF_I("device", w->door),
			 LF_S("why", why), LF_I("status", status));
	w->failing = true;
}

/* The fetch has ended. */
static void settle(struct watch *w, int64_t due_us)
{
	struct camera *c = w->camera;
	CLEANUP(buf_free) struct buf late = BUF_INIT(CAMERA_JPEG_MAX);

	pthread_mutex_lock(&c->lock);
	w->busy = false;
	w->due_us = due_us;
	if (w->late && !w->over) {
		const struct buf first = w->first;

		w->first = late;
		late = first;
		w->late = w->wanted = false;
		end_if_idle(w);
	}
	pthread_mutex_unlock(&c->lock);
	if (late.n > 0 && c->late)
		c->late(c->late_arg, w->site_id, w->call_id, buf_view(&late), w->first_at);
}

static void begin(struct watch *w)
{
	const int rc = w->curl ? 0 : open_watch(w);

	buf_reset(&w->coming);
	w->head = 0;
	if (rc == 0 && curl_multi_add_handle(w->camera->multi, w->curl) == CURLM_OK)
		return;
	say(w, rc == -EBADMSG ? "its password must be entered again" : "cannot begin", 0);
	settle(w, NEVER);
}

/* NULL: it is a picture. */
static const char *fault_of(const struct watch *w, CURLcode code, long status)
{
	struct jpeg_size size;

	if (code == CURLE_WRITE_ERROR || code == CURLE_FILESIZE_EXCEEDED)
		return "it is too long";
	if (code != CURLE_OK)
		return curl_easy_strerror(code);
	if (status != 200)
		return "it has no picture there";
	if (jpeg_measure(buf_view(&w->coming), &size) < 0 || size.width > SIDE_MAX ||
	    size.height > SIDE_MAX)
		return "it is no JPEG for browsers";
	return NULL;
}

static void keep(struct watch *w, bool good)
{
	struct camera *c = w->camera;

	pthread_mutex_lock(&c->lock);
	if (good && w->wanted && w->first.n == 0) {
		w->first_at = clock_wall_ms(c->clock);
		buf_add(&w->first, buf_view(&w->coming));
	}
	if (good && w->nlookers > 0) {
		const struct buf old = w->frame;

		w->frame = w->coming;
		w->coming = old;
	}
	c->stats.fetched += good;
	c->stats.failed += !good;
	pthread_mutex_unlock(&c->lock);
}

static void finish(void *arg, CURLcode code)
{
	struct watch *w = arg;
	struct camera *c = w->camera;
	const char *fault;
	curl_off_t took_us = 0;
	long status = 0;
	int64_t now_us = clock_mono_us(c->clock);

	curl_easy_getinfo(w->curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(w->curl, CURLINFO_TOTAL_TIME_T, &took_us);
	curl_multi_remove_handle(c->multi, w->curl);
	fault = fault_of(w, code, status);
	if (fault)
		say(w, fault, status);
	else
		w->failing = false;
	keep(w, !fault);
	if (took_us < CAMERA_EVERY_MS * 1000)
		now_us += CAMERA_EVERY_MS * 1000 - took_us;
	settle(w, now_us);
}

/* ---- the thread ---- */

/* Somebody sees the next picture, or it would be the first. */
static bool is_hungry(const struct watch *w)
{
	return w->nlookers > 0 || (w->wanted && w->first.n == 0);
}

/* A watch with something to do: one that is over, or due, which then is busy. NULL: none is for
 * *ret_wait_ms. */
static struct watch *take(struct camera *c, int64_t *ret_wait_ms, bool *ret_over)
{
	const int64_t now_us = clock_mono_us(c->clock);
	int64_t next_us = now_us + IDLE_MS * INT64_C(1000);
	struct watch *found = NULL;

	pthread_mutex_lock(&c->lock);
	for (struct list *it = c->watches.next; !found && it != &c->watches; it = it->next) {
		struct watch *w = CONTAINER_OF(it, struct watch, list);

		if (w->over || (!w->busy && is_hungry(w) && w->due_us <= now_us))
			found = w;
		else if (!w->busy && is_hungry(w) && w->due_us < next_us)
			next_us = w->due_us;
	}
	if (found) {
		found->busy = true;
		*ret_over = found->over;
		if (found->over)
			list_remove(&found->list);
	}
	pthread_mutex_unlock(&c->lock);
	*ret_wait_ms = (next_us - now_us + 999) / 1000;
	return found;
}

static bool is_stopping(struct camera *c)
{
	bool stopping;

	pthread_mutex_lock(&c->lock);
	stopping = c->stopping;
	pthread_mutex_unlock(&c->lock);
	return stopping;
}

static void *camera_main(void *arg)
{
	struct camera *c = arg;
	int64_t wait_ms;
	int running;

	while (!is_stopping(c)) {
		struct watch *w;
		bool over;

		curl_multi_perform(c->multi, &running);
		outside_ended(c->multi, finish);
		while ((w = take(c, &wait_ms, &over))) {
			if (over)
				watch_free(w);
			else
				begin(w);
		}
		curl_multi_poll(c->multi, NULL, 0, (int)wait_ms, NULL);
	}
	return NULL;
}

int camera_start(const struct camera_conf *conf, struct err *err, struct camera **ret_camera)
{
	struct camera *c = calloc(1, sizeof(*c));
	int rc;

	if (!c)
		return err_set(err, -ENOMEM, "no memory");
	c->clock = conf->clock;
	c->near = conf->near;
	c->unseal = conf->unseal;
	c->unseal_arg = conf->unseal_arg;
	c->late = conf->late;
	c->late_arg = conf->late_arg;
	pthread_mutex_init(&c->lock, NULL);
	list_init(&c->watches);
	rc = store_open(conf->db_url, err, &c->db);
	if (rc == 0 && (curl_global_init(CURL_GLOBAL_DEFAULT) || !(c->multi = curl_multi_init())))
		rc = err_set(err, -ENOMEM, "cannot begin with libcurl");
	if (rc == 0) {
		curl_multi_setopt(c->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS,
				  (long)CAMERA_CONNECTIONS_MAX);
		c->started = pthread_create(&c->thread, NULL, camera_main, c) == 0;
		rc = c->started ? 0 : err_set(err, -EAGAIN, "cannot start a thread");
	}
	if (rc < 0) {
		camera_stop(c);
		return rc;
	}
	*ret_camera = c;
	return 0;
}

void camera_stop(struct camera *c)
{
	if (!c)
		return;
	if (c->started) {
		pthread_mutex_lock(&c->lock);
		c->stopping = true;
		pthread_mutex_unlock(&c->lock);
		curl_multi_wakeup(c->multi);
		pthread_join(c->thread, NULL);
	}
	LIST_EACH(it, &c->watches)
		watch_free(CONTAINER_OF(it, struct watch, list));
	if (c->multi)
		curl_multi_cleanup(c->multi);
	db_close(c->db);
	pthread_mutex_destroy(&c->lock);
	free(c);
}
