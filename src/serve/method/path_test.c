/* SPDX-License-Identifier: MIT */
/* browseRecursive, translateBrowsePaths, resolveNodeId (methods.md §2.6–2.8). */
#include "testing/testing_command.h"

#define ID(n) "{'ns':1,'id':" #n ",'type':'numeric'}"
#define TREE(n, children)                                                                          \
    "{'reference':{'referenceTypeId':{'ns':0,'id':35,'type':'numeric'},'isForward':true,"          \
    "'nodeId':" ID(n) ",'browseName':{'ns':0,'name':''},"                                          \
                      "'displayName':{'locale':null,'text':null},'nodeClass':1,"                   \
                      "'typeDefinition':{'ns':0,'id':0,'type':'numeric'}},'children':[" children   \
                      "]}"

/* --- a tree with a cycle ------------------------------------------------------------------- */

/* 1 → 2, 3; 2 → 4, 1; 4 → 2; 3 → 4 */
static const struct {
    uint32_t from;
    uint32_t to[2];
} edges[] = {{1, {2, 3}}, {2, {4, 1}}, {4, {2, 0}}, {3, {4, 0}}};

static void fill(UA_BrowseResult *result, uint32_t from)
{
    for (size_t i = 0; i < OSM_ARRAY_SIZE(edges); i++) {
        if (edges[i].from != from)
            continue;
        result->referencesSize = edges[i].to[1] ? 2 : 1;
        result->references =
            UA_Array_new(result->referencesSize, &UA_TYPES[UA_TYPES_REFERENCEDESCRIPTION]);
        for (size_t j = 0; j < result->referencesSize; j++) {
            result->references[j].referenceTypeId = UA_NODEID_NUMERIC(0, 35);
            result->references[j].isForward = true;
            result->references[j].nodeClass = UA_NODECLASS_OBJECT;
            result->references[j].nodeId = UA_EXPANDEDNODEID_NUMERIC(1, edges[i].to[j]);
        }
    }
}

static void serve_tree(struct osm_ua *server, struct osm_ua_call *call)
{
    const UA_BrowseRequest *request = call->request;
    UA_BrowseResponse *response = UA_BrowseResponse_new();

    assert_ptr_equal(call->service->request, &UA_TYPES[UA_TYPES_BROWSEREQUEST]);
    response->results = UA_BrowseResult_new();
    response->resultsSize = 1;
    fill(response->results, request->nodesToBrowse[0].nodeId.identifier.numeric);
    test_answer(call, response);
}

static struct test_request *walk(struct test_world *world, struct osm_session *session,
                                 const char *params)
{
    return test_query(world, session, "browseRecursive", params);
}

#define CHILDREN "[" TREE(2, "") "," TREE(3, "") "]"

static void test_depths(void **state)
{
    static const char *const one_level[] = {"1", "0", "-2", "'1'"};
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    world->server.serve = serve_tree;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(one_level); i++) {
        char *params = osm_printf("[" ID(1) ",0,%s]", one_level[i]);

        test_data_is(walk(world, session, params), CHILDREN);
        free(params);
    }
    assert_int_equal(test_calls(world), OSM_ARRAY_SIZE(one_level));
    test_data_is(walk(world, session, "[" ID(1) ",0,2]"),
                 "[" TREE(2, TREE(4, "") "," TREE(1, "")) "," TREE(3, TREE(4, "")) "]");
}

/* Met nodes are shown and not entered; the start is met when it is met. */
static void test_cycles_end(void **state)
{
    static const char whole[] = "{'success':true,'data':[" TREE(
        2, TREE(4, TREE(2, "")) "," TREE(
               1, TREE(2, "") "," TREE(3, TREE(4, "")))) "," TREE(3, "") "]}";
    struct test_world *world = *state;

    world->server.serve = serve_tree;
    test_reply_is(walk(world, test_open(world, "{}"), "[" ID(1) ",0,-1]"), whole);
    test_reply_is(walk(world, test_open(world, "{}"), "[" ID(1) "]"), whole); /* 10 */
    test_reply_is(walk(world, test_open(world, "{'defaultBrowseMaxDepth':256}"), "[" ID(1) "]"),
                  whole);
    test_data_is(walk(world, test_open(world, "{'defaultBrowseMaxDepth':1}"), "[" ID(1) "]"),
                 CHILDREN);
}

static void test_a_tree_that_is_lost_begins_again(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *test = walk(world, session, "[" ID(1) ",0,2]");

    serve_tree(&world->server, test_call(world, 0));
    test_turn(world);
    world->server.serve = serve_tree;
    test_lose_now(world, session);
    test_data_is(test, "[" TREE(2, TREE(4, "") "," TREE(1, "")) "," TREE(3, TREE(4, "")) "]");
}

static void test_a_tree_that_fails_half_way(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *test = walk(world, session, "[" ID(1) "]");

    serve_tree(&world->server, test_call(world, 0));
    test_turn(world);
    test_answer_fault(test_call(world, 1), 0x80020000);
    test_turn(world);
    test_fault_is(test, "ServiceException",
                  "Server returned ServiceFault: 0x80020000 BadInternalError");
}

static void test_closed_in_the_middle_of_a_tree(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *test = walk(world, session, "[" ID(1) "]");

    serve_tree(&world->server, test_call(world, 0));
    test_turn(world);
    (void)test_ask_format(world, "{'command':'close','sessionId':'%s'}", osm_session_id(session));
    test_fault_is(test, "ConnectionException", "Not connected");
}

/* A server that sends nothing but empty pages does not keep us for ever. */
static void test_endless_empty_pages(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *test = walk(world, session, "[" ID(1) "]");
    UA_BrowseResponse *first = UA_BrowseResponse_new();

    first->results = UA_BrowseResult_new();
    first->resultsSize = 1;
    first->results[0].continuationPoint = UA_BYTESTRING_ALLOC("x");
    test_answer(test_call(world, 0), first);
    test_turn(world);
    for (size_t n = 1; !test->reply && n < 20000; n++) {
        UA_BrowseNextResponse *next = UA_BrowseNextResponse_new();

        next->results = UA_BrowseResult_new();
        next->resultsSize = 1;
        next->results[0].continuationPoint = UA_BYTESTRING_ALLOC("x");
        test_answer(test_call(world, n), next);
        test_turn(world);
    }
    assert_non_null(test->reply);
    assert_non_null(strstr(test->reply, "does not end"));
}

/* --- paths --------------------------------------------------------------------------------- */

static const UA_TranslateBrowsePathsToNodeIdsRequest *paths_sent(struct test_world *world, size_t n)
{
    struct osm_ua_call *call = test_call(world, n);

    assert_ptr_equal(call->service->request,
                     &UA_TYPES[UA_TYPES_TRANSLATEBROWSEPATHSTONODEIDSREQUEST]);
    return call->request;
}

/* Answers with one result per path: the status, and a target when the id is not 0. */
static void answer_paths(struct test_world *world, size_t n, UA_StatusCode status, uint32_t id)
{
    size_t size = paths_sent(world, n)->browsePathsSize;
    UA_TranslateBrowsePathsToNodeIdsResponse *response =
        UA_TranslateBrowsePathsToNodeIdsResponse_new();

    response->results = UA_Array_new(size, &UA_TYPES[UA_TYPES_BROWSEPATHRESULT]);
    response->resultsSize = size;
    for (size_t i = 0; i < size; i++) {
        response->results[i].statusCode = status;
        if (!id)
            continue;
        response->results[i].targets = UA_BrowsePathTarget_new();
        response->results[i].targetsSize = 1;
        response->results[i].targets[0].targetId = UA_EXPANDEDNODEID_NUMERIC(1, id);
        response->results[i].targets[0].remainingPathIndex = UINT32_MAX;
    }
    test_answer(test_call(world, n), response);
    test_turn(world);
}

static void test_translate(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *test =
        test_query(world, session, "translateBrowsePaths",
                   "[[{'startingNodeId':" ID(5) "},{'startingNodeId':" ID(
                       6) ",'relativePath':["
                          "{'targetName':{'ns':2,'name':'A/B'}},"
                          "{'referenceTypeId':" ID(7) ",'isInverse':1,'includeSubtypes':0}]}]]");
    const UA_TranslateBrowsePathsToNodeIdsRequest *request = paths_sent(world, 0);
    const UA_RelativePathElement *elements;

    assert_int_equal(request->browsePathsSize, 2);
    assert_int_equal(request->browsePaths[0].relativePath.elementsSize, 0);
    assert_int_equal(request->browsePaths[1].startingNode.identifier.numeric, 6);
    assert_int_equal(request->browsePaths[1].relativePath.elementsSize, 2);
    elements = request->browsePaths[1].relativePath.elements;
    assert_int_equal(elements[0].referenceTypeId.identifier.numeric, 33);
    assert_true(elements[0].includeSubtypes && !elements[0].isInverse);
    assert_int_equal(elements[0].targetName.namespaceIndex, 2);
    assert_memory_equal(elements[0].targetName.name.data, "A/B", 3);
    assert_int_equal(elements[1].referenceTypeId.identifier.numeric, 7);
    assert_true(elements[1].isInverse && !elements[1].includeSubtypes);
    assert_int_equal(elements[1].targetName.name.length, 0);
    answer_paths(world, 0, 0, 9);
#define RESULT "{'statusCode':0,'targets':[{'targetId':" ID(9) ",'remainingPathIndex':4294967295}]}"
    test_data_is(test, "[" RESULT "," RESULT "]");
#undef RESULT
}

static void test_translate_nothing(void **state)
{
    static const char *const params[] = {"[]", "[null]", "[[]]"};
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    for (size_t i = 0; i < OSM_ARRAY_SIZE(params); i++) {
        struct test_request *test = test_query(world, session, "translateBrowsePaths", params[i]);

        assert_int_equal(paths_sent(world, i)->browsePathsSize, 0);
        test_answer_fault(test_call(world, i), 0x800F0000);
        test_turn(world);
        test_fault_is(test, "ServiceException",
                      "Server returned ServiceFault: 0x800F0000 BadNothingToDo");
    }
}

static struct test_request *resolve(struct test_world *world, struct osm_session *session,
                                    const char *params)
{
    return test_query(world, session, "resolveNodeId", params);
}

/* Decided without the server. */
static void test_resolve_node_ids(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    test_data_is(resolve(world, session, "['i=85']"), "{'ns':0,'id':85,'type':'numeric'}");
    test_data_is(resolve(world, session, "['ns=2;s=A/B/C']"),
                 "{'ns':2,'id':'A/B/C','type':'string'}"); /* before the slashes count */
    test_fault_is(resolve(world, session, "['Objects']"), "InvalidNodeIdException",
                  "Invalid NodeId format: Objects");
    test_fault_is(resolve(world, session, "[]"), "InvalidNodeIdException",
                  "Invalid NodeId format: ");
    test_fault_is(resolve(world, session, "['ns=70000;i=1']"), "InvalidNodeIdException",
                  "Invalid NodeId format: ns=70000;i=1");
    assert_int_equal(test_calls(world), 0);
}

/* The segments of the path sent, as `<ns>:<name>`. */
static void segments_are(struct test_world *world, size_t n, uint32_t start, const char *expected)
{
    const UA_BrowsePath *path = &paths_sent(world, n)->browsePaths[0];
    struct osm_buf text;

    assert_int_equal(path->startingNode.identifier.numeric, start);
    osm_buf_init(&text);
    for (size_t i = 0; i < path->relativePath.elementsSize; i++) {
        const UA_QualifiedName *name = &path->relativePath.elements[i].targetName;

        osm_buf_printf(&text, "%s%u:%.*s", i ? " | " : "", name->namespaceIndex,
                       (int)name->name.length,
                       name->name.length ? (const char *)name->name.data : "");
        assert_int_equal(path->relativePath.elements[i].referenceTypeId.identifier.numeric, 33);
        assert_true(path->relativePath.elements[i].includeSubtypes);
        assert_false(path->relativePath.elements[i].isInverse);
    }
    assert_string_equal(osm_buf_text(&text), expected);
    osm_buf_deinit(&text);
}

static void test_resolve_paths(void **state)
{
    static const struct {
        const char *params;
        uint32_t start;
        const char *segments;
    } cases[] = {
        {"['/Objects/Server']", 84, "0:Objects | 0:Server"},
        {"['Objects/2:Plant/']", 84, "0:Objects | 2:Plant"},
        {"['/Objects/65538:Plant/65535:x']", 84, "0:Objects | 0:65538:Plant | 65535:x"},
        {"['//a//b//']", 84, "0:a | 0: | 0:b"},
        {"['/']", 84, "0:"},
        {"['/x:y/12:/:z']", 84, "0:x:y | 12: | 0::z"},
        {"['2:Plant'," ID(7) "]", 7, "2:Plant"},
        {"[''," ID(7) "]", 7, "0:"},
        {"['i=85'," ID(7) "]", 7, "0:i=85"},
    };
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        struct test_request *test = resolve(world, session, cases[i].params);

        segments_are(world, i, cases[i].start, cases[i].segments);
        answer_paths(world, i, 0, 9);
        test_data_is(test, ID(9));
    }
}

static void test_resolve_failures(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *test = resolve(world, session, "['/Objects/X']");

    answer_paths(world, 0, 0x806F0000, 0);
    assert_non_null(strstr(test->reply, "\"Failed to resolve path '[path]: 0x806F0000\""));
    test = resolve(world, session, "['/']");
    answer_paths(world, 1, 0x80600000, 0);
    assert_non_null(strstr(test->reply, "\"Failed to resolve path '/': 0x80600000\""));
    test = resolve(world, session, "['/2:A/2:B']");
    answer_paths(world, 2, 0, 0);
    test_fault_is(test, "ServiceException", "No targets found for path: /2:A/2:B");
    test = resolve(world, session, "['a','i=85']");
    test_answer(test_call(world, 3), UA_TranslateBrowsePathsToNodeIdsResponse_new());
    test_turn(world);
    test_fault_is(test, "ServiceException",
                  "TranslateBrowsePaths returned no results for path: /a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_in_world(test_depths),
        test_in_world(test_cycles_end),
        test_in_world(test_a_tree_that_is_lost_begins_again),
        test_in_world(test_a_tree_that_fails_half_way),
        test_in_world(test_closed_in_the_middle_of_a_tree),
        test_in_world(test_endless_empty_pages),
        test_in_world(test_translate),
        test_in_world(test_translate_nothing),
        test_in_world(test_resolve_node_ids),
        test_in_world(test_resolve_paths),
        test_in_world(test_resolve_failures),
    };

    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    test_server_is_large = true; /* whatever the size of an answer, the reply is the same */
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
