/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_COMMAND_COMMAND_INTERNAL_H
#define OSM_SERVE_COMMAND_COMMAND_INTERNAL_H
/* What the command files share; nobody else includes this. */
#include "core/manager/registry.h"
#include "core/session/session.h"
#include "serve/command/command.h"

struct osm_method;

/* The session a request names. NULL when there is none: the request has then been answered
 * (session_not_found, or TypeError when sessionId is no text). */
struct osm_session *osm_command_session(struct osm_manager *manager, struct osm_request *request);

/* Whether the caller's role is enough for the method; false = the request has been answered. */
bool osm_command_may_run(struct osm_request *request, const struct osm_method *method);

/* From now on the request counts as that method's, by the command it came with. */
void osm_command_count(struct osm_manager *manager, struct osm_request *request,
                       const struct osm_method *method);

/* What the caller wants to be different (extensions.md §3, §4): encoding, binary, timeout. False =
 * the request has been answered, because one of them is no option. */
bool osm_command_take_options(struct osm_request *request);

/* Publishing is the session's own business at the moment: true = the request has been answered. */
bool osm_command_publish_is_refused(const struct osm_session *session, struct osm_request *request,
                                    const struct osm_method *method);

/* A method of the contract that this version does not have yet. */
void osm_command_refuse_method(struct osm_request *request, const char *method);

void osm_command_ping(struct osm_manager *manager, struct osm_request *request);
void osm_command_list(struct osm_manager *manager, struct osm_request *request);
void osm_command_status(struct osm_manager *manager, struct osm_request *request);
void osm_command_items(struct osm_manager *manager, struct osm_request *request);
void osm_command_open(struct osm_manager *manager, struct osm_request *request);
void osm_command_close(struct osm_manager *manager, struct osm_request *request);
void osm_command_query(struct osm_manager *manager, struct osm_request *request);
void osm_command_describe(struct osm_manager *manager, struct osm_request *request);
void osm_command_stream(struct osm_manager *manager, struct osm_request *request);
void osm_command_credit(struct osm_manager *manager, struct osm_request *request);
void osm_command_unstream(struct osm_manager *manager, struct osm_request *request);
void osm_command_console(struct osm_manager *manager, struct osm_request *request);
void osm_command_invoke(struct osm_manager *manager, struct osm_request *request);

#endif
