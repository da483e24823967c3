/* SPDX-License-Identifier: MIT */
/* Requests: what is one, and the lines that answer it (ipc-protocol.md §2–4, §9). */
#include "testing/testing.h"

static void parse_bytes(const char *frame, size_t length, bool valid, bool has_id)
{
    struct osm_request request;
    struct osm_fault fault = {0};
    bool result;

    osm_request_init(&request, NULL, NULL);
    result = osm_request_parse(&request, frame, length, &fault);
    if (result != valid || (valid && request.has_id != has_id))
        fail_msg("%.*s: %s, %s", (int)OSM_MIN(length, 80), frame, result ? "valid" : "invalid",
                 request.has_id ? "has an id" : "has no id");
    if (!valid) {
        assert_int_equal(fault.type, OSM_FAULT_INVALID_JSON);
        assert_string_equal(fault.message, "Invalid JSON");
        assert_null(request.root);
        assert_false(request.has_id);
    }
    osm_request_deinit(&request);
}

/* The recorded frames of errors.ndjson, and their neighbours. */
static void test_what_is_a_request(void **state)
{
    static const struct {
        const char *frame;
        bool valid;
    } cases[] = {
        {"{}", true},
        {"[]", true},
        {"[1,2]", true},
        {"[\"ping\"]", true},
        {"{\"command\":\"p\\u0069ng\"}", true},
        {" \t{} \r", true},
        {"{\"x\":1e999}", true},
        {"{\"x\":-1e999}", true},
        {"{\"x\":123456789012345678901234567890}", true},
        {"{\"x\":\"\\ud83d\\ude00\"}", true},
        {"{\"x\":\"\xF0\x9F\x98\x80\"}", true},
        {"not json", false},
        {"", false},
        {"   ", false},
        {"null", false},
        {"42", false},
        {"true", false},
        {"\"text\"", false},
        {"{\"command\":\"ping\"", false},
        {"{\"command\":\"ping\"} trailing", false},
        {"{}{}", false},
        {"{\"command\":\"ping\",}", false},
        {"{'command':'ping'}", false},
        {"{command:1}", false},
        {"\xEF\xBB\xBF{}", false},
        {"{\"x\":\"\xFF\"}", false},
        {"{\"x\":\"\xED\xA0\x80\"}", false},
        {"{\"x\":\"\\ud800\"}", false},
        {"{\"x\":\"\\udc00\"}", false},
        {"{\"x\":\"\x01\"}", false},
        {"{\"x\":\"\\q\"}", false},
        {"{\"x\":01}", false},
        {"{\"x\":.5}", false},
        {"{\"x\":1.}", false},
        {"{\"x\":+1}", false},
        {"{\"x\":NaN}", false},
        {"{\"x\":Infinity}", false},
        {"{\"x\":1 /* comment */}", false},
        {"{\"x\":\"unfinished", false},
        {"{\"x\":\"\\", false},
        {"]", false},
        {"{]", false},
    };

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++)
        parse_bytes(cases[i].frame, strlen(cases[i].frame), cases[i].valid, false);
    parse_bytes("{\"x\":\"a\0b\"}", 11, false, false);
    parse_bytes("{}\0", 3, false, false);
}

static void nested(size_t arrays, bool valid)
{
    struct osm_buf frame;

    osm_buf_init(&frame);
    osm_buf_add_text(&frame, "{\"command\":\"ping\",\"y\":\"[[[{{\\\"[\",\"x\":");
    for (size_t i = 0; i < arrays; i++)
        osm_buf_add_byte(&frame, '[');
    for (size_t i = 0; i < arrays; i++)
        osm_buf_add_byte(&frame, ']');
    osm_buf_add_byte(&frame, '}');
    parse_bytes(frame.data, frame.length, valid, false);
    osm_buf_deinit(&frame);
}

/* Recorded: 510 arrays in the object pass, 511 do not. */
static void test_511_levels(void **state)
{
    nested(509, true);
    nested(510, true);
    nested(511, false);
    nested(512, false);
    nested(60000, false);
}

static void test_who_has_an_id(void **state)
{
    static const struct {
        const char *frame;
        bool has_id;
    } cases[] = {
        {"{\"id\":1}", true},          {"{\"id\":-9223372036854775808}", true},
        {"{\"id\":\"\"}", true},       {"{\"id\":18446744073709551615}", true},
        {"{\"id\":\"a\"}", true},      {"{\"id\":null}", false},
        {"{\"id\":1.0}", false},       {"{\"id\":true}", false},
        {"{\"id\":[1]}", false},       {"{\"id\":{}}", false},
        {"{\"ID\":1}", false},         {"[\"id\",1]", false},
        {"{\"x\":{\"id\":1}}", false}, {"{\"id\":1,\"id\":null}", false},
    };

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++)
        parse_bytes(cases[i].frame, strlen(cases[i].frame), true, cases[i].has_id);
}

static void test_last_of_repeated_keys_counts(void **state)
{
    struct test_request *test =
        test_request_parse(*state, "{'cursor':1,'credits':2,'x':0,'cursor':3}");

    assert_int_equal(yyjson_get_int(osm_request_get(&test->request, OSM_REQUEST_cursor)), 3);
    assert_int_equal(yyjson_get_int(osm_request_get(&test->request, OSM_REQUEST_credits)), 2);
    assert_null(osm_request_get(&test->request, OSM_REQUEST_stream));
    osm_request_reply_null(&test->request);
    test_reply_is(test, "{'success':true,'data':null}");
}

static void test_members_of_a_list_are_none(void **state)
{
    struct test_request *test = test_request_parse(*state, "['cursor',1]");

    assert_null(osm_request_get(&test->request, OSM_REQUEST_cursor));
    osm_request_reply_null(&test->request);
}

/* --- replies ------------------------------------------------------------------------------- */

static void test_replies_repeat_the_id(void **state)
{
    struct test_request *first = test_request_parse(*state, "{'id':'a\\n\\u00e9'}");
    struct test_request *second = test_request_parse(*state, "{'id':18446744073709551615}");

    osm_json_int(osm_request_reply_begin(&first->request), 5);
    osm_request_reply_end(&first->request);
    test_reply_is(first, "{'id':'a\\n\xC3\xA9','success':true,'data':5}");
    osm_request_failf(&second->request, OSM_FAULT_CONNECTION, "no %s", "way");
    test_reply_is(second, "{'id':18446744073709551615,'success':false,'error':"
                          "{'type':'ConnectionException','message':'no way'}}");
}

static void test_a_second_beginning_forgets_the_first(void **state)
{
    struct test_request *test = test_request_parse(*state, "{}");
    struct osm_json *json = osm_request_reply_begin(&test->request);

    osm_json_array_begin(json);
    osm_json_int(json, 1);
    json = osm_request_reply_begin(&test->request);
    osm_json_array_begin(json);
    osm_json_array_end(json);
    osm_request_reply_end(&test->request);
    test_data_is(test, "[]");
}

static void test_a_failure_forgets_what_was_written(void **state)
{
    struct test_request *test = test_request_parse(*state, "{'id':7}");

    osm_json_array_begin(osm_request_reply_begin(&test->request));
    osm_request_failf(&test->request, OSM_FAULT_SERVICE, "x");
    test_reply_is(test, "{'id':7,'success':false,'error':{'type':'ServiceException',"
                        "'message':'x'}}");
}

static void reply_nested(struct test_world *world, unsigned levels, bool fits)
{
    struct test_request *test = test_request_parse(world, "{}");
    struct osm_json *json = osm_request_reply_begin(&test->request);

    for (unsigned i = 0; i < levels; i++)
        osm_json_array_begin(json);
    for (unsigned i = 0; i < levels; i++)
        osm_json_array_end(json);
    osm_request_reply_end(&test->request);
    if (fits)
        assert_true(strstr(test->reply, "{\"success\":true,\"data\":[[") == test->reply);
    else
        test_fault_is(test, "SerializationException",
                      "The result is nested more than 500 levels deep");
}

/* The envelope is one level. */
static void test_too_deep_replies_become_faults(void **state)
{
    reply_nested(*state, OSM_JSON_MAX_DEPTH - 1, true);
    reply_nested(*state, OSM_JSON_MAX_DEPTH, false);
    reply_nested(*state, 5 * OSM_JSON_MAX_DEPTH, false);
}

/* A property of the type: messages of operations are sanitised, those of the protocol are not. */
static void test_messages_of_operations_are_sanitised(void **state)
{
    struct test_request *test = test_request_parse(*state, "{}");

    osm_request_failf(&test->request, OSM_FAULT_CONFIGURATION, "Cannot read %s from %s",
                      "/etc/opcua/key.pem", "opc.tcp://user:pw@h:1/x");
    test_fault_is(test, "ConfigurationException", "Cannot read [path] from [url]");
    test = test_request_parse(*state, "{}");
    osm_request_failf(&test->request, OSM_FAULT_SESSION_NOT_FOUND, "Session not found: %s",
                      "../../etc/passwd");
    test_fault_is(test, "session_not_found", "Session not found: ../../etc/passwd");
}

static void test_every_type_says_whether_it_is_sanitised(void **state)
{
    for (int type = OSM_FAULT_NONE + 1; type < OSM_FAULT_COUNT_; type++) {
        struct test_request *test = test_request_parse(*state, "{}");
        bool operation = type >= OSM_FAULT_CONNECTION && type != OSM_FAULT_UNKNOWN_NAMESPACE;

        osm_request_failf(&test->request, (enum osm_fault_type)type, "%s", "/a/b");
        assert_non_null(strstr(test->reply, operation ? "\"[path]\"" : "\"/a/b\""));
        assert_non_null(strstr(test->reply, osm_fault_name((enum osm_fault_type)type)));
    }
}

static void test_messages_stay_valid_json(void **state)
{
    struct test_request *test = test_request_parse(*state, "{}");
    yyjson_doc *doc;

    osm_request_failf(&test->request, OSM_FAULT_SERVICE, "%s", "\"quoted\"\n\t\x01\\ \xFF\xC3");
    doc = yyjson_read(test->reply, strlen(test->reply), 0);
    assert_non_null(doc);
    yyjson_doc_free(doc);
}

static void test_error_line_without_a_request(void **state)
{
    struct osm_buf out;

    osm_buf_init(&out);
    osm_request_error_line(&out, OSM_FAULT_TOO_MANY_CONNECTIONS, "Too many \"/a/b\"");
    assert_string_equal(osm_buf_text(&out),
                        "{\"success\":false,\"error\":{\"type\":\"too_many_connections\","
                        "\"message\":\"Too many \\\"/a/b\\\"\"}}\n");
    osm_buf_deinit(&out);
}

static void test_reset_makes_it_new(void **state)
{
    struct test_request *test = test_request_parse(*state, "{'id':1}");
    struct osm_fault fault = {0};

    osm_request_abandon(&test->request);
    assert_null(test->reply); /* abandoning answers nothing */
    osm_request_reply_null(&test->request);
    assert_true(test->request.finished);
    osm_request_reset(&test->request);
    assert_false(test->request.finished || test->request.caller.abandoned || test->request.has_id);
    assert_int_equal(test->request.out.length, 0);
    assert_true(osm_request_parse(&test->request, "{}", 2, &fault));
    assert_false(test->request.has_id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_a_request),
        cmocka_unit_test(test_511_levels),
        cmocka_unit_test(test_who_has_an_id),
        test_in_world(test_last_of_repeated_keys_counts),
        test_in_world(test_members_of_a_list_are_none),
        test_in_world(test_replies_repeat_the_id),
        test_in_world(test_a_second_beginning_forgets_the_first),
        test_in_world(test_a_failure_forgets_what_was_written),
        test_in_world(test_too_deep_replies_become_faults),
        test_in_world(test_messages_of_operations_are_sanitised),
        test_in_world(test_every_type_says_whether_it_is_sanitised),
        test_in_world(test_messages_stay_valid_json),
        cmocka_unit_test(test_error_line_without_a_request),
        test_in_world(test_reset_makes_it_new),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
