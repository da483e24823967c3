/* SPDX-License-Identifier: MIT */
/* See service_manager.h. */
#include "app/process/service_manager.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "rim/io/listener.h"
#include "util/clock.h"
#include "util/fd.h"
#include "util/log.h"

#define FIRST_DESCRIPTOR 3

static struct {
    int fd; /* of the manager's socket; -1 = there is none */
    osm_msec watchdog;
} manager = {.fd = -1};

static long long number_of(const char *name)
{
    const char *text = getenv(name);
    char *end;
    long long number = text ? strtoll(text, &end, 10) : -1;

    return text && *text && !*end ? number : -1;
}

/* The manager's socket: a path, or a name of the abstract kind behind '@'. */
static int connect_manager(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = name ? strlen(name) : 0;
    _cleanup_(osm_close_fd) int fd = -1;

    if (!length || length >= sizeof(address.sun_path) || (*name != '/' && *name != '@'))
        return -1;
    memcpy(address.sun_path, name, length);
    if (*name == '@')
        address.sun_path[0] = '\0';
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) < 0)
        return -1;
    return osm_steal_fd(&fd);
}

static void take_sockets(void)
{
    long long count = number_of("LISTEN_FDS");

    if (number_of("LISTEN_PID") != getpid() || count < 1)
        return;
    for (int i = 0; i < OSM_MIN(count, OSM_LISTENERS_INHERITED); i++) {
        (void)fcntl(FIRST_DESCRIPTOR + i, F_SETFD, FD_CLOEXEC);
        osm_listener_inherit(FIRST_DESCRIPTOR + i);
    }
}

void osm_service_manager_init(void)
{
    static const char *const said[] = {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID",
                                       "LISTEN_FDS",    "LISTEN_PID",    "LISTEN_FDNAMES"};
    long long wanted = number_of("WATCHDOG_USEC"), whose = number_of("WATCHDOG_PID");

    manager.fd = connect_manager(getenv("NOTIFY_SOCKET"));
    manager.watchdog = wanted > 0 && (whose < 0 || whose == getpid()) ? wanted / 1000 : 0;
    take_sockets();
    for (size_t i = 0; i < OSM_ARRAY_SIZE(said); i++)
        (void)unsetenv(said[i]);
}

void osm_service_manager_deinit(void)
{
    osm_close_fd(&manager.fd);
    manager.fd = -1;
    manager.watchdog = 0;
}

bool osm_service_manager_listens(void)
{
    return manager.fd >= 0;
}

osm_msec osm_service_manager_watchdog(void)
{
    return manager.fd < 0 ? 0 : manager.watchdog;
}

bool osm_service_manager_tell(const char *format, ...)
{
    char text[1024];
    va_list args;
    int length;

    if (manager.fd < 0)
        return false;
    va_start(args, format);
    length = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return length > 0 && (size_t)length < sizeof(text) &&
           send(manager.fd, text, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL) == length;
}

void osm_service_manager_reloading(void)
{
    osm_service_manager_tell("RELOADING=1\nMONOTONIC_USEC=%llu\nSTATUS=Reading the configuration",
                             (unsigned long long)osm_clock_microseconds());
}
