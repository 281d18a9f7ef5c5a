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

static void put_switch_caps(struct json *j, const struct relays *, unsigned number)
{
	json_open(j);
	api_put_int(j, "switch", number);
	api_put_bool(j, "enabled", true);
	api_put_str(j, "mode", "monostable");
	api_put_int(j, "switchOnDuration", RELAY_ON_S);
	api_put_str(j, "type", "normal");
	json_close(j);
}

static void put_switch_status(struct json *j, const struct relays *relays, unsigned number)
{
	const struct relay relay = relay_get(relays, number);

	json_open(j);
	api_put_int(j, "switch", number);
	api_put_bool(j, "active", relay.active);
	api_put_bool(j, "locked", relay.locked);
	api_put_bool(j, "held", relay.held);
	json_close(j);
}

typedef void put_fn(struct json *j, const struct relays *relays, unsigned number);

/* Those of all relays, or of the only one. */
static void put_list(struct ask *ask, const char *key, unsigned only, put_fn *put)
{
	api_list_open(ask, key);
	for (unsigned n = 1; n <= RELAY_COUNT; n++)
		if (!only || only == n)
			put(ask->json, ask->api->door->relays, n);
	api_list_close(ask);
}

static enum fault put_switches(struct ask *ask, put_fn *put)
{
	unsigned only = 0;
	enum fault fault = api_unit(ask, "switch", RELAY_COUNT, &only);

	if (!fault)
		put_list(ask, "switches", only, put);
	return fault;
}

enum fault api_switch_caps(struct ask *ask)
{
	return put_switches(ask, put_switch_caps);
}

enum fault api_switch_status(struct ask *ask)
{
	return put_switches(ask, put_switch_status);
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

static void put_port_caps(struct json *j, const struct relays *, unsigned number)
{
	json_open(j);
	api_put_str(j, "port", port_name(number).text);
	api_put_str(j, "type", "output");
	json_close(j);
}

static void put_port_status(struct json *j, const struct relays *relays, unsigned number)
{
	json_open(j);
	api_put_str(j, "port", port_name(number).text);
	api_put_int(j, "state", relay_get(relays, number).active);
	json_close(j);
}

static enum fault put_ports(struct ask *ask, put_fn *put)
{
	unsigned only = 0;
	enum fault fault = port_number(ask, &only);

	if (!fault)
		put_list(ask, "ports", only, put);
	return fault;
}

enum fault api_io_caps(struct ask *ask)
{
	return put_ports(ask, put_port_caps);
}

enum fault api_io_status(struct ask *ask)
{
	return put_ports(ask, put_port_status);
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
