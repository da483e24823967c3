/* SPDX-License-Identifier: MIT */
/* When a session is degraded, why, and that it is told once, both ways. */
#include "testing/testing.h"

#include "core/session/session.h"
#include "core/subscription/publisher.h"
#include "testing/testing_events.h"
#include "testing/testing_publish.h"
#include "testing/testing_site.h"

#define KEEP_ALIVE 0 /* as a count of values */

static void is_well(const struct osm_session *session)
{
    struct osm_arena arena;

    osm_arena_init(&arena);
    assert_null(osm_session_ailment(session, &arena));
    assert_false(osm_session_is_degraded(session) || osm_session_view(session).degraded);
    osm_arena_deinit(&arena);
}

static void is_ill(const struct osm_session *session, const char *why)
{
    struct osm_arena arena;
    const char *ailment;

    osm_arena_init(&arena);
    ailment = osm_session_ailment(session, &arena);
    assert_non_null(ailment);
    if (!strstr(ailment, why))
        fail_msg("%s is not %s", ailment, why);
    assert_true(osm_session_is_degraded(session));
    osm_arena_deinit(&arena);
}

static void hears(struct test_ear *ear, const char *expected)
{
    const char *heard = test_ear_hears(ear);

    if (!strstr(heard, expected))
        fail_msg("heard: %s", heard);
}

/* Fewer requests are no ailment; none at all is one, until an answer comes. */
static void test_publish_is_refused(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);

    test_subscribe(session, 7);
    test_refuse(world, UA_STATUSCODE_BADTOOMANYPUBLISHREQUESTS);
    is_well(session);
    test_refuse(world, UA_STATUSCODE_BADTOOMANYPUBLISHREQUESTS);
    is_ill(session, "The server refuses Publish: BadTooManyPublishRequests");
    test_advance(world, 1000); /* it is asked again, which changes nothing yet */
    is_ill(session, "BadTooManyPublishRequests");
    test_bring(world, 7, 1, KEEP_ALIVE);
    is_well(session);
}

static void test_no_subscription_for_good(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);

    test_subscribe(session, 7);
    test_refuse(world, UA_STATUSCODE_BADINTERNALERROR);
    is_ill(session, "The server refuses Publish: BadInternalError");
    test_advance(world, 1000);
    test_bring(world, 7, 1, 1);
    is_well(session);
    test_bring_nonsense(world);
    is_ill(session, "The server's answer to Publish is of no use: BadDecodingError");
    test_advance(world, 1000);
    test_bring(world, 7, 2, 1);
    is_well(session);
}

/* Publish waits, and nothing comes: neither values nor keep-alives, one of which is due each 5 s.
 */
static void test_values_stop(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);

    test_subscribe(session, 7);
    test_bring(world, 7, 1, 1);
    test_advance(world, 5000);
    is_well(session);
    test_advance(world, 60000);
    is_ill(session, "Neither values nor keep-alives of subscription 7 come");
    test_bring(world, 7, 2, KEEP_ALIVE);
    is_well(session);
}

/* Told when it begins and when it is over, not in between. */
static void test_it_is_told_once(void **state)
{
    static struct test_ear ear;
    struct test_world *world = *state;
    struct osm_session *session = test_publishing(world);

    test_subscribe(session, 7);
    test_ear_begin(&ear, world);
    (void)test_ear_hears(&ear);
    test_refuse(world, UA_STATUSCODE_BADINTERNALERROR);
    test_advance(world, 500);
    hears(&ear, "SessionHealthChanged {\"state\":\"degraded\",\"reason\":\"The server refuses "
                "Publish: BadInternalError");
    test_advance(world, 300);
    assert_null(strstr(test_ear_hears(&ear), "SessionHealthChanged"));
    test_bring(world, 7, 1, KEEP_ALIVE);
    hears(&ear, "SessionHealthChanged {\"state\":\"active\",\"reason\":null");
    test_ear_end(&ear);
}

/* What nobody waits for is no ailment: callers who publish themselves hear of it themselves. */
static void test_callers_publish(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_session_open(world, "{}");

    test_subscribe(session, 7);
    test_advance(world, 60000);
    is_well(session);
}

/* How many items are refused, and what the server says of the first. */
static void test_items_are_refused(void **state)
{
    struct test_site *site = *state;

    test_site_subscribed(site, 2);
    site->plant.unknown = 2;
    test_site_lose_and_recover(site);
    is_ill(site->session, "1 monitored item of subscription 7 is refused, ns=2;i=2 with "
                          "BadNodeIdUnknown");
    site->plant.unknown = 0;
    test_site_pass(site, 60000);
    is_well(site->session);
    site->plant.items_fault = UA_STATUSCODE_BADOUTOFMEMORY;
    site->world->server.new_session = true;
    test_site_lose_and_recover(site);
    is_ill(site->session, "2 monitored items of subscription 7 are refused, ns=2;i=1 with "
                          "BadOutOfMemory");
    site->plant.items_fault = UA_STATUSCODE_GOOD;
    test_advance(site->world, 60000);
    is_well(site->session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_in_world(test_publish_is_refused), test_in_world(test_no_subscription_for_good),
        test_in_world(test_values_stop),        test_in_world(test_it_is_told_once),
        test_in_world(test_callers_publish),    test_on_site(test_items_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
