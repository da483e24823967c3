/* SPDX-License-Identifier: MIT */
/* browse, browseAll, browseWithContinuation, browseNext (methods.md §2.3–2.5). */
#include "serve/method/references.h"
#include "testing/testing_command.h"

#define NODE "{'ns':0,'id':85,'type':'numeric'}"
#define REFERENCE(n)                                                                               \
    "{'referenceTypeId':{'ns':0,'id':35,'type':'numeric'},'isForward':true,"                       \
    "'nodeId':{'ns':1,'id':" #n ",'type':'numeric'},'browseName':{'ns':0,'name':''},"              \
    "'displayName':{'locale':null,'text':null},'nodeClass':1,'typeDefinition':{'ns':0,'id':0,'"    \
    "type':'numeric'}}"

static void fill(UA_BrowseResult *result, unsigned id, unsigned count, const char *point)
{
    result->references = UA_Array_new(count, &UA_TYPES[UA_TYPES_REFERENCEDESCRIPTION]);
    result->referencesSize = count;
    for (unsigned i = 0; i < count; i++) {
        result->references[i].referenceTypeId = UA_NODEID_NUMERIC(0, 35);
        result->references[i].isForward = true;
        result->references[i].nodeId = UA_EXPANDEDNODEID_NUMERIC(1, id + i);
        result->references[i].nodeClass = UA_NODECLASS_OBJECT;
    }
    result->continuationPoint = UA_BYTESTRING_ALLOC(point);
}

/* A Browse answer of one result; "" = no more pages. */
static void answer_browse(struct test_world *world, size_t n, unsigned id, unsigned count,
                          const char *point)
{
    struct osm_ua_call *call = test_call(world, n);
    UA_BrowseResponse *response = UA_BrowseResponse_new();

    assert_ptr_equal(call->service->request, &UA_TYPES[UA_TYPES_BROWSEREQUEST]);
    response->results = UA_BrowseResult_new();
    response->resultsSize = 1;
    fill(response->results, id, count, point);
    test_answer(call, response);
    test_turn(world);
}

static const UA_BrowseNextRequest *next_sent(struct test_world *world, size_t n)
{
    struct osm_ua_call *call = test_call(world, n);

    assert_ptr_equal(call->service->request, &UA_TYPES[UA_TYPES_BROWSENEXTREQUEST]);
    return call->request;
}

static void answer_next(struct test_world *world, size_t n, unsigned id, unsigned count,
                        const char *point)
{
    struct osm_ua_call *call = test_call(world, n);
    UA_BrowseNextResponse *response = UA_BrowseNextResponse_new();

    (void)next_sent(world, n);
    response->results = UA_BrowseResult_new();
    response->resultsSize = 1;
    fill(response->results, id, count, point);
    test_answer(call, response);
    test_turn(world);
}

static void point_is(const UA_BrowseNextRequest *request, const char *bytes, size_t length,
                     bool release)
{
    assert_int_equal(request->releaseContinuationPoints, release);
    assert_int_equal(request->continuationPointsSize, 1);
    assert_int_equal(request->continuationPoints[0].length, length);
    if (length)
        assert_memory_equal(request->continuationPoints[0].data, bytes, length);
}

/* --- parameters ---------------------------------------------------------------------------- */

static const UA_BrowseDescription *described(struct test_world *world, struct osm_session *session,
                                             const char *params)
{
    size_t n = test_calls(world);
    const UA_BrowseRequest *request;

    (void)test_query(world, session, "browse", params);
    request = test_call(world, n)->request;
    answer_browse(world, n, 0, 0, "");
    assert_int_equal(request->nodesToBrowseSize, 1);
    assert_int_equal(request->requestedMaxReferencesPerNode, 0);
    assert_int_equal(request->nodesToBrowse[0].resultMask, 0x3F);
    return &request->nodesToBrowse[0];
}

static void test_parameters(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    const UA_BrowseDescription *sent = described(world, session, "[" NODE "]");

    assert_int_equal(sent->nodeId.identifier.numeric, 85);
    assert_int_equal(sent->browseDirection, UA_BROWSEDIRECTION_FORWARD);
    assert_int_equal(sent->referenceTypeId.identifier.numeric, 33);
    assert_true(sent->includeSubtypes);
    assert_int_equal(sent->nodeClassMask, 0);
    sent = described(world, session, "['i=85','2','i=45',0,[1,'2',64],false]");
    assert_int_equal(sent->browseDirection, UA_BROWSEDIRECTION_BOTH);
    assert_int_equal(sent->referenceTypeId.identifier.numeric, 45);
    assert_false(sent->includeSubtypes);
    assert_int_equal(sent->nodeClassMask, 67);
    sent = described(world, session, "[" NODE ",null,null,null,null,null]");
    assert_int_equal(sent->referenceTypeId.identifier.numeric, 33);
    assert_true(sent->includeSubtypes);
    sent = described(world, session, "[" NODE ",0,null,true,[0,128]]");
    assert_int_equal(sent->nodeClassMask, 128);
}

static void test_refusals(void **state)
{
    static const char *const methods[] = {"browse", "browseAll", "browseWithContinuation"};
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    for (size_t i = 0; i < OSM_ARRAY_SIZE(methods); i++) {
        struct test_request *test = test_query(world, session, methods[i], "[]");

        assert_non_null(strstr(test->reply, ": params[0] must be a NodeId object"));
        test_query_refused(world, session, methods[i], "[" NODE ",3]", "ValueError",
                           "3 is not a valid backing value for enum "
                           "PhpOpcua\\\\Client\\\\Types\\\\BrowseDirection");
        test_query_refused(world, session, methods[i], "[" NODE ",-1]", "ValueError",
                           "-1 is not a valid backing value for enum "
                           "PhpOpcua\\\\Client\\\\Types\\\\BrowseDirection");
        test_query_refused(world, session, methods[i], "[" NODE ",0,null,true,[1,3]]", "ValueError",
                           "3 is not a valid backing value for enum "
                           "PhpOpcua\\\\Client\\\\Types\\\\NodeClass");
        test_query_refused(world, session, methods[i], "[" NODE ",0,null,true,[256]]", "ValueError",
                           "256 is not a valid backing value for enum "
                           "PhpOpcua\\\\Client\\\\Types\\\\NodeClass");
    }
    assert_int_equal(test_calls(world), 0);
}

/* --- browse -------------------------------------------------------------------------------- */

static void test_one_page(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *test = test_query(world, session, "browse", "[" NODE "]");

    answer_browse(world, 0, 1, 2, "");
    test_data_is(test, "[" REFERENCE(1) "," REFERENCE(2) "]");
    assert_int_equal(test_calls(world), 1);
}

/* M8: the first page; the rest is released before the reply. */
static void test_the_rest_is_released(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *test = test_query(world, session, "browse", "[" NODE "]");

    answer_browse(world, 0, 1, 1, "point");
    point_is(next_sent(world, 1), "point", 5, true);
    assert_null(test->reply);
    test_answer(test_call(world, 1), UA_BrowseNextResponse_new());
    test_turn(world);
    test_data_is(test, "[" REFERENCE(1) "]");
}

/* The page is there: that the server cannot release is not the caller's business. */
static void test_a_release_that_fails(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *test = test_query(world, session, "browse", "[" NODE "]");

    answer_browse(world, 0, 1, 1, "point");
    test_answer_fault(test_call(world, 1), 0x800B0000);
    test_turn(world);
    test_data_is(test, "[" REFERENCE(1) "]");
}

static void test_a_release_that_takes_too_long(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{'opcuaTimeout':1}");
    struct test_request *test = test_query(world, session, "browse", "[" NODE "]");

    answer_browse(world, 0, 1, 1, "point");
    osm_session_link(session)->conn->messages++; /* others are answered */
    test_advance(world, 999);
    assert_null(test->reply);
    test_advance(world, 1);
    test_data_is(test, "[" REFERENCE(1) "]");
    assert_int_equal(osm_session_state(session), OSM_SESSION_ACTIVE);
    test_answer(test_call(world, 1), UA_BrowseNextResponse_new()); /* late */
    test_turn(world);
}

/* A loss during the release: once more from the start, nothing twice in the reply. */
static void test_a_release_that_is_lost(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *test = test_query(world, session, "browse", "[" NODE "]");

    answer_browse(world, 0, 1, 1, "point");
    test_lose_now(world, session);
    answer_browse(world, 2, 5, 1, "");
    test_data_is(test, "[" REFERENCE(5) "]");
}

/* The status of the result is not looked at. */
static void test_unknown_nodes_have_no_references(void **state)
{
    static const char *const methods[] = {"browse", "browseAll"};
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    for (size_t i = 0; i < OSM_ARRAY_SIZE(methods); i++) {
        struct test_request *test = test_query(world, session, methods[i], "[" NODE "]");

        test_answer_each(test_call(world, i));
        test_turn(world);
        test_data_is(test, "[]");
    }
}

/* --- browseAll ----------------------------------------------------------------------------- */

static void test_every_page(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *test = test_query(world, session, "browseAll", "[" NODE "]");

    answer_browse(world, 0, 1, 2, "a");
    point_is(next_sent(world, 1), "a", 1, false);
    answer_next(world, 1, 3, 0, "bb"); /* an empty page is no end */
    point_is(next_sent(world, 2), "bb", 2, false);
    answer_next(world, 2, 3, 1, "");
    test_data_is(test, "[" REFERENCE(1) "," REFERENCE(2) "," REFERENCE(3) "]");
}

/* A server that sends nothing but empty pages does not keep us for ever. */
static void test_endless_empty_pages(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *test = test_query(world, session, "browseAll", "[" NODE "]");
    size_t n = 1;

    answer_browse(world, 0, 1, 1, "x");
    while (!test->reply && n < 100000)
        answer_next(world, n++, 0, 0, "x");
    assert_non_null(strstr(test->reply, "SerializationException"));
    assert_non_null(strstr(test->reply, "does not end"));
    assert_true(n > 100); /* a few are fine */
}

static UA_ByteString *name_of(UA_BrowseResult *result)
{
    return &result->references->browseName.name;
}

static UA_ByteString *point_of(UA_BrowseResult *result)
{
    UA_ByteString_clear(&result->continuationPoint);
    return &result->continuationPoint;
}

static void endless(struct test_world *world, UA_ByteString *(*long_one)(UA_BrowseResult *result))
{
    struct osm_session *session = test_open(world, "{}");
    struct test_request *test = test_query(world, session, "browseAll", "[" NODE "]");
    const size_t length = (size_t)16 * 1000 * 1000;
    size_t n = 1;

    answer_browse(world, 0, 1, 1, "x");
    while (!test->reply && n < 20) {
        UA_BrowseNextResponse *response = UA_BrowseNextResponse_new();
        UA_ByteString *text;

        (void)next_sent(world, n);
        response->results = UA_BrowseResult_new();
        response->resultsSize = 1;
        fill(response->results, 2, 1, "x");
        text = long_one(response->results);
        assert_int_equal(UA_ByteString_allocBuffer(text, length), UA_STATUSCODE_GOOD);
        memset(text->data, 'n', length);
        test_answer(test_call(world, n++), response);
        test_turn(world);
        if (n < test_calls(world) && next_sent(world, n)->releaseContinuationPoints)
            test_answer_fault(test_call(world, n), 0x800B0000); /* whether it can or not */
        test_turn(world);
    }
    assert_non_null(test->reply);
    assert_non_null(strstr(test->reply, "SerializationException"));
    assert_non_null(strstr(test->reply, "take more than 134217728 bytes"));
    assert_int_equal(n, 1 + 134217728 / length + 1);
    assert_int_equal(test_calls(world), n + 1);
}

/* Names may be as long as a message: their bytes count, not only their number. */
static void test_endless_long_names(void **state)
{
    endless(*state, name_of);
}

/* So may continuation points, which are sent back, too. */
static void test_endless_long_points(void **state)
{
    endless(*state, point_of);
}

/* One reference, to a node whose identifier has so many letters. */
static void answer_long(struct test_world *world, size_t n, size_t length)
{
    UA_BrowseResponse *response = UA_BrowseResponse_new();
    UA_NodeId *id;

    response->results = UA_BrowseResult_new();
    response->resultsSize = 1;
    fill(response->results, 1, 1, "");
    id = &response->results->references->nodeId.nodeId;
    id->identifierType = UA_NODEIDTYPE_STRING;
    assert_int_equal(UA_ByteString_allocBuffer(&id->identifier.string, length), 0);
    memset(id->identifier.string.data, 'i', length);
    test_answer(test_call(world, n), response);
    test_turn(world);
}

/* A node whose identifier is longer than any may be is shown, and not asked for. */
static void test_long_identifiers_are_not_entered(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *test = test_query(world, session, "browseRecursive", "[" NODE "]");

    answer_long(world, 0, 4096);
    assert_int_equal(test_calls(world), 2);
    answer_long(world, 1, 4097);
    assert_int_equal(test_calls(world), 2);
    assert_non_null(strstr(test->reply, "\"success\":true"));
}

/* All references of the reply, in order; with so many pauses. */
static void in_slices(struct test_world *world, const struct test_request *test, unsigned count,
                      unsigned pauses)
{
    const char *at;

    answer_browse(world, 0, 1, count, "");
    for (unsigned i = 0; i < pauses; i++) {
        assert_null(test->reply);
        test_advance(world, OSM_REFERENCES_PAUSE);
    }
    at = test->reply ? test->reply : "";
    for (unsigned id = 1; id <= count; id++) {
        char expected[64];

        (void)snprintf(expected, sizeof(expected), "\"nodeId\":{\"ns\":1,\"id\":%u,", id);
        at = strstr(at, expected);
        assert_non_null(at);
        at = at ? at + 1 : "";
    }
    assert_null(strstr(at, "\"nodeId\""));
}

/* The loop gets its turn between slices; lists and trees are whole all the same. */
static void test_long_lists_are_written_in_slices(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    in_slices(world, test_query(world, session, "browseAll", "[" NODE "]"),
              2 * OSM_REFERENCES_SLICE + 1, 2);
}

static void test_wide_trees_are_written_in_slices(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    in_slices(world, test_query(world, session, "browseRecursive", "[" NODE ",0,1]"),
              2 * OSM_REFERENCES_SLICE + 3, 2);
}

/* --- browseWithContinuation, browseNext ---------------------------------------------------- */

static void test_continuation(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");
    struct test_request *test = test_query(world, session, "browseWithContinuation", "[" NODE "]");

    answer_browse(world, 0, 1, 1, "\x01\xFFz");
    test_data_is(test, "{'references':[" REFERENCE(1) "],'continuationPoint':'Af96'}");
    test = test_query(world, session, "browseNext", "['Af96']");
    point_is(next_sent(world, 1), "\x01\xFFz", 3, false);
    answer_next(world, 1, 2, 1, "");
    test_data_is(test, "{'references':[" REFERENCE(2) "],'continuationPoint':null}");
}

static void point_sent(struct test_world *world, struct osm_session *session, const char *params,
                       const char *bytes, size_t length)
{
    size_t n = test_calls(world);
    struct test_request *test = test_query(world, session, "browseNext", params);

    point_is(next_sent(world, n), bytes, length, false);
    test_answer_each(test_call(world, n));
    test_turn(world);
    test_data_is(test, "{'references':[],'continuationPoint':null}");
}

/* A request the server would not have at all is no empty list; nor is one for a point that is none
 * of ours. */
static void test_refused_requests(void **state)
{
    static const struct {
        const char *method, *params;
    } cases[] = {
        {"browse", "[" NODE "]"},          {"browseAll", "[" NODE "]"},
        {"browseRecursive", "[" NODE "]"}, {"browseWithContinuation", "[" NODE "]"},
        {"browseNext", "['AAEC']"},
    };
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    for (size_t i = 0; i < OSM_ARRAY_SIZE(cases); i++) {
        struct test_request *test = test_query(world, session, cases[i].method, cases[i].params);

        test_answer_fault(test_call(world, i), UA_STATUSCODE_BADUSERACCESSDENIED);
        test_turn(world);
        test_fault_is(test, "ServiceException",
                      "Server returned ServiceFault: 0x801F0000 BadUserAccessDenied");
    }
}

/* What is no base64 counts as the bytes themselves. */
static void test_points(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = test_open(world, "{}");

    point_sent(world, session, "['AAEC']", "\0\1\2", 3);
    point_sent(world, session, "['not base64!']", "not base64!", 11);
    point_sent(world, session, "['AAE']", "AAE", 3);
    point_sent(world, session, "[]", "", 0);
    point_sent(world, session, "[null]", "", 0);
    point_sent(world, session, "[12345]", "12345", 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_in_world(test_parameters),
        test_in_world(test_refusals),
        test_in_world(test_one_page),
        test_in_world(test_the_rest_is_released),
        test_in_world(test_a_release_that_fails),
        test_in_world(test_a_release_that_takes_too_long),
        test_in_world(test_a_release_that_is_lost),
        test_in_world(test_unknown_nodes_have_no_references),
        test_in_world(test_every_page),
        test_in_world(test_endless_empty_pages),
        test_in_world(test_endless_long_names),
        test_in_world(test_endless_long_points),
        test_in_world(test_long_identifiers_are_not_entered),
        test_in_world(test_long_lists_are_written_in_slices),
        test_in_world(test_wide_trees_are_written_in_slices),
        test_in_world(test_continuation),
        test_in_world(test_points),
        test_in_world(test_refused_requests),
    };

    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    test_server_is_large = true; /* whatever the size of an answer, the reply is the same */
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
