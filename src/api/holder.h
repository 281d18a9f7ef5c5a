/* api/holder.h - who holds an app: is told its password, and loses it.
 *
 * Inside the caller's transaction, on the request's worker. */
#pragma once
#include "api/request.h"
#include "store/device.h"

/* The person is one of the site's people. ANSWERED when not. */
[[nodiscard]] int holder_check(struct request *r, int64_t person_id);
/* Mails the person of an app, who may have no address, how to sign in with it. ANSWERED when there
 * were too many mails. */
[[nodiscard]] int holder_tell(struct request *r, const struct device_row *device,
			      struct view password);
/* The same to a new one, once the device's row is written. ANSWERED too when the person has left the
 * site, or holds APPS_MAX already. */
[[nodiscard]] int holder_take(struct request *r, const struct device_row *device,
			      struct view password);
/* Another password for the device: what anybody knew of it, and its sessions, are over. */
[[nodiscard]] int holder_renew(struct request *r, int64_t site_id, int64_t device,
			       struct view *ret_password);
/* The same for one that is to be somebody else's, or nobody's: what its holder subscribed is over, too. */
[[nodiscard]] int holder_end(struct request *r, int64_t site_id, int64_t device,
			     struct view *ret_password);
/* Ends those that the person holds of the site, or with 0 of all: the person is to lose them. */
[[nodiscard]] int holder_lock_out(struct request *r, int64_t site_id, int64_t person_id);
