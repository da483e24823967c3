/* SPDX-License-Identifier: MIT */
/* Methods/Wait: answers after the time it is given while the server goes on serving, by the
 * library's asynchronous operations. Waiting calls sit in a list until a timer finds them
 * due; the library itself drops those older than its own limit (two minutes). The timer only
 * runs while somebody waits. The library sends finished answers once a second, so they come
 * up to a second late. */
#include <stdlib.h>

#include "plant.h"

#define TICK_MS 10
#define LONGEST_MS 60000.0

struct wait {
    struct wait *next;
    void *operation; /* the library's handle, to answer with */
    UA_DateTime due; /* monotonic */
    UA_Double asked; /* ms */
    UA_StatusCode status;
};

struct osm_waits {
    struct wait *first;
    UA_UInt64 timer; /* 0 while nobody waits */
};

static UA_StatusCode check_input(const UA_CallMethodRequest *request, UA_Double *ms)
{
    if (request->inputArgumentsSize != 1)
        return request->inputArgumentsSize == 0 ? UA_STATUSCODE_BADARGUMENTSMISSING
                                                : UA_STATUSCODE_BADTOOMANYARGUMENTS;
    if (!UA_Variant_hasScalarType(&request->inputArguments[0], &UA_TYPES[UA_TYPES_DOUBLE]))
        return UA_STATUSCODE_BADINVALIDARGUMENT;
    *ms = *(UA_Double *)request->inputArguments[0].data;
    return *ms >= 0 && *ms <= LONGEST_MS ? UA_STATUSCODE_GOOD : UA_STATUSCODE_BADOUTOFRANGE;
}

static void answer(UA_Server *server, const struct wait *wait)
{
    UA_Variant output;
    UA_Double asked = wait->asked;
    UA_AsyncOperationResponse response = {0};
    response.callMethodResult.statusCode = wait->status;
    if (wait->status == UA_STATUSCODE_GOOD) {
        UA_Variant_setScalar(&output, &asked, &UA_TYPES[UA_TYPES_DOUBLE]);
        response.callMethodResult.outputArguments = &output;
        response.callMethodResult.outputArgumentsSize = 1;
    }
    UA_Server_setAsyncOperationResult(server, &response, wait->operation);
}

static void take_new_ones(UA_Server *server, struct osm_waits *waits)
{
    UA_AsyncOperationType type;
    const UA_AsyncOperationRequest *request;
    UA_DateTime timeout;
    void *operation;
    while (UA_Server_getAsyncOperationNonBlocking(server, &type, &request, &operation, &timeout)) {
        struct wait *wait = calloc(1, sizeof(*wait));
        if (wait == NULL)
            abort();
        wait->operation = operation;
        wait->status = check_input(&request->callMethodRequest, &wait->asked);
        wait->due = UA_DateTime_nowMonotonic();
        if (wait->status == UA_STATUSCODE_GOOD)
            wait->due += (UA_DateTime)(wait->asked * UA_DATETIME_MSEC);
        wait->next = waits->first;
        waits->first = wait;
    }
}

static void stop_timer(UA_Server *server, struct osm_waits *waits)
{
    if (waits->timer != 0)
        UA_Server_removeCallback(server, waits->timer);
    waits->timer = 0;
}

static void tick(UA_Server *server, void *data)
{
    struct osm_waits *waits = data;
    take_new_ones(server, waits);
    UA_DateTime now = UA_DateTime_nowMonotonic();
    for (struct wait **at = &waits->first; *at;) {
        struct wait *wait = *at;
        if (wait->due > now) {
            at = &wait->next;
            continue;
        }
        *at = wait->next;
        answer(server, wait);
        free(wait);
    }
    if (waits->first == NULL)
        stop_timer(server, waits);
}

/* The library calls this when it has queued an operation. */
static void start_timer(UA_Server *server)
{
    struct osm_waits *waits = osm_plant_of(server)->waits;
    if (waits->timer == 0)
        UA_Server_addRepeatedCallback(server, tick, waits, TICK_MS, &waits->timer);
}

/* The library asks nobody whether an asynchronous method may be called, so it is open. */
static const struct osm_plant_node open_to_all = {OSM_ROLE_ALL, OSM_ROLE_ALL};

/* Never called: the method is asynchronous. It must be there for the node to be callable. */
static UA_StatusCode call_wait(UA_Server *server, const UA_NodeId *session, void *session_context,
                               const UA_NodeId *method, void *method_context,
                               const UA_NodeId *object, void *object_context, size_t n_in,
                               const UA_Variant *in, size_t n_out, UA_Variant *out)
{
    return UA_STATUSCODE_BADINTERNALERROR;
}

void osm_plant_wait_build(struct osm_plant *plant)
{
    static const struct osm_method method = {
        .name = "Wait",
        .call = call_wait,
        .inputs = {{"ms", UA_NS0ID_DOUBLE, UA_VALUERANK_SCALAR, "0 to 60000"}},
        .outputs = {{"ms", UA_NS0ID_DOUBLE, UA_VALUERANK_SCALAR, "the same"}},
        .node = &open_to_all,
        .description = "answers after this time",
    };
    osm_plant_method(plant, "Methods", &method);
    plant->waits = calloc(1, sizeof(*plant->waits));
    if (plant->waits == NULL) {
        osm_plant_check(plant, "Methods/Wait", UA_STATUSCODE_BADOUTOFMEMORY);
        return;
    }
    osm_plant_check(
        plant, "Methods/Wait",
        UA_Server_setMethodNodeAsync(plant->server, osm_plant_id(plant, "Methods/Wait"), true));
    UA_Server_getConfig(plant->server)->asyncOperationNotifyCallback = start_timer;
}

void osm_plant_wait_stop(struct osm_plant *plant)
{
    if (plant->waits)
        stop_timer(plant->server, plant->waits);
}

void osm_plant_wait_deinit(struct osm_plant *plant)
{
    if (plant->waits == NULL)
        return;
    while (plant->waits->first) {
        struct wait *wait = plant->waits->first;
        plant->waits->first = wait->next;
        free(wait);
    }
    free(plant->waits);
    plant->waits = NULL;
}
