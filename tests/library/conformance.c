/* SPDX-License-Identifier: MIT */
/*
 * One suite for both back-ends: `conformance <socket or -> <url> [demo] [threads]` does the same
 * through whichever it is given, and says what is not as it should be. "demo": the server is
 * opcua-demo-server, whose address space is known. "threads": two threads
 * do all of it, with a client each. Written against the public header only.
 */
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <time.h>

#include "conformance.h"

_Thread_local struct opcua_client *client;
_Thread_local struct opcua_error fault;
_Thread_local int failures, events_told, losses;
_Thread_local const char *current = "";
const char *socket_path, *url;

void on_event(void *context, const char *name, const char *json, size_t length)
{
    (void)context;
    events_told++;
    losses += strcmp(name, "ClientReconnecting") == 0;
    CHECK(strlen(json) == length && strstr(json, name), "%s: %s", name, json);
}

struct opcua_client *connect_to(const char *where, struct opcua_error *why)
{
    struct opcua_options options = OPCUA_OPTIONS_INIT;

    options.event = on_event;
    options.force_new = true;
    return check_connect(socket_path, where, &options, why);
}

/* ---- every server --------------------------------------------------------------------- */

static void reads(void)
{
    const struct opcua_read_item items[] = {
        {.node = "i=2259"}, {.node = "i=1"}, {.node = "i=2258"}};
    struct opcua_data_value values[3] = {0};
    struct opcua_value value = {0};
    int64_t state = -1;
    char *text = NULL;

    CHECK(opcua_read(client, items, 3, values, &fault), "%s", fault.message);
    CHECK(values[0].status == 0 && opcua_value_to_int64(&values[0].value, &state) && state == 0,
          "state %lld", (long long)state);
    CHECK(opcua_is_bad(values[1].status), "0x%x", (unsigned)values[1].status);
    CHECK(values[2].value.type == OPCUA_TYPE_DATETIME && values[2].server_time > 0, "%d",
          values[2].value.type);
    CHECK(values[2].value.type == OPCUA_TYPE_DATETIME &&
              fabs(opcua_time_to_unix(values[2].value.items[0].time) - (double)time(NULL)) < 60,
          "clock");
    for (int i = 0; i < 3; i++)
        opcua_data_value_clear(&values[i]);
    CHECK(opcua_read_value(client, "i=2255", &value, &fault), "%s", fault.message);
    CHECK(value.is_array && value.length >= 2 &&
              strcmp(value.items[0].text.data, "http://opcfoundation.org/UA/") == 0,
          "NamespaceArray");
    opcua_value_clear(&value);
    CHECK(!opcua_read_value(client, "i=999999", &value, &fault), "a node that is not there");
    CHECK(fault.source == OPCUA_SOURCE_SERVER && fault.status == 0x80340000u &&
              strcmp(fault.object, "i=999999") == 0,
          "%d 0x%x %s", fault.source, (unsigned)fault.status, fault.object);
    CHECK(!opcua_read_text(client, "i=2259", &text, &fault) && fault.source == OPCUA_SOURCE_HERE,
          "a number is no text");
}

static void standard_structures(void)
{
    struct opcua_value value = {0};
    const struct opcua_value *build, *name;

    CHECK(opcua_read_value(client, "i=2256", &value, &fault), "%s", fault.message);
    CHECK(value.type == OPCUA_TYPE_STRUCTURE && opcua_value_decode(&value), "ServerStatus");
    CHECK(opcua_value_decode(&value), "once more");
    build = opcua_value_member(&value, "BuildInfo");
    if (!build)
        build = opcua_value_member(&value, "buildInfo");
    CHECK(build && build->type == OPCUA_TYPE_STRUCTURE, "BuildInfo");
    name = build ? opcua_value_member(build, "ProductName") : NULL;
    if (build && !name)
        name = opcua_value_member(build, "productName");
    CHECK(name && opcua_value_to_text(name) && *opcua_value_to_text(name), "ProductName");
    opcua_value_clear(&value);
    (void)opcua_value_init_integer(&value, OPCUA_TYPE_INT32, 1);
    CHECK(!opcua_value_decode(&value) && !opcua_value_decode(NULL), "no structure");
    opcua_value_clear(&value);
}

static _Thread_local bool is_cancelled;

static bool on_cancel(void *context)
{
    (void)context;
    return is_cancelled;
}

static void cancels(void)
{
    struct opcua_options options = OPCUA_OPTIONS_INIT;
    struct opcua_client *other;
    double number;

    options.cancel = on_cancel;
    options.force_new = true;
    other = check_connect(socket_path, url, &options, &fault);
    CHECK(other, "%s", fault.message);
    if (!other)
        return;
    is_cancelled = true;
    CHECK(!opcua_read_double(other, "i=2259", &number, &fault), "broken off");
    CHECK(fault.source == OPCUA_SOURCE_HERE && strcmp(fault.kind, "Cancelled") == 0, "%s",
          fault.message);
    is_cancelled = false;
    CHECK(opcua_read_double(other, "i=2259", &number, &fault), "goes on: %s", fault.message);
    opcua_client_free(other);
}

/* Put together by hand, and not well: refused, and no more is read than there is. */
static void values_that_do_not_hold_together(void)
{
    union opcua_item items[2] = {{0}};
    uint32_t dimensions[2] = {1000000, 1000000};
    struct opcua_value value = {.type = OPCUA_TYPE_INT32,
                                .is_array = true,
                                .length = 2,
                                .items = items,
                                .dimension_count = 2,
                                .dimensions = dimensions};
    struct opcua_write_item item = {.node = "i=2258", .value = &value};
    uint32_t status;
    char *json;

    for (int i = 0; i < 3; i++) {
        fault = (struct opcua_error){0};
        CHECK(!opcua_write_value(client, "i=2258", &value, &fault) &&
                  strstr(fault.message, "does not hold together"),
              "%d: %s", i, fault.message);
        CHECK(!opcua_write(client, &item, 1, &status, &fault), "%d", i);
        json = opcua_value_to_json(&value);
        CHECK(strcmp(json ? json : "", "null") == 0, "%s", json ? json : "nothing");
        free(json);
        if (i == 0)
            value.items = NULL;
        else
            value = (struct opcua_value){.type = OPCUA_TYPE_INT32, .length = 2, .items = items};
    }
}

static void wrong_timeouts(void)
{
    static const double timeouts[] = {-1, 1e300, (double)INFINITY, (double)NAN};
    struct opcua_options options = OPCUA_OPTIONS_INIT;

    for (size_t i = 0; i < sizeof(timeouts) / sizeof(timeouts[0]); i++) {
        options.timeout = timeouts[i];
        CHECK(!opcua_client_new("opc.tcp://h:1", &options, &fault) &&
                  strcmp(fault.object, "timeout") == 0,
              "%g: %s", timeouts[i], fault.message);
    }
}

static void wrong_arguments(void)
{
    char deep[2001] = "";
    struct opcua_value value;
    char *json = NULL;
    size_t length;

    CHECK(!opcua_read_value(client, "ns=x;i=1", &value, &fault) &&
              strcmp(fault.kind, "InvalidNodeIdException") == 0,
          "%s %s", fault.kind, fault.message);
    CHECK(!opcua_read_value(client, NULL, &value, &fault), "NULL is no node");
    CHECK(!opcua_query(client, "read", "[\"i=2258\"", &json, &fault) &&
              fault.source == OPCUA_SOURCE_HERE,
          "%s", fault.message);
    memset(deep, '[', 1000);
    memset(deep + 1000, ']', 1000);
    CHECK(!opcua_query(client, "read", deep, &json, &fault) && strstr(fault.message, "490 levels"),
          "%s", fault.message);
    length = (size_t)snprintf(deep, sizeof(deep), "[\"[[{\\\"[[\"");
    for (int i = 0; i < 600; i++, length += 3)
        memcpy(deep + length, ",[]", 3);
    memcpy(deep + length, "]", 2); /* long, but not deep */
    CHECK(!opcua_query(client, "read", deep, &json, &fault) && !strstr(fault.message, "levels"),
          "%s", fault.message);
    CHECK(!opcua_command(client, "ping", "{\"id\":1000000}", &json, &fault) &&
              strcmp(fault.object, "id") == 0,
          "%s", fault.message);
    CHECK(!opcua_query(client, "nonsense", "[]", &json, &fault) &&
              strcmp(fault.kind, "forbidden_method") == 0,
          "%s", fault.kind);
    CHECK(!opcua_read(client, NULL, 0, NULL, &fault), "nothing to read");
    CHECK(opcua_query(client, "getConnectionState", "[]", &json, &fault) &&
              strcmp(json, "\"Connected\"") == 0,
          "%s", json);
    free(json);
    values_that_do_not_hold_together();
    wrong_timeouts();
    opcua_client_free(NULL);
    opcua_value_clear(NULL);
    opcua_unsubscribe(NULL);
}

static void browses(void)
{
    const struct opcua_browse_options tree = {.depth = 2, .node_classes = 1};
    struct opcua_reference *references = NULL;
    size_t count = 0, servers = 0, below = 0;
    char *node = NULL;

    CHECK(opcua_browse(client, "i=85", NULL, &references, &count, &fault), "%s", fault.message);
    for (size_t i = 0; i < count; i++)
        servers += strcmp(references[i].node, "i=2253") == 0;
    CHECK(servers == 1, "%zu of %zu", servers, count);
    opcua_references_free(references, count);
    references = NULL;
    count = 0;
    CHECK(opcua_browse(client, "i=84", &tree, &references, &count, &fault), "%s", fault.message);
    for (size_t i = 0; i < count; i++)
        below += references[i].depth == 1;
    CHECK(below > 0 && references && references[0].depth == 0, "%zu of %zu", below, count);
    opcua_references_free(references, count);
    CHECK(opcua_resolve(client, "/Objects/Server/ServerStatus", &node, &fault) &&
              strcmp(node, "i=2256") == 0,
          "%s", node);
    free(node);
    CHECK(!opcua_resolve(client, "/Objects/Nowhere", &node, &fault) &&
              fault.source == OPCUA_SOURCE_SERVER,
          "%s", fault.message);
}

static void offers(void)
{
    struct opcua_endpoint *endpoints = NULL;
    bool unsecured = false;
    size_t count = 0;

    CHECK(opcua_endpoints(client, &endpoints, &count, &fault) && count > 0, "%s", fault.message);
    for (size_t i = 0; i < count; i++)
        unsecured |= endpoints[i].security_mode == 1;
    CHECK(unsecured, "no endpoint without security among %zu", count);
    opcua_endpoints_free(endpoints, count);
}

struct heard {
    int count;
    uint32_t handle;
    bool asked;
};

static void on_change(void *context, uint32_t handle, const struct opcua_data_value *value)
{
    struct heard *heard = context;
    struct opcua_value never;
    struct opcua_error refused;

    heard->count++;
    heard->handle = handle;
    CHECK(value->value.type == OPCUA_TYPE_DATETIME, "type %d", value->value.type);
    /* Waiting from inside is refused, and harms nothing. */
    if (!heard->asked)
        CHECK(!opcua_read_value(client, "i=2258", &never, &refused) &&
                  refused.source == OPCUA_SOURCE_HERE,
              "%s", refused.message);
    heard->asked = true;
}

bool run_until(int *count, int least, double seconds)
{
    time_t end = time(NULL) + (time_t)seconds;

    while (*count < least && time(NULL) < end) {
        struct pollfd ready = {.fd = opcua_fd(client), .events = opcua_events(client)};
        int timeout = opcua_timeout(client);

        poll(&ready, 1, timeout < 0 || timeout > 200 ? 200 : timeout);
        if (opcua_process(client, &fault) < 0)
            return false;
    }
    return *count >= least;
}

static void subscribes(void)
{
    const struct opcua_subscription_options often = {.interval = 50};
    const struct opcua_item_options item_options = {.sampling = 50};
    struct opcua_subscription *subscription = opcua_subscribe(client, &often, &fault);
    struct heard heard = {0};
    uint32_t item = 0;
    int before;

    CHECK(subscription, "%s", fault.message);
    if (!subscription)
        return;
    CHECK(opcua_monitor(subscription, "i=2258", &item_options, 7, on_change, &heard, &item, &fault),
          "%s", fault.message);
    CHECK(run_until(&heard.count, 3, PATIENCE), "only %d changes: %s", heard.count, fault.message);
    CHECK(heard.handle == 7 && item != 0, "handle %u, item %u", heard.handle, item);
    CHECK(!opcua_monitor(subscription, "i=2258", NULL, 7, on_change, &heard, &item, &fault) &&
              fault.source == OPCUA_SOURCE_HERE,
          "one handle twice: %s", fault.message);
    CHECK(!opcua_monitor(subscription, "i=999999", NULL, 8, on_change, &heard, NULL, &fault) &&
              fault.status == 0x80340000u,
          "%s", fault.message);
    CHECK(opcua_unmonitor(subscription, item, &fault), "%s", fault.message);
    before = heard.count;
    opcua_unsubscribe(subscription);
    run_until(&heard.count, before + 1, 1);
    CHECK(heard.count == before, "%d changes after the end", heard.count - before);
}

void on_values(void *context, const struct opcua_error *why, const struct opcua_data_value *values,
               size_t count)
{
    int *told = context;

    CHECK(!why && count == 1 && values[0].status == 0, "%s", why ? why->message : "");
    (*told)++;
}

static void asynchronous(void)
{
    const struct opcua_read_item item = {.node = "i=2258"};
    static _Thread_local int told; /* calls that are late outlive this function */

    for (int i = 0; i < 500; i++)
        opcua_read_async(client, &item, 1, on_values, &told);
    CHECK(told == 0, "told from inside the call");
    CHECK(run_until(&told, 500, PATIENCE), "%d of 500: %s", told, fault.message);
}

static void changes_items(void)
{
    const struct opcua_subscription_options often = {.interval = 50};
    const struct opcua_item_options slow = {.sampling = 1000, .queue = 5};
    struct opcua_subscription *subscription = opcua_subscribe(client, &often, &fault);
    uint32_t items[2] = {0}, statuses[2] = {1, 1};
    struct heard heard = {0};

    CHECK(subscription, "%s", fault.message);
    if (!subscription)
        return;
    for (uint32_t i = 0; i < 2; i++)
        CHECK(opcua_monitor(subscription, "i=2258", NULL, i + 1, on_change, &heard, &items[i],
                            &fault),
              "%s", fault.message);
    CHECK(opcua_modify(subscription, items[0], &slow, &fault), "%s", fault.message);
    CHECK(!opcua_modify(subscription, 999999, &slow, &fault) && fault.source == OPCUA_SOURCE_SERVER,
          "no such item: %s", fault.message);
    CHECK(opcua_trigger(subscription, items[0], &items[1], 1, NULL, 0, statuses, &fault) ||
              fault.source == OPCUA_SOURCE_SERVER,
          "%s", fault.message);
    CHECK(opcua_unmonitor(subscription, items[0], &fault), "%s", fault.message);
    CHECK(!opcua_unmonitor(subscription, items[0], &fault), "twice");
    opcua_unsubscribe(subscription);
}

/* ---- all of it ------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    void (*run)(void);
    bool demo_only;
} cases[] = {
    {"reads", reads, false},
    {"standard structures", standard_structures, false},
    {"cancels", cancels, false},
    {"wrong arguments", wrong_arguments, false},
    {"browses", browses, false},
    {"offers", offers, false},
    {"subscribes", subscribes, false},
    {"asynchronous", asynchronous, false},
    {"rests", rests, false},
    {"opens twice", opens_twice, false},
    {"ends inside", ends_inside, false},
    {"changes items", changes_items, false},
    {"ends while logging", ends_while_logging, false},
    {"ends twice", ends_twice, false},
    {"ends", ends, false},
    {"types", types, true},
    {"writes", writes, true},
    {"calls", calls, true},
    {"notifications", notifications, true},
    {"histories", histories, true},
};

static bool demo;

/* All cases with a client of its own; the number of failures. */
static void *run_cases(void *context)
{
    int *failed = context;

    client = connect_to(url, &fault);
    if (!client) {
        printf("cannot connect: %s: %s\n", fault.kind, fault.message);
        *failed = 1;
        return NULL;
    }
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (cases[i].demo_only && !demo)
            continue;
        current = cases[i].name;
        memset(&fault, 0, sizeof(fault));
        cases[i].run();
        printf("done: %s\n", current);
    }
    opcua_client_free(client);
    *failed = failures;
    return NULL;
}

int main(int argc, char **argv)
{
    bool threads = argc > 3 && strcmp(argv[argc - 1], "threads") == 0;
    int failed[2] = {0};
    pthread_t thread;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc < 3)
        return 2;
    socket_path = argv[1];
    url = argv[2];
    demo = argc > 3 && strcmp(argv[3], "demo") == 0;
    if (threads)
        pthread_create(&thread, NULL, run_cases, &failed[1]);
    (void)run_cases(&failed[0]);
    if (threads)
        pthread_join(thread, NULL);
    printf("%d failures\n", failed[0] + failed[1]);
    return failed[0] + failed[1] ? 1 : 0;
}
