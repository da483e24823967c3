/* SPDX-License-Identifier: MIT */
/*
 * What a daemon may send to the library: lines, while a call of every family waits for its answer
 * (ids 1 to CALLS) and a subscription for notifications. Whatever comes, each call is told once.
 */
#include <stdlib.h>
#include <string.h>

#include "client/client_internal.h"
#include "fuzz.h"
#include "util/alloc.h"

static unsigned told, expected;

static bool fake_send(struct osm_back_end *back_end, const char *line, size_t length,
                      struct opcua_error *error)
{
    (void)back_end, (void)line, (void)length, (void)error;
    return true;
}

static const struct osm_back_end_ops fake_ops = {.send = fake_send};

static void on_json(void *context, const struct opcua_error *error, const char *json, size_t length)
{
    (void)context;
    osm_assert(!error == !!json && (error || strlen(json) == length));
    told++;
}

static void on_values(void *context, const struct opcua_error *error,
                      const struct opcua_data_value *values, size_t count)
{
    (void)context;
    for (size_t i = 0; !error && i < count; i++) {
        char *json = opcua_data_value_to_json(&values[i]);

        osm_assert(opcua_value_equal(&values[i].value, &values[i].value));
        free(json);
    }
    told++;
}

static void on_statuses(void *context, const struct opcua_error *error, const uint32_t *statuses,
                        size_t count)
{
    (void)context;
    osm_assert(error || (statuses && count == 1));
    told++;
}

static void on_references(void *context, const struct opcua_error *error,
                          const struct opcua_reference *references, size_t count)
{
    (void)context;
    for (size_t i = 0; !error && i < count; i++)
        osm_assert(references[i].node && references[i].browse_name);
    told++;
}

static void on_text(void *context, const struct opcua_error *error, const char *text)
{
    (void)context;
    osm_assert(!error == !!text);
    told++;
}

static void on_result(void *context, const struct opcua_error *error,
                      const struct opcua_call_result *result)
{
    (void)context;
    osm_assert(!error == !!result);
    told++;
}

static void on_change(void *context, uint32_t handle, const struct opcua_data_value *value)
{
    (void)context;
    osm_assert(handle == 1 && value);
}

static void on_notify(void *context, uint32_t handle, const struct opcua_value *fields,
                      size_t count)
{
    (void)context, (void)fields, (void)count;
    osm_assert(handle == 2);
}

static void on_item(void *context, const struct opcua_error *error, uint32_t item)
{
    (void)context, (void)error, (void)item;
    told++;
}

static void on_subscribed(void *context, const struct opcua_error *error,
                          struct opcua_subscription *subscription)
{
    (void)context;
    told++;
    if (error)
        return;
    expected += 2;
    opcua_monitor_async(subscription, "i=1", NULL, 1, on_change, NULL, on_item, NULL);
    opcua_monitor_events_async(subscription, "i=1", NULL, 0, 2, on_notify, NULL, on_item, NULL);
}

static void ask_everything(struct opcua_client *client)
{
    static const struct opcua_browse_options tree = {.depth = 3};
    const struct opcua_read_item read = {.node = "i=1"};
    struct opcua_value value;
    const struct opcua_write_item write = {.node = "i=1", .value = &value};

    opcua_value_init_boolean(&value, true);
    opcua_read_async(client, &read, 1, on_values, NULL);
    opcua_history_async(client, "i=1", 0, 0, 0, on_values, NULL);
    opcua_write_async(client, &write, 1, on_statuses, NULL);
    opcua_browse_async(client, "i=1", NULL, on_references, NULL);
    opcua_browse_async(client, "i=1", &tree, on_references, NULL);
    opcua_resolve_async(client, "/x", on_text, NULL);
    opcua_call_async(client, "i=1", "i=2", &value, 1, on_result, NULL);
    opcua_query_async(client, "read", "[]", on_json, NULL);
    opcua_subscribe_async(client, NULL, on_subscribed, NULL);
    opcua_value_clear(&value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct osm_back_end back_end = {.ops = &fake_ops};
    struct opcua_client client = {.user.line = osm_client_line,
                                  .back_end = &back_end,
                                  .managed = true,
                                  .state = OSM_CLIENT_OPEN};
    const struct opcua_error end = {.source = OPCUA_SOURCE_HERE};
    char *text = osm_strndup((const char *)data, size), *line = text, *next;

    told = 0;
    expected = 9;
    ask_everything(&client);
    for (; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        osm_client_line(&client.user, line, strlen(line));
    }
    osm_calls_fail(&client, &end, true);
    osm_assert(told == expected);
    osm_stream_free_subscriptions(&client);
    free(text);
    return 0;
}
