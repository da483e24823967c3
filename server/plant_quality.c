/* SPDX-License-Identifier: MIT */
/* Quality/: values that are not simply good. */
#include "plant.h"

struct quality_row {
    struct osm_plant_node node;
    const char *name;
    const char *description;
    UA_StatusCode status;
    bool has_value;
    bool alternates; /* with good, every two seconds */
    bool has_timestamp;
};

#define ALL                                                                                        \
    {                                                                                              \
        OSM_ROLE_ALL, OSM_ROLE_CHANGERS                                                            \
    }

static const struct quality_row rows[] = {
    {ALL, "Bad", "a broken sensor", UA_STATUSCODE_BADSENSORFAILURE, false, false, true},
    {ALL, "BadWithValue", "Bad, the value is there still", UA_STATUSCODE_BADOUTOFSERVICE, true,
     false, true},
    {ALL, "Uncertain", "the last usable value", UA_STATUSCODE_UNCERTAINLASTUSABLEVALUE, true, false,
     true},
    {ALL, "GoodOverride", "Good with a reason", UA_STATUSCODE_GOODLOCALOVERRIDE, true, false, true},
    {ALL, "NoValue", "Good and empty", UA_STATUSCODE_GOOD, false, false, true},
    {ALL, "NoTimestamp", "no source timestamp", UA_STATUSCODE_GOOD, true, false, false},
    {ALL, "Flapping", "two seconds good, two seconds bad", UA_STATUSCODE_BADCOMMUNICATIONERROR,
     true, true, true},
};

static UA_StatusCode read_quality(UA_Server *server, const UA_NodeId *session,
                                  void *session_context, const UA_NodeId *node, void *context,
                                  UA_Boolean with_timestamp, const UA_NumericRange *range,
                                  UA_DataValue *out)
{
    const struct quality_row *row = context;
    const struct osm_plant *plant = osm_plant_of(server);
    bool good = row->alternates && (long)osm_plant_seconds(plant) / 2 % 2 == 0;
    /* The library reads a node once when it is added, and refuses one that is bad. */
    good |= !plant->ready;
    UA_Double value = 21.5;
    if (row->status != UA_STATUSCODE_GOOD) {
        out->hasStatus = true;
        out->status = good ? UA_STATUSCODE_GOOD : row->status;
    }
    if (row->has_timestamp && with_timestamp) {
        out->hasSourceTimestamp = true;
        out->sourceTimestamp = UA_DateTime_now();
    }
    if (!row->has_value && plant->ready)
        return UA_STATUSCODE_GOOD;
    out->hasValue = true;
    return UA_Variant_setScalarCopy(&out->value, &value, &UA_TYPES[UA_TYPES_DOUBLE]);
}

void osm_plant_quality_build(struct osm_plant *plant)
{
    static const UA_DataSource source = {.read = read_quality};
    osm_plant_folder(plant, "", "Quality", "values that are not simply good");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct osm_variable variable = {
            .type = &UA_TYPES[UA_TYPES_DOUBLE],
            .read = &source,
            .node = &rows[i].node,
            .description = rows[i].description,
        };
        osm_plant_variable(plant, "Quality", rows[i].name, &variable);
    }
}
