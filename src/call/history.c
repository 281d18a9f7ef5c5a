#include "call/history.h"

#include <string.h>

static void opening(struct journal *j, const struct call_record *r)
{
	journal_opening(j, &(struct opening_row){
				   .site_id = r->site_id,
				   .id = r->opening_id,
				   .at = r->at,
				   .call_id = r->call_id,
				   .device = (int64_t)r->door,
				   .by_device = (int64_t)r->device,
				   .by_name = view_str(r->name),
				   .how = view_str(r->text),
			   });
}

static struct call_leg_row leg_row(const struct call_record *r, const char *result)
{
	const struct call_trace *t = r->trace;

	return (struct call_leg_row){
		.site_id = r->site_id,
		.call_id = r->call_id,
		.leg = r->leg,
		.device = (int64_t)r->device,
		.name = view_str(r->name),
		.at = r->at,
		.result = view_str(result),
		.pushed_at = t->pushed,
		.delivered_at = t->delivered,
		.woken_at = t->woken,
		.offered_at = t->offered,
		.rang_at = t->rang,
		.preview_at = t->preview,
		.answered_at = t->answered,
		.video_at = t->video,
		.ended_at = t->ended,
		.why = t->why ? view_str(t->why) : (struct view){},
	};
}

static void leg(struct journal *j, const struct call_record *r, const char *result)
{
	const struct call_leg_row row = leg_row(r, result);

	journal_call_leg(j, &row);
}

static void trace(struct journal *j, const struct call_record *r)
{
	const struct call_leg_row row = leg_row(r, NULL);

	journal_call_trace(j, &row);
}

static void streams(struct journal *j, const struct call_record *r)
{
	struct call_stream_row rows[CALL_STREAMS_MAX];
	size_t n = 0;

	for (; n < r->nstreams && n < CALL_STREAMS_MAX; n++) {
		const struct call_stream *s = &r->streams[n];

		rows[n] = (struct call_stream_row){
			.site_id = r->site_id,
			.call_id = r->call_id,
			.leg = s->leg,
			.kind = view_str(s->kind),
			.codec = view_str(s->codec),
			.packets = (int64_t)s->packets,
			.lost = (int64_t)s->lost,
			.jitter_us = s->jitter_us,
			.sent = (int64_t)s->sent,
		};
	}
	journal_call_streams(j, rows, n);
}

void history_record(void *arg, const struct call_record *r)
{
	struct journal *j = arg;
	struct call_row call = { .site_id = r->site_id, .id = r->call_id };

	switch (r->type) {
	case CALL_REC_STARTED:
		call.started_at = r->at;
		call.from_device = (int64_t)r->device;
		call.from_name = view_str(r->name);
		call.button = r->button ? (int64_t)r->button : DB_INT_NULL;
		call.test = r->test;
		journal_call_start(j, &call);
		break;
	case CALL_REC_ANSWERED:
		call.answered_at = r->at;
		call.answered_by = (int64_t)r->device;
		call.answered_by_name = view_str(r->name);
		leg(j, r, "answered");
		journal_call_answer(j, &call);
		break;
	case CALL_REC_ENDED:
		call.ended_at = r->at;
		call.result = view_str(r->text);
		journal_call_end(j, &call, r->picture, r->picture_at);
		break;
	case CALL_REC_LEG:
		leg(j, r, r->text);
		break;
	case CALL_REC_TRACE:
		trace(j, r);
		break;
	case CALL_REC_STREAMS:
		streams(j, r);
		break;
	case CALL_REC_OPENED:
		opening(j, r);
		break;
	}
}

void history_bound(void *arg, uint64_t user, const struct sip_binding *bindings, size_t n)
{
	struct binding_row rows[BINDINGS_PER_DEVICE_MAX];
	char address[BINDINGS_PER_DEVICE_MAX][ADDR_TEXT_MAX];

	for (size_t i = 0; i < n && i < BINDINGS_PER_DEVICE_MAX; i++) {
		const struct sip_binding *b = &bindings[i];

		addr_text(&b->flow.peer, address[i]);
		rows[i] = (struct binding_row){
			.device = (int64_t)user,
			.contact = view_str(b->contact),
			.call_id = view_str(b->call_id),
			.cseq = b->cseq,
			.q = b->q,
			.expires_at = b->expires_at,
			.transport = view_str(flow_transport_name(b->flow.transport)),
			.address = view_str(address[i]),
			.path = view_str(b->path),
			.instance = view_str(b->instance),
			.reg_id = b->reg_id,
		};
	}
	journal_bindings(arg, (int64_t)user, rows, n);
}
