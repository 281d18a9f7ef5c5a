/* Pictures of calls: from the apps that are rung, for them and for who may read the calls; and what
 * the door's own camera shows while there is no video. */
#include "store/picture.h"

#include "api/app.h"
#include "api/request.h"
#include "api/resource.h"
#include "device/camera.h"
#include "proto/jpeg.h"
#include "store/call.h"

#include <errno.h>

enum {
	PICTURE_SIDE_MIN = 16,
	PICTURE_SIDE_MAX = 4096,
	PICTURE_LATE_MS = 60 * 1000, /* behind a call's end, for one that was on its way */
	PICTURE_KEEP_S = 24 * 3600,  /* of a call that is over: it does not change */
};

/* ---- giving one ---- */

static int check_type(struct request *r)
{
	struct view parameters;
	const struct view type = view_trim(view_cut(r->ask->content_type, ';', &parameters));

	return view_ieq(type, VIEW("image/jpeg"))
		       ? 0
		       : reply_problem(r, 415, NULL, "The body must be image/jpeg.");
}

static int measure(struct request *r, struct jpeg_size *ret_size)
{
	const int rc = jpeg_measure(r->ask->body, ret_size);

	if (rc == -ENOTSUP)
		return reply_problem(r, 422, NULL,
				     "The picture must be a JPEG of 8 bits, grey or in colour.");
	if (rc < 0)
		return reply_problem(r, 422, NULL, "The picture is not a whole JPEG.");
	if (ret_size->width < PICTURE_SIDE_MIN || ret_size->width > PICTURE_SIDE_MAX ||
	    ret_size->height < PICTURE_SIDE_MIN || ret_size->height > PICTURE_SIDE_MAX)
		return reply_problem(
			r, 422, NULL, "The picture is %u by %u; each must be from %d to %d.",
			ret_size->width, ret_size->height, PICTURE_SIDE_MIN, PICTURE_SIDE_MAX);
	return 0;
}

/* The call of the path, in the site of one of the apps. -ENOENT: in none. */
static int find_call(struct request *r, struct call_row *ret_call)
{
	const struct app_device_row *apps;
	size_t n;
	int rc = -ENOENT;

	request_app_devices(r, &apps, &n);
	for (size_t i = 0; rc == -ENOENT && i < n; i++)
		if (i == 0 || apps[i].site_id != apps[i - 1].site_id) /* by site */
			rc = call_get(r->db, apps[i].site_id, r->ids[ID_OWN], r->arena, ret_call);
	return rc;
}

/* That of the apps which was rung in the call, as far as is written. -ENOENT: none. */
static int find_rung(struct request *r, const struct call_row *call, int64_t *ret_device)
{
	const struct app_device_row *apps;
	size_t n;
	int rc = -ENOENT;

	request_app_devices(r, &apps, &n);
	for (size_t i = 0; rc == -ENOENT && i < n; i++) {
		if (apps[i].site_id != call->site_id)
			continue;
		rc = picture_rung(r->db, call->site_id, call->id, apps[i].number);
		if (rc == 0)
			*ret_device = apps[i].number;
	}
	return rc;
}

/* While it rings, none is known to have been rung: the one that the query names, or the first.
 * Should it not be one, its picture never counts. */
static int find_ringing(struct request *r, const struct call_row *call, int64_t *ret_device)
{
	const struct view text = query_get(r->arena, r->ask->query, "device");
	const struct app_device_row *apps;
	uint64_t number = 0;
	size_t n;

	if (text.p &&
	    (view_u64(text, INT64_MAX, &number) < 0 || !request_app_device(r, (int64_t)number)))
		return reply_problem(r, 400, "device", "device must be one of your apps.");
	request_app_devices(r, &apps, &n);
	for (size_t i = 0; i < n; i++)
		if (apps[i].site_id == call->site_id &&
		    (!text.p || apps[i].number == (int64_t)number)) {
			*ret_device = apps[i].number;
			return 0;
		}
	return -ENOENT;
}

static int find_giver(struct request *r, const struct call_row *call, int64_t *ret_device)
{
	const bool over = call->ended_at != DB_INT_NULL;
	int rc;

	if (over && r->now - call->ended_at > PICTURE_LATE_MS)
		return reply_problem(r, 409, NULL, "The call is over.");
	rc = find_rung(r, call, ret_device);
	return rc == -ENOENT && !over ? find_ringing(r, call, ret_device) : rc;
}

static int add(struct request *r, const struct call_row *call, struct jpeg_size size)
{
	struct picture_row picture = { .site_id = call->site_id,
				       .call_id = call->id,
				       .at = r->now,
				       .width = size.width,
				       .height = size.height,
				       .jpeg = r->ask->body };
	DB_TRANSACTION struct db_tx tx = {};
	int rc = find_giver(r, call, &picture.device);

	if (rc == 0)
		rc = db_begin(r->db, &tx);
	if (rc == 0)
		rc = picture_add(r->db, r->now, &picture);
	if (rc == -EEXIST) /* the first stays */
		return reply_none(r);
	if (rc == -ENOSPC)
		return reply_problem(r, 409, NULL, "The call has %d pictures already.",
				     PICTURES_MAX);
	if (rc != 0)
		return rc;
	rc = db_commit(&tx);
	return rc == 0 ? reply_none(r) : rc;
}

int api_app_picture_put(struct request *r)
{
	struct jpeg_size size;
	struct call_row call;
	int rc = check_type(r);

	if (rc == 0)
		rc = measure(r, &size);
	if (rc == 0)
		rc = find_call(r, &call);
	if (rc != 0)
		return rc;
	if (call.ended_at != DB_INT_NULL && call.picture_at != DB_INT_NULL)
		return reply_none(r);
	return add(r, &call, size);
}

/* ---- showing it ---- */

static void reply_jpeg(struct request *r, struct view jpeg)
{
	buf_add(&r->answer->body, jpeg);
	r->answer->status = r->route->status;
	reply_field(r, "Content-Type", "image/jpeg");
}

static int reply_picture(struct request *r, const struct call_row *call)
{
	const bool over = call->ended_at != DB_INT_NULL;
	struct picture_row picture;
	const int rc = picture_get(r->db, call->site_id, call->id, r->arena, &picture);

	if (rc != 0)
		return rc;
	reply_jpeg(r, picture.jpeg);
	if (over)
		reply_field(r, "Cache-Control",
			    arena_printf(r->arena, "private, max-age=%d", PICTURE_KEEP_S));
	return 0;
}

int api_picture_get(struct request *r)
{
	struct call_row call;
	const int rc = call_get(r->db, r->ids[ID_SITE], r->ids[ID_OBJECT], r->arena, &call);

	return rc == 0 ? reply_picture(r, &call) : rc;
}

/* For whose apps were rung, or who called with one. */
int api_app_picture_get(struct request *r)
{
	struct call_row call;
	int64_t device;
	int rc = find_call(r, &call);

	if (rc == 0 && !request_app_device(r, call.from_device))
		rc = find_rung(r, &call, &device);
	return rc == 0 ? reply_picture(r, &call) : rc;
}

/* ---- what the door's camera shows ---- */

int api_app_snapshot_get(struct request *r)
{
	const struct app_device_row *apps;
	struct view jpeg;
	int rc = -ENOENT;
	size_t n;

	request_app_devices(r, &apps, &n);
	for (size_t i = 0; rc == -ENOENT && i < n; i++)
		rc = camera_get(r->env->camera, r->ids[ID_OWN], (uint64_t)apps[i].number, r->arena,
				&jpeg);
	if (rc == 0)
		reply_jpeg(r, jpeg);
	else if (rc == -EAGAIN)
		r->answer->status = 204;
	return rc == -EAGAIN ? 0 : rc;
}
