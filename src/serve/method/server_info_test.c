/* SPDX-License-Identifier: MIT */
/* getServer*: what is asked for and what becomes of the answers (methods.md §4). */
#include "testing/testing_command.h"

/* Answers a Read: texts by node id, except the build date and what is missing. */
static void answer_read(struct test_world *world, struct osm_ua_call *call, uint32_t missing)
{
    static const UA_DateTime date = 133000000000000000;
    const UA_ReadRequest *request = call->request;
    UA_ReadResponse *response = UA_ReadResponse_new();

    response->results = UA_Array_new(request->nodesToReadSize, &UA_TYPES[UA_TYPES_DATAVALUE]);
    response->resultsSize = request->nodesToReadSize;
    for (size_t i = 0; i < response->resultsSize; i++) {
        uint32_t id = request->nodesToRead[i].nodeId.identifier.numeric;
        UA_Variant *value = &response->results[i].value;
        char text[16];
        UA_String string;

        (void)snprintf(text, sizeof(text), "text %u", id);
        string = UA_STRING(text);
        response->results[i].hasValue = id != missing;
        if (id == 2266)
            UA_Variant_setScalarCopy(value, &date, &UA_TYPES[UA_TYPES_DATETIME]);
        else if (id != missing)
            UA_Variant_setScalarCopy(value, &string, &UA_TYPES[UA_TYPES_STRING]);
    }
    test_answer(call, response);
    test_turn(world);
}

#define DATE "{'__t':'DateTime','v':'2022-06-18T04:26:40.000000+00:00'}"

static void test_single_values(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    static const struct {
        const char *method, *reply;
    } cases[] = {
        {"getServerProductName", "{'success':true,'data':{'data':'text 2262'}}"},
        {"getServerManufacturerName", "{'success':true,'data':{'data':'text 2263'}}"},
        {"getServerSoftwareVersion", "{'success':true,'data':{'data':'text 2264'}}"},
        {"getServerBuildNumber", "{'success':true,'data':{'data':'text 2265'}}"},
        {"getServerBuildDate", "{'success':true,'data':{'data':" DATE "}}"},
    };

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        struct test_request *request = test_invoke(world, session, cases[i].method, "[]");

        answer_read(world, test_call(world, i), 0);
        test_reply_is(request, cases[i].reply);
    }
}

/* Bad, missing, another type: null. */
static void test_nulls(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *request = test_invoke(world, session, "getServerBuildNumber", "[]");

    answer_read(world, test_call(world, 0), 2265);
    test_data_is(request, "{'data':null}");
    request = test_invoke(world, session, "getServerBuildDate", "[]");
    test_answer_each(test_call(world, 1));
    test_turn(world);
    test_data_is(request, "{'data':null}");
}

#define INFO                                                                                       \
    "{'data':{'__t':'BuildInfo','product':'text 2262','manufacturer':'text 2263',"                 \
    "'version':null,'build':'text 2265','date':" DATE "}}"

static void test_build_info(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *request = test_invoke(world, session, "getServerBuildInfo", "[]");

    answer_read(world, test_call(world, 0), 2264);
    test_data_is(request, INFO);

    session = test_open(world, "{'batchSize':2}");
    request = test_invoke(world, session, "getServerBuildInfo", "{}");
    for (size_t i = 1; i <= 3; i++)
        answer_read(world, test_call(world, i), 2264);
    test_data_is(request, INFO);
    assert_int_equal(test_calls(world), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_in_world(test_single_values),
        test_in_world(test_nulls),
        test_in_world(test_build_info),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
