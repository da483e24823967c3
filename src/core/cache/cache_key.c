/* SPDX-License-Identifier: MIT */
/* The keys of the cache; see cache_key.h. */
#include "core/cache/cache_key.h"

#include <string.h>

#include <open62541/types_generated_handling.h>

#include "util/digest.h"
#include "util/macros.h"

#define PARTS 4 /* besides those of the identity */

struct part {
    const void *data;
    uint32_t size;
};

static struct part text_part(const char *text)
{
    return (struct part){text, text ? (uint32_t)strlen(text) : 0};
}

static struct part node_part(struct osm_arena *arena, const UA_NodeId *node)
{
    UA_ByteString bytes = UA_BYTESTRING_NULL;

    if (!node)
        return (struct part){0};
    bytes.length = UA_calcSizeBinary(node, &UA_TYPES[UA_TYPES_NODEID]);
    bytes.data = osm_arena_alloc(arena, bytes.length);
    if (UA_encodeBinary(node, &UA_TYPES[UA_TYPES_NODEID], &bytes) != UA_STATUSCODE_GOOD)
        osm_assert(!"a NodeId that cannot be encoded");
    return (struct part){bytes.data, (uint32_t)bytes.length};
}

static uint8_t *add(uint8_t *at, const struct part *part)
{
    memcpy(at, &part->size, sizeof(part->size));
    at += sizeof(part->size);
    if (part->size)
        memcpy(at, part->data, part->size);
    return at + part->size;
}

struct osm_cache_key osm_cache_key_make(struct osm_arena *arena,
                                        const struct osm_cache_scope *scope,
                                        const struct osm_cache_what *what)
{
    const struct osm_identity *identity = scope->identity;
    const struct part numbering = {scope->numbering,
                                   what->node || what->suffix ? OSM_SHA1_BYTES : 0};
    const struct part parts[PARTS] = {node_part(arena, what->node),
                                      numbering,
                                      text_part(what->kind),
                                      {what->suffix, (uint32_t)what->suffix_size}};
    size_t user_size = identity->size - identity->endpoint_size;
    struct osm_cache_key key = {.length = identity->size};
    uint8_t *data, *at;

    for (size_t i = 0; i < PARTS; i++)
        key.length += sizeof(parts[i].size) + parts[i].size;
    data = osm_arena_alloc(arena, key.length);
    memcpy(data, identity->bytes, identity->endpoint_size);
    at = add(data + identity->endpoint_size, &parts[0]);
    key.subject = (size_t)(at - data);
    memcpy(at, identity->bytes + identity->endpoint_size, user_size);
    at += user_size;
    for (size_t i = 1; i < PARTS; i++)
        at = add(at, &parts[i]);
    key.data = data;
    return key;
}
