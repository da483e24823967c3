/* SPDX-License-Identifier: MIT */
/* Acknowledgements on their way: each once, within bounds, and not before its events are safe. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/subscription/publish_acks.h"

static UA_SubscriptionAcknowledgement ack(uint32_t subscription, uint32_t number)
{
    return (UA_SubscriptionAcknowledgement){.subscriptionId = subscription,
                                            .sequenceNumber = number};
}

static void ready_is(const struct osm_publish_acks *acks, const char *expected)
{
    char text[256] = "";

    for (size_t i = 0; i < acks->ready_size; i++)
        (void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%u:%u", i ? " " : "",
                       acks->ready[i].subscriptionId, acks->ready[i].sequenceNumber);
    assert_string_equal(text, expected);
}

static void test_each_is_sent_once(void **state)
{
    const UA_SubscriptionAcknowledgement list[] = {ack(1, 1), ack(1, 2), ack(2, 1),
                                                   ack(1, 2), ack(1, 1), ack(9, 9)};
    struct osm_publish_acks acks = {0};

    (void)state;
    osm_acks_add(&acks, list, 5);
    ready_is(&acks, "1:1 1:2 2:1");
    osm_acks_add(&acks, list, 2);
    ready_is(&acks, "1:1 1:2 2:1");
    assert_int_equal(acks.dropped, 0);
    osm_acks_clear(&acks);
}

/* What has no room is counted; what is there already needs none. */
static void test_no_more_than_there_is_room_for(void **state)
{
    struct osm_publish_acks acks = {0};

    (void)state;
    for (uint32_t i = 1; i <= OSM_PUBLISH_ACKS; i++) {
        const UA_SubscriptionAcknowledgement one = ack(1, i);

        osm_acks_add(&acks, &one, 1);
    }
    assert_int_equal(acks.ready_size, OSM_PUBLISH_ACKS);
    assert_int_equal(acks.dropped, 0);
    osm_acks_add(&acks, (UA_SubscriptionAcknowledgement[]){ack(1, 1), ack(2, 1)}, 2);
    assert_int_equal(acks.ready_size, OSM_PUBLISH_ACKS);
    assert_int_equal(acks.dropped, 1);
    osm_acks_clear(&acks);
}

static void test_they_are_withheld_until_their_events_are_safe(void **state)
{
    struct osm_publish_acks acks = {0};

    (void)state;
    osm_acks_withhold(&acks, ack(1, 1), 10);
    osm_acks_withhold(&acks, ack(1, 2), 20);
    osm_acks_withhold(&acks, ack(1, 3), 30);
    osm_acks_release(&acks, 9);
    ready_is(&acks, "");
    osm_acks_release(&acks, 10);
    ready_is(&acks, "1:1");
    osm_acks_release(&acks, 29);
    ready_is(&acks, "1:1 1:2");
    assert_int_equal(acks.withheld_size, 1);
    osm_acks_release(&acks, UINT64_MAX);
    ready_is(&acks, "1:1 1:2 1:3");
    assert_int_equal(acks.withheld_size, 0);
    osm_acks_clear(&acks);
}

/* The ring goes round: the oldest make room, and the order stays. */
static void test_the_oldest_withheld_make_room(void **state)
{
    struct osm_publish_acks acks = {0};

    (void)state;
    for (uint32_t i = 1; i <= OSM_PUBLISH_ACKS_WITHHELD; i++)
        osm_acks_withhold(&acks, ack(1, i), i);
    assert_int_equal(acks.withheld_dropped, 0);
    for (uint32_t i = 1; i <= 3; i++)
        osm_acks_withhold(&acks, ack(2, i), OSM_PUBLISH_ACKS_WITHHELD + i);
    assert_int_equal(acks.withheld_dropped, 3);
    assert_int_equal(acks.withheld_size, OSM_PUBLISH_ACKS_WITHHELD);
    osm_acks_release(&acks, 5);
    ready_is(&acks, "1:4 1:5");
    osm_acks_forget(&acks, 1);
    ready_is(&acks, "");
    osm_acks_release(&acks, UINT64_MAX);
    ready_is(&acks, "2:1 2:2 2:3");
    osm_acks_clear(&acks);
}

static void test_those_of_a_subscription_are_forgotten(void **state)
{
    const UA_SubscriptionAcknowledgement list[] = {ack(1, 1), ack(2, 1), ack(1, 2), ack(3, 1)};
    struct osm_publish_acks acks = {0};

    (void)state;
    osm_acks_forget(&acks, 1);
    osm_acks_add(&acks, list, 4);
    osm_acks_withhold(&acks, ack(1, 3), 1);
    osm_acks_withhold(&acks, ack(2, 3), 2);
    osm_acks_withhold(&acks, ack(1, 4), 3);
    osm_acks_forget(&acks, 1);
    ready_is(&acks, "2:1 3:1");
    osm_acks_release(&acks, UINT64_MAX);
    ready_is(&acks, "2:1 3:1 2:3");
    osm_acks_clear(&acks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_is_sent_once),
        cmocka_unit_test(test_no_more_than_there_is_room_for),
        cmocka_unit_test(test_they_are_withheld_until_their_events_are_safe),
        cmocka_unit_test(test_the_oldest_withheld_make_room),
        cmocka_unit_test(test_those_of_a_subscription_are_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
