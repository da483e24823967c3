/* SPDX-License-Identifier: MIT */
#ifndef OSM_TESTS_LIBRARY_CHECK_H
#define OSM_TESTS_LIBRARY_CHECK_H
/* What the programs of this folder share: they use the public header only, and say on standard
 * output what is not as it should be. */
#include <opcua-session.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* "-" is the direct back-end, anything else the daemon's socket. */
static inline struct opcua_client *check_connect(const char *where, const char *url,
                                                 const struct opcua_options *options,
                                                 struct opcua_error *error)
{
    return strcmp(where, "-") ? opcua_connect_managed(where, url, options, error)
                              : opcua_connect(url, options, error);
}

/* The same, not opened yet. */
static inline struct opcua_client *check_new(const char *where, const char *url,
                                             const struct opcua_options *options,
                                             struct opcua_error *error)
{
    return strcmp(where, "-") ? opcua_client_new_managed(where, url, options, error)
                              : opcua_client_new(url, options, error);
}

static inline int check_end(void)
{
    printf("%d failures\n", failures);
    return failures ? 1 : 0;
}

#endif
