/* SPDX-License-Identifier: MIT */
/* Parameters by their tables: both forms, defaults, lists, maps, and where a refusal is. */
#include "testing/testing_wire.h"

#include "serve/method/parameters.h"

struct item {
    UA_NodeId node;
    uint32_t number;
    double real;
};

struct state {
    UA_NodeId node;
    uint32_t number;
    bool flag;
    double real;
    UA_String text;
    uint32_t direction;
    size_t ids_size;
    uint32_t *ids;
    size_t items_size;
    struct item *items;
};

static const struct osm_parameter item_rows[] = {
    {"nodeId", NULL, OSM_NODE_ID(struct item, node)},
    {"number", "13", OSM_STRICT_UINT32(struct item, number)},
    {.name = ""}};
static const struct osm_items items = {sizeof(struct item),
                                       {.read = osm_parameter_map, .of = item_rows}};
static const struct osm_parameter rows[] = {
    {"node", "i=33", OSM_NODE(struct state, node)},
    {"number", NULL, OSM_UINT32(struct state, number)},
    {"flag", "true", OSM_BOOL(struct state, flag)},
    {"real", "500.5", OSM_DOUBLE(struct state, real)},
    {"text", "\"\"", OSM_TEXT(struct state, text)},
    {"direction", "0", OSM_ENUM(struct state, direction, &osm_parameter_browse_direction)},
    {"ids", "[]", OSM_LIST(struct state, ids_size, ids, &osm_parameter_uint32s)},
    {"items", "[]", OSM_LIST(struct state, items_size, items, &items)},
    {.name = ""}};

static struct osm_arena arena;
static struct osm_fault fault;
static struct osm_args args;
static struct state state;
static yyjson_doc *taken;

static bool take(bool tagged, const char *json)
{
    static struct osm_decode decode;

    yyjson_doc_free(taken);
    taken = json ? test_parse(json) : NULL;
    fault = (struct osm_fault){0};
    state = (struct state){0};
    decode = osm_decode_make(&arena, &fault, "m", 0, NULL);
    decode.list = tagged ? "args" : NULL;
    args = (struct osm_args){.decode = &decode, .tagged = tagged};
    return osm_parameters_take(&args, rows, yyjson_doc_get_root(taken)) &&
           osm_parameters_read(&args, rows, &state);
}

static void check_defaults(void)
{
    assert_int_equal(state.node.identifier.numeric, 33);
    assert_true(state.flag);
    assert_true(state.real == 500.5);
    assert_int_equal(state.text.length, 0);
    assert_string_equal((const char *)state.text.data, "");
    assert_int_equal(state.direction, 0);
    assert_int_equal(state.ids_size, 0);
    assert_int_equal(state.items_size, 0);
}

static void test_defaults(void **unused)
{
    assert_true(take(false, NULL)); /* what is required is null, and cast */
    assert_int_equal(state.number, 0);
    check_defaults();
    assert_true(take(false, "[null,'7',null,null,null,null,null,null,'more']"));
    assert_int_equal(state.number, 7);
    check_defaults();
    assert_true(take(true, "[null,7]"));
    assert_int_equal(state.number, 7);
    check_defaults();
    assert_true(take(true, "{'number':7,'ids':null}"));
    check_defaults();
    assert_false(take(true, "[]"));
    assert_string_equal(fault.message, "m: args[1] must be an integer");
}

static void test_query(void **unused)
{
    assert_true(take(false, "[{'ns':1,'id':2},'3',0,'1.5',9,2,['1',2.9,true,-1],"
                            "{'0':{'nodeId':'i=4'},'1':{'nodeId':'i=5','number':6}}]"));
    assert_int_equal(state.node.namespaceIndex, 1);
    assert_int_equal(state.number, 3);
    assert_false(state.flag);
    assert_true(state.real == 1.5);
    assert_string_equal((const char *)state.text.data, "9");
    assert_int_equal(state.direction, 2);
    assert_int_equal(state.ids_size, 4);
    assert_memory_equal(state.ids, ((uint32_t[]){1, 2, 1, UINT32_MAX}), 16);
    assert_int_equal(state.items_size, 2);
    assert_int_equal(state.items[0].node.identifier.numeric, 4);
    assert_int_equal(state.items[0].number, 13);
    assert_int_equal(state.items[1].number, 6);
    assert_true(take(false, "{'1':5,'4':'x'}")); /* a list with gaps */
    assert_int_equal(state.number, 5);
    assert_string_equal((const char *)state.text.data, "x");
}

static void test_invoke(void **unused)
{
    assert_true(take(true, "{'items':[{'number':1,'number':2,'nodeId':'i=4','other':0}],"
                           "'number':3,'number':4,'direction':{'__t':'BrowseDirection','v':1},"
                           "'node':'/Objects/Tank'}"));
    assert_int_equal(state.number, 4); /* of a repeated name the last one */
    assert_int_equal(state.items[0].number, 2);
    assert_int_equal(state.direction, 1);
    assert_ptr_equal(args.paths->target, &state.node);
    assert_string_equal((const char *)args.paths->path.data, "/Objects/Tank");
    assert_false(take(true, "{'number':1,'nombre':2}"));
    assert_string_equal(fault.message, "Unknown named parameter $nombre");
}

static void test_places(void **unused)
{
    static const struct {
        bool tagged;
        const char *json, *message;
    } rows_[] = {
        {true, "[null,'7']", "m: args[1] must be an integer"},
        {true, "[null,1,0]", "m: args[2] must be a bool"},
        {true, "[null,1,true,'1']", "m: args[3] must be a number"},
        {true, "[null,1,true,1,5]", "m: args[4] must be a string"},
        {true, "[null,1,true,1,'',0]", "m: args[5] must be a tagged BrowseDirection"},
        {true, "[null,1,true,1,'',null,[1,null]]", "m: args[6][1] must be an integer"},
        {false, "[null,1,true,1,'',null,5]", "m: params[6] must be a list"},
        {false, "[null,1,true,1,'',null,[],[5]]", "m: params[7][0] must be an object"},
        {false, "[null,1,true,1,'',null,[],[{'nodeId':'i=1'},{}]]",
         "m: params[7][1].nodeId must be a NodeId object"},
        {false, "[null,1,true,1,'',null,[],[{'nodeId':'i=1','number':'2'}]]",
         "m: params[7][0].number must be an integer"},
        {false, "[null,1,true,1,'',64]",
         "64 is not a valid backing value for enum PhpOpcua\\Client\\Types\\BrowseDirection"},
        {false, "[null,1,true,1,'',-1]",
         "-1 is not a valid backing value for enum PhpOpcua\\Client\\Types\\BrowseDirection"},
        {false, "[null,1,true,1,'',3]",
         "3 is not a valid backing value for enum PhpOpcua\\Client\\Types\\BrowseDirection"},
    };

    for (size_t i = 0; i < OSM_ARRAY_SIZE(rows_); i++) {
        assert_false(take(rows_[i].tagged, rows_[i].json));
        assert_string_equal(fault.message, rows_[i].message);
    }
}

static void test_paths(void **unused)
{
    static const char *const ids[] = {"i=1",        "s=",        "g=x",          "b=x",
                                      "ns=12;s=/x", "svr=1;i=1", "nsu=urn:x;i=1"};
    static const char *const paths[] = {
        "",         "i",        "/i=1",     "i:1",       "x=1",        "n=1",
        "nx=1;i=1", "ns",       "nsx1;i=1", "ns=;s=x",   "ns=1",       "ns=1,i=1",
        "ns=1;",    "ns=1;x=1", "ns=1;i",   "nsu=urn:x", "nsu=urn:x;", "nsu=urn:x;/i=1",
        "svr/i=1"};

    for (size_t i = 0; i < OSM_ARRAY_SIZE(ids); i++)
        assert_true(osm_parameter_is_node_id(ids[i]));
    for (size_t i = 0; i < OSM_ARRAY_SIZE(paths); i++)
        assert_false(osm_parameter_is_node_id(paths[i]));
}

/* --- as many as there may be --------------------------------------------------------------- */

struct many {
    int64_t numbers[OSM_PARAMETERS_MAX];
};

static struct osm_parameter many_rows[OSM_PARAMETERS_MAX + 1];
static const struct osm_parameter many_map = {.read = osm_parameter_map, .of = many_rows};

/* Sixteen, and a seventeenth value that nobody has asked for. */
static void test_sixteen_parameters(void **unused)
{
    static const struct {
        bool tagged;
        const char *json;
    } cases[] = {
        {false, "[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]"},
        {true, "[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]"},
        {false, "{'0':0,'1':1,'2':2,'3':3,'4':4,'5':5,'6':6,'7':7,'8':8,'9':9,'10':10,'11':11,"
                "'12':12,'13':13,'14':14,'15':15,'16':16}"},
        {true, "{'p0':0,'p1':1,'p2':2,'p3':3,'p4':4,'p5':5,'p6':6,'p7':7,'p8':8,'p9':9,'p10':10,"
               "'p11':11,'p12':12,'p13':13,'p14':14,'p15':15}"},
    };
    struct many many;

    for (size_t i = 0; i < OSM_PARAMETERS_MAX; i++) {
        many_rows[i] = (struct osm_parameter){.read = osm_parameter_int,
                                              .offset = i * sizeof(many.numbers[0])};
        (void)snprintf(many_rows[i].name, sizeof(many_rows[i].name), "p%u", (unsigned)i);
    }
    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        (void)take(cases[i].tagged, cases[i].json);
        fault = (struct osm_fault){0};
        memset(&many, 0xff, sizeof(many));
        assert_true(osm_parameters_take(&args, many_rows, yyjson_doc_get_root(taken)));
        assert_true(osm_parameters_read(&args, many_rows, &many));
        for (int64_t n = 0; n < OSM_PARAMETERS_MAX; n++)
            assert_int_equal(many.numbers[n], n);
    }
    memset(&many, 0xff, sizeof(many)); /* and a map of as many members, the last one taken */
    assert_true(osm_parameter_read(&args, &many_map, yyjson_doc_get_root(taken), &many));
    for (int64_t n = 0; n < OSM_PARAMETERS_MAX; n++)
        assert_int_equal(many.numbers[n], n);
}

static int release(void **unused)
{
    (void)take(false, NULL);
    osm_arena_deinit(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults), cmocka_unit_test(test_query),
        cmocka_unit_test(test_invoke),   cmocka_unit_test(test_places),
        cmocka_unit_test(test_paths),    cmocka_unit_test(test_sixteen_parameters),
    };

    osm_arena_init(&arena);
    return cmocka_run_group_tests(tests, NULL, release);
}
