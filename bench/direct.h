/* SPDX-License-Identifier: MIT */
#ifndef OSM_BENCH_DIRECT_H
#define OSM_BENCH_DIRECT_H
/* What the patterns of the direct client share; see direct.c. */
#include <open62541/client.h>

#include "histogram.h"

/* The same as bench/run asks the daemon for. */
#define BENCH_WATCH_INTERVAL 50.0 /* ms */
#define BENCH_WATCH_QUEUE 1000

/* Ends the program with a message. */
void bench_direct_die(const char *what, UA_StatusCode status) __attribute__((noreturn));
/* … unless the status is Good. */
void bench_direct_must(const char *what, UA_StatusCode status);

/* Counts the values that a subscription to these nodes brings.
 */
void bench_direct_watch(UA_Client *client, struct bench_run *run, const UA_ReadValueId *nodes,
                        size_t count, double seconds);

#endif
