#include "api/key.h"

#include "base/mem.h"
#include "store/device.h"
#include "store/factor.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_CHECK_ARENA = 16384, KEY_PATH_MAX = 4096 };

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static int key_read(int fd, const char *path, struct secret_key *ret_key, struct err *err)
{
	struct secret_key key;
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0 || (st.st_mode & 077))
		return err_set(err, -EPERM, "%s must be readable by its owner only (chmod 600)",
			       path);
	n = read(fd, key.bytes, sizeof(key.bytes));
	if (n != sizeof(key.bytes) || st.st_size != sizeof(key.bytes))
		return err_set(err, -EIO, "%s is no master key: it must have %zu bytes", path,
			       sizeof(key.bytes));
	*ret_key = key;
	return 0;
}

static int key_make(const char *path, struct secret_key *ret_key, struct err *err)
{
	CLEANUP(close_fd) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	struct secret_key key;

	randombytes_buf(key.bytes, sizeof(key.bytes));
	if (fd < 0 || write(fd, key.bytes, sizeof(key.bytes)) != sizeof(key.bytes) || fsync(fd) < 0)
		return err_set(err, -EIO, "cannot write %s: %s", path, strerror(errno));
	*ret_key = key;
	return 0;
}

int key_open(const char *data, bool make, struct secret_key *ret_key, struct err *err)
{
	char path[KEY_PATH_MAX];
	CLEANUP(close_fd) int fd = -1;

	if (snprintf(path, sizeof(path), "%s/master.key", data) >= KEY_PATH_MAX)
		return err_set(err, -ENAMETOOLONG, "the name of the data folder is too long");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && make)
		return key_make(path, ret_key, err);
	if (fd < 0)
		return err_set(err, -errno, "cannot read %s: %s", path, strerror(errno));
	return key_read(fd, path, ret_key, err);
}

/* Whatever there is. -ENOENT: nothing is sealed. */
static int sealed_any(struct db *db, struct arena *arena, struct view *ret_sealed)
{
	struct device_secret_row device;
	struct totp_row totp;
	int rc = device_secret_any(db, arena, &device);

	if (rc == 0)
		*ret_sealed = device.password_sealed;
	if (rc != -ENOENT)
		return rc;
	rc = totp_any(db, arena, &totp);
	if (rc == 0)
		*ret_sealed = totp.secret_sealed;
	return rc;
}

int key_check(struct db *db, const struct secret_key *key, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(KEY_CHECK_ARENA);
	struct view sealed, plain;
	int rc = sealed_any(db, &arena, &sealed);

	if (rc == -ENOENT)
		return 0;
	if (rc < 0)
		return err_set(err, rc, "cannot read what is sealed: %s", db_error(db));
	rc = secret_open(key, sealed, &arena, &plain);
	if (rc == -EBADMSG)
		return err_set(err, rc,
			       "master.key is not the one of this database: device passwords and second"
			       " factors cannot be read; put the right one back, or see vestibulectl"
			       " new-key");
	return rc < 0 ? err_set(err, rc, "no memory") : 0;
}

int key_unseal(void *key, struct view sealed, char *ret_text, size_t size)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(KEY_CHECK_ARENA);
	struct view plain;
	const int rc = secret_open(key, sealed, &arena, &plain);

	if (rc < 0)
		return rc;
	if (plain.n >= size)
		return -EMSGSIZE;
	if (plain.n)
		memcpy(ret_text, plain.p, plain.n);
	ret_text[plain.n] = '\0';
	return 0;
}
