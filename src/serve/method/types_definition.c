/* SPDX-License-Identifier: MIT */
/* discoverDataTypes, round 3 (types_internal.h): the DataTypeDefinition attributes of the chosen
 * types (OPC 10000-3 §8.49), at most 255 fields each and 64 MiB in all of a session. Those of a
 * large answer are read off the loop. */
#include "serve/method/types_internal.h"
#include "util/alloc.h"
#include "wire/value/body_check.h"
#include "wire/value/type_registry.h"

/* Fields of a structure that can be described (type_registry.c): larger ones are not kept. */
#define OSM_MAX_FIELDS 255
/* Bytes of all definitions a session knows. */
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

/* What one value of an answer brings. */
struct read {
    UA_StructureDefinition *definition; /* owned; NULL = none, or too large to be kept */
    size_t fields, bytes;
    bool wordy;
};

/* An answer while it is read; the operation may end meanwhile. */
struct osm_types_reading {
    struct osm_ua_work work;
    struct osm_op *op; /* NULL = it is over */
    const UA_DataValue *values;
    struct read *read;
    size_t size;
};

static bool is_wordy(const UA_StructureDefinition *definition)
{
    if (!osm_types_is_short(&definition->baseDataType) ||
        !osm_types_is_short(&definition->defaultEncodingId))
        return true;
    for (size_t i = 0; i < definition->fieldsSize; i++)
        if (definition->fields[i].name.length > OSM_TYPES_TEXT ||
            !osm_types_is_short(&definition->fields[i].dataType))
            return true;
    return false;
}

/* Nobody is shown them. */
static void drop_descriptions(UA_StructureDefinition *definition)
{
    for (size_t i = 0; i < definition->fieldsSize; i++)
        UA_LocalizedText_clear(&definition->fields[i].description);
}

static struct read read_definition(const UA_DataValue *value)
{
    struct read read = {.definition = definition_of(value)};

    if (!read.definition)
        return read;
    read.fields = read.definition->fieldsSize;
    read.wordy = is_wordy(read.definition);
    drop_descriptions(read.definition);
    if (read.fields > OSM_MAX_FIELDS || read.wordy)
        UA_StructureDefinition_delete(osm_steal(read.definition));
    else
        read.bytes = read.fields * sizeof(*read.definition->fields) +
                     UA_calcSizeBinary(read.definition, &UA_TYPES[UA_TYPES_STRUCTUREDEFINITION]);
    return read;
}

static void take_definition(struct osm_op *op, size_t type, struct read *read,
                            const UA_DataValue *value)
{
    struct osm_types_discovery *discover = op->state;
    const UA_NodeId *id = &discover->types[type].id;

    if (read->fields > OSM_MAX_FIELDS) {
        osm_types_skip(op, id,
                       osm_arena_printf(osm_op_arena(op), "it has %zu fields, more than %d",
                                        read->fields, OSM_MAX_FIELDS));
    } else if (read->wordy) {
        osm_types_skip(op, id,
                       osm_arena_printf(osm_op_arena(op),
                                        "a name or a type in it is longer than %zu bytes",
                                        OSM_TYPES_TEXT));
    } else if (discover->bytes + read->bytes > OSM_MAX_DEFINITIONS) {
        osm_types_skip(op, id, "the server's definitions take more than 64 MiB");
    } else if (read->definition) {
        discover->bytes += read->bytes;
        discover->definitions[type] = osm_steal(read->definition);
    } else if (value->hasStatus && UA_StatusCode_isBad(value->status)) {
        osm_types_skip(op, id,
                       osm_arena_printf(osm_op_arena(op),
                                        "the server does not tell its definition (%s)",
                                        UA_StatusCode_name(value->status)));
    } else {
        osm_types_skip(op, id, "the server tells no definition of a structure");
    }
}

static struct osm_types_reading *reading_of(struct osm_ua_work *work)
{
    return osm_container_of(work, struct osm_types_reading, work);
}

static void read_all(struct osm_ua_work *work)
{
    const struct osm_types_reading *reading = reading_of(work);

    for (size_t i = 0; i < reading->size; i++)
        reading->read[i] = read_definition(&reading->values[i]);
}

static void take_all(struct osm_op *op, const struct osm_types_reading *reading)
{
    struct osm_types_discovery *discover = op->state;

    discover->reading = NULL;
    for (size_t i = 0; i < reading->size; i++)
        take_definition(op, discover->chosen[discover->batch.next + i], &reading->read[i],
                        &reading->values[i]);
}

static void have_read(struct osm_ua_work *work)
{
    struct osm_types_reading *reading = reading_of(work);
    struct osm_op *op = reading->op;

    if (op)
        take_all(op, reading);
    for (size_t i = 0; i < reading->size; i++)
        if (reading->read[i].definition)
            UA_StructureDefinition_delete(reading->read[i].definition);
    free(reading->read);
    free(reading);
    if (op && !osm_batch_next(op))
        osm_types_climb(op);
}

void osm_types_forget_reading(struct osm_op *op)
{
    struct osm_types_reading *reading =
        osm_steal(((struct osm_types_discovery *)op->state)->reading);

    if (reading)
        reading->op = NULL;
}

static void definition_step(struct osm_op *op, void *response)
{
    const struct osm_env *env = op->link->env;
    const UA_ReadResponse *answer = response;
    struct osm_types_discovery *discover = op->state;
    struct osm_types_reading *reading = osm_alloc(sizeof(*reading));

    *reading = (struct osm_types_reading){.work = {.run = read_all, .done = have_read},
                                          .op = op,
                                          .values = answer->results,
                                          .size = answer->resultsSize};
    reading->read = osm_alloc(reading->size * sizeof(*reading->read));
    discover->reading = reading;
    if (osm_ua_answer_is_large(env->ua_ops, env->ua, response)) {
        env->ua_ops->answer_keep(env->ua, response, &reading->work);
        return;
    }
    read_all(&reading->work);
    have_read(&reading->work);
}

static void send_definitions(struct osm_op *op, size_t first, size_t count)
{
    struct osm_types_discovery *discover = op->state;
    UA_ReadValueId *nodes;
    UA_ReadRequest request;

    count = osm_types_part(op, count);
    nodes = osm_arena_array(osm_op_arena(op), count, sizeof(*nodes));
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

    discover->bytes = osm_type_registry_bytes(osm_types_registry(op));
    discover->definitions =
        osm_arena_array(osm_op_arena(op), discover->size, sizeof(*discover->definitions));
    osm_batch_start(op, &discover->batch, OSM_LIMIT_READ, discover->chosen_size, send_definitions);
}
