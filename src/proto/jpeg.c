#include "proto/jpeg.h"

#include <errno.h>
#include <string.h>

/* The second byte of a marker; the first is 0xff. */
enum {
	M_TEM = 0x01,
	M_SOF0 = 0xc0, /* frame headers, but for the three between them that are not */
	M_SOF2 = 0xc2, /* the last that browsers show */
	M_DHT = 0xc4,
	M_JPG = 0xc8,
	M_DAC = 0xcc,
	M_SOF15 = 0xcf,
	M_RST0 = 0xd0,
	M_RST7 = 0xd7,
	M_SOI = 0xd8,
	M_EOI = 0xd9,
	M_SOS = 0xda,
};

static unsigned byte_at(struct view v, size_t at)
{
	return (unsigned char)v.p[at];
}

static unsigned two_at(struct view v, size_t at)
{
	return byte_at(v, at) << 8 | byte_at(v, at + 1);
}

static struct view behind(struct view v, size_t n)
{
	return (struct view){ v.p + n, v.n - n };
}

static bool is_frame(unsigned marker)
{
	return marker >= M_SOF0 && marker <= M_SOF15 && marker != M_DHT && marker != M_JPG &&
	       marker != M_DAC;
}

/* Any number of 0xff stand before a marker. */
static int marker_read(struct view *rest, unsigned *ret_marker)
{
	size_t n = 0;

	while (n < rest->n && byte_at(*rest, n) == 0xff)
		n++;
	if (n == 0 || n == rest->n)
		return -EBADMSG;
	*ret_marker = byte_at(*rest, n);
	*rest = behind(*rest, n + 1);
	return 0;
}

/* The length counts itself. */
static int segment_read(struct view *rest, struct view *ret_segment)
{
	const size_t n = rest->n < 2 ? 0 : two_at(*rest, 0);

	if (n < 2 || n > rest->n)
		return -EBADMSG;
	*ret_segment = (struct view){ rest->p + 2, n - 2 };
	*rest = behind(*rest, n);
	return 0;
}

/* Precision, height, width, and three bytes for each colour. */
static int frame_read(unsigned marker, struct view segment, struct jpeg_size *ret_size)
{
	unsigned colours;

	if (segment.n < 6)
		return -EBADMSG;
	colours = byte_at(segment, 5);
	if (segment.n != 6 + 3 * (size_t)colours)
		return -EBADMSG;
	if (marker > M_SOF2 || byte_at(segment, 0) != 8 || (colours != 1 && colours != 3))
		return -ENOTSUP;
	*ret_size = (struct jpeg_size){ two_at(segment, 3), two_at(segment, 1) };
	return ret_size->width && ret_size->height ? 0 : -ENOTSUP; /* a height that comes later */
}

/* Up to the marker behind a scan's data, in which 0xff is followed by 0, and restarts are allowed.
 */
static void scan_skip(struct view *rest)
{
	while (rest->n >= 2) {
		const char *ff = memchr(rest->p, 0xff, rest->n - 1);

		*rest = ff ? behind(*rest, (size_t)(ff - rest->p)) : (struct view){};
		if (!ff)
			return;
		if (byte_at(*rest, 1) != 0 &&
		    (byte_at(*rest, 1) < M_RST0 || byte_at(*rest, 1) > M_RST7))
			return;
		*rest = behind(*rest, 2);
	}
}

struct walk {
	struct view rest;
	struct jpeg_size size;
	bool framed, scanned, ended;
};

static int step(struct walk *w)
{
	struct view segment;
	unsigned marker;
	int rc = marker_read(&w->rest, &marker);

	if (rc < 0)
		return rc;
	if (marker == M_EOI) {
		w->ended = true;
		return w->scanned && w->rest.n == 0 ? 0 : -EBADMSG;
	}
	if (marker <= M_TEM || (marker >= M_RST0 && marker <= M_SOI))
		return -EBADMSG; /* they have no segment, and nothing to do here */
	rc = segment_read(&w->rest, &segment);
	if (rc < 0)
		return rc;
	if (is_frame(marker)) {
		if (w->framed)
			return -EBADMSG;
		w->framed = true;
		return frame_read(marker, segment, &w->size);
	}
	if (marker != M_SOS)
		return 0;
	if (!w->framed)
		return -EBADMSG;
	w->scanned = true;
	scan_skip(&w->rest);
	return 0;
}

int jpeg_measure(struct view bytes, struct jpeg_size *ret_size)
{
	struct walk w = {};
	int rc = 0;

	if (bytes.n < 2 || two_at(bytes, 0) != (0xff00 | M_SOI))
		return -EBADMSG;
	w.rest = behind(bytes, 2);
	while (rc == 0 && !w.ended)
		rc = step(&w);
	if (rc == 0)
		*ret_size = w.size;
	return rc;
}
