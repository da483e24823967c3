/* SPDX-License-Identifier: MIT */
/*
 * The way to a node that is named by its id: up along inverse references until the root, then down
 * the tree, loading what has not been loaded.
 */
#include "tool/explore/explore_internal.h"

#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"

#define MOST_STEPS ((size_t)64)

struct explore_way {
    uint32_t serial;
    char *ids[MOST_STEPS]; /* from the node up */
    size_t count;
    bool is_found; /* the way up; now it goes down */
};

void explore_way_free(struct explore_way *way)
{
    for (size_t i = 0; way && i < way->count; i++)
        free(way->ids[i]);
    free(way);
}

static void end_way(struct explore *app)
{
    explore_way_free(app->way);
    app->way = NULL;
}

static void ask_above(struct explore *app);

void explore_go_on(struct explore *app)
{
    struct explore_way *way = app->way;
    struct explore_node *node = app->tree.root;

    if (!way || !way->is_found)
        return;
    for (size_t i = way->count; i-- > 0;) {
        if (node->state == EXPLORE_FAILED) {
            explore_say(app, EXPLORE_BAD, "%s cannot be shown: %s", way->ids[0], node->why);
            end_way(app);
            return;
        }
        if (node->state != EXPLORE_LOADED) {
            explore_load(app, node);
            return;
        }
        node = explore_tree_child(node, way->ids[i]);
        if (!node) {
            explore_say(app, EXPLORE_WARNING,
                        "%s is not below the node it says it is below: it cannot be shown",
                        way->ids[i]);
            end_way(app);
            return;
        }
    }
    explore_tree_show(&app->tree, node);
    explore_say(app, EXPLORE_PLAIN, "%s", node->id);
    app->at_pane = false;
    end_way(app);
    explore_select(app);
}

static bool is_known(const struct explore_way *way, const char *id)
{
    for (size_t i = 0; i < way->count; i++) {
        if (strcmp(way->ids[i], id) == 0)
            return true;
    }
    return false;
}

static void on_above(void *context, const struct opcua_error *error,
                     const struct opcua_reference *references, size_t count)
{
    struct explore_call *call = context;
    uint32_t serial = call->serial;
    struct explore *app = explore_call_end(call);
    struct explore_way *way = app ? app->way : NULL;
    size_t at = 0;

    if (!way || way->serial != serial)
        return;
    while (!error && at < count && is_known(way, references[at].node))
        at++;
    if (!error && at < count && strcmp(references[at].node, EXPLORE_ROOT) == 0) {
        way->is_found = true;
        explore_go_on(app);
    } else if (!error && at < count && way->count < MOST_STEPS) {
        way->ids[way->count++] = osm_strdup(references[at].node);
        ask_above(app);
    } else {
        if (error)
            explore_say_error(app, way->ids[0], error);
        else
            explore_say(app, EXPLORE_WARNING, "%s: no way leads there from the root of the tree",
                        way->ids[0]);
        end_way(app);
    }
}

static void ask_above(struct explore *app)
{
    static const struct opcua_browse_options options = {.direction = OPCUA_INVERSE};

    opcua_browse_async(app->tool->client, app->way->ids[app->way->count - 1], &options, on_above,
                       explore_call_new(app, app->way->serial));
}

/* Browsing what is not there finds nothing, without a word. */
static void on_there(void *context, const struct opcua_error *error,
                     const struct opcua_data_value *values, size_t count)
{
    struct explore_call *call = context;
    uint32_t serial = call->serial;
    struct explore *app = explore_call_end(call);
    struct explore_way *way = app ? app->way : NULL;

    if (!way || way->serial != serial)
        return;
    if (!error && count == 1 && !opcua_is_bad(values[0].status)) {
        ask_above(app);
        return;
    }
    if (error)
        explore_say_error(app, way->ids[0], error);
    else
        explore_say_status(app, way->ids[0], count ? values[0].status : 0);
    end_way(app);
}

void explore_go(struct explore *app, const char *id)
{
    static uint32_t last_serial;
    const struct opcua_read_item item = {id, 1, NULL};

    end_way(app);
    if (app->link != EXPLORE_ONLINE) {
        explore_say(app, EXPLORE_WARNING, "Not connected: press R to connect again");
        return;
    }
    if (strcmp(id, EXPLORE_ROOT) == 0) {
        explore_tree_show(&app->tree, app->tree.root);
        explore_select(app);
        return;
    }
    app->way = osm_alloc(sizeof(*app->way));
    app->way->serial = ++last_serial;
    app->way->ids[app->way->count++] = osm_strdup(id);
    explore_say(app, EXPLORE_PLAIN, "Looking for the way to %s", id);
    opcua_read_async(app->tool->client, &item, 1, on_there,
                     explore_call_new(app, app->way->serial));
}
