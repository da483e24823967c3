/* SPDX-License-Identifier: MIT */
/*
 * alarms (OPC 10000-9): what is to be seen to now, and what people do about it. Which conditions
 * there are is asked of the server by ConditionRefresh (§5.5.7) on a subscription of the command's
 * own; it ends with RefreshEnd. So ids of conditions and events are found by name here, and what
 * is acknowledged is the state the server had a moment ago.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tool/tool.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/macros.h"

#define SERVER "i=2253"
#define CONDITION_TYPE "i=2782"
#define CONDITION_REFRESH "i=3875"
#define REFRESH_END "i=2788"
#define MOST_ALARMS 100000
#define MOST_SECONDS 5 /* unless --timeout says so */

enum field {
    EVENT_TYPE,
    EVENT_ID,
    CONDITION_ID,
    BRANCH_ID,
    CONDITION_NAME,
    SOURCE_NAME,
    SEVERITY,
    TIME,
    MESSAGE,
    RETAIN,
    ENABLED,
    ACKED,
    CONFIRMED,
    ACTIVE,
    SHELVING,
    FIELDS
};

static const char *const fields[FIELDS] = {
    [EVENT_TYPE] = "EventType",
    [EVENT_ID] = "EventId",
    [CONDITION_ID] = "ConditionId",
    [BRANCH_ID] = "i=2782/BranchId",
    [CONDITION_NAME] = "i=2782/ConditionName",
    [SOURCE_NAME] = "SourceName",
    [SEVERITY] = "Severity",
    [TIME] = "Time",
    [MESSAGE] = "Message",
    [RETAIN] = "i=2782/Retain",
    [ENABLED] = "i=2782/EnabledState/Id",
    [ACKED] = "i=2881/AckedState/Id",
    [CONFIRMED] = "i=2881/ConfirmedState/Id",
    [ACTIVE] = "i=2915/ActiveState/Id",
    [SHELVING] = "i=2915/ShelvingState/CurrentState",
};

struct alarm {
    struct opcua_value fields[FIELDS];
};

struct alarms {
    struct alarm *items;
    size_t count;
    bool complete; /* the server has told all it has */
};

/* ---- what an alarm is ----------------------------------------------------------------------- */

static const char *text_of(const struct alarm *alarm, enum field field)
{
    const char *text = opcua_value_to_text(&alarm->fields[field]);

    return text ? text : "";
}

/* Unknown states are as `otherwise` says: what has no such state needs nothing done about it. */
static bool is(const struct alarm *alarm, enum field field, bool otherwise)
{
    bool state = otherwise;

    (void)opcua_value_to_boolean(&alarm->fields[field], &state);
    return state;
}

static bool is_shelved(const struct alarm *alarm)
{
    const char *state = text_of(alarm, SHELVING);

    return *state && strcmp(state, "Unshelved") != 0;
}

static long long severity(const struct alarm *alarm)
{
    int64_t number = 0;

    (void)opcua_value_to_int64(&alarm->fields[SEVERITY], &number);
    return number;
}

static void alarm_clear(struct alarm *alarm)
{
    for (size_t i = 0; i < FIELDS; i++)
        opcua_value_clear(&alarm->fields[i]);
}

static void alarms_deinit(struct alarms *alarms)
{
    for (size_t i = 0; i < alarms->count; i++)
        alarm_clear(&alarms->items[i]);
    free(alarms->items);
}

/* ---- asking the server ---------------------------------------------------------------------- */

static struct alarm *find_branch(struct alarms *alarms, const struct opcua_value *told)
{
    for (size_t i = 0; i < alarms->count; i++) {
        if (opcua_value_equal(&alarms->items[i].fields[CONDITION_ID], &told[CONDITION_ID]) &&
            opcua_value_equal(&alarms->items[i].fields[BRANCH_ID], &told[BRANCH_ID]))
            return &alarms->items[i];
    }
    return NULL;
}

/* The newest state of each branch that is to be seen to (Retain). */
static void on_alarm(void *context, uint32_t handle, const struct opcua_value *told, size_t count)
{
    struct alarms *alarms = context;
    const char *type = count == FIELDS ? opcua_value_to_text(&told[EVENT_TYPE]) : NULL;
    struct alarm *alarm;
    bool retain = false;

    (void)handle;
    if (type && strcmp(type, REFRESH_END) == 0)
        alarms->complete = true;
    if (count != FIELDS || told[CONDITION_ID].type != OPCUA_TYPE_NODE_ID ||
        !opcua_value_to_boolean(&told[RETAIN], &retain))
        return;
    alarm = find_branch(alarms, told);
    if (alarm) {
        alarm_clear(alarm);
        if (!retain)
            *alarm = alarms->items[--alarms->count];
    } else if (retain && alarms->count < MOST_ALARMS) {
        alarms->items =
            osm_alloc_resize(alarms->items, (alarms->count + 1) * sizeof(*alarms->items));
        alarm = &alarms->items[alarms->count++];
    }
    for (size_t i = 0; alarm && retain && i < FIELDS; i++)
        opcua_value_copy(&alarm->fields[i], &told[i]);
}

static bool wait_for_end(struct tool *tool, const struct alarms *alarms)
{
    double seconds = tool_patience(tool, MOST_SECONDS);
    double until = (double)osm_clock_microseconds() + seconds * 1e6;

    while (!alarms->complete && !tool_stopped && (double)osm_clock_microseconds() < until) {
        if (!tool_turn(tool, 100))
            return false;
    }
    if (alarms->complete)
        return true;
    tool->error = (struct opcua_error){.source = OPCUA_SOURCE_NETWORK};
    snprintf(tool->error.message, sizeof(tool->error.message), "%s",
             tool_stopped ? "Broken off"
                          : "The server has not told all of its alarms in time: see --timeout");
    return false;
}

static bool refresh(struct tool *tool, uint32_t subscription)
{
    struct opcua_call_result result = {0};
    struct opcua_value id;
    bool good;

    (void)opcua_value_init_integer(&id, OPCUA_TYPE_UINT32, subscription);
    good =
        opcua_call(tool->client, CONDITION_TYPE, CONDITION_REFRESH, &id, 1, &result, &tool->error);
    if (good && opcua_is_bad(result.status))
        good = tool_bad_status(tool, result.status);
    if (!good)
        snprintf(tool->error.next, sizeof(tool->error.next),
                 "ConditionRefresh is what was asked: has the server alarms?");
    opcua_call_result_clear(&result);
    opcua_value_clear(&id);
    return good;
}

static int gather(struct tool *tool, struct alarms *alarms)
{
    const struct opcua_subscription_options options = {.interval = 50};
    struct opcua_subscription *subscription = tool_subscribe(tool, &options);
    bool good = subscription &&
                opcua_monitor_events(subscription, SERVER, fields, FIELDS, 1, on_alarm, alarms,
                                     NULL, &tool->error) &&
                refresh(tool, opcua_subscription_id(subscription)) && wait_for_end(tool, alarms);

    opcua_unsubscribe(subscription);
    return good ? TOOL_OK : tool_fail(tool, NULL);
}

/* ---- list ----------------------------------------------------------------------------------- */

static int by_severity(const void *a, const void *b)
{
    const struct alarm *one = a, *other = b;
    long long more = severity(other) - severity(one);

    return more ? (more > 0 ? 1 : -1)
                : strcmp(text_of(one, CONDITION_NAME), text_of(other, CONDITION_NAME));
}

static char *state_of(const struct alarm *alarm)
{
    return osm_printf("%s%s%s%s%s", is(alarm, ACTIVE, false) ? "active" : "inactive",
                      is(alarm, ACKED, true) ? "" : ", unacknowledged",
                      is(alarm, CONFIRMED, true) ? "" : ", unconfirmed",
                      is_shelved(alarm) ? ", shelved" : "",
                      is(alarm, ENABLED, true) ? "" : ", disabled");
}

static char *event_id(const struct alarm *alarm)
{
    const struct opcua_value *id = &alarm->fields[EVENT_ID];
    const struct opcua_text *bytes = id->type == OPCUA_TYPE_BYTESTRING ? &id->items[0].text : NULL;
    char *text = osm_alloc(bytes ? 2 * bytes->length + 1 : 1);

    for (size_t i = 0; bytes && i < bytes->length; i++)
        snprintf(text + 2 * i, 3, "%02x", (unsigned)(unsigned char)bytes->data[i]);
    return text;
}

static void add_flag(struct tool_table *table, bool is_set)
{
    tool_table_cell(table, is_set ? "true" : "false", is_set ? "true" : "false");
}

static void add_alarm(const struct tool *tool, struct tool_table *table, const struct alarm *alarm)
{
    _cleanup_(osm_freep) char *state = state_of(alarm), *id = event_id(alarm), *time = NULL;
    int64_t at =
        alarm->fields[TIME].type == OPCUA_TYPE_DATETIME ? alarm->fields[TIME].items[0].time : 0;
    char iso[OPCUA_TIME_TEXT];

    opcua_time_to_text(at, iso);
    time = tool->format == TOOL_TABLE ? tool_show_time(at, tool->options.utc) : osm_strdup(iso);
    tool_table_cell(table, text_of(alarm, CONDITION_NAME), NULL);
    tool_table_cell(table, text_of(alarm, SOURCE_NAME), NULL);
    tool_table_number(table, severity(alarm));
    tool_table_cell(table, state, NULL);
    tool_table_cell(table, time, NULL);
    tool_table_cell(table, text_of(alarm, MESSAGE), NULL);
    tool_table_cell(table, text_of(alarm, CONDITION_ID), NULL);
    if (tool->format == TOOL_TABLE)
        return;
    tool_table_cell(table, id, NULL);
    add_flag(table, is(alarm, ACTIVE, false));
    add_flag(table, is(alarm, ACKED, true));
    add_flag(table, is(alarm, CONFIRMED, true));
    add_flag(table, is_shelved(alarm));
}

static int list(struct tool *tool, struct alarms *alarms)
{
    static const char *const shown[] = {"alarm", "source",  "severity", "state",
                                        "time",  "message", "node",     NULL};
    static const char *const all[] = {"alarm",     "source",  "severity", "state",  "time",
                                      "message",   "node",    "eventId",  "active", "acked",
                                      "confirmed", "shelved", NULL};
    struct tool_table *table =
        tool_table_new(tool->format, tool->format == TOOL_TABLE ? shown : all);

    if (alarms->count)
        qsort(alarms->items, alarms->count, sizeof(*alarms->items), by_severity);
    for (size_t i = 0; i < alarms->count; i++)
        add_alarm(tool, table, &alarms->items[i]);
    return tool_table_end(table) ? TOOL_OK : TOOL_USAGE;
}

/* ---- what is done about them ---------------------------------------------------------------- */

static const struct verb {
    const char *name;
    const char *method;   /* of the condition's type */
    const char *instance; /* of shelving: its name at the alarm's own state machine */
    bool of_event;        /* takes the event's id and a comment */
} verbs[] = {
    {"ack", "i=9111", NULL, true},
    {"confirm", "i=9113", NULL, true},
    {"comment", "i=9029", NULL, true},
    {"shelve", "i=2948", "OneShotShelve", false},
    {"unshelve", "i=2947", "Unshelve", false},
    {"enable", "i=9027", NULL, false},
    {"disable", "i=9028", NULL, false},
};
static const struct verb timed_shelve = {"shelve", "i=2949", "TimedShelve", false};

static const struct verb *find_verb(const char *name)
{
    for (size_t i = 0; i < OSM_ARRAY_SIZE(verbs); i++) {
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    }
    return NULL;
}

/* 2 by its ids, 1 by its name or source and name, 0 not meant. */
static int is_meant(const struct alarm *alarm, const char *text, const char *node)
{
    _cleanup_(osm_freep) char *id = event_id(alarm);
    _cleanup_(osm_freep) char *full =
        osm_printf("%s/%s", text_of(alarm, SOURCE_NAME), text_of(alarm, CONDITION_NAME));

    if ((node && strcmp(text_of(alarm, CONDITION_ID), node) == 0) || strcasecmp(id, text) == 0)
        return 2;
    return strcasecmp(text_of(alarm, CONDITION_NAME), text) == 0 || strcasecmp(full, text) == 0;
}

static int not_there(const struct alarms *alarms, const char *text)
{
    const char *nearest = "";

    for (size_t i = 0; i < alarms->count; i++) {
        const char *name = text_of(&alarms->items[i], CONDITION_NAME);

        if (tool_distance(text, name) < tool_distance(text, nearest))
            nearest = name;
    }
    tool_say(
        stderr, "uactl: There is no alarm \"%s\" to be seen to%s%s%s; uactl alarms lists them\n",
        text, tool_is_near(nearest, text) ? "; is \"" : "",
        tool_is_near(nearest, text) ? nearest : "", tool_is_near(nearest, text) ? "\" meant?" : "");
    return TOOL_REFUSED;
}

/* Several branches of one condition: the current one, whose branch id is null, is meant. */
static const struct alarm *choose(const struct alarms *alarms, const char *text, const char *node,
                                  bool *ambiguous)
{
    const struct alarm *chosen = NULL;

    *ambiguous = false;
    for (size_t i = 0; i < alarms->count; i++) {
        const struct alarm *alarm = &alarms->items[i];

        if (!is_meant(alarm, text, node))
            continue;
        if (chosen &&
            !opcua_value_equal(&chosen->fields[CONDITION_ID], &alarm->fields[CONDITION_ID]))
            *ambiguous = true;
        if (!chosen || strcmp(text_of(alarm, BRANCH_ID), "i=0") == 0 || !*text_of(alarm, BRANCH_ID))
            chosen = alarm;
    }
    return chosen;
}

struct deed {
    struct tool *tool;
    const struct verb *verb;
    const char *name; /* of the alarm, as the user has written it */
    const char *condition;
    const struct alarm *alarm; /* NULL: only its node is known */
};

/* Object and method of the call. Shelving has a state machine of its own, and some servers know the
 * methods of that only, not those of its type (§5.8.10). */
static void target_of(const struct deed *deed, char **object, char **method)
{
    struct tool_child machine = {deed->condition, "ShelvingState", NULL};
    struct tool_child own = {NULL, deed->verb->instance, NULL};

    if (deed->verb->instance && tool_find_children(deed->tool, &machine, 1) && machine.found) {
        own.node = machine.found;
        (void)tool_find_children(deed->tool, &own, 1);
    }
    *object = machine.found ? machine.found : osm_strdup(deed->condition);
    *method = own.found ? own.found : osm_strdup(deed->verb->method);
}

/* How many arguments. */
static size_t arguments_of(const struct deed *deed, struct opcua_value arguments[2])
{
    const struct tool_options *options = &deed->tool->options;
    const char *comment = options->comment ? options->comment : "";

    if (deed->verb->of_event) {
        opcua_value_copy(&arguments[0], &deed->alarm->fields[EVENT_ID]);
        opcua_value_init_array(&arguments[1], OPCUA_TYPE_LOCALIZED_TEXT, 1);
        arguments[1].is_array = false;
        opcua_text_set(&arguments[1].items[0].localized.text, comment, strlen(comment));
        return 2;
    }
    if (deed->verb != &timed_shelve)
        return 0;
    (void)opcua_value_init_number(&arguments[0], OPCUA_TYPE_DOUBLE,
                                  strtod(options->duration, NULL) * 1000);
    return 1;
}

static int call(const struct deed *deed, const struct opcua_value *arguments, size_t count)
{
    struct tool *tool = deed->tool;
    struct opcua_call_result result = {0};
    _cleanup_(osm_freep) char *object = NULL, *method = NULL;
    int code = TOOL_OK;

    if (tool->options.dry_run) {
        tool_say(stdout, "would %s %s (%s)\n", deed->verb->name, deed->name, deed->condition);
        return TOOL_OK;
    }
    target_of(deed, &object, &method);
    if (!opcua_call(tool->client, object, method, arguments, count, &result, &tool->error))
        return tool_fail(tool, deed->name);
    if (opcua_is_bad(result.status)) {
        tool_say_status(deed->name, result.status);
        code = TOOL_REFUSED;
    }
    opcua_call_result_clear(&result);
    return code;
}

static int perform(const struct deed *deed)
{
    struct opcua_value arguments[2] = {0};
    int code = call(deed, arguments, arguments_of(deed, arguments));

    opcua_value_clear(&arguments[0]);
    opcua_value_clear(&arguments[1]);
    return code;
}

struct search {
    const char *name;
    char *node;
};

static bool is_called(void *context, const struct opcua_reference *reference)
{
    struct search *search = context;
    const char *colon = strchr(reference->browse_name, ':');

    if (strcasecmp(colon ? colon + 1 : reference->browse_name, search->name) == 0)
        search->node = osm_strdup(reference->node);
    return !search->node;
}

/* A condition that has nothing to be seen to is not told by the server: it may be in its address
 * space. */
static char *look_for(struct tool *tool, const char *name)
{
    struct search search = {name, NULL};

    tool_visit_nodes(tool, "", tool_patience(tool, MOST_SECONDS), is_called, &search);
    return search.node;
}

static int act_on(struct tool *tool, const struct alarms *alarms, const struct verb *verb,
                  const char *name)
{
    _cleanup_(osm_freep) char *node = tool_is_node(name) ? tool_node(tool, name) : NULL;
    struct deed deed = {tool, verb, name, node, NULL};
    bool ambiguous;

    deed.alarm = choose(alarms, name, node, &ambiguous);
    if (ambiguous)
        return tool_usage(
            "There are several alarms \"%s\": name it as source/alarm, or by its node", name);
    if (!deed.alarm && !node && !verb->of_event)
        node = look_for(tool, name);
    deed.condition = deed.alarm ? text_of(deed.alarm, CONDITION_ID) : node;
    if (!deed.condition || (verb->of_event && !deed.alarm))
        return not_there(alarms, name);
    return perform(&deed);
}

int tool_alarms(struct tool *tool, int argc, char **argv)
{
    const struct verb *verb = argc ? find_verb(argv[0]) : NULL;
    struct alarms alarms = {0};
    size_t failed = 0;
    int code, last = TOOL_OK;

    if (argc && !verb && strcmp(argv[0], "list") != 0)
        return tool_usage(
            "alarms list, ack, confirm, comment, shelve, unshelve, enable or disable, "
            "not \"%s\"",
            argv[0]);
    if (verb && tool->options.duration && strcmp(verb->name, "shelve") == 0)
        verb = &timed_shelve;
    if (tool_number("for", tool->options.duration, 1, 86400 * 365) < 0)
        return TOOL_USAGE;
    if (verb && argc < 2)
        return tool_usage("alarms %s which alarm? uactl alarms lists them", verb->name);
    code = gather(tool, &alarms);
    if (code == TOOL_OK && !verb)
        code = list(tool, &alarms);
    for (int i = 1; code == TOOL_OK && verb && i < argc; i++) {
        int done = act_on(tool, &alarms, verb, argv[i]);

        failed += done != TOOL_OK;
        last = done != TOOL_OK ? done : last;
    }
    alarms_deinit(&alarms);
    return code == TOOL_OK ? tool_ended((size_t)OSM_MAX(argc - 1, 1), failed, last) : code;
}
