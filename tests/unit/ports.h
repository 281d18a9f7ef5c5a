/* tests/unit/ports.h - runs of UDP ports that no other test has meanwhile, of this suite or of
 * another one: with tests/wire/lib.py, a byte of a file stands for each port. */
#pragma once
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PORTS_FROM = 14000, PORTS_TO = 32768, PORTS_GRAIN = 20 };

static inline bool ports_bindable(uint16_t port)
{
	const struct sockaddr_in at = { .sin_family = AF_INET,
					.sin_port = htons(port),
					.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const bool good = fd >= 0 && bind(fd, (const struct sockaddr *)&at, sizeof(at)) == 0;

	close(fd);
	return good;
}

static inline bool ports_lock(int file, short type, unsigned from, unsigned n)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET, .l_start = from, .l_len = n };

	return fcntl(file, F_SETLK, &lock) == 0;
}

/* The first of `n` in a row; they are ours until the process ends. Without any it ends here. */
static inline uint16_t ports_take(unsigned n)
{
	static int file = -1;
	char path[64];

	snprintf(path, sizeof(path), "/tmp/vestibule-test-ports.%u", (unsigned)getuid());
	if (file < 0)
		file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	for (unsigned at = PORTS_FROM; file >= 0 && at + n <= PORTS_TO; at += PORTS_GRAIN) {
		unsigned good = 0;

		if (!ports_lock(file, F_WRLCK, at, n))
			continue;
		while (good < n && ports_bindable((uint16_t)(at + good)))
			good++;
		if (good == n)
			return (uint16_t)at;
		ports_lock(file, F_UNLCK, at, n);
	}
	fprintf(stderr, "there are no %u free ports in a row\n", n);
	abort();
}
