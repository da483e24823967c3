/* SPDX-License-Identifier: MIT */
/*
 * Any line of the console, from an operator for all servers or (first byte odd) for one: it is
 * answered exactly once, and the answer is one line of JSON.
 */
#include "fuzz.h"

#include <stdlib.h>

#include "admin/console/console.h"
#include "core/manager/refused_certificates.h"
#include "core/manager/registry.h"
#include "serve/command/command.h"
#include "util/alloc.h"
#include "util/log.h"
#include "wire/text/json.h"

/* --- a loop that does everything at once, and timers that never fire ------------------------- */

static struct osm_timer *timer_new(void *loop, osm_timer_fn *fire, void *context)
{
    (void)loop, (void)fire, (void)context;
    return osm_alloc(1);
}

static void timer_start(struct osm_timer *timer, osm_msec delay)
{
    (void)timer, (void)delay;
}

static void timer_stop(struct osm_timer *timer)
{
    (void)timer;
}

static void timer_free(struct osm_timer *timer)
{
    free(timer);
}

static void work(void *loop, void (*run)(void *context), void (*done)(void *context), void *context)
{
    (void)loop;
    run(context);
    done(context);
}

static const struct osm_loop_ops loop_ops = {timer_new, timer_start, timer_stop, timer_free, work};

/* --- the daemon ------------------------------------------------------------------------------ */

static void peer(void *context, const struct osm_request *request, struct osm_buf *out)
{
    (void)context, (void)request;
    osm_buf_add_text(out, "pid 1");
}

static void each_client(void *context,
                        void (*visit)(void *arg, const struct osm_console_client *client),
                        void *arg)
{
    (void)context;
    for (uint64_t i = 0; i < 3; i++)
        visit(arg, &(struct osm_console_client){.id = i, .peer = "pid 1", .state = "running"});
}

static bool kill_client(void *context, uint64_t id)
{
    (void)context;
    return id < 3;
}

static void each_option(void *context,
                        void (*visit)(void *arg, const struct osm_console_option *option),
                        void *arg)
{
    (void)context;
    visit(arg, &(struct osm_console_option){"max-sessions", "100", "100", true});
    visit(arg, &(struct osm_console_option){"event-mqtt", "***", NULL, true});
}

static void reload(void *context, struct osm_console_wait *wait)
{
    (void)context;
    wait->done(wait, false, "a\nb");
}

static void set(void *context, const char *name, const char *value, struct osm_console_wait *wait)
{
    (void)context;
    wait->done(wait, *name == *value, value);
}

static void drain(void *context, unsigned seconds)
{
    (void)context, (void)seconds;
}

static const struct osm_console_ops ops = {peer,   each_client, kill_client, each_option,
                                           reload, set,         drain};

static unsigned answers;

static void answered(struct osm_request *request)
{
    yyjson_doc *doc = yyjson_read(request->out.data, request->out.length, YYJSON_READ_NOFLAG);

    answers++;
    osm_assert(doc && request->out.data[request->out.length - 1] == '\n');
    yyjson_doc_free(doc);
}

static struct osm_manager *start(void)
{
    const struct osm_loop loop = {.ops = &loop_ops, .clock = osm_clock_system()};
    static const struct osm_manager_config config = {
        .session_timeout = 600, .cleanup_interval = 30, .max_sessions = 10, .event_buffer = 16};
    struct osm_manager *manager = osm_manager_new(&config, &loop, NULL, NULL);
    struct osm_refused_certificates *refused = osm_manager_refused(manager);

    refused->list[refused->size++] = (struct osm_refused_certificate){
        .fingerprint = osm_strdup("00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00:11:22:33"),
        .store = osm_strdup("/proc/none/store"),
        .endpoint_url = osm_strdup("opc.tcp://plant:4840"),
        .since = 1};
    osm_log_threshold = OSM_LOG_EMERGENCY;
    return manager;
}

static struct osm_grant *one_server(void)
{
    char **list = osm_alloc(2 * sizeof(*list));

    list[0] = osm_strdup("plant");
    return osm_grant_new(1, &(struct osm_grant_terms){.role = OSM_ROLE_ADMIN, .endpoints = list});
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct osm_manager *manager = start();
    struct osm_console *console = osm_console_new(manager, &ops, NULL);
    struct osm_grant *grant = size && data[0] & 1 ? one_server() : NULL;
    _cleanup_(osm_buf_deinit) struct osm_buf line = {0};
    struct osm_fault fault = {0};
    struct osm_request request;
    struct osm_json json;

    osm_json_init(&json, &line);
    osm_json_object_begin(&json);
    osm_json_key(&json, "command");
    osm_json_cstring(&json, "console");
    osm_json_key(&json, "line");
    osm_json_text(&json, size ? (const char *)data + 1 : "", size ? size - 1 : 0);
    osm_json_object_end(&json);
    osm_request_init(&request, answered, NULL);
    osm_request_set_grant(&request, grant);
    osm_grant_unref(grant);
    if (osm_request_parse(&request, line.data, line.length, &fault)) {
        unsigned before = answers;

        osm_command_dispatch(manager, &request);
        osm_assert(answers == before + 1);
    }
    osm_request_deinit(&request);
    osm_console_free(console);
    osm_manager_free(manager);
    return 0;
}
