/* SPDX-License-Identifier: MIT */
/* What clients may do to conditions. Instances share the method nodes of the condition types
 * in namespace 0, so the callbacks are hung there once and find their alarm by the context of
 * the object they are called on: the condition, or its ShelvingState.
 *
 * ConditionRefresh goes to every subscription with event items: the library cannot address
 * one. It is refused for a subscription the caller does not have. */
#include <stdio.h>
#include <string.h>

#include "alarm.h"

#define METHOD(name)                                                                               \
    static UA_StatusCode name(UA_Server *server, const UA_NodeId *session, void *session_context,  \
                              const UA_NodeId *method, void *method_context,                       \
                              const UA_NodeId *object, void *object_context, size_t n_in,          \
                              const UA_Variant *in, size_t n_out, UA_Variant *out)

static struct osm_alarm *find_alarm(UA_Server *server, const void *object_context)
{
    size_t count;
    struct osm_alarm *alarms = osm_plant_alarms(osm_plant_of(server), &count);
    for (size_t i = 0; i < count; i++) {
        if (&alarms[i] == object_context)
            return &alarms[i];
    }
    return NULL;
}

static void unshelve_when_due(UA_Server *server, void *data)
{
    struct osm_alarm *alarm = data;
    alarm->unshelve_timer = 0;
    if (alarm->shelving == OSM_SHELVED_TIMED && osm_alarm_unshelve(alarm) == UA_STATUSCODE_GOOD)
        osm_alarm_report(alarm);
}

/* The timer follows the state after each action. */
static void set_timer(UA_Server *server, struct osm_alarm *alarm)
{
    if (alarm->unshelve_timer != 0)
        UA_Server_removeCallback(server, alarm->unshelve_timer);
    alarm->unshelve_timer = 0;
    if (alarm->shelving == OSM_SHELVED_TIMED)
        UA_Server_addTimedCallback(server, unshelve_when_due, alarm, alarm->unshelve_at,
                                   &alarm->unshelve_timer);
}

static UA_StatusCode done(UA_Server *server, struct osm_alarm *alarm, UA_StatusCode status)
{
    if (status != UA_STATUSCODE_GOOD)
        return status;
    set_timer(server, alarm);
    osm_alarm_report(alarm);
    return UA_STATUSCODE_GOOD;
}

/* A null text leaves the comment, an empty one clears it (Part 9, 5.5.6). */
static UA_StatusCode note(struct osm_alarm *alarm, const UA_LocalizedText *comment,
                          const void *session_context)
{
    alarm->user = osm_accounts_name(session_context);
    if (comment->text.data == NULL)
        return UA_STATUSCODE_GOOD;
    UA_String_clear(&alarm->comment);
    return UA_String_copy(&comment->text, &alarm->comment);
}

/* Acknowledge, Confirm, AddComment: all take an event and a comment. */
static UA_StatusCode with_comment(UA_Server *server, void *session_context, void *object_context,
                                  const UA_Variant *in,
                                  UA_StatusCode (*act)(struct osm_alarm *, const UA_ByteString *))
{
    struct osm_alarm *alarm = find_alarm(server, object_context);
    if (alarm == NULL)
        return UA_STATUSCODE_BADNODEIDINVALID;
    UA_StatusCode status = act(alarm, in[0].data);
    if (status == UA_STATUSCODE_GOOD)
        status = note(alarm, in[1].data, session_context);
    return done(server, alarm, status);
}

METHOD(call_acknowledge)
{
    return with_comment(server, session_context, object_context, in, osm_alarm_acknowledge);
}

METHOD(call_confirm)
{
    return with_comment(server, session_context, object_context, in, osm_alarm_confirm);
}

METHOD(call_add_comment)
{
    return with_comment(server, session_context, object_context, in, osm_alarm_comment);
}

static UA_StatusCode plain(UA_Server *server, void *object_context,
                           UA_StatusCode (*act)(struct osm_alarm *))
{
    struct osm_alarm *alarm = find_alarm(server, object_context);
    return alarm ? done(server, alarm, act(alarm)) : UA_STATUSCODE_BADNODEIDINVALID;
}

METHOD(call_enable)
{
    return plain(server, object_context, osm_alarm_enable);
}

METHOD(call_disable)
{
    return plain(server, object_context, osm_alarm_disable);
}

METHOD(call_shelve_once)
{
    return plain(server, object_context, osm_alarm_shelve_once);
}

METHOD(call_unshelve)
{
    return plain(server, object_context, osm_alarm_unshelve);
}

METHOD(call_shelve_for)
{
    struct osm_alarm *alarm = find_alarm(server, object_context);
    if (alarm == NULL)
        return UA_STATUSCODE_BADNODEIDINVALID;
    UA_Double ms = *(UA_Double *)in[0].data;
    return done(server, alarm, osm_alarm_shelve_for(alarm, ms, UA_DateTime_nowMonotonic()));
}

/* The refresh's own two events. Fired from Alarms, so that an item there sees them as well as
 * one at the Server object. */
static UA_StatusCode fire_refresh(struct osm_plant *plant, UA_UInt32 type, const char *text)
{
    UA_NodeId node;
    UA_Server *server = plant->server;
    UA_StatusCode status = UA_Server_createEvent(server, UA_NODEID_NUMERIC(0, type), &node);
    if (status != UA_STATUSCODE_GOOD)
        return status;
    const UA_DateTime now = UA_DateTime_now();
    const UA_UInt16 severity = 100;
    const UA_String source = osm_borrow("Server");
    const UA_LocalizedText message = osm_borrow_text(text);
    const struct {
        const char *name;
        const void *value;
        unsigned type;
    } properties[] = {
        {"Time", &now, UA_TYPES_DATETIME},
        {"Severity", &severity, UA_TYPES_UINT16},
        {"SourceName", &source, UA_TYPES_STRING},
        {"Message", &message, UA_TYPES_LOCALIZEDTEXT},
    };
    for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]); i++)
        status |= UA_Server_writeObjectProperty_scalar(
            server, node, (UA_QualifiedName){0, osm_borrow(properties[i].name)},
            properties[i].value, &UA_TYPES[properties[i].type]);
    status |= UA_Server_triggerEvent(server, node, osm_plant_id(plant, "Alarms"), NULL, true);
    return status;
}

/* Whether the session has the subscription, by the server's own diagnostics. */
static bool owns(UA_Server *server, const UA_NodeId *session, UA_UInt32 subscription)
{
    UA_Variant value;
    if (UA_Server_readValue(
            server,
            UA_NODEID_NUMERIC(0, UA_NS0ID_SERVER_SERVERDIAGNOSTICS_SUBSCRIPTIONDIAGNOSTICSARRAY),
            &value) != UA_STATUSCODE_GOOD)
        return true; /* a server without diagnostics cannot tell */
    bool found = false;
    const UA_SubscriptionDiagnosticsDataType *rows = value.data;
    const UA_DataType *type = &UA_TYPES[UA_TYPES_SUBSCRIPTIONDIAGNOSTICSDATATYPE];
    for (size_t i = 0; value.type == type && i < value.arrayLength; i++)
        found |=
            rows[i].subscriptionId == subscription && UA_NodeId_equal(&rows[i].sessionId, session);
    UA_Variant_clear(&value);
    return found;
}

METHOD(call_refresh)
{
    struct osm_plant *plant = osm_plant_of(server);
    if (!owns(server, session, *(UA_UInt32 *)in[0].data))
        return UA_STATUSCODE_BADSUBSCRIPTIONIDINVALID;
    UA_StatusCode status =
        fire_refresh(plant, UA_NS0ID_REFRESHSTARTEVENTTYPE, "the refresh begins");
    size_t count;
    struct osm_alarm *alarms = osm_plant_alarms(plant, &count);
    for (size_t i = 0; i < count; i++) {
        if (osm_alarm_retained(&alarms[i]))
            osm_alarm_report(&alarms[i]);
    }
    return status | fire_refresh(plant, UA_NS0ID_REFRESHENDEVENTTYPE, "the refresh is complete");
}

static const struct {
    UA_UInt32 id;
    UA_MethodCallback call;
} methods[] = {
    {UA_NS0ID_ACKNOWLEDGEABLECONDITIONTYPE_ACKNOWLEDGE, call_acknowledge},
    {UA_NS0ID_ACKNOWLEDGEABLECONDITIONTYPE_CONFIRM, call_confirm},
    {UA_NS0ID_CONDITIONTYPE_ADDCOMMENT, call_add_comment},
    {UA_NS0ID_CONDITIONTYPE_ENABLE, call_enable},
    {UA_NS0ID_CONDITIONTYPE_DISABLE, call_disable},
    {UA_NS0ID_SHELVEDSTATEMACHINETYPE_TIMEDSHELVE, call_shelve_for},
    {UA_NS0ID_SHELVEDSTATEMACHINETYPE_ONESHOTSHELVE, call_shelve_once},
    {UA_NS0ID_SHELVEDSTATEMACHINETYPE_UNSHELVE, call_unshelve},
    {UA_NS0ID_CONDITIONTYPE_CONDITIONREFRESH, call_refresh},
    {UA_NS0ID_CONDITIONTYPE_CONDITIONREFRESH2, call_refresh},
};

void osm_alarm_methods_build(struct osm_plant *plant)
{
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        osm_plant_check(plant, "Alarms",
                        UA_Server_setMethodNodeCallback(
                            plant->server, UA_NODEID_NUMERIC(0, methods[i].id), methods[i].call));
}
