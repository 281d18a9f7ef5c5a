/* office/mail_html.h - the HTML of a mail: one sheet, readable at 360 px, in light and dark,
 * without anything that has to be fetched. Texts come in plain and are escaped here. Pure; any
 * thread. */
#pragma once
#include "base/buf.h"

/* Comes with the mail (proto/mail_message.h), as wide as it is or as the sheet. */
struct mail_picture {
	struct view id;         /* cid:; n 0: none */
	unsigned width, height; /* from 1 */
};

struct mail_page {
	struct view language;
	struct view title;
	struct view hello;
	struct view body; /* an empty line parts paragraphs */
	struct mail_picture picture;
	struct view picture_text; /* what it is, for who does not see it */
	struct view link; /* p NULL: no button */
	struct view action, link_hint;
	struct view footer;
	bool framed; /* to be shown within another page, in a frame that opens no window */
};

void mail_html_print(struct buf *out, const struct mail_page *page);
