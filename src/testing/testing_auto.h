/* SPDX-License-Identifier: MIT */
#ifndef OSM_TESTING_TESTING_AUTO_H
#define OSM_TESTING_TESTING_AUTO_H
/* For tests of auto-connect: with the real commands, a scripted server and a clock turned by hand.
 */
#include "auto/auto_internal.h"
#include "testing/testing_command.h"
#include "testing/testing_plant.h"

struct test_auto {
    struct test_world *world;
    struct test_plant plant;
    struct osm_auto_connect *connect;
};

int test_auto_setup(void **state);
int test_auto_teardown(void **state);
/* One more connection to the plant; config is JSON, its subscriptions are without items. */
struct osm_desired_connection *test_want(struct osm_desired *wanted, const char *label,
                                         const char *config, size_t subscriptions);
/* … and an item in one of them, of node ns=1;i=<node>. */
struct osm_desired_item *test_want_item(struct osm_desired *wanted,
                                        struct osm_desired_subscription *subscription,
                                        unsigned node);
/* One connection, one subscription, items 1 … n. */
struct osm_desired *test_usual(unsigned items);
/* That is wanted from now on (owned). */
void test_apply(struct test_auto *site, struct osm_desired *wanted);
/* The first entry, the session it keeps, what status says of it. */
const struct osm_auto_entry *test_entry(const struct test_auto *site);
struct osm_session *test_entry_session(const struct test_auto *site);
void test_entry_is(const struct test_auto *site, const char *state);
/* The log without what publishing asks for by itself. */
void test_auto_did(struct test_auto *site, const char *expected);
/* The request of that service which the plant holds. */
struct osm_ua_call *test_held(struct test_auto *site, const struct osm_ua_service *service);

#define TEST_PLANT_URL "opc.tcp://plant:4840"
#define test_on_auto(test)                                                                         \
    cmocka_unit_test_setup_teardown(test, test_auto_setup, test_auto_teardown)

#endif
