/* SPDX-License-Identifier: MIT */
/*
 * decode(encode(x)) == x for random values of every builtin type, scalar and list, compared in
 * OPC UA's binary encoding. What JSON cannot carry is not generated: picoseconds, 100-ns digits,
 * payloads of NaN, namespace URIs, null names.
 */
#include "testing/testing_wire.h"

#include <math.h>

#include "wire/plain/plain_decode.h"
#include "wire/text/string.h"

#define ROUNDS 400
#define NEST_MAX 3

static struct osm_arena arena;
static struct test_out out;
static uint64_t seed = 42;

static uint64_t pick(uint64_t below)
{
    return test_random(&seed) % below;
}

static void fill(uint32_t type, void *value, int depth);

static UA_String random_text(void)
{
    static const char *const pieces[] = {"a", "\"", "\\", "/", "\n", "ä", "€", "😀", "\x7f", " b"};
    struct osm_buf text = {0};
    UA_String string = {0};

    if (!pick(6))
        return string;
    for (uint64_t i = pick(8); i; i--)
        osm_buf_add_text(&text, pieces[pick(OSM_ARRAY_SIZE(pieces))]);
    string = test_string(osm_arena_text(&arena, text.data, text.length));
    osm_buf_deinit(&text);
    return string;
}

static UA_String random_name(void)
{
    UA_String string = random_text();

    return string.data ? string : test_string("");
}

static UA_ByteString random_bytes(void)
{
    uint8_t bytes[16];
    size_t length = pick(sizeof(bytes));

    if (pick(2))
        return random_text();
    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)test_random(&seed);
    return osm_string_view(osm_arena_text(&arena, (char *)bytes, length), length);
}

static UA_NodeId random_id(void)
{
    UA_NodeId id = {.namespaceIndex = (uint16_t)test_random(&seed)};

    switch (pick(4)) {
    case 0:
        id.identifierType = UA_NODEIDTYPE_STRING;
        id.identifier.string = random_name();
        break;
    case 1:
        id.identifierType = UA_NODEIDTYPE_GUID;
        fill(14, &id.identifier.guid, 0);
        break;
    case 2:
        id.identifierType = UA_NODEIDTYPE_BYTESTRING;
        id.identifier.byteString = random_bytes();
        if (!id.identifier.byteString.data)
            id.identifier.byteString = test_string("");
        break;
    default:
        id.identifier.numeric = (uint32_t)test_random(&seed);
    }
    return id;
}

static UA_DateTime random_time(void)
{
    UA_DateTime latest = INT64_C(2650467743999999999);

    return pick(5) ? (UA_DateTime)(1 + pick((uint64_t)latest / 10 - 1)) * 10 : 0;
}

static double random_double(void)
{
    static const double special[] = {0.0, -0.0, NAN, INFINITY, -INFINITY, 1, 0.1, 5e-324, 1e308};
    uint64_t bits = test_random(&seed);
    double value;

    if (!pick(3))
        return special[pick(OSM_ARRAY_SIZE(special))];
    memcpy(&value, &bits, sizeof(value));
    return isnan(value) ? NAN : value;
}

static void fill_variant(UA_Variant *variant, uint32_t type, bool list, int depth)
{
    const UA_DataType *data_type = osm_builtin_type(type);
    size_t count = list ? pick(5) : 1;
    char *items = osm_arena_array(&arena, count, data_type->memSize);

    for (size_t i = 0; i < count; i++)
        fill(type, items + i * data_type->memSize, depth + 1);
    if (list)
        UA_Variant_setArray(variant, count ? (void *)items : UA_EMPTY_ARRAY_SENTINEL, count,
                            data_type);
    else
        UA_Variant_setScalar(variant, items, data_type);
    if (list && count == 4 && pick(2)) {
        variant->arrayDimensions = osm_arena_array(&arena, 2, sizeof(uint32_t));
        variant->arrayDimensions[0] = variant->arrayDimensions[1] = 2;
        variant->arrayDimensionsSize = 2;
    }
}

static void fill_any(UA_Variant *variant, int depth)
{
    uint32_t type = 1 + (uint32_t)pick(depth < NEST_MAX ? 24 : 22);

    if (pick(8)) /* else the empty Variant */
        fill_variant(variant, type, type == 24 || pick(2), depth);
}

static void fill_data_value(UA_DataValue *value, int depth)
{
    value->hasValue = pick(4) != 0;
    if (value->hasValue)
        fill_variant(&value->value, 1 + (uint32_t)pick(22), pick(2), depth);
    value->status = pick(2) ? (uint32_t)test_random(&seed) : 0;
    value->hasStatus = value->status != 0;
    value->sourceTimestamp = random_time();
    value->hasSourceTimestamp = value->sourceTimestamp != 0;
    value->serverTimestamp = random_time();
    value->hasServerTimestamp = value->serverTimestamp != 0;
}

static void fill_object(UA_ExtensionObject *object)
{
    object->encoding = (UA_ExtensionObjectEncoding)pick(3);
    object->content.encoded.typeId = random_id();
    if (object->encoding != UA_EXTENSIONOBJECT_ENCODED_NOBODY)
        object->content.encoded.body = random_bytes();
}

static void fill(uint32_t type, void *value, int depth)
{
    uint64_t bits = test_random(&seed);

    switch (type) {
    case 1:
        *(UA_Boolean *)value = bits & 1;
        break;
    case 10:
        *(UA_Float *)value = (UA_Float)random_double();
        break;
    case 11:
        *(UA_Double *)value = random_double();
        break;
    case 12:
    case 16:
        *(UA_String *)value = random_text();
        break;
    case 13:
        *(UA_DateTime *)value = random_time();
        break;
    case 15:
        *(UA_ByteString *)value = random_bytes();
        break;
    case 17:
        *(UA_NodeId *)value = random_id();
        break;
    case 18:
        ((UA_ExpandedNodeId *)value)->nodeId = random_id();
        break;
    case 20:
        *(UA_QualifiedName *)value =
            (UA_QualifiedName){.namespaceIndex = (uint16_t)bits, .name = random_name()};
        break;
    case 21:
        *(UA_LocalizedText *)value =
            (UA_LocalizedText){.locale = random_text(), .text = random_text()};
        break;
    case 22:
        fill_object(value);
        break;
    case 23:
        fill_data_value(value, depth);
        break;
    case 24:
        fill_any(value, depth);
        break;
    case 14:
        memcpy(value, &bits, sizeof(bits));
        memcpy((char *)value + sizeof(bits), &bits, sizeof(bits));
        break;
    default: /* integers: now and then a small one */
        bits >>= pick(64);
        memcpy(value, &bits, osm_builtin_type(type)->memSize);
    }
}

static void assert_same(const UA_Variant *a, const UA_Variant *b)
{
    UA_ByteString first = UA_BYTESTRING_NULL, second = UA_BYTESTRING_NULL;

    assert_int_equal(UA_encodeBinary(a, &UA_TYPES[UA_TYPES_VARIANT], &first), 0);
    assert_int_equal(UA_encodeBinary(b, &UA_TYPES[UA_TYPES_VARIANT], &second), 0);
    if (!UA_ByteString_equal(&first, &second))
        fail_msg("changed: %s", osm_buf_text(&out.buf));
    UA_ByteString_clear(&first);
    UA_ByteString_clear(&second);
}

static void round_trip(uint32_t type, bool list)
{
    struct osm_fault fault = {0};
    struct osm_decode decode = osm_decode_make(&arena, &fault, "call", 0, NULL);
    UA_Variant before = {0}, after;
    yyjson_doc *doc;

    fill_variant(&before, type, list, 0);
    test_out_plain(&out, NULL, &before, &UA_TYPES[UA_TYPES_VARIANT]);
    doc = yyjson_read(out.buf.data, out.buf.length, YYJSON_READ_BIGNUM_AS_RAW);
    assert_non_null(doc);
    if (!osm_plain_read_variant(&decode, yyjson_doc_get_root(doc), &after))
        fail_msg("%s: %s", osm_buf_text(&out.buf), fault.message);
    assert_same(&before, &after);
    yyjson_doc_free(doc);
    osm_arena_reset(&arena);
}

static void test_every_type(void **state)
{
    for (uint32_t type = 1; type <= 24; type++) {
        for (int i = 0; i < ROUNDS; i++) {
            if (type != 24)
                round_trip(type, false);
            round_trip(type, true);
        }
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_type)};

    osm_arena_init(&arena);
    return cmocka_run_group_tests(tests, NULL, release);
}
