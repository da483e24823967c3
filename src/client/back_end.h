/* SPDX-License-Identifier: MIT */
#ifndef OSM_CLIENT_BACK_END_H
#define OSM_CLIENT_BACK_END_H
/*
 * What the two back-ends have in common: request lines go in, lines come out (replies and lines of
 * streams), as docs/protocol.md has them on a persistent connection. managed.c has a socket
 * between, direct.c the daemon's own commands in this process. Everything above is written once.
 */
#include <stdbool.h>
#include <stddef.h>

#include "util/clock.h"
#include <opcua-session.h>

struct osm_back_end;

/* Who is told of lines: from inside process only. */
struct osm_back_end_user {
    /* A line without its '\n'; the bytes are valid during the call. */
    void (*line)(struct osm_back_end_user *user, char *line, size_t length);
    /* What the back-end logs, a severity of RFC 5424; may come from inside any of its functions. */
    void (*log)(struct osm_back_end_user *user, int severity, const char *text);
};

struct osm_back_end_ops {
    /* Takes a line with its '\n'; what cannot be sent at once waits, within a bound. False with
     * *error when the other end is not there. */
    bool (*send)(struct osm_back_end *back_end, const char *line, size_t length,
                 struct opcua_error *error);
    int (*fd)(const struct osm_back_end *back_end);
    short (*events)(const struct osm_back_end *back_end);
    int (*timeout)(struct osm_back_end *back_end);
    /* Does what is due and tells every line that has come. False with *error when the other end has
     * gone. */
    bool (*process)(struct osm_back_end *back_end, struct opcua_error *error);
    /* Nothing is told any more. */
    void (*free)(struct osm_back_end *back_end);
};

/* Embedded at the beginning of each. */
struct osm_back_end {
    const struct osm_back_end_ops *ops;
    struct osm_back_end_user *user;
};

/* NULL with *error when socket is no address, or nothing listens there. A daemon whose backlog is
 * full is tried for five seconds of that clock, which `process` does. */
struct osm_back_end *osm_managed_new(const char *socket, const struct osm_clock *clock,
                                     struct osm_back_end_user *user, struct opcua_error *error);

struct osm_direct_options {
    const char *state_dir;
    bool logs;
    int log_severity;
};
struct osm_back_end *osm_direct_new(const struct osm_direct_options *options,
                                    struct osm_back_end_user *user, struct opcua_error *error);

#endif
