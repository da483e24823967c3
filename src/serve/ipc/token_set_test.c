/* SPDX-License-Identifier: MIT */
/* Token files: what they allow, and what is said about mistakes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "serve/ipc/token_set.h"
#include "util/macros.h"

static struct osm_token_set *parse(const char *text, struct osm_buf *err)
{
    return osm_token_set_parse(text, strlen(text), "tokens", err);
}

static struct osm_grant *find(const struct osm_token_set *set, const char *json)
{
    yyjson_doc *doc = yyjson_read(json, strlen(json), 0);
    struct osm_grant *grant = osm_token_set_find(set, yyjson_doc_get_root(doc));

    yyjson_doc_free(doc);
    return grant;
}

static void test_grants(void **state)
{
    struct osm_buf err = {0};
    /* The last one is the hash of "hashed". */
    struct osm_token_set *set =
        parse("# who may what\n"
              "\n"
              "read  one\n"
              "  write\ttwo plant-* 10.0.0.1:4840  \r\n"
              "admin sha256:0c2eb3d43e8f5b1c05da2d1d5bd1ec3a3e9de1bd04d1e2ae2d1a2a8d8aaf5ad2\n"
              "admin sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
              &err);

    assert_non_null(set);
    assert_int_equal(err.length, 0);
    assert_int_equal(osm_token_set_size(set), 4);
    assert_int_equal(find(set, "\"one\"")->terms.role, OSM_ROLE_READ);
    assert_true(osm_grant_reaches(find(set, "\"one\""), "opc.tcp://any"));
    assert_int_equal(find(set, "\"two\"")->terms.role, OSM_ROLE_WRITE);
    assert_true(osm_grant_reaches(find(set, "\"two\""), "opc.tcp://plant-3:1"));
    assert_true(osm_grant_reaches(find(set, "\"two\""), "opc.tcp://10.0.0.1"));
    assert_false(osm_grant_reaches(find(set, "\"two\""), "opc.tcp://10.0.0.1:1"));
    assert_int_equal(find(set, "\"foo\"")->terms.role, OSM_ROLE_ADMIN); /* the hash is foo's */
    assert_null(find(set, "\"\""));
    assert_null(find(set, "\"on\""));
    assert_null(find(set, "\"one\\u0000\""));
    assert_null(find(set, "[\"one\"]"));
    assert_null(osm_token_set_find(set, NULL));
    osm_token_set_free(set);
}

static void test_mistakes(void **state)
{
    static const struct {
        const char *text, *said;
    } cases[] = {
        {"", "tokens:0: the file names no token; without one nobody could call the daemon\n"},
        {"# nothing\n",
         "tokens:1: the file names no token; without one nobody could call the daemon\n"},
        {"read a\nroot b\n",
         "tokens:2: a line must begin with one of the roles read, write, admin\n"},
        {"read\n", "tokens:1: a token must follow the role\n"},
        {"read sha256:12\n", "tokens:1: sha256: must be followed by 64 hexadecimal digits\n"},
        {"read a\nread a\n", "tokens:2: this token is in the file already\n"},
        {"read a b/c\nwrite d e:\n",
         "tokens:1: servers are named as host or host:port; * and ? stand for any characters\n"
         "tokens:2: servers are named as host or host:port; * and ? stand for any characters\n"},
        {"read a sessions=0\nread b bytes=\nread c requests=-1\n",
         "tokens:1: a quota is a whole number of at least 1, as in sessions=5\n"
         "tokens:2: a quota is a whole number of at least 1, as in sessions=5\n"
         "tokens:3: a quota is a whole number of at least 1, as in sessions=5\n"},
        {"read a bytes=99999999999999999999999\n",
         "tokens:1: a quota is a whole number of at least 1, as in sessions=5\n"},
        {"read a sessions=1 sessions=2\n", "tokens:1: this quota is named twice\n"},
        {"read a speed=1\nread b =1\n",
         "tokens:1: quotas are sessions=, connections=, requests= and bytes=\n"
         "tokens:2: quotas are sessions=, connections=, requests= and bytes=\n"},
    };

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        struct osm_buf err = {0};

        assert_null(parse(cases[i].text, &err));
        assert_int_equal(err.length, strlen(cases[i].said));
        assert_memory_equal(err.data, cases[i].said, err.length);
        osm_buf_deinit(&err);
    }
}

/* "read a host host …", with so many of them. */
static void name_servers(struct osm_buf *out, size_t count)
{
    osm_buf_add_text(out, "read a");
    for (size_t i = 0; i < count; i++)
        osm_buf_add_text(out, " host");
}

/* Whether it is read; else what is said is *said. */
static bool is_read(const char *text, size_t length, const char *said)
{
    struct osm_buf err = {0};
    struct osm_token_set *set = osm_token_set_parse(text, length, "tokens", &err);
    bool read = set != NULL;

    if (!read)
        assert_non_null(strstr(osm_buf_text(&err), said ? said : "(it is read)"));
    else
        assert_int_equal(err.length, 0);
    osm_token_set_free(set);
    osm_buf_deinit(&err);
    return read;
}

static void test_most_of_everything(void **state)
{
    struct osm_buf servers = {0}, tokens = {0};

    name_servers(&servers, 100);
    assert_true(is_read(servers.data, servers.length, ""));
    osm_buf_add_text(&servers, " host");
    assert_false(is_read(servers.data, servers.length, "at most 100 servers"));
    for (int i = 0; i < 1000; i++)
        osm_buf_printf(&tokens, "read token%d\n", i);
    assert_true(is_read(tokens.data, tokens.length, ""));
    osm_buf_add_text(&tokens, "read another\n");
    assert_false(is_read(tokens.data, tokens.length, ":1001: there are more than 1000 tokens"));
    osm_buf_deinit(&servers);
    osm_buf_deinit(&tokens);
}

static void test_words_at_the_edge(void **state)
{
    static const struct {
        const char *text, *said; /* NULL: it is read */
    } cases[] = {
        {"read sha25", NULL}, /* a token like any other */
        {"read longertoken", NULL},
        {"read a sessions=9223372036854775807", NULL},
        {"read a sessions=9223372036854775808", "a quota is a whole number"},
        {"read a sessions=1/", "a quota is a whole number"},
        {"read a sessions=1:", "a quota is a whole number"},
        {"read a session=1", "quotas are"},
        {"read a sessionss=1", "quotas are"},
        {"readreadreadread a", "a line must begin with one of the roles"},
        {"sha256:12 a", "a line must begin with one of the roles"},
        {"read sha256:g123456789012345678901234567890123456789012345678901234567890123",
         "64 hexadecimal digits"},
        {"read sha256:012345678901234567890123456789012345678901234567890123456789012g",
         "64 hexadecimal digits"},
        {"read sha256:01234567890123456789012345678901234567890123456789012345678901234",
         "64 hexadecimal digits"},
        {"read sha256:", "64 hexadecimal digits"},
    };

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++)
        if (is_read(cases[i].text, strlen(cases[i].text), cases[i].said) != !cases[i].said)
            fail_msg("%s", cases[i].text);
    assert_false(is_read("read a\0b", 8, ":1: there is a NUL byte in this line"));
    assert_true(is_read("read a\nx", 7, "")); /* the text ends where its length says */
}

static void test_quotas(void **state)
{
    struct osm_buf err = {0};
    struct osm_token_set *set = parse("# x\nread one sessions=5 plant bytes=8388608\n", &err);
    const struct osm_grant_terms *terms = &osm_token_set_get(set, 0)->terms;

    (void)state;
    assert_int_equal(terms->line, 2);
    assert_int_equal(terms->limits[OSM_QUOTA_SESSIONS], 5);
    assert_int_equal(terms->limits[OSM_QUOTA_CONNECTIONS], 0);
    assert_int_equal(terms->limits[OSM_QUOTA_BYTES], 8388608);
    assert_true(osm_grant_reaches(osm_token_set_get(set, 0), "opc.tcp://plant"));
    assert_false(osm_grant_reaches(osm_token_set_get(set, 0), "opc.tcp://plant2"));
    assert_null(osm_token_set_get(set, 1));
    osm_token_set_free(set);
}

/* Who is in both files keeps his grant, with what the new one says; who is not has none. */
static void test_succession(void **state)
{
    struct osm_buf err = {0};
    struct osm_token_set *before = parse("read one plant\nread two\n", &err);
    struct osm_token_set *after = parse("admin three\nwrite one sessions=1\n", &err);
    struct osm_grant *one = osm_grant_ref(find(before, "\"one\""));
    struct osm_grant *two = osm_grant_ref(find(before, "\"two\""));

    (void)state;
    one->used[OSM_QUOTA_REQUESTS] = 3;
    osm_token_set_succeed(after, before);
    osm_token_set_free(before);
    assert_ptr_equal(find(after, "\"one\""), one);
    assert_true(osm_grant_has(one, OSM_ROLE_WRITE) && osm_grant_reaches(one, "opc.tcp://any"));
    assert_int_equal(one->used[OSM_QUOTA_REQUESTS], 3);
    assert_int_equal(one->terms.limits[OSM_QUOTA_SESSIONS], 1);
    assert_null(find(after, "\"two\""));
    assert_true(two->revoked && !osm_grant_has(two, OSM_ROLE_READ));
    assert_false(osm_grant_reaches(two, "opc.tcp://any") || osm_grant_may_change(two, two->id));
    osm_token_set_succeed(after, NULL); /* the first file */
    assert_false(one->revoked);
    osm_token_set_succeed(NULL, after); /* none any more */
    assert_true(one->revoked);
    (void)osm_grant_unref(one);
    (void)osm_grant_unref(two);
    osm_token_set_free(after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grants),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_most_of_everything),
        cmocka_unit_test(test_words_at_the_edge),
        cmocka_unit_test(test_quotas),
        cmocka_unit_test(test_succession),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
