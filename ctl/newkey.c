/* vestibulectl new-key: the way on when the master key is lost. What the old key sealed cannot be
 * read any more, so every device gets a new SIP password, sealed with the new key, second factors are
 * off, and phones that are to be woken subscribe anew. */
#include "ctl.h"

#include "api/key.h"
#include "store/device.h"
#include "store/factor.h"
#include "store/push.h"
#include "store/site.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { SITES_PAGE = 100 };

static int renew_device(struct ctl *c, const struct secret_key *key, int64_t site_id,
			int64_t number)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(16384);
	struct device_secret_row row = { .number = number };
	struct credential made;
	int rc = credential_make(key, rand_system(), number, c->realm, &arena, &made);

	if (rc < 0)
		return rc;
	row.password_sealed = made.sealed;
	row.ha1_md5 = made.ha1_md5;
	row.ha1_sha256 = made.ha1_sha256;
	return device_secret_set(c->db, clock_wall_ms(clock_system()), site_id, &row);
}

static int renew_site(struct ctl *c, const struct secret_key *key, int64_t site_id, size_t *count)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1 << 24);
	struct directory_row *devices;
	size_t n = 0;
	int rc = directory_devices(c->db, site_id, &arena, &devices, &n);

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = renew_device(c, key, site_id, devices[i].number);
	*count += rc == 0 ? n : 0;
	return rc;
}

/* The next sites behind *after; *ret_n of them. */
static int renew_page(struct ctl *c, const struct secret_key *key, int64_t *after, size_t *count,
		      size_t *ret_n)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(1 << 20);
	struct site_row *sites;
	size_t n = 0;
	int rc = site_ids(c->db, *after, SITES_PAGE, &arena, &sites, &n);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = renew_site(c, key, sites[i].id, count);
		*after = sites[i].id;
	}
	*ret_n = n;
	return rc;
}

static int renew_all(struct ctl *c, const struct secret_key *key, size_t *count)
{
	int64_t after = 0;
	size_t n = SITES_PAGE;
	int rc = 0;

	while (rc == 0 && n == SITES_PAGE)
		rc = renew_page(c, key, &after, count, &n);
	return rc;
}

/* The wrong key is kept beside the new one: it may be the right one of another database. */
static int put_aside(struct ctl *c, struct err *err)
{
	const char *path = arena_printf(&c->arena, "%s/master.key", c->data);
	const char *old = arena_printf(&c->arena, "%s/master.key.old", c->data);

	if (!path || !old)
		return err_set(err, -ENOMEM, "no memory");
	if (rename(path, old) < 0 && errno != ENOENT)
		return err_set(err, -errno, "cannot rename %s: %s", path, strerror(errno));
	return 0;
}

int ctl_new_key(struct ctl *c, struct err *err)
{
	DB_TRANSACTION struct db_tx tx = {};
	struct secret_key key;
	size_t count = 0;
	int64_t factors = 0;
	int rc;

	if (key_open(c->data, false, &key, NULL) == 0 && key_check(c->db, &key, NULL) == 0)
		return err_set(err, -EEXIST, "the master key is sound: nothing is to be renewed");
	rc = put_aside(c, err);
	if (rc == 0)
		rc = key_open(c->data, true, &key, err);
	if (rc < 0)
		return rc;
	rc = db_begin(c->db, &tx);
	if (rc == 0)
		rc = renew_all(c, &key, &count);
	if (rc == 0)
		rc = totp_delete_all(c->db, &factors);
	if (rc == 0)
		rc = push_key_forget(c->db);
	if (rc == 0)
		rc = db_commit(&tx);
	if (rc < 0)
		return err_set(err, rc, "cannot renew the passwords: %s", db_error(c->db));
	printf("%zu devices have new SIP passwords: enter them in the devices\n", count);
	if (factors > 0)
		printf("%lld people sign in without a second factor until they set it up again\n",
		       (long long)factors);
	return 0;
}
