#include "office/mail_html.h"

enum {
	PREHEADER_MAX = 140,
	PICTURE_WIDTH_MAX = 518, /* of the sheet, within its padding */
};

/* Colours as the portal's (web/src/style.css). Mail programs that drop the style sheet get what
 * stands in the elements themselves. */
static const char head[] =
	"<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	"<meta name=\"color-scheme\" content=\"light dark\">\n"
	"<meta name=\"supported-color-schemes\" content=\"light dark\">\n";

static const char style[] =
	"<style>\n"
	":root { color-scheme: light dark; }\n"
	"@media (prefers-color-scheme: dark) {\n"
	"body, .page { background: #101319 !important; color: #eceff5 !important; }\n"
	".sheet { background: #191d25 !important; border-color: #303744 !important; }\n"
	".soft { color: #aab3c2 !important; }\n"
	".soft a { color: #9dbbff !important; }\n"
	".button { background: #9dbbff !important; color: #0b1330 !important; }\n"
	"}\n"
	"</style>\n";

static const char body_style[] = "margin:0;padding:0;background:#f4f5f8;color:#16191f";
static const char page_style[] =
	"max-width:560px;margin:0 auto;padding:24px 12px;font-size:16px;line-height:1.5;"
	"font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif";
static const char sheet_style[] =
	"background:#ffffff;border:1px solid #d5d9e1;border-radius:10px;padding:8px 20px;"
	"overflow-wrap:anywhere";
static const char button_style[] = "display:inline-block;background:#1d4ed8;color:#ffffff;text-"
				   "decoration:none;font-weight:600;"
				   "padding:10px 20px;border-radius:6px";
static const char picture_style[] = "display:block;max-width:100%;height:auto;border-radius:6px";
static const char soft_style[] = "color:#505866;font-size:14px;overflow-wrap:anywhere";

static void escaped(struct buf *out, struct view v)
{
	for (size_t i = 0; i < v.n; i++) {
		switch (v.p[i]) {
		case '&':
			buf_str(out, "&amp;");
			break;
		case '<':
			buf_str(out, "&lt;");
			break;
		case '>':
			buf_str(out, "&gt;");
			break;
		case '"':
			buf_str(out, "&quot;");
			break;
		case '\'':
			buf_str(out, "&#39;");
			break;
		default:
			buf_chr(out, v.p[i]);
		}
	}
}

static void paragraphs(struct buf *out, struct view v)
{
	bool open = false;

	while (v.n > 0) {
		const struct view line = view_cut(v, '\n', &v);

		if (line.n == 0) {
			buf_str(out, open ? "</p>\n" : "");
			open = false;
			continue;
		}
		buf_str(out, open ? "<br>\n" : "<p>");
		escaped(out, line);
		open = true;
	}
	buf_str(out, open ? "</p>\n" : "");
}

/* What mail programs show beside the subject: the beginning of the text, cut between characters. */
static void preheader(struct buf *out, struct view body)
{
	struct view rest;
	const struct view line = view_head(view_cut(body, '\n', &rest), PREHEADER_MAX);

	buf_str(out, "<div style=\"display:none;max-height:0;overflow:hidden\">");
	escaped(out, line);
	buf_str(out, "</div>\n");
}

/* The attributes are for mail programs that take no style; they keep the room while it loads, too.
 */
static void picture_print(struct buf *out, const struct mail_page *page)
{
	const struct mail_picture *p = &page->picture;
	const unsigned width = p->width < PICTURE_WIDTH_MAX ? p->width : PICTURE_WIDTH_MAX;
	const unsigned height = (unsigned)((uint64_t)p->height * width / p->width);

	buf_str(out, "<p><img src=\"cid:");
	escaped(out, p->id);
	buf_str(out, "\" alt=\"");
	escaped(out, page->picture_text);
	buf_printf(out, "\" width=\"%u\" height=\"%u\" style=\"%s\"></p>\n", width,
		   height ? height : 1, picture_style);
}

static void link_print(struct buf *out, const struct mail_page *page)
{
	buf_str(out, "<p style=\"margin:24px 0\"><a class=\"button\" href=\"");
	escaped(out, page->link);
	buf_printf(out, "\" style=\"%s\">", button_style);
	escaped(out, page->action);
	buf_printf(out, "</a></p>\n<p class=\"soft\" style=\"%s\">", soft_style);
	escaped(out, page->link_hint);
	buf_str(out, "<br>\n<a href=\"");
	escaped(out, page->link);
	buf_str(out, "\" style=\"color:#1d4ed8\">");
	escaped(out, page->link);
	buf_str(out, "</a></p>\n");
}

void mail_html_print(struct buf *out, const struct mail_page *page)
{
	buf_str(out, "<!doctype html>\n<html lang=\"");
	escaped(out, page->language);
	buf_printf(out, "\">\n<head>\n%s<title>", head);
	escaped(out, page->title);
	buf_printf(out, "</title>\n%s%s</head>\n<body style=\"%s\">\n", style,
		   page->framed ? "<base target=\"_blank\">\n" : "", body_style);
	preheader(out, page->body);
	buf_printf(out,
		   "<div class=\"page\" style=\"%s\">\n<div class=\"sheet\" style=\"%s\">\n<p>",
		   page_style, sheet_style);
	escaped(out, page->hello);
	buf_str(out, "</p>\n");
	paragraphs(out, page->body);
	if (page->picture.id.n > 0)
		picture_print(out, page);
	if (page->link.p)
		link_print(out, page);
	buf_printf(out, "</div>\n<p class=\"soft\" style=\"%s\">", soft_style);
	escaped(out, page->footer);
	buf_str(out, "</p>\n</div>\n</body>\n</html>\n");
}
