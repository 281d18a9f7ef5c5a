/* The words of a file of people in the languages of sites. */
#include "office/import.h"

#include <string.h>

static const char *const column_words[IMPORT_COLUMNS] = {
	"floor", "number", "apartment", "first_name", "surname", "email", "comment",
};

/* As the template shows them. The first is what other languages get. */
static const struct {
	const char *language;
	const char *columns[IMPORT_COLUMNS];
} names[] = {
	{ "en",
	  { "Floor", "Apartment number", "Apartment name", "First name", "Surname", "E-mail",
	    "Comment" } },
	{ "fr",
	  { "Étage", "Numéro d’appartement", "Nom d’appartement", "Prénom", "Nom", "E-mail",
	    "Commentaire" } },
	{ "de",
	  { "Etage", "Wohnungsnummer", "Wohnungsname", "Vorname", "Nachname", "E-Mail",
	    "Kommentar" } },
	{ "es",
	  { "Planta", "Número de apartamento", "Nombre de apartamento", "Nombre", "Apellidos",
	    "Correo electrónico", "Comentario" } },
	{ "it",
	  { "Piano", "Numero appartamento", "Nome appartamento", "Nome", "Cognome", "E-mail",
	    "Commento" } },
	{ "cs",
	  { "Patro", "Číslo bytu", "Název bytu", "Jméno", "Příjmení", "E-mail", "Poznámka" } },
	{ "nl",
	  { "Verdieping", "Appartementnummer", "Appartementnaam", "Voornaam", "Achternaam",
	    "E-mail", "Opmerking" } },
	{ "pl",
	  { "Piętro", "Numer mieszkania", "Nazwa mieszkania", "Imię", "Nazwisko", "E-mail",
	    "Komentarz" } },
	{ "pt",
	  { "Andar", "Número do apartamento", "Nome do apartamento", "Nome próprio", "Apelido",
	    "E-mail", "Comentário" } },
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

enum { LANGUAGES = sizeof(names) / sizeof(names[0]) };

static const struct {
	const char *word, *en, *fr; /* %: the other row */
} faults[IMPORT_FAULTS] = {
	[IMPORT_GOOD] = { "", "", "" },
	[IMPORT_TOO_LONG] = { "too_long", "This is too long.", "Ce texte est trop long." },
	[IMPORT_NUMBER_MISSING] = { "number_missing", "The apartment has no number.",
				    "L’appartement n’a pas de numéro." },
	[IMPORT_NAME_MISSING] = { "name_missing", "The person has no name.",
				  "La personne n’a pas de nom." },
	[IMPORT_EMAIL_INVALID] = { "email_invalid", "This is not an e-mail address.",
				   "Ce n’est pas une adresse e-mail." },
	[IMPORT_EMAIL_TWICE] = { "email_twice",
				 "Row % has the same e-mail address with another name.",
				 "La ligne % a la même adresse e-mail avec un autre nom." },
	[IMPORT_ROW_TWICE] = { "row_twice", "This says the same as row %.",
			       "Cette ligne répète la ligne %." },
};

static const struct {
	const char *fate, *en, *en_done, *fr, *fr_done;
} fates[] = {
	{ "create", "Will be created", "Created", "Sera créé", "Créé" },
	{ "add", "Will be added to the apartment", "Added to the apartment",
	  "Sera ajouté à l’appartement", "Ajouté à l’appartement" },
	{ "keep", "Is there already", "Was there already", "Existe déjà", "Existait déjà" },
	{ "fault", "Faulty", "Left out", "Erronée", "Ignorée" },
};

static bool speaks(struct view language, const char *what)
{
	struct view region;

	return view_eq(view_cut(language, '-', &region), view_str(what));
}

const char *import_column_name(enum import_column column, struct view language)
{
	for (size_t i = 0; i < LANGUAGES; i++)
		if (speaks(language, names[i].language))
			return names[i].columns[column];
	return names[0].columns[column];
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
	struct view rest;
	const struct view text =
		view_str(speaks(language, "fr") ? faults[fault].fr : faults[fault].en);
	const struct view before = view_cut(text, '%', &rest);

	buf_add(out, before);
	if (before.n < text.n)
		buf_printf(out, "%lld", (long long)other_line);
	buf_add(out, rest);
}

const char *import_fate_text(struct view fate, bool done, struct view language)
{
	const bool french = speaks(language, "fr");

	for (size_t i = 0; i < sizeof(fates) / sizeof(fates[0]); i++)
		if (view_eq(fate, view_str(fates[i].fate)))
			return french ? (done ? fates[i].fr_done : fates[i].fr)
				      : (done ? fates[i].en_done : fates[i].en);
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
