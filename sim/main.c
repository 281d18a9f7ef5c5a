/* vestibule-door: reads the command line, opens the door, runs the loop until a signal. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define DEBUG_MODULE "door" /* re_dbg.h asks for both */
#define DEBUG_LEVEL  3
#include <re_dbg.h>
#include "api.h"
#include "base/json.h"
#include "base/log.h"

enum {
	MEDIA_LOW = 24000,
	MEDIA_HIGH = 24998,
	EXPIRES_MIN_S = 5,
	EXPIRES_MAX_S = 86400,
	NAME_MAX_BYTES = 64,
	GOODBYE_MS = 2000
};

struct options {
	struct door_conf door;
	const char *http, *log;
};

struct program {
	struct door door;
	struct api *api;
	struct tmr goodbye;
};

/* The one instance: libre's signal handler carries no argument. */
static struct program program;

static const char USAGE[] =
	"usage: vestibule-door --sip-server HOST:PORT --user USER --password PASSWORD [options]\n"
	"  --dial NUMBER        what the bell calls (1)\n"
	"  --http ADDR:PORT     API and page (127.0.0.1:8088); port 0 = any, printed when ready\n"
	"  --unlock-code CODE   digits that open the door (00*)\n"
	"  --name NAME          display name (Door)\n"
	"  --transport udp|tcp  of SIP (udp)\n"
	"  --sip-port PORT      own SIP port (any)\n"
	"  --media-ports LO-HI  of RTP (24000-24998)\n"
	"  --expires SECONDS    of the registration (120)\n"
	"  --no-auto-answer     an incoming call rings until it is answered over the API\n"
	"  --log FILE           instead of standard error\n"
	"  --version, --help\n"
	"The password may stand in the environment as VESTIBULE_DOOR_PASSWORD instead.\n";

static void refuse(const char *option, const char *value, const char *allowed)
{
	fprintf(stderr, "vestibule-door: --%s %s: want %s\n", option, value, allowed);
	exit(2);
}

static uint64_t number(const char *option, const char *text, uint64_t least, uint64_t most)
{
	char allowed[64];
	uint64_t value = 0;

	if (!view_u64(view_str(text), most, &value) && value >= least)
		return value;
	snprintf(allowed, sizeof(allowed), "a number from %llu to %llu", (unsigned long long)least,
		 (unsigned long long)most);
	refuse(option, text, allowed);
	return 0;
}

static void media_ports(struct phone_conf *phone, const char *text)
{
	enum { LEAST_ROOM = 8 };
	struct view high, low = view_cut(view_str(text), '-', &high);
	uint64_t from = 0, to = 0;

	if (view_u64(low, UINT16_MAX, &from) || view_u64(high, UINT16_MAX, &to) ||
	    to < from + LEAST_ROOM || !from)
		refuse("media-ports", text, "LO-HI with eight ports or more between them");
	phone->media_low = (uint16_t)from;
	phone->media_high = (uint16_t)to;
}

static bool is_tcp(const char *text)
{
	if (strcmp(text, "udp") && strcmp(text, "tcp"))
		refuse("transport", text, "udp or tcp");
	return !strcmp(text, "tcp");
}

static const char *unlock_code(const char *text)
{
	size_t n = strlen(text);

	if (n > DOOR_CODE_MAX || strspn(text, "0123456789*#") != n)
		refuse("unlock-code", text, "up to 16 of 0-9 * #");
	return text;
}

static const char *user_part(const char *option, const char *text)
{
	if (!phone_number_ok(text))
		refuse(option, text, "up to 64 letters, digits and * + - . _");
	return text;
}

/* It stands between quotation marks in From. */
static const char *display_name(const char *text)
{
	if (!*text || strlen(text) > NAME_MAX_BYTES || strpbrk(text, "\"\\") ||
	    !json_is_text(view_str(text)))
		refuse("name", text, "up to 64 bytes of text without \" and \\");
	return text;
}

static void say_and_exit(const char *text)
{
	fputs(text, stdout);
	exit(0);
}

enum {
	O_SERVER = 1,
	O_USER,
	O_PASSWORD,
	O_DIAL,
	O_HTTP,
	O_CODE,
	O_NAME,
	O_TRANSPORT,
	O_PORT,
	O_MEDIA,
	O_EXPIRES,
	O_MANUAL,
	O_LOG,
	O_VERSION,
	O_HELP
};

static const struct option OPTIONS[] = {
	{ "sip-server", required_argument, NULL, O_SERVER },
	{ "user", required_argument, NULL, O_USER },
	{ "password", required_argument, NULL, O_PASSWORD },
	{ "dial", required_argument, NULL, O_DIAL },
	{ "http", required_argument, NULL, O_HTTP },
	{ "unlock-code", required_argument, NULL, O_CODE },
	{ "name", required_argument, NULL, O_NAME },
	{ "transport", required_argument, NULL, O_TRANSPORT },
	{ "sip-port", required_argument, NULL, O_PORT },
	{ "media-ports", required_argument, NULL, O_MEDIA },
	{ "expires", required_argument, NULL, O_EXPIRES },
	{ "no-auto-answer", no_argument, NULL, O_MANUAL },
	{ "log", required_argument, NULL, O_LOG },
	{ "version", no_argument, NULL, O_VERSION },
	{ "help", no_argument, NULL, O_HELP },
	{},
};

static void take_option(struct options *o, int which, const char *value)
{
	struct phone_conf *phone = &o->door.phone;

	switch (which) {
	case O_SERVER:
		phone->server = value;
		break;
	case O_USER:
		phone->user = user_part("user", value);
		break;
	case O_PASSWORD:
		phone->password = value;
		break;
	case O_DIAL:
		o->door.dial = user_part("dial", value);
		break;
	case O_HTTP:
		o->http = value;
		break;
	case O_CODE:
		o->door.unlock_code = unlock_code(value);
		break;
	case O_NAME:
		phone->name = display_name(value);
		break;
	case O_TRANSPORT:
		phone->tcp = is_tcp(value);
		break;
	case O_PORT:
		phone->port = (uint16_t)number("sip-port", value, 0, UINT16_MAX);
		break;
	case O_MEDIA:
		media_ports(phone, value);
		break;
	case O_EXPIRES:
		phone->expires_s = (uint32_t)number("expires", value, EXPIRES_MIN_S, EXPIRES_MAX_S);
		break;
	case O_MANUAL:
		phone->auto_answer = false;
		break;
	case O_LOG:
		o->log = value;
		break;
	case O_VERSION:
		say_and_exit("vestibule-door " VERSION "\n");
		break;
	case O_HELP:
		say_and_exit(USAGE);
		break;
	default: /* getopt has said what is wrong */
		fputs("vestibule-door: --help shows all flags\n", stderr);
		exit(2);
	}
}

static struct options read_options(int argc, char **argv)
{
	struct options o = {
		.http = "127.0.0.1:8088",
		.door = { .dial = "1",
			  .unlock_code = "00*",
			  .phone = { .name = "Door",
				     .password = getenv("VESTIBULE_DOOR_PASSWORD"),
				     .auto_answer = true,
				     .expires_s = PHONE_EXPIRES_S,
				     .media_low = MEDIA_LOW,
				     .media_high = MEDIA_HIGH } },
	};
	int which;

	while ((which = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1)
		take_option(&o, which, optarg);
	if (optind < argc) {
		fprintf(stderr, "vestibule-door: \"%s\" is no flag: they begin with --\n",
			argv[optind]);
		exit(2);
	}
	if (!o.door.phone.server || !o.door.phone.user || !o.door.phone.password) {
		fputs("vestibule-door: --sip-server, --user and --password are needed (--help "
		      "shows all)\n",
		      stderr);
		exit(2);
	}
	return o;
}

static void stop_now(void *arg)
{
	(void)arg;
	re_cancel();
}

/* The first signal says goodbye to the server, a second one does not wait for its answer. */
static void on_signal(int sig)
{
	(void)sig;
	if (tmr_isrunning(&program.goodbye)) {
		re_cancel();
		return;
	}
	tmr_start(&program.goodbye, GOODBYE_MS, stop_now, NULL);
	phone_close(program.door.phone, stop_now, NULL);
}

static int serve(const struct options *o)
{
	char text[64];
	struct sa at;
	int err = door_open(&program.door, &o->door);

	if (err) {
		fprintf(stderr, "vestibule-door: cannot start: %s\n", strerror(err));
		return err;
	}
	err = api_new(&program.door, o->door.phone.name, o->http, &program.api);
	if (err) {
		fprintf(stderr, "vestibule-door: --http %s: %s\n", o->http, strerror(err));
	} else {
		api_address(program.api, &at);
		(void)re_snprintf(text, sizeof(text), "ready http://%J", &at);
		puts(text);
		fflush(stdout);
		err = re_main(on_signal);
	}
	tmr_cancel(&program.goodbye);
	api_free(program.api);
	door_close(&program.door);
	return err;
}

int main(int argc, char **argv)
{
	const struct options o = read_options(argc, argv);

	if (o.log && log_open(o.log, LOGL_INFO, false)) {
		fprintf(stderr, "vestibule-door: --log %s: cannot be opened\n", o.log);
		return 2;
	}
	if (libre_init())
		return 1;
	dbg_init(DBG_ERR, DBG_NONE);
	int err = serve(&o);
	libre_close();
	return err ? 1 : 0;
}
