/* SPDX-License-Identifier: MIT */
/* Language objects of all client versions, and lists of them (types.md §4). */
#include "testing/testing_value.h"

#define MATRIX(type_value, dimensions) "{" type_value ",'dimensions':[" dimensions "]}"

static const struct test_value_case objects[] = {
    {17, "{'ns':1,'id':'x','type':'string'}",
     IS("'type':17,'value':{'ns':1,'id':'x','type':'string'}")},
    {17, "{'id':85}", IS("'type':17,'value':{'ns':0,'id':85,'type':'numeric'}")},
    {17, "'ns=1;s=x'", IS("'type':17,'value':{'ns':1,'id':'x','type':'string'}")},
    {17, "{'v':'i=85'}", IS("'type':17,'value':{'ns':0,'id':85,'type':'numeric'}")},
    {17, "{'namespaceIndex':2,'identifier':'deadBEEF','type':'opaque'}",
     IS("'type':17,'value':{'ns':2,'id':'deadbeef','type':'opaque'}")},
    {17, "{'ns':1}", IS("'type':17,'value':{'ns':1,'id':0,'type':'numeric'}")},
    {17, "{'type':'numeric'}", IS("'type':17,'value':{'ns':0,'id':0,'type':'numeric'}")},
    {17, "{'namespaceIndex':2}", IS("'type':17,'value':{'ns':2,'id':0,'type':'numeric'}")},
    {17, "{'ns':1,'namespaceIndex':2,'identifier':7}",
     IS("'type':17,'value':{'ns':1,'id':0,'type':'numeric'}")},
    {17, "{'ns':true,'id':1}", "TypeError: write: params[1].ns must be an integer"},
    {17, "'bogus'", "InvalidNodeIdException: Invalid NodeId format: bogus"},
    {17, "{'v':5}", ENCODING "an object as NodeId"},
    {17, "{}", ENCODING "an object as NodeId"},
    {17, "85", ENCODING "85 as NodeId"},
    {17, "null", ENCODING "null as NodeId"},
    {18, "{'ns':1,'id':5}", IS("'type':18,'value':{'ns':1,'id':5,'type':'numeric'}")},
    {20, "{'ns':1,'name':'q'}", IS("'type':20,'value':{'ns':1,'name':'q'}")},
    {20, "{'ns':1,'n':'q'}", IS("'type':20,'value':{'ns':1,'name':'q'}")},
    {20, "{'namespaceIndex':3,'name':null}", IS("'type':20,'value':{'ns':3,'name':''}")},
    {20, "{'ns':1}", IS("'type':20,'value':{'ns':1,'name':''}")},
    {20, "{'name':'q'}", IS("'type':20,'value':{'ns':0,'name':'q'}")},
    {20, "{'ns':null,'name':'q'}", IS("'type':20,'value':{'ns':0,'name':'q'}")},
    {20, "{}", ENCODING "an object as QualifiedName: ns and name are needed"},
    {20, "'2:a:b'", IS("'type':20,'value':{'ns':2,'name':'a:b'}")},
    {20, "'a:b'", IS("'type':20,'value':{'ns':0,'name':'a:b'}")},
    {20, "'99999:b'", IS("'type':20,'value':{'ns':0,'name':'99999:b'}")},
    {20, "{'ns':65536,'name':'q'}",
     ENCODING "65536 as UInt16: an integer from 0 to 65535 is needed"},
    {20, "{'ns':1,'name':5}", ENCODING "an object as QualifiedName: ns and name are needed"},
    {20, "5", ENCODING "5 as QualifiedName: ns and name are needed"},
    {21, "{'locale':'de','text':'x'}", IS("'type':21,'value':{'locale':'de','text':'x'}")},
    {21, "{'text':'x'}", IS("'type':21,'value':{'locale':null,'text':'x'}")},
    {21, "{'locale':'de'}", IS("'type':21,'value':{'locale':'de','text':null}")},
    {21, "{'locale':null,'text':null}", IS("'type':21,'value':{'locale':null,'text':null}")},
    {21, "{'locale':5,'text':'x'}",
     ENCODING "an object as LocalizedText: locale and text, strings or null, are needed"},
    {21, "{'locale':'de','text':5}",
     ENCODING "an object as LocalizedText: locale and text, strings or null, are needed"},
    {21, "'x'", IS("'type':21,'value':{'locale':null,'text':'x'}")},
    {21, "{}", ENCODING "an object as LocalizedText: locale and text, strings or null, are needed"},
    {21, "null", ENCODING "null as LocalizedText: locale and text, strings or null, are needed"},
    {22, "{'typeId':{'ns':0,'id':886,'type':'numeric'},'encoding':1,'body':'/w=='}",
     IS("'type':22,'value':{'typeId':{'ns':0,'id':886,'type':'numeric'},'encoding':1,'body':'/"
        "w==','value':null}")},
    {22, "{'typeId':{'v':'i=886'},'encoding':1,'bodyB64':'/w==','value':null}",
     IS("'type':22,'value':{'typeId':{'ns':0,'id':886,'type':'numeric'},'encoding':1,'body':'/"
        "w==','value':null}")},
    {22, "{'typeId':'i=0','encoding':0,'body':null}",
     IS("'type':22,'value':{'typeId':{'ns':0,'id':0,'type':'numeric'},'encoding':0,'body':null,'"
        "value':null}")},
    {22, "{'typeId':'i=5','encoding':2,'body':'PGEvPg=='}",
     IS("'type':22,'value':{'typeId':{'ns':0,'id':5,'type':'numeric'},'encoding':2,'body':'PGEvPg=="
        "',"
        "'value':null}")},
#define OBJECT_OF_5(rest) IS("'type':22,'value':{'typeId':{'ns':0,'id':5,'type':'numeric'}," rest)
    {22, "{'typeId':'i=5'}", OBJECT_OF_5("'encoding':0,'body':null,'value':null}")},
    {22, "{'typeId':'i=5','body':'/w=='}", OBJECT_OF_5("'encoding':1,'body':'/w==','value':null}")},
    {22, "{'typeId':'i=5','encoding':0,'body':'/w=='}",
     OBJECT_OF_5("'encoding':0,'body':null,'value':null}")},
    {22, "{'typeId':'i=5','encoding':1,'body':null,'value':null}",
     OBJECT_OF_5("'encoding':1,'body':null,'value':null}")},
    {22, "{'typeId':'i=5','encoding':1,'body':'/w==','value':{'a':1}}",
     OBJECT_OF_5("'encoding':1,'body':'/w==','value':null}")},
    {22, "{'typeId':'i=5','encoding':1,'body':5}",
     ENCODING "an object as ExtensionObject: its body is not valid base64"},
    {22, "{'typeId':'i=5','encoding':'x'}",
     ENCODING "'x' as Byte: an integer from 0 to 255 is needed"},
    {22, "{'typeId':5}", ENCODING "5 as NodeId"},
    {22, "{'typeId':'i=5','encoding':3,'body':''}",
     ENCODING "an object as ExtensionObject: its encoding must be 0, 1 or 2"},
    {22, "{'typeId':'i=5','encoding':1,'body':'*'}",
     ENCODING "an object as ExtensionObject: its body is not valid base64"},
    {22, "{'typeId':'i=5','value':{'a':1}}",
     ENCODING "an object as ExtensionObject: its structure is not known, a body is needed"},
    {22, "{'a':1}", ENCODING "an object as ExtensionObject: typeId, encoding and body are needed"},
    {22, "null", ENCODING "null as ExtensionObject: typeId, encoding and body are needed"},
    {23, "{'value':1,'type':6,'statusCode':5,'sourceTimestamp':'1970-01-01'}",
     IS("'type':23,'value':{'value':1,'type':6,'dimensions':null,'statusCode':5,"
        "'sourceTimestamp':'1970-01-01T00:00:00+00:00','serverTimestamp':null}")},
    {23,
     "{'variant':{'type':6,'value':1,'dims':null,'bytesB64':null},'status':5,"
     "'sourceTs':null,'serverTs':{'date':'1970-01-01 00:00:00.000000','timezone_type':3,"
     "'timezone':'UTC'}}",
     IS("'type':23,'value':{'value':1,'type':6,'dimensions':null,'statusCode':5,'sourceTimestamp':"
        "null,"
        "'serverTimestamp':'1970-01-01T00:00:00+00:00'}")},
    {23, "{'value':null,'type':null,'statusCode':0}",
     IS("'type':23,'value':{'value':null,'type':null,'dimensions':null,'statusCode':0,'"
        "sourceTimestamp':null,"
        "'serverTimestamp':null}")},
#define NOTHING(rest)                                                                              \
    IS("'type':23,'value':{'value':null,'type':null,'dimensions':null,'statusCode':" rest)
#define NO_TIMES ",'sourceTimestamp':null,'serverTimestamp':null}"
    {23, "{'value':null}", NOTHING("0" NO_TIMES)},
    {23, "{'variant':null}", NOTHING("0" NO_TIMES)},
    {23, "{'variant':null,'type':6,'value':1}", NOTHING("0" NO_TIMES)},
    {23, "{'sourceTimestamp':null}", NOTHING("0" NO_TIMES)},
    {23, "{'sourceTs':null}", NOTHING("0" NO_TIMES)},
    {23, "{'serverTimestamp':null}", NOTHING("0" NO_TIMES)},
    {23, "{'serverTs':null}", NOTHING("0" NO_TIMES)},
    {23, "{'status':5}", NOTHING("5" NO_TIMES)},
    {23, "{'statusCode':6}", NOTHING("6" NO_TIMES)},
    {23, "{'type':6}", ENCODING "null as Int32"},
    {23, "{'value':1}", "ValueError: 0 is not a valid backing value"},
    {23, "{'statusCode':-1}", ENCODING "-1 as StatusCode"},
    {23, "{'sourceTimestamp':5}", "TypeError: write: params[1] must be a time text"},
    {23, "{'serverTimestamp':5}", "TypeError: write: params[1] must be a time text"},
    {23, "{'variant':{'type':{},'value':1}}",
     ENCODING "an object as DataValue: type is the number of a builtin type"},
    {23, "{'type':[6],'value':1}",
     ENCODING "an object as DataValue: type is the number of a builtin type"},
    {23, "{'variant':5}", ENCODING "an object as DataValue: its variant must be an object or null"},
    {23, "{'x':1}", ENCODING "an object as DataValue"},
    {23, "5", ENCODING "5 as DataValue"},
    {24, "{'type':6,'value':1}",
     ENCODING "an object as Variant: OPC UA allows Variants in a Variant only as list"},
    {24,
     "[{'type':6,'value':1},{'type':24,'value':null},{'type':12,'value':['a',null]},"
     "{'type':15,'value':null,'bytesB64':'/w=='}]",
     IS("'type':24,'value':[{'type':6,'value':1,'dimensions':null},{'type':24,'value':null,'"
        "dimensions':null},"
        "{'type':12,'value':['a',null],'dimensions':null},"
        "{'type':15,'value':'/w==','dimensions':null,'base64':true}]")},
    {24, "[5]",
     "EncodingException: write: params[1][0]: cannot encode 5 as Variant: type and "
     "value are needed"},
    {24, "[{'type':24,'value':{'type':1,'value':1}}]",
     "EncodingException: write: params[1][0]: cannot encode an object as Variant: OPC UA allows "
     "Variants in a Variant only as list"},
};

static const struct test_value_case lists[] = {
    {6, "[]", IS("'type':6,'value':[]")},
    {6, "[1,'2',true]", IS("'type':6,'value':[1,2,1]")},
    {6, "{}", IS("'type':6,'value':[]")},
    {6, "{'0':1,'2':3}", IS("'type':6,'value':[1,3]")},
    {6, "{'0':1,'x':3}", ENCODING "an object as Int32"},
    {6, "{'':1}", ENCODING "an object as Int32"},
    {6, "[1,[2]]",
     "TypeError: write: params[1][1] must be a single value as the first one of the list is"},
    {6, "[[1,2,3],[4,5,6]]", MATRIX("'type':6,'value':[1,2,3,4,5,6]", "2,3")},
    {6, "[[[1],[2]],[[3],[4]]]", MATRIX("'type':6,'value':[1,2,3,4]", "2,2,1")},
    {6, "{'0':[1,2],'1':{'0':3,'1':4}}", MATRIX("'type':6,'value':[1,2,3,4]", "2,2")},
    {12, "[['a',null]]", MATRIX("'type':12,'value':['a',null]", "1,2")},
    {6, "[[]]", IS("'type':6,'value':[]")},
    {11, "[[],[]]", IS("'type':11,'value':[]")},
    {17, "[['i=1'],['i=2']]",
     MATRIX("'type':17,'value':[{'ns':0,'id':1,'type':'numeric'},{'ns':0,'id':2,'type':'numeric'}]",
            "2,1")},
    {6, "[[1,2],3]", "TypeError: write: params[1][1] must be a list as the first row is"},
    {6, "[[1,2],[3]]",
     "TypeError: write: params[1][1] must be a list of 2 elements as the first row is, not of 1: "
     "the rows of a matrix are equally long"},
    {6, "[[],[1]]", "TypeError: write: params[1][1] must be a list of 0 elements as the first "},
    {6, "[[[1],[2]],[[3],[4,5]]]",
     "TypeError: write: params[1][1][1] must be a list of 1 elements as the first row is, not "},
    {6, "[[[1],[2]],[[3],4]]", "TypeError: write: params[1][1][1] must be a list as the first row"},
    {6, "[[1,2],[3,[4]]]", "TypeError: write: params[1][1][1] must be a single value as the first"},
    {6, "[[1,2],[3,'x']]", "EncodingException: write: params[1][1]: cannot encode 'x' as Int32"},
    {6, "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
     ENCODING "a list as Int32: nested too deeply"},
    {6, "[1,null]",
     "EncodingException: write: params[1][1]: cannot encode null as Int32: an "
     "integer from -2147483648 to 2147483647 is needed"},
    {12, "['a',null,'']", IS("'type':12,'value':['a',null,'']")},
    {12, "['a',5]", "TypeError: write: params[1][1] must be a string or null"},
    {13, "['1970-01-01',null]", IS("'type':13,'value':['1970-01-01T00:00:00+00:00',null]")},
    {15, "['a',{'base64':'/w=='},null]",
     "{'type':15,'value':['YQ==','/w==',null],'dimensions':null,'base64':true}"},
    {17, "['i=1',{'ns':1,'id':2}]",
     IS("'type':17,'value':[{'ns':0,'id':1,'type':'numeric'},"
        "{'ns':1,'id':2,'type':'numeric'}]")},
    {17, "[]", IS("'type':17,'value':[]")},
    {23, "[]", IS("'type':23,'value':[]")},
};

TABLE_TEST(objects)
TABLE_TEST(lists)

static void test_nesting_is_bounded(void **state)
{
    struct osm_buf text = {0};

    for (int i = 0; i < 100; i++)
        osm_buf_add_text(&text, i ? "{'type':24,'value':[" : "[");
    for (int i = 0; i < 100; i++)
        osm_buf_add_text(&text, i < 99 ? "]}" : "]");
    test_value_check(&(struct test_value_case){
        24, osm_buf_text(&text),
        "EncodingException: write: params[1][0]: cannot encode a list as Variant: nested too "
        "deeply"});
    osm_buf_deinit(&text);
}

/* A value may name a namespace its server has not got; before its table is there, or without one,
 * it may not. */
static void test_expanded_ids_by_uri(void **state)
{
    static const UA_String uris[] = {UA_STRING_STATIC("urn:0"), UA_STRING_STATIC("urn:a")};
    const struct {
        const char *json;
        struct osm_names names;
        uint16_t index; /* 99: refused */
        const char *uri;
    } cases[] = {
        {"'nsu=urn:a;i=1'", {.uris = uris, .size = 2, .known = true}, 1, ""},
        {"'nsu=urn:b;i=1'", {.uris = uris, .size = 2, .known = true}, 0, "urn:b"},
        {"{'v':'nsu=urn:b;i=1'}", {.uris = uris, .size = 2, .known = true}, 0, "urn:b"},
        {"'nsu=urn:b;i=1'", {.deferred = true}, 0, "urn:b"},
        {"'nsu=urn:b;i=1'", {0}, OSM_NO_NAMESPACE, ""},
        {"'nsu=urn:b;i=x'", {.uris = uris, .size = 2, .known = true}, 99, ""},
        {"'ns=7;i=1'", {.uris = uris, .size = 2, .known = true}, 7, ""},
    };

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        struct osm_names names = cases[i].names;
        struct osm_fault fault = {0};
        struct osm_decode decode = osm_decode_make(&test_value_arena, &fault, "write", 0, NULL);
        yyjson_doc *doc = test_parse(cases[i].json);
        const UA_ExpandedNodeId *id;
        UA_Variant variant;
        bool good;

        decode.names = &names;
        good = osm_plain_read_value(&decode, yyjson_doc_get_root(doc), 18, &variant);
        assert_int_equal(good, cases[i].index != 99);
        if (good) {
            id = variant.data;
            assert_int_equal(id->nodeId.namespaceIndex, cases[i].index);
            assert_int_equal(id->namespaceUri.length, strlen(cases[i].uri));
            assert_memory_equal(id->namespaceUri.data, cases[i].uri, id->namespaceUri.length);
        }
        decode.names = NULL; /* where nobody knows namespaces */
        good = osm_plain_read_value(&decode, yyjson_doc_get_root(doc), 18, &variant);
        assert_int_equal(good, i == OSM_ARRAY_SIZE(cases) - 1);
        yyjson_doc_free(doc);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_objects),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_nesting_is_bounded),
        cmocka_unit_test(test_expanded_ids_by_uri),
    };

    osm_arena_init(&test_value_arena);
    return cmocka_run_group_tests(tests, NULL, test_value_release);
}
