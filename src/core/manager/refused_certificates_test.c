/* SPDX-License-Identifier: MIT */
/* Certificates that were refused, for operators (extensions.md §12): one for each store and
 * fingerprint, the newest first, no more than a hundred. */
#include "core/manager/refused_certificates.h"
#include "testing/testing.h"

struct fixture {
    struct test_world *world;
    struct osm_session *session; /* its store is /pki/a */
    struct osm_refused_certificates all;
};

static int setup(void **state)
{
    struct fixture *fixture = osm_alloc(sizeof(*fixture));
    void *world;

    (void)test_setup(&world);
    fixture->world = world;
    fixture->session = test_session_open(world, "{'trustStorePath':'/pki/a'}");
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    void *world = fixture->world;

    osm_refused_certificates_deinit(&fixture->all);
    assert_int_equal(fixture->all.size, 0);
    free(fixture);
    return test_teardown(&world);
}

static void note(struct fixture *fixture, enum osm_ua_trust trust, const char *fingerprint)
{
    const struct osm_ua_judgement judgement = {
        .trust = trust, .fingerprint = fingerprint, .subject = "CN=x", .reason = "unknown"};

    osm_refused_certificates_note(&fixture->all, fixture->session, &judgement);
}

static void listed(const struct fixture *fixture, const char *fingerprints)
{
    for (size_t i = 0; i < fixture->all.size; i++) {
        assert_int_equal(fingerprints[i], fixture->all.list[i].fingerprint[0]);
        assert_string_equal(fixture->all.list[i].store, "/pki/a");
        assert_string_equal(fixture->all.list[i].endpoint_url, TEST_URL);
        assert_string_equal(fixture->all.list[i].subject, "CN=x");
        assert_string_equal(fixture->all.list[i].reason, "unknown");
    }
    assert_int_equal(fixture->all.size, strlen(fingerprints));
}

static void test_the_newest_comes_first_and_each_once(void **state)
{
    struct fixture *fixture = *state;

    note(fixture, OSM_UA_TRUST_REJECTED, "a");
    note(fixture, OSM_UA_TRUST_REJECTED, "b");
    note(fixture, OSM_UA_TRUST_REJECTED, "c");
    listed(fixture, "cba");
    note(fixture, OSM_UA_TRUST_REJECTED, "b");
    listed(fixture, "bca");
    note(fixture, OSM_UA_TRUST_REJECTED, NULL); /* the server has shown none */
    listed(fixture, "bca");
}

static void test_what_is_trusted_leaves(void **state)
{
    struct fixture *fixture = *state;

    note(fixture, OSM_UA_TRUST_REJECTED, "a");
    note(fixture, OSM_UA_TRUST_REJECTED, "b");
    note(fixture, OSM_UA_TRUST_REJECTED, "c");
    note(fixture, OSM_UA_TRUST_NOT_ASKED, "b"); /* nobody has looked */
    listed(fixture, "cba");
    note(fixture, OSM_UA_TRUST_ACCEPTED, "b");
    note(fixture, OSM_UA_TRUST_ACCEPTED, "x");
    listed(fixture, "ca");
}

/* Both the store and the fingerprint have to be the ones. */
static void test_what_an_operator_forgets(void **state)
{
    struct fixture *fixture = *state;

    note(fixture, OSM_UA_TRUST_REJECTED, "a");
    note(fixture, OSM_UA_TRUST_REJECTED, "b");
    osm_refused_certificates_forget(&fixture->all, "/pki/b", "a");
    osm_refused_certificates_forget(&fixture->all, "/pki/a", "c");
    listed(fixture, "ba");
    osm_refused_certificates_forget(&fixture->all, "/pki/a", "a");
    listed(fixture, "b");
}

static void test_a_session_without_a_store_refuses_nothing(void **state)
{
    struct fixture *fixture = *state;

    fixture->session = test_session_open(fixture->world, "{}");
    note(fixture, OSM_UA_TRUST_REJECTED, "a");
    listed(fixture, "");
}

static void test_no_more_than_a_hundred(void **state)
{
    struct fixture *fixture = *state;
    char name[16];

    for (int i = 1; i <= OSM_REFUSED_CERTIFICATES; i++) {
        (void)snprintf(name, sizeof(name), "%d", i);
        note(fixture, OSM_UA_TRUST_REJECTED, name);
    }
    assert_int_equal(fixture->all.size, OSM_REFUSED_CERTIFICATES);
    assert_string_equal(fixture->all.list[OSM_REFUSED_CERTIFICATES - 1].fingerprint, "1");
    note(fixture, OSM_UA_TRUST_REJECTED, "new"); /* the oldest makes room */
    assert_int_equal(fixture->all.size, OSM_REFUSED_CERTIFICATES);
    assert_string_equal(fixture->all.list[0].fingerprint, "new");
    assert_string_equal(fixture->all.list[1].fingerprint, "100");
    assert_string_equal(fixture->all.list[OSM_REFUSED_CERTIFICATES - 1].fingerprint, "2");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_newest_comes_first_and_each_once),
        TEST(test_what_is_trusted_leaves),
        TEST(test_what_an_operator_forgets),
        TEST(test_a_session_without_a_store_refuses_nothing),
        TEST(test_no_more_than_a_hundred),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
