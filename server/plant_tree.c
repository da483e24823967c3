/* SPDX-License-Identifier: MIT */
/* Tree/ and Many/: what a browser has to survive. Tree goes 16 levels down and closes a
 * cycle from the bottom back to the top; Many holds 1000 variables in one folder. */
#include <stdio.h>
#include <string.h>

#include "plant.h"

#define LEVELS 16
#define MANY 1000

static void add_number(struct osm_plant *plant, const char *parent, const char *name,
                       UA_Int32 value, UA_Byte access)
{
    struct osm_variable variable = {.access = access};
    UA_Variant_setScalar(&variable.value, &value, &UA_TYPES[UA_TYPES_INT32]);
    osm_plant_variable(plant, parent, name, &variable);
}

static void close_cycle(struct osm_plant *plant, const char *bottom)
{
    UA_ExpandedNodeId top = {.nodeId = osm_plant_id(plant, "Tree")};
    osm_plant_check(plant, bottom,
                    UA_Server_addReference(plant->server, osm_plant_id(plant, bottom),
                                           UA_NODEID_NUMERIC(0, UA_NS0ID_ORGANIZES), top, true));
}

void osm_plant_tree_build(struct osm_plant *plant)
{
    char path[OSM_PATH_MAX] = "Tree";
    osm_plant_folder(plant, "", "Tree", "16 levels, the last one leads back to the first");
    for (int level = 1; level <= LEVELS; level++) {
        char name[16];
        snprintf(name, sizeof(name), "L%02d", level);
        osm_plant_folder(plant, path, name, NULL);
        size_t length = strlen(path);
        snprintf(path + length, sizeof(path) - length, "/%s", name);
        add_number(plant, path, "Depth", level, OSM_READ);
        osm_plant_folder(plant, path, "Side", NULL);
    }
    if (plant->status == UA_STATUSCODE_GOOD)
        close_cycle(plant, path);
}

void osm_plant_many_build(struct osm_plant *plant)
{
    osm_plant_folder(plant, "", "Many", "1000 variables in one folder");
    for (int i = 0; i < MANY; i++) {
        char name[16];
        snprintf(name, sizeof(name), "%04d", i);
        add_number(plant, "Many", name, i, OSM_READ_WRITE);
    }
}
