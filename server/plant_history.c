/* SPDX-License-Identifier: MIT */
/* History/: values that were. Four fixed series from 2024-01-01T00:00:00Z, one value a
 * minute; one that is recorded every second; one that records what is written to it.
 *
 * All series live in one memory backend of the library, but for the recorded one, which
 * needs a bound and gets a ring of its own. The library frees neither. */
#include <math.h>
#include <open62541/plugin/historydata/history_data_backend_memory.h>
#include <open62541/plugin/historydata/history_data_gathering_default.h>
#include <open62541/plugin/historydata/history_database_default.h>
#include <stdio.h>
#include <stdlib.h>

#include "limits.h"
#include "plant.h"

#define START_UNIX 1704067200 /* 2024-01-01T00:00:00Z */
#define STEP_SECONDS 60
#define LIVE_MS 1000
#define LIVE_VALUES 3600 /* an hour of them */

struct osm_history {
    UA_HistoryDataGathering gathering;
    UA_HistoryDataBackend fixed;
    UA_HistoryDataBackend ring;
    UA_UInt64 timer;
};

union sample {
    UA_Double real;
    UA_Int32 integer;
    UA_String text;
};

struct series_row {
    const char *name;
    const char *description;
    unsigned type;
    int length; /* values at the start */
    void (*make)(int at, union sample *out);
    int bad_every; /* every so many the sensor failed, 0 = never */
    bool live;
    bool records; /* what is written */
};

static void make_sine(int at, union sample *out)
{
    out->real = sin(at * 2 * M_PI / 60);
}

static void make_step(int at, union sample *out)
{
    out->integer = at / 10;
}

static void make_text(int at, union sample *out)
{
    out->text = osm_borrow(at % 2 ? "closed" : "open");
}

static const struct series_row rows[] = {
    {"Sine", "1000 values, period one hour", UA_TYPES_DOUBLE, 1000, make_sine, 0, false, false},
    {"Steps", "100 whole numbers", UA_TYPES_INT32, 100, make_step, 0, false, false},
    {"Text", "20 words", UA_TYPES_STRING, 20, make_text, 0, false, false},
    {"Gaps", "100 values, every tenth bad", UA_TYPES_DOUBLE, 100, make_sine, 10, false, false},
    {"Empty", "no history yet", UA_TYPES_DOUBLE, 0, make_sine, 0, false, false},
    {"Live", "recorded every second, for an hour", UA_TYPES_DOUBLE, 0, make_sine, 0, true, false},
    {"Recorder", "records what is written to it", UA_TYPES_DOUBLE, 0, make_sine, 0, false, true},
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))
#define LIVE_PATH "History/Live"
#define RECORDER_PATH "History/Recorder"

static UA_StatusCode store(struct osm_plant *plant, UA_HistoryDataBackend *backend,
                           const char *path, UA_DataValue *value, UA_DateTime when)
{
    UA_NodeId id = osm_plant_id(plant, path);
    value->hasSourceTimestamp = value->hasServerTimestamp = true;
    value->sourceTimestamp = value->serverTimestamp = when;
    return backend->serverSetHistoryData(plant->server, backend->context, NULL, NULL, &id, false,
                                         value);
}

static void fill(struct osm_plant *plant, const struct series_row *row, const char *path)
{
    UA_DateTime start = UA_DateTime_fromUnixTime(START_UNIX);
    for (int i = 0; i < row->length; i++) {
        union sample sample;
        UA_DataValue value = {.hasValue = true};
        row->make(i, &sample);
        UA_Variant_setScalar(&value.value, &sample, &UA_TYPES[row->type]);
        if (row->bad_every > 0 && i % row->bad_every == row->bad_every - 1) {
            value.hasStatus = true;
            value.status = UA_STATUSCODE_BADSENSORFAILURE;
        }
        osm_plant_check(plant, path,
                        store(plant, &plant->history->fixed, path, &value,
                              start + (UA_DateTime)i * STEP_SECONDS * UA_DATETIME_SEC));
    }
}

/* Values a client writes come without a server timestamp, mostly without any; the backend
 * refuses to give out both when the first it has lacks one. */
static void record(UA_Server *server, const UA_NodeId *session, void *session_context,
                   const UA_NodeId *node, void *context, const UA_NumericRange *range,
                   const UA_DataValue *written)
{
    struct osm_plant *plant = osm_plant_of(server);
    UA_DataValue value = *written;
    if (plant->ready)
        store(plant, &plant->history->fixed, RECORDER_PATH, &value,
              written->hasSourceTimestamp ? written->sourceTimestamp : UA_DateTime_now());
}

static void add_series(struct osm_plant *plant, const struct series_row *row)
{
    struct osm_history *history = plant->history;
    char path[OSM_PATH_MAX];
    union sample sample;
    struct osm_variable variable = {
        .access = OSM_READ | UA_ACCESSLEVELMASK_HISTORYREAD,
        .historizing = true,
        .description = row->description,
    };
    if (row->records)
        variable.access |= OSM_WRITE | UA_ACCESSLEVELMASK_HISTORYWRITE;
    row->make(row->length > 0 ? row->length - 1 : 0, &sample);
    UA_Variant_setScalar(&variable.value, &sample, &UA_TYPES[row->type]);
    osm_plant_variable(plant, "History", row->name, &variable);

    osm_plant_path(path, sizeof(path), "History", row->name);
    UA_NodeId id = osm_plant_id(plant, path);
    UA_HistorizingNodeIdSettings settings = {
        .historizingBackend = row->live ? history->ring : history->fixed,
        .maxHistoryDataResponseSize = osm_limits_history_page(plant->options),
        .historizingUpdateStrategy = UA_HISTORIZINGUPDATESTRATEGY_USER,
    };
    osm_plant_check(plant, path,
                    history->gathering.registerNodeId(plant->server, history->gathering.context,
                                                      &id, settings));
    fill(plant, row, path);
    if (row->records)
        osm_plant_check(plant, path,
                        UA_Server_setVariableNode_valueCallback(
                            plant->server, id, (UA_ValueCallback){.onWrite = record}));
}

static void tick(UA_Server *server, void *data)
{
    struct osm_plant *plant = data;
    UA_Double sine = sin(osm_plant_seconds(plant) * 2 * M_PI / 60);
    UA_DataValue value = {.hasValue = true};
    UA_Variant_setScalar(&value.value, &sine, &UA_TYPES[UA_TYPES_DOUBLE]);
    store(plant, &plant->history->ring, LIVE_PATH, &value, UA_DateTime_now());
    UA_Server_writeDataValue(server, osm_plant_id(plant, LIVE_PATH), value);
}

void osm_plant_history_announce(UA_ServerConfig *config, const struct osm_options *options)
{
    config->historizingEnabled = true;
    config->maxReturnDataValues = osm_limits_history_page(options);
    config->accessHistoryDataCapability = true;
    config->insertDataCapability = true;
    config->replaceDataCapability = true;
    config->updateDataCapability = true;
    config->deleteRawCapability = true;
}

void osm_plant_history_build(struct osm_plant *plant)
{
    struct osm_history *history = plant->history = calloc(1, sizeof(*history));
    if (history == NULL) {
        osm_plant_check(plant, "History", UA_STATUSCODE_BADOUTOFMEMORY);
        return;
    }
    history->gathering = UA_HistoryDataGathering_Default(N_ROWS);
    history->fixed = UA_HistoryDataBackend_Memory(N_ROWS, 100);
    history->ring = UA_HistoryDataBackend_Memory_Circular(1, LIVE_VALUES);
    UA_Server_getConfig(plant->server)->historyDatabase =
        UA_HistoryDatabase_default(history->gathering);
    osm_plant_folder(plant, "", "History", "values that were");
    for (size_t i = 0; i < N_ROWS && plant->status == UA_STATUSCODE_GOOD; i++)
        add_series(plant, &rows[i]);
    osm_plant_check(
        plant, LIVE_PATH,
        UA_Server_addRepeatedCallback(plant->server, tick, plant, LIVE_MS, &history->timer));
}

void osm_plant_history_stop(struct osm_plant *plant)
{
    if (plant->history)
        UA_Server_removeCallback(plant->server, plant->history->timer);
}

void osm_plant_history_deinit(struct osm_plant *plant)
{
    if (plant->history == NULL)
        return;
    UA_HistoryDataBackend_Memory_clear(&plant->history->fixed);
    UA_HistoryDataBackend_Memory_clear(&plant->history->ring);
    free(plant->history);
    plant->history = NULL;
}
