/* A ZIP archive written by hand (APPNOTE 4.3), for spreadsheets that no program would write. */
#pragma once
#include "base/buf.h"

#include <stdlib.h>
#include <zlib.h>

struct zip_make {
	struct buf file, list;
	unsigned entries;
};

#define ZIP_MAKE_INIT ((struct zip_make){ BUF_INIT(64 << 20), BUF_INIT(1 << 20), 0 })

static inline void zip_number(struct buf *out, unsigned long n, int bytes)
{
	for (int i = 0; i < bytes; i++)
		buf_chr(out, (char)(n >> (8 * i)));
}

static inline void zip_pack(struct view bytes, struct buf *out)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)bytes.p, .avail_in = (uInt)bytes.n };
	unsigned char step[4096];

	if (deflateInit2(&z, 9, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	do {
		z.next_out = step;
		z.avail_out = sizeof(step);
		deflate(&z, Z_FINISH);
		buf_add(out, (struct view){ (char *)step, sizeof(step) - z.avail_out });
	} while (z.avail_out == 0);
	deflateEnd(&z);
}

/* claimed: what the archive says the size is. */
static inline void zip_add_claiming(struct zip_make *z, const char *name, struct view bytes,
				    bool pack, size_t claimed)
{
	struct buf packed = BUF_INIT(64 << 20);
	const size_t at = z->file.n;
	struct buf head = BUF_INIT(256);

	if (pack)
		zip_pack(bytes, &packed);
	else
		buf_add(&packed, bytes);
	zip_number(&head, 20, 2);           /* version */
	zip_number(&head, 0, 2);            /* flags */
	zip_number(&head, pack ? 8 : 0, 2); /* method */
	zip_number(&head, 0, 4);            /* time and date */
	zip_number(&head, crc32(0, (const Bytef *)bytes.p, (uInt)bytes.n), 4);
	zip_number(&head, packed.n, 4);
	zip_number(&head, claimed, 4);
	zip_number(&head, view_str(name).n, 2);
	zip_number(&head, 0, 2); /* extra */
	buf_str(&z->file, "PK\x03\x04");
	buf_add(&z->file, buf_view(&head));
	buf_str(&z->file, name);
	buf_add(&z->file, buf_view(&packed));
	buf_str(&z->list, "PK\x01\x02");
	zip_number(&z->list, 20, 2);
	buf_add(&z->list, buf_view(&head));
	for (int i = 0; i < 5; i++)
		zip_number(&z->list, 0, 2); /* comment, disk, attributes */
	zip_number(&z->list, at, 4);
	buf_str(&z->list, name);
	z->entries++;
	buf_free(&packed);
	buf_free(&head);
}

static inline void zip_add(struct zip_make *z, const char *name, struct view bytes, bool pack)
{
	zip_add_claiming(z, name, bytes, pack, bytes.n);
}

/* Until zip_free. */
static inline struct view zip_end(struct zip_make *z)
{
	const size_t at = z->file.n;

	buf_add(&z->file, buf_view(&z->list));
	buf_str(&z->file, "PK\x05\x06");
	zip_number(&z->file, 0, 4);
	zip_number(&z->file, z->entries, 2);
	zip_number(&z->file, z->entries, 2);
	zip_number(&z->file, z->list.n, 4);
	zip_number(&z->file, at, 4);
	zip_number(&z->file, 0, 2);
	return buf_view(&z->file);
}

static inline void zip_free(struct zip_make *z)
{
	buf_free(&z->file);
	buf_free(&z->list);
}
