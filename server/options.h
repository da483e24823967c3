/* SPDX-License-Identifier: MIT */
/* What the command line of opcua-demo-server says. One table in options.c feeds both the
 * parser and --help. */
#ifndef OSM_DEMO_OPTIONS_H
#define OSM_DEMO_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct osm_options {
    uint32_t port;            /* TCP port on the loopback, 0 = any free one */
    uint32_t max_sessions;    /* above it CreateSession ends as BadTooManySessions */
    uint32_t session_timeout; /* longest session timeout granted, ms */
    uint32_t event_period;    /* ms between two events of their own accord, 0 = none */
    uint32_t alarm_period;    /* ms the level takes to swing up, down and back, 0 = stands */
    struct osm_generate {
        uint32_t items; /* counters, 0 = no generator */
        uint32_t rate;  /* times a second that each counts up */
    } generate;
    uint32_t token_lifetime; /* longest life of a channel's keys, ms */
    const char *certificate; /* file of the server's own, NULL = generated */
    const char *key;         /* and of its key */
    bool security;           /* encrypted endpoints as well */
    bool limits;             /* small operation limits */
    bool no_anonymous;
    bool verbose;
    bool help;
    bool version;
};

enum osm_options_result {
    OSM_OPTIONS_RUN = 0,
    OSM_OPTIONS_ANSWERED = 1, /* --help or --version: printed, nothing left to do */
};

/* Reads the command line into `options`. Help and version go to stdout, a mistake is one line
 * on stderr. Returns enum osm_options_result, or -EINVAL after a mistake. */
int osm_options_parse(struct osm_options *options, int argc, char **argv);

#endif
