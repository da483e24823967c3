/* SPDX-License-Identifier: MIT */
/*
 * Nodes of the live address space that are like a given id: for completion, and for the one that is
 * meant when there is none of that id. The walk begins at the root, goes first where ids have most
 * in common with the one looked for, and is bounded in requests and time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "tool/tool.h"
#include "util/alloc.h"
#include "util/clock.h"

#define MOST_BROWSES 400
#define AT_LEISURE 1.5 /* seconds, for a suggestion that nobody has asked for */
#define OBJECT 1u
#define VARIABLE 2u

struct place {
    char *node;
    size_t common; /* leading characters it shares with what is looked for */
    bool browsed;
    UT_hash_handle hh;
};

static size_t common_length(const char *a, const char *b)
{
    size_t length = 0;

    while (a[length] && a[length] == b[length])
        length++;
    return length;
}

/* False: it is known already. */
static bool add(struct place **places, const char *node, const char *towards, bool browse)
{
    struct place *place;

    HASH_FIND_STR(*places, node, place);
    if (place)
        return false;
    place = osm_alloc(sizeof(*place));
    place->node = osm_strdup(node);
    place->common = common_length(node, towards);
    place->browsed = !browse;
    HASH_ADD_KEYPTR(hh, *places, place->node, strlen(place->node), place);
    return true;
}

static struct place *next_place(struct place *places)
{
    struct place *best = NULL, *place, *next;

    HASH_ITER (hh, places, place, next) {
        if (!place->browsed && (!best || place->common > best->common))
            best = place;
    }
    return best;
}

static void free_places(struct place *places)
{
    struct place *place, *next;

    HASH_ITER (hh, places, place, next) {
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the analyser cannot follow uthash */
        HASH_DEL(places, place);
        free(place->node);
        free(place);
    }
}

double tool_patience(const struct tool *tool, double otherwise)
{
    return tool->options.timeout ? strtod(tool->options.timeout, NULL) : otherwise;
}

void tool_visit_nodes(struct tool *tool, const char *towards, double seconds, tool_visit_fn *visit,
                      void *context)
{
    double until = (double)osm_clock_microseconds() + seconds * 1e6;
    struct place *places = NULL, *place;
    bool wanted = true;

    (void)add(&places, "i=84", towards, true);
    for (int i = 0;
         i < MOST_BROWSES && wanted && !tool_stopped && (double)osm_clock_microseconds() < until;
         i++) {
        struct opcua_reference *references = NULL;
        size_t count = 0;

        place = next_place(places);
        if (!place)
            break;
        place->browsed = true;
        if (!opcua_browse(tool->client, place->node, NULL, &references, &count, &tool->error))
            continue;
        for (size_t k = 0; k < count && wanted; k++) {
            uint32_t class = references[k].node_class;

            if (add(&places, references[k].node, towards, class == OBJECT || class == VARIABLE))
                wanted = visit(context, &references[k]);
        }
        opcua_references_free(references, count);
    }
    free_places(places);
}

/* ---- the one that is meant ------------------------------------------------------------------ */

struct nearest {
    const char *written;
    char *node;
    unsigned distance;
};

static bool is_nearer(void *context, const struct opcua_reference *reference)
{
    struct nearest *nearest = context;
    unsigned distance = tool_distance(nearest->written, reference->node);

    if (distance < nearest->distance) {
        free(nearest->node);
        nearest->node = osm_strdup(reference->node);
        nearest->distance = distance;
    }
    return nearest->distance > 1;
}

void tool_suggest_node(struct tool *tool, const char *node)
{
    struct nearest nearest = {.written = node, .distance = TOOL_FAR};
    const struct opcua_error before = tool->error;
    const char *identifier = strrchr(node, ';');

    /* Numbers are like each other without meaning anything. */
    if (!tool->client || strncmp(identifier ? identifier + 1 : node, "s=", 2) != 0)
        return;
    tool_visit_nodes(tool, node, tool_patience(tool, AT_LEISURE), is_nearer, &nearest);
    if (nearest.node && tool_is_near(nearest.node, node))
        tool_say(stderr, "  Is %s meant?\n", nearest.node);
    free(nearest.node);
    tool->error = before;
}
