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
		journal_call_start(j, &call);
		break;
	case CALL_REC_ANSWERED:
		call.answered_at = r->at;
		call.answered_by = (int64_t)r->device;
		call.answered_by_name = view_str(r->name);
		journal_call_answer(j, &call);
		break;
	case CALL_REC_ENDED:
		call.ended_at = r->at;
		call.result = view_str(r->text);
		journal_call_end(j, &call);
		break;
	case CALL_REC_LEG:
		journal_call_leg(j, &(struct call_leg_row){ r->site_id, r->call_id, r->leg,
							    (int64_t)r->device, view_str(r->name), r->at,
							    view_str(r->text) });
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
			.transport = b->flow.transport == FLOW_TCP ? VIEW("tcp") : VIEW("udp"),
			.address = view_str(address[i]),
		};
	}
	journal_bindings(arg, (int64_t)user, rows, n);
}
