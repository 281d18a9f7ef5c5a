#include "io/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One byte more than fits: a line that is too long is seen. */
static int line_read(int fd, const char *path, char *text, size_t size, struct err *err)
{
	const ssize_t got = read(fd, text, size);
	size_t n = 0;

	if (got < 0)
		return err_set(err, -errno, "cannot read %s: %s", path, strerror(errno));
	while (n < (size_t)got && text[n] != '\r' && text[n] != '\n' && text[n] != '\0')
		n++;
	if (n == 0 || n == size)
		return err_set(err, -EINVAL, "the first line of %s must have 1 to %zu bytes", path,
			       size - 1);
	explicit_bzero(text + n, size - n);
	return 0;
}

int secret_file_read(const char *path, char *ret_text, size_t size, struct err *err)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	int rc;

	if (fd < 0)
		return err_set(err, -errno, "cannot read %s: %s", path, strerror(errno));
	if (fstat(fd, &st) < 0)
		rc = err_set(err, -errno, "cannot read %s: %s", path, strerror(errno));
	else if (st.st_mode & 007)
		rc = err_set(err, -EPERM, "%s must not be readable by everybody (chmod o=)", path);
	else
		rc = line_read(fd, path, ret_text, size, err);
	close(fd);
	if (rc < 0)
		explicit_bzero(ret_text, size);
	return rc;
}
