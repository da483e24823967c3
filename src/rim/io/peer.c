/* SPDX-License-Identifier: MIT */
/* Peer credentials; see peer.h. */
#include "rim/io/peer.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "util/alloc.h"

/* Supplementary groups looked at; who is in more is judged by the first ones. */
#define MOST_GROUPS 1024

struct osm_peer_rules {
    uid_t *users;
    gid_t *groups;
    size_t users_size, groups_size;
};

static size_t list_length(char *const *list)
{
    size_t length = 0;

    while (list && list[length])
        length++;
    return length;
}

static bool read_number(const char *text, unsigned *number)
{
    char *end = NULL;
    unsigned long value;

    if (strspn(text, "0123456789") != strlen(text))
        return false;
    errno = 0;
    value = strtoul(text, &end, 10);
    *number = (unsigned)value;
    return errno == 0 && value < UINT32_MAX; /* the last one means "nobody" to the kernel */
}

static bool find_user(const char *name, uid_t *user)
{
    const struct passwd *entry;

    if (read_number(name, user))
        return true;
    entry = getpwnam(name);
    if (entry)
        *user = entry->pw_uid;
    return entry != NULL;
}

static bool find_group(const char *name, gid_t *group)
{
    const struct group *entry;

    if (read_number(name, group))
        return true;
    entry = getgrnam(name);
    if (entry)
        *group = entry->gr_gid;
    return entry != NULL;
}

int osm_peer_rules_new(char *const *users, char *const *groups, struct osm_peer_rules **out,
                       char **error)
{
    struct osm_peer_rules *rules;
    const char *unknown = NULL;

    *out = NULL;
    if (!list_length(users) && !list_length(groups))
        return 0;
    rules = osm_alloc(sizeof(*rules));
    rules->users = osm_alloc((list_length(users) + 1) * sizeof(*rules->users));
    rules->groups = osm_alloc((list_length(groups) + 1) * sizeof(*rules->groups));
    for (; users && *users && !unknown; users++)
        if (!find_user(*users, &rules->users[rules->users_size++]))
            unknown = *users;
    if (unknown)
        *error = osm_printf("No such user: %s (--allow-uid)", unknown);
    for (; groups && *groups && !unknown; groups++) {
        if (find_group(*groups, &rules->groups[rules->groups_size++]))
            continue;
        unknown = *groups;
        *error = osm_printf("No such group: %s (--allow-gid)", unknown);
    }
    *out = unknown ? osm_peer_rules_free(rules) : rules;
    return unknown ? -EINVAL : 0;
}

struct osm_peer_rules *osm_peer_rules_free(struct osm_peer_rules *rules)
{
    if (!rules)
        return NULL;
    free(rules->users);
    free(rules->groups);
    free(rules);
    return NULL;
}

static bool credentials(int fd, struct ucred *peer)
{
    socklen_t size = sizeof(*peer);

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, peer, &size) == 0 && size == sizeof(*peer) &&
           peer->uid != (uid_t)-1;
}

static bool names_group(const struct osm_peer_rules *rules, gid_t group)
{
    for (size_t i = 0; i < rules->groups_size; i++)
        if (rules->groups[i] == group)
            return true;
    return false;
}

static bool in_named_group(const struct osm_peer_rules *rules, int fd)
{
    gid_t groups[MOST_GROUPS];
    socklen_t size = sizeof(groups);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0)
        return false;
    for (size_t i = 0; i < size / sizeof(*groups); i++)
        if (names_group(rules, groups[i]))
            return true;
    return false;
}

bool osm_peer_rules_allow(const struct osm_peer_rules *rules, int fd)
{
    struct ucred peer;

    if (!rules)
        return true;
    if (!credentials(fd, &peer))
        return false;
    for (size_t i = 0; i < rules->users_size; i++)
        if (rules->users[i] == peer.uid)
            return true;
    return names_group(rules, peer.gid) || in_named_group(rules, fd);
}

const char *osm_peer_text(int fd, char out[OSM_PEER_TEXT])
{
    struct ucred peer;

    if (credentials(fd, &peer))
        (void)snprintf(out, OSM_PEER_TEXT, "pid %d, uid %u, gid %u", (int)peer.pid,
                       (unsigned)peer.uid, (unsigned)peer.gid);
    else
        (void)snprintf(out, OSM_PEER_TEXT, "unknown");
    return out;
}
