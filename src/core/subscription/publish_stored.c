/* SPDX-License-Identifier: MIT */
/* Publish responses that stay; see publish_stored.h. */
#include "core/subscription/publish_stored.h"

#include <open62541/types_generated_handling.h>

#include "core/subscription/notification_message.h"
#include "util/macros.h"

void osm_publish_large_free(struct osm_publish_large *large)
{
    if (large)
        large->free(large);
}

void osm_publish_store(struct osm_publish_stored *stored, const UA_PublishResponse *response,
                       struct osm_publish_large **large)
{
    *stored = (struct osm_publish_stored){.response = &stored->copy};
    if (large && *large && &(*large)->response == response) {
        stored->large = osm_steal(*large);
        stored->response = &stored->large->response;
        return;
    }
    osm_assert(UA_PublishResponse_copy(response, &stored->copy) == UA_STATUSCODE_GOOD);
}

void osm_publish_stored_clear(struct osm_publish_stored *stored)
{
    osm_publish_large_free(osm_steal(stored->large));
    UA_PublishResponse_clear(&stored->copy);
}

void osm_publish_stored_move(struct osm_publish_stored *to, const struct osm_publish_stored *from)
{
    *to = *from;
    if (!to->large)
        to->response = &to->copy;
}

size_t osm_publish_stored_bytes(const struct osm_publish_stored *stored)
{
    return stored->large ? stored->large->bytes : osm_notification_message_bytes(stored->response);
}
