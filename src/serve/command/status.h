/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_COMMAND_STATUS_H
#define OSM_SERVE_COMMAND_STATUS_H
/*
 * The parts of the reply to `status`: one table of its members, one of a session's. What is said
 * comes from the tables, and so does the page of the documentation (docs/status.md).
 */
#include "core/manager/connection_source.h"
#include "core/manager/registry.h"
#include "core/session/session.h"
#include "serve/request/grant.h"
#include "wire/text/json.h"

/* The moment of the reply by both clocks: taken once, so that all its parts say the same. */
struct osm_status_now {
    osm_msec now;
    double wall;
};

struct osm_walk;

/* What a member may look at. */
struct osm_status {
    struct osm_manager *manager;
    const struct osm_grant *grant; /* of the caller: nothing is told of other servers */
    struct osm_arena *arena;
    struct osm_status_now now;
    size_t reasons; /* not to be ready */
};

struct osm_status_member {
    const char *key;
    const char *meaning; /* Markdown */
    /* All of it, or what stands before its rows; NULL: the sessions, which come last. */
    void (*print)(struct osm_json *json, const char *key, const struct osm_status *status);
    /* NULL = there are no rows. Writes one of a list that print has begun; false: it was the last
     * one before. */
    bool (*row)(struct osm_walk *walk);
};

/* In order of the reply; ended by a row without key. */
extern const struct osm_status_member osm_status_members[];

/* The tables as a page of the documentation. */
void osm_status_write_markdown(struct osm_buf *out);

/* A key with seconds since 1970, null for 0. */
void osm_status_time(struct osm_json *json, const char *key, double seconds);
/* A key with a text that may name files or URLs: they are taken out; null for NULL. */
void osm_status_code_message(struct osm_json *json, const char *key, const char *message);
/* The same for a moment of the loop's clock; null for 0 and OSM_MSEC_NEVER. */
void osm_status_at(struct osm_json *json, const char *key, const struct osm_status_now *now,
                   osm_msec at);
/* Refusals that are told, per subscription; the numbers count all. */
#define OSM_STATUS_ERRORS 100

/* One row of `connections`: what auto-connect keeps up, at servers the grant reaches. */
void osm_status_connection(struct osm_json *json, const struct osm_status *status,
                           const struct osm_connection_status *connection);
/* `tokens`: those of the token file; for others than `admin` their own one. */
void osm_status_tokens(struct osm_json *json, const char *key, const struct osm_status *status);
/* `notices`: what will fail unless somebody does something (core/manager/notices.h). */
void osm_status_notices(struct osm_json *json, const char *key, const struct osm_status *status);
/* Its kinds as a table of the documentation. */
void osm_status_write_notices(struct osm_buf *out);
/* Whose session is whose: collected once per reply, zeroed but for the arena at first. */
struct osm_status_labels {
    struct osm_arena *arena;
    struct osm_status_label {
        const char *session; /* its id: by the next piece another may be at its address */
        size_t place;        /* in the configuration */
        const char *label;
    } * list; /* by session, then place */
    size_t size;
};
void osm_status_labels_add(struct osm_status_labels *labels,
                           const struct osm_connection_status *connection);
/* Behind the last one, before they are asked for. */
void osm_status_labels_sort(struct osm_status_labels *labels);
/* Whether one of the session's connections is called so. */
bool osm_status_labels_have(const struct osm_status_labels *labels,
                            const struct osm_session *session, const char *label);
/* The labels of a session's connections. */
void osm_status_labels_print(struct osm_json *json, const char *key,
                             const struct osm_status_labels *labels,
                             const struct osm_session *session);
/* One subscription as an object: the same in sessions and connections. */
void osm_status_subscription(struct osm_json *json, const struct osm_subscription *subscription,
                             const struct osm_status_now *now);
/* One session as an object … */
void osm_status_session(struct osm_json *json, const struct osm_session *session,
                        const struct osm_status_labels *labels, const struct osm_status_now *now);
/* … and its members, each told to visit. */
void osm_status_each_of_session(void (*visit)(void *context, const char *key, const char *meaning),
                                void *context);

#endif
