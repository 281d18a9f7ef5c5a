#include "media/datagram.h"

#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>

enum {
	CUT_MAX = 64,          /* packets that every kernel with UDP_SEGMENT cuts */
	CUT_BYTES_MAX = 65000, /* with headers, it is one IP packet */
	FLAGS = MSG_DONTWAIT | MSG_NOSIGNAL,
};

union control {
	struct cmsghdr head;
	char bytes[CMSG_SPACE(sizeof(uint16_t))];
};

static bool goes_along(const struct datagram *first, const struct datagram *d)
{
	return d->n <= first->n && d->n > 0 &&
	       (d->to == first->to || (d->to && first->to && addr_same(d->to, first->to)));
}

/* How many of them one order takes: all but the last have the length of the first. */
static unsigned run_of(const struct datagram *d, unsigned n)
{
	size_t bytes = d->n;
	unsigned i = 1;

	while (i < n && i < CUT_MAX && d[i - 1].n == d->n && goes_along(d, &d[i]) &&
	       (bytes += d[i].n) <= CUT_BYTES_MAX)
		i++;
	return i;
}

static void ask_to_cut(struct msghdr *m, union control *control, size_t length)
{
	const uint16_t size = (uint16_t)length;

	control->head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(size)),
					  .cmsg_level = IPPROTO_UDP,
					  .cmsg_type = UDP_SEGMENT };
	memcpy(CMSG_DATA(&control->head), &size, sizeof(size));
	m->msg_control = control;
	m->msg_controllen = sizeof(*control);
}

static struct msghdr message(const struct datagram *d, struct iovec *iov, unsigned n)
{
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = n };

	for (unsigned i = 0; i < n; i++)
		iov[i] = (struct iovec){ (void *)d[i].p, d[i].n };
	if (d->to) {
		m.msg_name = (void *)&d->to->sa;
		m.msg_namelen = d->to->len;
	}
	return m;
}

static void count(struct datagrams_sent *sent, const struct datagram *d, unsigned n)
{
	sent->packets += n;
	for (unsigned i = 0; i < n; i++)
		sent->bytes += d[i].n;
}

static void send_each(int fd, const struct datagram *d, unsigned n, struct datagrams_sent *sent)
{
	for (unsigned i = 0; i < n; i++) {
		struct iovec iov;
		const struct msghdr m = message(&d[i], &iov, 1);

		if (sendmsg(fd, &m, FLAGS) >= 0)
			count(sent, &d[i], 1);
	}
}

/* first: where each run begins in d, and behind the last one where it ends; how many went. */
static unsigned send_runs(int fd, struct mmsghdr *out, const unsigned *first, unsigned nruns,
			  const struct datagram *d, struct datagrams_sent *sent)
{
	const int n = sendmmsg(fd, out, nruns, FLAGS);

	if (n <= 0)
		return 0;
	count(sent, d + first[0], first[n] - first[0]);
	return (unsigned)n;
}

struct datagrams_sent datagrams_send(int fd, const struct datagram *d, unsigned n)
{
	struct datagrams_sent sent = {};
	struct mmsghdr out[DATAGRAMS_MAX];
	union control control[DATAGRAMS_MAX];
	struct iovec iov[DATAGRAMS_MAX];
	unsigned first[DATAGRAMS_MAX + 1], nruns = 0;

	if (n > DATAGRAMS_MAX)
		n = DATAGRAMS_MAX;
	if (n == 1) {
		send_each(fd, d, 1, &sent);
		return sent;
	}
	for (unsigned i = 0; i < n; nruns++) {
		const unsigned length = run_of(d + i, n - i);

		first[nruns] = i;
		out[nruns].msg_hdr = message(d + i, iov + i, length);
		if (length > 1)
			ask_to_cut(&out[nruns].msg_hdr, &control[nruns], d[i].n);
		i += length;
	}
	first[nruns] = n;
	for (unsigned run = 0; run < nruns; run++) {
		run += send_runs(fd, out + run, first + run, nruns - run, d, &sent);
		/* The error is that of the first run left; the others have their own. */
		if (run < nruns && first[run + 1] - first[run] > 1)
			send_each(fd, d + first[run], first[run + 1] - first[run], &sent);
	}
	return sent;
}
