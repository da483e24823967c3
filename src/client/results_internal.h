/* SPDX-License-Identifier: MIT */
#ifndef OSM_CLIENT_RESULTS_INTERNAL_H
#define OSM_CLIENT_RESULTS_INTERNAL_H
/*
 * Forms of results that several families of calls share: lists of DataValues, lists of status
 * codes, JSON as it came; and how a waiting call takes them from what is told to a function.
 */
#include "client/client_internal.h"

/* What every waiting call takes, at the beginning of what it takes besides. */
struct osm_taken {
    bool done, failed;
    struct opcua_error *error; /* may be NULL */
};
/* For the function that is told: notes how it went; whether it went well. */
bool osm_client_take(struct osm_taken *taken, const struct opcua_error *error);
/* Waits until it has been told; whether it went well. */
bool osm_client_await(struct opcua_client *client, const struct osm_taken *taken);

/* expected: how many there must be, SIZE_MAX = any number. what: for errors, static. */
void osm_client_send_values(struct osm_call *call, size_t expected, const char *what,
                            opcua_values_fn *done, void *context);
struct osm_values_taken {
    struct osm_taken base;
    struct opcua_data_value *values; /* filled in place when not NULL, else made */
    size_t count;
};
void osm_client_take_values(void *context, const struct opcua_error *error,
                            const struct opcua_data_value *values, size_t count);
/* Whether a call may wait now, with room for a list it makes … */
bool osm_client_may_take(struct opcua_client *client, struct opcua_data_value *const *values,
                         const size_t *count, struct opcua_error *error);
/* … and the wait for it. */
bool osm_client_await_values(struct opcua_client *client, struct osm_values_taken *taken,
                             struct opcua_data_value **values, size_t *count);

void osm_client_send_json(struct osm_call *call, opcua_json_fn *done, void *context);
struct osm_json_taken {
    struct osm_taken base;
    char *json; /* to be freed with free() */
    size_t length;
};
void osm_client_take_json(void *context, const struct opcua_error *error, const char *json,
                          size_t length);

/* Status codes: a list of them, or the two lists of setTriggering one behind the other. */
void osm_client_send_statuses(struct osm_call *call, size_t expected, const char *what,
                              opcua_statuses_fn *done, void *context);
struct osm_statuses_taken {
    struct osm_taken base;
    uint32_t *statuses; /* room for as many as are expected; NULL = not wanted */
};
void osm_client_take_statuses(void *context, const struct opcua_error *error,
                              const uint32_t *statuses, size_t count);

/* Nothing, or one status code, of which a Bad one is an error: "<what> <object>: …". */
void osm_client_send_done(struct osm_call *call, const char *what, opcua_done_fn *done,
                          void *context);

/* A node id, in either encoding, or a text. */
void osm_client_send_text(struct osm_call *call, const char *what, opcua_text_fn *done,
                          void *context);
struct osm_text_taken {
    struct osm_taken base;
    char *text; /* to be freed with free() */
};
void osm_client_take_text(void *context, const struct opcua_error *error, const char *text);

/* A number that is not negative. */
void osm_client_send_number(struct osm_call *call, const char *what, opcua_number_fn *done,
                            void *context);
struct osm_number_taken {
    struct osm_taken base;
    uint64_t number;
};
void osm_client_take_number(void *context, const struct opcua_error *error, uint64_t number);

/* Text of the caller that is to stand in a request: it must be JSON of that kind, on one line. */
enum osm_client_json { OSM_CLIENT_LIST, OSM_CLIENT_OBJECT };
bool osm_client_is_json(const char *text, enum osm_client_json kind, const char *what,
                        struct opcua_error *error);

/* For calls whose only result is that they went well: context is a struct osm_taken. */
void osm_client_take_done(void *context, const struct opcua_error *error);

/* A text member, copied; "" when it is none. */
char *osm_client_text_of(yyjson_val *value);

#endif
