/* SPDX-License-Identifier: MIT */
/* Clients against a back-end that says what the test wants: answers that are late, of another
 * protocol, or no answers; and what happens inside functions called back. */
#include "client/client_internal.h"

#include "client/results_internal.h"
#include "client/stream_internal.h"
#include "testing/testing.h"
#include "util/alloc.h"

/* The end the client talks to: keeps the last line, tells those in `lines` when it is run. */
struct script {
    struct osm_back_end base;
    char *sent;
    unsigned count; /* lines that were sent */
    const char *lines[8];
    bool lost; /* the other end has gone */
};

static bool script_send(struct osm_back_end *back_end, const char *line, size_t length,
                        struct opcua_error *error)
{
    struct script *script = osm_container_of(back_end, struct script, base);

    (void)error;
    free(script->sent);
    script->sent = osm_strndup(line, length);
    script->count++;
    return true;
}

static int script_fd(const struct osm_back_end *back_end)
{
    (void)back_end;
    return -1;
}

static short script_events(const struct osm_back_end *back_end)
{
    (void)back_end;
    return 0;
}

static int script_timeout(struct osm_back_end *back_end)
{
    (void)back_end;
    return -1;
}

static bool script_process(struct osm_back_end *back_end, struct opcua_error *error)
{
    struct script *script = osm_container_of(back_end, struct script, base);

    for (size_t i = 0; i < OSM_ARRAY_SIZE(script->lines) && script->lines[i]; i++) {
        char *line = osm_strdup(script->lines[i]);

        script->lines[i] = NULL;
        script->base.user->line(script->base.user, line, strlen(line));
        free(line);
    }
    if (script->lost)
        return osm_failure(error, OPCUA_SOURCE_DAEMON, "ConnectionException", NULL, "it has gone");
    return true;
}

static void script_free(struct osm_back_end *back_end)
{
    struct script *script = osm_container_of(back_end, struct script, base);

    free(script->sent);
    script->sent = NULL;
}

static const struct osm_back_end_ops script_ops = {.send = script_send,
                                                   .fd = script_fd,
                                                   .events = script_events,
                                                   .timeout = script_timeout,
                                                   .process = script_process,
                                                   .free = script_free};

static struct script script;

/* A client whose session is open; the first call has id 1. */
static struct opcua_client *client_new(void)
{
    struct opcua_client *client = osm_alloc(sizeof(*client));

    script = (struct script){.base = {&script_ops, &client->user}};
    client->back_end = &script.base;
    client->user.line = osm_client_line;
    client->url = osm_strdup("opc.tcp://plant:4840");
    client->config = osm_strdup("{}");
    client->keep = true; /* nobody answers a goodbye */
    opcua_client_adopt(client, "0123456789abcdef0123456789abcdef");
    return client;
}

static struct opcua_error last;
static int told;

static void on_done(void *context, const struct opcua_error *error)
{
    (void)context;
    told++;
    last = error ? *error : (struct opcua_error){0};
}

static void run(struct opcua_client *client, const char *line)
{
    script.lines[0] = line;
    assert_int_equal(opcua_process(client, NULL), 0);
}

/* ---- opening -------------------------------------------------------------------------- */

static void test_second_open(void **state)
{
    struct opcua_client *client = client_new();

    (void)state;
    client->state = OSM_CLIENT_NEW;
    free(osm_steal(client->session_id));
    opcua_open_async(client, on_done, NULL);
    opcua_forget_async(client, NULL, on_done, NULL);
    told = 0;
    opcua_open_async(client, on_done, NULL);
    run(client, NULL);
    assert_int_equal(told, 1); /* the second open, not what waits for the first */
    assert_string_equal(last.kind, "ConfigurationException");
    assert_int_equal(script.count, 1);
    run(client, "{\"id\":1,\"success\":true,\"data\":{\"sessionId\":\"ab\"}}");
    assert_int_equal(told, 2);
    assert_int_equal(last.source, OPCUA_SOURCE_NONE);
    assert_non_null(strstr(script.sent, "flushCache"));
    opcua_client_free(client);
}

static void test_adopt_is_for_the_beginning(void **state)
{
    struct opcua_client *client = client_new();

    (void)state;
    opcua_client_adopt(client, "ffffffffffffffffffffffffffffffff");
    assert_string_equal(opcua_session_id(client), "0123456789abcdef0123456789abcdef");
    opcua_client_adopt(NULL, "ab");
    opcua_client_free(client);
}

/* ---- subscriptions -------------------------------------------------------------------- */

static struct opcua_subscription *made;

static void on_subscription(void *context, const struct opcua_error *error,
                            struct opcua_subscription *subscription)
{
    (void)context;
    assert_null(error);
    made = subscription;
}

static void on_change(void *context, uint32_t handle, const struct opcua_data_value *value)
{
    (void)value, (void)context;
    assert_int_equal(handle, 7);
    told++;
    opcua_unsubscribe(made);
    opcua_unsubscribe(made);
    opcua_monitor_async(made, "i=1", NULL, 8, on_change, NULL, NULL, NULL);
}

/* It is freed when the function has returned, not with the client. */
static void test_ended_inside(void **state)
{
    struct opcua_client *client = client_new();

    (void)state;
    opcua_subscribe_async(client, NULL, on_subscription, NULL);
    run(client, "{\"id\":2,\"success\":true,\"data\":{\"subscriptionId\":5}}");
    assert_int_equal(opcua_subscription_id(made), 5);
    opcua_monitor_async(made, "i=1", NULL, 7, on_change, NULL, NULL, NULL);
    run(client, "{\"id\":3,\"success\":true,\"data\":[{\"statusCode\":0,\"monitoredItemId\":1}]}");
    told = 0;
    script.lines[1] =
        "{\"event\":\"DataChangeReceived\",\"subscriptionId\":5,\"clientHandle\":7,\"dataValue\":"
        "{\"value\":2,\"type\":6,\"dimensions\":null,\"statusCode\":0,\"sourceTimestamp\":null,"
        "\"serverTimestamp\":null}}";
    run(client, script.lines[1]);
    assert_int_equal(told, 1); /* the second came after its end */
    assert_null(client->subscriptions);
    assert_false(client->all_deleted); /* its end would be waited for */
    run(client, "{\"id\":4,\"success\":true,\"data\":0}");
    assert_true(client->all_deleted);
    opcua_client_free(client);
}

/* ---- the end ---------------------------------------------------------------------------- */

static void on_end(void *context, const struct opcua_error *error)
{
    on_done(NULL, error);
    if (told == 1) {
        opcua_forget_async(context, NULL, on_done, NULL);
        opcua_forget_async(context, "i=1", on_done, NULL);
    }
}

/* Who asks again when told the end is refused, also while the server is told goodbye. */
static void test_asked_at_the_end(void **state)
{
    struct opcua_client *client = client_new();

    (void)state;
    client->keep = false;
    told = 0;
    opcua_forget_async(client, NULL, on_end, client);
    script.lines[0] = "{\"id\":2,\"success\":true,\"data\":null}";
    script.lines[1] = "{\"id\":3,\"success\":true,\"data\":null}";
    script.lines[2] = "{\"id\":4,\"success\":true,\"data\":null}";
    opcua_client_free(client);
    assert_int_equal(told, 3);
    assert_int_equal(script.count, 2); /* the first call and the goodbye */
    assert_string_equal(last.message, "The client has been closed");
}

/* ---- answers that are not as they should be -------------------------------------------- */

static void ask_everything(struct opcua_client *client)
{
    static const char *const fields[] = {"Message"};
    const struct opcua_read_item item = {.node = "i=1"};
    struct opcua_value value = {0};
    const struct opcua_data_value data = {0};
    const struct opcua_text id = {0};
    const int64_t time = 1;
    const struct opcua_new_node node = {.browse_name = "1:x"};
    const struct opcua_new_reference reference = {0};
    const char *nodes[] = {"i=1"};

    opcua_read_async(client, &item, 1, NULL, NULL);
    opcua_browse_async(client, "i=1", NULL, NULL, NULL);
    opcua_resolve_async(client, "/a", NULL, NULL);
    opcua_call_async(client, "i=1", "i=2", &value, 1, NULL, NULL);
    opcua_history_async(client, "i=1", 0, 0, 0, NULL, NULL);
    opcua_history_at_async(client, "i=1", &time, 1, NULL, NULL);
    opcua_history_update_async(client, "i=1", OPCUA_INSERT, &data, 1, NULL, NULL);
    opcua_history_delete_async(client, "i=1", 1, 2, false, NULL, NULL);
    opcua_history_delete_at_async(client, "i=1", &time, 1, NULL, NULL);
    opcua_history_update_events_async(client, "i=1", OPCUA_UPDATE, fields, 1, &value, 1, NULL,
                                      NULL);
    opcua_history_delete_events_async(client, "i=1", &id, 1, NULL, NULL);
    opcua_aggregate_async(client, &data, 1, 1, 2, 0, "count", NULL, NULL);
    opcua_history_aggregate_async(client, "i=1", 1, 2, 0, "count", NULL, NULL);
    opcua_add_nodes_async(client, &node, 1, NULL, NULL);
    opcua_delete_nodes_async(client, nodes, 1, false, NULL, NULL);
    opcua_add_references_async(client, &reference, 1, NULL, NULL);
    opcua_delete_references_async(client, &reference, 1, false, NULL, NULL);
    opcua_endpoints_async(client, NULL, NULL);
    opcua_build_async(client, NULL, NULL);
    opcua_discover_types_async(client, NULL, NULL);
    opcua_connection_state_async(client, NULL, NULL);
    opcua_file_read_async(client, "i=1", 10, NULL, NULL);
    opcua_file_write_async(client, "i=1", "x", 1, NULL, NULL);
    opcua_file_get_async(client, "i=1", 1, 2, NULL, NULL);
    opcua_file_create_async(client, "i=1", "x", false, NULL, NULL);
    opcua_file_move_async(client, "i=1", "i=2", "i=3", true, "x", NULL, NULL);
    opcua_subscribe_async(client, NULL, NULL, NULL);
}

/* A daemon of another time: every call is told that the answer is none, and nothing more happens.
 */
static void test_strange_answers(void **state)
{
    static const char *const answers[] = {
        ",\"success\":true",
        ",\"success\":true,\"data\":null",
        ",\"success\":true,\"data\":\"yes\"",
        ",\"success\":true,\"data\":{\"data\":{}}",
        ",\"success\":true,\"data\":[1,\"2\",{},[]]",
        ",\"success\":true,\"data\":{\"data\":[null]}",
        "",
        ",\"error\":{\"type\":5}",
    };
    struct opcua_client *client = client_new();
    char line[200];

    (void)state;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(answers); i++) {
        uint64_t first = client->next_id + 1;

        ask_everything(client);
        while (first <= client->next_id) {
            snprintf(line, sizeof(line), "{\"id\":%u%s}", (unsigned)first++, answers[i]);
            run(client, line);
        }
        assert_null(client->calls);
    }
    assert_true(client->state == OSM_CLIENT_OPEN);
    opcua_client_free(client);
}

static void test_lines_that_are_none(void **state)
{
    static const char *const lines[] = {"", "x", "[]", "{}", "{\"id\":\"1\"}", "null"};

    (void)state;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(lines); i++) {
        struct opcua_client *client = client_new();
        struct opcua_error error = {0};

        client->managed = true;
        told = 0;
        opcua_forget_async(client, NULL, on_done, NULL);
        script.lines[0] = lines[i];
        assert_int_equal(opcua_process(client, &error), -1);
        assert_int_equal(told, 1);
        assert_int_equal(last.source == OPCUA_SOURCE_NONE, false);
        opcua_forget_async(client, NULL, on_done, NULL);
        assert_int_equal(opcua_process(client, &error), -1);
        assert_int_equal(told, 2); /* and so is everything from then on */
        opcua_client_free(client);
    }
}

static void test_events_of_nobody(void **state)
{
    struct opcua_client *client = client_new();

    (void)state;
    run(client, "{\"event\":5}");
    run(client, "{\"event\":\"DataChangeReceived\"}");
    run(client, "{\"event\":\"DataChangeReceived\",\"subscriptionId\":-1,\"clientHandle\":\"x\"}");
    run(client, "{\"event\":\"EventNotificationReceived\",\"subscriptionId\":1}");
    run(client, "{\"event\":\"of another time\"}");
    run(client, "{\"id\":77,\"success\":true,\"data\":1}");
    assert_true(client->state == OSM_CLIENT_OPEN);
    opcua_client_free(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_second_open),      cmocka_unit_test(test_adopt_is_for_the_beginning),
        cmocka_unit_test(test_ended_inside),     cmocka_unit_test(test_asked_at_the_end),
        cmocka_unit_test(test_strange_answers),  cmocka_unit_test(test_lines_that_are_none),
        cmocka_unit_test(test_events_of_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
