/* office/mail_text.h - what a queued mail says: subject, plain text and HTML, from one template.
 *
 * The words come from the message catalogues (web/src/catalogue, keys `mail.…`), built in; a key
 * that a language lacks fails the build. The templates and what each wants in `arguments`:
 *
 *	activation, password_reset, email_change       path
 *	already_registered, password_changed           path
 *	email_changed_notice                           email
 *	two_factor_on, two_factor_off
 *	invitation, added_to_place                     by place path
 *	apartment_admin                                place apartment path
 *	sip_credentials                                place device number path
 *	app_credentials                                place device number password path
 *	missed_call                                    place device time path
 *	mobile_access                                  place path
 *	visitor_pin                                    place visitor pin validity
 *	visitor_validity                               place visitor validity
 *	ticket_opened, ticket_closed                   number subject path
 *	ticket_answer                                  number subject by text path
 *	ticket_news                                    number subject by place text path
 *
 * `path` is where the button leads, on this server: "/activate#TOKEN". `place` is the name of a
 *site or company, `by` of a person; `time` and `validity` are phrases in the mail's language.
 *`text` may have several lines. An argument that the template does not know is ignored. `reply_to`
 *is the mail's, not the letter's: the address to which an answer goes.
 *
 * Pure; any thread. */
#pragma once
#include "base/err.h"
#include "base/mem.h"
#include "office/mail_html.h"

enum {
	MAIL_ARGUMENT_MAX = 500,   /* bytes of one */
	MAIL_LONG_MAX = 16 * 1024, /* of `text` */
	MAIL_BASE_MAX = 300,       /* of public_url */
	MAIL_LETTER_MAX = 256 * 1024,
};

struct mail_ask {
	struct view template;
	struct view language;      /* of the person; one without a catalogue gets the next */
	struct view site_language; /* likewise; may be empty. The last is English */
	struct view name;          /* whom to greet; may be empty */
	struct view arguments;     /* JSON */
	const char *public_url;    /* what links begin with; mail_base_fits */
	struct mail_picture picture; /* that goes with it */
	bool hide; /* one-time links and PINs: for those who are not the recipient */
	bool framed; /* links lead out of the HTML's frame, or nowhere */
};

struct mail_letter {
	struct view subject, text, html, language;
	bool secret; /* a one-time link or a PIN is, or would be, in it */
};

/* http://HOST or https://HOST, with a port or path or without, and no '/' at the end. */
bool mail_base_fits(const char *public_url);
/* -EINVAL: no such template, or an argument is missing or cannot be what it should. */
[[nodiscard]] int mail_text_render(const struct mail_ask *ask, struct arena *arena,
				   struct mail_letter *ret_letter, struct err *err);
/* The names of all templates, NULL behind the last. */
const char *mail_text_name(size_t i);
/* The languages that there are, likewise. */
const char *mail_text_language(size_t i);
