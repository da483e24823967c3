/* SPDX-License-Identifier: MIT */
/*
 * getServerProductName … getServerBuildDate and getServerBuildInfo (methods.md §4): who made the
 * server, from the nodes of its BuildInfo (OPC 10000-5 §12.4). What a node does not have, or has
 * in another type, is null.
 */
#include <open62541/nodeids.h>

#include "serve/method/batch.h"
#include "wire/text/node_id.h"
#include "wire/text/string.h"
#include "wire/value/result.h"

enum { PRODUCT, MANUFACTURER, VERSION, BUILD, DATE, FIELD_COUNT };

static const struct {
    uint32_t node;
    size_t offset; /* in struct osm_build_info */
    int type;      /* index in UA_TYPES */
} fields[FIELD_COUNT] = {
#define FIELD(node, member, type)                                                                  \
    {                                                                                              \
        UA_NS0ID_SERVER_SERVERSTATUS_BUILDINFO_##node, offsetof(struct osm_build_info, member),    \
            UA_TYPES_##type                                                                        \
    }
    [PRODUCT] = FIELD(PRODUCTURI, product, STRING), /* the URI, as upstream has it */
    [MANUFACTURER] = FIELD(MANUFACTURERNAME, manufacturer, STRING),
    [VERSION] = FIELD(SOFTWAREVERSION, version, STRING),
    [BUILD] = FIELD(BUILDNUMBER, build, STRING),
    [DATE] = FIELD(BUILDDATE, date, DATETIME),
#undef FIELD
};

struct server_info {
    size_t first; /* field */
    struct osm_batch batch;
    void (*done)(struct osm_op *op);
    struct osm_build_info info;
};

/* Texts are moved into the request's memory: the next answer replaces this one. */
static void take_field(struct osm_op *op, size_t field, const UA_DataValue *value)
{
    struct server_info *state = op->state;
    void *out = (char *)&state->info + fields[field].offset;

    if (!value->hasValue || !UA_Variant_hasScalarType(&value->value, &UA_TYPES[fields[field].type]))
        return;
    if (fields[field].type == UA_TYPES_STRING) {
        const UA_String *text = value->value.data;

        if (text->data)
            *(UA_String *)out = osm_string_view(
                osm_arena_text(osm_op_arena(op), (const char *)text->data, text->length),
                text->length);
    } else {
        *(UA_DateTime *)out = *(const UA_DateTime *)value->value.data;
    }
}

static void read_step(struct osm_op *op, void *response)
{
    const UA_ReadResponse *answer = response;
    const struct server_info *state = op->state;

    for (size_t i = 0; i < answer->resultsSize; i++)
        take_field(op, state->first + state->batch.next + i, &answer->results[i]);
    if (!osm_batch_next(op))
        state->done(op);
}

static void send_reads(struct osm_op *op, size_t first, size_t count)
{
    const struct server_info *state = op->state;
    UA_ReadValueId nodes[FIELD_COUNT] = {0};
    UA_ReadRequest request = {.timestampsToReturn = UA_TIMESTAMPSTORETURN_BOTH,
                              .nodesToRead = nodes,
                              .nodesToReadSize = count};

    for (size_t i = 0; i < count; i++) {
        nodes[i].nodeId = UA_NODEID_NUMERIC(0, fields[state->first + first + i].node);
        nodes[i].attributeId = UA_ATTRIBUTEID_VALUE;
    }
    osm_op_send(op, &osm_service_read, &request, read_step);
}

static void start(struct osm_op *op, size_t first, size_t count, void (*done)(struct osm_op *op))
{
    struct server_info *state = op->state;

    *state = (struct server_info){.first = first, .done = done};
    osm_batch_start(op, &state->batch, OSM_LIMIT_READ, count, send_reads);
}

static void finish_value(struct osm_op *op)
{
    const struct server_info *state = op->state;

    osm_reply_value(op, (const char *)&state->info + fields[state->first].offset,
                    &UA_TYPES[fields[state->first].type]);
}

static void finish_info(struct osm_op *op)
{
    osm_reply_record(op, &osm_record_build_info, &((const struct server_info *)op->state)->info);
}

static void value_start(struct osm_op *op)
{
    start(op, (size_t)osm_method_work(op)->method->variant, 1, finish_value);
}

static void info_start(struct osm_op *op)
{
    start(op, 0, FIELD_COUNT, finish_info);
}

#define SERVER_INFO(name, start_, ...)                                                             \
    OSM_METHOD(name, .flags = OSM_OP_READS, .state_size = sizeof(struct server_info),              \
               .start = start_, __VA_ARGS__)

SERVER_INFO(getServerProductName, value_start, .variant = PRODUCT);
SERVER_INFO(getServerManufacturerName, value_start, .variant = MANUFACTURER);
SERVER_INFO(getServerSoftwareVersion, value_start, .variant = VERSION);
SERVER_INFO(getServerBuildNumber, value_start, .variant = BUILD);
SERVER_INFO(getServerBuildDate, value_start, .variant = DATE);
SERVER_INFO(getServerBuildInfo, info_start, .variant = 0);
