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

#include "check.h"

static _Thread_local struct opcua_client *client;
static _Thread_local struct opcua_error error;
static const char *socket_path, *url;
static _Thread_local int events_told, losses;

static void on_event(void *context, const char *name, const char *json, size_t length)
{
    (void)context;
    events_told++;
    losses += strcmp(name, "ClientReconnecting") == 0;
    CHECK(strlen(json) == length && strstr(json, name), "%s: %s", name, json);
}

static struct opcua_client *connect_to(const char *where, struct opcua_error *why)
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

    CHECK(opcua_read(client, items, 3, values, &error), "%s", error.message);
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
    CHECK(opcua_read_value(client, "i=2255", &value, &error), "%s", error.message);
    CHECK(value.is_array && value.length >= 2 &&
              strcmp(value.items[0].text.data, "http://opcfoundation.org/UA/") == 0,
          "NamespaceArray");
    opcua_value_clear(&value);
    CHECK(!opcua_read_value(client, "i=999999", &value, &error), "a node that is not there");
    CHECK(error.source == OPCUA_SOURCE_SERVER && error.status == 0x80340000u &&
              strcmp(error.object, "i=999999") == 0,
          "%d 0x%x %s", error.source, (unsigned)error.status, error.object);
    CHECK(!opcua_read_text(client, "i=2259", &text, &error) && error.source == OPCUA_SOURCE_HERE,
          "a number is no text");
}

static void standard_structures(void)
{
    struct opcua_value value = {0};
    const struct opcua_value *build, *name;

    CHECK(opcua_read_value(client, "i=2256", &value, &error), "%s", error.message);
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
    other = check_connect(socket_path, url, &options, &error);
    CHECK(other, "%s", error.message);
    if (!other)
        return;
    is_cancelled = true;
    CHECK(!opcua_read_double(other, "i=2259", &number, &error), "broken off");
    CHECK(error.source == OPCUA_SOURCE_HERE && strcmp(error.kind, "Cancelled") == 0, "%s",
          error.message);
    is_cancelled = false;
    CHECK(opcua_read_double(other, "i=2259", &number, &error), "goes on: %s", error.message);
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
        error = (struct opcua_error){0};
        CHECK(!opcua_write_value(client, "i=2258", &value, &error) &&
                  strstr(error.message, "does not hold together"),
              "%d: %s", i, error.message);
        CHECK(!opcua_write(client, &item, 1, &status, &error), "%d", i);
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
        CHECK(!opcua_client_new("opc.tcp://h:1", &options, &error) &&
                  strcmp(error.object, "timeout") == 0,
              "%g: %s", timeouts[i], error.message);
    }
}

static void wrong_arguments(void)
{
    char deep[2001] = "";
    struct opcua_value value;
    char *json = NULL;
    size_t length;

    CHECK(!opcua_read_value(client, "ns=x;i=1", &value, &error) &&
              strcmp(error.kind, "InvalidNodeIdException") == 0,
          "%s %s", error.kind, error.message);
    CHECK(!opcua_read_value(client, NULL, &value, &error), "NULL is no node");
    CHECK(!opcua_query(client, "read", "[\"i=2258\"", &json, &error) &&
              error.source == OPCUA_SOURCE_HERE,
          "%s", error.message);
    memset(deep, '[', 1000);
    memset(deep + 1000, ']', 1000);
    CHECK(!opcua_query(client, "read", deep, &json, &error) && strstr(error.message, "490 levels"),
          "%s", error.message);
    length = (size_t)snprintf(deep, sizeof(deep), "[\"[[{\\\"[[\"");
    for (int i = 0; i < 600; i++, length += 3)
        memcpy(deep + length, ",[]", 3);
    memcpy(deep + length, "]", 2); /* long, but not deep */
    CHECK(!opcua_query(client, "read", deep, &json, &error) && !strstr(error.message, "levels"),
          "%s", error.message);
    CHECK(!opcua_command(client, "ping", "{\"id\":1000000}", &json, &error) &&
              strcmp(error.object, "id") == 0,
          "%s", error.message);
    CHECK(!opcua_query(client, "nonsense", "[]", &json, &error) &&
              strcmp(error.kind, "forbidden_method") == 0,
          "%s", error.kind);
    CHECK(!opcua_read(client, NULL, 0, NULL, &error), "nothing to read");
    CHECK(opcua_query(client, "getConnectionState", "[]", &json, &error) &&
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

    CHECK(opcua_browse(client, "i=85", NULL, &references, &count, &error), "%s", error.message);
    for (size_t i = 0; i < count; i++)
        servers += strcmp(references[i].node, "i=2253") == 0;
    CHECK(servers == 1, "%zu of %zu", servers, count);
    opcua_references_free(references, count);
    references = NULL;
    count = 0;
    CHECK(opcua_browse(client, "i=84", &tree, &references, &count, &error), "%s", error.message);
    for (size_t i = 0; i < count; i++)
        below += references[i].depth == 1;
    CHECK(below > 0 && references && references[0].depth == 0, "%zu of %zu", below, count);
    opcua_references_free(references, count);
    CHECK(opcua_resolve(client, "/Objects/Server/ServerStatus", &node, &error) &&
              strcmp(node, "i=2256") == 0,
          "%s", node);
    free(node);
    CHECK(!opcua_resolve(client, "/Objects/Nowhere", &node, &error) &&
              error.source == OPCUA_SOURCE_SERVER,
          "%s", error.message);
}

static void offers(void)
{
    struct opcua_endpoint *endpoints = NULL;
    bool unsecured = false;
    size_t count = 0;

    CHECK(opcua_endpoints(client, &endpoints, &count, &error) && count > 0, "%s", error.message);
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

/* Runs the client as any loop would. */
static bool run_until(int *count, int least, double seconds)
{
    time_t end = time(NULL) + (time_t)seconds;

    while (*count < least && time(NULL) < end) {
        struct pollfd ready = {.fd = opcua_fd(client), .events = opcua_events(client)};
        int timeout = opcua_timeout(client);

        poll(&ready, 1, timeout < 0 || timeout > 200 ? 200 : timeout);
        if (opcua_process(client, &error) < 0)
            return false;
    }
    return *count >= least;
}

static void subscribes(void)
{
    const struct opcua_subscription_options often = {.interval = 50};
    const struct opcua_item_options item_options = {.sampling = 50};
    struct opcua_subscription *subscription = opcua_subscribe(client, &often, &error);
    struct heard heard = {0};
    uint32_t item = 0;
    int before;

    CHECK(subscription, "%s", error.message);
    if (!subscription)
        return;
    CHECK(opcua_monitor(subscription, "i=2258", &item_options, 7, on_change, &heard, &item, &error),
          "%s", error.message);
    CHECK(run_until(&heard.count, 3, 30), "only %d changes: %s", heard.count, error.message);
    CHECK(heard.handle == 7 && item != 0, "handle %u, item %u", heard.handle, item);
    CHECK(!opcua_monitor(subscription, "i=2258", NULL, 7, on_change, &heard, &item, &error) &&
              error.source == OPCUA_SOURCE_HERE,
          "one handle twice: %s", error.message);
    CHECK(!opcua_monitor(subscription, "i=999999", NULL, 8, on_change, &heard, NULL, &error) &&
              error.status == 0x80340000u,
          "%s", error.message);
    CHECK(opcua_unmonitor(subscription, item, &error), "%s", error.message);
    before = heard.count;
    opcua_unsubscribe(subscription);
    run_until(&heard.count, before + 1, 1);
    CHECK(heard.count == before, "%d changes after the end", heard.count - before);
}

static void on_values(void *context, const struct opcua_error *why,
                      const struct opcua_data_value *values, size_t count)
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
    CHECK(run_until(&told, 500, 30), "%d of 500: %s", told, error.message);
}

static void on_late(void *context, const struct opcua_error *why,
                    const struct opcua_data_value *values, size_t count)
{
    int *told = context;

    (void)values;
    CHECK(why && why->source == OPCUA_SOURCE_HERE && count == 0, "%s", why ? why->message : "none");
    (*told)++;
}

static void ends(void)
{
    const struct opcua_read_item item = {.node = "i=2258"};
    struct opcua_client *second = connect_to(url, &error);
    int told = 0;

    CHECK(second, "%s", error.message);
    for (int i = 0; second && i < 10; i++)
        opcua_read_async(second, &item, 1, on_late, &told);
    opcua_client_free(second);
    CHECK(told == 10, "%d of 10 calls were told their end", told);
    CHECK(!connect_to("opc.tcp://127.0.0.1:1", &error) && error.source == OPCUA_SOURCE_NETWORK,
          "%s: %s", opcua_source_name(error.source), error.message);
    CHECK(!connect_to("opc.tcp://", &error), "a URL without host");
}

/* A client that rests for longer than its timeout is none the worse for it. */
static void rests(void)
{
    struct opcua_options options = OPCUA_OPTIONS_INIT;
    struct opcua_value value = {0};
    struct opcua_client *second;
    int before;

    options.event = on_event;
    options.force_new = true;
    options.timeout = 3;
    second = check_connect(socket_path, url, &options, &error);
    CHECK(second, "%s", error.message);
    if (!second)
        return;
    before = losses;
    poll(NULL, 0, 3500);
    CHECK(opcua_read_value(second, "i=2258", &value, &error) && losses == before, "%d losses: %s",
          losses - before, error.message);
    opcua_value_clear(&value);
    opcua_client_free(second);
}

struct retrying {
    struct opcua_client *client;
    int told;
};

/* Asks once more, and ends the client, when it is told the end. */
static void on_end(void *context, const struct opcua_error *why,
                   const struct opcua_data_value *values, size_t count)
{
    const struct opcua_read_item item = {.node = "i=2258"};
    struct retrying *retrying = context;

    (void)values;
    CHECK(why && count == 0, "an answer after the end");
    if (retrying->told++ == 0)
        opcua_read_async(retrying->client, &item, 1, on_end, retrying);
    opcua_client_free(retrying->client);
}

static void ends_twice(void)
{
    const struct opcua_read_item item = {.node = "i=2258"};
    struct retrying retrying = {.client = connect_to(url, &error)};

    CHECK(retrying.client, "%s", error.message);
    if (!retrying.client)
        return;
    opcua_read_async(retrying.client, &item, 1, on_end, &retrying);
    opcua_client_free(retrying.client);
    CHECK(retrying.told == 2, "told %d times", retrying.told);
}

/* A second open while one is under way is refused, and that is all. */
static void on_opened(void *context, const struct opcua_error *why)
{
    int *told = context;

    if (!why)
        told[0]++;
    else
        told[1] += strcmp(why->kind, "ConfigurationException") == 0;
}

static void opens_twice(void)
{
    const struct opcua_read_item item = {.node = "i=2258"};
    struct opcua_options options = OPCUA_OPTIONS_INIT;
    struct opcua_client *second, *first = client;
    static _Thread_local int told[2], read;

    options.force_new = true;
    second = check_new(socket_path, url, &options, &error);
    CHECK(second, "%s", error.message);
    if (!second)
        return;
    opcua_open_async(second, on_opened, told);
    opcua_read_async(second, &item, 1, on_values, &read);
    opcua_open_async(second, on_opened, told);
    client = second;
    CHECK(run_until(&read, 1, 30), "the call that waited for the session: %s", error.message);
    client = first;
    CHECK(told[0] == 1 && told[1] == 1, "%d opened, %d refused", told[0], told[1]);
    opcua_client_free(second);
}

struct leaving {
    struct opcua_subscription *subscription;
    int count;
};

static void on_last_change(void *context, uint32_t handle, const struct opcua_data_value *value)
{
    struct leaving *leaving = context;

    (void)handle, (void)value;
    leaving->count++;
    opcua_unsubscribe(leaving->subscription);
    opcua_unsubscribe(leaving->subscription); /* once more is nothing more */
    opcua_monitor_async(leaving->subscription, "i=2258", NULL, 9, on_last_change, NULL, NULL, NULL);
}

/* The subscription is ended from its own notification. */
static void ends_inside(void)
{
    const struct opcua_subscription_options often = {.interval = 50};
    struct leaving leaving = {.subscription = opcua_subscribe(client, &often, &error)};
    int more;

    CHECK(leaving.subscription, "%s", error.message);
    if (!leaving.subscription)
        return;
    CHECK(opcua_monitor(leaving.subscription, "i=2258", NULL, 1, on_last_change, &leaving, NULL,
                        &error),
          "%s", error.message);
    CHECK(run_until(&leaving.count, 1, 30), "no change came: %s", error.message);
    more = leaving.count;
    run_until(&leaving.count, more + 1, 1);
    CHECK(leaving.count == more, "%d changes after the end", leaving.count - more);
}

static void changes_items(void)
{
    const struct opcua_subscription_options often = {.interval = 50};
    const struct opcua_item_options slow = {.sampling = 1000, .queue = 5};
    struct opcua_subscription *subscription = opcua_subscribe(client, &often, &error);
    uint32_t items[2] = {0}, statuses[2] = {1, 1};
    struct heard heard = {0};

    CHECK(subscription, "%s", error.message);
    if (!subscription)
        return;
    for (uint32_t i = 0; i < 2; i++)
        CHECK(opcua_monitor(subscription, "i=2258", NULL, i + 1, on_change, &heard, &items[i],
                            &error),
              "%s", error.message);
    CHECK(opcua_modify(subscription, items[0], &slow, &error), "%s", error.message);
    CHECK(!opcua_modify(subscription, 999999, &slow, &error) && error.source == OPCUA_SOURCE_SERVER,
          "no such item: %s", error.message);
    CHECK(opcua_trigger(subscription, items[0], &items[1], 1, NULL, 0, statuses, &error) ||
              error.source == OPCUA_SOURCE_SERVER,
          "%s", error.message);
    CHECK(opcua_unmonitor(subscription, items[0], &error), "%s", error.message);
    CHECK(!opcua_unmonitor(subscription, items[0], &error), "twice");
    opcua_unsubscribe(subscription);
}

static _Thread_local struct opcua_client *logging;

static void on_log(void *context, int severity, const char *text)
{
    const struct opcua_read_item item = {.node = "i=2258"};
    int *told = context;

    (void)severity;
    if (!logging)
        return;
    CHECK(text[0], "an empty line");
    if (told[0]++ == 0)
        opcua_read_async(logging, &item, 1, on_late, &told[1]);
    opcua_client_free(logging);
}

/* The client is used, and ended, from its own log function. */
static void ends_while_logging(void)
{
    static _Thread_local int told[2];
    struct opcua_options options = OPCUA_OPTIONS_INIT;
    time_t end = time(NULL) + 30;

    if (strcmp(socket_path, "-") != 0)
        return; /* the daemon keeps its log */
    options.log = on_log;
    options.log_severity = 7;
    options.context = told;
    logging = check_new(socket_path, url, &options, &error);
    CHECK(logging, "%s", error.message);
    if (!logging)
        return;
    opcua_open_async(logging, NULL, NULL);
    while (time(NULL) < end) {
        struct pollfd ready = {.fd = opcua_fd(logging), .events = opcua_events(logging)};

        poll(&ready, 1, opcua_timeout(logging));
        if (opcua_process(logging, &error) < 0)
            break; /* freed */
    }
    logging = NULL;
    CHECK(told[0] > 0 && told[1] == 1, "%d lines, %d calls told", told[0], told[1]);
}

/* ---- the demo server ------------------------------------------------------------------------ */

/* Each type as scalar, array and matrix: read, through JSON and back, written and read again. */
static void round_trip(const char *form, const char *writable, enum opcua_type type)
{
    const struct opcua_write_item none = {0};
    struct opcua_value value = {0}, again = {0};
    struct opcua_write_item item = none;
    char from[96], to[96], *json;
    uint32_t status = 0;

    snprintf(from, sizeof(from), "ns=2;s=Types/%s/%s", form, opcua_type_name(type));
    snprintf(to, sizeof(to), "ns=2;s=Types/%s/%s", writable, opcua_type_name(type));
    CHECK(opcua_read_value(client, from, &value, &error), "%s: %s", from, error.message);
    if (type != OPCUA_TYPE_VARIANT || value.is_array)
        CHECK(value.type == type, "%s is %s", from, opcua_type_name(value.type));
    opcua_value_copy(&again, &value);
    CHECK(opcua_value_equal(&value, &again), "%s: a copy differs", from);
    opcua_value_clear(&again);
    json = opcua_value_to_json(&value);
    if (type < OPCUA_TYPE_STRUCTURE) {
        CHECK(opcua_value_from_json(&again, type, json, strlen(json), &error), "%s: %s", from,
              error.message);
        CHECK(opcua_value_equal(&value, &again), "%s changes on its way through JSON: %s", from,
              json);
        opcua_value_clear(&again);
        item.node = to;
        item.value = &value;
        CHECK(opcua_write(client, &item, 1, &status, &error) && status == 0, "%s: %s 0x%x", to,
              error.message, (unsigned)status);
        CHECK(opcua_read_value(client, to, &again, &error), "%s: %s", to, error.message);
        CHECK(opcua_value_equal(&value, &again), "%s is not what was written: %s", to, json);
        opcua_value_clear(&again);
    }
    free(json);
    opcua_value_clear(&value);
}

static void types(void)
{
    for (int type = OPCUA_TYPE_BOOLEAN; type <= OPCUA_TYPE_DIAGNOSTIC_INFO; type++) {
        round_trip("Scalar", "Writable", (enum opcua_type)type);
        round_trip("Array", "WritableArray", (enum opcua_type)type);
        round_trip("Matrix", "WritableMatrix", (enum opcua_type)type);
    }
}

static void writes(void)
{
    double level = 0;

    CHECK(opcua_write_double(client, "ns=2;s=Plant/Tank1/Setpoint", 42.5, &error), "%s",
          error.message);
    CHECK(opcua_read_double(client, "ns=2;s=Plant/Tank1/Setpoint", &level, &error) && level == 42.5,
          "%g", level);
    CHECK(opcua_write_int64(client, "ns=2;s=Many/0001", -5, &error), "%s", error.message);
    CHECK(!opcua_write_int64(client, "ns=2;s=Many/0001", INT64_C(1) << 40, &error) &&
              strcmp(error.kind, "EncodingException") == 0,
          "%s %s", error.kind, error.message);
    CHECK(!opcua_write_double(client, "ns=2;s=Access/ReadOnly", 1, &error) &&
              error.source == OPCUA_SOURCE_SERVER && opcua_is_bad(error.status),
          "%s", error.message);
    CHECK(opcua_write_boolean(client, "ns=2;s=Plant/Tank1/Pump", true, &error), "%s",
          error.message);
    CHECK(!opcua_write_text(client, "ns=2;s=Plant/Tank1/Pump", "perhaps", &error), "no Boolean");
}

static void calls(void)
{
    struct opcua_call_result result;
    struct opcua_value inputs[2];
    double sum = 0;

    opcua_value_init_number(&inputs[0], OPCUA_TYPE_DOUBLE, 1.5);
    opcua_value_init_number(&inputs[1], OPCUA_TYPE_DOUBLE, 2);
    CHECK(opcua_call(client, "ns=2;s=Methods", "ns=2;s=Methods/Add", inputs, 2, &result, &error),
          "%s", error.message);
    CHECK(result.status == 0 && result.output_count == 1 &&
              opcua_value_to_double(&result.outputs[0], &sum) && sum == 3.5,
          "0x%x, %g", (unsigned)result.status, sum);
    opcua_call_result_clear(&result);
    CHECK(opcua_call(client, "ns=2;s=Methods", "ns=2;s=Methods/Add", inputs, 1, &result, &error) &&
              opcua_is_bad(result.status),
          "an argument is missing: 0x%x", (unsigned)result.status);
    opcua_call_result_clear(&result);
    opcua_value_clear(&inputs[0]);
    opcua_value_clear(&inputs[1]);
}

static void on_notify(void *context, uint32_t handle, const struct opcua_value *fields,
                      size_t count)
{
    int *told = context;

    CHECK(handle == 3 && count == 6, "handle %u, %zu fields", handle, count);
    if (count != 6)
        return;
    CHECK(fields[5].type == OPCUA_TYPE_UINT16 && fields[4].type == OPCUA_TYPE_LOCALIZED_TEXT &&
              fields[0].type == OPCUA_TYPE_BYTESTRING && fields[0].items[0].text.length > 0,
          "types of the fields: %d %d %d", fields[0].type, fields[4].type, fields[5].type);
    (*told)++;
}

static void notifications(void)
{
    const struct opcua_subscription_options often = {.interval = 50};
    struct opcua_subscription *subscription = opcua_subscribe(client, &often, &error);
    struct opcua_call_result result;
    struct opcua_value inputs[2];
    int told = 0;

    CHECK(subscription, "%s", error.message);
    if (!subscription)
        return;
    CHECK(opcua_monitor_events(subscription, "i=2253", NULL, 0, 3, on_notify, &told, NULL, &error),
          "%s", error.message);
    opcua_value_init_integer(&inputs[0], OPCUA_TYPE_UINT16, 500);
    opcua_value_init_text(&inputs[1], OPCUA_TYPE_STRING, "hello", 5);
    CHECK(opcua_call(client, "ns=2;s=Events", "ns=2;s=Events/Fire", inputs, 2, &result, &error) &&
              result.status == 0,
          "%s 0x%x", error.message, (unsigned)result.status);
    opcua_call_result_clear(&result);
    CHECK(run_until(&told, 1, 30), "no event came");
    opcua_value_clear(&inputs[0]);
    opcua_value_clear(&inputs[1]);
    opcua_unsubscribe(subscription);
}

static void histories(void)
{
    struct opcua_data_value *values = NULL;
    size_t count = 0, few = 0;
    int64_t start = 0, end = 0;
    char *node = NULL;

    CHECK(opcua_resolve(client, "/Objects/2:History", &node, &error), "%s", error.message);
    free(node);
    CHECK(opcua_time_from_text("-30 days", &start) && opcua_time_from_text("now", &end), "times");
    CHECK(opcua_history(client, "ns=2;s=History/Double", 0, end, 0, &values, &count, &error) ||
              error.source == OPCUA_SOURCE_SERVER,
          "%s", error.message);
    opcua_data_values_free(values, count);
    if (count > 10) {
        CHECK(opcua_history(client, "ns=2;s=History/Double", 0, end, 10, &values, &few, &error) &&
                  few == 10,
              "%zu values, 10 asked", few);
        opcua_data_values_free(values, few);
    }
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

    client = connect_to(url, &error);
    if (!client) {
        printf("cannot connect: %s: %s\n", error.kind, error.message);
        *failed = 1;
        return NULL;
    }
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (cases[i].demo_only && !demo)
            continue;
        current = cases[i].name;
        memset(&error, 0, sizeof(error));
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
