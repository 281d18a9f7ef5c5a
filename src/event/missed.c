#include "event/missed.h"

#include "base/json.h"
#include "base/log.h"
#include "io/zone_file.h"
#include "proto/jpeg.h"
#include "proto/zone.h"
#include "store/mail.h"
#include "store/order.h"
#include "store/picture.h"
#include "store/site.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

enum { ARENA_MAX = 512 * 1024, ARGUMENTS_TEXT_MAX = 8192, TIME_SIZE = 32 };

/* The day and minute on the wall of the site, as every language reads it; UTC where the system does
 * not know the zone. */
static void time_text(const struct site_row *site, int64_t at_ms, char ret_text[TIME_SIZE])
{
	CLEANUP(buf_free) struct buf file = BUF_INIT(ZONE_FILE_MAX);
	const int64_t at = at_ms / 1000;
	struct zone zone = {};
	time_t wall;
	struct tm tm;

	if (zone_file_read(site->zone, &file) < 0 || zone_read(buf_view(&file), at, at, &zone) < 0)
		log_warn("zone_unknown", LF_V("zone", site->zone));
	wall = (time_t)(at + zone_offset_s(&zone, at));
	if (!gmtime_r(&wall, &tm) || !strftime(ret_text, TIME_SIZE, "%Y-%m-%d %H:%M", &tm))
		ret_text[0] = '\0';
}

static void print_arguments(const struct site_row *site, const struct call_row *call,
			    struct buf *out)
{
	struct json j = JSON_TO(out);
	char time[TIME_SIZE];

	time_text(site, call->started_at, time);
	json_open(&j);
	json_key(&j, "place");
	json_view(&j, site->name);
	json_key(&j, "device");
	json_view(&j, call->from_name);
	json_key(&j, "time");
	json_str(&j, time);
	json_key(&j, "path");
	json_str(&j, "/app");
	json_key(&j, "call");
	json_id(&j, call->id);
	json_close(&j);
}

static int tell(struct db *db, int64_t now_ms, int64_t due_at, const struct site_row *site,
		const struct missed_row *who, struct view arguments)
{
	int64_t n, id;
	const int rc = missed_count(db, who->id, now_ms - MISSED_MAILS_MS, &n);

	if (rc < 0 || n >= MISSED_MAILS_MAX)
		return rc;
	return mail_queue(db, now_ms,
			  &(struct mail_row){ .company_id = site->company_id,
					      .site_id = site->id,
					      .person_id = who->id,
					      .recipient = who->email,
					      .recipient_name = who->name,
					      .language = who->language,
					      .template = VIEW("missed_call"),
					      .arguments = arguments,
					      .due_at = due_at },
			  &id);
}

bool missed_is(struct view result)
{
	return view_eq(result, VIEW("missed")) || view_eq(result, VIEW("failed")) ||
	       view_eq(result, VIEW("busy"));
}

int missed_keep(struct db *db, int64_t now_ms, const struct call_row *ended, struct view jpeg,
		int64_t at)
{
	struct picture_row picture = {
		.site_id = ended->site_id, .call_id = ended->id, .at = at, .jpeg = jpeg
	};
	struct jpeg_size size;
	int rc;

	if (!missed_is(ended->result) || jpeg.n > PICTURE_BYTES_MAX ||
	    jpeg_measure(jpeg, &size) < 0)
		return 0;
	picture.width = size.width;
	picture.height = size.height;
	rc = picture_keep(db, now_ms, &picture);
	return rc == -ENOENT ? 0 : rc;
}

int missed_tell(struct db *db, int64_t now_ms, const struct call_row *ended)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(ARENA_MAX);
	CLEANUP(buf_free) struct buf arguments = BUF_INIT(ARGUMENTS_TEXT_MAX);
	struct missed_row *people;
	struct call_row call;
	struct site_row site;
	int64_t due_at;
	size_t n;
	int rc;

	if (!missed_is(ended->result))
		return 0;
	rc = missed_people(db, ended->site_id, ended->id, MISSED_PEOPLE_MAX, &arena, &people, &n);
	if (rc < 0 || !n)
		return rc;
	rc = call_get(db, ended->site_id, ended->id, &arena, &call);
	if (rc == 0)
		rc = site_get(db, ended->site_id, &arena, &site);
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	if (call.test)
		return 0;
	print_arguments(&site, &call, &arguments);
	due_at = call.picture_at == DB_INT_NULL ? now_ms + MISSED_PICTURE_MS : now_ms;
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = tell(db, now_ms, due_at, &site, &people[i], buf_view(&arguments));
	return rc;
}
