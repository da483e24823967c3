/* SPDX-License-Identifier: MIT */
/* "strict" in requests and configurations (M27), and what newer cores have (V2). */
#include "testing/testing_command.h"

#include "port/service.h"

#define BAD "0x80340000 BadNodeIdUnknown"

static struct test_request *ask(struct test_world *world, const struct osm_session *session,
                                const char *method, const char *params, const char *more)
{
    return test_ask_format(world,
                           "{'command':'query','sessionId':'%s','method':'%s','params':%s%s}",
                           osm_session_id(session), method, params, more);
}

static void serve(struct osm_ua *server, struct osm_ua_call *call)
{
    void *response = UA_new(call->service->response);

    if (call->service->response == &UA_TYPES[UA_TYPES_BROWSERESPONSE]) {
        UA_BrowseResponse *browse = response;

        browse->results = UA_BrowseResult_new();
        browse->resultsSize = 1;
        browse->results->statusCode = UA_STATUSCODE_BADNODEIDUNKNOWN;
    } else if (call->service->response == &UA_TYPES[UA_TYPES_HISTORYREADRESPONSE]) {
        UA_HistoryReadResponse *history = response;

        history->results = UA_HistoryReadResult_new();
        history->resultsSize = 1;
        history->results->statusCode = UA_STATUSCODE_BADNODEIDUNKNOWN;
    } else {
        UA_GetEndpointsResponse *endpoints = response;

        assert_ptr_equal(call->service->response, &UA_TYPES[UA_TYPES_GETENDPOINTSRESPONSE]);
        endpoints->endpoints = UA_EndpointDescription_new();
        endpoints->endpointsSize = 1;
        endpoints->endpoints->server.applicationUri = UA_STRING_ALLOC("urn:plant");
    }
    test_answer(call, response);
}

static const struct {
    const char *method, *params, *lax;
} cases[] = {
    {"browse", "['i=1',0,null,true,[],false]", "[]"},
    {"browseAll", "['i=1',0,null,true,[],false]", "[]"},
    {"browseWithContinuation", "['i=1']", "{'references':[],'continuationPoint':null}"},
    {"browseRecursive", "['i=1',0,1]", "[]"},
    {"historyReadRaw", "['i=1',null,null,5]", "[]"},
};

static void test_bad_statuses(void **state)
{
    struct test_world *world = *state;
    struct osm_session *lax = test_open(world, "{}"), *strict = test_open(world, "{'strict':true}");

    world->server.serve = serve;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        const char *method = cases[i].method, *params = cases[i].params;
        char *data = osm_printf("{'success':true,'data':%s}", cases[i].lax);
        char *fault =
            osm_printf("{'success':false,'error':{'type':'ServiceException','message':'%s: "
                       "the server answered " BAD "'}}",
                       method);

        test_reply_is(ask(world, lax, method, params, ""), data);
        test_reply_is(ask(world, lax, method, params, ",'strict':true"), fault);
        test_reply_is(ask(world, strict, method, params, ""), fault);
        test_reply_is(ask(world, strict, method, params, ",'strict':false"), data);
        free(data);
        free(fault);
    }
    assert_non_null(strstr(ask(world, lax, "browse", "['i=1']", ",'strict':1")->reply,
                           "\\\"strict\\\" must be true or false."));
}

static void test_endpoints(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    static const char key[] = "\"applicationUri\":\"urn:plant\"";

    world->server.serve = serve;
    assert_null(
        strstr(ask(world, session, "getEndpoints", "['opc.tcp://p',false]", "")->reply, key));
    assert_non_null(strstr(
        ask(world, session, "getEndpoints", "['opc.tcp://p',false]", ",'strict':true")->reply,
        key));
}

static void test_session_timeout(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{'sessionTimeout':30000}");

    world->server.session_timeout = 45000;
    test_data_is(ask(world, session, "getSessionTimeout", "[]", ""), "45000.0"); /* revised */
    world->server.session_timeout = 0;
    test_data_is(ask(world, session, "getSessionTimeout", "[]", ""), "30000.0");
    test_data_is(
        ask(world, test_open(world, "{'sessionTimeout':0}"), "getSessionTimeout", "[]", ""),
        "120000.0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_in_world(test_bad_statuses),
        test_in_world(test_endpoints),
        test_in_world(test_session_timeout),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
