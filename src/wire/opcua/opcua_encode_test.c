/* SPDX-License-Identifier: MIT */
/* OPC UA JSON (OPC 10000-6 §5.4 of version 1.05, compact), clause by clause. */
#include "testing/testing_wire.h"

#include <math.h>

#include "wire/value/record.h"

static struct test_out out;
static const struct osm_wire_context *context;

static void value_is(const void *value, int type, const char *expected)
{
    struct osm_encoder encoder = osm_encoder_make(test_out_begin(&out), context, &osm_opcua_style);

    osm_encode_value(&encoder, value, &UA_TYPES[type]);
    test_out_is(&out, expected);
}

/* The Variant of a value or an array of `count` (−1: scalar). */
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

#define SCALAR(ctype, index, value, expected)                                                      \
    do {                                                                                           \
        ctype scalar_ = value;                                                                     \
        variant_is(&scalar_, -1, index, "{" expected "}");                                         \
    } while (0)

static void test_numbers(void **state)
{
    SCALAR(UA_Boolean, UA_TYPES_BOOLEAN, false, "'UaType':1,'Value':false");
    SCALAR(UA_SByte, UA_TYPES_SBYTE, INT8_MIN, "'UaType':2,'Value':-128");
    SCALAR(UA_Int32, UA_TYPES_INT32, 0, "'UaType':6,'Value':0");
    SCALAR(UA_UInt32, UA_TYPES_UINT32, UINT32_MAX, "'UaType':7,'Value':4294967295");
    SCALAR(UA_Int64, UA_TYPES_INT64, INT64_MIN, "'UaType':8,'Value':'-9223372036854775808'");
    SCALAR(UA_UInt64, UA_TYPES_UINT64, UINT64_MAX, "'UaType':9,'Value':'18446744073709551615'");
    SCALAR(UA_Float, UA_TYPES_FLOAT, NAN, "'UaType':10,'Value':'NaN'");
    SCALAR(UA_Double, UA_TYPES_DOUBLE, 1.5, "'UaType':11,'Value':1.5");
    SCALAR(UA_Double, UA_TYPES_DOUBLE, -INFINITY, "'UaType':11,'Value':'-Infinity'");
    SCALAR(UA_StatusCode, UA_TYPES_STATUSCODE, 0x80340000,
           "'UaType':19,'Value':{'Code':2150891520}");
    SCALAR(UA_StatusCode, UA_TYPES_STATUSCODE, 0, "'UaType':19,'Value':{}");
    SCALAR(UA_ApplicationType, UA_TYPES_APPLICATIONTYPE, UA_APPLICATIONTYPE_CLIENT,
           "'UaType':6,'Value':1");
}

static void test_texts_and_times(void **state)
{
    UA_String texts[] = {test_string("a"), UA_STRING_NULL, {.data = UA_EMPTY_ARRAY_SENTINEL}};
    UA_DateTime times[] = {UA_DATETIME_UNIX_EPOCH, UA_DATETIME_UNIX_EPOCH + 1,
                           UA_DATETIME_UNIX_EPOCH + 7890000, INT64_MAX, 0};

    variant_is(texts, 3, UA_TYPES_STRING, "{'UaType':12,'Value':['a',null,'']}");
    SCALAR(UA_String, UA_TYPES_STRING, UA_STRING_NULL, "'UaType':12");
    SCALAR(UA_String, UA_TYPES_XMLELEMENT, test_string("<a/>"), "'UaType':16,'Value':'<a/>'");
    variant_is(times, 5, UA_TYPES_DATETIME,
               "{'UaType':13,'Value':['1970-01-01T00:00:00Z','1970-01-01T00:00:00.0000001Z',"
               "'1970-01-01T00:00:00.789Z','9999-12-31T23:59:59Z',null]}");
    SCALAR(UA_DateTime, UA_TYPES_DATETIME, 0, "'UaType':13");
    SCALAR(UA_Guid, UA_TYPES_GUID,
           ((UA_Guid){0x72962B91, 0xFA75, 0x4AE6, {0x8D, 0x28, 0xB4, 4, 0xDC, 0x7D, 0xAF, 0x63}}),
           "'UaType':14,'Value':'72962b91-fa75-4ae6-8d28-b404dc7daf63'");
    SCALAR(UA_Guid, UA_TYPES_GUID, UA_GUID_NULL, "'UaType':14");
    variant_is(texts, 2, UA_TYPES_BYTESTRING, "{'UaType':15,'Value':['YQ==',null]}");
    SCALAR(UA_ByteString, UA_TYPES_BYTESTRING, test_string("\xff"), "'UaType':15,'Value':'/w=='");
}

static void test_ids(void **state)
{
    UA_Byte bytes[] = {0xde, 0xad, 0, 0xff};
    UA_NodeId opaque = {.namespaceIndex = 1,
                        .identifierType = UA_NODEIDTYPE_BYTESTRING,
                        .identifier.byteString = {.length = 4, .data = bytes}};
    UA_NodeId ids[] = {UA_NODEID_NUMERIC(0, 85), UA_NODEID_NULL, test_node_id(1, "a\"b")};
    UA_String namespaces[] = {test_string("urn:0"), test_string("urn:a;b%"), UA_STRING_NULL};
    const struct osm_wire_context known = {.namespaces = namespaces, .namespaces_size = 3};
    UA_ExpandedNodeId expanded = {.nodeId = UA_NODEID_NUMERIC(0, 5),
                                  .namespaceUri = test_string("urn:other"),
                                  .serverIndex = 7};
    UA_QualifiedName names[] = {test_name(0, "a"), test_name(1, "b:c"), test_name(2, "d"), {0}};

    value_is(&opaque, UA_TYPES_NODEID, "'ns=1;b=3q0A/w=='");
    variant_is(ids, 3, UA_TYPES_NODEID, "{'UaType':17,'Value':['i=85',null,'ns=1;s=a\\'b']}");
    value_is(&expanded, UA_TYPES_EXPANDEDNODEID, "'svr=7;nsu=urn:other;i=5'");
    variant_is(names, 4, UA_TYPES_QUALIFIEDNAME, "{'UaType':20,'Value':['a','1:b:c','2:d',null]}");
    context = &known;
    value_is(&ids[2], UA_TYPES_NODEID, "'nsu=urn:a%3Bb%25;s=a\\'b'");
    variant_is(names, 3, UA_TYPES_QUALIFIEDNAME,
               "{'UaType':20,'Value':['a','nsu=urn:a%3Bb%25;b:c','2:d']}");
    expanded.namespaceUri = UA_STRING_NULL;
    expanded.serverIndex = 0;
    expanded.nodeId.namespaceIndex = 3;
    value_is(&expanded, UA_TYPES_EXPANDEDNODEID, "'ns=3;i=5'");
    context = NULL;
}

static void test_objects(void **state)
{
    UA_LocalizedText texts[] = {{.locale = test_string("de"), .text = test_string("ü")},
                                {.text = test_string("x")},
                                {.text = UA_STRING_NULL}};
    UA_DiagnosticInfo inner = {.hasInnerStatusCode = true, .innerStatusCode = 1},
                      info = {.hasSymbolicId = true,
                              .symbolicId = 3,
                              .hasAdditionalInfo = true,
                              .additionalInfo = test_string("x"),
                              .hasInnerDiagnosticInfo = true,
                              .innerDiagnosticInfo = &inner};

    variant_is(texts, 3, UA_TYPES_LOCALIZEDTEXT,
               "{'UaType':21,'Value':[{'Locale':'de','Text':'ü'},{'Text':'x'},null]}");
    value_is(&info, UA_TYPES_DIAGNOSTICINFO,
             "{'SymbolicId':3,'AdditionalInfo':'x',"
             "'InnerDiagnosticInfo':{'InnerStatusCode':{'Code':1}}}");
    value_is(&(UA_DiagnosticInfo){0}, UA_TYPES_DIAGNOSTICINFO, "null");
}

/* Each member alone: it is there, and with it the object. */
static void test_diagnostic_members(void **state)
{
    static const struct {
        UA_DiagnosticInfo info;
        const char *expected;
    } cases[] = {
        {{.hasSymbolicId = true}, "{'SymbolicId':0}"},
        {{.hasNamespaceUri = true, .namespaceUri = 1}, "{'NamespaceUri':1}"},
        {{.hasLocale = true, .locale = -1}, "{'Locale':-1}"},
        {{.hasLocalizedText = true, .localizedText = 2}, "{'LocalizedText':2}"},
        {{.hasAdditionalInfo = true}, "{}"},
        {{.hasInnerStatusCode = true}, "{}"}, /* Good is left out */
        {{.hasInnerStatusCode = true, .innerStatusCode = 5}, "{'InnerStatusCode':{'Code':5}}"},
        {{.innerStatusCode = 5, .hasSymbolicId = true}, "{'SymbolicId':0}"},
        {{.hasInnerDiagnosticInfo = true}, "{}"},
        {{.symbolicId = 1, .namespaceUri = 1, .locale = 1, .localizedText = 1}, "null"},
    };

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++)
        value_is(&cases[i].info, UA_TYPES_DIAGNOSTICINFO, cases[i].expected);
}

/* A value is null only when all of its parts are. */
static void test_parts_of_null(void **state)
{
    UA_ExpandedNodeId id = {.serverIndex = 1};
    UA_Guid guid = {.data4[7] = 1};

    value_is(&(UA_ExpandedNodeId){0}, UA_TYPES_EXPANDEDNODEID, "null");
    value_is(&id, UA_TYPES_EXPANDEDNODEID, "'svr=1;i=0'");
    id = (UA_ExpandedNodeId){.namespaceUri = test_string("urn:x")};
    value_is(&id, UA_TYPES_EXPANDEDNODEID, "'nsu=urn:x;i=0'");
    value_is(&guid, UA_TYPES_GUID, "'00000000-0000-0000-0000-000000000001'");
    value_is(&(UA_QualifiedName){.namespaceIndex = 2}, UA_TYPES_QUALIFIEDNAME, "'2:'");
    value_is(&(UA_LocalizedText){.locale = test_string("de")}, UA_TYPES_LOCALIZEDTEXT,
             "{'Locale':'de'}");
    value_is(&(UA_Variant){0}, UA_TYPES_VARIANT, "null");
    SCALAR(UA_DateTime, UA_TYPES_DATETIME, -1, "'UaType':13");
    SCALAR(UA_DateTime, UA_TYPES_DATETIME, 1, "'UaType':13,'Value':'1601-01-01T00:00:00.0000001Z'");
    SCALAR(UA_LocalizedText, UA_TYPES_LOCALIZEDTEXT, ((UA_LocalizedText){0}), "'UaType':21");
    SCALAR(UA_QualifiedName, UA_TYPES_QUALIFIEDNAME, ((UA_QualifiedName){0}), "'UaType':20");
    SCALAR(UA_NodeId, UA_TYPES_NODEID, UA_NODEID_NULL, "'UaType':17");
}

/* The index where the namespace has no URI, or is not among those known. */
static void test_namespaces_at_the_edge(void **state)
{
    static const char *const expected[] = {"'i=1'", "'nsu=urn:1;i=1'", "'ns=2;i=1'", "'ns=3;i=1'"};
    UA_String namespaces[] = {test_string("urn:0"), test_string("urn:1"), UA_STRING_NULL};
    const struct osm_wire_context known = {.namespaces = namespaces, .namespaces_size = 3};

    context = &known;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(expected); i++) {
        const UA_NodeId id = UA_NODEID_NUMERIC((uint16_t)i, 1);

        value_is(&id, UA_TYPES_NODEID, expected[i]);
    }
    context = NULL;
}

static void test_variants(void **state)
{
    UA_Int32 numbers[] = {1, 2, 3, 4, 5, 6};
    UA_UInt32 dimensions[] = {2, 3};
    UA_Variant matrix, list[2];

    UA_Variant_setArray(&matrix, numbers, 6, &UA_TYPES[UA_TYPES_INT32]);
    matrix.arrayDimensions = dimensions;
    matrix.arrayDimensionsSize = 2;
    value_is(&matrix, UA_TYPES_VARIANT, "{'UaType':6,'Value':[1,2,3,4,5,6],'Dimensions':[2,3]}");
    matrix.arrayDimensionsSize = 1;
    value_is(&matrix, UA_TYPES_VARIANT, "{'UaType':6,'Value':[1,2,3,4,5,6]}");
    list[0] = matrix;
    UA_Variant_init(&list[1]);
    variant_is(list, 2, UA_TYPES_VARIANT,
               "{'UaType':24,'Value':[{'UaType':6,'Value':[1,2,3,4,5,6]},null]}");
}

static void test_data_values(void **state)
{
    UA_Int32 number = 7;
    UA_DataValue value = {.hasValue = true};

    value_is(&value, UA_TYPES_DATAVALUE, "{}");
    UA_Variant_setScalar(&value.value, &number, &UA_TYPES[UA_TYPES_INT32]);
    value.hasStatus = true;
    value.hasSourceTimestamp = true;
    value.sourceTimestamp = UA_DATETIME_UNIX_EPOCH + 15;
    value.hasSourcePicoseconds = true;
    value.sourcePicoseconds = 9;
    value.hasServerTimestamp = true;
    value_is(&value, UA_TYPES_DATAVALUE,
             "{'UaType':6,'Value':7,'SourceTimestamp':'1970-01-01T00:00:00.0000015Z',"
             "'SourcePicoseconds':9}");
    value.status = 1083310080;
    value.serverTimestamp = UA_DATETIME_UNIX_EPOCH;
    value.hasSourceTimestamp = value.hasSourcePicoseconds = false;
    value_is(&value, UA_TYPES_DATAVALUE,
             "{'UaType':6,'Value':7,'Status':{'Code':1083310080},"
             "'ServerTimestamp':'1970-01-01T00:00:00Z'}");
}

/* What a DataValue only seems to have, and zeros, are left out. */
static void test_parts_of_data_values(void **state)
{
    static const struct {
        UA_DataValue value;
        const char *expected;
    } cases[] = {
        {{.status = 5,
          .sourceTimestamp = 1,
          .serverTimestamp = 1,
          .sourcePicoseconds = 1,
          .serverPicoseconds = 1},
         "{}"},
        {{.hasStatus = true,
          .hasSourceTimestamp = true,
          .hasServerTimestamp = true,
          .hasSourcePicoseconds = true,
          .hasServerPicoseconds = true},
         "{}"},
        {{.hasServerPicoseconds = true, .serverPicoseconds = 3}, "{'ServerPicoseconds':3}"},
        {{.hasSourceTimestamp = true, .sourceTimestamp = 10000000},
         "{'SourceTimestamp':'1601-01-01T00:00:01Z'}"},
    };
    UA_Int32 number = 7;
    UA_DataValue hidden = {.hasStatus = true, .status = 5};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++)
        value_is(&cases[i].value, UA_TYPES_DATAVALUE, cases[i].expected);
    UA_Variant_setScalar(&hidden.value, &number, &UA_TYPES[UA_TYPES_INT32]);
    value_is(&hidden, UA_TYPES_DATAVALUE, "{'Status':{'Code':5}}");
}

/* Results keep the keys of `query`; the values in them are in this encoding. */
static void test_records(void **state)
{
    UA_ReferenceDescription reference = {.referenceTypeId = UA_NODEID_NUMERIC(0, 47),
                                         .nodeId = UA_EXPANDEDNODEID_NUMERIC(1, 5),
                                         .browseName = test_name(1, "b"),
                                         .displayName = {.text = test_string("d")},
                                         .nodeClass = UA_NODECLASS_OBJECT};
    struct osm_encoder encoder = osm_encoder_make(test_out_begin(&out), NULL, &osm_opcua_style);

    osm_record_encode(&encoder, &osm_record_reference_description, &reference);
    test_out_is(&out, "{'referenceTypeId':'i=47','isForward':false,'nodeId':'ns=1;i=5',"
                      "'browseName':'1:b','displayName':{'Text':'d'},'nodeClass':1,"
                      "'typeDefinition':null}");
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
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_objects),
        cmocka_unit_test(test_variants),
        cmocka_unit_test(test_data_values),
        cmocka_unit_test(test_records),
        cmocka_unit_test(test_diagnostic_members),
        cmocka_unit_test(test_parts_of_data_values),
        cmocka_unit_test(test_parts_of_null),
        cmocka_unit_test(test_namespaces_at_the_edge),
    };

    return cmocka_run_group_tests(tests, NULL, release);
}
