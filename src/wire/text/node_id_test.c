/* SPDX-License-Identifier: MIT */
/* NodeId text, GUIDs, hex and base64. */
#include "testing/testing_wire.h"

#include "util/base64.h"
#include "util/hex.h"
#include "wire/text/guid.h"
#include "wire/text/node_id.h"

static struct osm_arena arena;

static const struct {
    const char *text;
    const char *printed; /* NULL: as given */
} good[] = {
    {"i=85", NULL},
    {"ns=0;i=85", "i=85"},
    {"i=0", NULL},
    {"ns=65535;i=4294967295", NULL},
    {"ns=1;s=Counter", NULL},
    {"s=", NULL},
    {"ns=1;s=a;b=c", NULL},
    {"s=ns=2;i=5", NULL},
    {"ns=007;i=0085", "ns=7;i=85"},
    {"ns=2;g=72962B91-FA75-4AE6-8D28-B404DC7DAF63", "ns=2;g=72962b91-fa75-4ae6-8d28-b404dc7daf63"},
    {"b=dead00ff", NULL},
    {"b=DEAD00FF", "b=dead00ff"},
    {"b=3q0A/w==", "b=dead00ff"},
    {"b=", NULL},
};

static void test_good_ids(void **state)
{
    for (size_t i = 0; i < OSM_ARRAY_SIZE(good); i++) {
        struct osm_fault fault = {0};
        UA_NodeId id;

        if (!osm_node_id_parse(good[i].text, strlen(good[i].text), NULL, &id, &arena, &fault))
            fail_msg("%s: %s", good[i].text, fault.message);
        assert_string_equal(osm_node_id_text(&arena, &id),
                            good[i].printed ? good[i].printed : good[i].text);
    }
}

static const struct {
    const char *text;
    enum osm_fault_type type;
    const char *message; /* NULL: "Invalid NodeId format: <text>" */
} bad[] = {
    {"", OSM_FAULT_INVALID_NODE_ID, NULL},
    {"85", OSM_FAULT_INVALID_NODE_ID, NULL},
    {"i", OSM_FAULT_INVALID_NODE_ID, NULL},
    {"ns=1", OSM_FAULT_INVALID_NODE_ID, NULL},
    {"ns=1;", OSM_FAULT_INVALID_NODE_ID, NULL},
    {"ns=;i=1", OSM_FAULT_INVALID_NODE_ID, NULL},
    {"ns=x;i=85", OSM_FAULT_INVALID_NODE_ID, NULL},
    {"ns=-1;i=85", OSM_FAULT_INVALID_NODE_ID, NULL},
    {"ns=-0;i=85", OSM_FAULT_INVALID_NODE_ID, NULL},
    {"ns=+1;i=85", OSM_FAULT_INVALID_NODE_ID, NULL},
    {"ns=65536;i=85", OSM_FAULT_INVALID_NODE_ID, NULL},
    {"ns=18446744073709551617;i=85", OSM_FAULT_INVALID_NODE_ID, NULL},
    {"ns=1;ns=1;i=85", OSM_FAULT_INVALID_NODE_ID, NULL},
    {"i=", OSM_FAULT_INVALID_NODE_ID, NULL},
    {"i=abc", OSM_FAULT_INVALID_NODE_ID, NULL},
    {"i=-1", OSM_FAULT_INVALID_NODE_ID, NULL},
    {"i=4294967296", OSM_FAULT_INVALID_NODE_ID, NULL},
    {"i=1 ", OSM_FAULT_INVALID_NODE_ID, NULL},
    {" i=1", OSM_FAULT_INVALID_NODE_ID, NULL},
    {"/Objects/Server", OSM_FAULT_INVALID_NODE_ID, NULL},
    {"x=5", OSM_FAULT_INVALID_NODE_ID, "Unknown NodeId type identifier: x"},
    {"I=5", OSM_FAULT_INVALID_NODE_ID, "Unknown NodeId type identifier: I"},
    {"ns=1;x=5", OSM_FAULT_INVALID_NODE_ID, "Unknown NodeId type identifier: x"},
    {"g=xyz", OSM_FAULT_ENCODING, "Invalid GUID format: xyz"},
    {"g=", OSM_FAULT_ENCODING, "Invalid GUID format: "},
    {"b=zz", OSM_FAULT_ENCODING, "Invalid opaque identifier: zz is neither hex nor base64"},
    {"b=abc", OSM_FAULT_ENCODING, "Invalid opaque identifier: abc is neither hex nor base64"},
};

static void test_bad_ids(void **state)
{
    for (size_t i = 0; i < OSM_ARRAY_SIZE(bad); i++) {
        struct osm_fault fault = {0};
        UA_NodeId id;
        char message[100];

        (void)snprintf(message, sizeof(message), "Invalid NodeId format: %s", bad[i].text);
        if (osm_node_id_parse(bad[i].text, strlen(bad[i].text), NULL, &id, &arena, &fault))
            fail_msg("%s was taken", bad[i].text);
        assert_int_equal(fault.type, bad[i].type);
        assert_string_equal(fault.message, bad[i].message ? bad[i].message : message);
    }
}

static void test_strings_borrow_from_the_text(void **state)
{
    static const char text[] = "ns=1;s=abc";
    struct osm_fault fault = {0};
    UA_NodeId id;

    assert_true(osm_node_id_parse(text, strlen(text), NULL, &id, &arena, &fault));
    assert_ptr_equal(id.identifier.string.data, text + 7);
    assert_true(osm_node_id_parse("s=", 2, NULL, &id, &arena, &fault));
    assert_non_null(id.identifier.string.data); /* empty, not null */
}

/* A copy outlives the text it was read from. */
static void test_ids_that_are_kept(void **state)
{
    static const char *const ids[] = {"ns=1;s=abc", "ns=1;b=dead00ff", "i=85",
                                      "g=72962b91-fa75-4ae6-8d28-b404dc7daf63"};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(ids); i++) {
        struct osm_fault fault = {0};
        UA_NodeId id, kept;

        assert_true(osm_node_id_parse(ids[i], strlen(ids[i]), NULL, &id, &arena, &fault));
        kept = osm_node_id_keep(&arena, &id);
        assert_string_equal(osm_node_id_text(&arena, &kept), ids[i]);
        if (i < 2)
            assert_ptr_not_equal(kept.identifier.string.data, id.identifier.string.data);
    }
}

static void test_length_of_ids(void **state)
{
    struct osm_fault fault = {0};
    UA_NodeId id;

    assert_true(osm_node_id_parse("ns=1;i=12", 8, NULL, &id, &arena, &fault));
    assert_string_equal(osm_node_id_text(&arena, &id), "ns=1;i=1");
    assert_false(osm_node_id_parse("ns=1;i=12", 4, NULL, &id, &arena, &fault));
    assert_false(osm_node_id_parse("ns=1;i=12", 6, NULL, &id, &arena, &fault));
    fault = (struct osm_fault){0};
    assert_false(osm_node_id_parse("svr=1;i=12", 4, NULL, &id, &arena, &fault));
    assert_memory_equal(fault.message, "NodeId of another server", 24);
    fault = (struct osm_fault){0};
    assert_false(osm_node_id_parse("svr=1;i=12", 3, NULL, &id, &arena, &fault));
    assert_string_equal(fault.message, "Invalid NodeId format: svr");
}

static void test_guids(void **state)
{
    static const char *const wrong[] = {
        "",
        "72962b91-fa75-4ae6-8d28-b404dc7daf6",
        "72962b91-fa75-4ae6-8d28-b404dc7daf633",
        "72962b91fa754ae68d28b404dc7daf63xxxx",
        "zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz",
        "72962b9-1fa75-4ae6-8d28-b404dc7daf63",
        "{72962b91-fa75-4ae6-8d28-b404dc7daf}",
    };
    char text[OSM_GUID_TEXT];
    uint64_t seed = 1;
    UA_Guid guid, back;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(wrong); i++)
        assert_false(osm_guid_parse(wrong[i], strlen(wrong[i]), &guid));
    for (int i = 0; i < 1000; i++) {
        uint64_t words[2] = {test_random(&seed), test_random(&seed)};

        memcpy(&guid, words, sizeof(guid));
        osm_guid_print(text, &guid);
        assert_true(osm_guid_parse(text, sizeof(text), &back));
        assert_memory_equal(&guid, &back, sizeof(guid));
    }
    assert_true(osm_guid_parse("00112233-4455-6677-8899-AABBCCDDEEFF", 36, &guid));
    assert_int_equal(guid.data1, 0x00112233);
    assert_int_equal(guid.data2, 0x4455);
    assert_int_equal(guid.data3, 0x6677);
    assert_memory_equal(guid.data4, "\x88\x99\xAA\xBB\xCC\xDD\xEE\xFF", 8);
}

static void test_base64_and_hex_round_trip(void **state)
{
    struct osm_buf text = {0};
    uint64_t seed = 2;
    uint8_t data[70], *back;
    size_t size;

    for (size_t length = 0; length <= sizeof(data); length++) {
        for (size_t i = 0; i < length; i++)
            data[i] = (uint8_t)test_random(&seed);
        osm_buf_truncate(&text, 0);
        osm_base64_encode(&text, data, length);
        assert_true(osm_base64_decode(text.data, text.length, &arena, &back, &size));
        assert_int_equal(size, length);
        assert_memory_equal(back, data, length);
        osm_buf_truncate(&text, 0);
        memcpy(osm_buf_reserve(&text, osm_base64_size(length)) + osm_base64_size(length) - length,
               data, length);
        osm_base64_encode_tail(&text, length);
        assert_true(osm_base64_decode(text.data, text.length, &arena, &back, &size));
        assert_memory_equal(back, data, length);
        osm_buf_truncate(&text, 0);
        osm_hex_encode(&text, data, length);
        assert_true(osm_hex_decode(text.data, text.length, &arena, &back, &size));
        assert_int_equal(size, length);
        assert_memory_equal(back, data, length);
    }
    osm_buf_deinit(&text);
}

static void test_bad_base64(void **state)
{
    static const char *const wrong[] = {
        "a", "YQ", "YQ=", "Y===", "====", "YQ==YQ==", "Y Q=", "Y-_="};
    uint8_t *data;
    size_t size;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(wrong); i++)
        assert_false(osm_base64_decode(wrong[i], strlen(wrong[i]), &arena, &data, &size));
    assert_false(osm_hex_decode("abc", 3, &arena, &data, &size));
    assert_false(osm_hex_decode("0g", 2, &arena, &data, &size));
}

static int release(void **state)
{
    osm_arena_deinit(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_ids),
        cmocka_unit_test(test_bad_ids),
        cmocka_unit_test(test_strings_borrow_from_the_text),
        cmocka_unit_test(test_ids_that_are_kept),
        cmocka_unit_test(test_length_of_ids),
        cmocka_unit_test(test_guids),
        cmocka_unit_test(test_base64_and_hex_round_trip),
        cmocka_unit_test(test_bad_base64),
    };

    osm_arena_init(&arena);
    return cmocka_run_group_tests(tests, NULL, release);
}
