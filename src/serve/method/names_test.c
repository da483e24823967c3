/* SPDX-License-Identifier: MIT */
/*
 * Node ids and names by namespace URI, and what becomes of numbers, when a server numbers its
 * namespaces anew between a request and its execution (methods.md §2.1).
 */
#include "testing/testing_command.h"

#define UA "http://opcfoundation.org/UA/"

static struct osm_session *begin(struct test_world *world)
{
    world->server.namespaces[0] = "urn:line";
    world->server.namespaces[1] = "urn:other";
    return test_open(world, "{}");
}

static void swap(struct test_world *world)
{
    world->server.namespaces[0] = "urn:other";
    world->server.namespaces[1] = "urn:line";
}

static const UA_NodeId *node_asked_for(struct test_world *world, size_t n)
{
    const UA_ReadRequest *request = world->server.calls->prev->request;

    assert_ptr_equal(world->server.calls->prev->service->request, &UA_TYPES[UA_TYPES_READREQUEST]);
    assert_true(n < request->nodesToReadSize);
    return &request->nodesToRead[n].nodeId;
}

static void index_is(struct test_world *world, size_t n, unsigned index)
{
    assert_int_equal(node_asked_for(world, n)->namespaceIndex, index);
}

/* In both encodings, in every form an id may have. */
static void test_requests(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = begin(world);

    (void)test_query(world, session, "read", "['nsu=urn:other;s=a']");
    index_is(world, 0, 3);
    (void)test_query(world, session, "readMulti",
                     "[[{'nodeId':'nsu=" UA ";i=85'},{'nodeId':'nsu=urn:line;i=1'}]]");
    index_is(world, 0, 0);
    index_is(world, 1, 2);
    (void)test_invoke_with(world, session, "read", "['nsu=urn:other;s=a']", "");
    index_is(world, 0, 3);
    (void)test_invoke_with(world, session, "read", "[{'__t':'NodeId','v':'nsu=urn:line;s=a'}]", "");
    index_is(world, 0, 2);
}

static void test_unknown_uris(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = begin(world);
    struct test_request *test;
    size_t before = test_calls(world);

    test_fault_is(
        test_query(world, session, "read", "['nsu=urn:no;s=a']"), "InvalidNodeIdException",
        "The server has no namespace urn:no; it has " UA ", urn:plant, urn:line, urn:other");
    test_fault_is(test_query(world, session, "read", "['svr=2;i=85']"), "InvalidNodeIdException",
                  "NodeId of another server (svr=): svr=2;i=85; a session asks its own server "
                  "only");
    assert_int_equal(test_calls(world), before);
    /* one of several: the server refuses it, the others are answered */
    test = test_query(world, session, "readMulti",
                      "[[{'nodeId':'nsu=urn:no;s=a'},{'nodeId':'nsu=urn:line;i=1'}]]");
    index_is(world, 0, OSM_NO_NAMESPACE);
    index_is(world, 1, 2);
    assert_null(test->reply);
}

static struct test_request *query_with(struct test_world *world, const struct osm_session *session,
                                       const char *method, const char *params, const char *more)
{
    return test_ask_format(world,
                           "{'command':'query','sessionId':'%s','method':'%s','params':%s%s}",
                           osm_session_id(session), method, params, more);
}

static void answer(struct test_world *world)
{
    test_answer_each(world->server.calls->prev);
    test_turn(world);
}

/* The status of an item does not say what was wrong with it. */
static void test_unknown_uris_are_named(void **state)
{
    static const char items[] = "[[{'nodeId':'nsu=urn:no;s=a'},{'nodeId':'i=1'},"
                                "{'nodeId':'nsu=urn:nor;s=a'}]]";
    static const char first[] = "\"warnings\":[\"readMulti: params[0][0].nodeId: The server has no "
                                "namespace urn:no; it has " UA ", urn:plant, urn:line, urn:other\"";
    struct test_world *world = *state;
    struct osm_session *session = begin(world);
    struct test_request *test = test_query(world, session, "readMulti", items);

    answer(world);
    assert_null(strstr(test->reply, "warnings"));
    test = query_with(world, session, "readMulti", items, ",'strict':true");
    answer(world);
    assert_non_null(strstr(test->reply, first));
    assert_non_null(strstr(test->reply, "\"readMulti: params[0][2].nodeId: The server has no "
                                        "namespace urn:nor; "));
    test = query_with(world, session, "readMulti", "[[{'nodeId':'i=1'}]]", ",'strict':true");
    answer(world);
    assert_null(strstr(test->reply, "warnings"));
    /* what an item lacks is looked for again at the server that carries it out */
    test = query_with(world, session, "readMulti", items, ",'encoding':'opcua'");
    world->server.namespaces[0] = "urn:nor";
    test_lose_now(world, session);
    answer(world);
    assert_non_null(strstr(test->reply, "params[0][0].nodeId"));
    assert_null(strstr(test->reply, "params[0][2].nodeId"));
}

static void test_many_unknown_uris(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = begin(world);
    struct test_request *test;
    struct osm_buf items = {0};

    for (int i = 0; i < 100; i++)
        osm_buf_printf(&items, "%s{'nodeId':'nsu=urn:no%d;s=a'}", i ? "," : "[[", i);
    osm_buf_printf(&items, "]]");
    osm_buf_add_byte(&items, 0);
    test = query_with(world, session, "readMulti", items.data, ",'strict':true");
    answer(world);
    assert_non_null(strstr(test->reply, "params[0][7].nodeId"));
    assert_non_null(strstr(test->reply, ",\"and 92 more in unknown namespaces\"]}"));
    test =
        query_with(world, session, "readMulti",
                   "[[{'nodeId':'nsu=urn:a;s=a'},{'nodeId':'nsu=urn:b;s=a'}]]", ",'strict':true");
    answer(world);
    assert_non_null(strstr(test->reply, "params[0][1].nodeId"));
    assert_null(strstr(test->reply, "more in unknown namespaces"));
    osm_buf_deinit(&items);
}

/* Sent, lost, sent again to a server that numbers otherwise. */
static void test_a_request_on_its_way(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = begin(world);
    struct test_request *by_uri, *by_number, *standard;

    by_uri = test_query(world, session, "read", "['nsu=urn:line;s=a']");
    index_is(world, 0, 2);
    by_number = test_query(world, session, "read", "['ns=2;s=a']");
    standard = test_query(world, session, "read", "['i=2258']");
    swap(world);
    test_lose_now(world, session);
    test_fault_is(by_number, "ConnectionException",
                  "The server has numbered its namespaces anew while the request waited: nodes of "
                  "ns=2 and above may be others now; look them up again");
    assert_null(by_uri->reply);
    assert_null(standard->reply);
    assert_int_equal(((UA_ReadRequest *)world->server.calls->prev->prev->request)
                         ->nodesToRead[0]
                         .nodeId.namespaceIndex,
                     3);
    index_is(world, 0, 0);
}

/* Asked for while the connection is down: numbers mean the table that comes. */
static void test_a_request_that_connects(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = begin(world);

    swap(world);
    test_lose(osm_session_link(session)->conn);
    test_turn(world);
    (void)test_query(world, session, "read", "['nsu=urn:line;s=a']");
    index_is(world, 0, 3);
    world->server.namespaces[1] = "urn:new";
    test_lose(osm_session_link(session)->conn);
    test_turn(world);
    (void)test_query(world, session, "read", "['ns=3;s=a']");
    index_is(world, 0, 3);
    test_lose(osm_session_link(session)->conn);
    test_turn(world);
    test_fault_is(
        test_query(world, session, "read", "['nsu=urn:line;s=a']"), "InvalidNodeIdException",
        "The server has no namespace urn:line; it has " UA ", urn:plant, urn:other, urn:new");
}

/* A namespace of another index has changed; one has been added. */
static void test_numbers_that_mean_the_same(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = begin(world);
    struct test_request *test = test_query(world, session, "read", "['ns=2;s=a']");

    world->server.namespaces[1] = "urn:changed";
    world->server.namespaces[2] = "urn:added";
    test_lose_now(world, session);
    assert_null(test->reply);
    index_is(world, 0, 2);
}

/* A server that does not say what it has is told nothing by URI. */
static void test_no_table(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = begin(world);

    world->server.setup_status = UA_STATUSCODE_BADSERVICEUNSUPPORTED;
    test_lose(osm_session_link(session)->conn);
    test_turn(world);
    test_fault_is(test_query(world, session, "read", "['nsu=urn:line;s=a']"),
                  "InvalidNodeIdException",
                  "The server has no namespace urn:line; its NamespaceArray could not be read");
}

static void test_paths(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = begin(world);
    const UA_TranslateBrowsePathsToNodeIdsRequest *request;
    const UA_RelativePath *path;

    (void)test_query(world, session, "resolveNodeId", "['/Objects/nsu=urn:other;Line/2:Tag']");
    request = world->server.calls->prev->request;
    path = &request->browsePaths[0].relativePath;
    assert_int_equal(path->elementsSize, 3);
    assert_int_equal(path->elements[1].targetName.namespaceIndex, 3);
    assert_int_equal(path->elements[2].targetName.namespaceIndex, 2);
    (void)test_invoke_with(world, session, "read", "['/Objects/nsu=urn:line;Line']", "");
    request = world->server.calls->prev->request;
    assert_int_equal(request->browsePaths[0].relativePath.elements[1].targetName.namespaceIndex, 2);
    (void)test_query(world, session, "translateBrowsePaths",
                     "[[{'startingNodeId':'nsu=urn:line;i=1','relativePath':"
                     "[{'targetName':'nsu=urn:other;x'}]}]]");
    request = world->server.calls->prev->request;
    assert_int_equal(request->browsePaths[0].startingNode.namespaceIndex, 2);
    assert_int_equal(request->browsePaths[0].relativePath.elements[0].targetName.namespaceIndex, 3);
}

/* In values, too; an ExpandedNodeId may name what the server has not got. */
static void test_values(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = begin(world);
    const UA_WriteRequest *request;
    const UA_ExpandedNodeId *id;

    (void)test_query(world, session, "write", "['nsu=urn:line;i=1','nsu=urn:other;i=7',17]");
    request = world->server.calls->prev->request;
    assert_int_equal(request->nodesToWrite[0].nodeId.namespaceIndex, 2);
    assert_int_equal(((UA_NodeId *)request->nodesToWrite[0].value.value.data)->namespaceIndex, 3);
    test_answer_each(world->server.calls->prev);
    test_turn(world);
    (void)test_query(world, session, "write", "['i=1','nsu=urn:no;i=7',18]");
    request = world->server.calls->prev->request;
    id = request->nodesToWrite[0].value.value.data;
    assert_int_equal(id->nodeId.namespaceIndex, 0);
    assert_int_equal(id->namespaceUri.length, 6);
    test_answer_each(world->server.calls->prev);
    test_turn(world);
    (void)test_invoke_with(world, session, "write",
                           "['i=1',{'__t':'NodeId','v':'nsu=urn:no;i=7'},"
                           "{'__t':'BuiltinType','v':18}]",
                           "");
    request = world->server.calls->prev->request;
    id = request->nodesToWrite[0].value.value.data;
    assert_int_equal(id->namespaceUri.length, 6);
    test_answer_each(world->server.calls->prev);
    test_turn(world);
    test_fault_is(test_query(world, session, "write", "['i=1','nsu=urn:no;i=7',17]"),
                  "InvalidNodeIdException",
                  "The server has no namespace urn:no; it has " UA
                  ", urn:plant, urn:line, urn:other");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_in_world(test_requests),
        test_in_world(test_unknown_uris),
        test_in_world(test_unknown_uris_are_named),
        test_in_world(test_many_unknown_uris),
        test_in_world(test_a_request_on_its_way),
        test_in_world(test_a_request_that_connects),
        test_in_world(test_numbers_that_mean_the_same),
        test_in_world(test_no_table),
        test_in_world(test_paths),
        test_in_world(test_values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
