/* SPDX-License-Identifier: MIT */
/* Structures a session has learnt: shown and taken as maps of fields (types.md §3.9). */
#include "testing/testing_wire.h"

#include "wire/plain/plain_decode.h"

static struct osm_arena arena;
static struct test_out out;

/* struct { Int32 Number; String Text; optional Double Extra; Byte[] List; optional Byte[] More; }
 */
struct thing {
    UA_Int32 number;
    UA_String text;
    UA_Double *extra;
    size_t list_size;
    UA_Byte *list;
    size_t more_size;
    UA_Byte *more;
};

static UA_DataTypeMember thing_members[] = {
    {.memberName = "Number", .memberType = &UA_TYPES[UA_TYPES_INT32]},
    {.memberName = "Text",
     .memberType = &UA_TYPES[UA_TYPES_STRING],
     .padding = offsetof(struct thing, text) - sizeof(UA_Int32)},
    {.memberName = "Extra", .memberType = &UA_TYPES[UA_TYPES_DOUBLE], .isOptional = true},
    {.memberName = "List", .memberType = &UA_TYPES[UA_TYPES_BYTE], .isArray = true},
    {.memberName = "More",
     .memberType = &UA_TYPES[UA_TYPES_BYTE],
     .isArray = true,
     .isOptional = true},
};

static UA_DataType thing_type = {
    .typeName = "Thing",
    .typeId = {.namespaceIndex = 1, .identifier.numeric = 10},
    .binaryEncodingId = {.namespaceIndex = 1, .identifier.numeric = 11},
    .memSize = sizeof(struct thing),
    .typeKind = UA_DATATYPEKIND_OPTSTRUCT,
    .membersSize = OSM_ARRAY_SIZE(thing_members),
    .members = thing_members,
};

/* union { ByteString Bytes; Thing[] Things; } */
struct choice {
    UA_UInt32 selected;
    union {
        UA_ByteString bytes;
        struct {
            size_t size;
            struct thing *items;
        } things;
    } fields;
};

static UA_DataTypeMember choice_members[] = {
    {.memberName = "Bytes",
     .memberType = &UA_TYPES[UA_TYPES_BYTESTRING],
     .padding = offsetof(struct choice, fields)},
    {.memberName = "Things",
     .memberType = &thing_type,
     .padding = offsetof(struct choice, fields),
     .isArray = true},
};

static UA_DataType choice_type = {
    .typeName = "Choice",
    .typeId = {.namespaceIndex = 1, .identifier.numeric = 20},
    .binaryEncodingId = {.namespaceIndex = 1, .identifier.numeric = 21},
    .memSize = sizeof(struct choice),
    .typeKind = UA_DATATYPEKIND_UNION,
    .membersSize = OSM_ARRAY_SIZE(choice_members),
    .members = choice_members,
};

static UA_DataType empty_type = {
    .typeName = "Empty",
    .binaryEncodingId = {.namespaceIndex = 1, .identifier.numeric = 31},
    .memSize = 1,
    .typeKind = UA_DATATYPEKIND_STRUCTURE,
};

/* struct { Variant Inside; } */
static UA_DataTypeMember box_members[] = {
    {.memberName = "Inside", .memberType = &UA_TYPES[UA_TYPES_VARIANT]}};

static UA_DataType box_type = {
    .typeName = "Box",
    .binaryEncodingId = {.namespaceIndex = 1, .identifier.numeric = 41},
    .memSize = sizeof(UA_Variant),
    .typeKind = UA_DATATYPEKIND_STRUCTURE,
    .membersSize = OSM_ARRAY_SIZE(box_members),
    .members = box_members,
};

static const UA_DataType *find(void *structures, const UA_NodeId *encoding_id)
{
    static const UA_DataType *const types[] = {&thing_type, &choice_type, &empty_type, &box_type};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(types); i++) {
        if (UA_NodeId_equal(&types[i]->binaryEncodingId, encoding_id))
            return types[i];
    }
    return NULL;
}

static const struct osm_wire_context known = {.structure = find};

#define OBJECT(id, value)                                                                          \
    "{'type':22,'value':{'typeId':{'ns':1,'id':" id ",'type':'numeric'},'encoding':1,'body':null," \
    "'value':" value "},'dimensions':null"

/* The object as it comes from the wire: encoded. Then the JSON is read and must give the same. */
static void shown_as(const void *value, const UA_DataType *type, const char *expected)
{
    UA_ExtensionObject object = {.encoding = UA_EXTENSIONOBJECT_ENCODED_BYTESTRING};
    struct osm_fault fault = {0};
    struct osm_decode decode = osm_decode_make(&arena, &fault, "call", 0, &known);
    UA_ByteString *body = &object.content.encoded.body, again = UA_BYTESTRING_NULL;
    UA_Variant variant, back;
    yyjson_doc *doc;

    object.content.encoded.typeId = type->binaryEncodingId;
    assert_int_equal(UA_encodeBinary(value, type, body), UA_STATUSCODE_GOOD);
    UA_Variant_setScalar(&variant, &object, &UA_TYPES[UA_TYPES_EXTENSIONOBJECT]);
    test_out_plain(&out, &known, &variant, &UA_TYPES[UA_TYPES_VARIANT]);
    test_out_is(&out, expected);
    doc = yyjson_read(out.buf.data, out.buf.length, YYJSON_READ_NOFLAG);
    if (!osm_plain_read_variant(&decode, yyjson_doc_get_root(doc), &back))
        fail_msg("%s", fault.message);
    assert_int_equal(
        UA_encodeBinary(((UA_ExtensionObject *)back.data)->content.decoded.data, type, &again), 0);
    assert_true(UA_ByteString_equal(body, &again));
    UA_ByteString_clear(&again);
    UA_ByteString_clear(body);
    yyjson_doc_free(doc);
    osm_arena_reset(&arena);
}

static void test_optional_fields(void **state)
{
    UA_Double extra = 0.5;
    UA_Byte bytes[] = {1, 2, 3};
    struct thing thing = {.number = -7, .text = test_string("ä"), .list = UA_EMPTY_ARRAY_SENTINEL};

    shown_as(&thing, &thing_type,
             OBJECT("11", "{'Number':-7,'Text':'ä','Extra':null,'List':[],'More':null}") "}");
    thing.extra = &extra;
    thing.list = thing.more = bytes;
    thing.list_size = 3;
    thing.more_size = 1;
    shown_as(&thing, &thing_type,
             OBJECT("11", "{'Number':-7,'Text':'ä','Extra':0.5,'List':[1,2,3],'More':[1]}") "}");
}

static void test_unions(void **state)
{
    struct thing things[] = {{.number = 1, .list = UA_EMPTY_ARRAY_SENTINEL},
                             {.number = 2, .list = UA_EMPTY_ARRAY_SENTINEL}};
    struct choice choice = {0};

    shown_as(&choice, &choice_type, OBJECT("21", "{'_switchField':0}") "}");
    choice.selected = 1;
    choice.fields.bytes = test_string("ab");
    shown_as(&choice, &choice_type, OBJECT("21", "{'_switchField':1,'Bytes':'ab'}") "}");
    choice.fields.bytes = test_string("\xff");
    shown_as(&choice, &choice_type,
             OBJECT("21", "{'_switchField':1,'Bytes':'/w=='}") ",'base64':true}");
    choice.selected = 2;
    choice.fields.things.size = 2;
    choice.fields.things.items = things;
    shown_as(&choice, &choice_type,
             OBJECT("21", "{'_switchField':2,'Things':["
                          "{'Number':1,'Text':null,'Extra':null,'List':[],'More':null},"
                          "{'Number':2,'Text':null,'Extra':null,'List':[],'More':null}]}") "}");
}

static void test_empty_structure_is_an_empty_map(void **state)
{
    UA_ExtensionObject object = {.encoding = UA_EXTENSIONOBJECT_ENCODED_BYTESTRING};

    object.content.encoded.typeId = empty_type.binaryEncodingId;
    test_out_plain(&out, &known, &object, &UA_TYPES[UA_TYPES_EXTENSIONOBJECT]);
    test_out_is(&out, "{'typeId':{'ns':1,'id':31,'type':'numeric'},'encoding':1,'body':null,"
                      "'value':[]}");
}

/* A body that does not fit its type is shown as it is (M16). */
static void test_misfit_stays_undecoded(void **state)
{
    UA_ExtensionObject object = {.encoding = UA_EXTENSIONOBJECT_ENCODED_BYTESTRING};

    object.content.encoded.typeId = thing_type.binaryEncodingId;
    object.content.encoded.body = test_string("\xff\xfe");
    test_out_plain(&out, &known, &object, &UA_TYPES[UA_TYPES_EXTENSIONOBJECT]);
    test_out_is(&out, "{'typeId':{'ns':1,'id':11,'type':'numeric'},'encoding':1,'body':'//4=',"
                      "'value':null}");
}

/* Bytes are text where they can be, but for those that stand too deep: each level would be written
 * twice to see. */
static void test_bytes_inside_of_many_structures(void **state)
{
    UA_ByteString bytes = test_string("ab");
    UA_ExtensionObject objects[4];
    UA_Variant inside[5] = {0};

    UA_Variant_setScalar(&inside[0], &bytes, &UA_TYPES[UA_TYPES_BYTESTRING]);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(objects); i++) {
        UA_ExtensionObject_setValueNoDelete(&objects[i], &inside[i], &box_type);
        UA_Variant_setScalar(&inside[i + 1], &objects[i], &UA_TYPES[UA_TYPES_EXTENSIONOBJECT]);
    }
    test_out_plain(&out, &known, &inside[3], &UA_TYPES[UA_TYPES_VARIANT]);
    assert_non_null(
        strstr(osm_buf_text(&out.buf), "{\"type\":15,\"value\":\"ab\",\"dimensions\":null}"));
    test_out_plain(&out, &known, &inside[4], &UA_TYPES[UA_TYPES_VARIANT]);
    assert_non_null(strstr(osm_buf_text(&out.buf), "{\"type\":15,\"value\":\"YWI=\",\"dimensions\":"
                                                   "null,\"base64\":true}"));
}

/* Nor is one that only the decoder refuses: a matrix of other dimensions than elements. */
static void test_what_cannot_be_decoded_stays_a_body(void **state)
{
    static const char body[] = "\xc6\1\0\0\0\5\0\0\0\1\0\0\0\2\0\0\0";
    UA_ExtensionObject object = {.encoding = UA_EXTENSIONOBJECT_ENCODED_BYTESTRING};

    object.content.encoded.typeId = box_type.binaryEncodingId;
    object.content.encoded.body = (UA_ByteString){sizeof(body) - 1, (UA_Byte *)(uintptr_t)body};
    test_out_plain(&out, &known, &object, &UA_TYPES[UA_TYPES_EXTENSIONOBJECT]);
    test_out_is(&out, "{'typeId':{'ns':1,'id':41,'type':'numeric'},'encoding':1,"
                      "'body':'xgEAAAAFAAAAAQAAAAIAAAA=','value':null}");
}

static const struct {
    const char *json;
    const char *message;
} refusals[] = {
    {"{'typeId':'ns=1;i=11','value':5}", "cannot encode 5 as ExtensionObject: a map of fields"},
    {"{'typeId':'ns=1;i=11','value':{'Number':'x'}}", "cannot encode \"x\" as Int32"},
    {"{'typeId':'ns=1;i=11','value':{'List':5}}", "a field of the structure is a list"},
    {"{'typeId':'ns=1;i=11','value':{'List':[1,256]}}", "cannot encode 256 as Byte"},
    {"{'typeId':'ns=1;i=21','value':{}}", "cannot encode null as UInt32"},
    {"{'typeId':'ns=1;i=21','value':{'_switchField':3}}", "no such _switchField"},
};

static void test_refusals(void **state)
{
    for (size_t i = 0; i < OSM_ARRAY_SIZE(refusals); i++) {
        yyjson_doc *doc = test_parse(refusals[i].json);
        struct osm_fault fault = {0};
        struct osm_decode decode = osm_decode_make(&arena, &fault, "write", 0, &known);
        UA_Variant variant;

        assert_false(osm_plain_read_value(&decode, yyjson_doc_get_root(doc), 22, &variant));
        assert_int_equal(fault.type, OSM_FAULT_ENCODING);
        assert_non_null(strstr(fault.message, refusals[i].message));
        yyjson_doc_free(doc);
    }
}

static int release(void **state)
{
    osm_buf_deinit(&out.buf);
    osm_arena_deinit(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_optional_fields),
        cmocka_unit_test(test_unions),
        cmocka_unit_test(test_empty_structure_is_an_empty_map),
        cmocka_unit_test(test_misfit_stays_undecoded),
        cmocka_unit_test(test_bytes_inside_of_many_structures),
        cmocka_unit_test(test_what_cannot_be_decoded_stays_a_body),
        cmocka_unit_test(test_refusals),
    };

    osm_arena_init(&arena);
    return cmocka_run_group_tests(tests, NULL, release);
}
