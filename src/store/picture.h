/* store/picture.h - the pictures of calls: who stood at the door.
 *
 * Each phone that rings may give one; of a missed call the door's camera may, for one of the apps
 * that the call was for. While it rings nobody knows yet which devices those are (a leg is written
 * when it is over): a picture waits, and counts once its device has a leg in the call. The first
 * that counts is the call's; the others go when the call ends, the last one with the call.
 *
 * Cost: a row of up to PICTURE_BYTES_MAX for each call with a picture, as long as the site keeps
 * its calls; 1,000 of 40 kB are 40 MB. */
#pragma once
#include "store/db.h"

enum {
	PICTURE_BYTES_MAX = 256 * 1024,
	PICTURES_MAX = 8, /* of one call, before it ends */
};

struct picture_row {
	int64_t site_id;
	int64_t call_id;
	int64_t device; /* that gave it, or for which the door did */
	int64_t at;
	int64_t width;
	int64_t height;
	struct view jpeg;
};

[[nodiscard]] int picture_prepare(struct db *db, struct err *err);
/* In a transaction. The feed gets the call. -EEXIST: the device has given one; -ENOSPC: the call
 * has PICTURES_MAX; -ENOLINK without the call. */
[[nodiscard]] int picture_add(struct db *db, int64_t now_ms, const struct picture_row *picture);
/* The door's, of a call that is over: for the first app that the call was for, whatever `device`
 * says. In the transaction of the end. The feed gets the call. -ENOENT: it has a picture, or was
 * for no app.
 */
[[nodiscard]] int picture_keep(struct db *db, int64_t now_ms, const struct picture_row *picture);
/* The call's. -ENOENT while there is none. */
[[nodiscard]] int picture_get(struct db *db, int64_t site_id, int64_t call_id, struct arena *arena,
			      struct picture_row *ret_picture);
/* The same for a person, who has to hold an app that the call was for, as a leg of it says: rung,
 * or not because it kept quiet. -ENOENT, too, for anybody else. */
[[nodiscard]] int picture_of_rung(struct db *db, int64_t site_id, int64_t call_id,
				  int64_t person_id, struct arena *arena,
				  struct picture_row *ret_picture);
/* The call is over: what is not its picture goes. */
[[nodiscard]] int picture_settle(struct db *db, int64_t site_id, int64_t call_id);
/* Whether the device was rung in the call, as far as is written: 0, or -ENOENT. */
[[nodiscard]] int picture_rung(struct db *db, int64_t site_id, int64_t call_id, int64_t device);

/* For an UPDATE of `call`: when its picture was taken, as far as is known. */
#define PICTURE_OF_CALL                                                                            \
	"picture_at = (SELECT MIN(p.at) FROM call_picture p JOIN call_leg l"                       \
	" ON l.site_id = p.site_id AND l.call_id = p.call_id AND l.device = p.device"              \
	" WHERE p.site_id = call.site_id AND p.call_id = call.id)"
