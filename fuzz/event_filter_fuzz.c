/* SPDX-License-Identifier: MIT */
/*
 * JSON as the where clause of an event filter and, when it is a text or has a member `field`, as a
 * field: what is taken has a binary encoding, and its elements refer to later ones only.
 */
#include "fuzz.h"
#include "serve/method/event_select.h"
#include "serve/method/event_where.h"
#include "wire/text/json.h"

static void check_references(const UA_ContentFilter *filter)
{
    for (size_t i = 0; i < filter->elementsSize; i++)
        for (size_t j = 0; j < filter->elements[i].filterOperandsSize; j++) {
            const UA_ExtensionObject *operand = &filter->elements[i].filterOperands[j];
            const UA_ElementOperand *element = operand->content.decoded.data;

            osm_assert(operand->encoding == UA_EXTENSIONOBJECT_DECODED_NODELETE);
            if (operand->content.decoded.type == &UA_TYPES[UA_TYPES_ELEMENTOPERAND])
                osm_assert(element->index > i && element->index < filter->elementsSize);
        }
}

static void check_binary(const void *value, const UA_DataType *type)
{
    UA_ByteString bytes = UA_BYTESTRING_NULL;

    osm_assert(UA_encodeBinary(value, type, &bytes) == UA_STATUSCODE_GOOD);
    UA_ByteString_clear(&bytes);
}

static void check(struct osm_arena *arena, yyjson_val *root, bool tagged)
{
    struct osm_fault fault = {0}, other = {0};
    struct osm_decode decode = osm_decode_make(arena, &fault, "m", 0, NULL);
    UA_SimpleAttributeOperand field;
    UA_ContentFilter filter;

    if (osm_event_where_decode(&decode, tagged, root, &filter)) {
        check_references(&filter);
        check_binary(&filter, &UA_TYPES[UA_TYPES_CONTENTFILTER]);
    } else {
        osm_assert(osm_fault_is_set(&fault));
    }
    decode.fault = &other;
    if (osm_event_select_decode(&decode, tagged, root, &field))
        check_binary(&field, &UA_TYPES[UA_TYPES_SIMPLEATTRIBUTEOPERAND]);
    else
        osm_assert(osm_fault_is_set(&other));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct osm_arena arena;
    yyjson_doc *doc;

    osm_arena_init(&arena);
    doc = size ? yyjson_read((const char *)data + 1, size - 1, YYJSON_READ_BIGNUM_AS_RAW) : NULL;
    if (doc)
        check(&arena, yyjson_doc_get_root(doc), data[0] & 1);
    yyjson_doc_free(doc);
    osm_arena_deinit(&arena);
    return 0;
}
