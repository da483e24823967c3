/* SPDX-License-Identifier: MIT */
#ifndef OSM_UTIL_LOG_RECENT_H
#define OSM_UTIL_LOG_RECENT_H
/*
 * The latest warnings and errors of the log, for operators who ask over the socket. Written by
 * every thread that logs; bounded in number and length.
 */
#include "util/log.h"

#define OSM_LOG_RECENT 200      /* lines kept */
#define OSM_LOG_RECENT_TEXT 512 /* bytes of each */

struct osm_log_recent {
    double time; /* seconds since 1970 */
    enum osm_log_level level;
    const char *text; /* escaped; valid during the visit */
};

/* For log.c: text is escaped already. */
void osm_log_recent_add(enum osm_log_level level, const char *text, size_t length);
/* The newest first. The visitor must not log. */
void osm_log_recent_each(void (*visit)(void *arg, const struct osm_log_recent *line), void *arg);

#endif
