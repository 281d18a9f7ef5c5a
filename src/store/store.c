#include "store/store.h"

#include "store/account.h"
#include "store/app.h"
#include "store/audit.h"
#include "store/call.h"
#include "store/change.h"
#include "store/company.h"
#include "store/device.h"
#include "store/factor.h"
#include "store/import.h"
#include "store/mail.h"
#include "store/member.h"
#include "store/migrate.h"
#include "store/order.h"
#include "store/passkey.h"
#include "store/picture.h"
#include "store/privacy.h"
#include "store/push.h"
#include "store/search.h"
#include "store/summary.h"
#include "store/support.h"
#include "store/switch.h"
#include "store/token.h"

#include <errno.h>
#include <inttypes.h>

static int check_version(struct db *db, struct err *err)
{
	int64_t version;
	const int rc = migrate_version(db, &version);

	if (rc < 0)
		return err_set(err, rc, "cannot read the schema version: %s", db_error(db));
	if (version != migrate_latest())
		return err_set(err, -EPROTO, "the database has schema %" PRId64 ", this program needs %" PRId64,
			       version, migrate_latest());
	return 0;
}

int store_prepare(struct db *db, struct err *err)
{
	static int (*const families[])(struct db *, struct err *) = {
		change_prepare, account_prepare, site_prepare, device_prepare, call_prepare,
		mail_prepare, token_prepare, factor_prepare, audit_prepare,
		privacy_prepare, support_prepare, import_prepare, member_prepare,
		company_prepare, search_prepare, summary_prepare, passkey_prepare, switch_prepare,
		app_prepare, order_prepare, picture_prepare, push_prepare,
	};
	int rc = check_version(db, err);

	for (size_t i = 0; rc == 0 && i < sizeof(families) / sizeof(families[0]); i++)
		rc = families[i](db, err);
	return rc;
}

int store_open(const char *url, struct err *err, struct db **ret_db)
{
	struct db *db;
	int rc = db_open(url, err, &db);

	if (rc < 0)
		return rc;
	rc = store_prepare(db, err);
	if (rc < 0) {
		db_close(db);
		return rc;
	}
	*ret_db = db;
	return 0;
}
