/* SPDX-License-Identifier: MIT */
/* Acknowledgements on their way; see publish_acks.h. */
#include "core/subscription/publish_acks.h"

#include <stdbool.h>

#include "util/alloc.h"
#include "util/macros.h"

void osm_acks_clear(struct osm_publish_acks *acks)
{
    free(acks->ready);
    free(acks->withheld);
    *acks = (struct osm_publish_acks){0};
}

static bool is_ready(const struct osm_publish_acks *acks, const UA_SubscriptionAcknowledgement *ack)
{
    for (size_t i = acks->ready_size; i > 0; i--)
        if (acks->ready[i - 1].subscriptionId == ack->subscriptionId &&
            acks->ready[i - 1].sequenceNumber == ack->sequenceNumber)
            return true;
    return false;
}

void osm_acks_add(struct osm_publish_acks *acks, const UA_SubscriptionAcknowledgement *list,
                  size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (is_ready(acks, &list[i]))
            continue;
        if (acks->ready_size == OSM_PUBLISH_ACKS) {
            acks->dropped++;
            continue;
        }
        if (!acks->ready)
            acks->ready = osm_alloc(OSM_PUBLISH_ACKS * sizeof(*acks->ready));
        acks->ready[acks->ready_size++] = list[i];
    }
}

/* --- withheld ------------------------------------------------------------------------------ */

static struct osm_withheld_ack *withheld_at(struct osm_publish_acks *acks, size_t i)
{
    return &acks->withheld[(acks->withheld_first + i) % OSM_PUBLISH_ACKS_WITHHELD];
}

static void drop_oldest(struct osm_publish_acks *acks)
{
    acks->withheld_first = (acks->withheld_first + 1) % OSM_PUBLISH_ACKS_WITHHELD;
    acks->withheld_size--;
}

void osm_acks_withhold(struct osm_publish_acks *acks, UA_SubscriptionAcknowledgement ack,
                       uint64_t cursor)
{
    if (!acks->withheld)
        acks->withheld = osm_alloc(OSM_PUBLISH_ACKS_WITHHELD * sizeof(*acks->withheld));
    if (acks->withheld_size == OSM_PUBLISH_ACKS_WITHHELD) {
        drop_oldest(acks);
        acks->withheld_dropped++;
    }
    *withheld_at(acks, acks->withheld_size++) =
        (struct osm_withheld_ack){.ack = ack, .cursor = cursor};
}

void osm_acks_release(struct osm_publish_acks *acks, uint64_t cursor)
{
    while (acks->withheld_size && withheld_at(acks, 0)->cursor <= cursor) {
        osm_acks_add(acks, &withheld_at(acks, 0)->ack, 1);
        drop_oldest(acks);
    }
}

void osm_acks_forget(struct osm_publish_acks *acks, uint32_t subscription)
{
    size_t kept = 0;

    for (size_t i = 0; i < acks->ready_size; i++)
        if (acks->ready[i].subscriptionId != subscription)
            acks->ready[kept++] = acks->ready[i];
    acks->ready_size = kept;
    kept = 0;
    for (size_t i = 0; i < acks->withheld_size; i++)
        if (withheld_at(acks, i)->ack.subscriptionId != subscription)
            *withheld_at(acks, kept++) = *withheld_at(acks, i);
    acks->withheld_size = kept;
}
