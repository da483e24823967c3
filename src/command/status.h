/* SPDX-License-Identifier: MIT */
#ifndef OSM_COMMAND_STATUS_H
#define OSM_COMMAND_STATUS_H
/* The parts of the reply to `status`; for status.c and status_session.c. */
#include "core/session.h"
#include "wire/json.h"

/* A key with seconds since 1970, null for 0. */
void osm_status_time(struct osm_json *json, const char *key, double seconds);
/* A key with a text that may name files or URLs: they are taken out; null for NULL. */
void osm_status_message(struct osm_json *json, const char *key, const char *message);
/* One session as an object. */
void osm_status_session(struct osm_json *json, const struct osm_session *session);

#endif
