/* What the benches of media share: sockets, what the kernel says of a process, rtpengine. Ends the
 * program at what cannot be. */
#pragma once
#include "base/addr.h"

#include <sys/types.h>

enum { LOAD_NG_PORT = 22222, LOAD_ANSWER_MAX = 8192 };

void load_die(const char *what);
struct addr load_loopback(uint16_t port);
/* Bound to loopback, non-blocking. */
int load_udp(struct addr *ret_addr);
/* User and system time of all threads, ns. */
uint64_t load_cpu_ns(pid_t pid);
uint64_t load_memory_kb(pid_t pid);
/* Of n values, which are sorted. */
double load_median(double *values, unsigned n);

/* Becomes rtpengine, in user space with one thread. */
void load_rtpengine(const char *path);
/* Asks it; what it answers, with a NUL. */
void load_ng(int fd, const char *request, char ret_answer[LOAD_ANSWER_MAX]);
