#include "api/holder.h"

#include "api/app.h"
#include "api/notice.h"
#include "store/member.h"
#include "store/push.h"

#include <errno.h>

int holder_check(struct request *r, int64_t person_id)
{
	struct member_row *rows;
	size_t n;
	const int rc = member_get(r->db, r->place.site_id, person_id, r->arena, &rows, &n);

	if (rc == -ENOENT)
		return reply_problem(r, 422, "person_id", "There is no such user of this site.");
	return rc;
}

int holder_tell(struct request *r, const struct device_row *device, struct view password)
{
	const char *number = arena_printf(r->arena, "%lld", (long long)device->number);
	struct person_row person = {};
	struct site_row site;
	int rc = number ? 0 : -ENOMEM;

	if (rc == 0)
		rc = person_get(r->db, device->person_id, r->arena, &person);
	if (rc < 0 || !person.email.p)
		return rc;
	rc = sender_ask(r);
	if (rc == 0)
		rc = site_get(r->db, device->site_id, r->arena, &site);
	if (rc != 0)
		return rc;
	return notice_queue(r, &(struct notice){
				       .template = "app_credentials",
				       .company_id = site.company_id,
				       .site_id = site.id,
				       .person_id = person.id,
				       .recipient = person.email,
				       .name = person.name,
				       .language = person.language,
				       .arguments = { { "place", site.name },
						      { "device", device->name },
						      { "number", view_str(number) },
						      { "password", password },
						      { "path", VIEW("/app") } },
				       .narguments = 5,
			       });
}

int holder_take(struct request *r, const struct device_row *device, struct view password)
{
	struct app_device_row *held;
	size_t n;
	int rc = holder_check(r, device->person_id);

	if (rc == 0)
		rc = app_list_of_person(r->db, device->person_id, APPS_MAX + 1, r->arena, &held,
					&n);
	if (rc == 0 && n > APPS_MAX)
		return reply_problem(r, 422, "person_id", "A person holds at most %d apps.",
				     APPS_MAX);
	return rc == 0 ? holder_tell(r, device, password) : rc;
}

int holder_renew(struct request *r, int64_t site_id, int64_t device, struct view *ret_password)
{
	struct device_secret_row secret = { .number = device };
	struct credential made;
	int rc =
		credential_make(&r->env->key, r->env->rand, device, r->env->realm, r->arena, &made);

	if (rc < 0)
		return rc;
	secret.password_sealed = made.sealed;
	secret.ha1_md5 = made.ha1_md5;
	secret.ha1_sha256 = made.ha1_sha256;
	rc = device_secret_set(r->db, r->now, site_id, &secret);
	if (rc == 0)
		*ret_password = made.password;
	return rc;
}

int holder_end(struct request *r, int64_t site_id, int64_t device, struct view *ret_password)
{
	const int rc = holder_renew(r, site_id, device, ret_password);

	return rc < 0 ? rc : push_clear(r->db, (struct push_place){ site_id, device });
}

int holder_lock_out(struct request *r, int64_t site_id, int64_t person_id)
{
	struct app_device_row *held;
	struct view password;
	size_t n;
	int rc = app_list_of_person(r->db, person_id, APPS_MAX, r->arena, &held, &n);

	for (size_t i = 0; rc == 0 && i < n; i++)
		if (!site_id || held[i].site_id == site_id)
			rc = holder_end(r, held[i].site_id, held[i].number, &password);
	return rc;
}
