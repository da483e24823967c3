/* SPDX-License-Identifier: MIT */
/* Equal NamespaceArrays are there once, and go with the last link that has one. */
#include "core/link/numbering.h"

#include "testing/testing.h"
#include "wire/text/names_table.h"

static const UA_String uris[] = {UA_STRING_STATIC("http://opcfoundation.org/UA/"),
                                 UA_STRING_STATIC("urn:plant"), UA_STRING_STATIC("urn:a"),
                                 UA_STRING_STATIC("urn:b")};

static void test_equal_ones_are_there_once(void **state)
{
    struct osm_numberings all = {0};
    UA_String same[4];
    const struct osm_numbering *one = osm_numbering_join(&all, uris, 4);
    const struct osm_numbering *other = osm_numbering_join(&all, uris, 3);
    uint16_t index = 0;

    (void)state;
    memcpy(same, uris, sizeof(same));
    assert_ptr_equal(osm_numbering_join(&all, same, 4), one);
    assert_ptr_not_equal(one, other);
    osm_numbering_leave(one);
    assert_int_equal(one->size, 4);
    assert_true(UA_String_equal(&one->uris[3], &uris[3]));
    assert_true(osm_names_find(one->uris, one->table, one->size, &uris[2], &index));
    assert_int_equal(index, 2);
    osm_numbering_leave(one);
    osm_numbering_leave(other);
    assert_null(all.all);
}

/* Where one text ends and the next begins counts. */
static void test_texts_side_by_side(void **state)
{
    struct osm_numberings all = {0};
    const UA_String ab[] = {UA_STRING_STATIC("a"), UA_STRING_STATIC("bc")},
                    bc[] = {UA_STRING_STATIC("ab"), UA_STRING_STATIC("c")};
    const struct osm_numbering *one = osm_numbering_join(&all, ab, 2);
    const struct osm_numbering *other = osm_numbering_join(&all, bc, 2);

    (void)state;
    assert_ptr_not_equal(one, other);
    osm_numbering_leave(one);
    osm_numbering_leave(other);
}

/* The server's own name is no part of what node ids mean. */
static void test_what_is_digested(void **state)
{
    struct osm_numberings all = {0};
    const UA_String renamed[] = {uris[0], UA_STRING_STATIC("urn:other"), uris[2], uris[3]},
                    turned[] = {uris[0], uris[1], uris[3], uris[2]};
    const struct osm_numbering *one = osm_numbering_join(&all, uris, 4);
    const struct osm_numbering *same = osm_numbering_join(&all, renamed, 4);
    const struct osm_numbering *other = osm_numbering_join(&all, turned, 4);

    (void)state;
    assert_ptr_not_equal(one, same);
    assert_memory_equal(one->digest, same->digest, sizeof(one->digest));
    assert_memory_not_equal(one->digest, other->digest, sizeof(one->digest));
    osm_numbering_leave(one);
    osm_numbering_leave(same);
    osm_numbering_leave(other);
}

static void test_none_and_an_empty_one(void **state)
{
    struct osm_numberings all = {0};
    const struct osm_numbering *empty = osm_numbering_join(&all, NULL, 0);

    (void)state;
    assert_int_equal(empty->size, 0);
    assert_int_equal(osm_numbering_none.size, 0);
    osm_numbering_leave(&osm_numbering_none);
    osm_numbering_leave(empty);
    assert_null(all.all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_ones_are_there_once),
        cmocka_unit_test(test_texts_side_by_side),
        cmocka_unit_test(test_what_is_digested),
        cmocka_unit_test(test_none_and_an_empty_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
