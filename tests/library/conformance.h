/* SPDX-License-Identifier: MIT */
#ifndef OSM_TESTS_LIBRARY_CONFORMANCE_H
#define OSM_TESTS_LIBRARY_CONFORMANCE_H
/* What the files of the conformance suite share; conformance.c has its list of cases. */
#include "check.h"

/* Of each thread that runs cases. */
extern _Thread_local struct opcua_client *client;
extern _Thread_local struct opcua_error fault;
extern _Thread_local int events_told, losses;
/* Of the run. */
extern const char *socket_path, *url;

/* opcua_options.event: counts. */
void on_event(void *context, const char *name, const char *json, size_t length);
/* Another client, whose session is its own. */
struct opcua_client *connect_to(const char *where, struct opcua_error *why);
/* Runs the client as any loop would. */
bool run_until(int *count, int least, double seconds);
/* The answer to a Read of one node that is there; counts in an int. */
void on_values(void *context, const struct opcua_error *why, const struct opcua_data_value *values,
               size_t count);

/* conformance_ends.c */
void ends(void);
void rests(void);
void ends_twice(void);
void opens_twice(void);
void ends_inside(void);
void ends_while_logging(void);

/* conformance_demo.c */
void types(void);
void writes(void);
void calls(void);
void notifications(void);
void histories(void);

#endif
