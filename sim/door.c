#include "door.h"
#include <errno.h>
#include <string.h>
#include "base/clock.h"
#include "base/log.h"

static int64_t now_ms(void)
{
	return clock_mono_us(clock_system()) / 1000;
}

static void unlock(struct door *d, const char *originator)
{
	int err = relay_control(d->relays, 1, RELAY_TRIGGER, 0, originator);

	if (err)
		log_warn("unlock_refused", LF_I("error", err));
}

static void on_registered(bool yes, void *arg)
{
	struct door *d = arg;

	journal_add(d->journal, "RegistrationStateChanged", JP_I("sipAccount", 1),
		    JP_S("state", yes ? "registered" : "unregistered"));
}

static void on_call(enum phone_state state, void *arg)
{
	struct door *d = arg;
	struct phone_status now;

	phone_status(d->phone, &now);
	const char *direction = now.incoming ? "incoming" : "outgoing";
	if (state == PHONE_IDLE)
		d->far_keys = (struct keys){};
	journal_add(d->journal, "CallStateChanged", JP_S("direction", direction),
		    JP_S("state", phone_state_text(state)), JP_S("peer", now.peer),
		    JP_I("session", now.session), JP_I("call", now.session));
	journal_add(d->journal, "CallSessionStateChanged", JP_S("direction", direction),
		    JP_S("state", phone_state_text(state)), JP_S("address", now.peer),
		    JP_I("sessionNumber", now.session), JP_I("callSequenceNumber", now.session));
}

/* The log names no digit: they are codes. */
static void on_digit(char digit, bool info, void *arg)
{
	struct door *d = arg;
	struct phone_status now;

	if (!keys_press(&d->far_keys, digit, info ? KEYS_INFO : KEYS_RTP, now_ms()))
		return;
	phone_status(d->phone, &now);
	log_info("digit", LF_S("way", info ? "info" : "rtp"));
	const char text[] = { digit, 0 };
	journal_add(d->journal, "DtmfEntered", JP_S("digit", text),
		    JP_S("type", info ? "info" : "rtp"), JP_I("session", now.session));
	if (keys_took(&d->far_keys, d->conf.unlock_code))
		unlock(d, "dtmf");
}

static bool is_open(void *arg)
{
	struct door *d = arg;
	return relay_get(d->relays, 1).active;
}

int door_open(struct door *d, const struct door_conf *conf)
{
	const struct phone_hooks hooks = { .registered = on_registered,
					   .call = on_call,
					   .digit = on_digit,
					   .open = is_open,
					   .arg = d };

	*d = (struct door){ .conf = *conf };
	d->journal = journal_new();
	if (d->journal)
		d->relays = relays_new(d->journal);
	int err = d->relays ? phone_new(&conf->phone, &hooks, &d->phone) : ENOMEM;
	if (err) {
		door_close(d);
		return err;
	}
	journal_add(d->journal, "DeviceState", JP_S("state", "startup"));
	return 0;
}

void door_close(struct door *d)
{
	phone_free(d->phone);
	relays_free(d->relays);
	journal_free(d->journal);
	*d = (struct door){};
}

/* The bell button dials, and ends the call that it began. */
static void press_bell(struct door *d)
{
	struct phone_status now;
	uint32_t session = 0;

	phone_status(d->phone, &now);
	int err = now.state == PHONE_IDLE ? phone_dial(d->phone, d->conf.dial, &session)
					  : phone_hangup(d->phone, now.session, PHONE_NORMAL);
	if (err)
		log_warn("bell_failed", LF_I("error", err));
}

/* A code ends with '*', or when it is the right one that needs none. */
static void near_key(struct door *d, char key)
{
	(void)keys_press(&d->near_keys, key, KEYS_INFO, now_ms());
	struct keys entered = d->near_keys;
	const bool valid = keys_took(&d->near_keys, d->conf.unlock_code);
	size_t n = strlen(entered.typed);

	if (!valid && key != '*')
		return;
	d->near_keys = (struct keys){};
	n -= n && entered.typed[n - 1] == '*';
	entered.typed[n] = 0;
	if (n)
		journal_add(d->journal, "CodeEntered", JP_I("ap", 0), JP_I("session", ++d->codes),
			    JP_S("direction", "in"), JP_S("code", entered.typed),
			    JP_S("type", "uni"), JP_S("uuid", ""), JP_B("valid", valid));
	if (valid)
		unlock(d, "keypad");
}

void door_key(struct door *d, char key)
{
	const bool bell = key == '%';
	const char text[] = { key, bell ? '1' : 0, 0 };

	journal_add(d->journal, "KeyPressed", JP_S("key", text));
	journal_add(d->journal, "KeyReleased", JP_S("key", text));
	if (bell) {
		press_bell(d);
		return;
	}
	near_key(d, key);
}
