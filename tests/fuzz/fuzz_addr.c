/* Addresses: what is read prints as what reads the same. */
#include "base/addr.h"
#include "base/mem.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void same_host(const struct addr *a, const char *text)
{
	unsigned char one[ADDR_HOST_BYTES], two[ADDR_HOST_BYTES];
	struct addr b;

	if (addr_parse_host(text, &b))
		abort();
	addr_host_bytes(a, one);
	addr_host_bytes(&b, two);
	if (memcmp(one, two, sizeof(one)) != 0)
		abort();
}

static void check(const struct addr *a)
{
	const struct addr mapped = addr_mapped(a), plain = addr_unmapped(a),
			  back = addr_unmapped(&mapped);
	char text[ADDR_TEXT_MAX];
	struct addr b;

	addr_host_text(a, text);
	same_host(a, text);
	addr_text(a, text);
	if (addr_parse(text, &b) || !addr_same(&b, &plain) || !addr_same(&back, &plain) ||
	    addr_port(&b) != addr_port(a) || addr_is_wildcard(&b) != addr_is_wildcard(&plain))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO_FREE char *text = view_dup((struct view){ (const char *)data, n });
	struct addr a;

	if (!text)
		return 0;
	if (addr_parse(text, &a) == 0)
		check(&a);
	if (addr_parse_host(text, &a) == 0)
		check(&a);
	return 0;
}
