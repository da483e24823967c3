/* SPDX-License-Identifier: MIT */
/* status: what it says of the daemon and of sessions in each state, and what it never says. */
#include "core/manager/counters.h"
#include "serve/command/status.h"
#include "testing/testing_command.h"
#include "testing/testing_contract.h"

/* The reply to status, parsed; to be freed. */
static yyjson_doc *status(struct test_world *world)
{
    struct test_request *test = test_ask(world, "{'command':'status'}");
    yyjson_doc *doc;

    assert_non_null(test->reply);
    doc = yyjson_read(test->reply, strlen(test->reply), YYJSON_READ_NOFLAG);
    assert_non_null(doc);
    assert_true(yyjson_get_bool(yyjson_obj_get(yyjson_doc_get_root(doc), "success")));
    return doc;
}

static yyjson_val *at(yyjson_doc *doc, const char *pointer)
{
    char *path = osm_printf("/data%s", pointer);
    yyjson_val *value = yyjson_doc_ptr_get(doc, path);

    if (!value)
        fail_msg("no %s", path);
    free(path);
    return value;
}

static void text_is(yyjson_doc *doc, const char *pointer, const char *expected)
{
    assert_string_equal(yyjson_get_str(at(doc, pointer)), expected);
}

static void number_is(yyjson_doc *doc, const char *pointer, int64_t expected)
{
    assert_int_equal(yyjson_get_sint(at(doc, pointer)), expected);
}

static void test_the_daemon(void **state)
{
    struct test_world *world = *state;
    yyjson_doc *doc;

    test_advance(world, 12500);
    doc = status(world);
    text_is(doc, "/version", OSM_VERSION);
    assert_true(yyjson_get_real(at(doc, "/uptime")) == 12.5);
    number_is(doc, "/limits/maxSessions", 100);
    number_is(doc, "/limits/timeout", 600);
    number_is(doc, "/counters/sessions/active", 0);
    assert_int_equal(yyjson_arr_size(at(doc, "/sessions")), 0);
    assert_int_equal(yyjson_arr_size(at(doc, "/sinks")), 0);
    yyjson_doc_free(doc);
}

static void test_states(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    yyjson_doc *doc = status(world);

    text_is(doc, "/sessions/0/id", osm_session_id(session));
    text_is(doc, "/sessions/0/endpointUrl", TEST_URL);
    text_is(doc, "/sessions/0/state", "active");
    text_is(doc, "/sessions/0/reason", "connected");
    assert_true(yyjson_is_real(at(doc, "/sessions/0/lastKeepAlive")));
    number_is(doc, "/sessions/0/roundTrip", 0);
    number_is(doc, "/counters/sessions/active", 1);
    number_is(doc, "/counters/sessions/opened", 1);
    yyjson_doc_free(doc);
    test_lose_now(world, session);
    doc = status(world);
    text_is(doc, "/sessions/0/state", "failed");
    text_is(doc, "/sessions/0/reason", "Connection closed by remote");
    number_is(doc, "/counters/sessions/losses", 1);
    yyjson_doc_free(doc);
}

static void test_since(void **state)
{
    struct test_world *world = *state;
    double before = world->loop.wall;
    yyjson_doc *doc;

    test_open(world, "{}");
    test_advance(world, 3000);
    doc = status(world);
    assert_true(yyjson_get_real(at(doc, "/sessions/0/since")) < before + 1.0);
    assert_true(yyjson_get_real(at(doc, "/time")) >= before + 3.0);
    yyjson_doc_free(doc);
}

/* Sessions no caller knows yet are shown as well: they are what an operator looks for. */
static void test_a_session_that_is_connecting(void **state)
{
    struct test_world *world = *state;
    struct test_request *open;
    yyjson_doc *doc;

    world->server.hold_connect = true;
    open = test_ask(world, "{'command':'open','endpointUrl':'" TEST_URL "'}");
    doc = status(world);
    text_is(doc, "/sessions/0/state", "connecting");
    assert_true(yyjson_is_null(at(doc, "/sessions/0/lastKeepAlive")));
    assert_true(yyjson_is_null(at(doc, "/sessions/0/roundTrip")));
    number_is(doc, "/counters/sessions/connecting", 1);
    yyjson_doc_free(doc);
    test_server_connect(world->server.conns);
    test_turn(world);
    assert_non_null(open->reply);
}

static void test_requests(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    yyjson_doc *doc;

    (void)test_query(world, session, "read", "[{'ns':1,'id':1,'type':'numeric'}]");
    doc = status(world);
    number_is(doc, "/sessions/0/requests/running", 1);
    number_is(doc, "/sessions/0/requests/waiting", 0);
    yyjson_doc_free(doc);
}

static void test_no_secret(void **state)
{
    struct test_world *world = *state;
    struct test_request *test;

    test_open(world, "{'username':'nobody-knows','password':'geheim'}");
    test = test_ask(world, "{'command':'status'}");
    assert_null(strstr(test->reply, "geheim"));
    assert_null(strstr(test->reply, "nobody-knows"));
}

static const void *look_at_it(void *context)
{
    return context;
}

/* What a part registers is shown by its table alone. */
static void test_any_part_may_count(void **state)
{
    static const struct {
        uint64_t dropped, waiting;
    } values = {7, 3};
    static const struct osm_counter rows[] = {
        {"dropped", "things dropped", OSM_COUNTER, 0},
        {"waiting", "things waiting", OSM_GAUGE, sizeof(uint64_t)},
    };
    static struct osm_counter_group group = {
        .name = "part", .rows = rows, .size = OSM_ARRAY_SIZE(rows)};
    struct test_world *world = *state;
    yyjson_doc *doc;

    group.look = look_at_it;
    group.context = (void *)(uintptr_t)&values;
    osm_counters_register(osm_manager_counters(world->manager), &group);
    doc = status(world);
    number_is(doc, "/counters/part/dropped", 7);
    number_is(doc, "/counters/part/waiting", 3);
    yyjson_doc_free(doc);
}

static void next_key_is(void *context, const char *key, const char *meaning)
{
    yyjson_obj_iter *keys = context;

    assert_true(*meaning);
    assert_string_equal(yyjson_get_str(yyjson_obj_iter_next(keys)), key);
}

/* What is told is what the tables say, in their order. */
static void test_members(void **state)
{
    yyjson_obj_iter keys;
    yyjson_doc *doc;

    test_open(*state, "{}");
    doc = status(*state);
    keys = yyjson_obj_iter_with(at(doc, ""));
    for (const struct osm_status_member *member = osm_status_members; member->key; member++)
        next_key_is(&keys, member->key, member->meaning);
    assert_false(yyjson_obj_iter_has_next(&keys));
    keys = yyjson_obj_iter_with(at(doc, "/sessions/0"));
    osm_status_each_of_session(next_key_is, &keys);
    assert_false(yyjson_obj_iter_has_next(&keys));
    yyjson_doc_free(doc);
}

static bool is_state(const char *name)
{
    for (int i = 0; i < OSM_SESSION_STATE_COUNT_; i++)
        if (strcmp(osm_session_state_name((enum osm_session_state)i), name) == 0)
            return true;
    return strcmp(name, "degraded") == 0;
}

/* extensions.md §5: "… per session, state (`connecting active …`), …" */
static void test_states_of_the_contract(void **state)
{
    char *section = test_contract_section("extensions.md", "## 5.");
    char *line = test_contract_line(section, "per session, state ("), words[256], name[64];
    const char *at = line, *word = words;
    unsigned count = 0;

    (void)state;
    assert_true(test_contract_code(&at, words, sizeof(words)));
    for (; test_contract_word(&word, name, sizeof(name)); count++)
        assert_true(is_state(name));
    assert_int_equal(count, OSM_SESSION_STATE_COUNT_ + 1);
    free(line);
    free(section);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_in_world(test_the_daemon),
        test_in_world(test_states),
        test_in_world(test_since),
        test_in_world(test_a_session_that_is_connecting),
        test_in_world(test_requests),
        test_in_world(test_no_secret),
        test_in_world(test_any_part_may_count),
        test_in_world(test_members),
        test_in_world(test_states_of_the_contract),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
