/* SPDX-License-Identifier: MIT */
/* discoverDataTypes, round 3 (types_internal.h): the DataTypeDefinition attributes of the chosen
 * types (OPC 10000-3 §8.49), at most 255 fields each and 64 MiB in all. */
#include "serve/method/types_internal.h"
#include "wire/value/body_check.h"

/* Fields of a structure that can be described (type_registry.c): larger ones are not kept. */
#define OSM_MAX_FIELDS 255
/* Bytes of all definitions. */
#define OSM_MAX_DEFINITIONS ((size_t)64 * 1024 * 1024)

/* Owned; NULL when the value is none. */
static UA_StructureDefinition *definition_of(const UA_DataValue *value)
{
    const UA_DataType *type = &UA_TYPES[UA_TYPES_STRUCTUREDEFINITION];
    const UA_ExtensionObject *object = value->value.data;
    const UA_ByteString *body = value->hasValue ? &object->content.encoded.body : NULL;
    UA_StructureDefinition *definition;

    if (!body || !UA_Variant_hasScalarType(&value->value, &UA_TYPES[UA_TYPES_EXTENSIONOBJECT]) ||
        object->encoding != UA_EXTENSIONOBJECT_ENCODED_BYTESTRING ||
        !UA_NodeId_equal(&object->content.encoded.typeId, &type->binaryEncodingId) ||
        !osm_body_check(body, type))
        return NULL;
    definition = UA_StructureDefinition_new();
    osm_assert(definition);
    if (UA_decodeBinary(body, definition, type, NULL) == UA_STATUSCODE_GOOD)
        return definition;
    UA_free(definition); /* a failed decoder has cleared what it had begun */
    return NULL;
}

static void take_definition(struct osm_op *op, size_t type, const UA_DataValue *value)
{
    struct osm_types_discovery *discover = op->state;
    const UA_NodeId *id = &discover->types[type].id;
    UA_StructureDefinition *definition = definition_of(value);
    size_t bytes = 0;

    if (definition)
        bytes = definition->fieldsSize * sizeof(*definition->fields) +
                UA_calcSizeBinary(definition, &UA_TYPES[UA_TYPES_STRUCTUREDEFINITION]);
    if (definition && definition->fieldsSize > OSM_MAX_FIELDS) {
        osm_types_skip(op, id,
                       osm_arena_printf(osm_op_arena(op), "it has %zu fields, more than %d",
                                        definition->fieldsSize, OSM_MAX_FIELDS));
    } else if (definition && bytes > OSM_MAX_DEFINITIONS - discover->bytes) {
        osm_types_skip(op, id, "the server's definitions take more than 64 MiB");
    } else if (definition) {
        discover->bytes += bytes;
        discover->definitions[type] = osm_steal(definition);
    } else if (value->hasStatus && UA_StatusCode_isBad(value->status)) {
        osm_types_skip(op, id,
                       osm_arena_printf(osm_op_arena(op),
                                        "the server does not tell its definition (%s)",
                                        UA_StatusCode_name(value->status)));
    } else {
        osm_types_skip(op, id, "the server tells no definition of a structure");
    }
    if (definition)
        UA_StructureDefinition_delete(definition);
}

static void definition_step(struct osm_op *op, void *response)
{
    UA_ReadResponse *answer = response;
    struct osm_types_discovery *discover = op->state;

    for (size_t i = 0; i < answer->resultsSize && i < discover->batch.asked; i++)
        take_definition(op, discover->chosen[discover->batch.next + i], &answer->results[i]);
    if (osm_batch_next(op))
        return;
    osm_types_climb(op);
}

static void send_definitions(struct osm_op *op, size_t first, size_t count)
{
    struct osm_types_discovery *discover = op->state;
    UA_ReadValueId *nodes = osm_arena_array(osm_op_arena(op), count, sizeof(*nodes));
    UA_ReadRequest request;

    for (size_t i = 0; i < count; i++) {
        nodes[i].nodeId = discover->types[discover->chosen[first + i]].id;
        nodes[i].attributeId = UA_ATTRIBUTEID_DATATYPEDEFINITION;
    }
    UA_ReadRequest_init(&request);
    request.timestampsToReturn = UA_TIMESTAMPSTORETURN_NEITHER;
    request.nodesToRead = nodes;
    request.nodesToReadSize = count;
    osm_op_send(op, &osm_service_read, &request, definition_step);
}

void osm_types_ask_definitions(struct osm_op *op)
{
    struct osm_types_discovery *discover = op->state;

    discover->definitions =
        osm_arena_array(osm_op_arena(op), discover->size, sizeof(*discover->definitions));
    osm_batch_start(op, &discover->batch, OSM_LIMIT_READ, discover->chosen_size, send_definitions);
}
