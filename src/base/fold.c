#include "base/fold.h"

enum {
	LATIN_FIRST = 0xc0,
	LATIN_LAST = 0x17f,
	ACCENT_FIRST = 0x300,
	ACCENT_LAST = 0x36f,
};

/* From LATIN_FIRST on; '.' for the two that are no letters. */
static const char latin[] = "aaaaaaaceeeeiiiidnooooo.ouuuuytsaaaaaaaceeeeiiiidnooooo.ouuuuyty"
			    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll"
			    "lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
_Static_assert(sizeof(latin) == LATIN_LAST - LATIN_FIRST + 2, "a letter for each");

static void two_bytes_add(struct buf *out, unsigned code)
{
	buf_chr(out, (char)(0xc0 | code >> 6));
	buf_chr(out, (char)(0x80 | (code & 0x3f)));
}

static unsigned small_of(unsigned code)
{
	if ((code >= 0x391 && code <= 0x3a9) || (code >= 0x410 && code <= 0x42f))
		return code + 0x20;
	return code >= 0x400 && code <= 0x40f ? code + 0x50 : code;
}

static void code_add(struct buf *out, unsigned code)
{
	if (code >= ACCENT_FIRST && code <= ACCENT_LAST)
		return;
	if (code >= LATIN_FIRST && code <= LATIN_LAST && latin[code - LATIN_FIRST] != '.')
		buf_chr(out, latin[code - LATIN_FIRST]);
	else
		two_bytes_add(out, small_of(code));
}

void fold_add(struct buf *out, struct view text)
{
	for (size_t i = 0; i < text.n; i++) {
		const unsigned char c = (unsigned char)text.p[i];
		const unsigned char next = i + 1 < text.n ? (unsigned char)text.p[i + 1] : 0;

		if ((c & 0xe0) == 0xc0 && (next & 0xc0) == 0x80) {
			code_add(out, (c & 0x1fu) << 6 | (next & 0x3fu));
			i++;
		} else {
			buf_chr(out, c >= 'A' && c <= 'Z' ? (char)(c + 32) : (char)c);
		}
	}
}
