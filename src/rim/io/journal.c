/* SPDX-License-Identifier: MIT */
/* See journal.h. The protocol is "KEY=value\n" per field (systemd's JOURNAL_NATIVE_PROTOCOL):
 * values hold no line end, because the log escapes them. */
#include "rim/io/journal.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "util/fd.h"
#include "util/macros.h"

#define NAME "opcua-session-manager"

static int journal = -1; /* one log, so one journal */

/* syslog's numbers, which the journal has kept. */
static const char priorities[] = {
    [OSM_LOG_DEBUG] = '7',   [OSM_LOG_INFO] = '6',     [OSM_LOG_NOTICE] = '5',
    [OSM_LOG_WARNING] = '4', [OSM_LOG_ERROR] = '3',    [OSM_LOG_CRITICAL] = '2',
    [OSM_LOG_ALERT] = '1',   [OSM_LOG_EMERGENCY] = '0'};

static bool deliver(const struct osm_log_record *record)
{
    char datagram[OSM_LOG_LINE + 2048];
    size_t size = sizeof(datagram);
    int used = snprintf(datagram, size, "PRIORITY=%c\nSYSLOG_IDENTIFIER=" NAME "\n",
                        priorities[record->level]);

    for (size_t i = 0; i < OSM_LOG_FIELD_COUNT; i++) {
        char key[32];
        size_t length = 0;

        if (!record->fields[i] || !*record->fields[i])
            continue;
        for (const char *at = osm_log_field_name((enum osm_log_field)i); *at; at++)
            key[length++] = (char)toupper((unsigned char)*at);
        used += snprintf(datagram + used, size - (size_t)used, "OPCUA_%.*s=%s\n", (int)length, key,
                         record->fields[i]);
    }
    used += snprintf(datagram + used, size - (size_t)used, "MESSAGE=%s\n", record->text);
    return (size_t)used < size &&
           send(journal, datagram, (size_t)used, MSG_DONTWAIT | MSG_NOSIGNAL) == used;
}

static bool is_standard_error(const char *stream)
{
    char here[48];
    struct stat status;

    if (!stream || fstat(STDERR_FILENO, &status) < 0)
        return false;
    (void)snprintf(here, sizeof(here), "%ju:%ju", (uintmax_t)status.st_dev,
                   (uintmax_t)status.st_ino);
    return !strcmp(stream, here);
}

bool osm_journal_open(const char *stream, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    _cleanup_(osm_close_fd) int fd = -1;

    osm_journal_close();
    if (!is_standard_error(stream) || strlen(path) >= sizeof(address.sun_path))
        return false;
    memcpy(address.sun_path, path, strlen(path) + 1);
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        return false;
    journal = fd;
    fd = -1;
    osm_log_deliver_to(deliver);
    return true;
}

void osm_journal_close(void)
{
    if (journal < 0)
        return;
    osm_log_deliver_to(NULL);
    close(journal);
    journal = -1;
}
