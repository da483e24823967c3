/* SPDX-License-Identifier: MIT */
#ifndef OSM_BENCH_LOAD_H
#define OSM_BENCH_LOAD_H
/* What the patterns of load share; see load.c. */
#include "histogram.h"

struct bench_load {
    const char *line; /* the request without its '\n'; persistent, stream: without its '{' and id */
    const char *expect; /* what the start of every reply contains */
    unsigned callers;   /* connect: requests under way; persistent: the same on one connection */
    double seconds;
    struct bench_run run;
};

/* Longest reply that is taken. */
#define BENCH_REPLY ((size_t)8 << 20)

/* One connection per request. */
void bench_load_connect(struct bench_load *load);
/* One connection, every request with its id. */
void bench_load_persistent(struct bench_load *load);
/* One stream; `line` is its request without `{` and id, `expect` is in every line. */
void bench_load_stream(struct bench_load *load);
/* A new session and its first value, each time; `line` is the query without its sessionId. */
void bench_load_cold(struct bench_load *load, const char *endpoint_url);

#endif
