/* SPDX-License-Identifier: MIT */
/* See log_recent.h. The ring is static: whoever logs has no time for memory. */
#include "util/log_recent.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

static struct {
    pthread_mutex_t lock;
    struct {
        struct timespec at;
        enum osm_log_level level;
        char text[OSM_LOG_RECENT_TEXT];
    } lines[OSM_LOG_RECENT];
    size_t next, count;
} recent = {.lock = PTHREAD_MUTEX_INITIALIZER};

void osm_log_recent_add(enum osm_log_level level, const char *text, size_t length)
{
    size_t size = OSM_MIN(length, OSM_LOG_RECENT_TEXT - 1);

    while (size < length && size && ((unsigned char)text[size] & 0xC0) == 0x80)
        size--; /* no half of a character */
    pthread_mutex_lock(&recent.lock);
    clock_gettime(CLOCK_REALTIME, &recent.lines[recent.next].at);
    recent.lines[recent.next].level = level;
    memcpy(recent.lines[recent.next].text, text, size);
    recent.lines[recent.next].text[size] = '\0';
    recent.next = (recent.next + 1) % OSM_LOG_RECENT;
    recent.count = OSM_MIN(recent.count + 1, OSM_LOG_RECENT);
    pthread_mutex_unlock(&recent.lock);
}

void osm_log_recent_each(void (*visit)(void *arg, const struct osm_log_recent *line), void *arg)
{
    pthread_mutex_lock(&recent.lock);
    for (size_t i = 0; i < recent.count; i++) {
        size_t at = (recent.next + 2 * OSM_LOG_RECENT - 1 - i) % OSM_LOG_RECENT;
        const struct timespec *time = &recent.lines[at].at;

        visit(arg, &(struct osm_log_recent){(double)time->tv_sec + (double)time->tv_nsec / 1e9,
                                            recent.lines[at].level, recent.lines[at].text});
    }
    pthread_mutex_unlock(&recent.lock);
}
