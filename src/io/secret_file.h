/* io/secret_file.h - a secret in the first line of a file that not everybody may read. Any thread.
 */
#pragma once
#include "base/err.h"

#include <stddef.h>

/* The line without its end, as a text; wiped on failure. -EPERM: everybody may read the file;
 * -EINVAL: the line has no byte or more than size - 1; or what the system said. */
[[nodiscard]] int secret_file_read(const char *path, char *ret_text, size_t size, struct err *err);
