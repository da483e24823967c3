/* SPDX-License-Identifier: MIT */
/* Clients that rest, are opened twice, and are ended: with calls under way, from inside what they
 * call. */
#include "conformance.h"

#include <poll.h>
#include <time.h>

static void on_late(void *context, const struct opcua_error *why,
                    const struct opcua_data_value *values, size_t count)
{
    int *told = context;

    (void)values;
    CHECK(why && why->source == OPCUA_SOURCE_HERE && count == 0, "%s", why ? why->message : "none");
    (*told)++;
}

void ends(void)
{
    const struct opcua_read_item item = {.node = "i=2258"};
    struct opcua_client *second = connect_to(url, &fault);
    int told = 0;

    CHECK(second, "%s", fault.message);
    for (int i = 0; second && i < 10; i++)
        opcua_read_async(second, &item, 1, on_late, &told);
    opcua_client_free(second);
    CHECK(told == 10, "%d of 10 calls were told their end", told);
    CHECK(!connect_to("opc.tcp://127.0.0.1:1", &fault) && fault.source == OPCUA_SOURCE_NETWORK,
          "%s: %s", opcua_source_name(fault.source), fault.message);
    CHECK(!connect_to("opc.tcp://", &fault), "a URL without host");
}

/* A client that rests for longer than its timeout is none the worse for it. */
void rests(void)
{
    struct opcua_options options = OPCUA_OPTIONS_INIT;
    struct opcua_value value = {0};
    struct opcua_client *second;
    int before;

    options.event = on_event;
    options.force_new = true;
    options.timeout = 6;
    second = check_connect(socket_path, url, &options, &fault);
    CHECK(second, "%s", fault.message);
    if (!second)
        return;
    before = losses;
    poll(NULL, 0, 6500);
    CHECK(opcua_read_value(second, "i=2258", &value, &fault) && losses == before, "%d losses: %s",
          losses - before, fault.message);
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

void ends_twice(void)
{
    const struct opcua_read_item item = {.node = "i=2258"};
    struct retrying retrying = {.client = connect_to(url, &fault)};

    CHECK(retrying.client, "%s", fault.message);
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

void opens_twice(void)
{
    const struct opcua_read_item item = {.node = "i=2258"};
    struct opcua_options options = OPCUA_OPTIONS_INIT;
    struct opcua_client *second, *first = client;
    static _Thread_local int told[2], read;

    options.force_new = true;
    second = check_new(socket_path, url, &options, &fault);
    CHECK(second, "%s", fault.message);
    if (!second)
        return;
    opcua_open_async(second, on_opened, told);
    opcua_read_async(second, &item, 1, on_values, &read);
    opcua_open_async(second, on_opened, told);
    client = second;
    CHECK(run_until(&read, 1, PATIENCE), "the call that waited for the session: %s", fault.message);
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
void ends_inside(void)
{
    const struct opcua_subscription_options often = {.interval = 50};
    struct leaving leaving = {.subscription = opcua_subscribe(client, &often, &fault)};
    int more;

    CHECK(leaving.subscription, "%s", fault.message);
    if (!leaving.subscription)
        return;
    CHECK(opcua_monitor(leaving.subscription, "i=2258", NULL, 1, on_last_change, &leaving, NULL,
                        &fault),
          "%s", fault.message);
    CHECK(run_until(&leaving.count, 1, PATIENCE), "no change came: %s", fault.message);
    more = leaving.count;
    run_until(&leaving.count, more + 1, 1);
    CHECK(leaving.count == more, "%d changes after the end", leaving.count - more);
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
void ends_while_logging(void)
{
    static _Thread_local int told[2];
    struct opcua_options options = OPCUA_OPTIONS_INIT;
    time_t end = time(NULL) + PATIENCE;

    if (strcmp(socket_path, "-") != 0)
        return; /* the daemon keeps its log */
    options.log = on_log;
    options.log_severity = 7;
    options.context = told;
    logging = check_new(socket_path, url, &options, &fault);
    CHECK(logging, "%s", fault.message);
    if (!logging)
        return;
    opcua_open_async(logging, NULL, NULL);
    while (time(NULL) < end) {
        struct pollfd ready = {.fd = opcua_fd(logging), .events = opcua_events(logging)};

        poll(&ready, 1, opcua_timeout(logging));
        if (opcua_process(logging, &fault) < 0)
            break; /* freed */
    }
    logging = NULL;
    CHECK(told[0] > 0 && told[1] == 1, "%d lines, %d calls told", told[0], told[1]);
}
