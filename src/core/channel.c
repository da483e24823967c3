/* SPDX-License-Identifier: MIT */
/* Who uses a way to a caller; see channel.h. */
#include "core/channel.h"

#include <utlist.h>

#include "util/macros.h"

void osm_channel_join(struct osm_channel *channel, struct osm_channel_user *user)
{
    user->channel = channel;
    DL_APPEND(channel->users, user);
    channel->user_count++;
}

void osm_channel_leave(struct osm_channel_user *user)
{
    struct osm_channel *channel = osm_steal(user->channel);

    DL_DELETE(channel->users, user);
    channel->user_count--;
}

void osm_channel_tell_room(struct osm_channel *channel)
{
    struct osm_channel_user *user;

    channel->awaited = false;
    DL_FOREACH (channel->users, user)
        user->room(user);
}

void osm_channel_tell_gone(struct osm_channel *channel)
{
    while (channel->users) {
        struct osm_channel_user *user = channel->users;

        osm_channel_leave(user);
        user->gone(user);
    }
}
