/* SPDX-License-Identifier: MIT */
#ifndef OSM_UTIL_LOG_RECORD_H
#define OSM_UTIL_LOG_RECORD_H
/*
 * A message with what it is about, for log.c: fields this thread has noted, the code found in the
 * text, and the line of JSON made of both.
 */
#include <stddef.h>

#include "util/log.h"

/* Everything borrowed: until the next note of this thread, and as long as the text. */
void osm_log_record_init(struct osm_log_record *record, enum osm_log_level level, const char *text);

/* A line of JSON with its line end, at most OSM_LOG_LINE bytes; a NULL field counts as not known.
 * Members: time (ISO 8601 with microseconds and zone), level, message, and the fields there are.
 * Returns the length. */
size_t osm_log_record_json(const struct osm_log_record *record, char line[OSM_LOG_LINE]);

#endif
