/* The words of a file of people in the languages of sites: the headers here, since files have them
 * in languages that the portal may not speak, sentences from the catalogues of the portal. */
#include "office/import.h"

#include "office/import_catalogue.h"

#include <string.h>

static const char *const column_words[IMPORT_COLUMNS] = {
	"floor", "number", "apartment", "first_name", "surname", "email", "comment",
};

/* As the template shows them. The first is what other languages get; likewise of the catalogues. */
static const struct {
	const char *language;
	const char *columns[IMPORT_COLUMNS];
	const char *added[2]; /* columns of a result: what became of the row, and why */
} names[] = {
	{ "en",
	  { "Floor", "Apartment number", "Apartment name", "First name", "Surname", "E-mail",
	    "Comment" },
	  { "Result", "Reason" } },
	{ "fr",
	  { "Étage", "Numéro d’appartement", "Nom d’appartement", "Prénom", "Nom", "E-mail",
	    "Commentaire" },
	  { "Résultat", "Motif" } },
	{ "de",
	  { "Etage", "Wohnungsnummer", "Wohnungsname", "Vorname", "Nachname", "E-Mail",
	    "Kommentar" },
	  { "Ergebnis", "Grund" } },
	{ "es",
	  { "Planta", "Número de apartamento", "Nombre de apartamento", "Nombre", "Apellidos",
	    "Correo electrónico", "Comentario" },
	  { "Resultado", "Motivo" } },
	{ "it",
	  { "Piano", "Numero appartamento", "Nome appartamento", "Nome", "Cognome", "E-mail",
	    "Commento" },
	  { "Risultato", "Motivo" } },
	{ "cs",
	  { "Patro", "Číslo bytu", "Název bytu", "Jméno", "Příjmení", "E-mail", "Poznámka" },
	  { "Výsledek", "Důvod" } },
	{ "nl",
	  { "Verdieping", "Appartementnummer", "Appartementnaam", "Voornaam", "Achternaam",
	    "E-mail", "Opmerking" },
	  { "Resultaat", "Reden" } },
	{ "pl",
	  { "Piętro", "Numer mieszkania", "Nazwa mieszkania", "Imię", "Nazwisko", "E-mail",
	    "Komentarz" },
	  { "Wynik", "Powód" } },
	{ "pt",
	  { "Andar", "Número do apartamento", "Nome do apartamento", "Nome próprio", "Apelido",
	    "E-mail", "Comentário" },
	  { "Resultado", "Motivo" } },
};

/* What people write besides. */
static const struct {
	enum import_column column;
	const char *name;
} others[] = {
	{ IMPORT_FLOOR, "Level" },         { IMPORT_FLOOR, "Etage" },
	{ IMPORT_FLOOR, "Stockwerk" },     { IMPORT_NUMBER, "Number" },
	{ IMPORT_NUMBER, "Apartment" },    { IMPORT_NUMBER, "Flat" },
	{ IMPORT_NUMBER, "Numéro" },       { IMPORT_NUMBER, "Appartement" },
	{ IMPORT_NUMBER, "Wohnung" },      { IMPORT_FIRST_NAME, "Given name" },
	{ IMPORT_FIRST_NAME, "First" },    { IMPORT_SURNAME, "Last name" },
	{ IMPORT_SURNAME, "Family name" }, { IMPORT_SURNAME, "Nom de famille" },
	{ IMPORT_EMAIL, "Mail" },          { IMPORT_EMAIL, "Email address" },
	{ IMPORT_EMAIL, "Courriel" },      { IMPORT_EMAIL, "Adresse e-mail" },
	{ IMPORT_COMMENT, "Note" },        { IMPORT_COMMENT, "Notes" },
	{ IMPORT_COMMENT, "Remarque" },
};

enum {
	LANGUAGES = sizeof(names) / sizeof(names[0]),
	CATALOGUES = sizeof(import_catalogues) / sizeof(import_catalogues[0]),
};

static const struct {
	const char *word;
	int text; /* of the catalogues; has {row} where another row belongs */
} faults[IMPORT_FAULTS] = {
	[IMPORT_GOOD] = { "", 0 },
	[IMPORT_TOO_LONG] = { "too_long", IMPORT_TEXT_fault_too_long },
	[IMPORT_NUMBER_MISSING] = { "number_missing", IMPORT_TEXT_fault_number_missing },
	[IMPORT_NAME_MISSING] = { "name_missing", IMPORT_TEXT_fault_name_missing },
	[IMPORT_EMAIL_INVALID] = { "email_invalid", IMPORT_TEXT_fault_email_invalid },
	[IMPORT_EMAIL_TWICE] = { "email_twice", IMPORT_TEXT_fault_email_twice },
	[IMPORT_ROW_TWICE] = { "row_twice", IMPORT_TEXT_fault_row_twice },
};

static const struct {
	const char *fate;
	int text, text_done;
} fates[] = {
	{ "create", IMPORT_TEXT_create, IMPORT_TEXT_created },
	{ "add", IMPORT_TEXT_add, IMPORT_TEXT_added },
	{ "keep", IMPORT_TEXT_keep, IMPORT_TEXT_kept },
	{ "fault", IMPORT_TEXT_fault, IMPORT_TEXT_left_out },
};

static bool speaks(struct view language, const char *what)
{
	struct view region;

	return view_eq(view_cut(language, '-', &region), view_str(what));
}

/* The place of a language among the names, that of English where it has none. */
static size_t named(struct view language)
{
	for (size_t i = 0; i < LANGUAGES; i++)
		if (speaks(language, names[i].language))
			return i;
	return 0;
}

static const char *text_of(int text, struct view language)
{
	for (size_t i = 0; i < CATALOGUES; i++)
		if (speaks(language, import_catalogues[i].language))
			return import_catalogues[i].words[text];
	return import_catalogues[0].words[text];
}

const char *import_column_name(enum import_column column, struct view language)
{
	return names[named(language)].columns[column];
}

const char *import_result_name(struct view language)
{
	return names[named(language)].added[0];
}

const char *import_reason_name(struct view language)
{
	return names[named(language)].added[1];
}

const char *import_column_word(enum import_column column)
{
	return column < IMPORT_COLUMNS ? column_words[column] : "";
}

const char *import_fault_word(enum import_fault fault)
{
	return faults[fault].word;
}

enum import_fault import_fault_from(struct view word)
{
	enum import_fault fault = IMPORT_GOOD;

	while (fault < IMPORT_FAULTS - 1 && !view_eq(word, view_str(faults[fault].word)))
		fault++;
	return fault;
}

void import_fault_text(enum import_fault fault, int64_t other_line, struct view language,
		       struct buf *out)
{
	const char *text = fault == IMPORT_GOOD ? "" : text_of(faults[fault].text, language);
	struct view rest;
	const struct view before = view_cut(view_str(text), '{', &rest);

	buf_add(out, before);
	if (before.n == strlen(text))
		return;
	buf_printf(out, "%lld", (long long)other_line);
	view_cut(rest, '}', &rest);
	buf_add(out, rest);
}

const char *import_fate_text(struct view fate, bool done, struct view language)
{
	for (size_t i = 0; i < sizeof(fates) / sizeof(fates[0]); i++)
		if (view_eq(fate, view_str(fates[i].fate)))
			return text_of(done ? fates[i].text_done : fates[i].text, language);
	return "";
}

/* The letters of ASCII in lower case, and nothing else: an accent, a space, a hyphen or a capital
 * more or less is the same header. */
static struct view letters(struct view text, char to[64])
{
	size_t n = 0;

	for (size_t i = 0; i < text.n && n < 64; i++) {
		const char c =
			text.p[i] >= 'A' && text.p[i] <= 'Z' ? (char)(text.p[i] + 32) : text.p[i];
		if (c >= 'a' && c <= 'z')
			to[n++] = c;
	}
	return (struct view){ to, n };
}

static bool means(struct view header, const char *name)
{
	char a[64], b[64];

	return view_eq(letters(header, a), letters(view_str(name), b));
}

enum import_column import_column_find(struct view header)
{
	for (size_t i = 0; i < LANGUAGES; i++)
		for (enum import_column c = 0; c < IMPORT_COLUMNS; c++)
			if (view_ieq(header, view_str(column_words[c])) ||
			    means(header, names[i].columns[c]))
				return c;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (means(header, others[i].name))
			return others[i].column;
	return IMPORT_COLUMNS;
}

const char *import_charset(struct view language)
{
	static const struct {
		const char *language, *charset;
	} charsets[] = {
		{ "cs", "windows-1250" }, { "pl", "windows-1250" }, { "sk", "windows-1250" },
		{ "hu", "windows-1250" }, { "sl", "windows-1250" }, { "hr", "windows-1250" },
		{ "ro", "windows-1250" }, { "ru", "windows-1251" }, { "uk", "windows-1251" },
		{ "bg", "windows-1251" }, { "el", "windows-1253" }, { "tr", "windows-1254" },
		{ "lt", "windows-1257" }, { "lv", "windows-1257" }, { "et", "windows-1257" },
	};

	for (size_t i = 0; i < sizeof(charsets) / sizeof(charsets[0]); i++)
		if (speaks(language, charsets[i].language))
			return charsets[i].charset;
	return "windows-1252";
}
