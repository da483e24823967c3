/* SPDX-License-Identifier: MIT */
/* What a node of the tree says; see yaml_tree.h. */
#include <string.h>

#include "util/macros.h"
#include "yaml/yaml_tree.h"

const struct osm_node *osm_node_get(const struct osm_node *map, const char *key)
{
    for (size_t i = 0; map->kind == OSM_NODE_MAP && i < map->length; i++)
        if (strcmp(map->pairs[i].key->text, key) == 0)
            return map->pairs[i].value;
    return NULL;
}

static bool is_word(const struct osm_node *node, const char *const *words)
{
    for (; node->kind == OSM_NODE_SCALAR && node->plain && *words; words++)
        if (strcmp(node->text, *words) == 0 && strlen(*words) == node->length)
            return true;
    return false;
}

bool osm_node_is_null(const struct osm_node *node)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL", NULL};

    return is_word(node, words);
}

bool osm_node_is_bool(const struct osm_node *node, bool *value)
{
    static const char *const yes[] = {"true", "True", "TRUE", NULL};
    static const char *const no[] = {"false", "False", "FALSE", NULL};

    *value = is_word(node, yes);
    return *value || is_word(node, no);
}

bool osm_node_is_number(const struct osm_node *node, double *value)
{
    static const char *const not_finite[] = {".inf", "-.inf", ".nan", NULL};
    char *end = NULL;

    if (node->kind != OSM_NODE_SCALAR || !node->plain || !node->length)
        return false;
    if (is_word(node, not_finite)) {
        *value = strcmp(node->text, ".nan") == 0 ? __builtin_nan("")
                                                 : (*node->text == '-' ? -1 : 1) * __builtin_inf();
        return true;
    }
    if (strspn(node->text, "0123456789+-.eE") != node->length || !strpbrk(node->text, "0123456789"))
        return false;
    *value = strtod(node->text, &end);
    return end == node->text + node->length;
}

const char *osm_node_what(const struct osm_node *node)
{
    bool truth;
    double number;

    if (node->kind == OSM_NODE_LIST)
        return "a list";
    if (node->kind == OSM_NODE_MAP)
        return "a map";
    if (osm_node_is_null(node))
        return "nothing";
    if (osm_node_is_bool(node, &truth))
        return "a bool";
    return osm_node_is_number(node, &number) ? "a number" : "a text";
}
