/* SPDX-License-Identifier: MIT */
#ifndef OSM_CLIENT_RESULTS_INTERNAL_H
#define OSM_CLIENT_RESULTS_INTERNAL_H
/*
 * Forms of results that several families of calls share: lists of DataValues, lists of status
 * codes, JSON as it came; and how a waiting call takes them from what is told to a function.
 */
#include "client/client_internal.h"

/* expected: how many there must be, SIZE_MAX = any number. what: for errors, static. */
void osm_client_send_values(struct osm_call *call, size_t expected, const char *what,
                            opcua_values_fn *done, void *context);
struct osm_values_taken {
    bool done, failed;
    struct opcua_data_value *values; /* filled in place when not NULL, else made */
    size_t count;
    struct opcua_error *error; /* may be NULL */
};
void osm_client_take_values(void *context, const struct opcua_error *error,
                            const struct opcua_data_value *values, size_t count);

void osm_client_send_json(struct osm_call *call, opcua_json_fn *done, void *context);
struct osm_json_taken {
    bool done, failed;
    char *json; /* to be freed with free() */
    size_t length;
    struct opcua_error *error;
};
void osm_client_take_json(void *context, const struct opcua_error *error, const char *json,
                          size_t length);

/* For calls whose only result is that they went well. */
struct osm_done_taken {
    bool done, failed;
    struct opcua_error *error;
};
void osm_client_take_done(void *context, const struct opcua_error *error);

/* A text member, copied; "" when it is none. */
char *osm_client_text_of(yyjson_val *value);

#endif
