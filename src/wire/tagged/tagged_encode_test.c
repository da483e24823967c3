/* SPDX-License-Identifier: MIT */
/* Tagged JSON of every builtin type, as types.md §5 gives it. */
#include "testing/testing_wire.h"

#include <math.h>

#include "wire/value/styles.h"

static struct test_out out;
static const struct osm_wire_context *context;

static void value_is(const void *value, int type, const char *expected)
{
    struct osm_encoder encoder = osm_encoder_make(test_out_begin(&out), context, &osm_tagged_style);

    osm_encode_value(&encoder, value, &UA_TYPES[type]);
    test_out_is(&out, expected);
}

/* The Variant object of a value or an array of `count` (−1: scalar). */
static void variant_is(const void *data, int count, int type, const char *expected)
{
    UA_Variant variant;

    UA_Variant_init(&variant);
    if (count < 0)
        UA_Variant_setScalar(&variant, (void *)(uintptr_t)data, &UA_TYPES[type]);
    else
        UA_Variant_setArray(&variant, (void *)(uintptr_t)data, (size_t)count, &UA_TYPES[type]);
    value_is(&variant, UA_TYPES_VARIANT, expected);
}

#define VARIANT(type, rest) "{'__t':'Variant','type':{'__t':'BuiltinType','v':" type "}," rest "}"
#define IS(type, value) VARIANT(type, "'value':" value ",'dims':null,'bytesB64':null")

#define SCALAR(ctype, index, value, type, expected)                                                \
    do {                                                                                           \
        ctype scalar_ = value;                                                                     \
        variant_is(&scalar_, -1, index, IS(type, expected));                                       \
    } while (0)

static void test_numbers(void **state)
{
    SCALAR(UA_Boolean, UA_TYPES_BOOLEAN, true, "1", "true");
    SCALAR(UA_SByte, UA_TYPES_SBYTE, INT8_MIN, "2", "-128");
    SCALAR(UA_Byte, UA_TYPES_BYTE, UINT8_MAX, "3", "255");
    SCALAR(UA_Int16, UA_TYPES_INT16, INT16_MIN, "4", "-32768");
    SCALAR(UA_UInt16, UA_TYPES_UINT16, UINT16_MAX, "5", "65535");
    SCALAR(UA_Int32, UA_TYPES_INT32, INT32_MIN, "6", "-2147483648");
    SCALAR(UA_UInt32, UA_TYPES_UINT32, UINT32_MAX, "7", "4294967295");
    SCALAR(UA_Int64, UA_TYPES_INT64, INT64_MIN, "8", "-9223372036854775808");
    SCALAR(UA_UInt64, UA_TYPES_UINT64, UINT64_MAX, "9", "-1");
    SCALAR(UA_Float, UA_TYPES_FLOAT, 1, "10", "1.0");
    SCALAR(UA_Float, UA_TYPES_FLOAT, NAN, "10", "'NaN'");
    SCALAR(UA_Double, UA_TYPES_DOUBLE, -INFINITY, "11", "'-Infinity'");
    SCALAR(UA_StatusCode, UA_TYPES_STATUSCODE, 0x80340000, "19", "2150891520");
    SCALAR(UA_ApplicationType, UA_TYPES_APPLICATIONTYPE, UA_APPLICATIONTYPE_CLIENT, "6", "1");
}

static void test_texts_and_times(void **state)
{
    UA_DateTime times[] = {UA_DATETIME_UNIX_EPOCH, 0};

    SCALAR(UA_String, UA_TYPES_STRING, test_string("ä\"\n"), "12", "'ä\\'\\n'");
    SCALAR(UA_String, UA_TYPES_STRING, UA_STRING_NULL, "12", "null");
    SCALAR(UA_String, UA_TYPES_XMLELEMENT, test_string("<a/>"), "16", "'<a/>'");
    SCALAR(UA_DateTime, UA_TYPES_DATETIME, 0, "13", "null");
    SCALAR(UA_DateTime, UA_TYPES_DATETIME, UA_DATETIME_UNIX_EPOCH, "13",
           "{'__t':'DateTime','v':'1970-01-01T00:00:00.000000+00:00'}");
    SCALAR(UA_DateTime, UA_TYPES_DATETIME, UA_DATETIME_UNIX_EPOCH + 7890009, "13",
           "{'__t':'DateTime','v':'1970-01-01T00:00:00.789000+00:00'}");
    SCALAR(UA_DateTime, UA_TYPES_DATETIME, INT64_MAX, "13",
           "{'__t':'DateTime','v':'9999-12-31T23:59:59.000000+00:00'}");
    variant_is(times, 2, UA_TYPES_DATETIME,
               IS("13", "[{'__t':'DateTime','v':'1970-01-01T00:00:00.000000+00:00'},null]"));
    SCALAR(UA_Guid, UA_TYPES_GUID,
           ((UA_Guid){0x72962B91, 0xFA75, 0x4AE6, {0x8D, 0x28, 0xB4, 4, 0xDC, 0x7D, 0xAF, 0x63}}),
           "14", "'72962b91-fa75-4ae6-8d28-b404dc7daf63'");
}

static void test_ids_and_names(void **state)
{
    UA_Byte bytes[] = {0xde, 0xad, 0, 0xff};
    UA_NodeId opaque = {.namespaceIndex = 1,
                        .identifierType = UA_NODEIDTYPE_BYTESTRING,
                        .identifier.byteString = {.length = 4, .data = bytes}};
    UA_NodeId guid = {.namespaceIndex = 1, .identifierType = UA_NODEIDTYPE_GUID};
    UA_LocalizedText texts[] = {{.locale = test_string("de"), .text = test_string("ü")},
                                {.text = UA_STRING_NULL}};
    UA_String namespaces[] = {test_string("urn:0"), test_string("urn:1")};
    const struct osm_wire_context known = {.namespaces = namespaces, .namespaces_size = 2};
    UA_ExpandedNodeId expanded = {.nodeId = UA_NODEID_NUMERIC(0, 1234),
                                  .namespaceUri = test_string("urn:1"),
                                  .serverIndex = 7};

    SCALAR(UA_NodeId, UA_TYPES_NODEID, UA_NODEID_NUMERIC(0, 85), "17",
           "{'__t':'NodeId','v':'i=85'}");
    SCALAR(UA_NodeId, UA_TYPES_NODEID, UA_NODEID_NUMERIC(2, UINT32_MAX), "17",
           "{'__t':'NodeId','v':'ns=2;i=4294967295'}");
    SCALAR(UA_NodeId, UA_TYPES_NODEID, test_node_id(1, "Demo/ä\"x"), "17",
           "{'__t':'NodeId','v':'ns=1;s=Demo/ä\\'x'}");
    value_is(&opaque, UA_TYPES_NODEID, "{'__t':'NodeId','v':'ns=1;b=dead00ff'}");
    value_is(&guid, UA_TYPES_NODEID,
             "{'__t':'NodeId','v':'ns=1;g=00000000-0000-0000-0000-000000000000'}");
    value_is(&expanded, UA_TYPES_EXPANDEDNODEID, "{'__t':'NodeId','v':'i=1234'}");
    context = &known;
    value_is(&expanded, UA_TYPES_EXPANDEDNODEID, "{'__t':'NodeId','v':'ns=1;i=1234'}");
    context = NULL;
    SCALAR(UA_QualifiedName, UA_TYPES_QUALIFIEDNAME, ((UA_QualifiedName){.namespaceIndex = 3}),
           "20", "{'__t':'QualifiedName','ns':3,'n':''}");
    variant_is(texts, 2, UA_TYPES_LOCALIZEDTEXT,
               IS("21", "[{'__t':'LocalizedText','locale':'de','text':'ü'},"
                        "{'__t':'LocalizedText','locale':null,'text':null}]"));
}

static void test_byte_strings(void **state)
{
    UA_ByteString null = UA_BYTESTRING_NULL, text = test_string("text"),
                  list[] = {test_string("a"), {0}, test_string("\xff")};
    const struct osm_wire_context base64 = {.binary_base64 = true};

    variant_is(&text, -1, UA_TYPES_BYTESTRING,
               VARIANT("15", "'value':null,'dims':null,'bytesB64':'dGV4dA=='"));
    variant_is(&(UA_ByteString){.data = UA_EMPTY_ARRAY_SENTINEL}, -1, UA_TYPES_BYTESTRING,
               VARIANT("15", "'value':null,'dims':null,'bytesB64':''"));
    variant_is(&null, -1, UA_TYPES_BYTESTRING,
               VARIANT("15", "'value':null,'dims':null,'bytesB64':null"));
    variant_is(list, 2, UA_TYPES_BYTESTRING, IS("15", "['a',null]"));
    variant_is(list, 3, UA_TYPES_BYTESTRING,
               VARIANT("15", "'value':['YQ==',null,'/w=='],'dims':null,'bytesB64':null,"
                             "'base64':true"));
    variant_is(UA_EMPTY_ARRAY_SENTINEL, 0, UA_TYPES_BYTESTRING, IS("15", "[]"));
    context = &base64;
    variant_is(list, 1, UA_TYPES_BYTESTRING,
               VARIANT("15", "'value':['YQ=='],'dims':null,'bytesB64':null,'base64':true"));
    context = NULL;
}

static void test_variants(void **state)
{
    UA_Int32 numbers[] = {1, 2, 3, 4, 5, 6};
    UA_UInt32 dimensions[] = {2, 3};
    UA_Variant matrix, list[3];

    UA_Variant_setArray(&matrix, numbers, 6, &UA_TYPES[UA_TYPES_INT32]);
    matrix.arrayDimensions = dimensions;
    matrix.arrayDimensionsSize = 2;
    value_is(&matrix, UA_TYPES_VARIANT,
             VARIANT("6", "'value':[1,2,3,4,5,6],'dims':[2,3],'bytesB64':null"));
    UA_Variant_setScalar(&list[0], &numbers[1], &UA_TYPES[UA_TYPES_INT32]);
    UA_Variant_init(&list[1]);
    list[2] = matrix;
    variant_is(list, 3, UA_TYPES_VARIANT,
               IS("24", "[" IS("6", "2") "," IS("24", "null") "," VARIANT(
                            "6", "'value':[1,2,3,4,5,6],'dims':[2,3],'bytesB64':null") "]"));
    value_is(&list[1], UA_TYPES_VARIANT, IS("24", "null"));
}

static void test_data_values(void **state)
{
    UA_Int32 number = 7;
    UA_DataValue value = {.hasValue = true}, list[2] = {{.status = 5, .hasStatus = true}};

    value_is(&(UA_DataValue){.value = {.type = &UA_TYPES[UA_TYPES_INT32]},
                             .status = 5,
                             .sourceTimestamp = 1,
                             .serverTimestamp = 1},
             UA_TYPES_DATAVALUE, /* nothing of it is there */
             "{'__t':'DataValue','variant':null,'status':0,'sourceTs':null,'serverTs':null}");
    value_is(&(UA_DataValue){0}, UA_TYPES_DATAVALUE,
             "{'__t':'DataValue','variant':null,'status':0,'sourceTs':null,'serverTs':null}");
    value_is(&value, UA_TYPES_DATAVALUE, /* an empty Variant */
             "{'__t':'DataValue','variant':null,'status':0,'sourceTs':null,'serverTs':null}");
    UA_Variant_setScalar(&value.value, &number, &UA_TYPES[UA_TYPES_INT32]);
    value.hasStatus = true;
    value.status = 1083310080;
    value.hasSourceTimestamp = true;
    value.sourceTimestamp = UA_DATETIME_UNIX_EPOCH + 15;
    value.hasServerTimestamp = true;
    value.serverTimestamp = 0;
    value_is(
        &value, UA_TYPES_DATAVALUE,
        "{'__t':'DataValue','variant':" IS(
            "6", "7") ",'status':1083310080,'sourceTs':"
                      "{'__t':'DateTime','v':'1970-01-01T00:00:00.000001+00:00'},'serverTs':null}");
    variant_is(list, 2, UA_TYPES_DATAVALUE,
               IS("23", "[{'__t':'DataValue','variant':null,'status':5,'sourceTs':null,"
                        "'serverTs':null},{'__t':'DataValue','variant':null,'status':0,"
                        "'sourceTs':null,'serverTs':null}]"));
}

static void test_diagnostic_infos(void **state)
{
    UA_DiagnosticInfo inner = {.hasInnerStatusCode = true, .innerStatusCode = 1},
                      info = {.hasSymbolicId = true,
                              .symbolicId = 3,
                              .hasInnerDiagnosticInfo = true,
                              .innerDiagnosticInfo = &inner};

    value_is(&info, UA_TYPES_DIAGNOSTICINFO,
             "{'symbolicId':3,'innerDiagnosticInfo':{'innerStatusCode':1}}");
    value_is(&(UA_DiagnosticInfo){0}, UA_TYPES_DIAGNOSTICINFO, "[]");
}

/* --- ExtensionObjects ---------------------------------------------------------------------- */

static void test_bodies(void **state)
{
    UA_ExtensionObject object = {.encoding = UA_EXTENSIONOBJECT_ENCODED_NOBODY};
    UA_Range range = {.low = -1.5, .high = 2};

    value_is(&object, UA_TYPES_EXTENSIONOBJECT,
             "{'__t':'ExtensionObject','typeId':{'__t':'NodeId','v':'i=0'},'encoding':0,"
             "'bodyB64':null,'value':null}");
    object.encoding = UA_EXTENSIONOBJECT_ENCODED_XML;
    object.content.encoded.typeId = UA_NODEID_NUMERIC(1, 5);
    object.content.encoded.body = test_string("<a/>");
    value_is(&object, UA_TYPES_EXTENSIONOBJECT,
             "{'__t':'ExtensionObject','typeId':{'__t':'NodeId','v':'ns=1;i=5'},'encoding':2,"
             "'bodyB64':'PGEvPg==','value':null}");
    /* what the library has decoded is shown as it was */
    variant_is(&range, -1, UA_TYPES_RANGE,
               IS("22", "{'__t':'ExtensionObject','typeId':{'__t':'NodeId','v':'i=886'},"
                        "'encoding':1,'bodyB64':'AAAAAAAA+L8AAAAAAAAAQA==','value':null}"));
}

struct thing {
    UA_DateTime when;
    UA_NodeId id;
    UA_ByteString bytes;
};

static UA_DataTypeMember thing_members[] = {
    {.memberName = "When", .memberType = &UA_TYPES[UA_TYPES_DATETIME]},
    {.memberName = "Id", .memberType = &UA_TYPES[UA_TYPES_NODEID]},
    {.memberName = "Bytes", .memberType = &UA_TYPES[UA_TYPES_BYTESTRING]},
};

static UA_DataType thing_type = {
    .typeName = "Thing",
    .binaryEncodingId = {.namespaceIndex = 1, .identifier.numeric = 11},
    .memSize = sizeof(struct thing),
    .typeKind = UA_DATATYPEKIND_STRUCTURE,
    .membersSize = OSM_ARRAY_SIZE(thing_members),
    .members = thing_members,
};

static const UA_DataType *find(void *structures, const UA_NodeId *encoding_id)
{
    return UA_NodeId_equal(encoding_id, &thing_type.binaryEncodingId) ? &thing_type : NULL;
}

/* Fields are tagged values in an untagged map. */
static void test_structures(void **state)
{
    const struct osm_wire_context known = {.structure = find};
    struct thing thing = {.when = UA_DATETIME_UNIX_EPOCH,
                          .id = UA_NODEID_NUMERIC(1, 5),
                          .bytes = test_string("\xff")};
    UA_ExtensionObject object = {.encoding = UA_EXTENSIONOBJECT_ENCODED_BYTESTRING};

    object.content.encoded.typeId = thing_type.binaryEncodingId;
    assert_int_equal(UA_encodeBinary(&thing, &thing_type, &object.content.encoded.body),
                     UA_STATUSCODE_GOOD);
    context = &known;
    variant_is(
        &object, -1, UA_TYPES_EXTENSIONOBJECT,
        VARIANT("22",
                "'value':{'__t':'ExtensionObject','typeId':{'__t':'NodeId',"
                "'v':'ns=1;i=11'},'encoding':1,'bodyB64':null,'value':{'When':{'__t':'DateTime',"
                "'v':'1970-01-01T00:00:00.000000+00:00'},'Id':{'__t':'NodeId',"
                "'v':'ns=1;i=5'},'Bytes':'/w=='}},'dims':null,"
                "'bytesB64':null,'base64':true"));
    context = NULL;
    UA_ByteString_clear(&object.content.encoded.body);
}

static int release(void **state)
{
    osm_buf_deinit(&out.buf);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),          cmocka_unit_test(test_texts_and_times),
        cmocka_unit_test(test_ids_and_names),    cmocka_unit_test(test_byte_strings),
        cmocka_unit_test(test_variants),         cmocka_unit_test(test_data_values),
        cmocka_unit_test(test_diagnostic_infos), cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_structures),
    };

    return cmocka_run_group_tests(tests, NULL, release);
}
