/* SPDX-License-Identifier: MIT */
/* Files read whole: their bound, and what is no file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/read_file.h"

static char dir[] = "/tmp/osm-read-XXXXXX";
static char path[64];

static int setup(void **state)
{
    memcpy(strrchr(dir, '-') + 1, "XXXXXX", 6);
    assert_non_null(mkdtemp(dir));
    (void)snprintf(path, sizeof(path), "%s/file", dir);
    return 0;
}

static int teardown(void **state)
{
    (void)unlink(path);
    assert_int_equal(rmdir(dir), 0);
    return 0;
}

static void write_file(size_t size, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);

    assert_true(fd >= 0);
    assert_int_equal(fchmod(fd, mode), 0);
    for (size_t i = 0; i < size; i++)
        assert_int_equal(write(fd, &"0123456789"[i % 10], 1), 1);
    assert_int_equal(close(fd), 0);
}

static int read_it(size_t most, struct osm_buf *out)
{
    bool exposed;

    return osm_file_read(path, most, out, &exposed);
}

static void test_sizes(void **state)
{
    static const size_t sizes[] = {0, 1, 4095, 4096, 4097, 20000};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(sizes); i++) {
        struct osm_buf out = {0};

        write_file(sizes[i], 0600);
        osm_buf_add_text(&out, "before ");
        assert_int_equal(read_it(sizes[i], &out), 0);
        assert_int_equal(out.length, sizes[i] + 7);
        assert_memory_equal(out.data, "before ", 7);
        for (size_t at = 0; at < sizes[i]; at++)
            assert_int_equal(out.data[7 + at], "0123456789"[at % 10]);
        if (sizes[i])
            assert_int_equal(read_it(sizes[i] - 1, &out), -EFBIG);
        osm_buf_deinit(&out);
    }
}

static void test_exposed(void **state)
{
    static const struct {
        mode_t mode;
        bool exposed;
    } cases[] = {{0600, false}, {0400, false}, {0640, true}, {0604, true}};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        struct osm_buf out = {0};
        bool exposed = !cases[i].exposed;

        write_file(1, cases[i].mode);
        assert_int_equal(osm_file_read(path, 1, &out, &exposed), 0);
        assert_int_equal(exposed, cases[i].exposed);
        assert_int_equal(osm_file_read(path, 1, &out, NULL), 0);
        osm_buf_deinit(&out);
        assert_int_equal(unlink(path), 0);
    }
}

/* None of these is waited for, and a device without end is not read. */
static void test_no_file(void **state)
{
    static const char *const others[] = {"/dev/zero", "/dev/null", "/tmp"};
    struct osm_buf out = {0};
    bool exposed;

    assert_int_equal(read_it(10, &out), -ENOENT);
    assert_int_equal(osm_file_check(path), -ENOENT);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(read_it(10, &out), -EINVAL);
    assert_int_equal(osm_file_check(path), -EINVAL);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(others); i++) {
        assert_int_equal(osm_file_read(others[i], 10, &out, &exposed), -EINVAL);
        assert_int_equal(osm_file_check(others[i]), -EINVAL);
    }
    assert_int_equal(out.length, 0);
    assert_int_equal(unlink(path), 0);
    write_file(3, 0600);
    assert_int_equal(osm_file_check(path), 0);
    osm_buf_deinit(&out);
}

#define with_dir(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_dir(test_sizes),
        with_dir(test_exposed),
        with_dir(test_no_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
