/* SPDX-License-Identifier: MIT */
/*
 * From what people write to node ids: paths with or without namespaces, children by their names;
 * the nearest right one for what is not there, and paths to go on with.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yyjson.h>

#include "tool/tool.h"
#include "util/alloc.h"
#include "util/buf.h"
#include "wire/text/json.h"

#define ROOT "i=84"
#define OBJECT 1u

/* ---- children by name ----------------------------------------------------------------------- */

static void print_path(struct osm_json *json, const struct tool_child *child)
{
    osm_json_object_begin(json);
    osm_json_key(json, "startingNodeId");
    osm_json_cstring(json, child->node);
    osm_json_key(json, "relativePath");
    osm_json_array_begin(json);
    osm_json_object_begin(json);
    osm_json_key(json, "targetName");
    osm_json_object_begin(json);
    osm_json_key(json, "ns");
    osm_json_uint(json, 0);
    osm_json_key(json, "name");
    osm_json_cstring(json, child->name);
    osm_json_object_end(json);
    osm_json_object_end(json);
    osm_json_array_end(json);
    osm_json_object_end(json);
}

/* The text of a NodeId object; NULL when it is none. */
static char *node_of(yyjson_val *object)
{
    struct opcua_value value = {0};
    struct opcua_error error;
    char *json = yyjson_val_write(object, YYJSON_WRITE_NOFLAG, NULL), *text = NULL;

    if (json && opcua_value_from_json(&value, OPCUA_TYPE_NODE_ID, json, strlen(json), &error) &&
        opcua_value_to_text(&value) && *opcua_value_to_text(&value))
        text = osm_strdup(opcua_value_to_text(&value));
    opcua_value_clear(&value);
    free(json);
    return text;
}

char *tool_children_ask(const struct tool_child *children, size_t count)
{
    _cleanup_(osm_buf_deinit) struct osm_buf out = {0};
    struct osm_json json;

    osm_json_init(&json, &out);
    osm_json_array_begin(&json);
    osm_json_array_begin(&json);
    for (size_t i = 0; i < count; i++)
        print_path(&json, &children[i]);
    osm_json_array_end(&json);
    osm_json_array_end(&json);
    return osm_strndup(out.data, out.length);
}

void tool_children_take(struct tool_child *children, size_t count, const char *answer,
                        size_t length)
{
    yyjson_doc *doc = yyjson_read(answer, length, YYJSON_READ_NOFLAG);
    yyjson_val *result;
    size_t i, all;

    yyjson_arr_foreach(yyjson_doc_get_root(doc), i, all, result)
    {
        yyjson_val *target = yyjson_arr_get_first(yyjson_obj_get(result, "targets"));

        if (i < count && target)
            children[i].found = node_of(yyjson_obj_get(target, "targetId"));
    }
    yyjson_doc_free(doc);
}

bool tool_find_children(struct tool *tool, struct tool_child *children, size_t count)
{
    _cleanup_(osm_freep) char *request = tool_children_ask(children, count), *answer = NULL;

    if (!opcua_query(tool->client, TOOL_CHILDREN_METHOD, request, &answer, &tool->error))
        return false;
    tool_children_take(children, count, answer, strlen(answer));
    return true;
}

/* ---- distance of words ---------------------------------------------------------------------- */

unsigned tool_distance(const char *a, const char *b)
{
    unsigned row[64];
    size_t length = strlen(b);

    if (length >= OSM_ARRAY_SIZE(row))
        return TOOL_FAR;
    for (unsigned i = 0; i <= length; i++)
        row[i] = i;
    for (unsigned i = 0; a[i]; i++) {
        unsigned corner = row[0]++;

        for (unsigned k = 0; k < length; k++) {
            unsigned change = corner + (a[i] != b[k]), step = OSM_MIN(row[k], row[k + 1]) + 1;

            corner = row[k + 1];
            row[k + 1] = OSM_MIN(change, step);
        }
    }
    return row[length];
}

bool tool_is_near(const char *meant, const char *written)
{
    size_t length = strlen(written);

    return *meant && tool_distance(written, meant) <= (length < 4 ? 1 : length < 9 ? 2 : 3);
}

/* ---- paths ---------------------------------------------------------------------------------- */

/* The name behind "2:". */
static const char *bare(const char *name)
{
    size_t digits = strspn(name, "0123456789");

    return digits && name[digits] == ':' ? name + digits + 1 : name;
}

/* How well a child fits the name that was written: 0 exactly, 1 but for the namespace, 2 as it is
 * shown, 3 not. */
static unsigned fit(const struct opcua_reference *child, const char *name)
{
    if (strcmp(child->browse_name, name) == 0)
        return 0;
    if (strcmp(bare(child->browse_name), name) == 0)
        return 1;
    return strcmp(child->display_name, name) == 0 ? 2 : 3;
}

static const struct opcua_reference *best_child(const struct opcua_reference *children,
                                                size_t count, const char *name)
{
    const struct opcua_reference *best = NULL;

    for (size_t i = 0; i < count; i++) {
        unsigned fits = fit(&children[i], name);

        if (fits < 3 && (!best || fits < fit(best, name)))
            best = &children[i];
    }
    return best;
}

static const char *nearest_child(const struct opcua_reference *children, size_t count,
                                 const char *name)
{
    const char *nearest = "";

    for (size_t i = 0; children && i < count; i++) {
        if (tool_distance(bare(name), bare(children[i].browse_name)) <
            tool_distance(bare(name), bare(nearest)))
            nearest = children[i].browse_name;
    }
    return tool_is_near(bare(nearest), bare(name)) ? nearest : "";
}

static void say_missing(struct tool *tool, const char *path, size_t parent, const char *name,
                        const char *nearest)
{
    tool->error = (struct opcua_error){.source = OPCUA_SOURCE_SERVER, .status = 0x806F0000u};
    snprintf(tool->error.message, sizeof(tool->error.message),
             "There is no node \"%.80s\" below %.*s", name, parent ? (int)OSM_MIN(parent, 300u) : 1,
             parent ? path : "/");
    if (*nearest)
        snprintf(tool->error.next, sizeof(tool->error.next), "Is %.*s/%s meant?",
                 (int)OSM_MIN(parent, 80u), path, nearest);
}

/* One step down. *at becomes the child; false with tool->error. */
static bool step(struct tool *tool, const char *path, size_t parent, const char *name, char **at)
{
    struct opcua_reference *children = NULL;
    const struct opcua_reference *child;
    size_t count = 0;

    if (!opcua_browse(tool->client, *at, NULL, &children, &count, &tool->error))
        return false;
    child = best_child(children, count, name);
    if (child) {
        free(*at);
        *at = osm_strdup(child->node);
    } else {
        say_missing(tool, path, parent, name, nearest_child(children, count, name));
    }
    opcua_references_free(children, count);
    return child != NULL;
}

/* Names without their namespace, and what is shown, are understood as well; that costs a request
 * for each of them. */
static char *walk(struct tool *tool, const char *path)
{
    _cleanup_(osm_freep) char *at = osm_strdup(ROOT);
    const char *name = path;

    while (*(name += strspn(name, "/"))) {
        size_t length = strcspn(name, "/");
        _cleanup_(osm_freep) char *part = osm_strndup(name, length);
        size_t parent = (size_t)(name - path);

        if (!step(tool, path, parent ? parent - 1 : 0, part, &at))
            return NULL;
        name += length;
    }
    return osm_steal(at);
}

char *tool_node(struct tool *tool, const char *text)
{
    char *node = NULL;

    if (text[0] != '/')
        return osm_strdup(text);
    if (opcua_resolve(tool->client, text, &node, &tool->error))
        return node;
    return tool->error.source == OPCUA_SOURCE_SERVER ? walk(tool, text) : NULL;
}

char *tool_node_below(struct tool *tool, const char *path, const char *parent, const char *text)
{
    _cleanup_(osm_freep) char *at = osm_strdup(parent);

    if (tool_is_node(text))
        return tool_node(tool, text);
    return step(tool, path, strlen(path), text, &at) ? osm_steal(at) : NULL;
}

/* ---- completing a path ---------------------------------------------------------------------- */

/* "2:Tank1" is "Tank1" where no other child is called so. */
static const char *short_name(const struct opcua_reference *children, size_t count, size_t at)
{
    const char *name = bare(children[at].browse_name);

    for (size_t i = 0; i < count; i++) {
        if (i != at && strcmp(bare(children[i].browse_name), name) == 0)
            return children[at].browse_name;
    }
    return name;
}

/* Whoever has begun with the namespace goes on with it. */
static const char *name_for(const struct opcua_reference *children, size_t count, size_t at,
                            const char *begun)
{
    const char *whole = children[at].browse_name;

    return *begun && strncmp(whole, begun, strlen(begun)) == 0 ? whole
                                                               : short_name(children, count, at);
}

void tool_visit_paths(struct tool *tool, const char *word, tool_path_fn *visit, void *context)
{
    const char *slash = strrchr(word, '/');
    _cleanup_(osm_freep) char *parent = osm_strndup(word, slash ? (size_t)(slash - word) : 0);
    _cleanup_(osm_freep) char *node = *parent ? tool_node(tool, parent) : osm_strdup(ROOT);
    struct opcua_reference *children = NULL;
    size_t count = 0;

    if (!node || !opcua_browse(tool->client, node, NULL, &children, &count, &tool->error))
        return;
    for (size_t i = 0; i < count; i++) {
        const char *name = name_for(children, count, i, slash ? slash + 1 : word);
        _cleanup_(osm_freep) char *path =
            osm_printf("%s/%s%s", parent, name, children[i].node_class == OBJECT ? "/" : "");

        if (*name && !strchr(name, '/')) /* no path can be written of such */
            visit(context, path);
    }
    opcua_references_free(children, count);
}

bool tool_is_node(const char *text)
{
    static const char *const kinds[] = {"i=", "s=", "g=", "b=", "ns=", "nsu="};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(kinds); i++) {
        if (strncmp(text, kinds[i], strlen(kinds[i])) == 0)
            return true;
    }
    return text[0] == '/';
}
