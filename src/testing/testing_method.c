/* SPDX-License-Identifier: MIT */
/* Methods run without a command around them (testing_method.h). */
#include "testing/testing_method.h"

struct test_request *test_run(struct test_world *world, struct osm_session *session,
                              const char *name, const char *params, bool tagged)
{
    struct test_request *test = test_request_parse(world, params);
    const struct osm_method *method = tagged ? osm_method_find_registered(name, strlen(name))
                                             : osm_method_find(name, strlen(name));

    assert_non_null(method);
    if (tagged) {
        test->request.style = &osm_tagged_style;
        test->request.wrapped = true;
    }
    osm_method_run(method, session, &test->request, test->request.root, tagged);
    test_recycle(world);
    return test;
}

struct osm_ua_call *test_call_of(struct test_world *world, size_t n,
                                 const struct osm_ua_service *service)
{
    struct osm_ua_call *call = test_call(world, n);

    assert_string_equal(call->service->name, service->name);
    return call;
}

void test_text_is(const UA_String *text, const char *expected)
{
    if (text->length != strlen(expected) ||
        (text->length && memcmp(text->data, expected, text->length) != 0))
        fail_msg("%.*s != %s", (int)text->length, (const char *)text->data, expected);
}

void test_node_is(const UA_NodeId *id, const char *expected)
{
    UA_String text = UA_STRING_NULL;

    assert_int_equal(UA_NodeId_print(id, &text), UA_STATUSCODE_GOOD);
    test_text_is(&text, expected);
    UA_String_clear(&text);
}
