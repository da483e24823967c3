/* SPDX-License-Identifier: MIT */
/* Plain JSON of every builtin type, as types.md §2 and §3 give it. */
#include "testing/testing_wire.h"

#include <float.h>
#include <math.h>

static struct test_out out;
static const struct osm_wire_context *context;

/* The Variant object of a value or an array of `count` (−1: scalar). */
static void variant_is(const void *data, int count, int type, const char *expected)
{
    UA_Variant variant;

    UA_Variant_init(&variant);
    if (count < 0)
        UA_Variant_setScalar(&variant, (void *)(uintptr_t)data, &UA_TYPES[type]);
    else
        UA_Variant_setArray(&variant, (void *)(uintptr_t)data, (size_t)count, &UA_TYPES[type]);
    test_out_plain(&out, context, &variant, &UA_TYPES[UA_TYPES_VARIANT]);
    test_out_is(&out, expected);
}

#define SCALAR(ctype, index, value, expected)                                                      \
    do {                                                                                           \
        ctype scalar_ = value;                                                                     \
        variant_is(&scalar_, -1, index, "{" expected ",'dimensions':null}");                       \
    } while (0)

static void test_numbers(void **state)
{
    SCALAR(UA_Boolean, UA_TYPES_BOOLEAN, true, "'type':1,'value':true");
    SCALAR(UA_Boolean, UA_TYPES_BOOLEAN, false, "'type':1,'value':false");
    SCALAR(UA_SByte, UA_TYPES_SBYTE, INT8_MIN, "'type':2,'value':-128");
    SCALAR(UA_Byte, UA_TYPES_BYTE, UINT8_MAX, "'type':3,'value':255");
    SCALAR(UA_Int16, UA_TYPES_INT16, INT16_MIN, "'type':4,'value':-32768");
    SCALAR(UA_UInt16, UA_TYPES_UINT16, UINT16_MAX, "'type':5,'value':65535");
    SCALAR(UA_Int32, UA_TYPES_INT32, INT32_MIN, "'type':6,'value':-2147483648");
    SCALAR(UA_UInt32, UA_TYPES_UINT32, UINT32_MAX, "'type':7,'value':4294967295");
    SCALAR(UA_Int64, UA_TYPES_INT64, INT64_MIN, "'type':8,'value':-9223372036854775808");
    SCALAR(UA_Int64, UA_TYPES_INT64, INT64_MAX, "'type':8,'value':9223372036854775807");
    SCALAR(UA_UInt64, UA_TYPES_UINT64, INT64_MAX, "'type':9,'value':9223372036854775807");
    SCALAR(UA_UInt64, UA_TYPES_UINT64, UINT64_MAX, "'type':9,'value':-1");
    SCALAR(UA_UInt64, UA_TYPES_UINT64, (UA_UInt64)1 << 63, "'type':9,'value':-9223372036854775808");
    SCALAR(UA_Float, UA_TYPES_FLOAT, 0.1f, "'type':10,'value':0.10000000149011612");
    SCALAR(UA_Float, UA_TYPES_FLOAT, FLT_MAX, "'type':10,'value':3.4028234663852886e38");
    SCALAR(UA_Float, UA_TYPES_FLOAT, NAN, "'type':10,'value':'NaN'");
    SCALAR(UA_Double, UA_TYPES_DOUBLE, 5, "'type':11,'value':5.0");
    SCALAR(UA_Double, UA_TYPES_DOUBLE, -0.0, "'type':11,'value':-0.0");
    SCALAR(UA_Double, UA_TYPES_DOUBLE, DBL_TRUE_MIN, "'type':11,'value':5e-324");
    SCALAR(UA_Double, UA_TYPES_DOUBLE, -INFINITY, "'type':11,'value':'-Infinity'");
    SCALAR(UA_StatusCode, UA_TYPES_STATUSCODE, 0x80340000, "'type':19,'value':2150891520");
}

static void test_texts_and_times(void **state)
{
    UA_String null = UA_STRING_NULL;
    UA_String empty = {.length = 0, .data = UA_EMPTY_ARRAY_SENTINEL};
    UA_String bytes[] = {test_string("First"), {.length = 0, .data = UA_EMPTY_ARRAY_SENTINEL}, {0}};

    SCALAR(UA_String, UA_TYPES_STRING, test_string("ä\"\n"), "'type':12,'value':'ä\\'\\n'");
    SCALAR(UA_String, UA_TYPES_STRING, empty, "'type':12,'value':''");
    SCALAR(UA_String, UA_TYPES_STRING, null, "'type':12,'value':null");
    SCALAR(UA_String, UA_TYPES_STRING, test_string("a\xff"), "'type':12,'value':'a\xEF\xBF\xBD'");
    SCALAR(UA_String, UA_TYPES_XMLELEMENT, test_string("<a/>"), "'type':16,'value':'<a/>'");
    SCALAR(UA_DateTime, UA_TYPES_DATETIME, 0, "'type':13,'value':null");
    SCALAR(UA_DateTime, UA_TYPES_DATETIME, UA_DATETIME_UNIX_EPOCH,
           "'type':13,'value':'1970-01-01T00:00:00+00:00'");
    SCALAR(UA_DateTime, UA_TYPES_DATETIME, INT64_MAX,
           "'type':13,'value':'9999-12-31T23:59:59+00:00'");
    SCALAR(UA_DateTime, UA_TYPES_UTCTIME, UA_DATETIME_UNIX_EPOCH + 15,
           "'type':13,'value':'1970-01-01T00:00:00.000001+00:00'");
    SCALAR(UA_Guid, UA_TYPES_GUID,
           ((UA_Guid){0x72962B91, 0xFA75, 0x4AE6, {0x8D, 0x28, 0xB4, 4, 0xDC, 0x7D, 0xAF, 0x63}}),
           "'type':14,'value':'72962b91-fa75-4ae6-8d28-b404dc7daf63'");
    variant_is(bytes, 3, UA_TYPES_STRING,
               "{'type':12,'value':['First','',null],'dimensions':null}");
    variant_is(bytes, 3, UA_TYPES_BYTESTRING,
               "{'type':15,'value':['First','',null],'dimensions':null}");
    variant_is(&empty, -1, UA_TYPES_BYTESTRING, "{'type':15,'value':'','dimensions':null}");
    variant_is(&null, -1, UA_TYPES_BYTESTRING, "{'type':15,'value':null,'dimensions':null}");
}

static void test_binary_byte_strings(void **state)
{
    UA_ByteString bytes[] = {test_string("ab"), test_string("\xff\xfe"), {0}};
    UA_Variant inner[2];

    variant_is(&bytes[1], -1, UA_TYPES_BYTESTRING,
               "{'type':15,'value':'//4=','dimensions':null,'base64':true}");
    variant_is(bytes, 3, UA_TYPES_BYTESTRING,
               "{'type':15,'value':['YWI=','//4=',null],'dimensions':null,'base64':true}");
    /* Each Variant in a list speaks for itself. */
    UA_Variant_setScalar(&inner[0], &bytes[0], &UA_TYPES[UA_TYPES_BYTESTRING]);
    UA_Variant_setScalar(&inner[1], &bytes[1], &UA_TYPES[UA_TYPES_BYTESTRING]);
    variant_is(inner, 2, UA_TYPES_VARIANT,
               "{'type':24,'value':[{'type':15,'value':'ab','dimensions':null},"
               "{'type':15,'value':'//4=','dimensions':null,'base64':true}],"
               "'dimensions':null}");
}

static void test_all_binary_on_demand(void **state)
{
    static const struct osm_wire_context binary = {.binary_base64 = true};
    UA_ByteString bytes[] = {test_string("ab"), {0}};

    context = &binary;
    variant_is(&bytes[0], -1, UA_TYPES_BYTESTRING,
               "{'type':15,'value':'YWI=','dimensions':null,'base64':true}");
    variant_is(&bytes[1], -1, UA_TYPES_BYTESTRING, "{'type':15,'value':null,'dimensions':null}");
    variant_is(&bytes[0], -1, UA_TYPES_STRING, "{'type':12,'value':'ab','dimensions':null}");
    context = NULL;
}

static void test_ids_and_names(void **state)
{
    UA_NodeId opaque = {.namespaceIndex = 1, .identifierType = UA_NODEIDTYPE_BYTESTRING};
    UA_Guid guid = {0, 0, 0, {0, 0, 0, 0, 0, 0, 0, 1}};
    UA_LocalizedText texts[] = {
        {.text = UA_STRING_NULL}, {.text = test_string("x")}, {.locale = test_string("de")}};

    opaque.identifier.byteString = test_string("\xde\xad\x00\xff");
    opaque.identifier.byteString.length = 4;
    SCALAR(UA_NodeId, UA_TYPES_NODEID, UA_NODEID_NULL,
           "'type':17,'value':{'ns':0,'id':0,'type':'numeric'}");
    SCALAR(UA_NodeId, UA_TYPES_NODEID, UA_NODEID_NUMERIC(65535, UINT32_MAX),
           "'type':17,'value':{'ns':65535,'id':4294967295,'type':'numeric'}");
    SCALAR(UA_NodeId, UA_TYPES_NODEID, test_node_id(1, "Demo/äö\"x"),
           "'type':17,'value':{'ns':1,'id':'Demo/äö\\'x','type':'string'}");
    SCALAR(UA_NodeId, UA_TYPES_NODEID, UA_NODEID_GUID(2, guid),
           "'type':17,'value':{'ns':2,'id':'00000000-0000-0000-0000-000000000001','type':'guid'}");
    SCALAR(UA_NodeId, UA_TYPES_NODEID, opaque,
           "'type':17,'value':{'ns':1,'id':'dead00ff','type':'opaque'}");
    SCALAR(UA_QualifiedName, UA_TYPES_QUALIFIEDNAME, test_name(1, "Test"),
           "'type':20,'value':{'ns':1,'name':'Test'}");
    SCALAR(UA_QualifiedName, UA_TYPES_QUALIFIEDNAME, ((UA_QualifiedName){0}),
           "'type':20,'value':{'ns':0,'name':''}");
    variant_is(texts, 3, UA_TYPES_LOCALIZEDTEXT,
               "{'type':21,'value':[{'locale':null,'text':null},{'locale':null,'text':'x'},"
               "{'locale':'de','text':null}],'dimensions':null}");
}

static void test_namespace_uris(void **state)
{
    UA_String uris[] = {test_string("http://opcfoundation.org/UA/"), test_string("urn:a"),
                        test_string("urn:b")};
    struct osm_wire_context known = {.namespaces = uris, .namespaces_size = 3};
    UA_ExpandedNodeId ids[] = {UA_EXPANDEDNODEID_NUMERIC(1, 7), UA_EXPANDEDNODEID_NUMERIC(0, 8),
                               UA_EXPANDEDNODEID_NUMERIC(0, 9)};

    ids[1].namespaceUri = test_string("urn:b");
    ids[1].serverIndex = 3;
    ids[2].namespaceUri = test_string("urn:unknown");
    context = &known;
    variant_is(
        ids, 3, UA_TYPES_EXPANDEDNODEID,
        "{'type':18,'value':[{'ns':1,'id':7,'type':'numeric'},{'ns':2,'id':8,'type':'numeric'},"
        "{'ns':0,'id':9,'type':'numeric'}],'dimensions':null}");
    context = NULL;
    variant_is(
        ids, 2, UA_TYPES_EXPANDEDNODEID,
        "{'type':18,'value':[{'ns':1,'id':7,'type':'numeric'},{'ns':0,'id':8,'type':'numeric'}],"
        "'dimensions':null}");
}

static void test_arrays_and_matrices(void **state)
{
    UA_Int32 numbers[] = {1, 2, 3, 4, 5, 6};
    uint32_t dimensions[] = {2, 3};
    UA_Variant variant;

    variant_is(numbers, 3, UA_TYPES_INT32, "{'type':6,'value':[1,2,3],'dimensions':null}");
    variant_is(NULL, 0, UA_TYPES_INT32, "{'type':6,'value':[],'dimensions':null}");
    variant_is(UA_EMPTY_ARRAY_SENTINEL, 0, UA_TYPES_VARIANT,
               "{'type':24,'value':[],'dimensions':null}");
    UA_Variant_setArray(&variant, numbers, 6, &UA_TYPES[UA_TYPES_INT32]);
    variant.arrayDimensions = dimensions;
    variant.arrayDimensionsSize = 2;
    test_out_plain(&out, NULL, &variant, &UA_TYPES[UA_TYPES_VARIANT]);
    test_out_is(&out, "{'type':6,'value':[1,2,3,4,5,6],'dimensions':[2,3]}");
}

static void test_enumerations_are_integers(void **state)
{
    UA_ServerState states[] = {UA_SERVERSTATE_RUNNING, UA_SERVERSTATE_UNKNOWN};

    variant_is(states, -1, UA_TYPES_SERVERSTATE, "{'type':6,'value':0,'dimensions':null}");
    variant_is(states, 2, UA_TYPES_SERVERSTATE, "{'type':6,'value':[0,7],'dimensions':null}");
}

static void test_decoded_structures_are_shown_as_on_the_wire(void **state)
{
    UA_Range ranges[] = {{-1.5, 2}, {0, 1}};
    UA_EUInformation unit = {.namespaceUri = test_string("urn:x"),
                             .unitId = 4408652,
                             .displayName.text = test_string("x")};

    variant_is(ranges, -1, UA_TYPES_RANGE,
               "{'type':22,'value':{'typeId':{'ns':0,'id':886,'type':'numeric'},'encoding':1,'body'"
               ":'AAAAAAAA+L8AAAAAAAAAQA==',"
               "'value':null},'dimensions':null}");
    variant_is(ranges, 2, UA_TYPES_RANGE,
               "{'type':22,'value':[{'typeId':{'ns':0,'id':886,'type':'numeric'},'encoding':1,'"
               "body':'AAAAAAAA+L8AAAAAAAAAQA==',"
               "'value':null},{'typeId':{'ns':0,'id':886,'type':'numeric'},"
               "'encoding':1,'body':'AAAAAAAAAAAAAAAAAADwPw==','value':null}],"
               "'dimensions':null}");
    variant_is(&unit, -1, UA_TYPES_EUINFORMATION,
               "{'type':22,'value':{'typeId':{'ns':0,'id':889,'type':'numeric'},'encoding':1,'body'"
               ":'BQAAAHVybjp4TEVDAAIBAAAAeAA=',"
               "'value':null},'dimensions':null}");
}

static void test_extension_objects(void **state)
{
    UA_Range range = {-1.5, 2};
    UA_ExtensionObject objects[5] = {0};

    objects[1].content.encoded.typeId = UA_NODEID_NUMERIC(1, 5);
    objects[2].encoding = UA_EXTENSIONOBJECT_ENCODED_BYTESTRING;
    objects[2].content.encoded.typeId = test_node_id(1, "T");
    objects[2].content.encoded.body = test_string("\xff\xfe");
    objects[3].encoding = UA_EXTENSIONOBJECT_ENCODED_XML;
    objects[3].content.encoded.body = test_string("<a/>");
    UA_ExtensionObject_setValue(&objects[4], &range, &UA_TYPES[UA_TYPES_RANGE]);
    variant_is(objects, 5, UA_TYPES_EXTENSIONOBJECT,
               "{'type':22,'value':["
               "{'typeId':{'ns':0,'id':0,'type':'numeric'},'encoding':0,'body':null,'value':null},"
               "{'typeId':{'ns':1,'id':5,'type':'numeric'},'encoding':0,'body':null,'value':null},"
               "{'typeId':{'ns':1,'id':'T','type':'string'},'encoding':1,'body':'//4=',"
               "'value':null},"
               "{'typeId':{'ns':0,'id':0,'type':'numeric'},'encoding':2,'body':'PGEvPg==',"
               "'value':null},"
               "{'typeId':{'ns':0,'id':886,'type':'numeric'},'encoding':1,'body':'AAAAAAAA+"
               "L8AAAAAAAAAQA==',"
               "'value':null}],'dimensions':null}");
}

static void data_value_is(const UA_DataValue *value, const char *expected)
{
    test_out_plain(&out, NULL, value, &UA_TYPES[UA_TYPES_DATAVALUE]);
    test_out_is(&out, expected);
}

static void test_data_values(void **state)
{
    struct osm_encoder encoder;
    UA_Int32 number = 7;
    UA_ByteString bytes = test_string("\xff");
    UA_DataValue value = {0};

    data_value_is(&value, "{'value':null,'type':null,'dimensions':null,'statusCode':0,"
                          "'sourceTimestamp':null,'serverTimestamp':null}");
    value.hasValue = true; /* a null Variant is the same */
    data_value_is(&value, "{'value':null,'type':null,'dimensions':null,'statusCode':0,"
                          "'sourceTimestamp':null,'serverTimestamp':null}");
    UA_Variant_setScalar(&value.value, &number, &UA_TYPES[UA_TYPES_INT32]);
    value.hasStatus = value.hasSourceTimestamp = value.hasServerTimestamp = true;
    value.hasSourcePicoseconds = true;
    value.sourcePicoseconds = 4321;
    value.status = UA_STATUSCODE_BADSENSORFAILURE;
    value.sourceTimestamp = UA_DATETIME_UNIX_EPOCH;
    value.serverTimestamp = 0;
    data_value_is(&value, "{'value':7,'type':6,'dimensions':null,'statusCode':2156658688,"
                          "'sourceTimestamp':'1970-01-01T00:00:00+00:00','serverTimestamp':null}");
    UA_Variant_setScalar(&value.value, &bytes, &UA_TYPES[UA_TYPES_BYTESTRING]);
    value.hasStatus = value.hasSourceTimestamp = false;
    data_value_is(&value, "{'value':'/w==','type':15,'dimensions':null,'statusCode':0,"
                          "'sourceTimestamp':null,'serverTimestamp':null,'base64':true}");
    value.hasValue = false;
    data_value_is(&value, "{'value':null,'type':null,'dimensions':null,'statusCode':0,"
                          "'sourceTimestamp':null,'serverTimestamp':null}");
    encoder = osm_encoder_make(test_out_begin(&out), NULL, &osm_plain_style);
    osm_encode_list(&encoder, NULL, 0, &UA_TYPES[UA_TYPES_DATAVALUE]);
    test_out_is(&out, "[]");
}

static void test_null_variants_in_lists(void **state)
{
    UA_Boolean yes = true;
    UA_Variant list[2] = {0};
    struct osm_encoder encoder;

    UA_Variant_setScalar(&list[1], &yes, &UA_TYPES[UA_TYPES_BOOLEAN]);
    encoder = osm_encoder_make(test_out_begin(&out), NULL, &osm_plain_style);
    osm_encode_list(&encoder, list, 2, &UA_TYPES[UA_TYPES_VARIANT]);
    test_out_is(&out, "[{'type':24,'value':null,'dimensions':null},"
                      "{'type':1,'value':true,'dimensions':null}]");
}

static void test_diagnostic_info(void **state)
{
    UA_DiagnosticInfo inner = {.hasInnerStatusCode = true, .innerStatusCode = 0x80010000};
    UA_DiagnosticInfo info = {0};

    test_out_plain(&out, NULL, &info, &UA_TYPES[UA_TYPES_DIAGNOSTICINFO]);
    test_out_is(&out, "[]");
    info = (UA_DiagnosticInfo){.hasSymbolicId = true,
                               .symbolicId = 1,
                               .hasNamespaceUri = true,
                               .namespaceUri = -1,
                               .hasLocalizedText = true,
                               .localizedText = 3,
                               .hasLocale = true,
                               .locale = 4,
                               .hasAdditionalInfo = true,
                               .additionalInfo = test_string("info"),
                               .hasInnerStatusCode = true,
                               .innerStatusCode = 5,
                               .hasInnerDiagnosticInfo = true,
                               .innerDiagnosticInfo = &inner};
    test_out_plain(&out, NULL, &info, &UA_TYPES[UA_TYPES_DIAGNOSTICINFO]);
    test_out_is(&out, "{'symbolicId':1,'namespaceUri':-1,'localizedText':3,'locale':4,"
                      "'additionalInfo':'info','innerStatusCode':5,"
                      "'innerDiagnosticInfo':{'innerStatusCode':2147549184}}");
}

/* Each member alone makes it an object; what only seems to be there does not. */
static void test_members_of_diagnostic_info(void **state)
{
    static const struct {
        UA_DiagnosticInfo info;
        const char *expected;
    } cases[] = {
        {{.hasSymbolicId = true}, "{'symbolicId':0}"},
        {{.hasNamespaceUri = true}, "{'namespaceUri':0}"},
        {{.hasLocalizedText = true}, "{'localizedText':0}"},
        {{.hasLocale = true}, "{'locale':0}"},
        {{.hasAdditionalInfo = true}, "{'additionalInfo':null}"},
        {{.hasInnerStatusCode = true}, "{'innerStatusCode':0}"},
        {{.hasInnerDiagnosticInfo = true}, "[]"},
        {{.symbolicId = 1, .namespaceUri = 1, .locale = 1, .innerStatusCode = 1}, "[]"},
    };
    UA_DiagnosticInfo nothing = {0}, outer = {.innerDiagnosticInfo = &nothing};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        test_out_plain(&out, NULL, &cases[i].info, &UA_TYPES[UA_TYPES_DIAGNOSTICINFO]);
        test_out_is(&out, cases[i].expected);
    }
    test_out_plain(&out, NULL, &outer, &UA_TYPES[UA_TYPES_DIAGNOSTICINFO]);
    test_out_is(&out, "[]");
    outer.hasInnerDiagnosticInfo = true;
    test_out_plain(&out, NULL, &outer, &UA_TYPES[UA_TYPES_DIAGNOSTICINFO]);
    test_out_is(&out, "{'innerDiagnosticInfo':[]}");
}

static void test_types_on_the_wire(void **state)
{
    assert_int_equal(osm_builtin_type_of(NULL), 0);
    for (uint32_t i = 0; i < 25; i++)
        assert_int_equal(osm_builtin_type_of(&UA_TYPES[i]), i + 1);
    assert_int_equal(osm_builtin_type_of(&UA_TYPES[UA_TYPES_NODECLASS]), 6);
    assert_int_equal(osm_builtin_type_of(&UA_TYPES[UA_TYPES_ARGUMENT]), 22);
    assert_int_equal(osm_builtin_type_of(&UA_TYPES[UA_TYPES_DURATION]), 11);
}

static int release(void **state)
{
    osm_buf_deinit(&out.buf);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_texts_and_times),
        cmocka_unit_test(test_binary_byte_strings),
        cmocka_unit_test(test_all_binary_on_demand),
        cmocka_unit_test(test_ids_and_names),
        cmocka_unit_test(test_namespace_uris),
        cmocka_unit_test(test_arrays_and_matrices),
        cmocka_unit_test(test_enumerations_are_integers),
        cmocka_unit_test(test_decoded_structures_are_shown_as_on_the_wire),
        cmocka_unit_test(test_extension_objects),
        cmocka_unit_test(test_data_values),
        cmocka_unit_test(test_null_variants_in_lists),
        cmocka_unit_test(test_diagnostic_info),
        cmocka_unit_test(test_members_of_diagnostic_info),
        cmocka_unit_test(test_types_on_the_wire),
    };

    return cmocka_run_group_tests(tests, NULL, release);
}
