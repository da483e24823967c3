/* SPDX-License-Identifier: MIT */
/* See privileges.h. */
#include "app/process/privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/alloc.h"

static bool is_number(const char *text)
{
    return *text && strlen(text) <= 9 && strspn(text, "0123456789") == strlen(text);
}

static int find_user(const char *name, struct passwd *user, char **error)
{
    const struct passwd *entry =
        is_number(name) ? getpwuid((uid_t)strtoul(name, NULL, 10)) : getpwnam(name);

    if (entry) {
        *user = *entry;
        return 0;
    }
    *error = osm_printf("No such user: %s (--user)", name);
    return -EINVAL;
}

static int find_group(const char *name, gid_t *group, char **error)
{
    const struct group *entry =
        is_number(name) ? getgrgid((gid_t)strtoul(name, NULL, 10)) : getgrnam(name);

    if (entry) {
        *group = entry->gr_gid;
        return 0;
    }
    *error = osm_printf("No such group: %s (--group)", name);
    return -EINVAL;
}

static int become(const struct passwd *user, gid_t group)
{
    if (initgroups(user->pw_name, group) < 0 || setresgid(group, group, group) < 0 ||
        setresuid(user->pw_uid, user->pw_uid, user->pw_uid) < 0)
        return -errno;
    /* Whoever was root must not be able to be it again. */
    return user->pw_uid != 0 && setuid(0) == 0 ? -EPERM : 0;
}

int osm_privileges_drop(const char *user, const char *group, char **error)
{
    struct passwd target;
    gid_t target_group;
    int r;

    if (!user) {
        if (group)
            *error = osm_strdup("--group needs --user");
        return group ? -EINVAL : 0;
    }
    r = find_user(user, &target, error);
    if (r < 0)
        return r;
    target_group = target.pw_gid;
    if (group)
        r = find_group(group, &target_group, error);
    if (r < 0)
        return r;
    if (geteuid() == target.pw_uid && getegid() == target_group)
        return 0;
    r = become(&target, target_group);
    if (r < 0)
        *error = osm_printf("Cannot become user %s: %s (only root can)", user, strerror(-r));
    return r;
}
