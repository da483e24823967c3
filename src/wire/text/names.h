/* SPDX-License-Identifier: MIT */
#ifndef OSM_WIRE_TEXT_NAMES_H
#define OSM_WIRE_TEXT_NAMES_H
/*
 * Namespaces given by their URI, `nsu=<uri>;`, in the text of node ids, names and paths
 * (OPC 10000-6 §5.1.12; contract: methods.md §2.1). Within the URI `;` and `%` are written %3B
 * and %25.
 *
 * A `struct osm_names` is what one request knows of its server's numbers: the NamespaceArray, and
 * which parts of it the request depends on. Servers may number their namespaces anew between the
 * reading of a request and its execution (serve/method/run.c); what has been noted here says
 * whether that matters.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <open62541/types.h>

#include "util/arena.h"
#include "util/buf.h"
#include "util/fault.h"
#include "util/macros.h"
#include "wire/text/names_table.h"

/* Stands for a namespace the server has not got: no server numbers so far. */
#define OSM_NO_NAMESPACE UINT16_MAX
/* So many unknown ones of a request are named. */
#define OSM_NAMES_NOTES 8

struct osm_names {
    const UA_String *uris; /* the server's NamespaceArray, borrowed */
    size_t size;
    const struct osm_names_table *table; /* of it, borrowed; NULL = looked through */
    bool known; /* it is the server's present one; else every URI is left open */
    /* Nobody knows it yet: an id becomes its whole text, `nsu=<uri>;<t>=<v>`, as a string id of
     * namespace 0, a name its whole text, until osm_event_filter_number() and its like. */
    bool deferred;
    bool lenient; /* an unknown URI becomes OSM_NO_NAMESPACE, for the server to refuse */

    bool by_uri;      /* found so far: a URI … */
    bool open;        /* … that could not be looked up yet */
    uint64_t numbers; /* … indexes of 2 and above: bit n, the last one for all that follow */

    UA_String last; /* the URI looked up last: ids of one request resemble each other */
    uint16_t last_index;

    size_t missing; /* how many were unknown while lenient */
    /* What there is to say of the first ones, with their place, and of the last one; in the arena
     * of the ids. */
    const char *notes[OSM_NAMES_NOTES];
    const char *missed;
};

/* An index that was given as a number. */
static inline void osm_names_note(struct osm_names *names, uint16_t index)
{
    if (names && index > 1)
        names->numbers |= (uint64_t)1 << OSM_MIN(index, 63);
}

/* Whether the text starts with `nsu=`. */
bool osm_names_is_uri(const char *text, size_t length);
/* Splits `nsu=<uri>;` off: its length, 0 when it does not end; the URI is unescaped, in the arena
 * or in the text. */
size_t osm_names_split(const char *text, size_t length, struct osm_arena *arena, UA_String *uri);
/* The opposite: `nsu=<uri>;`, escaped. */
void osm_names_print_uri(struct osm_buf *out, const UA_String *uri);
/* The index of the URI. InvalidNodeIdException, naming it and what the server has, when it is
 * unknown. names NULL: URIs cannot be used here. */
OSM_MUST_CHECK bool osm_names_resolve(struct osm_names *names, const UA_String *uri,
                                      uint16_t *index, struct osm_arena *arena,
                                      struct osm_fault *fault);

/* Length of the first segment of a path, up to the next `/`; those within a URI do not count. */
size_t osm_names_segment(const char *text, size_t length);
/* The path with every `nsu=<uri>;` written as number and colon; in the arena if it had any. */
OSM_MUST_CHECK bool osm_names_number_path(struct osm_names *names, UA_String *path,
                                          struct osm_arena *arena, struct osm_fault *fault);

#endif
