/* SPDX-License-Identifier: MIT */
/* OPC UA JSON of structures: standard ones, optional fields, unions (OPC 10000-6 §5.4.6–8). */
#include "testing/testing_wire.h"

#include "wire/text/string.h"
#include "wire/value/raw_types.h"
#include "wire/value/styles.h"

static struct test_out out;

static void structure_is(const void *value, const UA_DataType *type, const char *expected)
{
    struct osm_encoder encoder = osm_encoder_make(test_out_begin(&out), NULL, &osm_opcua_style);

    osm_encode_value(&encoder, value, type);
    test_out_is(&out, expected);
}

static void body_is(const char *id, const char *body, size_t length, const char *expected)
{
    struct osm_arena arena;
    struct osm_fault fault = {0};
    UA_ExtensionObject object = {.encoding = UA_EXTENSIONOBJECT_ENCODED_BYTESTRING};

    osm_arena_init(&arena);
    assert_true(
        osm_node_id_parse(id, strlen(id), NULL, &object.content.encoded.typeId, &arena, &fault));
    object.content.encoded.body = osm_string_view(body, length);
    structure_is(&object, &UA_TYPES[UA_TYPES_EXTENSIONOBJECT], expected);
    osm_arena_deinit(&arena);
}

#define BODY_IS(id, body, expected) body_is(id, body, sizeof(body) - 1, expected)

static void test_standard_structures(void **state)
{
    UA_Range range = {.high = 2};
    UA_ExtensionObject object = {.encoding = UA_EXTENSIONOBJECT_ENCODED_NOBODY};

    BODY_IS("i=886", "\0\0\0\0\0\0\xf8\xbf\0\0\0\0\0\0\0\0", "{'UaTypeId':'i=884','Low':-1.5}");
    BODY_IS("i=886", "\0\0\0\0\0\0\xf8\xbf\0\0\0\0\0\0\0\0x", /* more than a Range */
            "{'UaTypeId':'i=886','UaEncoding':1,'UaBody':'AAAAAAAA+L8AAAAAAAAAAHg='}");
    BODY_IS("i=886", "abc", "{'UaTypeId':'i=886','UaEncoding':1,'UaBody':'YWJj'}");
    BODY_IS("ns=2;i=886", "abc", "{'UaTypeId':'ns=2;i=886','UaEncoding':1,'UaBody':'YWJj'}");
    structure_is(&range, &UA_TYPES[UA_TYPES_RANGE], "{'UaTypeId':'i=884','High':2.0}");
    structure_is(&object, &UA_TYPES[UA_TYPES_EXTENSIONOBJECT], "null");
    object.content.encoded.typeId = UA_NODEID_NUMERIC(1, 5);
    structure_is(&object, &UA_TYPES[UA_TYPES_EXTENSIONOBJECT], "{'UaTypeId':'ns=1;i=5'}");
    object.encoding = UA_EXTENSIONOBJECT_ENCODED_XML;
    object.content.encoded.body = test_string("<a/>");
    structure_is(&object, &UA_TYPES[UA_TYPES_EXTENSIONOBJECT],
                 "{'UaTypeId':'ns=1;i=5','UaEncoding':2,'UaBody':'PGEvPg=='}");
}

/* Int32 X; optional Int32 O1; SByte Y; optional Int32 O2; Range[] R; the specification's example
 * with a list behind it. */
struct optional {
    UA_Int32 x;
    UA_Int32 *o1;
    UA_SByte y;
    UA_Int32 *o2;
    size_t r_size;
    UA_Range *r;
};

static UA_DataTypeMember optional_members[] = {
    {.memberName = "X", .memberType = &UA_TYPES[UA_TYPES_INT32]},
    {.memberName = "O1",
     .memberType = &UA_TYPES[UA_TYPES_INT32],
     .padding = offsetof(struct optional, o1) - sizeof(UA_Int32),
     .isOptional = true},
    {.memberName = "Y", .memberType = &UA_TYPES[UA_TYPES_SBYTE]},
    {.memberName = "O2",
     .memberType = &UA_TYPES[UA_TYPES_INT32],
     .padding = offsetof(struct optional, o2) - offsetof(struct optional, y) - 1,
     .isOptional = true},
    {.memberName = "R", .memberType = &UA_TYPES[UA_TYPES_RANGE], .isArray = true},
    /* not of the type: what stands behind the last member is nobody's */
    {.memberName = "Behind", .memberType = &UA_TYPES[UA_TYPES_INT32], .isOptional = true},
};

static const UA_DataType optional_type = {
    .typeName = "Optional",
    .typeId = {.namespaceIndex = 1, .identifier.numeric = 10},
    .memSize = sizeof(struct optional),
    .typeKind = UA_DATATYPEKIND_OPTSTRUCT,
    .membersSize = OSM_ARRAY_SIZE(optional_members) - 1,
    .members = optional_members,
};

struct choice {
    UA_UInt32 selected;
    union {
        UA_Int32 a;
        UA_Double b;
    } fields;
};

static UA_DataTypeMember choice_members[] = {
    {.memberName = "A",
     .memberType = &UA_TYPES[UA_TYPES_INT32],
     .padding = offsetof(struct choice, fields)},
    {.memberName = "B",
     .memberType = &UA_TYPES[UA_TYPES_DOUBLE],
     .padding = offsetof(struct choice, fields)},
};

static const UA_DataType choice_type = {
    .typeName = "Choice",
    .typeId = {.namespaceIndex = 1, .identifier.numeric = 20},
    .memSize = sizeof(struct choice),
    .typeKind = UA_DATATYPEKIND_UNION,
    .membersSize = OSM_ARRAY_SIZE(choice_members),
    .members = choice_members,
};

static void test_optional_fields(void **state)
{
    UA_Int32 zero = 0, one = 1;
    UA_Range ranges[] = {{.low = 1}, {.high = 0}};
    struct optional value = {.x = 1, .y = 2, .o2 = &zero};

    structure_is(&value, &optional_type, "{'UaTypeId':'ns=1;i=10','EncodingMask':2,'X':1,'Y':2}");
    value = (struct optional){.o1 = &one, .r = ranges, .r_size = 2};
    structure_is(&value, &optional_type,
                 "{'UaTypeId':'ns=1;i=10','EncodingMask':1,'O1':1,'R':[{'Low':1.0},{}]}");
}

static void test_unions(void **state)
{
    struct choice value = {.selected = 2, .fields.b = 3.5};

    structure_is(&value, &choice_type, "{'UaTypeId':'ns=1;i=20','SwitchField':2,'B':3.5}");
    value.selected = 0;
    structure_is(&value, &choice_type, "{'UaTypeId':'ns=1;i=20'}");
}

/* Zeros of every kind are left out of a structure; what is null but no default is, too. */
static void test_defaults_inside(void **state)
{
    UA_ServerStatusDataType status = {.state = UA_SERVERSTATE_FAILED};
    UA_EUInformation unit = {.namespaceUri = test_string("")};

    structure_is(&(UA_ServerStatusDataType){0}, &UA_TYPES[UA_TYPES_SERVERSTATUSDATATYPE],
                 "{'UaTypeId':'i=862','BuildInfo':{}}");
    structure_is(&status, &UA_TYPES[UA_TYPES_SERVERSTATUSDATATYPE],
                 "{'UaTypeId':'i=862','State':1,'BuildInfo':{}}");
    structure_is(&(UA_EUInformation){0}, &UA_TYPES[UA_TYPES_EUINFORMATION], "{'UaTypeId':'i=887'}");
    unit.namespaceUri.data = UA_EMPTY_ARRAY_SENTINEL; /* empty, not null */
    unit.unitId = 1;
    structure_is(&unit, &UA_TYPES[UA_TYPES_EUINFORMATION],
                 "{'UaTypeId':'i=887','NamespaceUri':'','UnitId':1}");
    structure_is(&(UA_StatusChangeNotification){.status = 5},
                 &UA_TYPES[UA_TYPES_STATUSCHANGENOTIFICATION],
                 "{'UaTypeId':'i=818','Status':{'Code':5}}");
    structure_is(&(UA_StatusChangeNotification){0}, &UA_TYPES[UA_TYPES_STATUSCHANGENOTIFICATION],
                 "{'UaTypeId':'i=818'}");
}

static int release(void **state)
{
    osm_buf_deinit(&out.buf);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_standard_structures),
        cmocka_unit_test(test_optional_fields),
        cmocka_unit_test(test_unions),
        cmocka_unit_test(test_defaults_inside),
    };

    osm_raw_types_init(); /* as in the daemon */
    return cmocka_run_group_tests(tests, NULL, release);
}
