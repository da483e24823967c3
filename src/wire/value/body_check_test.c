/* SPDX-License-Identifier: MIT */
/* Bodies are walked as the library decodes them: whole ones pass, no shorter one does. */
#include "testing/testing_wire.h"

#include <open62541/types_generated_handling.h>

#include "util/macros.h"
#include "wire/value/body_check.h"

static void check_whole_and_cut(const void *value, const UA_DataType *type)
{
    UA_ByteString body = UA_BYTESTRING_NULL, cut;

    assert_int_equal(UA_encodeBinary(value, type, &body), UA_STATUSCODE_GOOD);
    assert_true(osm_body_check(&body, type));
    for (cut = body; cut.length-- > 0;)
        if (osm_body_check(&cut, type))
            fail_msg("%s of %zu bytes passes with %zu", type->typeName, body.length, cut.length);
    UA_ByteString_clear(&body);
}

static void test_builtin_types(void **state)
{
    UA_Int32 matrix[] = {1, 2, 3, 4};
    UA_UInt32 dimensions[] = {2, 2};
    UA_Variant nested[2], variant;
    UA_DiagnosticInfo inner = {.hasSymbolicId = true},
                      diagnostic = {.hasSymbolicId = true,
                                    .hasNamespaceUri = true,
                                    .hasLocale = true,
                                    .hasLocalizedText = true,
                                    .hasAdditionalInfo = true,
                                    .hasInnerStatusCode = true,
                                    .hasInnerDiagnosticInfo = true,
                                    .additionalInfo = test_string("why"),
                                    .innerDiagnosticInfo = &inner};
    UA_DataValue data_value = {.hasValue = true,
                               .hasStatus = true,
                               .hasSourceTimestamp = true,
                               .hasServerTimestamp = true,
                               .hasSourcePicoseconds = true,
                               .hasServerPicoseconds = true};
    UA_LocalizedText text = {test_string("de"), test_string("Wort")};
    UA_ExpandedNodeId expanded = {
        .nodeId = test_node_id(3, "x"), .namespaceUri = test_string("urn:x"), .serverIndex = 7};

    for (size_t i = 0; i < 25; i++) { /* all zero; then the ones with parts */
        void *zero = UA_new(&UA_TYPES[i]);

        check_whole_and_cut(zero, &UA_TYPES[i]);
        UA_delete(zero, &UA_TYPES[i]);
    }
    UA_Variant_init(&variant);
    UA_Variant_setArray(&nested[0], matrix, 4, &UA_TYPES[UA_TYPES_INT32]);
    nested[0].arrayDimensions = dimensions;
    nested[0].arrayDimensionsSize = 2;
    UA_Variant_init(&nested[1]);
    UA_Variant_setScalar(&nested[1], &text, &UA_TYPES[UA_TYPES_LOCALIZEDTEXT]);
    UA_Variant_setArray(&variant, nested, 2, &UA_TYPES[UA_TYPES_VARIANT]);
    data_value.value = variant;
    check_whole_and_cut(&diagnostic, &UA_TYPES[UA_TYPES_DIAGNOSTICINFO]);
    check_whole_and_cut(&data_value, &UA_TYPES[UA_TYPES_DATAVALUE]);
    check_whole_and_cut(&expanded, &UA_TYPES[UA_TYPES_EXPANDEDNODEID]);
    check_whole_and_cut(&text, &UA_TYPES[UA_TYPES_LOCALIZEDTEXT]);
}

static void test_extension_objects(void **state)
{
    UA_UserNameIdentityToken token = {.userName = test_string("otto")};
    UA_ExtensionObject object;
    UA_ByteString body = UA_BYTESTRING_NULL;

    UA_ExtensionObject_setValueNoDelete(&object, &token, &UA_TYPES[UA_TYPES_USERNAMEIDENTITYTOKEN]);
    check_whole_and_cut(&object, &UA_TYPES[UA_TYPES_EXTENSIONOBJECT]);
    assert_int_equal(UA_encodeBinary(&object, &UA_TYPES[UA_TYPES_EXTENSIONOBJECT], &body),
                     UA_STATUSCODE_GOOD);
    body.data[5]--; /* the library would read on behind the announced length */
    assert_false(osm_body_check(&body, &UA_TYPES[UA_TYPES_EXTENSIONOBJECT]));
    UA_ByteString_clear(&body);
    object = (UA_ExtensionObject){.encoding = UA_EXTENSIONOBJECT_ENCODED_XML};
    object.content.encoded.body = test_string("<a/>");
    check_whole_and_cut(&object, &UA_TYPES[UA_TYPES_EXTENSIONOBJECT]);
}

static UA_DataTypeMember choice_members[] = {
    {.memberName = "Number", .memberType = &UA_TYPES[UA_TYPES_INT32], .padding = 4},
    {.memberName = "Texts",
     .memberType = &UA_TYPES[UA_TYPES_STRING],
     .padding = 8,
     .isArray = true},
};

static const UA_DataType choice_type = {
    .typeName = "Choice",
    .memSize = 24,
    .typeKind = UA_DATATYPEKIND_UNION,
    .membersSize = OSM_ARRAY_SIZE(choice_members),
    .members = choice_members,
};

#define BODY(literal)                                                                              \
    &(UA_ByteString)                                                                               \
    {                                                                                              \
        sizeof(literal) - 1, (UA_Byte *)(uintptr_t)(const char *)(literal)                         \
    }

static void test_unions(void **state)
{
    assert_true(osm_body_check(BODY("\0\0\0\0"), &choice_type));
    assert_true(osm_body_check(BODY("\1\0\0\0\7\0\0\0"), &choice_type));
    assert_false(osm_body_check(BODY("\1\0\0\0\7\0\0"), &choice_type));
    assert_true(osm_body_check(BODY("\2\0\0\0\1\0\0\0\1\0\0\0x"), &choice_type));
    assert_true(osm_body_check(BODY("\2\0\0\0\xff\xff\xff\xff"), &choice_type));
    assert_false(osm_body_check(BODY("\3\0\0\0\0\0\0\0\0\0\0\0"), &choice_type));
    assert_false(osm_body_check(BODY("\xff\xff\xff\xff\0\0\0\0\0\0\0\0"), &choice_type));
    assert_false(osm_body_check(BODY("\2\0\0\0\xff\xff\xff\x7f"), &choice_type));
}

/* Bodies at the edge of what a type allows, and just beyond it. */
static void test_edges(void **state)
{
    static const struct {
        int type;
        UA_ByteString body;
        bool fits;
    } cases[] = {
#define CASE(type, literal, fits)                                                                  \
    {UA_TYPES_##type, {sizeof(literal) - 1, (UA_Byte *)(uintptr_t)(const char *)(literal)}, fits}
        CASE(NODEID, "\5\0\0\1\0\0\0x", true),
        CASE(NODEID, "\6\0\0\1\0\0\0x", false),
        CASE(NODEID,
             "\4"
             "0123456789abcdefgh",
             true),
        CASE(NODEID,
             "\4"
             "0123456789abcdefg",
             false),
        CASE(VARIANT, "\1\1", true),   /* Boolean, the first kind … */
        CASE(VARIANT, "\x19\0", true), /* … DiagnosticInfo, the last */
        CASE(VARIANT, "\x1a\0\0\0\0\0\0", false),
        CASE(VARIANT, "\x80\0\0\0\0", false), /* a list of no type */
        CASE(VARIANT, "\xc6\0\0\0\0", false), /* a matrix without dimensions */
        CASE(VARIANT, "\xc6\0\0\0\0\0\0\0\0", true),
        CASE(VARIANT, "\x98\1\0\0\0\0", true),    /* in memory 48 times as large as here … */
        CASE(VARIANT, "\x98\2\0\0\0\0\0", false), /* … once, but not twice */
        CASE(VARIANT, "\x98\xff\xff\xff\xff", true),
        CASE(VARIANT, "\x98\1\0\0\0\x1a", false),      /* an element of no kind */
        CASE(VARIANT, "\x8c\1\0\0\0\2\0\0\0x", false), /* … and one that breaks off */
        CASE(EXTENSIONOBJECT, "\0\0\0", true),
        CASE(EXTENSIONOBJECT, "\0\0\2\0\0\0\0", true),
        CASE(EXTENSIONOBJECT, "\0\0\3\0\0\0\0", false),
        CASE(EXTENSIONOBJECT, "\0\0\1\1\0\0\0x", true),
        CASE(STRING, "\0\0\0\0", true),
        CASE(STRING, "\xff\xff\xff\xff", true),
        CASE(LOCALIZEDTEXT, "\2\1\0\0\0x", true),
        CASE(LOCALIZEDTEXT, "\1\1\0\0\0x", true),
        CASE(LOCALIZEDTEXT, "\3\1\0\0\0x", false),
        CASE(APPLICATIONTYPE, "\1\0\0\0", true), /* an enumeration */
        CASE(APPLICATIONTYPE, "\1\0\0", false),
#undef CASE
    };

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++)
        if (osm_body_check(&cases[i].body, &UA_TYPES[cases[i].type]) != cases[i].fits)
            fail_msg("case %zu: %s", i, UA_TYPES[cases[i].type].typeName);
}

static void test_depth(void **state)
{
    UA_Byte nested[91];
    UA_ByteString body = {sizeof(nested), nested};

    memset(nested, 0x40, sizeof(nested)); /* DiagnosticInfos in each other */
    nested[90] = 0;
    assert_false(osm_body_check(&body, &UA_TYPES[UA_TYPES_DIAGNOSTICINFO]));
    body = (UA_ByteString){90, nested + 1};
    assert_true(osm_body_check(&body, &UA_TYPES[UA_TYPES_DIAGNOSTICINFO]));
}

static void test_kinds_that_are_not_known(void **state)
{
    const UA_DataType bits = {.typeName = "Bits", .typeKind = UA_DATATYPEKIND_BITFIELDCLUSTER};

    assert_false(osm_body_check(BODY("\0\0\0\0"), &bits));
}

static UA_DataTypeMember maybe_members[] = {
    {.memberName = "A", .memberType = &UA_TYPES[UA_TYPES_INT16], .isOptional = true},
    {.memberName = "B", .memberType = &UA_TYPES[UA_TYPES_BYTE]},
    {.memberName = "C", .memberType = &UA_TYPES[UA_TYPES_INT32], .isOptional = true},
};

static const UA_DataType maybe_type = {
    .typeName = "Maybe",
    .memSize = 24,
    .typeKind = UA_DATATYPEKIND_OPTSTRUCT,
    .membersSize = OSM_ARRAY_SIZE(maybe_members),
    .members = maybe_members,
};

static void test_optional_members(void **state)
{
    assert_true(osm_body_check(BODY("\0\0\0\0b"), &maybe_type));
    assert_true(osm_body_check(BODY("\1\0\0\0aab"), &maybe_type));
    assert_true(osm_body_check(BODY("\2\0\0\0bcccc"), &maybe_type));
    assert_true(osm_body_check(BODY("\3\0\0\0aabcccc"), &maybe_type));
    assert_false(osm_body_check(BODY("\0\0\0\0"), &maybe_type));
    assert_false(osm_body_check(BODY("\1\0\0\0aa"), &maybe_type));
    assert_false(osm_body_check(BODY("\2\0\0\0bccc"), &maybe_type));
    assert_false(osm_body_check(BODY("\3\0\0\0aabccc"), &maybe_type));
    assert_false(osm_body_check(BODY("\0\0\0"), &maybe_type));
}

/* Byte[,] M; Byte B. */
static UA_DataTypeMember matrix_members[] = {
    {.memberName = "\1M", .memberType = &UA_TYPES[UA_TYPES_INT32], .isArray = true},
    {.memberName = "M", .memberType = &UA_TYPES[UA_TYPES_BYTE], .isArray = true},
    {.memberName = "B", .memberType = &UA_TYPES[UA_TYPES_BYTE]},
};

static const UA_DataType matrix_type = {
    .typeName = "Matrix",
    .memSize = 40,
    .typeKind = UA_DATATYPEKIND_STRUCTURE,
    .membersSize = OSM_ARRAY_SIZE(matrix_members),
    .members = matrix_members,
};

typedef bool convert_fn(const UA_ByteString *, const UA_DataType *, struct osm_buf *);

static bool becomes(convert_fn *convert, UA_ByteString from, UA_ByteString to)
{
    _cleanup_(osm_buf_deinit) struct osm_buf out = {0};

    return convert(&from, &matrix_type, &out) && out.length == to.length &&
           memcmp(out.data, to.data, to.length) == 0;
}

static bool is_refused(convert_fn *convert, UA_ByteString from)
{
    _cleanup_(osm_buf_deinit) struct osm_buf out = {0};

    return !convert(&from, &matrix_type, &out);
}

#define TWO_BY_ONE "\2\0\0\0\2\0\0\0\1\0\0\0"
#define TWO_BY_NONE "\2\0\0\0\2\0\0\0\0\0\0\0"
#define NO_DIMENSIONS "\xff\xff\xff\xff"

/* The library wants a length between dimensions and elements, on the wire there is none. */
static void test_matrices(void **state)
{
    UA_DataType last = matrix_type;

    assert_true(becomes(osm_body_expand, *BODY(TWO_BY_ONE "mmb"), *BODY(TWO_BY_ONE "\2\0\0\0mmb")));
    assert_true(
        becomes(osm_body_contract, *BODY(TWO_BY_ONE "\2\0\0\0mmb"), *BODY(TWO_BY_ONE "mmb")));
    assert_true(becomes(osm_body_expand, *BODY(TWO_BY_NONE "b"), *BODY(TWO_BY_NONE "\0\0\0\0b")));
    assert_true(becomes(osm_body_contract, *BODY(TWO_BY_NONE "\0\0\0\0b"), *BODY(TWO_BY_NONE "b")));
    assert_true(becomes(osm_body_contract,
                        *BODY(TWO_BY_NONE "\xff\xff\xff\xff"
                                          "b"),
                        *BODY(TWO_BY_NONE "b")));
    assert_true(
        becomes(osm_body_expand, *BODY(NO_DIMENSIONS "b"), *BODY(NO_DIMENSIONS "\0\0\0\0b")));
    assert_true(is_refused(osm_body_contract, *BODY(TWO_BY_ONE "\1\0\0\0mb")));
    assert_true(is_refused(osm_body_contract, *BODY(TWO_BY_ONE "\0\0\0\0b")));
    assert_true(is_refused(osm_body_contract, *BODY(TWO_BY_NONE "\1\0\0\0mb")));
    assert_true(is_refused(osm_body_contract, *BODY(TWO_BY_ONE "\1\0\0\0mmb")));
    assert_true(is_refused(osm_body_contract, *BODY(TWO_BY_ONE "\xff\xff\xff\xffmmb")));
    assert_true(is_refused(osm_body_contract, *BODY(TWO_BY_ONE "\2\0")));
    assert_false(osm_body_check(BODY("\2\0\0\0\2\0"), &matrix_type));
    assert_true(is_refused(osm_body_expand, *BODY(TWO_BY_ONE "m")));
    assert_true(is_refused(osm_body_expand, *BODY(TWO_BY_ONE "mm")));
    assert_true(osm_body_check(BODY(TWO_BY_ONE "mmb"), &matrix_type));
    last.membersSize = 2; /* nothing behind the matrix */
    assert_true(osm_body_check(BODY(TWO_BY_ONE "mm"), &last));
    assert_false(osm_body_check(BODY(TWO_BY_ONE "m"), &last));
    /* 65536 times 65536 times 65536 times 65536 are not none. */
    assert_false(osm_body_check(BODY("\4\0\0\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0b"), &matrix_type));
    assert_false(osm_body_check(BODY("\2\0\0\0\0\0\1\0\0\0\1\0b"), &matrix_type));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_builtin_types),
        cmocka_unit_test(test_extension_objects),
        cmocka_unit_test(test_unions),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_kinds_that_are_not_known),
        cmocka_unit_test(test_optional_members),
        cmocka_unit_test(test_matrices),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
