#include "load.h"

#include <glob.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { NG_WAIT_MS = 3000, NG_TRIES = 20, LINE = 128, PATH = 64 };

void load_die(const char *what)
{
	perror(what);
	exit(1);
}

struct addr load_loopback(uint16_t port)
{
	return (struct addr){
		.v4 = { .sin_family = AF_INET,
			.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
			.sin_port = htons(port) },
		.len = sizeof(struct sockaddr_in),
	};
}

int load_udp(struct addr *ret_addr)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	*ret_addr = load_loopback(0);
	if (fd < 0 || bind(fd, &ret_addr->sa, ret_addr->len) < 0 ||
	    getsockname(fd, &ret_addr->sa, &ret_addr->len) < 0)
		load_die("socket");
	return fd;
}

uint64_t load_cpu_ns(pid_t pid)
{
	uint64_t sum = 0;
	char path[PATH];
	glob_t g;

	snprintf(path, sizeof(path), "/proc/%d/task/*/schedstat", (int)pid);
	if (glob(path, 0, NULL, &g) != 0)
		load_die(path);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		char line[LINE] = "";
		FILE *f = fopen(g.gl_pathv[i], "r");

		if (f != NULL && fgets(line, sizeof(line), f) != NULL)
			sum += strtoull(line, NULL, 10);
		if (f != NULL)
			fclose(f);
	}
	globfree(&g);
	return sum;
}

uint64_t load_memory_kb(pid_t pid)
{
	char path[PATH], line[LINE];
	uint64_t kb = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "r");
	if (f == NULL)
		load_die(path);
	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "VmRSS:", 6) == 0)
			kb = strtoull(line + 6, NULL, 10);
	fclose(f);
	return kb;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double load_median(double *values, unsigned n)
{
	qsort(values, n, sizeof(values[0]), by_value);
	return values[n / 2];
}

void load_rtpengine(const char *path)
{
	char ng[PATH];

	snprintf(ng, sizeof(ng), "--listen-ng=127.0.0.1:%d", LOAD_NG_PORT);
	execl(path, path, "--config-file=none", "--foreground", "--table=-1",
	      "--interface=127.0.0.1", ng, "--port-min=30000", "--port-max=39999",
	      "--num-threads=1", "--log-level=1", "--log-stderr", (char *)NULL);
	load_die(path);
}

void load_ng(int fd, const char *request, char ret_answer[LOAD_ANSWER_MAX])
{
	struct addr to = load_loopback(LOAD_NG_PORT);
	struct pollfd f = { .fd = fd, .events = POLLIN };
	ssize_t n;

	for (int i = 0; i < NG_TRIES; i++) {
		sendto(fd, request, strlen(request), 0, &to.sa, to.len);
		if (poll(&f, 1, NG_WAIT_MS / NG_TRIES) != 1)
			continue;
		n = recv(fd, ret_answer, LOAD_ANSWER_MAX - 1, 0);
		if (n > 0) {
			ret_answer[n] = 0;
			return;
		}
	}
	fputs("rtpengine does not answer\n", stderr);
	exit(1);
}
