/* SPDX-License-Identifier: MIT */
/* Generator/: counters for those who prove that nothing is lost. With --generate n@r there are
 * n of them, and each counts up by one r times a second, so that a value that is missing or
 * comes twice shows.
 *
 * A turn that comes late counts for the ones it missed: between two values the time may vary,
 * the count never. Each value is written into its node, so an item with sampling interval 0
 * gets every one of them, however busy the server is. */
#include <stdio.h>
#include <stdlib.h>

#include "plant.h"

#define LONGEST_DEBT 100 /* turns made up for at once; beyond, it counts slower */

struct osm_generator {
    struct osm_plant_node node; /* first: the context of Running */
    bool running;
    UA_DateTime since; /* monotonic: when the counters would have been at `base` */
    UA_UInt32 base;
    UA_UInt32 count;
    UA_NodeId *items; /* owned, `generate.items` of them */
    UA_UInt64 timer;
};

static void write_all(struct osm_plant *plant, struct osm_generator *generator)
{
    UA_Variant value;
    UA_Variant_setScalar(&value, &generator->count, &UA_TYPES[UA_TYPES_UINT32]);
    for (UA_UInt32 i = 0; i < plant->options->generate.items; i++)
        UA_Server_writeValue(plant->server, generator->items[i], value);
}

static void rebase(struct osm_generator *generator)
{
    generator->since = UA_DateTime_nowMonotonic();
    generator->base = generator->count;
}

static void tick(UA_Server *server, void *data)
{
    struct osm_plant *plant = data;
    struct osm_generator *generator = plant->generator;
    if (!generator->running)
        return;
    UA_Double seconds =
        (UA_Double)(UA_DateTime_nowMonotonic() - generator->since) / UA_DATETIME_SEC;
    UA_UInt32 due = generator->base + (UA_UInt32)(seconds * plant->options->generate.rate);
    for (unsigned i = 0; i < LONGEST_DEBT && generator->count != due; i++) {
        generator->count++;
        write_all(plant, generator);
    }
    if (generator->count != due)
        rebase(generator);
}

static UA_StatusCode read_running(UA_Server *server, const UA_NodeId *session,
                                  void *session_context, const UA_NodeId *node, void *context,
                                  UA_Boolean with_timestamp, const UA_NumericRange *range,
                                  UA_DataValue *out)
{
    const struct osm_generator *generator = context;
    if (with_timestamp) {
        out->hasSourceTimestamp = true;
        out->sourceTimestamp = UA_DateTime_now();
    }
    out->hasValue = true;
    return UA_Variant_setScalarCopy(&out->value, &generator->running, &UA_TYPES[UA_TYPES_BOOLEAN]);
}

static UA_StatusCode write_running(UA_Server *server, const UA_NodeId *session,
                                   void *session_context, const UA_NodeId *node, void *context,
                                   const UA_NumericRange *range, const UA_DataValue *value)
{
    struct osm_generator *generator = context;
    if (range)
        return UA_STATUSCODE_BADINDEXRANGEINVALID;
    if (!value->hasValue || !UA_Variant_hasScalarType(&value->value, &UA_TYPES[UA_TYPES_BOOLEAN]))
        return UA_STATUSCODE_BADTYPEMISMATCH;
    generator->running = *(UA_Boolean *)value->value.data;
    rebase(generator);
    return UA_STATUSCODE_GOOD;
}

static void build_running(struct osm_plant *plant)
{
    static const UA_DataSource source = {.read = read_running, .write = write_running};
    struct osm_variable running = {
        .type = &UA_TYPES[UA_TYPES_BOOLEAN],
        .access = OSM_READ_WRITE,
        .read = &source,
        .node = &plant->generator->node,
        .description = "false stops the counters where they are",
    };
    osm_plant_variable(plant, "Generator", "Running", &running);
}

static void build_items(struct osm_plant *plant, struct osm_generator *generator)
{
    for (UA_UInt32 i = 0; i < plant->options->generate.items; i++) {
        char name[16];
        char path[OSM_PATH_MAX];
        snprintf(name, sizeof(name), "%04u", i);
        osm_plant_path(path, sizeof(path), "Generator", name);
        struct osm_variable variable = {.description = "counts up by one"};
        UA_Variant_setScalar(&variable.value, &generator->count, &UA_TYPES[UA_TYPES_UINT32]);
        osm_plant_variable(plant, "Generator", name, &variable);
        UA_NodeId id = osm_plant_id(plant, path);
        osm_plant_check(plant, path, UA_NodeId_copy(&id, &generator->items[i]));
    }
}

void osm_plant_generator_build(struct osm_plant *plant)
{
    const UA_UInt32 items = plant->options->generate.items;
    if (items == 0)
        return;
    struct osm_generator *generator = calloc(1, sizeof(*generator));
    plant->generator = generator;
    if (generator)
        generator->items = calloc(items, sizeof(*generator->items));
    if (generator == NULL || generator->items == NULL) {
        osm_plant_check(plant, "Generator", UA_STATUSCODE_BADOUTOFMEMORY);
        return;
    }
    generator->node = (struct osm_plant_node){OSM_ROLE_ALL, OSM_ROLE_CHANGERS};
    generator->running = true;
    osm_plant_folder(plant, "", "Generator", "counters");
    build_running(plant);
    build_items(plant, generator);
    rebase(generator);
    UA_Double period = 1000.0 / plant->options->generate.rate;
    osm_plant_check(
        plant, "Generator",
        UA_Server_addRepeatedCallback(plant->server, tick, plant, period, &generator->timer));
}

void osm_plant_generator_stop(struct osm_plant *plant)
{
    if (plant->generator)
        UA_Server_removeCallback(plant->server, plant->generator->timer);
}

void osm_plant_generator_deinit(struct osm_plant *plant)
{
    if (plant->generator == NULL)
        return;
    for (UA_UInt32 i = 0; plant->generator->items && i < plant->options->generate.items; i++)
        UA_NodeId_clear(&plant->generator->items[i]);
    free(plant->generator->items);
    free(plant->generator);
    plant->generator = NULL;
}
