/* SPDX-License-Identifier: MIT */
/* Standard structures from the wire: the same bytes to callers, whatever they are. */
#include "testing/testing_wire.h"

#include <open62541/types_generated.h>

#include "wire/value/raw_types.h"

static struct test_out out;

/* Decodes a Variant as it comes from a server and shows it. */
static void shown_as(const char *bytes, size_t length, const char *expected)
{
    UA_ByteString message = {.length = length, .data = (UA_Byte *)(uintptr_t)bytes};
    UA_Variant variant;

    assert_int_equal(UA_decodeBinary(&message, &variant, &UA_TYPES[UA_TYPES_VARIANT], NULL),
                     UA_STATUSCODE_GOOD);
    test_out_plain(&out, NULL, &variant, &UA_TYPES[UA_TYPES_VARIANT]);
    test_out_is(&out, expected);
    UA_Variant_clear(&variant);
}

#define SHOWN_AS(bytes, expected) shown_as(bytes, sizeof(bytes) - 1, expected)
#define RANGE_ID "\x01\x00\x76\x03" /* ns=0;i=886 */
#define RANGE_IS(body)                                                                             \
    "{'typeId':{'ns':0,'id':886,'type':'numeric'},'encoding':1,'body':" body ",'value':null}"
#define ZEROS "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xf0\x3f" /* 0 … 1 */

static void test_well_formed(void **state)
{
    SHOWN_AS("\x16" RANGE_ID "\x01\x10\0\0\0" ZEROS,
             "{'type':22,'value':" RANGE_IS("'AAAAAAAAAAAAAAAAAADwPw=='") ",'dimensions':null}");
}

static void test_what_the_library_could_not_decode(void **state)
{
    /* too short, too long, null */
    SHOWN_AS("\x16" RANGE_ID "\x01\x03\0\0\0abc",
             "{'type':22,'value':" RANGE_IS("'YWJj'") ",'dimensions':null}");
    SHOWN_AS("\x16" RANGE_ID "\x01\x11\0\0\0" ZEROS "x",
             "{'type':22,'value':" RANGE_IS("'AAAAAAAAAAAAAAAAAADwP3g='") ",'dimensions':null}");
    SHOWN_AS("\x16" RANGE_ID "\x01\xff\xff\xff\xff",
             "{'type':22,'value':" RANGE_IS("null") ",'dimensions':null}");
}

static void test_lists_of_several_types(void **state)
{
    SHOWN_AS("\x96\x02\0\0\0" RANGE_ID "\x01\x10\0\0\0" ZEROS "\0\0\0",
             "{'type':22,'value':[" RANGE_IS(
                 "'AAAAAAAAAAAAAAAAAADwPw=='") ","
                                               "{'typeId':{'ns':0,'id':0,'type':'numeric'},'"
                                               "encoding':0,'body':null,'value':null}],"
                                               "'dimensions':null}");
}

static void test_services_are_left_alone(void **state)
{
    static const int kept[] = {UA_TYPES_DATACHANGENOTIFICATION, UA_TYPES_HISTORYDATA,
                               UA_TYPES_USERNAMEIDENTITYTOKEN,  UA_TYPES_EVENTFILTER,
                               UA_TYPES_READRAWMODIFIEDDETAILS, UA_TYPES_VARIABLEATTRIBUTES,
                               UA_TYPES_STRUCTUREDEFINITION,    UA_TYPES_READREQUEST};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(kept); i++)
        assert_int_equal(UA_TYPES[kept[i]].binaryEncodingId.namespaceIndex, 0);
    assert_int_equal(UA_TYPES[UA_TYPES_SERVERSTATUSDATATYPE].binaryEncodingId.namespaceIndex,
                     UINT16_MAX);
}

static void test_looking_up(void **state)
{
    const UA_NodeId range = UA_NODEID_NUMERIC(0, 886), token = UA_NODEID_NUMERIC(0, 324),
                    elsewhere = UA_NODEID_NUMERIC(1, 886), none = UA_NODEID_NUMERIC(0, 0),
                    nobodys = UA_NODEID_NUMERIC(UINT16_MAX, 886),
                    text = {.identifierType = UA_NODEIDTYPE_STRING, .identifier.numeric = 886};

    assert_ptr_equal(osm_raw_types_find(&range), &UA_TYPES[UA_TYPES_RANGE]);
    assert_null(osm_raw_types_decoded(&range));
    assert_ptr_equal(osm_raw_types_find(&token), &UA_TYPES[UA_TYPES_USERNAMEIDENTITYTOKEN]);
    assert_ptr_equal(osm_raw_types_decoded(&token), &UA_TYPES[UA_TYPES_USERNAMEIDENTITYTOKEN]);
    assert_null(osm_raw_types_find(&elsewhere));
    assert_null(osm_raw_types_find(&nobodys));
    assert_null(osm_raw_types_find(&text));
    assert_null(osm_raw_types_find(&none));
    assert_null(osm_raw_types_decoded(&elsewhere));
}

static int release(void **state)
{
    osm_buf_deinit(&out.buf);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_well_formed),
        cmocka_unit_test(test_what_the_library_could_not_decode),
        cmocka_unit_test(test_lists_of_several_types),
        cmocka_unit_test(test_services_are_left_alone),
        cmocka_unit_test(test_looking_up),
    };

    osm_raw_types_init();
    osm_raw_types_init();
    return cmocka_run_group_tests(tests, NULL, release);
}
