/* SPDX-License-Identifier: MIT */
/* The table of commands and the step from a request to its command; see command.h. */
#include <string.h>

#include "core/manager/tally.h"
#include "core/subscription/publisher.h"
#include "serve/command/command_internal.h"
#include "serve/method/method.h"
#include "serve/method/methods.h"
#include "wire/text/cast.h"

const struct osm_command osm_commands[] = {
    {"ping", OSM_ROLE_READ, osm_command_ping, "is the daemon there, and how many sessions has it"},
    {"list", OSM_ROLE_READ, osm_command_list, "the sessions, without their secrets"},
    {"open", OSM_ROLE_READ, osm_command_open, "a session: a new one, or one of the same identity"},
    {"close", OSM_ROLE_READ, osm_command_close, "ends a session for everybody who uses it"},
    {"query", OSM_ROLE_READ, osm_command_query, "runs one of the methods on a session"},
    {"status", OSM_ROLE_READ, osm_command_status,
     "state, limits and counters of the daemon and its sessions"},
    {"items", OSM_ROLE_READ, osm_command_items, "the monitored items of a session, a page of them"},
    {"describe", OSM_ROLE_READ, osm_command_describe, "what invoke can do on a session"},
    {"invoke", OSM_ROLE_READ, osm_command_invoke, "runs any registered method, with typed values"},
    {"stream", OSM_ROLE_READ, osm_command_stream, "events as lines on a persistent connection"},
    {"credit", OSM_ROLE_READ, osm_command_credit, "lets a stream send more lines"},
    {"unstream", OSM_ROLE_READ, osm_command_unstream, "ends a stream"},
    {"console", OSM_ROLE_ADMIN, osm_command_console, "a line of the operator's console"},
    {0},
};

static const struct osm_command *find(const char *name, size_t length)
{
    for (const struct osm_command *command = osm_commands; command->name; command++)
        if (*command->name == *name && strlen(command->name) == length &&
            memcmp(command->name, name, length) == 0)
            return command;
    return NULL;
}

static void execute(const struct osm_command *command, struct osm_manager *manager,
                    struct osm_request *request)
{
    struct osm_fault fault = {0};

    if (osm_grant_check(request->grant, command->role, command->name, &request->arena, &fault))
        command->execute(manager, request);
    else
        osm_request_fail(request, &fault);
}

static const char unknown[] = "unknown", none[] = "";

void osm_command_count(struct osm_manager *manager, struct osm_request *request,
                       const struct osm_method *method)
{
    const char *command = request->tally->command;

    osm_request_count_as(request,
                         osm_tally_of(osm_manager_tallies(manager), command, method->name));
}

void osm_command_dispatch(struct osm_manager *manager, struct osm_request *request)
{
    yyjson_val *value = osm_request_get(request, OSM_REQUEST_command);
    const struct osm_command *command = NULL;
    size_t length;
    const char *name = osm_cast_text(value, &request->arena, &length);

    if (yyjson_is_str(value))
        command = find(name, length);
    osm_request_count_as(request, osm_tally_of(osm_manager_tallies(manager),
                                               command ? command->name : unknown, none));
    if (!command)
        osm_request_fail_naming(request, OSM_FAULT_UNKNOWN_COMMAND, "Unknown command: ", name,
                                length);
    else if (osm_manager_is_ending(manager))
        osm_request_failf(request, OSM_FAULT_CONNECTION, "The daemon is shutting down");
    else
        execute(command, manager, request);
}

struct osm_session *osm_command_session(struct osm_manager *manager, struct osm_request *request)
{
    yyjson_val *value = osm_request_get(request, OSM_REQUEST_sessionId);
    struct osm_session *session;
    const char *id;
    size_t length;

    if (!osm_is_null(value) && !yyjson_is_str(value)) {
        osm_request_failf(request, OSM_FAULT_TYPE_ERROR, "%s: sessionId must be a string",
                          yyjson_get_str(osm_request_get(request, OSM_REQUEST_command)));
        return NULL;
    }
    id = osm_cast_text(value, &request->arena, &length);
    session = osm_registry_get(manager, id, length);
    if (session && !osm_grant_reaches(request->grant, osm_session_endpoint_url(session)))
        session = NULL; /* somebody else's: not even that it exists */
    if (!session)
        osm_request_fail_naming(request, OSM_FAULT_SESSION_NOT_FOUND, "Session not found: ", id,
                                length);
    return session;
}

void osm_command_refuse_method(struct osm_request *request, const char *method)
{
    osm_request_failf(request, OSM_FAULT_UNKNOWN_METHOD,
                      "Method \"%s\" is not offered by this version of the daemon", method);
}

bool osm_command_publish_is_refused(const struct osm_session *session, struct osm_request *request,
                                    const struct osm_method *method)
{
    if (method != &osm_method_publish || !osm_session_is_publishing(session))
        return false;
    osm_request_fail(request, &osm_publisher_refusal);
    return true;
}

bool osm_command_may_run(struct osm_request *request, const struct osm_method *method)
{
    struct osm_fault fault = {0};

    if (osm_grant_check(request->grant, osm_method_role(method), method->name, &request->arena,
                        &fault))
        return true;
    osm_request_fail(request, &fault);
    return false;
}
