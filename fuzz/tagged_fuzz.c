/* SPDX-License-Identifier: MIT */
/*
 * Tagged JSON: the first byte chooses what the rest is read as (0: a DataValue, 1–25: a value of
 * that builtin type, 26: a Variant). The check and the readers end in a result or a fault; a
 * value that is taken has a binary encoding, and the JSON it is shown as passes the check and
 * reads back as something that is shown the same.
 */
#include "fuzz.h"
#include "wire/tagged/tagged_decode.h"
#include "wire/value/styles.h"

#define NOW 1709210096.0
#define VARIANT 26

/* Every reader wraps its result in a DataValue here. */
static bool read_as(struct osm_arena *arena, yyjson_val *value, uint32_t type, UA_DataValue *out)
{
    struct osm_fault fault = {0};
    struct osm_decode decode = osm_decode_make(arena, &fault, "write", NOW, NULL);
    bool taken;

    UA_DataValue_init(out);
    out->hasValue = true;
    if (type == 0)
        taken = osm_tagged_read_data_value(&decode, value, out);
    else if (type == VARIANT)
        taken = osm_tagged_read_variant(&decode, value, &out->value);
    else
        taken = osm_tagged_read_value(&decode, value, type, &out->value);
    osm_assert(taken != osm_fault_is_set(&fault));
    return taken;
}

static bool check(struct osm_arena *arena, yyjson_val *value)
{
    struct osm_fault fault = {0};
    struct osm_decode decode = osm_decode_make(arena, &fault, "write", NOW, NULL);
    bool fine = osm_tagged_check(&decode, value);

    osm_assert(fine != osm_fault_is_set(&fault));
    return fine;
}

static void check_binary(const UA_DataValue *value)
{
    UA_ByteString bytes = UA_BYTESTRING_NULL;

    osm_assert(UA_encodeBinary(value, &UA_TYPES[UA_TYPES_DATAVALUE], &bytes) == UA_STATUSCODE_GOOD);
    UA_ByteString_clear(&bytes);
}

static void show(struct osm_buf *out, const UA_DataValue *value, const struct osm_style *style)
{
    struct osm_json json;
    struct osm_encoder encoder;

    osm_buf_truncate(out, 0);
    osm_json_init(&json, out);
    encoder = osm_encoder_make(&json, NULL, style);
    osm_encode_value(&encoder, value, &UA_TYPES[UA_TYPES_DATAVALUE]);
    osm_assert(json.depth == 0 && !json.too_deep);
}

static void check_round_trip(struct osm_arena *arena, const UA_DataValue *value)
{
    struct osm_buf first = {0}, second = {0};
    UA_DataValue again;
    yyjson_doc *doc;

    show(&first, value, &osm_plain_style);
    show(&first, value, &osm_tagged_style);
    doc = yyjson_read(first.data, first.length, YYJSON_READ_NOFLAG);
    osm_assert(check(arena, yyjson_doc_get_root(doc)));
    osm_assert(read_as(arena, yyjson_doc_get_root(doc), 0, &again));
    show(&second, &again, &osm_tagged_style);
    osm_assert(first.length == second.length && !memcmp(first.data, second.data, first.length));
    yyjson_doc_free(doc);
    osm_buf_deinit(&first);
    osm_buf_deinit(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    yyjson_doc *doc = NULL;
    struct osm_arena arena;
    UA_DataValue value;

    if (!size)
        return 0;
    osm_arena_init(&arena);
    doc = yyjson_read((const char *)data + 1, size - 1, YYJSON_READ_BIGNUM_AS_RAW);
    if (doc) {
        (void)check(&arena, yyjson_doc_get_root(doc));
        if (read_as(&arena, yyjson_doc_get_root(doc), data[0] % (VARIANT + 1), &value)) {
            check_binary(&value);
            check_round_trip(&arena, &value);
        }
    }
    yyjson_doc_free(doc);
    osm_arena_deinit(&arena);
    return 0;
}
