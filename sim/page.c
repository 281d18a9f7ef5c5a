#include "page.h"
#include <string.h>

static const char TEMPLATE[] =
#include "page.inc"
	;

enum { ENGLISH, FRENCH, LANGUAGES };

static const struct {
	const char *key;
	const char *text[LANGUAGES];
} words[] = {
	{ "lang", { "en", "fr" } },
	{ "title", { "simulated door", "porte simulée" } },
	{ "camera", { "Camera and call", "Caméra et appel" } },
	{ "camera_alt", { "What the door's camera sees", "Ce que voit la caméra de la porte" } },
	{ "account", { "Account", "Compte" } },
	{ "call", { "Call", "Appel" } },
	{ "level", { "Sound from the far end", "Son du correspondant" } },
	{ "front", { "Front of the door station", "Façade de la platine" } },
	{ "bell", { "Ring", "Sonner" } },
	{ "keypad", { "Keypad", "Clavier" } },
	{ "star", { "star", "étoile" } },
	{ "hash", { "hash", "dièse" } },
	{ "locked", { "Door locked", "Porte verrouillée" } },
	{ "open", { "Door open", "Porte ouverte" } },
	{ "idle", { "no call", "aucun appel" } },
	{ "connecting", { "connecting", "connexion" } },
	{ "ringing", { "ringing", "sonnerie" } },
	{ "connected", { "connected", "en communication" } },
	{ "registered", { "registered", "enregistré" } },
	{ "unregistered", { "not registered", "non enregistré" } },
	{ "silence", { "nothing heard", "rien entendu" } },
	{ "gone", { "The door does not answer.", "La porte ne répond pas." } },
};

/* In the order of the reader's list; weights that contradict the order are rare enough. */
static int choose(struct view languages)
{
	while (languages.n) {
		struct view tag = view_trim(view_cut(languages, ',', &languages));
		if (tag.n >= 2 && view_ieq((struct view){ tag.p, 2 }, VIEW("fr")))
			return FRENCH;
		if (tag.n >= 2 && view_ieq((struct view){ tag.p, 2 }, VIEW("en")))
			return ENGLISH;
	}
	return ENGLISH;
}

static void print_escaped(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("<>&\"'", *text))
			buf_printf(out, "&#%d;", *text);
		else
			buf_chr(out, *text);
	}
}

static void print_word(struct buf *out, struct view key, int language)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (view_eq(key, view_str(words[i].key)))
			buf_str(out, words[i].text[language]);
}

void page_print(struct buf *out, struct view languages, const char *name)
{
	const int language = choose(languages);
	const char *at = TEMPLATE, *open;

	while ((open = strstr(at, "{{"))) {
		const char *close = strstr(open, "}}");
		struct view key = { open + 2, (size_t)(close - open - 2) };

		buf_add(out, (struct view){ at, (size_t)(open - at) });
		if (view_eq(key, VIEW("name")))
			print_escaped(out, name);
		else
			print_word(out, key, language);
		at = close + 2;
	}
	buf_str(out, at);
}
