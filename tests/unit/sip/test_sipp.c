/* A real client of another house: SIPp registers devices, with digests, over UDP and TCP. */
#include "base/rand.h"
#include "sip/endpoint.h"
#include "digest.h"

#include <errno.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#define REALM "vestibule"

extern char **environ;

enum { DEVICES = 200, FIRST = 1000000000, POLL_MS = 20 };

static struct {
	struct loop *loop;
	struct sip_endpoint *e;
	struct timer poll;
	pid_t child;
	int status;
	char folder[32];
} t;

static bool on_secret(void *, uint64_t user, struct sip_secret *ret_secret)
{
	char name[32], ha1[65];

	snprintf(name, sizeof(name), "%llu", (unsigned long long)user);
	hash_ha1(true, name, REALM, "secret", ha1);
	snprintf(ret_secret->ha1_md5, sizeof(ret_secret->ha1_md5), "%.32s", ha1);
	hash_ha1(false, name, REALM, "secret", ret_secret->ha1_sha256);
	return true;
}

static void on_request(void *, struct tx_server *, const struct sip_msg *, const struct flow *,
		       uint64_t)
{
	fail();
}

static void on_poll(void *)
{
	if (waitpid(t.child, &t.status, WNOHANG) == t.child)
		loop_stop(t.loop);
	else
		assert_int_equal(timers_arm(loop_timers(t.loop), &t.poll, POLL_MS, on_poll, NULL), 0);
}

static int setup(void **)
{
	const struct sip_endpoint_conf conf = { .clock = clock_system(), .rand = rand_system(),
						.listen = "127.0.0.1:0", .realm = REALM,
						.secret = on_secret, .request = on_request };
	struct sip_endpoint_conf with_loop = conf;
	struct err err;

	memset(&t, 0, sizeof(t));
	assert_int_equal(loop_new(clock_system(), &t.loop), 0);
	with_loop.loop = t.loop;
	if (sip_endpoint_open(&with_loop, &err, &t.e))
		fail_msg("%s", err.text);
	snprintf(t.folder, sizeof(t.folder), "/tmp/sipp-XXXXXX");
	assert_non_null(mkdtemp(t.folder));
	return 0;
}

static int teardown(void **)
{
	char rows[64];

	sip_endpoint_close(t.e);
	loop_free(t.loop);
	snprintf(rows, sizeof(rows), "%s/rows", t.folder);
	unlink(rows);
	rmdir(t.folder);
	return 0;
}

static void write_rows(const char *path)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fprintf(f, "SEQUENTIAL\n");
	for (int i = 0; i < DEVICES; i++)
		fprintf(f, "%d;[authentication username=%d password=secret]\n", FIRST + i, FIRST + i);
	assert_int_equal(fclose(f), 0);
}

static void run_sipp(const char *transport)
{
	char target[32], rows[64], calls[16];
	const char *argv[] = { "sipp", target, "-sf", SCENARIO, "-inf", rows, "-m", calls, "-r", "200",
			       "-i", "127.0.0.1", "-t", transport, "-nostdin", "-timeout", "30",
			       "-timeout_error", NULL };
	posix_spawn_file_actions_t files;
	int rc;

	snprintf(target, sizeof(target), "127.0.0.1:%u", flows_port(sip_endpoint_flows(t.e)));
	snprintf(rows, sizeof(rows), "%s/rows", t.folder);
	snprintf(calls, sizeof(calls), "%d", DEVICES);
	write_rows(rows);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 1, "/dev/null", 1, 0);
	rc = posix_spawnp(&t.child, "sipp", &files, NULL, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&files);
	if (rc == ENOENT)
		skip();
	assert_int_equal(rc, 0);
	assert_int_equal(timers_arm(loop_timers(t.loop), &t.poll, POLL_MS, on_poll, NULL), 0);
	loop_run(t.loop);
	assert_int_equal(t.status, 0);
	assert_int_equal(sip_endpoint_stats(t.e).devices, DEVICES);
	assert_int_equal(sip_endpoint_stats(t.e).refused, 0);
	assert_int_equal(sip_endpoint_stats(t.e).malformed, 0);
}

static void sipp_registers_over_udp(void **)
{
	run_sipp("u1");
}

static void sipp_registers_over_tcp(void **)
{
	run_sipp("t1");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(sipp_registers_over_udp),
		TEST(sipp_registers_over_tcp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
