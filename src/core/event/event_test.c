/* SPDX-License-Identifier: MIT */
/* The table of events against the contract (daemon.md §11, extensions.md, differences.md). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/event/event.h"
#include "testing/testing_contract.h"

/* "ServerCertificateTrusted, …AutoAccepted": what a shortened name begins with. */
static bool find(const char *name, size_t length, enum osm_event_type *type)
{
    static const char stem[] = "ServerCertificate", more[] = "…";
    char whole[128];

    if (length <= strlen(more) || memcmp(name, more, strlen(more)) != 0)
        return osm_event_find(name, length, type);
    (void)snprintf(whole, sizeof(whole), "%s%.*s", stem, (int)(length - strlen(more)),
                   name + strlen(more));
    return osm_event_find(whole, strlen(whole), type);
}

static void test_events_of_the_contract(void **state)
{
    char *section = test_contract_section("daemon.md", "## 11.");
    struct test_contract_row row;
    osm_event_types seen = 0;
    const char *at = section;

    (void)state;
    while (test_contract_row(&at, &row))
        for (const char *name = row.cells[0] + (strncmp(row.cells[0], "4.4: ", 5) == 0 ? 5 : 0);
             *name; name += strspn(name, " ,/")) {
            size_t length = strcspn(name, " ,/");
            enum osm_event_type type;

            if (!find(name, length, &type))
                fail_msg("no event %.*s", (int)length, name);
            seen |= OSM_EVENT_BIT(type);
            name += length;
        }
    for (int i = 0; i < OSM_EVENT_COUNT_; i++)
        if (!(seen & OSM_EVENT_BIT(i)))
            fail_msg("the contract has no event %s", osm_event_name((enum osm_event_type)i));
    free(section);
}

static void test_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < OSM_EVENT_COUNT_; i++) {
        const char *name = osm_event_name((enum osm_event_type)i);
        enum osm_event_type found;

        assert_true(osm_event_find(name, strlen(name), &found));
        assert_int_equal(found, i);
        assert_false(osm_event_find(name, strlen(name) - 1, &found));
    }
    assert_true(OSM_EVENT_ALL & OSM_EVENT_BIT(OSM_EVENT_COUNT_ - 1));
    assert_true(osm_event_from_publish() & OSM_EVENT_BIT(OSM_EVENT_DATA_CHANGE_RECEIVED));
    assert_false(osm_event_from_publish() & OSM_EVENT_BIT(OSM_EVENT_CLIENT_CONNECTED));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events_of_the_contract),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
