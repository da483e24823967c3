/* SPDX-License-Identifier: MIT */
/* Messages as bytes: what is written by hand is what the library's encoder writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <open62541/types_generated_handling.h>

#include "rim/ua/message.h"

#define GUID                                                                                       \
    UA_NODEID_GUID(7, ((UA_Guid){0x01020304, 0x0506, 0x0708, {9, 10, 11, 12, 13, 14, 15, 16}}))

static void same_as_the_library(const UA_ReadRequest *request)
{
    const UA_DataType *type = &UA_TYPES[UA_TYPES_READREQUEST];
    UA_ByteString expected = UA_BYTESTRING_NULL;
    struct osm_buf out = {0};

    assert_int_equal(UA_encodeBinary(request, type, &expected), UA_STATUSCODE_GOOD);
    osm_buf_add(&out, "before", 6);
    assert_int_equal(osm_message_encode(&out, type, request), UA_STATUSCODE_GOOD);
    assert_int_equal(out.length, 6 + 4 + expected.length);
    assert_memory_equal(out.data, "before\1\0\x77\2", 10);
    assert_memory_equal(out.data + 10, expected.data, expected.length);
    UA_ByteString_clear(&expected);
    osm_buf_deinit(&out);
}

static void test_reads(void **state)
{
    const UA_NodeId ids[] = {
        UA_NODEID_NUMERIC(0, 0),
        UA_NODEID_NUMERIC(0, 255),
        UA_NODEID_NUMERIC(0, 256),
        UA_NODEID_NUMERIC(1, 3),
        UA_NODEID_NUMERIC(255, 65535),
        UA_NODEID_NUMERIC(256, 3),
        UA_NODEID_NUMERIC(2, 65536),
        UA_NODEID_NUMERIC(65535, UINT32_MAX),
        UA_NODEID_STRING(3, (char *)(uintptr_t) "Line.Speed"),
        UA_NODEID_STRING(300, (char *)(uintptr_t) ""),
        {.namespaceIndex = 1, .identifierType = UA_NODEIDTYPE_STRING},
        GUID,
        UA_NODEID_BYTESTRING(9, (char *)(uintptr_t) "opaque"),
    };
    UA_ReadValueId nodes[sizeof(ids) / sizeof(ids[0])];
    UA_ReadRequest request;

    (void)state;
    UA_ReadRequest_init(&request);
    request.requestHeader.authenticationToken = UA_NODEID_NUMERIC(0, 77777);
    request.requestHeader.requestHandle = 4;
    request.maxAge = 12.5;
    request.timestampsToReturn = UA_TIMESTAMPSTORETURN_BOTH;
    request.nodesToRead = nodes;
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        UA_ReadValueId_init(&nodes[i]);
        nodes[i].nodeId = ids[i];
        nodes[i].attributeId = (UA_UInt32)i + 1;
        if (i % 2)
            nodes[i].indexRange = (UA_String)UA_STRING_STATIC("1:2,3");
        if (i % 3)
            nodes[i].dataEncoding = UA_QUALIFIEDNAME(2, (char *)(uintptr_t) "Default Binary");
        request.nodesToReadSize = i + 1;
        same_as_the_library(&request);
    }
    request.nodesToReadSize = 0;
    request.nodesToRead = UA_EMPTY_ARRAY_SENTINEL;
    same_as_the_library(&request);
}

/* A header too long for the short way is written all the same. */
static void test_a_long_header(void **state)
{
    static char text[5000];
    UA_ReadValueId node;
    UA_ReadRequest request;

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    UA_ReadValueId_init(&node);
    UA_ReadRequest_init(&request);
    request.requestHeader.auditEntryId = UA_STRING(text);
    request.nodesToRead = &node;
    request.nodesToReadSize = 1;
    same_as_the_library(&request);
}

/* The room for a node is that of its longest form. */
static void test_many_guids(void **state)
{
    static UA_ReadValueId nodes[2015];
    UA_ReadRequest request;

    (void)state;
    UA_ReadRequest_init(&request);
    request.nodesToRead = nodes;
    request.nodesToReadSize = OSM_ARRAY_SIZE(nodes);
    for (size_t i = 0; i < request.nodesToReadSize; i++)
        nodes[i].nodeId = GUID;
    same_as_the_library(&request);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads),
        cmocka_unit_test(test_a_long_header),
        cmocka_unit_test(test_many_guids),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
