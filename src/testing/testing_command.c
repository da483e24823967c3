/* SPDX-License-Identifier: MIT */
/* Whole requests on the hand-turned world (testing_command.h). */
#include "testing/testing_command.h"

struct test_request *test_dispatch(struct test_world *world, const char *text)
{
    struct test_request *test = test_request_parse(world, text);

    osm_command_dispatch(world->manager, &test->request);
    test_recycle(world);
    return test;
}

struct test_request *test_ask(struct test_world *world, const char *text)
{
    struct test_request *test = test_dispatch(world, text);

    test_turn(world);
    return test;
}

struct test_request *test_ask_format(struct test_world *world, const char *format, ...)
{
    struct test_request *test;
    char *text = NULL;
    va_list args;

    va_start(args, format);
    assert_true(vasprintf(&text, format, args) >= 0);
    va_end(args);
    test = test_ask(world, text);
    free(text);
    return test;
}

struct osm_session *test_opened(struct test_world *world, const struct test_request *test)
{
    static const char prefix[] = "{\"success\":true,\"data\":{\"sessionId\":\"";
    struct osm_session *session = NULL;

    assert_non_null(test->reply);
    if (test->reply && strncmp(test->reply, prefix, sizeof(prefix) - 1) == 0)
        session = osm_registry_get(world->manager, test->reply + sizeof(prefix) - 1,
                                   OSM_SESSION_ID_LENGTH);
    if (!session) {
        fail_msg("no session: %s", test->reply);
        abort(); /* not reached; the compiler does not know */
    }
    return session;
}

struct osm_session *test_open(struct test_world *world, const char *config)
{
    return test_opened(world, test_ask_format(world,
                                              "{'command':'open','endpointUrl':'" TEST_URL
                                              "','config':%s,'forceNew':true}",
                                              config));
}

struct test_request *test_query(struct test_world *world, const struct osm_session *session,
                                const char *method, const char *params)
{
    return test_ask_format(world, "{'command':'query','sessionId':'%s','method':'%s','params':%s}",
                           osm_session_id(session), method, params);
}

struct test_request *test_invoke_with(struct test_world *world, const struct osm_session *session,
                                      const char *method, const char *args, const char *more)
{
    return test_ask_format(world, "{'command':'invoke','sessionId':'%s','method':'%s','args':%s%s}",
                           osm_session_id(session), method, args, more);
}
