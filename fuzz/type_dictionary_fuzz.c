/* SPDX-License-Identifier: MIT */
/*
 * Structures as a server may define them, and values of them: definitions go into the registry,
 * what comes out describes memory the library's codec may be let loose on. Nothing a server says
 * may lead out of it; what decodes is shown as JSON in every style, and the fields read back.
 *
 * Input: pieces, each with its length (two bytes, little endian) before it. All but the last are
 * StructureDefinitions, the last is the body of a value of each of them. A definition's data type
 * is ns=1;i=<its number>, its encoding ns=1;i=<100 + its number>; ids that fields name in other
 * namespaces than 0 are folded into these.
 */
#include <string.h>

#include "fuzz.h"
#include "wire/plain/plain_decode.h"
#include "wire/tagged/tagged_decode.h"
#include "wire/value/styles.h"
#include "wire/value/type_schema.h"

#define NOW 1709210096.0
#define MAX_DEFINITIONS 12
#define FIRST_ENCODING 100

/* Fields of these are what a session finds climbing up from unknown types: aliases. */
#define ALIAS 13

static UA_NodeId node(UA_UInt32 number)
{
    return UA_NODEID_NUMERIC(1, number);
}

/* The next piece, or what is left when that is shorter. */
static UA_ByteString next_piece(UA_ByteString *rest)
{
    UA_ByteString piece = {0, rest->data};

    if (rest->length < 2)
        return piece;
    piece.length = (size_t)rest->data[0] | (size_t)rest->data[1] << 8;
    piece.data = rest->data + 2;
    piece.length = OSM_MIN(piece.length, rest->length - 2);
    rest->data += 2 + piece.length;
    rest->length -= 2 + piece.length;
    return piece;
}

static void fold_ids(UA_StructureDefinition *definition)
{
    for (size_t i = 0; i < definition->fieldsSize; i++) {
        UA_NodeId *id = &definition->fields[i].dataType;

        if (id->namespaceIndex && id->identifierType == UA_NODEIDTYPE_NUMERIC)
            *id = node(id->identifier.numeric % (ALIAS + 1));
    }
}

static void define(struct osm_type_registry *registry, const UA_ByteString *piece, UA_UInt32 number)
{
    const UA_DataType *type = &UA_TYPES[UA_TYPES_STRUCTUREDEFINITION];
    UA_NodeId id = node(number), encoding = node(FIRST_ENCODING + number);
    UA_StructureDefinition definition;

    if (UA_decodeBinary(piece, &definition, type, NULL) != UA_STATUSCODE_GOOD)
        return;
    fold_ids(&definition);
    osm_type_registry_define(registry, &id, &encoding, &definition);
    UA_clear(&definition, type);
}

/* The JSON of the value, valid in any case. */
static yyjson_doc *show(const struct osm_wire_context *context, const struct osm_style *style,
                        const UA_Variant *value)
{
    struct osm_buf out = {0};
    struct osm_json json;
    struct osm_encoder encoder;
    yyjson_doc *doc;

    osm_json_init(&json, &out);
    encoder = osm_encoder_make(&json, context, style);
    osm_encode_value(&encoder, value, &UA_TYPES[UA_TYPES_VARIANT]);
    osm_assert(json.depth == 0);
    doc = yyjson_read(out.data, out.length, YYJSON_READ_BIGNUM_AS_RAW);
    osm_assert(doc);
    osm_buf_deinit(&out);
    return doc;
}

/* Fields a caller gives back become a body again, or are refused. */
static void read_back(const struct osm_wire_context *context, yyjson_doc *doc, bool tagged)
{
    UA_ByteString bytes = UA_BYTESTRING_NULL;
    struct osm_fault fault = {0};
    struct osm_decode decode;
    struct osm_arena arena;
    UA_Variant again;
    bool taken;

    osm_arena_init(&arena);
    decode = osm_decode_make(&arena, &fault, "write", NOW, context);
    taken = tagged ? osm_tagged_read_variant(&decode, yyjson_doc_get_root(doc), &again)
                   : osm_plain_read_variant(&decode, yyjson_doc_get_root(doc), &again);
    osm_assert(taken != osm_fault_is_set(&fault));
    if (taken)
        osm_assert(UA_encodeBinary(&again, &UA_TYPES[UA_TYPES_VARIANT], &bytes) ==
                   UA_STATUSCODE_GOOD);
    UA_ByteString_clear(&bytes);
    osm_arena_deinit(&arena);
}

static void use(const struct osm_wire_context *context, UA_UInt32 number, UA_ByteString body)
{
    static const struct osm_style *const styles[] = {&osm_plain_style, &osm_tagged_style,
                                                     &osm_opcua_style};
    UA_ExtensionObject object = {.encoding = UA_EXTENSIONOBJECT_ENCODED_BYTESTRING};
    UA_Variant value;

    object.content.encoded.typeId = node(FIRST_ENCODING + number);
    object.content.encoded.body = body;
    UA_Variant_init(&value);
    UA_Variant_setScalar(&value, &object, &UA_TYPES[UA_TYPES_EXTENSIONOBJECT]);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(styles); i++) {
        yyjson_doc *doc = show(context, styles[i], &value);

        if (styles[i] != &osm_opcua_style)
            read_back(context, doc, styles[i] == &osm_tagged_style);
        yyjson_doc_free(doc);
    }
}

/* What the cache keeps of a registry makes the same registry. */
static void keep(const struct osm_type_registry *registry, size_t built)
{
    struct osm_type_registry *again = osm_type_registry_new();
    UA_DataTypeSchemaHeader schema;
    struct osm_arena arena;

    osm_arena_init(&arena);
    schema = osm_type_schema_make(registry, &arena);
    osm_type_schema_learn(again, &schema);
    osm_assert(osm_type_registry_build(again, 1) == built);
    osm_type_registry_free(again);
    osm_arena_deinit(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    UA_ByteString rest = {size, (UA_Byte *)(uintptr_t)data}, piece = next_piece(&rest);
    struct osm_type_registry *registry = osm_type_registry_new();
    struct osm_wire_context context = {.structure = osm_type_registry_find, .structures = registry};
    UA_NodeId alias = node(ALIAS);
    UA_UInt32 count = 0;
    size_t built;

    osm_type_registry_alias(registry, &alias, size ? 1 + data[0] % 25 : 1);
    for (; rest.length && count < MAX_DEFINITIONS; piece = next_piece(&rest))
        define(registry, &piece, ++count);
    built = osm_type_registry_build(registry, 1);
    osm_assert(built <= count);
    keep(registry, built);
    for (UA_UInt32 number = 1; number <= count; number++)
        use(&context, number, piece);
    osm_type_registry_free(registry);
    return 0;
}
