#include "server/turn.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool given(const char *text)
{
	return text && text[0];
}

static int read_line(int fd, const char *path, struct arena *arena, struct view *ret_line,
		     struct err *err)
{
	char bytes[TURN_SECRET_MAX + 2]; /* a longer one is seen */
	const ssize_t n = read(fd, bytes, sizeof(bytes));
	struct view rest = { bytes, n > 0 ? (size_t)n : 0 };
	const struct view line = view_line(rest, &rest);

	if (n < 0)
		return err_set(err, -errno, "cannot read %s: %s", path, strerror(errno));
	if (!line.n || line.n > TURN_SECRET_MAX)
		return err_set(err, -EINVAL, "the first line of %s must have 1 to %d bytes", path,
			       TURN_SECRET_MAX);
	ret_line->p = arena_dup(arena, line);
	ret_line->n = line.n;
	explicit_bzero(bytes, sizeof(bytes));
	return ret_line->p ? 0 : err_set(err, -ENOMEM, "no memory");
}

static int secret_read(const char *path, struct arena *arena, struct view *ret_secret,
		       struct err *err)
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
		rc = read_line(fd, path, arena, ret_secret, err);
	close(fd);
	return rc;
}

int turn_read(const struct settings *s, struct arena *arena, struct turn_servers *ret_servers,
	      struct err *err)
{
	struct view rest = view_str(s->turn_urls);
	struct turn_servers servers = {};
	const char **urls;

	if (given(s->turn_urls) != given(s->turn_secret_file))
		return err_set(err, -EINVAL, "turn_urls and turn_secret_file need each other");
	if (!rest.n) {
		*ret_servers = servers;
		return 0;
	}
	urls = arena_alloc(arena, SETTINGS_TURN_MAX * sizeof(*urls));
	servers.urls = urls;
	while (urls && rest.n && servers.nurls < SETTINGS_TURN_MAX) { /* no more fit the setting */
		urls[servers.nurls] = arena_dup(arena, view_trim(view_cut(rest, ',', &rest)));
		if (!urls[servers.nurls++])
			urls = NULL;
	}
	if (!urls)
		return err_set(err, -ENOMEM, "no memory");
	*ret_servers = servers;
	return secret_read(s->turn_secret_file, arena, &ret_servers->secret, err);
}

static void one_print(const struct turn_servers *servers, const struct turn_credential *c,
		      struct json *out)
{
	json_open(out);
	json_key(out, "urls");
	json_list_open(out);
	for (size_t i = 0; i < servers->nurls; i++)
		json_str(out, servers->urls[i]);
	json_list_close(out);
	json_key(out, "username");
	json_str(out, c->username);
	json_key(out, "credential");
	json_str(out, c->password);
	json_close(out);
}

void turn_print(const struct turn_servers *servers, int64_t until_ms, struct view id,
		struct json *out)
{
	struct turn_credential c;

	json_list_open(out);
	if (servers->nurls && turn_credential_make(servers->secret, until_ms, id, &c) == 0)
		one_print(servers, &c, out);
	json_list_close(out);
}
