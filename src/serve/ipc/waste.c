/* SPDX-License-Identifier: MIT */
/*
 * Memory of large replies on its way back to the kernel, a slice in each turn: what took seconds
 * to build takes tens of milliseconds to give back, and the loop would be held that long. While
 * the server closes nobody waits for the loop any more, and it goes at once.
 */
#include <stdlib.h>

#include <utlist.h>

#include "serve/ipc/ipc_internal.h"
#include "util/alloc.h"

#define SLICE_BYTES ((size_t)8 * 1024 * 1024)

void osm_ipc_waste_take(struct osm_ipc_server *server, struct osm_buf *buf)
{
    struct osm_ipc_waste *waste;

    if (buf->capacity <= SLICE_BYTES) {
        osm_buf_deinit(buf);
        return;
    }
    waste = osm_alloc(sizeof(*waste));
    waste->bytes = *buf;
    osm_buf_init(buf);
    server->stats.waste_bytes += waste->bytes.capacity;
    LL_APPEND(server->waste, waste);
}

void osm_ipc_waste_turn(struct osm_ipc_server *server)
{
    struct osm_ipc_waste *waste = server->waste;

    if (!waste)
        return;
    server->stats.waste_bytes -= OSM_MIN(waste->bytes.capacity, SLICE_BYTES);
    osm_buf_cut(&waste->bytes, SLICE_BYTES);
    if (!waste->bytes.data) {
        LL_DELETE(server->waste, waste);
        free(waste);
    }
    if (server->waste && server->accepting)
        osm_deadline_set(&server->deadlines, &server->leave_deadline,
                         &server->waits[OSM_WAIT_LEAVE]);
}

void osm_ipc_waste_end(struct osm_ipc_server *server)
{
    while (server->waste) {
        struct osm_ipc_waste *waste = server->waste;

        LL_DELETE(server->waste, waste);
        osm_buf_deinit(&waste->bytes);
        free(waste);
    }
}
