/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_EVENT_EVENT_FIELDS_H
#define OSM_CORE_EVENT_EVENT_FIELDS_H
/*
 * Telling an event in one statement:
 *
 *   osm_tell(session, OSM_EVENT_NODE_BROWSED, osm_field_node_id("nodeId", &id),
 *            osm_field_text("direction", "Forward"), osm_field_uint("resultCount", size));
 *
 * The fields are not even evaluated unless somebody wants the event. Names as in daemon.md §11;
 * values in the plain form (types.md §2), enumerations by name.
 */
#include <open62541/types.h>
#include <open62541/types_generated.h>

#include "core/event/event_bus.h"
#include "util/fault.h"

struct osm_event_field {
    const char *key;
    enum {
        OSM_FIELD_OF_UINT,
        OSM_FIELD_OF_DOUBLE,
        OSM_FIELD_OF_BOOL,
        OSM_FIELD_OF_TEXT,    /* NULL is null */
        OSM_FIELD_OF_VALUE,   /* of type; NULL is null */
        OSM_FIELD_OF_CONTENT, /* what a Variant holds */
        OSM_FIELD_OF_LIST,    /* of size values of type */
        OSM_FIELD_OF_NUMBERS, /* uint32_t, size of them */
        OSM_FIELD_OF_FAULT
    } kind;
    uint64_t number;
    double real;
    const void *value;
    size_t size;
    const UA_DataType *type;
};

static inline struct osm_event_field osm_field_uint(const char *key, uint64_t value)
{
    return (struct osm_event_field){.key = key, .kind = OSM_FIELD_OF_UINT, .number = value};
}

static inline struct osm_event_field osm_field_bool(const char *key, bool value)
{
    return (struct osm_event_field){.key = key, .kind = OSM_FIELD_OF_BOOL, .number = value};
}

static inline struct osm_event_field osm_field_double(const char *key, double value)
{
    return (struct osm_event_field){.key = key, .kind = OSM_FIELD_OF_DOUBLE, .real = value};
}

static inline struct osm_event_field osm_field_text(const char *key, const char *text)
{
    return (struct osm_event_field){.key = key, .kind = OSM_FIELD_OF_TEXT, .value = text};
}

static inline struct osm_event_field osm_field_value(const char *key, const void *value,
                                                     const UA_DataType *type)
{
    return (struct osm_event_field){
        .key = key, .kind = OSM_FIELD_OF_VALUE, .value = value, .type = type};
}

static inline struct osm_event_field osm_field_node_id(const char *key, const UA_NodeId *id)
{
    return osm_field_value(key, id, &UA_TYPES[UA_TYPES_NODEID]);
}

static inline struct osm_event_field osm_field_content(const char *key, const UA_Variant *variant)
{
    return (struct osm_event_field){.key = key, .kind = OSM_FIELD_OF_CONTENT, .value = variant};
}

static inline struct osm_event_field osm_field_numbers(const char *key, const uint32_t *list,
                                                       size_t size)
{
    return (struct osm_event_field){
        .key = key, .kind = OSM_FIELD_OF_NUMBERS, .value = list, .size = size};
}

/* `exception`: type and message. */
static inline struct osm_event_field osm_field_fault(const struct osm_fault *fault)
{
    return (struct osm_event_field){.key = "exception", .kind = OSM_FIELD_OF_FAULT, .value = fault};
}

void osm_event_tell(struct osm_session *session, enum osm_event_type type,
                    const struct osm_event_field *fields, size_t count);

#define osm_tell(session_, type_, ...)                                                             \
    do {                                                                                           \
        if (osm_bus_wants(session_, type_)) {                                                      \
            const struct osm_event_field fields_[] = {__VA_ARGS__};                                \
                                                                                                   \
            osm_event_tell(session_, type_, fields_, OSM_ARRAY_SIZE(fields_));                     \
        }                                                                                          \
    } while (0)

/* One without fields of its own. */
#define osm_tell_only(session_, type_)                                                             \
    do {                                                                                           \
        if (osm_bus_wants(session_, type_))                                                        \
            osm_event_tell(session_, type_, NULL, 0);                                              \
    } while (0)

#endif
