#include "server/numbers.h"

#include "device/camera.h"

#include <errno.h>
#include <string.h>

void numbers_copy(struct numbers *n, const struct numbers_of *of)
{
	pthread_mutex_lock(&n->lock);
	n->sip = sip_endpoint_stats(of->endpoint);
	n->calls = switchboard_stats(of->switchboard);
	n->devices = directory_count(of->directory);
	n->ports = relay_ports_used(of->relay);
	n->relay_lost = relay_events_lost(of->relay);
	n->nsuspects = sip_endpoint_suspects(of->endpoint, n->suspects, SUSPECTS_SHOWN_MAX);
	pthread_mutex_unlock(&n->lock);
}

int numbers_suspects(struct numbers *n, struct arena *arena, struct suspect *ret_suspects,
		     size_t max, size_t *ret_n)
{
	size_t i;

	pthread_mutex_lock(&n->lock);
	for (i = 0; i < n->nsuspects && i < max; i++) {
		const struct guard_entry *e = &n->suspects[i];
		char text[ADDR_TEXT_MAX];

		addr_host_text(&e->host, text);
		ret_suspects[i] = (struct suspect){ view_str(arena_dup(arena, view_str(text))),
						    (int64_t)e->failures, (int64_t)e->dropped,
						    e->since_ms, e->last_ms, e->until_ms };
		if (!ret_suspects[i].address.p)
			break;
	}
	*ret_n = i;
	i = i < n->nsuspects && i < max;
	pthread_mutex_unlock(&n->lock);
	return i ? -ENOMEM : 0;
}

int numbers_forget(struct numbers *n, const struct addr *host)
{
	int rc = -ENOENT;

	pthread_mutex_lock(&n->lock);
	for (size_t i = 0; rc < 0 && i < n->nsuspects; i++) {
		if (!addr_same_host(&n->suspects[i].host, host))
			continue;
		n->nsuspects--;
		memmove(&n->suspects[i], &n->suspects[i + 1],
			(n->nsuspects - i) * sizeof(n->suspects[0]));
		rc = 0;
	}
	pthread_mutex_unlock(&n->lock);
	return rc;
}

static void gauge(struct metrics *m, const char *name, const char *help, uint64_t value)
{
	metrics_one(m, name, METRIC_GAUGE, help, (int64_t)value);
}

static void counter(struct metrics *m, const char *name, const char *help, uint64_t value)
{
	metrics_one(m, name, METRIC_COUNTER, help, (int64_t)value);
}

static void print_sip(const struct numbers *n, struct metrics *m)
{
	const struct sip_endpoint_stats *sip = &n->sip;

	gauge(m, "vestibule_devices", "Devices known", n->devices);
	gauge(m, "vestibule_devices_online", "Devices registered", sip->devices);
	gauge(m, "vestibule_bindings", "SIP bindings", sip->bindings);
	counter(m, "vestibule_sip_messages_total", "SIP messages received", sip->messages);
	counter(m, "vestibule_sip_malformed_total", "SIP messages that were none", sip->malformed);
	counter(m, "vestibule_sip_refused_total", "Wrong passwords and unknown users",
		sip->refused);
	counter(m, "vestibule_sip_blocked_total", "Messages dropped unanswered", sip->blocked);
	counter(m, "vestibule_sip_challenged_total", "Requests asked for a password",
		sip->challenged);
	gauge(m, "vestibule_sip_lag_ms", "Milliseconds that the SIP loop is behind",
	      (uint64_t)sip->lag_ms);
	gauge(m, "vestibule_sip_overload", "1 while new calls are turned away for it", sip->overload);
	counter(m, "vestibule_sip_shed_total", "Calls and registrations turned away with 503",
		sip->shed);
	gauge(m, "vestibule_sip_suspects", "Hosts that guess, as far as they are listed",
	      n->nsuspects);
	gauge(m, "vestibule_sip_transactions", "SIP transactions now", sip->transactions);
	gauge(m, "vestibule_sip_connections", "SIP connections over TCP and TLS now",
	      sip->connections);
	gauge(m, "vestibule_sip_tls_connections", "SIP connections over TLS now", sip->secure);
	counter(m, "vestibule_sip_tls_failed_total", "TLS handshakes of SIP that failed",
		sip->handshakes_failed);
}

static void print_calls(const struct numbers *n, struct metrics *m)
{
	const struct switchboard_stats *calls = &n->calls;

	gauge(m, "vestibule_sip_sessions", "SIP dialogs now", calls->sessions);
	gauge(m, "vestibule_calls", "Calls now", calls->calls);
	gauge(m, "vestibule_calls_talking", "Conversations now", calls->talking);
	gauge(m, "vestibule_app_links", "Pages of the app connected to the calls now",
	      calls->app_links);
	gauge(m, "vestibule_app_legs", "Pages of the app in calls now", calls->app_legs);
	counter(m, "vestibule_calls_total", "Calls ever", calls->started);
	counter(m, "vestibule_calls_answered_total", "Calls answered", calls->answered);
	gauge(m, "vestibule_media_ports", "Pairs of ports in use for media", n->ports);
	counter(m, "vestibule_media_packets_total", "RTP packets taken, of the streams that ended",
		calls->packets);
	counter(m, "vestibule_media_invalid_total",
		"Packets that were no RTP of the call, of the streams that ended", calls->invalid);
	counter(m, "vestibule_media_refused_total",
		"RTP packets from a wrong source, of the streams that ended", calls->refused);
	counter(m, "vestibule_media_events_lost_total",
		"Events of media that nobody fetched in time", n->relay_lost);
}

static void print_mail(struct mailer *mailer, struct metrics *m)
{
	const struct mailer_stats mail = mailer_stats(mailer);

	gauge(m, "vestibule_mails_waiting", "Mails that are to go", mail.waiting);
	counter(m, "vestibule_mails_sent_total", "Mails sent", mail.sent);
	counter(m, "vestibule_mails_failed_total", "Mails refused or given up", mail.failed);
	counter(m, "vestibule_mails_postponed_total", "Tries that are to be repeated", mail.postponed);
	counter(m, "vestibule_mails_kept_total", "Mails kept for want of a server", mail.kept);
	gauge(m, "vestibule_mail_server_down", "1 while the SMTP server takes none", mail.down);
}

static void print_push(struct pusher *pusher, struct metrics *m)
{
	const struct pusher_stats push = pusher_stats(pusher);

	gauge(m, "vestibule_push_rings", "Devices that are being woken", push.rings);
	gauge(m, "vestibule_push_tokens", "Tokens of notices that are good", push.tokens);
	gauge(m, "vestibule_push_waiting", "What the push sender is yet to do", push.waiting);
	counter(m, "vestibule_push_sent_total", "Messages that push services took", push.sent);
	counter(m, "vestibule_push_failed_total", "Messages that they did not take", push.failed);
	counter(m, "vestibule_push_gone_total", "Subscriptions that had ended", push.gone);
	counter(m, "vestibule_push_lost_total", "Rings and ends of rings that nobody was told of",
		push.lost + push.dropped);
}

static void print_camera(struct camera *camera, struct metrics *m)
{
	const struct camera_stats s = camera_stats(camera);

	gauge(m, "vestibule_camera_calls", "Calls whose door's camera is asked", s.watched);
	counter(m, "vestibule_camera_pictures_total", "Pictures that cameras gave", s.fetched);
	counter(m, "vestibule_camera_failed_total", "Pictures that they did not give", s.failed);
}

void numbers_print(struct numbers *n, struct journal *journal, struct mailer *mailer,
		   struct pusher *pusher, struct camera *camera, struct metrics *m)
{
	const struct journal_stats j = journal_stats(journal);

	pthread_mutex_lock(&n->lock);
	print_sip(n, m);
	print_calls(n, m);
	pthread_mutex_unlock(&n->lock);
	gauge(m, "vestibule_journal_waiting", "Records not yet written", j.waiting);
	counter(m, "vestibule_journal_written_total", "Records written", j.written);
	counter(m, "vestibule_journal_lost_total", "Records lost", j.lost);
	print_mail(mailer, m);
	print_push(pusher, m);
	print_camera(camera, m);
}
