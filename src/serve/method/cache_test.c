/* SPDX-License-Identifier: MIT */
/* What methods take from the cache, keep in it, and for whom (methods.md §1.2; S2, M4–M7). */
#include "testing/testing_command.h"
#include "testing/testing_store.h"

#define NODE "{'ns':0,'id':85,'type':'numeric'}"
#define OTHER "{'ns':0,'id':86,'type':'numeric'}"

/* --- a server whose answers count -------------------------------------------------------- */

static UA_StatusCode node_status; /* of every node in every answer */
static unsigned node_references;  /* of the nodes of the tree */

static void fill(UA_BrowseResult *result, const UA_NodeId *node, unsigned references)
{
    result->statusCode = node_status;
    result->references = UA_Array_new(references, &UA_TYPES[UA_TYPES_REFERENCEDESCRIPTION]);
    result->referencesSize = references;
    for (unsigned i = 0; i < references; i++)
        result->references[i].nodeId =
            UA_EXPANDEDNODEID_NUMERIC(1, 2 * node->identifier.numeric + i);
}

/* A binary tree down to id 4095. */
static void serve_browse(struct osm_ua_call *call)
{
    const UA_BrowseRequest *request = call->request;
    UA_BrowseResponse *response = UA_BrowseResponse_new();

    response->results = UA_Array_new(request->nodesToBrowseSize, &UA_TYPES[UA_TYPES_BROWSERESULT]);
    response->resultsSize = request->nodesToBrowseSize;
    for (size_t i = 0; i < request->nodesToBrowseSize; i++) {
        const UA_NodeId *node = &request->nodesToBrowse[i].nodeId;

        fill(&response->results[i], node, node->identifier.numeric < 2048 ? node_references : 0);
    }
    test_answer(call, response);
}

static void serve_read(struct osm_ua_call *call)
{
    const UA_ReadRequest *request = call->request;
    UA_ReadResponse *response = UA_ReadResponse_new();
    UA_Int32 value = 5;

    response->results = UA_Array_new(request->nodesToReadSize, &UA_TYPES[UA_TYPES_DATAVALUE]);
    response->resultsSize = request->nodesToReadSize;
    for (size_t i = 0; i < request->nodesToReadSize; i++) {
        response->results[i].hasStatus = node_status != 0;
        response->results[i].status = node_status;
        response->results[i].hasValue = node_status == 0;
        if (node_status == 0)
            (void)UA_Variant_setScalarCopy(&response->results[i].value, &value,
                                           &UA_TYPES[UA_TYPES_INT32]);
    }
    test_answer(call, response);
}

static void serve_write(struct osm_ua_call *call)
{
    const UA_WriteRequest *request = call->request;
    UA_WriteResponse *response = UA_WriteResponse_new();

    response->results = UA_Array_new(request->nodesToWriteSize, &UA_TYPES[UA_TYPES_STATUSCODE]);
    response->resultsSize = request->nodesToWriteSize;
    test_answer(call, response);
}

static void serve_paths(struct osm_ua_call *call)
{
    UA_TranslateBrowsePathsToNodeIdsResponse *response =
        UA_TranslateBrowsePathsToNodeIdsResponse_new();

    response->results = UA_BrowsePathResult_new();
    response->resultsSize = 1;
    response->results->statusCode = node_status;
    response->results->targets = UA_BrowsePathTarget_new();
    response->results->targetsSize = 1;
    response->results->targets->targetId = UA_EXPANDEDNODEID_NUMERIC(2, 77);
    test_answer(call, response);
}

static void serve(struct osm_ua *server, struct osm_ua_call *call)
{
    const UA_DataType *type = call->service->request;

    if (type == &UA_TYPES[UA_TYPES_BROWSEREQUEST])
        serve_browse(call);
    else if (type == &UA_TYPES[UA_TYPES_READREQUEST])
        serve_read(call);
    else if (type == &UA_TYPES[UA_TYPES_WRITEREQUEST])
        serve_write(call);
    else if (type == &UA_TYPES[UA_TYPES_TRANSLATEBROWSEPATHSTONODEIDSREQUEST])
        serve_paths(call);
    else
        test_answer(call, UA_new(call->service->response));
}

/* --- the world ----------------------------------------------------------------------------- */

static struct test_world *world_with(enum osm_cache_kind kind)
{
    const struct osm_manager_config config = {
        .session_timeout = 600,
        .cleanup_interval = 30,
        .max_sessions = 100,
        .cache = {.kind = kind, .path = "/nowhere", .store = &test_store_ops, .ttl = 300}};
    struct test_world *world = test_world_new_with(&config);

    node_status = UA_STATUSCODE_GOOD;
    node_references = 2;
    world->server.serve = serve;
    return world;
}

static int in_memory(void **state)
{
    *state = world_with(OSM_CACHE_IN_MEMORY);
    return 0;
}

static int in_files(void **state)
{
    *state = world_with(OSM_CACHE_IN_FILES);
    return 0;
}

/* The manager ends first, perhaps with work under way. */
static int teardown(void **state)
{
    struct test_world *world = *state;
    struct test_loop loop = world->loop;

    world->manager = osm_manager_free(world->manager);
    loop.works = osm_steal(world->loop.works);
    loop.hold_work = false;
    while (test_loop_work_off(&loop))
        ;
    test_world_free(world);
    test_store_wipe();
    return 0;
}

#define PAUSES 50 /* milliseconds; between slices */

/* How many requests a query makes; its reply is left in *test. */
static size_t costs(struct test_world *world, struct osm_session *session, const char *method,
                    const char *params, struct test_request **test)
{
    size_t before = test_calls(world);

    *test = test_query(world, session, method, params);
    for (unsigned i = 0; i < PAUSES && !(*test)->reply; i++)
        test_advance(world, 1);
    assert_non_null((*test)->reply);
    return test_calls(world) - before;
}

#define assert_costs(session, method, params, n)                                                   \
    do {                                                                                           \
        struct test_request *test_;                                                                \
        assert_int_equal(costs(world, session, method, params, &test_), n);                        \
        assert_memory_equal(test_->reply, "{\"success\":true", 15);                                \
    } while (0)

/* The second call costs nothing and says the same. */
static void is_kept(struct test_world *world, struct osm_session *session, const char *method,
                    const char *params)
{
    struct test_request *first, *second;

    assert_true(costs(world, session, method, params, &first) > 0);
    assert_int_equal(costs(world, session, method, params, &second), 0);
    assert_string_equal(first->reply, second->reply);
}

/* --- what is kept -------------------------------------------------------------------------- */

static void test_kinds(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{'readMetadataCache':true}");

    is_kept(world, session, "browse", "[" NODE "]");
    is_kept(world, session, "browseAll", "[" NODE "]");
    is_kept(world, session, "browseRecursive", "[" NODE ",0,4]");
    is_kept(world, session, "resolveNodeId", "['/Objects/2:Plant']");
    is_kept(world, session, "getEndpoints", "['opc.tcp://x']");
    is_kept(world, session, "read", "[" NODE ",4]");
    is_kept(world, session, "read", "[" NODE ",5]");
    assert_costs(session, "write", "[" NODE ",1]", 2);
    assert_costs(session, "write", "[" NODE ",1]", 1);
    assert_costs(session, "writeMulti",
                 "[[{'nodeId':" NODE ",'value':1},{'nodeId':" OTHER ",'value':2},{'nodeId':" NODE
                 ",'value':3}]]",
                 2);
    assert_costs(session, "writeMulti",
                 "[[{'nodeId':" NODE ",'value':1},{'nodeId':" OTHER ",'value':2},{'nodeId':" NODE
                 ",'value':3}]]",
                 1);
    assert_costs(session, "resolveNodeId", "['Objects/2:Plant/']", 0); /* trimmed, the same */
}

/* Of one namespace only what was asked of that, also of namespace 0. */
static void test_types_of_each_namespace(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *test;

    is_kept(world, session, "discoverDataTypes", "[0]");
    assert_true(costs(world, session, "discoverDataTypes", "[null]", &test) > 0);
    assert_true(costs(world, session, "discoverDataTypes", "[1]", &test) > 0);
    assert_costs(session, "discoverDataTypes", "[null]", 0);
}

/* A type that a caller gives may be wrong: the next one asks for it. */
static void test_types_that_are_given_are_not_kept(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    assert_costs(session, "writeMulti",
                 "[[{'nodeId':" NODE ",'value':1,'type':8},{'nodeId':" OTHER ",'value':2}]]", 2);
    assert_costs(session, "write", "[" OTHER ",1]", 1);
    assert_costs(session, "write", "[" NODE ",1]", 2);
}

static void test_what_it_depends_on(void **state)
{
    static const char *const params[] = {"[" NODE "]",
                                         "[" OTHER "]",
                                         "[" NODE ",1]",
                                         "[" NODE ",0,'i=35']",
                                         "[" NODE ",0,null,false]",
                                         "[" NODE ",0,null,true,[1]]"};
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    for (size_t i = 0; i < OSM_ARRAY_SIZE(params); i++)
        is_kept(world, session, "browse", params[i]);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(params); i++)
        is_kept(world, session, "browseAll", params[i]);
    is_kept(world, session, "getEndpoints", "['a']");
    is_kept(world, session, "getEndpoints", "['b']");
    is_kept(world, session, "resolveNodeId", "['/a']");
    is_kept(world, session, "resolveNodeId", "['/a','i=85']");
}

static void test_what_is_not_kept(void **state)
{
    struct test_world *world = *state;
    struct osm_session *plain = test_open(world, "{}");
    struct osm_session *session = test_open(world, "{'readMetadataCache':true}");

    for (int i = 0; i < 2; i++) {
        assert_costs(session, "browse", "[" NODE ",0,null,true,[],false]", 1);
        assert_costs(session, "browseAll", "[" NODE ",0,null,true,[],false]", 1);
        assert_costs(session, "getEndpoints", "['a',false]", 1);
        assert_costs(session, "resolveNodeId", "['/a',null,false]", 1);
        assert_costs(session, "browseWithContinuation", "[" NODE "]", 1);
        assert_costs(session, "read", "[" NODE "]", 1);
        assert_costs(session, "read", "[" NODE ",4,true]", 1);
        assert_costs(plain, "read", "[" NODE ",4]", 1);
        assert_costs(session, "write", "[" NODE ",1,6]", 1);
        assert_costs(session, "readMulti", "[[{'nodeId':" NODE ",'attributeId':4}]]", 1);
    }
    assert_costs(session, "read", "[" NODE ",4]", 0); /* refresh has stored it */
    node_status = UA_STATUSCODE_BADNODEIDUNKNOWN;
    for (int i = 0; i < 2; i++) {
        assert_costs(session, "read", "[" OTHER ",4]", 1);
        assert_costs(session, "browse", "[" NODE "]", 1);
        assert_costs(session, "browseAll", "[" NODE "]", 1);
    }
}

/* Finding it would hold the loop each time. */
static void test_how_many_references_are_kept(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    node_references = 10000;
    is_kept(world, session, "browse", "[" NODE "]");
    node_references = 10001;
    for (int i = 0; i < 2; i++)
        assert_costs(session, "browse", "[" OTHER "]", 1);
}

static void test_users(void **state)
{
    struct test_world *world = *state;
    struct osm_session *first = test_open(world, "{}");
    struct osm_session *second = test_open(world, "{'opcuaTimeout':9}");
    struct osm_session *anna = test_open(world, "{'username':'anna','password':'a'}");
    struct osm_session *bert = test_open(world, "{'username':'bert','password':'a'}");

    is_kept(world, first, "browse", "[" NODE "]");
    assert_costs(second, "browse", "[" NODE "]", 0);
    is_kept(world, anna, "browse", "[" NODE "]");
    is_kept(world, bert, "browse", "[" NODE "]");
    assert_costs(anna, "invalidateCache", "[" OTHER "]", 0);
    assert_costs(bert, "browse", "[" NODE "]", 0);
    assert_costs(anna, "invalidateCache", "[" NODE "]", 0); /* for everybody */
    is_kept(world, bert, "browse", "[" NODE "]");
    is_kept(world, first, "browse", "[" NODE "]");
}

static void test_forgetting(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{'readMetadataCache':true}");

    for (int i = 0; i < 2; i++) {
        is_kept(world, session, "browse", "[" NODE "]");
        is_kept(world, session, "browseAll", "[" NODE "]");
        is_kept(world, session, "read", "[" NODE ",4]");
        is_kept(world, session, "resolveNodeId", "['/a'," NODE "]");
        assert_costs(session, "write", "[" NODE ",1]", 2);
        assert_costs(session, i ? "flushCache" : "invalidateCache", "[" NODE "]", 0);
    }
    is_kept(world, session, "browse", "[" NODE "]");
    test_advance(world, 301000);
    is_kept(world, session, "browse", "[" NODE "]");
}

/* What was kept under the old numbers of namespaces is nobody's any more; another session that
 * still has them is not disturbed. */
static void test_namespaces_numbered_anew(void **state)
{
    static const char *const kept[][2] = {{"browse", "[" NODE "]"},
                                          {"browseAll", "[" NODE "]"},
                                          {"read", "[" NODE ",4]"},
                                          {"resolveNodeId", "['/Objects/2:Plant']"},
                                          {"discoverDataTypes", "[]"}};
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{'readMetadataCache':true}");
    struct osm_session *other = test_open(world, "{'readMetadataCache':true,'opcuaTimeout':9}");

    for (size_t i = 0; i < OSM_ARRAY_SIZE(kept); i++)
        is_kept(world, session, kept[i][0], kept[i][1]);
    assert_costs(session, "write", "[" NODE ",1]", 2);
    assert_non_null(osm_session_link(session)->types);
    test_lose_now(world, session);
    assert_costs(session, "browseWithContinuation", "[" NODE "]", 1); /* connects again */
    for (size_t i = 0; i < OSM_ARRAY_SIZE(kept); i++)
        assert_costs(session, kept[i][0], kept[i][1], 0); /* they are the same */
    world->server.namespaces[0] = "urn:new";
    world->server.namespaces[1] = "urn:line";
    test_lose_now(world, session);
    assert_costs(session, "browseWithContinuation", "[" NODE "]", 1);
    assert_null(osm_session_link(session)->types);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(kept); i++)
        is_kept(world, session, kept[i][0], kept[i][1]);
    assert_costs(session, "write", "[" NODE ",1]", 2);
    assert_costs(other, "browse", "[" NODE "]", 0);
    assert_costs(other, "write", "[" NODE ",1]", 1);
}

/* What the server was asked before the flush is not kept after it. */
static void test_flush_overtakes(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}"), *other = test_open(world, "{}");
    struct test_request *test;

    world->server.serve = NULL;
    test = test_query(world, session, "browse", "[" NODE "]");
    test_data_is(test_query(world, other, "flushCache", "[]"), "null");
    serve_browse(test_call(world, 0));
    test_turn(world);
    assert_non_null(test->reply);
    world->server.serve = serve;
    is_kept(world, session, "browse", "[" NODE "]");
}

/* A tree of many nodes from the cache: in slices, and no deeper on the stack than from the
 * server. */
static void test_large_tree(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    unsigned fired;

    is_kept(world, session, "browseRecursive", "[{'ns':0,'id':1,'type':'numeric'},0,12]");
    fired = world->loop.fired;
    assert_costs(session, "browseRecursive", "[{'ns':0,'id':1,'type':'numeric'},0,12]", 0);
    assert_true(world->loop.fired > fired);
}

/* --- while files are looked at --------------------------------------------------------------- */

static void test_closed_while_looking(void **state)
{
    static const char *const methods[] = {"browse", "browseAll", "browseRecursive",
                                          "invalidateCache", "write"};
    struct test_world *world = *state;

    for (size_t i = 0; i < OSM_ARRAY_SIZE(methods); i++) {
        struct osm_session *session = test_open(world, "{}");
        struct test_request *test;

        world->loop.hold_work = true;
        test = test_query(world, session, methods[i], "[" NODE "]");
        assert_null(test->reply);
        osm_session_close(session, 1000, NULL, NULL);
        assert_non_null(test->reply ? strstr(test->reply, "ConnectionException") : NULL);
        world->loop.hold_work = false;
        test_turn(world);
    }
}

/* The connection is lost meanwhile: a hit needs none, a miss has it made again. */
static void test_lost_while_looking(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *hit, *miss, *flush;

    is_kept(world, session, "browse", "[" NODE "]");
    world->loop.hold_work = true;
    hit = test_query(world, session, "browse", "[" NODE "]");
    miss = test_query(world, session, "browse", "[" OTHER "]");
    flush = test_query(world, session, "flushCache", "[]");
    test_lose_now(world, session);
    assert_int_equal(osm_session_state(session), OSM_SESSION_FAILED);
    assert_true(!hit->reply && !miss->reply && !flush->reply);
    world->loop.hold_work = false;
    test_turn(world);
    assert_memory_equal(hit->reply, "{\"success\":true", 15);
    assert_memory_equal(miss->reply, "{\"success\":true", 15);
    test_data_is(flush, "null");
    assert_int_equal(osm_session_state(session), OSM_SESSION_ACTIVE);
}

static void test_freed_while_looking(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    world->loop.hold_work = true;
    (void)test_query(world, session, "browse", "[" NODE "]");
    (void)test_query(world, session, "flushCache", "[]");
}

/* --- parameters ---------------------------------------------------------------------------- */

static void test_parameters(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *test = test_query(world, session, "invalidateCache", "[]");

    assert_non_null(strstr(test->reply, "TypeError"));
    test_data_is(test_query(world, session, "invalidateCache", "[{}]"), "null");
    test_data_is(test_query(world, session, "flushCache", "[]"), "null");
}

#define in_both(test)                                                                              \
    cmocka_unit_test_setup_teardown(test, in_memory, teardown),                                    \
        cmocka_unit_test_setup_teardown(test, in_files, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_both(test_kinds),
        in_both(test_types_that_are_given_are_not_kept),
        in_both(test_types_of_each_namespace),
        in_both(test_what_it_depends_on),
        in_both(test_what_is_not_kept),
        cmocka_unit_test_setup_teardown(test_how_many_references_are_kept, in_memory, teardown),
        in_both(test_users),
        in_both(test_forgetting),
        in_both(test_namespaces_numbered_anew),
        in_both(test_flush_overtakes),
        cmocka_unit_test_setup_teardown(test_large_tree, in_memory, teardown),
        in_both(test_parameters),
        cmocka_unit_test_setup_teardown(test_closed_while_looking, in_files, teardown),
        cmocka_unit_test_setup_teardown(test_lost_while_looking, in_files, teardown),
        cmocka_unit_test_setup_teardown(test_freed_while_looking, in_files, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
