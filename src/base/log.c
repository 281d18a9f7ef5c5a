#include "base/log.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static struct {
	atomic_int fd; /* 0 until the first log_open */
	atomic_int least;
	atomic_bool as_json;
} log_state = { .least = LOGL_INFO };

static const char *const level_names[] = { "debug", "info", "warn", "error" };

int log_open(const char *path, enum log_level least, bool as_json)
{
	const int fresh = path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640)
			       : fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	if (fresh < 0)
		return -errno;
	const int old = atomic_load(&log_state.fd);
	if (old > 0) {
		/* The descriptor keeps its number, so a thread that is writing never meets a closed one. */
		const int rc = dup3(fresh, old, O_CLOEXEC);
		const int err = errno;
		close(fresh);
		if (rc < 0)
			return -err;
	} else {
		atomic_store(&log_state.fd, fresh);
	}
	atomic_store(&log_state.least, least);
	atomic_store(&log_state.as_json, as_json);
	return 0;
}

static void time_text(char *ret_text, size_t n)
{
	const int64_t ms = clock_wall_ms(clock_system());
	const time_t seconds = (time_t)(ms / 1000);
	struct tm tm;
	char day[32];

	gmtime_r(&seconds, &tm);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(ret_text, n, "%s.%03dZ", day, (int)(ms % 1000));
}

/* Text stays bare where it can be read without doubt, otherwise it is quoted as JSON. */
static bool is_bare(struct view v)
{
	for (size_t i = 0; i < v.n; i++) {
		const unsigned char c = (unsigned char)v.p[i];

		if (c <= ' ' || c >= 0x7f || c == '"' || c == '=' || c == '\\')
			return false;
	}
	return v.n > 0;
}

static void field_text(struct buf *line, const struct log_field *f)
{
	buf_printf(line, " %s=", f->key);
	if (f->type == LOG_FIELD_INT)
		buf_printf(line, "%" PRId64, f->number);
	else if (is_bare(f->text))
		buf_add(line, f->text);
	else
		json_view(&JSON_TO(line), f->text);
}

static void field_json(struct buf *line, const struct log_field *f)
{
	struct json j = { .out = line, .comma = true };

	json_key(&j, f->key);
	if (f->type == LOG_FIELD_INT)
		json_int(&j, f->number);
	else
		json_view(&j, f->text);
}

static void line_fields(struct buf *line, const struct log_field *fields, bool as_json)
{
	for (const struct log_field *f = fields; f->key; f++) {
		const size_t before = line->n;
		(as_json ? field_json : field_text)(line, f);
		if (line->err == 0)
			continue;
		line->n = before; /* cut at a field, so that the line stays readable */
		line->err = 0;
		line->max += 16;
		buf_str(line, as_json ? ",\"cut\":1" : " cut=1");
		return;
	}
}

void log_write(enum log_level level, const char *event, const struct log_field *fields)
{
	if ((int)level < atomic_load(&log_state.least))
		return;
	const bool as_json = atomic_load(&log_state.as_json);
	CLEANUP(buf_free) struct buf line = BUF_INIT(LOG_LINE_MAX - 32);
	char when[64];

	time_text(when, sizeof(when));
	buf_printf(&line, as_json ? "{\"time\":\"%s\",\"level\":\"%s\",\"event\":\"%s\"" : "%s %s %s",
		   when, level_names[level], event);
	line_fields(&line, fields, as_json);
	line.max += 16;
	buf_str(&line, as_json ? "}\n" : "\n");
	const int fd = atomic_load(&log_state.fd);
	/* A log that cannot be written has nowhere to say so. */
	if (line.err == 0 && write(fd > 0 ? fd : STDERR_FILENO, line.p, line.n) < 0)
		return;
}
