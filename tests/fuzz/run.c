/* Stands in for libFuzzer in an ordinary build: runs every file of the given folders once, so that
 * the corpus, and each crash that became a part of it, is a test. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { INPUT_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static int run_file(const char *path)
{
	FILE *from = fopen(path, "re");
	uint8_t *data = malloc(INPUT_MAX), *exact = NULL;
	size_t n;

	if (!from || !data)
		return -1;
	n = fread(data, 1, INPUT_MAX, from);
	fclose(from);
	exact = realloc(data, n ? n : 1); /* so that a sanitizer sees a read behind its end */
	if (!exact)
		return -1;
	LLVMFuzzerTestOneInput(exact, n);
	free(exact);
	return 0;
}

static int run_folder(const char *folder)
{
	struct dirent **entries;
	const int n = scandir(folder, &entries, NULL, alphasort);
	int ran = 0;

	for (int i = 0; i < n; i++) {
		char path[4096];
		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.' && run_file(path) == 0)
			ran++;
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return ran;
}

int main(int argc, char **argv)
{
	int ran = 0;

	for (int i = 1; i < argc; i++)
		ran += run_folder(argv[i]);
	printf("1..1\n%sok 1 - %d inputs\n", ran > 0 ? "" : "not ", ran);
	return ran > 0 ? 0 : 1;
}
