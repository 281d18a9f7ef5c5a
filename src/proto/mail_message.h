/* proto/mail_message.h - an e-mail of two alternative parts, plain text and HTML, as the bytes that
 * SMTP takes (RFC 5322, 2045, 2047). The HTML may have a picture, which comes with it (RFC 2387,
 * 2392).
 *
 * Everything that comes from outside is held against what its place may carry: no text ends a
 * header, begins one, or reaches an SMTP command. Pure; any thread. */
#pragma once
#include "base/buf.h"

enum {
	MAIL_ADDRESS_MAX = 254, /* bytes: RFC 5321 section 4.5.3.1, erratum 1690 */
	MAIL_NAME_MAX = 200,
	MAIL_SUBJECT_MAX = 1000,
	MAIL_ID_MAX = 320,
	MAIL_PICTURE_MAX = 256 * 1024, /* bytes; in the message it is a third more */
};

struct mail_address {
	struct view name; /* may be empty */
	struct view address;
};

struct mail_message {
	struct mail_address from, to;
	struct view reply_to; /* an address; empty: none but `from` */
	struct view id; /* what stands in <> of Message-ID */
	struct view language;
	struct view subject;
	struct view text, html; /* UTF-8 with LF */
	struct view picture;    /* a JPEG that the HTML shows as cid:picture_id; n 0: none */
	struct view picture_id; /* as `id`; looked at when there is a picture */
	int64_t date_ms;
};

/* local@domain of ASCII letters, digits and what RFC 5322 lets stand bare. Quoted local parts and
 * addresses beyond ASCII are not taken: no mail goes to them. */
bool mail_address_fits(struct view address);
/* `Name <local@domain>` or `local@domain`. -EINVAL. */
[[nodiscard]] int mail_address_parse(struct view v, struct mail_address *ret_address);
/* -EINVAL: something does not fit its header. Otherwise the error of `out`. Lines end with CRLF,
 * are at most 998 bytes long and ASCII; dots are not stuffed. */
[[nodiscard]] int mail_message_print(const struct mail_message *m, struct buf *out);
