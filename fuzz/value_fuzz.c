/* SPDX-License-Identifier: MIT */
/*
 * JSON as a value: the first byte chooses the builtin type (0: a Variant object), the rest is
 * the document. A value that is taken has a binary encoding, and the JSON it is shown as reads
 * back as something that is shown the same.
 */
#include "fuzz.h"
#include "wire/plain/plain_decode.h"
#include "wire/value/styles.h"

#define NOW 1709210096.0

static bool read_document(struct osm_arena *arena, const char *text, size_t length, uint32_t type,
                          yyjson_doc **doc, UA_Variant *out)
{
    struct osm_fault fault = {0};
    struct osm_decode decode = osm_decode_make(arena, &fault, "write", NOW, NULL);
    yyjson_val *root;
    bool taken;

    *doc = yyjson_read(text, length, YYJSON_READ_BIGNUM_AS_RAW);
    root = yyjson_doc_get_root(*doc);
    taken = type ? osm_plain_read_value(&decode, root, type, out)
                 : osm_plain_read_variant(&decode, root, out);
    osm_assert(taken != osm_fault_is_set(&fault));
    return taken;
}

static void check_binary(const UA_Variant *variant)
{
    UA_ByteString bytes = UA_BYTESTRING_NULL;

    osm_assert(UA_encodeBinary(variant, &UA_TYPES[UA_TYPES_VARIANT], &bytes) == UA_STATUSCODE_GOOD);
    UA_ByteString_clear(&bytes);
}

static void show(struct osm_buf *out, const UA_Variant *variant)
{
    struct osm_encoder encoder;
    struct osm_json json;

    osm_json_init(&json, out);
    encoder = osm_encoder_make(&json, NULL, &osm_plain_style);
    osm_encode_value(&encoder, variant, &UA_TYPES[UA_TYPES_VARIANT]);
    osm_assert(json.depth == 0 && !json.too_deep);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct osm_buf first = {0}, second = {0};
    yyjson_doc *doc = NULL, *shown = NULL;
    struct osm_arena arena;
    UA_Variant variant, again;

    if (!size)
        return 0;
    osm_arena_init(&arena);
    if (read_document(&arena, (const char *)data + 1, size - 1, data[0] % 26, &doc, &variant)) {
        check_binary(&variant);
        show(&first, &variant);
        osm_assert(read_document(&arena, first.data, first.length, 0, &shown, &again));
        show(&second, &again);
        osm_assert(first.length == second.length && !memcmp(first.data, second.data, first.length));
    }
    yyjson_doc_free(doc);
    yyjson_doc_free(shown);
    osm_buf_deinit(&first);
    osm_buf_deinit(&second);
    osm_arena_deinit(&arena);
    return 0;
}
