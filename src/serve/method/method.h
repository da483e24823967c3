/* SPDX-License-Identifier: MIT */
#ifndef OSM_SERVE_METHOD_METHOD_H
#define OSM_SERVE_METHOD_METHOD_H
/*
 * The methods (methods.md §2, §4): one table row each, families in one file each. A row says how
 * a method decodes its parameters, how it may be ordered and repeated, and what it does first;
 * everything between is the operation's machinery (core/link/op.h). From the table follow the
 * whitelist of `query`, what `invoke` may call, what `describe` lists, and documentation.
 */
#include <stdbool.h>
#include <stddef.h>

#include "core/link/op.h"
#include "core/session/session.h"
#include "serve/method/parameters.h"
#include "serve/request/request.h"
#include "wire/value/encode.h"
#include "wire/value/record.h"

struct osm_method {
    const char *name;
    unsigned flags;                         /* enum osm_op_flags */
    size_t state_size;                      /* of what decode fills and the operation works on */
    const struct osm_parameter *parameters; /* NULL = none */
    bool keeps_json;                        /* what is read points into the request's JSON */
    /* After the parameters have been read into the state: what follows from them. False = fault
     * set; NULL = nothing. */
    bool (*complete)(struct osm_args *args, void *state);
    osm_op_start_fn *start;
    int variant; /* what methods of one kind differ in */
};

/* OSM_METHOD(read, .flags = …, …): the row of a method. */
#define OSM_METHOD(name_, ...)                                                                     \
    const struct osm_method osm_method_##name_ = {.name = #name_, __VA_ARGS__}

/* --- the table (table.c) --- */

/* The row of a whitelisted method of `query`, or NULL. */
const struct osm_method *osm_method_find(const char *name, size_t length);
/* The row of a method that `invoke` may call, or NULL. */
const struct osm_method *osm_method_find_registered(const char *name, size_t length);
/* What a caller must be allowed to do in order to run it. */
enum osm_role osm_method_role(const struct osm_method *method);
/* Calls visit for each registered method's name, in the order of `describe`. */
void osm_method_each_registered(void (*visit)(void *context, const char *name), void *context);

/* The table as a page of the documentation. */
void osm_methods_write_markdown(struct osm_buf *out);

/* Whether the caller may take or change what `maker` has made (differences.md S15); false = the
 * operation has been failed. */
bool osm_method_may_change(struct osm_op *op, uint64_t maker);

/* --- replying: the same code for both encodings --- */

/* Begins the reply; data is to be written into it, then osm_op_finish() ends it. */
struct osm_json *osm_reply_begin(struct osm_op *op);
/* The reply is null: the operation is over, op is invalid. */
void osm_reply_null(struct osm_op *op);
/* Replies that are one value: the operation is over, op is invalid. */
void osm_reply_uint(struct osm_op *op, uint64_t value);
void osm_reply_value(struct osm_op *op, const void *value, const UA_DataType *type);
void osm_reply_record(struct osm_op *op, const struct osm_record *record, const void *value);
void osm_reply_records(struct osm_op *op, const struct osm_record *record, const void *values,
                       size_t size);
/* Ends a reply that is a list, begun with osm_json_array_begin(), and the operation. */
void osm_reply_list_end(struct osm_op *op);
/* Begins the reply and returns an encoder for its data, in the encoding the caller wants. Valid
 * until the step returns; osm_reply_encoder_more() gives another one for a later step. */
struct osm_encoder osm_reply_encoder(struct osm_op *op);
struct osm_encoder osm_reply_encoder_more(struct osm_op *op);
/* The same for what a server answers in any size: what is given to them lies in the response; or,
 * if the step ends the operation, in its arena. Of a large response it is written off the loop
 * (reply_later.h), while the connection waits. */
struct osm_encoder osm_reply_answer_encoder(struct osm_op *op, const void *response);
struct osm_encoder osm_reply_answer_encoder_more(struct osm_op *op, const void *response);
void osm_reply_answer(struct osm_op *op, const void *response, const struct osm_record *record,
                      const void *value);
/* The same of a list of records. */
void osm_reply_answer_records(struct osm_op *op, const void *response,
                              const struct osm_record *record, const void *values, size_t size);

/* Bad statuses of browse and history are errors, and results have all they may have (M27). */
bool osm_reply_is_strict(const struct osm_op *op);
/* The same before there is an operation. */
bool osm_method_is_strict(const struct osm_request *request, const struct osm_session *session);
/* True when such a status has failed the operation. */
OSM_MUST_CHECK bool osm_reply_fail_strictly(struct osm_op *op, UA_StatusCode status);

/* --- a method at work (run.c) --- */

/* What the floor of the methods keeps of each operation: right before its state. */
struct osm_method_work {
    _Alignas(max_align_t) const struct osm_method *method;
    struct osm_arg_path *paths; /* arguments that stand for NodeIds, to be resolved first */
    void *prologue;             /* of a step that comes before start (path.c) */
    void *batch;                /* of the outstanding request (batch.c) */
    struct osm_names names;     /* what the parameters say of the server's namespaces … */
    bool is_dated;              /* … and under which numbering they were read last, if any */
    osm_epoch epoch;
    yyjson_val *container; /* the parameters, where they may have to be read again */
    bool tagged;
    struct osm_wire_context wire; /* what the encoder of the step at hand knows */
};

/* For parameters that are read while the operation is at work: the server's present namespaces. */
struct osm_names *osm_method_names(struct osm_op *op);

static inline struct osm_method_work *osm_method_work(const struct osm_op *op)
{
    return (struct osm_method_work *)op->state - 1;
}

static inline struct osm_session *osm_op_session(const struct osm_op *op)
{
    return osm_session_of(op->link);
}

static inline struct osm_request *osm_op_request(const struct osm_op *op)
{
    return osm_request_of(op->caller);
}

/* The part of a value that is meant: given, or else by the request's own `indexRange`. */
static inline UA_String osm_op_index_range(const struct osm_op *op, UA_String given)
{
    yyjson_val *value = osm_request_get(osm_op_request(op), OSM_REQUEST_indexRange);
    size_t length = yyjson_get_len(value);

    return given.length || !length
               ? given
               : (UA_String){length, (UA_Byte *)(uintptr_t)yyjson_get_str(value)};
}

#endif
