/* SPDX-License-Identifier: MIT */
/* Namespaces by URI: in node ids, names, paths. */
#include "wire/text/names.h"

#include "testing/testing_wire.h"
#include "wire/text/node_id.h"
#include "wire/text/qualified_name.h"

static struct osm_arena arena;
static UA_String uris[12];

static struct osm_names names_of(size_t size)
{
    static const char *const texts[] = {"http://opcfoundation.org/UA/",
                                        "urn:server",
                                        "urn:a",
                                        "urn:a;b%3Bc",
                                        "http://x/2:y/",
                                        "urn:a"};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(uris); i++)
        uris[i] = test_string(i < OSM_ARRAY_SIZE(texts) ? texts[i] : "urn:more");
    return (struct osm_names){.uris = uris, .size = size, .known = true};
}

static const struct {
    const char *text;
    const char *id; /* by number */
} good[] = {
    {"nsu=urn:a;i=1", "ns=2;i=1"},
    {"nsu=http://opcfoundation.org/UA/;i=85", "i=85"},
    {"nsu=urn:server;s=", "ns=1;s="},
    {"nsu=urn:a%3Bb%253Bc;s=x;y", "ns=3;s=x;y"},
    {"nsu=urn:a%3bb%253Bc;s=x", "ns=3;s=x"},
    {"nsu=http://x/2:y/;g=72962b91-fa75-4ae6-8d28-b404dc7daf63",
     "ns=4;g=72962b91-fa75-4ae6-8d28-b404dc7daf63"},
};

static void test_node_ids(void **state)
{
    struct osm_names names = names_of(6);
    struct osm_buf text = {0};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(good); i++) {
        struct osm_fault fault = {0};
        UA_NodeId id;

        if (!osm_node_id_parse(good[i].text, strlen(good[i].text), &names, &id, &arena, &fault))
            fail_msg("%s: %s", good[i].text, fault.message);
        assert_string_equal(osm_node_id_text(&arena, &id), good[i].id);
    }
    assert_true(names.by_uri);
    assert_int_equal(names.numbers, 0);
    osm_names_print_uri(&text, &uris[3]);
    assert_string_equal(osm_arena_text(&arena, text.data, text.length), "nsu=urn:a%3Bb%253Bc;");
    osm_buf_deinit(&text);
}

static const struct {
    const char *text, *message;
} bad[] = {
    {"nsu=urn:a", "Invalid NodeId format: nsu=urn:a"},
    {"nsu=;i=1", "Invalid NodeId format: nsu=;i=1"},
    {"nsu=urn:a;", "Invalid NodeId format: nsu=urn:a;"},
    {"nsu=urn:a;ns=2;i=1", "Invalid NodeId format: nsu=urn:a;ns=2;i=1"},
    {"NSU=urn:a;i=1", "Invalid NodeId format: NSU=urn:a;i=1"},
    {"svr=1;i=85", "NodeId of another server (svr=): svr=1;i=85; a session asks its own server "
                   "only"},
    {"svr=1;nsu=urn:a;i=85",
     "NodeId of another server (svr=): svr=1;nsu=urn:a;i=85; a session asks its own server "
     "only"},
    {"nsu=urn:b;i=1", "The server has no namespace urn:b; it has http://opcfoundation.org/UA/, "
                      "urn:server, urn:a, urn:a;b%3Bc, http://x/2:y/, urn:a"},
    {"nsu=URN:A;i=1", "The server has no namespace URN:A; it has http://opcfoundation.org/UA/, "
                      "urn:server, urn:a, urn:a;b%3Bc, http://x/2:y/, urn:a"},
};

static void test_what_is_refused(void **state)
{
    struct osm_names names = names_of(6);

    for (size_t i = 0; i < OSM_ARRAY_SIZE(bad); i++) {
        struct osm_fault fault = {0};
        UA_NodeId id;

        if (osm_node_id_parse(bad[i].text, strlen(bad[i].text), &names, &id, &arena, &fault))
            fail_msg("%s was taken", bad[i].text);
        assert_string_equal(osm_fault_name(fault.type), "InvalidNodeIdException");
        assert_string_equal(fault.message, bad[i].message);
    }
}

static const char *refusal(struct osm_names *names, const UA_String *uri)
{
    struct osm_fault fault = {0};
    uint16_t index;

    assert_false(osm_names_resolve(names, uri, &index, &arena, &fault));
    return fault.message;
}

static void test_messages_are_bounded(void **state)
{
    static char long_text[1000];
    struct osm_names names = names_of(12), none = {.known = true};
    UA_String uri = test_string("urn:b");

    assert_non_null(strstr(refusal(&names, &uri), "urn:more and 4 more"));
    assert_string_equal(refusal(&none, &uri), "The server has no namespace urn:b; its "
                                              "NamespaceArray could not be read");
    assert_string_equal(refusal(NULL, &uri), "Namespaces cannot be given by URI (nsu=) here");
    memset(long_text, 'u', sizeof(long_text) - 1);
    uri = test_string(long_text);
    for (size_t i = 0; i < 12; i++)
        uris[i] = test_string(long_text + 1);
    assert_true(strlen(refusal(&names, &uri)) < 620);
}

/* What is named of a server's namespaces: eight at most, and the beginning of long ones. */
static void test_edges_of_messages(void **state)
{
    static char long_text[122];
    struct osm_names names = names_of(8);
    UA_String uri = test_string("urn:b");

    assert_string_equal(refusal(&names, &uri),
                        "The server has no namespace urn:b; it has http://opcfoundation.org/UA/, "
                        "urn:server, urn:a, urn:a;b%3Bc, http://x/2:y/, urn:a, urn:more, urn:more");
    names.size = 9;
    assert_non_null(strstr(refusal(&names, &uri), "urn:more, urn:more and 1 more"));
    memset(long_text, 'u', sizeof(long_text) - 1);
    uri = test_string(long_text + 1); /* 120 */
    assert_null(strstr(refusal(&names, &uri), "…"));
    uri = test_string(long_text);
    assert_non_null(strstr(refusal(&names, &uri), "u…; it has"));
    uris[0] = (UA_String){5, (UA_Byte *)(uintptr_t) "a\0bcd"};
    assert_non_null(strstr(refusal(&names, &uri), "; it has a…, urn:server, "));
}

static void test_uris_in_texts(void **state)
{
    static const struct {
        const char *text, *uri; /* NULL: it begins with none */
    } cases[] = {
        {"nsu=a;i=1", "a"},
        {"nsu=a%3B;", "a;"},
        {"nsu=a%3b;", "a;"},
        {"nsu=%25;", "%"},
        {"nsu=a%2;", "a%2"},
        {"nsu=a%;", "a%"},
        {"nsu=%26;", "%26"},
        {"nsu=%35;", "%35"},
        {"nsu=%3A;", "%3A"},
        {"nsu=%2B;", "%2B"},
        {"nsu=x3Bx;", "x3Bx"},
        {"nsu=%253B;", "%3B"},
        {"nsu=%3B%25;", ";%"},
        {"nsu=;", NULL},
        {"nsu=", NULL},
        {"nsu=a", NULL},
        {"ns=1;", NULL},
        {"nsv=a;", NULL},
        {"", NULL},
    };

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        const char *text = cases[i].text, *behind = strchr(text, ';');
        UA_String uri;
        size_t length = osm_names_split(text, strlen(text), &arena, &uri);

        if (!cases[i].uri) {
            assert_int_equal(length, 0);
            continue;
        }
        assert_non_null(behind);
        assert_int_equal(length, behind + 1 - text);
        if (uri.length != strlen(cases[i].uri) || memcmp(uri.data, cases[i].uri, uri.length) != 0)
            fail_msg("%s became %.*s", text, (int)uri.length, (char *)uri.data);
    }
}

/* Before the server's table is there, ids and names by URI wait as they are. */
static void test_deferred(void **state)
{
    struct osm_names names = {.deferred = true};
    struct osm_fault fault = {0};
    UA_QualifiedName name;
    UA_NodeId id;

    assert_true(osm_node_id_parse("nsu=urn:a;i=1", 13, &names, &id, &arena, &fault));
    assert_true(osm_node_id_is_deferred(&id));
    assert_string_equal(osm_node_id_text(&arena, &id), "s=nsu=urn:a;i=1");
    assert_true(osm_node_id_parse("ns=2;s=nsu=urn:a;i=1", 20, &names, &id, &arena, &fault));
    assert_false(osm_node_id_is_deferred(&id));
    assert_true(osm_node_id_parse("i=85", 4, &names, &id, &arena, &fault));
    assert_false(osm_node_id_is_deferred(&id));
    assert_string_equal(osm_node_id_text(&arena, &id), "i=85");
    assert_true(osm_qualified_name_read("nsu=urn:a;x", 11, &names, &name, &arena, &fault));
    assert_int_equal(name.name.length, 11);
    assert_int_equal(name.namespaceIndex, 0);
    assert_true(osm_qualified_name_read("3:x", 3, &names, &name, &arena, &fault));
    assert_int_equal(name.namespaceIndex, 3);
}

/* Without the server's table nothing is decided; of several, one may be unknown. */
static void test_open_and_lenient(void **state)
{
    struct osm_names names = names_of(3);
    struct osm_fault fault = {0};
    UA_NodeId id;

    names.known = false;
    assert_true(osm_node_id_parse("nsu=urn:a;i=1", 13, &names, &id, &arena, &fault));
    assert_true(names.open && names.by_uri);
    assert_int_equal(id.namespaceIndex, OSM_NO_NAMESPACE);
    names = names_of(3);
    names.lenient = true;
    assert_true(osm_node_id_parse("nsu=urn:b;i=1", 13, &names, &id, &arena, &fault));
    assert_int_equal(id.namespaceIndex, OSM_NO_NAMESPACE);
    assert_false(names.open);
    /* As long as there is an index that is none. */
    names.uris = UA_Array_new(OSM_NO_NAMESPACE, &UA_TYPES[UA_TYPES_STRING]);
    names.size = OSM_NO_NAMESPACE - 1;
    assert_true(osm_node_id_parse("nsu=urn:b;i=1", 13, &names, &id, &arena, &fault));
    names.size = OSM_NO_NAMESPACE;
    assert_false(osm_node_id_parse("nsu=urn:b;i=1", 13, &names, &id, &arena, &fault));
    UA_Array_delete((void *)(uintptr_t)names.uris, names.size, &UA_TYPES[UA_TYPES_STRING]);
}

/* As if it were looked through from its begin. */
static void test_table(void **state)
{
    static char texts[2000][16];
    UA_String many[OSM_ARRAY_SIZE(texts)], absent = test_string("urn:no"), empty = UA_STRING_NULL,
                                           last = test_string("urn:last");
    struct osm_names_table *table;
    uint16_t one, other;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(texts); i++) { /* some are there several times */
        (void)snprintf(texts[i], sizeof(texts[i]), "%.*s%zu", (int)(i % 9), "urn:plant", i % 700);
        many[i] = i == 3 ? UA_STRING_NULL : test_string(texts[i]);
    }
    many[OSM_ARRAY_SIZE(many) - 1] = last;
    table = osm_names_table_new(many, OSM_ARRAY_SIZE(many));
    for (size_t i = 0; i < OSM_ARRAY_SIZE(many); i++) {
        assert_true(osm_names_find(many, table, OSM_ARRAY_SIZE(many), &many[i], &one));
        assert_true(osm_names_find(many, NULL, OSM_ARRAY_SIZE(many), &many[i], &other));
        assert_int_equal(one, other);
    }
    assert_false(osm_names_find(many, table, OSM_ARRAY_SIZE(many), &absent, &one));
    assert_true(osm_names_find(many, table, OSM_ARRAY_SIZE(many), &empty, &one));
    assert_int_equal(one, 3);
    assert_false(osm_names_find(NULL, NULL, 0, &absent, &one));
    /* Of a table whose end is not counted any more. */
    assert_false(osm_names_find(many, table, OSM_ARRAY_SIZE(many) - 1, &last, &one));
    assert_false(osm_names_find(many, NULL, OSM_ARRAY_SIZE(many) - 1, &last, &one));
    assert_null(osm_names_table_free(table));
}

static void test_numbers_are_noted(void **state)
{
    struct osm_names names = names_of(6);
    struct osm_fault fault = {0};
    UA_QualifiedName name;
    UA_NodeId id;

    assert_true(osm_node_id_parse("ns=1;i=1", 8, &names, &id, &arena, &fault));
    assert_int_equal(names.numbers, 0);
    assert_true(osm_node_id_parse("ns=2;i=1", 8, &names, &id, &arena, &fault));
    assert_true(osm_qualified_name_read("5:x", 3, &names, &name, &arena, &fault));
    assert_int_equal(names.numbers, 1 << 2 | 1 << 5);
    assert_true(osm_node_id_parse("ns=999;i=1", 10, &names, &id, &arena, &fault));
    assert_true(names.numbers >> 63);
    assert_false(names.by_uri);
}

static void test_names(void **state)
{
    struct osm_names names = names_of(6);
    struct osm_fault fault = {0};
    UA_QualifiedName name;

    assert_true(osm_qualified_name_read("nsu=urn:a;x:y", 13, &names, &name, &arena, &fault));
    assert_int_equal(name.namespaceIndex, 2);
    assert_int_equal(name.name.length, 3);
    assert_true(osm_qualified_name_read("nsu=urn:a", 9, &names, &name, &arena, &fault));
    assert_int_equal(name.namespaceIndex, 0); /* a name like any other */
    assert_int_equal(name.name.length, 9);
    assert_false(osm_qualified_name_read("nsu=urn:b;x", 11, &names, &name, &arena, &fault));
}

static const struct {
    const char *path, *numbered;
} paths[] = {
    {"", ""},
    {"/", "/"},
    {"/Objects/2:Line", "/Objects/2:Line"},
    {"/Objects/nsu=urn:a;Line/Tag", "/Objects/2:Line/Tag"},
    {"nsu=http://x/2:y/;Line/nsu=urn:a;Tag/", "4:Line/2:Tag/"},
    {"/Objects/nsu=http://x/2:y/;4:Line", "/Objects/4:4:Line"},
    {"/nsu=no/end", "/nsu=no/end"},
    {"a//nsu=urn:a;", "a//2:"},
};

static void test_paths(void **state)
{
    struct osm_names names = names_of(6);

    for (size_t i = 0; i < OSM_ARRAY_SIZE(paths); i++) {
        UA_String path = test_string(paths[i].path);
        struct osm_fault fault = {0};

        if (!osm_names_number_path(&names, &path, &arena, &fault))
            fail_msg("%s: %s", paths[i].path, fault.message);
        assert_string_equal(osm_arena_text(&arena, (char *)path.data, path.length),
                            paths[i].numbered);
    }
    assert_int_equal(names.numbers, 1 << 2);
    {
        UA_String path = test_string("/Objects/nsu=urn:b;Line");
        struct osm_fault fault = {0};

        assert_false(osm_names_number_path(&names, &path, &arena, &fault));
        assert_string_equal(fault.message,
                            "The server has no namespace urn:b; it has "
                            "http://opcfoundation.org/UA/, urn:server, urn:a, urn:a;b%3Bc, "
                            "http://x/2:y/, urn:a");
    }
}

static int begin(void **state)
{
    osm_arena_init(&arena);
    return 0;
}

static int end(void **state)
{
    osm_arena_deinit(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_node_ids),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_messages_are_bounded),
        cmocka_unit_test(test_edges_of_messages),
        cmocka_unit_test(test_uris_in_texts),
        cmocka_unit_test(test_deferred),
        cmocka_unit_test(test_open_and_lenient),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_numbers_are_noted),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_paths),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
