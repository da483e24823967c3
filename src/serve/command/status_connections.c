/* SPDX-License-Identifier: MIT */
/* Connections of the configuration file in the reply to `status`; numbers are their sessions'. */
#include <stdlib.h>
#include <string.h>

#include "core/manager/connection_source.h"
#include "core/manager/registry.h"
#include "serve/command/status.h"
#include "util/arena.h"

struct printer {
    struct osm_json *json;
    const struct osm_status *status;
};

/* --- connections --------------------------------------------------------------------------- */

static void print_absent(struct osm_json *json, size_t desired)
{
    osm_json_object_begin(json);
    osm_json_key(json, "id");
    osm_json_null(json);
    osm_json_key(json, "error");
    osm_json_null(json);
    osm_json_key(json, "nextRetry");
    osm_json_null(json);
    osm_json_key(json, "items");
    osm_json_object_begin(json);
    osm_json_key(json, "desired");
    osm_json_uint(json, desired);
    osm_json_key(json, "actual");
    osm_json_uint(json, 0);
    osm_json_key(json, "errors");
    osm_json_array_begin(json);
    osm_json_array_end(json);
    osm_json_object_end(json);
    osm_json_object_end(json);
}

static void print_subscription(void *arg, const struct osm_subscription *kept, size_t desired)
{
    const struct printer *printer = arg;

    if (kept)
        osm_status_subscription(printer->json, kept, &printer->status->now);
    else
        print_absent(printer->json, desired);
}

void osm_status_connection(struct osm_json *json, const struct osm_status *status,
                           const struct osm_connection_status *connection)
{
    struct printer printer = {json, status};

    if (!osm_grant_reaches(status->grant, connection->endpoint))
        return;
    osm_json_object_begin(json);
    osm_json_key(json, "label");
    osm_json_cstring(json, connection->label);
    osm_json_key(json, "endpointUrl");
    osm_json_cstring(json, connection->endpoint);
    osm_json_key(json, "state");
    osm_json_cstring(json, connection->state);
    osm_json_key(json, "sessionId");
    if (connection->session)
        osm_json_cstring(json, osm_session_id(connection->session));
    else
        osm_json_null(json);
    osm_status_code_message(json, "error", connection->error);
    osm_json_key(json, "failures");
    osm_json_uint(json, connection->failures);
    osm_status_at(json, "nextRetry", &status->now, connection->next_retry);
    osm_json_key(json, "subscriptions");
    osm_json_array_begin(json);
    osm_manager_connections(status->manager)
        ->each_subscription(connection, print_subscription, &printer);
    osm_json_array_end(json);
    osm_json_object_end(json);
}

/* --- labels of sessions -------------------------------------------------------------------- */

void osm_status_labels_add(struct osm_status_labels *labels,
                           const struct osm_connection_status *connection)
{
    if (!connection->session)
        return;
    labels->list = osm_arena_room(labels->arena, labels->list, labels->size, sizeof(*labels->list));
    labels->list[labels->size] = (struct osm_status_label){
        .session = osm_arena_printf(labels->arena, "%s", osm_session_id(connection->session)),
        .place = labels->size,
        .label = osm_arena_printf(labels->arena, "%s", connection->label)};
    labels->size++;
}

static int by_session(const void *a, const void *b)
{
    const struct osm_status_label *one = a, *other = b;
    int order = strcmp(one->session, other->session);

    return order ? order : one->place < other->place ? -1 : one->place > other->place;
}

void osm_status_labels_sort(struct osm_status_labels *labels)
{
    if (labels->size)
        qsort(labels->list, labels->size, sizeof(*labels->list), by_session);
}

/* The first one of the session, or of what stands behind it. */
static size_t find(const struct osm_status_labels *labels, const struct osm_session *session)
{
    size_t low = 0, high = labels->size;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(labels->list[middle].session, osm_session_id(session)) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Whether that one is there, and is the session's. */
static bool is_of(const struct osm_status_labels *labels, size_t at,
                  const struct osm_session *session)
{
    return at < labels->size && strcmp(labels->list[at].session, osm_session_id(session)) == 0;
}

bool osm_status_labels_have(const struct osm_status_labels *labels,
                            const struct osm_session *session, const char *label)
{
    for (size_t i = find(labels, session); is_of(labels, i, session); i++)
        if (strcmp(labels->list[i].label, label) == 0)
            return true;
    return false;
}

void osm_status_labels_print(struct osm_json *json, const char *key,
                             const struct osm_status_labels *labels,
                             const struct osm_session *session)
{
    osm_json_key(json, key);
    osm_json_array_begin(json);
    for (size_t i = find(labels, session); is_of(labels, i, session); i++)
        osm_json_cstring(json, labels->list[i].label);
    osm_json_array_end(json);
}
