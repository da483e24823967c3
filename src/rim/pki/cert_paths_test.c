/* SPDX-License-Identifier: MIT */
/* Which files may be read, and that it stays that file (S3): links, races, what is no file. */
#include "rim/pki/cert_paths.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <ftw.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rim/pki/trust_store.h"
#include "util/alloc.h"

#define INSIDE "inside"
#define SECRET "secret"
#define ROUNDS 3000

struct room {
    char root[40];
    char *allowed[2];
    char *inside, *secret; /* files below and outside the allowed directory */
    char *link;            /* below the allowed directory */
    struct osm_arena arena;
    struct osm_fault fault;
    struct osm_cert_file file;
    char *spare; /* another link, renamed to and fro */
    atomic_bool stop;
};

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int setup(void **state)
{
    struct room *room = osm_alloc(sizeof(*room));
    char *outside;

    (void)snprintf(room->root, sizeof(room->root), "/tmp/osm-cert-paths-XXXXXX");
    assert_non_null(mkdtemp(room->root));
    room->allowed[0] = osm_printf("%s/allowed", room->root);
    outside = osm_printf("%s/allowed-evil", room->root);
    assert_int_equal(mkdir(room->allowed[0], 0700), 0);
    assert_int_equal(mkdir(outside, 0700), 0);
    room->inside = osm_printf("%s/cert.pem", room->allowed[0]);
    room->secret = osm_printf("%s/cert.pem", outside);
    room->link = osm_printf("%s/link.pem", room->allowed[0]);
    room->spare = osm_printf("%s/spare", room->allowed[0]);
    write_text(room->inside, INSIDE);
    write_text(room->secret, SECRET);
    osm_arena_init(&room->arena);
    free(outside);
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
    osm_cert_file_deinit(&room->file);
    osm_arena_deinit(&room->arena);
    free(room->allowed[0]);
    free(room->inside);
    free(room->secret);
    free(room->link);
    free(room->spare);
    free(room);
    return 0;
}

static bool read_it(struct room *room, const char *path)
{
    osm_cert_file_deinit(&room->file);
    room->fault = (struct osm_fault){0};
    return osm_cert_paths_read(OSM_CONFIG_clientKeyPath, path, room->allowed, &room->file,
                               &room->arena, &room->fault);
}

static bool holds(const struct room *room, const char *text)
{
    return room->file.size == strlen(text) && memcmp(room->file.data, text, room->file.size) == 0;
}

static void test_file(void **state)
{
    struct room *room = *state;

    assert_true(read_it(room, room->inside));
    assert_true(holds(room, INSIDE));
    assert_false(read_it(room, room->secret));
    assert_int_equal(room->fault.type, OSM_FAULT_CONFIGURATION);
    assert_non_null(strstr(room->fault.message, "Failed to read private key file: "));
    assert_int_equal(room->file.size, 0);
}

static void test_links(void **state)
{
    struct room *room = *state;

    assert_int_equal(symlink(room->secret, room->link), 0);
    assert_false(read_it(room, room->link));
    assert_int_equal(unlink(room->link), 0);
    assert_int_equal(symlink("cert.pem", room->link), 0); /* one that stays inside */
    assert_true(read_it(room, room->link));
    assert_true(holds(room, INSIDE));
}

static void test_what_is_no_file(void **state)
{
    struct room *room = *state;

    assert_false(read_it(room, "cert.pem")); /* relative */
    assert_false(read_it(room, room->allowed[0]));
    assert_int_equal(mkfifo(room->link, 0600), 0); /* must not wait for a writer */
    assert_false(read_it(room, room->link));
    assert_int_equal(truncate(room->inside, 2 << 20), 0);
    assert_false(read_it(room, room->inside));
}

static void test_without_directories(void **state)
{
    struct room *room = *state;

    assert_true(osm_cert_paths_read(OSM_CONFIG_clientCertPath, room->secret, NULL, &room->file,
                                    &room->arena, &room->fault));
    assert_true(holds(room, SECRET));
}

static const char *answer_to(struct room *room, const char *path)
{
    struct osm_config config = {0};
    const char *colon;

    room->fault = (struct osm_fault){0};
    config.set = UINT32_C(1) << OSM_CONFIG_clientCertPath;
    config.values[OSM_CONFIG_clientCertPath].as_TEXT = osm_strdup(path);
    if (osm_cert_paths_check(&config, room->allowed, &room->arena, &room->fault)) {
        osm_config_deinit(&config);
        return "fine";
    }
    osm_config_deinit(&config);
    colon = strchr(room->fault.message, ':');
    return osm_arena_text(&room->arena, room->fault.message, (size_t)(colon - room->fault.message));
}

/* Elsewhere there is one answer, whether there is something or not; inside it says what is missing.
 */
static void test_nothing_is_found_out(void **state)
{
    static const char elsewhere[] = "Client certificate is not in an allowed directory";
    struct room *room = *state;
    char *absent = osm_arena_printf(&room->arena, "%s-absent", room->secret);
    char *inside = osm_arena_printf(&room->arena, "%s-absent", room->inside);

    assert_string_equal(answer_to(room, room->inside), "fine");
    assert_string_equal(answer_to(room, inside),
                        "Client certificate does not exist or is not a file");
    assert_string_equal(answer_to(room, room->allowed[0]),
                        "Client certificate does not exist or is not a file");
    assert_string_equal(answer_to(room, room->secret), elsewhere);
    assert_string_equal(answer_to(room, absent), elsewhere);
    assert_string_equal(answer_to(room, "/etc/passwd"), elsewhere);
    assert_string_equal(answer_to(room, "/etc/no/such/file"), elsewhere);
    assert_string_equal(answer_to(room, "/etc"), elsewhere);
    assert_string_equal(answer_to(room, "cert.pem"), elsewhere);
    assert_int_equal(symlink(room->secret, room->link), 0);
    assert_string_equal(answer_to(room, room->link), elsewhere);
    assert_int_equal(unlink(room->link), 0);
    assert_int_equal(symlink(absent, room->link), 0); /* leads to nothing */
    assert_string_equal(answer_to(room, room->link), elsewhere);
}

/* Somebody who may write into the allowed directory points a name there to and fro. */
static void *flip_file(void *context)
{
    struct room *room = context;

    for (unsigned i = 0; !atomic_load(&room->stop); i++) {
        const char *target = i % 2 ? room->secret : room->inside;

        (void)!symlink(target, room->spare);
        (void)rename(room->spare, room->link);
    }
    return NULL;
}

static void test_race_for_a_file(void **state)
{
    struct room *room = *state;
    pthread_t thread;
    unsigned read = 0;

    assert_int_equal(symlink(room->inside, room->link), 0);
    assert_int_equal(pthread_create(&thread, NULL, flip_file, room), 0);
    for (unsigned i = 0; i < ROUNDS || (!read && i < 100 * ROUNDS); i++)
        if (read_it(room, room->link)) {
            read++;
            assert_true(holds(room, INSIDE));
        }
    atomic_store(&room->stop, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(read > 0); /* else nothing was tried */
}

/* The same with a folder: real, then a link out of the allowed directory. */
static void *flip_folder(void *context)
{
    struct room *room = context;
    _cleanup_(osm_freep) char *out = osm_printf("%s/allowed-evil", room->root);

    while (!atomic_load(&room->stop)) {
        (void)!symlink(out, room->spare);
        (void)rename(room->spare, room->link);
        (void)unlink(room->link);
        (void)mkdir(room->link, 0700);
        (void)rmdir(room->link);
    }
    return NULL;
}

static void test_race_for_a_trust_store(void **state)
{
    struct room *room = *state;
    _cleanup_(osm_freep) char *path = osm_printf("%s/deep/store", room->link);
    _cleanup_(osm_freep) char *wrong = osm_printf("%s/allowed-evil/deep", room->root);
    const struct osm_trust_store store = {.path = path, .allowed_dirs = room->allowed};
    struct stat status;
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, flip_folder, room), 0);
    for (unsigned i = 0; i < ROUNDS; i++) {
        (void)!osm_trust_store_prepare(&store);
        assert_int_equal(lstat(wrong, &status), -1);
    }
    atomic_store(&room->stop, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_links, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_no_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nothing_is_found_out, setup, teardown),
        cmocka_unit_test_setup_teardown(test_without_directories, setup, teardown),
        cmocka_unit_test_setup_teardown(test_race_for_a_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_race_for_a_trust_store, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
