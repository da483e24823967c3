/* SPDX-License-Identifier: MIT */
/* See stream_items.h. */
#include "serve/command/stream_items.h"

#include <stdlib.h>

#include "util/alloc.h"
#include "util/macros.h"

#define WRONG                                                                                      \
    "items must be a list of at most 1000 pairs of subscriptionId and monitored item id, as in "   \
    "[[1,7],[1,8]]"

static uint64_t key_of(uint64_t subscription, uint64_t item)
{
    return subscription << 32 | item;
}

static int compare(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

    return left < right ? -1 : left > right;
}

static bool read_pair(yyjson_val *pair, uint64_t *key)
{
    yyjson_val *subscription = yyjson_arr_get(pair, 0), *item = yyjson_arr_get(pair, 1);

    if (yyjson_arr_size(pair) != 2 || !yyjson_is_uint(subscription) || !yyjson_is_uint(item) ||
        yyjson_get_uint(subscription) > UINT32_MAX || yyjson_get_uint(item) > UINT32_MAX)
        return false;
    *key = key_of(yyjson_get_uint(subscription), yyjson_get_uint(item));
    return true;
}

const char *osm_stream_items_read(struct osm_stream_items *items, yyjson_val *list)
{
    yyjson_arr_iter iter;
    yyjson_val *pair;

    if (!yyjson_is_arr(list) || yyjson_arr_size(list) == 0 ||
        yyjson_arr_size(list) > OSM_STREAM_ITEMS_MAX)
        return WRONG;
    *items =
        (struct osm_stream_items){.keys = osm_alloc(yyjson_arr_size(list) * sizeof(*items->keys))};
    iter = yyjson_arr_iter_with(list);
    while ((pair = yyjson_arr_iter_next(&iter))) {
        if (!read_pair(pair, &items->keys[items->size++])) {
            osm_stream_items_deinit(items);
            return WRONG;
        }
    }
    qsort(items->keys, items->size, sizeof(*items->keys), compare);
    return NULL;
}

void osm_stream_items_deinit(struct osm_stream_items *items)
{
    free(items->keys);
    *items = (struct osm_stream_items){0};
}

bool osm_stream_items_match(const struct osm_stream_items *items, const struct osm_event *event)
{
    uint64_t key = key_of(event->subscription, event->item);

    return !items->keys ||
           (event->item && bsearch(&key, items->keys, items->size, sizeof(key), compare));
}
