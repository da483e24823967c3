/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_CHANNEL_H
#define OSM_CORE_CHANNEL_H
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

struct osm_channel;

/* A piece of a line. */
struct osm_channel_part {
    const char *data;
    size_t length;
};

struct osm_channel_ops {
    /* Whether another line may be pushed now. */
    bool (*has_room)(struct osm_channel *channel);
    /* A complete line of several parts; the last one ends with '\n'. Copied. */
    void (*push)(struct osm_channel *channel, const struct osm_channel_part *parts, size_t count);
    size_t bytes; /* about what it holds at most */
};

/* Embedded in whoever pushes. */
struct osm_channel_user {
    /* There is room again. Only takes note: nothing may be pushed from inside. */
    void (*room)(struct osm_channel_user *user);
    /* The caller has gone; the user has left the channel already and may free itself. */
    void (*gone)(struct osm_channel_user *user);
    struct osm_channel *channel;
    struct osm_channel_user *prev, *next;
};

struct osm_channel {
    const struct osm_channel_ops *ops;
    struct osm_channel_user *users;
    unsigned user_count;
    bool awaited; /* somebody waits for room */
};

void osm_channel_join(struct osm_channel *channel, struct osm_channel_user *user);
void osm_channel_leave(struct osm_channel_user *user);
/* For the channel's owner. */
void osm_channel_tell_room(struct osm_channel *channel);
void osm_channel_tell_gone(struct osm_channel *channel);

#endif
