/* SPDX-License-Identifier: MIT */
/* What an event says that the events before it did not; see alarm.h. */
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "core/subscription/alarm.h"
#include "util/alloc.h"
#include "util/buf.h"

struct remembered {
    bool has_severity;
    int64_t severity;
    enum osm_alarm_state states[OSM_ALARM_ASPECT_COUNT_];
    UT_hash_handle hh;
    size_t name_length;
    char name[]; /* what tells it from other alarms of the item */
};

struct osm_alarms {
    struct remembered *list; /* uthash, in order of first sight */
};

/* Of a text that is no name any more the beginning, and how long it is. */
#define NAME_BYTES ((size_t)1024)

static void add_text(struct osm_buf *name, UA_String text)
{
    osm_buf_add(name, text.data, OSM_MIN(text.length, NAME_BYTES));
    osm_buf_add_byte(name, '\0');
    if (text.length > NAME_BYTES)
        osm_buf_printf(name, "%zu", text.length);
}

static void add_node_id(struct osm_buf *name, const UA_NodeId *id)
{
    UA_String text = UA_STRING_NULL;
    UA_NodeId shown;

    if (!id)
        return;
    shown = *id;
    if (id->identifierType == UA_NODEIDTYPE_STRING ||
        id->identifierType == UA_NODEIDTYPE_BYTESTRING)
        shown.identifier.string.length = OSM_MIN(id->identifier.string.length, NAME_BYTES);
    if (UA_NodeId_print(&shown, &text) == UA_STATUSCODE_GOOD)
        add_text(name, text);
    UA_String_clear(&text);
}

/* Source, condition and type: together they are one alarm as far as fields can tell. */
static void print_name(const struct osm_alarm *alarm, struct osm_buf *name)
{
    osm_buf_init(name);
    add_node_id(name, alarm->condition_id);
    add_text(name, alarm->source_name);
    add_text(name, alarm->condition_name);
    add_node_id(name, alarm->source_node);
    osm_buf_add_byte(name, '\0');
    add_node_id(name, alarm->event_type);
}

static void forget_all(struct osm_alarms *alarms)
{
    struct remembered *one = alarms->list, *next;

    HASH_CLEAR(hh, alarms->list);
    for (; one; one = next) {
        next = one->hh.next;
        free(one);
    }
}

static struct remembered *remember(struct osm_alarms *alarms, const struct osm_alarm *alarm)
{
    struct remembered *one;
    struct osm_buf name;

    print_name(alarm, &name);
    HASH_FIND(hh, alarms->list, name.data, name.length, one);
    if (!one) {
        if (HASH_COUNT(alarms->list) >= OSM_ALARMS_REMEMBERED)
            forget_all(alarms);
        one = osm_alloc(sizeof(*one) + name.length);
        one->name_length = name.length;
        memcpy(one->name, name.data, name.length);
        HASH_ADD_KEYPTR(hh, alarms->list, one->name, one->name_length, one);
    }
    osm_buf_deinit(&name);
    return one;
}

/* Met for the first time, shelved and not active: shelving is the news. */
static bool is_shelved_news(const struct remembered *before, const struct osm_alarm *alarm)
{
    return before->states[OSM_ALARM_ACTIVE] == OSM_ALARM_UNKNOWN &&
           alarm->states[OSM_ALARM_ACTIVE] == OSM_ALARM_NO &&
           alarm->states[OSM_ALARM_SHELVED] == OSM_ALARM_YES;
}

static void compare(struct remembered *before, const struct osm_alarm *alarm,
                    struct osm_alarm_change *change)
{
    change->severity =
        alarm->has_severity && (!before->has_severity || before->severity != alarm->severity);
    if (is_shelved_news(before, alarm)) {
        change->aspect = OSM_ALARM_SHELVED;
        change->state = OSM_ALARM_YES;
    }
    for (size_t i = 0; i < OSM_ALARM_ASPECT_COUNT_; i++) {
        enum osm_alarm_state state = alarm->states[i];
        bool tells = state == OSM_ALARM_YES || (state == OSM_ALARM_NO && i == OSM_ALARM_ACTIVE);

        if (change->aspect == OSM_ALARM_ASPECT_COUNT_ && tells && state != before->states[i]) {
            change->aspect = (enum osm_alarm_aspect)i;
            change->state = state;
        }
        if (state != OSM_ALARM_UNKNOWN)
            before->states[i] = state;
    }
    if (alarm->has_severity)
        before->severity = alarm->severity;
    before->has_severity |= alarm->has_severity;
}

struct osm_alarm_change osm_alarm_note(struct osm_monitored_item *item,
                                       const struct osm_alarm *alarm)
{
    struct osm_alarm_change change = {.aspect = OSM_ALARM_ASPECT_COUNT_};
    struct remembered nothing = {0};

    if (item && !item->alarms)
        item->alarms = osm_alloc(sizeof(*item->alarms));
    compare(item ? remember(item->alarms, alarm) : &nothing, alarm, &change);
    return change;
}

struct osm_alarms *osm_alarms_free(struct osm_alarms *alarms)
{
    if (alarms)
        forget_all(alarms);
    free(alarms);
    return NULL;
}
