/* SPDX-License-Identifier: MIT */
/* The plant: the address space, made of parts (plant_<part>.c), one file each.
 *
 * Start here to add a part: write `void osm_plant_<part>_build(struct osm_plant *)`, name it
 * in the table in plant.c, describe it in docs/demo-server.md.
 *
 * Node ids are the path from the Objects folder: the node "Sine" in the folder "Dynamic" is
 * ns=2;s=Dynamic/Sine. The builders below make id, browse name and parent from that path.
 * They do not return errors: the first failure is kept in the plant, later calls do nothing,
 * and osm_plant_build reports it. All of this runs while the server starts, in one thread. */
#ifndef OSM_DEMO_PLANT_H
#define OSM_DEMO_PLANT_H

#include <open62541/server.h>
#include <stdbool.h>

#include "accounts.h"
#include "options.h"

#define OSM_PLANT_URI "urn:opcua-demo-server:plant"
#define OSM_PATH_MAX 200 /* bytes of a node id; the deepest Tree node needs 100 */

#define OSM_READ UA_ACCESSLEVELMASK_READ
#define OSM_WRITE UA_ACCESSLEVELMASK_WRITE
#define OSM_READ_WRITE (OSM_READ | OSM_WRITE)

/* Each part owns its own; NULL when it has none. */
struct osm_history;
struct osm_tanks;
struct osm_waits;
struct osm_events;
struct osm_alarms;
struct osm_generator;

struct osm_plant {
    UA_Server *server;
    UA_UInt16 ns;
    const struct osm_options *options;
    UA_DateTime started; /* monotonic */
    bool ready;          /* every part is built */

    UA_StatusCode status; /* the builders' first failure, and where */
    char failed[OSM_PATH_MAX];

    struct osm_history *history;
    struct osm_tanks *tanks;
    struct osm_waits *waits;
    struct osm_events *events;
    struct osm_alarms *alarms;
    struct osm_generator *generator;
};

/* The context of a node in the plant, when it is not NULL: who may read and write (or call)
 * it. Nodes with data of their own have it as first member of something larger. */
struct osm_plant_node {
    unsigned readers; /* of enum osm_role */
    unsigned writers;
};

/* A variable to be made. What is left zero takes the sensible value. Everything is borrowed
 * for the call, except `node`, which has to outlive the server. */
struct osm_variable {
    UA_Variant value;
    const UA_DataType *type;   /* of the value; taken from it when there is one */
    UA_NodeId data_type;       /* when the announced type is not that of the value */
    UA_Int32 rank;             /* of a data source: 0 = scalar, n = array of n dimensions */
    UA_Byte access;            /* 0 = OSM_READ */
    const UA_DataSource *read; /* the value comes from here instead */
    const struct osm_plant_node *node;
    UA_UInt32 type_definition; /* in namespace 0, 0 = BaseDataVariableType */
    bool open_dimensions;      /* arrays of any length may be written */
    bool historizing;
    const char *description;
};

struct osm_argument {
    const char *name;
    UA_UInt32 data_type; /* in namespace 0 */
    UA_Int32 rank;       /* UA_VALUERANK_… */
    const char *description;
};

#define OSM_ARGUMENTS_MAX 4

struct osm_method {
    const char *name;
    UA_MethodCallback call;
    struct osm_argument inputs[OSM_ARGUMENTS_MAX]; /* the first without a name ends them */
    struct osm_argument outputs[OSM_ARGUMENTS_MAX];
    const struct osm_plant_node *node; /* has to outlive the server */
    const char *description;
};

/* Builds every part into `server`. `plant` is memory of the caller and must outlive the
 * server; `options` too. Returns 0, or -EIO with `status` and `failed` set. */
int osm_plant_build(struct osm_plant *plant, UA_Server *server, const struct osm_options *options);

/* Ends the timers. To be called after the server stopped and before it is deleted. */
void osm_plant_stop(struct osm_plant *plant);

/* Frees what the parts hold. To be called after the server is deleted. */
void osm_plant_deinit(struct osm_plant *plant);

/* The plant of a server, for callbacks. NULL while there is none. */
struct osm_plant *osm_plant_of(UA_Server *server);

/* Seconds since the plant was built, from the monotonic clock. */
double osm_plant_seconds(const struct osm_plant *plant);

/* Keeps the first failure. */
void osm_plant_check(struct osm_plant *plant, const char *path, UA_StatusCode status);

/* The builders. `parent` is a path, "" for the Objects folder. */
void osm_plant_folder(struct osm_plant *plant, const char *parent, const char *name,
                      const char *description);
void osm_plant_object(struct osm_plant *plant, const char *parent, const char *name,
                      UA_Byte event_notifier, const char *description);
void osm_plant_variable(struct osm_plant *plant, const char *parent, const char *name,
                        const struct osm_variable *variable);
/* A property of namespace 0 (EURange, …): its id is "parent/name", its browse name 0:name. */
void osm_plant_property(struct osm_plant *plant, const char *parent, const char *name, void *value,
                        const UA_DataType *type);
void osm_plant_method(struct osm_plant *plant, const char *parent, const struct osm_method *method);

/* "parent/name", or name below the Objects folder; cut at `size`. */
void osm_plant_path(char *out, size_t size, const char *parent, const char *name);

/* The id of a path. It points into `path`. */
UA_NodeId osm_plant_id(const struct osm_plant *plant, const char *path);

/* The initialiser of a string at file scope; unlike UA_STRING_STATIC without a cast. */
#define OSM_STRING_STATIC(text)                                                                    \
    {                                                                                              \
        sizeof(text) - 1, (UA_Byte[])                                                              \
        {                                                                                          \
            text                                                                                   \
        }                                                                                          \
    }

/* A string of the library that points at `text`, for calls that only read it. */
UA_String osm_borrow(const char *text);
UA_LocalizedText osm_borrow_text(const char *text);

/* The parts. */
void osm_plant_types_build(struct osm_plant *plant);
void osm_plant_edge_build(struct osm_plant *plant);
void osm_plant_quality_build(struct osm_plant *plant);
void osm_plant_access_build(struct osm_plant *plant);
void osm_plant_dynamic_build(struct osm_plant *plant);
void osm_plant_methods_build(struct osm_plant *plant);
void osm_plant_tree_build(struct osm_plant *plant);
void osm_plant_many_build(struct osm_plant *plant);

void osm_plant_tanks_build(struct osm_plant *plant);
void osm_plant_tanks_stop(struct osm_plant *plant);
void osm_plant_tanks_deinit(struct osm_plant *plant);

void osm_plant_wait_build(struct osm_plant *plant);
void osm_plant_wait_stop(struct osm_plant *plant);
void osm_plant_wait_deinit(struct osm_plant *plant);

/* What the server says of its history. To be called before the server is made. */
void osm_plant_history_announce(UA_ServerConfig *config, const struct osm_options *options);
void osm_plant_history_build(struct osm_plant *plant);
void osm_plant_history_stop(struct osm_plant *plant);
void osm_plant_history_deinit(struct osm_plant *plant);

void osm_plant_events_build(struct osm_plant *plant);
void osm_plant_events_stop(struct osm_plant *plant);
void osm_plant_events_deinit(struct osm_plant *plant);

void osm_plant_alarms_build(struct osm_plant *plant);
void osm_plant_alarms_stop(struct osm_plant *plant);
void osm_plant_alarms_deinit(struct osm_plant *plant);

void osm_plant_generator_build(struct osm_plant *plant);
void osm_plant_generator_stop(struct osm_plant *plant);
void osm_plant_generator_deinit(struct osm_plant *plant);

#endif
