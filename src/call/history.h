/* call/history.h - what calls and bindings tell, for the journal. On the sip loop's thread. */
#pragma once
#include "call/record.h"
#include "event/journal.h"
#include "sip/endpoint.h"

/* arg: the struct journal. For switchboard_conf.record. */
void history_record(void *arg, const struct call_record *record);
/* arg: the struct journal. For sip_endpoint_conf.bound. */
void history_bound(void *arg, uint64_t user, const struct sip_binding *bindings, size_t n);
