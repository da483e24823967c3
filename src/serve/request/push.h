/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_REQUEST_PUSH_H
#define OSM_SERVE_REQUEST_PUSH_H
/*
 * The way to a caller who gets lines nobody has asked for one by one: streams. The floor above
 * (ipc) has one per persistent connection and hands it to requests; whoever pushes embeds a
 * user and is told when he may go on and when the caller has gone.
 *
 * A channel is bounded: who pushes looks for room first, and when there is none waits to be told.
 * So a caller who does not read costs that bound and nothing more.
 */
#include <stdbool.h>
#include <stddef.h>

#include "util/rope.h"

struct osm_grant;
struct osm_push;

struct osm_push_ops {
    /* Whether another line may be pushed now. */
    bool (*has_room)(struct osm_push *channel);
    /* A complete line of several parts; the last one ends with '\n'. Copied, but for what
     * is shared. */
    void (*push)(struct osm_push *channel, const struct osm_rope_part *parts, size_t count);
    size_t bytes; /* about what it holds at most */
};

/* Embedded in whoever pushes. */
struct osm_push_user {
    /* There is room again. Only takes note: nothing may be pushed from inside. */
    void (*room)(struct osm_push_user *user);
    /* The caller has gone; the user has left the channel already and may free itself. */
    void (*gone)(struct osm_push_user *user);
    const struct osm_grant *grant; /* what it is pushed by; borrowed, NULL = everything */
    struct osm_push *channel;
    struct osm_push_user *prev, *next;
};

struct osm_push {
    const struct osm_push_ops *ops;
    struct osm_push_user *users;
    unsigned user_count;
    bool awaited; /* somebody waits for room */
};

void osm_push_join(struct osm_push *channel, struct osm_push_user *user);
void osm_push_leave(struct osm_push_user *user);
/* For the channel's owner. */
void osm_push_tell_room(struct osm_push *channel);
void osm_push_tell_gone(struct osm_push *channel);
/* Ends those whose tokens have been taken out of the file. */
void osm_push_tell_revoked(struct osm_push *channel);

#endif
