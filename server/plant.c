/* SPDX-License-Identifier: MIT */
/* The table of parts, and what all of them know of the plant. */
#include "plant.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct part {
    void (*build)(struct osm_plant *plant);
    void (*stop)(struct osm_plant *plant);
    void (*deinit)(struct osm_plant *plant);
};

static const struct part parts[] = {
    {osm_plant_tanks_build, osm_plant_tanks_stop, osm_plant_tanks_deinit},
    {osm_plant_types_build, NULL, NULL},
    {osm_plant_edge_build, NULL, NULL},
    {osm_plant_quality_build, NULL, NULL},
    {osm_plant_access_build, NULL, NULL},
    {osm_plant_dynamic_build, NULL, NULL},
    {osm_plant_methods_build, NULL, NULL},
    {osm_plant_wait_build, osm_plant_wait_stop, osm_plant_wait_deinit},
    {osm_plant_tree_build, NULL, NULL},
    {osm_plant_many_build, NULL, NULL},
    {osm_plant_history_build, osm_plant_history_stop, osm_plant_history_deinit},
    {osm_plant_events_build, osm_plant_events_stop, osm_plant_events_deinit},
    {osm_plant_alarms_build, osm_plant_alarms_stop, osm_plant_alarms_deinit},
    {osm_plant_generator_build, osm_plant_generator_stop, osm_plant_generator_deinit},
};
#define N_PARTS (sizeof(parts) / sizeof(parts[0]))

int osm_plant_build(struct osm_plant *plant, UA_Server *server, const struct osm_options *options)
{
    *plant = (struct osm_plant){
        .server = server,
        .options = options,
        .started = UA_DateTime_nowMonotonic(),
    };
    plant->ns = UA_Server_addNamespace(server, OSM_PLANT_URI);
    UA_Server_getConfig(server)->context = plant;
    for (size_t i = 0; i < N_PARTS && plant->status == UA_STATUSCODE_GOOD; i++)
        parts[i].build(plant);
    plant->ready = plant->status == UA_STATUSCODE_GOOD;
    return plant->ready ? 0 : -EIO;
}

void osm_plant_stop(struct osm_plant *plant)
{
    for (size_t i = 0; i < N_PARTS; i++) {
        if (parts[i].stop)
            parts[i].stop(plant);
    }
}

void osm_plant_deinit(struct osm_plant *plant)
{
    for (size_t i = 0; i < N_PARTS; i++) {
        if (parts[i].deinit)
            parts[i].deinit(plant);
    }
}

struct osm_plant *osm_plant_of(UA_Server *server)
{
    return UA_Server_getConfig(server)->context;
}

double osm_plant_seconds(const struct osm_plant *plant)
{
    return (double)(UA_DateTime_nowMonotonic() - plant->started) / UA_DATETIME_SEC;
}

void osm_plant_check(struct osm_plant *plant, const char *path, UA_StatusCode status)
{
    if (status == UA_STATUSCODE_GOOD || plant->status != UA_STATUSCODE_GOOD)
        return;
    plant->status = status;
    snprintf(plant->failed, sizeof(plant->failed), "%s", path);
}

void osm_plant_path(char *out, size_t size, const char *parent, const char *name)
{
    snprintf(out, size, "%s%s%s", parent, *parent ? "/" : "", name);
}

UA_String osm_borrow(const char *text)
{
    UA_String string = {0};
    if (text != NULL) {
        string.length = strlen(text);
        /* The library's strings know no const. */
        memcpy(&string.data, &text, sizeof(string.data));
    }
    return string;
}

UA_LocalizedText osm_borrow_text(const char *text)
{
    return (UA_LocalizedText){.locale = osm_borrow(text ? "en" : NULL), .text = osm_borrow(text)};
}

UA_NodeId osm_plant_id(const struct osm_plant *plant, const char *path)
{
    if (*path == '\0')
        return UA_NODEID_NUMERIC(0, UA_NS0ID_OBJECTSFOLDER);
    return (UA_NodeId){
        .namespaceIndex = plant->ns,
        .identifierType = UA_NODEIDTYPE_STRING,
        .identifier.string = osm_borrow(path),
    };
}
