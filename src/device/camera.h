/* device/camera.h - pictures of doors whose camera speaks HTTP, for calls that show no video, and
 * for those that nobody answers.
 *
 * While a call is watched, its door's JPEG is fetched at once and then every CAMERA_EVERY_MS; the
 * newest one that is whole is kept in memory, for the devices that may look, and the first one for
 * whoever writes the call's history. Nothing of it is written here.
 *
 * One thread with a database connection of its own, which reads where the camera is when a call
 * begins. The address is from who may edit the door: http and https only, no redirects, nothing
 * from the environment, nothing that is no JPEG. Cameras are at home in private networks, so these
 * are good; this host and its links are not (camera_conf.near), looked at when the connection is
 * made, so that no name can turn into one meanwhile. */
#pragma once
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"

enum {
	CAMERA_EVERY_MS = 1000,
	CAMERA_MS = 3000, /* the whole of one fetch */
	CAMERA_CONNECT_MS = 2000,
	CAMERA_JPEG_MAX = 256 * 1024, /* bytes of a picture */
	CAMERA_HEAD_MAX = 16 * 1024,  /* and of the headers before it */
	/* Watched at once: 128 MB of pictures at most, and 64 MB on their way. */
	CAMERA_CALLS_MAX = 256,
	CAMERA_LOOKERS_MAX = 64, /* devices that may look at one call */
	CAMERA_CONNECTIONS_MAX = 256,
};

struct camera_conf {
	const char *db_url;
	const struct clock *clock;
	bool near; /* cameras may be on this host, or on a link without addresses of its own */
	/* Opens a sealed password into a text; any thread. */
	int (*unseal)(void *arg, struct view sealed, char *ret_text, size_t size);
	void *unseal_arg;
	/* The first picture of a call that was over before it came: camera_first. On the camera's
	 * thread; may be NULL. */
	void (*late)(void *arg, int64_t site_id, int64_t call_id, struct view jpeg, int64_t at);
	void *late_arg;
};

struct camera;

[[nodiscard]] int camera_start(const struct camera_conf *conf, struct err *err,
			       struct camera **ret_camera);
/* NULL is fine. */
void camera_stop(struct camera *c);

/* Any thread; these never wait for the network or the database. NULL is fine for all of them. */

/* `device` may look at the door in this call; the first one begins it. 0: nobody does, and the
 * first picture is wanted all the same. What is beyond CAMERA_CALLS_MAX or CAMERA_LOOKERS_MAX is
 * dropped, and logged. */
void camera_watch(struct camera *c, int64_t call_id, int64_t site_id, uint64_t door,
		  uint64_t device);
/* From now on only `device` may; 0: nobody, and the call is forgotten but for its first picture,
 * until camera_first has asked for that. */
void camera_end(struct camera *c, int64_t call_id, uint64_t device);
/* The first picture, which is not kept any more then, and when it came (UTC, ms). -ENOENT: there is
 * none; the fetch that is on its way may still bring one, which is told of (camera_conf).
 * ret_jpeg NULL: nobody wants it. Once for each call that was watched, or it stays here. */
int camera_first(struct camera *c, int64_t call_id, struct buf *ret_jpeg, int64_t *ret_at);
/* The newest picture, in the arena. -EAGAIN: none has come yet; -ENOENT: none is for this device.
 */
[[nodiscard]] int camera_get(struct camera *c, int64_t call_id, uint64_t device,
			     struct arena *arena, struct view *ret_jpeg);

struct camera_stats {
	uint64_t watched;         /* now */
	uint64_t fetched, failed; /* ever */
};
struct camera_stats camera_stats(struct camera *c);
