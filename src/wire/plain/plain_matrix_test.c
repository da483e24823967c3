/* SPDX-License-Identifier: MIT */
/* Matrices as fields of structures: lists in lists here, dimensions and elements on the wire. */
#include "testing/testing_wire.h"

#include <open62541/types_generated_handling.h>

#include "wire/plain/plain_decode.h"
#include "wire/value/type_registry.h"

static struct osm_arena arena;
static struct test_out out;
static struct osm_type_registry *registry;
static struct osm_wire_context known = {.structure = osm_type_registry_find};

/* struct 1 { Byte Before; Int16[,] Matrix; Byte After; }, struct 2 { 1[,] Inner; } */
static void define(UA_UInt32 number, const UA_StructureDefinition *definition)
{
    const UA_NodeId id = UA_NODEID_NUMERIC(1, number);
    const UA_NodeId encoding = UA_NODEID_NUMERIC(1, 100 + number);

    osm_type_registry_define(registry, &id, &encoding, definition);
}

static int setup(void **state)
{
    UA_StructureField fields[] = {
        {.name = UA_STRING_STATIC("Before"), .dataType = UA_NODEID_NUMERIC(0, 3), .valueRank = -1},
        {.name = UA_STRING_STATIC("Matrix"), .dataType = UA_NODEID_NUMERIC(0, 4), .valueRank = 2},
        {.name = UA_STRING_STATIC("After"), .dataType = UA_NODEID_NUMERIC(0, 3), .valueRank = -1}};
    UA_StructureField inner = {
        .name = UA_STRING_STATIC("Inner"), .dataType = UA_NODEID_NUMERIC(1, 1), .valueRank = 2};

    (void)state;
    osm_arena_init(&arena);
    registry = osm_type_registry_new();
    known.structures = registry;
    define(1, &(UA_StructureDefinition){.fields = fields, .fieldsSize = 3});
    define(2, &(UA_StructureDefinition){.fields = &inner, .fieldsSize = 1});
    assert_int_equal(osm_type_registry_build(registry, -1), 2);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    osm_type_registry_free(registry);
    osm_arena_deinit(&arena);
    return 0;
}

static UA_ExtensionObject object_of(UA_UInt32 number, const char *body, size_t size)
{
    UA_ExtensionObject object = {.encoding = UA_EXTENSIONOBJECT_ENCODED_BYTESTRING};

    object.content.encoded.typeId = UA_NODEID_NUMERIC(1, 100 + number);
    object.content.encoded.body = (UA_ByteString){size, (UA_Byte *)(uintptr_t)body};
    return object;
}

/* Shown so, and read again it is the same bytes. */
static void is(UA_UInt32 number, const char *body, size_t size, const char *expected)
{
    UA_ExtensionObject object = object_of(number, body, size);
    struct osm_fault fault = {0};
    struct osm_decode decode = osm_decode_make(&arena, &fault, "call", 0, &known);
    const UA_ExtensionObject *again;
    UA_Variant variant, back;
    yyjson_doc *doc;
    char *whole;

    UA_Variant_setScalar(&variant, &object, &UA_TYPES[UA_TYPES_EXTENSIONOBJECT]);
    test_out_plain(&out, &known, &variant, &UA_TYPES[UA_TYPES_VARIANT]);
    whole = osm_arena_printf(
        &arena,
        "{'type':22,'value':{'typeId':{'ns':1,'id':%u,'type':'numeric'},'encoding':1,"
        "'body':null,'value':%s},'dimensions':null}",
        100 + number, expected);
    test_out_is(&out, whole);
    doc = yyjson_read(out.buf.data, out.buf.length, YYJSON_READ_NOFLAG);
    if (!osm_plain_read_variant(&decode, yyjson_doc_get_root(doc), &back))
        fail_msg("%s", fault.message);
    again = back.data;
    assert_int_equal(again->encoding, UA_EXTENSIONOBJECT_ENCODED_BYTESTRING);
    assert_int_equal(again->content.encoded.body.length, size);
    assert_memory_equal(again->content.encoded.body.data, body, size);
    yyjson_doc_free(doc);
}

#define BODY(text) text, sizeof(text) - 1

static void test_round_trips(void **state)
{
    (void)state;
    is(1, BODY("\7\2\0\0\0\2\0\0\0\3\0\0\0\1\0\2\0\3\0\4\0\5\0\6\0\x9"),
       "{'Before':7,'Matrix':[[1,2,3],[4,5,6]],'After':9}");
    is(1, BODY("\7\3\0\0\0\2\0\0\0\1\0\0\0\2\0\0\0\1\0\2\0\3\0\4\0\x9"),
       "{'Before':7,'Matrix':[[[1,2]],[[3,4]]],'After':9}");
    is(2, BODY("\2\0\0\0\1\0\0\0\1\0\0\0\7\2\0\0\0\1\0\0\0\1\0\0\0\5\0\x9"),
       "{'Inner':[[{'Before':7,'Matrix':[[5]],'After':9}]]}");
}

/* No elements: whatever the dimensions say, it is nothing. */
static void test_nothing(void **state)
{
    static const char body[] = "\7\2\0\0\0\0\0\0\0\3\0\0\0\x9";
    UA_ExtensionObject object = object_of(1, body, sizeof(body) - 1);

    (void)state;
    test_out_plain(&out, &known, &object, &UA_TYPES[UA_TYPES_EXTENSIONOBJECT]);
    test_out_is(&out, "{'typeId':{'ns':1,'id':101,'type':'numeric'},'encoding':1,"
                      "'body':null,'value':{'Before':7,'Matrix':[],'After':9}}");
    is(1, BODY("\7\xff\xff\xff\xff\x9"), "{'Before':7,'Matrix':[],'After':9}");
}

/* What does not fit stays a body. */
static void test_odd_bodies(void **state)
{
    static const struct {
        const char *body;
        size_t size;
    } cases[] = {
        {BODY("\7\2\0\0\0\2\0\0\0\3\0\0\0\1\0")},
        {BODY("\7\2\0\0\0\xff\xff\xff\x7f\xff\xff\xff\x7f\1\0")},
        {BODY("\7\3\0\0\0\xff\xff\xff\x7f\2\0\0\0\xff\xff\xff\x7f\1\0")},
        {BODY("\7\2\0\0\0")},
    };

    (void)state;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        UA_ExtensionObject object = object_of(1, cases[i].body, cases[i].size);

        test_out_plain(&out, &known, &object, &UA_TYPES[UA_TYPES_EXTENSIONOBJECT]);
        assert_non_null(strstr(osm_buf_text(&out.buf), "\"value\":null"));
    }
}

static void refused(const char *fields, const char *expected)
{
    struct osm_fault fault = {0};
    struct osm_decode decode = osm_decode_make(&arena, &fault, "write", 0, &known);
    char *json = osm_arena_printf(&arena,
                                  "{'value':{'typeId':'ns=1;i=101','encoding':1,'value':%s},"
                                  "'type':22}",
                                  fields);
    yyjson_doc *doc;
    UA_Variant value;

    for (char *at = json; *at; at++)
        *at = *at == '\'' ? '"' : *at;
    doc = yyjson_read(json, strlen(json), YYJSON_READ_NOFLAG);
    assert_false(osm_plain_read_variant(&decode, yyjson_doc_get_root(doc), &value));
    if (!strstr(fault.message, expected))
        assert_string_equal(fault.message, expected);
    yyjson_doc_free(doc);
}

/* So many lists in each other around a number. */
static const char *nested(size_t levels)
{
    char *text = osm_arena_alloc(&arena, 2 * levels + 2);

    memset(text, '[', levels);
    text[levels] = '5';
    memset(text + levels + 1, ']', levels);
    return text;
}

static void test_most_dimensions(void **state)
{
    char body[1 + 4 + 4 * 17 + 3] = {7, 16};
    UA_ExtensionObject object;

    (void)state;
    for (size_t i = 0; i < 16; i++)
        body[5 + 4 * i] = 1;
    body[5 + 64] = 5;
    body[5 + 66] = 9;
    is(1, body, 5 + 67, osm_arena_printf(&arena, "{'Before':7,'Matrix':%s,'After':9}", nested(16)));
    refused(osm_arena_printf(&arena, "{'Matrix':%s}", nested(17)), "at most 16 dimensions");
    /* What a server sends with more is shown as nothing. */
    body[1] = 17;
    body[5 + 64] = 1;
    body[5 + 66] = 0;
    body[5 + 68] = 5;
    body[5 + 70] = 9;
    object = object_of(1, body, 5 + 71);
    test_out_plain(&out, &known, &object, &UA_TYPES[UA_TYPES_EXTENSIONOBJECT]);
    test_out_is(&out, "{'typeId':{'ns':1,'id':101,'type':'numeric'},'encoding':1,'body':null,"
                      "'value':{'Before':7,'Matrix':[],'After':9}}");
}

/* Structures that contain each other, up to 60. */
static void test_most_levels(void **state)
{
    UA_StructureField field = {
        .name = UA_STRING_STATIC("A"), .dataType = UA_NODEID_NUMERIC(1, 3), .valueRank = 1};
    struct osm_buf text = {0};

    (void)state;
    define(3, &(UA_StructureDefinition){.fields = &field, .fieldsSize = 1});
    assert_int_equal(osm_type_registry_build(registry, -1), 1);
    for (int levels = 60; levels <= 61; levels++) {
        struct osm_fault fault = {0};
        struct osm_decode decode = osm_decode_make(&arena, &fault, "write", 0, &known);
        UA_Variant value;
        yyjson_doc *doc;

        osm_buf_truncate(&text, 0);
        osm_buf_add_text(&text, "{\"typeId\":\"ns=1;i=103\",\"value\":{\"A\":[");
        for (int i = 1; i < levels; i++)
            osm_buf_add_text(&text, "{\"A\":[");
        for (int i = 0; i < levels; i++)
            osm_buf_add_text(&text, "]}");
        osm_buf_add_text(&text, "}");
        doc = yyjson_read(text.data, text.length, YYJSON_READ_NOFLAG);
        assert_int_equal(osm_plain_read_value(&decode, yyjson_doc_get_root(doc), 22, &value),
                         levels == 60);
        if (levels > 60)
            assert_non_null(strstr(fault.message, "contain each other too deeply"));
        yyjson_doc_free(doc);
    }
    osm_buf_deinit(&text);
}

#define REST ",2,3,4,5,6,7,8]"

static void test_wrong_matrices(void **state)
{
    (void)state;
    refused("{'Matrix':[[1,2],[3]]}", "the lists of a matrix are equally long");
    refused("{'Matrix':[[1,2],3]}", "the lists of a matrix are equally long");
    refused("{'Matrix':[1,2]}", "a matrix is lists in a list");
    refused("{'Matrix':5}", "Matrix: cannot encode 5");
    refused("{'Matrix':[[1,'x']]}", "Matrix: cannot encode");
    refused("{'Before':'x'}", "Before: cannot encode");
    refused("{'Matrix':[[],[1]]}", "the lists of a matrix are equally long");
    /* What the first lists promise is not believed: 8 to the 10th would be gigabytes. */
    refused("{'Matrix':[[[[[[[[[[1" REST REST REST REST REST REST REST REST REST REST "}",
            "the lists of a matrix are equally long");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trips, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_odd_bodies, setup, teardown),
        cmocka_unit_test_setup_teardown(test_wrong_matrices, setup, teardown),
        cmocka_unit_test_setup_teardown(test_most_dimensions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_most_levels, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
