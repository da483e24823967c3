/* SPDX-License-Identifier: MIT */
/* NodeId parameters, lists and times of methods, and how refusals name the place (E1). */
#include "testing/testing_wire.h"

#include "wire/plain/plain_decode.h"

static struct osm_arena arena;
static struct osm_fault fault;

static struct osm_decode decode_begin(const char *method)
{
    fault = (struct osm_fault){0};
    return osm_decode_make(&arena, &fault, method, 1709210096, NULL);
}

static const struct {
    const char *json;
    const char *expected; /* id, or "<fault>: <message>" */
} ids[] = {
    {"{'ns':0,'id':85,'type':'numeric'}", "i=85"},
    {"{'id':85}", "i=85"},
    {"{'ns':null,'id':null,'type':null}", "i=0"},
    {"{}", "i=0"},
    {"[]", "i=0"},
    {"[0,85]", "i=0"},
    {"{'ns':'2','id':'85'}", "ns=2;i=85"},
    {"{'ns':2.0,'id':85.0}", "ns=2;i=85"},
    {"{'ns':1,'id':5,'type':'string'}", "ns=1;s=5"},
    {"{'ns':1,'type':'string'}", "ns=1;s=0"},
    {"{'ns':1,'id':'','type':'string'}", "ns=1;s="},
    {"{'ns':65535,'id':4294967295}", "ns=65535;i=4294967295"},
    {"{'ns':1,'id':'72962B91-FA75-4AE6-8D28-B404DC7DAF63','type':'guid'}",
     "ns=1;g=72962b91-fa75-4ae6-8d28-b404dc7daf63"},
    {"{'ns':1,'id':'DEADBEEF','type':'opaque'}", "ns=1;b=deadbeef"},
    {"{'ns':1,'id':'3q2+7w==','type':'opaque'}", "ns=1;b=deadbeef"},
    {"{'id':1,'id':2}", "i=2"},
    {"'ns=1;s=x'", "ns=1;s=x"},
    {"'x'", "InvalidNodeIdException: Invalid NodeId format: x"},
    {"{'ns':65536,'id':85,'type':'numeric'}",
     "InvalidNodeIdException: Invalid NodeId format: ns=65536;i=85"},
    {"{'ns':-1,'id':'a','type':'string'}",
     "InvalidNodeIdException: Invalid NodeId format: ns=-1;s=a"},
    {"{'ns':'x','id':85}", "InvalidNodeIdException: Invalid NodeId format: ns=x;i=85"},
    {"{'ns':0.5,'id':85}", "InvalidNodeIdException: Invalid NodeId format: ns=0.5;i=85"},
    {"{'id':-1}", "InvalidNodeIdException: Invalid NodeId format: i=-1"},
    {"{'ns':3,'id':'abc'}", "InvalidNodeIdException: Invalid NodeId format: ns=3;i=abc"},
    {"{'id':4294967296}", "InvalidNodeIdException: Invalid NodeId format: i=4294967296"},
    {"{'id':18446744073709551615}",
     "InvalidNodeIdException: Invalid NodeId format: i=18446744073709551615"},
    {"{'id':1e999}", "InvalidNodeIdException: Invalid NodeId format: i=INF"},
    {"{'id':'xyz','type':'guid'}", "EncodingException: Invalid GUID format: xyz"},
    {"{'id':5,'type':'guid'}", "EncodingException: Invalid GUID format: 5"},
    {"{'id':'zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz','type':'guid'}",
     "EncodingException: Invalid GUID format: zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz"},
    {"{'id':'xyz','type':'opaque'}",
     "EncodingException: Invalid opaque identifier: xyz is neither hex nor base64"},
    {"{'id':1.5}", "TypeError: read: params[0].id must be an integer or a text"},
    {"{'id':[1]}", "TypeError: read: params[0].id must be an integer or a text"},
    {"{'id':true}", "TypeError: read: params[0].id must be an integer or a text"},
    {"{'ns':[]}", "TypeError: read: params[0].ns must be an integer"},
    {"{'type':'bogus'}", "TypeError: read: params[0].type must be numeric, string, guid or opaque"},
    {"{'type':1}", "TypeError: read: params[0].type must be numeric, string, guid or opaque"},
    {"null", "TypeError: read: params[0] must be a NodeId object"},
    {"85", "TypeError: read: params[0] must be a NodeId object"},
    {"true", "TypeError: read: params[0] must be a NodeId object"},
};

static void test_node_ids(void **state)
{
    for (size_t i = 0; i < OSM_ARRAY_SIZE(ids); i++) {
        yyjson_doc *doc = test_parse(ids[i].json);
        struct osm_decode decode = decode_begin("read");
        const char *result;
        UA_NodeId id;

        if (osm_plain_read_node_id(&decode, yyjson_doc_get_root(doc), &id))
            result = osm_node_id_text(&arena, &id);
        else
            result = osm_arena_printf(&arena, "%s: %s", osm_fault_name(fault.type), fault.message);
        if (strcmp(result, ids[i].expected) != 0)
            fail_msg("%s became %s", ids[i].json, result);
        yyjson_doc_free(doc);
    }
}

static void test_places(void **state)
{
    struct osm_decode base = decode_begin("readMulti"), at = osm_decode_item(&base, 3, "nodeId");

    assert_string_equal(osm_decode_place(&base), "readMulti: params[0]");
    assert_string_equal(osm_decode_place(&at), "readMulti: params[0][3].nodeId");
    at.element = 7;
    at.list = "args";
    assert_string_equal(osm_decode_place(&at), "readMulti: args[0][3].nodeId[7]");
    at = osm_decode_at(&at, 2);
    assert_string_equal(osm_decode_place(&at), "readMulti: args[2]");
    assert_false(osm_plain_read_node_id(&at, NULL, &(UA_NodeId){0}));
    assert_string_equal(fault.message, "readMulti: args[2] must be a NodeId object");
}

static void test_numbers_and_lists(void **state)
{
    yyjson_doc *doc = test_parse("[[1],null,5]");
    yyjson_val *root = yyjson_doc_get_root(doc);
    struct osm_decode decode = decode_begin("m");
    struct osm_list list;

    assert_true(osm_plain_read_list_or_null(&decode, yyjson_arr_get(root, 1), &list));
    assert_int_equal(list.size, 0);
    assert_false(osm_plain_read_list_or_null(&decode, yyjson_arr_get(root, 2), &list));
    assert_int_equal(fault.type, OSM_FAULT_TYPE_ERROR);
    decode = decode_begin("m");
    assert_false(osm_plain_read_list(&decode, yyjson_arr_get(root, 1), &list));
    assert_string_equal(fault.message, "m: params[0] must be a list");
    yyjson_doc_free(doc);
}

static void test_times(void **state)
{
    yyjson_doc *doc = test_parse("['@0',null,5,1]");
    yyjson_val *root = yyjson_doc_get_root(doc);
    struct osm_decode decode = decode_begin("m");
    UA_DateTime time;

    assert_true(osm_plain_read_time(&decode, yyjson_arr_get(root, 0), &time));
    assert_int_equal(time, UA_DATETIME_UNIX_EPOCH);
    assert_true(osm_plain_read_listed_time(&decode, yyjson_arr_get(root, 0), &time));
    assert_int_equal(time, UA_DATETIME_UNIX_EPOCH);
    assert_false(osm_plain_read_listed_time(&decode, yyjson_arr_get(root, 3), &time));
    assert_int_equal(fault.type, OSM_FAULT_DATE_MALFORMED);
    decode = decode_begin("m");
    assert_false(osm_plain_read_time(&decode, yyjson_arr_get(root, 1), &time));
    assert_string_equal(fault.message, "m: params[0] must be a time text");
    decode = decode_begin("m");
    assert_false(osm_plain_read_time(&decode, yyjson_arr_get(root, 2), &time));
    assert_string_equal(fault.message, "m: params[0] must be a time text");
    yyjson_doc_free(doc);
}

static void test_enums_and_names(void **state)
{
    yyjson_doc *doc =
        test_parse("[3,'x','',{'ns':'2','name':5},{},7,{'ns':65536},{'ns':65535},{'ns':-1}]");
    yyjson_val *root = yyjson_doc_get_root(doc);
    struct osm_decode decode = decode_begin("m");
    UA_QualifiedName name;

    osm_decode_enum_error(&decode, yyjson_arr_get(root, 0), "Types\\NodeClass");
    assert_string_equal(
        fault.message,
        "3 is not a valid backing value for enum PhpOpcua\\Client\\Types\\NodeClass");
    decode = decode_begin("m");
    osm_decode_enum_error(&decode, yyjson_arr_get(root, 2), "TrustStore\\TrustPolicy");
    assert_string_equal(fault.message, "\"\" is not a valid backing value for enum "
                                       "PhpOpcua\\Client\\TrustStore\\TrustPolicy");
    decode = decode_begin("m");
    assert_true(osm_plain_read_qualified_name(&decode, yyjson_arr_get(root, 3), &name));
    assert_int_equal(name.namespaceIndex, 2);
    assert_memory_equal(name.name.data, "5", 1);
    assert_true(osm_plain_read_qualified_name(&decode, NULL, &name));
    assert_true(osm_plain_read_qualified_name(&decode, yyjson_arr_get(root, 4), &name));
    assert_int_equal(name.name.length, 0);
    assert_false(osm_plain_read_qualified_name(&decode, yyjson_arr_get(root, 5), &name));
    assert_int_equal(fault.type, OSM_FAULT_TYPE_ERROR);
    decode = decode_begin("m");
    assert_false(osm_plain_read_qualified_name(&decode, yyjson_arr_get(root, 6), &name));
    assert_int_equal(fault.type, OSM_FAULT_ENCODING);
    decode = decode_begin("m");
    assert_true(osm_plain_read_qualified_name(&decode, yyjson_arr_get(root, 7), &name));
    assert_int_equal(name.namespaceIndex, 65535);
    assert_false(osm_plain_read_qualified_name(&decode, yyjson_arr_get(root, 8), &name));
    assert_int_equal(fault.type, OSM_FAULT_ENCODING);
    yyjson_doc_free(doc);
}

static int release(void **state)
{
    osm_arena_deinit(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_node_ids),          cmocka_unit_test(test_places),
        cmocka_unit_test(test_numbers_and_lists), cmocka_unit_test(test_times),
        cmocka_unit_test(test_enums_and_names),
    };

    osm_arena_init(&arena);
    return cmocka_run_group_tests(tests, NULL, release);
}
