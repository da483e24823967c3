/* SPDX-License-Identifier: MIT */
/* The latest warnings and errors: newest first, bounded, whole characters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "util/log_recent.h"

struct seen {
    size_t count;
    char first[OSM_LOG_RECENT_TEXT], last[OSM_LOG_RECENT_TEXT];
};

static void see(void *arg, const struct osm_log_recent *line)
{
    struct seen *seen = arg;

    assert_true(line->time > 1e9);
    assert_true(line->level >= OSM_LOG_WARNING);
    if (!seen->count++)
        (void)snprintf(seen->first, sizeof(seen->first), "%s", line->text);
    (void)snprintf(seen->last, sizeof(seen->last), "%s", line->text);
}

static struct seen look(void)
{
    struct seen seen = {0};

    osm_log_recent_each(see, &seen);
    return seen;
}

static void test_what_is_kept(void **state)
{
    char wide[2 * OSM_LOG_RECENT_TEXT];
    struct seen seen;

    (void)state;
    assert_int_equal(osm_log_open("/dev/null", OSM_LOG_INFO), 0);
    osm_log_info("nothing to worry about");
    assert_int_equal(look().count, 0);
    osm_log_warning("one\nline");
    osm_log_error("two");
    seen = look();
    assert_int_equal(seen.count, 2);
    assert_string_equal(seen.first, "two");
    assert_string_equal(seen.last, "one\\x0aline");
    for (unsigned i = 0; i < OSM_LOG_RECENT + 5; i++)
        osm_log_warning("line %u", i);
    seen = look();
    assert_int_equal(seen.count, OSM_LOG_RECENT);
    assert_string_equal(seen.first, "line 204");
    assert_string_equal(seen.last, "line 5");
    for (size_t i = 0; i + 1 < sizeof(wide); i += 2)
        memcpy(wide + i, "\xC3\xA4", 2);
    wide[sizeof(wide) - 2] = '\0';
    osm_log_warning("%s", wide);
    assert_int_equal(strlen(look().first), OSM_LOG_RECENT_TEXT - 2);
    osm_log_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_what_is_kept)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
