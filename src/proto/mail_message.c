#include "proto/mail_message.h"

#include "base/json.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <time.h>

enum {
	LOCAL_MAX = 64,
	LABEL_MAX = 63,
	WORD_BYTES = 39, /* of an encoded word: 64 characters, so that "Subject: " and it fit in 76 */
	BARE_MAX = 60,   /* characters of a header's value that stays one line */
	QP_LINE_MAX = 76,
	LANGUAGE_MAX = 35,
	BASE64_LINE_BYTES = 57, /* 76 characters: RFC 2045 section 6.8 */
};

/* Quoted-printable writes no '=' but before two digits or a line's end, and base64 none but at the
 * very end, so these stand in no part. Neither begins with the other. */
static const char boundary[] = "=_vestibule_part";
static const char related[] = "=_vestibule_html";

/* Addresses. */

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* RFC 5322 section 3.2.3. */
static bool is_atext(char c)
{
	return is_alnum(c) || (c && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

static bool local_fits(struct view v)
{
	if (v.n == 0 || v.n > LOCAL_MAX)
		return false;
	while (v.n > 0) {
		const bool last = !memchr(v.p, '.', v.n);
		struct view rest;
		const struct view atom = view_cut(v, '.', &rest);

		for (size_t i = 0; i < atom.n; i++)
			if (!is_atext(atom.p[i]))
				return false;
		if (atom.n == 0 || (!last && rest.n == 0))
			return false;
		v = rest;
	}
	return true;
}

static bool label_fits(struct view v)
{
	if (v.n == 0 || v.n > LABEL_MAX || v.p[0] == '-' || v.p[v.n - 1] == '-')
		return false;
	for (size_t i = 0; i < v.n; i++)
		if (!is_alnum(v.p[i]) && v.p[i] != '-')
			return false;
	return true;
}

static bool domain_fits(struct view v)
{
	if (v.n == 0 || v.p[v.n - 1] == '.')
		return false;
	while (v.n > 0) {
		const struct view label = view_cut(v, '.', &v);

		if (!label_fits(label))
			return false;
	}
	return true;
}

bool mail_address_fits(struct view address)
{
	struct view domain;
	const struct view local = view_cut(address, '@', &domain);

	return address.n <= MAIL_ADDRESS_MAX && local_fits(local) && domain_fits(domain);
}

int mail_address_parse(struct view v, struct mail_address *ret_address)
{
	struct mail_address a = { .address = view_trim(v) };
	struct view behind;

	if (v.n && memchr(v.p, '<', v.n)) {
		a.name = view_trim(view_cut(v, '<', &behind));
		a.address = view_cut(behind, '>', &v);
		if (view_trim(v).n > 0 || !memchr(behind.p, '>', behind.n))
			return -EINVAL;
	}
	if (a.name.n >= 2 && a.name.p[0] == '"' && a.name.p[a.name.n - 1] == '"')
		a.name = (struct view){ a.name.p + 1, a.name.n - 2 };
	if (!mail_address_fits(a.address) || !json_is_text(a.name) || a.name.n > MAIL_NAME_MAX)
		return -EINVAL;
	*ret_address = a;
	return 0;
}

/* Headers. */

/* Printable ASCII that nobody takes for an encoded word. */
static bool is_bare(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] < 0x20 || v.p[i] > 0x7e ||
		    (v.p[i] == '=' && i + 1 < v.n && v.p[i + 1] == '?'))
			return false;
	return v.n <= BARE_MAX;
}

/* RFC 2047: base64 words of whole characters, each on a line of its own. */
static void encoded(struct buf *out, struct view v)
{
	bool first = true;

	while (v.n > 0) {
		char word[sodium_base64_ENCODED_LEN(WORD_BYTES, sodium_base64_VARIANT_ORIGINAL)];
		size_t n = v.n < WORD_BYTES ? v.n : WORD_BYTES;

		while (n < v.n && n > 1 && ((unsigned char)v.p[n] & 0xc0) == 0x80)
			n--;
		sodium_bin2base64(word, sizeof(word), (const unsigned char *)v.p, n,
				  sodium_base64_VARIANT_ORIGINAL);
		buf_printf(out, "%s=?UTF-8?B?%s?=", first ? "" : "\r\n ", word);
		v = (struct view){ v.p + n, v.n - n };
		first = false;
	}
}

static void quoted(struct buf *out, struct view v)
{
	buf_chr(out, '"');
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == '"' || v.p[i] == '\\')
			buf_chr(out, '\\');
		buf_chr(out, v.p[i]);
	}
	buf_chr(out, '"');
}

static void address_print(struct buf *out, const char *header, const struct mail_address *a)
{
	buf_printf(out, "%s: ", header);
	if (a->name.n > 0) {
		is_bare(a->name) ? quoted(out, a->name) : encoded(out, a->name);
		buf_str(out, "\r\n ");
	}
	buf_printf(out, "<%.*s>\r\n", (int)a->address.n, a->address.p);
}

static void date_print(struct buf *out, int64_t ms)
{
	static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
					  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	const time_t at = (time_t)(ms / 1000);
	struct tm t = {};

	gmtime_r(&at, &t);
	buf_printf(out, "Date: %s, %02d %s %d %02d:%02d:%02d +0000\r\n", days[t.tm_wday], t.tm_mday,
		   months[t.tm_mon], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

/* Parts. */

/* RFC 2045 section 6.7. A dot or a "From " at the beginning of a line is encoded too: mail stores
 * and relays take them for something else. */
static bool qp_bare(struct view v, size_t i, bool first)
{
	const char c = v.p[i];
	const bool last = i + 1 == v.n || v.p[i + 1] == '\n';

	if (c == ' ' || c == '\t')
		return !last;
	if (first && (c == '.' || c == 'F'))
		return false;
	return c > 0x20 && c < 0x7f && c != '=';
}

static void quoted_printable(struct buf *out, struct view v)
{
	size_t column = 0;

	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == '\n') {
			buf_str(out, "\r\n");
			column = 0;
			continue;
		}
		const size_t width = qp_bare(v, i, column == 0) ? 1 : 3;
		if (column + width > QP_LINE_MAX - 1) {
			buf_str(out, "=\r\n");
			column = 0;
		}
		if (qp_bare(v, i, column == 0)) {
			buf_chr(out, v.p[i]);
			column++;
		} else {
			buf_printf(out, "=%02X", (unsigned char)v.p[i]);
			column += 3;
		}
	}
	buf_str(out, "\r\n");
}

static void part_print(struct buf *out, const char *before, const char *type, struct view content)
{
	buf_printf(out,
		   "\r\n--%s\r\nContent-Type: %s; charset=utf-8\r\n"
		   "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
		   before, type);
	quoted_printable(out, content);
}

static void base64(struct buf *out, struct view v)
{
	while (v.n > 0) {
		char line[sodium_base64_ENCODED_LEN(BASE64_LINE_BYTES,
						    sodium_base64_VARIANT_ORIGINAL)];
		const size_t n = v.n < BASE64_LINE_BYTES ? v.n : BASE64_LINE_BYTES;

		sodium_bin2base64(line, sizeof(line), (const unsigned char *)v.p, n,
				  sodium_base64_VARIANT_ORIGINAL);
		buf_printf(out, "%s\r\n", line);
		v = (struct view){ v.p + n, v.n - n };
	}
}

/* The HTML and what it shows are one alternative: whoever reads the text needs no picture. */
static void related_print(struct buf *out, const struct mail_message *m)
{
	buf_printf(out,
		   "\r\n--%s\r\nContent-Type: multipart/related; type=\"text/html\";"
		   " boundary=\"%s\"\r\n",
		   boundary, related);
	part_print(out, related, "text/html", m->html);
	buf_printf(out,
		   "\r\n--%s\r\nContent-Type: image/jpeg\r\n"
		   "Content-Transfer-Encoding: base64\r\nContent-ID: <%.*s>\r\n"
		   "Content-Disposition: inline; filename=\"picture.jpg\"\r\n\r\n",
		   related, (int)m->picture_id.n, m->picture_id.p);
	base64(out, m->picture);
	buf_printf(out, "\r\n--%s--\r\n", related);
}

static bool is_token(struct view v, size_t max)
{
	for (size_t i = 0; i < v.n; i++)
		if (!is_alnum(v.p[i]) && v.p[i] != '-' && v.p[i] != '.')
			return false;
	return v.n > 0 && v.n <= max;
}

static bool id_fits(struct view id)
{
	struct view right;
	const struct view left = view_cut(id, '@', &right);

	return id.n <= MAIL_ID_MAX && is_token(left, MAIL_ID_MAX) && is_token(right, MAIL_ID_MAX);
}

static bool fits(const struct mail_message *m)
{
	return mail_address_fits(m->from.address) && mail_address_fits(m->to.address) &&
	       json_is_text(m->from.name) && json_is_text(m->to.name) &&
	       (m->reply_to.n == 0 || mail_address_fits(m->reply_to)) &&
	       m->from.name.n <= MAIL_NAME_MAX && m->to.name.n <= MAIL_NAME_MAX &&
	       json_is_text(m->subject) && m->subject.n > 0 && m->subject.n <= MAIL_SUBJECT_MAX &&
	       id_fits(m->id) && is_token(m->language, LANGUAGE_MAX) && m->date_ms >= 0 &&
	       m->picture.n <= MAIL_PICTURE_MAX && (m->picture.n == 0 || id_fits(m->picture_id)) &&
	       !(m->text.n && memchr(m->text.p, '\r', m->text.n)) &&
	       !(m->html.n && memchr(m->html.p, '\r', m->html.n));
}

int mail_message_print(const struct mail_message *m, struct buf *out)
{
	if (!fits(m))
		return -EINVAL;
	date_print(out, m->date_ms);
	address_print(out, "From", &m->from);
	address_print(out, "To", &m->to);
	if (m->reply_to.n > 0)
		buf_printf(out, "Reply-To: <%.*s>\r\n", (int)m->reply_to.n, m->reply_to.p);
	buf_str(out, "Subject: ");
	is_bare(m->subject) ? buf_add(out, m->subject) : encoded(out, m->subject);
	buf_printf(out, "\r\nMessage-ID: <%.*s>\r\n", (int)m->id.n, m->id.p);
	buf_printf(out, "Content-Language: %.*s\r\n", (int)m->language.n, m->language.p);
	buf_printf(out,
		   "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
		   "Content-Type: multipart/alternative; boundary=\"%s\"\r\n",
		   boundary);
	part_print(out, boundary, "text/plain", m->text);
	m->picture.n > 0 ? related_print(out, m) : part_print(out, boundary, "text/html", m->html);
	buf_printf(out, "\r\n--%s--\r\n", boundary);
	return out->err;
}
