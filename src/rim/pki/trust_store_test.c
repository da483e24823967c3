/* SPDX-License-Identifier: MIT */
/* A trust store's files: names, modes, links, allowed directories (ipc-protocol.md §6.2, S3). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rim/pki/trust_store.h"
#include "util/alloc.h"

#define ABC_SHA1 "a9993e364706816aba3e25717850c26c9cd0d89d"

struct room {
    char root[32]; /* a folder of this test's own */
    char *path;    /* <root>/a/store */
    char *outside; /* <root>/outside */
    char *allowed[2];
    struct osm_trust_store store;
};

static int setup(void **state)
{
    struct room *room = osm_alloc(sizeof(*room));

    (void)snprintf(room->root, sizeof(room->root), "/tmp/osm-trust-XXXXXX");
    assert_non_null(mkdtemp(room->root));
    room->path = osm_printf("%s/a/store", room->root);
    room->outside = osm_printf("%s/outside", room->root);
    assert_int_equal(mkdir(room->outside, 0700), 0);
    room->allowed[0] = osm_printf("%s/a", room->root);
    room->store.path = room->path;
    *state = room;
    return 0;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    return remove(path);
}

static int teardown(void **state)
{
    struct room *room = *state;

    assert_int_equal(nftw(room->root, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
    free(room->path);
    free(room->outside);
    free(room->allowed[0]);
    free(room);
    return 0;
}

static mode_t mode_of(const char *path, const char *name)
{
    char *full = osm_printf("%s/%s", path, name);
    struct stat status;
    int r = lstat(full, &status);

    free(full);
    return r < 0 ? 0 : status.st_mode;
}

/* Entries of a folder without "." and "..". */
static unsigned count(const char *path, const char *name)
{
    char *full = osm_printf("%s/%s", path, name);
    DIR *dir = opendir(full);
    unsigned entries = 0;

    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));)
        entries += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    assert_int_equal(closedir(dir), 0);
    free(full);
    return entries;
}

static void test_fingerprints(void **state)
{
    struct osm_fingerprint fingerprint = osm_trust_fingerprint_of("abc", 3);

    assert_string_equal(fingerprint.text, ABC_SHA1);
    assert_true(osm_trust_fingerprint_parse(ABC_SHA1, 40, &fingerprint));
    assert_string_equal(fingerprint.text, ABC_SHA1);
    assert_true(osm_trust_fingerprint_parse(
        "A9:99:3E:36:47:06:81:6A:BA:3E:25:71:78:50:C2:6C:9C:D0:D8:9D", 59, &fingerprint));
    assert_string_equal(fingerprint.text, ABC_SHA1);
    assert_false(osm_trust_fingerprint_parse("", 0, &fingerprint));
    assert_false(osm_trust_fingerprint_parse("aa:bb", 5, &fingerprint));
    assert_false(osm_trust_fingerprint_parse(ABC_SHA1 "0", 41, &fingerprint));
    assert_false(
        osm_trust_fingerprint_parse("../../../../../../../../../../etc/passwd", 40, &fingerprint));
    assert_false(
        osm_trust_fingerprint_parse("a9993e364706816aba3e25717850c26c9cd0d89\0", 40, &fingerprint));
}

static void test_prepare(void **state)
{
    struct room *room = *state;

    assert_int_equal(osm_trust_store_prepare(&room->store), 0);
    assert_int_equal(mode_of(room->path, "."), S_IFDIR | 0700);
    assert_int_equal(mode_of(room->path, "trusted"), S_IFDIR | 0700);
    assert_int_equal(mode_of(room->path, "rejected"), S_IFDIR | 0700);
    assert_int_equal(osm_trust_store_prepare(&room->store), 0); /* again */
}

static void test_trust_and_untrust(void **state)
{
    const struct osm_fingerprint fingerprint = osm_trust_fingerprint_of("abc", 3);
    struct room *room = *state;
    char content[8];
    char *path;
    int fd;

    assert_int_equal(osm_trust_store_trust(&room->store, "abc", 3), 0);
    assert_int_equal(osm_trust_store_trust(&room->store, "abc", 3), 0); /* replaces it */
    assert_int_equal(mode_of(room->path, "trusted/" ABC_SHA1 ".der"), S_IFREG | 0600);
    assert_int_equal(count(room->path, "trusted"), 1);
    path = osm_printf("%s/trusted/%s.der", room->path, ABC_SHA1);
    fd = open(path, O_RDONLY);
    assert_int_equal(read(fd, content, sizeof(content)), 3);
    assert_memory_equal(content, "abc", 3);
    assert_int_equal(close(fd), 0);
    free(path);
    assert_int_equal(osm_trust_store_untrust(&room->store, &fingerprint), 0);
    assert_int_equal(osm_trust_store_untrust(&room->store, &fingerprint), 0); /* not there */
    assert_int_equal(count(room->path, "trusted"), 0);
}

static void test_accept_and_drop(void **state)
{
    const struct osm_fingerprint fingerprint = osm_trust_fingerprint_of("abc", 3);
    struct room *room = *state;
    char *path;

    assert_int_equal(osm_trust_store_accept(&room->store, &fingerprint), -ENOENT);
    assert_int_equal(osm_trust_store_drop(&room->store, &fingerprint), 0);
    assert_int_equal(osm_trust_store_reject(&room->store, "abc", 3), 0);
    assert_int_equal(osm_trust_store_accept(&room->store, &fingerprint), 0);
    assert_int_equal(count(room->path, "rejected"), 0);
    assert_int_equal(osm_trust_store_holds(&room->store, "abc", 3), 1);
    assert_int_equal(osm_trust_store_reject(&room->store, "abc", 3), 0);
    assert_int_equal(osm_trust_store_drop(&room->store, &fingerprint), 0);
    assert_int_equal(count(room->path, "rejected"), 0);
    /* a file that is not what its name says is not trusted */
    assert_int_equal(osm_trust_store_untrust(&room->store, &fingerprint), 0);
    assert_int_equal(osm_trust_store_reject(&room->store, "abc", 3), 0);
    path = osm_printf("%s/rejected/%s.der", room->path, ABC_SHA1);
    assert_int_equal(truncate(path, 2), 0);
    assert_int_equal(osm_trust_store_accept(&room->store, &fingerprint), -EBADMSG);
    assert_int_equal(count(room->path, "trusted"), 0);
    assert_int_equal(count(room->path, "rejected"), 1);
    free(path);
}

static void test_untrust_without_store(void **state)
{
    const struct osm_fingerprint fingerprint = osm_trust_fingerprint_of("abc", 3);
    struct room *room = *state;

    assert_int_equal(osm_trust_store_untrust(&room->store, &fingerprint), 0);
}

/* A link in place of trusted/ leads nowhere; one in place of a certificate is replaced. */
static void test_links(void **state)
{
    struct room *room = *state;
    char *trusted = osm_printf("%s/trusted", room->path);
    char *certificate = osm_printf("%s/" ABC_SHA1 ".der", trusted);
    char *victim = osm_printf("%s/victim", room->outside);

    assert_int_equal(osm_trust_store_prepare(&room->store), 0);
    assert_int_equal(symlink(victim, certificate), 0);
    assert_int_equal(osm_trust_store_trust(&room->store, "abc", 3), 0);
    assert_int_equal(mode_of(room->outside, "victim"), 0);
    assert_int_equal(mode_of(trusted, ABC_SHA1 ".der"), S_IFREG | 0600);
    assert_int_equal(unlink(certificate), 0);
    assert_int_equal(rmdir(trusted), 0);
    assert_int_equal(symlink(room->outside, trusted), 0);
    assert_true(osm_trust_store_trust(&room->store, "abc", 3) < 0);
    assert_int_equal(count(room->outside, "."), 0);
    free(trusted);
    free(certificate);
    free(victim);
}

/* S3: what counts is where the directory is when it is used. */
static void test_allowed_dirs(void **state)
{
    struct room *room = *state;

    room->store.allowed_dirs = room->allowed;
    assert_int_equal(osm_trust_store_trust(&room->store, "abc", 3), -EACCES);
    assert_int_equal(mkdir(room->allowed[0], 0700), 0); /* what is not there allows nothing */
    assert_int_equal(osm_trust_store_trust(&room->store, "abc", 3), 0);
    room->store.path = room->allowed[0]; /* an allowed directory itself */
    assert_int_equal(osm_trust_store_prepare(&room->store), 0);
    room->store.path = room->outside;
    assert_int_equal(osm_trust_store_prepare(&room->store), -EACCES);
    assert_int_equal(count(room->outside, "."), 0);
    room->store.path = room->path; /* its name leads elsewhere by now */
    char *moved = osm_printf("%s/moved", room->root);
    assert_int_equal(rename(room->path, moved), 0);
    assert_int_equal(symlink(room->outside, room->path), 0);
    assert_int_equal(osm_trust_store_trust(&room->store, "abc", 3), -EACCES);
    assert_int_equal(count(room->outside, "."), 0);
    free(moved);
}

static void test_unusable(void **state)
{
    struct room *room = *state;
    char *file = osm_printf("%s/a", room->root);
    int fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    assert_int_equal(close(fd), 0);
    assert_int_equal(osm_trust_store_prepare(&room->store), -ENOTDIR);
    assert_int_equal(osm_trust_store_trust(&room->store, "abc", 3), -ENOTDIR);
    free(file);
}

#define in_room(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fingerprints), in_room(test_prepare),
        in_room(test_trust_and_untrust),     in_room(test_accept_and_drop),
        in_room(test_untrust_without_store), in_room(test_links),
        in_room(test_allowed_dirs),          in_room(test_unusable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
