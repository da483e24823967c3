/* SPDX-License-Identifier: MIT */
/* Trust stores of sessions: made by open, changed off the loop (ipc-protocol.md §6.2, M13). */
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "testing/testing_command.h"

#define SHA1_OF_30_00 "f944dcd635f9801f7ac90a407fbc479964dec024"
#define SHA1_OF_NOTE "8f401de42cfc730566151d41214804bb8cc5ec1d"

struct room {
    struct test_world *world;
    char root[32]; /* a folder of this test's own */
    struct osm_session *session;
};

static int setup(void **state)
{
    struct room *room = osm_alloc(sizeof(*room));
    char *config;

    (void)snprintf(room->root, sizeof(room->root), "/tmp/osm-trust-XXXXXX");
    assert_non_null(mkdtemp(room->root));
    room->world = test_world_new();
    config = osm_printf("{'trustStorePath':'%s/store'}", room->root);
    room->session = test_open(room->world, config);
    free(config);
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

    test_world_free(room->world);
    assert_int_equal(nftw(room->root, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
    free(room);
    return 0;
}

/* Bytes of a file below the root, -1 when there is none. */
static long size_of(const struct room *room, const char *name)
{
    char *path = osm_printf("%s/%s", room->root, name);
    struct stat status;
    int r = stat(path, &status);

    free(path);
    return r < 0 ? -1 : (long)status.st_size;
}

static void test_made_by_open(void **state)
{
    struct room *room = *state;

    assert_true(size_of(room, "store/trusted") >= 0);
    assert_true(size_of(room, "store/rejected") >= 0);
}

/* A session that is refused for its configuration leaves nothing behind. */
static void test_not_made_in_vain(void **state)
{
    struct room *room = *state;

    (void)test_ask_format(room->world,
                          "{'command':'open','endpointUrl':'" TEST_URL
                          "','config':{'trustStorePath':'%s/other','securityMode':9}}",
                          room->root);
    assert_int_equal(size_of(room, "other"), -1);
}

static void test_trust_untrust(void **state)
{
    struct room *room = *state;

    test_data_is(test_query(room->world, room->session, "trustCertificate", "['MAA=']"), "null");
    assert_int_equal(size_of(room, "store/trusted/" SHA1_OF_30_00 ".der"), 2);
    test_data_is(test_query(room->world, room->session, "untrustCertificate", "['aa:bb']"), "null");
    assert_int_equal(size_of(room, "store/trusted/" SHA1_OF_30_00 ".der"), 2);
    test_data_is(test_query(room->world, room->session, "untrustCertificate",
                            "['F9:44DCD635F9801F7AC90A407FBC479964DEC024']"),
                 "null");
    assert_int_equal(size_of(room, "store/trusted/" SHA1_OF_30_00 ".der"), -1);
}

/* Base64 of anything but a SEQUENCE is taken for the certificate itself. */
static void test_not_base64(void **state)
{
    struct room *room = *state;

    test_data_is(test_query(room->world, room->session, "trustCertificate", "['bm90ZQ==']"),
                 "null");
    assert_int_equal(size_of(room, "store/trusted/" SHA1_OF_NOTE ".der"), 8);
    test_data_is(test_query(room->world, room->session, "trustCertificate", "[]"), "null");
}

/* The file is written even if nobody waits for it any more. */
static void test_closed_meanwhile(void **state)
{
    struct room *room = *state;
    struct test_world *world = room->world;
    struct test_request *request;

    world->loop.hold_work = true;
    request = test_query(world, room->session, "trustCertificate", "['MAA=']");
    assert_null(request->reply);
    (void)test_ask_format(world, "{'command':'close','sessionId':'%s'}",
                          osm_session_id(room->session));
    test_fault_is(request, "ConnectionException", "Not connected");
    world->loop.hold_work = false;
    test_turn(world);
    assert_int_equal(size_of(room, "store/trusted/" SHA1_OF_30_00 ".der"), 2);
}

/* There is nothing to change. */
static void test_without_a_trust_store(void **state)
{
    struct room *room = *state;

    room->session = test_open(room->world, "{}");
    test_data_is(test_query(room->world, room->session, "trustCertificate", "['MAA=']"), "null");
    test_data_is(
        test_query(room->world, room->session, "untrustCertificate", "['" SHA1_OF_30_00 "']"),
        "null");
}

/* No error for open; changing it is one. */
static void test_unusable(void **state)
{
    struct room *room = *state;
    char *path = osm_printf("%s/file", room->root);
    char *config = osm_printf("{'trustStorePath':'%s/store'}", path);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    room->session = test_open(room->world, config);
    test_fault_is(test_query(room->world, room->session, "trustCertificate", "['MAA=']"),
                  "ConfigurationException",
                  "Cannot change the trust store [path]: Not a directory; the user of the daemon "
                  "must be able to write there");
    free(path);
    free(config);
}

#define in_room(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_room(test_made_by_open),          in_room(test_not_made_in_vain),
        in_room(test_trust_untrust),         in_room(test_not_base64),
        in_room(test_closed_meanwhile),      in_room(test_unusable),
        in_room(test_without_a_trust_store),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
