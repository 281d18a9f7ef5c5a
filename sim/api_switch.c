/* switch/ and io/: the relays by their two names. A port "relayN" is the output of switch N. */
#include "api_priv.h"

enum { PORT_MAX = 16 };

struct port_name {
	char text[PORT_MAX];
};

static struct port_name port_name(unsigned number)
{
	struct port_name name;

	snprintf(name.text, sizeof(name.text), "relay%u", number);
	return name;
}

static void put_switch_caps(struct json *j, unsigned number)
{
	json_open(j);
	api_put_int(j, "switch", number);
	api_put_bool(j, "enabled", true);
	api_put_str(j, "mode", "monostable");
	api_put_int(j, "switchOnDuration", RELAY_ON_S);
	api_put_str(j, "type", "normal");
	json_close(j);
}

enum fault api_switch_caps(struct ask *ask)
{
	struct json *j = ask->json;
	unsigned only = 0;
	enum fault fault = api_unit(ask, "switch", RELAY_COUNT, &only);

	if (fault)
		return fault;
	json_open(j);
	json_key(j, "switches");
	json_list_open(j);
	for (unsigned n = 1; n <= RELAY_COUNT; n++)
		if (!only || only == n)
			put_switch_caps(j, n);
	json_list_close(j);
	json_close(j);
	return FAULT_NONE;
}

static void put_switch_status(struct json *j, unsigned number, struct relay relay)
{
	json_open(j);
	api_put_int(j, "switch", number);
	api_put_bool(j, "active", relay.active);
	api_put_bool(j, "locked", relay.locked);
	api_put_bool(j, "held", relay.held);
	json_close(j);
}

enum fault api_switch_status(struct ask *ask)
{
	struct json *j = ask->json;
	unsigned only = 0;
	enum fault fault = api_unit(ask, "switch", RELAY_COUNT, &only);

	if (fault)
		return fault;
	json_open(j);
	json_key(j, "switches");
	json_list_open(j);
	for (unsigned n = 1; n <= RELAY_COUNT; n++)
		if (!only || only == n)
			put_switch_status(j, n, relay_get(ask->api->door->relays, n));
	json_list_close(j);
	json_close(j);
	return FAULT_NONE;
}

/* The client may say what it wants to read instead of our JSON. */
static void reply_as_wished(struct ask *ask)
{
	struct view response = params_get(&ask->params, "response");

	if (response.n)
		api_reply(ask, "text/plain", response);
}

enum fault api_switch_ctrl(struct ask *ask)
{
	unsigned n = 0;
	uint64_t timeout_s = 0;
	enum fault fault = api_needed(ask, "switch");

	if (!fault)
		fault = api_unit(ask, "switch", RELAY_COUNT, &n);
	if (!fault)
		fault = api_needed(ask, "action");
	if (fault)
		return fault;
	enum relay_action action = relay_action_find(params_get(&ask->params, "action"));
	if (action == RELAY_ACTIONS)
		return FAULT_VALUE;
	fault = api_number(ask, "timeout", RELAY_ON_MAX_S, &timeout_s);
	if (fault)
		return fault;
	int err = relay_control(ask->api->door->relays, n, action, (unsigned)timeout_s, "api");
	if (err)
		return FAULT_REJECTED;
	reply_as_wished(ask);
	return FAULT_NONE;
}

/* The number of the port that a request names; 0 when it names none. */
static enum fault port_number(struct ask *ask, unsigned *ret_number)
{
	struct view name = params_get(&ask->params, "port");

	ask->param = "port";
	*ret_number = 0;
	for (unsigned n = 1; name.n && n <= RELAY_COUNT; n++)
		if (view_eq(name, view_str(port_name(n).text)))
			*ret_number = n;
	return name.n && !*ret_number ? FAULT_VALUE : FAULT_NONE;
}

static void put_port(struct json *j, const struct relays *relays, unsigned number, bool caps)
{
	json_open(j);
	api_put_str(j, "port", port_name(number).text);
	if (caps)
		api_put_str(j, "type", "output");
	else
		api_put_int(j, "state", relay_get(relays, number).active);
	json_close(j);
}

static enum fault put_ports(struct ask *ask, bool caps)
{
	struct json *j = ask->json;
	unsigned only = 0;
	enum fault fault = port_number(ask, &only);

	if (fault)
		return fault;
	json_open(j);
	json_key(j, "ports");
	json_list_open(j);
	for (unsigned n = 1; n <= RELAY_COUNT; n++)
		if (!only || only == n)
			put_port(j, ask->api->door->relays, n, caps);
	json_list_close(j);
	json_close(j);
	return FAULT_NONE;
}

enum fault api_io_caps(struct ask *ask)
{
	return put_ports(ask, true);
}

enum fault api_io_status(struct ask *ask)
{
	return put_ports(ask, false);
}

enum fault api_io_ctrl(struct ask *ask)
{
	unsigned n = 0;
	enum fault fault = api_needed(ask, "port");

	if (!fault)
		fault = port_number(ask, &n);
	if (!fault)
		fault = api_needed(ask, "action");
	if (fault)
		return fault;
	enum relay_action action = relay_action_find(params_get(&ask->params, "action"));
	if (action != RELAY_ON && action != RELAY_OFF)
		return FAULT_VALUE;
	if (relay_control(ask->api->door->relays, n, action, 0, "api"))
		return FAULT_REJECTED;
	reply_as_wished(ask);
	return FAULT_NONE;
}
