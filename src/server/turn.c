#include "server/turn.h"

#include "io/secret_file.h"

#include <errno.h>
#include <string.h>

static int secret_read(const char *path, struct arena *arena, struct view *ret_secret,
		       struct err *err)
{
	char text[TURN_SECRET_MAX + 1];
	const char *copy;
	const int rc = secret_file_read(path, text, sizeof(text), err);

	if (rc < 0)
		return rc;
	copy = arena_dup(arena, view_str(text));
	explicit_bzero(text, sizeof(text));
	if (!copy)
		return err_set(err, -ENOMEM, "no memory");
	*ret_secret = view_str(copy);
	return 0;
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
