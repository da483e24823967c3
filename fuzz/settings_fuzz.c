/* SPDX-License-Identifier: MIT */
/*
 * Files of connections: whatever stands in them, reading ends, findings have lines, and what is
 * taken keeps the promises of auto/desired.h.
 */
#include <stdint.h>
#include <string.h>

#include "app/conf/connections.h"
#include "util/alloc.h"
#include "yaml/yaml_tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t weigh(const struct osm_node *node, unsigned depth)
{
    size_t weight = 1;

    osm_assert(node->line > 0 && depth <= OSM_TREE_DEPTH);
    for (size_t i = 0; node->kind == OSM_NODE_LIST && i < node->length; i++)
        weight += weigh(node->members[i], depth + 1);
    for (size_t i = 0; node->kind == OSM_NODE_MAP && i < node->length; i++)
        weight += weigh(node->pairs[i].key, depth + 1) + weigh(node->pairs[i].value, depth + 1);
    return weight;
}

static void check(const struct osm_desired *wanted)
{
    for (size_t i = 0; i < wanted->size; i++) {
        const struct osm_desired_connection *one = &wanted->connections[i];

        osm_assert(one->label && one->endpoint && one->line);
        osm_assert(osm_desired_session_equal(one, one));
        for (size_t j = 0; j < one->subscriptions_size; j++) {
            const struct osm_desired_subscription *subscription = &one->subscriptions[j];

            osm_assert(osm_desired_params_equal(subscription, subscription));
            for (size_t k = 0; k < subscription->items_size; k++)
                osm_assert(
                    osm_desired_item_equal(&subscription->items[k], &subscription->items[k]));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct osm_desired *wanted = osm_desired_new();
    struct osm_faults faults = {0};
    struct osm_arena arena;
    const struct osm_node *root;
    bool good = false;

    osm_arena_init(&arena);
    root = osm_tree_read(&arena, "fuzz", (const char *)data, size, &faults);
    if (root) {
        osm_assert(root->weight > 100000 || weigh(root, 0) <= root->weight);
        good = osm_connections_read(wanted, "fuzz", root, &faults);
        check(wanted);
    }
    osm_assert(root || faults.errors || !good);
    osm_assert(good || faults.errors || !root);
    osm_arena_deinit(&arena);
    osm_desired_free(wanted);
    osm_findings_deinit(&faults);
    return 0;
}
