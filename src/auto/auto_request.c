/* SPDX-License-Identifier: MIT */
/*
 * Requests of auto-connect, sent through the door that callers' requests come through. `done` may
 * come from the middle of anything, so it only wakes the entry up; a request that nobody waits for
 * any more is buried on the next turn.
 */
#include "auto/auto_internal.h"
#include "util/alloc.h"

static void call_free(struct osm_auto_call *call)
{
    call->loop.ops->timer_free(call->burial);
    if (call->request.line.data)
        osm_wipe(call->request.line.data, call->request.line.capacity);
    osm_request_deinit(&call->request);
    osm_buf_deinit(&call->text);
    free(call);
}

static void on_burial(void *context)
{
    call_free(context);
}

static void on_done(struct osm_request *request)
{
    struct osm_auto_call *call = request->owner;

    call->done = true;
    if (call->entry)
        osm_auto_look(call->entry, 0);
    else
        call->loop.ops->timer_start(call->burial, 0);
}

struct osm_auto_call *osm_auto_call_new(struct osm_auto_entry *entry)
{
    struct osm_auto_call *call = osm_alloc(sizeof(*call));

    osm_request_init(&call->request, on_done, call);
    call->request.internal = true;
    call->loop = entry->owner->loop;
    call->burial = osm_loop_timer(&call->loop, on_burial, call);
    call->entry = entry;
    call->generation = entry->owner->generation;
    osm_json_init(&call->json, &call->text);
    return call;
}

void osm_auto_call_begin(struct osm_auto_call *call, const char *command, const char *method,
                         const char *parameters)
{
    osm_json_object_begin(&call->json);
    osm_json_key(&call->json, "command");
    osm_json_cstring(&call->json, command);
    osm_json_key(&call->json, "sessionId");
    osm_json_cstring(&call->json, call->entry->session_id);
    osm_json_key(&call->json, "method");
    osm_json_cstring(&call->json, method);
    osm_json_key(&call->json, parameters);
}

void osm_auto_call_send(struct osm_auto_call *call)
{
    struct osm_auto_connect *all = call->entry->owner;
    struct osm_fault fault = {0};
    bool good;

    osm_json_object_end(&call->json);
    good = osm_request_parse(&call->request, call->text.data, call->text.length, &fault);
    osm_wipe(call->text.data, call->text.length);
    osm_assert(good);
    call->entry->call = call;
    all->ask(all->manager, &call->request);
}

void osm_auto_call_drop(struct osm_auto_call *call)
{
    if (call && call->done)
        call_free(call);
    else if (call)
        call->entry = NULL;
}
