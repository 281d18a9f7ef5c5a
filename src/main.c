/* vestibuled: the only file that knows everyone. It configures, opens, wires, runs and closes.
 *
 * Threads: this one becomes the sip loop; the web loop, the workers, the feed, the journal and the
 * relay have their own. Everything is opened before the first thread may see it, and closed in the
 * reverse order of who needs whom (server_close). */
#include "api/api.h"
#include "api/key.h"
#include "base/log.h"
#include "base/mem.h"
#include "call/history.h"
#include "call/load.h"
#include "device/camera.h"
#include "event/missed.h"
#include "office/import.h"
#include "office/mail.h"
#include "server/certificates.h"
#include "server/errand.h"
#include "server/expiry.h"
#include "server/notices.h"
#include "server/numbers.h"
#include "server/settings.h"
#include "server/turn.h"
#include "server/web_media.h"
#include "store/account.h"
#include "store/app.h"
#include "store/audit.h"
#include "store/call.h"
#include "store/device.h"
#include "store/migrate.h"
#include "store/store.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	SETTINGS_ARENA = 256 * 1024,
	NUMBERS_MS = 1000, /* how old the numbers of /metrics may be */
	SETUP_TOKEN_BYTES = 24,
};

struct server {
	struct settings conf;
	struct arena arena;
	const char *db_url, *public_url, *setup_token, *trusted[SETTINGS_TRUSTED_MAX + 1];
	char registrar[ADDR_TEXT_MAX + 8], registrar_tls[ADDR_TEXT_MAX + 8];
	struct secret_key key;
	struct loop *web, *sip;
	struct rand_pool sip_rand;
	struct feed *feed;
	struct live *live;
	struct journal *journal;
	struct workers *workers;
	struct importer *importer;
	struct relay *relay;
	struct turn_servers turn;
	struct directory *directory;
	struct directory_loader loader;
	struct sip_endpoint *endpoint;
	struct switchboard *switchboard;
	struct tls *tls; /* the web loop's; NULL: plain HTTP */
	struct tls *sip_tls; /* the sip loop's; NULL: SIP has none */
	struct mailer *mailer;
	struct notices notices;
	struct camera *camera;
	struct api *api;
	pthread_t web_thread;
	bool web_running, draining;
	struct event *signals[3];
	struct timer drain, count;
	struct expiry expiry;
	struct numbers numbers;
};

/* Configuration. */

static enum log_level level_of(const char *name)
{
	static const char *const names[] = { "debug", "info", "warn", "error" };
	int i = 0;

	while (i < LOGL_ERROR && strcmp(names[i], name) != 0)
		i++;
	return (enum log_level)i;
}

static int configure(struct server *s, int argc, char **argv, struct err *err)
{
	const int rc = settings_read(&s->conf, &s->arena, argc, argv, err);

	if (rc < 0)
		return rc;
	s->db_url = given(s->conf.db) ? s->conf.db :
					arena_printf(&s->arena, "sqlite:%s/vestibule.db", s->conf.data);
	return s->db_url ? 0 : err_set(err, -ENOMEM, "no memory");
}

/* Calls want descriptors: four sockets per leg. */
static void raise_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		log_warn("files_limit", LF_I("files", limit.rlim_cur));
}

/* The data folder: a file is read whole, or made with what `bytes` says and never overwritten. */
static int keep_file(const char *path, void *bytes, size_t n, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0 && errno == ENOENT) {
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		got = fd < 0 ? -1 : write(fd, bytes, n);
		if (fd >= 0 && fsync(fd) < 0)
			got = -1;
	} else {
		got = fd < 0 ? -1 : read(fd, bytes, n);
	}
	if (fd >= 0)
		close(fd);
	return got == (ssize_t)n ? 0 : err_set(err, -EIO, "cannot read or write %s", path);
}

static int open_data(struct server *s, struct err *err)
{
	if (mkdir(s->conf.data, 0700) < 0 && errno != EEXIST)
		return err_set(err, -errno, "cannot make the folder %s: %s", s->conf.data, strerror(errno));
	return key_open(s->conf.data, true, &s->key, err);
}

/* The store, before anybody else has it. */

static int open_setup(struct server *s, struct db *db, struct err *err)
{
	char *path = arena_printf(&s->arena, "%s/setup-token", s->conf.data);
	char *token = arena_alloc(&s->arena, 2 * SETUP_TOKEN_BYTES + 1);
	bool any;

	if (!path || !token)
		return err_set(err, -ENOMEM, "no memory");
	if (person_any_operator(db, &any) < 0)
		return err_set(err, -EIO, "cannot read the accounts: %s", db_error(db));
	if (any) {
		unlink(path);
		return 0;
	}
	rand_hex(rand_system(), token, SETUP_TOKEN_BYTES);
	s->setup_token = token;
	return keep_file(path, token, 2 * SETUP_TOKEN_BYTES, err);
}

static int with_db(struct server *s, int (*fn)(struct server *s, struct db *db, struct err *err),
		   bool ready, struct err *err)
{
	struct db *db;
	int rc = ready ? store_open(s->db_url, err, &db) : db_open(s->db_url, err, &db);

	if (rc < 0)
		return rc;
	rc = fn(s, db, err);
	db_close(db);
	return rc;
}

static int migrate(struct server *, struct db *db, struct err *err)
{
	return migrate_up(db, clock_wall_ms(clock_system()), err);
}

static int tidy(struct server *s, struct db *db, struct err *err)
{
	const int64_t now_ms = clock_wall_ms(clock_system());
	DB_TRANSACTION struct db_tx tx = {};
	size_t ended = 0;
	int rc = key_check(db, &s->key, err);

	if (rc < 0)
		return rc;
	rc = db_begin(db, &tx);
	if (rc == 0)
		rc = call_end_lost(db, now_ms, &ended);
	if (rc == 0)
		rc = session_expire(db, now_ms);
	if (rc == 0)
		rc = app_online_clear(db, now_ms);
	if (rc == 0)
		rc = import_requeue(db);
	if (rc == 0)
		rc = db_commit(&tx);
	if (rc < 0)
		return err_set(err, rc, "cannot tidy up: %s", db_error(db));
	if (ended)
		log_warn("calls_lost", LF_I("calls", ended));
	return open_setup(s, db, err);
}

static int load(struct server *s, struct db *db, struct err *err)
{
	int rc = directory_load_all(s->directory, db, err);

	if (rc == 0)
		rc = bindings_load_all(s->endpoint, db, clock_wall_ms(clock_system()), err);
	return rc;
}

/* The sip loop's side. */

static bool on_secret(void *arg, uint64_t user, struct sip_secret *ret_secret)
{
	const struct server *s = arg;
	const struct dir_device *d = directory_device(s->directory, user);

	if (d)
		*ret_secret = d->secret;
	return d != NULL;
}

static void on_bound(void *arg, uint64_t user, const struct sip_binding *bindings, size_t n)
{
	struct server *s = arg;

	history_bound(s->journal, user, bindings, n);
	if (s->switchboard && n)
		switchboard_bound(s->switchboard, user);
	if (n > 0)
		notices_bound(&s->notices, user);
}

static void on_refresh(void *arg, const struct sip_binding *binding)
{
	struct server *s = arg;

	notices_refresh(&s->notices, binding);
}

/* What the door's camera showed when the bell rang goes with the end of a call that was missed, and
 * nowhere else. */
static void on_record(void *arg, const struct call_record *record)
{
	CLEANUP(buf_free) struct buf jpeg = BUF_INIT(CAMERA_JPEG_MAX);
	const struct server *s = arg;
	const bool missed = record->type == CALL_REC_ENDED && missed_is(view_str(record->text));
	struct call_record told = *record;

	if ((record->type == CALL_REC_ANSWERED || record->type == CALL_REC_ENDED) &&
	    camera_first(s->camera, record->call_id, missed ? &jpeg : NULL, &told.picture_at) == 0)
		told.picture = buf_view(&jpeg);
	history_record(s->journal, &told);
}

/* Where all keep quiet a call is over before its door has answered. On the camera's thread. */
static void on_late(void *arg, int64_t site_id, int64_t call_id, struct view jpeg, int64_t at)
{
	const struct server *s = arg;
	const struct call_row call = { .site_id = site_id,
				       .id = call_id,
				       .result = VIEW("missed") };

	if (journal_call_picture(s->journal, &call, jpeg, at) < 0)
		log_warn("call_picture_lost", LF_I("call", call_id));
}

/* A credential is good for as long as a call can be. */
static void on_ice(void *arg, int64_t call_id, struct json *out)
{
	const struct server *s = arg;
	const int64_t call_s = BUTTON_AFTER_MAX_S + s->conf.ring_s + s->conf.talk_s;
	const int64_t until = clock_wall_ms(clock_system()) + call_s * 1000;
	char id[24];

	snprintf(id, sizeof(id), "%lld", (long long)call_id);
	turn_print(&s->turn, until, view_str(id), out);
}

static void on_wake(void *arg, const struct wake *wake)
{
	struct server *s = arg;

	notices_wake(&s->notices, wake);
}

static void on_wake_over(void *arg, int64_t call_id, uint64_t device, const char *why)
{
	struct server *s = arg;

	notices_wake_over(&s->notices, call_id, device, why);
}

static void on_hushed(void *arg, const struct wake *call, const char *why)
{
	struct server *s = arg;

	notices_hushed(&s->notices, call, why);
}

static void on_look(void *arg, const struct look *look)
{
	const struct server *s = arg;

	camera_watch(s->camera, look->call_id, look->site_id, look->door, look->device);
}

static void on_look_over(void *arg, int64_t call_id, uint64_t device)
{
	const struct server *s = arg;

	camera_end(s->camera, call_id, device);
}

static void on_request(void *arg, struct tx_server *tx, const struct sip_msg *msg,
		       const struct flow *flow, uint64_t user)
{
	const struct server *s = arg;

	switchboard_request(s->switchboard, tx, msg, flow, user);
}

static bool on_full(void *arg)
{
	const struct server *s = arg;

	return s->switchboard &&
	       switchboard_stats(s->switchboard).calls >= (uint64_t)s->conf.calls_max;
}

static void on_changed(void *arg, uint64_t number)
{
	const struct server *s = arg;

	if (s->endpoint)
		sip_endpoint_unbind(s->endpoint, number);
	if (s->switchboard)
		switchboard_device_changed(s->switchboard, number);
}

/* Media. */

/* Without web_port browsers have the first ports of media_ports that are free: nobody needs to let
 * another one through. */
static int start_relay(struct server *s, struct relay_conf *conf, struct web_media *web)
{
	const int64_t first = s->conf.web_port ? s->conf.web_port : conf->port_lo;
	const int64_t last = s->conf.web_port ? first : conf->port_hi - s->conf.media_workers + 1;
	int rc = -EADDRINUSE;

	for (int64_t port = first; port <= last && rc == -EADDRINUSE; port++) {
		for (unsigned i = 0; i < web->n; i++)
			web->at[i] = addr_with_port(&web->at[i], (uint16_t)port);
		rc = relay_start(conf, &s->relay);
	}
	return rc;
}

static int open_relay(struct server *s, struct err *err)
{
	struct web_media web;
	struct relay_conf conf = { .clock = clock_system(),
				   .workers = (unsigned)s->conf.media_workers,
				   .port_start = randombytes_random(),
				   .web = web.at,
				   .rand = rand_system() };
	struct addr at;
	int rc = web_media_find(&s->conf, &web, err);

	if (rc < 0)
		return rc;

	if (settings_ports(s->conf.media_ports, &conf.port_lo, &conf.port_hi) < 0 ||
	    addr_parse(s->conf.sip, &at) < 0)
		return err_set(err, -EINVAL, "media_ports or sip: no ports or no address");
	*(at.sa.sa_family == AF_INET ? &conf.v4 : &conf.v6) = at;
	/* SIP's socket of [::] hears IPv4 too; media has one for each family. */
	if (at.sa.sa_family == AF_INET6 && addr_is_wildcard(&at))
		conf.v4 = (struct addr){ .v4 = { .sin_family = AF_INET }, .len = sizeof(conf.v4.v4) };
	conf.nweb = web.n;
	conf.web_public = web.seen;
	if (!web.n)
		log_warn("no_web_media");
	rc = start_relay(s, &conf, &web);
	if (rc == -EADDRINUSE && !s->conf.web_port)
		return err_set(err, rc,
			       "media_ports: there are no %lld free ports in a row for browsers",
			       (long long)s->conf.media_workers);
	return rc < 0 ? err_set(err, rc, "cannot start the relay (media_ports, web_media, web_port): %s",
				strerror(-rc))
		      : 0;
}

static int open_endpoint(struct server *s, struct err *err)
{
	const struct sip_endpoint_conf endpoint = {
		.loop = s->sip,
		.clock = clock_system(),
		.rand = &s->sip_rand.rand,
		.listen = s->conf.sip,
		.listen_tls = if_given(s->conf.sip_tls),
		.tls = s->sip_tls,
		.public_host = s->conf.sip_public,
		.realm = s->conf.realm,
		.offer_sha256 = s->conf.sip_sha256,
		.shed = true,
		.push_providers = given(s->conf.push_gateway) ? s->conf.push_providers : NULL,
		.refresh = on_refresh,
		.full = on_full,
		.secret = on_secret,
		.bound = on_bound,
		.request = on_request,
		.arg = s,
	};

	return sip_endpoint_open(&endpoint, err, &s->endpoint);
}

static int open_switchboard(struct server *s, struct err *err)
{
	const struct switchboard_conf board = {
		.loop = s->sip,
		.clock = clock_system(),
		.rand = &s->sip_rand.rand,
		.endpoint = s->endpoint,
		.relay = s->relay,
		.directory = s->directory,
		.realm = s->conf.realm,
		.ring_ms = (unsigned)s->conf.ring_s * 1000,
		.talk_ms = (unsigned)s->conf.talk_s * 1000,
		.record = on_record,
		.ice = on_ice,
		.wake = on_wake,
		.wake_over = on_wake_over,
		.hushed = on_hushed,
		.look = on_look,
		.look_over = on_look_over,
		.arg = s,
		.unseal = key_unseal,
		.unseal_arg = &s->key,
	};
	const int rc = switchboard_new(&board, &s->switchboard);

	s->notices.directory = s->directory;
	s->notices.switchboard = s->switchboard;
	return rc < 0 ? err_set(err, rc, "cannot start the calls: %s", strerror(-rc)) : 0;
}

static int open_sip(struct server *s, struct err *err)
{
	const struct directory_conf directory = { on_changed, s };
	int rc = turn_read(&s->conf, &s->arena, &s->turn, err);

	rand_pool_init(&s->sip_rand);
	if (rc == 0)
		rc = open_relay(s, err);
	if (rc == 0)
		rc = certificates_of_sip(&s->conf, err, &s->sip_tls);
	if (rc == 0 && directory_new(&directory, &s->directory) < 0)
		rc = err_set(err, -ENOMEM, "no memory");
	if (rc == 0)
		rc = open_endpoint(s, err);
	if (rc == 0)
		rc = with_db(s, load, true, err);
	return rc == 0 ? open_switchboard(s, err) : rc;
}

/* What others ask of the sip loop. */

static void copy_numbers(void *arg)
{
	struct server *s = arg;

	numbers_copy(&s->numbers, &(struct numbers_of){ s->endpoint, s->switchboard, s->directory,
							s->relay });
	if (timers_arm(loop_timers(s->sip), &s->count, NUMBERS_MS, copy_numbers, s) < 0)
		log_error("numbers_stopped");
}

static int on_suspects(void *arg, struct arena *arena, struct suspect *ret_suspects, size_t max,
		       size_t *ret_n)
{
	struct server *s = arg;

	return numbers_suspects(&s->numbers, arena, ret_suspects, max, ret_n);
}

static void on_mail_way(void *arg, struct mail_way *ret_way)
{
	const struct server *s = arg;

	if (given(s->conf.smtp_url))
		*ret_way = (struct mail_way){ s->conf.smtp_url, s->conf.mail_from,
					      mailer_stats(s->mailer).down };
}

struct forget {
	struct server *server;
	struct addr host;
};

/* On the sip loop's thread. */
static void forget_suspect(void *arg)
{
	struct forget *f = arg;

	if (f->server->endpoint)
		sip_endpoint_forget_suspect(f->server->endpoint, &f->host);
	free(f);
}

static int on_forget(void *arg, struct view address)
{
	struct server *s = arg;
	AUTO_FREE char *text = view_dup(address);
	struct forget *f = calloc(1, sizeof(*f));
	int rc = text && f ? addr_parse_host(text, &f->host) : -ENOMEM;

	if (rc == 0) {
		f->server = s;
		rc = numbers_forget(&s->numbers, &f->host);
	}
	if (rc == 0)
		rc = loop_post(s->sip, forget_suspect, f);
	if (rc < 0)
		free(f);
	return rc;
}

/* On the sip loop's thread. */
static int ring_button(void *arg, void *what)
{
	struct server *s = arg;
	struct test_call *t = what;

	return s->switchboard ? switchboard_test(s->switchboard, t->site_id, (uint64_t)t->device,
						 (unsigned)t->button, &t->ret_call)
			      : -ENOSPC;
}

static int on_test_call(void *arg, struct test_call *call)
{
	struct server *s = arg;

	return errand_run(s->sip, ring_button, s, call, sizeof(*call), TEST_CALL_WAIT_MS);
}

static void on_metrics(void *arg, struct metrics *m)
{
	struct server *s = arg;

	numbers_print(&s->numbers, s->journal, s->mailer, s->notices.pusher, s->camera,
		      m);
}

/* Opening: what needs least comes first. */

static int open_store(struct server *s, struct err *err)
{
	const struct workers_conf workers = {
		.threads = { (unsigned)s->conf.workers, 1, 1 },
		.open = api_worker_open,
		.close = api_worker_close,
		.arg = (void *)s->db_url,
	};
	int rc = with_db(s, migrate, false, err);

	if (rc == 0)
		rc = with_db(s, tidy, true, err);
	if (rc == 0 && (loop_new(clock_system(), &s->web) < 0 || loop_new(clock_system(), &s->sip) < 0))
		rc = err_set(err, -ENOMEM, "cannot make an event loop");
	if (rc == 0)
		rc = feed_new(s->db_url, clock_system(), err, &s->feed);
	if (rc == 0 && live_new(s->feed, &s->live) < 0)
		rc = err_set(err, -ENOMEM, "no memory");
	if (rc == 0)
		rc = journal_start(s->db_url, clock_system(), s->feed, err, &s->journal);
	if (rc == 0)
		rc = workers_start(&workers, err, &s->workers);
	if (rc == 0 && importer_new(s->feed, s->workers, clock_system(), &s->importer) < 0)
		rc = err_set(err, -ENOMEM, "no memory");
	return rc;
}

static void name_registrar(const struct server *s, const char *listen, uint16_t port,
			   char ret_text[ADDR_TEXT_MAX + 8])
{
	struct addr at;

	if (given(s->conf.sip_public)) {
		snprintf(ret_text, ADDR_TEXT_MAX + 8, "%.60s:%u", s->conf.sip_public, port);
	} else if (addr_parse(listen, &at) == 0) {
		at = addr_with_port(&at, port);
		addr_text(&at, ret_text);
	}
}

static void name_registrars(struct server *s)
{
	const struct flows *flows = sip_endpoint_flows(s->endpoint);

	name_registrar(s, s->conf.sip, flows_port(flows), s->registrar);
	if (s->sip_tls)
		name_registrar(s, s->conf.sip_tls, flows_port_tls(flows), s->registrar_tls);
}

/* Without public_url, what works on this host. */
static int name_public(struct server *s, struct err *err)
{
	const char *scheme = given(s->conf.tls_certificate) ? "https" : "http";
	const char *port = strrchr(s->conf.http, ':');
	struct addr at;

	if (given(s->conf.public_url))
		s->public_url = s->conf.public_url;
	else if (addr_parse(s->conf.http, &at) == 0 && addr_is_wildcard(&at))
		s->public_url = arena_printf(&s->arena, "%s://localhost%s", scheme, port);
	else
		s->public_url = arena_printf(&s->arena, "%s://%s", scheme, s->conf.http);
	return s->public_url ? 0 : err_set(err, -ENOMEM, "no memory");
}

static int open_web(struct server *s, struct err *err)
{
	struct api_conf conf = {
		.loop = s->web,
		.workers = s->workers,
		.listen = s->conf.http,
		.trusted = s->trusted,
		.clock = clock_system(),
		.rand = rand_system(),
		.feed = s->feed,
		.live = s->live,
		.sip = s->sip,
		.switchboard = s->switchboard,
		.journal = s->journal,
		.importer = s->importer,
		.key = s->key,
		.realm = s->conf.realm,
		.registrar = s->registrar,
		.version = VESTIBULE_VERSION,
		.setup_token = s->setup_token,
		.public_url = s->public_url,
		.ticket_mail = if_given(s->conf.ticket_mail),
		.public_url_given = given(s->conf.public_url),
		.registration_open = strcmp(s->conf.registration, "open") == 0,
		.web_root = s->conf.portal,
		.metrics_open = s->conf.metrics_open,
		.suspects = on_suspects,
		.suspect_forget = on_forget,
		.suspects_arg = s,
		.test_call = on_test_call,
		.test_call_arg = s,
		.mail_way = on_mail_way,
		.mail_way_arg = s,
		.push = notices_way(&s->notices),
		.camera = s->camera,
	};
	int rc;

	name_registrars(s);
	rc = certificates_of_web(&s->conf, err, &s->tls);
	if (rc < 0)
		return rc;
	conf.tls = s->tls;
	conf.registrar_tls = s->sip_tls ? s->registrar_tls : NULL;
	rc = api_start(&conf, err, &s->api);
	if (rc == 0 && api_metrics_add(s->api, on_metrics, s) < 0)
		rc = err_set(err, -ENOSPC, "too many sources of numbers");
	return rc;
}

static enum smtp_tls tls_of(const char *word)
{
	return strcmp(word, "off") == 0 ? SMTP_TLS_OFF :
	       strcmp(word, "offered") == 0 ? SMTP_TLS_OFFERED : SMTP_TLS_REQUIRED;
}

static int open_mail(struct server *s, struct err *err)
{
	const struct smtp_conf smtp = {
		.url = if_given(s->conf.smtp_url),
		.user = if_given(s->conf.smtp_user),
		.password_file = if_given(s->conf.smtp_password_file),
		.ca_file = if_given(s->conf.smtp_ca),
		.tls = tls_of(s->conf.smtp_tls),
		.timeout_ms = s->conf.smtp_timeout_s * 1000,
	};
	const struct mailer_conf conf = {
		.db_url = s->db_url,
		.clock = clock_system(),
		.public_url = s->public_url,
		.from = s->conf.mail_from,
		.smtp = smtp.url ? &smtp : NULL,
	};
	const int rc = mailer_start(&conf, err, &s->mailer);

	return rc == 0 ? feed_consume(s->feed, mailer_follow, s->mailer) : rc;
}

static int open_notices(struct server *s, struct err *err)
{
	const struct notices_conf conf = { .settings = &s->conf,
					   .db_url = s->db_url,
					   .public_url = s->public_url,
					   .key = &s->key,
					   .sip = s->sip };

	return notices_open(&s->notices, &conf, err);
}

/* A server that only this host's devices reach has its doors, and their cameras, here. */
static int open_camera(struct server *s, struct err *err)
{
	struct camera_conf conf = { .db_url = s->db_url,
				    .clock = clock_system(),
				    .unseal = key_unseal,
				    .unseal_arg = &s->key,
				    .late = on_late,
				    .late_arg = s };
	struct addr at;

	conf.near = addr_parse(s->conf.sip, &at) == 0 && addr_is_loopback(&at);
	return camera_start(&conf, err, &s->camera);
}

static void *web_main(void *arg)
{
	struct server *s = arg;

	loop_run(s->web);
	return NULL;
}

/* Signals arrive on the sip loop, this thread's. */

static void on_idle(void *arg)
{
	struct server *s = arg;

	loop_stop(s->sip);
}

static void on_stop(evutil_socket_t, short, void *arg)
{
	struct server *s = arg;

	if (s->draining || s->conf.drain_s == 0) {
		loop_stop(s->sip);
		return;
	}
	s->draining = true;
	log_info("stopping", LF_I("calls", switchboard_stats(s->switchboard).calls));
	if (timers_arm(loop_timers(s->sip), &s->drain, s->conf.drain_s * 1000, on_idle, s) < 0)
		loop_stop(s->sip);
	switchboard_drain(s->switchboard, on_idle, s);
}

/* On the web loop's thread. */
static void reload_tls(void *arg)
{
	const struct server *s = arg;

	certificates_reload_web(&s->conf, s->tls);
}

static void on_hup(evutil_socket_t, short, void *arg)
{
	struct server *s = arg;

	if (log_open(s->conf.log_file, level_of(s->conf.log_level), s->conf.log_format[0] == 'j') < 0)
		log_error("log_reopen_failed");
	else
		log_info("log_reopened");
	if (s->tls && loop_post(s->web, reload_tls, s) < 0)
		log_error("tls_kept", LF_S("why", "the web loop is too busy"));
	if (s->sip_tls)
		certificates_reload_sip(&s->conf, s->sip_tls);
}

static int open_signals(struct server *s, struct err *err)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP };

	for (int i = 0; i < 3; i++) {
		s->signals[i] = evsignal_new(loop_base(s->sip), numbers[i],
					     numbers[i] == SIGHUP ? on_hup : on_stop, s);
		if (!s->signals[i] || event_add(s->signals[i], NULL))
			return err_set(err, -ENOMEM, "cannot watch signals");
	}
	return 0;
}

static void block_signals(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(how, &set, NULL);
}

static int server_open(struct server *s, struct err *err)
{
	int rc = settings_trusted(&s->conf, &s->arena, s->trusted, err);

	signal(SIGPIPE, SIG_IGN);
	block_signals(SIG_BLOCK); /* the threads made from here on inherit it */
	if (rc == 0)
		rc = open_data(s, err);
	if (rc == 0)
		rc = open_store(s, err);
	if (rc == 0)
		rc = name_public(s, err);
	if (rc == 0)
		rc = open_notices(s, err);
	if (rc == 0)
		rc = open_camera(s, err);
	if (rc == 0)
		rc = open_sip(s, err);
	if (rc == 0)
		rc = open_mail(s, err);
	if (rc == 0)
		rc = open_web(s, err);
	if (rc < 0)
		return rc;
	directory_loader_init(&s->loader, s->sip, s->directory);
	if (feed_consume(s->feed, directory_follow, &s->loader) < 0 || feed_start(s->feed) < 0)
		return err_set(err, -EAGAIN, "cannot start the feed");
	importer_wake(s->importer); /* what waits since the server ended */
	if (pthread_create(&s->web_thread, NULL, web_main, s) != 0)
		return err_set(err, -EAGAIN, "cannot start a thread");
	s->web_running = true;
	block_signals(SIG_UNBLOCK);
	return open_signals(s, err);
}

static void server_close(struct server *s)
{
	if (s->web_running) {
		loop_stop(s->web);
		pthread_join(s->web_thread, NULL);
	}
	importer_stop(s->importer);
	workers_stop(s->workers);
	api_free(s->api);
	s->notices.switchboard = NULL; /* what is still posted finds it closed */
	switchboard_free(TAKE(s->switchboard));
	if (s->endpoint)
		sip_endpoint_close(TAKE(s->endpoint));
	notices_close(&s->notices);
	camera_stop(s->camera);
	relay_stop(s->relay);
	journal_stop(s->journal);
	feed_free(s->feed);
	mailer_stop(s->mailer);
	importer_free(s->importer);
	for (int i = 0; i < 3; i++) {
		if (s->signals[i])
			event_free(s->signals[i]);
	}
	loop_free(s->web);
	tls_free(s->tls);
	tls_free(s->sip_tls);
	live_free(s->live);
	loop_free(s->sip); /* swaps that still wait find nobody to tell (on_changed) */
	if (s->loader.loop)
		directory_loader_free(&s->loader);
	directory_free(s->directory);
	arena_free(&s->arena);
	sodium_memzero(&s->key, sizeof(s->key));
}

static void say_ready(const struct server *s)
{
	const char *scheme = s->tls ? "https" : "http";
	struct addr at = {};
	char text[ADDR_TEXT_MAX] = "";

	if (addr_parse(s->conf.http, &at) == 0) {
		at = addr_with_port(&at, api_port(s->api));
		addr_text(&at, text);
	}
	if (s->setup_token)
		printf("first administrator %s://%s/setup#%s\n", scheme, text, s->setup_token);
	printf("ready %s://%s sip %s\n", scheme, text, s->registrar);
	fflush(stdout);
}

static int serve(struct server *s, int argc, char **argv)
{
	struct err err = {};
	int rc = configure(s, argc, argv, &err);

	if (!given(s->conf.log_file))
		s->conf.log_file = NULL;
	if (rc == 0 && log_open(s->conf.log_file, level_of(s->conf.log_level),
				s->conf.log_format[0] == 'j') < 0)
		rc = err_set(&err, -EIO, "cannot open the log %s", s->conf.log_file);
	if (rc == 0) {
		raise_files();
		rc = server_open(s, &err);
	}
	if (rc == 0) {
		copy_numbers(s);
		expiry_start(&s->expiry, &(struct expiry_conf){ s->feed, s->sip, clock_system(),
								s->conf.audit_days,
								s->conf.call_days });
		say_ready(s);
		loop_run(s->sip);
		log_info("stopped");
	} else {
		fprintf(stderr, "vestibuled: %s\n", err.text);
	}
	server_close(s);
	return rc < 0 ? 1 : 0;
}

static const char usage[] =
	"usage: vestibuled [--config FILE] [--OPTION VALUE]...\n"
	"       vestibuled --help | --version | --sample | --man\n"
	"--sample prints a file for --config, --man the manual. The environment has VESTIBULE_OPTION;\n"
	"flags win over it, and it wins over the file.\n\n";

static int print(void (*fn)(const struct conf_table *, struct buf *))
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(CONF_FILE_MAX);

	fn(&settings_table, &out);
	fputs(buf_cstr(&out) ? out.p : "", stdout);
	return 0;
}

int main(int argc, char **argv)
{
	static struct server server = { .arena = ARENA_INIT(SETTINGS_ARENA),
					.numbers.lock = PTHREAD_MUTEX_INITIALIZER };

	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		fputs(usage, stdout);
		return print(conf_help);
	}
	if (argc == 2 && strcmp(argv[1], "--sample") == 0)
		return print(conf_sample);
	if (argc == 2 && strcmp(argv[1], "--man") == 0)
		return print(conf_man);
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return puts("vestibuled " VESTIBULE_VERSION) < 0;
	if (sodium_init() < 0) {
		fputs("vestibuled: no randomness\n", stderr);
		return 1;
	}
	umask(077); /* database and logs are for the server's eyes only */
	return serve(&server, argc, argv);
}
