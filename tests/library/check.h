/* SPDX-License-Identifier: MIT */
#ifndef OSM_TESTS_LIBRARY_CHECK_H
#define OSM_TESTS_LIBRARY_CHECK_H
/* What the programs of this folder share: they use the public header only, and say on standard
 * output what is not as it should be. */
#include <opcua-session.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Seconds until what never comes is missed: a busy machine takes its time. */
#define PATIENCE 120

/* Of each thread that runs cases; each program has its own. */
extern _Thread_local int failures;
extern _Thread_local const char *current;

#define CHECK(condition, ...)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            failures++;                                                                            \
            printf("%s: line %d: not %s: ", current, __LINE__, #condition);                        \
            printf(__VA_ARGS__);                                                                   \
            printf("\n");                                                                          \
        }                                                                                          \
    } while (0)

/* Five seconds for an answer are few on a busy machine. */
static inline struct opcua_options check_patient(const struct opcua_options *options)
{
    struct opcua_options patient = OPCUA_OPTIONS_INIT;

    if (options)
        patient = *options;
    if (patient.timeout == 0)
        patient.timeout = PATIENCE;
    return patient;
}

/* "-" is the direct back-end, anything else the daemon's socket. */
static inline struct opcua_client *check_connect(const char *where, const char *url,
                                                 const struct opcua_options *options,
                                                 struct opcua_error *error)
{
    const struct opcua_options patient = check_patient(options);

    return strcmp(where, "-") ? opcua_connect_managed(where, url, &patient, error)
                              : opcua_connect(url, &patient, error);
}

/* The same, not opened yet. */
static inline struct opcua_client *check_new(const char *where, const char *url,
                                             const struct opcua_options *options,
                                             struct opcua_error *error)
{
    const struct opcua_options patient = check_patient(options);

    return strcmp(where, "-") ? opcua_client_new_managed(where, url, &patient, error)
                              : opcua_client_new(url, &patient, error);
}

static inline int check_end(void)
{
    printf("%d failures\n", failures);
    return failures ? 1 : 0;
}

#endif
