#include "io/outside.h"

#include <string.h>
#include <sys/socket.h>

static curl_socket_t on_socket(void *arg, curlsocktype, struct curl_sockaddr *to)
{
	const struct outside *outside = arg;
	struct addr at = { .len = (socklen_t)to->addrlen };

	if (to->addrlen > sizeof(at.v6))
		return CURL_SOCKET_BAD;
	memcpy(&at.sa, &to->addr, to->addrlen);
	if (!outside->may_connect(outside, &at))
		return CURL_SOCKET_BAD;
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* A connection that another handle made is not opened again, so it is looked at before each request,
 * too. */
static int on_request(void *arg, char *host, char *, int, int)
{
	const struct outside *outside = arg;
	struct addr at;

	return addr_parse_host(host, &at) == 0 && outside->may_connect(outside, &at)
		       ? CURL_PREREQFUNC_OK
		       : CURL_PREREQFUNC_ABORT;
}

CURLcode outside_set(CURL *c, const struct outside *outside)
{
	CURLcode rc = curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, outside->schemes);

	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_PROXY, ""); /* whatever the environment says */
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, outside->ms);
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, outside->connect_ms);
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, on_socket);
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, outside);
	rc = rc ? rc : curl_easy_setopt(c, CURLOPT_PREREQFUNCTION, on_request);
	return rc ? rc : curl_easy_setopt(c, CURLOPT_PREREQDATA, outside);
}

size_t outside_ended(CURLM *multi, void (*ended)(void *private, CURLcode code))
{
	size_t n = 0;
	int left;

	for (CURLMsg *m; (m = curl_multi_info_read(multi, &left));) {
		void *private = NULL;
		const CURLcode code = m->data.result;

		if (m->msg == CURLMSG_DONE &&
		    curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &private) == CURLE_OK &&
		    private) {
			ended(private, code);
			n++;
		}
	}
	return n;
}
