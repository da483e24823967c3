/* SPDX-License-Identifier: MIT */
/* Replies in pieces, here of one session each, and what is wanted of all sessions. */
#include "serve/command/walk.h"
#include "testing/testing_command.h"

#define SESSIONS 4
#define MANY 100 /* turns, enough for any reply here */

static struct osm_session *sessions[SESSIONS];

static int setup(void **state)
{
    int r = test_setup(state);

    for (size_t i = 0; r == 0 && i < SESSIONS; i++)
        sessions[i] = test_session_open(*state, "{}");
    test_recycle(*state);
    osm_walk_piece = 0;
    return r;
}

static int teardown(void **state)
{
    osm_walk_piece = 4000;
    return test_teardown(state);
}

/* The sessions a reply tells of. */
static size_t told(const struct test_request *test)
{
    const char *reply = test->reply ? test->reply : "";
    yyjson_doc *doc = yyjson_read(reply, strlen(reply), YYJSON_READ_NOFLAG);
    yyjson_val *data = yyjson_obj_get(yyjson_doc_get_root(doc), "data");
    yyjson_val *count = yyjson_obj_get(data, "count");
    size_t size = yyjson_arr_size(yyjson_obj_get(data, "sessions"));

    assert_non_null(data);
    if (count)
        assert_int_equal(yyjson_get_uint(count), size);
    yyjson_doc_free(doc);
    return size;
}

static void expect(struct test_world *world, const char *request, size_t size)
{
    struct test_request *test = test_request_parse(world, request);

    osm_command_dispatch(world->manager, &test->request);
    test_advance(world, MANY);
    assert_non_null(test->reply);
    if (told(test) != size)
        fail_msg("%s: %s", request, test->reply);
}

static bool has_told(const struct test_request *test, size_t session)
{
    const struct osm_buf *out = &test->request.out;

    return memmem(out->data, out->length, osm_session_id(sessions[session]), OSM_SESSION_ID_LENGTH);
}

/* A reply that has told of the first session, and of no other. */
static struct test_request *begun(struct test_world *world, const char *request)
{
    struct test_request *test = test_request_parse(world, request);

    osm_command_dispatch(world->manager, &test->request);
    while (!has_told(test, 0))
        assert_true(test_loop_fire(&world->loop, world->loop.now + 1));
    assert_false(has_told(test, 1));
    return test;
}

static void test_pieces(void **state)
{
    struct test_world *world = *state;
    struct test_request *test = begun(world, "{'command':'list'}");

    for (size_t i = 0; i < SESSIONS; i++) {
        assert_null(test->reply);
        assert_true(test_loop_fire(&world->loop, world->loop.now + 1));
    }
    assert_int_equal(told(test), SESSIONS);
    expect(world, "{'command':'status'}", SESSIONS);
}

static void test_sessions_that_go_meanwhile(void **state)
{
    struct test_world *world = *state;
    struct test_request *test = begun(world, "{'command':'list'}");

    osm_session_free(sessions[1]); /* the next one */
    osm_session_free(sessions[0]); /* has been told */
    osm_session_free(sessions[3]);
    test_advance(world, MANY);
    assert_int_equal(told(test), 2);
}

/* It is in another list now, which is still to come. */
static void test_a_session_that_begins_to_close(void **state)
{
    struct test_world *world = *state;
    struct test_request *test;

    world->server.hold_close = true;
    osm_session_close(sessions[3], 5000, NULL, NULL);
    test = begun(world, "{'command':'status'}");
    osm_session_close(sessions[0], 5000, NULL, NULL); /* has been told */
    test_advance(world, MANY);
    assert_int_equal(told(test), SESSIONS);
}

/* However many ask at once, their pieces together take no more of a turn than one would. */
static void test_many_share_a_turn(void **state)
{
    struct test_world *world = *state;
    struct test_request *test = test_request_parse(world, "{'command':'list'}");

    osm_walk_piece = 1000000;
    for (size_t i = 0; i < osm_walk_piece; i++)
        osm_registry_work_begin(world->manager);
    osm_command_dispatch(world->manager, &test->request);
    assert_null(test->reply);
    for (size_t i = 0; i < osm_walk_piece; i++)
        assert_true(osm_registry_work_end(world->manager));
    test_advance(world, MANY);
    assert_int_equal(told(test), SESSIONS);
}

static void test_the_end_of_the_manager(void **state)
{
    struct test_world *world = *state;
    struct test_request *test = test_request_parse(world, "{'command':'status'}");

    osm_command_dispatch(world->manager, &test->request);
    world->manager = osm_manager_free(world->manager);
    while (!test->reply)
        assert_true(test_loop_fire(&world->loop, world->loop.now + 1));
    test_fault_is(test, "ConnectionException", "The daemon is shutting down");
}

static void test_filters(void **state)
{
    struct test_world *world = *state;
    char text[120];

    (void)snprintf(text, sizeof(text), "{'command':'list','filter':{'session':'%s'}}",
                   osm_session_id(sessions[2]));
    expect(world, text, 1);
    expect(world, "{'command':'list','filter':{}}", SESSIONS);
    expect(world, "{'command':'list','filter':null}", SESSIONS);
    expect(world, "{'command':'list','filter':{'name':'plant'}}", SESSIONS);
    expect(world, "{'command':'list','filter':{'name':'elsewhere'}}", 0);
    expect(world, "{'command':'status','filter':{'state':'active'}}", SESSIONS);
    expect(world, "{'command':'status','filter':{'state':'degraded'}}", 0);
    expect(world, "{'command':'status','filter':{'state':'failed','name':'plant'}}", 0);
}

static void test_members(void **state)
{
    struct test_request *test =
        test_ask(*state, "{'command':'status','filter':{'members':['ready','reasons',1]}}");

    test_advance(*state, MANY);
    test_data_is(test, "{'ready':true,'reasons':[]}");
}

static void test_filters_that_are_none(void **state)
{
    static const char *const filters[] = {
        "1", "[]", "{'x':1}", "{'session':1}", "{'state':'well'}", "{'members':'ready'}"};
    char text[120];

    for (size_t i = 0; i < OSM_ARRAY_SIZE(filters); i++) {
        struct test_request *test;

        (void)snprintf(text, sizeof(text), "{'command':'list','filter':%s}", filters[i]);
        test = test_ask(*state, text);
        assert_non_null(strstr(test->reply, "\"invalid_argument\",\"message\":\"filter: "));
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_pieces),
        TEST(test_sessions_that_go_meanwhile),
        TEST(test_a_session_that_begins_to_close),
        TEST(test_many_share_a_turn),
        TEST(test_the_end_of_the_manager),
        TEST(test_filters),
        TEST(test_members),
        TEST(test_filters_that_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
