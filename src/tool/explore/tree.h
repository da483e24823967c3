/* SPDX-License-Identifier: MIT */
#ifndef OSM_TOOL_EXPLORE_TREE_H
#define OSM_TOOL_EXPLORE_TREE_H
/*
 * The address space as far as it has been looked at: a tree, loaded level by level, of which rows
 * can be seen, one of them under the cursor. A node that is reached in two ways stands in two
 * places; circles end because nothing is loaded before somebody asks. Pure: who asks the server is
 * told what to ask for.
 *
 * Nodes are named to those who wait for an answer by their serial, since they may be gone by then.
 */
#include <opcua-session.h>

struct osm_buf;

enum explore_state { EXPLORE_UNKNOWN, EXPLORE_LOADING, EXPLORE_LOADED, EXPLORE_FAILED };

struct explore_node {
    uint32_t serial;
    char *id, *browse_name, *name;
    uint32_t node_class; /* OPC 10000-3: 1 Object, 2 Variable, 4 Method … */
    unsigned depth;
    struct explore_node *parent, **children;
    size_t count;
    enum explore_state state; /* of the children */
    bool is_open;
    char *why; /* the children could not be loaded */
};

struct explore_tree {
    struct explore_node *root;
    struct explore_node **rows; /* what can be seen, from the top down */
    size_t row_count, cursor;
    uint32_t last_serial;
};

void explore_tree_init(struct explore_tree *tree, const char *id, const char *name);
void explore_tree_deinit(struct explore_tree *tree);
/* The node under the cursor. */
struct explore_node *explore_tree_current(const struct explore_tree *tree);
/* NULL = it is gone. */
struct explore_node *explore_tree_find(const struct explore_tree *tree, uint32_t serial);
struct explore_node *explore_tree_child(const struct explore_node *node, const char *id);

/* Moves the cursor by so many rows, as far as there are any; whether it has moved. */
bool explore_tree_move(struct explore_tree *tree, long rows);
/* Opens a node so that its children are seen, once they are there. */
void explore_tree_open(struct explore_tree *tree, struct explore_node *node);
/* Closes the node under the cursor; one that is closed gives the cursor to its parent. */
void explore_tree_close(struct explore_tree *tree);
/* Opens all above a node and puts the cursor on it. */
void explore_tree_show(struct explore_tree *tree, struct explore_node *node);

/* Whether the children of a node are to be asked for now; it counts as asked then. */
bool explore_tree_wants(struct explore_node *node);
/* They have come: what was there before is forgotten. The cursor stays where it is. */
void explore_tree_fill(struct explore_tree *tree, struct explore_node *node,
                       const struct opcua_reference *references, size_t count);
void explore_tree_fail(struct explore_tree *tree, struct explore_node *node, const char *why);
/* Forgets the children, to be loaded again. */
void explore_tree_forget(struct explore_tree *tree, struct explore_node *node);

/* What was on its way will not come, below closed nodes, too: it may be asked for again. */
void explore_tree_lost(struct explore_node *node);

/* A row: indentation, whether there is more below, the name. */
void explore_tree_line(struct osm_buf *out, const struct explore_node *node, bool utf8);

#endif
