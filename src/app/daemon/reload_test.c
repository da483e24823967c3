/* SPDX-License-Identifier: MIT */
/* SIGHUP reads files off the loop, the tokens too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/daemon/reload.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "util/alloc.h"

#define RIGHT "read 0123456789abcdef0123456789abcdef\n"

static struct {
    void (*work)(void *arg);
    void (*done)(void *arg);
    void *arg;
} given;

static void take_work(void *context, void (*work)(void *arg), void (*done)(void *arg), void *arg)
{
    (void)context;
    given.work = work;
    given.done = done;
    given.arg = arg;
}

static void write_tokens(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* What the file says when the thread gets to it, not when the signal came. */
static void test_tokens_are_read_by_the_thread(void **state)
{
    static const struct osm_loop_ops ops = {.work = take_work};
    const struct osm_loop loop = {.ops = &ops};
    char path[] = "/tmp/osm-reload-test-XXXXXX";
    struct osm_options options = {.token_file = path};
    struct osm_reload reload;
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    osm_reload_init(&reload, &options, 0, NULL);
    reload.loop = &loop;
    write_tokens(path, "wrong\n");
    osm_reload_start(&reload);
    assert_ptr_equal(given.arg, &reload);
    write_tokens(path, RIGHT);
    given.work(given.arg);
    assert_int_equal(reload.callers.result, 0);
    osm_reload_end(&reload);
    given.done(given.arg);
    assert_null(reload.callers.tokens);
    write_tokens(path, "wrong\n");
    reload.ended = false;
    osm_reload_start(&reload);
    given.work(given.arg);
    assert_true(reload.callers.result < 0);
    osm_reload_end(&reload);
    given.done(given.arg);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_tokens_are_read_by_the_thread)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
