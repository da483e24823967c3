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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_builtin_types),
        cmocka_unit_test(test_extension_objects),
        cmocka_unit_test(test_unions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
