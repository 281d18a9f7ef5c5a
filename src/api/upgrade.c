#include "api/upgrade.h"

#include "api/live.h"
#include "api/resource.h"
#include "base/log.h"
#include "io/websocket.h"

#include <errno.h>
#include <stdlib.h>

enum { EVENT_SIZE_MAX = 256, CLOSE_GOING_AWAY = 1001, CLOSE_TRY_LATER = 1013 };

struct page {
	struct live_watcher *watcher;
	struct websocket *ws;
	struct loop *loop;
	struct timer end;
	int64_t site_id;
};

static void page_events(void *arg, const struct live_event *events, size_t n)
{
	struct page *page = arg;
	CLEANUP(buf_free) struct buf out = BUF_INIT(EVENT_SIZE_MAX);

	for (size_t i = 0; i < n; i++) {
		const struct live_view view = { events[i].cursor, view_str(events[i].type),
						page->site_id, view_str(events[i].object) };
		struct json j = JSON_TO(&out);
		buf_reset(&out);
		shape_print(&live_event_shape, &view, &j);
		if (out.err < 0 || websocket_send(page->ws, buf_view(&out)) < 0)
			return;
	}
}

/* A live page only listens. */
static void page_text(void *, struct websocket *, struct view)
{
}

static void page_closed(void *arg, struct websocket *)
{
	struct page *page = arg;

	if (page->watcher)
		live_leave(page->watcher);
	timers_cancel(loop_timers(page->loop), &page->end);
	free(page);
}

static void page_end(void *arg)
{
	websocket_close(((struct page *)arg)->ws, CLOSE_GOING_AWAY);
}

static const struct websocket_handlers handlers = { page_text, page_closed };

void upgrade_run(const struct upgrade *up, struct http_exchange *x)
{
	struct page *page = calloc(1, sizeof(*page));
	int rc;

	if (!page) {
		http_reply(x, 503, NULL, 0, VIEW(""));
		return;
	}
	page->loop = up->loop;
	page->site_id = up->site_id;
	if (websocket_accept(x, &handlers, page, &page->ws) < 0) {
		free(page);
		return;
	}
	rc = timers_arm(loop_timers(up->loop), &page->end, LIVE_PAGE_MS, page_end, page);
	if (rc == 0)
		rc = live_watch(up->live, up->loop, up->site_id, up->cursor, page_events, page,
				&page->watcher);
	if (rc < 0) {
		log_warn("live_refused", LF_I("rc", rc));
		websocket_close(page->ws, CLOSE_TRY_LATER);
	}
}
