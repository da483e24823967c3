/* SPDX-License-Identifier: MIT */
/* The tree of nodes. */
#include "tool/explore/tree.h"

#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/buf.h"
#include "util/macros.h"

static void free_node(struct explore_node *node);

static void free_children(struct explore_node *node)
{
    for (size_t i = 0; i < node->count; i++)
        free_node(node->children[i]);
    free(node->children);
    free(node->why);
    node->children = NULL;
    node->count = 0;
    node->why = NULL;
}

static void free_node(struct explore_node *node)
{
    free_children(node);
    free(node->id);
    free(node->browse_name);
    free(node->name);
    free(node);
}

static struct explore_node *new_node(struct explore_tree *tree, struct explore_node *parent,
                                     const char *id, const char *browse_name, const char *name)
{
    struct explore_node *node = osm_alloc(sizeof(*node));

    node->serial = ++tree->last_serial;
    node->id = osm_strdup(id);
    node->browse_name = osm_strdup(browse_name ? browse_name : "");
    node->name = osm_strdup(name && *name ? name : browse_name && *browse_name ? browse_name : id);
    node->parent = parent;
    node->depth = parent ? parent->depth + 1 : 0;
    return node;
}

/* ---- rows --------------------------------------------------------------------------------- */

static size_t count_seen(const struct explore_node *node)
{
    size_t count = 1;

    for (size_t i = 0; node->is_open && i < node->count; i++)
        count += count_seen(node->children[i]);
    return count;
}

static size_t put_rows(struct explore_node **rows, struct explore_node *node)
{
    size_t at = 0;

    rows[at++] = node;
    for (size_t i = 0; node->is_open && i < node->count; i++)
        at += put_rows(rows + at, node->children[i]);
    return at;
}

/* Whether other is node, or above it. */
static bool is_above(const struct explore_node *other, const struct explore_node *node)
{
    while (node && node != other)
        node = node->parent;
    return node;
}

/* Rows anew; the cursor stays on its node, or goes to the nearest above it that is still seen. */
static void lay_out(struct explore_tree *tree, const struct explore_node *current)
{
    tree->row_count = count_seen(tree->root);
    tree->rows = osm_alloc_resize(tree->rows, tree->row_count * sizeof(struct explore_node *));
    put_rows(tree->rows, tree->root);
    tree->cursor = 0;
    for (size_t i = 0; i < tree->row_count; i++) {
        if (is_above(tree->rows[i], current))
            tree->cursor = i; /* the deepest comes last */
    }
}

void explore_tree_init(struct explore_tree *tree, const char *id, const char *name)
{
    *tree = (struct explore_tree){0};
    tree->root = new_node(tree, NULL, id, name, name);
    tree->root->node_class = 1;
    tree->root->is_open = true;
    lay_out(tree, tree->root);
}

void explore_tree_deinit(struct explore_tree *tree)
{
    if (tree->root)
        free_node(tree->root);
    free(tree->rows);
    *tree = (struct explore_tree){0};
}

struct explore_node *explore_tree_current(const struct explore_tree *tree)
{
    return tree->rows[tree->cursor];
}

static struct explore_node *find(struct explore_node *node, uint32_t serial)
{
    struct explore_node *found = node->serial == serial ? node : NULL;

    for (size_t i = 0; !found && i < node->count; i++)
        found = find(node->children[i], serial);
    return found;
}

struct explore_node *explore_tree_find(const struct explore_tree *tree, uint32_t serial)
{
    return find(tree->root, serial);
}

struct explore_node *explore_tree_child(const struct explore_node *node, const char *id)
{
    for (size_t i = 0; i < node->count; i++) {
        if (strcmp(node->children[i]->id, id) == 0)
            return node->children[i];
    }
    return NULL;
}

/* ---- moving ------------------------------------------------------------------------------- */

bool explore_tree_move(struct explore_tree *tree, long rows)
{
    size_t before = tree->cursor, most = tree->row_count - 1;

    if (rows < 0)
        tree->cursor -= OSM_MIN((size_t)-rows, tree->cursor);
    else
        tree->cursor += OSM_MIN((size_t)rows, most - tree->cursor);
    return tree->cursor != before;
}

void explore_tree_open(struct explore_tree *tree, struct explore_node *node)
{
    node->is_open = true;
    lay_out(tree, explore_tree_current(tree));
}

void explore_tree_close(struct explore_tree *tree)
{
    struct explore_node *node = explore_tree_current(tree);

    if (node->is_open && node->count)
        node->is_open = false;
    else if (node->parent)
        node = node->parent;
    lay_out(tree, node);
}

void explore_tree_show(struct explore_tree *tree, struct explore_node *node)
{
    for (struct explore_node *above = node->parent; above; above = above->parent)
        above->is_open = true;
    lay_out(tree, node);
}

/* ---- children ----------------------------------------------------------------------------- */

bool explore_tree_wants(struct explore_node *node)
{
    if (node->state == EXPLORE_LOADING || node->state == EXPLORE_LOADED)
        return false;
    node->state = EXPLORE_LOADING;
    return true;
}

/* The node the cursor may stand on when all below that one goes. */
static struct explore_node *kept_current(const struct explore_tree *tree, struct explore_node *node)
{
    struct explore_node *current = explore_tree_current(tree);

    return current != node && is_above(node, current) ? node : current;
}

void explore_tree_fill(struct explore_tree *tree, struct explore_node *node,
                       const struct opcua_reference *references, size_t count)
{
    struct explore_node *current = kept_current(tree, node);

    free_children(node);
    node->children = osm_alloc((count + 1) * sizeof(struct explore_node *));
    for (size_t i = 0; i < count; i++) {
        const struct opcua_reference *reference = &references[i];
        struct explore_node *child;

        if (explore_tree_child(node, reference->node))
            continue; /* referred to in two ways */
        child =
            new_node(tree, node, reference->node, reference->browse_name, reference->display_name);
        child->node_class = reference->node_class;
        node->children[node->count++] = child;
    }
    node->state = EXPLORE_LOADED;
    lay_out(tree, current);
}

void explore_tree_fail(struct explore_tree *tree, struct explore_node *node, const char *why)
{
    struct explore_node *current = kept_current(tree, node);

    free_children(node);
    node->why = osm_strdup(why);
    node->state = EXPLORE_FAILED;
    lay_out(tree, current);
}

void explore_tree_forget(struct explore_tree *tree, struct explore_node *node)
{
    struct explore_node *current = kept_current(tree, node);

    free_children(node);
    node->state = EXPLORE_UNKNOWN;
    lay_out(tree, current);
}

void explore_tree_lost(struct explore_node *node)
{
    if (node->state == EXPLORE_LOADING)
        node->state = EXPLORE_UNKNOWN;
    for (size_t i = 0; i < node->count; i++)
        explore_tree_lost(node->children[i]);
}

void explore_tree_line(struct osm_buf *out, const struct explore_node *node, bool utf8)
{
    const char *sign = "  ";

    if (node->state == EXPLORE_FAILED)
        sign = "! ";
    else if (node->state == EXPLORE_LOADING)
        sign = utf8 ? "\xe2\x80\xa6 " : "~ "; /* … */
    else if (node->state == EXPLORE_LOADED && node->count == 0)
        sign = utf8 ? "\xc2\xb7 " : ". "; /* · */
    else if (node->is_open)
        sign = utf8 ? "\xe2\x96\xbe " : "- "; /* ▾ */
    else
        sign = utf8 ? "\xe2\x96\xb8 " : "+ "; /* ▸ */
    osm_buf_printf(out, "%*s%s", (int)(2 * node->depth), "", sign);
    osm_buf_add_text(out, node->name);
    if (node->node_class == 4)
        osm_buf_add_text(out, "()");
}
