/* Stands in for libFuzzer in an ordinary build: runs every file of a folder once, so that the corpus,
 * and each crash that became a part of it, is a test; then seeded mutations of each.
 *
 *	fuzz_TARGET FOLDER [MUTATIONS-PER-FILE [SEED]] */
#include "base/rand.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INPUT_MAX = 65536, MUTATIONS = 200, EDITS_MAX = 6 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char *const words[] = {
	"\r\n", "\r\n ", "\r\n\r\n", ";", ",", "\"", "<", ">", "*", "%00", "%", "@", ":", "[", "::1]",
	"4294967296", "-1", "0", "99999999999999999999", "SIP/2.0", ";tag=", ";branch=z9hG4bK",
	"Via: ", "Contact: ", "Content-Length: ", "Expires: 0\r\n", "ACK", "CANCEL", "BYE", "\\",
	"\xff\xfe", "Require: x\r\n", "Route: <sip:r;lr>\r\n", "Session-Expires: 1\r\n",
};

struct input {
	uint8_t bytes[INPUT_MAX];
	size_t n;
};

static void cut(struct input *in, size_t at, size_t n)
{
	memmove(in->bytes + at, in->bytes + at + n, in->n - at - n);
	in->n -= n;
}

static void insert(struct input *in, size_t at, const void *bytes, size_t n)
{
	if (in->n + n > INPUT_MAX)
		return;
	memmove(in->bytes + at + n, in->bytes + at, in->n - at);
	memmove(in->bytes + at, bytes, n);
	in->n += n;
}

static void mutate(struct input *in, struct rand *r)
{
	const size_t at = (size_t)rand_below(r, in->n + 1);
	const size_t left = in->n - at;
	const size_t some = left ? 1 + (size_t)rand_below(r, left < 64 ? left : 64) : 0;
	uint8_t copy[64];
	const char *word;

	switch (rand_below(r, 5)) {
	case 0:
		if (left)
			in->bytes[at] = (uint8_t)rand_below(r, 256);
		break;
	case 1:
		cut(in, at, some);
		break;
	case 2:
		memcpy(copy, in->bytes + at, some);
		insert(in, (size_t)rand_below(r, in->n + 1), copy, some);
		break;
	case 3:
		word = words[rand_below(r, sizeof(words) / sizeof(*words))];
		insert(in, at, word, strlen(word));
		break;
	default:
		if (rand_below(r, 8) == 0)
			in->n = at;
	}
}

/* In an allocation of the exact size, so that a sanitizer sees a read behind its end. */
static int run(const struct input *in)
{
	uint8_t *exact = malloc(in->n ? in->n : 1);

	if (!exact)
		return -1;
	memcpy(exact, in->bytes, in->n);
	LLVMFuzzerTestOneInput(exact, in->n);
	free(exact);
	return 0;
}

static int run_file(const char *path, unsigned long mutations, struct rand *r)
{
	static struct input seed, in;
	FILE *from = fopen(path, "re");

	if (!from)
		return -1;
	seed.n = fread(seed.bytes, 1, INPUT_MAX, from);
	fclose(from);
	if (run(&seed) < 0)
		return -1;
	for (unsigned long i = 0; i < mutations; i++) {
		in.n = seed.n;
		memcpy(in.bytes, seed.bytes, seed.n);
		for (uint64_t edits = 1 + rand_below(r, EDITS_MAX); edits > 0; edits--)
			mutate(&in, r);
		if (run(&in) < 0)
			return -1;
	}
	return 0;
}

static int run_folder(const char *folder, unsigned long mutations, struct rand *r)
{
	struct dirent **entries;
	const int n = scandir(folder, &entries, NULL, alphasort);
	int ran = 0;

	for (int i = 0; i < n; i++) {
		char path[4096];
		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.' && run_file(path, mutations, r) == 0)
			ran++;
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return ran;
}

int main(int argc, char **argv)
{
	const unsigned long mutations = argc > 2 ? strtoul(argv[2], NULL, 10) : MUTATIONS;
	const uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
	struct rand_seeded r;
	int ran;

	rand_seeded_init(&r, seed);
	ran = argc > 1 ? run_folder(argv[1], mutations, &r.rand) : 0;
	printf("1..1\n%sok 1 - %d inputs, %lu mutations of each, seed %llu\n", ran > 0 ? "" : "not ",
	       ran, mutations, (unsigned long long)seed);
	return ran > 0 ? 0 : 1;
}
