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
#include "serve/method/args.h"
#include "wire/value/encode.h"
#include "wire/value/record.h"

struct osm_method {
    const char *name;
    unsigned flags;                         /* enum osm_op_flags */
    size_t state_size;                      /* of what decode fills and the operation works on */
    const struct osm_parameter *parameters; /* NULL = none */
    /* Decodes all parameters in order of position; false = fault set. NULL when there are none. */
    bool (*decode)(struct osm_decode *decode, struct osm_args *args,
                   const struct osm_session *session, void *state);
    osm_op_start_fn *start;
};

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

/* --- replying: the same code for both encodings --- */

/* Begins the reply and returns an encoder for its data, in the encoding the caller wants. Valid
 * until the step returns; osm_op_encoder() gives another one for a later step. */
struct osm_encoder osm_op_reply_encoder(struct osm_op *op);
struct osm_encoder osm_op_encoder(struct osm_op *op);

#endif
