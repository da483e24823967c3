/* SPDX-License-Identifier: MIT */
/* The references of many nodes; see browse_many.h (OPC 10000-4 §5.8.2). */
#include "serve/method/browse_many.h"

static void fetch_left(struct osm_op *op);

static void left_fetched(struct osm_op *op)
{
    struct osm_browse_many *many = op->state;
    UA_BrowseResult whole = {.references = many->references.list.items,
                             .referencesSize = many->references.list.size};

    many->take(op, many->left[many->left_next++], &whole);
    fetch_left(op);
}

static void fetch_left(struct osm_op *op)
{
    struct osm_browse_many *many = op->state;

    if (many->left_next < many->left_size) {
        osm_references_fetch(op, &many->list[many->left[many->left_next]], false, left_fetched);
        return;
    }
    osm_reference_list_clear(&many->references.list);
    op->refused = many->refused;
    many->done(op);
}

static void released(struct osm_op *op, void *response)
{
    struct osm_browse_many *many = op->state;

    osm_points_leave(&many->references.place);
    fetch_left(op);
}

static void release_all(struct osm_op *op, UA_ByteString *points, size_t size)
{
    UA_BrowseNextRequest request = {.releaseContinuationPoints = true,
                                    .continuationPoints = points,
                                    .continuationPointsSize = size};

    op->refused = NULL;
    osm_op_send_regardless(op, &osm_service_browse_next, &request, released);
}

static void step(struct osm_op *op, void *response)
{
    struct osm_browse_many *many = op->state;
    const UA_BrowseResponse *answer = response;
    UA_ByteString *points = osm_arena_array(osm_op_arena(op), many->size, sizeof(*points));
    size_t points_size = 0;

    for (size_t i = 0; i < answer->resultsSize; i++) {
        const UA_BrowseResult *result = &answer->results[i];

        if (result->continuationPoint.length)
            points[points_size++] = result->continuationPoint;
        if (result->continuationPoint.length ||
            result->statusCode == UA_STATUSCODE_BADNOCONTINUATIONPOINTS)
            many->left[many->left_size++] = i;
        else
            many->take(op, i, result);
    }
    if (points_size)
        release_all(op, points, points_size);
    else
        released(op, NULL);
}

static bool refused(struct osm_op *op, UA_StatusCode status)
{
    struct osm_browse_many *many = op->state;

    if (status != UA_STATUSCODE_BADNOCONTINUATIONPOINTS) {
        osm_points_leave(&many->references.place);
        return many->refused && many->refused(op, status);
    }
    for (size_t i = 0; i < many->size; i++)
        many->left[many->left_size++] = i;
    released(op, NULL);
    return true;
}

static void ask(struct osm_op *op)
{
    struct osm_browse_many *many = op->state;
    UA_BrowseRequest request = {.nodesToBrowse = many->list, .nodesToBrowseSize = many->size};

    op->refused = refused;
    osm_points_send(op, &osm_service_browse, &request, step);
}

void osm_browse_many(struct osm_op *op, UA_BrowseDescription *list, size_t size,
                     void (*take)(struct osm_op *op, size_t i, const UA_BrowseResult *result),
                     osm_op_start_fn *done)
{
    struct osm_browse_many *many = op->state;

    many->list = list;
    many->size = size;
    many->take = take;
    many->done = done;
    many->left = osm_arena_array(osm_op_arena(op), size, sizeof(*many->left));
    many->left_size = many->left_next = 0;
    many->refused = op->refused == refused ? many->refused : op->refused;
    osm_points_enter(op, &many->references.place, size, ask);
}
