/* SPDX-License-Identifier: MIT */
/* isConnected, getConnectionState, reconnect (methods.md §2.28). */
#include "serve/method/method.h"

static void is_connected_start(struct osm_op *op)
{
    osm_json_bool(osm_reply_begin(op), osm_session_state(osm_op_session(op)) == OSM_SESSION_ACTIVE);
    osm_op_finish(op);
}

OSM_METHOD(isConnected, .flags = OSM_OP_READS | OSM_OP_LOCAL, .start = is_connected_start);

static void state_start(struct osm_op *op)
{
    static const char *const names[OSM_SESSION_STATE_COUNT_] = {
        [OSM_SESSION_CONNECTING] = "Disconnected", [OSM_SESSION_ACTIVE] = "Connected",
        [OSM_SESSION_FAILED] = "Broken",           [OSM_SESSION_RECOVERING] = "Broken",
        [OSM_SESSION_CLOSING] = "Disconnected",
    };

    osm_json_cstring(osm_reply_begin(op), names[osm_session_state(osm_op_session(op))]);
    osm_op_finish(op);
}

OSM_METHOD(getConnectionState, .flags = OSM_OP_READS | OSM_OP_LOCAL, .start = state_start);

/* --- reconnect ----------------------------------------------------------------------------- */

struct reconnect {
    struct osm_session_waiter waiter;
    struct osm_op *op;
};

static void reconnected(struct osm_session_waiter *waiter, const struct osm_fault *fault)
{
    struct osm_op *op = osm_container_of(waiter, struct reconnect, waiter)->op;

    if (fault)
        osm_op_fail(op, fault);
    else
        osm_reply_null(op);
}

static void reconnect_start(struct osm_op *op)
{
    struct reconnect *reconnect = op->state;

    reconnect->op = op;
    reconnect->waiter.ready = reconnected;
    osm_session_reconnect(osm_op_session(op), &reconnect->waiter);
}

OSM_METHOD(reconnect, .flags = OSM_OP_LOCAL, .state_size = sizeof(struct reconnect),
           .start = reconnect_start);
