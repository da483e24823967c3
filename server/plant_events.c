/* SPDX-License-Identifier: MIT */
/* Events/: an object that fires events when told to, and every so often when --event-period
 * asks for it. Both are BaseEventType from the object Events; the Server object sees them. */
#include <stdio.h>
#include <stdlib.h>

#include "plant.h"

struct osm_events {
    UA_UInt64 timer;
    unsigned fired;
};

struct event {
    UA_UInt16 severity;
    UA_LocalizedText message;
};

static UA_StatusCode set(UA_Server *server, UA_NodeId event, const char *property,
                         const void *value, unsigned type)
{
    return UA_Server_writeObjectProperty_scalar(
        server, event, (UA_QualifiedName){0, osm_borrow(property)}, value, &UA_TYPES[type]);
}

static UA_StatusCode fire(struct osm_plant *plant, const struct event *event)
{
    UA_NodeId node;
    UA_Server *server = plant->server;
    UA_StatusCode status =
        UA_Server_createEvent(server, UA_NODEID_NUMERIC(0, UA_NS0ID_BASEEVENTTYPE), &node);
    if (status != UA_STATUSCODE_GOOD)
        return status;
    UA_DateTime now = UA_DateTime_now();
    UA_String source = osm_borrow("Events");
    status = set(server, node, "Time", &now, UA_TYPES_DATETIME);
    status |= set(server, node, "Severity", &event->severity, UA_TYPES_UINT16);
    status |= set(server, node, "Message", &event->message, UA_TYPES_LOCALIZEDTEXT);
    status |= set(server, node, "SourceName", &source, UA_TYPES_STRING);
    if (status != UA_STATUSCODE_GOOD) {
        UA_Server_deleteNode(server, node, true);
        return UA_STATUSCODE_BADINTERNALERROR;
    }
    return UA_Server_triggerEvent(server, node, osm_plant_id(plant, "Events"), NULL, true);
}

static UA_StatusCode call_fire(UA_Server *server, const UA_NodeId *session, void *session_context,
                               const UA_NodeId *method, void *method_context,
                               const UA_NodeId *object, void *object_context, size_t n_in,
                               const UA_Variant *in, size_t n_out, UA_Variant *out)
{
    struct event event = {
        .severity = *(UA_UInt16 *)in[0].data,
        .message = {.locale = osm_borrow("en"), .text = *(UA_String *)in[1].data},
    };
    /* Part 5, 6.4.2: severities go from 1 to 1000. */
    if (event.severity < 1 || event.severity > 1000)
        return UA_STATUSCODE_BADOUTOFRANGE;
    return fire(osm_plant_of(server), &event);
}

static void tick(UA_Server *server, void *data)
{
    struct osm_plant *plant = data;
    char text[64];
    snprintf(text, sizeof(text), "periodic event %u", ++plant->events->fired);
    struct event event = {.severity = 100, .message = osm_borrow_text(text)};
    fire(plant, &event);
}

void osm_plant_events_build(struct osm_plant *plant)
{
    static const struct osm_method method = {
        .name = "Fire",
        .call = call_fire,
        .inputs = {{"severity", UA_NS0ID_UINT16, UA_VALUERANK_SCALAR, "1 to 1000"},
                   {"message", UA_NS0ID_STRING, UA_VALUERANK_SCALAR, "any text"}},
        .description = "fires an event",
    };
    plant->events = calloc(1, sizeof(*plant->events));
    if (plant->events == NULL) {
        osm_plant_check(plant, "Events", UA_STATUSCODE_BADOUTOFMEMORY);
        return;
    }
    osm_plant_object(plant, "", "Events", UA_EVENTNOTIFIER_SUBSCRIBE_TO_EVENT, "fires events");
    osm_plant_method(plant, "Events", &method);
    if (plant->options->event_period > 0)
        osm_plant_check(plant, "Events",
                        UA_Server_addRepeatedCallback(plant->server, tick, plant,
                                                      plant->options->event_period,
                                                      &plant->events->timer));
}

void osm_plant_events_stop(struct osm_plant *plant)
{
    if (plant->events)
        UA_Server_removeCallback(plant->server, plant->events->timer);
}

void osm_plant_events_deinit(struct osm_plant *plant)
{
    free(plant->events);
    plant->events = NULL;
}
