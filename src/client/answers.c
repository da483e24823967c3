/* SPDX-License-Identifier: MIT */
/* Answers of few words: status codes, a node id, a number, nothing; see results_internal.h. */
#include <stdlib.h>
#include <string.h>

#include "client/results_internal.h"
#include "util/alloc.h"

struct answer {
    union {
        opcua_done_fn *done;
        opcua_statuses_fn *statuses;
        opcua_text_fn *text;
        opcua_number_fn *number;
    } told; /* may be NULL */
    void *context;
    size_t expected;
    const char *what;
    char *object;
};

static struct answer *answer_new(const struct osm_call *call, const char *what, void *context)
{
    struct answer *answer = osm_alloc(sizeof(*answer));

    *answer = (struct answer){
        .context = context, .what = what, .object = osm_strdup(osm_call_object(call))};
    return answer;
}

static void answer_free(struct answer *answer)
{
    free(answer->object);
    free(answer);
}

/* ---- status codes --------------------------------------------------------------------------- */

struct statuses {
    uint32_t *codes;
    size_t count;
    bool wrong;
};

static void add_statuses(struct statuses *statuses, yyjson_val *list)
{
    size_t length = yyjson_arr_size(list), i, all;
    yyjson_val *element;

    statuses->wrong |= !yyjson_is_arr(list);
    statuses->codes = osm_alloc_resize(statuses->codes,
                                       (statuses->count + length + 1) * sizeof(*statuses->codes));
    yyjson_arr_foreach(list, i, all, element)
    {
        statuses->wrong |= !yyjson_is_uint(element);
        statuses->codes[statuses->count++] = (uint32_t)yyjson_get_uint(element);
    }
}

static const struct opcua_error *check_statuses(const struct answer *answer,
                                                const struct statuses *statuses,
                                                struct opcua_error *error)
{
    if (!statuses->wrong && statuses->count == answer->expected)
        return NULL;
    /* Some services have one status for all, and then none for each. */
    if (!statuses->wrong && statuses->count == 0)
        osm_failure(error, OPCUA_SOURCE_SERVER, "ServiceException", answer->object,
                    "%s: the server refuses all of it and gives no reason", answer->what);
    else
        osm_failure_of_shape(error, answer->what);
    return error;
}

static void on_statuses(struct opcua_client *client, const struct opcua_error *error,
                        yyjson_val *data, void *context)
{
    struct answer *answer = context;
    struct statuses statuses = {0};
    struct opcua_error shape;

    (void)client;
    if (!error && yyjson_is_obj(data)) {
        add_statuses(&statuses, yyjson_obj_get(data, "addResults"));
        add_statuses(&statuses, yyjson_obj_get(data, "removeResults"));
    } else if (!error) {
        add_statuses(&statuses, data);
    }
    if (!error)
        error = check_statuses(answer, &statuses, &shape);
    if (answer->told.statuses)
        answer->told.statuses(answer->context, error, error ? NULL : statuses.codes,
                              error ? 0 : statuses.count);
    free(statuses.codes);
    answer_free(answer);
}

void osm_client_send_statuses(struct osm_call *call, size_t expected, const char *what,
                              opcua_statuses_fn *done, void *context)
{
    struct answer *answer = answer_new(call, what, context);

    answer->told.statuses = done;
    answer->expected = expected;
    osm_call_send(call, on_statuses, answer);
}

void osm_client_take_statuses(void *context, const struct opcua_error *error,
                              const uint32_t *statuses, size_t count)
{
    struct osm_statuses_taken *taken = context;

    if (osm_client_take(&taken->base, error) && taken->statuses && count)
        memcpy(taken->statuses, statuses, count * sizeof(*statuses));
}

/* ---- nothing, or one status ----------------------------------------------------------------- */

static void on_done(struct opcua_client *client, const struct opcua_error *error, yyjson_val *data,
                    void *context)
{
    struct answer *answer = context;
    uint32_t status = (uint32_t)yyjson_get_uint(data);
    struct opcua_error refused;

    (void)client;
    if (!error && opcua_is_bad(status)) {
        osm_failure_of_status(&refused, status, answer->what, answer->object);
        error = &refused;
    }
    if (answer->told.done)
        answer->told.done(answer->context, error);
    answer_free(answer);
}

void osm_client_send_done(struct osm_call *call, const char *what, opcua_done_fn *done,
                          void *context)
{
    struct answer *answer = answer_new(call, what, context);

    answer->told.done = done;
    osm_call_send(call, on_done, answer);
}

/* ---- a node id or a text -------------------------------------------------------------------- */

static char *text_of(yyjson_val *data)
{
    yyjson_val *tagged = yyjson_obj_get(data, "v");

    if (yyjson_is_str(tagged) || yyjson_is_str(data))
        return osm_client_text_of(yyjson_is_str(tagged) ? tagged : data);
    return osm_value_read_node_id(data);
}

static void on_text(struct opcua_client *client, const struct opcua_error *error, yyjson_val *data,
                    void *context)
{
    struct answer *answer = context;
    _cleanup_(osm_freep) char *text = error ? NULL : text_of(data);
    struct opcua_error shape;

    (void)client;
    if (!error && !text) {
        osm_failure_of_shape(&shape, answer->what);
        error = &shape;
    }
    if (answer->told.text)
        answer->told.text(answer->context, error, text);
    answer_free(answer);
}

void osm_client_send_text(struct osm_call *call, const char *what, opcua_text_fn *done,
                          void *context)
{
    struct answer *answer = answer_new(call, what, context);

    answer->told.text = done;
    osm_call_send(call, on_text, answer);
}

void osm_client_take_text(void *context, const struct opcua_error *error, const char *text)
{
    struct osm_text_taken *taken = context;

    if (osm_client_take(&taken->base, error))
        taken->text = osm_strdup(text);
}

/* ---- a number ------------------------------------------------------------------------------- */

static void on_number(struct opcua_client *client, const struct opcua_error *error,
                      yyjson_val *data, void *context)
{
    struct answer *answer = context;
    struct opcua_error shape;

    (void)client;
    if (!error && !yyjson_is_uint(data)) {
        osm_failure_of_shape(&shape, answer->what);
        error = &shape;
    }
    if (answer->told.number)
        answer->told.number(answer->context, error, error ? 0 : yyjson_get_uint(data));
    answer_free(answer);
}

void osm_client_send_number(struct osm_call *call, const char *what, opcua_number_fn *done,
                            void *context)
{
    struct answer *answer = answer_new(call, what, context);

    answer->told.number = done;
    osm_call_send(call, on_number, answer);
}

void osm_client_take_number(void *context, const struct opcua_error *error, uint64_t number)
{
    struct osm_number_taken *taken = context;

    if (osm_client_take(&taken->base, error))
        taken->number = number;
}
