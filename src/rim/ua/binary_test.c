/* SPDX-License-Identifier: MIT */
/*
 * The decoder: whatever the library's encoder writes of every type it has comes out the same, and
 * what cannot be decoded costs as little as binary.h says. Inputs lie at the end of their memory,
 * so that reading behind them is noticed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rim/ua/binary.h"
#include "testing/testing_random.h"
#include "util/alloc.h"
#include "wire/value/raw_types.h"

#include <string.h>

/* --- decoding ------------------------------------------------------------------------------ */

struct message {
    struct osm_arena arena;
    uint8_t *bytes;
    size_t size;
    void *out;
    struct osm_binary_result result;
};

static struct message message_of(const void *bytes, size_t size)
{
    struct message message = {.bytes = osm_alloc(size + !size), .size = size};

    memcpy(message.bytes, bytes, size);
    osm_arena_init(&message.arena);
    return message;
}

static void message_end(struct message *message)
{
    osm_arena_deinit(&message->arena);
    free(message->out);
    free(message->bytes);
}

static UA_StatusCode decode(struct message *message, const UA_DataType *type)
{
    free(message->out);
    message->out = osm_alloc(type->memSize + !type->memSize);
    return osm_binary_decode(message->bytes, message->size, type, message->out, &message->arena,
                             &message->result);
}

static void encode(const void *value, const UA_DataType *type, UA_ByteString *out)
{
    *out = UA_BYTESTRING_NULL;
    assert_int_equal(UA_encodeBinary(value, type, out), UA_STATUSCODE_GOOD);
}

#define LITERAL(text) message_of(text, sizeof(text) - 1)
#define VALUE_OF(message) ((UA_DataValue *)(message).out)
#define VARIANT_OF(message) ((UA_Variant *)(message).out)

static void test_every_type(void **state)
{
    for (size_t i = 0; i < UA_TYPES_COUNT * 40; i++) {
        const UA_DataType *type = &UA_TYPES[i % UA_TYPES_COUNT];
        struct osm_arena arena;
        UA_ByteString bytes, again;
        struct message message;
        char *value;

        if (type->typeKind == UA_DATATYPEKIND_OPTSTRUCT || type->typeKind == UA_DATATYPEKIND_UNION)
            continue;
        osm_arena_init(&arena);
        value = osm_arena_alloc(&arena, type->memSize);
        test_fill(&arena, type, value, 0);
        encode(value, type, &bytes);
        message = message_of(bytes.data, bytes.length);
        assert_int_equal(decode(&message, type), UA_STATUSCODE_GOOD);
        assert_int_equal(message.result.used, bytes.length);
        assert_int_equal(message.result.replaced, 0);
        encode(message.out, type, &again);
        assert_int_equal(again.length, bytes.length);
        assert_memory_equal(again.data, bytes.data, bytes.length);
        UA_ByteString_clear(&bytes);
        UA_ByteString_clear(&again);
        message_end(&message);
        osm_arena_deinit(&arena);
    }
}

/* A message cut anywhere is an error, or its last values are. */
static void test_cut_anywhere(void **state)
{
    for (size_t i = 0; i < UA_TYPES_COUNT; i++) {
        const UA_DataType *type = &UA_TYPES[i];
        struct osm_arena arena;
        UA_ByteString bytes;
        char *value;

        if (type->typeKind == UA_DATATYPEKIND_OPTSTRUCT || type->typeKind == UA_DATATYPEKIND_UNION)
            continue;
        osm_arena_init(&arena);
        value = osm_arena_alloc(&arena, type->memSize);
        test_fill(&arena, type, value, 0);
        encode(value, type, &bytes);
        for (size_t length = 0; length < bytes.length; length++) {
            struct message message = message_of(bytes.data, length);
            UA_StatusCode status = decode(&message, type);

            if (status == UA_STATUSCODE_GOOD)
                assert_true(message.result.replaced > 0);
            else
                assert_int_equal(status, UA_STATUSCODE_BADDECODINGERROR);
            message_end(&message);
        }
        UA_ByteString_clear(&bytes);
        osm_arena_deinit(&arena);
    }
}

/* The library can copy what came out, whatever went in. */
static void test_damaged(void **state)
{
    const UA_DataType *type = &UA_TYPES[UA_TYPES_PUBLISHRESPONSE];
    struct osm_arena arena;
    UA_ByteString bytes;
    char *value;

    for (unsigned round = 0; round < 300; round++) {
        osm_arena_init(&arena);
        value = osm_arena_alloc(&arena, type->memSize);
        test_fill(&arena, type, value, 0);
        encode(value, type, &bytes);
        for (unsigned i = 0; i < 20; i++) {
            struct message message = message_of(bytes.data, bytes.length);
            UA_PublishResponse copy;

            message.bytes[test_any((uint32_t)bytes.length)] = (uint8_t)test_any(256);
            if (decode(&message, type) == UA_STATUSCODE_GOOD) {
                assert_int_equal(UA_copy(message.out, &copy, type), UA_STATUSCODE_GOOD);
                UA_clear(&copy, type);
            }
            message_end(&message);
        }
        UA_ByteString_clear(&bytes);
        osm_arena_deinit(&arena);
    }
}

/* --- odd values ---------------------------------------------------------------------------- */

#define INT32_2_3_5 "\x02\0\0\0\x03\0\0\0\x05\0\0\0" /* a list of two: 3, 5 */

static void test_dimensions(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        bool fits;
        size_t length, dimensions;
    } cases[] = {
        {"\xc6" INT32_2_3_5 "\x02\0\0\0\x01\0\0\0\x02\0\0\0", 25, true, 2, 2},
        {"\xc6" INT32_2_3_5 "\x01\0\0\0\x02\0\0\0", 21, true, 2, 1},
        {"\xc6" INT32_2_3_5 "\0\0\0\0", 17, true, 2, 0},
        {"\xc6" INT32_2_3_5 "\xff\xff\xff\xff", 17, true, 2, 0},
        {"\xc6" INT32_2_3_5 "\x02\0\0\0\x02\0\0\0\x02\0\0\0", 25, false, 0, 0},
        {"\xc6" INT32_2_3_5 "\x02\0\0\0\xff\xff\xff\xff\xfe\xff\xff\xff", 25, false, 0, 0},
        {"\xc6\0\0\0\0\x02\0\0\0\0\0\0\0\x03\0\0\0", 17, true, 0, 0},
        {"\xc6\0\0\0\0\x01\0\0\0\0\0\0\0", 13, true, 0, 0},
        {"\xc6\0\0\0\0\x02\0\0\0\x01\0\0\0\x03\0\0\0", 17, false, 0, 0},
        {"\xc6\xff\xff\xff\xff\x02\0\0\0\x01\0\0\0\x03\0\0\0", 17, true, 0, 0},
        {"\x46\x09\0\0\0\x01\0\0\0\x01\0\0\0", 13, false, 0, 0}, /* of a scalar */
    };

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        struct message message = message_of(cases[i].bytes, cases[i].size);

        assert_int_equal(decode(&message, &UA_TYPES[UA_TYPES_VARIANT]), UA_STATUSCODE_GOOD);
        assert_int_equal(message.result.used, cases[i].size);
        assert_int_equal(message.result.replaced, !cases[i].fits);
        assert_ptr_equal(VARIANT_OF(message)->type,
                         cases[i].fits ? &UA_TYPES[UA_TYPES_INT32] : NULL);
        assert_int_equal(VARIANT_OF(message)->arrayLength, cases[i].length);
        assert_int_equal(VARIANT_OF(message)->arrayDimensionsSize, cases[i].dimensions);
        message_end(&message);
    }
}

/* Its neighbours and its own timestamp stay. */
static void test_odd_neighbour(void **state)
{
    static const char bytes[] = "\x03\0\0\0"
                                "\x01\x06\x07\0\0\0"
                                "\x05\xc6\0\0\0\0\x01\0\0\0\x09\0\0\0\x11\0\0\0\0\0\0\0"
                                "\x01\x06\x08\0\0\0";
    struct message message = LITERAL("");
    UA_ReadResponse *response;
    UA_ByteString head;

    message_end(&message);
    encode(&(UA_ResponseHeader){0}, &UA_TYPES[UA_TYPES_RESPONSEHEADER], &head);
    message = message_of(head.data, head.length);
    message.size = head.length + sizeof(bytes) - 1 + 4;
    message.bytes = osm_alloc_resize(message.bytes, message.size);
    memcpy(message.bytes + head.length, bytes, sizeof(bytes) - 1);
    memset(message.bytes + message.size - 4, 0xff, 4);
    assert_int_equal(decode(&message, &UA_TYPES[UA_TYPES_READRESPONSE]), UA_STATUSCODE_GOOD);
    response = message.out;
    assert_int_equal(response->resultsSize, 3);
    assert_int_equal(*(UA_Int32 *)response->results[0].value.data, 7);
    assert_false(response->results[1].hasValue);
    assert_true(response->results[1].hasStatus);
    assert_int_equal(response->results[1].status, UA_STATUSCODE_BADDECODINGERROR);
    assert_int_equal(response->results[1].sourceTimestamp, 0x11);
    assert_int_equal(*(UA_Int32 *)response->results[2].value.data, 8);

    /* Of a type nobody knows not even the length is known: the rest is lost, and says so. */
    message.bytes[head.length + 4 + 6 + 1] = 0xe8;
    assert_int_equal(decode(&message, &UA_TYPES[UA_TYPES_READRESPONSE]), UA_STATUSCODE_GOOD);
    response = message.out;
    assert_int_equal(message.result.replaced, 2);
    assert_int_equal(response->resultsSize, 3);
    assert_int_equal(*(UA_Int32 *)response->results[0].value.data, 7);
    assert_int_equal(response->results[1].status, UA_STATUSCODE_BADDECODINGERROR);
    assert_int_equal(response->results[2].status, UA_STATUSCODE_BADDECODINGERROR);
    assert_true(response->results[2].hasStatus);
    assert_false(response->results[2].hasValue);
    UA_ByteString_clear(&head);
    message_end(&message);
}

/* OPC 10000-6 §5.2.2.16: ids 26 to 31 are ByteStrings until they are given out. */
static void test_reserved_types(void **state)
{
    for (uint8_t id = 26; id < 64; id++) {
        struct message message = LITERAL("\x01?\x02\0\0\0ab");
        bool known = id < 32;

        message.bytes[1] = id;
        assert_int_equal(decode(&message, &UA_TYPES[UA_TYPES_DATAVALUE]), UA_STATUSCODE_GOOD);
        assert_int_equal(VALUE_OF(message)->hasValue, known);
        assert_int_equal(VALUE_OF(message)->status, known ? 0 : UA_STATUSCODE_BADDECODINGERROR);
        if (known)
            assert_ptr_equal(VALUE_OF(message)->value.type, &UA_TYPES[UA_TYPES_BYTESTRING]);
        message_end(&message);
    }
}

/* A body ends where it says: what is odd inside does not reach its neighbours. */
static void test_odd_body(void **state)
{
    /* two NotificationData: a DataChangeNotification of two items, the second of no known type;
     * then a StatusChangeNotification */
    static const char bytes[] = "\x02\0\0\0"
                                "\x01\0\x2b\x03\x01\x1a\0\0\0"
                                "\x02\0\0\0"
                                "\x01\0\0\0\x01\x03\x09"
                                "\x02\0\0\0\x01\x3f\0"
                                "\xff\xff\xff\xff\0\0\0\0"
                                "\x01\0\x34\x03\x01\x05\0\0\0\x01\0\0\x80\0";
    static const UA_DataTypeMember member = {.memberType = &UA_TYPES[UA_TYPES_EXTENSIONOBJECT],
                                             .isArray = true};
    const UA_DataType list = {.memSize = sizeof(size_t) + sizeof(void *),
                              .typeKind = UA_DATATYPEKIND_STRUCTURE,
                              .membersSize = 1,
                              .members = (UA_DataTypeMember *)(uintptr_t)&member};
    struct message message = LITERAL(bytes);
    struct {
        size_t size;
        UA_ExtensionObject *objects;
    } * out;
    const UA_DataChangeNotification *change;
    const UA_StatusChangeNotification *status;

    assert_int_equal(decode(&message, &list), UA_STATUSCODE_GOOD);
    out = message.out;
    assert_int_equal(out->size, 2);
    assert_ptr_equal(out->objects[0].content.decoded.type,
                     &UA_TYPES[UA_TYPES_DATACHANGENOTIFICATION]);
    change = out->objects[0].content.decoded.data;
    assert_int_equal(change->monitoredItemsSize, 2);
    assert_int_equal(*(UA_Byte *)change->monitoredItems[0].value.value.data, 9);
    assert_int_equal(change->monitoredItems[1].clientHandle, 2);
    assert_int_equal(change->monitoredItems[1].value.status, UA_STATUSCODE_BADDECODINGERROR);
    assert_ptr_equal(out->objects[1].content.decoded.type,
                     &UA_TYPES[UA_TYPES_STATUSCHANGENOTIFICATION]);
    status = out->objects[1].content.decoded.data;
    assert_int_equal(status->status, 0x80000001);

    /* A body that is not what its id says stays as it came. */
    message.bytes[sizeof(bytes) - 1 - 9] = 0x03;
    message.bytes[sizeof(bytes) - 1 - 5 - 4] = 0x03;
    message.size -= 2;
    assert_int_equal(decode(&message, &list), UA_STATUSCODE_GOOD);
    out = message.out;
    assert_int_equal(out->objects[1].encoding, UA_EXTENSIONOBJECT_ENCODED_BYTESTRING);
    assert_int_equal(out->objects[1].content.encoded.body.length, 3);
    message_end(&message);
}

/* They stay the bytes the server has sent, whatever their type: with more behind them, in lists. */
static void test_structures_as_values(void **state)
{
    static const char range[] = "\x16\x01\0\x76\x03\x01\x10\0\0\0________________";
    static const char status[] = "\x96\1\0\0\0\1\0\x34\x03\1\6\0\0\0\1\0\0\x80!!";
    struct message message = message_of(range, sizeof(range) - 1);
    const UA_ExtensionObject *object;

    assert_int_equal(decode(&message, &UA_TYPES[UA_TYPES_VARIANT]), UA_STATUSCODE_GOOD);
    assert_ptr_equal(VARIANT_OF(message)->type, &UA_TYPES[UA_TYPES_EXTENSIONOBJECT]);
    object = VARIANT_OF(message)->data;
    assert_int_equal(object->content.encoded.body.length, 16);
    message_end(&message);
    message = message_of(status, sizeof(status) - 1);
    assert_int_equal(decode(&message, &UA_TYPES[UA_TYPES_VARIANT]), UA_STATUSCODE_GOOD);
    assert_ptr_equal(VARIANT_OF(message)->type, &UA_TYPES[UA_TYPES_EXTENSIONOBJECT]);
    object = VARIANT_OF(message)->data;
    assert_int_equal(object->encoding, UA_EXTENSIONOBJECT_ENCODED_BYTESTRING);
    assert_int_equal(object->content.encoded.typeId.identifier.numeric, 0x334);
    assert_int_equal(object->content.encoded.body.length, 6);
    assert_memory_equal(object->content.encoded.body.data, "\1\0\0\x80!!", 6);
    message_end(&message);
}

/* --- bounds -------------------------------------------------------------------------------- */

static void test_depth(void **state)
{
    for (size_t depth = 1; depth < 300; depth++) {
        struct message message;
        uint8_t bytes[300 * 5 + 1];

        for (size_t i = 0; i < depth; i++)
            memcpy(bytes + i * 5, "\x98\x01\0\0\0", 5); /* a list of one Variant */
        bytes[depth * 5] = 0;
        message = message_of(bytes, depth * 5 + 1);
        assert_int_equal(decode(&message, &UA_TYPES[UA_TYPES_VARIANT]), UA_STATUSCODE_GOOD);
        assert_int_equal(message.result.replaced > 0, depth >= OSM_BINARY_DEPTH);
        message_end(&message);
    }
    for (size_t depth = 1; depth < 300; depth++) {
        struct message message;
        uint8_t bytes[301];

        memset(bytes, 0x40, depth);
        bytes[depth] = 0;
        message = message_of(bytes, depth + 1);
        assert_int_equal(decode(&message, &UA_TYPES[UA_TYPES_DIAGNOSTICINFO]),
                         depth > OSM_BINARY_DEPTH ? UA_STATUSCODE_BADDECODINGERROR
                                                  : UA_STATUSCODE_GOOD);
        message_end(&message);
    }
}

static void test_memory(void **state)
{
    size_t size = 4 << 20;
    struct message message = LITERAL("");
    UA_ReadResponse *response;

    /* A list of nothings, one byte each in the message. */
    message.size = size;
    message.bytes = osm_alloc_resize(message.bytes, size);
    memset(message.bytes, 0, size);
    message.bytes[0] = 0x98;
    memcpy(message.bytes + 1, "\0\0\x3f\0", 4);
    assert_int_equal(decode(&message, &UA_TYPES[UA_TYPES_VARIANT]),
                     UA_STATUSCODE_BADRESPONSETOOLARGE);
    assert_true(message.arena.used <= osm_binary_budget(size));

    /* More elements than bytes. */
    memcpy(message.bytes + 1, "\0\0\0\x7f", 4);
    assert_int_equal(decode(&message, &UA_TYPES[UA_TYPES_VARIANT]), UA_STATUSCODE_GOOD);
    assert_int_equal(message.result.replaced, 1);
    message_end(&message);

    /* A hundred thousand values of one Boolean each are within it. */
    message = LITERAL("");
    message.size = 24 + 4 + 300000 + 4;
    message.bytes = osm_alloc_resize(message.bytes, message.size);
    memset(message.bytes, 0, message.size);
    memcpy(message.bytes + 24, "\xa0\x86\x01\0", 4);
    for (size_t i = 0; i < 100000; i++)
        memcpy(message.bytes + 28 + i * 3, "\x01\x01\x07", 3);
    assert_int_equal(decode(&message, &UA_TYPES[UA_TYPES_READRESPONSE]), UA_STATUSCODE_GOOD);
    response = message.out;
    assert_int_equal(response->resultsSize, 100000);
    assert_true(*(UA_Boolean *)response->results[99999].value.data);
    assert_int_equal(*(uint8_t *)response->results[9999].value.data, 1);
    message_end(&message);
}

/* Items 1 to 3, the second a list of nothings, whose memory is too much for a message of that size.
 */
static void test_memory_of_a_notification(void **state)
{
    enum { NOTHINGS = 600000 };
    UA_DataValue *nothings = UA_Array_new(NOTHINGS, &UA_TYPES[UA_TYPES_DATAVALUE]);
    UA_MonitoredItemNotification items[3] = {
        {.clientHandle = 1}, {.clientHandle = 2}, {.clientHandle = 3}};
    UA_DataChangeNotification changes = {.monitoredItems = items, .monitoredItemsSize = 3};
    UA_PublishResponse response = {.subscriptionId = 7, .availableSequenceNumbersSize = 0};
    UA_ExtensionObject data;
    UA_ByteString bytes;
    struct message message;
    const UA_DataChangeNotification *out;

    items[1].value.hasValue = true;
    items[1].value.value.storageType = UA_VARIANT_DATA_NODELETE;
    UA_Variant_setArray(&items[1].value.value, nothings, NOTHINGS, &UA_TYPES[UA_TYPES_DATAVALUE]);
    UA_ExtensionObject_setValueNoDelete(&data, &changes,
                                        &UA_TYPES[UA_TYPES_DATACHANGENOTIFICATION]);
    response.notificationMessage.notificationData = &data;
    response.notificationMessage.notificationDataSize = 1;
    encode(&response, &UA_TYPES[UA_TYPES_PUBLISHRESPONSE], &bytes);
    message = message_of(bytes.data, bytes.length);
    assert_int_equal(decode(&message, &UA_TYPES[UA_TYPES_PUBLISHRESPONSE]), UA_STATUSCODE_GOOD);
    assert_int_equal(message.result.used, bytes.length);
    assert_true(message.arena.used <= osm_binary_budget(bytes.length));
    out = ((UA_PublishResponse *)message.out)
              ->notificationMessage.notificationData[0]
              .content.decoded.data;
    assert_int_equal(out->monitoredItemsSize, 3);
    assert_int_equal(out->monitoredItems[0].clientHandle, 1);
    assert_false(out->monitoredItems[0].value.hasStatus);
    assert_int_equal(out->monitoredItems[1].clientHandle, 2);
    assert_int_equal(out->monitoredItems[1].value.status, UA_STATUSCODE_BADDECODINGERROR);
    assert_int_equal(out->monitoredItems[2].value.status, UA_STATUSCODE_BADDECODINGERROR);
    message_end(&message);
    UA_ByteString_clear(&bytes);
    UA_Array_delete(nothings, NOTHINGS, &UA_TYPES[UA_TYPES_DATAVALUE]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_type),
        cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_dimensions),
        cmocka_unit_test(test_odd_neighbour),
        cmocka_unit_test(test_reserved_types),
        cmocka_unit_test(test_odd_body),
        cmocka_unit_test(test_structures_as_values),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_memory_of_a_notification),
    };

    osm_raw_types_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
