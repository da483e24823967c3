/* SPDX-License-Identifier: MIT */
/* The values are plain data. They are not const because the library's pointers are not;
 * nothing writes to them. */
#include "type_examples.h"

#include <open62541/nodeids.h>

#include "plant.h"

#define TEXT(text) OSM_STRING_STATIC(text)
#define DATE(unix_seconds) ((unix_seconds)*UA_DATETIME_SEC + UA_DATETIME_UNIX_EPOCH)
#define ID(number)                                                                                 \
    {                                                                                              \
        .namespaceIndex = 0, .identifier.numeric = (number)                                        \
    }

static UA_Boolean booleans[OSM_EXAMPLES] = {true, false, true, false, false, true};
static UA_SByte sbytes[OSM_EXAMPLES] = {-12, -128, 127, 0, 1, -1};
static UA_Byte bytes[OSM_EXAMPLES] = {12, 0, 255, 1, 127, 128};
static UA_Int16 int16s[OSM_EXAMPLES] = {-1234, INT16_MIN, INT16_MAX, 0, 1, -1};
static UA_UInt16 uint16s[OSM_EXAMPLES] = {1234, 0, UINT16_MAX, 1, 256, 32768};
static UA_Int32 int32s[OSM_EXAMPLES] = {-123456, INT32_MIN, INT32_MAX, 0, 1, -1};
static UA_UInt32 uint32s[OSM_EXAMPLES] = {123456, 0, UINT32_MAX, 1, 65536, 2147483648U};
static UA_Int64 int64s[OSM_EXAMPLES] = {-1234567890123, INT64_MIN, INT64_MAX, 0, 1, -1};
static UA_UInt64 uint64s[OSM_EXAMPLES] = {1234567890123, 0, UINT64_MAX, 1, 4294967296, 2};
static UA_Float floats[OSM_EXAMPLES] = {1.5F, 0.1F, -273.15F, 0.0F, 3.4e38F, 1e-38F};
static UA_Double doubles[OSM_EXAMPLES] = {3.141592653589793, 0.1, -273.15, 0.0, 1.7e308, 5e-324};
static UA_String strings[OSM_EXAMPLES] = {
    TEXT("Hello, plant"),       TEXT("Grüße"), TEXT("日本語 😀"), TEXT(""), TEXT("tab\tline\nend"),
    TEXT("\"quoted\" \\ back"),
};
static UA_DateTime date_times[OSM_EXAMPLES] = {
    DATE(1704067200),
    DATE(0),
    DATE(1709210096) + 123 * UA_DATETIME_MSEC,
    DATE(253402300799),
    DATE(-11644473600) + UA_DATETIME_SEC,
    DATE(951782400),
};
static UA_Guid guids[OSM_EXAMPLES] = {
    {0x72962B91, 0xFA75, 0x4AE6, {0x8D, 0x28, 0xB4, 0x04, 0xDC, 0x7D, 0xAF, 0x63}},
    {0},
    {0xFFFFFFFF, 0xFFFF, 0xFFFF, {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}},
    {1, 2, 3, {4, 5, 6, 7, 8, 9, 10, 11}},
    {0, 0, 1, {0}},
    {0, 0, 0, {0, 0, 0, 0, 0, 0, 0, 1}},
};
static UA_ByteString byte_strings[OSM_EXAMPLES] = {
    TEXT("\x00\x01\x02\xFE\xFF"), TEXT("plain"), TEXT(""), TEXT("\x80"), TEXT("\x00"), TEXT("ab"),
};
static UA_XmlElement xml_elements[OSM_EXAMPLES] = {
    TEXT("<tank level=\"42\"/>"), TEXT("<a/>"), TEXT("<b>text</b>"),
    TEXT("<c>&amp;</c>"),         TEXT("<d/>"), TEXT("<e><f/></e>"),
};
static UA_NodeId node_ids[OSM_EXAMPLES] = {
    {.namespaceIndex = 2,
     .identifierType = UA_NODEIDTYPE_STRING,
     .identifier.string = TEXT("Plant")},
    ID(85),
    {.namespaceIndex = 1,
     .identifierType = UA_NODEIDTYPE_GUID,
     .identifier.guid = {1, 2, 3, {4, 5, 6, 7, 8, 9, 10, 11}}},
    {.namespaceIndex = 1,
     .identifierType = UA_NODEIDTYPE_BYTESTRING,
     .identifier.byteString = TEXT("\x01\x02\x03")},
    ID(0),
    {.namespaceIndex = 65535, .identifier.numeric = UINT32_MAX},
};
static UA_ExpandedNodeId expanded_node_ids[OSM_EXAMPLES] = {
    {.nodeId = ID(2253)},
    {.nodeId = ID(1), .namespaceUri = TEXT("urn:opcua-demo-server:plant")},
    {.nodeId = ID(85), .serverIndex = 1},
    {.nodeId = ID(0)},
    {.nodeId = {.identifierType = UA_NODEIDTYPE_STRING, .identifier.string = TEXT("x")}},
    {.nodeId = ID(3), .namespaceUri = TEXT("urn:elsewhere"), .serverIndex = 2},
};
static UA_StatusCode status_codes[OSM_EXAMPLES] = {
    UA_STATUSCODE_BADNODEIDUNKNOWN,
    UA_STATUSCODE_GOOD,
    UA_STATUSCODE_UNCERTAIN,
    UA_STATUSCODE_GOODCOMPLETESASYNCHRONOUSLY,
    UA_STATUSCODE_BAD,
    UA_STATUSCODE_BADTIMEOUT,
};
static UA_QualifiedName qualified_names[OSM_EXAMPLES] = {
    {2, TEXT("Level")}, {0, TEXT("Server")}, {1, TEXT("")}, {0, TEXT("ä")}, {2, TEXT("a:b")}, {0},
};
static UA_LocalizedText localized_texts[OSM_EXAMPLES] = {
    {TEXT("en"), TEXT("Tank")}, {TEXT("de"), TEXT("Behälter")}, {TEXT("ja"), TEXT("タンク")},
    {{0}, TEXT("no locale")},   {TEXT("en-GB"), {0}},           {{0}, {0}},
};

static UA_Range ranges[] = {{0, 100}, {-40, 85.5}};
static UA_EUInformation unit = {TEXT("http://www.opcfoundation.org/UA/units/un/cefact"),
                                4408652,
                                {TEXT("en"), TEXT("°C")},
                                {TEXT("en"), TEXT("degree Celsius")}};
static UA_UInt32 argument_dimensions[] = {3};
static UA_Argument argument = {TEXT("amount"),      ID(UA_NS0ID_DOUBLE),           1, 1,
                               argument_dimensions, {TEXT("en"), TEXT("how much")}};
#define EXTENSION(pointer, index)                                                                  \
    {                                                                                              \
        .encoding = UA_EXTENSIONOBJECT_DECODED_NODELETE, .content.decoded = {                      \
            .type = &UA_TYPES[index],                                                              \
            .data = (pointer)                                                                      \
        }                                                                                          \
    }

static UA_ExtensionObject extension_objects[OSM_EXAMPLES] = {
    EXTENSION(&ranges[0], UA_TYPES_RANGE),
    EXTENSION(&unit, UA_TYPES_EUINFORMATION),
    EXTENSION(&argument, UA_TYPES_ARGUMENT),
    EXTENSION(&ranges[1], UA_TYPES_RANGE),
    {.encoding = UA_EXTENSIONOBJECT_ENCODED_BYTESTRING,
     .content.encoded = {.typeId = {.namespaceIndex = 2, .identifier.numeric = 999},
                         .body = TEXT("\x2A\x00\x00\x00")}},
    {.encoding = UA_EXTENSIONOBJECT_ENCODED_NOBODY},
};

#define SCALAR(pointer, index)                                                                     \
    {                                                                                              \
        .type = &UA_TYPES[index], .storageType = UA_VARIANT_DATA_NODELETE, .data = (pointer)       \
    }
#define ARRAY(pointer, length, index)                                                              \
    {                                                                                              \
        .type = &UA_TYPES[index], .storageType = UA_VARIANT_DATA_NODELETE,                         \
        .arrayLength = (length), .data = (pointer)                                                 \
    }

static UA_DataValue data_values[OSM_EXAMPLES] = {
    {.value = SCALAR(&doubles[0], UA_TYPES_DOUBLE),
     .hasValue = true,
     .hasSourceTimestamp = true,
     .sourceTimestamp = DATE(1704067200)},
    {.hasStatus = true, .status = UA_STATUSCODE_BADSENSORFAILURE},
    {.value = SCALAR(&strings[1], UA_TYPES_STRING),
     .hasValue = true,
     .hasStatus = true,
     .status = UA_STATUSCODE_UNCERTAINLASTUSABLEVALUE},
    {.value = ARRAY(int32s, 3, UA_TYPES_INT32), .hasValue = true},
    {.hasValue = false},
    {.value = SCALAR(&booleans[0], UA_TYPES_BOOLEAN), .hasValue = true},
};
static UA_Variant variants[OSM_EXAMPLES] = {
    SCALAR(&int32s[0], UA_TYPES_INT32), SCALAR(&strings[1], UA_TYPES_STRING),
    ARRAY(doubles, 3, UA_TYPES_DOUBLE), SCALAR(&booleans[0], UA_TYPES_BOOLEAN),
    SCALAR(&guids[0], UA_TYPES_GUID),   {0},
};
static UA_DiagnosticInfo inner_diagnostic_info = {.hasSymbolicId = true, .symbolicId = 2};
static UA_DiagnosticInfo diagnostic_infos[OSM_EXAMPLES] = {
    {.hasSymbolicId = true,
     .symbolicId = 1,
     .hasAdditionalInfo = true,
     .additionalInfo = TEXT("valve stuck"),
     .hasInnerStatusCode = true,
     .innerStatusCode = UA_STATUSCODE_BADDEVICEFAILURE},
    {0},
    {.hasInnerDiagnosticInfo = true, .innerDiagnosticInfo = &inner_diagnostic_info},
    {.hasNamespaceUri = true, .namespaceUri = 3},
    {.hasLocalizedText = true, .localizedText = 4},
    {.hasLocale = true, .locale = 5},
};

#define ROW(name, index, values)                                                                   \
    {                                                                                              \
        name, &UA_TYPES[index], values, &UA_TYPES[index]                                           \
    }

const struct osm_type_example osm_type_examples[] = {
    ROW("Boolean", UA_TYPES_BOOLEAN, booleans),
    ROW("SByte", UA_TYPES_SBYTE, sbytes),
    ROW("Byte", UA_TYPES_BYTE, bytes),
    ROW("Int16", UA_TYPES_INT16, int16s),
    ROW("UInt16", UA_TYPES_UINT16, uint16s),
    ROW("Int32", UA_TYPES_INT32, int32s),
    ROW("UInt32", UA_TYPES_UINT32, uint32s),
    ROW("Int64", UA_TYPES_INT64, int64s),
    ROW("UInt64", UA_TYPES_UINT64, uint64s),
    ROW("Float", UA_TYPES_FLOAT, floats),
    ROW("Double", UA_TYPES_DOUBLE, doubles),
    ROW("String", UA_TYPES_STRING, strings),
    ROW("DateTime", UA_TYPES_DATETIME, date_times),
    ROW("Guid", UA_TYPES_GUID, guids),
    ROW("ByteString", UA_TYPES_BYTESTRING, byte_strings),
    ROW("XmlElement", UA_TYPES_XMLELEMENT, xml_elements),
    ROW("NodeId", UA_TYPES_NODEID, node_ids),
    ROW("ExpandedNodeId", UA_TYPES_EXPANDEDNODEID, expanded_node_ids),
    ROW("StatusCode", UA_TYPES_STATUSCODE, status_codes),
    ROW("QualifiedName", UA_TYPES_QUALIFIEDNAME, qualified_names),
    ROW("LocalizedText", UA_TYPES_LOCALIZEDTEXT, localized_texts),
    ROW("ExtensionObject", UA_TYPES_EXTENSIONOBJECT, extension_objects),
    ROW("DataValue", UA_TYPES_DATAVALUE, data_values),
    {"Variant", &UA_TYPES[UA_TYPES_VARIANT], variants, &UA_TYPES[UA_TYPES_INT32]},
    ROW("DiagnosticInfo", UA_TYPES_DIAGNOSTICINFO, diagnostic_infos),
    {0},
};

void osm_type_example_scalar(const struct osm_type_example *example, UA_Variant *out)
{
    bool variant = example->type != example->scalar_type;
    UA_Variant_setScalar(out, variant ? variants[0].data : example->values, example->scalar_type);
    out->storageType = UA_VARIANT_DATA_NODELETE;
}

void osm_type_example_array(const struct osm_type_example *example, size_t length, UA_Variant *out)
{
    void *values = length > 0 ? example->values : UA_EMPTY_ARRAY_SENTINEL;
    UA_Variant_setArray(out, values, length, example->type);
    out->storageType = UA_VARIANT_DATA_NODELETE;
}

void osm_type_example_matrix(const struct osm_type_example *example, UA_UInt32 dimensions[2],
                             UA_Variant *out)
{
    dimensions[0] = 2;
    dimensions[1] = OSM_EXAMPLES / 2;
    osm_type_example_array(example, OSM_EXAMPLES, out);
    out->arrayDimensions = dimensions;
    out->arrayDimensionsSize = 2;
}
