/* SPDX-License-Identifier: MIT */
/* Notices: raised once and settled once in the log, bounded, in rounds (notices.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/manager/notices.h"
#include "util/buf.h"
#include "util/log.h"
#include "util/read_file.h"

#define URL "opc.tcp://plant:4840"

static char log_path[] = "/tmp/osm-notices-XXXXXX";

static int setup(void **state)
{
    close(mkstemp(log_path));
    assert_int_equal(osm_log_open(log_path, OSM_LOG_INFO), 0);
    *state = osm_notices_new(osm_clock_system());
    return 0;
}

static int teardown(void **state)
{
    *state = osm_notices_free(*state);
    osm_log_close();
    unlink(log_path);
    memcpy(log_path + sizeof(log_path) - 7, "XXXXXX", 6);
    return 0;
}

/* How often the log says that. */
static unsigned said(const char *what)
{
    _cleanup_(osm_buf_deinit) struct osm_buf log = {0};
    unsigned count = 0;

    assert_int_equal(osm_file_read(log_path, 1 << 20, &log, NULL), 0);
    for (const char *at = osm_buf_text(&log); (at = strstr(at, what)); at += strlen(what))
        count++;
    return count;
}

static size_t count(const struct osm_notices *notices, enum osm_notice_kind kind)
{
    size_t found = 0;

    for (const struct osm_notice *at = osm_notices_first(notices); at; at = at->next)
        found += at->kind == kind;
    return found;
}

/* A round of the kind that sees nothing but `kept`; NULL = nothing at all. */
static void settle_all_but(struct osm_notices *notices, enum osm_notice_kind kind, const char *kept)
{
    osm_notices_round_begin(notices, OSM_NOTICE_BIT(kind));
    if (kept)
        osm_notices_keep(notices, kind, kept);
    osm_notices_round_end(notices, OSM_NOTICE_BIT(kind));
}

static void test_told_once(void **state)
{
    struct osm_notices *notices = *state;
    const struct osm_notice *first;

    osm_notices_raise(notices, OSM_NOTICE_CLOCK, URL, URL, "60 s apart");
    osm_notices_raise(notices, OSM_NOTICE_CLOCK, URL, URL, "61 s apart");
    assert_int_equal(said("[WARNING] " URL ": 60 s apart. Set the clock"), 1);
    assert_int_equal(said("61 s"), 0);
    first = osm_notices_first(notices);
    assert_string_equal(first->text, "61 s apart");
    assert_string_equal(first->object, URL);
    assert_string_equal(first->endpoint, URL);
    assert_true(first->since > 1e9);
    assert_null(first->next);
    settle_all_but(notices, OSM_NOTICE_CLOCK, URL);
    settle_all_but(notices, OSM_NOTICE_LIMITS, NULL);
    assert_int_equal(said("settled"), 0);
    settle_all_but(notices, OSM_NOTICE_CLOCK, "another");
    settle_all_but(notices, OSM_NOTICE_CLOCK, NULL);
    assert_int_equal(said("[INFO] " URL ": settled, it was: 61 s apart"), 1);
    assert_null(osm_notices_first(notices));
    osm_notices_raise(notices, OSM_NOTICE_CLOCK, URL, URL, "60 s apart");
    assert_int_equal(said("60 s apart. "), 2);
}

static void test_rounds(void **state)
{
    struct osm_notices *notices = *state;
    const unsigned servers = OSM_NOTICE_BIT(OSM_NOTICE_CLOCK) | OSM_NOTICE_BIT(OSM_NOTICE_LIMITS);

    osm_notices_raise(notices, OSM_NOTICE_CLOCK, "again", NULL, "apart");
    osm_notices_raise(notices, OSM_NOTICE_CLOCK, "away", NULL, "apart");
    osm_notices_raise(notices, OSM_NOTICE_LIMITS, "gone", NULL, "cut");
    osm_notices_raise(notices, OSM_NOTICE_DISK, "/disk", NULL, "full");
    osm_notices_round_begin(notices, servers);
    osm_notices_raise(notices, OSM_NOTICE_CLOCK, "again", NULL, "apart");
    osm_notices_keep(notices, OSM_NOTICE_CLOCK, "away");
    osm_notices_keep(notices, OSM_NOTICE_CLOCK, "never was");
    osm_notices_round_begin(notices, OSM_NOTICE_BIT(OSM_NOTICE_SPOOL));
    osm_notices_round_end(notices, OSM_NOTICE_BIT(OSM_NOTICE_SPOOL));
    osm_notices_round_end(notices, servers);
    assert_int_equal(count(notices, OSM_NOTICE_CLOCK), 2);
    assert_int_equal(count(notices, OSM_NOTICE_LIMITS), 0);
    assert_int_equal(count(notices, OSM_NOTICE_DISK), 1);
    assert_int_equal(said("settled"), 1);
}

static void test_bound(void **state)
{
    struct osm_notices *notices = *state;
    char object[32];

    for (int i = 0; i < OSM_NOTICES_MOST + 3; i++) {
        (void)snprintf(object, sizeof(object), "server %d", i);
        osm_notices_raise(notices, OSM_NOTICE_CLOCK, object, NULL, "apart");
    }
    assert_int_equal(count(notices, OSM_NOTICE_CLOCK), OSM_NOTICES_MOST);
    assert_int_equal(said("further ones are not told"), 1);
    settle_all_but(notices, OSM_NOTICE_CLOCK, "server 1");
    osm_notices_raise(notices, OSM_NOTICE_CLOCK, "room again", NULL, "apart");
    assert_int_equal(said("room again: apart"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_told_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rounds, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bound, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
