/* SPDX-License-Identifier: MIT */
#ifndef OSM_CORE_SUBSCRIPTION_PUBLISH_STORED_H
#define OSM_CORE_SUBSCRIPTION_PUBLISH_STORED_H
/* Publish responses that stay: copied, or, where copying would hold the loop, as they are
 * (publish_large.h). */
#include <stddef.h>

#include <open62541/types_generated.h>

/* A large response that stays until it is freed. */
struct osm_publish_large {
    UA_PublishResponse response; /* borrows from what stays with it */
    size_t bytes;                /* of memory, about */
    size_t notifications;        /* data changes and events in it */
    size_t overflows, changes;   /* changes marked by the server; all of them */
    void (*free)(struct osm_publish_large *large);
};

/* NULL is fine. */
void osm_publish_large_free(struct osm_publish_large *large);

/* A response that stays; zeroed = none. */
struct osm_publish_stored {
    UA_PublishResponse *response; /* the copy, or in the large one */
    UA_PublishResponse copy;
    struct osm_publish_large *large; /* NULL = a copy */
};

/* Takes *large, if the response is its own, else copies. large, or what it points to, may be NULL.
 */
void osm_publish_store(struct osm_publish_stored *stored, const UA_PublishResponse *response,
                       struct osm_publish_large **large);
void osm_publish_stored_clear(struct osm_publish_stored *stored);
void osm_publish_stored_move(struct osm_publish_stored *to, const struct osm_publish_stored *from);
/* About as many bytes of memory as it takes. */
size_t osm_publish_stored_bytes(const struct osm_publish_stored *stored);

#endif
