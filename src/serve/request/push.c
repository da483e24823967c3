/* SPDX-License-Identifier: MIT */
/* Who uses a way to a caller; see push.h. */
#include "serve/request/push.h"

#include <utlist.h>

#include "serve/request/grant.h"
#include "util/macros.h"

void osm_push_join(struct osm_push *channel, struct osm_push_user *user)
{
    user->channel = channel;
    DL_APPEND(channel->users, user);
    channel->user_count++;
}

void osm_push_leave(struct osm_push_user *user)
{
    struct osm_push *channel = osm_steal(user->channel);

    DL_DELETE(channel->users, user);
    channel->user_count--;
}

void osm_push_tell_room(struct osm_push *channel)
{
    struct osm_push_user *user;

    channel->awaited = false;
    DL_FOREACH (channel->users, user)
        user->room(user);
}

void osm_push_tell_gone(struct osm_push *channel)
{
    while (channel->users) {
        struct osm_push_user *user = channel->users;

        osm_push_leave(user);
        user->gone(user);
    }
}

void osm_push_tell_revoked(struct osm_push *channel)
{
    struct osm_push_user *user, *next;

    DL_FOREACH_SAFE (channel->users, user, next) {
        if (!user->grant || !user->grant->revoked)
            continue;
        osm_push_leave(user);
        user->gone(user);
    }
}
