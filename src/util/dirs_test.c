/* SPDX-License-Identifier: MIT */
/* Making directories. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/dirs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/alloc.h"

static char folder[64];

static int setup(void **state)
{
    snprintf(folder, sizeof(folder), "/tmp/osm-dirs-test-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
    char *command = osm_printf("rm -rf %s", folder);
    int r = system(command);

    free(command);
    return r;
}

static void assert_mode(const char *path, mode_t mode)
{
    struct stat status;

    assert_int_equal(stat(path, &status), 0);
    assert_true(S_ISDIR(status.st_mode));
    assert_int_equal(status.st_mode & 07777, mode);
}

static void test_missing_ones_are_made_with_the_mode(void **state)
{
    char *path = osm_printf("%s/a//b/c/", folder), *above = osm_printf("%s/a", folder);

    assert_int_equal(osm_dirs_make(path, 0700), 0);
    assert_mode(path, 0700);
    assert_mode(above, 0700);
    assert_int_equal(osm_dirs_make(path, 0755), 0); /* existing ones are left alone */
    assert_mode(path, 0700);
    free(path);
    free(above);
}

static void test_a_file_in_the_way(void **state)
{
    char *file = osm_printf("%s/file", folder), *below = osm_printf("%s/file/x", folder);

    close(open(file, O_CREAT | O_WRONLY, 0600));
    assert_int_equal(osm_dirs_make(file, 0700), -ENOTDIR);
    assert_int_equal(osm_dirs_make(below, 0700), -ENOTDIR);
    assert_int_equal(osm_dirs_make("", 0700), -ENOENT);
    free(file);
    free(below);
}

static void test_parents(void **state)
{
    char *path = osm_printf("%s/p/q/file", folder), *above = osm_printf("%s/p/q", folder);

    assert_int_equal(osm_dirs_make_parent(path, 0700), 0);
    assert_mode(above, 0700);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(osm_dirs_make_parent("file", 0700), 0);
    assert_int_equal(osm_dirs_make_parent("/file", 0700), 0);
    free(path);
    free(above);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_missing_ones_are_made_with_the_mode),
        T(test_a_file_in_the_way),
        T(test_parents),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
