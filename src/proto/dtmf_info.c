#include "proto/dtmf_info.h"

#include <string.h>

/* Some devices name * and # by their event numbers (RFC 4733 section 3.2). */
static char digit_of(struct view v)
{
	v = view_trim(v);
	if (view_eq(v, VIEW("10")))
		return '*';
	if (view_eq(v, VIEW("11")))
		return '#';
	if (v.n != 1 || !v.p[0])
		return 0;
	if (v.p[0] >= 'a' && v.p[0] <= 'd')
		return (char)(v.p[0] - 'a' + 'A');
	return strchr("0123456789*#ABCD", v.p[0]) ? v.p[0] : 0;
}

char dtmf_info_read(struct view type, struct view body)
{
	if (view_ieq(type, VIEW("application/dtmf")))
		return digit_of(body);
	if (!view_ieq(type, VIEW("application/dtmf-relay")))
		return 0;
	while (body.n) {
		struct view value, line = view_line(body, &body);

		if (view_ieq(view_trim(view_cut(line, '=', &value)), VIEW("Signal")))
			return digit_of(value);
	}
	return 0;
}

void dtmf_info_write(struct buf *out, char digit, unsigned duration_ms)
{
	buf_printf(out, "Signal=%c\r\nDuration=%u\r\n", digit, duration_ms);
}
