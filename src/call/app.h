/* call/app.h - apps in calls: a page that is connected rings, answers, opens and calls, as a phone
 * does.
 *
 * A link is one connection (a WebSocket) of one page. It acts for one device or several of one
 * person; several links may act for the same device, and then each rings. What is said is JSON, one
 * object a message (proto/app_message.h has the words).
 *
 * Everything on the sip loop's thread. `send` is called from within these functions and from
 * whatever else moves a call; it may not call back into this room.
 *
 *	app_open → hello, and ring for each call that waits for one of the devices
 *	app_hear → whatever that message brings about
 *	app_close → calls wait APP_RESUME_MS for the page to come back (resume) on a new link
 *
 * A hello comes again when the link has lost one of its devices: it names those that are left. */
#pragma once
#include "base/buf.h"

#include <stdint.h>

enum {
	APP_LINKS_MAX = 20000,
	APP_DEVICES_MAX = 32,         /* of one link */
	APP_LINKS_PER_DEVICE_MAX = 8, /* a further one takes the place of the oldest, which loses
				       * that device */
	APP_CALLS_MAX = 8,            /* of one link, ringing and talking */
	APP_MESSAGE_MAX = 64 * 1024,  /* bytes that are heard; what is sent is shorter */
	APP_MESSAGES_PER_S = 20,      /* in the long run; what is more is answered with `full` */
	APP_MESSAGES_BURST = 100,
	APP_RESUME_MS = 30000,
	APP_RESUME_LOOK_MS = 5000, /* of who only looks: a door that is looked at cannot ring */
	APP_MEDIA_MS = 15000, /* for new media, when the old ones broke down */
	APP_VIDEO_MS = 3000,  /* without a picture from the door: there is none */
	APP_OPEN_MS = 3000,   /* a door that was opened unanswered stays on for so long */
};

struct switchboard;
struct app_link;

struct app_conf {
	const uint64_t *devices; /* app devices; copied */
	size_t ndevices;
	void (*send)(void *arg, struct view json); /* one message */
	void *arg;
};

/* Sends the hello. -ENOMEM; -ENOSPC: too many links, or devices; -EINVAL: without a device.
 * Devices that the directory does not know, or that are no apps, are passed over. *ret_link is
 * set before anything is sent. */
[[nodiscard]] int app_open(struct switchboard *sb, const struct app_conf *conf,
			   struct app_link **ret_link);
/* One message; what cannot be done is answered {"type":"error"}. */
void app_hear(struct app_link *link, struct view json);
/* The connection is gone; `send` is not called any more. NULL is fine. Links that are open when the
 * switchboard is freed go with it. */
void app_close(struct app_link *link);
